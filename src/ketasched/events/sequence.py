"""SEQUENCE numbers: how often each event of a course has changed, and in which revision last."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from ketasched.events.wording import revision_text
from ketasched.model import Course, Entry


class LastChange(NamedTuple):
    """The last revision that changed an event; `sequence` counts the changes up to then."""

    sequence: int
    revision: int
    at: datetime


class EventRevision(NamedTuple):
    """An event's SEQUENCE, a sentence on its revision, and the time of the last change (UTC)."""

    sequence: int
    text: str
    changed: datetime


class EventRevisions:
    """The revision of each event of a course, by the event's UID."""

    def __init__(self, course: Course) -> None:
        self._changes = _changes_of(course)
        self._first = _in_words(_planning_of(course))

    def of(self, uid: str) -> EventRevision:
        """The revision of this event; of an event that never changed, the first revision."""
        change = self._changes.get(uid)
        return _in_words(change) if change else self._first


def changed_at(course: Course, uid: str) -> datetime:
    """When the event with this UID was last changed, or the course planned, in UTC."""
    return _changes_of(course).get(uid, _planning_of(course)).at.astimezone(UTC)


def _in_words(change: LastChange) -> EventRevision:
    text = revision_text(change.revision, change.at)
    return EventRevision(change.sequence, text, change.at.astimezone(UTC))


def _planning_of(course: Course) -> LastChange:
    return LastChange(0, 1, course.history[0].at if course.history else course.made_at)


def _changes_of(course: Course) -> Mapping[str, LastChange]:
    # Most courses never change, and hashing a history for the cache takes time.
    return _changes_in(course.history) if len(course.history) > 1 else {}


@lru_cache(maxsize=16)
def _changes_in(history: tuple[Entry, ...]) -> Mapping[str, LastChange]:
    found: dict[str, LastChange] = {}
    for revision, entry in enumerate(history, start=1):
        for uid in entry.changed:
            sequence = found[uid].sequence + 1 if uid in found else 1
            found[uid] = LastChange(sequence, revision, entry.at)
    return found
