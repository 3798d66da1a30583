"""Loads protocols, clinics, courses, column mappings, column sets and proposals.

An error lists every problem of a file with its place.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from ketasched.errors import BadFile, command_line, summarise_problems
from ketasched.files import codec
from ketasched.files.codec import Noun
from ketasched.files.column_mapping import ColumnMapping
from ketasched.files.column_set import ColumnSet, column_set_problems, with_whole_columns
from ketasched.files.countries import NUMBERS, UNKNOWN_COUNTRY, country_of, customs_of
from ketasched.files.cross_references import (
    Data,
    clinic_problems,
    course_problems,
    kind_problems,
    protocol_problems,
    resolve_likes,
    zone_of,
    zone_problems,
)
from ketasched.files.disk import MOST_BYTES, read_bytes
from ketasched.files.toml_json import parse, read_data, read_text
from ketasched.language.known import find_language
from ketasched.model import (
    Clinic,
    Course,
    Hours,
    NoDriving,
    Problem,
    Protocol,
    TimeRange,
    WrittenProposal,
    quote,
)
from ketasched.model.did_you_mean import did_you_mean
from ketasched.model.effective_kind import effective_kind
from ketasched.model.no_driving import run_on
from ketasched.model.queues import Queue
from ketasched.model.values import escape_unprintable

# Not `importlib.resources`, which takes as long to import as a course takes to plan.
PACKAGE = Path(__file__).parent.parent
PROTOCOLS = PACKAGE / "protocols"

FileNoun = Protocol | Clinic | Course | ColumnMapping | ColumnSet | WrittenProposal
"""What a file of ours can hold."""

DEFAULT_PROTOCOL = "iv-depression"
LONGEST_PLACE = 1000
"""No more of a problem's place is shown, which may have a key of millions of characters."""

MOST_PROBLEMS_SHOWN = 100
"""Further problems of a file are only counted."""

UNREADABLE_STEP = "plan what is left of it as a new course; with --busy, fewer busy times"
"""What helps where a course would be too long, or have a number that is too large."""


def shipped_protocols() -> list[str]:
    """The ids of the protocols that come with the program, in alphabetical order."""
    return sorted(path.stem for path in PROTOCOLS.glob("*.toml"))


def load_protocol(name: str) -> Protocol:
    """The shipped protocol whose id is `name`, or the protocol in the file at the path `name`.

    A name is a path if it ends in ".toml" or ".json" or has a slash. Raises `BadFile`.
    """
    if name.endswith((".toml", ".json")) or "/" in name or "\\" in name:
        return _read_protocol(_read_kind("protocol", name), name)
    shipped = shipped_protocols()
    if name not in shipped:
        raise BadFile(
            f"no protocol is called {quote(name)}{_meant_protocols(name, shipped)}",
            next_step="a file of your own, or one of these: ketasched protocols list",
        )
    file = f"{name}.toml"
    return _read_protocol(parse(_own_text("protocols", file), file), file)


def _meant_protocols(name: str, shipped: Iterable[str]) -> str:
    """The protocol that `name` is a slip of, else those that have it in their ids; else ""."""
    if meant := did_you_mean(name, shipped):
        return meant
    longer = " or ".join(one for one in shipped if name.lower() in one)
    return f"; did you mean {longer}?" if name and longer else ""


def protocol_text(name: str) -> str:
    """The text of a protocol's file with its comments. Raises `BadFile` if it is not valid."""
    load_protocol(name)
    is_shipped = name in shipped_protocols()
    return _own_text("protocols", f"{name}.toml") if is_shipped else read_text(name)


def schema_text(kind: str) -> str:
    """The JSON Schema of a kind of file, a key of `READERS`."""
    return _own_text("schemas", f"{kind}.json")


def starter_clinic(zone: str, salt: str, country: str = "") -> str:
    """The text of a clinic file to edit, in the time zone `zone`; `salt` should be random.

    Clock, dates and the number to call in an emergency are as in `country`, an ISO code; without
    one, as in that of the zone.
    """
    text = _own_text("files", "starter_clinic.toml")
    country = country or country_of(zone)
    number, customs = NUMBERS.get(country), customs_of(country) or UNKNOWN_COUNTRY
    order = f'date_order = "{customs.date_order or "dmy"}"'
    values = {
        "TIMEZONE": zone,
        "SALT": salt,
        "EMERGENCY": f" In an emergency, call {number}." if number else "",
        "CLOCK": customs.clock,
        "DATES": customs.dates,
        "DATE_ORDER": order if customs.date_order else f"# {order}",
        "WEEK_BEGINS": customs.week_begins,
    }
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text


def _own_text(folder: str, name: str) -> str:
    """The text of a file that comes with the program."""
    return read_bytes(PACKAGE / folder / name).decode()


def builtin_clinic(zone: str) -> Clinic:
    """The clinic that is used without a clinic file: Mon–Fri 09:00–17:00 in `zone`."""
    day = (TimeRange(9 * 60, 17 * 60),)
    return Clinic(timezone=zone, hours=Hours(mon=day, tue=day, wed=day, thu=day, fri=day))


def load_clinic(path: str, *, or_input: bool = True) -> Clinic:
    """The clinic in the file at `path`; "-" is standard input, unless `or_input` is false.

    Raises `BadFile`.
    """
    return _read_clinic(_read_kind("clinic", path, or_input=or_input), path)


def load_course(path: str) -> Course:
    """The course in the file at `path`, or in a patient's folder; "-" is standard input.

    Raises `BadFile`.
    """
    path = _course_path(path)
    return _read_course(_read_kind("course", path, or_input=True), path)


def load_mapping(path: str) -> ColumnMapping:
    """The column mapping in the file at `path`. Raises `BadFile`."""
    return _read(ColumnMapping, _read_kind("mapping", path), path)


def load_column_set(path: str, queue: Queue) -> ColumnSet:
    """The column set of a queue in the file at `path`. Raises `BadFile`."""
    found = _read_column_set(_read_kind("column-set", path), path)
    if found.rows != queue:
        said = f"{path}: has the columns of {found.rows}, not of {queue}"
        raise BadFile(said, next_step=f'give a file that has rows = "{queue}"')
    return found


def load_proposal(path: str) -> WrittenProposal:
    """The proposal in the file at `path`. Raises `BadFile`."""
    return _read_proposal(_read_kind("proposal", path), path)


def parse_course(text: str, name: str) -> Course:
    """The course in the text of a course file, which errors call `name`. Raises `BadFile`."""
    return _read_course(parse(text, name, as_json=True), name)


def reading_problem(course: Course, text: str) -> str:
    """Why the text of a course file would not be read as this course; "" if it would be.

    Whatever is written is read with the same codec and within the same limits before.
    """
    if len(text.encode()) > MOST_BYTES:
        return f"is larger than {MOST_BYTES // 1_000_000} MB"
    try:
        return "" if parse_course(text, "it") == course else "is another course when it is read"
    except BadFile as error:
        return (*error.details, error.what)[0]


def _course_path(path: str) -> str:
    """The path of the course file if `path` is a patient's folder, else `path`."""
    # `Path.is_dir` can raise `OSError`; reading the file reports what is wrong with the path.
    is_folder = os.path.isdir(path)  # noqa: PTH112
    return str(Path(path, "course.json")) if is_folder else path


def load_any(path: str) -> FileNoun:
    """The noun in the file at `path`, of the kind that its keys say.

    "-" is standard input. Raises `BadFile`.
    """
    path = _course_path(path)
    if path.lower().endswith(".ics"):
        step = "give it to plan, batch or suggest with --busy"
        raise BadFile(f"{path}: is a calendar, which is not checked", next_step=step)
    data = read_data(path, or_input=True)
    kind = _kind_of(data)
    if kind is None:
        raise BadFile(
            f"{path}: is neither a protocol, nor a clinic, nor a course, nor a mapping",
            details=[
                "a protocol has phases, a clinic has hours, a course has a course_id, "
                "a mapping has columns, a column set has rows, a proposal has courses"
            ],
            next_step="give the file's path, or begin with one of ours: ketasched protocols list",
        )
    return READERS[kind](data, path)


def _read_kind(kind: str, path: str, *, or_input: bool = False) -> Data:
    """The data of a file of this kind. Raises `BadFile` for a file of another kind."""
    if path.endswith((".ics", ".txt", ".html")):
        step = "give the course.json beside it" if kind == "course" else "give a .toml file"
        raise BadFile(f"{path}: is made for people, not for reading back", next_step=step)
    data = read_data(path, or_input=or_input)
    found = _kind_of(data)
    # A column set without its `rows` looks like a mapping: reading it says what is missing.
    if found not in (kind, None) and (found, kind) != ("mapping", "column-set"):
        raise BadFile(f"{path}: is a {found}, not a {kind}", next_step=command_line("check", path))
    return data


def _kind_of(data: Data) -> str | None:
    """The kind of file, by keys that only this kind has; None if there is no such key."""
    if "courses" in data:
        return "proposal"
    if "course_id" in data or isinstance(data.get("visits"), list):
        return "course"
    if "phases" in data or "visits" in data:
        return "protocol"
    if "hours" in data or "timezone" in data:
        return "clinic"
    if "rows" in data:
        return "column-set"
    return "mapping" if "columns" in data else None


def refuse_mismatch(clinic: Clinic, protocol: Protocol, path: str) -> None:
    """Raise `BadFile` if the clinic's overrides or prices do not fit the protocol.

    They do not fit if they name a kind of visit that the protocol does not have, or if the minutes
    of an overridden visit are invalid.
    """
    overrides = clinic.overrides.get(protocol.id, {})
    prices = clinic.prices.protocols.get(protocol.id, {})
    problems = [
        *kind_problems(f"overrides.{protocol.id}", overrides, protocol.visits),
        *kind_problems(f"prices.{protocol.id}", prices, protocol.visits),
    ]
    for name in overrides:
        if name in protocol.visits:
            minutes = effective_kind(protocol, clinic, name).minutes
            place = f"overrides.{protocol.id}.{name}.minutes"
            problems += [(place, message) for _, message in minutes.problems()]
    _raise_for_problems(path, problems)


def with_clinic(course: Course, path: str) -> Course:
    """The course with the clinic in the file at `path`, whose hours and words may be newer.

    Raises `BadFile`, also if the clinic is in another time zone than the course.
    """
    return with_newer_clinic(course, load_clinic(path), path)


def with_newer_clinic(course: Course, clinic: Clinic, path: str) -> Course:
    """The course with a newer form of its clinic, which errors call `path`.

    Raises `BadFile`, also if the clinic is in another time zone than the course.
    """
    refuse_mismatch(clinic, course.protocol, path)
    if clinic.timezone != course.timezone:
        problem = f"is {clinic.timezone}, but the course is in {course.timezone}"
        _raise_for_problems(path, [("timezone", problem)])
    return replace(course, clinic=clinic)


def _raise_for_problems(path: str, problems: list[Problem]) -> None:
    """Raise `BadFile` if there are problems, sorted by place: `visits[2]` before `visits[10]`."""
    if not problems:
        return
    lines = [
        f"{escape_unprintable(place[:LONGEST_PLACE])}: {message}" if place else message
        for place, message in sorted(problems, key=_place_key)
    ]
    number, details = summarise_problems(lines, MOST_PROBLEMS_SHOWN)
    step = f"mend it, then: {command_line('check', path)}"
    raise BadFile(f"{path}: {number}", details=details, next_step=step)


def _place_key(problem: Problem) -> list[tuple[int, str]]:
    words = re.split(r"(\d+)", problem[0])
    return [(int(word) if word.isdecimal() else 0, word) for word in words]


def _read(
    kind: type[Noun],
    data: Data,
    path: str,
    problems: Iterable[Problem] = (),
    zone: ZoneInfo | None = None,
) -> Noun:
    """The noun of type `kind` in `data`. Raises `BadFile` with `problems` and those of `data`."""
    number = data.get("format")
    if kind is not Clinic and type(number) is int and number > 1:  # a clinic has no format
        raise BadFile(
            f"{path}: format {quote(number)} is of a later ketasched; this one reads format 1",
            next_step="upgrade ketasched",
        )
    noun, own_problems = codec.read(kind, data, zone=zone)
    _raise_for_problems(path, [*problems, *own_problems])
    assert noun is not None  # noqa: S101 - it has no problem
    return noun


def _read_protocol(data: Data, path: str) -> Protocol:
    protocol = _read(Protocol, resolve_likes(data), path, protocol_problems(data))
    rules = ((f"visits.{name}", kind.no_driving) for name, kind in protocol.visits.items())
    _raise_for_problems(path, list(_same_day_problems(rules)))
    return protocol


def _read_clinic(data: Data, path: str) -> Clinic:
    if code := find_language(str(data.get("language"))):
        data = data | {"language": code}
    clinic = _read(Clinic, data, path, clinic_problems(data))
    rules = (
        (f"overrides.{protocol}.{name}", own.no_driving)
        for protocol, kinds in clinic.overrides.items()
        for name, own in kinds.items()
    )
    _raise_for_problems(path, list(_same_day_problems(rules)))
    named = clinic.overrides.keys() | clinic.prices.protocols.keys()
    for name in sorted(named & set(shipped_protocols())):
        refuse_mismatch(clinic, load_protocol(name), path)
    return clinic


def _same_day_problems(rules: Iterable[tuple[str, NoDriving | None]]) -> Iterator[Problem]:
    """Rules that can end on the day of the visit, before a night's sleep.

    Not asked of a course, which an earlier version may have written: its pages say to ask.
    """
    for place, rule in rules:
        if rule and not rule.is_overnight:
            needed = "24 hours or more, or next_morning from 05:00 on"
            yield f"{place}.no_driving", f"can end before a night's sleep: expected {needed}"


def _read_course(data: Data, path: str) -> Course:
    course = _read(Course, data, path, course_problems(data), zone_of(data.get("timezone")))
    # Times that an earlier version wrote did not run on.
    return replace(course, visits=run_on(course.visits, course.protocol.visits))


def _read_column_set(data: Data, path: str) -> ColumnSet:
    data = with_whole_columns(data)
    return _read(ColumnSet, data, path, column_set_problems(data))


def _read_proposal(data: Data, path: str) -> WrittenProposal:
    zone = zone_of(data.get("timezone"))
    return _read(WrittenProposal, data, path, zone_problems(data), zone)


READERS: Mapping[str, Callable[[Data, str], FileNoun]] = {
    "protocol": _read_protocol,
    "clinic": _read_clinic,
    "course": _read_course,
    "mapping": partial(_read, ColumnMapping),
    "column-set": _read_column_set,
    "proposal": _read_proposal,
}
"""By kind of file: the function that makes a noun of the data of the file at a path."""
