"""In which revision of a course a calendar event changed last, and how often it has changed."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from ketasched.model import Course, Entry


class Stamp(NamedTuple):
    """How often an event has changed (SEQUENCE), in which revision last, and when that was."""

    times: int
    revision: int
    at: datetime


def stamp(course: Course, uid: str) -> Stamp:
    """The stamp of the event with this uid; one that never changed is of the first revision."""
    first = Stamp(0, 1, course.history[0].at if course.history else course.made_at)
    # Most courses never change; looking is not for free.
    return _stamps(course.history).get(uid, first) if len(course.history) > 1 else first


@lru_cache(maxsize=16)
def _stamps(history: tuple[Entry, ...]) -> Mapping[str, Stamp]:
    found: dict[str, Stamp] = {}
    for revision, entry in enumerate(history, start=1):
        for uid in entry.changed:
            times = found[uid].times + 1 if uid in found else 1
            found[uid] = Stamp(times, revision, entry.at)
    return found
