"""The reviews of a course after a change: each follows its visit, and is before the next one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ketasched.model import TAKES_PLACE, Course, Review, Visit
from ketasched.model.opening_hours import openings
from ketasched.planning.assemble import review_start
from ketasched.planning.search import PatientAvailability
from ketasched.rules.base import PlanningContext


def redated(
    context: PlanningContext,
    reviews: Sequence[Review],
    visits: Sequence[Visit],
    course: Course,
    now: datetime,
) -> tuple[Review, ...]:
    """The reviews, those still to come on another day where theirs does not do any more.

    `visits` are in order of time and have the numbers that they had in `course`; a new one has a
    number of its own.
    """
    return tuple(_redated(context, review, visits, course, now) for review in reviews)


def _redated(
    context: PlanningContext,
    review: Review,
    visits: Sequence[Visit],
    course: Course,
    now: datetime,
) -> Review:
    if review.status not in ("planned", "tentative"):
        return review
    old = course.visits[review.after - 1]
    visit = _followed(old, visits, course)
    if review.gate:
        visit = _with_its_make_up(visit, visits, course)
    if review.start < now and visit.start < now:
        return review  # it has been
    place = next(n for n, one in enumerate(visits) if one.uid == visit.uid)
    following = next((one for one in visits[place + 1 :] if one.status in TAKES_PLACE), None)
    if not _fits(context, review, visit, following, course):
        start = review_start(PatientAvailability(context), visit, following)
        review = replace(review, start=start if start >= now else review.start)
    return replace(review, after=visit.number)


def _followed(old: Visit, visits: Sequence[Visit], course: Course) -> Visit:
    """The visit that a review follows: the last one of the phase if it was that, else its own, or
    where that does not take place the one before it.
    """
    own = [one for one in visits if one.phase == old.phase and one.status in TAKES_PLACE]
    before = [one for one in course.visits if one.phase == old.phase]
    still = TAKES_PLACE | {"held"}
    lasts = [one for one in before if one.status in still][-1:] or before[-1:]
    if own and old.number >= lasts[0].number:
        return own[-1]
    here = next(one for one in visits if one.uid == old.uid)
    if here in own:
        return here
    earlier = [one for one in own if one.start < here.start]
    return earlier[-1] if earlier else here


def _with_its_make_up(visit: Visit, visits: Sequence[Visit], course: Course) -> Visit:
    """The visit after which a gate comes: a new one that directly follows counts as before it."""
    known = {one.uid for one in course.visits}
    place = next(n for n, one in enumerate(visits) if one.uid == visit.uid)
    for one in visits[place + 1 :]:
        if one.uid not in known and one.phase == visit.phase:
            return one
        if one.status in TAKES_PLACE:
            break
    return visit


def _fits(
    context: PlanningContext, review: Review, visit: Visit, following: Visit | None, course: Course
) -> bool:
    """Whether a review is still between its visit and the next one, if there is one.

    One at the check-in of a visit stays at a check-in; another one is not on a day that is closed.
    """
    day = review.start.date()
    if following and review.start == following.start:
        return visit.start < review.start
    was_at_check_in = any(one.start == review.start for one in course.visits)
    if was_at_check_in and review.start != visit.start:
        return False
    if not was_at_check_in and not openings(context.clinic, day):
        return False
    if following is None:
        return visit.start.date() < day or (was_at_check_in and visit.start == review.start)
    return visit.start.date() < day < following.start.date()
