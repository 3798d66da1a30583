"""What plan and check do beside finding the dates: windows, gates, reviews, boosters, findings."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketasched.errors import BadRequest, NoPlan
from ketasched.files.codec import plain, read
from ketasched.files.cross_references import course_problems
from ketasched.files.load import load_protocol, shipped_protocols
from ketasched.model import (
    Clock,
    Closures,
    Course,
    DateRange,
    EveryDays,
    GapDays,
    GapHours,
    Minutes,
    NoDriving,
    Override,
    OwnMinutes,
    PhaseReview,
    Resource,
    TimeRange,
    VisitKind,
    WeekHours,
    Window,
)
from ketasched.planning.check import check
from ketasched.planning.explain import explain_refusal
from ketasched.planning.planner import (
    choose_slots,
    choose_slots_at,
    course_of,
    plan,
    planning_horizon,
)
from ketasched.rules.base import PlanningContext
from tests.conftest import MADE_AT
from tests.support.nouns import (
    INFUSION,
    MONDAY,
    clinic,
    hours_of,
    occupied,
    phase,
    protocol,
    request,
)

BOOSTERS = phase(
    0,
    most=12,
    name="maintenance",
    visit="booster",
    every_days=(14, 21, 28),
    gap_days=GapDays(42, 14),
    tentative=True,
)
TUESDAY = MONDAY + timedelta(1)


def planned(asked=None, at=None, **more):
    """A course by the plain protocol and clinic, unless others are given."""
    wanted = request(more.pop("start", MONDAY), **more)
    return plan(asked or protocol(phase(), BOOSTERS), at or clinic(), wanted, made_at=MADE_AT)


def broken(course):
    return [finding for finding in check(course) if finding.level == "broken"]


# --- times and windows ---


def test_a_visit_has_its_parts_one_after_the_other():
    visit = planned().visits[0]
    assert visit.start.time() == time(9)
    assert visit.treatment_start - visit.start == timedelta(minutes=15)
    assert visit.end - visit.start == timedelta(minutes=115)
    assert visit.no_driving_until == visit.end + timedelta(days=1)
    assert visit.of == "1 of 6"


def test_no_driving_ends_next_morning_where_that_is_later():
    early = replace(INFUSION, minutes=Minutes(0, 60, 0))
    kind = replace(early, no_driving=NoDriving(12, Clock(8 * 60)))
    course = planned(protocol(visits={"infusion": kind}))
    assert course.visits[0].no_driving_until.isoformat() == "2026-12-08T08:00:00-05:00"


def test_the_first_window_runs_from_the_asked_to_the_latest_start():
    course = planned(latest_start=MONDAY + timedelta(3))
    assert course.visits[0].window == Window(MONDAY, MONDAY, MONDAY + timedelta(3))


def test_a_window_is_what_the_gap_leaves_and_half_a_day_goes_to_the_earlier_date():
    window = planned(per_week=2).visits[1].window
    assert window == Window(*(MONDAY + timedelta(days) for days in (2, 3, 5)))


def test_a_course_keeps_its_wall_clock_time_across_a_change_of_the_clocks():
    course = planned(start=date(2027, 3, 8))
    assert {visit.start.time() for visit in course.visits} == {time(9)}
    offsets = {visit.start.utcoffset() for visit in course.visits}
    assert offsets == {timedelta(hours=-5), timedelta(hours=-4)}


# --- boosters ---


def test_there_are_no_boosters_unless_they_are_asked_for():
    assert {visit.phase for visit in planned().visits} == {"induction"}


def test_boosters_are_tentative_with_a_window_and_a_target_that_keeps_the_rules():
    closed = Closures(dates=(DateRange(date(2027, 1, 1), date(2027, 1, 1)),))
    course = planned(at=clinic(closures=closed), boosters=3, driver_name="Sam")
    boosters = course.visits[6:]
    assert [visit.status for visit in boosters] == ["tentative"] * 3
    assert {visit.note for visit in boosters} == {"to be decided by your clinician"}
    days = [(visit.start.date() - course.visits[5].start.date()).days for visit in boosters]
    assert days == [17, 35, 63]
    for visit in boosters:
        assert visit.window.earliest <= visit.window.target <= visit.window.latest
        assert visit.window.target == visit.start.date()
        assert visit.driver is None
    assert broken(course) == []


def test_boosters_come_as_often_as_is_asked():
    course = planned(boosters=2, booster_every=28)
    days = [
        (visit.start.date() - course.visits[5].start.date()).days for visit in course.visits[6:]
    ]
    assert days == [28, 56]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        pytest.param({"boosters": -1}, "boosters", id="fewer than none"),
        pytest.param({"boosters": 13}, "boosters", id="more than the protocol has"),
        pytest.param({"boosters": 1, "booster_every": 7}, "booster_every", id="too often"),
        pytest.param({"booster_every": 28}, "booster_every", id="how often, but none"),
        pytest.param({"per_week": 4}, "per_week", id="a pace that is not offered"),
        pytest.param({"every_days": 7}, "every_days", id="a kind of pace that is not offered"),
        pytest.param(
            {"latest_start": MONDAY - timedelta(1)}, "latest_start", id="latest before start"
        ),
    ],
)
def test_what_the_protocol_does_not_offer_is_refused_by_name(more, field):
    with pytest.raises(BadRequest) as caught:
        planned(**more)
    assert caught.value.field == field


# --- phases after one another ---


def test_a_phase_ends_only_where_the_next_one_fits():
    closed = Closures(dates=(DateRange(date(2026, 12, 23), date(2026, 12, 24)),))
    asked = protocol(
        phase(2, name="one", gap_days=GapDays(9, 2)),
        phase(1, name="two", every_days=7, gap_days=GapDays(7, 7)),
    )
    course = planned(asked, clinic(closures=closed), start=date(2026, 12, 14))
    days = [visit.start.date().isoformat() for visit in course.visits]
    assert days == ["2026-12-14", "2026-12-18", "2026-12-25"]


def test_the_step_into_a_phase_is_one_of_its_gaps():
    course = planned(load_protocol("iv-weekly-maintenance"))
    before, first = course.visits[5], course.visits[6]
    assert (first.phase, first.of) == ("weekly", "1 of 4")
    assert (first.start.date() - before.start.date()).days == 7


# --- reviews and gates ---


def test_the_hours_before_a_phase_are_counted_from_the_last_visit_of_the_one_before():
    """On Friday only 08:00 is possible: 48 hours before it is the clinic's first time, too."""
    early = GapDays(2, 2)
    one = phase(2, gap_days=early, per_week=None, every_days=(2,))
    other = phase(1, name="later", gap_days=early, gap_hours=GapHours(min=48), every_days=(2,))
    openings = {"mon": "08:00-17:00", "wed": "08:00-17:00", "fri": "08:00-10:00"}
    hours = hours_of({day: (TimeRange.read(text),) for day, text in openings.items()})
    course = planned(protocol(one, other), replace(clinic(), hours=hours))
    assert [f"{visit.start:%a %H:%M}" for visit in course.visits] == [
        "Mon 09:00",
        "Wed 08:00",
        "Fri 08:00",
    ]


def test_a_review_is_on_the_first_free_day_before_the_next_visit():
    asked = protocol(phase(reviews=(PhaseReview(3, "How is it going?"),)))
    review = planned(asked, clinic("mon tue wed thu fri sat sun")).companions[0]
    assert review.start.isoformat() == "2026-12-12T09:00:00-05:00"
    assert (review.after, review.place, review.status) == (3, "phone", "planned")


def test_a_review_without_a_free_day_is_at_the_next_check_in():
    asked = protocol(phase(reviews=(PhaseReview(3, "How is it going?"),)))
    course = planned(asked, clinic("mon wed fri"))
    assert course.companions[0].start == course.visits[3].start


def test_a_review_avoids_the_days_on_which_the_patient_cannot():
    asked = protocol(phase(reviews=(PhaseReview(6, "Review"),)))
    away = DateRange(date(2026, 12, 19), date(2026, 12, 22))
    course = planned(asked, unavailable=(away,))
    assert course.companions[0].start.date() == date(2026, 12, 23)


def test_the_last_review_of_a_patient_who_never_can_at_the_usual_time_is_when_they_can():
    asked = protocol(phase(reviews=(PhaseReview(6, "Review"),)))
    course = planned(asked, between=TimeRange.read("13:00-17:00"))
    assert course.companions[0].start.isoformat() == "2026-12-21T13:00:00-05:00"


def test_visits_after_a_gate_stay_tentative():
    course = planned(load_protocol("iv-depression-gated"), boosters=1)
    assert [visit.status for visit in course.visits] == ["planned"] * 2 + ["tentative"] * 5
    assert [(review.after, review.gate) for review in course.companions] == [(2, True), (3, True)]
    assert [review.status for review in course.companions] == ["planned", "tentative"]


def test_a_visit_by_phone_takes_no_chair_and_needs_no_driver():
    call = VisitKind("Call", Minutes(0, 30, 0), place="phone")
    asked = protocol(phase(2, visit="call"), visits={"call": call})
    nine = datetime(2026, 12, 7, 14, tzinfo=UTC)
    taken = occupied([(nine, nine + timedelta(hours=8))])
    wanted = request(driver_name="Sam")
    course = plan(asked, clinic(chairs=1), wanted, made_at=MADE_AT, bookings=taken)
    assert course.visits[0].start.date() == MONDAY
    assert course.visits[0].driver is None


# --- what was given up ---


def test_a_first_visit_that_slides_names_the_rule_that_moved_it():
    course = planned(start=date(2026, 12, 12))
    assert course.visits[0].start.date() == date(2026, 12, 14)
    found = [(f.rule, f.level, f.visit) for f in course.findings if f.level == "given-up"]
    assert found == [("open-hours", "given-up", 1)]


def test_a_visit_off_the_pace_says_so():
    closed = Closures(dates=(DateRange(date(2026, 12, 9), date(2026, 12, 10)),))
    course = planned(at=clinic(closures=closed))
    assert [f.visit for f in course.findings if f.rule == "spacing"] == [2]


def test_a_plan_that_keeps_everything_has_no_finding():
    cleared = {"cleared_by": "Dr. Okafor", "cleared_on": date(2026, 11, 20)}
    assert planned(**cleared).findings == ()


# --- preconditions ---


def test_somebody_who_is_not_18_on_the_first_day_is_refused_and_not_slid():
    with pytest.raises(NoPlan) as caught:
        planned(born=date(2008, 12, 8))
    assert [finding.rule for finding in caught.value.findings] == ["age"]


def test_somebody_is_18_on_the_birthday():
    assert planned(born=date(2008, 12, 7)).visits[0].start.date() == MONDAY


def test_without_a_clearance_there_is_a_warning_and_a_plan():
    found = [(f.rule, f.level) for f in planned().findings]
    assert found == [("clearance", "warning")]


@pytest.mark.parametrize("minutes", [0, 24 * 60], ids=["no minutes", "a whole day"])
def test_minutes_that_leave_no_visit_are_refused_by_their_place(minutes):
    own = OwnMinutes(check_in=0, treatment=minutes, observation=0)
    at = clinic(overrides={"test": {"infusion": Override(own)}})
    with pytest.raises(BadRequest) as caught:
        planned(at=at)
    assert caught.value.field == "clinic"
    assert caught.value.what == (
        f"overrides.test.infusion.minutes: a visit lasts 1 to 1439 minutes, not {minutes}"
    )


# --- identity ---


def test_the_same_request_at_the_same_moment_gives_the_same_course():
    assert planned() == planned()


def test_identifiers_depend_on_the_ordinal_and_never_on_the_date():
    one = plan(protocol(), clinic(), request(), made_at=MADE_AT, course_id="c")
    two = plan(protocol(), clinic(), request(TUESDAY), made_at=MADE_AT, course_id="c")
    assert [v.uid for v in one.visits] == [v.uid for v in two.visits]
    assert len({v.uid for v in one.visits}) == 6


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"patient": "other"}, id="patient"),
        pytest.param({"start": TUESDAY}, id="start"),
        pytest.param({"at": clinic(id_salt="other")}, id="salt"),
    ],
)
def test_another_patient_start_or_salt_gives_another_identity(change):
    assert planned().course_id != planned(**change).course_id


# --- check ---


def test_check_finds_nothing_broken_in_any_shipped_protocol():
    for name in shipped_protocols():
        asked = load_protocol(name)
        boosters = 3 if asked.booster_phase else 0
        course = planned(asked, clinic("mon tue wed thu fri sat sun"), boosters=boosters)
        assert broken(course) == [], name


def moved(course, number, **change):
    visits = [
        replace(visit, **change) if visit.number == number else visit for visit in course.visits
    ]
    return replace(course, visits=tuple(visits))


def test_check_finds_two_visits_on_one_day():
    course = planned()
    first = course.visits[0]
    both = moved(
        course,
        2,
        start=first.start,
        treatment_start=first.treatment_start,
        end=first.end,
        no_driving_until=first.no_driving_until,
    )
    assert {(f.rule, f.visit) for f in broken(both)} == {("gap", 2)}


def test_check_finds_a_no_driving_time_that_was_shortened_by_hand():
    course = planned()
    early = moved(course, 3, no_driving_until=course.visits[2].end)
    assert [(f.rule, f.visit) for f in broken(early)] == [("times", 3)]


def test_check_finds_an_end_that_does_not_follow_from_the_minutes():
    course = planned()
    short = moved(course, 3, end=course.visits[2].end - timedelta(minutes=30))
    assert {f.rule for f in broken(short)} == {"times"}


def test_a_time_that_does_not_follow_from_the_start_is_reported_with_the_expected_one():
    third = planned().visits[2]
    edited = moved(
        planned(),
        3,
        treatment_start=third.treatment_start + timedelta(minutes=5),
        end=third.end - timedelta(minutes=30),
        no_driving_until=None,
    )
    on = "Visit 3, Fri 11 Dec 2026: its"
    assert [finding.message for finding in broken(edited)] == [
        f"{on} treatment is Fri 11 Dec 2026, 09:20; by its minutes it is Fri 11 Dec 2026, 09:15.",
        f"{on} end is Fri 11 Dec 2026, 10:25; by its minutes it is Fri 11 Dec 2026, 10:55.",
        f"{on} no driving until is not said; by its minutes it is Sat 12 Dec 2026, 10:55.",
    ]


def test_check_sees_who_else_has_the_chair():
    course = planned(at=clinic(chairs=1))
    first = course.visits[0]
    taken = occupied([(first.start, first.end)])
    found = [(f.rule, f.visit) for f in check(course, bookings=taken) if f.level == "broken"]
    assert found == [("capacity", 1)]


def test_check_passes_over_visits_that_do_not_take_place():
    course = moved(planned(), 6, status="omitted", start=datetime(2027, 5, 1, 3, tzinfo=UTC))
    assert broken(course) == []


@given(
    start=st.dates(date(2026, 1, 1), date(2030, 12, 31)),
    days=st.sets(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat"]), min_size=2),
    name=st.sampled_from(shipped_protocols()),
    wanted=st.integers(0, 1439),
    zone=st.sampled_from(["America/New_York", "Europe/Dublin", "Australia/Lord_Howe", "UTC"]),
)
def test_whatever_plan_returns_check_finds_clean(start, days, name, wanted, zone):
    asked = load_protocol(name)
    at = clinic(" ".join(days), "07:00-12:00 12:30-20:00", timezone=zone)
    wish = request(start, time=Clock(wanted), boosters=2 if asked.booster_phase else 0)
    try:
        course = plan(asked, at, wish, made_at=MADE_AT)
    except NoPlan:
        return
    assert broken(course) == []


@given(
    start=st.dates(date(1950, 1, 1), date(2099, 12, 31)),
    name=st.sampled_from(shipped_protocols()),
    zone=st.sampled_from(["America/New_York", "Europe/Dublin", "Africa/Cairo", "UTC"]),
    made=st.datetimes(MADE_AT.replace(tzinfo=None), timezones=st.just(UTC)).filter(
        lambda moment: moment.year < 2100
    ),
)
def test_whatever_plan_returns_reads_back_equal_from_its_json(start, name, zone, made):
    at = clinic("mon tue wed thu fri sat sun", "00:00-24:00", timezone=zone)
    asked = load_protocol(name)
    wish = request(start, boosters=1 if asked.booster_phase else 0, driver_name="Sam")
    course = plan(asked, at, wish, made_at=made)
    data = json.loads(json.dumps(plain(course)))
    assert course_problems(data) == []
    assert read(Course, data, zone=ZoneInfo(zone)) == (course, [])


def test_three_long_phases_are_no_deeper_than_short_ones():
    long = [phase(200, name=name, every_days=1, gap_days=GapDays(2, 1)) for name in "abc"]
    course = planned(protocol(*long), clinic("mon tue wed thu fri sat sun"))
    assert len(course.visits) == 600


def test_a_pace_of_days_counts_from_the_first_visit_also_after_it_slid():
    asked = protocol(phase(3, every_days=7, gap_days=GapDays(9, 5)))
    course = planned(asked, start=date(2026, 12, 12))
    days = [visit.start.date().isoformat() for visit in course.visits]
    assert days == ["2026-12-14", "2026-12-21", "2026-12-28"]


def test_a_choice_of_days_can_be_asked_for():
    chosen = EveryDays((7,), (7, 14))
    asked = protocol(phase(3, per_week=None, gap_days=GapDays(20, 5)))
    asked = replace(asked, phases=(replace(asked.phases[0], every_days=chosen),))
    days = [visit.start.date() for visit in planned(asked, every_days=14).visits]
    assert [(day - MONDAY).days for day in days] == [0, 14, 28]


# --- given starts, and the planning horizon


def starts_of(course):
    return [
        (visit.start.date(), visit.start.hour * 60 + visit.start.minute) for visit in course.visits
    ]


def course_at(starts, **more):
    asked = request(more.pop("start", MONDAY), **more)
    context = PlanningContext(protocol(phase(), BOOSTERS), clinic(), asked, MADE_AT)
    chosen = choose_slots_at(context, starts)
    return chosen and course_of(chosen, context)


def test_a_course_at_its_own_starts_is_the_same_course():
    for more in ({}, {"boosters": 2}, {"per_week": 2}):
        course = planned(**more)
        assert course_at(starts_of(course), **more) == course


@pytest.mark.parametrize(
    ("number", "days", "minutes"),
    [
        pytest.param(0, -7, 0, id="before the asked start"),
        pytest.param(1, 3, 0, id="a Saturday"),
        pytest.param(1, -1, 0, id="too soon after the one before"),
        pytest.param(5, 5, 0, id="beyond the span"),
        pytest.param(2, 0, 7, id="off the grid"),
        pytest.param(2, 0, -120, id="before the clinic opens"),
    ],
)
def test_starts_that_break_a_rule_are_no_course(number, days, minutes):
    starts = starts_of(planned())
    day, start = starts[number]
    starts[number] = day + timedelta(days), start + minutes
    assert course_at(starts) is None


def test_starts_of_another_number_of_visits_or_after_the_latest_start_are_no_course():
    starts = starts_of(planned())
    assert course_at(starts[:-1]) is None
    assert course_at([*starts, (date(2027, 1, 1), 9 * 60)]) is None
    assert course_at([*starts, (date(2027, 1, 1), 9 * 60)], boosters=1) is not None
    assert (
        course_at(starts, start=MONDAY - timedelta(7), latest_start=MONDAY - timedelta(3)) is None
    )


def test_a_course_that_could_begin_earlier_now_keeps_its_date_and_says_so():
    kept = course_at(starts_of(planned()), start=MONDAY - timedelta(7))
    assert kept.visits[0].start.date() == MONDAY
    assert [(f.rule, f.level, f.message) for f in kept.findings if f.rule != "clearance"] == [
        (
            "kept",
            "given-up",
            "The first visit is on Mon 7 Dec 2026, not on Mon 30 Nov 2026:"
            " it keeps the date that it was given.",
        )
    ]


def test_starts_at_which_the_patient_is_too_young_are_no_course():
    assert course_at(starts_of(planned()), born=date(2009, 1, 5)) is None


def test_the_horizon_of_a_course_is_its_longest_gaps_and_four_months():
    def last_day(**more):
        first, last = planning_horizon(asked, clinic(), request(**more))
        assert first == MONDAY
        return (last - MONDAY).days

    asked = protocol(phase(6, gap_days=GapDays(5, 2)))
    around = 6 * 5 + 120
    assert last_day() == 14 + around
    assert last_day(latest_start=MONDAY + timedelta(3)) == 3 + around
    assert last_day(latest_start=MONDAY + timedelta(9999)) == 366 + around


def test_a_phase_that_comes_first_in_one_protocol_may_come_later_in_another():
    six = protocol(phase(6))
    after_a_test = protocol(phase(1, name="test"), phase(6))
    alone = plan(six, clinic(), request(), made_at=MADE_AT)
    later = plan(after_a_test, clinic(), request(), made_at=MADE_AT)
    assert len({visit.start for visit in later.visits}) == 7
    assert later.visits[1].start.date() > MONDAY
    assert plan(six, clinic(), request(), made_at=MADE_AT) == alone


def test_a_visit_a_day_after_the_one_before_is_said_in_the_singular():
    asked = protocol(phase(2, gap_days=GapDays(5, 1)))
    course = plan(asked, clinic("mon tue"), request(), made_at=MADE_AT)
    said = [finding.message for finding in course.findings if finding.rule == "spacing"]
    assert said == ["Visit 2 comes 1 day after the one before; the pace asks for 2 or 3."]


def test_a_refusal_for_want_of_room_for_every_booster_names_how_many_there_is_room_for():
    asked = protocol(phase(6), replace(BOOSTERS, tentative=False))
    closed = Closures(dates=(DateRange(date(2027, 1, 12), date(2027, 6, 1)),))
    context = PlanningContext(asked, clinic(closures=closed), request(boosters=3), MADE_AT)
    with pytest.raises(NoPlan) as refused:
        choose_slots(context)
    found = explain_refusal(refused.value, context).remedies
    assert "--boosters 1" in [remedy.change for remedy in found]


def test_the_latest_start_is_at_most_a_leap_year_after_the_asked_one():
    start = MONDAY + timedelta(366)
    assert planned(latest_start=start).visits[0].start.date() == MONDAY
    with pytest.raises(BadRequest) as refused:
        planned(latest_start=start + timedelta(1))
    assert refused.value.field == "latest_start"


def test_visits_are_in_the_hours_of_the_staff_also_where_nobody_is_away_and_nothing_is_booked():
    afternoons = WeekHours(mon=(TimeRange.read("13:00-17:00"),))
    nurse = Resource("nurse", hours=afternoons)
    course = planned(protocol(phase(1)), clinic(chairs=3, resources=(nurse,)))
    assert course.visits[0].start.time() == time(13)
