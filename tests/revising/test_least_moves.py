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
    Driver,
    GapDays,
    GapHours,
    SpanDays,
    TimeRange,
)
from ketasched.planning.check import check
from ketasched.planning.planner import plan
from tests.conftest import MADE_AT, examples
from tests.revising.changes import apply, moved_numbers, visit_dates
from tests.support.nouns import clinic, hours_of, phase, protocol, request

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def keeps_rules(starts, span, least=2):
    """Whether dates for all visits keep the gap of 2 (`least`) to 5 days, and the span."""
    first, last = starts[0], starts[-1]
    gaps_fit = all(least <= (two - one).days <= 5 for one, two in pairwise(starts))
    return gaps_fit and (last - first).days + 1 <= span


def spacing_cost(starts):
    return sum(
        max(2 - (two - one).days, (two - one).days - 3, 0) ** 2 for one, two in pairwise(starts)
    )


def count_weekdays(starts):
    return len({day.weekday() for day in starts})


def keeps_rules_but(known, starts, span):
    """Whether dates keep the span, and the gap of 1 to 5 days but for the pairs that are known."""
    gaps_fit = all(
        1 <= (two - one).days <= 5 or (one, two) in known for one, two in pairwise(starts)
    )
    return gaps_fit and (starts[-1] - starts[0]).days + 1 <= span


def is_none_earlier(old, new):
    """Whether no visit has an earlier day than it had."""
    return all(one <= two for one, two in zip(old, new, strict=True))


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
LENGTHS = st.integers(4, 6)


@settings(max_examples=examples(150))
@given(
    open_days=OPEN_DAYS,
    closed=CLOSED,
    newer=CLOSED,
    number=st.integers(1, 4),
    by=st.integers(-3, 6).filter(bool),
    span=st.integers(10, 24),
    overridden=st.booleans(),
)
def test_no_sequence_moves_fewer_visits_when_one_is_deferred(
    open_days, closed, newer, number, by, span, overridden
):
    at, _ = clinic_with_closures(open_days, closed)
    course = plan_or_none(protocol(phase(4, span_days=SpanDays(span))), at)
    assume(course)
    old = visit_dates(course)
    at, is_open = clinic_with_closures(open_days, newer)
    assume(all(map(is_open, old[: number - 1])))
    target = old[number - 1] + timedelta(by)
    assume(target >= course.request.start)
    ways = []
    later = [day for day in (target + timedelta(n) for n in range(1, 22)) if is_open(day)]
    for rest in product(later, repeat=4 - number) if is_open(target) else ():
        starts = [*old[: number - 1], target, *rest]
        if keeps_rules(starts, span) and (overridden or is_none_earlier(old[number:], rest)):
            moves = sum(one != two for one, two in zip(rest, old[number:], strict=True))
            ways.append((moves, spacing_cost(starts), count_weekdays(starts), starts))
    overrides = ("earlier",) if overridden else ()
    course = replace(course, clinic=at)
    assert_best(course, ways, "defer", visit=number, on=target, overrides=overrides)


FACTS: tuple[tuple[str, dict[str, object]], ...] = (
    ("miss", {"visit": 2}),
    ("omit", {"visit": 4}),
    ("complete", {"visit": 2}),
    ("complete", {"visit": 4, "on": date(2026, 12, 10), "time": Clock(10 * 60)}),
    ("cease", {"visit": 3}),
    ("hold", {}),
    ("driver", {"visit": 4, "driver": Driver("Sam")}),
)


@given(
    open_days=OPEN_DAYS, closed=CLOSED, newer=CLOSED, fact=st.sampled_from(FACTS), count=LENGTHS
)
def test_a_fact_is_never_refused_and_moves_no_other_visit(open_days, closed, newer, fact, count):
    at, _ = clinic_with_closures(open_days, closed)
    course = plan_or_none(protocol(phase(count, span_days=SpanDays(20))), at)
    assume(course)
    today = max(visit_dates(course)[1], date(2026, 12, 11))
    assume(today < visit_dates(course)[3])
    verb, more = fact
    at, _ = clinic_with_closures(open_days, newer)
    after = apply(replace(course, clinic=at), verb, f"{today}T12:00", **more)
    own = course.visits[more["visit"] - 1].uid if "visit" in more else ""
    old = {visit.uid: (visit.start, visit.end) for visit in course.visits if visit.uid != own}
    new = {visit.uid: (visit.start, visit.end) for visit in after.visits if visit.uid != own}
    assert old == new
    # What the fact broke is a finding of the course, and nothing that the clinic had broken.
    known = {(one.rule, one.visit) for one in check(replace(course, clinic=at))}
    stored = {(one.rule, one.visit) for one in after.findings if one.level == "broken"}
    broken = {(one.rule, one.visit) for one in check(after) if one.level == "broken"}
    assert stored <= broken
    assert verb == "complete" or broken - stored <= known


@settings(max_examples=examples(100))
@given(open_days=OPEN_DAYS, closed=CLOSED, number=st.integers(2, 4), span=st.integers(10, 24))
def test_no_sequence_moves_fewer_visits_for_a_make_up_visit(open_days, closed, number, span):
    at, is_open = clinic_with_closures(open_days, closed)
    every_day = phase(4, gap_days=GapDays(5, 1), span_days=SpanDays(span))
    course = plan_or_none(protocol(every_day), at)
    assume(course)
    old = visit_dates(course)
    missed = old[number - 1]
    later = [day for day in (missed + timedelta(n) for n in range(1, 22)) if is_open(day)]
    # What the missed visit itself has broken does not refuse the make-up visit.
    broken = (old[number - 2], old[number]) if number < 4 else ()
    ways, tolerant = [], []
    for rest in product(later, repeat=5 - number):
        starts = [*old[: number - 1], *rest]
        known = [pair for pair in pairwise(starts) if pair == broken]
        if keeps_rules(starts, span, least=1) or keeps_rules_but(known, starts, span):
            # The new visit may be any of them, but not tomorrow at 9:00, which is within 24 hours;
            # the others are compared in their order.
            moves = [
                sum(one != two for one, two in zip(left, old[number:], strict=True))
                for new, day in enumerate(rest)
                for left in [rest[:new] + rest[new + 1 :]]
                if day > missed + timedelta(1) and is_none_earlier(old[number:], left)
            ]
            if moves:
                way = min(moves), spacing_cost(starts), count_weekdays(rest), starts
                tolerant.append(way)
                ways += [way] if keeps_rules(starts, span, least=1) else []
    today = f"{missed}T12:00"
    if not tolerant:
        with pytest.raises(NoPlan):
            apply(course, "miss", today=today, visit=number, make_up=True)
        return
    strict = ways and min(ways)[0] <= min(tolerant)[0]
    after = apply(course, "miss", today=today, visit=number, make_up=True)
    assert visit_dates(after) == min(ways if strict else tolerant)[-1]
    left = {one.rule for one in check(after) if one.level == "broken"}
    assert left == set() if strict else left <= {"gap"}


@settings(max_examples=examples(100))
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
            if not is_none_earlier(before, rest):
                continue
            # Those whose day is gone by then have none to keep.
            moves = sum(one != two for one, two in zip(rest, before, strict=True) if two > on)
            ways.append((moves, spacing_cost(starts), count_weekdays([on, *rest]), starts))
    assert_best(held, ways, "resume", today=f"{today}T13:00", on=on)


@settings(max_examples=examples(60))
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
        gaps_fit = all(4 <= (two - one).days <= 12 for one, two in pairwise(starts[1:]))
        if gaps_fit and is_none_earlier(old[place:], rest):
            ways.append(sum(one != two for one, two in zip(rest, old[place:], strict=True)))
    if not ways:
        with pytest.raises(NoPlan):
            apply(course, "booster", on=on)
        return
    added = apply(course, "booster", on=on)
    assert len(moved_numbers(course, added)) == min(ways)
    assert on in visit_dates(added)


@settings(max_examples=examples(100))
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
        gaps_fit = all(4 <= (two - one).days <= 10 for one, two in pairwise(starts))
        if gaps_fit and is_none_earlier(old[number:], rest):
            moves = sum(one != two for one, two in zip(rest, old[number:], strict=True))
            off = sum(((day - old[0]).days - 7 * n) ** 2 for n, day in enumerate(starts))
            ways.append((moves, off, count_weekdays(starts), starts))
    assert_best(course, ways, "defer", visit=number, days=by)


def sequences(days, gaps, count):
    """All sequences of `count` dates that begin on one of `days` and have these gaps."""
    for first in days:
        for steps in product(gaps, repeat=count - 1):
            yield [first + timedelta(sum(steps[:n])) for n in range(count)]


@settings(max_examples=examples(100))
@given(
    open_days=OPEN_DAYS,
    closed=CLOSED,
    newer=CLOSED,
    span=st.integers(22, 32),
    by=st.integers(1, 9),
)
def test_no_sequence_moves_fewer_weekly_visits_when_the_first_is_deferred(
    open_days, closed, newer, span, by
):
    at, _ = clinic_with_closures(open_days, closed)
    every_week = phase(4, every_days=7, gap_days=GapDays(9, 5), span_days=SpanDays(span))
    course = plan_or_none(protocol(every_week), at)
    assume(course)
    first, *old = visit_dates(course)
    at, is_open = clinic_with_closures(open_days, newer)
    on = first + timedelta(by)
    ways = []
    for starts in sequences([on], range(5, 10), 4):
        is_short = (starts[-1] - starts[0]).days < span and is_none_earlier(old, starts[1:])
        if all(map(is_open, starts)) and is_short:
            moves = sum(one != two for one, two in zip(starts[1:], old, strict=True))
            off = sum(((day - starts[0]).days - 7 * n) ** 2 for n, day in enumerate(starts))
            ways.append((moves, off, count_weekdays(starts), starts))
    assert_best(replace(course, clinic=at), ways, "defer", visit=1, on=on)


@settings(max_examples=examples(60))
@given(
    open_days=OPEN_DAYS, closed=CLOSED, newer=CLOSED, span=st.integers(7, 16), by=st.integers(1, 6)
)
def test_no_sequence_moves_fewer_visits_when_the_first_is_deferred(
    open_days, closed, newer, span, by
):
    at, _ = clinic_with_closures(open_days, closed)
    course = plan_or_none(protocol(phase(4, span_days=SpanDays(span))), at)
    assume(course)
    first, *old = visit_dates(course)
    at, is_open = clinic_with_closures(open_days, newer)
    on = first + timedelta(by)
    ways = []
    for starts in sequences([on], range(2, 6), 4):
        none_earlier = is_none_earlier(old, starts[1:])
        if all(map(is_open, starts)) and keeps_rules(starts, span) and none_earlier:
            moves = sum(one != two for one, two in zip(starts[1:], old, strict=True))
            ways.append((moves, spacing_cost(starts), count_weekdays(starts), starts))
    assert_best(replace(course, clinic=at), ways, "defer", visit=1, on=on)


MORNING, AFTERNOON = timedelta(hours=9), timedelta(hours=14)


@settings(max_examples=examples(100))
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
    at = replace(at, hours=hours_of(dict.fromkeys(open_days, two_a_day)))
    course = plan_or_none(protocol(phase(4, gap_hours=GapHours(min=least, max=most))), at)
    assume(course)
    old = [visit.start.replace(tzinfo=None) for visit in course.visits]
    on = old[number - 1].date() + timedelta(by)
    target = datetime.combine(on, time()) + AFTERNOON
    assume(target != old[number - 1])  # there it is already
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
                if not is_none_earlier([day.date() for day in old[number:]], dates[number:]):
                    continue
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
