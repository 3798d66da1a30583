"""A disruption of monitors and prescribers solved as one: against the judge, and by hand."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random

import pytest

from ketasched.model import Clinic, Course, DateRange, Resource, TimeRange, WeekHours
from ketasched.planning.misfits import misfits_of_all
from ketasched.together import Disruption, reschedule
from tests.support.disruption_judge import Judge
from tests.support.nouns import clinic, phase, protocol, request
from tests.support.resource_judge import VisitOfOther, overused
from tests.together.test_reschedule import (
    EVERY_DAY,
    FIRST,
    ONE_A_DAY,
    SUNDAY,
    ZONE,
    assert_kept_to_the_rules,
    booked,
    counted,
    final_courses,
    pairs,
    shut,
    tiny,
)
from tests.together.test_staffed_together import resource

MONITOR = Resource("monitor", during=("treatment", "observation"))
PRESCRIBER = Resource("prescriber", during=("treatment",), serves=2)


def there(times: str) -> WeekHours:
    """Every day at these times."""
    return WeekHours(*[tuple(map(TimeRange.read, times.split()))] * 7)


def disturbed(random: Random, at: Clinic, day: date) -> Clinic:
    """The clinic with somebody away, or there at other hours, or a unit less, or closed."""
    kind = random.choice(("away", "away", "hours", "less", "closed", "new"))
    monitor, *others = at.resources
    if kind == "away":
        days = DateRange(day, day + timedelta(random.choice((0, 1, 2, 9, 9))))
        monitor = replace(monitor, absences={days: random.choice((1, monitor.count))})
    elif kind == "hours":
        times = random.choice(("09:00-11:00", "10:00-24:00", "09:00-12:00 13:00-15:00"))
        monitor = replace(monitor, hours=there(times))
    elif kind == "less":
        monitor = replace(monitor, count=1, serves=1, absences={})
    elif kind == "new":
        others = [*others, Resource("room", during=("observation",))]
    else:
        return shut(at, day)
    return replace(at, resources=(monitor, *others))


def staffed(seed: int) -> Disruption:
    """The tiny cases at a clinic with a monitor, and perhaps a prescriber."""
    random, plain = Random(2000 + seed), tiny(seed)
    own = [resource(random, "monitor"), resource(random, "prescriber")][: random.randint(1, 2)]
    own[0] = replace(own[0], hours=None, absences={})
    at = clinic(
        random.choice(("mon tue wed thu fri", EVERY_DAY)),
        random.choice(("09:00-11:00", "09:00-13:00", "09:00-11:30 13:00-15:00")),
        chairs=random.choice((2, 3, None)),
        slot_minutes=random.choice((60, 120)),
        resources=tuple(own),
    )
    protocols = [
        replace(
            one.protocol,
            visits={
                name: replace(kind, needs=random.choice((None, None, ("monitor", "room"))))
                for name, kind in one.protocol.visits.items()
            },
        )
        for one in plain.courses
    ]
    courses = booked(at, protocols, [one.request for one in plain.courses])
    ahead = sorted(
        one.start.date() for course in courses for one in course.visits if one.start > plain.at
    )
    newer = disturbed(random, at, random.choice(ahead or [FIRST]))
    return replace(plain, courses=courses, clinic=newer)


def visits_of(courses: Sequence[Course]) -> list[VisitOfOther]:
    return [
        (course.protocol.visits[visit.kind], visit.start)
        for course in courses
        for visit in course.visits
        if visit.is_here
    ]


def assert_not_worse(disruption: Disruption, after: Sequence[Course]) -> None:
    """No resource is used more than it can be, but where and as much as before, by who stays."""
    before = overused(disruption.clinic, visits_of(disruption.courses))
    for use, number in overused(disruption.clinic, visits_of(after)).items():
        assert number <= before.get(use, 0)


@pytest.mark.parametrize("seed", range(40))
def test_on_tiny_cases_it_is_the_best_of_all_ways(seed):
    disruption = staffed(seed)
    found = reschedule(disruption, limit=20)
    lost, *others = Judge(disruption).best()
    value = found.objective
    assert (len(found.not_placed), value.excess, value.moved, value.delay, value.spacing) == (
        lost,
        *others,
    )
    assert counted(disruption, found) == (value.moved, value.delay)
    assert_kept_to_the_rules(disruption, found)
    after = final_courses(disruption, found)
    assert_not_worse(disruption, after)
    if not found.not_placed:
        future = [one for one in visits_of(after) if one[1] > disruption.at]
        assert overused(disruption.clinic, future) == {}


# --- by hand ---


def test_who_is_outside_the_new_hours_of_a_prescriber_moves_into_them():
    at = clinic(times="09:00-13:00", chairs=4, resources=(PRESCRIBER,))
    courses = pairs(2, at)
    assert {visit.start.hour for course in courses for visit in course.visits} == {9}
    later = replace(at, resources=(replace(PRESCRIBER, hours=there("11:00-13:00")),))
    disruption = Disruption(courses, later, SUNDAY)
    found = reschedule(disruption)
    assert found.is_best
    assert found.objective.moved == 4
    # From 9:00 to 11:00 nobody may treat; the check-in before needs no prescriber.
    moved = [visit for one in found.rescheduled for visit in one.after.visits]
    assert all(visit.treatment_start.hour >= 11 for visit in moved)
    assert_kept_to_the_rules(disruption, found)


def test_as_many_stay_as_the_monitors_that_are_there_can_serve():
    two = replace(MONITOR, count=2)
    at = clinic(times=ONE_A_DAY, chairs=4, resources=(two,))
    courses = pairs(2, at)
    day = courses[0].visits[0].start.date()
    away = replace(at, resources=(replace(two, absences={DateRange(day, day): 1}),))
    assert all(len(own) == 1 for own in misfits_of_all(courses, away).values())
    found = reschedule(Disruption(courses, away, SUNDAY))
    assert found.is_best
    assert (found.objective.kept, found.objective.moved) == (2, 1)
    gone = replace(at, resources=(replace(two, absences={DateRange(day, day): 2}),))
    assert reschedule(Disruption(courses, gone, SUNDAY)).objective.moved == 2


def test_who_is_not_displaced_keeps_the_resource_that_the_clinic_has_newly():
    """The others were booked at a clinic that knew of no monitor."""
    at = clinic(times=ONE_A_DAY, chairs=1)
    asked = [request(FIRST, patient=f"P-{number}") for number in range(2)]
    stays, moves = booked(at, [protocol(phase(1))] * 2, asked)
    newer = replace(shut(at, FIRST + timedelta(1)), chairs=2, resources=(MONITOR,))
    disruption = Disruption((stays, moves), newer, SUNDAY)
    (one,) = reschedule(disruption).rescheduled
    assert overused(newer, visits_of([stays, one.after])) == {}
    assert one.before is moves


def test_the_hours_of_the_week_in_which_the_clocks_change_are_those_on_the_clock():
    sunday = date(2027, 3, 14)
    at = clinic(EVERY_DAY, "00:00-08:00", chairs=4, resources=(PRESCRIBER,), slot_minutes=30)
    (course,) = booked(at, [protocol(phase(1))], [request(sunday, patient="P")])
    assert course.visits[0].start == datetime(2027, 3, 14, 6, 0, tzinfo=ZONE)
    early = replace(at, resources=(replace(PRESCRIBER, hours=there("00:00-03:30")),))
    (one,) = reschedule(Disruption((course,), early, SUNDAY)).rescheduled
    # Treated from 1:45 until 3:25, which are forty minutes: the hour between is skipped.
    assert one.after.visits[0].start == datetime(2027, 3, 14, 1, 30, tzinfo=ZONE)
