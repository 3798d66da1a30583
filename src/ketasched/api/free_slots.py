"""Who could take a free slot: patients whose own visit would come sooner, and those who wait."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ketasched.api.clinic_book import ClinicBook
from ketasched.errors import NoPlan, Refused
from ketasched.files.load import DEFAULT_PROTOCOL, load_protocol
from ketasched.files.option_values import refuse_bad_value
from ketasched.model import Clinic, Clock, Course, Protocol, Request
from ketasched.model.occupancy import Occupancy
from ketasched.model.wall_clock import minute_of_day, moment_at
from ketasched.planning.planner import plan
from ketasched.register.records import BookingRequest, LogEntry
from ketasched.revising.backfill import refuse_slot, shortest_kind, visit_that_could_come_sooner

if TYPE_CHECKING:
    from ketasched.register.register import Register


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who waits for a course by a protocol; a higher `priority` comes first."""

    request: Request
    protocol: Protocol
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Taker:
    """A patient who could take the slot.

    Of a booked course: the number of the `visit` that would move, when it `was` to be, and how
    many `days_sooner` it would come. Of somebody who waits: the `priority`, and the day since
    when the patient is `waiting_since`. The others are None.
    """

    patient: str
    patient_phone: str
    visit: int | None = None
    was: datetime | None = None
    days_sooner: int | None = None
    priority: int | None = None
    waiting_since: date | None = None


@dataclass(frozen=True, slots=True)
class FreeSlot:
    """A slot (local) at a clinic, as it is now, whose `courses` end on its day or later."""

    register: "Register"
    clinic: Clinic
    start: datetime
    now: datetime
    courses: Sequence[Course]

    def takers(
        self, waiting: Iterable[Waiting], usual: str = DEFAULT_PROTOCOL
    ) -> list[tuple[Taker, Course | Waiting]]:
        """Who could take the slot: whose own visit would come sooner, then those who wait.

        Each is there with the course whose visit it is, or as who waits. `usual` is the protocol
        where nobody has one. Raises `BadRequest` or `Refused` if no visit can begin at the slot.
        """
        asked = sorted(waiting, key=_order_of_waiting)
        protocols = [*(one.protocol for one in self.courses), *(one.protocol for one in asked)]
        kind = shortest_kind(self.clinic, protocols or [load_protocol(usual)])
        refuse_slot(self.clinic, kind, self.start, self.now, self.courses, self.occupancy())
        begin = ((self.could_begin(one), one) for one in asked)
        return [*self.sooner(), *((one, who) for one, who in begin if one)]

    def occupancy(self, *without: str) -> Occupancy:
        """The occupancy of the day; the courses `without` (identifiers) are left out."""
        day = self.start.date()
        return self.register.occupancy(self.clinic, day, day, without)

    def sooner(self) -> list[tuple[Taker, Course]]:
        """Whose own visit could come sooner, with its course, while no other one of it moves.

        By the most days first, then by patient.
        """
        found = list[tuple[Taker, Course]]()
        for course in self.courses:
            newer, taken = replace(course, clinic=self.clinic), self.occupancy(course.course_id)
            visit = visit_that_could_come_sooner(newer, self.start, at=self.now, bookings=taken)
            if visit:
                days = (visit.start.date() - self.start.date()).days
                who = course.patient, course.request.patient_phone
                found.append((Taker(*who, visit.number, visit.start, days), course))
        return sorted(found, key=lambda one: (-(one[0].days_sooner or 0), one[0].patient))

    def could_begin(self, one: Waiting) -> Taker | None:
        """Who waits, if their whole course, beside what is booked, could begin at the slot.

        The day lies between the asked and the latest start, and the course aims for the time of
        the slot throughout.
        """
        asked, day = one.request, self.start.date()
        if day < asked.start or (asked.latest_start and asked.latest_start < day):
            return None
        time = Clock(minute_of_day(self.start))
        then = replace(asked, start=day, latest_start=day, time=time)

        def make(bookings: Occupancy) -> Course:
            return plan(one.protocol, self.clinic, then, made_at=self.now, bookings=bookings)

        booking = BookingRequest(self.clinic, make, LogEntry(self.now, ""), then)
        try:
            begins = self.register.plan(booking).visits[0].start
        except (NoPlan, Refused):
            return None
        who = asked.patient, asked.patient_phone
        found = Taker(*who, priority=one.priority, waiting_since=asked.start)
        return found if begins == self.start else None


def free_slot(book: ClinicBook, clinic: Clinic, day: date, time: str, now: datetime) -> FreeSlot:
    """The slot on a day, at a time, as people write it. Raises `BadRequest`."""
    with refuse_bad_value("time"):
        start = moment_at(day, Clock.read(time).minutes, ZoneInfo(clinic.timezone))
    return FreeSlot(book.register, clinic, start, now, book.current(clinic, day))


def _order_of_waiting(one: Waiting) -> tuple[int, int]:
    """The sort key: the highest priority first, then who has waited longest."""
    return -one.priority, one.request.start.toordinal()
