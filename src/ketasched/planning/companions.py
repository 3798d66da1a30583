"""The dates of companions: beside treatment visits that have theirs, and never in their way.

A companion is on the day nearest to its visit within the days of its kind, then at the time
nearest to the wanted one. Companions are dated in turn: in the order of their visits, then as the
protocol lists them, each beside the earlier ones. So each has the best time that they leave.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from ketasched.errors import command_line
from ketasched.model import (
    TAKES_PLACE,
    Companion,
    CompanionKind,
    Course,
    Finding,
    Protocol,
    Slot,
    Visit,
)
from ketasched.model.companion_slots import home_phase, visit_kind
from ketasched.model.drivers import driver_on
from ketasched.model.identifiers import make_uid
from ketasched.model.no_driving import is_without_driving
from ketasched.model.wall_clock import day_text
from ketasched.planning.availability import PatientAvailability
from ketasched.rules import Start
from ketasched.rules.base import PlanningContext

COMPANION = "companion"
"""The name of the findings about companions that are left out; it is a rule's, too."""


class Wanted(NamedTuple):
    """A companion that a course should have: one of this kind beside this visit."""

    visit: Visit
    kind: CompanionKind

    @property
    def is_before(self) -> bool:
        """Whether it is before its visit."""
        return self.kind.before is not None

    @property
    def days(self) -> range:
        """The days on which it can be (`date.toordinal`), the nearest to its visit first."""
        day, within = self.visit.start.toordinal(), self.kind.within_days
        if self.is_before:
            return range(day - within.min, day - within.max - 1, -1)
        return range(day + within.min, day + within.max + 1)

    def is_of(self, companion: Companion) -> bool:
        """Whether it is this companion of a course in which the visit has the same number."""
        return (companion.name, companion.after) == (self.kind.name, self.visit.number)


def wanted_companions(protocol: Protocol, visits: Iterable[Visit]) -> Iterator[Wanted]:
    """The companions of the visits that take place here, in the order in which they are dated.

    A make-up visit counts as the visit for which it makes up.
    """
    for visit in visits:
        number = int(visit.of.partition(" of ")[0])
        for kind in protocol.companions if visit.is_here else ():
            if kind.belongs_to(visit.phase, number):
                yield Wanted(visit, kind)


class CompanionDates:
    """Dates for the companions of one course, each beside the items that have theirs.

    None is before `not_before`, if that is given. One before its visit may be before the asked
    start, but not before the day after the course was planned.
    """

    def __init__(
        self,
        context: PlanningContext,
        visits: Sequence[Visit],
        others: Iterable[Companion],
        not_before: datetime | None = None,
    ) -> None:
        here = [visit for visit in visits if visit.is_here]
        beside = [one for one in others if one.status in TAKES_PLACE]
        self._treatments = treatments(context.protocol, here, beside)
        self._taken = [_ends(one) for one in here] + [_ends(one) for one in beside]
        self._not_before = not_before
        self._availability = PatientAvailability(context)
        planned = context.made_at.astimezone(context.zone).date()
        request = replace(context.request, start=planned + timedelta(1))
        self._early = PatientAvailability(replace(context, request=request))

    def take(self, slot: Slot) -> None:
        """Keep later companions away from this slot."""
        self._taken.append(_ends(slot))

    def best_slot(self, wanted: Wanted) -> Slot | None:
        """The best slot of a companion, or None."""
        slots = (slot for day in wanted.days for slot in self._slots(wanted, day))
        return next((slot for slot in slots if not self.conflict(slot)), None)

    def allows(self, wanted: Wanted, slot: Slot) -> bool:
        """Whether a companion may be in this slot."""
        day, minutes = slot.start.toordinal(), slot.start.hour * 60 + slot.start.minute
        if day not in wanted.days:
            return False
        found = self._availability_of(wanted).slot_at(visit_kind(wanted.kind), day, minutes)
        return found is not None and found.start == slot.start and not self.conflict(slot)

    def conflict(self, slot: Slot) -> str:
        """Why a slot that the rules on one visit allow does not do, as a clause; "" if it does."""
        if self._not_before and slot.start.timestamp() < self._not_before.timestamp():
            return "it is over"
        begin, end = _ends(slot)
        if any(begin < other_end and other < end for other, other_end in self._taken):
            return "another appointment of the course is at that time"
        if slot.kind.place == "clinic" and not slot.kind.needs_driver:
            earlier = [one for one in self._treatments if one.start.timestamp() < begin]
            if earlier and is_without_driving(earlier[-1], slot.start):
                return "the patient must not drive there, and it has no ride"
        return ""

    def refusal(self, wanted: Wanted) -> str:
        """Why a companion has no day: what is in the way on the first of its days that are left.

        Empty if it could have one.
        """
        if self.best_slot(wanted):
            return ""
        day = next((one for one in wanted.days if not self._is_over(one)), wanted.days[0])
        return f"on {day_text(date.fromordinal(day), year=False)} {self._reason(wanted, day)}"

    def _reason(self, wanted: Wanted, day: int) -> str:
        kind, availability = visit_kind(wanted.kind), self._availability_of(wanted)
        if found := availability.candidates(kind, day, by_clock=True):
            return self.conflict(found[0].slot)
        finding = availability.refusal(kind, day)
        if finding is None:
            return "it has no time"
        if finding.rule == Start.name:
            return "the course was not planned yet"
        return finding.message

    def is_over(self, wanted: Wanted) -> bool:
        """Whether none of its days is left."""
        return all(map(self._is_over, wanted.days))

    def _is_over(self, day: int) -> bool:
        return self._not_before is not None and day < self._not_before.toordinal()

    def _slots(self, wanted: Wanted, day: int) -> Iterator[Slot]:
        """The slots of a day, the nearest to the wanted time first."""
        kind, availability = visit_kind(wanted.kind), self._availability_of(wanted)
        return (one.slot for one in availability.allowed(kind, day))

    def _availability_of(self, wanted: Wanted) -> PatientAvailability:
        return self._early if wanted.is_before else self._availability


def treatments(
    protocol: Protocol, visits: Iterable[Visit], companions: Iterable[Companion]
) -> list[Visit | Companion]:
    """The treatments among these items, home days too, by time."""
    found: list[Visit | Companion] = [
        visit for visit in visits if protocol.visits[visit.kind].place != "phone"
    ]
    found += [one for one in companions if home_phase(protocol, one)]
    return sorted(found, key=lambda one: one.start.timestamp())


def _ends(item: Visit | Companion | Slot) -> tuple[float, float]:
    return item.start.timestamp(), item.end.timestamp()


def date_companions(
    context: PlanningContext, visits: Sequence[Visit], others: Sequence[Companion], course_id: str
) -> Iterator[Companion]:
    """The companions of a new course, beside its visits, its reviews and its home days."""
    if not context.protocol.companions:
        return
    dates = CompanionDates(context, visits, others)
    ordinal = sum(not one.is_review for one in others)
    for wanted in wanted_companions(context.protocol, visits):
        if slot := dates.best_slot(wanted):
            ordinal += 1
            dates.take(slot)
            uid = make_uid(course_id, COMPANION, ordinal)
            yield new_companion(context, wanted, slot, uid)


def new_companion(context: PlanningContext, wanted: Wanted, slot: Slot, uid: str) -> Companion:
    """The companion in this slot; it is as certain as its visit."""
    is_tentative = wanted.visit.status == "tentative"
    has_ride = slot.kind.needs_driver and not is_tentative
    return Companion(
        after=wanted.visit.number,
        title=wanted.kind.title,
        gate=False,
        place=wanted.kind.place,
        start=slot.start,
        uid=uid,
        status="tentative" if is_tentative else "planned",
        name=wanted.kind.name,
        before=wanted.is_before,
        minutes=wanted.kind.minutes,
        driver=driver_on(context.request, slot.start.date()) if has_ride else None,
    )


def left_out_companions(
    context: PlanningContext, course: Course, not_before: datetime | None = None
) -> Iterator[Finding]:
    """A finding for each companion that the course should have, has not, and could still have."""
    there = [one for one in course.companions if one.status != "omitted"]
    asked = wanted_companions(context.protocol, course.visits)
    missing = [wanted for wanted in asked if not any(map(wanted.is_of, there))]
    if not missing:
        return
    dates = CompanionDates(context, course.visits, there, not_before)
    for wanted in missing:
        if dates.is_over(wanted):
            continue
        first, last = sorted(date.fromordinal(wanted.days[end]) for end in (0, -1))
        number = wanted.visit.number
        side = "before" if wanted.is_before else "after"
        days = f"from {day_text(first, year=False)} to {day_text(last)}"
        what = f"Left out: {wanted.kind.title} {side} visit {number}, {days}"
        reason = dates.refusal(wanted)
        said = f"{what}: {reason}." if reason else f"{what}."
        step = command_line("suggest", "COURSE", str(number))
        yield Finding(COMPANION, "given-up", said, number, step)
