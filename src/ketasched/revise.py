"""revise: a course after a change, with as little else changed as the rules allow.

Visits that are over stay. Of the others as few as possible get another start, then the order of
preference is that of `plan`. No rule is bent unless the change overrides it by name; then the
finding stays on the course.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime

from ketasched.chain import Chain, Stop
from ketasched.chronicle import what_was_done
from ketasched.errors import BadRequest, NoPlan
from ketasched.model import (
    TAKES_PLACE,
    Change,
    Clinic,
    Course,
    Entry,
    Finding,
    Former,
    Review,
    Slot,
    Visit,
    Window,
)
from ketasched.pace import run_of
from ketasched.planner import NO_BOOKINGS, check
from ketasched.redate import redated
from ketasched.render.events import differing
from ketasched.replan import MOVED, Begun, Place, Rest
from ketasched.rules import RULES
from ketasched.shapes import Bookings, EndsRule, Given
from ketasched.times import after, day_text, effective_kind, no_driving_until
from ketasched.verbs import drafts, is_over
from ketasched.wishes import Draft, Wish, spared

OVERRIDABLE = tuple(
    name for name in ("closure", "open-hours", "availability", "start", "capacity")
)
OVERRIDABLE += ("gap", "span")
"""The rules that a change can override; no wish makes a time exist that the clocks skip."""


GONE = ("completed", "missed")
"""Statuses of visits whose time has come, whatever their date."""


def revise(
    course: Course,
    change: Change,
    *,
    at: datetime,
    why: str = "",
    by: str = "",
    clinic: Clinic | None = None,
    bookings: Bookings = NO_BOOKINGS,
) -> Course:
    """The next revision of the course: what the change asks for, and nothing else that could stay.

    `at` is the aware moment of the change: visits that have begun by then are over, and none moves
    to before it. `clinic` are newer hours and words, which the course has from then on. Raises
    `BadRequest` where the change makes no sense, `NoPlan` where a rule that it does not override
    stands against it.
    """
    unknown = [name for name in change.overrides if name not in OVERRIDABLE]
    if unknown:
        listed = ", ".join(OVERRIDABLE)
        raise BadRequest("override", f"expected one of {listed}, not {unknown[0]}")
    told, course = course, replace(course, clinic=clinic or course.clinic)
    given = Given(course.protocol, course.clinic, course.request, course.made_at, bookings)
    now = _not_before_the_last(course, at.astimezone(given.zone))
    visits, reviews = _best(course, given, change, now)
    after_it = _revised(told, course, change, visits, reviews, now, why, by)
    undecided = _undecided(course, after_it, bookings)
    if undecided:
        raise NoPlan(_cannot(change), findings=undecided)
    return after_it


def _not_before_the_last(course: Course, now: datetime) -> datetime:
    """The moment of the change: on the day of the last one, not before it."""
    last = course.history[-1].at.astimezone(now.tzinfo) if course.history else now
    if now.date() < last.date():
        said = f"{day_text(now)} is before the last change, on {day_text(last)}"
        raise BadRequest("today", said)
    return max(now, last)


def _best(
    course: Course, given: Given, change: Change, now: datetime
) -> tuple[tuple[Visit, ...], tuple[Review, ...]]:
    """The visits and reviews of the best draft. Raises `NoPlan` where none keeps the rules."""
    best: tuple[Chain | None, tuple[Visit, ...], tuple[Review, ...]] | None = None
    refusals: list[Finding] = []
    # Backwards, because a visit more at the end mostly moves nothing, which spares the others.
    for draft in reversed(drafts(course, change, now)):
        most = best[0].price // MOVED if best and best[0] else None
        found = _planned(course, given, spared(draft, change), now, most)
        if isinstance(found, list):
            refusals = refusals or found
        elif found and (best is None or _order(found[0]) < _order(best[0])):
            best = found
    if best is None:
        raise NoPlan(_cannot(change), findings=refusals)
    return best[1:]


def _undecided(before: Course, after_it: Course, bookings: Bookings) -> list[Finding]:
    """Rules that the change breaks between visits that do not move, and that nobody overrode."""
    known = {
        (finding.rule, course.visits[finding.visit - 1].uid)
        for course, findings in (
            (before, check(before, bookings=bookings)),
            (after_it, after_it.findings),
        )
        for finding in findings
        if finding.visit
    }
    return [
        finding
        for finding in check(after_it, bookings=bookings)
        if finding.level == "broken" and finding.visit
        if (finding.rule, after_it.visits[finding.visit - 1].uid) not in known
    ]


def _order(chain: Chain | None) -> tuple[int, int, int, tuple[datetime, ...]]:
    return (chain.price, chain.weekdays, chain.minutes, chain.starts) if chain else (0, 0, 0, ())


def _cannot(change: Change) -> str:
    number = f" visit {change.visit}" if change.visit else ""
    return f"{change.verb}{number}: no way to do this keeps every rule"


def _planned(
    course: Course, given: Given, draft: Draft, now: datetime, most: int | None
) -> tuple[Chain | None, tuple[Visit, ...], tuple[Review, ...]] | list[Finding] | None:
    """The visits and reviews of a draft with their dates, or what stands against it.

    None if it would move more than `most` visits: another draft moves no more than that.
    """
    wishes = draft.wishes
    if all(wish.pinned for wish in wishes):
        visits = tuple(wish.visit for wish in wishes)
        return None, visits, redated(given, draft.reviews, visits, course, now)
    ahead = [wish for wish in wishes if not _is_done(wish, now)]
    done = [wish.visit for wish in wishes if _is_done(wish, now)]
    over = [visit for visit in done if visit.start <= now or visit.status in GONE]
    places = _places(course, draft, ahead, over)
    rest = Rest(given, places, _begun(course, done, over), max(now, draft.not_before or now))
    chain = rest.best(most)
    if chain is None:
        return _refusal(rest, ahead) if most is None else None
    placed = dict(zip((wish.visit.uid for wish in ahead), chain.stops, strict=True))
    visits = tuple(_placed(rest, wishes, placed))
    return chain, visits, redated(given, draft.reviews, visits, course, now)


def _places(
    course: Course, draft: Draft, ahead: Sequence[Wish], over: Sequence[Visit]
) -> list[Place]:
    """A place for each visit ahead, with the pace of its phase.

    `over` are the visits whose day is over. A visit's place in its phase counts all visits of it,
    so that the pace goes on as if those that do not take place had been.
    """
    accepted = _accepted(course)
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
        run = run_of(
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
            bases[name] = run.offsets[index]
        elif name not in bases:
            bases[name] = run.offsets[own[-1]] if own else 0
        found.append(
            Place(
                run,
                index,
                old=None if wish.free else Slot(run.kind, visit.start, visit.end),
                pinned=wish.pinned,
                on=wish.on,
                time=wish.time,
                offset=None if run.per_week else run.offsets[index] - bases[name],
                anchors=anchors,
                lenient=wish.lenient,
                accepted=accepted.get(visit.uid, frozenset()),
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


def _accepted(course: Course) -> dict[str, frozenset[str]]:
    """By uid, the rules that a visit breaks already, with everybody's knowledge.

    What is about a phase as a whole holds for all visits of it.
    """
    found = dict.fromkeys((visit.uid for visit in course.visits), frozenset[str]())
    for finding in course.findings:
        if finding.level == "broken" and finding.visit:
            own = course.visits[finding.visit - 1]
            whole = isinstance(RULES.get(finding.rule), EndsRule)
            for visit in course.visits:
                if visit is own or (whole and visit.phase == own.phase):
                    found[visit.uid] |= {finding.rule}
    return found


def _refusal(rest: Rest, ahead: Sequence[Wish]) -> list[Finding]:
    """The rules that stand in the way of the first visit that has no place."""
    parts = [replace(rest, places=rest.places[:count]) for count in range(1, len(ahead) + 1)]
    # Once a part has no chain, no longer one has.
    stuck = bisect_left(parts, 1, key=lambda part: 0 if part.is_possible() else 1)
    return parts[stuck].why_stuck(ahead[stuck].visit.number)


def _is_done(wish: Wish, now: datetime) -> bool:
    """Whether a visit needs no place: it is over, or does not take place."""
    return wish.visit.status not in TAKES_PLACE or (wish.pinned and is_over(wish.visit, now))


def _placed(rest: Rest, wishes: Sequence[Wish], placed: dict[str, Stop]) -> Iterator[Visit]:
    """All visits, those ahead where the chain has them."""
    places = dict(zip(placed, rest.places, strict=True))
    before: date | None = None
    moved = False
    for wish in wishes:
        visit = wish.visit
        stop = placed.get(visit.uid)
        if stop is not None:
            place = places[visit.uid]
            shifted = wish.free or stop.slot.start != visit.start
            if shifted or moved:
                visit = _at(visit, place, stop, rest.anchor(stop), before)
            moved = shifted
        if visit.status in TAKES_PLACE:
            before = visit.start.date()
        yield visit


def _at(visit: Visit, place: Place, stop: Stop, anchor: int, before: date | None) -> Visit:
    """The visit at a stop, with all that follows from its start."""
    run, day = place.run, stop.slot.start.date()
    return replace(
        visit,
        start=stop.slot.start,
        treatment_start=after(stop.slot.start, run.kind.minutes.check_in),
        end=stop.slot.end,
        no_driving_until=no_driving_until(stop.slot.end, day, run.kind.no_driving),
        window=_window(place, day, anchor, before, visit),
    )


def _window(place: Place, day: date, anchor: int, before: date | None, visit: Visit) -> Window:
    """The window of a visit on `day`; the first one keeps its own, as far as that goes."""
    run = place.run
    if before is None:
        return Window(min(visit.window.earliest, day), day, max(visit.window.latest, day))
    shift = 0 if place.offset is None else place.offset - run.offsets[place.index]
    window = run.window(place.index, before, date.fromordinal(anchor + shift))
    if run.phase.tentative and window.earliest <= day <= window.latest:
        return replace(window, target=day)
    return window


def _revised(
    told: Course,
    course: Course,
    change: Change,
    visits: Sequence[Visit],
    reviews: Sequence[Review],
    now: datetime,
    why: str,
    by: str,
) -> Course:
    """The course with these visits and reviews as its next revision.

    `told` is what calendars have been told so far: it may be of an older clinic.
    """
    order = sorted(visits, key=lambda visit: visit.start.timestamp())
    numbers = {visit.uid: number for number, visit in enumerate(order, start=1)}
    by_old_number = {visit.number: visit.uid for visit in visits}
    bare = replace(
        course,
        visits=tuple(replace(visit, number=numbers[visit.uid]) for visit in order),
        reviews=tuple(
            replace(review, after=numbers[by_old_number[review.after]]) for review in reviews
        ),
        findings=(),
        revision=course.revision + 1,
    )
    changed = differing(told, bare, now)
    entry = Entry(
        now,
        what_was_done(course, change, bare),
        why,
        by,
        change,
        tuple(sorted(changed)),
        tuple(_former(course, bare)),
    )
    stamped = replace(
        bare,
        visits=tuple(
            replace(visit, sequence=_next(visit.sequence, visit.uid, changed))
            for visit in bare.visits
        ),
        reviews=tuple(
            replace(review, sequence=_next(review.sequence, review.uid, changed))
            for review in bare.reviews
        ),
        history=(*course.history, entry),
    )
    return replace(stamped, findings=tuple(_findings(course, stamped, change)))


def _next(sequence: int, uid: str, changed: Collection[str]) -> int:
    return sequence + 1 if uid in changed else sequence


def _former(before: Course, course: Course) -> Iterator[Former]:
    """The dates of visits that no longer hold."""
    now = {visit.uid: visit for visit in course.visits}
    for visit in before.visits:
        new = now[visit.uid]
        ended = new.status not in TAKES_PLACE
        if visit.status in TAKES_PLACE and (ended or new.start != visit.start):
            yield Former(visit.uid, visit.start)


def _findings(before: Course, course: Course, change: Change) -> Iterator[Finding]:
    """What the rules say now, and what was given up of visits that are where they were.

    A broken rule is only there if it was overridden, now or before: what else `check` finds is
    nobody's decision.
    """
    now = {visit.uid: visit for visit in course.visits}
    for finding in before.findings:
        visit = before.visits[finding.visit - 1] if finding.visit else None
        if finding.level == "given-up" and visit and now[visit.uid].start == visit.start:
            yield replace(finding, visit=now[visit.uid].number)
    accepted = _accepted(before)
    for finding in check(course):
        uid = course.visits[finding.visit - 1].uid if finding.visit else ""
        decided = finding.rule in {*change.overrides, *accepted.get(uid, ())}
        if finding.level != "broken" or decided:
            yield finding
