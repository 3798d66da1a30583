"""revise: a course after a change, with as little else changed as the rules allow.

Visits that are over stay. Of the others as few as possible get another start, then the order of
preference is that of `plan`. No rule is bent unless the change overrides it by name; then the
finding stays on the course.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ketasched.errors import BadRequest, NoPlan
from ketasched.events.diff import differing
from ketasched.model import (
    TAKES_PLACE,
    BusyTime,
    Change,
    Clinic,
    Course,
    Entry,
    Finding,
    Visit,
)
from ketasched.model.gates import with_usual_drivers
from ketasched.model.wall_clock import day_text
from ketasched.planning.check import check
from ketasched.revising.history import ended_dates, entered, what_was_done
from ketasched.revising.intents import Draft, spared
from ketasched.revising.placement import Placement, place, why_not
from ketasched.revising.validation import OVERRIDABLE, has_been, refuse_idle_overrides
from ketasched.revising.verbs import drafts
from ketasched.rules import RULES
from ketasched.rules.base import (
    NO_BOOKINGS,
    Bookings,
    EndsRule,
    PairRule,
    PlanningContext,
    unlimited,
)


def revise(
    course: Course,
    change: Change,
    *,
    at: datetime,
    why: str = "",
    by: str = "",
    clinic: Clinic | None = None,
    busy: tuple[BusyTime, ...] | None = None,
    bookings: Bookings = NO_BOOKINGS,
    more_time: Callable[[], bool] = unlimited,
) -> Course:
    """The next revision of the course: what the change asks for, and nothing else that could stay.

    `at` is the aware moment of the change: visits that have begun by then are over, and none moves
    to before it. `clinic` are newer hours and words, `busy` all the busy times, where they are
    other ones than before; the course has them from then on. Raises
    `BadRequest` where the change makes no sense, `NoPlan` where a rule that it does not override
    stands against it, `OutOfTime` once there is no `more_time`.
    """
    unknown = [name for name in change.overrides if name not in OVERRIDABLE]
    if unknown:
        listed = ", ".join(OVERRIDABLE)
        raise BadRequest("override", f"expected one of {listed}, not {unknown[0]}")
    refuse_idle_overrides(change)
    request = course.request if busy is None else replace(course.request, busy=busy)
    newer = replace(course, clinic=clinic or course.clinic, request=request)
    context = PlanningContext(
        course.protocol, newer.clinic, request, course.made_at, bookings, more_time
    )
    now = _not_before_the_last(course, at.astimezone(context.zone))
    found = _best(newer, context, change, now)
    bare = with_usual_drivers(_numbered(newer, found), course)
    entry = Entry(
        now,
        what_was_done(newer, change, bare),
        why,
        by,
        change,
        # Calendars have been told of the course as it was, at the clinic as it was.
        changed=tuple(sorted(differing(course, bare, now))),
        former=tuple(ended_dates(course, bare)),
        former_clinic=None if newer.clinic == course.clinic else course.clinic,
        former_busy=None if request.busy == course.request.busy else course.request.busy,
    )
    stamped = entered(bare, entry)
    try:
        findings = tuple(_findings(newer, stamped, found.lenient, bookings, now))
    except NoPlan as refusal:
        raise NoPlan(_cannot(change), findings=refusal.findings) from None
    return replace(stamped, findings=findings)


def _not_before_the_last(course: Course, now: datetime) -> datetime:
    """The moment of the change: on the day of the last one, not before it."""
    last = course.history[-1].at.astimezone(now.tzinfo) if course.history else now
    if now.date() < last.date():
        said = f"{day_text(now)} is before the last change, made on {day_text(last)}"
        step = f"--today {last:%Y-%m-%d}, or later, if that is right; else plan the course anew"
        raise BadRequest("today", said, next_step=step)
    return max(now, last)


def _best(course: Course, context: PlanningContext, change: Change, now: datetime) -> Placement:
    """The best draft with its dates. Raises `NoPlan` where none keeps the rules."""
    # Backwards, because a visit more at the end mostly moves nothing, which spares the others.
    wanted = drafts(course, change, now)[::-1]
    # A rule is bent for the visits further on only where it does not help to bend it once.
    for throughout in (False, True) if change.overrides else (False,):
        bent = [spared(draft, change, throughout=throughout) for draft in wanted]
        best = _best_of(course, context, bent, now)
        if best is not None:
            return best
    findings, refusals = why_not(course, context, spared(wanted[0], change), now)
    raise NoPlan(_cannot(change), findings=findings, refusals=refusals)


def _best_of(
    course: Course, context: PlanningContext, wanted: Sequence[Draft], now: datetime
) -> Placement | None:
    best: Placement | None = None
    for draft in wanted:
        found = place(course, context, draft, now, best.moves if best else None)
        if found and (best is None or found.order < best.order):
            best = found
    return best


def _cannot(change: Change) -> str:
    number = f" visit {change.visit}" if change.visit else ""
    return f"{change.verb}{number}: no way to do this keeps every rule"


def _numbered(course: Course, found: Placement) -> Course:
    """The next revision with these visits in order of time and numbered."""
    order = sorted(found.visits, key=lambda visit: visit.start.timestamp())
    numbers = {visit.uid: number for number, visit in enumerate(order, start=1)}
    by_old_number = {visit.number: visit.uid for visit in found.visits}
    return replace(
        course,
        visits=tuple(replace(visit, number=numbers[visit.uid]) for visit in order),
        reviews=tuple(
            replace(review, after=numbers[by_old_number[review.after]]) for review in found.reviews
        ),
        revision=course.revision + 1,
    )


def _date_of(visit: Visit) -> tuple[str, datetime, bool]:
    return visit.uid, visit.start, visit.status in TAKES_PLACE


def _findings(
    before: Course,
    course: Course,
    lenient: Mapping[str, frozenset[str]],
    bookings: Bookings,
    now: datetime,
) -> Iterator[Finding]:
    """What the rules say now, and what was given up of visits about which nothing changed.

    A broken rule is among them if it was overridden, now or before, or if it is about a visit
    whose time has come: that happened. What else was broken before, by a newer clinic, is nobody's
    decision and left for `check`. Raises `NoPlan` for the rest.
    """
    for finding in before.findings:
        if finding.level == "given-up" and finding.visit:
            number = finding.visit - 1
            # Its sentence speaks of the visit's number and of the one before it.
            as_before = before.visits[max(number - 1, 0) : number + 1]
            as_now = course.visits[max(number - 1, 0) : number + 1]
            if list(map(_date_of, as_before)) == list(map(_date_of, as_now)):
                yield finding
    decided = {_breach(before, finding) for finding in before.findings}
    there = {_breach(before, finding) for finding in check(before, bookings=bookings)}
    undecided = []
    for finding in check(course, bookings=bookings):
        breach = _breach(course, finding)
        uid = course.visits[finding.visit - 1].uid if finding.visit else ""
        spared = finding.rule in lenient.get(uid, ())
        if finding.level != "broken" or spared or breach in decided:
            yield finding
        elif finding.visit and has_been(course.visits[finding.visit - 1], now):
            yield finding  # what has happened is not decided by anybody any more
        elif breach not in there:
            undecided.append(finding)
    if undecided:
        raise NoPlan("", findings=undecided)


def _breach(course: Course, finding: Finding) -> tuple[object, ...]:
    """What a finding is about, whatever the visit's number: the same only if nothing moved."""
    if not finding.visit:
        return (finding.rule,)
    visit = course.visits[finding.visit - 1]
    if isinstance(RULES.get(finding.rule), EndsRule):
        return finding.rule, visit.phase, visit.start.date()
    if not isinstance(RULES.get(finding.rule), PairRule):
        return finding.rule, visit.uid, visit.start
    taking = [one for one in course.visits if one.status in TAKES_PLACE]
    before = [one.start for one in taking if one.start < visit.start]
    return finding.rule, visit.uid, visit.start, before[-1] if before else None
