"""The alternatives to a refused change."""

from dataclasses import replace
from datetime import date

import pytest

from ketasched.errors import NoPlan
from ketasched.files.load import load_protocol
from ketasched.model import Change, Clock, Closures, DateRange, GapDays, LeadTime
from ketasched.planning.check import check
from ketasched.planning.planner import plan
from ketasched.revising.alternatives import WhatIf, refusal_with_alternatives
from ketasched.revising.revise import revise
from ketasched.rules.base import OutOfTime
from tests.conftest import MADE_AT
from tests.revising.changes import moment, six
from tests.support.nouns import clinic, phase, protocol, request

NOW = moment("2026-12-01T12:00")


def refusal_of(course, verb, now=NOW, more_time=lambda: True, **more):
    """The refusal of a change, with its alternatives."""
    change = Change(verb, **more)
    with pytest.raises(NoPlan) as caught:
        revise(course, change, at=now)
    return refusal_with_alternatives(
        caught.value, change, WhatIf(course, now, more_time=more_time)
    )


def day(text):
    return date.fromisoformat(text)


def test_a_refusal_names_the_possible_days_around_the_refused_one():
    error = refusal_of(six(boosters=0), "defer", visit=4, on=day("2026-12-20"))
    assert [str(one) for one in error.possible] == ["2026-12-15", "2026-12-16"]
    said = {remedy.change: [f"{one:%d}" for one in remedy.dates] for remedy in error.remedies}
    assert said == {
        "--to 2026-12-16": ["16", "18", "21"],
        "--to 2026-12-15": ["15", "18", "21"],
        "--override open-hours --override gap": ["20", "23", "25"],
    }


def test_each_impossible_day_has_its_rule():
    error = refusal_of(six(boosters=0), "defer", visit=4, on=day("2026-12-20"))
    rules = {f"{one:%a %d}": finding.rule for one, finding in error.refusals}
    assert rules == {"Thu 17": "gap", "Fri 18": "gap", "Sat 19": "open-hours"}


def test_the_days_of_a_later_visit_without_a_date_have_their_refusals():
    snow = Closures(dates=(DateRange(day("2026-12-12"), day("2026-12-20"), "snow"),))
    change = Change("defer", visit=1, on=day("2026-12-07"), time=Clock(600))
    with pytest.raises(NoPlan) as caught:
        revise(six(boosters=0), change, at=NOW, clinic=clinic(closures=snow))
    assert [f"{one:%d} {finding.rule}" for one, finding in caught.value.refusals] == [
        *("13 closure", "14 closure", "15 closure", "16 closure")
    ]
    (finding,) = caught.value.findings
    said = "visit 4 has no day from Sun 13 Dec to Wed 16 Dec 2026"
    assert (finding.visit, finding.message) == (4, said)


def test_a_visit_that_would_have_to_be_earlier_is_refused_and_the_override_is_a_remedy():
    away = Closures(dates=(DateRange(day("2026-12-24"), day("2027-01-05"), "winter"),))
    course = replace(six(boosters=0, per_week=2), clinic=clinic(closures=away))
    first = {"visit": 1, "on": day("2026-12-07"), "time": Clock(600)}
    error = refusal_of(course, "defer", **first)
    assert course.visits[5].start.day == 24
    assert "--override earlier" in [remedy.change for remedy in error.remedies]
    after = revise(course, Change("defer", overrides=("earlier",), **first), at=NOW)
    assert after.visits[5].start.day == 23


def test_a_visit_that_would_have_to_be_too_soon_is_refused_and_the_override_is_a_remedy():
    """A make-up visit could only be tomorrow at 9:00, which is within 24 hours."""
    away = Closures(dates=(DateRange(day("2026-12-11"), day("2027-01-31"), "winter"),))
    daily = protocol(phase(3, gap_days=GapDays(5, 1), every_days=1))
    open_two_hours = clinic(times="09:00-11:00", closures=away)
    course = plan(daily, open_two_hours, request(), made_at=MADE_AT)
    noon = moment("2026-12-09T12:00")
    error = refusal_of(course, "miss", now=noon, visit=3, make_up=True)
    assert ("10", "notice") in [(f"{one:%d}", finding.rule) for one, finding in error.refusals]
    assert "--override notice --reason WHY" in [remedy.change for remedy in error.remedies]
    made_up = Change("miss", visit=3, make_up=True, overrides=("notice",))
    assert revise(course, made_up, at=noon).visits[3].start == moment("2026-12-10T09:00")
    early = replace(course, clinic=replace(course.clinic, notice=LeadTime(60)))
    plain = Change("miss", visit=3, make_up=True)
    assert revise(early, plain, at=noon).visits[3].start == moment("2026-12-10T09:00")


ALONE = {"visit": 4, "on": day("2026-12-15"), "scope": "visit"}
LATE = {"visit": 6, "on": day("2026-12-18"), "time": Clock(16 * 60)}
EARLY = {"on": day("2026-12-23")}


@pytest.mark.parametrize(
    ("verb", "more", "option"),
    [
        pytest.param("defer", ALONE, "--scope rest", id="others may move"),
        pytest.param("defer", ALONE, "--override gap", id="the gap is overridden"),
        pytest.param("defer", LATE, "--to 2026-12-18T15:00", id="the last time of that day"),
        pytest.param("booster", EARLY, "--on 2027-01-01", id="a later day"),
        pytest.param("booster", EARLY, "--override gap --reason WHY", id="with a reason"),
    ],
)
def test_remedies_are_options(verb, more, option):
    error = refusal_of(six(boosters=0), verb, **more)
    assert option in [remedy.change for remedy in error.remedies]


def test_no_make_up_is_a_remedy_if_there_is_no_room_for_the_make_up_visit():
    gone = Closures(dates=(DateRange(day("2026-12-19"), day("2027-01-31")),))
    course = six(boosters=0, at=clinic("mon wed fri", closures=gone))
    error = refusal_of(course, "miss", now=NOW.replace(day=14), visit=4, make_up=True)
    assert "--no-make-up" in [remedy.change for remedy in error.remedies]


def test_a_remedy_has_the_dates_that_the_change_gives():
    course = six(boosters=0)
    old = {visit.uid: visit.start for visit in course.visits}
    *by_day, _ = refusal_of(course, "defer", visit=4, on=day("2026-12-20")).remedies
    for remedy in by_day:
        to = day(remedy.change.removeprefix("--to "))
        after = revise(course, Change("defer", visit=4, on=to), at=NOW)
        moved = [one.start.date() for one in after.visits if one.start != old[one.uid]]
        assert tuple(moved) == remedy.dates
        assert not [finding for finding in check(after) if finding.level == "broken"]


def test_without_time_there_are_no_remedies():
    error = refusal_of(
        six(boosters=0), "defer", visit=4, on=day("2026-12-20"), more_time=lambda: False
    )
    assert (error.remedies, error.possible) == ((), ())
    assert error.next_step == "another day, or omit the visit"


def test_a_search_goes_on_only_as_long_as_there_is_time():
    questions = iter([True] * 5 + [False] * 10**6)
    asked = 0

    def more_time():
        nonlocal asked
        asked += 1
        return next(questions)

    error = refusal_of(
        six(boosters=0), "defer", visit=4, on=day("2026-12-20"), more_time=more_time
    )
    assert (len(error.remedies), asked < 20) == (0, True)
    with pytest.raises(OutOfTime):
        plan(
            load_protocol("iv-depression"),
            clinic(),
            request(),
            made_at=MADE_AT,
            more_time=lambda: False,
        )
