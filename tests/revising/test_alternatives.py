"""What else would do where a change is refused, and what could be instead of a visit."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from ketasched.errors import BadRequest, NoPlan
from ketasched.files.load import load_protocol
from ketasched.model import Change, Clock, Closures, DateRange
from ketasched.planning.check import check
from ketasched.planning.planner import plan
from ketasched.revising.alternatives import Attempts, with_other_ways
from ketasched.revising.revise import revise
from ketasched.revising.suggest import suggest
from ketasched.rules.base import OutOfTime
from tests.conftest import MADE_AT
from tests.support.nouns import clinic, request

NOW = datetime(2026, 12, 1, 12, tzinfo=ZoneInfo("America/New_York"))


def six(**more):
    """Six infusions, Mon 7, Wed 9, Fri 11, Mon 14, Wed 16 and Fri 18 December, 9:00-10:55."""
    at = more.pop("at", None) or clinic()
    return plan(load_protocol("iv-depression"), at, request(**more), made_at=MADE_AT)


def refused(course, verb, now=NOW, more_time=lambda: True, **more):
    """The refusal of a change, with its ways out."""
    change = Change(verb, **more)
    with pytest.raises(NoPlan) as caught:
        revise(course, change, at=now)
    return with_other_ways(caught.value, change, Attempts(course, now, more_time=more_time))


def day(text):
    return date.fromisoformat(text)


# ---- A refusal with its ways out


def test_a_refused_day_is_answered_with_the_days_about_it_that_would_do():
    error = refused(six(), "defer", visit=4, on=day("2026-12-20"))
    assert [str(one) for one in error.possible] == ["2026-12-15", "2026-12-16"]
    said = {remedy.change: [f"{one:%d}" for one in remedy.dates] for remedy in error.remedies}
    assert said == {
        "--to 2026-12-16": ["16", "18", "21"],
        "--to 2026-12-15": ["15", "18", "21"],
        "--override open-hours --override gap": ["20", "23", "25"],
    }


def test_each_day_that_would_not_do_has_its_rule():
    error = refused(six(), "defer", visit=4, on=day("2026-12-20"))
    rules = {f"{one:%a %d}": finding.rule for one, finding in error.refusals}
    assert rules == {"Thu 17": "gap", "Fri 18": "gap", "Sat 19": "open-hours"}


def test_the_days_of_a_visit_further_on_are_accounted_for():
    snow = Closures(dates=(DateRange(day("2026-12-12"), day("2026-12-20"), "snow"),))
    with pytest.raises(NoPlan) as caught:
        revise(six(), Change("omit", visit=3), at=NOW, clinic=clinic(closures=snow))
    assert [f"{one:%d} {finding.rule}" for one, finding in caught.value.refusals] == [
        *("13 closure", "14 closure", "15 closure", "16 closure"),
    ]
    (finding,) = caught.value.findings
    # Visit 4 could take the place of the one that is left out.
    said = "visit 5 has no day from Sun 13 Dec to Wed 16 Dec 2026"
    assert (finding.visit, finding.message) == (5, said)


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
def test_ways_out_are_named_as_options(verb, more, option):
    error = refused(six(), verb, **more)
    assert option in [remedy.change for remedy in error.remedies]


def test_a_missed_visit_for_which_there_is_no_room_need_not_be_made_up_for():
    gone = Closures(dates=(DateRange(day("2026-12-19"), day("2027-01-31")),))
    course = six(at=clinic("mon wed fri", closures=gone))
    error = refused(course, "miss", now=NOW.replace(day=14), visit=4, make_up=True)
    assert "--no-make-up" in [remedy.change for remedy in error.remedies]


def test_what_a_remedy_says_is_so():
    course = six()
    old = {visit.uid: visit.start for visit in course.visits}
    *by_day, _ = refused(course, "defer", visit=4, on=day("2026-12-20")).remedies
    for remedy in by_day:
        to = day(remedy.change.removeprefix("--to "))
        after = revise(course, Change("defer", visit=4, on=to), at=NOW)
        moved = [one.start.date() for one in after.visits if one.start != old[one.uid]]
        assert tuple(moved) == remedy.dates
        assert not [finding for finding in check(after) if finding.level == "broken"]


def test_where_there_is_no_time_to_try_nothing_is_promised():
    error = refused(six(), "defer", visit=4, on=day("2026-12-20"), more_time=lambda: False)
    assert (error.remedies, error.possible) == ((), ())
    assert error.next_step == "another day, or omit the visit"


def test_a_search_goes_on_only_as_long_as_there_is_time():
    questions = iter([True] * 5 + [False] * 10**6)
    asked = 0

    def more_time():
        nonlocal asked
        asked += 1
        return next(questions)

    error = refused(six(), "defer", visit=4, on=day("2026-12-20"), more_time=more_time)
    assert (len(error.remedies), asked < 20) == (0, True)
    with pytest.raises(OutOfTime):
        plan(
            load_protocol("iv-depression"),
            clinic(),
            request(),
            made_at=MADE_AT,
            more_time=lambda: False,
        )


# ---- Alternatives for one visit


def test_other_times_of_the_day_and_other_days_are_suggested():
    found = suggest(six(), 6, at=NOW)
    times = [f"{one.start:%H:%M}" for one in found if one.start.date() == day("2026-12-18")]
    assert times == ["09:15", "15:00"]
    assert {f"{one.start:%a %d}" for one in found} == {"Fri 18", "Mon 21"}


def test_what_moves_nothing_comes_first():
    moves = [len(one.moves) for one in suggest(six(), 4, at=NOW)]
    assert moves == sorted(moves)
    assert (moves[0], moves[-1]) == (0, 2)


def test_what_a_suggestion_says_is_so():
    course = six()
    for one in suggest(course, 4, at=NOW):
        time = Clock(one.start.hour * 60 + one.start.minute)
        change = Change("defer", visit=4, on=one.start.date(), time=time)
        new = {visit.uid: visit.start for visit in revise(course, change, at=NOW).visits}
        moved = {v.number: new[v.uid] for v in course.visits if new[v.uid] != v.start}
        assert moved == {4: one.start, **dict(one.moves)}


PACE = "visit 4 comes 4 days after the one before, not 2 or 3"


@pytest.mark.parametrize(
    ("on", "given_up"),
    [
        pytest.param("2026-12-15", (PACE, "another weekday, Tue"), id="the pace and a weekday"),
        pytest.param("2026-12-14", ("visit 4 is not at 09:00",), id="the time, on the same day"),
        pytest.param("2026-12-19", None, id="no suggestion on a day that is closed"),
    ],
)
def test_what_is_given_up_is_said(on, given_up):
    found = [one for one in suggest(six(), 4, at=NOW) if one.start.date() == day(on)]
    assert [one.gives_up for one in found][:1] == ([given_up] if given_up else [])


@pytest.mark.parametrize("number", [0, 7, 99])
def test_a_visit_that_there_is_not_has_no_alternatives(number):
    with pytest.raises(BadRequest, match="there is no visit"):
        suggest(six(), number, at=NOW)


def test_a_visit_that_is_over_has_no_alternatives():
    with pytest.raises(BadRequest, match="which is over"):
        suggest(six(), 1, at=NOW.replace(day=9))


# ---- Boosters are counted anew


def labels(course):
    return [one.of for one in course.visits if one.phase == "maintenance"]


def test_boosters_to_come_are_counted_anew_when_one_is_added():
    added = revise(six(boosters=2), Change("booster", on=day("2027-01-18")), at=NOW)
    assert labels(added) == ["1 of 3", "2 of 3", "3 of 3"]


def test_a_booster_that_has_been_keeps_its_name():
    course = revise(six(), Change("booster", on=day("2027-01-08")), at=NOW)
    later = NOW.replace(year=2027, month=1, day=20)
    again = revise(course, Change("booster", on=day("2027-02-05")), at=later)
    assert labels(again) == ["1 of 1", "2 of 2"]


def test_days_after_count_from_the_last_visit_that_is_decided():
    added = revise(six(boosters=1), Change("booster", days=45), at=NOW)
    assert day("2027-02-01") in [visit.start.date() for visit in added.visits]
