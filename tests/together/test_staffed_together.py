"""Many patients and few chairs, monitors and prescribers, planned as one: against the judge."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from ketasched.model import (
    Clinic,
    DateRange,
    Protocol,
    Resource,
    Slot,
    TimeRange,
    VisitKind,
    WeekHours,
)
from ketasched.model.holds import Hold, holds_of, holds_of_slots
from ketasched.model.occupancy import Occupancy
from ketasched.planning.check import check
from ketasched.together import Demand, JointPlan
from tests.support.brute_force import chairs_on
from tests.support.nouns import MONDAY, occupied
from tests.support.resource_judge import VisitOfOther, booking_of, overused, takes_chair
from tests.together.test_together import Booking, best_of_all, planned, tiny


class Case(NamedTuple):
    """Patients, and a clinic with resources that others use, too."""

    asked: list[Demand]
    clinic: Clinic
    booked: list[Booking]
    others: list[VisitOfOther]


def resource(random: Random, name: str) -> Resource:
    """One or two of a kind, not always there."""
    count, serves = random.choice(((1, 1), (1, 1), (1, 2), (2, 1), (3, 1)))
    times = random.choice((None, None, "09:00-11:00", "09:30-12:00 13:00-15:00", "08:00-24:00"))
    there = () if times is None else tuple(map(TimeRange.read, times.split()))
    days = ("mon", "tue", "thu", "fri") if random.random() < 0.3 else ("mon", "tue", "wed", "thu")
    off = MONDAY + timedelta(random.randrange(5))
    return Resource(
        name,
        count,
        serves,
        random.choice(
            (
                ("check_in", "treatment", "observation"),
                ("treatment",),
                ("check_in", "observation"),
                ("treatment", "observation"),
            )
        ),
        WeekHours(**dict.fromkeys(days, there)) if there else None,
        {DateRange(off, off): 1} if random.random() < 0.3 else {},
    )


def with_needs(random: Random, one: Protocol) -> Protocol:
    """The protocol, with kinds of visit that take or need something else."""
    return replace(one, visits={name: _kind(random, kind) for name, kind in one.visits.items()})


def _kind(random: Random, kind: VisitKind) -> VisitKind:
    needs = random.choice((None, None, (), ("monitor",), ("prescriber",)))
    if random.random() < 0.2:
        return replace(kind, place="phone", driver=None, no_driving=None, needs=("prescriber",))
    return replace(kind, chair=random.choice((None, None, False)), needs=needs)


def staffed(seed: int) -> Case:
    """The tiny cases with a monitor and a prescriber."""
    asked, at, booked = tiny(seed)
    random = Random(1000 + seed)
    protocols = {one.protocol.id + str(len(one.protocol.phases)): one.protocol for one in asked}
    changed = {name: with_needs(random, one) for name, one in protocols.items()}
    asked = [
        replace(one, protocol=changed[one.protocol.id + str(len(one.protocol.phases))])
        for one in asked
    ]
    own = tuple(resource(random, name) for name in ("monitor", "prescriber"))
    at = replace(at, chairs=random.choice((at.chairs, 2, None)), resources=own)
    zone, kinds = ZoneInfo(at.timezone), list(asked[0].protocol.visits.values())
    others = [
        (random.choice(kinds), datetime(2026, 12, day, random.choice((9, 10)), 15, tzinfo=zone))
        for day in random.sample(range(7, 14), random.randrange(4))
    ]
    return Case(asked, at, booked, others)


def holds_of_others(case: Case) -> list[Hold]:
    """What the others hold."""
    zone = ZoneInfo(case.clinic.timezone)
    slots = [
        Slot(kind, start, booking_of(kind, start)[1].astimezone(zone))
        for kind, start in case.others
    ]
    return [*occupied(case.booked), *holds_of_slots(case.clinic, slots)]


def visits_of(found: JointPlan) -> list[VisitOfOther]:
    """The visits of all who are seated."""
    return [
        (course.protocol.visits[visit.kind], visit.start)
        for course in found.courses
        for visit in course.visits
    ]


def assert_nobody_is_overbooked(
    clinic: Clinic, visits: Sequence[VisitOfOther], booked: Sequence[Booking] = ()
) -> None:
    """Counted by hand: chairs where a visit begins, resources minute by minute."""
    assert overused(clinic, visits) == {}
    own = [booking_of(*one) for one in visits if takes_chair(one[0])]
    for begin, _ in own:
        taken = sum(a <= begin < b for a, b in (*own, *booked))
        local: date = begin.astimezone(ZoneInfo(clinic.timezone)).date()
        limit = chairs_on(clinic, local)
        assert limit is None or taken <= limit
        starts = sum(a == begin for a, _ in (*own, *booked))
        assert clinic.starts_per_slot is None or starts <= clinic.starts_per_slot


@pytest.mark.parametrize("seed", range(40))
def test_on_tiny_cases_it_is_the_best_of_all_plans(seed):
    case = staffed(seed)
    others = holds_of_others(case)
    found = planned(case.asked, case.clinic, bookings=Occupancy(others))
    best = best_of_all(*case)
    assert found.objective == best
    assert found.bound.order <= best.order
    assert found.objective.order <= found.one_by_one.order
    for course in found.courses:
        rest = (hold for one in found.courses if one is not course for hold in holds_of(one))
        findings = check(course, bookings=Occupancy([*others, *rest]))
        assert not [finding for finding in findings if finding.level == "broken"]
    own, crowd = visits_of(found), overused(case.clinic, case.others)
    # Others may use too much already, which no visit of ours makes worse.
    assert overused(case.clinic, [*own, *case.others]) == crowd
    assert_nobody_is_overbooked(case.clinic, own)
