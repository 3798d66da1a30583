"""The spacing of a phase: how often its visits come, and what a gap off the pace costs.

A `PhasePlan` is a phase as a request asks for it: how many visits, of what kind, at what pace.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate, chain, islice, repeat
from math import inf, isqrt

from ketasched.errors import BadRequest, command_line
from ketasched.model import Clinic, Phase, Protocol, Request, VisitKind, Window
from ketasched.model.effective_kind import effective_kind
from ketasched.model.memo import memoised
from ketasched.model.wall_clock import day_text


@dataclass(frozen=True, slots=True)
class PhasePlan:
    """A phase as requested: `count` visits of `kind`, `per_week` or at the days `offsets`.

    `offsets` are the target days of an every-so-many-days pace, counted from the phase's first
    visit (first phase: the first offset is 0) or from the visit before the phase. The first
    `elsewhere` visits of the phase took place elsewhere and are not counted.
    """

    phase: Phase
    kind: VisitKind
    count: int
    per_week: int | None
    offsets: tuple[int, ...]
    elsewhere: int = 0

    def with_count(self, count: int) -> "PhasePlan":
        """The same plan for its first `count` visits."""
        return self if count == self.count else replace(self, count=count)

    def after_elsewhere(self, visits: int) -> "PhasePlan":
        """The same plan after so many of its visits elsewhere: targets count from the next one."""
        offsets = self.offsets[visits:]
        return replace(
            self,
            count=self.count - visits,
            offsets=tuple(offset - offsets[0] for offset in offsets),
            elsewhere=visits,
        )

    def cost(self, index: int, gap: int, since_anchor: int) -> int:
        """The cost of the spacing of visit `index` (from 0): squared days off the pace.

        `gap` is the days since the visit before; `since_anchor` those since the first visit of
        the course's first phase, or since the visit before a later phase.
        """
        if self.per_week is None:
            return (since_anchor - self.offsets[index]) ** 2
        return _weekly_cost(self.per_week, gap)

    def steps(self, index: int, since_anchor: int, budget: float) -> list[tuple[int, int]]:
        """The gaps before visit `index` that the protocol allows within the budget, with costs.

        `since_anchor` is that of the visit before.
        """
        allowed = self.phase.gap_days
        if self.per_week is not None:
            return _weekly_steps(self.per_week, allowed.min, allowed.max, budget)
        target, first, last = self.offsets[index] - since_anchor, allowed.min, allowed.max
        if budget < inf:
            off = isqrt(int(budget))
            first, last = max(first, target - off), min(last, target + off)
        return [(gap, (gap - target) ** 2) for gap in range(first, last + 1)]

    def target_text(self, index: int, anchor: date) -> str:
        """What the pace asks for, in words: "2 or 3", "Thu 26 Nov 2026"."""
        if self.per_week is None:
            return day_text(anchor + timedelta(self.offsets[index]))
        low, high = _usual_gaps(self.per_week)
        return f"{low}" if low == high else f"{low} or {high}"

    def window(self, index: int, before: date, anchor: date) -> Window:
        """The dates that the protocol's gaps leave after `before`, with the target."""
        gap = self.phase.gap_days
        earliest, latest = before + timedelta(gap.min), before + timedelta(gap.max)
        if self.per_week is None:
            target = anchor + timedelta(self.offsets[index])
        else:
            # Half a day goes to the earlier date, so 3.5 days are 3.
            target = before + timedelta(-(-(14 - self.per_week) // (2 * self.per_week)))
        return Window(earliest, min(max(target, earliest), latest), latest)


def decided_phases(phase_plans: Sequence[PhasePlan]) -> int:
    """The number of phases up to the last decided one; those after it are pencilled in.

    A later phase that is tentative is pencilled in; the first phase never is.
    """
    decided = (
        n for n, one in enumerate(phase_plans, start=1) if n == 1 or not one.phase.tentative
    )
    return max(decided)


def _usual_gaps(per_week: int) -> tuple[int, int]:
    """The whole numbers of days on either side of 7 / `per_week`; equal if that is whole."""
    return 7 // per_week, -(-7 // per_week)


def _weekly_cost(per_week: int, gap: int) -> int:
    low, high = _usual_gaps(per_week)
    return max(low - gap, gap - high, 0) ** 2


@lru_cache(maxsize=256)
def _weekly_steps(per_week: int, first: int, last: int, budget: float) -> list[tuple[int, int]]:
    costs = ((gap, _weekly_cost(per_week, gap)) for gap in range(first, last + 1))
    return [(gap, cost) for gap, cost in costs if cost <= budget]


@memoised
def phase_plans_for(protocol: Protocol, clinic: Clinic, request: Request) -> tuple[PhasePlan, ...]:
    """The plans of the phases that have visits here.

    Raises `BadRequest` for a pace or a number of boosters that the protocol does not offer, and
    for more visits elsewhere than its first phase has.
    """
    _refuse_unknown_pace(protocol, request)
    _refuse_boosters(protocol, request)
    found: list[PhasePlan] = []
    for phase, count in counted_phases(protocol, request):
        found.append(phase_plan_for(protocol, clinic, request, phase, count, is_first=not found))
    return tuple(_without_elsewhere(protocol, found, len(request.prior)))


def counted_phases(protocol: Protocol, request: Request) -> list[tuple[Phase, int]]:
    """The phases that have visits, wherever these take place, each with their number."""
    counts = (
        request.boosters if phase is protocol.booster_phase else phase.count.default
        for phase in protocol.phases_in_turn
    )
    return [one for one in zip(protocol.phases_in_turn, counts, strict=True) if one[1]]


def _without_elsewhere(
    protocol: Protocol, found: Sequence[PhasePlan], visits: int
) -> list[PhasePlan]:
    """The plans without the first visits, which took place elsewhere. Raises `BadRequest`."""
    if not visits:
        return [*found]
    first, *later = found
    if visits > first.count:
        said = f"{visits} visits elsewhere, and {first.phase.name} has {first.count}"
        raise BadRequest("prior", said, next_step=_show(protocol))
    if visits < first.count:
        return [first.after_elsewhere(visits), *later]
    if not later:
        said = f"all {visits} visits took place elsewhere: none is left to plan"
        boosters = "--boosters N" if protocol.booster_phase else _show(protocol)
        raise BadRequest("prior", said, next_step=boosters)
    return [later[0].after_elsewhere(0), *later[1:]]


def phase_plan_for(
    protocol: Protocol,
    clinic: Clinic,
    request: Request,
    phase: Phase,
    count: int,
    *,
    is_first: bool,
) -> PhasePlan:
    """The plan of a phase with `count` visits.

    The offsets of the course's first phase (`is_first`) count from its own first visit. Raises
    `BadRequest` if the clinic's overrides leave a visit no minutes.
    """
    kind = effective_kind(protocol, clinic, phase.visit)
    _refuse_minutes(protocol, phase, kind)
    per_week, steps = _pace(phase, request, booster=phase is protocol.booster_phase)
    all_steps = chain((0,) if is_first else (), steps, repeat(steps[-1]))
    return PhasePlan(phase, kind, count, per_week, tuple(islice(accumulate(all_steps), count)))


def _refuse_minutes(protocol: Protocol, phase: Phase, kind: VisitKind) -> None:
    """Refuse what no file has, because files are checked when they are read."""
    for _, said in kind.minutes.problems():
        place = f"overrides.{protocol.id}.{phase.visit}.minutes"
        raise BadRequest("clinic", f"{place}: {said}", next_step="other minutes for this visit")


def _pace(phase: Phase, request: Request, *, booster: bool) -> tuple[int | None, tuple[int, ...]]:
    """Visits a week, or None and the steps in days: as requested, else as usual."""
    if booster and request.booster_every is not None:
        return None, (request.booster_every,)
    if phase.per_week is not None:
        if request.per_week in phase.per_week.choices and not booster:
            return request.per_week, (0,)
        return phase.per_week.default, (0,)
    assert phase.every_days is not None  # noqa: S101 - Phase.problems: one pace of the two
    if request.every_days in phase.every_days.choices and not booster:
        return None, (request.every_days,)
    return None, phase.every_days.steps


def _refuse_unknown_pace(protocol: Protocol, request: Request) -> None:
    in_turn = protocol.phases_in_turn
    phases = [phase for phase in in_turn if phase is not protocol.booster_phase]
    per_week = {one for phase in phases if phase.per_week for one in phase.per_week.choices}
    every_days = {one for phase in phases if phase.every_days for one in phase.every_days.choices}
    for field, requested, offered in (
        ("per_week", request.per_week, sorted(per_week)),
        ("every_days", request.every_days, sorted(every_days)),
    ):
        if requested is not None and requested not in offered:
            said = f"{protocol.id} does not offer this"
            if offered:
                listed = ", ".join(map(str, offered))
                said = f"{protocol.id} offers only {listed}, not {requested}"
            raise BadRequest(field, said, next_step=_show(protocol))


def _refuse_boosters(protocol: Protocol, request: Request) -> None:
    phase, every, show = protocol.booster_phase, request.booster_every, _show(protocol)
    if phase is None:
        if request.boosters or every is not None:
            raise BadRequest("boosters", f"{protocol.id} has no booster phase", next_step=show)
        return
    if not 0 <= request.boosters <= phase.count.max:
        said = f"expected 0 to {phase.count.max}, not {request.boosters}"
        raise BadRequest("boosters", said, next_step=show)
    if every is None:
        return
    gap = phase.gap_days
    allowed = phase.every_days.choices if phase.every_days else ()
    if not request.boosters:
        said = "asks how often, but no boosters are asked for"
    elif len(allowed) > 1 and every not in allowed:
        said = f"expected {', '.join(map(str, allowed))}, not {every}"
    elif not gap.min <= every <= gap.max:
        said = f"expected {gap.min} to {gap.max} days, not {every}"
    else:
        return
    raise BadRequest("booster_every", said, next_step=show)


def _show(protocol: Protocol) -> str:
    return command_line("protocols", "show", protocol.id)
