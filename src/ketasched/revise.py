"""revise: a course after a change, with as little else changed as the rules allow.

Visits that are over stay. Of the others as few as possible get another start, then the order of
preference is that of `plan`. No rule is bent unless the change overrides it by name; then the
finding stays on the course.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import datetime

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
)
from ketasched.placement import Placement, accepted_rules, place, why_not
from ketasched.planner import NO_BOOKINGS, check
from ketasched.render.events import differing
from ketasched.shapes import Bookings, Given, always
from ketasched.times import day_text
from ketasched.verbs import drafts
from ketasched.wishes import spared

OVERRIDABLE = ("closure", "open-hours", "availability", "start", "capacity", "gap", "span")
"""The rules that a change can override; no wish makes a time exist that the clocks skip."""


def revise(
    course: Course,
    change: Change,
    *,
    at: datetime,
    why: str = "",
    by: str = "",
    clinic: Clinic | None = None,
    bookings: Bookings = NO_BOOKINGS,
    more_time: Callable[[], bool] = always,
) -> Course:
    """The next revision of the course: what the change asks for, and nothing else that could stay.

    `at` is the aware moment of the change: visits that have begun by then are over, and none moves
    to before it. `clinic` are newer hours and words, which the course has from then on. Raises
    `BadRequest` where the change makes no sense, `NoPlan` where a rule that it does not override
    stands against it, `OutOfTime` once there is no `more_time`.
    """
    unknown = [name for name in change.overrides if name not in OVERRIDABLE]
    if unknown:
        listed = ", ".join(OVERRIDABLE)
        raise BadRequest("override", f"expected one of {listed}, not {unknown[0]}")
    newer = replace(course, clinic=clinic or course.clinic)
    given = Given(
        course.protocol, newer.clinic, course.request, course.made_at, bookings, more_time
    )
    now = _not_before_the_last(course, at.astimezone(given.zone))
    bare = _numbered(newer, _best(newer, given, change, now))
    entry = Entry(
        now,
        what_was_done(newer, change, bare),
        why,
        by,
        change,
        # Calendars have been told of the course as it was, at the clinic as it was.
        changed=tuple(sorted(differing(course, bare, now))),
        former=tuple(_former(course, bare)),
        former_clinic=None if newer.clinic == course.clinic else course.clinic,
    )
    stamped = _stamped(bare, entry)
    after_it = replace(stamped, findings=tuple(_findings(newer, stamped, change)))
    undecided = _undecided(newer, after_it, bookings)
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


def _best(course: Course, given: Given, change: Change, now: datetime) -> Placement:
    """The best draft with its dates. Raises `NoPlan` where none keeps the rules."""
    best: Placement | None = None
    # Backwards, because a visit more at the end mostly moves nothing, which spares the others.
    wanted = [spared(draft, change) for draft in reversed(drafts(course, change, now))]
    for draft in wanted:
        found = place(course, given, draft, now, best.moves if best else None)
        if found and (best is None or found.order < best.order):
            best = found
    if best is None:
        findings, refusals = why_not(course, given, wanted[0], now)
        raise NoPlan(_cannot(change), findings=findings, refusals=refusals)
    return best


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
        findings=(),
        revision=course.revision + 1,
    )


def _stamped(course: Course, entry: Entry) -> Course:
    """The course with another line of history, and what that changed one further in sequence."""
    changed = entry.changed
    return replace(
        course,
        visits=tuple(
            replace(visit, sequence=_next(visit.sequence, visit.uid, changed))
            for visit in course.visits
        ),
        reviews=tuple(
            replace(review, sequence=_next(review.sequence, review.uid, changed))
            for review in course.reviews
        ),
        history=(*course.history, entry),
    )


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
    accepted = accepted_rules(before)
    for finding in check(course):
        uid = course.visits[finding.visit - 1].uid if finding.visit else ""
        decided = finding.rule in {*change.overrides, *accepted.get(uid, ())}
        if finding.level != "broken" or decided:
            yield finding
