"""The verbs of `revise`, in one table for the command and for Python: texts become a `Change`.

Each verb has a function from its arguments and options, as texts or as ready values, to a change.
Whether the change is possible is for `revising` to say.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Any, NamedTuple, get_args

from ketasched.errors import BadRequest
from ketasched.files.option_values import read_day, refuse_bad_value, refuse_unsafe_text
from ketasched.files.request_parsing import NONE, REQUEST_FIELDS, read_field
from ketasched.files.typed_dates import date_and_time
from ketasched.files.typed_text import text_of, texts_of
from ketasched.model import (
    Change,
    Clock,
    DateOrder,
    Driver,
    Record,
    ReviewOutcome,
    Scope,
    Wish,
    Wishes,
    quote,
)
from ketasched.model.did_you_mean import did_you_mean
from ketasched.model.email_address import read_email
from ketasched.model.regular_driver import person_name

WISHES: tuple[Wish, ...] = (
    *("days", "between", "time", "unavailable"),
    *("language", "driver_language", "patient_phone", "patient_email", "reminders"),
)
"""The wishes, in the order of their options."""

WISH_STEPS = {"unavailable": "a date; for weekdays --days, with all those that the patient can"}
"""What to try if the value of a wish cannot be read."""

MOST_DAYS = 366
"""A change that asks for so many days asks for no more."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed after a verb: its options, and its visit or visits, by their names.

    `order` and `zone` are how dates and moments are read, `today` the local day of the change.
    """

    given: Mapping[str, object]
    order: DateOrder
    zone: tzinfo | None
    today: date

    def text(self, name: str) -> str:
        """The text of an option, "" unless it is given."""
        return text_of(name, self.given[name], self.zone) if name in self.given else ""

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of an option that can have several, none unless it is given."""
        return texts_of(name, self.given.get(name, ()), self.zone)

    def number(self, name: str, value: object, most: int = 999_999) -> int:
        """A whole number from 1 to `most`. Raises `BadRequest`."""
        text = text_of(name, value)
        if not re.fullmatch(r"\s*\d{1,6}\s*", text, re.ASCII) or not 1 <= int(text) <= most:
            until = f", up to {most}" if most == MOST_DAYS else ""
            said = f"expected a whole number from 1 on{until}, not {quote(value)}"
            raise BadRequest(name, said)
        return int(text)

    def days(self, name: str) -> int | None:
        """The number of days of an option, None unless it is given. Raises `BadRequest`."""
        return self.number(name, self.given[name], MOST_DAYS) if name in self.given else None

    def day(self, name: str) -> date:
        """The day of an option that is needed. Raises `BadRequest`."""
        return read_day(self.text(name), name, self.order)

    def day_and_time(self, name: str) -> tuple[date | None, Clock | None]:
        """The day and, if there is one, the time of "2026-12-14" or "2026-12-14T10:30"."""
        if name not in self.given:
            return None, None
        with refuse_bad_value(name):
            return date_and_time(self.text(name), self.order)

    def choice(self, name: str, kind: Any, default: str | None = None) -> Any:  # noqa: ANN401 - a Literal
        """The value of an option that has choices. Raises `BadRequest`."""
        found, choices = self.given.get(name, default), get_args(kind)
        if found not in choices:
            listed = " or ".join(choices)
            raise BadRequest(name, f"expected {listed}, not {quote(found)}")
        return found

    @property
    def number_of_visit(self) -> int:
        """The number of the visit that the verb is about. Raises `BadRequest`."""
        if "visit" not in self.given:
            raise BadRequest("visit", "expected the number of a visit")
        # What is no visit of the course, a negative number for instance, is for it to say.
        visit = self.given["visit"]
        return visit if type(visit) is int else self.number("visit", visit)


def _complete(typed: Typed) -> Change:
    day, clock = typed.day_and_time("on")
    with refuse_bad_value("time"):
        clock = Clock.read(typed.text("time")) if typed.text("time") else clock
    return Change("complete", typed.number_of_visit, day, clock)


def _miss(typed: Typed) -> Change:
    return Change("miss", typed.number_of_visit, make_up=bool(typed.given.get("make_up")))


def _defer(typed: Typed) -> Change:
    scope: Scope = typed.choice("scope", Scope, "rest")
    day = typed.day_and_time("to")
    return Change("defer", typed.number_of_visit, *day, typed.days("by"), scope)


def _cease(typed: Typed) -> Change:
    # Whether the course has such a visit is for it to say.
    after = typed.given.get("after")
    return Change("cease", after if isinstance(after, int) else typed.days("after"))


def _booster(typed: Typed) -> Change:
    return Change("booster", None, *typed.day_and_time("on"), typed.days("after"))


def _review(typed: Typed) -> Change:
    outcome: ReviewOutcome = typed.choice("outcome", ReviewOutcome)
    return Change("review", typed.number_of_visit, outcome=outcome)


def _driver(typed: Typed) -> Change:
    name, phone = person_name(typed.text("name")), typed.text("phone")
    clears = bool(typed.given.get("clear"))
    if name.lower() == NONE:
        name, clears = "", True
    if clears == bool(name):
        step = "--name NAME\nfor nobody: --clear"
        raise BadRequest("name", "expected --name or --clear", next_step=step)
    refuse_unsafe_text("name", name)
    refuse_unsafe_text("phone", phone)
    if name and not any(char.isalnum() for char in name):
        raise BadRequest("name", f"expected a name, not {quote(name)}")
    with refuse_bad_value("email"):
        email = read_email(typed.text("email")) if typed.text("email") else ""
    driver = Driver(name, phone, email) if name else None
    visits = str(typed.given.get("visit", "all"))
    if re.fullmatch(r"\s*-?\d{1,9}\s*", visits, re.ASCII):
        return Change("driver", int(visits), driver=driver)
    return Change("driver", driver=driver, visits=visits)


def _wishes(typed: Typed) -> Change:
    emptied: list[Wish] = []
    values: dict[str, Any] = {}
    for name in WISHES:
        field = REQUEST_FIELDS[name]
        texts = typed.texts(name) if field.several else [*filter(None, [typed.text(name)])]
        if any(text.strip().lower() == NONE for text in texts):
            emptied.append(name)
        said = tuple(text for text in texts if text.strip().lower() != NONE)
        with refuse_bad_value(name, next_step=WISH_STEPS.get(name, "")):
            if said:
                values[name] = read_field(field, said if field.several else said[0], typed.order)
    return Change("wishes", wishes=Wishes(**values, emptied=tuple(emptied)))


def _clear(typed: Typed) -> Change:
    if not typed.text("by").strip():
        return Change("clear")  # which is refused with what it needs
    with refuse_bad_value("by"):
        name = str(REQUEST_FIELDS["cleared_by"].read(typed.text("by"), None))
    day = typed.day("on") if "on" in typed.given else typed.today
    what = typed.text("what") or "clearance"
    return Change("clear", record=Record(what, day, name))


def _authorise(typed: Typed) -> Change:
    texts = typed.texts("sessions")
    given = tuple(text for text in texts if text.strip().lower() != NONE)
    with refuse_bad_value("sessions"):
        read = [REQUEST_FIELDS["authorised"].read(text, typed.order) for text in given]
    return Change("authorise", authorised=tuple(read), anew=len(given) < len(texts))


class VerbForm(NamedTuple):
    """How a verb is read, the names of its options, and whether it is about a visit."""

    read: Callable[[Typed], Change]
    takes: tuple[str, ...] = ()
    has_visit: bool = False


VERB_FORMS: Mapping[str, VerbForm] = {
    "complete": VerbForm(_complete, ("on", "time"), has_visit=True),
    "miss": VerbForm(_miss, ("make_up",), has_visit=True),
    "defer": VerbForm(_defer, ("to", "by", "scope"), has_visit=True),
    "omit": VerbForm(lambda typed: Change("omit", typed.number_of_visit), has_visit=True),
    "hold": VerbForm(lambda _: Change("hold")),
    "resume": VerbForm(lambda typed: Change("resume", None, *typed.day_and_time("on")), ("on",)),
    "cease": VerbForm(_cease, ("after",)),
    "booster": VerbForm(_booster, ("on", "after")),
    "confirm": VerbForm(lambda typed: Change("confirm", typed.number_of_visit), has_visit=True),
    "review": VerbForm(_review, ("outcome",), has_visit=True),
    "driver": VerbForm(_driver, ("name", "phone", "email", "clear"), has_visit=True),
    "wishes": VerbForm(_wishes, WISHES),
    "clear": VerbForm(_clear, ("by", "on", "what")),
    "authorise": VerbForm(_authorise, ("sessions",)),
    "switch": VerbForm(lambda typed: Change("switch", on=typed.day("on")), ("protocol", "on")),
    "undo": VerbForm(lambda _: Change("undo")),
}
"""The verbs of `revise`, each with how it is read."""


def read_change(
    verb: str,
    visit: int | str | None,
    given: Mapping[str, object],
    *,
    today: date,
    order: DateOrder = None,
    zone: tzinfo | None = None,
) -> Change:
    """The change that a verb asks for, with the options that are `given`; None is not given.

    `visit` is the number of a visit; for `driver` also several ("1,3-5"), "all" or weekdays.
    `today` is the local day of the change. Dates are read in this `order`; moments with an offset
    are local to `zone`. Raises `BadRequest`, also for an option that the verb does not have.
    """
    form = VERB_FORMS.get(verb)
    if form is None:
        said = f"there is no verb {quote(verb)}{did_you_mean(str(verb), VERB_FORMS)}"
        raise BadRequest("verb", said, next_step=f"one of: {', '.join(VERB_FORMS)}")
    values = {name: one for name, one in {**given, "visit": visit}.items() if one is not None}
    takes = ("visit", *form.takes) if form.has_visit else form.takes
    for name in values:
        if name not in takes:
            listed = ", ".join(takes) or "nothing"
            raise BadRequest(name, f"{verb} takes no {name}: it takes {listed}")
    return form.read(Typed(values, order, zone, today))
