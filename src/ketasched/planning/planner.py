"""plan: the best course for a request.

`plan` chooses a slot for each visit (`choose_slots`) and makes a course of them (`course_of`). The
rules that the search asks are those that `check` asks, so that whatever `plan` returns, `check`
finds clean.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from ketasched.errors import BadRequest, NoPlan
from ketasched.model import Clinic, Course, Finding, Protocol, Request, Slot, Visit
from ketasched.model.occupancy import Occupancy
from ketasched.model.values import FIRST_START, LAST_START
from ketasched.model.wall_clock import day_text
from ketasched.planning.assemble import assemble
from ketasched.planning.check import findings_of
from ketasched.planning.companions import left_out_companions
from ketasched.planning.elsewhere import slots_elsewhere
from ketasched.planning.home_days import left_out_home_days
from ketasched.planning.infeasibility import start_infeasibility
from ketasched.planning.left_out import left_out_findings
from ketasched.planning.search import Search
from ketasched.planning.shortest_path import Candidate
from ketasched.planning.spacing_cost import PhasePlan, phase_plans_for
from ketasched.rules import PRECONDITIONS
from ketasched.rules.base import NO_BOOKINGS, PlanningContext, unlimited

SLIDE_DAYS = 14
"""How many days the first visit may slide where the request names no latest start."""

DAYS_AHEAD = 28
"""How far after the latest start a refusal looks for days on which a visit could be."""

LONGEST_SLIDE_DAYS = 366
"""A latest start further away is a typing error."""

AROUND_DAYS = 120
"""How far after a course a change, or an alternative to it, may still look."""

KEPT_START = "kept", "it keeps the date that it was given"
"""The rule and the reason in a finding about a late first visit that could be earlier by now."""

LATE_START = "The first visit is on"
"""How the finding about a late first visit begins."""


@dataclass(frozen=True, slots=True)
class ChosenSlots:
    """The slots of a course, phase by phase, and findings about what the request does not get.

    A phase that is pencilled in may have fewer slots than the request asks for, or none. The
    findings are about a start later than asked, and about pencilled visits that are left out.
    Nothing else in a course depends on the bookings of others: `course_of` makes it of these
    anywhere.
    """

    slots: tuple[tuple[Slot, ...], ...]
    findings: tuple[Finding, ...] = ()


def plan(
    protocol: Protocol,
    clinic: Clinic,
    request: Request,
    *,
    made_at: datetime,
    course_id: str = "",
    bookings: Occupancy = NO_BOOKINGS,
    more_time: Callable[[], bool] = unlimited,
) -> Course:
    """The best course for `request`.

    The order of preference, phase by phase: the fewest days from the asked start, the best
    spacing, the fewest weekdays, the fewest minutes from the wanted time, the earlier starts. A
    later phase that is tentative is pencilled in after all that is decided: its visits delay and
    refuse no course, and those without a day are left out, with a finding.

    `made_at` is the aware moment of planning; `course_id` is made from the request if empty;
    `bookings` are the chairs that other patients hold. Raises `BadRequest` for what the protocol
    does not offer, `NoPlan` if nothing keeps every rule, `OutOfTime` once there is no `more_time`.
    """
    context = PlanningContext(protocol, clinic, request, made_at, bookings, more_time)
    return course_of(choose_slots(context), context, course_id=course_id)


def choose_slots(context: PlanningContext) -> ChosenSlots:
    """The slots of the best course. Raises what `plan` raises."""
    if context.made_at.tzinfo is None:
        raise ValueError("made_at has no time zone")
    search = Search(context, requested_phases(context))
    sequences = _best_sequences(search)
    if sequences is None:
        raise _no_start(search)
    first = sequences[0][0].slot
    if refusals := _broken_preconditions(first, context):
        begin = day_text(first.start.date())
        raise NoPlan(f"the course cannot begin on {begin}", findings=refusals)
    return _chosen_slots(search, sequences)


def best_slots(context: PlanningContext) -> tuple[Slot, ...] | None:
    """The slots of the best course, or None, which is found sooner than the reasons why.

    Raises `BadRequest` and `OutOfTime` as `plan` does.
    """
    search = Search(context, requested_phases(context))
    sequences = _best_sequences(search)
    if sequences is None or _broken_preconditions(sequences[0][0].slot, context):
        return None
    return tuple(candidate.slot for sequence in sequences for candidate in sequence)


def choose_slots_at(
    context: PlanningContext, starts: Sequence[tuple[date, int]], *, pencils_in: bool = False
) -> ChosenSlots | None:
    """The slots at these starts: local dates, and minutes after midnight.

    None if the request asks for another number of visits, or a rule refuses one of them. Visits
    that are pencilled in may be missing; with `pencils_in`, phases without any get theirs.
    """
    search = Search(context, requested_phases(context))
    sequences = search.sequences_at(starts)
    if sequences is None or starts[0][0] > latest_start(context.request):
        return None
    if _broken_preconditions(sequences[0][0].slot, context):
        return None
    if pencils_in:
        sequences = _with_later_phases(search, sequences[: search.decided])
    return _chosen_slots(search, sequences)


def _broken_preconditions(first: Slot, context: PlanningContext) -> list[Finding]:
    """The findings that refuse a course with this first visit."""
    findings = (rule.ask(first, context) for rule in PRECONDITIONS)
    return [finding for finding in findings if finding and finding.level == "broken"]


def _chosen_slots(search: Search, sequences: Sequence[Sequence[Candidate]]) -> ChosenSlots:
    slots = tuple(tuple(candidate.slot for candidate in sequence) for sequence in sequences)
    findings = (
        *_start_findings(search, sequences[0][0]),
        *left_out_findings(search, sequences, AROUND_DAYS),
    )
    return ChosenSlots(slots, findings)


def _start_findings(search: Search, first: Candidate) -> Iterator[Finding]:
    """A finding that says why the first visit is later than asked, if it is."""
    start = search.context.request.start
    if first.day == start.toordinal():
        return
    if any(search.reaches_end(0, one) for one in search.candidates(0, 0, start.toordinal())):
        rule, reason = KEPT_START
    else:
        finding = start_infeasibility(search, start)
        rule, reason = finding.rule, finding.message
    day = day_text(date.fromordinal(first.day))
    said = f"{LATE_START} {day}, not on {day_text(start)}: {reason}."
    yield Finding(rule, "given-up", said, len(search.context.request.prior) + 1)


def requested_phases(context: PlanningContext) -> tuple[PhasePlan, ...]:
    """The phases that the request asks for. Raises `BadRequest` if the request makes no sense."""
    request, latest = context.request, latest_start(context.request)
    if not 0 <= (latest - request.start).days <= LONGEST_SLIDE_DAYS:
        said = f"expected the asked start, {day_text(request.start)}, or up to a year later"
        raise BadRequest("latest_start", f"{said}, not {day_text(latest)}")
    if not FIRST_START.year <= request.start.year <= LAST_START.year:
        raise BadRequest("start", f"expected {FIRST_START} to {LAST_START}, not {request.start}")
    if request.born and request.born >= request.start:
        raise BadRequest("born", f"expected a day before the start, not {day_text(request.born)}")
    for field, said in request.problems():
        raise BadRequest(field, said)
    today = context.made_at.astimezone(context.zone).date()
    if request.prior and (last := max(request.prior)) > today:
        said = f"{day_text(last)} is still to come (today is {day_text(today)})"
        raise BadRequest("prior", said, next_step="the days on which visits took place")
    return phase_plans_for(context.protocol, context.clinic, request)


def course_of(chosen: ChosenSlots, context: PlanningContext, *, course_id: str = "") -> Course:
    """The course at these slots, which were chosen for the same request."""
    requested = phase_plans_for(context.protocol, context.clinic, context.request)
    both = zip(requested, chosen.slots, strict=True)
    phase_plans = [phase_plan.with_count(len(own)) for phase_plan, own in both]
    latest = latest_start(context.request)
    course = assemble(context, phase_plans, chosen.slots, latest, course_id)
    slots = [*slots_elsewhere(context), *(slot for own in chosen.slots for slot in own)]
    findings = tuple(findings_of(context, course.visits, slots))
    if any(finding.level == "broken" for finding in findings):
        raise AssertionError("a plan of ours breaks a rule")
    given_up = (
        *chosen.findings,
        *_spacing_findings(phase_plans, chosen.slots, context.request.prior),
        *_time_findings(context.request, course.visits),
        *left_out_home_days(context, course),
        *left_out_companions(context, course),
    )
    return replace(course, findings=(*given_up, *findings))


def planning_horizon(protocol: Protocol, clinic: Clinic, request: Request) -> tuple[date, date]:
    """The first and the last day that a course for `request`, or a change of it, can be on.

    Raises `BadRequest` for what the protocol does not offer.
    """
    slide = timedelta(LONGEST_SLIDE_DAYS if request.latest_start else SLIDE_DAYS)
    latest = min(request.latest_start or request.start + slide, request.start + slide)
    phase_plans = phase_plans_for(protocol, clinic, request)
    days = sum(phase_plan.count * phase_plan.phase.gap_days.max for phase_plan in phase_plans)
    earliest = request.start - timedelta(longest_lead(protocol))
    return earliest, max(latest, request.start) + timedelta(days + AROUND_DAYS)


def longest_lead(protocol: Protocol) -> int:
    """The most days that a companion can be before its visit."""
    return max((one.within_days.max for one in protocol.companions if one.before), default=0)


def latest_start(request: Request) -> date:
    """The latest day on which the first visit may be."""
    return request.latest_start or request.start + timedelta(SLIDE_DAYS)


def _with_later_phases(
    search: Search, sequences: Sequence[tuple[Candidate, ...]]
) -> list[tuple[Candidate, ...]]:
    """The sequences of the first phases, and the best one of each later phase.

    That of a phase that is pencilled in is empty if no visit of it fits.
    """
    found = [*sequences]
    for number in range(len(found), len(search.phase_plans)):
        last = next(sequence[-1] for sequence in reversed(found) if sequence)
        best = search.best_later_phase(number, last)
        found.append(best.candidates if best else ())
    return found


def _best_sequences(search: Search) -> list[tuple[Candidate, ...]] | None:
    """The best sequence of each phase; None if no course can begin in time."""
    request = search.context.request
    for day in range(request.start.toordinal(), latest_start(request).toordinal() + 1):
        sequence = search.best_first_phase(day)
        if sequence is not None:
            return _with_later_phases(search, [sequence.candidates])
    return None


def _no_start(search: Search) -> NoPlan:
    """The refusal of a request with which no course can begin in time, day by day."""
    start, latest = search.context.request.start, latest_start(search.context.request)
    slide = (latest - start).days
    when = f"on {day_text(start)}"
    if slide:
        when = f"on any day from {day_text(start, year=False)} to {day_text(latest)}"
    days = [start + timedelta(after) for after in range(slide + DAYS_AHEAD)]
    refusals = [(day, start_infeasibility(search, day)) for day in days[: slide + 1]]
    possible = [day for day in days if search.candidates(0, 0, day.toordinal())]
    return NoPlan(f"no course can begin {when}", refusals=refusals, possible=possible)


def _spacing_findings(
    phase_plans: Sequence[PhasePlan], slots: Sequence[Sequence[Slot]], prior: Collection[date]
) -> Iterator[Finding]:
    """Findings for visits that are off the pace, which counts on from the `prior` visits."""
    number, before = len(prior), max(prior).toordinal() if prior else 0
    for phase_plan, own in zip(phase_plans, slots, strict=True):
        is_first = number == len(prior)
        anchor = own[0].start.toordinal() if is_first else before
        for index, slot in enumerate(own):
            number += 1
            day = slot.start.toordinal()
            gap = day - before
            is_allowed = gap <= phase_plan.phase.gap_days.max  # else the rule `gap` has a finding
            if before and is_allowed and phase_plan.cost(index, gap, day - anchor):
                target = phase_plan.target_text(index, date.fromordinal(anchor))
                days = "1 day" if gap == 1 else f"{gap} days"
                said = f"comes {days} after the one before; the pace asks for {target}"
                yield Finding("spacing", "given-up", f"Visit {number} {said}.", number)
            before = day


def _time_findings(request: Request, visits: Sequence[Visit]) -> Iterator[Finding]:
    """A finding if the request has a time of day, and visits are at other times."""
    if request.time is None:
        return
    here = [visit for visit in visits if visit.is_here]
    other = [visit.number for visit in here if visit.start.time() != request.time.time]
    if other:
        said = f"{len(other)} of {len(here)} visits are not at {request.time}, the wanted time."
        yield Finding("time", "given-up", said, other[0])
