"""Chairs in row order: each row is planned with the visits of the rows before it in the way.

What this run does not plan has its chairs before anybody is seated.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from ketasched.batch.held import Seat, Taken, seats_in, seats_of
from ketasched.batch.nouns import Desk, Settings
from ketasched.batch.work import planned
from ketasched.model import Course, Request

Held = Mapping[str, Iterable[str]]
"""Visits that are there before anybody is seated, as `held.visits_of` writes them, by `house`."""


@dataclass(slots=True)
class Seats:
    """Who sits where, clinic by clinic: who does so from the start (`held`), and the rows so far.

    `held` is asked once, when somebody is to be seated.
    """

    settings: Settings
    held: Callable[[], Held] = dict
    _held: Held | None = None
    _taken: dict[str, Taken] = field(default_factory=dict)

    def seated(self, request: Request, desk: Desk) -> Course:
        """The course for a request on the chairs that are left, which it takes.

        Raises `BadRequest`, and `NoPlan` if there is no room for all of it; then it takes none.
        """
        taken = self._at(desk)
        course = planned(request, desk, self.settings, taken)
        _take(taken, seats_of(course))
        return course

    def release(self, visits: str, desk: Desk) -> None:
        """Give back the chairs of a course that was held, and is planned anew after all."""
        taken = self._at(desk)
        for day, seat in seats_in(visits, ZoneInfo(desk.clinic.timezone)):
            seats = list(taken.get(day, ()))
            if seat in seats:
                seats.remove(seat)
                taken[day] = tuple(seats)

    def hold(self, visits: str, desk: Desk) -> None:
        """Take the chairs of a course that stays where it is after all."""
        _take(self._at(desk), seats_in(visits, ZoneInfo(desk.clinic.timezone)))

    def look_at(self, desk: Desk) -> None:
        """Have those at their places who stay at this desk's clinic."""
        self._at(desk)

    @property
    def used(self) -> bool:
        """Whether anybody was to be seated."""
        return bool(self._taken)

    def _at(self, desk: Desk) -> Taken:
        """The chairs that are taken at this desk's clinic."""
        if desk.place not in self._taken:
            if self._held is None:
                self._held = self.held()
            self._taken[desk.place] = {}
            for visits in self._held.get(desk.house, ()):
                self.hold(visits, desk)
        return self._taken[desk.place]


def _take(taken: Taken, seats: Iterable[Seat]) -> None:
    for day, seat in seats:
        taken[day] = (*taken.get(day, ()), seat)


def has_chairs(desk: Desk) -> bool:
    """Whether rows at this desk can be in each other's way."""
    return desk.clinic.chairs is not None or desk.clinic.starts_per_slot is not None
