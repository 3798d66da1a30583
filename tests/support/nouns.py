"""Plain nouns for tests, to be varied with keyword arguments."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from ketasched.model import (
    Clinic,
    Clock,
    Count,
    EveryDays,
    GapDays,
    Hours,
    Minutes,
    NoDriving,
    PerWeek,
    Phase,
    Protocol,
    Request,
    SpanDays,
    TimeRange,
    VisitKind,
    WeekHours,
)
from ketasched.model.holds import AN_INSTANT, CHAIR, START, Hold
from ketasched.model.occupancy import Occupancy

MONDAY = date(2026, 12, 7)
INFUSION = VisitKind(
    "Ketamine infusion", Minutes(15, 40, 60), no_driving=NoDriving(24, Clock(8 * 60))
)


def clinic(days: str = "mon tue wed thu fri", times: str = "09:00-17:00", **more: Any) -> Clinic:
    """A clinic that is open at these times on these days."""
    openings = tuple(TimeRange.read(text) for text in times.split())
    hours = hours_of(dict.fromkeys(days.split(), openings))
    usual: dict[str, Any] = {"timezone": "America/New_York", "hours": hours}
    return Clinic(**(usual | more))


def hours_of(week: Mapping[str, Any], changes: Mapping[date, WeekHours] | None = None) -> Hours:
    """The openings by weekday; those of `changes` hold from a day on."""
    return Hours(**week, changes=changes or {})


def phase(count: int = 6, most: int | None = None, **more: Any) -> Phase:
    """A phase of infusions, three a week unless said; `most` where more may be asked for."""
    usual: dict[str, Any] = {
        "name": "induction",
        "visit": "infusion",
        "count": Count(count, most or count),
        "gap_days": GapDays(5, 2),
        "per_week": PerWeek(3, (2, 3)),
    }
    if "every_days" in more:
        del usual["per_week"]
        steps = more.pop("every_days")
        more["every_days"] = EveryDays(steps if isinstance(steps, tuple) else (steps,), ())
    return Phase(**(usual | more))


def protocol(*phases: Phase, **more: Any) -> Protocol:
    """A protocol of these phases, or of six infusions within three weeks."""
    usual: dict[str, Any] = {
        "format": 1,
        "id": "test",
        "title": "A protocol for tests",
        "sources": ("none",),
        "visits": {"infusion": INFUSION, "booster": INFUSION},
        "phases": phases or (phase(span_days=SpanDays(21)),),
    }
    return Protocol(**(usual | more))


def request(start: date = MONDAY, **more: Any) -> Request:
    """A request for a course from `start`."""
    return Request(start=start, **more)


def occupied(visits: Iterable[tuple[datetime, datetime]]) -> Occupancy:
    """The occupancy by visits with these starts and ends."""
    found = Occupancy()
    for start, end in visits:
        begin = start.timestamp()
        found.add([Hold(START, begin, begin + AN_INSTANT), Hold(CHAIR, begin, end.timestamp())])
    return found
