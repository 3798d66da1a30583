"""The planner at clinics with resources, against the judge that counts minute by minute."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from ketasched.model import (
    WEEKDAYS,
    Clinic,
    DateRange,
    Resource,
    TimeRange,
    VisitKind,
    VisitPart,
    WeekHours,
)
from tests.conftest import examples
from tests.planning.test_planner_is_exact import (
    Case,
    assert_best,
    assert_remedies_are_best,
    cases,
    planned,
)
from tests.support.resource_judge import VisitOfOther

NAMES = ("monitor", "prescriber")
COUNTS = st.sampled_from([1, 1, 1, 2, 3])
SERVES = st.sampled_from([1, 1, 2])
DURING: st.SearchStrategy[tuple[VisitPart, ...]] = st.sampled_from(
    [
        ("check_in", "treatment", "observation"),
        ("treatment", "observation"),
        ("check_in", "observation"),
        ("treatment",),
        ("observation",),
        ("check_in",),
    ]
)
TIMES_THERE = st.sampled_from(
    [
        *(None, None, None, "00:00-24:00", "08:00-12:00", "00:00-03:00", "03:00-16:00"),
        *("07:00-10:30 10:30-24:00", "00:30-10:00 10:30-22:30", "10:00-12:00", "04:00-24:00"),
    ]
)
"""When a resource is there; None as long as the clinic is open."""

DAYS_OFF = st.sampled_from(["", "", "mon", "sat sun", "tue thu"])
ABSENCES = st.sampled_from(
    [{}, {}, {(0, 0): 1}, {(2, 3): 1, (7, 7): 3}, {(0, 9): 2}, {(4, 4): 1, (5, 8): 2}]
)
"""How many are away from a day to another, counted from the asked start."""

NEEDS: st.SearchStrategy[tuple[str, ...] | None] = st.sampled_from(
    [None, None, None, (), ("monitor",), ("prescriber",), NAMES]
)
OTHERS = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 0, *range(12), 7, 7]),
        st.sampled_from([0, 0, 15, 60, 75, 130]),
        st.sampled_from(["infusion", "infusion", "talk"]),
    ),
    max_size=12,
)
"""Visits of others: the day from the asked start, minutes after the opening, and the kind."""


@st.composite
def resources(draw: st.DrawFn, name: str, start: date) -> Resource:
    """A resource, which may be there at odd times only."""
    count, times, off = draw(COUNTS), draw(TIMES_THERE), draw(DAYS_OFF)
    hours = None
    if times is not None:
        there = tuple(map(TimeRange.read, times.split()))
        hours = WeekHours(**{day: there for day in WEEKDAYS if day not in off})
    absences = {
        DateRange(start + timedelta(first), start + timedelta(last)): min(number, count)
        for (first, last), number in draw(ABSENCES).items()
    }
    return Resource(name, count, draw(SERVES), draw(DURING), hours, absences)


@st.composite
def staffed_cases(draw: st.DrawFn) -> Case:
    """A case of the planner at a clinic with one or two resources, which others use, too."""
    case = draw(cases())
    start, visits = case.request.start, dict(case.protocol.visits)
    for name, kind in visits.items():
        chair = draw(st.sampled_from([None, None, False])) if kind.place == "clinic" else None
        visits[name] = replace(kind, needs=draw(NEEDS), chair=chair)
    names = draw(st.sampled_from([NAMES, NAMES, NAMES[:1]]))
    own = tuple(draw(resources(name, start)) for name in names)
    clinic = replace(case.clinic, resources=own)
    return case._replace(
        protocol=replace(case.protocol, visits=visits),
        clinic=clinic,
        others=others(draw(OTHERS), clinic, visits, start),
    )


def others(
    drawn: list[tuple[int, int, str]], clinic: Clinic, visits: dict[str, VisitKind], start: date
) -> list[VisitOfOther]:
    """The visits of OTHERS on the usual openings of the day, none of them across midnight."""
    zone, found = ZoneInfo(clinic.timezone), []
    for number, later, name in drawn:
        day = start + timedelta(number)
        for opening in clinic.hours.in_force(day).on(day.weekday()):
            wall = datetime.combine(day, time(), zone) + timedelta(minutes=opening.start + later)
            begin = wall.astimezone(UTC)
            end = begin + timedelta(minutes=visits[name].minutes.total)
            if begin.astimezone(zone).date() == end.astimezone(zone).date() == day:
                found.append((visits[name], begin.astimezone(zone)))
    return found


@settings(max_examples=examples(1500), deadline=None)
@given(staffed_cases())
def test_the_plan_is_the_one_that_trying_every_plan_finds(case):
    assert_best(case, planned(case))


@settings(max_examples=examples(120), deadline=None)
@given(staffed_cases())
def test_a_change_that_a_refusal_names_has_the_best_plan_that_it_promises(case):
    assert_remedies_are_best(case)
