"""The planner against the judge that tries every plan, on many small and nasty cases."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from ketasched.errors import NoPlan
from ketasched.model import (
    WEEKDAYS,
    BusyTime,
    Clinic,
    Clock,
    Closures,
    Count,
    DateRange,
    EveryDays,
    GapDays,
    GapHours,
    Minutes,
    PerWeek,
    Phase,
    PhaseReview,
    Protocol,
    Request,
    Slot,
    SpanDays,
    TimeRange,
    VisitKind,
    Weekday,
    WeekHours,
)
from ketasched.model.holds import holds_of_slots
from ketasched.model.occupancy import Occupancy
from ketasched.planning.check import check
from ketasched.planning.explain import explain_refusal
from ketasched.planning.planner import choose_slots, plan
from ketasched.rules.base import PlanningContext
from tests.conftest import examples
from tests.support.brute_force import Booking, Plan, best_plan
from tests.support.nouns import hours_of, occupied
from tests.support.resource_judge import VisitOfOther, booking_of

MADE_AT = datetime(2026, 11, 1, tzinfo=UTC)


class Case(NamedTuple):
    """What is given to the planner and to the judge."""

    protocol: Protocol
    clinic: Clinic
    request: Request
    taken: list[Booking]
    others: Sequence[VisitOfOther] = ()


class Times(NamedTuple):
    """Openings of a day, and what goes with them.

    None begins or ends within the hour that a change of clocks skips or repeats: there the
    specification is silent. Visits begin there, though, and last through it.
    """

    openings: st.SearchStrategy[tuple[TimeRange, ...]]
    between: st.SearchStrategy[TimeRange | None]
    wanted: st.SearchStrategy[Clock]


def times(*, openings: list[str], between: list[str], wanted: list[str]) -> Times:
    """Times as they are written in a clinic's file; half of the requests have no `between`."""
    days = [tuple(map(TimeRange.read, day.split())) for day in openings]
    bounds = [TimeRange.read(text) for text in between]
    return Times(
        st.sampled_from(days),
        st.sampled_from([*[None] * len(bounds), *bounds]),
        st.sampled_from([Clock.read(text) for text in wanted]),
    )


BY_DAY = times(
    openings=[
        "09:00-11:00",
        "08:00-12:00",
        "10:15-13:00",
        "13:00-16:30",
        "21:00-24:00",
        "08:00-10:00 13:00-15:00",
        "09:00-10:30 10:30-12:30",
        "07:30-09:30 16:00-19:00",
    ],
    between=["07:00-13:00", "09:00-16:30", "08:30-24:00"],
    wanted=["09:00", "08:20", "10:30", "12:00", "14:00", "23:00"],
)
BY_NIGHT = times(
    openings=[
        "00:00-03:00",
        "00:30-04:00",
        "01:00-05:00",
        "00:30-03:30 21:00-24:00",
        "01:00-03:00 03:00-06:00",
    ],
    between=["00:30-03:30", "00:00-04:00", "01:00-23:00"],
    wanted=["00:00", "01:30", "02:00", "02:40", "09:00"],
)
TIMES = st.sampled_from([BY_DAY, BY_NIGHT])

TURNS = st.sampled_from(
    [
        ("America/New_York", date(2027, 3, 14)),
        ("America/New_York", date(2027, 11, 7)),
        ("America/New_York", date(2027, 11, 7)),
        ("Europe/Dublin", date(2027, 3, 28)),
        ("Europe/Dublin", date(2027, 10, 31)),
        ("Australia/Lord_Howe", date(2027, 4, 4)),
        ("Australia/Lord_Howe", date(2027, 10, 3)),
        ("Asia/Kolkata", date(2028, 2, 29)),
    ]
)
"""Zones, each with a Sunday on which its clocks change; in Kolkata they never do."""

WEEKS = st.sampled_from(
    [
        "abbca--",
        "ababa--",
        "aabbccc",
        "abcabca",
        "abc-abc",
        "abacaba",
        "-abcbcb",
        "cbababc",
        "abcabcb",
        "abbabba",
    ]
)
"""Which of three sorts of day Monday to Sunday are; "-" is closed."""

AWAY = st.sampled_from(
    [
        *[""] * 7,
        *("0", "1-2", "3", "0 4", "2 5-6", "4-6", "7-8", "6 9 12", "1 8 15", "10-13"),
        *("9-30", "13-50", "5-17 19-40"),
    ]
)
"""Days on which the clinic is closed or the patient away, counted from the asked start."""

DAYS: st.SearchStrategy[tuple[Weekday, ...]] = st.sampled_from(
    [
        (),
        (),
        (),
        ("mon", "tue", "wed", "thu", "fri"),
        ("mon", "tue", "thu", "fri", "sun"),
        ("tue", "wed", "thu", "fri", "sat", "sun"),
    ]
)
"""Weekdays on which the patient can come; none means any."""


BUSY = st.lists(st.tuples(st.integers(0, 14), st.integers(0, 95), st.integers(1, 120)), max_size=6)
"""Busy times: the day from the asked start, the quarter of an hour, how many of those."""


def busy_times(drawn: list[tuple[int, int, int]], start: date, zone: str) -> tuple[BusyTime, ...]:
    """The times of BUSY, local to the zone."""
    begins = [
        datetime.combine(start + timedelta(day), time(quarter // 4, quarter % 4 * 15), UTC)
        for day, quarter, _ in drawn
    ]
    return tuple(
        BusyTime(begin.astimezone(ZoneInfo(zone)), end.astimezone(ZoneInfo(zone)), "anna")
        for begin, (_, _, count) in zip(begins, drawn, strict=True)
        for end in [begin + timedelta(minutes=15 * count)]
    )


def dates(written: str, start: date) -> tuple[DateRange, ...]:
    """The dates of AWAY, from the asked start."""
    spans = [[int(day) for day in text.split("-")] for text in written.split()]
    return tuple(
        DateRange(start + timedelta(span[0]), start + timedelta(span[-1])) for span in spans
    )


# ---- The clinic

CHAIRS = st.sampled_from([(None, None), (None, None), (1, None), (2, None), (2, 1), (None, 1)])
SLOT_MINUTES = st.sampled_from([60, 75, 90, 90, 120])
OUT_OF_ORDER: st.SearchStrategy[dict[str, int]] = st.sampled_from(
    [{}, {}, {"0": 1}, {"2": 1, "7": 2}, {"0-3": 1}, {"2-9": 2}, {"0-1": 2, "3-5": 1}]
)
"""The days from the asked start on which chairs are out of order, and how many."""

CHANGE_OF_HOURS = st.sampled_from([None, None, 0, 2, 3, 5, 8])
"""The day from the asked start on which the clinic has other hours."""

ONE_OFF = st.sampled_from([None, None, 0, 2, 3, 4, 7, 9])


@st.composite
def clinics(draw: st.DrawFn, zone: str, start: date, times: Times) -> Clinic:
    """A clinic with few start times a day, on some weekdays other ones than on others."""
    sorts = {sort: draw(times.openings) for sort in "abc"}
    week = zip(WEEKDAYS, draw(WEEKS), strict=True)
    one_off = draw(ONE_OFF)
    openings = {} if one_off is None else {start + timedelta(one_off): draw(times.openings)}
    chairs, starts_per_slot = draw(CHAIRS)
    since, newer = draw(CHANGE_OF_HOURS), zip(WEEKDAYS, draw(WEEKS), strict=True)
    newer_week = WeekHours(**{day: sorts[sort] for day, sort in newer if sort != "-"})
    out = {} if chairs is None else draw(OUT_OF_ORDER)
    return Clinic(
        timezone=zone,
        hours=hours_of(
            {day: sorts[sort] for day, sort in week if sort != "-"},
            {} if since is None else {start + timedelta(since): newer_week},
        ),
        chairs=chairs,
        starts_per_slot=starts_per_slot,
        slot_minutes=draw(SLOT_MINUTES),
        preferred_start=draw(times.wanted),
        closures=Closures(
            dates=dates(draw(AWAY), start),
            openings=openings,
            chairs={dates(days, start)[0]: min(n, chairs or 0) for days, n in out.items()},
        ),
    )


BOOKED = st.lists(
    st.sampled_from(
        [
            (day, later, minutes)
            for day in (0, 0, 0, *range(12), 7, 7)
            for later in (0, 0, 30, 60, 90)
            for minutes in (30, 60, 180)
        ]
    ),
    max_size=10,
)
"""Bookings of others: a day from the asked start, minutes after opening, and how long."""


def bookings(booked: list[tuple[int, int, int]], clinic: Clinic, start: date) -> list[Booking]:
    """The bookings of BOOKED, on the clinic's usual openings of the day."""
    zone = ZoneInfo(clinic.timezone)
    taken = []
    for number, later, minutes in booked:
        day = start + timedelta(number)
        for opening in clinic.hours.in_force(day).on(day.weekday()):
            wall = datetime.combine(day, time(), zone) + timedelta(minutes=opening.start + later)
            begin = wall.astimezone(UTC)
            end = begin + timedelta(minutes=minutes)
            if end.astimezone(zone).date() == day:  # what crosses midnight is out of scope
                taken.append((begin.astimezone(zone), end.astimezone(zone)))
    return taken


# ---- The protocol

PACES: st.SearchStrategy[PerWeek | EveryDays] = st.sampled_from(
    [
        PerWeek(1, (1,)),
        PerWeek(2, (2, 3)),
        PerWeek(2, (2, 3)),
        PerWeek(2, (1, 2)),
        PerWeek(3, (2, 3)),
        PerWeek(3, (3, 4)),
        PerWeek(4, (3, 4)),
        PerWeek(4, (4,)),
        PerWeek(7, (3, 7)),
        EveryDays((1,), (1, 3)),
        EveryDays((5,), (3, 5)),
        EveryDays((7,), (6, 7)),
        EveryDays((2, 3), ()),
        EveryDays((4, 2, 3), ()),
        EveryDays((6, 7, 8), ()),
    ]
)
SLACK = st.sampled_from([(0, 0), (0, 1), (0, 2), (-1, 1), (-1, 2), (-1, 2), (1, 2)])
"""By how much the least and the greatest gap differ from the pace's own."""

COUNTS = st.sampled_from([1, 2, 3, 4, 4, 5, 5, 5])
LATER_COUNTS = st.sampled_from([1, 2, 3, 3])
BOOSTERS = st.sampled_from([0, 1, 2, 3])
TALK_OR_NOT = st.sampled_from(["infusion", "infusion", "talk"])
HOURS_LESS = st.sampled_from(
    [None, None, None, None, None, (0, None), (None, 0), (1, -1), (2, 3), (None, 2)]
)
"""By how many hours the least and the greatest gap in hours are less than those in days."""

GATES = st.sampled_from([None, None, 1, 2])
"""After which visit of its phase there is a gate: it moves no visit, and refuses none."""

LONGER = st.sampled_from([None, None, None, 2, 3, 5])
"""How much longer a phase may last than at its fastest usual pace."""


def usual_gaps(pace: PerWeek | EveryDays) -> tuple[int, int]:
    """The least and the greatest gap that suit a pace."""
    if isinstance(pace, PerWeek):
        return 7 // pace.default, -(-7 // pace.default)
    return min(pace.steps), max(pace.steps)


@st.composite
def phases(draw: st.DrawFn, name: str, words: str, counts: st.SearchStrategy[int]) -> Phase:
    """A phase whose gaps and length may be at odds with its pace."""
    pace = draw(PACES)
    (least, greatest), (fewer, more) = usual_gaps(pace), draw(SLACK)
    gap_days = GapDays(min=max(1, least + fewer), max=greatest + more)
    less, count, longer = draw(HOURS_LESS), draw(counts), draw(LONGER)
    gate = draw(GATES)
    hours = less and GapHours(
        min=None if less[0] is None else gap_days.min * 24 - less[0],
        max=None if less[1] is None else gap_days.max * 24 - less[1],
    )
    return Phase(
        name=name,
        visit=draw(TALK_OR_NOT),
        count=Count(0, 3) if "booster" in words else Count(count, count),
        gap_days=gap_days,
        per_week=pace if isinstance(pace, PerWeek) else None,
        every_days=pace if isinstance(pace, EveryDays) else None,
        gap_hours=hours,
        span_days=None if longer is None else SpanDays(least * (count - 1) + 1 + longer),
        tentative="tentative" in words,
        reviews=() if gate is None else (PhaseReview(gate, "Review", gate=True),),
    )


SHAPES = st.sampled_from(
    [
        ["firm"],
        ["firm"],
        ["firm", "firm"],
        ["firm", "firm"],
        ["firm", "tentative booster"],
        ["firm", "tentative booster"],
        ["firm", "booster"],
        ["firm", "firm", "tentative booster"],
        ["firm", "firm", "firm"],
        ["firm", "tentative", "firm"],
        ["firm", "tentative booster", "firm"],
        ["firm", "tentative", "tentative booster"],
    ]
)
INFUSIONS = st.sampled_from([Minutes(5, 15, 10), Minutes(15, 40, 5), Minutes(10, 70, 10)])
TALKS = st.sampled_from(
    [
        VisitKind("Talk", Minutes(0, 30, 0)),
        VisitKind("Talk", Minutes(0, 45, 0), place="phone"),
        VisitKind("Talk", Minutes(0, 120, 0), place="home"),
    ]
)


@st.composite
def protocols(draw: st.DrawFn) -> Protocol:
    """One to three phases, with visits at the clinic or elsewhere."""
    shape = draw(SHAPES)
    numbered = enumerate(shape, start=1)
    counts = [COUNTS, LATER_COUNTS, LATER_COUNTS]
    return Protocol(
        format=1,
        id="drawn",
        title="Drawn",
        sources=("a test",),
        visits={"infusion": VisitKind("Infusion", draw(INFUSIONS)), "talk": draw(TALKS)},
        phases=tuple(
            draw(phases(f"phase {number}", words, counts[number - 1]))
            for number, words in numbered
        ),
    )


# ---- The request

LATEST = st.sampled_from([None, 0, 1, 2, 3, 3, 4, 5, 6, 6])
ASKED_OR_NOT = st.sampled_from([False, False, True])


def booster_steps(protocol: Protocol) -> list[int]:
    """What may be asked for as `booster_every`: the phase's choices, or what its gaps allow."""
    phase = protocol.booster_phase
    if phase is None or phase.every_days is None:
        return []
    gaps = range(phase.gap_days.min, phase.gap_days.max + 1)
    return [days for days in phase.every_days.choices or gaps if days in gaps]


@st.composite
def requests(draw: st.DrawFn, protocol: Protocol, start: date, times: Times) -> Request:
    """A request whose own paces are ones that the protocol offers."""
    firm = [phase for phase in protocol.phases if not phase.is_booster]
    per_week = [n for phase in firm if phase.per_week for n in phase.per_week.choices]
    every_days = [n for phase in firm if phase.every_days for n in phase.every_days.choices]
    boosters = draw(BOOSTERS) if protocol.booster_phase else 0
    steps = booster_steps(protocol) if boosters else []
    own_pace, own_steps, own_time = draw(ASKED_OR_NOT), draw(ASKED_OR_NOT), draw(ASKED_OR_NOT)
    latest = draw(LATEST)
    return Request(
        start=start,
        latest_start=None if latest is None else start + timedelta(latest),
        per_week=min(per_week) if per_week and own_pace else None,
        every_days=min(every_days) if every_days and own_pace else None,
        time=draw(times.wanted) if own_time else None,
        between=draw(times.between),
        days=draw(DAYS),
        unavailable=dates(draw(AWAY), start),
        boosters=boosters,
        booster_every=min(steps) if steps and own_steps else None,
    )


BEFORE = st.lists(
    st.sampled_from([0, 1, 2, 3, 4, 5, 7, 9, 30]), unique=True, min_size=1, max_size=5
)
"""How many days before the asked start visits took place elsewhere."""


def after_visits_elsewhere(case: Case, days: list[int]) -> Case:
    """The case with the visits of BEFORE, not so many that no visit is left."""
    (first, *later), request = case.protocol.phases, case.request
    has_later = any(request.boosters if one.is_booster else one.count.default for one in later)
    most = first.count.default - (not has_later)
    prior = tuple(request.start - timedelta(day) for day in days[:most])
    return case._replace(request=replace(request, prior=prior))


DAYS_AHEAD = st.sampled_from([0, 0, 1, 2, 3, 4, 5, 6, 7, 7, 9])


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A small case that begins up to nine days before the clocks change."""
    zone, turn = draw(TURNS)
    start = turn - timedelta(draw(DAYS_AHEAD))
    times = draw(TIMES)
    clinic = draw(clinics(zone, start, times))
    counted = clinic.chairs or clinic.starts_per_slot
    taken = bookings(draw(BOOKED), clinic, start) if counted else []
    protocol = draw(protocols())
    request = draw(requests(protocol, start, times))
    if draw(ASKED_OR_NOT):
        request = replace(request, busy=busy_times(draw(BUSY), start, zone))
    return Case(protocol, clinic, request, taken)


def booked_in(case: Case) -> Occupancy:
    """What others have booked."""
    found, zone = occupied(case.taken), ZoneInfo(case.clinic.timezone)
    for kind, start in case.others:
        _, end = booking_of(kind, start)
        found.add(holds_of_slots(case.clinic, [Slot(kind, start, end.astimezone(zone))]))
    return found


def planned(case: Case) -> Plan | None:
    """The planner's start times, phase by phase; None where it says that nothing fits."""
    try:
        course = plan(
            case.protocol,
            case.clinic,
            case.request,
            made_at=datetime.combine(case.request.start, time(23), UTC),
            bookings=booked_in(case),
        )
    except NoPlan:
        return None
    assert not any(one.level == "broken" for one in check(course, bookings=booked_in(case)))
    starts: dict[str, list[datetime]] = {}
    for visit in course.visits[len(case.request.prior) :]:
        starts.setdefault(visit.phase, []).append(visit.start)
    return starts


def assert_best(case: Case, found: Plan | None) -> None:
    """A plan, or that there is none, is what trying every plan finds."""
    best = best_plan(*case, claimed=found)
    if best is None and found is not None:  # the claim is wrong: say what is right
        best = best_plan(*case)
    assert shown(found) == shown(best)


def shown(found: Plan | None) -> dict[str, list[str]] | None:
    """A plan with its times in full: equal wall-clock times may be an hour apart."""
    if found is None:
        return None
    return {phase: [one.isoformat() for one in starts] for phase, starts in found.items()}


@settings(max_examples=examples(2000), deadline=None)
@given(cases())
def test_the_plan_is_the_one_that_trying_every_plan_finds(case):
    assert_best(case, planned(case))


@settings(max_examples=examples(500), deadline=None)
@given(cases(), BEFORE)
def test_so_is_the_plan_after_visits_elsewhere(case, days):
    after = after_visits_elsewhere(case, days)
    assert_best(after, planned(after))


CHANGES: dict[str, Callable[[str], dict[str, Any]]] = {
    "--latest-start": lambda text: {"latest_start": date.fromisoformat(text)},
    "--boosters": lambda text: {"boosters": int(text), "booster_every": None},
    "--per-week": lambda text: {"per_week": int(text)},
    "--every-days": lambda text: {"every_days": int(text)},
    "--between": lambda text: {"between": TimeRange.read(text)},
    "--days": lambda text: {"days": tuple(text.split(","))},
}
"""What an option in a remedy changes in the request."""


def assert_remedies_are_best(case: Case) -> None:
    """Each change that a refusal names has the best plan that it promises."""
    context = PlanningContext(case.protocol, case.clinic, case.request, MADE_AT, booked_in(case))
    try:
        choose_slots(context)
    except NoPlan as refusal:
        remedies = explain_refusal(refusal, context).remedies
    else:
        return
    for remedy in remedies:
        option, _, text = remedy.change.partition(" ")
        if option in CHANGES:
            request = replace(case.request, **CHANGES[option](text))
            changed = case._replace(request=request)
            found = planned(changed) or {}
            assert [one.date() for starts in found.values() for one in starts] == [*remedy.dates]
            assert_best(changed, found)


@settings(max_examples=examples(300), deadline=None)
@given(cases())
def test_a_change_that_a_refusal_names_has_the_best_plan_that_it_promises(case):
    assert_remedies_are_best(case)
