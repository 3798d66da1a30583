"""What else would do where a change is refused: other days and times, and rules to override.

Each way is tried before it is named, the nearest day and the fewest rules first.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import combinations, islice

from ketasched.errors import BadRequest, NoPlan
from ketasched.model import TAKES_PLACE, Change, Clock, Course, Finding, Remedy
from ketasched.model.opening_hours import openings, starts
from ketasched.model.wall_clock import effective_kind
from ketasched.planning.explain import grouped, remedy_text
from ketasched.revising.revise import revise
from ketasched.revising.validation import BENDS, NEEDS_REASON, OVERRIDABLE, asked_day
from ketasched.rules import Capacity, Gap, Span
from ketasched.rules.base import Bookings, OutOfTime, unlimited

DAYS_BEFORE, DAYS_AFTER = 21, 60
"""How far from the asked day others are tried."""

ABOUT = timedelta(7)
"""Where no other day would do, those within a week of the asked one are accounted for."""

MOST_DAYS, MOST_TIMES, MOST_RULES = 3, 2, 3
"""How many other days and times are named, and how many rules are overridden at most."""

NOTHING_FOUND = {
    "defer": "another day, or omit the visit",
    "resume": "a later day, with --override gap",
    "booster": "another day",
    "miss": "--no-make-up, or --override gap --override span",
    "omit": "--override gap --override span, or cease --after the visit before it",
}
"""What to try where no way was found in time, by verb."""

GENERAL = {
    Gap.name: "too near to the visit before, or too far from it",
    Span.name: "too long after the first visit of its phase",
}
"""What is said of days that differ only in how far they are off."""


@dataclass(frozen=True, slots=True)
class Attempts:
    """Changes of a course at one moment, tried as long as there is `more_time`."""

    course: Course
    at: datetime
    bookings: Bookings = field(default_factory=dict)
    more_time: Callable[[], bool] = unlimited

    @property
    def now(self) -> datetime:
        """The moment, local to the clinic."""
        return self.at.astimezone(self.course.visits[0].start.tzinfo)

    def made(self, changes: Iterable[Change]) -> Iterator[tuple[Change, Course | NoPlan]]:
        """Each change with the course that it leads to, or what refuses it.

        Changes that make no sense are passed over.
        """
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
                )
            except NoPlan as refusal:
                outcome = refusal
            except BadRequest:
                continue
            except OutOfTime:
                return
            yield change, outcome


def with_other_ways(error: NoPlan, change: Change, attempts: Attempts) -> NoPlan:
    """The refusal of a change with the days around the asked one in `possible` and `refusals`,
    and in `remedies` and `details` what would do.
    """
    remedies = [*_at_other_times(change, attempts)]
    others = {}
    for other, outcome in attempts.made(_on_other_days(change, attempts)):
        assert other.on is not None  # noqa: S101 - that is what makes it another day
        others[other.on] = outcome
        if isinstance(outcome, Course):
            remedies.append(_remedy(_day_option(other, change), attempts.course, outcome))
        if sum(isinstance(one, Course) for one in others.values()) == MOST_DAYS:
            break
    remedies += _other_decisions(change, attempts)
    remedies += _with_overrides(error, change, attempts, needs_day=not remedies)
    possible = [day for day, outcome in others.items() if isinstance(outcome, Course)]
    refusals = _refused_days(error, asked_day(attempts.course, change, attempts.now), others)
    details = [*_said(error.findings), *grouped(refusals)]
    details += [f"would do, too: {remedy_text(remedy)}" for remedy in remedies[1:]]
    return NoPlan(
        error.what,
        findings=error.findings,
        refusals=refusals,
        possible=sorted(possible),
        remedies=remedies,
        details=details,
        next_step=remedy_text(remedies[0]) if remedies else NOTHING_FOUND.get(change.verb, ""),
    )


def _refused_days(
    error: NoPlan, asked: date | None, others: Mapping[date, Course | NoPlan]
) -> list[tuple[date, Finding]]:
    """What refuses each day between those that would do and the asked one, or about that.

    Without an asked day they are the days of the visit that has none.
    """
    if asked is None:
        return list(error.refusals)
    near = [day for day, outcome in others.items() if isinstance(outcome, Course)]
    near = [*near, asked] if near else [asked - ABOUT, asked + ABOUT]
    return [
        (day, _reason(day, outcome))
        for day, outcome in sorted(others.items(), key=lambda one: one[0])
        if isinstance(outcome, NoPlan) and min(near) <= day <= max(near)
    ]


def _said(findings: Iterable[Finding]) -> Iterator[str]:
    """A line for each message, with the rules that say it."""
    rules: dict[str, list[str]] = {}
    for finding in findings:
        rules.setdefault(finding.message, []).append(finding.rule)
    for message, names in rules.items():
        yield f"{message} ({', '.join(names)})"


def _remedy(option: str, before: Course, after: Course) -> Remedy:
    """An option with the dates of the visits that it adds or moves."""
    old = {visit.uid: visit.start for visit in before.visits}
    changed = (one for one in after.visits if one.status in TAKES_PLACE)
    return Remedy(
        option,
        tuple(one.start.date() for one in changed if old.get(one.uid) != one.start),
    )


def _day_option(change: Change, asked: Change) -> str:
    """The option with which a change is on its day, in the place of the one that was given."""
    option, counted = ("--to", "--by") if change.verb == "defer" else ("--on", "--after")
    instead = f" instead of {counted}" if asked.days is not None else ""
    return f"{option} {change.on}{f'T{change.time}' if change.time else ''}{instead}"


def _reason(day: date, refusal: NoPlan) -> Finding:
    """Why a day does not do: what is against it, or the visit that has no day then."""
    first = refusal.findings[0]
    own = [finding for refused, finding in refusal.refusals if refused == day]
    if len(refusal.refusals) == 1 and own:
        return replace(own[0], message=GENERAL.get(own[0].rule, own[0].message))
    return Finding(first.rule, "broken", f"visit {first.visit} would have no day then")


def _at_other_times(change: Change, attempts: Attempts) -> Iterator[Remedy]:
    """The same day at the times nearest to the asked one at which a visit can begin."""
    course = attempts.course
    day = asked_day(course, change, attempts.now)
    if change.time is None or day is None:
        return
    phase = course.protocol.booster_phase
    held = [visit for visit in course.visits if visit.status == "held"]
    visits = [course.visits[change.visit - 1]] if change.visit else held or course.visits
    kind = phase.visit if phase and change.verb == "booster" else visits[0].kind
    times = near_times(course, kind, day, change.time.minutes)
    others = (replace(change, on=day, days=None, time=time) for time in times)
    yield from islice(_possible(others, change, attempts), MOST_TIMES)


def near_times(course: Course, kind: str, day: date, minutes: int) -> Iterator[Clock]:
    """The times of a day at which a visit of this kind can begin, the nearest to `minutes` first.

    That time itself is left out.
    """
    total = effective_kind(course.protocol, course.clinic, kind).minutes.total
    clock = starts(openings(course.clinic, day), total, course.clinic.slot_minutes)
    for one in sorted(clock, key=lambda one: (abs(one - minutes), one)):
        if one != minutes:
            yield Clock(one)


def _possible(changes: Iterable[Change], asked: Change, attempts: Attempts) -> Iterator[Remedy]:
    for change, outcome in attempts.made(changes):
        if isinstance(outcome, Course):
            yield _remedy(_day_option(change, asked), attempts.course, outcome)


def _on_other_days(change: Change, attempts: Attempts) -> Iterator[Change]:
    """The change on the days around the asked one, the nearest first."""
    asked = asked_day(attempts.course, change, attempts.now)
    if asked is None:
        return
    for off in sorted(range(-DAYS_BEFORE, DAYS_AFTER + 1), key=lambda one: (abs(one), -one)):
        day = asked + timedelta(off)
        if off and day >= attempts.now.date():
            yield replace(change, on=day, days=None)


def _other_decisions(change: Change, attempts: Attempts) -> Iterator[Remedy]:
    """What the verb offers besides: others may move, or a missed visit is not made up for."""
    others = {
        "--scope rest": replace(change, scope="rest") if change.scope == "visit" else change,
        "--no-make-up": replace(change, make_up=False) if change.make_up else change,
    }
    for option, other in others.items():
        for _, outcome in attempts.made([other] if other != change else []):
            if isinstance(outcome, Course):
                yield _remedy(option, attempts.course, outcome)


def _with_overrides(
    error: NoPlan, change: Change, attempts: Attempts, *, needs_day: bool
) -> Iterator[Remedy]:
    """The change with the fewest rules overridden, on the asked day or else on one near it."""
    # That a chair is taken can be overridden, but nobody is told to.
    offered = [name for name in OVERRIDABLE if name != Capacity.name]
    in_the_way = (finding.rule for finding in error.findings if finding.rule in offered)
    can_be = BENDS.get(change.verb, ())
    names = [one for one in dict.fromkeys((*in_the_way, Gap.name, Span.name)) if one in can_be]
    bent = [
        _bent(change, some)
        for number in range(1, MOST_RULES + 1)
        for some in combinations(names, number)
    ]
    for other, outcome in attempts.made(bent):
        if isinstance(outcome, Course):
            yield _remedy(_override_option(other), attempts.course, outcome)
            return
    if needs_day:
        yield from islice(_later_with_overrides(change, attempts), 1)


def _later_with_overrides(change: Change, attempts: Attempts) -> Iterator[Remedy]:
    """The change on a day near it, with only what is between two visits overridden.

    No visit is put on a closed day, nor on one on which the patient cannot come.
    """
    bent = (_bent(change, (Gap.name, Span.name)), _bent(change, (Gap.name,)))
    for other, outcome in attempts.made(_on_other_days(bent[0], attempts)):
        if isinstance(outcome, Course):
            same_day = replace(bent[1], on=other.on, days=None)
            for fewer, result in (*attempts.made([same_day]), (other, outcome)):
                if isinstance(result, Course):
                    said = f"{_day_option(fewer, change)} {_override_option(fewer)}"
                    yield _remedy(said, attempts.course, result)
                    return


def _bent(change: Change, rules: Iterable[str]) -> Change:
    return replace(change, overrides=tuple(dict.fromkeys((*change.overrides, *rules))))


def _override_option(change: Change) -> str:
    asked = " ".join(f"--override {name}" for name in change.overrides)
    return asked if change.verb in NEEDS_REASON else f"{asked} --reason WHY"
