"""Which chairs courses hold: as a manifest says it, and as a patient's own course file does."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ketasched.batch.digest import sha
from ketasched.batch.nouns import SEPARATOR
from ketasched.model import TAKES_PLACE, Clinic, Course, Visit
from ketasched.planner import Decided
from ketasched.seating import Taken
from ketasched.times import clock_text, effective_kind

Seat = tuple[date, tuple[datetime, datetime]]
"""A local date, and from when until when a chair is taken then (UTC)."""

DaysTaken = dict[date, Taken]
"""The chairs of one clinic that are taken, day by day."""


MINUTES = len("2027-04-05T09:00")
"""How much of a moment's ISO form says when it is, to the minute."""


def house_of(clinic: Clinic) -> str:
    """What a clinic is known by from one run to the next: a digest of its zone, name and salt."""
    return sha("\n".join((clinic.timezone, clinic.name, clinic.id_salt)).encode())[:16]


def visits_of(course: Course) -> str:
    """A course's visits as a manifest has them: "2027-04-05T09:00/10:55|2027-04-07T09:00/10:55".

    In the clinic's time; where no chair is taken, or not any more, there is no end. Visits that do
    not take place are left out.
    """
    return SEPARATOR.join(
        visit.start.isoformat()[:MINUTES] + (f"/{clock_text(visit.end)}" if sits else "")
        for visit, sits in _visits(course)
    )


def seats_in(visits: str, zone: ZoneInfo) -> Iterator[Seat]:
    """The seats that the cell of a manifest says."""
    for visit in visits.split(SEPARATOR) if visits else ():
        start, _, end = visit.partition("/")
        if end:
            begins = datetime.fromisoformat(start).replace(tzinfo=zone)
            ends = datetime.combine(begins.date(), time.fromisoformat(end), zone)
            if end == "00:00":
                ends += timedelta(days=1)
            elif ends.astimezone(UTC) <= begins.astimezone(UTC):  # the clocks go back in between
                ends = ends.replace(fold=1)
            yield begins.date(), (begins.astimezone(UTC), ends.astimezone(UTC))


def seats_taken(decided: Decided) -> Iterator[Seat]:
    """The seats that a course takes."""
    for own in decided.slots:
        for slot in own:
            if slot.kind.place == "clinic":
                yield slot.start.date(), (slot.start.astimezone(UTC), slot.end.astimezone(UTC))


def _visits(course: Course) -> Iterator[tuple[Visit, bool]]:
    """The visits that take place, each with whether it takes a chair."""
    for visit in course.visits:
        if visit.status in TAKES_PLACE:
            kind = effective_kind(course.protocol, course.clinic, visit.kind)
            yield visit, kind.place == "clinic"
