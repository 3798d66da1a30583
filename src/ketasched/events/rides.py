"""The rides of a course: which visits need one, and when the patient is reminded of it."""

from collections.abc import Iterable
from datetime import UTC, datetime

from ketasched.events.sequence import stamp
from ketasched.events.visit_times import Reminded, spoken
from ketasched.model import Course, Visit
from ketasched.model.gates import is_decided_at_check_in


def has_ride(course: Course, visit: Visit) -> bool:
    """Whether somebody has to drive, or has driven: for visits that are confirmed, and for one
    that is decided when the patient is there already.
    """
    comes = visit.status in ("planned", "completed") or is_decided_at_check_in(course, visit)
    return comes and course.protocol.visits[visit.kind].needs_driver


def drivers(course: Course) -> list[str]:
    """The names of those who drive to a visit of the course, or have driven."""
    rides = (visit for visit in course.visits if has_ride(course, visit))
    return list(dict.fromkeys(visit.driver.name for visit in rides if visit.driver))


def is_shared(course: Course) -> bool:
    """Whether not all rides of the course have the same driver, or all none yet."""
    return are_shared(visit for visit in course.visits if has_ride(course, visit))


def are_shared(rides: Iterable[Visit]) -> bool:
    """Whether not all of these have the same driver, or all none yet."""
    return len({visit.driver and visit.driver.name for visit in rides}) > 1


def all_drivers(course: Course) -> list[str]:
    """The same with those who were to drive once, or to a visit that is on hold."""
    named = (visit.driver.name for visit in course.visits if visit.driver)
    once = (former.driver for entry in course.history for former in entry.former)
    return list(dict.fromkeys((*named, *filter(None, once))))


def reminders(course: Course, visit: Visit) -> list[Reminded]:
    """When to remind of the ride to a visit.

    A moment before the visit was given its date, or not before the visit itself, is left out.
    """
    if not has_ride(course, visit):
        return []
    given, said = _given(course, visit), spoken(course.clinic, visit)
    return [one for one in said.reminders if given <= one.utc < said.utc]


def reminders_left_out(course: Course, rides: Iterable[Visit]) -> int:
    """How many reminders of these rides would have been before their visit was given its date."""
    return sum(
        one.utc < given
        for visit, given in ((visit, _given(course, visit)) for visit in rides)
        for one in spoken(course.clinic, visit).reminders
    )


def _given(course: Course, visit: Visit) -> datetime:
    """When the visit was given its date, in UTC."""
    return stamp(course, visit.uid).at.astimezone(UTC)
