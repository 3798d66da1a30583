"""Alternatives to a change that is refused: other days and times, and rules to override.

Every alternative has been tried and keeps the other rules; near days and few overrides come first.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import combinations, islice
from typing import get_args

from ketasched.errors import BadRequest, NoPlan
from ketasched.model import (
    TAKES_PLACE,
    Change,
    Clock,
    Course,
    Finding,
    Remedy,
    TimeRange,
    Weekday,
    Wishes,
)
from ketasched.model.effective_kind import effective_kind
from ketasched.model.occupancy import Occupancy
from ketasched.model.opening_hours import openings, start_times
from ketasched.planning.explain import refusal_lines, remedy_text
from ketasched.revising.revise import revise
from ketasched.revising.validation import day_options, requested_day
from ketasched.revising.verbs import VERBS
from ketasched.rules import MOVE_RULES, OCCUPANCY_NAMES, Gap, Span
from ketasched.rules.base import NO_BOOKINGS, OutOfTime, unlimited

DAYS_BEFORE, DAYS_AFTER = 21, 60
"""How many days before and after the requested day are tried."""

EXPLAINED_DAYS = timedelta(7)
"""If no day is possible, the refusals of the days so near to the requested one are given."""

MOST_DAYS, MOST_TIMES, MOST_RULES = 3, 2, 3
"""The most other days, other times and overridden rules that are proposed."""

WIDER_MINUTES = 240
"""How much longer hours of the patient are tried, at most."""

EVERY_DAY: tuple[Weekday, ...] = get_args(Weekday)

GAP_REASONS = {
    Gap.name: "too near to the visit before, or too far from it",
    Span.name: "too long after the first visit of its phase",
}
"""Messages that are the same for all days, so that days can be grouped."""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A course at one moment, to try changes as long as there is `more_time`."""

    course: Course
    at: datetime
    bookings: Occupancy = NO_BOOKINGS
    more_time: Callable[[], bool] = unlimited

    @property
    def now(self) -> datetime:
        """The moment, local to the clinic."""
        return self.at.astimezone(self.course.visits[0].start.tzinfo)

    def outcomes(self, changes: Iterable[Change]) -> Iterator[tuple[Change, Course | NoPlan]]:
        """Each change that is possible at all, with the course after the change or its refusal."""
        for change in changes:
            if not self.more_time():
                return
            try:
                outcome: Course | NoPlan = revise(
                    self.course,
                    change,
                    at=self.at,
                    bookings=self.bookings,
                    more_time=self.more_time,
                    names_next_day=False,
                )
            except NoPlan as refusal:
                outcome = refusal
            except BadRequest:
                continue
            except OutOfTime:
                return
            yield change, outcome

    def courses(self, changes: Iterable[Change]) -> Iterator[tuple[Change, Course]]:
        """Each change that is not refused, with the course after the change."""
        for change, outcome in self.outcomes(changes):
            if isinstance(outcome, Course):
                yield change, outcome

    def remedy(self, option: str, after: Course) -> Remedy:
        """An option with the dates of the visits that it adds or moves."""
        old = {visit.uid: visit.start for visit in self.course.visits}
        taking = (visit for visit in after.visits if visit.status in TAKES_PLACE)
        moved = (visit for visit in taking if visit.start != old.get(visit.uid))
        return Remedy(option, tuple(visit.start.date() for visit in moved))


def refusal_with_alternatives(error: NoPlan, change: Change, what_if: WhatIf) -> NoPlan:
    """The refusal of a change with alternatives in `remedies` and `details`.

    `possible` and `refusals` are about the days around the requested one.
    """
    remedies = [*_at_nearby_times(change, what_if)]
    possible: list[date] = []
    refused: dict[date, NoPlan] = {}
    for other, outcome in what_if.outcomes(_on_other_days(change, what_if)):
        assert other.on is not None  # noqa: S101 - another day is a date
        if isinstance(outcome, NoPlan):
            refused[other.on] = outcome
            continue
        possible.append(other.on)
        remedies.append(what_if.remedy(_day_option(other, change), outcome))
        if len(possible) == MOST_DAYS:
            break
    remedies += _other_decisions(change, what_if)
    remedies += _with_overrides(error, change, what_if, needs_day=not remedies)
    requested = requested_day(what_if.course, change, what_if.now)
    # Without a requested day, the refusals are about the days of the visit that has no date.
    refusals = _refused_days(requested, possible, refused) if requested else error.refusals
    details = [*_finding_lines(error.findings), *refusal_lines(refusals)]
    details += [f"would do, too: {remedy_text(remedy)}" for remedy in remedies[1:]]
    return NoPlan(
        error.what,
        findings=error.findings,
        refusals=refusals,
        possible=sorted(possible),
        remedies=remedies,
        details=details,
        next_step=remedy_text(remedies[0]) if remedies else VERBS[change.verb].fallback,
    )


def _refused_days(
    requested: date, possible: Sequence[date], refused: Mapping[date, NoPlan]
) -> list[tuple[date, Finding]]:
    """What refuses each day between the possible ones and the requested one, or near that."""
    if possible:
        first, last = min(*possible, requested), max(*possible, requested)
    else:
        first, last = requested - EXPLAINED_DAYS, requested + EXPLAINED_DAYS
    days = (day for day in sorted(refused) if first <= day <= last)
    return [(day, _day_refusal(day, refused[day])) for day in days]


def _finding_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """A line for each message, with the rules that give it."""
    rules: dict[str, list[str]] = {}
    for finding in findings:
        rules.setdefault(finding.message, []).append(finding.rule)
    for message, names in rules.items():
        yield f"{message} ({', '.join(names)})"


def _day_option(change: Change, refused: Change) -> str:
    """The option for the day of a change, in place of the option of the `refused` change."""
    dated, counted = day_options(change)
    instead = f"in place of --{counted}: " if refused.days is not None else ""
    return f"{instead}--{dated} {change.on}{f'T{change.time}' if change.time else ''}"


def _day_refusal(day: date, refusal: NoPlan) -> Finding:
    """What refuses a day: a rule about that day, or another visit that has no day then."""
    first = refusal.findings[0]
    own = [finding for refused, finding in refusal.refusals if refused == day]
    if len(refusal.refusals) == 1 and own:
        return replace(own[0], message=GAP_REASONS.get(own[0].rule, own[0].message))
    return Finding(first.rule, "broken", f"visit {first.visit} would have no day then")


def _at_nearby_times(change: Change, what_if: WhatIf) -> Iterator[Remedy]:
    """Remedies on the requested day, at the start times nearest to the requested one."""
    course = what_if.course
    day = requested_day(course, change, what_if.now)
    if change.time is None or day is None:
        return
    phase = course.protocol.booster_phase
    held = [visit for visit in course.visits if visit.status == "held"]
    visits = [course.visits[change.visit - 1]] if change.visit else held or course.visits
    kind = phase.visit if phase and change.verb == "booster" else visits[0].kind
    times = nearest_times(course, kind, day, change.time.minutes)
    changes = (replace(change, on=day, days=None, time=time) for time in times)
    for other, after in islice(what_if.courses(changes), MOST_TIMES):
        yield what_if.remedy(_day_option(other, change), after)


def nearest_times(course: Course, kind: str, day: date, minutes: int) -> Iterator[Clock]:
    """The start times of a day for a visit of this kind, the nearest to `minutes` first.

    `minutes` itself, which counts from midnight, is not among them.
    """
    total = effective_kind(course.protocol, course.clinic, kind).minutes.total
    found = start_times(openings(course.clinic, day), total, course.clinic.slot_minutes)
    for start in sorted(found, key=lambda start: (abs(start - minutes), start)):
        if start != minutes:
            yield Clock(start)


def _on_other_days(change: Change, what_if: WhatIf) -> Iterator[Change]:
    """The change on the days around the requested one, the nearest first."""
    requested = requested_day(what_if.course, change, what_if.now)
    if requested is None:
        return
    for off in sorted(range(-DAYS_BEFORE, DAYS_AFTER + 1), key=lambda off: (abs(off), -off)):
        day = requested + timedelta(off)
        if off and day >= what_if.now.date():
            yield replace(change, on=day, days=None)


def _other_decisions(change: Change, what_if: WhatIf) -> Iterator[Remedy]:
    """Remedies with the verb's other options: more visits may move, or the wishes are wider."""
    others = {}
    if change.scope == "visit":
        others["--scope rest"] = replace(change, scope="rest")
    if change.make_up:
        others["--no-make-up"] = replace(change, make_up=False)
    for option, other in others.items():
        for _, after in what_if.courses([other]):
            yield what_if.remedy(option, after)
    wishes, step = change.wishes or Wishes(), what_if.course.clinic.slot_minutes
    for variants in (_with_more_days(wishes), _with_wider_hours(wishes, step)):
        named = {replace(change, wishes=one): option for option, one in variants}
        for wider, after in islice(what_if.courses(named), 1):
            yield what_if.remedy(named[wider], after)


def _with_more_days(wishes: Wishes) -> Iterator[tuple[str, Wishes]]:
    """Wishes with a weekday more than these, each with its option."""
    for name in EVERY_DAY if wishes.days else ():
        days = tuple(day for day in EVERY_DAY if day == name or day in (wishes.days or ()))
        if days != wishes.days:
            yield f"--days {','.join(days)}", replace(wishes, days=days)


def _with_wider_hours(wishes: Wishes, step: int) -> Iterator[tuple[str, Wishes]]:
    """Wishes with longer and longer hours, each with its option; `step` is in minutes."""
    if wishes.between is None:
        return
    start, end = wishes.between.start, wishes.between.end
    for more in range(step, WIDER_MINUTES + 1, step):
        for first, last in ((max(start - more, 0), end), (start, min(end + more, 1440))):
            hours = TimeRange(first, last)
            yield f"--between {hours}", replace(wishes, between=hours)


def _with_overrides(
    error: NoPlan, change: Change, what_if: WhatIf, *, needs_day: bool
) -> Iterator[Remedy]:
    """The remedy with the fewest overrides, on the requested day, else on a day near it."""
    # Nobody is told to override that a chair, or a person, is taken.
    useful = [name for name in VERBS[change.verb].overrides if name not in OCCUPANCY_NAMES]
    refused = (finding.rule for _, finding in error.refusals)
    about_moves = {rule.name for rule in MOVE_RULES}.intersection(refused)
    broken = [*(finding.rule for finding in error.findings), *sorted(about_moves)]
    names = [name for name in dict.fromkeys((*broken, Gap.name, Span.name)) if name in useful]
    changes = [
        _override(change, rules)
        for number in range(1, MOST_RULES + 1)
        for rules in combinations(names, number)
    ]
    for other, after in what_if.courses(changes):
        yield what_if.remedy(_override_option(other), after)
        return
    if needs_day:
        yield from _later_with_overrides(change, what_if)


def _later_with_overrides(change: Change, what_if: WhatIf) -> Iterator[Remedy]:
    """A remedy on a day near the requested one, with only rules about several visits overridden.

    No visit is put on a closed day, nor on a day on which the patient cannot come.
    """
    gap_only = _override(change, (Gap.name,))
    both = _override(change, (Gap.name, Span.name))
    for other, after in what_if.courses(_on_other_days(both, what_if)):
        fewer = what_if.courses([replace(gap_only, on=other.on, days=None)])
        found, course = next(fewer, (other, after))
        option = f"{_day_option(found, change)} {_override_option(found)}"
        yield what_if.remedy(option, course)
        return


def _override(change: Change, rules: Iterable[str]) -> Change:
    return replace(change, overrides=tuple(dict.fromkeys((*change.overrides, *rules))))


def _override_option(change: Change) -> str:
    options = " ".join(f"--override {name}" for name in change.overrides)
    return options if VERBS[change.verb].needs_reason else f"{options} --reason WHY"
