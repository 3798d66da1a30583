"""The reviews of a course after a change: each is after its visit and before the next one.

Where visits fall away two reviews can come to follow the same visit; then one of them is left.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime

from ketasched.model import TAKES_PLACE, Companion, Course, Visit
from ketasched.model.companion_slots import REVIEW
from ketasched.model.no_driving import is_without_driving
from ketasched.model.opening_hours import openings
from ketasched.model.wall_clock import slot_at
from ketasched.planning.assemble import review_start
from ketasched.planning.availability import PatientAvailability
from ketasched.rules import Availability
from ketasched.rules.base import PlanningContext


def place_reviews(
    context: PlanningContext,
    reviews: Sequence[Companion],
    visits: Sequence[Visit],
    course: Course,
    now: datetime,
) -> tuple[Companion, ...]:
    """The reviews as `move_reviews` moves them, with one left where two come after one visit.

    A gate is left, else the later one of the protocol; the others are `omitted`, and stay where
    they were. Reviews that follow the same visit already, because the protocol says so, are all
    left unless they are alike.
    """
    moved = tuple(move_reviews(context, reviews, visits, course, now))
    pairs = list(zip(reviews, moved, strict=True))
    ahead = [
        (old, new)
        for old, new in pairs
        if new.status in ("planned", "tentative") and new.start >= now
    ]
    rank = {old.uid: (old.gate, old.after, ordinal) for ordinal, old in enumerate(reviews)}

    def is_left_out(old: Companion, new: Companion) -> bool:
        rivals = (own for own, other in ahead if other.after == new.after)
        return any(
            rank[own.uid] > rank[old.uid] and (own.after != old.after or _look(own) == _look(old))
            for own in rivals
        )

    omitted = {old.uid for old, new in ahead if is_left_out(old, new)}
    return tuple(
        replace(old, status="omitted") if old.uid in omitted else new for old, new in pairs
    )


def _look(review: Companion) -> tuple[object, ...]:
    """What makes a review another one than the next after the same visit."""
    return review.title, review.gate, review.place


def move_reviews(
    context: PlanningContext,
    reviews: Sequence[Companion],
    visits: Sequence[Visit],
    course: Course,
    now: datetime,
) -> Iterator[Companion]:
    """The reviews, on another day if they are still to come and their own does not fit any more.

    `visits` are in order of time and have the numbers that they had in `course`; a new visit has
    a number of its own.
    """
    for review in reviews:
        visit = _visit_before(review, visits, course)
        is_over = review.start < now and visit.start < now
        if is_over or review.status not in ("planned", "tentative"):
            yield review
            continue
        following = _following(visit, visits)
        start = review.start
        if not _fits(context, review, visit, following, course):
            start = review_start(PatientAvailability(context), visit, following, review.place)
        yield replace(review, start=start if start >= now else review.start, after=visit.number)


def _visit_before(review: Companion, visits: Sequence[Visit], course: Course) -> Visit:
    """The visit that a review follows now.

    If the review was at the end of a phase, it stays there. Else it follows its own visit, or the
    one before if its own does not take place. A gate follows a make-up visit that comes next.
    """
    old = course.visits[review.after - 1]
    own = [one for one in visits if one.phase == old.phase and one.status in TAKES_PLACE]
    phase = [one for one in course.visits if one.phase == old.phase]
    lasting = [one for one in phase if one.status in TAKES_PLACE | {"held"}] or phase
    visit = next(one for one in visits if one.uid == old.uid)
    if own and old.number >= lasting[-1].number:
        visit = own[-1]
    elif visit not in own:
        visit = next((one for one in reversed(own) if one.start < visit.start), visit)
    return _make_up_after(visit, visits, course) if review.gate else visit


def _make_up_after(visit: Visit, visits: Sequence[Visit], course: Course) -> Visit:
    """The new visit of the same phase that directly follows a visit; without one, that visit."""
    following = _following(visit, visits)
    is_new = following and all(one.uid != following.uid for one in course.visits)
    return following if following and is_new and following.phase == visit.phase else visit


def _following(visit: Visit, visits: Sequence[Visit]) -> Visit | None:
    """The next visit that takes place here."""
    later = visits[visits.index(visit) + 1 :]
    return next((one for one in later if one.is_here), None)


def _fits(
    context: PlanningContext,
    review: Companion,
    visit: Visit,
    following: Visit | None,
    course: Course,
) -> bool:
    """Whether a review still lies between its visit and the following one.

    A review at a check-in stays at a check-in; any other is on a day on which the clinic is open,
    at a time at which the patient can.
    A review at the clinic does not come to lie where the patient must not drive.
    """
    if following and review.start == following.start:
        return visit.start < review.start
    if any(one.start == review.start for one in course.visits):
        return following is None and review.start == visit.start
    in_person, before = review.place == "clinic", course.visits[review.after - 1]
    if (
        in_person
        and is_without_driving(visit, review.start)
        and not is_without_driving(before, review.start)
    ):
        return False
    day, end = review.start.date(), following.start.date() if following else date.max
    is_between = visit.start.date() < day < end
    return is_between and bool(openings(context.clinic, day)) and _can_come(context, review.start)


def _can_come(context: PlanningContext, start: datetime) -> bool:
    """Whether the patient can have a review at this time, calendars aside."""
    wished = replace(context, request=replace(context.request, busy=()))
    rule = Availability()
    return not (rule.day(start.date(), wished) or rule.slot(slot_at(REVIEW, start), wished))
