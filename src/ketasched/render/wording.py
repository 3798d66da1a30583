"""How things are called on a page or in a calendar, for whom, and how discreetly.

Discreet titles tell nothing of the treatment. "Do not drive" is said all the same, to the
patient: it protects.
"""

from ketasched.model import (
    TAKES_PLACE,
    TO_BE_DECIDED,
    Course,
    Place,
    Review,
    Status,
    Visit,
    Wording,
)
from ketasched.times import clock_text, day_text

ASK_ABOUT_DRIVING = "Ask your clinic when you may drive again."
ONLY_AFTER_REST = "and only after a restful night"


def is_discreet(course: Course) -> bool:
    """Whether the clinic wants titles that tell nothing."""
    return course.clinic.titles == "discreet"


def visit_title(course: Course, visit: Visit, *, discreet: bool) -> str:
    """What a visit is called: "Appointment 3 of 6", or "Ketamine infusion 3 of 6"."""
    title = f"{_kind_title(course, visit, discreet=discreet)} {visit.of}"
    return _with_status(title, visit.status)


def _kind_title(course: Course, visit: Visit, *, discreet: bool) -> str:
    kind = course.protocol.visits[visit.kind]
    if not discreet:
        return kind.title
    return {"clinic": "Appointment", "phone": "Phone appointment", "home": "Appointment at home"}[
        kind.place
    ]


def review_title(course: Course, review: Review, *, discreet: bool) -> str:
    """What a review is called: "Phone appointment", or "How is it going? (by phone)"."""
    at_check_in = any(visit.start == review.start for visit in course.visits)
    place = "at check-in" if at_check_in else place_text(review.place)
    if not discreet:
        title = f"{review.title} ({place})"
    elif at_check_in:
        title = "Short talk at check-in"
    else:
        title = "Phone appointment" if review.place == "phone" else "Appointment"
    return _with_status(title, review.status)


def _with_status(title: str, status: Status) -> str:
    if status not in TAKES_PLACE:
        return f"CANCELLED: {title}"
    return f"{title} ({TO_BE_DECIDED})" if status == "tentative" else title


def place_text(place: Place) -> str:
    """Where a visit or a review is: "by phone"."""
    return {"phone": "by phone", "clinic": "at the clinic", "home": "at home"}[place]


def no_driving_text(visit: Visit) -> str:
    """Until when the patient must not drive, or that the clinic is to be asked."""
    until = visit.no_driving_until
    if until is None:
        return ASK_ABOUT_DRIVING
    when = f"{day_text(until.date(), year=False)}, {clock_text(until)}"
    return f"No driving before {when}, {ONLY_AFTER_REST}."


def words_of(course: Course, *, discreet: bool) -> Wording:
    """The clinic's own words for this course's protocol."""
    return course.clinic.instructions.wording(course.protocol.id, discreet=discreet)


def revision_text(course: Course) -> str:
    """Which revision this is, and what becomes of the one before."""
    changed = course.history[-1].at if course.history else course.made_at
    said = f"Revision {course.revision}, made {day_text(changed.date())}."
    return f"{said} It replaces any earlier one."


def one_line(text: str) -> str:
    """Text that may have line breaks, for a place that has one line."""
    return ", ".join(line.strip(" ,") for line in text.splitlines() if line.strip(" ,"))
