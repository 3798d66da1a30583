"""plan: a request becomes the best course that keeps every rule. check: does a course keep them?

Both ask the same rules (`rules.RULES`), so that whatever `plan` returns, `check` finds clean.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import islice

from ketasched.errors import BadRequest, NoPlan
from ketasched.model import Clinic, Course, Finding, Protocol, Request, Slot, Visit
from ketasched.model.wall_clock import day_text
from ketasched.planning.assemble import assemble
from ketasched.planning.cadence import Run, runs_of
from ketasched.planning.check import findings_of
from ketasched.planning.infeasibility import why_not_after, why_not_on
from ketasched.planning.search import Search
from ketasched.planning.shortest_path import Chain, Stop
from ketasched.rules import PRECONDITIONS
from ketasched.rules.base import NO_BOOKINGS, Bookings, Given, always

SLIDE_DAYS = 14
"""How many days the first visit may slide where the request names no latest start."""

DAYS_AHEAD = 28
"""How far after the latest start a refusal looks for days on which a visit could be."""

LONGEST_SLIDE_DAYS = 366
"""A latest start further away is a typing error."""

AROUND_DAYS = 120
"""How far after a course a change, or what would do instead, may still look."""

KEPT = "kept", "it keeps the date that it was given"
"""What a finding is called, and says, of a first visit that is late and need not be by now."""

FIRST_START, LAST_START = date(1950, 1, 1), date(2099, 12, 31)
"""Starts outside these days are typing errors."""


@dataclass(frozen=True, slots=True)
class Decided:
    """The slots of a course, run by run, and why it does not begin when that was asked.

    That is all about it that depends on who else comes: the rest is made of it anywhere
    (`course_of`).
    """

    slots: tuple[tuple[Slot, ...], ...]
    slid: tuple[Finding, ...] = ()


def plan(
    protocol: Protocol,
    clinic: Clinic,
    request: Request,
    *,
    made_at: datetime,
    course_id: str = "",
    bookings: Bookings = NO_BOOKINGS,
    more_time: Callable[[], bool] = always,
) -> Course:
    """The best course for `request`, in the order that the design gives:

    the fewest days from the asked start, the best spacing, the fewest weekdays, the fewest
    minutes from the wanted time, the earlier starts; phase by phase.

    `made_at` is the aware moment of planning; `course_id` is made from the request if empty;
    `bookings` are the chairs that other patients hold. Raises `BadRequest` for what the protocol
    does not offer, `NoPlan` where nothing keeps every rule, `OutOfTime` once there is no
    `more_time`.
    """
    given = Given(protocol, clinic, request, made_at, bookings, more_time)
    return course_of(decide(given), given, course_id=course_id)


def decide(given: Given) -> Decided:
    """The slots of the best course. Raises what `plan` does."""
    if given.made_at.tzinfo is None:
        raise ValueError("made_at has no time zone")
    runs, latest = asked_runs(given), latest_start(given.request)
    search = Search(given, runs)
    chains = _chains(search, latest)
    first = chains[0].stops[0].slot
    if refused := _refused(first, given):
        begin = day_text(first.start.date())
        raise NoPlan(f"the course cannot begin on {begin}", findings=refused)
    return decided_on(search, chains)


def decide_at(given: Given, starts: Sequence[tuple[date, int]]) -> Decided | None:
    """The slots at these starts: local dates, and minutes after midnight.

    None where these are not as many visits as are asked for, or a rule speaks against one.
    """
    runs, search = asked_runs(given), Search(given, asked_runs(given))
    if len(starts) != sum(run.count for run in runs):
        return None
    if starts[0][0] > latest_start(given.request):
        return None
    chains, rest, last = [], iter(starts), None
    for number, run in enumerate(runs):
        stops: list[Stop] = []
        for day, minutes in islice(rest, run.count):
            stop = search.stop_at(run.kind, day.toordinal(), minutes)
            if stop is None or (last and search.step_finding(number, last, stop)):
                return None
            stops.append(stop)
            last = stop
        if search.end_finding(number, stops[0], stops[-1]):
            return None
        begins = tuple(stop.slot.start for stop in stops)
        chains.append(Chain(0, 0, 0, begins, tuple(stops)))
    if _refused(chains[0].stops[0].slot, given):
        return None
    asked = given.request.start.toordinal()
    is_late = chains[0].stops[0].day > asked
    if is_late and any(search.reaches_end(0, first) for first in search.stops(0, 0, asked)):
        return Decided(_slots(chains), (_late(search, chains[0], *KEPT),))
    return decided_on(search, chains)


def _refused(first: Slot, given: Given) -> list[Finding]:
    """What the preconditions have against a course that begins so."""
    found = (rule.ask(first, given) for rule in PRECONDITIONS)
    return [finding for finding in found if finding and finding.level == "broken"]


def decided_on(search: Search, chains: Sequence[Chain]) -> Decided:
    """What is decided with these chains, one a run."""
    return Decided(_slots(chains), tuple(_slid(search, chains[0])))


def _slots(chains: Sequence[Chain]) -> tuple[tuple[Slot, ...], ...]:
    return tuple(tuple(stop.slot for stop in chain.stops) for chain in chains)


def asked_runs(given: Given) -> tuple[Run, ...]:
    """The runs that the request asks for. Raises `BadRequest` where it makes no sense."""
    request, latest = given.request, latest_start(given.request)
    if not 0 <= (latest - request.start).days <= LONGEST_SLIDE_DAYS:
        said = f"expected the asked start, {day_text(request.start)}, or up to a year later"
        raise BadRequest("latest_start", f"{said}, not {day_text(latest)}")
    if not FIRST_START.year <= request.start.year <= LAST_START.year:
        raise BadRequest("start", f"expected {FIRST_START} to {LAST_START}, not {request.start}")
    if request.born and request.born >= request.start:
        raise BadRequest("born", f"expected a day before the start, not {day_text(request.born)}")
    return runs_of(given.protocol, given.clinic, request)


def course_of(decided: Decided, given: Given, *, course_id: str = "") -> Course:
    """The course at these slots, which were decided for the same request."""
    runs = runs_of(given.protocol, given.clinic, given.request)
    course = assemble(given, runs, decided.slots, latest_start(given.request), course_id)
    given_up = [
        *decided.slid,
        *_uneven(runs, decided.slots),
        *_at_other_times(given.request, course.visits),
    ]
    slots = [slot for own in decided.slots for slot in own]
    found = tuple(findings_of(given, course.visits, slots))
    if any(finding.level == "broken" for finding in found):
        raise AssertionError("a plan of ours breaks a rule")
    return replace(course, findings=(*given_up, *found))


def reach(protocol: Protocol, clinic: Clinic, request: Request) -> tuple[date, date]:
    """The first and the last day that a course for `request` can get to, with some time to spare.

    Raises `BadRequest` for what the protocol does not offer.
    """
    slide = timedelta(LONGEST_SLIDE_DAYS if request.latest_start else SLIDE_DAYS)
    latest = min(request.latest_start or request.start + slide, request.start + slide)
    runs = runs_of(protocol, clinic, request)
    days = sum(run.count * run.phase.gap_days.max for run in runs)
    return request.start, max(latest, request.start) + timedelta(days + AROUND_DAYS)


def latest_start(request: Request) -> date:
    """The latest day on which the first visit may be."""
    return request.latest_start or request.start + timedelta(SLIDE_DAYS)


def _chains(search: Search, latest: date) -> list[Chain]:
    """The best chain of each run, each planned after the one before."""
    chains = [_first_chain(search, latest)]
    for number in range(1, len(search.runs)):
        last = chains[-1].stops[-1]
        firsts = partial(_firsts_after, search, number, last)
        chain = search.best_from(number, firsts, last.day)
        if chain is None:
            run = search.runs[number]
            said = f"no {run.phase.name} fits after {day_text(date.fromordinal(last.day))}"
            raise NoPlan(said, findings=[why_not_after(search, number, last)])
        chains.append(chain)
    return chains


def _first_chain(search: Search, latest: date) -> Chain:
    asked = search.given.request.start
    days = [asked + timedelta(days) for days in range((latest - asked).days + 1)]
    for day in days:
        stops = search.stops(0, 0, day.toordinal())
        firsts = partial(_for_nothing, stops)
        chain = search.best_from(0, firsts, day.toordinal()) if stops else None
        if chain is not None:
            return chain
    when = f"on {day_text(asked)}"
    if latest > asked:
        when = f"on any day from {day_text(asked, year=False)} to {day_text(latest)}"
    refusals = [(day, why_not_on(search, day)) for day in days]
    ahead = (asked + timedelta(days) for days in range((latest - asked).days + DAYS_AHEAD))
    possible = [day for day in ahead if search.stops(0, 0, day.toordinal())]
    raise NoPlan(f"no course can begin {when}", refusals=refusals, possible=possible)


def _firsts_after(
    search: Search, number: int, last: Stop, most: float
) -> Iterator[tuple[int, Stop]]:
    """The first stops of a run after the visit before it."""
    for price, stops in search.steps(number, 0, last, last.day, most):
        yield from ((price, stop) for stop in stops)


def _for_nothing(stops: Sequence[Stop], most: float) -> list[tuple[int, Stop]]:
    """The stops as first ones: none is better than another."""
    return [(0, stop) for stop in stops]


def _slid(search: Search, chain: Chain) -> Iterator[Finding]:
    """A finding that names the rule that moved the first visit from the asked start."""
    asked = search.given.request.start
    if chain.stops[0].day != asked.toordinal():
        reason = why_not_on(search, asked)
        yield _late(search, chain, reason.rule, reason.message)


def _late(search: Search, chain: Chain, rule: str, why: str) -> Finding:
    asked, first = search.given.request.start, date.fromordinal(chain.stops[0].day)
    said = f"The first visit is on {day_text(first)}, not on {day_text(asked)}: {why}."
    return Finding(rule, "given-up", said, 1)


def _uneven(runs: Sequence[Run], slots: Sequence[Sequence[Slot]]) -> Iterator[Finding]:
    """Findings for visits that are off the pace, because no plan keeps it."""
    number, before = 0, 0
    for run, own in zip(runs, slots, strict=True):
        anchor = before or own[0].start.toordinal()
        for index, slot in enumerate(own):
            number += 1
            day = slot.start.toordinal()
            gap = day - before
            if before and run.price(index, gap, day - anchor):
                asks = f"the pace asks for {run.ideal(index, date.fromordinal(anchor))}"
                said = f"Visit {number} comes {gap} days after the one before; {asks}."
                yield Finding("spacing", "given-up", said, number)
            before = day


def _at_other_times(request: Request, visits: Sequence[Visit]) -> Iterator[Finding]:
    """A finding if a time of day was asked for, and a visit is at another one."""
    if request.time is None:
        return
    other = [visit.number for visit in visits if visit.start.time() != request.time.time]
    if other:
        said = f"{len(other)} of {len(visits)} visits are not at {request.time}, the wanted time."
        yield Finding("time", "given-up", said, other[0])
