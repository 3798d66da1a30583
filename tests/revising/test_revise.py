"""The verbs: what each changes in a course, and that it changes nothing else."""

from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest

from ketasched.errors import BadRequest, NoPlan
from ketasched.events.diff import changed_events, former_dates
from ketasched.events.events import events
from ketasched.events.view import View
from ketasched.files.load import load_protocol
from ketasched.model import (
    Change,
    Clock,
    Closures,
    DateRange,
    Driver,
    GapDays,
    Reminder,
    Reminders,
    SpanDays,
)
from ketasched.planning.check import check
from ketasched.planning.planner import plan
from ketasched.revising.revise import revise
from tests.conftest import MADE_AT
from tests.revising.changes import apply, days, moment, moved_numbers, six, visit_dates
from tests.support.nouns import clinic, phase, protocol, request

EVERY_DAY = "mon tue wed thu fri sat sun"

BOOSTERS = ["01 Jan", "22 Jan"]


# ---- What the verbs do


def test_completing_a_visit_changes_nothing_else():
    before = six()
    after = apply(before, "complete", "2026-12-07T12:00", visit=1)
    assert after.visits[0].status == "completed"
    assert (after.revision, after.history[-1].what) == (2, "visit 1 completed")
    assert after.history[-1].changed == ()
    assert replace(after.visits[0], status="planned") == before.visits[0]
    assert after.visits[1:] == before.visits[1:]


@pytest.mark.parametrize("make_up", [True, False])
def test_a_missed_visit_stays_in_the_record(make_up):
    after = apply(six(), "miss", "2026-12-09T12:00", visit=2, make_up=make_up)
    assert (after.visits[1].status, f"{after.visits[1].start:%d %b}") == ("missed", "09 Dec")
    assert len(after.visits) == 8 + make_up


def test_a_missed_visit_can_be_made_up_for_later_but_once():
    missed = apply(six(boosters=0), "miss", "2026-12-09T12:00", visit=2)
    assert [visit.start for visit in missed.visits] == [one.start for one in six().visits[:6]]
    later = apply(missed, "miss", "2026-12-14T17:00", visit=2, make_up=True)
    assert later.visits[-1].of == "2 of 6, again"
    assert later.history[-1].what == "visit 2, made up for"
    with pytest.raises(BadRequest, match="visit 7 makes up for visit 2 already"):
        apply(later, "miss", "2026-12-14T17:00", visit=2, make_up=True)
    without = apply(later, "omit", "2026-12-14T17:00", visit=7)
    assert len(apply(without, "miss", "2026-12-14T18:00", visit=2, make_up=True).visits) == 8


@pytest.mark.parametrize("number", range(1, 7))
def test_a_missed_visit_is_recorded_though_that_breaks_a_rule(number):
    """Of 15 visits missed in a clinic's week, 1.0 refused 8, or moved somebody."""
    course = six(boosters=0, per_week=2)
    today = f"{course.visits[number - 1].start:%Y-%m-%d}T17:00"
    after = apply(course, "miss", today, why="", visit=number)
    assert moved_numbers(course, after) == []
    broken = [one for one in after.findings if one.level == "broken"]
    # Without a visit in the middle, the next one is more than 5 days after the one before.
    expected = (
        [("gap", number + 1, f"ketasched suggest COURSE {number + 1}")] if 1 < number < 6 else []
    )
    assert [(one.rule, one.visit, one.next_step) for one in broken] == expected
    later = apply(after, "complete", "2026-12-31T17:00", visit=number % 6 + 1)
    assert not expected or "gap" not in {f.rule for f in later.findings if f.level == "broken"}
    assert not expected or ("gap", "given-up") in {(f.rule, f.level) for f in later.findings}


def test_a_visit_can_have_taken_place_on_another_day_and_the_driving_time_follows():
    """On 1 November the clocks go back, between the visit and the end of the prohibition."""
    weekly = phase(3, every_days=7, gap_days=GapDays(9, 5))
    asked, made_at = request(date(2026, 10, 19)), moment("2026-10-01T10:00")
    course = plan(protocol(weekly), clinic(EVERY_DAY), asked, made_at=made_at)
    after = apply(course, "complete", "2026-11-02T12:00", visit=2, on=date(2026, 10, 31))
    visit = after.visits[1]
    assert (visit.status, visit.start) == ("completed", moment("2026-10-31T09:00"))
    assert (visit.end - visit.start, visit.window) == (
        course.visits[1].end - course.visits[1].start,
        course.visits[1].window,
    )
    assert visit.no_driving_until > visit.end
    finding = next(one for one in after.findings if one.rule == "unplanned")
    assert finding.message == (
        "Visit 2 took place on Sat 31 Oct 2026, 09:00; it was to be on Mon 26 Oct 2026, 09:00."
    )
    assert ("gap", "given-up", 2) in {(one.rule, one.level, one.visit) for one in after.findings}


@pytest.mark.parametrize("status", ["missed", "omitted", "held", "ceased", "tentative"])
def test_a_visit_of_any_status_can_have_taken_place(status):
    course = six(boosters=1)
    number = 7 if status == "tentative" else 3
    how = {"missed": "miss", "omitted": "omit", "held": "hold", "ceased": "cease"}
    if status != "tentative":
        named = {"visit": number} if status in ("missed", "omitted") else {}
        now = "2026-12-11T12:00" if named else "2026-12-11T06:00"
        course = apply(course, how[status], now, **named)
    today = f"{course.visits[number - 1].start:%Y-%m-%d}T17:00"
    after = apply(course, "complete", today, visit=number)
    assert after.visits[number - 1].status == "completed"
    assert f"it was {status}." in next(f.message for f in after.findings if f.rule == "unplanned")


@pytest.mark.parametrize(
    ("on", "time", "said"),
    [
        ("2026-12-10", None, "Thu 10 Dec 2026, 09:00 is still to come"),
        ("2026-12-09", "13:00", "Wed 9 Dec 2026, 13:00 is still to come"),
        ("2026-12-07", None, "visit 1 is at that time"),
    ],
)
def test_a_visit_cannot_have_been_where_it_cannot(on, time, said):
    clock = Clock.read(time) if time else None
    more = {"visit": 3, "on": date.fromisoformat(on), "time": clock}
    with pytest.raises(BadRequest, match=said):
        apply(six(), "complete", "2026-12-09T12:00", **more)


def test_a_make_up_visit_is_where_it_moves_no_other_visit():
    before = six(boosters=0)
    after = apply(before, "miss", "2026-12-09T12:00", visit=2, make_up=True)
    assert moved_numbers(before, after) == []
    assert after.visits[-1].of == "2 of 6, again"
    assert days(after, "planned") == ["07 Dec", "11 Dec", "14 Dec", "16 Dec", "18 Dec", "21 Dec"]


def test_a_deferred_visit_moves_as_few_others_as_possible():
    before = six()
    after = apply(before, "defer", visit=3, on=date(2026, 12, 12), overrides=("open-hours",))
    assert moved_numbers(before, after) == [3]
    assert days(after)[2] == "12 Dec"


def test_later_visits_move_only_if_they_have_to():
    before = six(boosters=0)
    after = apply(before, "defer", visit=4, on=date(2026, 12, 15))
    assert moved_numbers(before, after) == [4, 5, 6]
    assert days(after) == ["07 Dec", "09 Dec", "11 Dec", "15 Dec", "18 Dec", "21 Dec"]


def test_a_visit_deferred_alone_is_refused_if_another_had_to_move():
    with pytest.raises(NoPlan) as caught:
        apply(six(), "defer", visit=4, on=date(2026, 12, 15), scope="visit")
    (finding,) = caught.value.findings
    assert (finding.rule, "1 day after" in finding.message) == ("gap", True)


def test_a_visit_can_be_deferred_by_days_or_to_a_time():
    by_days = apply(six(boosters=0), "defer", visit=6, days=3)
    assert days(by_days)[-1] == "21 Dec"
    at_a_time = apply(six(), "defer", visit=6, on=date(2026, 12, 18), time=Clock(14 * 60))
    assert f"{at_a_time.visits[5].start:%d %b %H:%M}" == "18 Dec 14:00"
    assert f"{at_a_time.visits[5].no_driving_until:%d %b %H:%M}" == "19 Dec 15:55"


def test_omitting_a_visit_moves_no_other():
    before = six()
    after = apply(before, "omit", visit=3)
    assert after.visits[2].status == "omitted"
    assert moved_numbers(before, after) == []


def test_after_a_hold_the_pace_counts_from_the_first_resumed_visit():
    held = apply(six(), "hold", "2026-12-10T12:00")
    assert days(held, "held") == ["11 Dec", "14 Dec", "16 Dec", "18 Dec", *BOOSTERS]
    again = apply(
        held, "resume", "2026-12-18T12:00", on=date(2026, 12, 21), overrides=("gap", "span")
    )
    assert days(again, "planned") == [
        *("07 Dec", "09 Dec"),
        *("21 Dec", "23 Dec", "25 Dec", "28 Dec"),
    ]
    assert days(again, "tentative") == ["11 Jan", "01 Feb"]
    assert {(finding.rule, finding.visit) for finding in check(again)} == {
        ("gap", 3),
        ("span", 6),
        ("clearance", None),
        ("examples", None),
    }


def test_resumed_weekly_visits_stay_weekly():
    weekly = protocol(phase(6, every_days=7, gap_days=replace(phase().gap_days, min=5, max=9)))
    course = plan(weekly, clinic(), request(), made_at=MADE_AT)
    held = apply(course, "hold", "2026-12-15T12:00")
    again = apply(held, "resume", "2027-01-05T12:00", on=date(2027, 1, 11), overrides=("gap",))
    assert days(again, "planned") == ["07 Dec", "14 Dec", "11 Jan", "18 Jan", "25 Jan", "01 Feb"]


def test_a_course_is_ceased_after_a_visit_or_at_once():
    later = apply(six(), "cease", "2026-12-10T12:00", visit=4)
    assert days(later, "ceased") == ["16 Dec", "18 Dec", *BOOSTERS]
    now = apply(six(), "cease", "2026-12-10T12:00")
    assert days(now, "planned") == ["07 Dec", "09 Dec"]
    assert {review.status for review in now.companions} == {"ceased"}


def test_a_new_booster_is_planned_not_tentative():
    after = apply(six(boosters=0), "booster", "2026-12-20T12:00", on=date(2027, 1, 18))
    assert (after.visits[-1].status, after.visits[-1].of) == ("planned", "1 of 1")
    assert days(after)[-1] == "18 Jan"
    more = apply(after, "booster", "2027-01-20T12:00", days=28)
    assert (days(more)[-1], more.visits[-1].of) == ("15 Feb", "2 of 2")


def test_a_tentative_visit_is_confirmed_and_a_driver_is_asked_for():
    before = six(driver_name="Sam")
    after = apply(before, "confirm", visit=7)
    assert (after.visits[6].status, after.visits[6].driver) == ("planned", Driver("Sam"))
    assert len(events(after, View("driver"))) == len(events(before, View("driver"))) + 2


def test_a_gate_opens_what_it_holds_back_or_ends_it():
    gated = plan(load_protocol("esketamine-us-label"), clinic(), request(), made_at=MADE_AT)
    assert {visit.status for visit in gated.visits[8:]} == {"tentative"}
    on = apply(gated, "review", "2027-01-05T12:00", visit=8, outcome="go-on")
    assert {visit.status for visit in on.visits} == {"planned"}
    assert on.companions[0].status == "completed"
    over = apply(gated, "review", "2027-01-05T12:00", visit=8, outcome="stop")
    assert {visit.status for visit in over.visits[8:]} == {"ceased"}


def test_a_driver_is_named_and_taken_back():
    named = apply(six(), "driver", visit=2, driver=Driver("Alex", "555 1"))
    assert named.visits[1].driver == Driver("Alex", "555 1")
    assert apply(named, "driver", visit=2).visits[1].driver is None
    # The visit, its reminders, both ends of nobody's ride and of Alex's.
    assert len(named.history[-1].changed) == 7


def gated_at_check_in(**more):
    """A course whose first gate is at the check-in of the third visit."""
    asked = request(start=date(2026, 12, 1), **more)
    return plan(load_protocol("iv-depression-gated"), clinic(), asked, made_at=MADE_AT)


def test_a_review_at_a_visits_check_in_can_end_that_very_visit():
    course = gated_at_check_in()
    assert course.companions[0].start == course.visits[2].start == moment("2026-12-07T09:00")
    over = apply(course, "review", "2026-12-07T09:05", visit=2, outcome="stop")
    assert {visit.status for visit in over.visits[2:]} == {"ceased"}
    assert [review.status for review in over.companions] == ["completed", "ceased"]
    assert [f"{one:%d %b}" for one in former_dates(over, View())] == [
        *("07 Dec", "08 Dec", "09 Dec", "11 Dec", "14 Dec")  # the talk after it, too
    ]


def test_somebody_drives_to_a_visit_that_is_decided_when_the_patient_is_there():
    course = gated_at_check_in(driver_name="Sam")
    third, fourth = course.visits[2:4]
    assert third.status == fourth.status == "tentative"
    assert (third.driver, fourth.driver) == (Driver("Sam"), None)
    names = {event.name for event in events(course, View())}
    assert {"ride-reminder-3-1", "ride-reminder-3-2"} <= names
    assert "ride-reminder-4-1" not in names
    assert "bring-3" in {event.name for event in events(course, View("driver"))}


def test_nobody_drives_to_a_visit_whose_gate_is_not_the_next_one():
    course = plan(load_protocol("iv-depression-gated"), clinic(), request(), made_at=MADE_AT)
    assert course.companions[1].start == course.visits[3].start  # at check-in, but not the next
    rides = {event.name for event in events(course, View("driver")) if "bring" in event.name}
    assert rides == {"bring-1", "bring-2"}


def test_the_usual_driver_has_a_ride_to_a_check_in_that_a_change_makes():
    asked = request(driver_name="Sam")
    course = plan(load_protocol("iv-depression-gated"), clinic(), asked, made_at=MADE_AT)
    after = apply(course, "defer", visit=2, on=date(2026, 12, 11))
    third = after.visits[2]
    assert after.companions[0].start == third.start == moment("2026-12-14T09:00")
    assert (third.status, third.driver) == ("tentative", Driver("Sam"))


def test_a_review_lies_between_its_visit_and_the_next():
    course = plan(load_protocol("iv-depression-gated"), clinic(), request(), made_at=MADE_AT)
    course = apply(course, "review", "2026-12-10T09:30", visit=2, outcome="go-on")
    after = apply(course, "miss", "2026-12-11T12:00", visit=3, make_up=True)
    review = after.companions[1]
    followed, following = after.visits[review.after - 1 : review.after + 1]
    assert followed.of == "3 of 6, again"
    assert followed.start < review.start <= following.start


def test_a_tentative_visit_decided_at_its_check_in_can_be_missed():
    course = gated_at_check_in()
    after = apply(course, "miss", "2026-12-07T12:00", visit=3, make_up=True)
    assert after.visits[2].status == "missed"
    assert {visit.status for visit in after.visits[3:]} == {"tentative"}
    assert after.companions[0].status == "planned"


def test_a_hold_includes_a_tentative_visit_that_has_begun():
    held = apply(gated_at_check_in(), "hold", "2026-12-07T09:05")
    assert days(held, "held") == ["07 Dec", "09 Dec", "11 Dec", "14 Dec"]
    assert days(apply(held, "resume", "2026-12-08T09:00", on=date(2026, 12, 9)), "held") == []


def test_a_patient_who_has_been_brought_is_collected_whatever_is_decided():
    course = gated_at_check_in(driver_name="Sam")
    over = apply(course, "review", "2026-12-07T09:05", visit=2, outcome="stop")
    gone = changed_events(course, over, View("driver"))
    assert [event for event in gone if event.start.day == 7] == []


def test_a_talk_that_is_recorded_before_its_time_does_not_invite_any_more():
    course = apply(six(), "review", "2026-12-11T12:00", visit=3, outcome="go-on")
    (talk,) = [event for event in events(course, View()) if event.name == "talk-1"]
    assert (talk.title, talk.busy, talk.alarm) == ("Short talk at check-in (done)", False, None)


def test_a_cancelled_event_has_no_alarm():
    course = apply(six(), "omit", visit=2)
    alarms = {event.status: event.alarm for event in events(course, View())}
    assert alarms["CANCELLED"] is None
    assert alarms["CONFIRMED"] is not None


# ---- Published booking failures


def test_rescheduling_one_visit_adds_none_and_drops_none():
    before = six()
    after = apply(before, "defer", visit=2, on=date(2026, 12, 10))
    assert len(after.visits) == len(before.visits)
    assert {visit.uid for visit in after.visits} == {visit.uid for visit in before.visits}


def test_cancelling_one_visit_does_no_damage_to_the_others():
    before = six()
    after = apply(before, "omit", visit=4)
    # Only the window of the one after it is another, because that is counted from visit 3.
    bare = [
        [replace(one, window=None) for one in x.visits if one.number != 4] for x in (before, after)
    ]
    assert bare[0] == bare[1]
    assert after.visits[4].window.latest == date(2026, 12, 16)


def test_an_omitted_visit_never_comes_back():
    course = apply(six(), "omit", visit=4)
    course = apply(course, "defer", visit=6, on=date(2026, 12, 21))
    course = apply(course, "hold")
    course = apply(course, "resume", on=date(2026, 12, 7), overrides=("gap", "span"))
    assert course.visits[3].status == "omitted"


@pytest.mark.parametrize("visit", [2, 3, 4, 5, 6])
def test_a_closure_on_any_later_visit_is_seen(visit):
    course = six()
    day = course.visits[visit - 1].start.date()
    closed = replace(course.clinic, closures=Closures(dates=(DateRange(day, day, "snow"),)))
    course = replace(course, clinic=closed)
    # Another time on the same day moves nothing by itself: what moves is what the snow hit.
    after = apply(course, "defer", visit=1, on=date(2026, 12, 7), time=Clock(10 * 60))
    assert visit in moved_numbers(course, after)
    assert {finding.rule for finding in check(after)} <= {"clearance", "examples"}
    without_snow = apply(six(), "defer", visit=1, on=date(2026, 12, 7), time=Clock(10 * 60))
    assert moved_numbers(six(), without_snow) == [1]


# ---- No rule is broken silently


def test_a_broken_rule_refuses_and_an_override_leaves_a_finding():
    with pytest.raises(NoPlan) as caught:
        apply(six(), "defer", visit=6, on=date(2026, 12, 19))
    assert caught.value.findings[0].rule == "open-hours"
    after = apply(six(), "defer", visit=6, on=date(2026, 12, 19), overrides=("open-hours",))
    assert [finding.rule for finding in after.findings if finding.level == "broken"] == [
        "open-hours"
    ]
    again = apply(after, "driver", visit=5, driver=Driver("Sam"))
    assert [finding.rule for finding in again.findings if finding.level == "broken"] == [
        "open-hours"
    ]


def test_a_rule_broken_by_a_newer_clinic_is_no_finding_of_the_course():
    day = date(2026, 12, 16)
    closed = clinic(closures=Closures(dates=(DateRange(day, day),)))
    after = apply(replace(six(), clinic=closed), "driver", visit=2, driver=Driver("Sam"))
    assert [finding.rule for finding in after.findings] == ["clearance", "examples"]
    assert "closure" in [finding.rule for finding in check(after)]


@pytest.mark.parametrize(
    ("verb", "more", "said"),
    [
        ("complete", {"visit": 9}, "there is no visit 9: the course has 8"),
        ("complete", {"visit": 6}, "still to come"),
        ("defer", {"visit": 1, "on": date(2026, 12, 14)}, "is over"),
        ("defer", {"visit": 3, "on": date(2026, 12, 7)}, "is over"),
        ("defer", {"visit": 3, "on": date(2026, 12, 11)}, "already"),
        ("defer", {"visit": 3}, "expected one of --to and --by"),
        ("resume", {"on": date(2026, 12, 14)}, "no visit is held"),
        ("review", {"visit": 4, "outcome": "go-on"}, "none after this visit"),
        ("defer", {"visit": 3, "days": 1, "overrides": ("age",)}, "expected one of"),
    ],
)
def test_an_impossible_change_is_refused(verb, more, said):
    with pytest.raises(BadRequest, match=said):
        apply(six(), verb, "2026-12-09T12:00", **more)


def test_a_ceased_course_does_not_change_any_more():
    over = apply(six(), "cease", "2026-12-07T06:00")
    assert days(over, "planned") == []
    for verb in ("hold", "booster", "omit", "driver"):
        with pytest.raises(BadRequest, match="ceased"):
            apply(over, verb, "2026-12-08T12:00", visit=1, on=date(2027, 1, 11))


def test_a_ceased_visit_can_have_taken_place_all_the_same():
    over = apply(six(boosters=0), "cease", "2026-12-07T06:00")
    came = apply(over, "complete", "2026-12-07T12:00", visit=1)
    assert [visit.status for visit in came.visits] == ["completed", *["ceased"] * 5]
    assert "it was ceased" in next(f.message for f in came.findings if f.rule == "unplanned")


# ---- The changes in calendars


def test_only_what_changed_has_another_sequence():
    before = six(boosters=0)
    after = apply(before, "defer", visit=4, on=date(2026, 12, 15))
    sequences = {visit.number: visit.sequence for visit in after.visits}
    assert sequences == {1: 0, 2: 0, 3: 0, 4: 1, 5: 1, 6: 1}
    for audience in ("patient", "driver", "clinic"):
        old = {event.uid: event for event in events(before, View(audience))}
        for event in events(after, View(audience)):
            was = old[event.uid]
            same = (was.start, was.end, was.title) == (event.start, event.end, event.title)
            assert event.sequence == (0 if same else 1), event.title


def test_the_changes_of_an_omitted_visit_cancel_all_that_came_with_it():
    before = six()
    after = apply(before, "omit", visit=3)
    titles = [event.title for event in changed_events(before, after, View())]
    assert titles == [
        "CANCELLED: Arrange a ride, there and back: Fri 11 Dec, 09:00 – collect 10:55",
        "CANCELLED: Arrange a ride, there and back: Fri 11 Dec, 09:00 – collect 10:55",
        "CANCELLED: Appointment 3 of 6",
        "CANCELLED: No driving before Sat 12 Dec, 10:55, and not before a full night's sleep",
    ]
    rides = changed_events(before, after, View("driver"))
    assert [(event.title, event.status, event.sequence) for event in rides] == [
        ("CANCELLED: Bring at 09:00", "CANCELLED", 1),
        ("CANCELLED: Collect from 10:55", "CANCELLED", 1),
    ]


@pytest.mark.parametrize("earlier", [0, 1], ids=["the first change", "a later one"])
def test_a_visit_that_moves_cancels_no_reminder_that_is_over(earlier):
    before = six()
    for _ in range(earlier):
        before = apply(before, "complete", "2026-12-07T12:00", visit=1)
    moves = {"visit": 3, "on": date(2026, 12, 12), "overrides": ("open-hours",)}
    after = apply(before, "defer", "2026-12-09T12:00", **moves)
    assert [event.title for event in changed_events(before, after, View())] == [
        "Arrange a ride, there and back: Sat 12 Dec, 09:00 – collect 10:55",
        "Appointment 3 of 6",
        "No driving before Sun 13 Dec, 10:55, and not before a full night's sleep",
    ]


def test_the_clinics_calendar_changes_only_where_its_text_does():
    before = six(at=clinic(phone="555 0100"))
    newer = clinic(phone="555 0199")
    change = Change("miss", visit=2, make_up=True)
    after = revise(before, change, at=moment("2026-12-09T12:00"), why="ill", clinic=newer)
    told, for_patients = (
        [event.title for event in changed_events(before, after, View(audience))]
        for audience in ("clinic", "patient")
    )
    assert told == [
        "patient: CANCELLED: Ketamine infusion 2 of 6",
        "patient: How is it going? (at check-in)",  # whose text has the phone
        "patient: Ketamine infusion 2 of 6, again",
        "patient: Review with the clinician (by phone)",
        "patient: Ketamine booster 1 of 2 (to be decided by your clinician)",
    ]
    assert "Appointment 2 of 2 (to be decided by your clinician)" in for_patients
    driven = apply(before, "driver", visit=3, driver=Driver("Sam"))
    (event,) = changed_events(before, driven, View("clinic"))
    assert event.name == "appointment-3"


@pytest.mark.parametrize(
    ("today", "ahead"), [("2026-12-08T10:14", 2), ("2026-12-08T10:15", 1), ("2026-12-09T12:00", 1)]
)
def test_a_change_cancels_no_reminder_that_is_over(today, ahead):
    before = six()
    after = apply(before, "omit", today, visit=3)
    titles = [event.title for event in changed_events(before, after, View())]
    assert sum("Arrange" in title for title in titles) == ahead


def test_the_dates_that_no_longer_hold_are_kept():
    before = six(boosters=0)
    after = apply(before, "defer", visit=4, on=date(2026, 12, 15))
    former = [f"{one.start:%d %b}" for one in after.history[-1].former]
    assert former == ["14 Dec", "16 Dec", "18 Dec", "21 Dec"]  # the talk of the 21st, too


def test_resumed_visits_and_reviews_are_as_before_the_hold():
    course = apply(six(driver_name="Sam"), "confirm", visit=7)
    course = apply(course, "driver", visit=2)
    held = apply(course, "hold")
    again = apply(held, "resume", on=date(2026, 12, 7), overrides=())
    assert [(one.status, one.driver) for one in again.visits] == [
        (one.status, one.driver) for one in course.visits
    ]
    assert [one.status for one in again.companions] == [one.status for one in course.companions]


def test_a_change_on_a_day_before_the_last_change_is_refused():
    course = apply(six(), "complete", "2026-12-07T12:00", visit=1)
    with pytest.raises(BadRequest, match="before the last change"):
        apply(course, "omit", "2026-12-01T12:00", visit=3)
    same_day = apply(course, "omit", "2026-12-07T00:00", visit=3)
    assert same_day.history[-1].at == course.history[-1].at


def test_a_newer_clinic_changes_calendars_too():
    before = six()
    fewer = replace(before.clinic, reminders=Reminders(driver=(Reminder.read("1d 18:00"),)))
    named = Change("driver", visit=2, driver=Driver("Sam"))
    after = revise(before, named, at=moment("2026-12-01T12:00"), clinic=fewer)
    gone = [event for event in changed_events(before, after, View()) if "Arrange" in event.title]
    assert len([event for event in gone if event.status == "CANCELLED"]) == 6
    assert after.clinic == fewer


# ---- Regressions


def test_an_overridden_gap_permits_no_other_gap():
    course = apply(six(boosters=0), "defer", visit=6, on=date(2026, 12, 23), overrides=("gap",))
    assert {(f.rule, f.visit) for f in course.findings if f.level == "broken"} == {("gap", 6)}
    with pytest.raises(NoPlan) as caught:
        apply(course, "defer", visit=6, on=date(2026, 12, 25))
    assert {finding.rule for finding in caught.value.findings} == {"gap"}
    as_it_was = apply(course, "driver", visit=6, driver=Driver("Sam"))
    assert days(as_it_was)[-1] == "23 Dec"


def test_an_overridden_span_permits_no_longer_one():
    asked = protocol(phase(4, span_days=SpanDays(10)))
    course = plan(asked, clinic(), request(), made_at=MADE_AT)
    course = apply(course, "defer", visit=4, on=date(2026, 12, 17), overrides=("gap", "span"))
    with pytest.raises(NoPlan):
        apply(course, "defer", visit=4, on=date(2026, 12, 18), overrides=("gap",))
    assert days(apply(course, "omit", visit=2))[-1] == "17 Dec"


def test_nobody_comes_before_they_are_of_age():
    shut = clinic(closures=Closures(dates=(DateRange(date(2026, 12, 7), date(2026, 12, 9)),)))
    course = six(at=shut, born=date(2008, 12, 9))
    assert days(course)[0] == "10 Dec"
    earlier = Change("defer", visit=1, on=date(2026, 12, 8), overrides=("earlier",))
    with pytest.raises(NoPlan) as caught:
        revise(course, earlier, at=moment("2026-12-01T12:00"), clinic=clinic())
    assert [finding.rule for finding in caught.value.findings] == ["age"]


def test_a_rule_is_overridden_for_the_named_visit_only():
    closed = Closures(dates=(DateRange(date(2026, 12, 14), date(2026, 12, 16)),))
    newer = clinic(closures=closed)
    to = Change(
        "defer", visit=4, on=date(2026, 12, 15), scope="visit", overrides=("closure", "gap")
    )
    after = revise(six(boosters=0), to, at=moment("2026-12-01T12:00"), clinic=newer)
    found = {(f.rule, f.visit) for f in after.findings if f.level == "broken"}
    assert found == {("closure", 4), ("gap", 5)}
    assert ("closure", 5) in {(f.rule, f.visit) for f in check(after)}


@pytest.mark.parametrize(
    ("verb", "more"),
    [
        pytest.param("complete", {"visit": 1, "overrides": ("gap",)}, id="nothing moves"),
        pytest.param("omit", {"visit": 3, "overrides": ("gap",)}, id="a fact"),
    ],
)
def test_an_override_of_a_rule_that_the_verb_never_breaks_is_refused(verb, more):
    with pytest.raises(BadRequest, match="is never in the way of"):
        apply(six(), verb, "2026-12-07T12:00", **more)


def test_a_gap_that_the_planner_chooses_is_longer_but_never_shorter():
    shut = clinic(closures=Closures(dates=(DateRange(date(2026, 12, 15), date(2026, 12, 31)),)))
    to = Change(
        "defer", visit=4, on=date(2026, 12, 14), time=Clock(600), overrides=("gap", "span")
    )
    after = revise(six(boosters=0), to, at=moment("2026-12-01T12:00"), clinic=shut)
    starts = visit_dates(after)
    gaps = [(two - one).days for one, two in pairwise(starts)]
    assert min(gaps) >= 2
    assert starts[4] == date(2027, 1, 1)


def test_a_make_up_visit_does_not_wait_for_an_omitted_visit():
    course = apply(six(), "omit", visit=8)
    after = apply(course, "miss", "2026-12-09T12:00", visit=2, make_up=True)
    assert days(after, "planned")[-1] == "21 Dec"


def test_nothing_is_added_to_a_course_that_has_been_ceased():
    course = apply(six(boosters=0), "cease", visit=4)
    with pytest.raises(BadRequest, match="ceased"):
        apply(course, "miss", "2026-12-11T12:00", visit=3, make_up=True)
    assert days(apply(course, "miss", "2026-12-11T12:00", visit=3, make_up=False), "missed")


def test_a_review_of_a_ceased_course_can_still_be_recorded():
    course = six(boosters=0)
    for number in range(1, 7):
        on = f"{course.visits[number - 1].start:%Y-%m-%d}T12:00"
        course = apply(course, "complete", on, visit=number)
    course = apply(course, "review", "2026-12-21T12:00", visit=6, outcome="go-on")
    assert course.companions[-1].status == "completed"


def test_a_make_up_visit_comes_before_the_gate():
    course = plan(load_protocol("iv-depression-gated"), clinic(), request(), made_at=MADE_AT)
    after = apply(course, "miss", "2026-12-09T12:00", visit=2, make_up=True)
    assert [(one.of, one.status) for one in after.visits[:4]] == [
        ("1 of 6", "planned"),
        ("2 of 6", "missed"),
        ("2 of 6, again", "planned"),
        ("3 of 6", "tentative"),
    ]
    assert after.companions[0].after == 3


def test_a_gate_that_opens_during_a_hold_is_open_afterwards():
    course = plan(load_protocol("esketamine-us-label"), clinic(), request(), made_at=MADE_AT)
    held = apply(course, "hold", "2026-12-31T18:00")
    opened = apply(held, "review", "2027-01-01T12:00", visit=8, outcome="go-on")
    again = apply(opened, "resume", "2027-01-01T13:00", on=date(2027, 1, 7))
    assert {one.status for one in again.visits[8:12]} == {"planned"}


def test_held_and_tentative_visits_can_be_omitted_after_their_day():
    held = apply(six(), "hold", "2026-12-08T12:00")
    assert apply(held, "omit", "2026-12-12T12:00", visit=3).visits[2].status == "omitted"
    assert apply(six(), "omit", "2027-01-03T12:00", visit=7).visits[6].status == "omitted"


def test_a_review_whose_day_went_by_stays_where_it_was_when_visits_are_resumed():
    course = six(boosters=0)
    held = apply(course, "hold", "2026-12-16T08:00")
    overrides = ("gap", "span")
    again = apply(held, "resume", "2026-12-17T17:00", on=date(2026, 12, 18), overrides=overrides)
    assert (again.companions[0].after, again.companions[0].start) == (
        3,
        course.companions[0].start,
    )


def test_an_overridden_gap_is_waived_for_all_visits_that_need_it():
    shut = clinic(
        closures=Closures(
            dates=(
                DateRange(date(2026, 12, 14), date(2026, 12, 18)),
                DateRange(date(2026, 12, 24), date(2027, 1, 1)),
            )
        )
    )
    to = Change("defer", visit=4, on=date(2026, 12, 21), overrides=("gap", "span"))
    after = revise(six(boosters=0), to, at=moment("2026-12-13T17:00"), clinic=shut)
    assert days(after)[3:] == ["21 Dec", "23 Dec", "04 Jan"]


def test_a_finding_about_a_gap_goes_with_the_visit_before():
    shut = Closures(dates=(DateRange(date(2026, 12, 12), date(2026, 12, 15)),))
    course = six(boosters=0, at=clinic(closures=shut))
    assert "spacing" in {finding.rule for finding in course.findings}
    number = next(one.visit for one in course.findings if one.rule == "spacing")
    after = apply(course, "omit", visit=number - 1)
    assert "spacing" not in {finding.rule for finding in after.findings}


def test_a_day_beyond_the_last_start_is_refused():
    with pytest.raises(BadRequest, match="expected a day until"):
        apply(six(), "defer", visit=3, on=date(9999, 12, 31))


def test_nobody_has_two_visits_at_once_whatever_is_overridden():
    on = date(2026, 12, 7)
    with pytest.raises(NoPlan):
        apply(six(boosters=0), "defer", visit=2, on=on, scope="visit", overrides=("gap",))
    after = apply(
        six(boosters=0), "defer", visit=2, on=on, time=Clock(13 * 60), overrides=("gap", "span")
    )
    assert days(after)[:2] == ["07 Dec", "07 Dec"]
    assert apply(after, "complete", "2026-12-07T12:00", visit=1).visits[0].status == "completed"


def test_a_make_up_visit_can_come_after_the_next_visit_has_taken_place():
    course = six(boosters=0, per_week=2)
    missed = apply(course, "miss", "2026-12-15T12:00", visit=2, make_up=True)
    assert days(course)[:3] == ["07 Dec", "10 Dec", "14 Dec"]
    assert len(days(missed, "planned")) == 6
    assert "gap" in {finding.rule for finding in missed.findings}


def test_a_talk_at_the_check_in_of_a_visit_that_is_ceased_is_by_phone_then():
    course = six(boosters=0, at=clinic("mon wed fri"), days=("mon", "wed", "fri"))
    ceased = apply(course, "cease", visit=3)
    talks = [
        next(one.title for one in events(each, View()) if one.uid == course.companions[0].uid)
        for each in (course, ceased)
    ]
    assert talks == ["Short talk at check-in", "Phone appointment"]
