"""plan: a request becomes the best course that keeps every rule. check: does a course keep them?

Both ask the same rules (`rules.RULES`), so that whatever `plan` returns, `check` finds clean.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import islice

from ketasched.errors import BadRequest, NoPlan
from ketasched.model import Clinic, Course, Finding, Protocol, Request, Slot, Visit
from ketasched.model.wall_clock import day_text
from ketasched.planning.assemble import assemble
from ketasched.planning.cadence import PhasePlan, phase_plans_for
from ketasched.planning.check import findings_of
from ketasched.planning.infeasibility import why_not_after, why_not_on
from ketasched.planning.search import Search
from ketasched.planning.shortest_path import Candidate, VisitSequence
from ketasched.rules import PRECONDITIONS
from ketasched.rules.base import NO_BOOKINGS, Bookings, PlanningContext, unlimited

SLIDE_DAYS = 14
"""How many days the first visit may slide where the request names no latest start."""

DAYS_AHEAD = 28
"""How far after the latest start a refusal looks for days on which a visit could be."""

LONGEST_SLIDE_DAYS = 366
"""A latest start further away is a typing error."""

AROUND_DAYS = 120
"""How far after a course a change, or what would do instead, may still look."""

KEPT = "kept", "it keeps the date that it was given"
"""What a finding is called, and says, of a first visit that is late and need not be by now."""

FIRST_START, LAST_START = date(1950, 1, 1), date(2099, 12, 31)
"""Starts outside these days are typing errors."""


@dataclass(frozen=True, slots=True)
class ChosenSlots:
    """The slots of a course, run by run, and why it does not begin when that was asked.

    That is all about it that depends on who else comes: the rest is made of it anywhere
    (`course_of`).
    """

    slots: tuple[tuple[Slot, ...], ...]
    slid: tuple[Finding, ...] = ()


def plan(
    protocol: Protocol,
    clinic: Clinic,
    request: Request,
    *,
    made_at: datetime,
    course_id: str = "",
    bookings: Bookings = NO_BOOKINGS,
    more_time: Callable[[], bool] = unlimited,
) -> Course:
    """The best course for `request`, in the order that the design gives:

    the fewest days from the asked start, the best spacing, the fewest weekdays, the fewest
    minutes from the wanted time, the earlier starts; phase by phase.

    `made_at` is the aware moment of planning; `course_id` is made from the request if empty;
    `bookings` are the chairs that other patients hold. Raises `BadRequest` for what the protocol
    does not offer, `NoPlan` where nothing keeps every rule, `OutOfTime` once there is no
    `more_time`.
    """
    context = PlanningContext(protocol, clinic, request, made_at, bookings, more_time)
    return course_of(choose_slots(context), context, course_id=course_id)


def choose_slots(context: PlanningContext) -> ChosenSlots:
    """The slots of the best course. Raises what `plan` does."""
    if context.made_at.tzinfo is None:
        raise ValueError("made_at has no time zone")
    phase_plans, latest = requested_phases(context), latest_start(context.request)
    search = Search(context, phase_plans)
    chains = _chains(search, latest)
    first = chains[0].candidates[0].slot
    if refused := _refused(first, context):
        begin = day_text(first.start.date())
        raise NoPlan(f"the course cannot begin on {begin}", findings=refused)
    return chosen_slots(search, chains)


def choose_slots_at(
    context: PlanningContext, starts: Sequence[tuple[date, int]]
) -> ChosenSlots | None:
    """The slots at these starts: local dates, and minutes after midnight.

    None where these are not as many visits as are asked for, or a rule speaks against one.
    """
    phase_plans, search = requested_phases(context), Search(context, requested_phases(context))
    if len(starts) != sum(phase_plan.count for phase_plan in phase_plans):
        return None
    if starts[0][0] > latest_start(context.request):
        return None
    chains, rest, last = [], iter(starts), None
    for number, phase_plan in enumerate(phase_plans):
        candidates: list[Candidate] = []
        for day, minutes in islice(rest, phase_plan.count):
            candidate = search.candidate_at(phase_plan.kind, day.toordinal(), minutes)
            if candidate is None or (last and search.step_finding(number, last, candidate)):
                return None
            candidates.append(candidate)
            last = candidate
        if search.end_finding(number, candidates[0], candidates[-1]):
            return None
        begins = tuple(candidate.slot.start for candidate in candidates)
        chains.append(VisitSequence(0, 0, 0, begins, tuple(candidates)))
    if _refused(chains[0].candidates[0].slot, context):
        return None
    asked = context.request.start.toordinal()
    is_late = chains[0].candidates[0].day > asked
    if is_late and any(search.reaches_end(0, first) for first in search.candidates(0, 0, asked)):
        return ChosenSlots(_slots(chains), (_late(search, chains[0], *KEPT),))
    return chosen_slots(search, chains)


def _refused(first: Slot, context: PlanningContext) -> list[Finding]:
    """What the preconditions have against a course that begins so."""
    found = (rule.ask(first, context) for rule in PRECONDITIONS)
    return [finding for finding in found if finding and finding.level == "broken"]


def chosen_slots(search: Search, chains: Sequence[VisitSequence]) -> ChosenSlots:
    """What is decided with these chains, one a run."""
    return ChosenSlots(_slots(chains), tuple(_slid(search, chains[0])))


def _slots(chains: Sequence[VisitSequence]) -> tuple[tuple[Slot, ...], ...]:
    return tuple(tuple(candidate.slot for candidate in chain.candidates) for chain in chains)


def requested_phases(context: PlanningContext) -> tuple[PhasePlan, ...]:
    """The runs that the request asks for. Raises `BadRequest` where it makes no sense."""
    request, latest = context.request, latest_start(context.request)
    if not 0 <= (latest - request.start).days <= LONGEST_SLIDE_DAYS:
        said = f"expected the asked start, {day_text(request.start)}, or up to a year later"
        raise BadRequest("latest_start", f"{said}, not {day_text(latest)}")
    if not FIRST_START.year <= request.start.year <= LAST_START.year:
        raise BadRequest("start", f"expected {FIRST_START} to {LAST_START}, not {request.start}")
    if request.born and request.born >= request.start:
        raise BadRequest("born", f"expected a day before the start, not {day_text(request.born)}")
    return phase_plans_for(context.protocol, context.clinic, request)


def course_of(decided: ChosenSlots, context: PlanningContext, *, course_id: str = "") -> Course:
    """The course at these slots, which were decided for the same request."""
    phase_plans = phase_plans_for(context.protocol, context.clinic, context.request)
    course = assemble(
        context, phase_plans, decided.slots, latest_start(context.request), course_id
    )
    given_up = [
        *decided.slid,
        *_uneven(phase_plans, decided.slots),
        *_at_other_times(context.request, course.visits),
    ]
    slots = [slot for own in decided.slots for slot in own]
    found = tuple(findings_of(context, course.visits, slots))
    if any(finding.level == "broken" for finding in found):
        raise AssertionError("a plan of ours breaks a rule")
    return replace(course, findings=(*given_up, *found))


def reach(protocol: Protocol, clinic: Clinic, request: Request) -> tuple[date, date]:
    """The first and the last day that a course for `request` can get to, with some time to spare.

    Raises `BadRequest` for what the protocol does not offer.
    """
    slide = timedelta(LONGEST_SLIDE_DAYS if request.latest_start else SLIDE_DAYS)
    latest = min(request.latest_start or request.start + slide, request.start + slide)
    phase_plans = phase_plans_for(protocol, clinic, request)
    days = sum(phase_plan.count * phase_plan.phase.gap_days.max for phase_plan in phase_plans)
    return request.start, max(latest, request.start) + timedelta(days + AROUND_DAYS)


def latest_start(request: Request) -> date:
    """The latest day on which the first visit may be."""
    return request.latest_start or request.start + timedelta(SLIDE_DAYS)


def _chains(search: Search, latest: date) -> list[VisitSequence]:
    """The best chain of each run, each planned after the one before."""
    chains = [_first_chain(search, latest)]
    for number in range(1, len(search.phase_plans)):
        last = chains[-1].candidates[-1]
        firsts = partial(_firsts_after, search, number, last)
        chain = search.best_from(number, firsts, last.day)
        if chain is None:
            phase_plan = search.phase_plans[number]
            said = f"no {phase_plan.phase.name} fits after {day_text(date.fromordinal(last.day))}"
            raise NoPlan(said, findings=[why_not_after(search, number, last)])
        chains.append(chain)
    return chains


def _first_chain(search: Search, latest: date) -> VisitSequence:
    asked = search.context.request.start
    days = [asked + timedelta(days) for days in range((latest - asked).days + 1)]
    for day in days:
        candidates = search.candidates(0, 0, day.toordinal())
        firsts = partial(_for_nothing, candidates)
        chain = search.best_from(0, firsts, day.toordinal()) if candidates else None
        if chain is not None:
            return chain
    when = f"on {day_text(asked)}"
    if latest > asked:
        when = f"on any day from {day_text(asked, year=False)} to {day_text(latest)}"
    refusals = [(day, why_not_on(search, day)) for day in days]
    ahead = (asked + timedelta(days) for days in range((latest - asked).days + DAYS_AHEAD))
    possible = [day for day in ahead if search.candidates(0, 0, day.toordinal())]
    raise NoPlan(f"no course can begin {when}", refusals=refusals, possible=possible)


def _firsts_after(
    search: Search, number: int, last: Candidate, most: float
) -> Iterator[tuple[int, Candidate]]:
    """The first stops of a run after the visit before it."""
    for cost, candidates in search.steps(number, 0, last, last.day, most):
        yield from ((cost, candidate) for candidate in candidates)


def _for_nothing(candidates: Sequence[Candidate], most: float) -> list[tuple[int, Candidate]]:
    """The stops as first ones: none is better than another."""
    return [(0, candidate) for candidate in candidates]


def _slid(search: Search, chain: VisitSequence) -> Iterator[Finding]:
    """A finding that names the rule that moved the first visit from the asked start."""
    asked = search.context.request.start
    if chain.candidates[0].day != asked.toordinal():
        reason = why_not_on(search, asked)
        yield _late(search, chain, reason.rule, reason.message)


def _late(search: Search, chain: VisitSequence, rule: str, why: str) -> Finding:
    asked, first = search.context.request.start, date.fromordinal(chain.candidates[0].day)
    said = f"The first visit is on {day_text(first)}, not on {day_text(asked)}: {why}."
    return Finding(rule, "given-up", said, 1)


def _uneven(
    phase_plans: Sequence[PhasePlan], slots: Sequence[Sequence[Slot]]
) -> Iterator[Finding]:
    """Findings for visits that are off the pace, because no plan keeps it."""
    number, before = 0, 0
    for phase_plan, own in zip(phase_plans, slots, strict=True):
        anchor = before or own[0].start.toordinal()
        for index, slot in enumerate(own):
            number += 1
            day = slot.start.toordinal()
            gap = day - before
            if before and phase_plan.cost(index, gap, day - anchor):
                asks = f"the pace asks for {phase_plan.ideal(index, date.fromordinal(anchor))}"
                said = f"Visit {number} comes {gap} days after the one before; {asks}."
                yield Finding("spacing", "given-up", said, number)
            before = day


def _at_other_times(request: Request, visits: Sequence[Visit]) -> Iterator[Finding]:
    """A finding if a time of day was asked for, and a visit is at another one."""
    if request.time is None:
        return
    other = [visit.number for visit in visits if visit.start.time() != request.time.time]
    if other:
        said = f"{len(other)} of {len(visits)} visits are not at {request.time}, the wanted time."
        yield Finding("time", "given-up", said, other[0])
