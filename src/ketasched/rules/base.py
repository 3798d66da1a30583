"""The base classes of the rules, one for each shape, and the context in which a rule is asked.

- `VisitRule` looks at one visit: at its date, then at its exact slot.
- `PairRule` looks at two consecutive visits.
- `EndsRule` looks at the dates of the first and the last visit of a phase.
- `Precondition` is asked once, of a course whose first visit is known.
- `CourseRule` is asked once, of all visits of a course that take place here.
- `CompanionRule` looks at a companion and its visit.
- `MoveRule` looks at the old and the new start of a visit that a change moves.

The planner knows these shapes and no rule by name. The shapes make an exact search possible: a
`CourseRule`, which the search does not ask, only warns.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

from ketasched.model import (
    Clinic,
    CompanionKind,
    Course,
    Finding,
    Level,
    Phase,
    Protocol,
    Request,
    Slot,
    Visit,
)
from ketasched.model.memo import memoised
from ketasched.model.occupancy import Occupancy


class OutOfTime(Exception):
    """The time for a search is up. Users never see this error."""


def unlimited() -> bool:
    """Return True: the search may take any time."""
    return True


NO_BOOKINGS = Occupancy()
"""The occupancy of a clinic without other patients. Never add a visit to it."""


@dataclass(frozen=True, slots=True)
class PlanningContext:
    """All that a rule may look at.

    `made_at` is the aware moment of planning; `bookings` the visits of other patients.
    `more_time` returns whether a search may go on; the search calls it again and again.
    """

    protocol: Protocol
    clinic: Clinic
    request: Request
    made_at: datetime
    bookings: Occupancy = NO_BOOKINGS
    more_time: Callable[[], bool] = unlimited

    @classmethod
    def of(
        cls,
        course: Course,
        bookings: Occupancy = NO_BOOKINGS,
        more_time: Callable[[], bool] = unlimited,
    ) -> Self:
        """The context of a course, as it is, beside the visits of other patients."""
        clinic, request = course.clinic, course.request
        return cls(course.protocol, clinic, request, course.made_at, bookings, more_time)

    def go_on(self) -> None:
        """Raise `OutOfTime` if the time for the search is up."""
        if not self.more_time():
            raise OutOfTime

    @property
    def zone(self) -> ZoneInfo:
        """The clinic's time zone."""
        return ZoneInfo(self.clinic.timezone)

    @property
    def wanted(self) -> int:
        """The wanted time of day, in minutes after midnight."""
        return (self.request.time or self.clinic.preferred_start).minutes


@dataclass(frozen=True, slots=True)
class Rule:
    """A constraint: its name, and whether a change can override it.

    A rule that is `only_ahead` is not asked of visits that have begun: what it looks at may have
    changed since.
    """

    name: ClassVar[str]
    overridable: ClassVar[bool] = True
    only_ahead: ClassVar[bool] = False

    def finding(self, message: str, level: Level = "broken") -> Finding:
        """A finding with the name of this rule."""
        return Finding(self.name, level, message)


class VisitRule(Rule):
    """A constraint on one visit."""

    def concerns(self, context: PlanningContext) -> bool:
        """Whether the rule could refuse a visit of this patient."""
        return True

    def day(self, day: date, context: PlanningContext) -> Finding | None:
        """The finding against every slot of this date, if there is one."""
        return None

    def slot(self, slot: Slot, context: PlanningContext) -> Finding | None:
        """The finding against this slot, on a date that `day` allows."""
        return None

    def allows(self, slot: Slot, context: PlanningContext) -> bool:
        """Whether the rule does not refuse this slot: `slot` for a search that needs no words."""
        return first_broken([self.slot(slot, context)]) is None


class ClinicRule(VisitRule):
    """A constraint on one visit that depends on the clinic alone.

    The planner asks a rule of this kind once for all patients and protocols of a clinic.
    """


class PairRule(Rule):
    """A constraint on two consecutive visits; the second one belongs to `phase`.

    The rule depends on the days between the visits or, if `by_clock`, on their times.
    """

    def by_clock(self, phase: Phase) -> bool:
        """Whether the rule depends on times of day, not on dates alone."""
        return True

    def pair(
        self, before: Slot, after: Slot, phase: Phase, context: PlanningContext
    ) -> Finding | None:
        """The finding against this pair of visits, if there is one."""
        raise NotImplementedError

    def within(
        self, before: Slot, phase: Phase, context: PlanningContext
    ) -> tuple[float, float] | None:
        """The first and the last instant at which the next visit may begin, in POSIX seconds.

        None if the rule is no such interval. The search then asks `pair` for each slot.
        """
        return None


class EndsRule(Rule):
    """A constraint on the days between the first and the last visit of a phase."""

    def concerns(self, phase: Phase) -> bool:
        """Whether the rule applies to this phase."""
        return True

    def latest(self, first: date, phase: Phase) -> date | None:
        """The last date on which a phase that begins on `first` may end; None for any date.

        The search skips later dates without asking `ends`.
        """
        return None

    def ends(
        self, first: date, last: date, phase: Phase, context: PlanningContext
    ) -> Finding | None:
        """The finding against a phase from `first` to `last` (inclusive), if there is one."""
        raise NotImplementedError


class CompanionRule(Rule):
    """A constraint on a companion; the planner never moves the visit for it."""

    overridable = False

    def beside(self, kind: CompanionKind, companion: Slot, visit: Slot) -> Finding | None:
        """The finding against a companion of this kind beside its visit, if there is one."""
        raise NotImplementedError

    def at_home(self, home_day: Slot, before: Slot, after: Slot | None) -> Finding | None:
        """The finding against a home day between two treatment visits, if there is one.

        `after` is None if no visit of its phase is to come.
        """
        raise NotImplementedError


class MoveRule(Rule):
    """A constraint on the new start of a visit that a change moves without naming the visit."""

    def move(self, old: datetime, new: datetime, now: datetime, clinic: Clinic) -> Finding | None:
        """The finding against moving a visit from `old` to `new` at the moment `now`, if any.

        All three are aware and local to the clinic; for a new visit `old` is `now`.
        """
        raise NotImplementedError


class Precondition(Rule):
    """A constraint on the course as a whole."""

    overridable = False

    def ask(self, first: Slot, context: PlanningContext) -> Finding | None:
        """The finding against a course whose first visit is `first`, if there is one."""
        raise NotImplementedError


class CourseRule(Rule):
    """A constraint on all visits of a course together. Its findings are warnings.

    No date depends on it: a plan has the dates that it would have without the rule.
    """

    overridable = False

    def course(self, visits: Sequence[Visit], context: PlanningContext) -> Finding | None:
        """The finding about the visits that take place here, in order of time, if there is one."""
        raise NotImplementedError


class OverrideRule(Precondition):
    """A constraint on a clinic's file beside a protocol: what it says, and does not say."""

    def ask(self, first: Slot, context: PlanningContext) -> Finding | None:
        """The finding about the course's protocol and clinic, whoever the patient is."""
        return _finding_of(self, context.protocol, context.clinic)

    def of(self, protocol: Protocol, clinic: Clinic) -> Finding | None:
        """The finding about a protocol and a clinic, if there is one."""
        raise NotImplementedError


@memoised
def _finding_of(rule: OverrideRule, protocol: Protocol, clinic: Clinic) -> Finding | None:
    """The finding of a rule, worked out once for all patients of a clinic."""
    return rule.of(protocol, clinic)


def visit_findings(
    slot: Slot, context: PlanningContext, rules: Sequence[VisitRule]
) -> Iterator[Finding]:
    """The findings of these rules on a slot: those against its date, then those against it."""
    yield from filter(None, (rule.day(slot.start.date(), context) for rule in rules))
    yield from filter(None, (rule.slot(slot, context) for rule in rules))


def first_broken(findings: Iterable[Finding | None]) -> Finding | None:
    """The first finding with the level `broken`, if there is one."""
    for finding in findings:
        if finding is not None and finding.level == "broken":
            return finding
    return None
