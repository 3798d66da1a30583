"""The judge of `reschedule`: every way to reschedule every course, by the contract's words."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from math import inf
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ketasched.model import TAKES_PLACE, Clinic, Course, Visit, VisitKind
from ketasched.model.opening_hours import openings
from ketasched.model.wall_clock import moment_at
from ketasched.together import Disruption
from tests.support.resource_judge import Use, patients_at, takes_chair, uses

Worth = tuple[int, int, int, int, int]
"""Courses lost, excess, moved, delay, spacing."""

LOST: Worth = (1, 0, 0, 0, 0)
"""What a course without a place is worth."""


class Seated(NamedTuple):
    """A visit from `begin` to `end`, with what it takes.

    It is `lost` if it does not fit and its course has no place.
    """

    begin: float
    end: float
    lost: bool
    takes_chair: bool
    uses: tuple[Use, ...]


DAYS_LATER = 15
"""How many days after its day the judge tries a visit."""


@dataclass(frozen=True)
class Way:
    """The starts of a course's visits, by number, and what they cost; `stays` where they were."""

    starts: Mapping[int, datetime]
    worth: Worth


@dataclass(frozen=True)
class Judge:
    """A disruption, and whose visits are when."""

    disruption: Disruption
    found: dict[tuple[VisitKind, datetime], tuple[Use, ...]] = field(default_factory=dict)
    """What visits use, every five minutes: all edges of the small cases are on that grid."""

    @property
    def clinic(self) -> Clinic:
        return self.disruption.clinic

    def seated(self, course: Course, start: datetime, *, lost: bool = False) -> Seated:
        """A visit of a course that begins then."""
        kind = course.protocol.visits["infusion"]
        if (kind, start) not in self.found:
            every = uses(self.clinic, kind, start)
            self.found[kind, start] = tuple(one for one in every if one[1].minute % 5 == 0)
        begin, used = start.timestamp(), self.found[kind, start]
        return Seated(begin, begin + kind.minutes.total * 60, lost, takes_chair(kind), used)

    def patients_at(self, use: Use) -> int:
        """How many patients the resource can serve then."""
        local = use[1].astimezone(ZoneInfo(self.clinic.timezone))
        return patients_at(self.clinic, use[0], local)

    def ahead(self, course: Course) -> list[Visit]:
        """The visits that are still to come."""
        return [one for one in course.visits if one.start > self.disruption.at]

    @cached_property
    def booked(self) -> list[Seated]:
        return [
            self.seated(course, visit.start)
            for course in self.disruption.courses
            for visit in course.visits
            if visit.status in TAKES_PLACE
        ]

    @cached_property
    def in_use(self) -> Mapping[Use, int]:
        return Counter(use for one in self.booked for use in one.uses)

    def is_overfull(self, one: Seated) -> bool:
        """Whether more visits than fit are booked at a moment of this one, or begin with it."""
        if any(self.in_use.get(use, 0) > self.patients_at(use) for use in one.uses):
            return True
        if not one.takes_chair:
            return False
        all_of = [other for other in self.booked if other.takes_chair]
        instants = [o.begin for o in (*all_of, one) if one.begin <= o.begin < one.end]
        chairs, starts = self.clinic.chairs, self.clinic.starts_per_slot
        peak = max(sum(o.begin <= instant < o.end for o in all_of) for instant in instants)
        begins = sum(other.begin == one.begin for other in all_of)
        return bool((chairs and peak > chairs) or (starts and begins > starts))

    def is_open(self, course: Course, start: datetime) -> bool:
        """Whether the clinic and the patient can: hours, closures, absences."""
        day, minutes = start.date(), start.hour * 60 + start.minute
        end = minutes + course.protocol.visits["infusion"].minutes.total
        asked = course.request
        return (
            any(one.start <= minutes and end <= one.end for one in openings(self.clinic, day))
            and not any(day in dates for dates in self.clinic.closures.dates)
            and not any(day in dates for dates in asked.unavailable)
            and day >= asked.start
            and (not asked.between or asked.between.start <= minutes <= end <= asked.between.end)
        )

    def misfits(self, course: Course) -> dict[int, str]:
        """The numbers of the visits to come that do not fit, each `evicted` or `crowded`."""
        found = {}
        for visit in course.visits:
            if visit.start <= self.disruption.at or visit.status not in TAKES_PLACE:
                continue
            if not self.is_open(
                replace(
                    course,
                    request=replace(course.request, unavailable=(), between=None, start=date.min),
                ),
                visit.start,
            ):
                found[visit.number] = "evicted"
            elif self.is_overfull(self.seated(course, visit.start)):
                found[visit.number] = "crowded"
        return found

    def starts(self, course: Course, number: int, kind: str | None) -> Iterator[datetime]:
        """Where a visit could be: where it is, and on the grid of the days around."""
        visit = course.visits[number - 1]
        if kind != "evicted":
            yield visit.start
        at = self.disruption.at
        first = visit.start.date() if not kind else at.astimezone(visit.start.tzinfo).date()
        notice = timedelta(minutes=0 if kind else self.clinic.notice.minutes)
        last = visit.start.date() + timedelta(DAYS_LATER)
        for day in (first + timedelta(n) for n in range((last - first).days + 1)):
            for opening in openings(self.clinic, day):
                for minutes in range(opening.start, opening.end, self.clinic.slot_minutes):
                    start = moment_at(day, minutes, ZoneInfo(self.clinic.timezone))
                    own = self.seated(course, start)
                    if (
                        start != visit.start
                        and start.timestamp() > at.timestamp()
                        and start.timestamp() >= at.timestamp() + notice.total_seconds()
                        and self.is_open(course, start)
                        and not self.is_overfull(own)
                        and all(self.patients_at(use) for use in own.uses)
                    ):
                        yield start

    def ways(self, course: Course, kinds: Mapping[int, str]) -> list[Way]:
        """All ways to reschedule a course alone."""
        over = [one for one in course.visits if one.start <= self.disruption.at]
        ahead = [one.number for one in course.visits if one.start > self.disruption.at]
        options = {
            number: list(self.starts(course, number, kinds.get(number))) for number in ahead
        }
        found: list[Way] = []

        def go_on(chosen: dict[int, datetime], left: Sequence[int]) -> None:
            if not left:
                starts = [one.start for one in over] + [chosen[number] for number in ahead]
                excess = self.broken_days(course, starts)
                if excess is not None:
                    found.append(Way(dict(chosen), self.worth(course, chosen, starts, excess)))
                return
            for start in options[left[0]]:
                before = (
                    chosen.get(left[0] - 1)
                    if left[0] - 1 in chosen
                    else (over[-1].start if over else None)
                )
                if before is None or self.gap_excess(course, before, start) is not None:
                    go_on({**chosen, left[0]: start}, left[1:])

        go_on({}, ahead)
        return sorted(found, key=lambda way: way.worth)

    def gap_excess(self, course: Course, before: datetime, after: datetime) -> int | None:
        """By how many days a gap is too long; None if it breaks a rule that is not overridden."""
        phase = course.protocol.phases[0]
        gap = (after.date() - before.date()).days
        more = max(gap - phase.gap_days.max, 0)
        if more:
            return more if "gap" in self.disruption.overrides else None
        hours = (after.timestamp() - before.timestamp()) / 3600
        allowed = phase.gap_hours
        least, most = (allowed.min or 0, allowed.max or inf) if allowed else (0, inf)
        if gap < phase.gap_days.min or not least <= hours <= most:
            return None
        return 0

    def broken_days(self, course: Course, starts: Sequence[datetime]) -> int | None:
        """By how many days rules are broken that may be; None if another rule is."""
        gaps = [self.gap_excess(course, *pair) for pair in pairwise(starts)]
        if None in gaps:
            return None
        span = course.protocol.phases[0].span_days
        days = (starts[-1].date() - starts[0].date()).days + 1
        longer = max(days - span.max, 0) if span else 0
        if longer and "span" not in self.disruption.overrides:
            return None
        return sum(filter(None, gaps)) + longer

    def worth(
        self,
        course: Course,
        chosen: Mapping[int, datetime],
        starts: Sequence[datetime],
        excess: int,
    ) -> Worth:
        old = {visit.number: visit.start for visit in course.visits}
        moved = sum(start != old[number] for number, start in chosen.items())
        delay = sum(
            max((start.date() - old[number].date()).days, 0) for number, start in chosen.items()
        )
        return 0, excess, moved, delay, self.spacing(course, starts)

    def spacing(self, course: Course, starts: Sequence[datetime]) -> int:
        """The squared days off the pace: so many a week, or every so many days."""
        first = len(starts) - len(self.ahead(course))
        days, phase = [start.date().toordinal() for start in starts], course.protocol.phases[0]
        if phase.every_days is None:
            per_week = course.request.per_week or (phase.per_week.default if phase.per_week else 1)
            low, high = 7 // per_week, -(-7 // per_week)
            gaps = [b - a for n, (a, b) in enumerate(pairwise(days), start=1) if n >= first]
            return sum(max(low - gap, 0, gap - high) ** 2 for gap in gaps)
        every, anchor = phase.every_days.steps[0], max(first - 1, 0)
        off = (day - days[anchor] - every * (n - anchor) for n, day in enumerate(days))
        return sum(one**2 for n, one in enumerate(off) if n > anchor)

    def fits(self, visits: Sequence[Seated]) -> bool:
        """Whether all have a chair; the lost ones take none at times that are overfull now."""
        chairs, starts = self.clinic.chairs or inf, self.clinic.starts_per_slot or inf
        booked = [one for one in self.booked if one.takes_chair]
        own = [one for one in visits if one.takes_chair]
        for begin, *_ in own:
            there = [one for one in own if one.begin <= begin < one.end]
            begun = [one for one in own if one.begin == begin]
            now_there = sum(one.begin <= begin < one.end for one in booked)
            now_begun = sum(one.begin == begin for one in booked)
            for found, now, most in ((there, now_there, chairs), (begun, now_begun, starts)):
                if sum(now <= most or not one.lost for one in found) > most:
                    return False
        return self.are_served(visits)

    def are_served(self, visits: Sequence[Seated]) -> bool:
        """The same of the clinic's resources."""
        in_use = Counter(
            use
            for one in visits
            for use in one.uses
            if not one.lost or self.in_use.get(use, 0) <= self.patients_at(use)
        )
        return all(number <= self.patients_at(use) for use, number in in_use.items())

    def best(self) -> Worth:
        """What the best proposal is worth."""
        affected = []
        fixed: list[Seated] = []
        for course in self.disruption.courses:
            kinds = self.misfits(course)
            if kinds and course.patient not in self.disruption.excepted:
                affected.append((course, kinds, self.ways(course, kinds)))
            else:
                fixed += [self.seated(course, one.start) for one in self.ahead(course)]
        best: list[Worth] = [(len(affected) + 1, 0, 0, 0, 0)]

        def go_on(
            left: Sequence[tuple[Course, Mapping[int, str], list[Way]]],
            worth: Worth,
            visits: list[Seated],
        ) -> None:
            hope = [min(ways[0].worth if ways else LOST, LOST) for _, _, ways in left]
            if _sum(worth, *hope) >= best[0] or not self.fits(visits):
                return
            if not left:
                best[0] = worth
                return
            (course, kinds, ways), *others = left
            for way in ways:
                total = _sum(worth, way.worth)
                if total >= best[0]:
                    break
                more = [self.seated(course, one) for one in way.starts.values()]
                go_on(others, total, [*visits, *more])
            lost = [
                self.seated(course, one.start, lost=one.number in kinds)
                for one in self.ahead(course)
            ]
            go_on(others, _sum(worth, LOST), [*visits, *lost])

        go_on(affected, _sum(), fixed)
        return best[0]


def _sum(*worths: Worth) -> Worth:
    lost, excess, moved, delay, spacing = map(sum, zip((0,) * 5, *worths, strict=True))
    return lost, excess, moved, delay, spacing
