"""A fact moves no companion that it is not about, and gives each the status of its visit."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from ketasched.model import (
    Authorisation,
    Change,
    Clinic,
    Companion,
    CompanionKind,
    Course,
    Driver,
    Record,
    VisitOrdinals,
    WithinDays,
)
from ketasched.planning.planner import plan
from ketasched.planning.record import record_findings
from ketasched.revising.revise import revise
from tests.conftest import MADE_AT
from tests.planning.test_home_days import home_days, home_phase
from tests.planning.test_home_days import planned as planned_with_tablets
from tests.support.nouns import MONDAY, clinic, phase, protocol, request

TALK = CompanionKind(
    "talk", "Integration", WithinDays(3), 60, after=VisitOrdinals(), place="clinic", driver=True
)
BEFORE = MADE_AT + timedelta(1)
OPEN = clinic("mon tue wed thu fri sat")
LATER = clinic("mon tue wed thu fri sat", "13:00-18:00")
LAST = date(2026, 12, 31)
CLEARANCE = Record("clearance", date(2026, 11, 20), "Dr. Lee")


def planned(*, at: Clinic = OPEN, kind: CompanionKind = TALK, **more: Any) -> Course:
    """Four visits, on Monday, Wednesday, Friday and Monday, each with a talk on the day after."""
    asked = protocol(phase(4), companions=(kind,))
    return plan(asked, at, request(driver_name="Sam", **more), made_at=MADE_AT)


def changed(course: Course, verb: str, visit: int | None = None, **more: Any) -> Course:
    at, place = more.pop("at", BEFORE), more.pop("place", None)
    change = Change(verb, visit, **more)  # type: ignore[arg-type] # a verb
    after = revise(course, change, at=at, clinic=place)
    assert [*record_findings(after)] == []
    return after


def talks(course: Course) -> list[Companion]:
    return sorted((one for one in course.companions if one.name), key=lambda one: one.after)


def starts(course: Course) -> list[datetime]:
    return [one.start for one in talks(course)]


def statuses(course: Course) -> list[str]:
    return [one.status for one in talks(course)]


def drivers(course: Course) -> list[str]:
    return [one.driver.name if one.driver else "" for one in talks(course)]


EVENING = planned().visits[0].end + timedelta(hours=4)

FACTS = [
    pytest.param("complete", 1, {"at": EVENING}, id="a visit took place"),
    pytest.param("clear", None, {"record": CLEARANCE}, id="clear"),
    pytest.param("driver", None, {"visits": "2", "driver": Driver("Kim")}, id="who drives"),
    pytest.param(
        "authorise", None, {"authorised": (Authorisation(9, MONDAY, LAST),)}, id="sessions"
    ),
]


@pytest.mark.parametrize(("verb", "visit", "more"), FACTS)
def test_a_fact_moves_no_talk_whatever_the_clinics_hours_are_now(verb, visit, more):
    course = planned()
    after = changed(course, verb, visit, place=LATER, **more)
    assert (starts(after), statuses(after)) == (starts(course), statuses(course))


@pytest.mark.parametrize(("verb", "visit", "more"), FACTS)
def test_a_fact_adds_no_talk_to_a_visit_that_had_none(verb, visit, more):
    narrow = replace(TALK, within_days=WithinDays(1))
    shut = clinic("mon wed fri sat")
    course = planned(at=shut, kind=narrow)
    assert [one.after for one in talks(course)] == [3]
    after = changed(course, verb, visit, place=OPEN, **more)
    assert [one.after for one in talks(after)] == [3]


def test_a_fact_moves_the_talk_of_the_visit_whose_day_it_changes():
    course = planned()
    after = changed(course, "omit", 2)
    assert statuses(after) == ["planned", "omitted", "planned", "planned"]
    assert starts(after) == starts(course)


@pytest.mark.parametrize(("verb", "visit", "more"), FACTS)
def test_a_fact_moves_no_home_day_and_adds_none(verb, visit, more):
    course = planned_with_tablets(home_phase(2), visits=4, driver_name="Sam")
    asked = replace(course.protocol, phases=(course.protocol.phases[0], home_phase(3)))
    after = changed(replace(course, protocol=asked), verb, visit, **more)
    assert home_days(after) == home_days(course)


def test_visits_that_are_authorised_give_their_talks_a_driver():
    course = planned(authorised=(Authorisation(2, MONDAY, LAST),))
    assert statuses(course) == ["planned", "planned", "tentative", "tentative"]
    assert drivers(course) == ["Sam", "Sam", "", ""]
    more = (Authorisation(9, MONDAY, LAST),)
    after = changed(course, "authorise", authorised=more)
    assert statuses(after) == ["planned"] * 4
    assert drivers(after) == ["Sam"] * 4
    assert starts(after) == starts(course)


def test_visits_that_wait_again_take_the_driver_of_their_talks_back():
    fewer = (Authorisation(2, MONDAY, LAST),)
    after = changed(planned(), "authorise", authorised=fewer)
    assert statuses(after) == ["planned", "planned", "tentative", "tentative"]
    assert drivers(after) == ["Sam", "Sam", "", ""]


def test_a_driver_who_is_named_for_a_weekday_drives_to_talks_that_wait_once_they_are_planned():
    course = planned(authorised=(Authorisation(2, MONDAY, LAST),))
    assert [f"{one.start:%a}" for one in talks(course)] == ["Tue", "Thu", "Sat", "Tue"]
    named = changed(course, "driver", visits="sat", driver=Driver("Kim"))
    assert statuses(named) == ["planned", "planned", "tentative", "tentative"]
    assert drivers(named) == ["Sam", "Sam", "Kim", ""]
    assert named.history[-1].what == "visit 3: driver Kim"
    after = changed(named, "authorise", authorised=(Authorisation(9, MONDAY, LAST),))
    assert drivers(after) == ["Sam", "Sam", "Kim", "Sam"]
