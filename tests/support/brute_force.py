"""The best plan, found by trying every one: the judge of the planner.

Written from DESIGN 3 and 5 alone, plain and slow on purpose. A chain is the check-in times of a
phase's visits, as far as it is made. Not judged here: holiday calendars, a clinic's overrides of
a protocol, and the preconditions (age, clearance).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo

from ketasched.model import WEEKDAYS, Clinic, Phase, Protocol, Request, TimeRange, VisitKind

Booking = tuple[datetime, datetime]
Chain = tuple[datetime, ...]
Price = tuple[int, int, int, int, Chain]

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def best(
    protocol: Protocol, clinic: Clinic, request: Request, taken: Sequence[Booking] = ()
) -> list[list[datetime]] | None:
    """The check-in times of the best plan, phase by phase; None where nothing fits.

    Phases without visits are as if they were not there.
    """
    runs = [run_of(phase, protocol, request) for phase in protocol.phases]
    runs = [run for run in runs if run.count]
    search = Search(clinic, request, taken)
    plan: list[list[datetime]] = []
    for number, run in enumerate(runs, start=1):
        before = plan[-1][-1] if plan else None
        later = takewhile(lambda run: not run.phase.tentative, runs[number:])
        chain = search.best_chain(run, before, list(later))
        if chain is None:
            return None
        plan.append(list(chain))
    return plan


# ---- What is asked for


@dataclass(frozen=True, eq=False)
class Run:
    """A phase as asked for. One of the paces is used; the last of `steps`, in days, repeats."""

    phase: Phase
    kind: VisitKind
    count: int
    per_week: int | None
    steps: tuple[int, ...]


def run_of(phase: Phase, protocol: Protocol, request: Request) -> Run:
    """A phase with its pace and count, the request's own where they are for this phase."""
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
    return Run(phase, protocol.visits[phase.visit], count, per_week, steps)


# ---- The rules that look at one visit


class Starts:
    """The times at which a visit could start."""

    def __init__(self, clinic: Clinic, request: Request, taken: Sequence[Booking]) -> None:
        self.clinic = clinic
        self.request = request
        self.taken = [(start.astimezone(UTC), end.astimezone(UTC)) for start, end in taken]
        self.zone = ZoneInfo(clinic.timezone)
        self.found: dict[tuple[date, int, bool], list[datetime]] = {}

    def on(self, day: date, kind: VisitKind) -> list[datetime]:
        """Every start on a day, the earliest first."""
        key = day, kind.minutes.total, kind.place == "clinic"
        if key not in self.found:
            self.found[key] = list(self.allowed(day, kind)) if self.can_come(day) else []
        return self.found[key]

    def can_come(self, day: date) -> bool:
        """Whether the patient can come on a day."""
        asked = self.request
        if day < asked.start or any(day in away for away in asked.unavailable):
            return False
        return not asked.days or WEEKDAYS[day.weekday()] in asked.days

    def openings(self, day: date) -> tuple[TimeRange, ...]:
        """When the clinic is open on a day: a one-off opening wins over all else."""
        closures = self.clinic.closures
        if day in closures.openings:
            return closures.openings[day]
        if any(day in closed for closed in closures.dates):
            return ()
        return self.clinic.hours.on(day.weekday())

    def allowed(self, day: date, kind: VisitKind) -> Iterator[datetime]:
        """Every start on the grid of an opening at which the visit keeps the rules."""
        for opening in self.openings(day):
            bounds = [opening, self.request.between] if self.request.between else [opening]
            for minute in range(opening.start, opening.end, self.clinic.slot_minutes):
                start = datetime.combine(day, time(minute // 60, minute % 60), self.zone)
                begin = start.astimezone(UTC)
                end = begin + timedelta(minutes=kind.minutes.total)
                if (
                    self.clock(begin, day) == minute  # else the clock never shows it on this day
                    and all(bound.start <= minute for bound in bounds)
                    and all(self.clock(end, day) <= bound.end for bound in bounds)
                    and (kind.place != "clinic" or self.has_a_chair(begin, end))
                    and not self.is_busy(begin, end)
                ):
                    yield start

    def is_busy(self, begin: datetime, end: datetime) -> bool:
        """Whether a calendar is busy at any moment of a visit; both in UTC."""
        return any(
            one.start.astimezone(UTC) < end and begin < one.end.astimezone(UTC)
            for one in self.request.busy
        )

    def clock(self, moment: datetime, day: date) -> int:
        """What the clock shows, in minutes after a day's start: midnight at its end is 1440."""
        local = moment.astimezone(self.zone)
        return (local.toordinal() - day.toordinal()) * 1440 + local.hour * 60 + local.minute

    def has_a_chair(self, start: datetime, end: datetime) -> bool:
        """Whether a chair is free for the whole visit and few enough visits start with it.

        All in UTC. The chairs in use only grow where a booking begins, so it is enough to look
        at these moments and at the start.
        """
        chairs, together = self.clinic.chairs, self.clinic.starts_per_slot
        if together is not None and sum(begin == start for begin, _ in self.taken) >= together:
            return False
        moments = [start, *(begin for begin, _ in self.taken if start < begin < end)]
        in_use = [sum(begin <= moment < over for begin, over in self.taken) for moment in moments]
        return chairs is None or max(in_use) < chairs


# ---- The rules that look at neighbours or at a whole phase, and the five criteria


class Search:
    """Every chain of each phase, for one patient."""

    def __init__(self, clinic: Clinic, request: Request, taken: Sequence[Booking]) -> None:
        self.request = request
        self.wanted = (request.time or clinic.preferred_start).minutes
        self.starts = Starts(clinic, request, taken)
        self.fitting: dict[tuple[Run, datetime], bool] = {}

    def best_chain(self, run: Run, before: datetime | None, later: list[Run]) -> Chain | None:
        """The best chain for a phase, among those after which the later phases fit."""
        best: Price | None = None

        def better(chain: Chain) -> bool:
            return best is None or self.price(run, before, chain) < best

        for chain in self.chains(run, before, better):
            if self.fits(later, chain[-1]):
                best = self.price(run, before, chain)
        return best[-1] if best else None

    def fits(self, runs: list[Run], before: datetime) -> bool:
        """Whether these phases, one after the other, can follow a visit."""
        if not runs:
            return True
        key = runs[0], before
        if key not in self.fitting:
            chains = self.chains(runs[0], before, lambda _: True)
            self.fitting[key] = any(self.fits(runs[1:], chain[-1]) for chain in chains)
        return self.fitting[key]

    def chains(
        self, run: Run, before: datetime | None, wanted: Callable[[Chain], bool], done: Chain = ()
    ) -> Iterator[Chain]:
        """Every whole chain that begins as `done`; one that is not wanted is not followed."""
        if len(done) == run.count:
            yield done
            return
        for start in self.next_starts(run, before, done):
            if wanted((*done, start)):
                yield from self.chains(run, before, wanted, (*done, start))

    def next_starts(self, run: Run, before: datetime | None, done: Chain) -> Iterator[datetime]:
        """Every start that keeps the rules after the visits done."""
        last = done[-1] if done else before
        for day in self.next_days(run, last, done):
            for start in self.starts.on(day, run.kind):
                if last is None or hours_fit(run.phase, last, start):
                    yield start

    def next_days(self, run: Run, last: datetime | None, done: Chain) -> Iterator[date]:
        """Every day that keeps the rules for the distance in days."""
        if last is None:
            first_day = self.request.start
            last_day = self.request.latest_start or first_day + 14 * DAY
        else:
            first_day = last.date() + run.phase.gap_days.min * DAY
            last_day = last.date() + run.phase.gap_days.max * DAY
        if done and run.phase.span_days:
            last_day = min(last_day, done[0].date() + (run.phase.span_days.max - 1) * DAY)
        while first_day <= last_day:
            yield first_day
            first_day += DAY

    def price(self, run: Run, before: datetime | None, chain: Chain) -> Price:
        """The five criteria in their order. None of them falls when a visit is added."""
        days = [start.toordinal() for start in chain]
        delay = 0 if before else days[0] - self.request.start.toordinal()
        steps = spacing(run, [before.toordinal(), *days] if before else days)
        weekdays = len({day % 7 for day in days})
        minutes = sum(abs(start.hour * 60 + start.minute - self.wanted) for start in chain)
        return delay, steps, weekdays, minutes, chain


def hours_fit(phase: Phase, one: datetime, two: datetime) -> bool:
    """Whether the time elapsed from start to start is what the phase asks for."""
    if phase.gap_hours is None:
        return True
    hours = (two.astimezone(UTC) - one.astimezone(UTC)) / HOUR
    least, most = phase.gap_hours.min, phase.gap_hours.max
    return (least is None or least <= hours) and (most is None or hours <= most)


def spacing(run: Run, days: list[int]) -> int:
    """The second criterion. `days` begins with the visit before the phase, if there is one."""
    if run.per_week:
        shortest, longest = 7 // run.per_week, -(-7 // run.per_week)
        gaps = [two - one for one, two in pairwise(days)]
        return sum(max(shortest - gap, 0, gap - longest) ** 2 for gap in gaps)
    cost, target = 0, days[0]
    for index, day in enumerate(days[1:]):
        target += run.steps[min(index, len(run.steps) - 1)]
        cost += (day - target) ** 2
    return cost
