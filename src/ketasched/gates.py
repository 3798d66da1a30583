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
    """Whether a tentative visit's gate is at its own check-in: the patient comes in any case."""
    return visit.status == "tentative" and any(
        review.gate and is_open(review) and review.start == visit.start
        for review in course.reviews
    )


def as_status(course: Course, visit: Visit, status: Status) -> Visit:
    """The visit as planned or tentative: with a driver to be found, or with the note of that."""
    if status == "tentative":
        return replace(visit, status=status, driver=None, note=TO_BE_DECIDED)
    driver = visit.driver or usual_driver(course, visit)
    return replace(visit, status=status, driver=driver, note="")


def usual_driver(course: Course, visit: Visit) -> Driver | None:
    """Who drives to this visit as it was asked for at first, if it needs somebody."""
    request = course.request
    if not (request.driver_name and course.protocol.visits[visit.kind].needs_driver):
        return None
    return Driver(request.driver_name, request.driver_phone)


def let_through(course: Course, visit: Visit) -> Visit:
    """The visit once its gate is open; one on hold goes back to being planned."""
    if visit.status == "tentative":
        return as_status(course, visit, "planned")
    if visit.held_from == "tentative":
        planned = as_status(course, visit, "planned")
        return replace(planned, status="held", held_from="planned")
    return visit
