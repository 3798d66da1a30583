"""Left out: visits that were to be pencilled in and have no day, and when they could be."""

from collections.abc import Iterator, Sequence
from datetime import date

from ketasched.model import Finding
from ketasched.model.wall_clock import day_text
from ketasched.planning.infeasibility import extension_infeasibility
from ketasched.planning.search import Search
from ketasched.planning.shortest_path import Candidate
from ketasched.rules import ENDS_RULES, PAIR_RULES

LEFT_OUT = "booster"
"""The name of the findings about visits that are left out."""


def left_out_findings(
    search: Search, sequences: Sequence[Sequence[Candidate]], days_ahead: int
) -> Iterator[Finding]:
    """A finding for each phase that has fewer visits in `sequences` than the request asks for.

    The finding names the visits, why the first of them has no day, and the next day on which that
    one could be, up to `days_ahead` after its window. It is about the visit before them.
    """
    counts = [len(sequence) for sequence in sequences]
    for number, phase_plan in enumerate(search.phase_plans):
        own, count = sequences[number], phase_plan.count
        if len(own) == count:
            continue
        before = [one for sequence in sequences[: number + 1] for one in sequence]
        which = str(count) if len(own) + 1 == count else f"{len(own) + 1} to {count}"
        said = f"Left out: {phase_plan.phase.name} {which} of {count}"
        longer = search.with_counts([*counts[:number], len(own) + 1, *counts[number + 1 :]])
        refusal = extension_infeasibility(longer, number, own, before[-1])
        reason = f", because {refusal.message}" if refusal else ""
        could_be = ""
        if number >= search.decided:
            could_be = _next_day_text(longer, number, own, before, days_ahead)
        last = len(search.context.request.prior) + len(before)
        yield Finding(LEFT_OUT, "given-up", f"{said}{reason}.{could_be}", last)


def _next_day_text(
    search: Search,
    number: int,
    own: Sequence[Candidate],
    before: Sequence[Candidate],
    days_ahead: int,
) -> str:
    """A sentence with the next day for another visit of a phase, and how to add it there.

    `own` are the visits of the phase, `before` those of the whole course. Visits are never nearer
    to each other than the rules allow.
    """
    phase, last = search.phase_plans[number].phase, before[-1]
    visit = len(search.context.request.prior) + len(before) + 1
    first_day, last_day = last.day + phase.gap_days.min, last.day + phase.gap_days.max + days_ahead
    for day in range(first_day, last_day + 1):
        for one in search.candidates(number, len(own), day):
            limits = (rule.within(last.slot, phase, search.context) for rule in PAIR_RULES)
            if any(limit is not None and one.moment < limit[0] for limit in limits):
                continue
            on = date.fromordinal(day)
            said = f" Visit {visit} could be on {day_text(on)}"
            if not phase.is_booster:
                return f"{said}."
            rules = _broken_rules(search, number, [*own, one], last)
            options = "".join(f" --override {name}" for name in rules)
            return f"{said}: booster --on {on}{options}."
    until = day_text(date.fromordinal(last_day))
    return f" There is no day for visit {visit} up to {until}."


def _broken_rules(
    search: Search, number: int, own: Sequence[Candidate], last: Candidate
) -> list[str]:
    """The names of the rules that the last visit of `own` breaks after `last`."""
    phase, context = search.phase_plans[number].phase, search.context
    first, added = own[0].slot.start.date(), own[-1].slot
    pairs = (rule.pair(last.slot, added, phase, context) for rule in PAIR_RULES)
    concerned = (rule for rule in ENDS_RULES if rule.concerns(phase))
    ends = (rule.ends(first, added.start.date(), phase, context) for rule in concerned)
    return [finding.rule for finding in (*pairs, *ends) if finding]
