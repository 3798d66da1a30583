"""The domain of a visit: where a change may put it, after the visits that are fixed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from ketasched.model import Clock, Course, Phase, Slot
from ketasched.planning.cadence import PhasePlan, phase_plan_for


@dataclass(frozen=True, slots=True)
class WaivedViolation:
    """The rules that a visit breaks already, because they were overridden earlier.

    The visit may stay as it is, but break nothing worse. `rules` are about the visit's own slot,
    or about the step to it from the visit that starts at `previous_start`. `phase_end` is the last
    day of the visit's phase, if the phase is longer than its rule allows.
    """

    rules: frozenset[str] = frozenset()
    previous_start: datetime | None = None
    phase_end: date | None = None


@dataclass(frozen=True, slots=True, eq=False)
class VisitDomain:
    """Where a visit may be; `index` is its position (from 0) in the phase.

    `current` is the slot that the visit has, None if there is none to keep; a `pinned` visit stays
    there. The visit has to be `on` a day and at a `time` (local), if given. `offset` is the ideal
    number of days from the anchor of the phase (None if the pace is so many visits a week); with
    `is_anchor` the visit is the anchor itself. `waived` names the rules that are not applied to
    the visit; if it `may_wait`, the gap before it may be longer than the rule allows. `violation`
    is what the visit breaks already.
    """

    phase_plan: PhasePlan
    index: int
    current: Slot | None = None
    pinned: bool = False
    on: date | None = None
    time: Clock | None = None
    offset: int | None = None
    is_anchor: bool = False
    waived: frozenset[str] = frozenset()
    may_wait: bool = False
    violation: WaivedViolation = WaivedViolation()

    @property
    def phase(self) -> Phase:
        """The phase that the visit belongs to."""
        return self.phase_plan.phase

    @property
    def only_day(self) -> date | None:
        """The only day on which the visit may be, if there is one."""
        return self.on or (self.current.start.date() if self.current and self.pinned else None)


@dataclass(frozen=True, slots=True)
class FixedPrefix:
    """The fixed visits at the beginning of a course, as far as the others depend on them.

    `last` is the slot of the last one that takes place. `first_days` and `anchors` have, by phase,
    the day of the first visit and the day that the pace counts from (`date.toordinal`).
    """

    last: Slot | None = None
    first_days: dict[str, int] = field(default_factory=dict)
    anchors: dict[str, int] = field(default_factory=dict)


def phase_plan_of(course: Course, name: str, names: Sequence[str]) -> PhasePlan:
    """The plan of phase `name` of a course; `names` has the phase of each visit, in order."""
    phase = next(phase for phase in course.protocol.phases if phase.name == name)
    return phase_plan_for(
        course.protocol,
        course.clinic,
        course.request,
        phase,
        names.count(name),
        is_first=name == names[0],
    )
