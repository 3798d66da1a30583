"""How things are called on a page or in a calendar, for whom, and how discreetly.

Discreet titles tell nothing of the treatment. "Do not drive" is said all the same, to the
patient: it protects.
"""

from dataclasses import fields
from datetime import datetime

from ketasched.events.view import View
from ketasched.model import (
    TAKES_PLACE,
    TO_BE_DECIDED,
    Clinic,
    Course,
    Driver,
    Place,
    Protocol,
    Review,
    Status,
    Visit,
    VisitKind,
    Wording,
)
from ketasched.model.memo import memoised
from ketasched.model.privacy import neutral, neutral_words
from ketasched.model.wall_clock import clock_text, day_text

ASK_ABOUT_DRIVING = "Ask your clinic when you may drive again."
DELETE_FIRST = (
    "before you import a new one, delete the entries of the old one: "
    "they do not change by themselves."
)
DELETE_OLD = "Delete the entries of the old file from your calendar, then import this one's."
ENDED = "CANCELLED: "
"""What a title begins with of something that does not take place."""

ONLY_AFTER_REST = "and only after a restful night"


def is_discreet(course: Course, view: View) -> bool:
    """Whether nothing may tell the treatment: as the clinic wants it, to a driver always."""
    if view.audience == "patient":
        return course.clinic.titles == "discreet"
    return view.audience == "driver"


def visit_title(course: Course, visit: Visit, *, discreet: bool) -> str:
    """What a visit is called: "Appointment 3 of 6", or "Ketamine infusion 3 of 6"."""
    title = kind_title(course.protocol.visits[visit.kind], discreet=discreet)
    return _with_status(f"{title} {visit.of}", visit.status)


def kind_title(kind: VisitKind, *, discreet: bool) -> str:
    """What visits of a kind are called: "Appointment", or "Ketamine infusion"."""
    if not discreet:
        return kind.title
    return {"clinic": "Appointment", "phone": "Phone appointment", "home": "Appointment at home"}[
        kind.place
    ]


def review_title(course: Course, review: Review, *, discreet: bool) -> str:
    """What a review is called: "Phone appointment", or "How is it going? (by phone)".

    One that is recorded says so: it may have been before its time.
    """
    done, at_check_in = review.status == "completed", is_at_check_in(course, review)
    place = "at check-in" if at_check_in else place_text(review.place)
    if not discreet:
        title = f"{review.title} ({place})"
    elif at_check_in:
        title = "Short talk at check-in"
    else:
        title = "Phone appointment" if review.place == "phone" else "Appointment"
    return f"{title} (done)" if done else _with_status(title, review.status)


def is_at_check_in(course: Course, review: Review) -> bool:
    """Whether the patient comes for a visit when a review is, or came when it was recorded."""
    done = review.status == "completed"
    return any(
        visit.start == review.start and (visit.status in TAKES_PLACE or done)
        for visit in course.visits
    )


def _with_status(title: str, status: Status) -> str:
    if status not in TAKES_PLACE:
        return f"{ENDED}{title}"
    return f"{title} ({TO_BE_DECIDED})" if status == "tentative" else title


def place_text(place: Place) -> str:
    """Where a visit or a review is: "by phone"."""
    return {"phone": "by phone", "clinic": "at the clinic", "home": "at home"}[place]


def no_driving_text(until: str) -> str:
    """Until when the patient must not drive; "" is not known: then the clinic is to be asked."""
    return f"No driving before {until}, {ONLY_AFTER_REST}." if until else ASK_ABOUT_DRIVING


def words_of(course: Course, *, discreet: bool) -> Wording:
    """The clinic's own words for this course's protocol."""
    return _words(course.clinic, course.protocol, discreet=discreet)


@memoised
def _words(clinic: Clinic, protocol: Protocol, *, discreet: bool) -> Wording:
    words = clinic.instructions.wording(protocol.id, discreet=discreet)
    if not discreet:
        return words
    return Wording(**{one.name: neutral_words(getattr(words, one.name)) for one in fields(words)})


def clinic_name(course: Course, *, discreet: bool) -> str:
    """What a page calls the clinic."""
    return _clinic_name(course.clinic, discreet=discreet)


@memoised
def _clinic_name(clinic: Clinic, *, discreet: bool) -> str:
    name = (neutral(clinic.calendar_name) or neutral(clinic.name)) if discreet else clinic.name
    return one_line(name) or "Your clinic"


def place_of(course: Course, *, discreet: bool) -> str:
    """Where the clinic is, on one line, as a calendar says it: its neutral place if it has one."""
    return _place(course.clinic, discreet=discreet)


@memoised
def _place(clinic: Clinic, *, discreet: bool) -> str:
    own, address = clinic.calendar_place, clinic.address
    return one_line(neutral(own) or neutral(address) if discreet else own or address)


def phone_of(course: Course, *, discreet: bool) -> str:
    """The clinic's phone, on one line."""
    return _phone(course.clinic, discreet=discreet)


@memoised
def _phone(clinic: Clinic, *, discreet: bool) -> str:
    return one_line(neutral(clinic.phone) if discreet else clinic.phone)


def driver_name(driver: Driver | None, *, discreet: bool) -> str:
    """Who drives, or "" where nobody is known."""
    if driver is None:
        return ""
    return (neutral(driver.name) or "your driver") if discreet else driver.name


def driver_text(driver: Driver | None, *, discreet: bool) -> str:
    """Who drives, with the phone: "Sam Rivera, 555 0199", or "" where nobody is known."""
    name = driver_name(driver, discreet=discreet)
    phone = driver.phone if driver else ""
    return ", ".join(filter(None, (name, neutral(phone) if discreet else phone)))


def revision_text(revision: int, made: datetime) -> str:
    """Which revision this is, when it was made, and what becomes of the one before."""
    said = f"Revision {revision}, made {day_text(made.date())}, {clock_text(made)}."
    return f"{said} It replaces any earlier one."


def course_revision_text(course: Course) -> str:
    """The same of a whole course."""
    made = course.history[-1].at if course.history else course.made_at
    return revision_text(course.revision, made)


def one_line(text: str) -> str:
    """Text that may have line breaks, for a place that has one line."""
    return ", ".join(line.strip(" ,") for line in text.splitlines() if line.strip(" ,"))
