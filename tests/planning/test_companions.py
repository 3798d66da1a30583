"""Companions of visits: on the best day and at the best time, and never in the way of a visit."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketasched.errors import BadFile, NoPlan
from ketasched.events.view import View
from ketasched.files.load import parse_course
from ketasched.model import (
    BusyTime,
    Clinic,
    Clock,
    Closures,
    Companion,
    CompanionKind,
    Course,
    DateRange,
    GapDays,
    Minutes,
    NoDriving,
    PhaseReview,
    Protocol,
    Request,
    TimeRange,
    Visit,
    VisitKind,
    VisitOrdinals,
    WithinDays,
)
from ketasched.planning.check import check
from ketasched.planning.planner import plan
from ketasched.render import render
from tests.conftest import MADE_AT, examples
from tests.support.nouns import MONDAY, clinic, phase, protocol, request

EACH = VisitOrdinals()
DAILY = "mon tue wed thu fri sat sun"


def kind(name: str = "talk", **more: Any) -> CompanionKind:
    """A call of half an hour, 1 to 3 days after each visit unless said."""
    usual: dict[str, Any] = {"within_days": WithinDays(3), "minutes": 30}
    if "before" not in more:
        usual["after"] = EACH
    return CompanionKind(name, name.capitalize(), **(usual | more))


def planned(
    *kinds: CompanionKind, at: Clinic | None = None, wish: Request | None = None, **more: Any
) -> Course:
    asked = protocol(phase(3, reviews=more.pop("reviews", ())), companions=kinds)
    return plan(asked, at or clinic(), wish or request(), made_at=MADE_AT, **more)


def days(course: Course) -> list[str]:
    """The days of the companions, reviews aside, in the order in which they are dated."""
    return [f"{one.start:%a %-d %H:%M}" for one in course.companions if not one.is_review]


# --- which companions there are, and when --------------------------------------------------------


def test_each_visit_has_its_companion_on_the_nearest_day_at_the_wanted_time():
    course = planned(kind(), wish=request(time=Clock(10 * 60)))
    assert [f"{one.start:%a %-d}" for one in course.visits] == ["Mon 7", "Wed 9", "Fri 11"]
    assert days(course) == ["Tue 8 10:00", "Thu 10 10:00", "Mon 14 10:00"]


def test_companions_follow_the_visits_with_their_numbers_and_precede_others():
    course = planned(
        kind("prep", before=VisitOrdinals((1,)), within_days=WithinDays(10, 3)),
        kind("last", after=VisitOrdinals((2, 3))),
    )
    assert [(one.name, one.after, one.before) for one in course.companions] == [
        ("prep", 1, True),
        ("last", 2, False),
        ("last", 3, False),
    ]
    assert days(course)[0] == "Fri 4 09:00"


@pytest.mark.parametrize(
    ("within", "expected"),
    [(WithinDays(1, 1), "Sat 12"), (WithinDays(2, 2), "Sun 13"), (WithinDays(9, 9), "Sun 20")],
    ids=["the day after", "two days after", "nine days after"],
)
def test_both_ends_of_the_days_within_which_a_companion_is_are_inclusive(within, expected):
    course = planned(kind(after=VisitOrdinals((3,)), within_days=within), at=clinic(DAILY))
    assert days(course) == [f"{expected} 09:00"]


def test_companions_have_identifiers_by_their_ordinal_and_stay_in_the_course_file():
    course = planned(kind(), reviews=(PhaseReview(3, "How is it going?"),))
    assert len({one.uid for one in course.companions}) == 4
    assert parse_course(render(course, "json", View()), "it") == course


def test_a_course_whose_protocol_does_not_have_its_companion_is_refused():
    text = render(planned(kind()), "json", View()).replace('"name": "talk"', '"name": "call"', 2)
    with pytest.raises(BadFile) as refused:
        parse_course(text, "it")
    assert 'reviews[0].name: the protocol has no companion "call"' in refused.value.details[0]


def test_a_course_without_companions_is_written_as_ever():
    text = render(planned(), "json", View())
    assert '"companions"' not in text
    assert '"reviews": []' in text


# --- nothing is in their way, and they are in nobody's -------------------------------------------


def test_a_companion_without_a_day_is_left_out_and_a_finding_says_why():
    at = clinic(closures=Closures(dates=(DateRange.read("2026-12-14..2026-12-16"),)))
    course = planned(kind(after=VisitOrdinals((3,)), within_days=WithinDays(5, 3)), at=at)
    assert days(course) == []
    (found,) = (one for one in course.findings if one.rule == "companion")
    assert (found.level, found.visit) == ("given-up", 3)
    assert found.message == (
        "Left out: Talk after visit 3, from Mon 14 Dec to Wed 16 Dec 2026: "
        "on Mon 14 Dec the clinic is closed."
    )
    assert found.next_step == "ketasched suggest COURSE 3"


def test_a_companion_moves_delays_and_refuses_no_visit():
    alone = planned()
    for more in (kind(), kind(minutes=480), kind(minutes=720), kind(place="clinic", minutes=400)):
        assert planned(more).visits == alone.visits


def test_what_refuses_visits_refuses_them_with_companions_too():
    with pytest.raises(NoPlan):
        planned(kind(), wish=request(days=("sat",)))


def test_a_companion_before_the_first_visit_may_be_before_the_asked_start():
    wish = request(MADE_AT.date() + timedelta(3))
    course = planned(kind(before=VisitOrdinals((1,))), wish=wish)
    assert days(course) == ["Wed 25 09:00"]


def test_a_companion_is_not_before_the_day_after_the_course_was_planned():
    wish = request(MADE_AT.date() + timedelta(1))
    course = planned(kind(before=VisitOrdinals((1,))), wish=wish)
    assert days(course) == []
    assert "the course was not planned yet" in course.findings[0].message


def test_a_companion_keeps_the_wishes_and_the_calendars_of_the_patient():
    tuesday = datetime(2026, 12, 8, 9, 0, tzinfo=ZoneInfo("America/New_York"))
    busy = BusyTime(tuesday.astimezone(UTC), (tuesday + timedelta(hours=2)).astimezone(UTC), "")
    away = DateRange.read("2026-12-10")
    course = planned(kind(), wish=request(busy=(busy,), unavailable=(away,)))
    assert days(course)[0] == "Tue 8 11:00"
    assert not any(one.start.date() == away.first for one in course.companions)


@pytest.mark.parametrize("driver", [False, True], ids=["without a ride", "with a ride"])
def test_at_the_clinic_a_companion_waits_until_the_patient_may_drive_or_has_a_ride(driver):
    own = kind(place="clinic", driver=driver, after=VisitOrdinals((3,)))
    course = planned(own, at=clinic(DAILY), wish=request(driver_name="Sam"))
    assert days(course) == ["Sat 12 09:00" if driver else "Sun 13 09:00"]
    assert [one.driver and one.driver.name for one in course.companions] == [
        (driver and "Sam") or None
    ]
    assert check(course)[1:] == ()


def test_companions_of_one_visit_are_dated_in_turn_each_beside_the_earlier_ones():
    first, second = kind("first", minutes=60), kind("second", minutes=60)
    assert days(planned(first, second))[:2] == ["Tue 8 09:00", "Tue 8 10:00"]


def test_a_companion_stays_out_of_the_way_of_a_review():
    course = planned(kind(), reviews=(PhaseReview(1, "How is it going?"),))
    (review,) = (one for one in course.companions if one.is_review)
    assert f"{review.start:%a %-d %H:%M}" == "Tue 8 09:00"
    assert days(course)[0] == "Tue 8 09:15"


def test_a_companion_of_a_tentative_visit_is_tentative_and_has_no_driver_yet():
    asked = protocol(
        phase(2, reviews=(PhaseReview(1, "Gate", gate=True),)),
        companions=(kind(place="clinic", driver=True),),
    )
    course = plan(asked, clinic(), request(driver_name="Sam"), made_at=MADE_AT)
    _, first, second = course.companions
    assert (first.status, second.status) == ("planned", "tentative")
    assert first.driver
    assert second.driver is None


def test_the_clock_of_a_companion_is_that_of_the_day_on_which_the_clocks_change():
    at = clinic(DAILY, "01:00-17:00")
    wish = request(date(2027, 3, 13), time=Clock(2 * 60 + 30))
    course = planned(kind(after=VisitOrdinals((1,)), minutes=60), at=at, wish=wish)
    (one,) = course.companions
    # 02:30 is skipped on Sunday 14 March; 03:00 is the first time that is as near as any.
    assert f"{one.start:%a %-d}" == "Sun 14"
    assert one.end - one.start.astimezone(UTC) == timedelta(hours=1)
    assert [found.level for found in check(course)] == ["warning", "warning"]


# --- what check says -----------------------------------------------------------------------------


def moved(course: Course, **more: Any) -> Course:
    (one,) = course.companions
    return replace(course, companions=(replace(one, **more),))


def test_check_says_that_a_companion_is_too_far_from_its_visit():
    course = planned(kind(after=VisitOrdinals((1,))))
    later = moved(course, start=course.companions[0].start + timedelta(3, hours=3))
    (found,) = (one for one in check(later) if one.level == "broken")
    assert (found.rule, found.visit) == ("companion", 1)
    assert found.message == (
        "Talk after visit 1, Fri 11 Dec 2026: 4 days after its visit; 1 to 3 are allowed."
    )


def test_check_asks_the_rules_on_one_visit_of_a_companion_to_come():
    course = planned(kind(after=VisitOrdinals((1,))))
    newer = replace(course, clinic=clinic("mon wed thu fri"))
    assert [one.rule for one in check(newer) if one.level == "broken"] == ["open-hours"]


def test_check_says_nothing_of_a_companion_that_is_over():
    course = planned(kind(after=VisitOrdinals((1,))))
    over = replace(course, history=(replace(course.history[0], at=course.visits[2].start),))
    newer = replace(over, clinic=clinic("mon wed thu fri"))
    assert [one for one in check(newer) if one.level == "broken"] == []


# --- the judge: every time of every day ----------------------------------------------------------


class Case(NamedTuple):
    """What is given to the planner and to the judge."""

    protocol: Protocol
    clinic: Clinic
    request: Request


def best_by_trying(course: Course, case: Case) -> list[tuple[str, int, datetime]]:
    """The name, the visit and the start of each companion, found by trying every time."""
    taken: list[tuple[datetime, datetime]] = [(one.start, one.end) for one in course.visits]
    taken += [(one.start, one.end) for one in course.companions if one.is_review]
    found = []
    for visit in course.visits:
        for own in case.protocol.companions:
            if (own.after or own.before or EACH).numbers not in ((), (visit.number,)):
                continue
            times = [
                start for start in _all_times(case, visit, own) if _is_free(start, own, taken)
            ]
            times = [start for start in times if _can_come(course, own, start)]
            if times:
                best = min(times, key=lambda start: _wanted(case, visit, start))
                taken.append((best, best + timedelta(minutes=own.minutes)))
                found.append((own.name, visit.number, best))
    return found


def _all_times(case: Case, visit: Visit, own: CompanionKind) -> Iterator[datetime]:
    zone, at, wish = ZoneInfo(case.clinic.timezone), case.clinic, case.request
    for apart in range(own.within_days.min, own.within_days.max + 1):
        day = visit.start.date() + timedelta(-apart if own.before else apart)
        opened = _openings(at, day)
        is_away = any(day in away for away in (*wish.unavailable, *at.closures.dates))
        is_early = day <= MADE_AT.astimezone(zone).date()
        if is_away or (own.before and is_early):
            continue
        for one in opened:
            for minutes in range(one.start, one.end - own.minutes + 1, at.slot_minutes):
                between = wish.between or TimeRange(0, 1440)
                if between.start <= minutes and minutes + own.minutes <= between.end:
                    yield datetime(
                        day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=zone
                    )


def _openings(at: Clinic, day: date) -> Sequence[TimeRange]:
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    found: Sequence[TimeRange] = getattr(at.hours, names[day.weekday()])
    return found


def _is_free(
    start: datetime, own: CompanionKind, taken: Sequence[tuple[datetime, datetime]]
) -> bool:
    end = start + timedelta(minutes=own.minutes)
    return all(end <= begin or other <= start for begin, other in taken)


def _can_come(course: Course, own: CompanionKind, start: datetime) -> bool:
    if own.place != "clinic" or own.driver:
        return True
    earlier = [one for one in course.visits if one.start < start]
    if not earlier:
        return True
    until = earlier[-1].no_driving_until or earlier[-1].end + timedelta(days=1)
    return start.date() > until.date()


def _wanted(case: Case, visit: Visit, start: datetime) -> tuple[int, int, int]:
    wanted = (case.request.time or case.clinic.preferred_start).minutes
    minutes = start.hour * 60 + start.minute
    return abs((start.date() - visit.start.date()).days), abs(minutes - wanted), minutes


KINDS = st.builds(
    lambda name, ordinals, is_before, within, minutes, place, driver: CompanionKind(
        name,
        name,
        WithinDays(max(within), min(within)),
        minutes,
        place=place,
        driver=driver and place == "clinic",
        **{"before" if is_before else "after": ordinals},
    ),
    st.just("x"),
    st.sampled_from([EACH, VisitOrdinals((1,)), VisitOrdinals((3,))]),
    st.booleans(),
    st.tuples(st.integers(1, 4), st.integers(1, 9)),
    st.sampled_from([15, 50, 90, 240]),
    st.sampled_from(["phone", "clinic", "home"]),
    st.booleans(),
)
WEEKS = st.sampled_from([DAILY, "mon tue wed thu fri", "mon wed fri", "tue sat"])
HOURS = st.sampled_from(["09:00-17:00", "08:00-12:00 13:00-16:30", "10:00-13:10"])
RULES = st.sampled_from([None, NoDriving(24, Clock(8 * 60)), NoDriving(60)])


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A clinic, three visits with up to three kinds of companion, and what the patient can."""
    kinds = [replace(one, name=f"k{n}") for n, one in enumerate(draw(st.lists(KINDS, max_size=3)))]
    infusion = VisitKind("Infusion", Minutes(0, 60, 0), no_driving=draw(RULES))
    reviews = draw(st.sampled_from([(), (PhaseReview(1, "Look"),), (PhaseReview(3, "Look"),)]))
    asked = protocol(
        phase(3, every_days=draw(st.integers(1, 7)), gap_days=GapDays(10), reviews=reviews),
        companions=tuple(kinds),
        visits={"infusion": infusion},
    )
    asked = replace(
        asked, phases=tuple(replace(one, gap_days=one.gap_days) for one in asked.phases)
    )
    start = draw(st.sampled_from([MONDAY, date(2027, 3, 11), date(2026, 11, 27)]))
    away = start + timedelta(draw(st.integers(-5, 12)))
    closed = Closures(dates=(DateRange(away, away + timedelta(draw(st.integers(0, 2)))),))
    between = draw(st.sampled_from([None, TimeRange.read("09:00-13:00")]))
    wish = request(start, between=between, time=draw(st.sampled_from([None, Clock(11 * 60)])))
    at = clinic(draw(WEEKS), draw(HOURS), closures=closed)
    return Case(asked, at, wish)


@given(cases())
@settings(max_examples=examples(300))
def test_companions_are_where_trying_every_time_would_put_them(case):
    try:
        course = plan(case.protocol, case.clinic, case.request, made_at=MADE_AT)
    except NoPlan:
        return
    others = [one for one in course.companions if not one.is_review]
    assert [(one.name, one.after, one.start) for one in others] == best_by_trying(course, case)
    assert [one for one in check(course) if one.level == "broken"] == []
    missing = sum(one.rule == "companion" for one in course.findings)
    assert len(others) + missing == _wanted_number(case, len(course.visits))


def _wanted_number(case: Case, visits: int) -> int:
    ordinals = [(one.after or one.before or EACH) for one in case.protocol.companions]
    return sum(number in one for one in ordinals for number in range(1, visits + 1))


def test_a_companion_says_on_which_side_of_its_visit_it_is():
    (one,) = planned(kind(before=VisitOrdinals((2,)))).companions
    assert isinstance(one, Companion)
    assert one.side == "before"


@pytest.mark.parametrize(
    ("more", "problems"),
    [
        ({"after": VisitOrdinals((1, 6))}, []),
        ({"after": VisitOrdinals((1, 7))}, [("companions[0].after", "expected 1 to 6, not 7")]),
        ({"before": VisitOrdinals((9,))}, [("companions[0].before", "expected 1 to 6, not 9")]),
        (
            {"after": VisitOrdinals((5,)), "phase": "booster"},
            [("companions[0].after", "expected 1 to 4, not 5")],
        ),
        ({"after": EACH, "phase": "booster"}, []),
    ],
    ids=["the last visit", "one beyond", "before one beyond", "beyond its own phase", "each"],
)
def test_a_companion_of_a_visit_that_its_phase_does_not_have_is_a_problem(more, problems):
    boosters = replace(phase(4), name="booster")
    own = protocol(phase(6), boosters, companions=(kind(**more),))
    assert list(own.problems()) == problems
