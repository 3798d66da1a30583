"""From files to nouns: protocols, clinics and courses, with every problem and its place."""

from collections.abc import Callable, Iterator, Mapping
from importlib import resources
from types import MappingProxyType
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from ketasched import forms
from ketasched.errors import BadFile
from ketasched.files import parse, read_data, read_text
from ketasched.forms import nearest
from ketasched.model import Clinic, Course, Hours, Problem, Protocol, TimeRange, shown
from ketasched.openings import holidays_of

Noun = TypeVar("Noun")

DEFAULT_PROTOCOL = "iv-depression"


def shipped_protocols() -> list[str]:
    """The ids of the protocols that come with the program, in alphabetical order."""
    names = (path.name for path in resources.files("ketasched.protocols").iterdir())
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
    text = (resources.files("ketasched.protocols") / f"{name}.toml").read_text(encoding="utf-8")
    return _protocol(parse(text, f"{name}.toml"), f"{name}.toml")


def protocol_text(name: str) -> str:
    """The text of a protocol's file as it stands, once it has been found right."""
    load_protocol(name)
    if name in shipped_protocols():
        return (resources.files("ketasched.protocols") / f"{name}.toml").read_text(
            encoding="utf-8"
        )
    return read_text(name)


def starter_clinic(zone: str, salt: str) -> str:
    """The text of a clinic file to edit, for this zone; `salt` is random."""
    text = (resources.files("ketasched") / "starter_clinic.toml").read_text(encoding="utf-8")
    return text.replace("@TIMEZONE@", zone).replace("@SALT@", salt)


def builtin_clinic(zone: str) -> Clinic:
    """The plain clinic for when there is no file: Mon–Fri 09:00–17:00 in this zone."""
    day = (TimeRange(9 * 60, 17 * 60),)
    return Clinic(timezone=zone, hours=Hours(mon=day, tue=day, wed=day, thu=day, fri=day))


def load_clinic(path: str) -> Clinic:
    """The clinic in the file at `path`. Raises `BadFile`."""
    return _clinic(_data_of("clinic", path), path)


def load_course(path: str) -> Course:
    """The course in the file at `path` ("-" is standard input). Raises `BadFile`."""
    return _course(_data_of("course", path), path)


def load_any(path: str) -> Protocol | Clinic | Course:
    """The protocol, clinic or course in the file at `path`, told apart by its keys."""
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
    data = read_data(path)
    found = _kind_of(data)
    if found not in (kind, None):
        raise BadFile(f"{path}: is a {found}, not a {kind}", next_step=f"the file of a {kind}")
    return data


def _kind_of(data: dict[str, Any]) -> str | None:
    """What a file is, by the keys that only one of the three has."""
    if "course_id" in data or isinstance(data.get("visits"), list):
        return "course"
    if "phases" in data or "visits" in data:
        return "protocol"
    return "clinic" if "hours" in data or "timezone" in data else None


def unused_tables(clinic: Clinic, protocol: Protocol) -> list[str]:
    """The clinic's tables for protocols that are neither shipped nor this one: typing errors?"""
    known = {*shipped_protocols(), protocol.id}
    return [
        f"{table}.{name}: no such protocol{nearest(name, known).rstrip('?')}"
        for table, names in (
            ("overrides", clinic.overrides),
            ("instructions", clinic.instructions.protocols),
        )
        for name in names
        if name not in known
    ]


def refuse_unknown_kinds(clinic: Clinic, protocol: Protocol, path: str) -> None:
    """Raise `BadFile` if the clinic overrides a kind of visit that the protocol has not."""
    own = clinic.overrides.get(protocol.id, {})
    said = "unknown kind of visit"
    problems = [
        (f"overrides.{protocol.id}.{kind}", said + nearest(kind, protocol.visits))
        for kind in own
        if kind not in protocol.visits
    ]
    _refuse(path, problems)


def _refuse(path: str, problems: list[Problem]) -> None:
    if problems:
        lines = [
            f"{place}: {said}" if place else said for place, said in sorted(problems, key=_key)
        ]
        number = "a problem" if len(lines) == 1 else f"{len(lines)} problems"
        raise BadFile(
            f"{path}: {number}", details=lines, next_step=f"mend it, then: ketasched check {path}"
        )


def _key(problem: Problem) -> str:
    return problem[0]


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
            f"{path}: format {number} is of a later ketasched; this one reads format 1",
            next_step="upgrade ketasched",
        )


# --- protocols ---------------------------------------------------------------------------------


def _protocol(data: dict[str, Any], path: str) -> Protocol:
    _refuse_later_format(data, path)
    problems: list[Problem] = []
    visits = data.get("visits")
    if isinstance(visits, dict):
        problems += _like_problems(visits)
        data = data | {"visits": {name: _filled_in(visits, name) for name in visits}}
    problems += _name_problems(data)
    problems += _example_problems(data)
    return _read(Protocol, data, path, problems)


def _like_problems(visits: dict[str, Any]) -> Iterator[Problem]:
    for name, visit in visits.items():
        like = visit.get("like") if isinstance(visit, dict) else None
        if not isinstance(like, str):
            continue
        if like not in visits:
            yield f"visits.{name}.like", f"no visit is called {shown(like)}{nearest(like, visits)}"
        elif _lineage(visits, name)[-1] in _lineage(visits, name)[:-1]:
            yield f"visits.{name}.like", "goes round in a circle"


def _lineage(visits: dict[str, Any], name: str) -> list[str]:
    """A visit and those that it is like, one after the other; a circle ends at a repetition."""
    found = [name]
    while True:
        visit = visits.get(found[-1])
        like = visit.get("like") if isinstance(visit, dict) else None
        if not isinstance(like, str) or like not in visits:
            return found
        found.append(like)
        if like in found[:-1]:
            return found


def _filled_in(visits: dict[str, Any], name: str) -> Any:
    """The visit with all that it does not say itself; tables in it are filled in, too."""
    if not isinstance(visits[name], dict):
        return visits[name]
    filled: dict[str, Any] = {}
    for ancestor in reversed(dict.fromkeys(_lineage(visits, name))):
        own = visits[ancestor]
        for key, value in own.items() if isinstance(own, dict) else ():
            both = isinstance(value, dict) and isinstance(filled.get(key), dict)
            filled[key] = filled[key] | value if both else value
    return filled


def _name_problems(data: dict[str, Any]) -> Iterator[Problem]:
    visits = data.get("visits")
    phases = data.get("phases")
    seen: set[str] = set()
    for index, phase in enumerate(phases if isinstance(phases, list) else ()):
        visit = phase.get("visit") if isinstance(phase, dict) else None
        name = phase.get("name") if isinstance(phase, dict) else None
        if isinstance(visit, str) and isinstance(visits, dict) and visit not in visits:
            said = f"no visit is called {shown(visit)}{nearest(visit, visits)}"
            yield f"phases[{index}].visit", said
        if isinstance(name, str):
            if name in seen:
                yield (
                    f"phases[{index}].name",
                    f"{shown(name)} is the name of an earlier phase, too",
                )
            seen.add(name)


def _example_problems(data: dict[str, Any]) -> Iterator[Problem]:
    examples = data.get("examples")
    for index, path in enumerate(examples if isinstance(examples, list) else ()):
        if isinstance(path, str) and not _is_there(data, path.split(".")):
            yield f"examples[{index}]", f"{shown(path)} is nowhere in this file"


def _is_there(data: Any, path: list[str]) -> bool:
    """Whether a dotted path leads somewhere; a phase goes by its name."""
    for step in path:
        if isinstance(data, list):
            named = [one for one in data if isinstance(one, dict) and one.get("name") == step]
            data = named[0] if named else None
        else:
            data = data.get(step) if isinstance(data, dict) else None
    return data is not None


# --- clinics and courses -----------------------------------------------------------------------


def _clinic(data: dict[str, Any], path: str) -> Clinic:
    return _read(Clinic, data, path, [*_zone_problems(data), *_holiday_problems(data)])


def _zone_problems(data: dict[str, Any]) -> Iterator[Problem]:
    name = data.get("timezone")
    if isinstance(name, str) and zone_of(name) is None:
        names = (resources.files("tzdata") / "zones").read_text(encoding="utf-8").split()
        short = {known.rpartition("/")[2]: known for known in names}
        near = nearest(name, names) or nearest(name.rpartition("/")[2], short)
        yield "timezone", f"no time zone is called {shown(name)}{near}"


def zone_of(name: str) -> ZoneInfo | None:
    """The IANA zone of this name, None if there is none that every machine has."""
    if name.startswith(("right/", "posix/")) or (
        "/" not in name and name in ("localtime", "Factory", "posixrules")
    ):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _holiday_problems(data: dict[str, Any]) -> Iterator[Problem]:
    closures = data.get("closures")
    calendar = closures.get("holidays") if isinstance(closures, dict) else None
    if isinstance(calendar, str) and calendar:
        try:
            holidays_of(calendar, 2026)
        except ValueError as error:
            said = str(error).partition("\n")[0]
            yield "closures.holidays", f"no holidays are known for {shown(calendar)}: {said}"


def _course(data: dict[str, Any], path: str) -> Course:
    _refuse_later_format(data, path)
    clinic, protocol = data.get("clinic"), data.get("protocol")
    problems = list(_zone_problems(data))
    if isinstance(clinic, dict):
        problems += _under("clinic", [*_zone_problems(clinic), *_holiday_problems(clinic)])
    if isinstance(protocol, dict):
        problems += _under("protocol", [*_name_problems(protocol), *_example_problems(protocol)])
        problems += _visit_problems(data, protocol)
    zone = zone_of(str(data.get("timezone")))
    return _read(Course, data, path, problems, zone)


def _under(place: str, problems: list[Problem]) -> list[Problem]:
    return [(f"{place}.{inside}", said) for inside, said in problems]


def _visit_problems(data: dict[str, Any], protocol: dict[str, Any]) -> Iterator[Problem]:
    """Visits of phases or kinds that the protocol has not, or numbers and uids that repeat."""
    phases = protocol.get("phases")
    names = (
        [one.get("name") for one in phases if isinstance(one, dict)]
        if isinstance(phases, list)
        else []
    )
    kinds = protocol.get("visits")
    visits = data.get("visits")
    items = [one for one in visits if isinstance(one, dict)] if isinstance(visits, list) else []
    for index, visit in enumerate(items):
        for key, known in (("phase", names), ("kind", kinds if isinstance(kinds, dict) else {})):
            if isinstance(visit.get(key), str) and visit[key] not in known:
                yield f"visits[{index}].{key}", f"the protocol has no {shown(visit[key])}"
        if visit.get("number") != index + 1:
            said = f"expected {index + 1}, the number of the visit in its course"
            yield f"visits[{index}].number", said
    reviews = data.get("reviews")
    items += [one for one in reviews if isinstance(one, dict)] if isinstance(reviews, list) else []
    uids = [one.get("uid") for one in items]
    for uid in {uid for uid in uids if uids.count(uid) > 1}:
        yield "visits", f"the uid {shown(uid)} is there twice"


READERS: Mapping[str, Callable[[dict[str, Any], str], Protocol | Clinic | Course]] = (
    MappingProxyType({"protocol": _protocol, "clinic": _clinic, "course": _course})
)
"""How the data of each kind of file is read."""
