"""From files to nouns: protocols, clinics and courses, with every problem and its place."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from ketasched.errors import BadFile
from ketasched.files import codec as forms
from ketasched.files.codec import nearest
from ketasched.files.cross_references import (
    clinic_problems,
    course_problems,
    kind_problems,
    protocol_problems,
    with_likes,
    zone_of,
)
from ketasched.files.toml_json import parse, read_data, read_text
from ketasched.model import Clinic, Course, Hours, Problem, Protocol, TimeRange, printable, shown
from ketasched.model.wall_clock import effective_kind

Noun = TypeVar("Noun")

# Not `importlib.resources`: that takes as long to load as a course takes to plan.
HERE = Path(__file__).parent
PACKAGE = HERE.parent
PROTOCOLS = PACKAGE / "protocols"

DEFAULT_PROTOCOL = "iv-depression"
MOST_PROBLEMS_SHOWN = 100
"""More problems of one file are counted and not shown."""


def shipped_protocols() -> list[str]:
    """The ids of the protocols that come with the program, in alphabetical order."""
    names = (path.name for path in PROTOCOLS.iterdir())
    return sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


def load_protocol(name: str) -> Protocol:
    """The shipped protocol of this id, or the one in the file of this path.

    What ends in ".toml" or ".json", or holds a slash, is a path. Raises `BadFile`.
    """
    if name.endswith((".toml", ".json")) or "/" in name or "\\" in name:
        return _protocol(_data_of("protocol", name), name)
    shipped = shipped_protocols()
    if name not in shipped:
        raise BadFile(
            f"no protocol is called {shown(name)}{nearest(name, shipped)}",
            next_step="ketasched protocols list, or give the path of a file: --protocol mine.toml",
        )
    text = (PROTOCOLS / f"{name}.toml").read_text(encoding="utf-8")
    return _protocol(parse(text, f"{name}.toml"), f"{name}.toml")


def protocol_text(name: str) -> str:
    """The text of a protocol's file as it stands, once it has been found right."""
    load_protocol(name)
    if name in shipped_protocols():
        return (PROTOCOLS / f"{name}.toml").read_text(encoding="utf-8")
    return read_text(name)


def schema_text(kind: str) -> str:
    """The JSON Schema of a kind of file, one of `READERS`."""
    return (PACKAGE / "schemas" / f"{kind}.json").read_text(encoding="utf-8")


def starter_clinic(zone: str, salt: str) -> str:
    """The text of a clinic file to edit, for this zone; `salt` is random."""
    text = (HERE / "starter_clinic.toml").read_text(encoding="utf-8")
    return text.replace("@TIMEZONE@", zone).replace("@SALT@", salt)


def builtin_clinic(zone: str) -> Clinic:
    """The plain clinic for when there is no file: Mon–Fri 09:00–17:00 in this zone."""
    day = (TimeRange(9 * 60, 17 * 60),)
    return Clinic(timezone=zone, hours=Hours(mon=day, tue=day, wed=day, thu=day, fri=day))


def load_clinic(path: str) -> Clinic:
    """The clinic in the file at `path`. Raises `BadFile`."""
    return _clinic(_data_of("clinic", path), path)


def load_course(path: str) -> Course:
    """The course in the file at `path`, or in a patient's folder; "-" is standard input.

    Raises `BadFile`.
    """
    path = _course_in(path)
    return _course(_data_of("course", path), path)


def course_from(text: str, name: str) -> Course:
    """The course in the text of a course file, called `name` in errors. Raises `BadFile`."""
    return _course(parse(text, name, as_json=True), name)


def _course_in(path: str) -> str:
    """The course file of a patient's folder; another path as it is."""
    with suppress(OSError):  # what is wrong with the path is said when it is read
        if Path(path).is_dir():
            return str(Path(path, "course.json"))
    return path


def load_any(path: str) -> Protocol | Clinic | Course:
    """The protocol, clinic or course in the file at `path`, told apart by its keys.

    Raises `BadFile`.
    """
    path = _course_in(path)
    data = read_data(path)
    kind = _kind_of(data)
    if kind is None:
        raise BadFile(
            f"{path}: is neither a protocol, nor a clinic, nor a course",
            details=["a protocol has phases, a clinic has hours, a course has a course_id"],
            next_step="ketasched protocols show iv-depression, or ketasched clinic init",
        )
    return READERS[kind](data, path)


def _data_of(kind: str, path: str) -> dict[str, Any]:
    """The data of a file that is to be of this kind."""
    if path.endswith((".ics", ".txt", ".html")):
        step = "give the course.json beside it" if kind == "course" else "give a .toml file"
        raise BadFile(f"{path}: is made for people, not for reading back", next_step=step)
    data = read_data(path)
    found = _kind_of(data)
    if found not in (kind, None):
        raise BadFile(f"{path}: is a {found}, not a {kind}", next_step=f"ketasched check {path}")
    return data


def _kind_of(data: dict[str, Any]) -> str | None:
    """What a file is, by the keys that only one of the three has."""
    if "course_id" in data or isinstance(data.get("visits"), list):
        return "course"
    if "phases" in data or "visits" in data:
        return "protocol"
    return "clinic" if "hours" in data or "timezone" in data else None


def refuse_mismatch(clinic: Clinic, protocol: Protocol, path: str) -> None:
    """Raise `BadFile` if the clinic's overrides or prices do not go with the protocol.

    They name a kind of visit that it has not, or leave a visit without a sensible length.
    """
    own = clinic.overrides.get(protocol.id, {})
    problems = list(kind_problems(f"overrides.{protocol.id}", own, protocol.visits))
    priced = clinic.prices.protocols.get(protocol.id, {})
    problems += kind_problems(f"prices.{protocol.id}", priced, protocol.visits)
    for name in own:
        if name in protocol.visits:
            minutes = effective_kind(protocol, clinic, name).minutes
            place = f"overrides.{protocol.id}.{name}.minutes"
            problems += [(place, said) for _, said in minutes.problems()]
    _refuse(path, problems)


def with_clinic(course: Course, path: str) -> Course:
    """The course at the clinic in the file at `path`: its newer hours and words.

    Raises `BadFile`, also if that clinic is in another time zone.
    """
    clinic = load_clinic(path)
    refuse_mismatch(clinic, course.protocol, path)
    if clinic.timezone != course.timezone:
        said = f"is {clinic.timezone}, but the course is in {course.timezone}"
        _refuse(path, [("timezone", said)])
    return replace(course, clinic=clinic)


def _refuse(path: str, problems: list[Problem]) -> None:
    if not problems:
        return
    lines = [
        f"{printable(place)}: {said}" if place else said
        for place, said in sorted(problems, key=_in_order)
    ]
    number = "a problem" if len(lines) == 1 else f"{len(lines)} problems"
    if len(lines) > MOST_PROBLEMS_SHOWN:
        lines[MOST_PROBLEMS_SHOWN:] = [f"and {len(lines) - MOST_PROBLEMS_SHOWN} more"]
    step = f"mend it, then: ketasched check {path}"
    raise BadFile(f"{path}: {number}", details=lines, next_step=step)


def _in_order(problem: Problem) -> list[tuple[bool, int, str]]:
    """By place, `visits[2]` before `visits[10]`."""
    words = re.split(r"(\d+)", problem[0])
    return [(word.isdecimal(), int(word) if word.isdecimal() else 0, word) for word in words]


def _read(
    kind: type[Noun],
    data: dict[str, Any],
    path: str,
    more: list[Problem],
    zone: ZoneInfo | None = None,
) -> Noun:
    found, own = forms.read(kind, data, zone=zone)
    _refuse(path, [*more, *own])
    assert found is not None  # noqa: S101 - it has no problem
    return found


def _refuse_later_format(data: dict[str, Any], path: str) -> None:
    number = data.get("format")
    if type(number) is int and number > 1:
        raise BadFile(
            f"{path}: format {shown(number)} is of a later ketasched; this one reads format 1",
            next_step="upgrade ketasched",
        )


def _protocol(data: dict[str, Any], path: str) -> Protocol:
    _refuse_later_format(data, path)
    problems = protocol_problems(data)
    return _read(Protocol, with_likes(data), path, problems)


def _clinic(data: dict[str, Any], path: str) -> Clinic:
    clinic = _read(Clinic, data, path, clinic_problems(data))
    named = clinic.overrides.keys() | clinic.prices.protocols.keys()
    for name in sorted(named & set(shipped_protocols())):
        refuse_mismatch(clinic, load_protocol(name), path)
    return clinic


def _course(data: dict[str, Any], path: str) -> Course:
    _refuse_later_format(data, path)
    return _read(Course, data, path, course_problems(data), zone_of(data.get("timezone")))


READERS: Mapping[str, Callable[[dict[str, Any], str], Protocol | Clinic | Course]] = (
    MappingProxyType({"protocol": _protocol, "clinic": _clinic, "course": _course})
)
"""How the data of each kind of file is read."""
