"""Why nothing fits, in words: day by day, grouped, and a next step that has been tried."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import groupby

from ketasched.errors import NoPlan
from ketasched.model import Clinic, Finding, Protocol, Request
from ketasched.planner import plan
from ketasched.rules import eighteenth_birthday
from ketasched.times import day_text

DAYS_TO_TRY = 60
"""How far after the latest start another one is looked for."""


def explained(
    error: NoPlan, protocol: Protocol, clinic: Clinic, request: Request, made_at: datetime
) -> NoPlan:
    """The same refusal with its reasons in `details`, and what would do in `next_step`."""
    details = [f"{finding.message} ({finding.rule})" for finding in error.findings]
    details += grouped(error.refusals)
    young = any(finding.rule == "age" for finding in error.findings)
    if young and request.born:
        begin = eighteenth_birthday(request.born)
    elif error.refusals:
        begin = error.refusals[-1][0] + timedelta(1)
    else:
        begin = None
    step = (
        "fewer boosters, or another pace" if begin is None else "other days, hours or a protocol"
    )
    if begin is not None:
        later = replace(request, start=begin, latest_start=begin + timedelta(DAYS_TO_TRY))
        first = _first_day(protocol, clinic, later, made_at)
        if first is not None:
            option = f"--start {first}" if young else f"--latest-start {first}"
            step = f"{option}: a course could begin on {day_text(first)}"
            if young and request.latest_start and request.latest_start < first:
                step = f"--latest-start {first} and {step}"
    return NoPlan(
        error.what,
        findings=error.findings,
        refusals=error.refusals,
        details=details,
        next_step=step,
    )


def grouped(refusals: Sequence[tuple[date, Finding]]) -> Iterator[str]:
    """A line for each reason, with the days that it refuses: "Thu 24 Dec – Fri 1 Jan 2027: …"."""
    reasons: dict[Finding, list[str]] = {}
    for finding, days in groupby(refusals, key=lambda refusal: refusal[1]):
        dates = [day for day, _ in days]
        first, last = dates[0], dates[-1]
        until = f" – {day_text(last)}" if last > first else ""
        said = f"{day_text(first, year=not until or first.year != last.year)}{until}"
        reasons.setdefault(finding, []).append(said)
    for finding, runs in reasons.items():
        yield f"{', '.join(runs)}: {finding.message} ({finding.rule})"


def _first_day(
    protocol: Protocol, clinic: Clinic, request: Request, made_at: datetime
) -> date | None:
    try:
        course = plan(protocol, clinic, request, made_at=made_at)
    except NoPlan:
        return None
    return course.visits[0].start.date()
