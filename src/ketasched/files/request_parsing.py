"""The fields of a request, in one table for the options of `plan` and the columns of a roster.

Each field has a function that reads its text; these functions raise `ValueError`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Unpack

from ketasched.errors import BadRequest
from ketasched.files.request_values import RequestValues
from ketasched.files.typed_dates import (
    BETWEEN_DATES,
    DATE_ORDER_STEP,
    AmbiguousDate,
    date_and_time,
    date_range,
    date_ranges,
    spelled_date,
)
from ketasched.files.typed_text import clean_text, text_of, texts_of
from ketasched.files.typed_weekdays import join_weekdays, read_weekdays
from ketasched.language.known import find_language, language_problem
from ketasched.model import (
    Authorisation,
    Clock,
    DateOrder,
    RegularDriver,
    Request,
    TimeRange,
    quote,
    text_problem,
)
from ketasched.model.did_you_mean import did_you_mean
from ketasched.model.email_address import read_email
from ketasched.model.identifiers import read_reference
from ketasched.model.regular_driver import person_name
from ketasched.model.values import LONGEST_TYPED, Record


@dataclass(frozen=True, slots=True)
class RequestField:
    """A field of a request: how its text is read, and how `--help` describes it.

    A field with `several` values is a repeated option on the command line; in a roster, ";"
    separates the values, and `join` makes the field's value of those that are read.
    """

    read: Callable[[str, DateOrder], Any]
    metavar: str
    help: str
    several: bool = False
    join: Callable[[tuple[Any, ...]], object] = tuple


EMPTY = "is empty, and every row needs it"

SPREADSHEET_ERROR = re.compile(r"#(?:N/A|(?:REF|VALUE|DIV/0|NULL|NUM|SPILL|ERROR)!|NAME\?|#+)")
"""What a spreadsheet writes in place of a value that it does not have, or cannot show."""

SPREADSHEET_NUMBER = re.compile(r"\d+\.0|\d(?:[.,]\d+)?e\+\d+", re.ASCII | re.IGNORECASE)
"""What a spreadsheet makes of a long number, such as 15551234567: "1.5551E+10"."""

NONE = "none"
"""The word for nothing, which empties what has a value; it is no name of a driver."""

YES, NO = ("yes", "y", "true", "x", "1"), ("no", "n", "false", "0")
"""What people, spreadsheets and programs write for yes, and for no."""

AUTHORISED = r"(\d{1,6})(?: sessions?| visits?)? from (.+)"
"""What is authorised, as people type it; the first and the last day are in the last group."""


def request(*, date_order: str | None = None, **values: Unpack[RequestValues]) -> Request:
    """The request for one patient, of texts or of ready values.

    The fields and their texts are the options of `ketasched plan` and the columns of a roster:
    `request(patient="P-014", start="7 Dec 2026", time="2pm", days="mon,wed,fri")`. What is None
    or empty is not said, as an empty cell. `date_order` is how 03/04/2027 is read: "mdy" or "dmy".
    Raises `BadRequest` with all that is wrong.
    """
    given = {name: value for name, value in values.items() if value not in (None, "", ())}
    for name in given:
        if name not in REQUEST_FIELDS:
            said = f"a request has no field {quote(name)}{did_you_mean(name, REQUEST_FIELDS)}"
            raise BadRequest(name, said, next_step=f"one of: {', '.join(REQUEST_FIELDS)}")
    if "start" not in given:
        raise BadRequest("start", "expected the first day that would do")
    return read_request(given, _order(date_order))


def _order(typed: str | None) -> DateOrder:
    match typed:
        case "mdy" | "dmy" as order:
            return order
        case None | "":
            return None
    raise BadRequest("date_order", f"expected mdy or dmy, not {quote(typed)}")


def read_request(
    given: Mapping[str, object],
    order: DateOrder = None,
    *,
    other_problems: Sequence[tuple[str, str]] = (),
) -> Request:
    """The request in these texts or ready values, by field.

    Several values of a field are a sequence, or one text with ";" between. Raises `BadRequest`
    with all problems of the texts and `other_problems` of the caller, each a field and a message.
    """
    values: dict[str, object] = {}
    problems, unsettled = [*other_problems], list[tuple[str, str]]()
    for name, value in given.items():
        field = REQUEST_FIELDS[name]
        typed = texts_of(name, value) if field.several else text_of(name, value)
        try:
            values[name] = read_field(field, typed, order)
        except AmbiguousDate as error:
            unsettled.append((name, str(error)))
        except ValueError as error:
            problems.append((name, str(error)))
    if problems or unsettled:
        every = [*problems, *unsettled]
        name, message = every[0]
        raise BadRequest(
            name,
            _joined(every),
            public=_expectation(message),
            next_step=DATE_ORDER_STEP if unsettled else _step_after(name, given.get(name), order),
            unsettled=[name for name, _ in unsettled],
            rest=_joined(problems),
        )
    request = Request(**_with_driver(values))  # type: ignore[arg-type]  # as the table reads them
    for name, said in request.problems():
        raise BadRequest(name, said, public=said)
    return request


def _step_after(name: str, value: object, order: DateOrder) -> str:
    """The next step after a start with a time of day, which has a field of its own; else ""."""
    if name != "start" or not isinstance(value, str):
        return ""
    try:
        day, clock = date_and_time(value, order)
    except ValueError:
        return ""
    return f"--start {day} --time {clock}" if clock else ""


def _with_driver(values: Mapping[str, object]) -> Mapping[str, object]:
    """The values with a `driver` that is a name alone as the `driver_name`.

    So it is beside a driver's phone or address, which needs a name: raises `BadRequest`.
    """
    beside = [name for name in ("driver_phone", "driver_email") if name in values]
    if not beside or "driver_name" in values:
        return values
    match values.get("driver"):
        case (RegularDriver(name, "", ()),):
            return {**values, "driver_name": name, "driver": ()}
    said = f"a driver's {beside[0].removeprefix('driver_')} needs the driver's name"
    raise BadRequest(beside[0], said, next_step="--driver-name NAME")


def read_field(
    field: RequestField, text: str | tuple[str, ...], order: DateOrder = None
) -> object:
    """The value of a field in its text, or in its several texts. Raises `ValueError`."""
    if not isinstance(text, str):
        return field.join(tuple(field.read(clean_text(part), order) for part in text))
    text = clean_text(text)
    if SPREADSHEET_ERROR.fullmatch(text):
        raise ValueError(f"expected a value, not a spreadsheet's error {quote(text)}")
    return field.read(text, order)


def _joined(problems: Sequence[tuple[str, str]]) -> str:
    """Problems on one line; the field of the first one is said elsewhere."""
    first, others = [message for _, message in problems[:1]], problems[1:]
    return "; ".join([*first, *(f"{name}: {message}" for name, message in others)])


def _expectation(message: str) -> str:
    """What a message says is expected, without the value that is there instead."""
    if message == EMPTY:
        return message
    expected, sign, _ = message.partition(", not ")
    return expected if sign and expected.startswith("expected ") else ""


def _reference(text: str, _order: DateOrder) -> str:
    _refuse_number(text)
    return read_reference(text)


def _phone(text: str, order: DateOrder) -> str:
    _refuse_number(text)
    return _text(text, order)


def _email(text: str, _order: DateOrder) -> str:
    return read_email(text)


def _yes_or_no(text: str, _order: DateOrder) -> bool:
    word = text.strip().lower()
    if word not in YES and word not in NO:
        raise ValueError(f"expected yes or no, not {quote(text)}")
    return word in YES


def _refuse_number(text: str) -> None:
    if SPREADSHEET_NUMBER.fullmatch(text):
        fix = "format its column as text, and enter it anew"
        raise ValueError(f"expected all digits, not a number as a spreadsheet writes it: {fix}")


def _clock(text: str, _order: DateOrder) -> Clock:
    return Clock.read(" ".join(text.split()))


def _hours(text: str, _order: DateOrder) -> TimeRange:
    return TimeRange.read(" ".join(text.split()))


def _int(text: str, _order: DateOrder) -> int:
    if not re.fullmatch(r"-?\d{1,6}", text.strip(), re.ASCII):
        raise ValueError(f"expected a whole number, not {quote(text)}")
    return int(text)


def _count(text: str, order: DateOrder) -> int:
    number = _int(text, order)
    if number < 1:
        raise ValueError(f"expected 1 or more, not {number}")
    return number


def _driver_name(text: str, order: DateOrder) -> str:
    return _somebody(person_name(_text(text, order)))


def _driver(text: str, _order: DateOrder) -> RegularDriver:
    found = RegularDriver.read(text)
    _somebody(found.name)
    return found


def _somebody(name: str) -> str:
    if name.lower() == NONE:
        raise ValueError(f"expected a name, or nothing for nobody, not {quote(name)}")
    return name


def _language(text: str, _order: DateOrder) -> str:
    code = find_language(text)
    if problem := language_problem(code, quote(text)):
        raise ValueError(problem)
    return code


def _record(text: str, order: DateOrder) -> Record:
    parts = text.split(maxsplit=2)
    if len(parts) == 3 and parts[1][0].isdigit():
        parts[1] = spelled_date(parts[1], order).isoformat()
    return Record.read(" ".join(parts))


def _authorisation(text: str, order: DateOrder) -> Authorisation:
    found = re.fullmatch(AUTHORISED, " ".join(text.split()), re.ASCII | re.IGNORECASE)
    if not found or len(BETWEEN_DATES.split(found[2])) != 2:
        return Authorisation.read(text)  # which says what is expected
    dates = date_range(found[2], order)
    return Authorisation.read(f"{found[1]} from {dates.first} until {dates.last}")


def _text(text: str, _order: DateOrder) -> str:
    problem = text_problem(text, most=LONGEST_TYPED)
    if len(text) > LONGEST_TYPED:
        raise ValueError(problem)
    if problem or not text:
        raise ValueError(f"expected some words on one line, not {quote(text)}")
    return text


REQUEST_FIELDS: Mapping[str, RequestField] = {
    "start": RequestField(spelled_date, "DATE", "The first day that would do."),
    "patient": RequestField(_reference, "REF", "Your reference for the patient (names files)."),
    "latest_start": RequestField(spelled_date, "DATE", "The last day to begin (14 days later)."),
    "per_week": RequestField(_count, "N", "Visits a week, where the protocol has a choice."),
    "every_days": RequestField(_count, "DAYS", "Days from visit to visit, where it has one."),
    "time": RequestField(_clock, "HH:MM", "The check-in time to aim for."),
    "between": RequestField(_hours, "HH:MM-HH:MM", "The hours that the whole visit must fit in."),
    "days": RequestField(
        lambda text, _: read_weekdays(text),
        "DAYS",
        "The weekdays that the patient can: mon,wed,fri.",
        several=True,
        join=join_weekdays,
    ),
    "unavailable": RequestField(
        date_ranges,
        "DATE[..DATE]",
        "Days that they cannot (again for each).",
        several=True,
        join=lambda ranges: tuple(chain.from_iterable(ranges)),
    ),
    "prior": RequestField(
        spelled_date,
        "DATE",
        "A day on which a visit of this course took place elsewhere (again for each).",
        several=True,
    ),
    "boosters": RequestField(_int, "N", "Boosters to pencil in; the clinician decides on each."),
    "booster_every": RequestField(_count, "DAYS", "Days from booster to booster."),
    "born": RequestField(spelled_date, "DATE", "The date of birth: under 18 is refused."),
    "cleared_by": RequestField(_text, "NAME", "The clinician whose clearance is recorded."),
    "cleared_on": RequestField(spelled_date, "DATE", "The day of that clearance."),
    "recorded": RequestField(
        _record,
        "WHAT DATE NAME",
        'What else is recorded: "rems-enrolment 2026-11-20 Dr. Lee" (again for each).',
        several=True,
    ),
    "authorised": RequestField(
        _authorisation,
        "N FROM DATE UNTIL DATE",
        'What an insurer allowed: "8 from 2027-01-04 until 2027-02-28" (again for each).',
        several=True,
    ),
    "driver_name": RequestField(_driver_name, "NAME", "Who drives the patient there and back."),
    "driver_phone": RequestField(_phone, "PHONE", "The driver's phone number."),
    "driver_email": RequestField(_email, "EMAIL", "The driver's address, for `invite`."),
    "driver": RequestField(
        _driver,
        "NAME,PHONE,EMAIL,DAYS",
        'Who drives on some weekdays: "Ana Lima, +1 555 0134, mon fri" (again for each).',
        several=True,
    ),
    "patient_phone": RequestField(
        _phone, "PHONE", "The patient's number: for lists, rides, reminders and appointments."
    ),
    "patient_email": RequestField(_email, "EMAIL", "The patient's address, for `invite`."),
    "reminders": RequestField(_yes_or_no, "YES|NO", "Whether the patient agreed to reminders."),
    "language": RequestField(_language, "CODE", "What the patient reads (the clinic's language)."),
    "driver_language": RequestField(_language, "CODE", "What the driver reads (as the patient)."),
}
"""The fields by name; the option of `latest_start` is --latest-start."""

ROSTER_FIELDS: Mapping[str, RequestField] = {
    **REQUEST_FIELDS,
    "clinic": RequestField(_text, "FILE", "The clinic's file, for this row."),
    "protocol": RequestField(_text, "ID|FILE", "A shipped protocol's id, or a file's path."),
    "priority": RequestField(_count, "N", "How much the row weighs when all are planned as one."),
}
"""The columns of a roster: the fields of a request, and settings of the row itself."""
