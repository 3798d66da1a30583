"""What visits use of a clinic's resources, minute by minute: the judge of all who count them.

Written from the words of docs/files.md alone.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ketasched.model import Clinic, Resource, VisitKind

VisitOfOther = tuple[VisitKind, datetime]
"""A visit of this kind, by its check-in: it takes what its kind needs."""

Use = tuple[str, datetime]
"""A resource, by name, and a minute in which it serves a visit; in UTC."""

MINUTE = timedelta(minutes=1)


def takes_chair(kind: VisitKind) -> bool:
    """Whether a visit of this kind takes a chair."""
    return kind.place == "clinic" and kind.chair is not False


def booking_of(kind: VisitKind, start: datetime) -> tuple[datetime, datetime]:
    """The time of a visit, from check-in to its end, in UTC."""
    begin = start.astimezone(UTC)
    return begin, begin + timedelta(minutes=kind.minutes.total)


def uses(clinic: Clinic, kind: VisitKind, start: datetime) -> Iterator[Use]:
    """Each minute in which a visit uses a resource."""
    minutes = kind.minutes
    parts = (
        *["check_in"] * minutes.check_in,
        *["treatment"] * minutes.treatment,
        *["observation"] * minutes.observation,
    )
    for resource in clinic.resources:
        if needs(kind, resource):
            for number, part in enumerate(parts):
                if part in resource.during:
                    yield resource.name, start.astimezone(UTC) + number * MINUTE


def needs(kind: VisitKind, resource: Resource) -> bool:
    """Whether a visit of this kind needs a resource."""
    return kind.place == "clinic" if kind.needs is None else resource.name in kind.needs


def patients_at(clinic: Clinic, name: str, local: datetime) -> int:
    """How many patients a resource can serve during the minute that begins then."""
    (resource,) = (one for one in clinic.resources if one.name == name)
    away = sum(n for days, n in resource.absences.items() if local.date() in days)
    minute = local.hour * 60 + local.minute
    is_there = resource.hours is None or any(
        one.start <= minute < one.end for one in resource.hours.on(local.weekday())
    )
    return (resource.count - away) * resource.serves if is_there else 0


def overused(clinic: Clinic, visits: Iterable[VisitOfOther]) -> Mapping[Use, int]:
    """By how many patients more than it can serve each resource is used, minute by minute."""
    zone = ZoneInfo(clinic.timezone)
    in_use = Counter(use for one in visits for use in uses(clinic, *one))
    over = {
        (name, minute): number - patients_at(clinic, name, minute.astimezone(zone))
        for (name, minute), number in in_use.items()
    }
    return {use: number for use, number in over.items() if number > 0}
