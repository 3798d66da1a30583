"""What the history says of calendars and pages: how often an event changed, which dates ended."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from ketasched.events.view import View
from ketasched.model import TAKES_PLACE, Course, Entry, Visit


class Stamp(NamedTuple):
    """How often an event has changed (SEQUENCE), in which revision last, and when that was."""

    times: int
    revision: int
    at: datetime


def stamps(course: Course) -> tuple[Stamp, Mapping[str, Stamp]]:
    """The stamp of events that never changed, the first revision's, and those of others by uid."""
    first = Stamp(0, 1, course.history[0].at if course.history else course.made_at)
    # Most courses never change; looking is not for free.
    return first, _stamps(course.history) if len(course.history) > 1 else UNCHANGED


def stamp(course: Course, uid: str) -> Stamp:
    """The stamp of the event with this uid."""
    first, changed = stamps(course)
    return changed.get(uid, first)


UNCHANGED: Mapping[str, Stamp] = MappingProxyType({})


def former_dates(course: Course, view: View) -> list[datetime]:
    """The dates of earlier revisions that no longer hold and are not over (local), in order.

    For a driver only those of rides, of their own where the view is for one of several.
    """
    gone = [former for entry in course.history for former in entry.former]
    if not gone:
        return []
    rides, whose = view.audience == "driver", view.rides_of
    wanted = (one for one in gone if (one.ride or not rides) and whose in ("", one.driver))
    visits = [visit for visit in course.visits if visit.status in TAKES_PLACE]
    holding = {visit.start for visit in visits if drives(view, visit)}
    talks = {review.uid for review in course.reviews}
    talking = {one.start for one in course.reviews if one.status in TAKES_PLACE}
    # Where there was a visit, a talk is something else; where there was a talk, a visit says more.
    found = {
        one.start
        for one in wanted
        if one.start not in (holding | talking if one.uid in talks else holding)
    }
    last = course.history[-1].at if course.history else course.made_at
    return sorted(one for one in found if one.date() >= last.date())


def drives(view: View, visit: Visit) -> bool:
    """Whether the ride to a visit is one of those that the view is about."""
    return not view.rides_of or (visit.driver is not None and visit.driver.name == view.rides_of)


@lru_cache(maxsize=16)
def _stamps(history: tuple[Entry, ...]) -> Mapping[str, Stamp]:
    found: dict[str, Stamp] = {}
    for revision, entry in enumerate(history, start=1):
        for uid in entry.changed:
            times = found[uid].times + 1 if uid in found else 1
            found[uid] = Stamp(times, revision, entry.at)
    return found
