"""Chairs in row order: each row is planned with the visits of the rows before it in the way."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from ketasched.batch.nouns import Desk, Settings
from ketasched.batch.work import planned
from ketasched.model import Course, Request
from ketasched.times import effective_kind

Taken = dict[date, tuple[tuple[datetime, datetime], ...]]


@dataclass(slots=True)
class Seats:
    """Who sits where, clinic by clinic, among the rows planned so far."""

    settings: Settings
    _taken: dict[str, Taken] = field(default_factory=lambda: defaultdict(dict))

    def seated(self, request: Request, desk: Desk) -> Course:
        """The course for a request on the chairs that are left, which it takes.

        Raises `BadRequest`, and `NoPlan` if there is no room for all of it; then it takes none.
        """
        taken = self._taken[desk.place]
        course = planned(request, desk, self.settings, taken)
        for visit in course.visits:
            if effective_kind(desk.protocol, desk.clinic, visit.kind).place == "clinic":
                day = visit.start.date()
                seat = visit.start.astimezone(UTC), visit.end.astimezone(UTC)
                taken[day] = (*taken.get(day, ()), seat)
        return course


def has_chairs(desk: Desk) -> bool:
    """Whether rows at this desk can be in each other's way."""
    return desk.clinic.chairs is not None or desk.clinic.starts_per_slot is not None
