"""Checks of names that must exist elsewhere: in the same file, as a time zone, as holidays.

The checks read plain data, before the codec makes nouns of it: a value that no noun accepts hides
no other problem.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import fields
from itertools import chain, islice
from typing import Any
from zoneinfo import ZoneInfo

from ketasched.files.codec import MOST_PROBLEMS_READ
from ketasched.files.disk import ZONE_DATA, read_bytes
from ketasched.language.known import language_problem, languages
from ketasched.model import Problem, ProtocolWording, quote
from ketasched.model.did_you_mean import did_you_mean, nearest
from ketasched.model.identifiers import read_reference
from ketasched.model.opening_hours import holidays_of

Data = dict[str, Any]

OF_PROTOCOL = {one.name for one in fields(ProtocolWording)}
"""What the instructions for one protocol can have."""

LONGEST_LINEAGE = 20
"""The most kinds of visit that may inherit from each other through `like`."""


def protocol_problems(data: Data) -> list[Problem]:
    """Names of visits and phases, and places, that a protocol uses but does not have.

    Also an id that is the code of a language: a clinic's instructions are by either.
    """
    visits, resolved = _table(data, "visits"), resolve_likes(data)
    paths = [*_path_problems(resolved, "examples"), *_path_problems(resolved, "label_minimum")]
    return [*_id_problems(data), *_like_problems(visits), *_name_problems(data), *paths]


def clinic_problems(data: Data) -> list[Problem]:
    """A time zone, a holiday calendar or a language that does not exist."""
    return [
        *zone_problems(data),
        *_holiday_problems(data),
        *_language_problems("language", data),
        *_instruction_problems(_table(data, "instructions")),
    ]


def course_problems(data: Data) -> list[Problem]:
    """Visits with an unknown phase or kind, also in the history, numbers out of order, duplicate
    uids, a revision that the history does not have, and the problems of clinic and protocol.
    """
    clinic, protocol, request = (_table(data, key) for key in ("clinic", "protocol", "request"))
    items = chain(
        _visit_problems(data, protocol),
        _number_problems(data),
        _companion_problems(data, protocol),
        _uid_problems(data),
    )
    problems = [*zone_problems(data), *islice(items, MOST_PROBLEMS_READ)]
    problems += [(f"clinic.{place}", message) for place, message in clinic_problems(clinic)]
    problems += [(f"protocol.{place}", message) for place, message in protocol_problems(protocol)]
    zones = zone_of(data.get("timezone")), zone_of(clinic.get("timezone"))
    if all(zones) and zones[0] != zones[1]:
        problems.append(("timezone", "is not the clinic's"))
    problems += _revision_problems(data)
    for place, table in (("patient", data), ("request.patient", request)):
        problems += _patient_problems(place, table)
    for key in ("language", "driver_language"):
        problems += _language_problems(f"request.{key}", request)
    for key in ("overrides", "prices"):
        name = protocol.get("id")
        own = _table(_table(clinic, key), name) if isinstance(name, str) else {}
        problems += kind_problems(f"clinic.{key}.{name}", own, _table(protocol, "visits"))
    return problems


def kind_problems(place: str, own: Iterable[str], visits: Iterable[str]) -> Iterator[Problem]:
    """Kinds of visit that the clinic's table at `place` names, but the protocol does not have."""
    for kind in own:
        if kind not in visits:
            yield f"{place}.{kind}", f"unknown kind of visit{did_you_mean(kind, visits)}"


def _patient_problems(place: str, table: Data) -> Iterator[Problem]:
    patient = table.get("patient")
    if isinstance(patient, str):
        try:
            read_reference(patient)
        except ValueError as error:
            yield place, str(error)


def _language_problems(place: str, table: Data) -> Iterator[Problem]:
    """A language that is not the code of one that there is."""
    language = table.get(place.rpartition(".")[2])
    if isinstance(language, str) and (problem := language_problem(language, quote(language))):
        yield place, problem


def _instruction_problems(instructions: Data) -> Iterator[Problem]:
    """Tables within the instructions for one protocol: only those for a language have more."""
    for name, own in instructions.items():
        if name in ("discreet", *languages()) or not isinstance(own, dict):
            continue
        for key, inner in own.items():
            if key not in OF_PROTOCOL and isinstance(inner, dict):
                own_table = f"; write [instructions.{key}.{name}]"
                hint = own_table if key in languages() else did_you_mean(key, OF_PROTOCOL)
                yield f"instructions.{name}.{key}", f"unknown key{hint}"


def resolve_likes(data: Data) -> Data:
    """The protocol in which each visit has the keys that it inherits through `like`."""
    visits = _table(data, "visits")
    if not visits:
        return data
    return data | {"visits": {name: _merge_lineage(visits, name) for name in visits}}


def zone_of(name: object) -> ZoneInfo | None:
    """The IANA zone called `name`, or None; names that differ between machines are no zones."""
    local_names = {"localtime", "posixrules", "Factory"}
    if not isinstance(name, str) or name in local_names or name.startswith(("right/", "posix/")):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _table(data: Data, key: str) -> Data:
    found = data.get(key)
    return found if isinstance(found, dict) else {}


def _found(data: object, path: str, place: str = "") -> Iterator[tuple[str, Any]]:
    """What is at a path such as "visits[].phase" in plain data, each value after its place."""
    key, _, rest = path.partition(".")
    name = key.removesuffix("[]")
    inner = data.get(name) if isinstance(data, dict) else None
    items = [] if inner is None else [(f"{place}{name}", inner)]
    if key != name:
        listed = enumerate(inner) if isinstance(inner, list) else ()
        items = [(f"{place}{name}[{index}]", item) for index, item in listed]
    for where, item in items:
        if rest:
            yield from _found(item, rest, f"{where}.")
        else:
            yield where, item


def _texts(data: Data, *paths: str) -> list[tuple[str, str]]:
    """The texts at these paths, each after its place."""
    found = chain.from_iterable(_found(data, path) for path in paths)
    return [(place, text) for place, text in found if isinstance(text, str)]


def _repeated(texts: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Those of the places and texts whose text an earlier place has."""
    seen: set[str] = set()
    for place, text in texts:
        if text in seen:
            yield place, text
        seen.add(text)


def _unknown(
    texts: Iterable[tuple[str, str]], known: Collection[str], said: str
) -> Iterator[Problem]:
    """Those of the places and texts whose text is not known; the nearest known one is named."""
    for place, text in texts:
        if text not in known:
            yield place, f"{said} {quote(text)}{did_you_mean(text, known)}"


def _id_problems(data: Data) -> Iterator[Problem]:
    if data.get("id") in languages():
        yield "id", f"{quote(data['id'])} is the code of a language"


def _like_problems(visits: Data) -> Iterator[Problem]:
    likes = ((f"visits.{name}.like", like) for name in visits if (like := _like(visits, name)))
    yield from _unknown(likes, visits, "no visit is called")
    for name in visits:
        if _is_circular(_lineage(visits, name)):
            yield f"visits.{name}.like", "goes round in a circle"


def _like(visits: Data, name: str) -> str | None:
    """The name of the kind of visit from which this one inherits, or None."""
    like = _table(visits, name).get("like")
    return like if isinstance(like, str) else None


def _lineage(visits: Data, name: str) -> list[str]:
    """A kind of visit and its ancestors through `like`; a cycle ends at the first repetition."""
    found = [name]
    while not _is_circular(found) and (like := _like(visits, found[-1])) in visits:
        found.append(like)
    return found


def _is_circular(lineage: list[str]) -> bool:
    return lineage[-1] in lineage[:-1] or len(lineage) > LONGEST_LINEAGE


def _merge_lineage(visits: Data, name: str) -> Any:
    """The visit's keys and those of its ancestors, merged key by key also in inner tables."""
    if not isinstance(visits[name], dict):
        return visits[name]
    merged: Data = {}
    for ancestor in reversed(dict.fromkeys(_lineage(visits, name))):
        for key, value in _table(visits, ancestor).items():
            are_tables = isinstance(value, dict) and isinstance(merged.get(key), dict)
            merged[key] = merged[key] | value if are_tables else value
    return merged


def _name_problems(data: Data) -> Iterator[Problem]:
    if visits := _table(data, "visits"):
        yield from _unknown(_texts(data, "phases[].visit"), visits, "no visit is called")
    phases, companions = _texts(data, "phases[].name"), _texts(data, "companions[].name")
    for place, name in _repeated(phases):
        yield place, f"{quote(name)} is the name of an earlier phase, too"
    beside = ((place, name) for place, name in _texts(data, "companions[].phase") if name)
    yield from _unknown(beside, [name for _, name in phases], "no phase is called")
    for place, name in _repeated([*phases, *companions]):
        if place.startswith("companions"):
            yield place, f"{quote(name)} is the name of a phase or another companion, too"


def _path_problems(data: Data, key: str) -> Iterator[Problem]:
    paths = data.get(key)
    for index, path in enumerate(paths if isinstance(paths, list) else ()):
        if isinstance(path, str) and not _path_exists(data, path.split(".")):
            yield f"{key}[{index}]", f"{quote(path)} is nowhere in this file"


def _path_exists(data: Any, path: list[str]) -> bool:
    """Whether keys lead from `data` to a value; in a list, a key is the name of a table."""
    for step in path:
        if isinstance(data, list):
            tables = (item for item in data if isinstance(item, dict))
            data = next((table for table in tables if table.get("name") == step), None)
        else:
            data = data.get(step) if isinstance(data, dict) else None
    return data is not None


def zone_problems(data: Data) -> Iterator[Problem]:
    """A problem with a time zone that is unknown; the nearest ones are named."""
    name = data.get("timezone")
    if isinstance(name, str) and zone_of(name) is None:
        names = read_bytes(ZONE_DATA / "zones").decode().split()
        short = {known.rpartition("/")[2]: known for known in names}
        city = nearest(name.rpartition("/")[2], short)
        hint = did_you_mean(name, names) or did_you_mean(short.get(city, ""), names)
        yield "timezone", f"no time zone is called {quote(name)}{hint}"


def _holiday_problems(data: Data) -> Iterator[Problem]:
    calendar = _table(data, "closures").get("holidays")
    if isinstance(calendar, str) and calendar:
        try:
            holidays_of(calendar, 2026)
        except ValueError as error:
            reason = str(error).partition("\n")[0]
            yield "closures.holidays", f"no holidays are known for {quote(calendar)}: {reason}"


RESULTS = [f"history[].result.{{}}[].{key}" for key in ("was", "now")]
"""Where the history records what visits or reviews were, and what they are."""


def _visit_problems(data: Data, protocol: Data) -> Iterator[Problem]:
    """Phases and kinds of visits that the protocol does not have, also in the history; numbers."""
    phases = [name for _, name in _found(protocol, "phases[].name")]
    visits = ["visits[]", *(path.format("visits") for path in RESULTS)]
    for key, names in (("phase", phases), ("kind", _table(protocol, "visits"))):
        for place, name in _texts(data, *(f"{path}.{key}" for path in visits)):
            if protocol and name not in names:
                yield place, f"the protocol has no {quote(name)}"
    for number, (place, visit) in enumerate(_found(data, "visits[]"), 1):
        if isinstance(visit, dict) and visit.get("number") != number:
            yield f"{place}.number", f"expected {number}, the number of the visit in its course"


def _companion_problems(data: Data, protocol: Data) -> Iterator[Problem]:
    """Companions of a name that the protocol does not have, also in the history."""
    phases = _found(protocol, "phases[]")
    known = [one.get("name") for _, one in phases if isinstance(one, dict) and one.get("beside")]
    known += [name for _, name in _texts(protocol, "companions[].name")]
    reviews = ["reviews[]", *(path.format("reviews") for path in RESULTS)]
    for place, name in _texts(data, *(f"{path}.name" for path in reviews)):
        if protocol and name and name not in known:
            yield place, f"the protocol has no companion {quote(name)}"


def _number_problems(data: Data) -> Iterator[Problem]:
    """Findings and reviews with the number of a visit that the course does not have."""
    last = sum(isinstance(one, dict) for _, one in _found(data, "visits[]"))
    numbers = chain(_found(data, "findings[].visit"), _found(data, "reviews[].after"))
    for place, number in numbers if last else ():
        if type(number) is int and not 1 <= number <= last:
            yield place, f"expected 1 to {last}, not {quote(number)}"


def _revision_problems(data: Data) -> Iterator[Problem]:
    """A revision that is not the number of entries in the history."""
    revision, history = data.get("revision"), data.get("history")
    entries = len(history) if isinstance(history, list) else 0
    if entries and type(revision) is int and revision != entries:
        said = f"expected {entries}, the number of entries in the history"
        yield "revision", f"{said}, not {quote(revision)}"


def _uid_problems(data: Data) -> Iterator[Problem]:
    uids = _texts(data, "visits[].uid", "reviews[].uid")
    return ((place, "is another item's, too") for place, _ in _repeated(uids))
