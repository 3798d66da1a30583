"""How often visits ought to come: what the pace costs, and where the ideal date lies.

A `PhasePlan` is a phase as it is asked for: how many visits, of what kind, at what pace.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate, chain, islice, repeat
from math import inf, isqrt

from ketasched.errors import BadRequest
from ketasched.model import Clinic, Phase, Protocol, Request, VisitKind, Window
from ketasched.model.memo import memoised
from ketasched.model.wall_clock import day_text, effective_kind


@dataclass(frozen=True, slots=True)
class PhasePlan:
    """A phase as asked for: `count` visits of `kind`, `per_week`, or every so many days.

    `offsets` are the ideal days of an every-so-many-days pace, counted from the phase's first
    visit (first phase: the first offset is 0) or from the visit before the phase.
    """

    phase: Phase
    kind: VisitKind
    count: int
    per_week: int | None
    offsets: tuple[int, ...]

    def cost(self, index: int, gap: int, since_anchor: int) -> int:
        """What it costs to have visit `index` (from 0) here: squared days off the pace.

        `gap` is the days since the visit before; `since_anchor` those since the first visit of
        the course's first phase, or since the visit before a later phase.
        """
        if self.per_week is None:
            return (since_anchor - self.offsets[index]) ** 2
        low, high = 7 // self.per_week, -(-7 // self.per_week)
        return max(low - gap, gap - high, 0) ** 2

    def gaps(self, index: int, since_anchor: int, most: float) -> range:
        """The gaps before visit `index` that the rule allows and that cost `most` at most.

        `since_anchor` is that of the visit before.
        """
        rule = self.phase.gap_days
        if most == inf:
            return range(rule.min, rule.max + 1)
        off = isqrt(int(most))
        if self.per_week is None:
            low = high = self.offsets[index] - since_anchor
        else:
            low, high = 7 // self.per_week, -(-7 // self.per_week)
        return range(max(rule.min, low - off), min(rule.max, high + off) + 1)

    def ideal(self, index: int, anchor: date) -> str:
        """What the pace asks for, in words: "2 or 3", "Thu 26 Nov 2026"."""
        if self.per_week is None:
            return day_text(anchor + timedelta(self.offsets[index]))
        low, high = 7 // self.per_week, -(-7 // self.per_week)
        return f"{low}" if low == high else f"{low} or {high}"

    def window(self, index: int, before: date, anchor: date) -> Window:
        """The dates that the gap rule leaves after `before`, with the ideal one among them."""
        gap = self.phase.gap_days
        earliest, latest = before + timedelta(gap.min), before + timedelta(gap.max)
        if self.per_week is None:
            target = anchor + timedelta(self.offsets[index])
        else:
            # Half a day goes to the earlier date, so 3.5 days are 3.
            target = before + timedelta(-(-(14 - self.per_week) // (2 * self.per_week)))
        return Window(earliest, min(max(target, earliest), latest), latest)


def phase_plans_for(protocol: Protocol, clinic: Clinic, request: Request) -> tuple[PhasePlan, ...]:
    """The phases that have visits, as the request wants them.

    Raises `BadRequest` for a pace or a number of boosters that the protocol does not offer.
    """
    pace = Request(
        date.min,
        per_week=request.per_week,
        every_days=request.every_days,
        boosters=request.boosters,
        booster_every=request.booster_every,
    )
    return _phase_plans(protocol, clinic, request=pace)


@memoised
def _phase_plans(protocol: Protocol, clinic: Clinic, *, request: Request) -> tuple[PhasePlan, ...]:
    _refuse_unknown_pace(protocol, request)
    _refuse_boosters(protocol, request)
    phase_plans: list[PhasePlan] = []
    for phase in protocol.phases:
        booster = phase is protocol.booster_phase
        count = request.boosters if booster else phase.count.default
        if count:
            phase_plan = phase_plan_for(
                protocol, clinic, request, phase, count, is_first=not phase_plans
            )
            phase_plans.append(_shared(phase_plan))
    return tuple(phase_plans)


@lru_cache(maxsize=256)
def _shared(phase_plan: PhasePlan) -> PhasePlan:
    """Always the same object for equal runs, so that what is known of one is known of all."""
    return phase_plan


def phase_plan_for(
    protocol: Protocol,
    clinic: Clinic,
    request: Request,
    phase: Phase,
    count: int,
    *,
    is_first: bool,
) -> PhasePlan:
    """A phase with `count` visits; the first one counts its days from its own first visit."""
    kind = effective_kind(protocol, clinic, phase.visit)
    per_week, steps = _pace(phase, request, booster=phase is protocol.booster_phase)
    steps_on = chain((0,) if is_first else (), steps, repeat(steps[-1]))
    return PhasePlan(phase, kind, count, per_week, tuple(islice(accumulate(steps_on), count)))


def _pace(phase: Phase, request: Request, *, booster: bool) -> tuple[int | None, tuple[int, ...]]:
    """Visits a week, or (where that is None) the steps in days, as asked or as usual."""
    if booster and request.booster_every is not None:
        return None, (request.booster_every,)
    if phase.per_week is not None:
        asked = request.per_week
        usual = phase.per_week.default
        return (asked if asked in phase.per_week.choices and not booster else usual), (0,)
    assert phase.every_days is not None  # noqa: S101 - Phase.problems: one pace of the two
    if request.every_days in phase.every_days.choices and not booster:
        return None, (request.every_days,)
    return None, phase.every_days.steps


def _refuse_unknown_pace(protocol: Protocol, request: Request) -> None:
    planned = [phase for phase in protocol.phases if phase is not protocol.booster_phase]
    availability = {
        "per_week": [phase.per_week.choices for phase in planned if phase.per_week],
        "every_days": [phase.every_days.choices for phase in planned if phase.every_days],
    }
    for field, choices in availability.items():
        asked = getattr(request, field)
        offered = sorted({choice for one in choices for choice in one})
        if asked is not None and asked not in offered:
            listed = ", ".join(map(str, offered))
            says = f"offers only {listed}" if offered else "does not offer this"
            raise BadRequest(
                field,
                f"{protocol.id} {says}{f', not {asked}' if offered else ''}",
                next_step=f"ketasched protocols show {protocol.id}",
            )


def _refuse_boosters(protocol: Protocol, request: Request) -> None:
    phase = protocol.booster_phase
    show = f"ketasched protocols show {protocol.id}"
    if phase is None:
        if request.boosters or request.booster_every is not None:
            raise BadRequest("boosters", f"{protocol.id} has no booster phase", next_step=show)
        return
    if not 0 <= request.boosters <= phase.count.max:
        most = phase.count.max
        raise BadRequest(
            "boosters", f"expected 0 to {most}, not {request.boosters}", next_step=show
        )
    every = request.booster_every
    if every is None:
        return
    if not request.boosters:
        raise BadRequest(
            "booster_every", "asks how often, but no boosters are asked for", next_step=show
        )
    gap = phase.gap_days
    allowed = phase.every_days.choices if phase.every_days else ()
    if len(allowed) > 1 and every not in allowed:
        listed = ", ".join(map(str, allowed))
        raise BadRequest("booster_every", f"expected {listed}, not {every}", next_step=show)
    if not gap.min <= every <= gap.max:
        said = f"expected {gap.min} to {gap.max} days, not {every}"
        raise BadRequest("booster_every", said, next_step=show)
