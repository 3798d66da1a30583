"""Why nothing fits, in words: day by day, grouped, and single changes that would make it fit."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import groupby, islice

from ketasched.errors import NoPlan
from ketasched.model import Clinic, Finding, Protocol, Remedy, Request
from ketasched.model.occupancy import Occupancy
from ketasched.model.wall_clock import day_text, days_text
from ketasched.planning.planner import SLIDE_DAYS
from ketasched.planning.relaxations import remedies
from ketasched.rules import Age, eighteenth_birthday
from ketasched.rules.base import NO_BOOKINGS, unlimited

MOST_DAYS = 12
"""Where there are more possible days than these, their number is not what is wrong."""

MOST_REMEDIES = 4
"""More single changes than these are no help."""


MOST_DATES = 8
"""Of more dates than these only the first and the last are said."""


def explain_refusal(
    error: NoPlan,
    protocol: Protocol,
    clinic: Clinic,
    request: Request,
    made_at: datetime,
    more_time: Callable[[], bool] = unlimited,
    bookings: Occupancy = NO_BOOKINGS,
) -> NoPlan:
    """The same refusal with its reasons in `details`, and what would do in `remedies`.

    Single changes are tried as long as there is `more_time`, beside the `bookings` of others.
    """
    young = any(finding.rule == Age.name for finding in error.findings)
    latest = request.latest_start or request.start + timedelta(SLIDE_DAYS)
    if young and request.born:
        grown = eighteenth_birthday(request.born)
        request, latest = replace(request, start=grown, latest_start=None), grown - timedelta(1)
    tried = remedies(protocol, clinic, request, made_at, latest, more_time, bookings)
    found = list(islice(tried, 1 if young else MOST_REMEDIES))
    if young:
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
        next_step=remedy_text(found[0]) if found else "other days, hours or a protocol",
    )


def remedy_text(remedy: Remedy) -> str:
    """A single change with the dates that it leads to."""
    days = remedy.dates
    if len(days) > MOST_DATES:
        ends = f"from {day_text(days[0])} to {day_text(days[-1])}"
        return f"{remedy.change}: {len(days)} visits {ends}"
    return f"{remedy.change}: {days_text(days)}" if days else remedy.change


def refusal_lines(refusals: Sequence[tuple[date, Finding]]) -> Iterator[str]:
    """A line for each reason, with the days that it refuses: "Thu 24 Dec – Fri 1 Jan 2027: …"."""
    reasons: dict[Finding, list[str]] = {}
    for finding, days in groupby(refusals, key=lambda refusal: refusal[1]):
        dates = [day for day, _ in days]
        first, last = dates[0], dates[-1]
        until = f" – {day_text(last)}" if last > first else ""
        said = f"{day_text(first, year=not until or first.year != last.year)}{until}"
        reasons.setdefault(finding, []).append(said)
    for finding, spans in reasons.items():
        yield f"{', '.join(spans)}: {finding.message} ({finding.rule})"
