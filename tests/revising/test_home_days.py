"""Home days when a course changes: held, ceased and dated with the phase beside which they are."""

from datetime import timedelta

from ketasched.model import BusyTime, Companion, Course, DateRange, PhaseReview
from ketasched.planning.record import record_findings
from tests.planning.test_home_days import changed, home_days, home_phase, planned


def tablets(course: Course) -> list[Companion]:
    return [one for one in course.companions if one.name == "tablets"]


def test_a_home_day_on_hold_ends_when_a_review_ends_the_course():
    course = planned(home_phase(2), reviews=(PhaseReview(1, "How is it going?"),))
    at = course.visits[0].end + timedelta(hours=3)
    held = changed(changed(course, "complete", 1, at=at), "hold", at=at)
    assert {one.status for one in tablets(held)} == {"held"}
    after = changed(held, "review", 1, outcome="stop", at=at)
    assert {one.status for one in tablets(after)} == {"ceased"}
    assert [*record_findings(after)] == []


def away(course: Course, *numbers: int) -> tuple[DateRange, ...]:
    first = course.visits[0].start.date()
    return tuple(DateRange(first + timedelta(one), first + timedelta(one)) for one in numbers)


def said(course: Course) -> list[str]:
    return [one.message for one in course.findings if one.rule == "companion"]


def test_a_day_whose_every_time_is_busy_gives_way_to_the_next_one():
    plain = planned(home_phase(1), visits=4)
    assert home_days(plain) == ["Tue 8 09:00"]
    start = plain.companions[0].start.replace(hour=0)
    busy = (BusyTime(start, start + timedelta(1), "work"),)
    assert home_days(planned(home_phase(1), visits=4, busy=busy)) == ["Thu 10 09:00"]


def test_a_finding_says_what_is_in_the_way_of_a_home_day():
    plain = planned(home_phase(2))
    assert home_days(plain) == ["Tue 8 09:00", "Thu 10 09:00"]
    (found,) = said(planned(home_phase(2), unavailable=away(plain, 3)))
    assert found == "Left out: 1 of 2 Tablet (tablets): on Thu 10 Dec the patient cannot come."
    (found,) = said(planned(home_phase(3)))
    assert "no more days without treatment are left before visit 3" in found
    (found,) = said(planned(home_phase(2, least=3)))
    assert "too near to other home days before visit 3" in found
