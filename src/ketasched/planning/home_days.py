"""Home days: treatments at home beside a phase at the clinic, on days without a treatment visit.

They lie after the first visit of that phase, and before its last one. The first is `every_days`
after that first visit, each other so many days after the one before; where a treatment visit, or
an absence of the patient, has that day, on the next one that is free. So there may be fewer than
`count`. The clinic's hours, and the patient's `days` and `between`, which are about coming to the
clinic, make no difference.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from ketasched.errors import command_line
from ketasched.model import TAKES_PLACE, Companion, Course, Finding, Phase, Slot, Visit
from ketasched.model.companion_slots import REVIEW
from ketasched.model.effective_kind import effective_kind
from ketasched.model.holds import slot_of
from ketasched.model.identifiers import make_uid
from ketasched.model.wall_clock import day_text, exists, moment_at, slot_at
from ketasched.planning.companions import COMPANION
from ketasched.rules import COMPANION_RULES, Availability
from ketasched.rules.base import PlanningContext, visit_findings

MINUTES_OF_A_DAY = 24 * 60


class HomeDays:
    """The free days and times of one phase of home days, beside the visits of a course."""

    def __init__(
        self,
        context: PlanningContext,
        phase: Phase,
        visits: Sequence[Visit],
        others: Iterable[Slot],
        not_before: datetime | None = None,
    ) -> None:
        self._not_before = not_before
        request = replace(context.request, days=(), between=None)
        self.phase = phase
        self.kind = effective_kind(context.protocol, context.clinic, phase.visit)
        self._context = replace(context, request=request)
        # A visit by phone is no treatment, and may be on the same day.
        taken: list[Visit | Slot] = [*others, *(visit for visit in visits if visit.is_here)]
        self._taken = [(one.start.timestamp(), one.end.timestamp()) for one in taken]
        self._treatments = [
            visit
            for visit in visits
            if visit.is_here and context.protocol.visits[visit.kind].place != "phone"
        ]
        self._beside = [visit for visit in self._treatments if visit.phase == phase.beside]

    @property
    def last(self) -> Visit | None:
        """The visit before which the home days end."""
        return self._beside[-1] if self._beside else None

    def days(self) -> list[date]:
        """The days of the phase without a treatment visit, in order."""
        if not self._beside:
            return []
        first, last = (self._beside[end].start.date() for end in (0, -1))
        taken = {visit.start.date() for visit in self._treatments}
        days = (first + timedelta(number) for number in range(1, (last - first).days))
        return [day for day in days if day not in taken]

    def free_days(self) -> list[date]:
        """The days on which a home day can be, in order."""
        return [day for day in self.days() if self.slot(day)]

    def choose(self, free: Sequence[date], kept: Collection[date], count: int) -> Iterator[date]:
        """The days of `count` further home days, or fewer, beside those that are `kept`."""
        if not self._beside:
            return
        steps = self.phase.every_days.steps if self.phase.every_days else (1,)
        gap, number, previous = self.phase.gap_days.min, 0, self._beside[0].start.date()
        while count > 0:
            target = previous + timedelta(steps[min(number, len(steps) - 1)])
            earliest = target if number == 0 else max(target, previous + timedelta(gap))
            apart = (
                day
                for day in free
                if day >= earliest and all(abs((day - one).days) >= gap for one in kept)
            )
            day = next(apart, None)
            between = [one for one in kept if previous < one and (day is None or one < day)]
            if day is None and not between:
                return
            if between or day is None:
                previous = min(between)
            else:
                yield day
                previous, count = day, count - 1
            number += 1

    def slot(self, day: date) -> Slot | None:
        """The slot on a day nearest to the wanted time at which nothing else is; None if none."""
        if self._is_away(day):
            return None
        step, wanted = self._context.clinic.slot_minutes, self._context.wanted
        last = MINUTES_OF_A_DAY - self.kind.minutes.total
        times = range(wanted % step, last + 1, step)
        for minutes in sorted(times, key=lambda time: (abs(time - wanted), time)):
            start = moment_at(day, minutes, self._context.zone)
            slot = slot_at(self.kind, start)
            if exists(start) and self.is_free(slot):
                return slot
        return None

    def _is_away(self, day: date) -> bool:
        return Availability().day(day, self._context) is not None

    def is_free(self, slot: Slot | Companion) -> bool:
        """Whether a home day can be at a time: it is not over, and nothing else is then."""
        begin, end = slot.start.timestamp(), slot.end.timestamp()
        if self._not_before and begin < self._not_before.timestamp():
            return False
        if self._is_away(slot.start.date()):
            return False
        if any(begin < other_end and other < end for other, other_end in self._taken):
            return False
        return not Availability().slot(Slot(self.kind, slot.start, slot.end), self._context)

    def refusal(self, there: Collection[date]) -> str:
        """Why there is no home day beside those that are there; "" if there could be one."""
        if any(self.choose(self.free_days(), there, 1)):
            return ""
        left = [day for day in self.days() if day not in there and not self._is_over(day)]
        refused = next((day for day in left if not self.slot(day)), None)
        if refused:
            return f"on {day_text(refused, year=False)} {self._reason(refused)}"
        what = "no more days without treatment are left"
        if left:
            what = "the days without treatment that are left are too near to other home days"
        return f"{what} before visit {self._beside[-1].number}"

    def _is_over(self, day: date) -> bool:
        return self._not_before is not None and day < self._not_before.date()

    def _reason(self, day: date) -> str:
        found = Availability().day(day, self._context)
        return found.message if found else "something else is at each time"

    def findings(self, course: Course, one: Companion) -> list[Finding | None]:
        """The findings of the rules on a home day of a course."""
        slot = Slot(self.kind, one.start, one.end)
        before = slot_of(course, course.visits[one.after - 1])
        later = [visit for visit in self._treatments if visit.number > one.after]
        ends = bool(self.last) and bool(later) and later[0].number <= self._beside[-1].number
        after = slot_of(course, later[0]) if ends else None
        found = [each.at_home(slot, before, after) for each in COMPANION_RULES]
        return [*found, *visit_findings(slot, self._context, [Availability()])]

    def companion(self, slot: Slot, uid: str) -> Companion:
        """The home day in this slot, after the treatment visit before it; as certain as that."""
        day = slot.start.date()
        before = [visit for visit in self._treatments if visit.start.date() < day]
        return Companion(
            after=before[-1].number,
            title=self.kind.title,
            gate=False,
            place="home",
            start=slot.start,
            uid=uid,
            status="tentative" if before[-1].status == "tentative" else "planned",
            name=self.phase.name,
            minutes=self.kind.minutes.total,
        )


def date_home_days(
    context: PlanningContext, visits: Sequence[Visit], reviews: Sequence[Companion], course_id: str
) -> Iterator[Companion]:
    """The home days of a new course, without the times at which the patient must not drive."""
    taken, ordinal = [_slot_of(one) for one in reviews if one.status in TAKES_PLACE], 0
    for phase in context.protocol.home_phases:
        home = HomeDays(context, phase, visits, taken)
        for day in home.choose(home.free_days(), (), phase.count.default):
            if slot := home.slot(day):
                ordinal += 1
                taken.append(slot)
                yield home.companion(slot, make_uid(course_id, COMPANION, ordinal))


def _slot_of(companion: Companion) -> Slot:
    return Slot(REVIEW, companion.start, companion.end)


def left_out_home_days(
    context: PlanningContext, course: Course, now: datetime | None = None
) -> Iterator[Finding]:
    """A finding for each phase of home days that has fewer than the protocol says."""
    for phase in context.protocol.home_phases:
        there = [one for one in course.companions if one.status != "omitted"]
        own = [one.start.date() for one in there if one.name == phase.name]
        beside = [_slot_of(one) for one in there if one.name != phase.name]
        home = HomeDays(context, phase, course.visits, beside, now)
        missing, last = phase.count.default - len(own), home.last
        if missing <= 0 or last is None or (now and last.start < now):
            continue
        what = f"Left out: {missing} of {phase.count.default} {home.kind.title} ({phase.name})"
        reason = home.refusal(own)
        said = f"{what}: {reason}." if reason else f"{what}."
        step = command_line("suggest", "COURSE", str(last.number))
        yield Finding(COMPANION, "given-up", said, last.number, step)
