"""Many patients on few chairs, planned as one: against the judge, the checks, and one by one."""

import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from importlib import import_module
from random import Random
from zoneinfo import ZoneInfo

import pytest
from tools.benchmarks.clinics import waiting_list

from ketasched.errors import BadRequest, NoPlan
from ketasched.files.load import load_protocol
from ketasched.model import (
    Clinic,
    Clock,
    Course,
    DateRange,
    EveryDays,
    GapDays,
    GapHours,
    SpanDays,
    TimeRange,
)
from ketasched.model.holds import CHAIR
from ketasched.planning.check import check
from ketasched.planning.infeasibility import PATIENT_RULES
from ketasched.planning.planner import plan
from ketasched.rules.base import VisitRule
from ketasched.together import Demand, JointPlan, ObjectiveValue, Unscheduled, together
from tests.conftest import MADE_AT, ROOT
from tests.support import brute_force
from tests.support.nouns import MONDAY, clinic, occupied, phase, protocol, request
from tests.support.resource_judge import (
    Use,
    VisitOfOther,
    booking_of,
    patients_at,
    takes_chair,
    uses,
)

Booking = tuple[datetime, datetime]

TWICE = phase(2, gap_days=GapDays(4, 1), span_days=SpanDays(4))
WEEKLY = phase(
    1, name="weekly", every_days=EveryDays((3,), ()).steps, gap_days=GapDays(4, 2), visit="booster"
)
BY_HOURS = phase(2, gap_days=GapDays(3, 1), gap_hours=GapHours(22, 50))


def planned(asked, at, **more) -> JointPlan:
    return together(asked, at, made_at=MADE_AT, **({"limit": 20} | more))


def taken_by(found: JointPlan) -> list[Booking]:
    return [(visit.start, visit.end) for course in found.courses for visit in course.visits]


def assert_all_clean(found: JointPlan, booked: Sequence[Booking] = ()) -> None:
    """Each course keeps every rule beside all the others and what was booked."""
    for course in found.courses:
        own = [(visit.start, visit.end) for visit in course.visits]
        others = taken_by(found)
        for visit in own:
            others.remove(visit)
        findings = check(course, bookings=occupied([*booked, *others]))
        assert not [finding for finding in findings if finding.level == "broken"]


# --- the judge: every plan for all ---


@dataclass(frozen=True)
class Possible:
    """A course that a patient could have: what it costs, its chairs, and what else it uses."""

    delay: int
    spacing: int
    visits: tuple[Booking, ...]
    uses: frozenset[Use]


def possible_courses(
    one: Demand, at: Clinic, booked: Sequence[Booking], others: Sequence[VisitOfOther]
) -> list[Possible]:
    """All courses of what is decided: boosters that are pencilled in count for nothing."""
    plans = brute_force.phase_plans(one.protocol, one.request)
    decided = [plan for plan in plans if not plan.phase.tentative]
    search = brute_force.Search(at, one.request, booked, decided, others)
    found = []
    for course in search.courses(lambda _: True):
        visits = [
            (plan.kind, start)
            for plan, (*_, sequence) in zip(decided, course, strict=True)
            for start in sequence
        ]
        chairs = tuple(booking_of(*visit) for visit in visits if takes_chair(visit[0]))
        used = frozenset(use for visit in visits for use in uses(at, *visit))
        found.append(Possible(course[0][1], sum(cost[2] for cost in course), chairs, used))
    return sorted(found, key=lambda course: (course.delay, course.spacing))


def are_served(at: Clinic, used: Collection[Use], in_use: Mapping[Use, int]) -> bool:
    """Whether a course uses nothing that is used as much as it can be."""
    zone = ZoneInfo(at.timezone)
    return all(
        in_use[name, minute] < patients_at(at, name, minute.astimezone(zone))
        for name, minute in used
    )


def best_of_all(
    asked: Sequence[Demand],
    at: Clinic,
    booked: Sequence[Booking],
    others: Sequence[VisitOfOther] = (),
) -> ObjectiveValue:
    """What the best plan is worth, by trying all that could still be better."""
    courses = [possible_courses(one, at, booked, others) for one in asked]
    booked = [*booked, *(booking_of(*one) for one in others if takes_chair(one[0]))]
    in_use = Counter(use for one in others for use in uses(at, *one))
    best = [(0, 0, 0)]
    zone = ZoneInfo(at.timezone)

    def fits(visits: Sequence[Booking], more: Sequence[Booking]) -> bool:
        there = [(a.timestamp(), b.timestamp()) for a, b in (*booked, *visits, *more)]
        for begin, _ in there:
            chairs = brute_force.chairs_on(at, datetime.fromtimestamp(begin, zone).date())
            taken = sum(a <= begin < b for a, b in there)
            # What was booked may be too much already: that is no visit of ours.
            is_ours = any(a.timestamp() <= begin < b.timestamp() for a, b in (*visits, *more))
            if is_ours and chairs is not None and taken > chairs:
                return False
            together = sum(a == begin for a, _ in there)
            if at.starts_per_slot and together > at.starts_per_slot:
                return False
        return True

    def go_on(number: int, worth: tuple[int, int, int], visits: tuple[Booking, ...]) -> None:
        if number == len(asked):
            best[0] = min(best[0], worth)
            return
        seated, delay, spacing = worth
        hope = seated - sum(one.priority for one in asked[number:])
        if (hope, delay, spacing) >= best[0]:
            return
        for course in courses[number]:
            if fits(visits, course.visits) and are_served(at, course.uses, in_use):
                more = (
                    seated - asked[number].priority,
                    delay + course.delay,
                    spacing + course.spacing,
                )
                in_use.update(course.uses)
                go_on(number + 1, more, (*visits, *course.visits))
                in_use.subtract(course.uses)
        go_on(number + 1, worth, visits)

    go_on(0, (0, 0, 0), ())
    return ObjectiveValue(-best[0][0], *best[0][1:])


BOOSTERS = phase(
    0, 2, name="maintenance", every_days=3, gap_days=GapDays(4, 2), visit="booster", tentative=True
)

PROTOCOLS = (protocol(TWICE), protocol(TWICE, WEEKLY), protocol(BY_HOURS))


def tiny(seed: int) -> tuple[list[Demand], Clinic, list[Booking]]:
    """A few patients, one or two chairs, two or three times a day."""
    random = Random(seed)
    times = random.choice(("09:00-13:00", "09:00-11:30 13:00-15:00"))
    at = clinic(
        "mon tue wed thu fri",
        times,
        chairs=random.choice((1, 1, 1, 2)),
        starts_per_slot=random.choice((None, 1)),
        slot_minutes=random.choice((60, 120)),
    )
    zone = ZoneInfo(at.timezone)
    booked = [
        (datetime(2026, 12, day, 9, 30, tzinfo=zone), datetime(2026, 12, day, 11, tzinfo=zone))
        for day in random.sample(range(7, 12), random.randrange(3))
    ]
    asked = [
        Demand(
            random.choice(PROTOCOLS[:2] if seed % 3 else PROTOCOLS),
            request(
                MONDAY + timedelta(random.randrange(2)),
                patient=f"P-{number}",
                latest_start=MONDAY + timedelta(random.randrange(1, 3)),
                per_week=random.choice((2, 3)),
                between=random.choice((None, None, TimeRange.read("09:00-12:00"))),
                unavailable=random.choice(((), (DateRange(MONDAY, MONDAY),))),
            ),
            priority=random.choice((1, 1, 2)),
        )
        for number in range(random.choice((2, 3, 3, 4)))
    ]
    return asked, at, booked


@pytest.mark.parametrize("seed", range(30))
def test_on_tiny_cases_it_is_the_best_of_all_plans(seed):
    asked, at, booked = tiny(seed)
    found = planned(asked, at, bookings=occupied(booked))
    best = best_of_all(asked, at, booked)
    assert found.objective == best
    assert found.bound.order <= best.order
    assert found.objective.order <= found.one_by_one.order
    assert_all_clean(found, booked)


def troubled(seed: int) -> tuple[list[Demand], Clinic, list[Booking]]:
    """The same where chairs are out of order, and hours change, in the middle of the courses."""
    asked, at, booked = tiny(seed)
    random = Random(-seed)
    days = random.sample([MONDAY + timedelta(day) for day in range(5)], 2)
    out = {DateRange(day, day): random.randint(1, at.chairs or 1) for day in days}
    since = MONDAY + timedelta(random.randrange(1, 5))
    newer = clinic(times=random.choice(("10:00-13:00", "09:00-15:00"))).hours
    hours = replace(at.hours, changes={since: newer})
    return asked, replace(at, hours=hours, closures=replace(at.closures, chairs=out)), booked


@pytest.mark.parametrize("seed", range(30))
def test_it_is_the_best_where_chairs_are_out_of_order_and_hours_change(seed):
    asked, at, booked = troubled(seed)
    found = planned(asked, at, bookings=occupied(booked))
    best = best_of_all(asked, at, booked)
    assert found.objective == best
    assert found.bound.order <= best.order
    assert_all_clean(found, booked)


@pytest.mark.parametrize("seed", range(20))
def test_boosters_delay_and_refuse_nobody_and_cost_no_spacing(seed):
    asked, at, booked = tiny(seed)
    asked = [
        replace(
            one,
            protocol=protocol(*one.protocol.phases, BOOSTERS),
            request=replace(one.request, boosters=2),
        )
        for one in asked
    ]
    found = planned(asked, at, bookings=occupied(booked))
    assert found.objective == best_of_all(asked, at, booked)
    assert found.objective.order <= found.one_by_one.order
    assert_all_clean(found, booked)
    for course in found.courses:
        boosters = sum(visit.phase == "maintenance" for visit in course.visits)
        is_said = any(finding.rule == "booster" for finding in course.findings)
        assert is_said == (boosters < 2)


# --- a waiting list ---


def listed(patients: int, chairs: int, seed: int = 1) -> tuple[list[Demand], Clinic]:
    waiting = waiting_list(patients, chairs, seed=seed)
    return [Demand(waiting.protocol, one) for one in waiting.requests], waiting.clinic


@pytest.fixture(scope="module")
def twenty() -> JointPlan:
    return planned(*listed(20, 3))


def test_a_waiting_list_is_seated_and_every_course_is_clean(twenty):
    assert twenty.is_best
    assert twenty.objective.seated == len(twenty.courses) == 20
    assert twenty.one_by_one.seated == 18
    assert_all_clean(twenty)


def test_it_is_the_same_twice(twenty):
    assert planned(*listed(20, 3)) == twenty


def test_another_seed_is_as_good(twenty):
    assert planned(*listed(20, 3), seed=7).objective == twenty.objective


def test_without_any_effort_it_is_one_by_one():
    found = planned(*listed(20, 3), limit=0)
    assert found.objective == found.one_by_one
    assert found.bound.order <= found.objective.order
    assert_all_clean(found)


def test_nobody_can_be_added_to_a_plan_and_nothing_of_it_is_more_than_the_bound():
    asked, at = listed(30, 2)
    found = planned(asked, at)
    assert found.bound.order <= found.objective.order < found.one_by_one.order
    taken = occupied(taken_by(found))
    waiting = [
        one for one, of in zip(asked, found.outcomes, strict=True) if isinstance(of, Unscheduled)
    ]
    assert waiting
    for one in waiting:
        with pytest.raises(NoPlan):
            plan(one.protocol, at, one.request, made_at=MADE_AT, bookings=taken)


def test_where_chairs_are_not_counted_it_is_the_same_as_one_by_one():
    asked, at = listed(6, 3)
    found = planned(asked, replace(at, chairs=None))
    alone = [
        plan(one.protocol, replace(at, chairs=None), one.request, made_at=MADE_AT) for one in asked
    ]
    assert list(found.outcomes) == alone
    assert found.is_best


# --- what decides ---

ONE_A_DAY = "09:00-11:00"
"""So long is a visit, nearly: one a day for each chair."""


def pair(start: date = MONDAY, **more) -> Demand:
    """A patient who asks for two visits, and can begin on that day only unless said."""
    asked = {"latest_start": start} | {
        key: more.pop(key) for key in list(more) if key != "priority"
    }
    return Demand(protocol(TWICE), request(start, **asked), **more)


def test_a_higher_priority_is_seated_first():
    asked = [pair(patient="A"), pair(patient="B"), pair(patient="C", priority=3)]
    found = planned(asked, clinic(times=ONE_A_DAY, chairs=1))
    assert [isinstance(one, Course) for one in found.outcomes] == [False, False, True]
    assert found.objective.seated == 3
    assert found.one_by_one.seated == 1


def test_many_go_before_one_of_a_little_more_priority():
    long = protocol(phase(4, gap_days=GapDays(1, 1), every_days=1))
    asked = [
        Demand(long, request(MONDAY, latest_start=MONDAY), priority=3),
        pair(priority=2),
        pair(MONDAY + timedelta(1), priority=2),
    ]
    at = clinic("mon tue wed thu", ONE_A_DAY, chairs=1)
    found = planned(asked, at)
    assert [isinstance(one, Course) for one in found.outcomes] == [False, True, True]


def test_who_waits_is_told_why_and_when_there_would_be_room():
    asked = [pair(patient="A"), pair(patient="B")]
    at = clinic("mon tue", ONE_A_DAY, chairs=1)
    waits = planned(asked, at).outcomes[1]
    assert isinstance(waits, Unscheduled)
    assert isinstance(waits.reason, NoPlan)
    assert {finding.rule for _, finding in waits.reason.refusals} == {"capacity"}
    assert waits.first == MONDAY + timedelta(7)


def test_whom_the_rules_refuse_waits_for_no_chair():
    young = pair(born=date(2015, 1, 1))
    wrong = pair(per_week=5)
    found = planned([young, wrong, pair()], clinic(chairs=1))
    refused, bad, seated = found.outcomes
    assert isinstance(refused, Unscheduled)
    assert isinstance(refused.reason, NoPlan)
    assert [finding.rule for finding in refused.reason.findings] == ["age"]
    assert refused.first is None
    assert isinstance(bad, Unscheduled)
    assert isinstance(bad.reason, BadRequest)
    assert isinstance(seated, Course)
    assert found.objective.seated == found.bound.seated == 1


def test_the_wanted_time_of_day_is_kept_where_it_costs_nobody_anything():
    asked = [pair(time=Clock(13 * 60)), pair(), pair(MONDAY + timedelta(1))]
    found = planned(asked, clinic(chairs=1))
    assert {visit.start.hour for visit in found.courses[0].visits} == {13}


# --- all that a course can be ---


def test_phases_follow_each_other_and_reviews_and_boosters_are_there():
    two = protocol(
        phase(3, span_days=SpanDays(14)),
        phase(2, name="weekly", every_days=7, gap_days=GapDays(9, 5)),
        phase(
            0,
            most=2,
            name="maintenance",
            visit="booster",
            every_days=(14, 21),
            gap_days=GapDays(28, 10),
            tentative=True,
        ),
    )
    asked = [Demand(two, request(patient=f"P-{number}", boosters=2)) for number in range(5)]
    found = planned(asked, clinic(times="09:00-13:00", chairs=1))
    assert found.objective.seated == 5
    assert found.is_best
    assert all(len(course.visits) == 7 for course in found.courses)
    assert all(course.visits[-1].status == "tentative" for course in found.courses)
    assert_all_clean(found)


def test_many_protocols_on_one_chair_with_little_effort_are_seated_as_well_as_one_by_one():
    names = ("iv-depression", "esketamine-us-label", "iv-weekly-maintenance", "crps-10-weekdays")
    asked = [
        Demand(
            load_protocol(names[number % 4]),
            request(MONDAY + timedelta(number), patient=f"P-{number}"),
            priority=1 + number % 3,
        )
        for number in range(12)
    ]
    at = clinic(times="08:00-12:00", chairs=1, slot_minutes=60)
    found = planned(asked, at, limit=1)
    assert found.bound.order <= found.objective.order < found.one_by_one.order
    again = planned(asked, at, limit=1)
    assert (again.courses, again.objective, again.bound) == (
        found.courses,
        found.objective,
        found.bound,
    )
    assert_all_clean(found)


def test_visits_elsewhere_take_no_chair():
    at_home = protocol(phase(2, gap_days=GapDays(4, 1)))
    kind = replace(at_home.visits["infusion"], place="home", driver=None)
    at_home = replace(at_home, visits={"infusion": kind, "booster": kind})
    asked = [Demand(at_home, request(latest_start=MONDAY)) for _ in range(3)]
    found = planned(asked, clinic(times=ONE_A_DAY, chairs=1))
    assert found.objective == ObjectiveValue(3, 0, 0)


def test_no_more_begin_together_than_the_clinic_says():
    asked = [pair(patient=f"P-{number}") for number in range(4)]
    found = planned(asked, clinic(times="09:00-11:30", chairs=9, starts_per_slot=1))
    begins = [visit.start for course in found.courses for visit in course.visits]
    assert len(begins) == len(set(begins))
    assert found.objective.seated == 3
    assert_all_clean(found)


class FewADay(VisitRule):
    """No more than two patients come on a day: a rule about others that no price list knows."""

    name = "few-a-day"

    def day(self, day, context):
        chairs = (hold.begin for hold in context.bookings if hold.unit == CHAIR)
        begins = (datetime.fromtimestamp(begin, context.zone) for begin in chairs)
        there = sum(begin.date() == day for begin in begins)
        return self.finding(f"{there} come already") if there >= 2 else None


@pytest.fixture
def few_a_day(monkeypatch):
    """Adds `FewADay` to what the planner and its checks ask."""
    for table in ("availability.DAY_RULES", "availability.PATIENT_DAY_RULES", "check.VISIT_RULES"):
        name, _, rules = table.rpartition(".")
        module = import_module(f"ketasched.planning.{name}")
        monkeypatch.setattr(module, rules, [*getattr(module, rules), FewADay()])
    monkeypatch.setattr(
        "ketasched.planning.infeasibility.PATIENT_RULES", PATIENT_RULES | {FewADay.name}
    )


@pytest.mark.parametrize("latest", [MONDAY, MONDAY + timedelta(2)], ids=["Monday", "Wednesday"])
@pytest.mark.usefixtures("few_a_day")
def test_a_rule_about_others_that_no_price_knows_is_kept_all_the_same(latest):
    asked = [pair(patient=f"P{number}", latest_start=latest) for number in range(8)]
    long = protocol(phase(4, gap_days=GapDays(1, 1), every_days=1))
    asked.insert(0, Demand(long, request(MONDAY, latest_start=MONDAY)))
    found = planned(asked, clinic(times=ONE_A_DAY, chairs=3))
    assert_all_clean(found)
    assert found.one_by_one.order >= found.objective.order >= found.bound.order
    assert max(Counter(start.date() for start, _ in taken_by(found)).values()) == 2
    reasons = [one.reason for one in found.outcomes if isinstance(one, Unscheduled)]
    waiting = [reason for reason in reasons if isinstance(reason, NoPlan)]
    refused = [finding.rule for reason in waiting for _, finding in reason.refusals]
    assert FewADay.name in refused


def test_what_is_booked_stays_free_of_patients():
    at = clinic(times="09:00-13:00", chairs=1)
    zone = ZoneInfo(at.timezone)
    booked = [
        (datetime(2026, 12, day, 9, 40, tzinfo=zone), datetime(2026, 12, day, 10, tzinfo=zone))
        for day in (7, 8, 9, 10, 11)
    ]
    asked = [pair(patient="A"), pair(patient="B"), pair(MONDAY + timedelta(1), patient="C")]
    found = planned(asked, at, bookings=occupied(booked))
    assert found.objective.seated == 2
    assert min(visit.start.hour for course in found.courses for visit in course.visits) == 10
    assert_all_clean(found, booked)


def test_in_the_week_in_which_the_clocks_change_chairs_are_counted_in_true_time():
    saturday = date(2027, 3, 13)
    nightly = protocol(phase(2, gap_days=GapDays(1, 1), every_days=1))
    at = clinic("sat sun mon", "00:00-06:30", chairs=1, slot_minutes=30)
    asked = [
        Demand(nightly, request(saturday, patient=f"P-{number}", latest_start=saturday))
        for number in range(3)
    ]
    found = planned(asked, at)
    # From 00:00 to 06:30 are five and a half hours on that Sunday: two visits, not three.
    assert found.objective.seated == 2
    assert_all_clean(found)
    later = [Demand(one.protocol, replace(one.request, start=date(2027, 3, 20))) for one in asked]
    later = [
        replace(one, request=replace(one.request, latest_start=date(2027, 3, 20))) for one in later
    ]
    assert planned(later, at).objective.seated == 3


def test_without_the_extra_it_says_what_to_install():
    program = (
        "import sys\n"
        "sys.modules['ortools'] = None\n"
        "from tests.together.test_together import planned, pair\n"
        "from tests.support.nouns import clinic\n"
        "from ketasched.errors import BadRequest\n"
        "try:\n    planned([pair()], clinic(chairs=1))\n"
        "except BadRequest as error:\n    print(error.next_step)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "pip install 'ketasched[together]'"
