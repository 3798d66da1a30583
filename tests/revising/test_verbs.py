"""The verbs in detail: which visits they change, the words of refusals, and what stays."""

from dataclasses import replace
from datetime import UTC, date

import pytest

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
    PhaseReview,
    TimeRange,
)
from ketasched.planning.planner import plan
from ketasched.revising.revise import revise
from ketasched.revising.validation import REVISE
from ketasched.rules.base import OutOfTime
from tests.conftest import MADE_AT
from tests.revising.changes import apply, days, moment, moved_numbers, six
from tests.support.nouns import clinic, occupied, phase, protocol, request

EVERY_DAY = "mon tue wed thu fri sat sun"


def gated_course(**more):
    """Six infusions with gates after the second, on the 9th, and the third, on the 11th."""
    asked = request(**more)
    return plan(load_protocol("iv-depression-gated"), clinic(), asked, made_at=MADE_AT)


def weekly_course(count=6, least=3, most=12):
    """Infusions on Mondays from 7 December."""
    every_week = phase(count, every_days=7, gap_days=GapDays(most, least))
    return plan(protocol(every_week), clinic(), request(), made_at=MADE_AT)


def apply_at(course, newer, verb, today="2026-12-01T12:00", **more):
    return revise(course, Change(verb, **more), at=moment(today), clinic=newer)


def clinic_closed_on(*dates, on="mon tue wed thu fri"):
    """A clinic that is closed on these dates."""
    return clinic(on, closures=Closures(dates=tuple(DateRange(day, day) for day in dates)))


def december(*numbers):
    return [date(2026, 12, number) for number in numbers]


def statuses(course):
    return [visit.status for visit in course.visits]


def clocks(course):
    return [f"{visit.start:%H:%M}" for visit in course.visits]


# ---- Refusals name the option and the next step


def course_on_hold():
    return apply(six(), "hold", "2026-12-09T12:00")


def ceased_course():
    return apply(six(), "cease", "2026-12-09T12:00", visit=2)


def course_with_boosters_held():
    return apply(six(boosters=12), "hold")


OFF_GRID = "visits begin every 15 minutes from 09:00, not at 09:07", "09:00 or 09:15"
NOT_YET = "is not after visit 6, the last before boosters", "a later day"


@pytest.mark.parametrize(
    ("course", "verb", "more", "field", "said", "step"),
    [
        pytest.param(
            *(course_on_hold, "resume", {}),
            *("on", "expected the day of the next visit", "--on DATE"),
            id="resume on no day",
        ),
        pytest.param(
            *(course_on_hold, "resume", {"on": date(2026, 12, 8)}),
            *("on", "Tue 8 Dec 2026 is over (today is Wed 9 Dec 2026)", "a day from today on"),
            id="resume yesterday",
        ),
        pytest.param(
            *(course_on_hold, "resume", {"on": date(2026, 12, 11), "time": Clock(9 * 60 + 7)}),
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
            *(gated_course, "booster", {"days": 1}),
            *("after", f"Thu 10 Dec 2026 {NOT_YET[0]}", NOT_YET[1]),
            id="booster too few days after",
        ),
        pytest.param(
            *(course_with_boosters_held, "booster", {"on": date(2027, 12, 20)}),
            *("verb", "iv-depression has at most 12 boosters", ""),
            id="booster that would be too many when the others are resumed",
        ),
        pytest.param(
            *(six, "defer", {"visit": 3, "days": 40_000}),
            *("by", "expected a day until 2099-12-31, not 2136-06-17", "an earlier day"),
            id="defer by a century",
        ),
        pytest.param(
            *(six, "defer", {"visit": 5, "on": date(2026, 12, 16)}),
            *("to", "visit 5 is on Wed 16 Dec 2026 already", "another day or time"),
            id="defer to where it is",
        ),
        pytest.param(
            *(ceased_course, "defer", {"visit": 5, "days": 1}),
            *("visit", "visit 5 is ceased", ""),
            id="defer what does not take place",
        ),
        pytest.param(
            *(course_on_hold, "miss", {"visit": 2, "make_up": True}),
            *("make_up", "visits are held", f"{REVISE} resume --on DATE"),
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
        apply(course(), verb, "2026-12-09T12:00", **more)
    error = caught.value
    assert (error.field, error.what, error.next_step) == (field, said, step)


def test_nothing_is_changed_before_the_last_change():
    held = course_on_hold()
    with pytest.raises(BadRequest) as caught:
        apply(held, "resume", "2026-12-08T12:00", on=date(2026, 12, 14))
    assert caught.value.field == "today"
    assert caught.value.next_step.endswith(": --today 2026-12-09")


def test_a_refused_change_is_named_by_its_verb_and_its_visit_if_it_is_about_one():
    closed = clinic_closed_on(*december(*range(14, 32)))
    resumed = {"verb": "resume", "on": date(2026, 12, 14)}
    deferred = {"verb": "defer", "visit": 4, "on": date(2026, 12, 15)}
    for before, change, name in (
        (course_on_hold(), resumed, "resume"),
        (six(), deferred, "defer visit 4"),
    ):
        with pytest.raises(NoPlan) as caught:
            apply_at(before, closed, today="2026-12-10T12:00", **change)
        assert caught.value.what == f"{name}: no way to do this keeps every rule"


def test_nothing_is_made_up_for_once_later_visits_are_over():
    missed = apply(six(), "miss", "2027-01-20T12:00", visit=6)
    with pytest.raises(BadRequest) as caught:
        apply(missed, "miss", "2027-06-20T12:00", visit=6, make_up=True)
    error = caught.value
    said = "nothing can be added to induction: visits after it are over"
    assert (error.field, error.what, error.next_step) == ("make_up", said, "--no-make-up")


def test_a_visit_that_took_place_is_not_to_be_decided_any_more():
    before = gated_course()
    after = apply(before, "complete", "2026-12-18T12:00", visit=4)
    assert (before.visits[3].note, after.visits[3].note) == ("to be decided by your clinician", "")


@pytest.mark.parametrize("outcome", ["go-on", "stop"])
def test_a_review_that_is_recorded_is_not_recorded_again(outcome):
    course = apply(six(), "review", "2026-12-14T12:00", visit=3, outcome="go-on")
    with pytest.raises(BadRequest, match=r"(?m)^review after visit 3: has been recorded$"):
        apply(course, "review", "2026-12-14T12:00", visit=3, outcome=outcome)


def test_a_review_that_is_cancelled_is_not_recorded():
    course = apply(six(), "cease", "2026-12-11T12:00", visit=4)
    with pytest.raises(BadRequest, match=r"(?m)^review after visit 6: has been cancelled$"):
        apply(course, "review", "2026-12-18T12:00", visit=6, outcome="go-on")


def test_a_course_is_ceased_after_the_last_visit_that_has_been_or_a_later_one():
    course = six(boosters=0)
    for number, day in ((1, "07"), (2, "09"), (3, "11")):
        course = apply(course, "complete", f"2026-12-{day}T12:00", visit=number)
    with pytest.raises(BadRequest, match=r"(?m)^visit 3, after it, has taken place$") as caught:
        apply(course, "cease", "2026-12-11T12:00", visit=2)
    assert caught.value.next_step == f"{REVISE} cease --after 3 --reason WHY"
    after = apply(course, "cease", "2026-12-11T12:00", visit=3)
    assert statuses(after) == ["completed"] * 3 + ["ceased"] * 3


# ---- The visits that a verb changes


@pytest.mark.parametrize("number", [3, 7], ids=["held", "held and to be decided"])
def test_somebody_can_be_found_to_drive_to_a_visit_that_is_held(number):
    after = apply(
        course_on_hold(), "driver", "2026-12-09T12:00", visit=number, driver=Driver("Sam")
    )
    assert after.visits[number - 1].driver == Driver("Sam")


def test_somebody_can_be_found_to_drive_to_a_visit_that_is_still_to_be_decided():
    after = apply(six(), "driver", visit=7, driver=Driver("Sam"))
    assert (after.visits[6].status, after.visits[6].driver) == ("tentative", Driver("Sam"))


def test_a_visit_that_is_still_to_be_decided_can_be_deferred():
    after = apply(six(), "defer", visit=7, days=3)
    assert (after.visits[6].status, days(after)[6]) == ("tentative", "04 Jan")


def test_a_visit_of_this_morning_that_was_called_off_can_be_deferred_at_noon():
    after = apply(six(boosters=0), "defer", "2026-12-09T12:00", visit=2, on=date(2026, 12, 10))
    assert days(after)[1] == "10 Dec"


def test_a_gate_does_not_hold_back_the_visit_that_it_follows():
    later = phase(
        2, name="later", tentative=True, reviews=(PhaseReview(1, "Is it enough?", gate=True),)
    )
    course = plan(protocol(phase(2), later), clinic(), request(), made_at=MADE_AT)
    assert statuses(apply(course, "confirm", visit=3))[2:] == ["planned", "tentative"]
    with pytest.raises(BadRequest, match="visit 4 waits for the review after visit 3"):
        apply(course, "confirm", visit=4)


def test_a_gate_lets_through_the_visits_up_to_the_next_one_and_no_boosters():
    course = gated_course(boosters=1)
    first = apply(course, "review", "2026-12-10T12:00", visit=2, outcome="go-on")
    assert statuses(first) == ["planned"] * 3 + ["tentative"] * 4
    second = apply(first, "review", "2026-12-14T09:00", visit=3, outcome="go-on")
    assert statuses(second) == ["planned"] * 6 + ["tentative"]


def test_a_review_before_its_visit_can_cease_the_visits_after_it():
    over = apply(six(boosters=0), "review", "2026-12-11T08:00", visit=3, outcome="stop")
    assert statuses(over) == ["planned"] * 3 + ["ceased"] * 3


def test_a_new_phone_number_of_a_driver_replaces_the_known_one():
    course = apply(six(), "driver", visit=2, driver=Driver("Ana", "555 0199"))
    after = apply(course, "driver", visit=3, driver=Driver("Ana", "555 0200"))
    assert after.visits[2].driver == Driver("Ana", "555 0200")


# ---- On hold


def test_a_hold_does_not_change_what_is_over():
    course = apply(six(), "complete", "2026-12-07T12:00", visit=1)
    course = apply(course, "omit", "2026-12-07T12:00", visit=2)
    course = apply(course, "review", "2026-12-14T08:00", visit=3, outcome="go-on")
    again = apply(course, "hold", "2026-12-14T08:00")
    assert again.companions[0] == course.companions[0]
    again = apply(again, "resume", "2026-12-14T08:00", on=date(2026, 12, 14))
    assert statuses(again) == statuses(course)
    assert [one.status for one in again.companions] == ["completed", "planned"]
    goes_back = {one.held_from for one in (*again.visits, *again.companions)}
    assert goes_back == {None}


def test_a_visit_omitted_during_a_hold_does_not_come_back_with_its_gate():
    course = apply(gated_course(), "hold", "2026-12-09T12:00")
    course = apply(course, "omit", "2026-12-09T12:00", visit=3)
    assert course.visits[2].held_from is None
    saved = [replace(one, held_from="tentative") for one in course.visits[2:3]]
    older = replace(course, visits=(*course.visits[:2], *saved, *course.visits[3:]))
    for one in (course, older):
        after = apply(one, "review", "2026-12-10T09:00", visit=2, outcome="go-on")
        assert after.visits[2].status == "omitted"


@pytest.mark.parametrize("boosters", [0, 2])
def test_a_make_up_visit_is_refused_during_a_hold(boosters):
    course = apply(six(boosters=boosters), "hold", "2026-12-09T12:00")
    with pytest.raises(BadRequest, match="visits are held"):
        apply(course, "miss", "2026-12-09T12:00", visit=2, make_up=True)
    missed = apply(course, "miss", "2026-12-09T12:00", visit=2, make_up=False)
    assert days(missed, "planned") == ["07 Dec"]
    again = apply(course, "resume", "2026-12-09T12:00", on=date(2026, 12, 11))
    made_up = apply(again, "miss", "2026-12-09T12:00", visit=2, make_up=True)
    assert days(made_up, "planned")[-1] == "21 Dec"


def test_a_talk_on_hold_ends_with_the_course_though_its_day_went_by():
    course = apply(six(), "hold", "2026-12-09T12:00")
    course = apply(course, "omit", "2026-12-09T12:00", visit=3)
    over = apply(course, "cease", "2027-01-20T12:00")
    assert [one.status for one in over.companions] == ["ceased", "ceased"]
    assert {one.held_from for one in (*over.visits, *over.companions)} == {None}
    until_four = apply(course, "cease", "2027-01-20T12:00", visit=4)
    assert [one.status for one in until_four.companions] == ["held", "ceased"]


def test_a_talk_whose_day_went_by_does_not_end_with_the_course():
    course = six()
    over = apply(course, "cease", "2026-12-22T12:00")
    assert over.companions == course.companions


@pytest.mark.parametrize("verb", ["cease", "hold", "review"])
def test_a_review_is_held_or_ceased_with_its_tentative_visit(verb):
    course, more = gated_course(), {}
    if verb == "review":
        more = {"visit": 2, "outcome": "stop"}
    after = apply(course, verb, "2026-12-16T12:00", **more)
    status = "held" if verb == "hold" else "ceased"
    assert set(statuses(after)[2:]) == {status}
    assert after.companions[1].status == status


def test_a_second_hold_does_not_change_what_is_held():
    first = apply(six(), "hold", "2026-12-09T12:00")
    resumed = replace(first.visits[3], status="planned", held_from=None)
    course = replace(first, visits=(*first.visits[:3], resumed, *first.visits[4:]))
    second = apply(course, "hold", "2026-12-09T12:00")
    assert [(one.status, one.held_from) for one in second.visits] == [
        (one.status, one.held_from) for one in first.visits
    ]
    assert {(one.status, one.held_from) for one in second.companions} == {("held", "planned")}


def test_a_review_that_is_recorded_in_the_morning_of_its_visit_stays_recorded():
    course = apply(six(), "review", "2026-12-11T08:00", visit=3, outcome="go-on")
    after = apply(course, "hold", "2026-12-11T08:30")
    assert (after.visits[2].status, after.companions[0].status) == ("held", "completed")


def test_the_first_visit_is_resumed_at_a_time_and_the_others_at_the_usual_one():
    course = apply(six(boosters=0), "hold", "2026-12-09T12:00")
    at_two = {"on": date(2026, 12, 14), "time": Clock(14 * 60)}
    after = apply(course, "resume", "2026-12-09T12:00", **at_two)
    assert clocks(after) == ["09:00", "09:00", "14:00", "09:00", "09:00", "09:00"]


def test_the_pace_is_counted_from_the_first_visit_that_is_resumed():
    course = apply(weekly_course(), "hold", "2026-12-15T12:00")
    after = apply(course, "resume", "2026-12-16T12:00", on=date(2026, 12, 23))
    assert days(after)[2:] == ["23 Dec", "28 Dec", "04 Jan", "11 Jan"]
    late = apply(course, "resume", "2027-01-05T12:00", on=date(2027, 1, 11), overrides=("gap",))
    assert days(late)[2:] == ["11 Jan", "18 Jan", "25 Jan", "01 Feb"]


def test_a_visit_that_is_resumed_on_its_own_day_is_where_the_pace_wants_it():
    course = apply(weekly_course(), "defer", visit=3, on=date(2026, 12, 22))
    course = apply(course, "hold", "2026-12-15T12:00")
    after = apply(course, "resume", "2026-12-15T12:00", on=date(2026, 12, 22))
    assert course.visits[2].window.target == date(2026, 12, 21)
    assert after.visits[2].window.target == date(2026, 12, 22)


# ---- Visits that a change adds


def test_a_booster_can_be_added_at_a_time():
    on = date(2027, 1, 18)
    after = apply(six(boosters=0), "booster", "2026-12-20T12:00", on=on, time=Clock(14 * 60))
    assert clocks(after) == ["09:00"] * 6 + ["14:00"]


def test_a_booster_does_not_move_another_booster_of_the_same_day():
    with pytest.raises(NoPlan) as caught:
        apply(six(), "booster", on=date(2027, 1, 1))
    (finding,) = caught.value.findings
    assert (finding.rule, finding.visit) == ("gap", 9)


def test_a_make_up_visit_has_the_driver_of_the_missed_visit():
    course = apply(six(), "driver", visit=2, driver=Driver("Sam"))
    after = apply(course, "miss", "2026-12-09T12:00", visit=2, make_up=True)
    assert [one.driver for one in after.visits if one.of == "2 of 6, again"] == [Driver("Sam")]


def test_visits_are_numbered_by_time_wherever_one_is_added():
    after = apply(gated_course(), "miss", "2026-12-09T12:00", visit=2, make_up=True)
    assert [(one.number, one.of) for one in after.visits[1:4]] == [
        *((2, "2 of 6"), (3, "2 of 6, again"), (4, "3 of 6"))
    ]
    assert [one.number for one in after.visits] == [1, 2, 3, 4, 5, 6, 7]


def test_a_make_up_visit_for_a_make_up_visit_has_the_same_label():
    course = apply(six(boosters=0), "miss", "2026-12-09T12:00", visit=2, make_up=True)
    course = apply(course, "miss", "2026-12-21T12:00", visit=7, make_up=True)
    assert [one.of for one in course.visits[6:]] == ["2 of 6, again", "2 of 6, again"]


def test_a_make_up_visit_is_after_the_end_of_the_missed_visit():
    course = six(boosters=0)
    after = apply(course, "miss", "2026-12-09T08:00", visit=2, make_up=True)
    assert moved_numbers(course, after) == []
    assert days(after, "planned")[-1] == "21 Dec"


def test_a_weekly_make_up_visit_is_a_week_after_the_last_visit():
    course = apply(weekly_course(), "defer", visit=3, days=1)
    after = apply(course, "miss", "2026-12-07T12:00", visit=1, make_up=True)
    assert days(after) == ["07 Dec", "14 Dec", "22 Dec", "28 Dec", "04 Jan", "11 Jan", "18 Jan"]


def labels(course):
    return [one.of for one in course.visits if one.phase == "maintenance"]


def test_adding_a_booster_relabels_the_boosters_to_come():
    added = apply(six(), "booster", on=date(2027, 1, 18))
    assert labels(added) == ["1 of 3", "2 of 3", "3 of 3"]


def test_a_booster_that_is_over_keeps_its_label():
    course = apply(six(boosters=0), "booster", on=date(2027, 1, 8))
    again = apply(course, "booster", "2027-01-20T12:00", on=date(2027, 2, 5))
    assert labels(again) == ["1 of 1", "2 of 2"]


def test_days_after_count_from_the_last_visit_that_is_decided():
    added = apply(six(boosters=1), "booster", days=45)
    assert "01 Feb" in days(added)


# ---- Visits that stay, and visits that have to move


@pytest.mark.parametrize("verb", ["omit", "miss"])
def test_a_requested_time_stays_when_something_else_changes(verb):
    at_two = {"on": date(2026, 12, 16), "time": Clock(14 * 60)}
    course = apply(six(boosters=0), "defer", visit=5, **at_two)
    more = {"make_up": True} if verb == "miss" else {}
    after = apply(course, verb, "2026-12-09T12:00", visit=2, **more)
    assert moved_numbers(course, after) == []


@pytest.mark.parametrize(
    "to",
    [
        pytest.param({"on": date(2026, 12, 20)}, id="on a closed day"),
        pytest.param({"on": date(2026, 12, 15)}, id="on the next day"),
        pytest.param({"on": date(2026, 12, 14), "time": Clock(13 * 60)}, id="on the same day"),
    ],
)
def test_an_overridden_visit_stays_when_something_else_changes(to):
    overrides = ("open-hours", "gap", "span")
    course = apply(six(boosters=0), "defer", visit=5, overrides=overrides, **to)
    after = apply(course, "omit", visit=2)
    assert moved_numbers(course, after) == []


def test_a_gap_that_was_overridden_permits_no_other_time_of_the_same_day():
    to = {"on": date(2026, 12, 23), "time": Clock(14 * 60)}
    course = apply(six(boosters=0), "defer", visit=6, overrides=("gap",), **to)
    hours = replace(course.clinic.hours, wed=(TimeRange.read("09:00-12:00"),))
    newer = replace(course.clinic, hours=hours)
    other = {"visit": 1, "on": date(2026, 12, 7), "time": Clock(600)}
    after = apply_at(course, newer, "defer", **other)
    assert (days(after)[4:], clocks(after)[5]) == (["18 Dec", "23 Dec"], "09:00")


def test_visits_before_the_clinic_opens_now_go_where_it_is_open():
    course, later = six(boosters=0), clinic(times="10:00-17:00")
    on = {"visit": 1, "on": date(2026, 12, 7), "time": Clock(12 * 60)}
    after = apply_at(course, later, "defer", **on)
    assert clocks(after) == ["12:00", *["10:00"] * 5]


def test_on_an_overridden_day_a_visit_is_at_the_wanted_time():
    course = six(boosters=0, days=("mon", "wed", "fri"), time=Clock(14 * 60))
    both = ("open-hours", "availability")
    after = apply(course, "defer", visit=6, on=date(2026, 12, 19), overrides=both)
    other = apply(course, "defer", visit=5, on=date(2026, 12, 17), overrides=("availability",))
    assert clocks(after)[5] == clocks(other)[4] == "14:00"


def test_on_an_overridden_day_the_gap_in_hours_is_kept():
    hours = phase(3, gap_hours=GapHours(min=48, max=120))
    asked = request(days=("mon", "thu"))
    course = plan(protocol(hours), clinic(), asked, made_at=MADE_AT)
    course = apply(course, "defer", visit=1, on=date(2026, 12, 7), time=Clock(13 * 60))
    after = apply(course, "defer", visit=2, on=date(2026, 12, 9), overrides=("availability",))
    assert clocks(after)[:2] == ["13:00", "13:00"]


def test_a_gap_that_may_be_longer_keeps_its_hours():
    hours = phase(4, gap_hours=GapHours(min=48, max=120))
    course = plan(protocol(hours), clinic(), request(), made_at=MADE_AT)
    course = apply(course, "defer", visit=2, on=date(2026, 12, 9), time=Clock(13 * 60))
    newer = clinic_closed_on(*december(14))
    after = apply_at(course, newer, "defer", visit=3, days=-1, overrides=("gap", "earlier"))
    assert (days(after)[3], clocks(after)[3]) == ("15 Dec", "09:00")


def test_a_course_can_begin_as_late_as_it_is_asked_to():
    after = apply(six(boosters=0), "defer", visit=1, days=98)
    assert (len(days(after)), days(after)[0]) == (6, "15 Mar")


def test_all_visits_move_if_none_can_stay():
    newer = clinic_closed_on(*december(11, 14, 16, 18))
    to = {"visit": 2, "on": date(2026, 12, 10), "overrides": ("earlier",)}
    after = apply_at(six(boosters=0), newer, "defer", "2026-12-08T08:00", **to)
    assert days(after, "planned") == ["07 Dec", "10 Dec", "15 Dec", "17 Dec", "21 Dec", "24 Dec"]


def test_the_visit_without_a_date_is_named_though_all_before_would_move():
    newer = clinic_closed_on(*december(11, 14, 16, 18, *range(19, 32)))
    with pytest.raises(NoPlan) as caught:
        apply_at(six(boosters=0), newer, "defer", "2026-12-08T08:00", visit=2, days=1)
    assert {finding.visit for finding in caught.value.findings} == {5}


def test_a_visit_can_be_moved_to_this_very_moment_else_to_the_next_start_of_the_day():
    course = six(boosters=0, per_week=2)
    to = {"visit": 4, "on": date(2026, 12, 16)}
    assert days(apply(course, "defer", "2026-12-16T09:00", **to))[3] == "16 Dec"
    assert clocks(apply(course, "defer", "2026-12-16T09:01", **to))[3] == "09:15"
    with pytest.raises(NoPlan):
        apply(course, "defer", "2026-12-16T17:00", **to)


@pytest.mark.parametrize(
    ("until", "found"), [(date(2027, 1, 15), True), (date(2027, 1, 16), False)]
)
def test_a_gap_that_the_planner_chooses_is_at_most_four_weeks_longer(until, found):
    shut = Closures(dates=(DateRange(date(2026, 12, 15), until),))
    newer = clinic(EVERY_DAY, closures=shut)
    course = apply(six(boosters=0), "omit", visit=5)
    to = {"visit": 4, "on": date(2026, 12, 14), "time": Clock(600), "overrides": ("gap", "span")}
    if found:
        assert days(apply_at(course, newer, "defer", **to))[-1] == "16 Jan"
    else:
        with pytest.raises(NoPlan):
            apply_at(course, newer, "defer", **to)


def test_a_make_up_visit_is_between_others_if_there_is_room_only_there():
    course = apply(six(boosters=0), "defer", visit=6, on=date(2026, 12, 21))
    shut = Closures(dates=(DateRange(date(2026, 12, 22), date(2027, 1, 31)),))
    newer = replace(course.clinic, closures=shut)
    after = apply_at(course, newer, "miss", "2026-12-09T12:00", visit=2, make_up=True)
    assert moved_numbers(course, after) == []
    assert [one.of for one in after.visits[4:]] == ["5 of 6", "2 of 6, again", "6 of 6"]


def test_a_gap_is_waived_further_on_only_if_waiving_it_once_does_not_help():
    to = {"visit": 4, "on": date(2026, 12, 14), "time": Clock(600), "overrides": ("gap",)}
    newer = clinic_closed_on(*december(18, 19, 20, 21))
    after = apply_at(six(boosters=0), newer, "defer", **to)
    assert days(after)[4:] == ["17 Dec", "22 Dec"]
    assert [one for one in after.findings if one.level == "broken"] == []


def test_visits_leave_a_busy_time():
    course = six(boosters=0)
    meeting = BusyTime(moment("2026-12-16T08:00"), moment("2026-12-16T18:00"), "meeting")
    change = Change("defer", visit=1, on=date(2026, 12, 7), time=Clock(10 * 60))
    after = revise(course, change, at=moment("2026-12-01T12:00"), busy=(meeting,))
    assert 5 in moved_numbers(course, after)
    assert after.request.busy == (meeting,)


ONE_CHAIR = clinic(chairs=1)
TAKEN = occupied([(moment("2026-12-17T09:00"), moment("2026-12-17T17:00"))])


def test_a_chair_that_is_taken_is_overridden_with_a_finding():
    change = Change("defer", visit=5, on=date(2026, 12, 17), overrides=("capacity",))
    course = six(boosters=0, at=ONE_CHAIR)
    after = revise(course, change, at=moment("2026-12-01T12:00"), bookings=TAKEN)
    broken = [(one.rule, one.visit) for one in after.findings if one.level == "broken"]
    assert broken == [("capacity", 5)]


def test_a_chair_taken_by_another_patient_meanwhile_is_no_finding_of_the_course():
    course = apply(six(boosters=0, at=ONE_CHAIR), "defer", visit=5, on=date(2026, 12, 17))
    named = Change("driver", visit=2, driver=Driver("Sam"))
    after = revise(course, named, at=moment("2026-12-01T12:00"), bookings=TAKEN)
    assert [one for one in after.findings if one.level == "broken"] == []


# ---- Findings and history


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
            True,
            id="it has another time",
        ),
    ],
)
def test_a_given_up_pace_is_a_finding_until_the_visits_change(verb, more, stays):
    course = six(boosters=0, at=clinic_closed_on(*december(16, 17)))
    assert days(course)[3:5] == ["14 Dec", "18 Dec"]
    slow = [one for one in course.findings if one.rule == "spacing"]
    assert [one.visit for one in slow] == [5]
    after = apply(course, verb, **more)
    left = [one for one in after.findings if one.rule == "spacing"]
    assert (slow[0] in left) == stays


def test_a_given_up_first_day_is_a_finding_until_the_first_visit_moves():
    course = six(boosters=0, at=clinic_closed_on(*december(7)))
    (slid,) = [one for one in course.findings if one.level == "given-up" and one.visit == 1]
    kept = apply(course, "omit", visit=2)
    assert slid in kept.findings
    assert slid not in apply(course, "defer", visit=1, days=1).findings


def test_an_entry_has_no_reason_and_no_name_if_none_is_given():
    complete = Change("complete", visit=1)
    entry = revise(six(), complete, at=moment("2026-12-07T12:00")).history[-1]
    assert (entry.why, entry.by, entry.change) == ("", "", complete)
    assert (entry.former_clinic, entry.former_busy) == (None, None)


def test_an_entry_has_the_former_clinic_and_busy_times_if_they_changed():
    course, newer = six(), clinic(phone="555")
    busy = (BusyTime(moment("2026-12-25T08:00"), moment("2026-12-25T18:00"), "family"),)
    change, at = Change("omit", visit=3), moment("2026-12-01T12:00")
    after = revise(course, change, at=at, clinic=newer, busy=busy)
    entry = after.history[-1]
    assert (after.clinic, after.request.busy) == (newer, busy)
    assert (entry.former_clinic, entry.former_busy) == (course.clinic, ())
    again = revise(after, Change("omit", visit=4), at=at, clinic=newer, busy=busy).history[-1]
    assert (again.former_clinic, again.former_busy) == (None, None)


def test_the_moment_of_a_change_is_local_to_the_clinic():
    in_utc = moment("2026-12-07T20:00").astimezone(UTC)
    after = revise(six(), Change("defer", visit=1, days=1), at=in_utc)
    assert days(after)[0] == "08 Dec"
    assert f"{after.history[-1].at:%d %b %H:%M}" == "07 Dec 20:00"


def test_a_removed_driver_does_not_come_back_with_another_change():
    course = gated_course(start=date(2026, 12, 1), driver_name="Sam")
    assert course.visits[2].driver == Driver("Sam")
    course = apply(course, "driver", visit=3)
    assert apply(course, "omit", visit=5).visits[2].driver is None


def test_revise_raises_out_of_time_when_the_time_is_up():
    with pytest.raises(OutOfTime):
        revise(
            six(),
            Change("defer", visit=3, days=1),
            at=moment("2026-12-01T12:00"),
            more_time=lambda: False,
        )


def test_a_course_without_a_history_can_be_changed():
    after = apply(replace(six(), history=()), "omit", visit=3)
    assert [entry.what for entry in after.history] == ["visit 3 omitted"]


def test_two_changes_on_one_evening_are_on_the_same_day():
    course = apply(six(), "complete", "2026-12-07T20:00", visit=1)
    after = apply(course, "omit", "2026-12-07T21:00", visit=3)
    assert after.history[-1].at == moment("2026-12-07T21:00")


def test_of_a_ceased_course_only_the_review_can_be_recorded():
    course = six(boosters=0)
    for verb, more in (
        *(("complete", {"visit": 1}), ("miss", {"visit": 2, "make_up": False})),
        *(("complete", {"visit": 3}), ("omit", {"visit": 4}), ("cease", {"visit": 4})),
    ):
        course = apply(course, verb, "2026-12-11T12:00", **more)
    assert len(set(statuses(course))) == 4
    for verb in ("hold", "cease", "omit"):
        with pytest.raises(BadRequest, match="nothing in it can change any more"):
            apply(course, verb, "2026-12-14T12:00", visit=5)
    course = apply(course, "review", "2026-12-14T12:00", visit=3, outcome="go-on")
    assert [one.status for one in course.companions] == ["completed", "ceased"]
    with pytest.raises(BadRequest, match="nothing in it can change any more"):
        apply(course, "review", "2026-12-14T12:00", visit=3, outcome="go-on")
