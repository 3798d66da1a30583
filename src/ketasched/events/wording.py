"""Titles and sentences of pages and calendars, for each audience, discreet or clinical.

Discreet texts do not reveal the treatment. "Do not drive" is said to the patient all the same,
because it protects.
"""

from dataclasses import dataclass, fields
from datetime import datetime

from ketasched.events.view import View
from ketasched.model import (
    TAKES_PLACE,
    TO_BE_DECIDED,
    Clinic,
    Course,
    Place,
    Protocol,
    Review,
    Status,
    Visit,
    VisitKind,
    Wording,
)
from ketasched.model.effective_kind import unreplaced_examples
from ketasched.model.memo import memoised
from ketasched.model.privacy import redact, redact_instructions
from ketasched.model.wall_clock import moment_text

ASK_ABOUT_DRIVING = "Do not drive afterwards. Ask your clinic when you may."
DELETE_FIRST = (
    "delete the entries of the old one before you import a new one. "
    "They do not change by themselves."
)
DELETE_OLD = "Delete the entries of the old file from your calendar, then import this one's."
CANCELLED = "CANCELLED: "
"""How the title of an event begins that does not take place."""

NOT_BEFORE_SLEEP = "and not before a full night's sleep"
WAIT_AND_DRIVE = "Please wait, and drive them home. Do not let them drive, even if they feel well."
KEPT_LONGER = "Kept longer? Then later: ask us."
"""The times of a page are those of a visit that goes as planned."""


def is_discreet(course: Course, view: View) -> bool:
    """Whether texts must not reveal the treatment.

    For the patient that is the clinic's choice; texts for drivers are always discreet, texts for
    the clinic never.
    """
    if view.audience == "patient":
        return course.clinic.titles == "discreet"
    return view.audience == "driver"


@dataclass(frozen=True, slots=True)
class Labels:
    """The titles of a course's visits and reviews, and the names of its drivers."""

    course: Course
    discreet: bool

    def visit_title(self, visit: Visit) -> str:
        """A visit's title: "Appointment 3 of 6", or "Ketamine infusion 3 of 6"."""
        title = self.kind_title(self.course.protocol.visits[visit.kind])
        return _with_status(f"{title} {visit.of}", visit.status)

    def kind_title(self, kind: VisitKind) -> str:
        """The title of visits of a kind: "Appointment", or "Ketamine infusion"."""
        discreet = {"phone": "Phone appointment", "home": "Appointment at home"}
        return discreet.get(kind.place, "Appointment") if self.discreet else kind.title

    def review_title(self, review: Review) -> str:
        """A review's title: "Phone appointment", or "How is it going? (by phone)".

        A recorded review is marked as done: it may have been held before its date.
        """
        at_check_in = is_at_check_in(self.course, review)
        if not self.discreet:
            place = "at check-in" if at_check_in else place_text(review.place)
            title = f"{review.title} ({place})"
        elif at_check_in:
            title = "Short talk at check-in"
        else:
            title = "Phone appointment" if review.place == "phone" else "Appointment"
        if review.status == "completed":
            return f"{title} (done)"
        return _with_status(title, review.status)

    def driver_name(self, visit: Visit) -> str:
        """The driver's name, or "" if there is no driver."""
        if visit.driver is None:
            return ""
        name = visit.driver.name
        return (redact(name) or "your driver") if self.discreet else name

    def driver_text(self, visit: Visit) -> str:
        """The driver's name and phone: "Sam Rivera, 555 0199", or "" if there is no driver."""
        if visit.driver is None:
            return ""
        phone = visit.driver.phone
        texts = self.driver_name(visit), redact(phone) if self.discreet else phone
        return ", ".join(filter(None, texts))


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
    return f"{no_driving_title(until)}. {KEPT_LONGER}" if until else ASK_ABOUT_DRIVING


def no_driving_title(until: str) -> str:
    """The prohibition in a title, which may be read on a locked screen: it needs both halves."""
    if not until:
        return "No driving: ask your clinic when you may"
    return f"No driving before {until}, {NOT_BEFORE_SLEEP}"


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


def source_text(course: Course, *, discreet: bool) -> str:
    """Whose the times and the rules of a page are; examples are nobody's yet."""
    if unreplaced_examples(course.protocol, course.clinic):
        return "Ask your clinic whether the times and rules on this page are theirs."
    if discreet:
        return "All times and rules on this page are your clinic's."
    source = f"Your clinic uses the plan “{course.protocol.title}”."
    return f"{source} The minutes and the driving rule are your clinic's."


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
