"""Changes move as few visits as possible: compared with all sequences that keep the rules."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise, product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ketasched.errors import NoPlan
from ketasched.model import (
    Clock,
    Closures,
    DateRange,
    GapDays,
    GapHours,
    Hours,
    SpanDays,
    TimeRange,
)
from ketasched.planning.check import check
from ketasched.planning.planner import plan
from tests.conftest import MADE_AT
from tests.revising.changes import apply, moved_numbers, visit_dates
from tests.support.nouns import clinic, phase, protocol, request

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def keeps_rules(starts, span):
    """Whether dates for all visits keep the gap of 2 to 5 days, and the span."""
    first, last = starts[0], starts[-1]
    gaps_fit = all(2 <= (two - one).days <= 5 for one, two in pairwise(starts))
    return gaps_fit and (last - first).days + 1 <= span


def spacing_cost(starts):
    return sum(
        max(2 - (two - one).days, (two - one).days - 3, 0) ** 2 for one, two in pairwise(starts)
    )


def count_weekdays(starts):
    return len({day.weekday() for day in starts})


def clinic_with_closures(open_days, closed):
    """A clinic with closures so many days after 7 December, and whether it is open on a day."""
    begin = date(2026, 12, 7)
    shut = tuple(DateRange(begin + timedelta(n), begin + timedelta(n)) for n in closed)
    at = clinic(" ".join(sorted(open_days)), "09:00-11:00", closures=Closures(dates=shut))
    gone = {begin + timedelta(n) for n in closed}
    return at, lambda day: WEEK[day.weekday()] in open_days and day not in gone


def plan_or_none(asked, at):
    try:
        return plan(asked, at, request(), made_at=MADE_AT)
    except NoPlan:
        return None


def assert_best(course, ways, verb, **more):
    """Assert that the course after the change is the best one, or refused if there is none.

    Each of `ways` is a tuple of costs, the most important first, and the dates.
    """
    if not ways:
        with pytest.raises(NoPlan):
            apply(course, verb, **more)
        return None
    after = apply(course, verb, **more)
    assert visit_dates(after) == min(ways)[-1]
    assert {f.rule for f in check(after) if f.level == "broken"} == set()
    return after


OPEN_DAYS = st.sets(st.sampled_from(WEEK), min_size=3)
CLOSED = st.sets(st.integers(0, 30), max_size=6)


@settings(max_examples=150)
@given(
    open_days=OPEN_DAYS,
    closed=CLOSED,
    number=st.integers(1, 4),
    by=st.integers(1, 6),
    span=st.integers(10, 24),
)
def test_no_sequence_moves_fewer_visits_when_one_is_deferred(open_days, closed, number, by, span):
    at, is_open = clinic_with_closures(open_days, closed)
    course = plan_or_none(protocol(phase(4, span_days=SpanDays(span))), at)
    assume(course)
    old = visit_dates(course)
    target = old[number - 1] + timedelta(by)
    ways = []
    later = [day for day in (target + timedelta(n) for n in range(1, 22)) if is_open(day)]
    for rest in product(later, repeat=4 - number) if is_open(target) else ():
        starts = [*old[: number - 1], target, *rest]
        if keeps_rules(starts, span):
            moves = sum(one != two for one, two in zip(rest, old[number:], strict=True))
            ways.append((moves, spacing_cost(starts), count_weekdays(starts), starts))
    assert_best(course, ways, "defer", visit=number, days=by)


@settings(max_examples=100)
@given(open_days=OPEN_DAYS, closed=CLOSED, number=st.integers(2, 4))
def test_no_sequence_moves_fewer_visits_when_one_is_omitted(open_days, closed, number):
    at, is_open = clinic_with_closures(open_days, closed)
    course = plan_or_none(protocol(phase(5)), at)
    assume(course)
    old = visit_dates(course)
    ahead = (old[number - 2] + timedelta(n) for n in range(1, 24))
    later = [day for day in ahead if is_open(day)]
    ways = []
    for rest in product(later, repeat=5 - number):
        starts = [*old[: number - 1], *rest]
        if keeps_rules(starts, 99):
            moves = sum(one != two for one, two in zip(rest, old[number:], strict=True))
            ways.append((moves, spacing_cost(starts), count_weekdays(starts), starts))
    assert_best(course, ways, "omit", visit=number)


@settings(max_examples=100)
@given(open_days=OPEN_DAYS, closed=CLOSED, number=st.integers(2, 4), span=st.integers(10, 24))
def test_no_sequence_moves_fewer_visits_for_a_make_up_visit(open_days, closed, number, span):
    at, is_open = clinic_with_closures(open_days, closed)
    course = plan_or_none(protocol(phase(4, span_days=SpanDays(span))), at)
    assume(course)
    old = visit_dates(course)
    missed = old[number - 1]
    later = [day for day in (missed + timedelta(n) for n in range(1, 22)) if is_open(day)]
    ways = []
    for rest in product(later, repeat=5 - number):
        starts = [*old[: number - 1], *rest]
        if keeps_rules(starts, span):
            # The new visit may be any of them; the others are compared in their order.
            moves = min(
                sum(one != two for one, two in zip(left, old[number:], strict=True))
                for new in range(len(rest))
                for left in [rest[:new] + rest[new + 1 :]]
            )
            ways.append((moves, spacing_cost(starts), count_weekdays(rest), starts))
    today = f"{missed}T12:00"
    assert_best(course, ways, "miss", today=today, visit=number, make_up=True)


@settings(max_examples=100)
@given(open_days=OPEN_DAYS, closed=CLOSED, done=st.integers(1, 3), by=st.integers(0, 8))
def test_no_sequence_moves_fewer_visits_when_visits_are_resumed(open_days, closed, done, by):
    at, is_open = clinic_with_closures(open_days, closed)
    course = plan_or_none(protocol(phase(4)), at)
    assume(course)
    old = visit_dates(course)
    today = old[done - 1]
    held = apply(course, "hold", f"{today}T12:00")
    on = old[done] + timedelta(by) if by else old[done]
    later = [day for day in (on + timedelta(n) for n in range(1, 22)) if is_open(day)]
    ways = []
    for rest in product(later, repeat=3 - done) if is_open(on) else ():
        starts = [*old[:done], on, *rest]
        if keeps_rules(starts, 99):
            before = old[done + 1 :]
            # Those whose day is gone by then have none to keep.
            moves = sum(one != two for one, two in zip(rest, before, strict=True) if two > on)
            ways.append((moves, spacing_cost(starts), count_weekdays([on, *rest]), starts))
    assert_best(held, ways, "resume", today=f"{today}T13:00", on=on)


@settings(max_examples=60)
@given(open_days=OPEN_DAYS, closed=CLOSED, after=st.integers(3, 30))
def test_no_sequence_moves_fewer_boosters_for_a_new_one(open_days, closed, after):
    at, is_open = clinic_with_closures(open_days, closed)
    boosters = phase(
        0, most=6, name="boosters", every_days=(7,), gap_days=GapDays(12, 4), tentative=True
    )
    asked = protocol(phase(2), boosters)
    try:
        course = plan(asked, at, request(boosters=2), made_at=MADE_AT)
    except NoPlan:
        return
    old = visit_dates(course)
    on = old[1] + timedelta(after)
    place = sum(day <= on for day in old)
    days_ahead = [day for day in (on + timedelta(n) for n in range(1, 26)) if is_open(day)]
    ways = []
    for rest in product(days_ahead, repeat=4 - place) if is_open(on) else ():
        starts = [*old[:place], on, *rest]
        if all(4 <= (two - one).days <= 12 for one, two in pairwise(starts[1:])):
            ways.append(sum(one != two for one, two in zip(rest, old[place:], strict=True)))
    if not ways:
        with pytest.raises(NoPlan):
            apply(course, "booster", on=on)
        return
    added = apply(course, "booster", on=on)
    assert len(moved_numbers(course, added)) == min(ways)
    assert on in visit_dates(added)


@settings(max_examples=100)
@given(open_days=OPEN_DAYS, closed=CLOSED, number=st.integers(2, 4), by=st.integers(1, 6))
def test_no_sequence_moves_fewer_weekly_visits_or_keeps_nearer_to_the_pace(
    open_days, closed, number, by
):
    at, is_open = clinic_with_closures(open_days, closed)
    course = plan_or_none(protocol(phase(4, every_days=7, gap_days=GapDays(10, 4))), at)
    assume(course)
    old = visit_dates(course)
    target = old[number - 1] + timedelta(by)
    later = [day for day in (target + timedelta(n) for n in range(1, 31)) if is_open(day)]
    ways = []
    for rest in product(later, repeat=4 - number) if is_open(target) else ():
        starts = [*old[: number - 1], target, *rest]
        if all(4 <= (two - one).days <= 10 for one, two in pairwise(starts)):
            moves = sum(one != two for one, two in zip(rest, old[number:], strict=True))
            off = sum(((day - old[0]).days - 7 * n) ** 2 for n, day in enumerate(starts))
            ways.append((moves, off, count_weekdays(starts), starts))
    assert_best(course, ways, "defer", visit=number, days=by)


def sequences(days, gaps, count):
    """All sequences of `count` dates that begin on one of `days` and have these gaps."""
    for first in days:
        for steps in product(gaps, repeat=count - 1):
            yield [first + timedelta(sum(steps[:n])) for n in range(count)]


@settings(max_examples=100)
@given(open_days=OPEN_DAYS, closed=CLOSED, newer=CLOSED, span=st.integers(15, 24))
def test_no_sequence_moves_fewer_weekly_visits_when_the_first_is_omitted(
    open_days, closed, newer, span
):
    at, _ = clinic_with_closures(open_days, closed)
    every_week = phase(4, every_days=7, gap_days=GapDays(9, 5), span_days=SpanDays(span))
    course = plan_or_none(protocol(every_week), at)
    assume(course)
    old = visit_dates(course)[1:]
    at, is_open = clinic_with_closures(open_days, newer)
    firsts = [course.request.start + timedelta(n) for n in range(30)]
    ways = []
    for starts in sequences(firsts, range(5, 10), 3):
        if all(map(is_open, starts)) and (starts[-1] - starts[0]).days < span:
            moves = sum(one != two for one, two in zip(starts, old, strict=True))
            off = sum(((day - starts[0]).days - 7 * n) ** 2 for n, day in enumerate(starts))
            ways.append((moves, off, count_weekdays(starts), starts))
    assert_best(replace(course, clinic=at), ways, "omit", visit=1)


@settings(max_examples=60)
@given(open_days=OPEN_DAYS, closed=CLOSED, newer=CLOSED, span=st.integers(7, 12))
def test_no_sequence_moves_fewer_visits_when_the_first_is_omitted(open_days, closed, newer, span):
    at, _ = clinic_with_closures(open_days, closed)
    course = plan_or_none(protocol(phase(4, span_days=SpanDays(span))), at)
    assume(course)
    old = visit_dates(course)[1:]
    at, is_open = clinic_with_closures(open_days, newer)
    firsts = [course.request.start + timedelta(n) for n in range(30)]
    ways = []
    for starts in sequences(firsts, range(2, 6), 3):
        if all(map(is_open, starts)) and keeps_rules(starts, span):
            moves = sum(one != two for one, two in zip(starts, old, strict=True))
            ways.append((moves, spacing_cost(starts), count_weekdays(starts), starts))
    assert_best(replace(course, clinic=at), ways, "omit", visit=1)


MORNING, AFTERNOON = timedelta(hours=9), timedelta(hours=14)


@settings(max_examples=100)
@given(
    open_days=OPEN_DAYS,
    closed=CLOSED,
    number=st.integers(1, 3),
    by=st.integers(0, 4),
    least=st.integers(44, 56),
    most=st.integers(60, 110),
)
def test_no_sequence_moves_fewer_visits_if_the_gap_is_in_hours(
    open_days, closed, number, by, least, most
):
    at, is_open = clinic_with_closures(open_days, closed)
    two_a_day = (TimeRange.read("09:00-11:00"), TimeRange.read("14:00-16:00"))
    at = replace(at, hours=Hours(**dict.fromkeys(open_days, two_a_day)))
    course = plan_or_none(protocol(phase(4, gap_hours=GapHours(min=least, max=most))), at)
    assume(course)
    old = [visit.start.replace(tzinfo=None) for visit in course.visits]
    on = old[number - 1].date() + timedelta(by)
    target = datetime.combine(on, time()) + AFTERNOON
    ways = []
    for later in sequences([on], range(2, 6), 5 - number) if is_open(on) else ():
        for clocks in product((MORNING, AFTERNOON), repeat=4 - number):
            rest = [datetime.combine(*one) for one in zip(later[1:], [time()] * 3, strict=False)]
            rest = [day + clock for day, clock in zip(rest, clocks, strict=True)]
            starts = [*old[: number - 1], target, *rest]
            steps = [two - one for one, two in pairwise(starts)]
            in_hours = all(least <= step / timedelta(hours=1) <= most for step in steps)
            gaps = all(2 <= (two.date() - one.date()).days <= 5 for one, two in pairwise(starts))
            if in_hours and gaps and all(is_open(day) for day in later):
                dates = [start.date() for start in starts]
                moves = sum(one != two for one, two in zip(rest, old[number:], strict=True))
                off = sum(start.hour - 9 for start in starts)
                ways.append((moves, spacing_cost(dates), count_weekdays(dates), off, starts))
    change = {"visit": number, "on": on, "time": Clock(14 * 60)}
    if not ways:
        with pytest.raises(NoPlan):
            apply(course, "defer", **change)
        return
    after = apply(course, "defer", **change)
    assert [visit.start.replace(tzinfo=None) for visit in after.visits] == min(ways)[-1]
