"""What the parts of a file say of each other, and of the world: names, zones, holidays.

It looks at plain data before nouns are made of it, so that one wrong value hides no other one.
"""

from collections.abc import Iterable, Iterator
from importlib import resources
from itertools import chain, islice
from typing import Any
from zoneinfo import ZoneInfo

from ketasched.files.codec import MOST_PROBLEMS_READ, nearest
from ketasched.model import Problem, shown
from ketasched.model.identifiers import patient_reference
from ketasched.model.opening_hours import holidays_of

Data = dict[str, Any]

LONGEST_LINEAGE = 20
"""No visit is like one that is like one, and so on, for longer than that."""


def protocol_problems(data: Data) -> list[Problem]:
    """Names of visits and phases, and examples, that a protocol uses but does not have."""
    return [*_like_problems(_table(data, "visits")), *_names(data), *_examples(data)]


def clinic_problems(data: Data) -> list[Problem]:
    """A zone or a holiday calendar that there is not."""
    return [*_zone(data), *_holidays(data)]


def course_problems(data: Data) -> list[Problem]:
    """Visits of phases or kinds that its protocol has not, numbers out of order, uids twice."""
    clinic, protocol = _table(data, "clinic"), _table(data, "protocol")
    problems = [*_zone(data)]
    problems += islice(chain(_visits(data, protocol), _uids(data)), MOST_PROBLEMS_READ)
    problems += [(f"clinic.{place}", said) for place, said in clinic_problems(clinic)]
    problems += [(f"protocol.{place}", said) for place, said in protocol_problems(protocol)]
    zones = zone_of(data.get("timezone")), zone_of(clinic.get("timezone"))
    if all(zones) and zones[0] != zones[1]:
        problems.append(("timezone", "is not the clinic's"))
    for place, table in (("", data), ("request.", _table(data, "request"))):
        problems += [(f"{place}patient", said) for said in _reference(table)]
    name, kinds = protocol.get("id"), _table(protocol, "visits")
    for key in ("overrides", "prices") if isinstance(name, str) else ():
        own = _table(_table(clinic, key), str(name))
        problems += kind_problems(f"clinic.{key}.{name}", own, kinds)
    return problems


def kind_problems(place: str, own: Iterable[str], visits: Iterable[str]) -> Iterator[Problem]:
    """Kinds of visit that a clinic speaks of at a place, but that the protocol has not."""
    for kind in own:
        if kind not in visits:
            said = f"unknown kind of visit{nearest(kind, visits)}"
            yield f"{place}.{kind}", said


def _reference(data: Data) -> Iterator[str]:
    patient = data.get("patient")
    if isinstance(patient, str):
        try:
            patient_reference(patient)
        except ValueError as error:
            yield str(error)


def with_likes(data: Data) -> Data:
    """The protocol with each visit filled in with what it has from the one that it is like."""
    visits = _table(data, "visits")
    return (
        data | {"visits": {name: _filled_in(visits, name) for name in visits}} if visits else data
    )


def zone_of(name: object) -> ZoneInfo | None:
    """The IANA zone of this name; None if there is none that every machine has."""
    ours_alone = {"localtime", "posixrules", "Factory"}
    if not isinstance(name, str) or name in ours_alone or name.startswith(("right/", "posix/")):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _table(data: Data, key: str) -> Data:
    found = data.get(key)
    return found if isinstance(found, dict) else {}


def _tables(data: Data, key: str) -> list[tuple[int, Data]]:
    """The tables of a list, each with its place in it."""
    found = data.get(key)
    items = enumerate(found) if isinstance(found, list) else ()
    return [(index, one) for index, one in items if isinstance(one, dict)]


def _like_problems(visits: Data) -> Iterator[Problem]:
    for name, visit in visits.items():
        like = visit.get("like") if isinstance(visit, dict) else None
        if not isinstance(like, str) or not like:
            continue
        lineage = _lineage(visits, name)
        if like not in visits:
            yield f"visits.{name}.like", f"no visit is called {shown(like)}{nearest(like, visits)}"
        elif lineage[-1] in lineage[:-1] or len(lineage) > LONGEST_LINEAGE:
            yield f"visits.{name}.like", "goes round in a circle"


def _lineage(visits: Data, name: str) -> list[str]:
    """A visit and those that it is like, one after the other; a circle ends at a repetition."""
    found = [name]
    while True:
        like = _table(visits, found[-1]).get("like")
        if not isinstance(like, str) or like not in visits:
            return found
        found.append(like)
        if like in found[:-1] or len(found) > LONGEST_LINEAGE:
            return found


def _filled_in(visits: Data, name: str) -> Any:
    """The visit with all that it does not say itself; tables in it are filled in, too."""
    if not isinstance(visits[name], dict):
        return visits[name]
    filled: Data = {}
    for ancestor in reversed(dict.fromkeys(_lineage(visits, name))):
        for key, value in _table(visits, ancestor).items():
            both = isinstance(value, dict) and isinstance(filled.get(key), dict)
            filled[key] = filled[key] | value if both else value
    return filled


def _names(data: Data) -> Iterator[Problem]:
    visits, seen = _table(data, "visits"), set()
    for index, phase in _tables(data, "phases"):
        visit, name = phase.get("visit"), phase.get("name")
        if isinstance(visit, str) and visits and visit not in visits:
            said = f"no visit is called {shown(visit)}{nearest(visit, visits)}"
            yield f"phases[{index}].visit", said
        if isinstance(name, str):
            if name in seen:
                yield (
                    f"phases[{index}].name",
                    f"{shown(name)} is the name of an earlier phase, too",
                )
            seen.add(name)


def _examples(data: Data) -> Iterator[Problem]:
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


def _zone(data: Data) -> Iterator[Problem]:
    name = data.get("timezone")
    if isinstance(name, str) and zone_of(name) is None:
        names = (resources.files("tzdata") / "zones").read_text(encoding="utf-8").split()
        short = {known.rpartition("/")[2]: known for known in names}
        near = nearest(name, names) or nearest(name.rpartition("/")[2], short)
        yield "timezone", f"no time zone is called {shown(name)}{near}"


def _holidays(data: Data) -> Iterator[Problem]:
    calendar = _table(data, "closures").get("holidays")
    if isinstance(calendar, str) and calendar:
        try:
            holidays_of(calendar, 2026)
        except ValueError as error:
            said = str(error).partition("\n")[0]
            yield "closures.holidays", f"no holidays are known for {shown(calendar)}: {said}"


def _visits(data: Data, protocol: Data) -> Iterator[Problem]:
    names = [phase.get("name") for _, phase in _tables(protocol, "phases")]
    kinds = list(_table(protocol, "visits"))
    for index, visit in _tables(data, "visits"):
        for key, known in (("phase", names), ("kind", kinds)):
            if isinstance(visit.get(key), str) and protocol and visit[key] not in known:
                yield f"visits[{index}].{key}", f"the protocol has no {shown(visit[key])}"
        if visit.get("number") != index + 1:
            said = f"expected {index + 1}, the number of the visit in its course"
            yield f"visits[{index}].number", said
    most = len(_tables(data, "visits"))
    for index, finding in _tables(data, "findings"):
        number = finding.get("visit")
        if most and type(number) is int and not 1 <= number <= most:
            yield f"findings[{index}].visit", f"expected 1 to {most}, not {shown(number)}"
    for index, review in _tables(data, "reviews"):
        after = review.get("after")
        if most and type(after) is int and not 1 <= after <= most:
            yield f"reviews[{index}].after", f"expected 1 to {most}, not {shown(after)}"


def _uids(data: Data) -> Iterator[Problem]:
    seen: set[str] = set()
    for key in ("visits", "reviews"):
        for index, item in _tables(data, key):
            uid = item.get("uid")
            if isinstance(uid, str):
                if uid in seen:
                    yield f"{key}[{index}].uid", "is another item's, too"
                seen.add(uid)
