"""Gates: reviews that must be recorded before the visits after them are confirmed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ketasched.model import TO_BE_DECIDED, Companion, Course, Visit
from ketasched.model.drivers import driver_of_confirmed


def first_closed_gate(reviews: Sequence[Companion]) -> int | None:
    """The number of the visit before the first gate that is still pending, if there is one."""
    return min((one.after for one in reviews if one.gate and is_pending(one)), default=None)


def is_pending(review: Companion) -> bool:
    """Whether a review is still to be recorded."""
    return review.status in ("planned", "tentative", "held")


def is_decided_at_check_in(course: Course, visit: Visit) -> bool:
    """Whether this tentative visit is decided at its own check-in, so that the patient comes.

    That is so if the first closed gate is a review that begins with the visit.
    """
    if visit.status != "tentative":
        return False
    gate = first_closed_gate(course.companions)
    return any(one.after == gate and one.start == visit.start for one in course.companions)


def with_usual_drivers(course: Course, now: datetime, before: Course | None = None) -> Course:
    """The course with the usual driver for visits that are decided at their check-in.

    Visits that were so in the revision `before` keep the driver they have, or none. Visits are
    still to come if they start after `now`.
    """
    new = _decided_at_check_in(course) - (_decided_at_check_in(before) if before else set())
    visits = (
        _with_usual_driver(course, visit, now) if visit.uid in new else visit
        for visit in course.visits
    )
    return replace(course, visits=tuple(visits))


def _decided_at_check_in(course: Course) -> set[str]:
    return {visit.uid for visit in course.visits if is_decided_at_check_in(course, visit)}


def make_tentative(visit: Visit) -> Visit:
    """The visit as tentative: without a driver, and with a note that it is to be decided."""
    return replace(visit, status="tentative", driver=None, note=TO_BE_DECIDED)


def confirm_visit(course: Course, visit: Visit, now: datetime) -> Visit:
    """The visit as planned: with the usual driver if it needs one, and without a note."""
    return replace(_with_usual_driver(course, visit, now), status="planned", note="")


def release_visit(course: Course, visit: Visit, now: datetime) -> Visit:
    """The visit once its gate has opened: confirmed; on hold, to be planned when resumed."""
    if visit.status == "tentative":
        return confirm_visit(course, visit, now)
    if visit.status == "held" and visit.held_from == "tentative":
        return replace(confirm_visit(course, visit, now), status="held", held_from="planned")
    return visit


def _with_usual_driver(course: Course, visit: Visit, now: datetime) -> Visit:
    """The visit with the driver of a confirmed one, if it needs a driver and has none."""
    if visit.driver is not None or not course.protocol.visits[visit.kind].needs_driver:
        return visit
    return replace(visit, driver=driver_of_confirmed(course, visit, now))
