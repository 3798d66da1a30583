"""The best plan, found by trying every one: the judge of the planner.

Written from DESIGN 3 and 5 alone, plain and slow on purpose. A visit sequence is the check-in
times of a phase's visits, complete or not; a course has a sequence for each phase. Not judged
here: holiday calendars, a clinic's overrides of a protocol, and the preconditions (age,
clearance).
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import pairwise
from zoneinfo import ZoneInfo

from ketasched.model import WEEKDAYS, Clinic, Phase, Protocol, Request, TimeRange, VisitKind
from tests.support.resource_judge import VisitOfOther, booking_of, patients_at, takes_chair, uses

Booking = tuple[datetime, datetime]
VisitSequence = tuple[datetime, ...]
Cost = tuple[int, int, int, int, int, VisitSequence]
"""How many of a phase's visits are left out, then the five criteria, the last being the starts."""
Course = tuple[Cost, ...]
"""The phases in turn, so that a course is better if it is less."""

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


Plan = Mapping[str, Sequence[datetime]]
"""The check-in times of each phase that has visits, by the name of the phase."""


def best_plan(
    protocol: Protocol,
    clinic: Clinic,
    request: Request,
    taken: Sequence[Booking] = (),
    others: Sequence[VisitOfOther] = (),
    *,
    claimed: Plan | None = None,
) -> Plan | None:
    """The best plan; None if nothing fits.

    `claimed` is a plan that is said to be the best: none that is worse is tried, which finds the
    best one sooner if the claim is true. The result is None, too, if all plans that keep the rules
    are worse than the claim.
    """
    search = Search(clinic, request, taken, phase_plans(protocol, request), others)
    claim = None if claimed is None else search.course_at(claimed)
    best: Course | None = None

    def is_wanted(course: Course) -> bool:
        limit = best or claim
        return limit is None or course <= limit[: len(course)]

    for course in search.courses(is_wanted):
        best = course
    if best is None:
        return None
    phases = zip(search.plans, best, strict=True)
    return {plan.phase.name: list(starts) for plan, (*_, starts) in phases if starts}


# ---- The request


@dataclass(frozen=True, eq=False)
class PhasePlan:
    """A phase as requested, with one of the two paces; the last of `steps`, in days, repeats.

    Of a phase that `began_elsewhere` the first visits are not counted.
    """

    phase: Phase
    kind: VisitKind
    count: int
    per_week: int | None
    steps: tuple[int, ...]
    began_elsewhere: bool = False


def phase_plans(protocol: Protocol, request: Request) -> list[PhasePlan]:
    """The phases that have visits."""
    plans = [phase_plan_of(phase, protocol, request) for phase in protocol.phases]
    plans = [plan for plan in plans if plan.count]
    over = len(request.prior)
    if not over:
        return plans
    left = replace(plans[0], count=plans[0].count - over, began_elsewhere=True)
    if left.count:
        return [replace(left, steps=later_steps(left, over)), *plans[1:]]
    return [replace(plans[1], steps=later_steps(plans[1], 1)), *plans[2:]]


def later_steps(plan: PhasePlan, number: int) -> tuple[int, ...]:
    """The steps of a phase without the first ones."""
    return plan.steps[min(number, len(plan.steps) - 1) :]


def phase_plan_of(phase: Phase, protocol: Protocol, request: Request) -> PhasePlan:
    """A phase with its pace and count: those of the request if they are for this phase."""
    count = phase.count.default
    per_week = phase.per_week.default if phase.per_week else None
    steps = phase.every_days.steps if phase.every_days else ()
    if phase is protocol.booster_phase:
        count = request.boosters
        if request.booster_every:
            steps = (request.booster_every,)
    elif phase.per_week and request.per_week in phase.per_week.choices:
        per_week = request.per_week
    elif phase.every_days and request.every_days in phase.every_days.choices:
        steps = (request.every_days,)
    return PhasePlan(phase, protocol.visits[phase.visit], count, per_week, steps)


# ---- The rules about one visit


class Availability:
    """The starts that the rules about one visit allow."""

    def __init__(
        self,
        clinic: Clinic,
        request: Request,
        taken: Sequence[Booking],
        others: Sequence[VisitOfOther] = (),
    ) -> None:
        self.clinic = clinic
        self.request = request
        chairs = [*taken, *(booking_of(*one) for one in others if takes_chair(one[0]))]
        self.taken = [(start.astimezone(UTC), end.astimezone(UTC)) for start, end in chairs]
        self.in_use = Counter(use for one in others for use in uses(clinic, *one))
        self.zone = ZoneInfo(clinic.timezone)
        self.found: dict[tuple[date, VisitKind], list[datetime]] = {}

    def on(self, day: date, kind: VisitKind) -> list[datetime]:
        """Every start on a day, the earliest first."""
        key = day, kind
        if key not in self.found:
            self.found[key] = list(self.allowed(day, kind)) if self.can_come(day) else []
        return self.found[key]

    def can_come(self, day: date) -> bool:
        """Whether the patient can come on a day."""
        request = self.request
        if day < request.start or any(day in away for away in request.unavailable):
            return False
        return not request.days or WEEKDAYS[day.weekday()] in request.days

    def openings(self, day: date) -> tuple[TimeRange, ...]:
        """The openings of a day; a one-off opening wins over all else."""
        closures = self.clinic.closures
        if day in closures.openings:
            return closures.openings[day]
        if any(day in closed for closed in closures.dates):
            return ()
        begun = [since for since in self.clinic.hours.changes if since <= day]
        hours = self.clinic.hours.changes[max(begun)] if begun else self.clinic.hours
        openings: tuple[TimeRange, ...] = getattr(hours, WEEKDAYS[day.weekday()])
        return openings

    def allowed(self, day: date, kind: VisitKind) -> Iterator[datetime]:
        """Every start on the grid of an opening at which the visit keeps the rules."""
        for opening in self.openings(day):
            bounds = [opening, self.request.between] if self.request.between else [opening]
            for minute in range(opening.start, opening.end, self.clinic.slot_minutes):
                start = datetime.combine(day, time(minute // 60, minute % 60), self.zone)
                begin = start.astimezone(UTC)
                end = begin + timedelta(minutes=kind.minutes.total)
                is_shown = self.wall_minutes(begin, day) == minute  # else the clocks skip it
                if (
                    is_shown
                    and all(bound.start <= minute for bound in bounds)
                    and all(self.wall_minutes(end, day) <= bound.end for bound in bounds)
                    and (not takes_chair(kind) or self.has_chair(begin, end))
                    and all(self.is_served(*use) for use in uses(self.clinic, kind, begin))
                    and not self.is_busy(begin, end)
                ):
                    yield start

    def is_busy(self, begin: datetime, end: datetime) -> bool:
        """Whether a busy time overlaps a visit; both ends in UTC."""
        return any(
            one.start.astimezone(UTC) < end and begin < one.end.astimezone(UTC)
            for one in self.request.busy
        )

    def wall_minutes(self, moment: datetime, day: date) -> int:
        """The wall-clock time of a moment, in minutes after midnight of `day`; 24:00 is 1440."""
        local = moment.astimezone(self.zone)
        return (local.toordinal() - day.toordinal()) * 1440 + local.hour * 60 + local.minute

    def has_chair(self, start: datetime, end: datetime) -> bool:
        """Whether a chair is free for the whole visit, and few enough visits start with it.

        All times are in UTC. The number of chairs in use grows only where a booking begins: these
        moments and the start of the visit are enough.
        """
        day = start.astimezone(self.zone).date()
        chairs, together = chairs_on(self.clinic, day), self.clinic.starts_per_slot
        if together is not None and sum(begin == start for begin, _ in self.taken) >= together:
            return False
        moments = [start, *(begin for begin, _ in self.taken if start < begin < end)]
        in_use = [sum(begin <= moment < over for begin, over in self.taken) for moment in moments]
        return chairs is None or max(in_use) < chairs

    def is_served(self, resource: str, minute: datetime) -> bool:
        """Whether a resource can serve one patient more during a minute, given in UTC."""
        return self.in_use[resource, minute] < patients_at(
            self.clinic, resource, minute.astimezone(self.zone)
        )


def chairs_on(clinic: Clinic, day: date) -> int | None:
    """The chairs that are in order on a day; None if they are not counted."""
    if clinic.chairs is None:
        return None
    return clinic.chairs - sum(n for days, n in clinic.closures.chairs.items() if day in days)


# ---- The rules about neighbours and whole phases, and the five criteria


class Search:
    """All courses of one patient, with a sequence for each of the phases in `plans`."""

    def __init__(
        self,
        clinic: Clinic,
        request: Request,
        taken: Sequence[Booking],
        plans: Sequence[PhasePlan],
        others: Sequence[VisitOfOther] = (),
    ) -> None:
        self.request = request
        self.plans = plans
        self.wanted = (request.time or clinic.preferred_start).minutes
        self.availability = Availability(clinic, request, taken, others)
        self.fitting: dict[tuple[int, datetime | None], bool] = {}

    def courses(
        self, is_wanted: Callable[[Course], bool], chosen: Course = ()
    ) -> Iterator[Course]:
        """Every complete course that begins with `chosen`; unwanted ones are not continued."""
        if len(chosen) == len(self.plans):
            yield chosen
            return
        number, before = len(chosen), last_visit(chosen)
        plan = self.plans[number]

        def is_good(missing: int, begun: VisitSequence) -> bool:
            return is_wanted((*chosen, self.cost(plan, before, missing, begun)))

        for missing, sequence in self.phases(number, before, is_good):
            if self.fits(number + 1, sequence[-1] if sequence else before):
                cost = self.cost(plan, before, missing, sequence)
                yield from self.courses(is_wanted, (*chosen, cost))

    def course_at(self, starts: Plan) -> Course:
        """The course at these starts, whether or not it keeps the rules."""
        course: Course = ()
        for plan in self.plans:
            own = tuple(starts.get(plan.phase.name, ()))
            cost = self.cost(plan, last_visit(course), plan.count - len(own), own)
            course = (*course, cost)
        return course

    def phases(
        self,
        number: int,
        before: datetime | None,
        is_wanted: Callable[[int, VisitSequence], bool] = lambda missing, begun: True,
    ) -> Iterator[tuple[int, VisitSequence]]:
        """Every choice for phase `number`: a later one that is tentative may miss visits."""
        plan = self.plans[number]
        for missing in range(plan.count + 1 if number and plan.phase.tentative else 1):
            wanted = partial(is_wanted, missing)
            for sequence in self.sequences(plan, plan.count - missing, before, wanted):
                yield missing, sequence

    def fits(self, number: int, before: datetime | None) -> bool:
        """Whether the phases from `number` on can follow a visit."""
        if number == len(self.plans):
            return True
        key = number, before
        if key not in self.fitting:
            self.fitting[key] = any(
                self.fits(number + 1, sequence[-1] if sequence else before)
                for _, sequence in self.phases(number, before)
            )
        return self.fitting[key]

    def sequences(
        self,
        plan: PhasePlan,
        count: int,
        before: datetime | None,
        is_wanted: Callable[[VisitSequence], bool],
        begun: VisitSequence = (),
    ) -> Iterator[VisitSequence]:
        """Every sequence of `count` visits from `begun` on; unwanted ones are not continued."""
        if not is_wanted(begun):
            return
        if len(begun) == count:
            yield begun
            return
        for start in self.next_starts(plan, before, begun):
            yield from self.sequences(plan, count, before, is_wanted, (*begun, start))

    def next_starts(
        self, plan: PhasePlan, before: datetime | None, begun: VisitSequence
    ) -> Iterator[datetime]:
        """Every start that keeps the rules after the visits in `begun`."""
        last = begun[-1] if begun else before
        for day in self.next_days(plan, last, begun):
            for start in self.availability.on(day, plan.kind):
                if last is None and self.is_soon(plan.phase, start):
                    continue
                if last is None or hours_fit(plan.phase, last, start):
                    yield start

    def is_soon(self, phase: Phase, start: datetime) -> bool:
        """Whether the first visit here is too few hours after the day of a visit elsewhere."""
        if not self.request.prior or phase.gap_hours is None:
            return False
        zone = self.availability.zone
        midnight = datetime.combine(max(self.request.prior) + DAY, time(), zone)
        hours = (start.astimezone(UTC) - midnight.astimezone(UTC)) / HOUR
        return hours < (phase.gap_hours.min or 0)

    def next_days(
        self, plan: PhasePlan, last: datetime | None, begun: VisitSequence
    ) -> Iterator[date]:
        """Every day that keeps the rules about days."""
        if last is None:
            first_day = self.request.start
            last_day = self.request.latest_start or first_day + 14 * DAY
            if self.request.prior:
                nearest = max(self.request.prior) + plan.phase.gap_days.min * DAY
                first_day = max(first_day, nearest)
        else:
            first_day = last.date() + plan.phase.gap_days.min * DAY
            last_day = last.date() + plan.phase.gap_days.max * DAY
        if begun and plan.phase.span_days and not plan.began_elsewhere:
            last_day = min(last_day, begun[0].date() + (plan.phase.span_days.max - 1) * DAY)
        while first_day <= last_day:
            yield first_day
            first_day += DAY

    def cost(
        self, plan: PhasePlan, before: datetime | None, missing: int, sequence: VisitSequence
    ) -> Cost:
        """The visits that are missing, and the five criteria, in their order.

        Nothing falls when a visit is added.
        """
        days = [start.toordinal() for start in sequence]
        delay = 0 if before or not days else days[0] - self.request.start.toordinal()
        steps = spacing(plan, [before.toordinal(), *days] if before else days)
        weekdays = len({day % 7 for day in days})
        minutes = sum(abs(start.hour * 60 + start.minute - self.wanted) for start in sequence)
        return missing, delay, steps, weekdays, minutes, sequence


def last_visit(course: Course) -> datetime | None:
    """The last visit of a course."""
    return next((sequence[-1] for *_, sequence in reversed(course) if sequence), None)


def hours_fit(phase: Phase, one: datetime, two: datetime) -> bool:
    """Whether the elapsed time from start to start is allowed in the phase."""
    if phase.gap_hours is None:
        return True
    hours = (two.astimezone(UTC) - one.astimezone(UTC)) / HOUR
    least, most = phase.gap_hours.min, phase.gap_hours.max
    return (least is None or least <= hours) and (most is None or hours <= most)


def spacing(plan: PhasePlan, days: list[int]) -> int:
    """The second criterion. `days` begins with the visit before the phase, if there is one."""
    if plan.per_week:
        shortest, longest = 7 // plan.per_week, -(-7 // plan.per_week)
        gaps = [two - one for one, two in pairwise(days)]
        return sum(max(shortest - gap, 0, gap - longest) ** 2 for gap in gaps)
    cost, target = 0, days[0] if days else 0
    for index, day in enumerate(days[1:]):
        target += plan.steps[min(index, len(plan.steps) - 1)]
        cost += (day - target) ** 2
    return cost
