"""Rows booked in the clinic's register, in row order, beside all that is booked there already."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from ketasched.batch.held import Taken, seats_in, visits_of
from ketasched.batch.nouns import Desk, Known, Settings
from ketasched.batch.place import COURSE, REVISED, refuse_revised
from ketasched.batch.work import OUTPUT, REGISTER, given_to
from ketasched.errors import BadFile, BadRequest
from ketasched.identity import identity
from ketasched.load import load_course
from ketasched.model import Course
from ketasched.planner import course_of, decide
from ketasched.roster import Row
from ketasched.shapes import Bookings, Given

if TYPE_CHECKING:
    from ketasched.register.book import Book

Times = tuple[tuple[datetime, datetime], ...]


@dataclass(frozen=True, slots=True)
class Beside(Mapping[date, Times]):
    """What a register has booked, and what is taken besides."""

    booked: Bookings
    taken: Taken

    def __getitem__(self, day: date) -> Times:
        return (*self.booked[day], *self.taken.get(day, ()))

    def __iter__(self) -> Iterator[date]:
        return iter({*self.booked, *self.taken})

    def __len__(self) -> int:
        return len({*self.booked, *self.taken})

    def __bool__(self) -> bool:
        return bool(self.booked) or bool(self.taken)


@dataclass(slots=True)
class Booked:
    """Books the rows that are planned; in place of `Seats`, which knows of no register.

    Where nothing is to be written (`settings.writes`), nothing is booked: what the rows so far
    would take is kept here.
    """

    book: "Book"
    settings: Settings
    _taken: dict[str, Taken] = field(default_factory=dict)

    def seated(self, row: Row, desk: Desk, known: Known | None) -> Course:
        """The course for a row, which is booked, in place of what an earlier run booked.

        Raises `BadRequest`, and `NoPlan` if there is no room for all of it; then nothing changes.
        """
        given = given_to(row, desk, self.settings)
        request = given.request
        own = identity(desk.clinic, request, self.settings.made_at)
        there = self._there(own)
        if there and there.request == request and not known:
            return there  # a run that was stopped booked it, and had no time to say so
        before = known.made.course_id if known else ""
        self._refuse_revised(request.patient, before)
        if there and there.revision > 1:
            own = ""
        gone = tuple(name for name in dict.fromkeys((before, own)) if name and self._there(name))
        return self._entered(given, desk, gone)

    def keep(self, patient: str, course_id: str) -> None:
        """See that a course that stays is in the register. Raises `BadRequest` if it cannot be."""
        # Imported here because a register is an extra.
        from ketasched.register.entries import Line  # noqa: PLC0415
        from ketasched.register.nouns import Against  # noqa: PLC0415

        if not self.settings.writes or self.book.entry(course_id):
            return
        assert self.settings.output is not None  # noqa: S101 - what stays is in a folder
        try:
            course = load_course(str(self.settings.output / patient))
            self.book.put(course, Line(self.settings.made_at, "imported by batch"))
        except (Against, BadFile) as error:
            raise BadRequest(REGISTER, error.what) from None

    def put_back(self, course_id: str, patient: str, known: Known | None) -> None:
        """Give back what was booked for a row that then failed; an earlier course holds again."""
        self.withdraw(course_id)
        if known and self.settings.output and (self.settings.output / patient / COURSE).exists():
            with suppress(BadRequest):
                self.keep(patient, known.made.course_id)

    def withdraw(self, course_id: str) -> None:
        """Give back what was booked for a row that has no course now, unless it was revised."""
        # Imported here because a register is an extra.
        from ketasched.register.entries import Line  # noqa: PLC0415

        entry = self.book.entry(course_id) if self.settings.writes else None
        if entry and entry.revision == 1:
            self.book.withdrawn(course_id, Line(self.settings.made_at, "taken back by batch"))

    def _there(self, course_id: str) -> Course | None:
        return self.book.course(course_id) if self.book.entry(course_id) else None

    def _refuse_revised(self, patient: str, course_id: str) -> None:
        if self.settings.replaces or not course_id:
            return
        if self.settings.output:
            refuse_revised(self.settings.output / patient)
        entry = self.book.entry(course_id)
        if entry and entry.revision > 1:
            raise BadRequest(OUTPUT, REVISED)

    def _entered(self, given: Given, desk: Desk, gone: tuple[str, ...]) -> Course:
        # Imported here because a register is an extra.
        from ketasched.register.entries import Line  # noqa: PLC0415
        from ketasched.register.nouns import Against, Order  # noqa: PLC0415

        taken = self._taken.setdefault(desk.house, {})

        def make(bookings: Bookings) -> Course:
            beside = bookings if self.settings.writes else Beside(bookings, taken)
            asked = replace(given, bookings=beside)
            return course_of(decide(asked), asked)

        line = Line(self.settings.made_at, "planned by batch")
        order = Order(desk.clinic, make, line, given.request, instead_of=gone)
        try:
            if self.settings.writes:
                return self.book.entered(order)
            course = self.book.tried(order)
        except Against as error:
            raise BadRequest(REGISTER, error.what) from None
        for day, seat in seats_in(visits_of(course), given.zone):
            taken[day] = (*taken.get(day, ()), seat)
        return course
