"""Explanations of a refusal in words: the reasons day by day, and changes that would do."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby, islice

from ketasched.errors import NoPlan
from ketasched.model import Finding, Remedy
from ketasched.model.wall_clock import day_text, days_text
from ketasched.planning.planner import latest_start
from ketasched.planning.relaxations import remedies
from ketasched.rules import RULES, Age, eighteenth_birthday
from ketasched.rules.base import OverrideRule, PlanningContext

MOST_DAYS = 12
"""If more days than these are possible, a lack of days is not the reason."""

MOST_REMEDIES = 4
"""How many changes are named, at most."""

MOST_DATES = 8
"""Of more dates than these only the first and the last are given."""

OPTION = re.compile("(^|: )--")
"""Where the options of a change begin that can be pasted."""


def explain_refusal(error: NoPlan, context: PlanningContext) -> NoPlan:
    """The refusal of a request, with its reasons in `details` and changes in `remedies`.

    Changes are tried as long as the context has more time.
    """
    request, latest = context.request, latest_start(context.request)
    is_too_young = any(finding.rule == Age.name for finding in error.findings)
    if is_too_young and request.born:
        birthday = eighteenth_birthday(request.born)
        latest = birthday - timedelta(1)
        context = replace(context, request=replace(request, start=birthday, latest_start=None))
    found = list(islice(remedies(context, latest), 1 if is_too_young else MOST_REMEDIES))
    if is_too_young:
        found = [replace(one, change=f"--start {one.dates[0]}") for one in found]
    details = [f"{finding.message} ({finding.rule})" for finding in error.findings]
    details += refusal_lines(error.refusals)
    if error.possible and len(error.possible) <= MOST_DAYS:
        details.append(f"days on which a visit could be: {days_text(error.possible)}")
    details += [f"would fit, too: {remedy_text(remedy)}" for remedy in found[1:]]
    return NoPlan(
        error.what,
        findings=error.findings,
        refusals=error.refusals,
        possible=error.possible,
        remedies=found,
        details=details,
        next_step=remedy_text(found[0]) if found else _step(error),
    )


def _step(error: NoPlan) -> str:
    """What to try where no change of the request would help."""
    if any(isinstance(RULES.get(one.rule), OverrideRule) for one in error.findings):
        return "mend [overrides] in the clinic's file, then: ketasched check CLINIC.toml"
    return "other days, hours or a protocol"


def remedy_text(remedy: Remedy) -> str:
    """A change with the dates that it leads to; an option comes last, as it is to be pasted."""
    days, change = remedy.dates, remedy.change
    if not days:
        return change
    said = days_text(days)
    if len(days) > MOST_DATES:
        said = f"{len(days)} visits from {day_text(days[0])} to {day_text(days[-1])}"
    return f"{said}: {change}" if OPTION.search(change) else f"{change}: {said}"


def refusal_lines(refusals: Sequence[tuple[date, Finding]]) -> Iterator[str]:
    """A line for each reason, with the days that it refuses: "Thu 24 Dec – Fri 1 Jan 2027: …"."""
    spans: dict[Finding, list[str]] = {}
    for finding, days in groupby(refusals, key=lambda refusal: refusal[1]):
        dates = [day for day, _ in days]
        first, last = dates[0], dates[-1]
        until = f" – {day_text(last)}" if last > first else ""
        said = f"{day_text(first, year=not until or first.year != last.year)}{until}"
        spans.setdefault(finding, []).append(said)
    for finding, texts in spans.items():
        yield f"{', '.join(texts)}: {finding.message} ({finding.rule})"
