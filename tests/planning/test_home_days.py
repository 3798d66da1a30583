"""Home days: beside a phase, on days without a treatment visit; they are treatments themselves."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketasched.events.events import events
from ketasched.events.view import View
from ketasched.files.load import parse_course
from ketasched.model import (
    Change,
    Clinic,
    Clock,
    CompanionKind,
    Count,
    Course,
    DateRange,
    EveryDays,
    GapDays,
    Minutes,
    NoDriving,
    Override,
    OwnMinutes,
    Phase,
    PhaseReview,
    TimeRange,
    VisitKind,
    VisitOrdinals,
    WithinDays,
)
from ketasched.model.companion_slots import companion_slot, kind_of
from ketasched.planning.check import check
from ketasched.planning.planner import plan
from ketasched.render import render
from ketasched.revising.revise import revise
from tests.conftest import MADE_AT, examples
from tests.support.nouns import INFUSION, clinic, phase, protocol, request

TABLET = VisitKind(
    "Tablet", Minutes(0, 15, 45), "home", no_driving=NoDriving(None, Clock(8 * 60)), attendant=True
)
DAILY = "mon tue wed thu fri sat sun"
BEFORE = MADE_AT + timedelta(1)


def home_phase(count: int = 3, steps: tuple[int, ...] = (1,), least: int = 1) -> Phase:
    return Phase(
        "tablets",
        "tablet",
        Count(count, count),
        GapDays(30, least),
        every_days=EveryDays(steps, steps if len(steps) == 1 else ()),
        beside="induction",
    )


def planned(
    home: Phase | None = None,
    *,
    visits: int = 3,
    at: Clinic | None = None,
    tablet: VisitKind = TABLET,
    companions: tuple[CompanionKind, ...] = (),
    reviews: tuple[PhaseReview, ...] = (),
    **wish: Any,
) -> Course:
    """Infusions on Mon, Wed, Fri unless said, with tablets between."""
    asked = protocol(
        phase(visits, reviews=reviews),
        home or home_phase(),
        visits={"infusion": INFUSION, "tablet": tablet},
        companions=companions,
    )
    return plan(asked, at or clinic(), request(**wish), made_at=MADE_AT)


def home_days(course: Course) -> list[str]:
    own = [one for one in course.companions if one.name == "tablets"]
    return [f"{one.start:%a %-d %H:%M}" for one in own if one.status in ("planned", "tentative")]


def test_home_days_are_on_the_days_between_treatment_visits_at_the_wanted_time():
    course = planned(time=Clock(10 * 60))
    assert [f"{one.start:%a %-d}" for one in course.visits] == ["Mon 7", "Wed 9", "Fri 11"]
    assert home_days(course) == ["Tue 8 10:00", "Thu 10 10:00"]


def test_a_finding_says_how_many_find_no_day():
    (found,) = (one for one in planned().findings if one.rule == "companion")
    assert (found.level, found.visit) == ("given-up", 3)
    assert found.message.startswith("Left out: 1 of 3 Tablet (tablets): ")


@pytest.mark.parametrize(
    ("steps", "least", "expected"),
    [
        ((1,), 1, ["Tue 8", "Thu 10", "Sat 12", "Sun 13", "Tue 15"]),
        ((2,), 1, ["Thu 10", "Sat 12", "Tue 15"]),
        ((1, 4), 1, ["Tue 8", "Sat 12"]),
        ((1,), 3, ["Tue 8", "Sat 12", "Tue 15"]),
    ],
    ids=["every day", "every other day", "the next day, then every four", "three days apart"],
)
def test_the_pace_and_the_smallest_gap_are_kept_as_far_as_treatment_days_let(
    steps, least, expected
):
    course = planned(home_phase(9, steps, least), visits=5)
    assert [day.rpartition(" ")[0] for day in home_days(course)] == expected


def test_neither_the_clinics_hours_nor_what_is_about_coming_there_matters_to_them():
    at = clinic("mon wed fri", "13:00-17:00", preferred_start=Clock(13 * 60))
    course = planned(at=at, days=("mon", "wed", "fri"), between=TimeRange.read("12:00-17:00"))
    assert home_days(course) == ["Tue 8 13:00", "Thu 10 13:00"]
    early = planned(at=at, time=Clock(7 * 60))
    assert home_days(early) == ["Tue 8 07:00", "Thu 10 07:00"]


def test_on_a_day_on_which_the_patient_is_away_there_is_none():
    assert home_days(planned(unavailable=(DateRange.read("2026-12-08"),))) == ["Thu 10 09:00"]


def test_a_home_day_stays_out_of_the_way_of_a_review_and_companions_out_of_its_way():
    course = planned(
        reviews=(PhaseReview(1, "How is it going?"),),
        companions=(CompanionKind("talk", "Talk", WithinDays(1), 30, after=VisitOrdinals((1,))),),
    )
    times = {one.name: f"{one.start:%a %-d %H:%M}" for one in reversed(course.companions)}
    assert times["tablets"] == "Tue 8 09:15"
    assert times["talk"] == "Tue 8 10:15"


def test_they_are_of_the_visit_before_and_stay_in_the_course_file():
    course = planned()
    assert [one.after for one in course.companions] == [1, 2]
    assert parse_course(render(course, "json", View()), "it") == course
    assert [one for one in check(course) if one.level == "broken"] == []


@given(
    visits=st.integers(2, 6),
    count=st.integers(1, 12),
    step=st.integers(1, 4),
    least=st.integers(1, 4),
    away=st.integers(0, 10),
)
@settings(max_examples=examples(120))
def test_home_days_are_as_walking_from_day_to_day_finds_them(visits, count, step, least, away):
    off = date(2026, 12, 8) + timedelta(away)
    course = planned(
        home_phase(count, (step,), least), visits=visits, unavailable=(DateRange(off, off),)
    )
    treated = {one.start.date() for one in course.visits}
    day, last, found = min(treated), max(treated), list[date]()
    since = step
    while (day := day + timedelta(1)) < last and len(found) < count:
        since -= 1
        apart = not found or (day - found[-1]).days >= least
        if since <= 0 and apart and day not in treated and day != off:
            found.append(day)
            since = step
    assert [one.start.date() for one in course.companions] == found


# --- a home day is a treatment ----------------------------------------------------------------


def test_nobody_is_told_a_moment_between_an_infusion_and_a_home_day():
    course = planned()
    first, second, third = course.visits
    tuesday, thursday = course.companions
    # The infusion alone forbids driving until 10:55 on the day of the tablet.
    assert f"{tuesday.no_driving_until:%a %-d %H:%M}" == "Wed 9 08:00"
    assert first.no_driving_until == tuesday.no_driving_until
    assert second.no_driving_until == thursday.no_driving_until
    assert f"{third.no_driving_until:%a %-d %H:%M}" == "Sat 12 10:55"


def test_a_home_day_runs_on_into_an_infusion():
    course = planned(tablet=replace(TABLET, no_driving=NoDriving(48)))
    tuesday, thursday = course.companions
    moments = [one.no_driving_until for one in course.visits]
    assert tuesday.no_driving_until == thursday.no_driving_until == moments[-1]
    assert set(moments) == {moments[-1]}


def test_after_a_home_day_without_a_rule_the_clinic_is_to_be_asked_and_before_it_too():
    course = planned(tablet=replace(TABLET, no_driving=None))
    assert [one.no_driving_until for one in course.companions] == [None, None]
    assert [one.no_driving_until for one in course.visits[:2]] == [None, None]
    page = render(course, "text", View())
    assert page.count("No driving: ask your clinic when you may") == 2
    assert "Do not drive afterwards. Ask your clinic when you may." in page


def test_a_companion_at_the_clinic_waits_until_the_time_without_driving_of_a_home_day_is_over():
    talk = CompanionKind("talk", "Talk", WithinDays(9), 30, after=VisitOrdinals((1,)))
    course = planned(
        home_phase(1, (2,)), companions=(replace(talk, place="clinic"),), at=clinic(DAILY)
    )
    home, own = course.companions
    assert f"{home.start:%a %-d}" == "Thu 10"
    assert own.start.date() not in (home.start.date() + timedelta(1), home.start.date())
    assert not any("drive" in one.message for one in check(course))


def test_check_finds_a_time_without_driving_that_leaves_a_home_day_out():
    course = planned()
    first = course.visits[0]
    shorter = replace(first, no_driving_until=first.end + timedelta(days=1))
    found = check(replace(course, visits=(shorter, *course.visits[1:])))
    assert [one.visit for one in found if one.rule == "times"] == [1]
    home = replace(course.companions[0], no_driving_until=None)
    found = check(replace(course, companions=(home, course.companions[1])))
    assert any(one.rule == "times" and "Tablet" in one.message for one in found)


def test_check_refuses_a_home_day_on_a_treatment_day_or_after_the_phase():
    course = planned()
    home, other = course.companions
    for days, said in ((1, "on the day of a treatment visit"), (9, "not between two visits")):
        moved = replace(home, start=home.start + timedelta(days))
        found = check(replace(course, companions=(moved, other)))
        assert any(one.rule == "companion" and said in one.message for one in found)


# --- changes ----------------------------------------------------------------------------------


def changed(course: Course, verb: str, visit: int | None = None, **more: Any) -> Course:
    at = more.pop("at", BEFORE)
    after = revise(course, Change(verb, visit, **more), at=at)  # type: ignore[arg-type] # a verb
    assert [one for one in check(after) if one.level == "broken"] == []
    return after


def test_a_home_day_gives_way_to_a_visit_that_moves_to_its_day():
    course = planned(home_phase(2), visits=3)
    after = changed(course, "defer", 2, days=1)
    assert [f"{one.start:%a %-d}" for one in after.visits][1] == "Thu 10"
    assert home_days(after)[:2] == ["Tue 8 09:00", "Wed 9 09:00"]
    assert {one.uid for one in after.companions} == {one.uid for one in course.companions}


def test_an_infusion_that_is_omitted_ends_its_time_without_driving():
    course = planned(home_phase(1))
    after = changed(course, "omit", 1)
    assert after.visits[0].status == "omitted"
    assert home_days(after) == ["Thu 10 09:00"]


def test_home_days_are_held_and_come_back_with_their_phase():
    course = planned(home_phase(2))
    held = changed(course, "hold")
    assert {one.status for one in held.companions} == {"held"}
    resumed = changed(held, "resume", on=course.visits[0].start.date() + timedelta(7))
    assert home_days(resumed) == ["Tue 15 09:00", "Thu 17 09:00"]


def test_home_days_end_with_their_phase():
    course = planned(home_phase(2))
    at = course.visits[0].end + timedelta(hours=3)
    done = changed(course, "complete", 1, at=at)
    after = changed(done, "cease", 1, at=at)
    assert [one.status for one in after.companions] == ["ceased", "ceased"]
    moment = after.visits[0].no_driving_until
    assert moment
    assert f"{moment:%a %-d %H:%M}" == "Tue 8 10:55"


# --- somebody stays with the patient ----------------------------------------------------------


def test_the_calendar_reminds_to_arrange_who_stays_and_says_until_when_nobody_drives():
    course = planned()
    found = {one.name: one for one in events(course, View())}
    assert [f"{one.start:%a %-d %H:%M}" for name, one in found.items() if "attendant" in name] == [
        "Sat 5 10:00",
        "Mon 7 10:00",
        "Mon 7 18:00",
        "Wed 9 18:00",
    ]
    title = found["attendant-reminder-companion-1-1"].title
    assert title == "Arrange that someone stays with you: Tue 8 Dec, 09:00"
    text = found["companion-1"].text
    assert "Someone has to stay with you from 09:00 until 10:00. Please arrange it." in text
    assert "No driving before Wed 9 Dec, 08:00, and not before a full night's sleep." in text
    assert "bring" not in text.casefold()
    assert "no-driving-companion-1" in found


def test_without_an_attendant_nothing_is_said_of_one():
    course = planned(tablet=replace(TABLET, attendant=False))
    for form in ("text", "html", "ics"):
        assert "stay with you" not in render(course, form, View())


def test_a_visit_at_home_may_have_an_attendant_and_does_not_ask_to_come_or_to_bring():
    asked = protocol(phase(2, visit="tablet"), visits={"tablet": TABLET})
    course = plan(asked, clinic(), request(), made_at=MADE_AT)
    page = render(course, "text", View())
    assert "Someone has to stay with you during every appointment at home." in page
    assert "drive you" not in page
    assert "bring" not in page.casefold()
    assert "No driving before the time in the last column" in page
    names = [one.name for one in events(course, View())]
    assert "attendant-reminder-1-1" in names
    assert not any("ride" in name for name in names)


def test_a_driver_has_nothing_of_a_home_day():
    assert not any("companion" in one.name for one in events(planned(), View("driver")))


def test_a_page_says_until_when_nobody_drives_after_a_home_day():
    page = render(planned(), "text", View())
    assert "Tue 8 Dec   09:00  Appointment at home, 60 minutes" in page
    said = "No driving before Wed 9 Dec, 08:00, and not before a full night's sleep"
    assert said in " ".join(page.split())
    assert "Wed 9 Dec, 08:00" in render(planned(), "html", View()).replace("\xa0", " ")


# --- what a protocol cannot say ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"beside": "tablets"}, "expected a phase that is beside no other"),
        ({"visit": "infusion"}, 'its visits beside others need place = "home"'),
        ({"tentative": True}, "a phase beside another has none"),
        ({"every_days": None, "per_week": None}, "a phase beside another has every_days"),
        ({"count": Count(0, 4)}, "a number of visits, and no choice"),
    ],
    ids=["beside itself", "at the clinic", "tentative", "without a pace in days", "a choice"],
)
def test_what_a_phase_beside_another_cannot_be_is_said(change, said):
    own = replace(home_phase(), **change)
    whole = protocol(phase(), own, visits={"infusion": INFUSION, "tablet": TABLET})
    problems = [text for _, text in (*own.problems(), *whole.problems())]
    assert any(said in text for text in problems)


def test_a_home_day_takes_no_resource_of_the_clinic():
    kinds = {"infusion": INFUSION, "tablet": replace(TABLET, needs=("nurse",))}
    said = "a visit of tablets, beside induction, takes no resource"
    assert list(protocol(phase(), home_phase(), visits=kinds).problems()) == [
        ("visits.tablet.needs", said)
    ]
    assert not list(protocol(phase(), visits=kinds).problems())


def test_no_companion_belongs_to_a_home_day():
    talk = CompanionKind("talk", "Talk", WithinDays(3), 30, "tablets", after=VisitOrdinals())
    kinds = {"infusion": INFUSION, "tablet": TABLET}
    whole = protocol(phase(), home_phase(), visits=kinds, companions=(talk,))
    assert list(whole.problems()) == [
        ("companions[0].phase", "expected a phase that is beside no other")
    ]


def test_a_companion_of_an_unknown_phase_does_not_stop_the_other_problems():
    talk = CompanionKind("talk", "Talk", WithinDays(3), 30, "nowhere", after=VisitOrdinals((1,)))
    alone = replace(home_phase(), beside="tablets")
    for phases in ((phase(),), (alone,)):
        whole = protocol(*phases, visits={"infusion": INFUSION, "tablet": TABLET})
        known = list(whole.problems())
        assert list(replace(whole, companions=(talk,)).problems()) == known


def test_an_attendant_is_somebody_at_home():
    kind = replace(INFUSION, attendant=True)
    assert ("attendant", 'goes with place = "home", not "clinic"') in list(kind.problems())


def test_a_home_day_is_no_time_before_the_first_visit():
    course = planned()
    assert all(isinstance(one.start, datetime) for one in course.companions)
    assert min(one.start for one in course.companions) > course.visits[0].start


def test_a_home_day_takes_as_long_as_the_clinic_says_wherever_it_is_asked():
    longer = Override(OwnMinutes(observation=105))
    course = planned(home_phase(1), at=clinic(overrides={"test": {"tablet": longer}}))
    (one,) = course.companions
    assert one.minutes == 120
    assert kind_of(course, one).minutes.total == 120
    assert companion_slot(course, one).kind.minutes == Minutes(0, 15, 105)
