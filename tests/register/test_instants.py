"""Chairs are compared at instants: across midnight, on both nights when the clocks change."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from ketasched.errors import Refused
from ketasched.model import WEEKDAYS, Change, Clinic, Clock, Course, TimeRange
from ketasched.register import seating
from ketasched.register.booked_visit import Allowance, BookedVisit, Limits, first_excess
from ketasched.register.chair_assignment import assign_beside, assign_chairs
from ketasched.register.database import writing
from ketasched.register.records import Conflict, LogEntry
from ketasched.register.register import Register
from ketasched.register.tables import BOOKINGS
from ketasched.render.day_sheet.sheet import make_day_sheet
from ketasched.rules.base import NO_BOOKINGS
from tests.conftest import MADE_AT
from tests.register.databases import rows
from tests.register.inspection import TWO_ON_A_CHAIR
from tests.register.orders import booked, moved, order, small
from tests.support.nouns import clinic as clinic_with
from tests.support.nouns import hours_of

ALL_DAY = (TimeRange(0, 1440),)
OPEN = hours_of(dict.fromkeys(WEEKDAYS, ALL_DAY))

NIGHTS = {
    "an ordinary night": date(2027, 1, 11),
    "the clocks go forward": date(2027, 3, 13),
    "the clocks go back": date(2027, 11, 6),
}


@pytest.fixture
def book(address) -> Register:
    return Register.open(address)


def by_night(chairs: int = 1, **more) -> Clinic:
    return small(chairs, hours=OPEN, preferred_start=Clock(0), **more)


def across_midnight(book: Register, day: date, clinic: Clinic, patient: str = "A") -> Course:
    """A course whose first visit is from 23:30 on this day until after midnight."""
    (course,) = booked(book, patient, at=clinic, start=day, time=Clock(20 * 60))
    late = Change(
        "defer", 1, on=day, time=Clock(23 * 60 + 30), overrides=("open-hours",), scope="visit"
    )
    return moved(book, course, late)


@pytest.mark.parametrize("day", NIGHTS.values(), ids=NIGHTS)
def test_nobody_sits_down_before_the_visit_across_midnight_is_over(book, address, day):
    clinic = by_night()
    late = across_midnight(book, day, clinic).visits[0]
    next_day = day + timedelta(1)
    (course,) = booked(book, "B", at=clinic, start=next_day, latest_start=next_day)
    assert course.visits[0].start >= late.end
    assert rows(address, TWO_ON_A_CHAIR) == [(0,)]


@pytest.mark.parametrize("day", NIGHTS.values(), ids=NIGHTS)
def test_of_two_chairs_the_second_is_given_beside_the_visit_across_midnight(book, address, day):
    clinic = by_night(chairs=2)
    across_midnight(book, day, clinic)
    next_day = day + timedelta(1)
    (course,) = booked(book, "B", at=clinic, start=next_day, latest_start=next_day)
    assert course.visits[0].start.time().isoformat() == "00:00:00"
    chair = rows(address, "SELECT chair FROM bookings WHERE uid = ?", [course.visits[0].uid])
    assert chair == [(1,)]
    assert rows(address, TWO_ON_A_CHAIR) == [(0,)]


def test_the_other_way_round_the_visit_that_is_deferred_across_midnight_is_refused(book):
    clinic = by_night()
    (other,) = booked(book, "B", at=clinic, start=date(2027, 1, 12))
    (course,) = booked(book, "A", at=clinic, start=date(2027, 1, 11), time=Clock(20 * 60))
    late = Change("defer", 1, on=date(2027, 1, 11), time=Clock(1410), overrides=("open-hours",))
    with pytest.raises(Exception, match="no way to do this keeps every rule"):
        moved(book, course, replace(late, scope="visit"))
    assert other.visits[0].start.isoformat().startswith("2027-01-12T00:00")


def test_the_database_refuses_two_across_midnight_whoever_writes(book, address):
    across_midnight(book, date(2027, 1, 11), by_night())
    asked = "SELECT clinic, begins, ends, course_id FROM bookings ORDER BY begins LIMIT 1"
    ((clinic, begins, ends, course_id),) = rows(address, asked)
    values = {"clinic": clinic, "day": "2027-01-12", "course_id": course_id, "chair": 0}
    for number, (start, end) in enumerate(((ends - 60, ends + 3600), (begins + 1, ends - 1))):
        new = BOOKINGS.insert().values(uid=f"x{number}", begins=start, ends=end, **values)
        with pytest.raises(DBAPIError), writing(book.engine) as connection:
            connection.execute(new)


def test_an_imported_visit_that_no_register_can_hold_is_refused_with_its_number(book):
    course = order("P-1", by_night()).make(NO_BOOKINGS)
    late = replace(course.visits[1], end=course.visits[1].end + timedelta(2))
    visits = course.visits[0], late, *course.visits[2:]
    with pytest.raises(Conflict, match="visit 2 lasts longer than a day"):
        book.enter(replace(course, visits=visits), LogEntry(MADE_AT, "imported"))
    assert book.size() == 0


def test_more_visits_at_once_than_a_register_has_numbers_for_are_one_clear_error(
    book, monkeypatch
):
    monkeypatch.setattr(seating, "MOST_CHAIRS", 2)
    for patient in ("P-1", "P-2", "P-3"):
        course = order(patient).make(NO_BOOKINGS)
        uids = {visit.uid for visit in course.visits}
        if patient == "P-3":
            with pytest.raises(Conflict, match="more than 2 visits at once"):
                book.enter(
                    course,
                    LogEntry(MADE_AT, "imported"),
                    waived={(uid, "capacity") for uid in uids},
                )
        else:
            book.enter(
                course, LogEntry(MADE_AT, "imported"), waived={(uid, "capacity") for uid in uids}
            )
    assert book.size() == 2


def test_what_the_database_refuses_whatever_is_planned_is_said_with_its_reason(book, monkeypatch):
    booked(book, "P-1")
    monkeypatch.setattr(seating, "assign_beside", lambda new, *_: [new[0]._replace(chair=0)])
    monkeypatch.setattr("ketasched.register.conflicts.is_overtaken", lambda *_: False)
    monkeypatch.setattr(seating, "first_excess", lambda *_: None)
    blind = replace(order("P-2"), make=lambda _: order("P-2").make(NO_BOOKINGS))
    with pytest.raises(Refused, match="the database refuses the entry") as refusal:
        book.book(blind)
    assert "one_on_a_chair" in refusal.value.what
    assert "all the time" not in refusal.value.what


# --- the day sheet


def test_a_visit_across_midnight_is_on_the_sheets_of_both_days(book):
    clinic = by_night()
    late = across_midnight(book, date(2027, 1, 11), clinic)
    for day in (date(2027, 1, 11), date(2027, 1, 12)):
        found = book.days(day, day, clinic)
        sheet = make_day_sheet(found.courses, found.chairs, day, "", clinic.timezone, clinic)
        first = sheet.visits[0]
        assert (first.uid, first.chair) == (late.visits[0].uid, 1)
        assert "Mon 11 Jan to Tue 12 Jan" in first.marks


def test_days_have_the_chairs_of_a_clinic_far_from_utc(book):
    for number, zone in enumerate(("Pacific/Kiritimati", "Pacific/Pago_Pago")):
        clinic = by_night(timezone=zone, id_salt=zone, name=f"Clinic {number}")
        (course,) = booked(book, f"P-{number}", at=clinic, start=date(2027, 1, 11))
        for visit in course.visits:
            day = visit.start.date()
            assert book.days(day, day, clinic).chairs[visit.uid] == 0


# --- the assignment


def test_only_those_who_touch_a_visit_change_chairs_for_it():
    there = [
        BookedVisit("a", 0, 10, chair=0),
        BookedVisit("b", 10, 20, chair=1),
        BookedVisit("far", 30, 40, chair=1),
    ]
    assert assign_beside([BookedVisit("c", 5, 15)], there, Limits(2, None)) is None
    found = {
        s.uid: s.chair for s in assign_chairs([BookedVisit("c", 5, 15)], there, Limits(2, None))
    }
    assert found["a"] == found["b"]
    assert {found["a"], found["c"]} == {0, 1}


def test_who_is_over_the_limit_stays_last_when_chairs_are_assigned_anew():
    there = [
        BookedVisit("a", 0, 10, chair=0),
        BookedVisit("b", 10, 20, chair=1),
        BookedVisit("over", 0, 4, chair=2),
    ]
    found = {
        s.uid: s.chair for s in assign_chairs([BookedVisit("c", 5, 15)], there, Limits(2, None))
    }
    assert found["a"] == found["b"] != found["c"]
    assert found["over"] != found["a"]


def test_a_visit_that_was_let_in_is_not_counted_against_others_of_one_import():
    there, new = [BookedVisit("let in", 0, 10)], [BookedVisit("c", 0, 10)]
    one_chair = Allowance([clinic_with(chairs=1)], date(2027, 1, 11))
    assert first_excess(new, there, one_chair) is not None
    assert first_excess(new, there, one_chair, {("let in", "capacity")}) is None
