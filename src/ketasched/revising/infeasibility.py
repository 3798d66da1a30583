"""Why a change has no dates: the visit that has none, and what refuses each of its days."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from ketasched.model import Finding, Slot
from ketasched.model.wall_clock import day_text, moment_at, slot_at
from ketasched.planning.infeasibility import MOST_REASONS
from ketasched.revising.least_moves import Rescheduler
from ketasched.rules import ENDS_RULES, PAIR_RULES, Gap, Span, Start

IS_OVER = Finding(Start.name, "broken", "that is over already")
"""What refuses a day that no rule refuses."""


def explain_dead_end(
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
