"""Rows booked in the clinic's register, beside all that is booked there already.

In row order; or, where they are planned as one, all of a clinic at once. Only who has a register
gets here: it is an extra.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ketasched.batch.carry_over import decided_again, is_as_before, is_under_way, renewed
from ketasched.batch.fingerprints import asked_of, input_of
from ketasched.batch.folders import REVISED, kept, refuse_revised
from ketasched.batch.joint_rows import Found, Jointly
from ketasched.batch.manifest import DaysTaken, seats_in, visits_of
from ketasched.batch.records import Desk, Known, Outcome, Settings
from ketasched.batch.shared_calendars import later_reach
from ketasched.batch.worker import OUTPUT, REGISTER, given_to
from ketasched.errors import BadFile, BadRequest, NoPlan
from ketasched.files.load import load_course
from ketasched.files.roster import Row
from ketasched.model import Course
from ketasched.model.identifiers import identity
from ketasched.model.occupancy import Taken
from ketasched.planning.planner import course_of
from ketasched.register.joint_entry import Planned
from ketasched.register.records import Against, Line, Order
from ketasched.register.register import Book
from ketasched.rules.base import Bookings
from ketasched.together import Asked

CHAIRS_GONE = "the course that is there has lost its chairs in the register: plan it anew"


@dataclass(frozen=True, slots=True)
class Beside(Mapping[date, Taken]):
    """What a register has booked, and what is taken besides."""

    booked: Bookings
    taken: DaysTaken

    def __getitem__(self, day: date) -> Taken:
        return (*self.booked[day], *self.taken.get(day, ()))

    def __iter__(self) -> Iterator[date]:
        return iter({*self.booked, *self.taken})

    def __len__(self) -> int:
        return len({*self.booked, *self.taken})

    def __bool__(self) -> bool:
        return bool(self.booked) or bool(self.taken)


class Asks(NamedTuple):
    """A row's order, what an earlier run did for it, and the course of then in the register."""

    order: Order
    known: Known | None
    before: Course | None

    def named(self, course: Course, settings: Settings) -> Course:
        """The course that was planned, by the name by which it is entered."""
        return renewed(course, self.known, settings, self.before)


@dataclass(slots=True)
class Booked:
    """Books the rows that are planned; in place of `Seats`, which knows of no register.

    Where nothing is to be written (`settings.writes`), nothing is booked: what the rows so far
    would take is kept here. `known` says what an earlier run did for a patient. With `jointly` the
    rows of a clinic are planned as one.
    """

    book: Book
    settings: Settings
    known: Callable[[str], Known | None]
    jointly: Jointly | None = None
    _taken: dict[str, DaysTaken] = field(default_factory=dict)
    _joining: dict[int, Asks] = field(default_factory=dict)
    """What is to be entered for the rows that join in a plan of many, by number."""
    _as_one: dict[int, Found] = field(default_factory=dict)
    """What became of the rows that are planned as one, until their turn comes."""
    _earlier: dict[int, list[Course]] = field(default_factory=dict)
    """The courses that made room for those of rows of which it is not known that they hold."""

    def kept(self, row: Row, desk: Desk, known: Known | None) -> Outcome | None:
        """The outcome of a row that keeps its course, which is in the register then.

        Raises `BadRequest` if it cannot be.
        """
        settings = self.settings
        if not known or not settings.goes_on:
            return None
        asked = asked_of(row, settings)
        there = kept(row, known, settings, asked, input_of(row, asked, desk, settings))
        if there:
            self._keep(row.texts["patient"], there)
        return there

    def seated(self, row: Row, desk: Desk, known: Known | None) -> Course:
        """The course for a row, which is booked, in place of what an earlier run booked.

        Raises `BadRequest`, and `NoPlan` if there is no room for all of it; then that is given
        back, unless it is under way.
        """
        try:
            return self._seated(row, desk, known)
        except NoPlan:
            if known and not is_under_way(known, desk.clinic, self.settings):
                self._withdraw(known.made.course_id)
            raise

    def _seated(self, row: Row, desk: Desk, known: Known | None) -> Course:
        if self.jointly:
            self._plan_as_one(desk, self.jointly)
            found = self._as_one.pop(row.number, None)
            if isinstance(found, Exception):
                self._earlier.pop(row.number, None)
                raise found
            if found is not None:
                return found
        asks = self._asks(row, desk, known)
        return asks if isinstance(asks, Course) else self._entered(row, desk, asks.order)

    def done(self, row: Row, course_id: str, outcome: Outcome) -> Outcome:
        """What became of a row that was booked, now that it is known.

        If it failed, that is given back, and the earlier course is booked again; where that has
        lost its chairs meanwhile, the outcome says so.
        """
        earlier = self._earlier.pop(row.number, ())
        if outcome.status != "rejected" or self._put_back(course_id, earlier):
            return outcome
        return outcome._replace(reason=f"{outcome.reason}; {CHAIRS_GONE}")

    def finish(self) -> None:
        """Give back what was booked for rows whose turn never came."""
        for number, found in self._as_one.items():
            course_id = found.course_id if isinstance(found, Course) else ""
            self._put_back(course_id, self._earlier.pop(number, ()))
        self._as_one.clear()

    def _withdraw(self, course_id: str) -> None:
        """Give back what was booked for a row that has no course now, unless it was revised."""
        there = self._there(course_id) if self.settings.writes else None
        if there and not _is_revised(there):
            self.book.withdrawn(course_id, self._line("taken back by batch"))

    def _put_back(self, course_id: str, earlier: Iterable[Course]) -> bool:
        """Give back what was booked for the earlier course; whether that has its chairs again."""
        self._withdraw(course_id)
        for course in earlier if self.settings.writes else ():
            try:
                self.book.put(course, self._line("put back by batch"))
            except Against:  # somebody else has its chairs now
                return False
        return True

    def _keep(self, patient: str, there: Outcome) -> None:
        """See that a course that stays is in the register, as it was revised since.

        Raises `BadRequest` if it cannot be.
        """
        is_there = self.book.entry(there.made.course_id) is not None
        if not self.settings.writes or (is_there and not there.revised):
            return
        assert self.settings.output is not None  # noqa: S101 - what stays is in a folder
        try:
            course = load_course(str(self.settings.output / patient))
            self.book.put(course, self._line("imported by batch"))
        except (Against, BadFile) as error:
            raise BadRequest(REGISTER, error.what) from None

    def _asks(self, row: Row, desk: Desk, known: Known | None) -> Course | Asks:
        """What is to be entered for a row; the course if a run that was stopped has done it.

        Raises `BadRequest`.
        """
        context = given_to(row, desk, self.settings)
        own = identity(desk.clinic, context.request, self.settings.made_at)
        there = self._there(own)
        made_from = context.request, desk.clinic, desk.protocol
        if there and (there.request, there.clinic, there.protocol) == made_from and not known:
            return there
        before = self._there(known.made.course_id) if known else None
        self._refuse_revised(context.request.patient, known, before)
        gone = {one.course_id: one for one in (before, there) if one and not _is_revised(one)}
        if before and self.settings.replaces:
            gone[before.course_id] = before

        def make(bookings: Bookings) -> Course:
            taken = {} if self.settings.writes else self._taken.get(desk.house, {})
            asked = replace(context, bookings=Beside(bookings, taken))
            decided = decided_again(asked, known, asked_of(row, self.settings))
            return asks.named(course_of(decided, asked), self.settings)

        order = Order(
            desk.clinic,
            make,
            self._line("planned by batch"),
            context.request,
            instead_of={name: one.revision for name, one in gone.items()},
        )
        asks = Asks(order, known, before)
        self._earlier[row.number] = list(gone.values())
        return asks

    def _there(self, course_id: str) -> Course | None:
        return self.book.course(course_id) if self.book.entry(course_id) else None

    def _refuse_revised(self, patient: str, known: Known | None, before: Course | None) -> None:
        if self.settings.replaces or not known:
            return
        if self.settings.output:
            refuse_revised(self.settings.output / patient)
        if before and _is_revised(before):
            raise BadRequest(OUTPUT, REVISED)

    def _entered(self, row: Row, desk: Desk, order: Order) -> Course:
        try:
            if self.settings.writes:
                return self.book.entered(order)
            course = self.book.tried(order)
        except Against as error:
            self._earlier.pop(row.number, None)
            raise BadRequest(REGISTER, error.what) from None
        self._take(course, desk)
        return course

    def _take(self, course: Course, desk: Desk) -> None:
        """Note what a course would take that is not entered."""
        taken = self._taken.setdefault(desk.house, {})
        for day, seat in seats_in(visits_of(course), ZoneInfo(desk.clinic.timezone)):
            taken[day] = (*taken.get(day, ()), seat)

    def _plan_as_one(self, desk: Desk, jointly: Jointly) -> None:
        """Plan and enter all rows at a desk's clinic, if that is not done yet."""
        new = jointly.planned_now(desk, self._joins, lambda asked: self._room(asked, desk))
        planned = {}
        for number, found in new.items():
            asks = self._joining.pop(number)
            if isinstance(found, Course):
                new[number] = found = asks.named(found, self.settings)
                planned[number] = Planned(asks.order, found)
                if not self.settings.writes:
                    self._take(found, desk)
            elif isinstance(found, NoPlan):
                planned[number] = Planned(asks.order, None)
        self._as_one |= new
        if self.settings.writes and planned:
            entered = self.book.entered_as_one(list(planned.values()))
            for number, one in zip(planned, entered, strict=True):
                self._as_one[number] = _found(one) or new[number]

    def _joins(self, row: Row, desk: Desk) -> bool:
        """Whether a row is planned anew, with others; what speaks against it is said in turn."""
        known = self.known(row.texts["patient"])
        try:
            if self.kept(row, desk, known) or is_under_way(known, desk.clinic, self.settings):
                return False
            if is_as_before(known, asked_of(row, self.settings)):
                return False
            asks = self._asks(row, desk, known)
            if isinstance(asks, Course):
                return False
            self.book.look_at(asks.order)
        except (BadRequest, Against):
            return False
        self._joining[row.number] = asks
        return True

    def _room(self, asked: Mapping[int, Asked], desk: Desk) -> DaysTaken:
        """The chairs that are taken at a desk's clinic, those of courses that make room aside."""
        reaches = [later_reach(one.request, desk.clinic, one.protocol) for one in asked.values()]
        first, last = min(one for one, _ in reaches), max(one for _, one in reaches)
        but = [name for number in asked for name in self._joining[number].order.instead_of]
        found = self.book.taken(desk.clinic, first, last, but)
        for day, seats in self._taken.get(desk.house, {}).items():
            found[day] = (*found.get(day, ()), *seats)
        return found

    def _line(self, what: str) -> Line:
        return Line(self.settings.made_at, what)


def _is_revised(course: Course) -> bool:
    """Whether a course was changed by `revise` since it was planned."""
    return any(entry.change for entry in course.history)


def _found(entered: Course | NoPlan | Against | None) -> Found | None:
    """What became of a row that was entered with others; None where nothing new did."""
    if isinstance(entered, NoPlan):
        said = f"taken meanwhile: {entered.what}"
        return NoPlan(said, findings=entered.findings, refusals=entered.refusals)
    return BadRequest(REGISTER, entered.what) if isinstance(entered, Against) else entered
