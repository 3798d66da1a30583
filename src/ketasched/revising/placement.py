"""Dates for a draft of a course, with as few visits as possible moved, or why there are none."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from ketasched.model import TAKES_PLACE, Companion, Course, Finding, Slot, Visit, Window
from ketasched.model.drivers import driver_of_moved
from ketasched.model.holds import slot_of
from ketasched.model.no_driving import with_no_driving
from ketasched.model.wall_clock import add_minutes, day_text, moment_at, slot_at
from ketasched.planning.infeasibility import MOST_REASONS
from ketasched.planning.shortest_path import Candidate, VisitSequence
from ketasched.planning.spacing_cost import PhasePlan, phase_plan_for
from ketasched.revising.intents import (
    Draft,
    FixedPrefix,
    VisitDomain,
    VisitIntent,
    WaivedViolation,
)
from ketasched.revising.least_moves import MOVE_COST, Rescheduler
from ketasched.revising.reviews import place_reviews
from ketasched.revising.validation import has_begun, is_over
from ketasched.rules import ENDS_RULES, PAIR_RULES, RULES, Gap, Span, Start
from ketasched.rules.base import EndsRule, PlanningContext

IS_OVER = Finding(Start.name, "broken", "that is over already")
"""What refuses a day that no rule refuses."""


@dataclass(frozen=True, slots=True)
class Placement:
    """A draft with its dates: visits and reviews, and the sequence that gave the visits theirs.

    The other `companions` are still as in the draft. `sequence` is None if no visit could move.
    `waived` has, by uid, the rules that were not applied to a visit.
    """

    sequence: VisitSequence | None
    visits: tuple[Visit, ...]
    companions: tuple[Companion, ...]
    waived: Mapping[str, frozenset[str]]

    @property
    def moves(self) -> int | None:
        """How many visits got another start."""
        return self.sequence.cost // MOVE_COST if self.sequence else None

    @property
    def rank(self) -> tuple[int, int, int, tuple[datetime, ...]]:
        """The key by which placements are compared; the lowest is the best."""
        best = self.sequence
        return (best.cost, best.weekdays, best.minutes, best.starts) if best else (0, 0, 0, ())


def place_draft(
    course: Course, context: PlanningContext, draft: Draft, now: datetime, most: int | None
) -> Placement | None:
    """A draft with its dates; None if nothing keeps the rules, or only with more than `most`
    visits moved.
    """
    intents, sequence = draft.intents, None
    visits = tuple(intent.visit for intent in intents)
    if not all(intent.pinned for intent in intents):
        rescheduler = rescheduler_of(course, context, draft, now)
        sequence = rescheduler.best_sequence(most)
        if sequence is None:
            return None
        # A visit may have moved past one that is held.
        moved = _moved_visits(course, rescheduler, intents, sequence)
        visits = tuple(sorted(moved, key=lambda visit: visit.start.timestamp()))
    else:
        visits = tuple(_with_windows(course, visits))
    visits = with_no_driving(visits, course.protocol, course.clinic)
    own = [one for one in draft.companions if one.is_review]
    reviews = {one.uid: one for one in place_reviews(context, own, visits, course, now)}
    companions = tuple(reviews.get(one.uid, one) for one in draft.companions)
    waived = {
        intent.visit.uid: intent.waived | ({Gap.name} if intent.may_wait else frozenset())
        for intent in intents
    }
    return Placement(sequence, visits, companions, waived)


def explain_no_sequence(
    rescheduler: Rescheduler,
) -> tuple[list[Finding], list[tuple[date, Finding]]]:
    """Why a rescheduler has no sequence: findings about the first visit without a date, and what
    refuses each of its days.
    """
    domains = rescheduler.domains
    parts = [replace(rescheduler, domains=domains[: n + 1]) for n in range(len(domains))]
    # If the first visits have no sequence, no more of them have one.
    stuck = bisect_left(parts, 1, key=lambda part: part.fewest_moves(len(part.domains)) is None)
    return _explain_dead_end(parts[stuck])


def _explain_dead_end(
    rescheduler: Rescheduler,
) -> tuple[list[Finding], list[tuple[date, Finding]]]:
    """Why the last visit has no date although all visits before it have one.

    Returns findings about the visit, and for each of its days what refuses that day.
    """
    *earlier, domain = rescheduler.domains
    number, gap, prefix = domain.intent.visit.number, domain.phase.gap_days, rescheduler.prefix
    sequence = replace(rescheduler, domains=earlier).best_sequence() if earlier else None
    placed = list(zip(earlier, sequence.candidates, strict=True)) if sequence else []
    before = placed[-1][1].slot if placed else prefix.last
    own_days = [node.day for other, node in placed if other.phase.name == domain.phase.name]
    first_day = prefix.first_days.get(domain.phase.name, own_days[0] if own_days else None)
    first_day = None if domain.phase.name == prefix.elsewhere else first_day
    if domain.only_day:
        days = [domain.only_day]
    else:
        now = rescheduler.now.astimezone(rescheduler.context.zone)
        is_bound = before is not None and not before.elsewhere
        begin = (before.start if before and is_bound else now).date()
        days = [begin + timedelta(n) for n in range(gap.min if is_bound else 0, gap.max + 1)]
    reasons = {
        day: list(_reasons_against(rescheduler, before, first_day, day)) or [IS_OVER]
        for day in days
    }
    refusals = [(day, findings[0]) for day, findings in reasons.items()]
    if domain.only_day:
        main = reasons[domain.only_day][:MOST_REASONS]
        why = "; ".join(dict.fromkeys(finding.message for finding in main))
        message = f"visit {number} cannot be on {day_text(domain.only_day)}: {why}"
        rules = dict.fromkeys(finding.rule for finding in main)
        return [Finding(rule, "broken", message, number) for rule in rules], refusals
    # The visit could be on other days if the rule about gaps, or about the span, let it.
    all_rules = {finding.rule for findings in reasons.values() for finding in findings}
    span = f"from {day_text(days[0], year=False)} to {day_text(days[-1])}"
    rule = Span.name if Span.name in all_rules else Gap.name
    return [Finding(rule, "broken", f"visit {number} has no day {span}", number)], refusals


def _reasons_against(
    rescheduler: Rescheduler, before: Slot | None, first_day: int | None, day: date
) -> Iterator[Finding]:
    """What refuses the last visit on a day; its phase began on `first_day`, if it did before."""
    context, domain = rescheduler.context, rescheduler.domains[-1]
    candidates = rescheduler.candidates(len(rescheduler.domains) - 1, day.toordinal())
    if not candidates:
        minutes = domain.intent.time.minutes if domain.intent.time else context.wanted
        slot = slot_at(domain.phase_plan.kind, moment_at(day, minutes, context.zone))
        refusal = rescheduler.refusal(slot, domain.intent.waived)
        refusal = refusal or rescheduler.move_refusal(domain, slot)
        if refusal:
            yield refusal
    for candidate in candidates:
        found = [
            rule.pair(before, candidate.slot, domain.phase, context)
            for rule in PAIR_RULES
            if before
        ]
        if first_day is not None:
            first = date.fromordinal(first_day)
            concerned = (rule for rule in ENDS_RULES if rule.concerns(domain.phase))
            found += [rule.ends(first, day, domain.phase, context) for rule in concerned]
        yield from (one for one in found if one and one.level == "broken")


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


def previous_starts(course: Course) -> dict[str, datetime | None]:
    """By uid, the start of the last visit before that takes place; None for the first visit."""
    found: dict[str, datetime | None] = {}
    previous = None
    for visit in course.visits:
        found[visit.uid] = previous
        if visit.status in TAKES_PLACE:
            previous = visit.start
    return found


def rescheduler_of(
    course: Course, context: PlanningContext, draft: Draft, now: datetime
) -> Rescheduler:
    """The rescheduler for the visits that need a date."""
    ahead = [intent for intent in draft.intents if _needs_date(intent, now)]
    fixed = [intent.visit for intent in draft.intents if not _needs_date(intent, now)]
    begun = [visit for visit in fixed if has_begun(visit, now) and not visit.elsewhere]
    domains = list(_visit_domains(course, draft, ahead, begun))
    prefix = _fixed_prefix(course, fixed, begun)
    not_before = max(now, draft.not_before or now)
    return Rescheduler(context, domains, prefix, now, not_before)


def _needs_date(intent: VisitIntent, now: datetime) -> bool:
    """Whether a visit takes place and is still to come."""
    takes_place = intent.visit.status in TAKES_PLACE
    return takes_place and not (intent.pinned and is_over(intent.visit, now))


def _visit_domains(
    course: Course, draft: Draft, ahead: Sequence[VisitIntent], begun: Sequence[Visit]
) -> Iterator[VisitDomain]:
    """The domain of each visit ahead, with the pace of its phase.

    A visit's index counts all visits of its phase, so that the pace goes on as if visits that do
    not take place had been.
    """
    violations = _waived_violations(course)
    names = [intent.visit.phase for intent in draft.intents]
    first_here = next(one.visit.phase for one in draft.intents if not one.visit.elsewhere)
    indexes = {
        intent.visit.uid: names[:number].count(intent.visit.phase)
        for number, intent in enumerate(draft.intents)
    }
    anchor_offsets: dict[str, int] = {}
    for intent in ahead:
        visit, name = intent.visit, intent.visit.phase
        index = indexes[visit.uid]
        phase_plan = phase_plan_of(course, name, names)
        offsets = phase_plan.offsets
        begun_indexes = [indexes[one.uid] for one in begun if one.phase == name]
        # The first visit of a course here is the anchor of its pace.
        is_first = name == first_here and not begun_indexes and name not in anchor_offsets
        is_anchor = intent.is_anchor or is_first
        if is_anchor:
            anchor_offsets[name] = offsets[index]
        elif name not in anchor_offsets:
            anchor_offsets[name] = offsets[begun_indexes[-1]] if begun_indexes else 0
        kept = Slot(phase_plan.kind, visit.start, visit.end)
        yield VisitDomain(
            intent,
            phase_plan,
            index,
            current=None if intent.free or intent.on else kept,
            offset=None if phase_plan.per_week else offsets[index] - anchor_offsets[name],
            is_anchor=is_anchor,
            violation=violations[visit.uid],
        )


def _fixed_prefix(course: Course, fixed: Sequence[Visit], begun: Sequence[Visit]) -> FixedPrefix:
    taking = [visit for visit in fixed if visit.status in TAKES_PLACE]
    # The last entry for a key stays, so in reverse order the phase's first day.
    first_days = {visit.phase: visit.start.toordinal() for visit in reversed(taking)}
    anchors = {visit.phase: visit.start.toordinal() for visit in begun}
    if not taking:
        return FixedPrefix(None, first_days, anchors)
    last = taking[-1]
    elsewhere = taking[0].phase if taking[0].elsewhere else ""
    return FixedPrefix(slot_of(course, last), first_days, anchors, elsewhere)


def _waived_violations(course: Course) -> Mapping[str, WaivedViolation]:
    """By uid, what a visit breaks already because it was overridden, or has happened."""
    starts_before = previous_starts(course)
    found: dict[str, WaivedViolation] = defaultdict(WaivedViolation)
    for finding in course.findings:
        if finding.level != "broken" or not finding.visit or finding.uid:
            continue
        own = course.visits[finding.visit - 1]
        if isinstance(RULES.get(finding.rule), EndsRule):
            phase = [visit for visit in course.visits if visit.phase == own.phase]
            days = [visit.start.date() for visit in phase if visit.status in TAKES_PLACE]
            for visit in phase:
                found[visit.uid] = replace(found[visit.uid], phase_end=max(days, default=None))
        else:
            rules = found[own.uid].rules | {finding.rule}
            found[own.uid] = replace(
                found[own.uid], rules=rules, previous_start=starts_before[own.uid]
            )
    return found


def _moved_visits(
    course: Course,
    rescheduler: Rescheduler,
    intents: Sequence[VisitIntent],
    sequence: VisitSequence,
) -> Iterator[Visit]:
    """All visits, those of the rescheduler at the dates of the sequence.

    A visit gets a new window if it moves, or if the visit before is on another day.
    """
    nodes = zip(rescheduler.domains, sequence.candidates, strict=True)
    by_uid = {domain.intent.visit.uid: (domain, node) for domain, node in nodes}
    starts_before = previous_starts(course)
    previous: date | None = None
    for intent in intents:
        visit = intent.visit
        if visit.uid in by_uid:
            domain, node = by_uid[visit.uid]
            moves = intent.free or node.slot.start != visit.start
            old = starts_before.get(visit.uid)
            if moves or previous != (old.date() if old else None):
                window = _window(domain, node, rescheduler.anchor_of(node), previous, visit)
                slot = node.slot
                visit = replace(
                    visit,
                    start=slot.start,
                    treatment_start=add_minutes(slot.start, slot.kind.minutes.check_in),
                    end=slot.end,
                    window=window,
                    driver=driver_of_moved(course.request, visit, slot.start.date()),
                )
        if visit.is_here:
            previous = visit.start.date()
        yield visit


def _with_windows(course: Course, visits: Sequence[Visit]) -> Iterator[Visit]:
    """The visits, none of which moves, with new windows where another visit is before now."""
    names = [visit.phase for visit in visits]
    starts_before, previous = previous_starts(course), None
    for number, visit in enumerate(visits):
        old = starts_before[visit.uid]
        if previous and old and previous != old.date() and visit.status == "planned":
            plan, index = (
                phase_plan_of(course, visit.phase, names),
                names[:number].count(visit.phase),
            )
            anchor = visit.window.target
            if plan.per_week is None:
                anchor -= timedelta(plan.offsets[index])
            yield replace(visit, window=plan.window(index, previous, anchor))
        else:
            yield visit
        if visit.is_here:
            previous = visit.start.date()


def _window(
    domain: VisitDomain, node: Candidate, anchor: int, previous: date | None, visit: Visit
) -> Window:
    """The window of a visit at its new date.

    The first visit keeps its own, extended to the new date if that lies outside.
    """
    day, phase_plan = node.slot.start.date(), domain.phase_plan
    if previous is None:
        return Window(min(visit.window.earliest, day), day, max(visit.window.latest, day))
    shift = 0 if domain.offset is None else domain.offset - phase_plan.offsets[domain.index]
    window = phase_plan.window(domain.index, previous, date.fromordinal(anchor + shift))
    if domain.phase.tentative and window.earliest <= day <= window.latest:
        return replace(window, target=day)
    return window
