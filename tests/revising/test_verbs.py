"""The verbs in the small: who is concerned, what is refused in which words, what stays."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise, product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ketasched.errors import BadRequest, NoPlan
from ketasched.files.load import load_protocol
from ketasched.model import (
    BusyTime,
    Change,
    Clock,
    Closures,
    DateRange,
    Driver,
    GapDays,
    GapHours,
    Hours,
    PhaseReview,
    SpanDays,
    TimeRange,
)
from ketasched.planning.planner import plan
from ketasched.revising.revise import revise
from ketasched.rules.base import OutOfTime
from tests.conftest import MADE_AT
from tests.revising.test_revise import (
    CLOSED,
    OPEN_DAYS,
    changed,
    days,
    fits,
    judged,
    moment,
    moved,
    planned,
    six,
    spacing,
    taking_place,
    weekdays,
    with_closures,
)
from tests.support.nouns import clinic, phase, protocol, request

EVERY_DAY = "mon tue wed thu fri sat sun"


def gated(**more):
    """Six infusions with gates after the second, on the 9th, and the third, on the 11th."""
    asked = request(**more)
    return plan(load_protocol("iv-depression-gated"), clinic(), asked, made_at=MADE_AT)


def weekly(count=6, least=3, most=12):
    """Infusions on Mondays from 7 December."""
    every_week = phase(count, every_days=7, gap_days=GapDays(most, least))
    return plan(protocol(every_week), clinic(), request(), made_at=MADE_AT)


def at_newer(course, newer, verb, today="2026-12-01T12:00", **more):
    return revise(course, Change(verb, **more), at=moment(today), clinic=newer)


def closed(*dates, on="mon tue wed thu fri"):
    """A clinic that is closed on these dates."""
    return clinic(on, closures=Closures(dates=tuple(DateRange(day, day) for day in dates)))


def december(*numbers):
    return [date(2026, 12, number) for number in numbers]


def statuses(course):
    return [visit.status for visit in course.visits]


def clocks(course):
    return [f"{visit.start:%H:%M}" for visit in course.visits]


# ---- What is refused says which option it is about, and what to try


def held():
    return changed(six(), "hold", "2026-12-09T12:00")


def with_all_boosters_held():
    return changed(six(boosters=12), "hold")


OFF_GRID = "visits begin every 15 minutes from 09:00, not at 09:07", "09:00 or 09:15"
NOT_YET = "is not after visit 6, the last before boosters", "a later day"


@pytest.mark.parametrize(
    ("course", "verb", "more", "field", "said", "step"),
    [
        pytest.param(
            *(held, "resume", {}),
            *("on", "expected the day of the next visit", "--on DATE"),
            id="resume on no day",
        ),
        pytest.param(
            *(held, "resume", {"on": date(2026, 12, 8)}),
            *("on", "Tue 8 Dec 2026 is over (today is Wed 9 Dec 2026)", "a day from today on"),
            id="resume yesterday",
        ),
        pytest.param(
            *(held, "resume", {"on": date(2026, 12, 11), "time": Clock(9 * 60 + 7)}),
            *("on", *OFF_GRID),
            id="resume off the grid",
        ),
        pytest.param(
            *(six, "booster", {"on": date(2027, 2, 15), "time": Clock(9 * 60 + 7)}),
            *("on", *OFF_GRID),
            id="booster off the grid",
        ),
        pytest.param(
            *(six, "booster", {"on": date(2026, 12, 18)}),
            *("on", f"Fri 18 Dec 2026 {NOT_YET[0]}", NOT_YET[1]),
            id="booster on the day of the last infusion",
        ),
        pytest.param(
            *(gated, "booster", {"days": 1}),
            *("after", f"Thu 10 Dec 2026 {NOT_YET[0]}", NOT_YET[1]),
            id="booster too few days after",
        ),
        pytest.param(
            *(with_all_boosters_held, "booster", {"on": date(2027, 12, 20)}),
            *("verb", "iv-depression has at most 12 boosters", ""),
            id="booster that would be too many when the others are resumed",
        ),
        pytest.param(
            *(six, "defer", {"visit": 3, "days": 40_000}),
            *("by", "expected a day until 2099-12-31, not 2136-06-17", "an earlier day"),
            id="defer by a century",
        ),
        pytest.param(
            *(held, "miss", {"visit": 2, "make_up": True}),
            *("make_up", "visits are held", "resume --on DATE first"),
            id="make up for one during a hold",
        ),
        pytest.param(
            *(six, "cease", {"visit": 8}),
            *("verb", "there is no visit left to cease", ""),
            id="cease after the last one",
        ),
        pytest.param(
            *(six, "review", {"visit": 3, "outcome": "go-on"}),
            *("visit", "visit 3 is on Fri 11 Dec 2026, which is still to come"),
            "record it when its day has come",
            id="review before its visit",
        ),
        pytest.param(
            *(six, "driver", {"visit": 1, "driver": Driver("Sam")}),
            *("visit", "visit 1 was on Mon 7 Dec 2026, which is over", ""),
            id="driver of a ride that is over",
        ),
    ],
)
def test_a_refusal_says_which_option_it_is_about_and_what_to_try(
    course, verb, more, field, said, step
):
    with pytest.raises(BadRequest) as caught:
        changed(course(), verb, "2026-12-09T12:00", **more)
    error = caught.value
    assert (error.field, error.what, error.next_step) == (field, said, step)


@pytest.mark.parametrize("outcome", ["go-on", "stop"])
def test_a_review_that_is_recorded_is_not_recorded_again(outcome):
    course = changed(six(), "review", "2026-12-14T12:00", visit=3, outcome="go-on")
    with pytest.raises(BadRequest, match=r"^review after visit 3: has been recorded$"):
        changed(course, "review", "2026-12-14T12:00", visit=3, outcome=outcome)


def test_a_review_that_is_cancelled_is_not_recorded():
    course = changed(six(), "cease", "2026-12-11T12:00", visit=4)
    with pytest.raises(BadRequest, match=r"^review after visit 6: has been cancelled$"):
        changed(course, "review", "2026-12-18T12:00", visit=6, outcome="go-on")


@pytest.mark.parametrize(
    ("driver", "said"),
    [
        pytest.param(None, "nobody drives to visit 2 already", id="nobody"),
        pytest.param(Driver("Sam"), "Sam drives to visit 2 already", id="Sam"),
    ],
)
def test_it_is_said_who_drives_already(driver, said):
    course = six(driver_name="Sam") if driver else six()
    with pytest.raises(BadRequest, match=f"^{said}$"):
        changed(course, "driver", visit=2, driver=driver)


def test_a_course_is_ceased_after_the_last_visit_that_has_been_or_a_later_one():
    course = six(boosters=0)
    for number, day in ((1, "07"), (2, "09"), (3, "11")):
        course = changed(course, "complete", f"2026-12-{day}T12:00", visit=number)
    with pytest.raises(BadRequest, match=r"^visit 3, after it, has taken place$") as caught:
        changed(course, "cease", "2026-12-11T12:00", visit=2)
    assert caught.value.next_step == "cease --after 3"
    after = changed(course, "cease", "2026-12-11T12:00", visit=3)
    assert statuses(after) == ["completed"] * 3 + ["ceased"] * 3


# ---- Whom a verb concerns


@pytest.mark.parametrize("number", [3, 7], ids=["held", "held and to be decided"])
def test_somebody_can_be_found_to_drive_to_a_visit_that_is_held(number):
    after = changed(held(), "driver", "2026-12-09T12:00", visit=number, driver=Driver("Sam"))
    assert after.visits[number - 1].driver == Driver("Sam")


def test_somebody_can_be_found_to_drive_to_a_visit_that_is_still_to_be_decided():
    after = changed(six(), "driver", visit=7, driver=Driver("Sam"))
    assert (after.visits[6].status, after.visits[6].driver) == ("tentative", Driver("Sam"))


def test_a_visit_that_is_still_to_be_decided_can_be_deferred():
    after = changed(six(), "defer", visit=7, days=3)
    assert (after.visits[6].status, days(after)[6]) == ("tentative", "04 Jan")


def test_a_visit_of_this_morning_that_was_called_off_can_be_deferred_at_noon():
    after = changed(six(boosters=0), "defer", "2026-12-09T12:00", visit=2, on=date(2026, 12, 10))
    assert days(after)[1] == "10 Dec"


def test_a_gate_does_not_hold_back_the_visit_that_it_follows():
    later = phase(
        2, name="later", tentative=True, reviews=(PhaseReview(1, "Is it enough?", gate=True),)
    )
    course = plan(protocol(phase(2), later), clinic(), request(), made_at=MADE_AT)
    assert statuses(changed(course, "confirm", visit=3))[2:] == ["planned", "tentative"]
    with pytest.raises(BadRequest, match="visit 4 waits for the review after visit 3"):
        changed(course, "confirm", visit=4)


def test_a_gate_lets_through_the_visits_up_to_the_next_one_and_no_boosters():
    course = gated(boosters=1)
    first = changed(course, "review", "2026-12-10T12:00", visit=2, outcome="go-on")
    assert statuses(first) == ["planned"] * 3 + ["tentative"] * 4
    second = changed(first, "review", "2026-12-14T09:00", visit=3, outcome="go-on")
    assert statuses(second) == ["planned"] * 6 + ["tentative"]


def test_who_decides_to_stop_in_the_morning_ends_the_visits_after_that_days():
    over = changed(six(boosters=0), "review", "2026-12-11T08:00", visit=3, outcome="stop")
    assert statuses(over) == ["planned"] * 3 + ["ceased"] * 3


def test_another_phone_of_a_driver_is_the_one_to_call():
    course = changed(six(), "driver", visit=2, driver=Driver("Ana", "555 0199"))
    after = changed(course, "driver", visit=3, driver=Driver("Ana", "555 0200"))
    assert after.visits[2].driver == Driver("Ana", "555 0200")


# ---- On hold


def test_what_is_over_is_not_touched_by_a_hold():
    course = changed(six(), "complete", "2026-12-07T12:00", visit=1)
    course = changed(course, "omit", "2026-12-07T12:00", visit=2)
    course = changed(course, "review", "2026-12-14T08:00", visit=3, outcome="go-on")
    again = changed(course, "hold", "2026-12-14T08:00")
    assert again.reviews[0] == course.reviews[0]
    again = changed(again, "resume", "2026-12-14T08:00", on=date(2026, 12, 14))
    assert statuses(again) == statuses(course)
    assert [one.status for one in again.reviews] == ["completed", "planned"]
    goes_back = {one.held_from for one in (*again.visits, *again.reviews)}
    assert goes_back == {None}


def test_a_visit_that_is_left_out_during_a_hold_does_not_come_back_with_its_gate():
    course = changed(gated(), "hold", "2026-12-09T12:00")
    course = changed(course, "omit", "2026-12-09T12:00", visit=3)
    assert course.visits[2].held_from is None
    saved = [replace(one, held_from="tentative") for one in course.visits[2:3]]
    older = replace(course, visits=(*course.visits[:2], *saved, *course.visits[3:]))
    for one in (course, older):
        after = changed(one, "review", "2026-12-10T09:00", visit=2, outcome="go-on")
        assert after.visits[2].status == "omitted"


@pytest.mark.parametrize("boosters", [0, 2])
def test_nothing_is_planned_to_make_up_for_a_visit_while_the_others_are_held(boosters):
    course = changed(six(boosters=boosters), "hold", "2026-12-09T12:00")
    with pytest.raises(BadRequest, match="visits are held"):
        changed(course, "miss", "2026-12-09T12:00", visit=2, make_up=True)
    missed = changed(course, "miss", "2026-12-09T12:00", visit=2, make_up=False)
    assert days(missed, "planned") == ["07 Dec"]
    again = changed(course, "resume", "2026-12-09T12:00", on=date(2026, 12, 11))
    made_up = changed(again, "miss", "2026-12-09T12:00", visit=2, make_up=True)
    assert days(made_up, "planned")[-1] == "21 Dec"


def test_a_talk_on_hold_ends_with_the_course_though_its_day_went_by():
    course = changed(six(), "hold", "2026-12-09T12:00")
    course = changed(course, "omit", "2026-12-09T12:00", visit=3)
    over = changed(course, "cease", "2027-01-20T12:00")
    assert [one.status for one in over.reviews] == ["ceased", "ceased"]
    assert {one.held_from for one in (*over.visits, *over.reviews)} == {None}
    until_four = changed(course, "cease", "2027-01-20T12:00", visit=4)
    assert [one.status for one in until_four.reviews] == ["held", "ceased"]


def test_a_talk_whose_day_went_by_does_not_end_with_the_course():
    course = six()
    over = changed(course, "cease", "2026-12-22T12:00")
    assert over.reviews == course.reviews


@pytest.mark.parametrize("verb", ["cease", "hold", "review"])
def test_a_review_goes_with_the_visit_before_it_that_nobody_decided_on(verb):
    course, more = gated(), {}
    if verb == "review":
        more = {"visit": 2, "outcome": "stop"}
    after = changed(course, verb, "2026-12-16T12:00", **more)
    status = "held" if verb == "hold" else "ceased"
    assert set(statuses(after)[2:]) == {status}
    assert after.reviews[1].status == status


def test_a_second_hold_makes_no_difference_to_what_is_held_already():
    first = changed(six(), "hold", "2026-12-09T12:00")
    planned = replace(first.visits[3], status="planned", held_from=None)
    course = replace(first, visits=(*first.visits[:3], planned, *first.visits[4:]))
    second = changed(course, "hold", "2026-12-09T12:00")
    assert [(one.status, one.held_from) for one in second.visits] == [
        (one.status, one.held_from) for one in first.visits
    ]
    assert {(one.status, one.held_from) for one in second.reviews} == {("held", "planned")}


def test_a_review_that_is_recorded_in_the_morning_of_its_visit_stays_recorded():
    course = changed(six(), "review", "2026-12-11T08:00", visit=3, outcome="go-on")
    after = changed(course, "hold", "2026-12-11T08:30")
    assert (after.visits[2].status, after.reviews[0].status) == ("held", "completed")


def test_the_first_visit_is_resumed_at_a_time_and_the_others_at_the_usual_one():
    course = changed(six(boosters=0), "hold", "2026-12-09T12:00")
    at_two = {"on": date(2026, 12, 14), "time": Clock(14 * 60)}
    after = changed(course, "resume", "2026-12-09T12:00", **at_two)
    assert clocks(after) == ["09:00", "09:00", "14:00", "09:00", "09:00", "09:00"]


def test_the_pace_is_counted_from_the_first_visit_that_is_resumed():
    course = changed(weekly(), "hold", "2026-12-15T12:00")
    after = changed(course, "resume", "2026-12-16T12:00", on=date(2026, 12, 23))
    assert days(after)[2:] == ["23 Dec", "28 Dec", "04 Jan", "11 Jan"]
    late = changed(course, "resume", "2027-01-05T12:00", on=date(2027, 1, 11), overrides=("gap",))
    assert days(late)[2:] == ["11 Jan", "18 Jan", "25 Jan", "01 Feb"]


def test_a_visit_that_is_resumed_on_its_own_day_is_where_the_pace_wants_it():
    course = changed(weekly(), "defer", visit=3, on=date(2026, 12, 22))
    course = changed(course, "hold", "2026-12-15T12:00")
    after = changed(course, "resume", "2026-12-15T12:00", on=date(2026, 12, 22))
    assert course.visits[2].window.target == date(2026, 12, 21)
    assert after.visits[2].window.target == date(2026, 12, 22)


# ---- Visits that a change adds


def test_a_booster_can_be_added_at_a_time():
    on = date(2027, 1, 18)
    after = changed(six(boosters=0), "booster", "2026-12-20T12:00", on=on, time=Clock(14 * 60))
    assert clocks(after) == ["09:00"] * 6 + ["14:00"]


def test_a_booster_on_the_day_of_another_one_does_not_push_that_away():
    with pytest.raises(NoPlan) as caught:
        changed(six(), "booster", on=date(2027, 1, 1))
    (finding,) = caught.value.findings
    assert (finding.rule, finding.visit) == ("gap", 9)


def test_whoever_drove_to_a_missed_visit_drives_to_the_one_that_makes_up_for_it():
    course = changed(six(), "driver", visit=2, driver=Driver("Sam"))
    after = changed(course, "miss", "2026-12-09T12:00", visit=2, make_up=True)
    assert [one.driver for one in after.visits if one.of == "2 of 6, again"] == [Driver("Sam")]


def test_visits_are_numbered_by_time_wherever_one_is_added():
    after = changed(gated(), "miss", "2026-12-09T12:00", visit=2, make_up=True)
    assert [(one.number, one.of) for one in after.visits[1:4]] == [
        *((2, "2 of 6"), (3, "2 of 6, again"), (4, "3 of 6"))
    ]
    assert [one.number for one in after.visits] == [1, 2, 3, 4, 5, 6, 7]


def test_a_visit_is_made_up_for_again_and_again_under_the_same_name():
    course = changed(six(boosters=0), "miss", "2026-12-09T12:00", visit=2, make_up=True)
    course = changed(course, "miss", "2026-12-21T12:00", visit=7, make_up=True)
    assert [one.of for one in course.visits[6:]] == ["2 of 6, again", "2 of 6, again"]


def test_a_visit_that_is_called_off_in_the_morning_is_not_made_up_for_at_its_own_time():
    course = six(boosters=0)
    after = changed(course, "miss", "2026-12-09T08:00", visit=2, make_up=True)
    assert moved(course, after) == []
    assert days(after, "planned")[-1] == "21 Dec"


def test_a_weekly_visit_is_made_up_for_a_week_after_the_last_one():
    course = changed(weekly(), "defer", visit=3, days=1)
    after = changed(course, "miss", "2026-12-07T12:00", visit=1, make_up=True)
    assert days(after) == ["07 Dec", "14 Dec", "22 Dec", "28 Dec", "04 Jan", "11 Jan", "18 Jan"]


# ---- What stays, and what has to go elsewhere


@pytest.mark.parametrize("verb", ["omit", "miss"])
def test_a_time_that_was_asked_for_stays_when_something_else_changes(verb):
    at_two = {"on": date(2026, 12, 16), "time": Clock(14 * 60)}
    course = changed(six(boosters=0), "defer", visit=5, **at_two)
    more = {"make_up": True} if verb == "miss" else {}
    after = changed(course, verb, "2026-12-09T12:00", visit=2, **more)
    assert moved(course, after) == []


@pytest.mark.parametrize(
    "to",
    [
        pytest.param({"on": date(2026, 12, 20)}, id="on a closed day"),
        pytest.param({"on": date(2026, 12, 15)}, id="on the next day"),
        pytest.param({"on": date(2026, 12, 14), "time": Clock(13 * 60)}, id="on the same day"),
    ],
)
def test_what_was_overridden_stays_when_something_else_changes(to):
    overrides = ("open-hours", "gap", "span")
    course = changed(six(boosters=0), "defer", visit=5, overrides=overrides, **to)
    after = changed(course, "omit", visit=2)
    assert moved(course, after) == []


def test_a_gap_that_was_overridden_permits_no_other_time_of_the_same_day():
    to = {"on": date(2026, 12, 23), "time": Clock(14 * 60)}
    course = changed(six(boosters=0), "defer", visit=6, overrides=("gap",), **to)
    hours = replace(course.clinic.hours, wed=(TimeRange.read("09:00-12:00"),))
    after = at_newer(course, replace(course.clinic, hours=hours), "omit", visit=2)
    assert (days(after)[5], clocks(after)[5]) == ("18 Dec", "09:00")


def test_visits_before_the_clinic_opens_now_go_where_it_is_open():
    course, later = six(boosters=0), clinic(times="10:00-17:00")
    after = at_newer(course, later, "omit", visit=1)
    assert clocks(after) == ["09:00", *["10:00"] * 5]


def test_on_a_day_that_is_overridden_a_visit_is_at_the_wanted_time():
    course = six(boosters=0, days=("mon", "wed", "fri"), time=Clock(14 * 60))
    both = ("open-hours", "availability")
    after = changed(course, "defer", visit=6, on=date(2026, 12, 19), overrides=both)
    other = changed(course, "defer", visit=5, on=date(2026, 12, 17), overrides=("availability",))
    assert clocks(after)[5] == clocks(other)[4] == "14:00"


def test_on_a_day_that_is_overridden_the_hours_between_visits_are_kept():
    hours = phase(3, gap_hours=GapHours(min=48, max=120))
    asked = request(days=("mon", "thu"))
    course = plan(protocol(hours), clinic(), asked, made_at=MADE_AT)
    course = changed(course, "defer", visit=1, on=date(2026, 12, 7), time=Clock(13 * 60))
    after = changed(course, "defer", visit=2, on=date(2026, 12, 9), overrides=("availability",))
    assert clocks(after)[:2] == ["13:00", "13:00"]


def test_a_gap_that_may_be_longer_keeps_its_hours():
    hours = phase(4, gap_hours=GapHours(min=48, max=120))
    course = plan(protocol(hours), clinic(), request(), made_at=MADE_AT)
    course = changed(course, "defer", visit=2, on=date(2026, 12, 9), time=Clock(13 * 60))
    newer = closed(*december(14))
    after = at_newer(course, newer, "omit", visit=3, overrides=("gap",))
    assert (days(after)[3], clocks(after)[3]) == ("11 Dec", "13:00")


def test_a_course_can_begin_as_late_as_it_is_asked_to():
    after = changed(six(boosters=0), "defer", visit=1, days=98)
    assert (len(days(after)), days(after)[0]) == (6, "15 Mar")


def test_who_comes_first_after_one_that_is_left_out_can_come_on_another_day():
    newer = closed(*december(9))
    after = at_newer(six(boosters=0), newer, "omit", visit=1)
    assert days(after, "planned")[:2] == ["08 Dec", "11 Dec"]


def test_all_visits_move_where_none_can_stay():
    newer = closed(*december(11, 14, 16, 18))
    after = at_newer(six(boosters=0), newer, "omit", "2026-12-08T08:00", visit=2)
    assert days(after, "planned") == ["07 Dec", "10 Dec", "15 Dec", "17 Dec", "21 Dec"]


def test_the_visit_that_has_no_place_is_named_though_all_before_it_would_move():
    newer = closed(*december(11, 14, 16, 18, *range(19, 32)))
    with pytest.raises(NoPlan) as caught:
        at_newer(six(boosters=0), newer, "omit", "2026-12-08T08:00", visit=2)
    assert {finding.visit for finding in caught.value.findings} == {6}


def test_a_visit_can_be_moved_to_this_very_moment_and_not_to_before_it():
    course = six(boosters=0, per_week=2)
    to = {"visit": 4, "on": date(2026, 12, 16)}
    assert days(changed(course, "defer", "2026-12-16T09:00", **to))[3] == "16 Dec"
    with pytest.raises(NoPlan):
        changed(course, "defer", "2026-12-16T09:01", **to)


@pytest.mark.parametrize(
    ("until", "found"), [(date(2027, 1, 15), True), (date(2027, 1, 16), False)]
)
def test_a_gap_that_we_choose_is_at_most_four_weeks_longer(until, found):
    shut = Closures(dates=(DateRange(date(2026, 12, 15), until),))
    newer = clinic(EVERY_DAY, closures=shut)
    omit = {"visit": 5, "overrides": ("gap", "span")}
    if found:
        assert days(at_newer(six(boosters=0), newer, "omit", **omit))[-1] == "16 Jan"
    else:
        with pytest.raises(NoPlan):
            at_newer(six(boosters=0), newer, "omit", **omit)


def test_a_visit_is_made_up_for_between_others_where_there_is_room_only_there():
    course = changed(six(boosters=0), "defer", visit=6, on=date(2026, 12, 21))
    shut = Closures(dates=(DateRange(date(2026, 12, 22), date(2027, 1, 31)),))
    newer = replace(course.clinic, closures=shut)
    after = at_newer(course, newer, "miss", "2026-12-09T12:00", visit=2, make_up=True)
    assert moved(course, after) == []
    assert [one.of for one in after.visits[4:]] == ["5 of 6", "2 of 6, again", "6 of 6"]


def test_a_gap_is_bent_once_and_further_on_only_where_that_does_not_help():
    omit = {"visit": 2, "overrides": ("gap",)}
    after = at_newer(six(boosters=0), closed(*december(18, 19, 20, 21)), "omit", **omit)
    assert days(after)[4:] == ["17 Dec", "22 Dec"]
    assert [one for one in after.findings if one.level == "broken"] == []


def test_visits_leave_a_time_that_is_busy_now():
    course = six(boosters=0)
    meeting = BusyTime(moment("2026-12-16T08:00"), moment("2026-12-16T18:00"), "meeting")
    change = Change("defer", visit=1, on=date(2026, 12, 7), time=Clock(10 * 60))
    after = revise(course, change, at=moment("2026-12-01T12:00"), busy=(meeting,))
    assert 5 in moved(course, after)
    assert after.request.busy == (meeting,)


ONE_CHAIR = clinic(chairs=1)
TAKEN = {date(2026, 12, 17): ((moment("2026-12-17T09:00"), moment("2026-12-17T17:00")),)}


def test_a_chair_that_is_taken_is_overridden_with_a_finding():
    change = Change("defer", visit=5, on=date(2026, 12, 17), overrides=("capacity",))
    course = six(boosters=0, at=ONE_CHAIR)
    after = revise(course, change, at=moment("2026-12-01T12:00"), bookings=TAKEN)
    broken = [(one.rule, one.visit) for one in after.findings if one.level == "broken"]
    assert broken == [("capacity", 5)]


def test_a_chair_that_another_patient_has_by_now_is_nobodys_decision():
    course = changed(six(boosters=0, at=ONE_CHAIR), "defer", visit=5, on=date(2026, 12, 17))
    named = Change("driver", visit=2, driver=Driver("Sam"))
    after = revise(course, named, at=moment("2026-12-01T12:00"), bookings=TAKEN)
    assert [one for one in after.findings if one.level == "broken"] == []


# ---- What the record says


@pytest.mark.parametrize(
    ("verb", "more", "stays"),
    [
        pytest.param("driver", {"visit": 5, "driver": Driver("Sam")}, True, id="nobody moves"),
        pytest.param("omit", {"visit": 3}, True, id="the one before the one before is left out"),
        pytest.param("omit", {"visit": 4}, False, id="the one before it is left out"),
        pytest.param("omit", {"visit": 5}, False, id="it is left out"),
        pytest.param("omit", {"visit": 6}, True, id="the one after it is left out"),
        pytest.param("defer", {"visit": 6, "days": 1}, True, id="the one after it moves"),
        pytest.param(
            "defer",
            {"visit": 5, "on": date(2026, 12, 18), "time": Clock(600), "scope": "visit"},
            False,
            id="it has another time",
        ),
    ],
)
def test_a_pace_that_was_given_up_is_said_as_long_as_it_is_so(verb, more, stays):
    course = six(boosters=0, at=closed(*december(16, 17)))
    assert days(course)[3:5] == ["14 Dec", "18 Dec"]
    slow = [one for one in course.findings if one.rule == "spacing"]
    assert [one.visit for one in slow] == [5]
    after = changed(course, verb, **more)
    assert [one for one in after.findings if one.rule == "spacing"] == (slow if stays else [])


def test_a_first_day_that_was_given_up_is_said_as_long_as_the_course_begins_then():
    course = six(boosters=0, at=closed(*december(7)))
    (slid,) = [one for one in course.findings if one.level == "given-up" and one.visit == 1]
    kept = changed(course, "omit", visit=2)
    assert slid in kept.findings
    assert slid not in changed(course, "defer", visit=1, days=1).findings


def test_the_record_has_no_reason_and_no_name_where_none_is_given():
    complete = Change("complete", visit=1)
    entry = revise(six(), complete, at=moment("2026-12-07T12:00")).history[-1]
    assert (entry.why, entry.by, entry.change) == ("", "", complete)
    assert (entry.former_clinic, entry.former_busy) == (None, None)


def test_the_record_has_the_clinic_and_the_busy_times_as_they_were_where_they_are_others():
    course, newer = six(), clinic(phone="555")
    busy = (BusyTime(moment("2026-12-25T08:00"), moment("2026-12-25T18:00"), "family"),)
    change, at = Change("omit", visit=3), moment("2026-12-01T12:00")
    after = revise(course, change, at=at, clinic=newer, busy=busy)
    entry = after.history[-1]
    assert (after.clinic, after.request.busy) == (newer, busy)
    assert (entry.former_clinic, entry.former_busy) == (course.clinic, ())
    again = revise(after, Change("omit", visit=4), at=at, clinic=newer, busy=busy).history[-1]
    assert (again.former_clinic, again.former_busy) == (None, None)


def test_a_moment_is_on_the_clinics_day_wherever_it_is_told():
    in_utc = moment("2026-12-07T20:00").astimezone(UTC)
    after = revise(six(), Change("defer", visit=1, days=1), at=in_utc)
    assert days(after)[0] == "08 Dec"
    assert f"{after.history[-1].at:%d %b %H:%M}" == "07 Dec 20:00"


def test_a_driver_who_was_taken_back_from_a_check_in_does_not_come_back_with_another_change():
    course = gated(start=date(2026, 12, 1), driver_name="Sam")
    assert course.visits[2].driver == Driver("Sam")
    course = changed(course, "driver", visit=3)
    assert changed(course, "omit", visit=5).visits[2].driver is None


def test_a_change_is_not_looked_for_when_the_time_is_up():
    with pytest.raises(OutOfTime):
        revise(
            six(),
            Change("defer", visit=3, days=1),
            at=moment("2026-12-01T12:00"),
            more_time=lambda: False,
        )


def test_a_course_without_a_history_can_be_changed():
    after = changed(replace(six(), history=()), "omit", visit=3)
    assert [entry.what for entry in after.history] == ["visit 3 omitted"]


def test_two_changes_on_one_evening_are_on_the_same_day():
    course = changed(six(), "complete", "2026-12-07T20:00", visit=1)
    after = changed(course, "omit", "2026-12-07T21:00", visit=3)
    assert after.history[-1].at == moment("2026-12-07T21:00")


def test_the_review_of_a_course_that_was_ceased_is_recorded_and_nothing_else():
    course = six(boosters=0)
    for verb, more in (
        *(("complete", {"visit": 1}), ("miss", {"visit": 2, "make_up": False})),
        *(("complete", {"visit": 3}), ("omit", {"visit": 4}), ("cease", {"visit": 4})),
    ):
        course = changed(course, verb, "2026-12-11T12:00", **more)
    assert len(set(statuses(course))) == 4
    for verb in ("hold", "cease", "complete"):
        with pytest.raises(BadRequest, match="nothing in it can change any more"):
            changed(course, verb, "2026-12-14T12:00", visit=5)
    course = changed(course, "review", "2026-12-14T12:00", visit=3, outcome="go-on")
    assert [one.status for one in course.reviews] == ["completed", "ceased"]
    with pytest.raises(BadRequest, match="nothing in it can change any more"):
        changed(course, "review", "2026-12-14T12:00", visit=3, outcome="go-on")


# ---- As few as possible: every way is tried


@settings(max_examples=100)
@given(open_days=OPEN_DAYS, closed=CLOSED, number=st.integers(2, 4), by=st.integers(1, 6))
def test_no_other_way_moves_fewer_weekly_visits_or_keeps_nearer_to_the_pace(
    open_days, closed, number, by
):
    at, is_open = with_closures(open_days, closed)
    course = planned(protocol(phase(4, every_days=7, gap_days=GapDays(10, 4))), at)
    assume(course)
    old = taking_place(course)
    target = old[number - 1] + timedelta(by)
    later = [day for day in (target + timedelta(n) for n in range(1, 31)) if is_open(day)]
    ways = []
    for rest in product(later, repeat=4 - number) if is_open(target) else ():
        starts = [*old[: number - 1], target, *rest]
        if all(4 <= (two - one).days <= 10 for one, two in pairwise(starts)):
            moves = sum(one != two for one, two in zip(rest, old[number:], strict=True))
            off = sum(((day - old[0]).days - 7 * n) ** 2 for n, day in enumerate(starts))
            ways.append((moves, off, weekdays(starts), starts))
    judged(course, ways, "defer", visit=number, days=by)


def sequences(days, gaps, count):
    """All that begin on one of these days and go on with these gaps."""
    for first in days:
        for steps in product(gaps, repeat=count - 1):
            yield [first + timedelta(sum(steps[:n])) for n in range(count)]


@settings(max_examples=100)
@given(open_days=OPEN_DAYS, closed=CLOSED, newer=CLOSED, span=st.integers(15, 24))
def test_no_other_way_moves_fewer_weekly_visits_when_the_first_one_is_left_out(
    open_days, closed, newer, span
):
    at, _ = with_closures(open_days, closed)
    every_week = phase(4, every_days=7, gap_days=GapDays(9, 5), span_days=SpanDays(span))
    course = planned(protocol(every_week), at)
    assume(course)
    old = taking_place(course)[1:]
    at, is_open = with_closures(open_days, newer)
    firsts = [course.request.start + timedelta(n) for n in range(30)]
    ways = []
    for starts in sequences(firsts, range(5, 10), 3):
        if all(map(is_open, starts)) and (starts[-1] - starts[0]).days < span:
            moves = sum(one != two for one, two in zip(starts, old, strict=True))
            off = sum(((day - starts[0]).days - 7 * n) ** 2 for n, day in enumerate(starts))
            ways.append((moves, off, weekdays(starts), starts))
    judged(replace(course, clinic=at), ways, "omit", visit=1)


@settings(max_examples=60)
@given(open_days=OPEN_DAYS, closed=CLOSED, newer=CLOSED, span=st.integers(7, 12))
def test_no_other_way_moves_fewer_visits_when_the_first_one_is_left_out(
    open_days, closed, newer, span
):
    at, _ = with_closures(open_days, closed)
    course = planned(protocol(phase(4, span_days=SpanDays(span))), at)
    assume(course)
    old = taking_place(course)[1:]
    at, is_open = with_closures(open_days, newer)
    firsts = [course.request.start + timedelta(n) for n in range(30)]
    ways = []
    for starts in sequences(firsts, range(2, 6), 3):
        if all(map(is_open, starts)) and fits(starts, span):
            moves = sum(one != two for one, two in zip(starts, old, strict=True))
            ways.append((moves, spacing(starts), weekdays(starts), starts))
    judged(replace(course, clinic=at), ways, "omit", visit=1)


MORNING, AFTERNOON = timedelta(hours=9), timedelta(hours=14)


@settings(max_examples=100)
@given(
    open_days=OPEN_DAYS,
    closed=CLOSED,
    number=st.integers(1, 3),
    by=st.integers(0, 4),
    least=st.integers(44, 56),
    most=st.integers(60, 110),
)
def test_no_other_way_moves_fewer_visits_where_hours_are_counted(
    open_days, closed, number, by, least, most
):
    at, is_open = with_closures(open_days, closed)
    two_a_day = (TimeRange.read("09:00-11:00"), TimeRange.read("14:00-16:00"))
    at = replace(at, hours=Hours(**dict.fromkeys(open_days, two_a_day)))
    course = planned(protocol(phase(4, gap_hours=GapHours(min=least, max=most))), at)
    assume(course)
    old = [visit.start.replace(tzinfo=None) for visit in course.visits]
    on = old[number - 1].date() + timedelta(by)
    target = datetime.combine(on, time()) + AFTERNOON
    ways = []
    for later in sequences([on], range(2, 6), 5 - number) if is_open(on) else ():
        for clocks in product((MORNING, AFTERNOON), repeat=4 - number):
            rest = [datetime.combine(*one) for one in zip(later[1:], [time()] * 3, strict=False)]
            rest = [day + clock for day, clock in zip(rest, clocks, strict=True)]
            starts = [*old[: number - 1], target, *rest]
            steps = [two - one for one, two in pairwise(starts)]
            in_hours = all(least <= step / timedelta(hours=1) <= most for step in steps)
            gaps = all(2 <= (two.date() - one.date()).days <= 5 for one, two in pairwise(starts))
            if in_hours and gaps and all(is_open(day) for day in later):
                dates = [start.date() for start in starts]
                moves = sum(one != two for one, two in zip(rest, old[number:], strict=True))
                off = sum(start.hour - 9 for start in starts)
                ways.append((moves, spacing(dates), weekdays(dates), off, starts))
    change = {"visit": number, "on": on, "time": Clock(14 * 60)}
    if not ways:
        with pytest.raises(NoPlan):
            changed(course, "defer", **change)
        return
    after = changed(course, "defer", **change)
    assert [visit.start.replace(tzinfo=None) for visit in after.visits] == min(ways)[-1]
