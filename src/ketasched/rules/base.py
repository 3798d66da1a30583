"""The shapes that a rule can have, and what it may look at.

- `VisitRule`: one visit, first its day (whatever the time), then its exact slot;
- `PairRule`: two neighbours;
- `EndsRule`: the dates of the first and the last visit of a phase;
- `Precondition`: asked once, of a course whose first visit is known.

The shapes are what makes an exact search possible: the planner knows them, and no rule by name.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import ClassVar
from zoneinfo import ZoneInfo

from ketasched.model import Clinic, Finding, Level, Phase, Protocol, Request, Slot, VisitKind
from ketasched.model.occupancy import Taken


class OutOfTime(Exception):
    """The time is up within which an answer was wanted; users never see it."""


def unlimited() -> bool:
    """There is no hurry."""
    return True


Bookings = Mapping[date, Taken]
"""The (start, end) of other patients' visits, each of which holds a chair, by local date."""


NO_BOOKINGS: Bookings = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class PlanningContext:
    """What a rule may look at: the files, the request, the moment of planning, who sits where.

    `more_time` says whether a search may still go on; it is asked again and again.
    """

    protocol: Protocol
    clinic: Clinic
    request: Request
    made_at: datetime
    bookings: Bookings = field(default_factory=lambda: MappingProxyType({}))
    more_time: Callable[[], bool] = unlimited

    def go_on(self) -> None:
        """Raise `OutOfTime` if there is no more time to search."""
        if not self.more_time():
            raise OutOfTime

    @property
    def zone(self) -> ZoneInfo:
        """The clinic's time zone."""
        return ZoneInfo(self.clinic.timezone)

    @property
    def wanted(self) -> int:
        """The time of day that is wanted, in minutes after midnight."""
        return (self.request.time or self.clinic.preferred_start).minutes


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule's name, whether a change can override it, and how it says that it does not hold."""

    name: ClassVar[str]
    overridable: ClassVar[bool] = True

    def says(self, message: str, level: Level = "broken") -> Finding:
        """A finding of this rule."""
        return Finding(self.name, level, message)


class VisitRule(Rule):
    """A rule about one visit."""

    def concerns(self, context: PlanningContext) -> bool:
        """Whether it could have anything against a visit of this patient."""
        return True

    def day(self, day: date, context: PlanningContext) -> Finding | None:
        """What speaks against any time of this day."""
        return None

    def slot(self, slot: Slot, context: PlanningContext) -> Finding | None:
        """What speaks against this time, on a day that is right."""
        return None

    def refused(self, day: date, kind: VisitKind, context: PlanningContext) -> Collection[int]:
        """Start times of a day, in minutes after midnight, that `slot` is known to refuse.

        It spares the search to ask again.
        """
        return ()


class ClinicRule(VisitRule):
    """A rule about one visit that refuses the same days and slots whoever the patient is.

    It is asked for all of a clinic's patients at once, by whatever protocol they come.
    """


class PairRule(Rule):
    """A rule about a visit and the next one, which belongs to `phase`.

    It looks at how many days they are apart, or `by_clock` at the times, and not at whose visits
    they are or in which week.
    """

    def by_clock(self, phase: Phase) -> bool:
        """Whether it looks at the times of day, not at the dates alone."""
        return True

    def pair(
        self, before: Slot, after: Slot, phase: Phase, context: PlanningContext
    ) -> Finding | None:
        """What speaks against this step."""
        raise NotImplementedError

    def within(
        self, before: Slot, phase: Phase, context: PlanningContext
    ) -> tuple[float, float] | None:
        """The first and the last moment (POSIX seconds) at which the next visit may begin.

        None if there is more to ask. It spares the search to ask `pair` of every time of a day.
        """
        return None


class EndsRule(Rule):
    """A rule about the dates of the first and the last visit of a phase: how far they are apart,
    as with `PairRule`.
    """

    def concerns(self, phase: Phase) -> bool:
        """Whether it has anything to say about this phase."""
        return True

    def latest(self, first: date, phase: Phase) -> date | None:
        """The last date on which a phase from `first` may end, if it sets one.

        It spares the search what `ends` would refuse.
        """
        return None

    def ends(
        self, first: date, last: date, phase: Phase, context: PlanningContext
    ) -> Finding | None:
        """What speaks against a phase from `first` to `last`."""
        raise NotImplementedError


class Precondition(Rule):
    """A rule about the course as a whole."""

    overridable = False

    def ask(self, first: Slot, context: PlanningContext) -> Finding | None:
        """What speaks against a course whose first visit is `first`."""
        raise NotImplementedError


def first_broken(findings: Iterable[Finding | None]) -> Finding | None:
    """The first finding that refuses, if any does; a warning does not."""
    for finding in findings:
        if finding is not None and finding.level == "broken":
            return finding
    return None
