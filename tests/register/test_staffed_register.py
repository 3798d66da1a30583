"""A register that counts monitors: later ones, overrides, imports, copies, joint entries."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

import pytest

from ketasched.batch.manifest import format_visits, read_holds
from ketasched.errors import NoPlan, Refused
from ketasched.model import (
    Change,
    Clinic,
    Clock,
    Course,
    DateRange,
    Override,
    OwnMinutes,
    Resource,
    TimeRange,
    WeekHours,
)
from ketasched.model.holds import holds_of
from ketasched.planning.planner import plan
from ketasched.register.backup import back_up
from ketasched.register.joint_entry import JointBooking
from ketasched.register.records import BookingRequest, LogEntry
from ketasched.register.register import Register
from ketasched.rules.base import NO_BOOKINGS
from ketasched.together import Disruption, reschedule
from tests.conftest import MADE_AT
from tests.register.clerks import PROTOCOL
from tests.register.databases import rows
from tests.register.orders import MONDAY, booked, moved, order, request, small
from tests.support.nouns import clinic, phase, protocol
from tests.support.resource_judge import overused

MONITOR = Resource("monitor", during=("treatment", "observation"))
AFTER_ELEVEN = WeekHours(*[(TimeRange.read("11:00-24:00"),)] * 7)
LATER = MONDAY + timedelta(40)
EVERYTHING = "SELECT uid, begins, ends, treatment, observation, takes_chair, needs FROM bookings"


@pytest.fixture
def book(address) -> Register:
    return Register.open(address)


def monitored(count: int = 1, chairs: int | None = 3, **more) -> Clinic:
    """Several chairs, few monitors."""
    return small(chairs, resources=(replace(MONITOR, count=count),), **more)


def overbooked(clinic: Clinic, courses: Iterable[Course]) -> bool:
    """Whether some monitor is used twice, counted minute by minute."""
    visits = (
        (course.protocol.visits[visit.kind], visit.start)
        for course in courses
        for visit in course.visits
        if visit.is_here
    )
    return bool(overused(clinic, visits))


def onto(course: Course, *overrides: str) -> Change:
    """The change of another course that puts its first visit where this one's is."""
    first = course.visits[0].start
    time = Clock(first.hour * 60 + first.minute)
    return Change("defer", 1, on=first.date(), time=time, overrides=overrides)


def refusal(*args) -> str:
    """Why a change is refused."""
    with pytest.raises(NoPlan) as refused:
        moved(*args)
    found = [*refused.value.findings, *(finding for _, finding in refused.value.refusals)]
    return " ".join(finding.message for finding in found)


def test_a_resource_that_is_added_later_counts_the_visits_that_were_booked_before(book):
    (early,) = booked(book, "P-1", at=small(3))
    later = booked(book, "P-2", "P-3", at=monitored())
    assert not overbooked(monitored(), [early, *later])
    assert {one.start for one in early.visits}.isdisjoint(
        one.start for course in later for one in course.visits
    )


def test_what_overrides_staff_still_needs_a_chair(book):
    at = monitored(chairs=2)
    first, second, third = booked(book, "P-1", "P-2", "P-3", at=at, latest_start=LATER)
    assert "no monitor is free" in refusal(book, second, onto(first))
    moved(book, second, onto(first, "staff"))
    assert "all 2 chairs are taken" in refusal(book, third, onto(first, "staff"))


def test_what_overrides_capacity_still_needs_a_monitor(book):
    at = monitored(2, chairs=1)
    first, second, third = booked(book, "P-1", "P-2", "P-3", at=at, latest_start=LATER)
    moved(book, second, onto(first, "capacity"))
    assert "no monitor is free" in refusal(book, third, onto(first, "capacity"))


def test_only_the_visit_that_overrides_staff_is_one_too_many(book):
    at = monitored(chairs=9)
    first, second = booked(book, "P-1", "P-2", at=at)
    after = moved(book, second, onto(first, "staff"))
    rest = booked(book, *(f"R-{number}" for number in range(3)), at=at, latest_start=LATER)
    begun = replace(after, visits=after.visits[1:])
    assert overbooked(at, [first, after])
    assert not overbooked(at, [first, begun, *rest])
    assert not overbooked(at, [after, *rest])


def test_an_import_says_which_resource_is_taken(book):
    at = monitored()
    booked(book, "P-1", at=at)
    with pytest.raises(
        Refused, match=r"visit 1 of P-2, Mon 4 Jan 2027, 09:00: no monitor is free"
    ):
        book.enter(order("P-2", at).make(NO_BOOKINGS), LogEntry(MADE_AT, "imported"))


def test_an_import_and_a_copy_have_the_same_parts_of_all_visits(book, address, tmp_path):
    at = monitored()
    first, second = booked(book, "P-1", "P-2", at=at)
    waived = moved(book, second, onto(first, "staff"))
    there = sorted(rows(address, EVERYTHING), key=str)
    copy, anew = tmp_path / "copy.db", tmp_path / "anew.db"
    back_up(book.engine, copy)
    other = Register.open(str(anew))
    for course in (first, waived):
        assert other.enter(course, LogEntry(MADE_AT, "imported"))
    for path in (copy, anew):
        assert sorted(rows(str(path), EVERYTHING), key=str) == there
        (third,) = booked(Register.open(str(path)), "P-3", at=at)
        assert not overbooked(at, [first, third])
        assert not overbooked(at, [waived, third])


def test_who_is_planned_jointly_and_overtaken_is_planned_anew(book):
    at = monitored()
    orders = [order(f"P-{number}", at) for number in range(3)]
    blind = [JointBooking(one, one.make(NO_BOOKINGS)) for one in orders]
    assert overbooked(at, [one.course for one in blind if one.course])
    entered = [one for one in book.book_jointly(blind) if isinstance(one, Course)]
    assert len(entered) == 3
    assert not overbooked(at, entered)


def test_who_is_overtaken_while_planning_is_planned_anew(book):
    at, asked = monitored(), request("P-1")
    quicker: list[Course] = []

    def make(bookings):
        made = plan(PROTOCOL, at, asked, made_at=MADE_AT, bookings=bookings)
        if not quicker:
            quicker.extend(booked(book, "Q-1", at=at))
        return made

    made = book.book(replace(order("P-1", at), make=make))
    assert not overbooked(at, [made, *quicker])


def test_a_fact_is_recorded_though_the_parts_of_visits_are_others_now(book):
    """Treated longer and observed shorter than when it was booked, and the nurse is one."""
    nurse = Resource("nurse", during=("treatment",))
    at = small(3, resources=(nurse,))
    first, *_ = booked(book, *(f"P-{number}" for number in range(4)), at=at)
    minutes = PROTOCOL.visits["infusion"].minutes
    longer = OwnMinutes(None, minutes.treatment + 30, minutes.observation - 30)
    changed = replace(at, overrides={PROTOCOL.id: {"infusion": Override(longer, because="x")}})
    over = first.visits[0].end + timedelta(hours=1)
    change = Change("complete", 1, on=MONDAY)
    assert moved(book, first, change, changed, now=over).visits[0].status == "completed"


@pytest.mark.parametrize("hours", [None, AFTER_ELEVEN], ids=["all day", "after eleven"])
def test_a_proposal_about_monitors_that_are_away_is_entered_as_it_is(book, hours):
    pytest.importorskip("ortools")
    at = monitored(2)
    courses = booked(book, *(f"P-{number}" for number in range(3)), at=at, latest_start=LATER)
    days = DateRange(MONDAY, MONDAY + timedelta(2))
    away = replace(MONITOR, count=2, hours=hours, absences={days: 1})
    newer = replace(at, resources=(away,))
    assert overbooked(newer, courses)
    now = courses[0].visits[0].start - timedelta(days=3)
    found = reschedule(Disruption(courses, newer, now), limit=10)
    pairs = [(one.before, one.after) for one in found.rescheduled]
    assert pairs
    state = book.book_state(newer, now)
    assert book.revise_jointly(pairs, LogEntry(now, ""), state=state)
    stored = [book.course(course.course_id) for course in courses]
    assert not found.not_placed
    assert not overbooked(newer, stored)


@pytest.mark.parametrize(
    ("night", "visits"),
    [(date(2027, 3, 14), 3), (date(2027, 3, 21), 4), (date(2027, 11, 7), 5)],
    ids=["the clocks go forward", "they stay", "the clocks go back"],
)
def test_on_the_nights_when_the_clocks_change_a_monitor_serves_one_at_each_instant(
    book, night, visits
):
    all_night = clinic(
        "sun",
        "00:00-08:00",
        name="Night",
        id_salt="n",
        slot_minutes=20,
        resources=(replace(MONITOR, hours=WeekHours(sun=(TimeRange.read("00:00-07:50"),))),),
    )
    found, one = [], protocol(phase(1))
    for number in range(9):
        asked = request(f"P-{number}", night, latest_start=night)

        def make(bookings, asked=asked):
            return plan(one, all_night, asked, made_at=MADE_AT, bookings=bookings)

        with suppress(NoPlan):
            booking = BookingRequest(all_night, make, LogEntry(MADE_AT, ""), asked)
            found.append(book.book(booking))
    assert len(found) == visits
    assert not overbooked(all_night, found)
    held = [hold for course in found for hold in holds_of(course)]
    read = [hold for one in found for hold in read_holds(format_visits(one), all_night)]
    assert sorted(read) == sorted(held)
