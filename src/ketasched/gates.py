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


def as_status(course: Course, visit: Visit, status: Status) -> Visit:
    """The visit as planned or tentative: with a driver to be found, or with the note of that."""
    if status == "tentative":
        return replace(visit, status=status, driver=None, note=TO_BE_DECIDED)
    driver, request = visit.driver, course.request
    if driver is None and request.driver_name and course.protocol.visits[visit.kind].needs_driver:
        driver = Driver(request.driver_name, request.driver_phone)
    return replace(visit, status=status, driver=driver, note="")


def let_through(course: Course, visit: Visit) -> Visit:
    """The visit once its gate is open; one on hold goes back to being planned."""
    if visit.status == "tentative":
        return as_status(course, visit, "planned")
    if visit.held_from == "tentative":
        planned = as_status(course, visit, "planned")
        return replace(planned, status="held", held_from="planned")
    return visit
