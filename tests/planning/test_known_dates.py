"""Known good dates, row by row."""

from datetime import date, timedelta

import pytest

from ketasched.files.load import load_protocol
from ketasched.model import Closures, DateRange, GapDays, SpanDays
from ketasched.planning.check import check
from ketasched.planning.planner import plan
from tests.conftest import MADE_AT
from tests.support.nouns import MONDAY, clinic, phase, protocol, request

SIX = load_protocol("iv-depression")
ALL_DAYS = "mon tue wed thu fri sat sun"
WEEKLY = protocol(phase(8, every_days=7, gap_days=GapDays(9, 5)))
WEEKDAYS = protocol(phase(10, every_days=1, gap_days=GapDays(4, 1)))
EIGHT = load_protocol("iv-depression-twice-weekly-8")
ESKETAMINE = load_protocol("esketamine-us-label")
THANKSGIVING = Closures(dates=(DateRange(date(2026, 11, 26), date(2026, 11, 27)),))

ROWS = {
    "six, 3 a week, Mon": (SIX, clinic(), 0, {}, "0 2 4 7 9 11"),
    "six, 2 a week, Mon": (SIX, clinic(), 0, {"per_week": 2}, "0 3 7 10 14 17"),
    "six, 2 a week, Tue": (SIX, clinic(), 1, {"per_week": 2}, "0 3 7 10 14 17"),
    "six, 3 a week, Tue": (SIX, clinic(), 1, {}, "0 3 6 8 10 13"),
    "six, 3 a week, open every day, Mon": (SIX, clinic(ALL_DAYS), 0, {}, "0 2 4 7 9 11"),
    "six, 3 a week, open Mon-Sat, Tue": (
        SIX,
        clinic("mon tue wed thu fri sat"),
        1,
        {},
        "0 2 4 7 9 11",
    ),
    "six, open Mon/Wed/Fri, Wed": (SIX, clinic("mon wed fri"), 2, {}, "0 2 5 7 9 12"),
    "six, open Mon/Wed/Fri, Fri": (SIX, clinic("mon wed fri"), 4, {}, "0 3 5 7 10 12"),
    "six, open Mon/Thu, Thu": (SIX, clinic("mon thu"), 3, {"per_week": 2}, "0 4 7 11 14 18"),
    "six, open Tue/Thu, Tue": (SIX, clinic("tue thu"), 1, {"per_week": 2}, "0 2 7 9 14 16"),
    "eight, open Mon/Thu, Mon": (EIGHT, clinic("mon thu"), 0, {}, "0 3 7 10 14 17 21 24"),
    "ten on weekdays, Mon": (WEEKDAYS, clinic(), 0, {}, "0 1 2 3 4 7 8 9 10 11"),
    "crps-10-weekdays, Mon": (
        load_protocol("crps-10-weekdays"),
        clinic(),
        0,
        {},
        "0 1 2 3 4 7 8 9 10 11",
    ),
    "eight weekly around a holiday, Thu 5 Nov 2026": (
        WEEKLY,
        clinic(closures=THANKSGIVING),
        -32,
        {},
        "0 7 14 20 28 35 42 49",
    ),
    "esketamine label, Mon": (ESKETAMINE, clinic(), 0, {}, "0 3 7 10 14 17 21 24 31 38 45 52"),
}


@pytest.mark.parametrize(("asked", "at", "after", "more", "offsets"), ROWS.values(), ids=ROWS)
def test_the_dates_are_the_ones_that_are_known_to_be_good(asked, at, after, more, offsets):
    start = MONDAY + timedelta(after)
    course = plan(asked, at, request(start, **more), made_at=MADE_AT)
    days = [(visit.start.date() - start).days for visit in course.visits]
    assert days == [int(offset) for offset in offsets.split()]
    assert [finding for finding in check(course) if finding.level == "broken"] == []


def test_a_span_one_day_too_short_moves_the_first_visit_and_says_which_rule_did():
    asked = protocol(phase(6, span_days=SpanDays(12)))
    course = plan(asked, clinic(), request(MONDAY + timedelta(1)), made_at=MADE_AT)
    assert course.visits[0].start.date() == MONDAY + timedelta(7)
    given_up = [finding for finding in course.findings if finding.level == "given-up"]
    assert [finding.rule for finding in given_up] == ["span"]
