"""Titles and sentences of pages and calendars, for each audience, discreet or clinical.

Discreet texts do not reveal the treatment. "Do not drive" is said to the patient all the same,
because it protects.
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
from ketasched.model.privacy import redact, redact_instructions
from ketasched.model.wall_clock import moment_text

ASK_ABOUT_DRIVING = "Ask your clinic when you may drive again."
DELETE_FIRST = (
    "before you import a new one, delete the entries of the old one: "
    "they do not change by themselves."
)
DELETE_OLD = "Delete the entries of the old file from your calendar, then import this one's."
CANCELLED = "CANCELLED: "
"""How the title of an event begins that does not take place."""

ONLY_AFTER_REST = "and only after a restful night"


def is_discreet(course: Course, view: View) -> bool:
    """Whether texts must not reveal the treatment.

    For the patient that is the clinic's choice; texts for drivers are always discreet, texts for
    the clinic never.
    """
    if view.audience == "patient":
        return course.clinic.titles == "discreet"
    return view.audience == "driver"


def visit_title(course: Course, visit: Visit, *, discreet: bool) -> str:
    """A visit's title: "Appointment 3 of 6", or "Ketamine infusion 3 of 6"."""
    title = kind_title(course.protocol.visits[visit.kind], discreet=discreet)
    return _with_status(f"{title} {visit.of}", visit.status)


def kind_title(kind: VisitKind, *, discreet: bool) -> str:
    """The title of visits of a kind: "Appointment", or "Ketamine infusion"."""
    if not discreet:
        return kind.title
    return {"clinic": "Appointment", "phone": "Phone appointment", "home": "Appointment at home"}[
        kind.place
    ]


def review_title(course: Course, review: Review, *, discreet: bool) -> str:
    """A review's title: "Phone appointment", or "How is it going? (by phone)".

    A recorded review is marked as done: it may have been held before its date.
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
    """Whether a review begins with a visit for which the patient comes.

    A review that has been recorded is at check-in even if that visit was cancelled afterwards.
    """
    done = review.status == "completed"
    return any(
        visit.start == review.start and (visit.status in TAKES_PLACE or done)
        for visit in course.visits
    )


def _with_status(title: str, status: Status) -> str:
    if status not in TAKES_PLACE:
        return f"{CANCELLED}{title}"
    return f"{title} ({TO_BE_DECIDED})" if status == "tentative" else title


def place_text(place: Place) -> str:
    """Where a visit or a review is: "by phone"."""
    return {"phone": "by phone", "clinic": "at the clinic", "home": "at home"}[place]


def no_driving_text(until: str) -> str:
    """The sentence on driving; `until` is "" if there is no rule: then ask the clinic."""
    return f"No driving before {until}, {ONLY_AFTER_REST}." if until else ASK_ABOUT_DRIVING


@memoised
def clinic_wording(clinic: Clinic, protocol: Protocol, *, discreet: bool) -> Wording:
    """The clinic's own words for this protocol."""
    words = clinic.instructions.wording(protocol.id, discreet=discreet)
    if not discreet:
        return words
    names = (field.name for field in fields(words))
    return Wording(**{name: redact_instructions(getattr(words, name)) for name in names})


@memoised
def clinic_name(clinic: Clinic, *, discreet: bool) -> str:
    """The clinic's name for a page, on one line."""
    name = (redact(clinic.calendar_name) or redact(clinic.name)) if discreet else clinic.name
    return one_line(name) or "Your clinic"


@memoised
def clinic_place(clinic: Clinic, *, discreet: bool) -> str:
    """The clinic's address for a calendar, on one line: `calendar_place` if the clinic sets it."""
    own, address = clinic.calendar_place, clinic.address
    return one_line(redact(own) or redact(address) if discreet else own or address)


@memoised
def clinic_phone(clinic: Clinic, *, discreet: bool) -> str:
    """The clinic's phone number, on one line."""
    return one_line(redact(clinic.phone) if discreet else clinic.phone)


def driver_name(driver: Driver | None, *, discreet: bool) -> str:
    """The driver's name, or "" if there is no driver."""
    if driver is None:
        return ""
    return (redact(driver.name) or "your driver") if discreet else driver.name


def driver_text(driver: Driver | None, *, discreet: bool) -> str:
    """The driver's name and phone: "Sam Rivera, 555 0199", or "" if there is no driver."""
    if driver is None:
        return ""
    name, phone = driver_name(driver, discreet=discreet), driver.phone
    return ", ".join(filter(None, (name, redact(phone) if discreet else phone)))


def revision_text(revision: int, made: datetime) -> str:
    """A sentence on a revision: its number, when it was made, that it replaces earlier ones."""
    return f"Revision {revision}, made {moment_text(made)}. It replaces any earlier one."


def course_revision_text(course: Course) -> str:
    """The sentence on a course's current revision."""
    made = course.history[-1].at if course.history else course.made_at
    return revision_text(course.revision, made)


def one_line(text: str) -> str:
    """The text with its lines joined by commas."""
    return ", ".join(line.strip(" ,") for line in text.splitlines() if line.strip(" ,"))
