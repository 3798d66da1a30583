"""SEQUENCE numbers: how often each event of a course has changed, and in which revision last."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from ketasched.model import Course, Entry


class EventRevision(NamedTuple):
    """The revision that changed an event last.

    `sequence` counts the event's changes up to then, `made` is when the revision was made, and
    `changed` the same in UTC.
    """

    sequence: int
    revision: int
    made: datetime
    changed: datetime


class EventRevisions:
    """The revision of each event of a course, by the event's UID."""

    def __init__(self, course: Course) -> None:
        history = course.history
        # Most courses never change, and hashing a history for the cache takes time.
        self._changes = _changes_in(history) if len(history) > 1 else {}
        made = history[0].at if history else course.made_at
        self._first = EventRevision(0, 1, made, made.astimezone(UTC))

    def of(self, uid: str) -> EventRevision:
        """The revision of this event; of an event that never changed, the first revision."""
        return self._changes.get(uid, self._first)


@lru_cache(maxsize=16)
def _changes_in(history: tuple[Entry, ...]) -> Mapping[str, EventRevision]:
    found: dict[str, EventRevision] = {}
    for revision, entry in enumerate(history, start=1):
        changed = entry.at.astimezone(UTC)
        for uid in entry.changed:
            sequence = found[uid].sequence + 1 if uid in found else 1
            found[uid] = EventRevision(sequence, revision, entry.at, changed)
    return found
