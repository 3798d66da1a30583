"""What waits for a clinician's decision: tentative visits, and the gates that hold them back."""

from collections.abc import Sequence
from dataclasses import replace

from ketasched.model import TO_BE_DECIDED, Course, Driver, Review, Status, Visit


def first_gate(reviews: Sequence[Review]) -> int | None:
    """After which visit the first gate is that has not been opened."""
    return min((one.after for one in reviews if one.gate and is_open(one)), default=None)


def is_open(review: Review) -> bool:
    """Whether a review is still to be recorded."""
    return review.status in ("planned", "tentative", "held")


def is_decided_at_check_in(course: Course, visit: Visit) -> bool:
    """Whether the next gate to be decided is at the check-in of this tentative visit: then the
    patient comes whatever is decided.
    """
    if visit.status != "tentative":
        return False
    gate = first_gate(course.reviews)
    return any(one.after == gate and one.start == visit.start for one in course.reviews)


def with_usual_drivers(course: Course, before: Course | None = None) -> Course:
    """The course where those visits have the usual driver that are decided at their check-in now,
    and were not `before`.
    """
    were = before.visits if before else ()
    known = {one.uid for one in were if before and is_decided_at_check_in(before, one)}
    visits = (
        as_status(course, visit, "tentative", drives=True)
        if visit.uid not in known and is_decided_at_check_in(course, visit)
        else visit
        for visit in course.visits
    )
    return replace(course, visits=tuple(visits))


def as_status(course: Course, visit: Visit, status: Status, *, drives: bool = False) -> Visit:
    """The visit as planned, with a driver to be found, or as tentative, with the note of that.

    Somebody `drives` to a tentative one, too, if it is decided at its check-in.
    """
    if status == "tentative" and not drives:
        return replace(visit, status=status, driver=None, note=TO_BE_DECIDED)
    driver, request = visit.driver, course.request
    if driver is None and request.driver_name and course.protocol.visits[visit.kind].needs_driver:
        driver = Driver(request.driver_name, request.driver_phone)
    return replace(visit, status=status, driver=driver, note=visit.note if drives else "")


def let_through(course: Course, visit: Visit) -> Visit:
    """The visit once its gate is open; one on hold goes back to being planned."""
    if visit.status == "tentative":
        return as_status(course, visit, "planned")
    if visit.status == "held" and visit.held_from == "tentative":
        planned = as_status(course, visit, "planned")
        return replace(planned, status="held", held_from="planned")
    return visit
