"""Who could take a free slot: patients whose own visit would come sooner, and those who wait."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from ketasched.errors import BadRequest, NoPlan, Refused, command_line
from ketasched.model import Clinic, Clock, Course, Protocol, Request, Visit, VisitKind
from ketasched.model.effective_kind import effective_kind
from ketasched.model.occupancy import Occupancy
from ketasched.model.opening_hours import closure
from ketasched.model.wall_clock import (
    add_minutes,
    clock_text,
    day_text,
    minute_of_day,
    moment_text,
)
from ketasched.planning.planner import plan
from ketasched.register.records import BookingRequest, LogEntry
from ketasched.revising.backfill import free_starts, visit_that_could_come_sooner

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

    def refuse_unusable(self, protocols: Sequence[Protocol]) -> None:
        """Raise `BadRequest` or `Refused` if no visit of these protocols can begin at the slot.

        If it is taken the error says by which visits.
        """
        slot, clinic, kind = self.start, self.clinic, _shortest_kind(self.clinic, protocols)
        if slot.timestamp() <= self.now.timestamp():
            said = f"{moment_text(slot)} is over (it is {moment_text(self.now)})"
            raise BadRequest("on", said, next_step="a day and a time to come")
        day = slot.date()
        starts = free_starts(clinic, kind, day)
        if not starts:
            why = closure(clinic, day)
            said = f"the clinic is closed on {day_text(day)}{f' ({why})' if why else ''}"
            raise BadRequest("on", said, next_step="another day")
        free = free_starts(clinic, kind, day, bookings=self.occupancy())
        if slot in free:
            return
        coming = [one for one in free if one.timestamp() > self.now.timestamp()]
        step = f"what is free that day: {_ranges(coming, clinic)}"
        if not coming:
            step = f"nothing is free that day: {command_line('day', str(day), '--week')}"
        if slot not in starts:
            said = f"no visit begins at {clock_text(slot)} on {day_text(day)}"
            raise BadRequest("time", said, next_step=step)
        there = [*self._visits_until(add_minutes(slot, kind.minutes.total))]
        details = [
            f"{course.patient}, visit {visit.number}: "
            f"{clock_text(visit.start)} to {clock_text(visit.end)}"
            for course, visit in there
        ]
        for course, visit in there[:1]:
            words = "revise", course.patient, "defer", str(visit.number), "--to", "DATE"
            defer = command_line(*words, "--scope", "visit", "--reason", "WHY")
            whom = "one of them" if there[1:] else "it"
            step += f"\nto free the slot first, move {whom}: {defer}"
        raise Refused(f"{moment_text(slot)} is taken", details=details, next_step=step)

    def occupancy(self, *without: str) -> Occupancy:
        """The occupancy of the day; the courses `without` (identifiers) are left out."""
        day = self.start.date()
        return self.register.occupancy(self.clinic, day, day, without)

    def _visits_until(self, end: datetime) -> Iterator[tuple[Course, Visit]]:
        """The visits that are at the clinic from the slot until `end`, each with its course."""
        for course in self.courses:
            for visit in course.visits:
                is_then = visit.start.timestamp() < end.timestamp()
                is_then = is_then and self.start.timestamp() < visit.end.timestamp()
                at_clinic = course.protocol.visits[visit.kind].place == "clinic"
                if is_then and visit.is_here and at_clinic:
                    yield course, visit

    def sooner(self) -> list[Taker]:
        """Whose own visit could come sooner, by the most days first, then by patient.

        No other visit of theirs moves.
        """
        found = []
        for course in self.courses:
            newer, taken = replace(course, clinic=self.clinic), self.occupancy(course.course_id)
            visit = visit_that_could_come_sooner(newer, self.start, at=self.now, bookings=taken)
            if visit:
                days = (visit.start.date() - self.start.date()).days
                who = course.patient, course.request.patient_phone
                found.append(Taker(*who, visit.number, visit.start, days))
        return sorted(found, key=lambda one: (-(one.days_sooner or 0), one.patient))

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


def order_of_waiting(one: Waiting) -> tuple[int, int]:
    """The sort key: the highest priority first, then who has waited longest."""
    return -one.priority, one.request.start.toordinal()


def _shortest_kind(clinic: Clinic, protocols: Sequence[Protocol]) -> VisitKind:
    """The shortest visit at the clinic: where it does not fit, none does."""
    kinds = (effective_kind(one, clinic, name) for one in protocols for name in one.visits)
    return min(kinds, key=lambda kind: (kind.place != "clinic", kind.minutes.total))


def _ranges(starts: Sequence[datetime], clinic: Clinic) -> str:
    """The starts in words: "09:00 to 10:30, 14:00"."""
    step, ranges = timedelta(minutes=clinic.slot_minutes), list[list[datetime]]()
    for start in starts:
        if ranges and start - ranges[-1][-1] == step:
            ranges[-1].append(start)
        else:
            ranges.append([start])
    return ", ".join(
        " to ".join(dict.fromkeys(map(clock_text, (one[0], one[-1])))) for one in ranges
    )
