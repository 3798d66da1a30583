"""Who could take a free slot, judged by trying every visit, and what is free on a day."""

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketasched.errors import BadRequest, NoPlan
from ketasched.files.load import load_protocol
from ketasched.model import TAKES_PLACE, Change, Clock, Course
from ketasched.model.holds import holds_of
from ketasched.model.occupancy import Occupancy
from ketasched.planning.planner import plan
from ketasched.revising.backfill import free_starts, refuse_slot, visit_that_could_come_sooner
from ketasched.revising.revise import revise
from tests.conftest import MADE_AT, examples
from tests.revising.changes import apply, moment, moved_numbers, six
from tests.support.brute_force import Availability
from tests.support.nouns import INFUSION, MONDAY, clinic, occupied, request

NOW = moment("2026-12-01T12:00")


def breaks(visits, phases) -> set[tuple[datetime, datetime]]:
    """Neighbours too near or too far, and the first and last visit of phases that are too long."""
    taking = [one for one in visits if one.status in TAKES_PLACE]
    found = set()
    for before, after in pairwise(taking):
        days, gaps = (after.start.date() - before.start.date()).days, phases[after.phase].gap_days
        if not gaps.min <= days <= gaps.max:
            found.add((before.start, after.start))
    for name, phase in phases.items():
        own = [one.start for one in taking if one.phase == name]
        days = (own[-1].date() - own[0].date()).days + 1 if own else 0
        if phase.span_days and days > phase.span_days.max:
            found.add((own[0], own[-1]))
    return found


def could_move(course: Course, slot: datetime, taken: list[tuple[datetime, datetime]]) -> set[int]:
    """The planned visits that could be at the slot with all others as they are, by the rules."""
    free = Availability(course.clinic, course.request, taken)
    phases = {one.name: one for one in course.protocol.phases}
    found = set()
    for visit in course.visits:
        kind = course.protocol.visits[visit.kind]
        if visit.status != "planned" or visit.start.date() <= slot.date():
            continue
        if slot not in free.on(slot.date(), kind):
            continue
        visits = [replace(one, start=slot) if one is visit else one for one in course.visits]
        if breaks(visits, phases) <= breaks(course.visits, phases):
            found.add(visit.number)
    return found


def some_course(chance, at):
    asked = request(
        start=MONDAY + timedelta(chance.randint(0, 4)),
        per_week=chance.choice([2, 3]),
        boosters=chance.choice([0, 1]),
        time=Clock(chance.choice([540, 600, 780])),
        days=chance.choice([(), ("mon", "tue", "wed", "thu")]),
        unavailable=(),
    )
    course = plan(load_protocol("iv-depression"), at, asked, made_at=MADE_AT)
    for _ in range(chance.randint(0, 2)):
        change = Change("defer", chance.randint(1, 6), days=chance.randint(1, 3))
        if chance.random() < 0.3:
            change = Change("omit", chance.randint(1, 6))
        try:
            course = revise(course, change, at=NOW, why="because")
        except (NoPlan, BadRequest):
            continue
    return course


@settings(max_examples=examples(60))
@given(st.integers(0, 2**32))
def test_it_is_the_visit_that_trying_every_one_finds(seed):
    chance = random.Random(seed)
    at = clinic(times="09:00-12:00 13:00-17:00", chairs=1)
    course = some_course(chance, at)
    some_day = chance.choice(course.visits).start.date() - timedelta(chance.randint(0, 3))
    slot = moment(f"{some_day}T{chance.choice(['08:45', '09:00', '10:00', '13:15', '15:30'])}")
    taken = []
    if chance.random() < 0.5:
        begin = slot + timedelta(minutes=chance.choice([-120, -30, 0, 60, 120]))
        taken = [(begin, begin + timedelta(minutes=100))]
    found = visit_that_could_come_sooner(course, slot, at=NOW, bookings=occupied(taken))
    assert ({found.number} if found else set()) == could_move(course, slot, taken)


def test_the_change_that_is_promised_moves_that_visit_alone():
    course, slot = six(boosters=0), moment("2026-12-10T10:00")
    visit = visit_that_could_come_sooner(course, slot, at=NOW)
    assert visit is None  # a day after visit 2
    course = apply(course, "omit", visit=3)
    slot = moment("2026-12-11T10:00")
    visit = visit_that_could_come_sooner(course, slot, at=NOW)
    assert visit
    assert visit.number == 4
    change = Change("defer", 4, slot.date(), Clock(600), scope="visit")
    after = revise(course, change, at=NOW)
    assert moved_numbers(course, after) == [4]
    assert after.visits[3].start == slot


@pytest.mark.parametrize("status", ["tentative", "held"])
def test_a_visit_that_is_not_planned_is_not_called_forward(status):
    course = six(boosters=0)
    visits = (*course.visits[:5], replace(course.visits[5], status=status))
    slot = moment("2026-12-18T08:00").replace(hour=9) - timedelta(1)
    assert visit_that_could_come_sooner(replace(course, visits=visits), slot, at=NOW) is None


def test_a_day_on_which_the_clocks_change_has_the_starts_that_clocks_show():
    at = clinic("sun", "00:00-06:00", chairs=1)
    starts = free_starts(at, INFUSION, date(2027, 3, 14))
    shown = [f"{one:%H:%M}" for one in starts]
    assert "02:30" not in shown
    assert {"01:45", "03:00"} <= set(shown)
    assert shown == sorted(shown)


def test_what_others_have_booked_is_not_free():
    at = clinic(chairs=1)
    course = six(boosters=0, at=at)
    taken = Occupancy(holds_of(course))
    starts = free_starts(at, INFUSION, MONDAY, bookings=taken)
    assert course.visits[0].start not in starts
    assert starts[0] == course.visits[0].end + timedelta(minutes=5)  # the next on the grid
    assert free_starts(at, INFUSION, MONDAY + timedelta(6)) == []


def test_where_nothing_is_free_the_next_step_is_to_look_at_the_week():
    all_day = occupied([(moment("2026-12-07T09:00"), moment("2026-12-07T17:00"))])
    odd = moment("2026-12-07T09:07")
    with pytest.raises(BadRequest, match="no visit begins at 09:07 on Mon 7 Dec 2026") as refused:
        refuse_slot(clinic(chairs=1), INFUSION, odd, NOW, [], all_day)
    step = "nothing is free that day: ketasched day 2026-12-07 --week"
    assert refused.value.next_step == step
