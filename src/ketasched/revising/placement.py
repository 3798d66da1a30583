"""A draft of a course with its dates: as few visits as possible moved, or why there is no way."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from ketasched.model import TAKES_PLACE, Course, Finding, Review, Slot, Visit, Window
from ketasched.model.wall_clock import after, effective_kind, no_driving_until
from ketasched.planning.cadence import phase_plan_for
from ketasched.planning.shortest_path import Candidate, VisitSequence
from ketasched.revising.domains import Begun, Breach, Place
from ketasched.revising.infeasibility import why_stuck
from ketasched.revising.intents import Draft, Wish
from ketasched.revising.least_moves import MOVED, Rest
from ketasched.revising.reviews import redated
from ketasched.revising.validation import has_been, is_over
from ketasched.rules import RULES, Gap
from ketasched.rules.base import EndsRule, PlanningContext


@dataclass(frozen=True, slots=True)
class Placement:
    """A draft with its dates: visits, reviews, the chain that gave them, and what was overridden.

    There is no chain where nothing had to be looked for. `lenient` has, by uid, the rules that
    were not asked of a visit.
    """

    chain: VisitSequence | None
    visits: tuple[Visit, ...]
    reviews: tuple[Review, ...]
    lenient: Mapping[str, frozenset[str]]

    @property
    def moves(self) -> int | None:
        """How many visits got another start."""
        return self.chain.cost // MOVED if self.chain else None

    @property
    def order(self) -> tuple[int, int, int, tuple[datetime, ...]]:
        """What is compared: the lower, the better."""
        chain = self.chain
        return (
            (chain.cost, chain.weekdays, chain.minutes, chain.starts) if chain else (0, 0, 0, ())
        )


def place(
    course: Course, context: PlanningContext, draft: Draft, now: datetime, most: int | None
) -> Placement | None:
    """A draft with its dates; None if nothing keeps the rules, or only with more than `most`
    visits moved.
    """
    wishes, chain = draft.wishes, None
    visits = tuple(wish.visit for wish in wishes)
    if not all(wish.pinned for wish in wishes):
        ahead, rest = _rest(course, context, draft, now)
        chain = rest.best(most)
        if chain is None:
            return None
        placed = dict(zip((wish.visit.uid for wish in ahead), chain.candidates, strict=True))
        visits = tuple(_placed(rest, wishes, placed, _days_before(course)))
    reviews = redated(context, draft.reviews, visits, course, now)
    lenient = {
        wish.visit.uid: wish.lenient | ({Gap.name} if wish.may_wait else frozenset())
        for wish in wishes
    }
    return Placement(chain, visits, reviews, lenient)


def _rest(
    course: Course, context: PlanningContext, draft: Draft, now: datetime
) -> tuple[list[Wish], Rest]:
    """The wishes of a draft that need a place, and their places."""
    ahead = [wish for wish in draft.wishes if not _is_done(wish, now)]
    done = [wish.visit for wish in draft.wishes if _is_done(wish, now)]
    over = [visit for visit in done if has_been(visit, now)]
    places = _places(course, draft, ahead, over)
    begun = _begun(course, done, over)
    return ahead, Rest(context, places, begun, max(now, draft.not_before or now))


def _places(
    course: Course, draft: Draft, ahead: Sequence[Wish], over: Sequence[Visit]
) -> list[Place]:
    """A place for each visit ahead, with the pace of its phase.

    `over` are the visits whose day is over. A visit's place in its phase counts all visits of it,
    so that the pace goes on as if those that do not take place had been.
    """
    breaches = _breaches(course)
    phases = {phase.name: phase for phase in course.protocol.phases}
    names = [wish.visit.phase for wish in draft.wishes]
    indexes = {
        wish.visit.uid: names[:number].count(wish.visit.phase)
        for number, wish in enumerate(draft.wishes)
    }
    found: list[Place] = []
    bases: dict[str, int] = {}
    for wish in ahead:
        visit, name = wish.visit, wish.visit.phase
        index, is_first = indexes[visit.uid], name == names[0]
        phase_plan = phase_plan_for(
            course.protocol,
            course.clinic,
            course.request,
            phases[name],
            names.count(name),
            is_first=is_first,
        )
        own = [indexes[one.uid] for one in over if one.phase == name]
        # The first visit of a course is what its pace counts from.
        anchors = wish.anchors or (is_first and not own and name not in bases)
        if anchors:
            bases[name] = phase_plan.offsets[index]
        elif name not in bases:
            bases[name] = phase_plan.offsets[own[-1]] if own else 0
        found.append(
            Place(
                phase_plan,
                index,
                old=None if wish.free else Slot(phase_plan.kind, visit.start, visit.end),
                pinned=wish.pinned,
                on=wish.on,
                time=wish.time,
                offset=None if phase_plan.per_week else phase_plan.offsets[index] - bases[name],
                anchors=anchors,
                lenient=wish.lenient,
                may_wait=wish.may_wait,
                breach=breaches.get(visit.uid, Breach()),
            )
        )
    return found


def _begun(course: Course, done: Sequence[Visit], over: Sequence[Visit]) -> Begun:
    """What the visits that are not ahead leave for the rest to go by."""
    taking = [visit for visit in done if visit.status in TAKES_PLACE]
    firsts: dict[str, int] = {}
    for visit in taking:
        firsts.setdefault(visit.phase, visit.start.toordinal())
    anchors = {visit.phase: visit.start.toordinal() for visit in over}
    if not taking:
        return Begun(None, firsts, anchors)
    last = taking[-1]
    kind = effective_kind(course.protocol, course.clinic, last.kind)
    return Begun(Slot(kind, last.start, last.end), firsts, anchors)


def _breaches(course: Course) -> dict[str, Breach]:
    """By uid, what a visit breaks already with everybody's knowledge."""
    found = {visit.uid: Breach() for visit in course.visits}
    before = dict(zip(_taking_place(course)[1:], _taking_place(course), strict=False))
    for finding in course.findings:
        if finding.level != "broken" or not finding.visit:
            continue
        own = course.visits[finding.visit - 1]
        if isinstance(RULES.get(finding.rule), EndsRule):
            days = [one.start.date() for one in before if one.phase == own.phase]
            for visit in course.visits:
                if visit.phase == own.phase:
                    found[visit.uid] = replace(found[visit.uid], last=max(days, default=None))
        else:
            known = found[own.uid]
            follows = before[own].start if own in before else None
            found[own.uid] = replace(known, rules=known.rules | {finding.rule}, follows=follows)
    return found


def _taking_place(course: Course) -> list[Visit]:
    return [visit for visit in course.visits if visit.status in TAKES_PLACE]


def why_not(
    course: Course, context: PlanningContext, draft: Draft, now: datetime
) -> tuple[list[Finding], list[tuple[date, Finding]]]:
    """The rules in the way of the first visit that has no place, and what refuses its days."""
    ahead, rest = _rest(course, context, draft, now)
    parts = [replace(rest, places=rest.places[:count]) for count in range(1, len(ahead) + 1)]
    # Once a part has no chain, no longer one has.
    stuck = bisect_left(parts, 1, key=lambda part: 0 if part.is_possible() else 1)
    return why_stuck(parts[stuck], ahead[stuck].visit.number)


def _is_done(wish: Wish, now: datetime) -> bool:
    """Whether a visit needs no place: it is over, or does not take place."""
    return wish.visit.status not in TAKES_PLACE or (wish.pinned and is_over(wish.visit, now))


def _days_before(course: Course) -> dict[str, date | None]:
    """By uid, the day of the visit before it that takes place; None for the first one."""
    found: dict[str, date | None] = {}
    before: date | None = None
    for visit in course.visits:
        found[visit.uid] = before
        if visit.status in TAKES_PLACE:
            before = visit.start.date()
    return found


def _placed(
    rest: Rest,
    wishes: Sequence[Wish],
    placed: dict[str, Candidate],
    days_before: dict[str, date | None],
) -> Iterator[Visit]:
    """All visits, those ahead where the chain has them.

    A visit has another window where it moves, and where the one before it is on another day.
    """
    places = dict(zip(placed, rest.places, strict=True))
    before: date | None = None
    for wish in wishes:
        visit = wish.visit
        candidate = placed.get(visit.uid)
        if candidate is not None:
            stays = not wish.free and candidate.slot.start == visit.start
            if not stays or days_before.get(visit.uid) != before:
                place = places[visit.uid]
                visit = _at(visit, place, candidate, rest.anchor(candidate), before)
        if visit.status in TAKES_PLACE:
            before = visit.start.date()
        yield visit


def _at(
    visit: Visit, place: Place, candidate: Candidate, anchor: int, before: date | None
) -> Visit:
    """The visit at a stop, with all that follows from its start."""
    phase_plan, day = place.phase_plan, candidate.slot.start.date()
    return replace(
        visit,
        start=candidate.slot.start,
        treatment_start=after(candidate.slot.start, phase_plan.kind.minutes.check_in),
        end=candidate.slot.end,
        no_driving_until=no_driving_until(candidate.slot.end, day, phase_plan.kind.no_driving),
        window=_window(place, day, anchor, before, visit),
    )


def _window(place: Place, day: date, anchor: int, before: date | None, visit: Visit) -> Window:
    """The window of a visit on `day`; the first one keeps its own, as far as that goes."""
    phase_plan = place.phase_plan
    if before is None:
        return Window(min(visit.window.earliest, day), day, max(visit.window.latest, day))
    shift = 0 if place.offset is None else place.offset - phase_plan.offsets[place.index]
    window = phase_plan.window(place.index, before, date.fromordinal(anchor + shift))
    if phase_plan.phase.tentative and window.earliest <= day <= window.latest:
        return replace(window, target=day)
    return window
