"""New wishes: as few visits move as can, and what does not move has no finding about them."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ketasched.errors import BadRequest, NoPlan
from ketasched.files.codec import plain, read
from ketasched.files.load import load_protocol
from ketasched.model import Change, Clock, Course, DateRange, Driver, SpanDays, TimeRange, Wishes
from ketasched.planning.check import check
from ketasched.planning.planner import plan
from ketasched.revising.alternatives import WhatIf, refusal_with_alternatives
from ketasched.revising.revise import revise
from tests.conftest import MADE_AT, examples
from tests.revising.changes import ZONE, apply, days, moment, moved_numbers, six
from tests.support.brute_force import Availability, hours_fit
from tests.support.nouns import clinic, hours_of, occupied, phase, protocol, request

BEFORE, ON_THE_10TH = "2026-12-01T12:00", "2026-12-10T12:00"
OVERRIDE_BOTH = {"overrides": ("gap", "span")}
EVERY_DAY = "mon tue wed thu fri sat sun"


def wish(course, today=BEFORE, overrides=(), **more):
    """The course after new wishes."""
    return apply(course, "wishes", today, wishes=Wishes(**more), overrides=overrides)


def on(*texts):
    """Days that the patient cannot."""
    return tuple(DateRange.read(text) for text in texts)


def clocks(course):
    return [f"{visit.start:%H:%M}" for visit in course.visits]


def broken(course):
    return [
        (finding.rule, finding.visit) for finding in check(course) if finding.level == "broken"
    ]


# ---- Which visits move


def test_wishes_that_every_visit_meets_move_none_of_them():
    course = six()
    after = wish(course, days=("mon", "wed", "fri"))
    assert moved_numbers(course, after) == []
    assert after.request.days == ("mon", "wed", "fri")
    assert after.revision == 2


def test_that_visits_are_not_at_the_wanted_time_is_said_until_another_time_is_wanted():
    course = six(time=Clock(16 * 60))  # the last visit of a day begins before
    said = [[one.rule for one in wish(course, **more).findings] for more in SAME_TIME_OR_ANOTHER]
    assert [rules.count("time") for rules in said] == [1, 0]


SAME_TIME_OR_ANOTHER: list[dict[str, Any]] = [
    {"unavailable": on("2027-03-01")},
    {"time": Clock(9 * 60)},
]


def test_a_visit_on_a_day_that_the_patient_cannot_moves_and_others_only_where_they_must():
    course = six(boosters=0)
    after = wish(course, unavailable=on("2026-12-16"))
    # Between Mon 14 and Fri 18 there is no other day: the last visit makes room.
    assert days(after) == ["07 Dec", "09 Dec", "11 Dec", "14 Dec", "18 Dec", "21 Dec"]
    assert moved_numbers(course, after) == [5, 6]
    assert broken(after) == []


def test_further_absences_are_added_to_those_that_are_known():
    course = wish(six(boosters=0), unavailable=on("2026-12-16"))
    after = wish(course, unavailable=on("2026-12-21..2026-12-22", "2026-12-16"))
    assert after.request.unavailable == on("2026-12-16", "2026-12-21..2026-12-22")
    assert days(after)[-2:] == ["18 Dec", "23 Dec"]


def test_other_wishes_replace_those_that_are_known_or_empty_them():
    course = wish(six(), days=("mon", "wed", "fri"), between=TimeRange.read("08:00-12:00"))
    after = wish(course, days=("mon", "tue", "wed", "fri"), emptied=("between",))
    assert after.request.days == ("mon", "tue", "wed", "fri")
    assert after.request.between is None
    assert wish(after, emptied=("days",)).request.days == ()


def test_absences_are_emptied_before_others_are_added():
    course = wish(six(), unavailable=on("2026-12-10"))
    after = wish(course, unavailable=on("2026-12-15"), emptied=("unavailable",))
    assert after.request.unavailable == on("2026-12-15")


def test_hours_that_the_visits_do_not_meet_leave_every_visit_on_its_day():
    course = six(boosters=0)
    after = wish(course, ON_THE_10TH, between=TimeRange.read("13:00-17:00"))
    assert days(after) == days(course)
    assert clocks(after) == ["09:00", "09:00", "13:00", "13:00", "13:00", "13:00"]


# ---- The wanted time


def test_with_a_wanted_time_each_visit_to_come_keeps_its_day_and_gets_the_nearest_start():
    course = six(boosters=0, at=clinic(times="09:00-12:00 13:00-17:00"))
    after = wish(course, ON_THE_10TH, time=Clock.read("12:10"))
    assert days(after) == days(course)
    assert clocks(after) == ["09:00", "09:00", "13:00", "13:00", "13:00", "13:00"]
    assert after.request.time == Clock.read("12:10")


def test_a_wanted_time_that_others_have_taken_is_the_next_one_that_is_free():
    course = six(boosters=0, at=clinic(chairs=1))
    taken = occupied([(moment("2026-12-11T10:30"), moment("2026-12-11T11:30"))])
    change = Change("wishes", wishes=Wishes(time=Clock.read("10:00")))
    after = revise(course, change, at=moment(BEFORE), bookings=taken)
    assert days(after) == days(course)
    assert clocks(after) == ["10:00", "10:00", "11:30", "10:00", "10:00", "10:00"]


def test_a_wanted_time_stays_the_same_when_the_clocks_go_forward():
    course = six(boosters=0, start=date(2027, 3, 8))
    after = wish(course, "2027-03-01T12:00", time=Clock.read("14:00"))
    assert [f"{one.start:%d %H:%M %z}" for one in after.visits] == [
        *("08 14:00 -0500", "10 14:00 -0500", "12 14:00 -0500"),
        *("15 14:00 -0400", "17 14:00 -0400", "19 14:00 -0400"),
    ]
    assert broken(after) == []


def test_with_a_wanted_time_a_visit_whose_day_does_not_fit_moves_to_another_day():
    course = six(boosters=0)
    after = wish(course, time=Clock.read("11:00"), unavailable=on("2026-12-18"))
    assert days(after) == ["07 Dec", "09 Dec", "11 Dec", "14 Dec", "16 Dec", "21 Dec"]
    assert set(clocks(after)) == {"11:00"}


def test_a_visit_that_was_deferred_to_another_time_is_named_by_the_wanted_time_again():
    late = {"visit": 3, "on": date(2026, 12, 11), "time": Clock.read("14:00")}
    course = apply(wish(six(boosters=0), time=Clock.read("10:00")), "defer", **late)
    assert clocks(course)[2] == "14:00"
    after = wish(course, time=Clock.read("10:00"))
    assert moved_numbers(course, after) == [3]
    assert clocks(after)[2] == "10:00"


def test_a_wanted_time_that_is_taken_back_moves_no_visit():
    course = wish(six(), time=Clock.read("10:00"))
    after = wish(course, emptied=("time",))
    assert after.request.time is None
    assert moved_numbers(course, after) == []


def test_that_visits_are_not_at_the_wanted_time_is_not_said_of_an_earlier_wish():
    course = six(time=Clock.read("18:00"))
    assert "time" in {finding.rule for finding in course.findings}
    after = wish(course, time=Clock.read("09:00"))
    assert "time" not in {finding.rule for finding in after.findings}


# ---- Visits that are over, held, or agreed on


def test_visits_that_are_over_stay_and_have_no_finding_about_new_wishes():
    course = apply(six(boosters=0), "complete", "2026-12-07T12:00", visit=1)
    after = wish(course, "2026-12-11T09:30", days=("tue", "thu"), **OVERRIDE_BOTH)
    assert days(after)[:3] == ["07 Dec", "09 Dec", "11 Dec"]
    assert "availability" not in {finding.rule for finding in check(after)}
    assert {visit.start.weekday() for visit in after.visits[3:]} == {1, 3}


def test_a_visit_of_this_afternoon_is_still_to_come():
    course = six(boosters=0, at=clinic(times="13:00-17:00"))
    after = wish(course, "2026-12-16T12:00", unavailable=on("2026-12-16"))
    assert days(after)[4:] == ["17 Dec", "21 Dec"]


def test_held_visits_stay_held_and_resume_heeds_the_wishes():
    held = apply(six(boosters=0), "hold", ON_THE_10TH)
    wished = wish(held, ON_THE_10TH, days=("tue", "fri"), between=TimeRange.read("12:00-17:00"))
    assert moved_numbers(held, wished) == []
    assert [visit.status for visit in wished.visits[2:]] == ["held"] * 4
    resumed = apply(wished, "resume", ON_THE_10TH, on=date(2026, 12, 11))
    assert days(resumed)[2:] == ["11 Dec", "15 Dec", "18 Dec", "22 Dec"]
    assert clocks(resumed)[2:] == ["12:00"] * 4
    with pytest.raises(NoPlan):
        apply(wished, "resume", ON_THE_10TH, on=date(2026, 12, 14))


def test_resume_heeds_a_time_that_was_wished_meanwhile():
    held = apply(six(boosters=0), "hold", ON_THE_10TH)
    wished = wish(held, ON_THE_10TH, time=Clock.read("10:00"))
    resumed = apply(wished, "resume", ON_THE_10TH, on=date(2026, 12, 11))
    assert days(resumed) == days(held)
    assert clocks(resumed)[2:] == ["10:00"] * 4
    # Without such a wish they keep the time that they had.
    late = {"visit": 5, "on": date(2026, 12, 16), "time": Clock.read("14:00")}
    held = apply(apply(six(boosters=0), "defer", **late), "hold", ON_THE_10TH)
    resumed = apply(held, "resume", ON_THE_10TH, on=date(2026, 12, 11))
    assert clocks(resumed)[2:] == ["09:00", "09:00", "14:00", "09:00"]


SATURDAY = {"visit": 3, "on": date(2026, 12, 12), "overrides": ("availability",)}


def course_with_a_saturday():
    course = six(boosters=0, at=clinic(EVERY_DAY), days=("mon", "wed", "fri"))
    agreed = apply(course, "defer", **SATURDAY)
    assert ("availability", 3) in broken(agreed)
    return agreed


def test_a_visit_that_was_agreed_on_stays_where_the_patient_cannot_for_the_same_reason():
    agreed = course_with_a_saturday()
    after = wish(agreed, unavailable=on("2026-12-18"))
    assert days(after)[2] == "12 Dec"
    assert ("availability", 3) in [(one.rule, one.visit) for one in after.findings]


def test_a_visit_that_was_agreed_on_moves_if_the_patient_cannot_for_another_reason():
    after = wish(course_with_a_saturday(), days=("mon", "tue", "fri"))
    assert days(after)[2] != "12 Dec"
    assert "availability" not in {finding.rule for finding in after.findings}


def test_a_review_moves_to_a_day_on_which_the_patient_can():
    course = six(boosters=0)
    assert f"{course.companions[-1].start:%a %d}" == "Mon 21"
    after = wish(course, unavailable=on("2026-12-21..2026-12-22"))
    assert moved_numbers(course, after) == []
    assert f"{after.companions[-1].start:%a %d}" == "Wed 23"


def test_new_drivers_are_not_made_up_by_wishes():
    course = six(boosters=0, driver_name="Sam")
    course = apply(course, "driver", visit=5, driver=Driver("Kim"))
    after = wish(course, unavailable=on("2026-12-16"))
    drivers = [visit.driver.name for visit in after.visits]
    assert drivers == ["Sam", "Sam", "Sam", "Sam", "Kim", "Sam"]


# ---- What is said


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        pytest.param(
            {"days": ("mon", "wed", "fri")},
            "wishes: days mon, wed, fri; no visit moved",
            id="days",
        ),
        pytest.param(
            {"unavailable": on("2026-12-18"), "emptied": ("days",)},
            "wishes: days none, unavailable 2026-12-18; visit 6 moved",
            id="one visit",
        ),
        pytest.param(
            {"unavailable": on("2026-12-16")},
            "wishes: unavailable 2026-12-16; visits 5 and 6 moved",
            id="two visits",
        ),
        pytest.param(
            {"between": TimeRange.read("10:00-15:00"), "time": Clock.read("11:00")},
            "wishes: between 10:00-15:00, time 11:00; visits 1, 2, 3, 4, 5 and 6 moved",
            id="all visits",
        ),
    ],
)
def test_the_history_says_what_was_wished_and_what_moved(wishes, said):
    after = wish(six(boosters=0), **wishes)
    assert after.history[-1].what == said


def test_another_language_moves_nobody_and_is_a_new_version_of_every_entry():
    course = six(boosters=0)
    after = wish(course, language="es", driver_language="fr")
    assert after.history[-1].what == "wishes: language es, driver's language fr; no visit moved"
    assert [visit.start for visit in after.visits] == [visit.start for visit in course.visits]
    assert [visit.sequence for visit in after.visits] == [1] * 6
    closed = replace(
        course.clinic, closures=replace(course.clinic.closures, dates=on("2026-12-09"))
    )
    again = wish(replace(course, clinic=closed), language="es")
    assert [visit.start for visit in again.visits] == [visit.start for visit in course.visits]
    back = wish(after, emptied=("language",))
    assert (back.request.language, back.request.driver_language) == ("", "fr")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("patient_phone", "555 0199", "patient's phone 555 0199"),
        ("patient_email", "ana@example.org", "patient's email ana@example.org"),
        ("reminders", True, "reminders yes"),
    ],
    ids=["a phone", "an address", "reminders"],
)
def test_how_the_patient_is_reached_moves_nobody_and_changes_no_calendar(name, value, said):
    course = six(boosters=0)
    dates = replace(course.clinic.closures, dates=on("2026-12-09"))
    course = replace(course, clinic=replace(course.clinic, closures=dates))
    after = wish(course, **{name: value})
    assert after.history[-1].what == f"wishes: {said}; no visit moved"
    assert (after.visits, after.history[-1].changed) == (course.visits, ())
    assert getattr(after.request, name) == value
    assert read(Course, plain(after), zone=ZONE) == (after, [])
    back = wish(after, emptied=(name,))
    assert back.request == course.request
    assert " none; no visit moved" in back.history[-1].what


def test_reminders_are_agreed_to_and_no_longer():
    agreed = wish(six(boosters=0), reminders=True)
    assert wish(agreed, reminders=True) is agreed
    assert not wish(agreed, reminders=False).request.reminders


def test_wishes_are_read_back_from_a_course_file():
    more = {"days": ("mon", "wed"), "unavailable": on("2026-12-15..2026-12-16")}
    course = six(boosters=0, at=clinic(EVERY_DAY))
    after = wish(course, emptied=("between",), time=Clock.read("10:00"), **more, **OVERRIDE_BOTH)
    found, problems = read(Course, plain(after), zone=ZONE)
    assert (found, problems) == (after, [])


def test_wishes_that_change_nothing_are_no_revision():
    course = six(days=("mon", "wed", "fri"), unavailable=on("2026-12-24..2026-12-31"))
    assert wish(course, days=("mon", "wed", "fri")) is course
    assert wish(course, unavailable=on("2026-12-25")) is course
    assert wish(course, emptied=("time", "between")) is course


def test_newer_hours_of_the_clinic_are_a_change():
    course, newer = six(days=("mon", "wed", "fri")), clinic(phone="+1 555 0100")
    change = Change("wishes", wishes=Wishes(days=("mon", "wed", "fri")))
    assert revise(course, change, at=moment(BEFORE), clinic=newer).revision == 2


# ---- Refusals


def test_no_wish_is_a_bad_request():
    for wishes in (None, Wishes()):
        with pytest.raises(BadRequest, match="what the patient can"):
            apply(six(), "wishes", wishes=wishes)


def test_a_course_that_has_been_ceased_has_no_wishes():
    with pytest.raises(BadRequest, match="has been ceased"):
        wish(apply(six(), "cease"), days=("mon",))


def refusal_of(course, more_time=lambda: True, **wishes):
    change = Change("wishes", wishes=Wishes(**wishes))
    at = moment(BEFORE)
    with pytest.raises(NoPlan) as caught:
        revise(course, change, at=at)
    what_if = WhatIf(course, at, more_time=more_time)
    return refusal_with_alternatives(caught.value, change, what_if)


def test_a_refusal_says_day_by_day_why_and_what_would_do():
    error = refusal_of(six(boosters=0), days=("mon", "tue"))
    assert error.what == "wishes: no way to do this keeps every rule"
    assert [f"{day:%a %d} {finding.rule}" for day, finding in error.refusals] == [
        *("Wed 09 availability", "Thu 10 availability", "Fri 11 availability", "Sat 12 open-hours")
    ]
    assert [remedy.change for remedy in error.remedies] == [
        "--days mon,tue,wed",
        "--override gap --override span --reason WHY",
    ]
    assert error.next_step.endswith(": --days mon,tue,wed")


def test_each_remedy_does():
    course = six(boosters=0)
    for remedy in refusal_of(course, days=("mon", "tue")).remedies:
        option, _, value = remedy.change.partition(" ")
        if option == "--days":
            after = wish(course, days=tuple(value.split(",")))
        else:
            after = wish(course, days=("mon", "tue"), **OVERRIDE_BOTH)
        moved = [one for one in after.visits if one.number in moved_numbers(course, after)]
        assert remedy.dates == tuple(one.start.date() for one in moved)


def test_wider_hours_are_a_remedy():
    error = refusal_of(six(boosters=0), between=TimeRange.read("09:30-11:00"))
    assert error.remedies[0].change == "--between 09:00-11:00"


def test_without_time_for_remedies_the_next_step_is_the_usual_one():
    error = refusal_of(six(boosters=0), more_time=lambda: False, days=("mon", "tue"))
    said = "more days or hours, or: --override gap --override span --reason WHY"
    assert (error.remedies, error.next_step) == ((), said)


def test_an_overridden_gap_is_longer_and_never_shorter():
    after = wish(six(boosters=0), days=("mon",), **OVERRIDE_BOTH)
    assert [visit.start.weekday() for visit in after.visits] == [0] * 6
    assert [(two - one).days for one, two in pairwise(v.start for v in after.visits)] == [7] * 5
    assert {rule for rule, _ in broken(after)} == {"gap", "span"}
    assert set(broken(after)) == {
        (one.rule, one.visit) for one in after.findings if one.level == "broken"
    }


@pytest.mark.parametrize("rule", ["availability", "open-hours", "capacity", "start", "closure"])
def test_no_wish_overrides_what_it_says_itself_or_a_closed_day(rule):
    with pytest.raises(BadRequest, match=f"{rule} is never in the way of wishes"):
        wish(six(), days=("mon",), overrides=(rule,))


# ---- Compared with all sequences that keep the rules

TWO_A_DAY = (TimeRange.read("09:00-11:00"), TimeRange.read("14:00-16:00"))
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
COUNT, SPAN, FIRST = 3, 9, date(2027, 3, 8)
SOME_DAYS = st.sets(st.sampled_from(WEEK), min_size=3).map(
    lambda chosen: tuple(day for day in WEEK if day in chosen)
)
ABSENCES = st.sets(st.integers(0, 14), max_size=4).map(
    lambda numbers: tuple(
        DateRange(FIRST + timedelta(n), FIRST + timedelta(n)) for n in sorted(numbers)
    )
)
MORNING, AFTERNOON = TimeRange.read("08:00-12:00"), TimeRange.read("12:00-18:00")


def spacing_cost(dates):
    gaps = [(two - one).days for one, two in pairwise(dates)]
    return sum(max(2 - gap, 0, gap - 3) ** 2 for gap in gaps)


def sequences(course, asked):
    """All starts for the visits that keep the rules for what is asked, but for move rules."""
    available = Availability(course.clinic, asked, ())
    own = course.protocol.phases[0]
    kind = course.protocol.visits["infusion"]
    for first in range(30):
        for gaps in product(range(2, 6), repeat=COUNT - 1):
            offsets = [first + sum(gaps[:n]) for n in range(COUNT)]
            if offsets[-1] - offsets[0] >= SPAN:
                continue
            dates = [asked.start + timedelta(n) for n in offsets]
            for starts in product(*(available.on(day, kind) for day in dates)):
                if all(hours_fit(own, one, two) for one, two in pairwise(starts)):
                    yield starts


def keeps_move_rules(old, starts):
    """Whether no visit moves to an earlier day."""
    both = zip(old, starts, strict=True)
    return all(new.date() >= was.date() for was, new in both)


def best_sequence(course, asked, *, keeps_days):
    """The best starts: as few visits as can move (with `keeps_days` to another day)."""
    old = [visit.start for visit in course.visits]
    wanted = (asked.time or course.clinic.preferred_start).minutes
    best = None
    for starts in sequences(course, asked):
        if not keeps_move_rules(old, starts):
            continue
        both = list(zip(old, starts, strict=True))
        cost = (
            sum(one.date() != two.date() if keeps_days else one != two for one, two in both),
            max((starts[0].date() - old[0].date()).days, 0),
            spacing_cost([start.date() for start in starts]),
            len({start.weekday() for start in starts}),
            sum(abs(start.hour * 60 + start.minute - wanted) for start in starts),
            starts,
        )
        best = cost if best is None or cost < best else best
    return best


def planned(**more):
    """Three infusions around the change of the clocks on Sunday 14 March, two times a day."""
    at = replace(clinic(), hours=hours_of(dict.fromkeys(WEEK, TWO_A_DAY)))
    asked = request(FIRST, **more)
    try:
        return plan(protocol(phase(COUNT, span_days=SpanDays(SPAN))), at, asked, made_at=MADE_AT)
    except NoPlan:
        return None


@settings(max_examples=examples(60))
@given(
    old_days=SOME_DAYS,
    old_absences=ABSENCES,
    new_days=st.one_of(st.none(), SOME_DAYS),
    absences=ABSENCES,
    between=st.sampled_from([None, None, MORNING, AFTERNOON]),
    time=st.sampled_from([None, None, Clock.read("13:00"), Clock.read("10:00")]),
)
def test_no_plan_moves_fewer_visits_and_the_best_of_those_is_taken(
    old_days, old_absences, new_days, absences, between, time
):
    course = planned(days=old_days, unavailable=old_absences)
    assume(course is not None)
    wishes = Wishes(new_days, absences or None, between, time)
    assume(wishes != Wishes())
    change = Change("wishes", wishes=wishes)
    asked = replace(
        course.request,
        days=new_days or old_days,
        unavailable=(*old_absences, *absences),
        between=between,
        time=time,
    )
    best = best_sequence(course, asked, keeps_days=time is not None)
    at = moment("2027-03-01T12:00")
    if best is None:
        with pytest.raises(NoPlan):
            revise(course, change, at=at)
        return
    after = revise(course, change, at=at)
    assert [visit.start for visit in after.visits] == list(best[-1])
    assert broken(after) == []


@settings(max_examples=examples(60))
@given(absence=st.integers(0, 9), old_days=SOME_DAYS)
def test_a_visit_that_still_fits_stays_if_there_is_a_way(absence, old_days):
    course = planned(days=old_days)
    assume(course is not None)
    gone = course.request.start + timedelta(absence)
    asked = replace(course.request, unavailable=(DateRange(gone, gone),))
    fitting = [visit.number for visit in course.visits if visit.start.date() != gone]
    old = [visit.start for visit in course.visits]
    stays = any(
        all(starts[number - 1] == old[number - 1] for number in fitting)
        and keeps_move_rules(old, starts)
        for starts in sequences(course, asked)
    )
    assume(stays)
    after = apply(
        course, "wishes", "2027-03-01T12:00", wishes=Wishes(unavailable=asked.unavailable)
    )
    assert not set(moved_numbers(course, after)) & set(fitting)


def test_a_gated_course_keeps_its_gate():
    course = plan(load_protocol("iv-depression-gated"), clinic(), request(), made_at=MADE_AT)
    after = wish(course, time=Clock.read("11:00"))
    assert [one.status for one in after.visits] == [one.status for one in course.visits]
    assert [one.gate for one in after.companions] == [one.gate for one in course.companions]
    assert set(clocks(after)) == {"11:00"}
