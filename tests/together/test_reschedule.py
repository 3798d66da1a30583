"""A disruption solved as one: against the judge, the checks, and one course after the other."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from importlib import import_module
from random import Random
from zoneinfo import ZoneInfo

import pytest
from tools.benchmarks.disruptions import closing

from ketasched.errors import NoPlan
from ketasched.files.load import load_protocol
from ketasched.model import (
    Change,
    Clinic,
    Clock,
    Closures,
    Course,
    DateRange,
    Finding,
    GapDays,
    GapHours,
    Protocol,
    Request,
    SpanDays,
    TimeRange,
)
from ketasched.model.holds import holds_of
from ketasched.model.occupancy import Occupancy
from ketasched.planning.check import check
from ketasched.planning.misfits import misfits_of_all
from ketasched.planning.planner import plan
from ketasched.revising.revise import revise
from ketasched.rules import MOVE_RULES, OCCUPANCY_NAMES
from ketasched.together import Disruption, DisruptionValue, Proposal, reschedule
from tests.conftest import MADE_AT, ROOT
from tests.support.disruption_judge import Judge
from tests.support.nouns import clinic, phase, protocol, request

ZONE = ZoneInfo("America/New_York")
FIRST = date(2027, 3, 8)
"""A Monday; on Sunday 14 March 2027 the clocks go forward."""

PROTOCOLS = (
    protocol(phase(3, gap_days=GapDays(4, 1), span_days=SpanDays(9))),
    protocol(phase(3, gap_days=GapDays(3, 1), every_days=2)),
    protocol(phase(2, gap_days=GapDays(5, 2))),
)
BY_HOURS = protocol(phase(3, gap_days=GapDays(3, 1), gap_hours=GapHours(22, 60)))
EVERY_DAY = "mon tue wed thu fri sat sun"


def shut(at: Clinic, *days: date) -> Clinic:
    """The clinic, closed on these days."""
    return replace(at, closures=Closures(dates=tuple(DateRange(day, day) for day in days)))


def booked(
    at: Clinic, protocols: Sequence[Protocol], requests: Sequence[Request]
) -> tuple[Course, ...]:
    """The courses that these requests get one after the other, as far as they get one."""
    taken, found = Occupancy(), []
    for asked, wanted in zip(protocols, requests, strict=True):
        try:
            course = plan(asked, at, wanted, made_at=MADE_AT, bookings=taken)
        except NoPlan:
            continue
        taken.add(holds_of(course))
        found.append(course)
    return tuple(found)


def disturbed(random: Random, at: Clinic, booked_days: Sequence[date]) -> Clinic:
    """The clinic with some days closed from a booked one on, a chair less, or other hours."""
    first = random.choice(booked_days)
    days = [first + timedelta(n) for n in range(random.choice((1, 1, 2, 3)))]
    kind = random.choice(("close", "close", "chairs", "hours", "both"))
    if kind in ("chairs", "both"):
        at = replace(at, chairs=max((at.chairs or 1) - 1, 1))
    if kind == "hours":
        return replace(at, hours=clinic(EVERY_DAY, "10:00-13:00").hours)
    return at if kind == "chairs" else shut(at, *days)


def tiny(seed: int) -> Disruption:
    """A few courses on one to three chairs, in the week in which the clocks change."""
    random = Random(seed)
    at = clinic(
        random.choice(("mon tue wed thu fri", EVERY_DAY, "tue thu sat sun mon")),
        random.choice(("09:00-11:00", "09:00-11:00", "09:00-13:00", "09:00-11:30 13:00-15:00")),
        chairs=random.choice((1, 1, 2, 3)),
        slot_minutes=random.choice((60, 120)),
        starts_per_slot=random.choice((None, None, 1)),
    )
    count = random.choice((2, 3, 4, 4))
    protocols = [random.choice((*PROTOCOLS, BY_HOURS)) for _ in range(count)]
    requests = [
        request(
            FIRST + timedelta(random.randrange(4)),
            patient=f"P-{number}",
            latest_start=FIRST + timedelta(10),
            between=random.choice((None, None, TimeRange.read("09:00-12:00"))),
            unavailable=random.choice(
                ((), (), (DateRange(FIRST + timedelta(5), FIRST + timedelta(6)),))
            ),
        )
        for number in range(count)
    ]
    now = datetime(2027, 3, random.choice((7, 8, 9, 10)), random.choice((8, 12)), tzinfo=ZONE)
    courses = booked(at, protocols, requests)
    ahead = sorted(
        one.start.date() for course in courses for one in course.visits if one.start > now
    )
    overrides = random.choice(((), (), (), ("gap",), ("span",), ("gap", "span")))
    return Disruption(courses, disturbed(random, at, ahead or [FIRST]), now, overrides=overrides)


def final_courses(disruption: Disruption, found: Proposal) -> list[Course]:
    """All courses of the clinic once the proposal is applied."""
    after = {one.before.course_id: one.after for one in found.rescheduled}
    return [after.get(course.course_id, course) for course in disruption.courses]


def assert_kept_to_the_rules(disruption: Disruption, found: Proposal) -> None:
    """Each course that changes keeps every rule but the overridden ones, beside all others, and
    each visit that was not displaced the rules about moving it.
    """
    final = final_courses(disruption, found)
    for one in found.rescheduled:
        others = (course for course in final if course is not one.after)
        newer = (replace(course, clinic=disruption.clinic) for course in others)
        taken = Occupancy(hold for course in newer for hold in holds_of(course))
        new = {visit.number for visit in moved(one.before, one.after)}
        broken = [
            finding
            for finding in check(one.after, bookings=taken)
            if finding.level == "broken"
            and (finding.rule not in OCCUPANCY_NAMES or finding.visit in new)
        ]
        assert {finding.rule for finding in broken} <= set(disruption.overrides)
        for visit in moved(one.before, one.after):
            old = one.before.visits[visit.number - 1]
            if visit.number not in one.displaced:
                for rule in MOVE_RULES:
                    args = old.start, visit.start, disruption.at, disruption.clinic
                    assert rule.move(*args) is None


def moved(before: Course, after: Course):
    """The visits with another start, as they are after."""
    both = zip(before.visits, after.visits, strict=True)
    return [new for old, new in both if new.start != old.start]


def counted(disruption: Disruption, found: Proposal) -> tuple[int, int]:
    """How many visits moved, and by how many days later in sum."""
    pairs = [
        (one.before.visits[new.number - 1], new)
        for one in found.rescheduled
        for new in moved(one.before, one.after)
    ]
    days = ((new.start.date() - old.start.date()).days for old, new in pairs)
    return len(pairs), sum(max(late, 0) for late in days)


@pytest.mark.parametrize("seed", range(86))
def test_on_tiny_cases_it_is_the_best_of_all_ways(seed):
    disruption = tiny(seed)
    found = reschedule(disruption, limit=20)
    lost, *others = Judge(disruption).best()
    value = found.objective
    assert (len(found.not_placed), value.excess, value.moved, value.delay, value.spacing) == (
        lost,
        *others,
    )
    assert found.is_best
    assert counted(disruption, found) == (value.moved, value.delay)
    assert_kept_to_the_rules(disruption, found)


# --- a clinic of twenty chairs ---


@pytest.fixture(scope="module")
def day_off() -> Disruption:
    closed = closing(120)
    return Disruption(closed.courses, closed.clinic, closed.at)


@pytest.fixture(scope="module")
def proposal(day_off) -> Proposal:
    return reschedule(day_off, why="pump repair", by="Kim")


def test_a_closed_day_is_solved_and_nobody_else_moves(day_off, proposal):
    misfits = misfits_of_all(day_off.courses, day_off.clinic)
    displaced = {course_id for course_id, own in misfits.items() if own}
    changed = [one.before.course_id for one in proposal.rescheduled]
    lost = [one.course.course_id for one in proposal.not_placed]
    assert sorted((*changed, *lost)) == sorted(displaced)
    assert proposal.is_best
    assert proposal.objective.kept == len(changed)
    assert counted(day_off, proposal) == (proposal.objective.moved, proposal.objective.delay)
    assert_kept_to_the_rules(day_off, proposal)
    entry = proposal.rescheduled[0].after.history[-1]
    assert (entry.why, entry.by, entry.at) == ("pump repair", "Kim", day_off.at)


def test_it_is_the_same_twice(day_off, proposal):
    assert reschedule(day_off, why="pump repair", by="Kim").objective == proposal.objective


def test_without_any_effort_it_is_one_course_after_the_other(day_off, proposal):
    quick = reschedule(day_off, limit=0)
    assert quick.objective.order >= proposal.objective.order >= quick.bound.order
    assert_kept_to_the_rules(day_off, quick)


def test_the_courses_come_in_the_order_of_their_displaced_visits(proposal):
    order = [
        (one.before.visits[one.displaced[0] - 1].start, one.before.patient)
        for one in proposal.rescheduled
    ]
    assert order == sorted(order)


def test_who_has_no_place_is_told_why_and_an_override_that_is_named_gives_one(day_off):
    """The week of the closed day, so that many have no place."""
    closed = closing(60, days=5)
    disruption = Disruption(closed.courses, closed.clinic, closed.at)
    found = reschedule(disruption)
    assert found.not_placed
    for one in found.not_placed:
        assert one.reason.findings
        assert {finding.rule for finding in one.reason.findings} <= {"gap", "span"}
        assert one.overrides
        alone = replace(
            disruption,
            courses=final_courses(disruption, found),
            overrides=one.overrides,
            excepted=[other.course.patient for other in found.not_placed if other is not one],
        )
        again = reschedule(alone)
        assert [other.before for other in again.rescheduled] == [one.course]
        fewer = [rules for rules in ((), ("gap",), ("span",)) if set(rules) < set(one.overrides)]
        for rules in fewer:
            assert reschedule(replace(alone, overrides=rules)).not_placed


# --- what is displaced ---

ONE_A_DAY = "09:00-11:00"
PAIR = protocol(phase(2, gap_days=GapDays(3, 1), span_days=SpanDays(4)))


def pairs(count: int, at: Clinic, start: date = FIRST) -> tuple[Course, ...]:
    """So many patients with two visits each."""
    asked = [request(start, patient=f"P-{number}") for number in range(count)]
    return booked(at, [PAIR] * count, asked)


SUNDAY = datetime(2027, 3, 7, 12, 0, tzinfo=ZONE)


def test_without_misfits_there_is_nothing_to_do():
    at = clinic(chairs=1)
    found = reschedule(Disruption(pairs(2, at), at, SUNDAY))
    nothing = DisruptionValue(0, 0, 0, 0, 0)
    assert found == Proposal((), (), nothing, nothing)


def test_courses_that_are_excepted_stay_and_keep_their_chairs():
    at = clinic(times=ONE_A_DAY, chairs=1)
    courses = pairs(2, at)
    closed = shut(at, courses[0].visits[0].start.date())
    every = reschedule(Disruption(courses, closed, SUNDAY))
    but = reschedule(Disruption(courses, closed, SUNDAY, excepted={courses[0].patient}))
    assert every.rescheduled
    assert courses[0].patient not in {one.before.patient for one in but.rescheduled}
    assert not but.not_placed


def test_only_the_visits_of_the_given_days_are_displaced():
    at = clinic(times=ONE_A_DAY, chairs=1)
    (course,) = pairs(1, at)
    first, second = (visit.start.date() for visit in course.visits)
    closed = shut(at, first, second)
    found = reschedule(Disruption((course,), closed, SUNDAY, days=[DateRange(second, second)]))
    (one,) = found.rescheduled
    assert one.displaced == (2,)
    assert one.after.visits[0].start == course.visits[0].start


def test_where_a_chair_is_gone_as_many_stay_as_still_have_one():
    at = clinic(times=ONE_A_DAY, chairs=3)
    courses = pairs(3, at)
    found = reschedule(Disruption(courses, replace(at, chairs=2), SUNDAY))
    assert found.objective.kept == 3
    assert found.objective.moved == 2
    assert_kept_to_the_rules(Disruption(courses, replace(at, chairs=2), SUNDAY), found)


def test_a_displaced_visit_may_come_sooner_even_within_the_notice():
    at = clinic(times=ONE_A_DAY, chairs=1, notice=replace(clinic().notice, minutes=7 * 24 * 60))
    (course,) = pairs(1, at, FIRST + timedelta(1))
    last = course.visits[1].start.date()
    closed = shut(at, last, *(last + timedelta(n) for n in range(1, 5)))
    found = reschedule(Disruption((course,), closed, SUNDAY))
    (one,) = found.rescheduled
    assert one.after.visits[1].start.date() < last


def treated(at: Clinic, boosters: int = 2) -> Course:
    """A course of six visits and boosters, from `FIRST` on."""
    asked = request(FIRST, patient="P", boosters=boosters)
    (course,) = booked(at, [load_protocol("iv-depression")], [asked])
    return course


def closed_between(at: Clinic, *ends: date) -> Clinic:
    """The clinic, closed in these spans, each given by its first and last day."""
    spans = zip(ends[::2], ends[1::2], strict=True)
    return replace(at, closures=Closures(dates=tuple(DateRange(*span) for span in spans)))


@pytest.mark.parametrize(
    ("later", "left"),
    [pytest.param(-5, (7, 8), id="both"), pytest.param(7, (8,), id="the last one")],
)
def test_a_booster_that_has_no_day_is_left_out_and_refuses_no_course(later, left):
    at = clinic()
    course = treated(at)
    second = course.visits[1].start.date()
    begin = course.visits[6].start.date() + timedelta(later)
    closed = closed_between(at, second, second, begin, begin + timedelta(100))
    disruption = Disruption((course,), closed, datetime(2027, 3, 9, 12, tzinfo=ZONE))
    found = reschedule(disruption)
    assert found.not_placed == ()
    (one,) = found.rescheduled
    omitted = [visit.number for visit in one.after.visits if visit.status == "omitted"]
    assert tuple(omitted) == left
    assert all(visit.start.date() != second for visit in one.after.visits)
    assert {one.rule for one in one.after.findings} >= {"booster"}
    assert not [one for one in check(one.after) if one.level == "broken"]


def test_the_only_visit_to_come_is_not_left_out():
    at = clinic()
    course = treated(at, boosters=1)
    day = course.visits[6].start.date()
    closed = closed_between(at, day - timedelta(40), day + timedelta(60))
    found = reschedule(Disruption((course,), closed, course.visits[5].end + timedelta(hours=1)))
    (one,) = found.not_placed
    assert [misfit.visit for misfit in one.misfits] == [7]
    assert any(finding.rule == "gap" for finding in one.reason.findings)


def test_a_booster_of_days_that_are_not_asked_about_is_not_left_out():
    at = clinic()
    course = treated(at)
    second, booster = (course.visits[number].start.date() for number in (1, 6))
    closed = closed_between(at, second, second, booster, booster + timedelta(100))
    days = [DateRange(second, second)]
    now = datetime(2027, 3, 9, 12, tzinfo=ZONE)
    found = reschedule(Disruption((course,), closed, now, days=days))
    after = [one.after for one in found.rescheduled]
    assert not [visit for one in after for visit in one.visits if visit.status == "omitted"]


def test_each_visit_stays_as_near_to_its_old_time_as_it_can():
    at = clinic(chairs=1)
    asked = request(FIRST, patient="P", time=Clock(13 * 60))
    (course,) = booked(at, [PAIR], [asked])
    wanted = replace(course, request=replace(course.request, time=Clock(9 * 60)))
    closed = shut(at, course.visits[1].start.date())
    (one,) = reschedule(Disruption((wanted,), closed, SUNDAY)).rescheduled
    assert [visit.start.hour for visit in one.after.visits] == [13, 13]


def test_a_course_that_a_rule_refuses_which_no_graph_knows_stays_and_keeps_its_chairs(monkeypatch):
    at = clinic(times="09:00-13:00", chairs=1)
    courses = pairs(3, at)
    closed = shut(at, courses[0].visits[1].start.date())
    disruption = Disruption(courses, closed, SUNDAY)
    stubborn = reschedule(disruption).rescheduled[0].before

    def refusing(course, change, **more):
        if course is stubborn:
            raise NoPlan("no", findings=[Finding("few-a-day", "broken", "others come")])
        return revise(course, change, **more)

    monkeypatch.setattr(import_module("ketasched.together.reschedule"), "revise", refusing)
    found = reschedule(disruption)
    (lost,) = [one for one in found.not_placed if one.course is stubborn]
    assert [finding.rule for finding in lost.reason.findings] == ["few-a-day"]
    assert stubborn not in [one.before for one in found.rescheduled]
    assert_kept_to_the_rules(disruption, found)


def test_an_undo_takes_a_rescheduled_course_back():
    at = clinic(chairs=1)
    (course,) = pairs(1, at)
    closed = shut(at, course.visits[1].start.date())
    (one,) = reschedule(Disruption((course,), closed, SUNDAY)).rescheduled
    back = revise(one.after, Change("undo"), at=SUNDAY)
    assert [visit.start for visit in back.visits] == [visit.start for visit in course.visits]


def test_without_the_extra_it_says_what_to_install():
    program = (
        "import sys\n"
        "sys.modules['ortools'] = None\n"
        "from tests.together.test_reschedule import *\n"
        "from ketasched.errors import BadRequest\n"
        "at = clinic(chairs=1)\n"
        "try:\n    reschedule(Disruption(pairs(1, at), at, SUNDAY))\n"
        "except BadRequest as error:\n    print(error.next_step)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "pip install 'ketasched[together]'"
