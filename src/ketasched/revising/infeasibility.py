"""Why the rest of a course has no place: the visit that has none, and what refuses its days."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from ketasched.model import Finding, Slot
from ketasched.model.wall_clock import at, day_text, slot_at
from ketasched.planning.infeasibility import MOST_REASONS
from ketasched.revising.least_moves import Rest
from ketasched.rules import ENDS_RULES, PAIR_RULES, Gap, Span, Start

TOO_LATE = Finding(Start.name, "broken", "that is over already")
"""What speaks against a day where no rule does."""


def why_stuck(rest: Rest, number: int) -> tuple[list[Finding], list[tuple[date, Finding]]]:
    """Why the last place, that of visit `number`, has no stop although those before it do.

    First what the rules say in a sentence, then what refuses each of its days.
    """
    index, place = len(rest.places) - 1, rest.places[-1]
    gap, name = place.phase_plan.phase.gap_days, place.phase_plan.phase.name
    chain = replace(rest, places=rest.places[:-1]).best() if index else None
    candidates = chain.candidates if chain else ()
    before = candidates[-1].slot if candidates else rest.begun.last
    own = [n for n, one in enumerate(rest.places[:-1]) if one.phase_plan.phase.name == name]
    first = rest.begun.firsts.get(name, candidates[own[0]].day if own else None)
    begin = before.start.date() if before else rest.now.astimezone(rest.context.zone).date()
    days = [begin + timedelta(n) for n in range(gap.min if before else 0, gap.max + 1)]
    fixed = place.only
    against = {
        day: list(_against(rest, before, first, day)) or [TOO_LATE]
        for day in ([fixed] if fixed else days)
    }
    refusals = [(day, findings[0]) for day, findings in against.items()]
    if fixed:
        reasons = against[fixed][:MOST_REASONS]
        why = "; ".join(dict.fromkeys(reason.message for reason in reasons))
        said = f"visit {number} cannot be on {day_text(fixed)}: {why}"
        rules = dict.fromkeys(reason.rule for reason in reasons)
        return [Finding(rule, "broken", said, number) for rule in rules], refusals
    # It could be on other days if the rule about gaps, or about the span, let it.
    everything = {finding.rule for findings in against.values() for finding in findings}
    said = f"from {day_text(days[0], year=False)} to {day_text(days[-1])}"
    rule = Span.name if Span.name in everything else Gap.name
    return [Finding(rule, "broken", f"visit {number} has no day {said}", number)], refusals


def _against(rest: Rest, before: Slot | None, first: int | None, day: date) -> Iterator[Finding]:
    """What speaks against the last visit on this day, its phase having begun on `first`."""
    index, phase = len(rest.places) - 1, rest.places[-1].phase_plan.phase
    refusal = _refusal(rest, index, day)
    if refusal is not None:
        yield refusal
    for candidate in rest.offers(index, day.toordinal()):
        found = [
            rule.pair(before, candidate.slot, phase, rest.context) for rule in PAIR_RULES if before
        ]
        if first is not None:
            begin = date.fromordinal(first)
            concerned = (rule for rule in ENDS_RULES if rule.concerns(phase))
            found += [rule.ends(begin, day, phase, rest.context) for rule in concerned]
        yield from filter(None, found)


def _refusal(rest: Rest, index: int, day: date) -> Finding | None:
    """Why the visit at `index` cannot be on this day, whatever the others do."""
    place = rest.places[index]
    if rest.offers(index, day.toordinal()):
        return None
    minutes = place.time.minutes if place.time else rest.context.wanted
    slot = slot_at(place.phase_plan.kind, at(day, minutes, rest.context.zone))
    return rest.broken(slot, place.lenient)
