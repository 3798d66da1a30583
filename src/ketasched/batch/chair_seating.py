"""Chairs in row order: each row is planned with the visits of the rows before it in the way.

What this run does not plan has its chairs before anybody is seated.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from ketasched.batch.carry_over import decided_again, would_move
from ketasched.batch.fingerprints import asked_of
from ketasched.batch.joint_rows import Found, Jointly
from ketasched.batch.manifest import DaysTaken, Seat, seats_in, seats_taken, visits_of
from ketasched.batch.records import Desk, Known, Settings
from ketasched.batch.worker import given_to
from ketasched.errors import BadRequest, NoPlan
from ketasched.files.roster import Row
from ketasched.model import Course
from ketasched.planning.planner import ChosenSlots, choose_slots

ByHouse = Mapping[str, Sequence[str]]
"""Visits as `held.visits_of` writes them, by what a clinic is known by."""


@dataclass(frozen=True, slots=True)
class Held:
    """The visits that are there before anybody is seated: of rows that come later, and of others.

    What is said to a row that finds no chair is of those before it, where that is enough: so it is
    the same, however often a run goes on.
    """

    of_rows: ByHouse = field(default_factory=dict)
    of_others: ByHouse = field(default_factory=dict)


@dataclass(slots=True)
class Seats:
    """Who sits where, clinic by clinic: who does so from the start (`held`), and the rows so far.

    `held` is asked once, when somebody is to be seated. With `jointly` the rows of a clinic that
    `joins` names are planned as one.
    """

    settings: Settings
    held: Callable[[], Held] = Held
    jointly: Jointly | None = None
    joins: Callable[[Row, Desk], bool] = lambda row, desk: True
    _held: Held | None = None
    _taken: dict[str, DaysTaken] = field(default_factory=dict)
    _before: dict[str, DaysTaken] = field(default_factory=dict)
    _as_one: dict[int, Found] = field(default_factory=dict)
    """What became of the rows that are planned as one, until their turn comes."""

    def seated(
        self,
        row: Row,
        desk: Desk,
        known: Known | None = None,
        own: str = "",
        *,
        stays: bool = False,
    ) -> ChosenSlots:
        """What is decided for a row on the chairs that are left, which it takes.

        Before that it gives up its `own`, those of these visits; `known` says what an earlier run
        did for it. Raises `BadRequest`, and `NoPlan`
        if there is no room for all of it; then it takes none. One that `stays` takes no others
        than its own, and has them again where it cannot.
        """
        taken = self._at(desk)
        before = self._before[desk.clinic_digest]
        held = _seats(own, desk)
        for each in (taken,) if before is taken else (taken, before):
            _give_up(held, each)
        try:
            decided = self._decided(row, desk, known, taken, before)
            seats = list(seats_taken(decided))
            if stays and sorted(seats) != sorted(held):
                raise would_move()
        except (BadRequest, NoPlan):
            if stays:
                self._take(held, taken, before)
            raise
        self._take(seats, taken, before)
        return decided

    def _decided(
        self, row: Row, desk: Desk, known: Known | None, taken: DaysTaken, before: DaysTaken
    ) -> ChosenSlots:
        try:
            context = given_to(row, desk, self.settings, taken)
            asked = asked_of(row, self.settings) if known else ""
            return decided_again(context, known, asked)
        except NoPlan:
            if before is not taken:
                choose_slots(given_to(row, desk, self.settings, before))
            raise

    def planned_as_one(self, row: Row, desk: Desk) -> Course | None:
        """The course of a row that is planned as one with others, who take their chairs at once.

        None if it is not. Raises `BadRequest`, and `NoPlan` if it has to wait.
        """
        if self.jointly is None:
            return None
        taken = self._at(desk)
        new = self.jointly.planned_now(desk, self.joins, lambda _: taken)
        for course in new.values():
            if isinstance(course, Course):
                self._take(_seats(visits_of(course), desk), taken)
        self._as_one |= new
        found = self._as_one.pop(row.number, None)
        if isinstance(found, Exception):
            raise found
        if found is not None:
            self.comes(visits_of(found), desk)
        return found

    def comes(self, visits: str, desk: Desk) -> None:
        """Note that it is the turn of a row that has its chairs."""
        taken, before = self._at(desk), self._before[desk.clinic_digest]
        if before is not taken:
            self._take(_seats(visits, desk), before)

    def look_at(self, desk: Desk) -> None:
        """Have those at their places who stay at this desk's clinic."""
        self._at(desk)

    @property
    def used(self) -> bool:
        """Whether anybody was to be seated."""
        return bool(self._taken)

    def _at(self, desk: Desk) -> DaysTaken:
        """The chairs that are taken at this desk's clinic."""
        if desk.clinic_digest not in self._taken:
            if self._held is None:
                self._held = self.held()
            taken: DaysTaken = {}
            for visits in self._held.of_others.get(desk.house, ()):
                self._take(_seats(visits, desk), taken)
            rows = self._held.of_rows.get(desk.house, ())
            self._before[desk.clinic_digest] = dict(taken) if rows else taken
            for visits in rows:
                self._take(_seats(visits, desk), taken)
            self._taken[desk.clinic_digest] = taken
        return self._taken[desk.clinic_digest]

    @staticmethod
    def _take(seats: Sequence[Seat], taken: DaysTaken, before: DaysTaken | None = None) -> None:
        """Add these seats to those that are taken, and to those of the rows before the next."""
        for each in (taken,) if before is None or before is taken else (taken, before):
            for day, seat in seats:
                each[day] = (*each.get(day, ()), seat)


def _seats(visits: str, desk: Desk) -> list[Seat]:
    return list(seats_in(visits, ZoneInfo(desk.clinic.timezone)))


def _give_up(seats: Sequence[Seat], taken: DaysTaken) -> None:
    """Take these seats out of those that are taken, where they are among them."""
    for day, seat in seats:
        left = list(taken.get(day, ()))
        if seat in left:
            left.remove(seat)
            taken[day] = tuple(left)
