"""Titles and sentences of pages and calendars, for each audience, discreet or clinical.

Discreet texts do not reveal the treatment. "Do not drive" is said to the patient all the same,
because it protects.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime

from ketasched.events.view import View, reader_locale
from ketasched.language.catalogue import message
from ketasched.language.locale import Locale
from ketasched.model import (
    MAKE_UP_SUFFIX,
    TAKES_PLACE,
    Clinic,
    Companion,
    Course,
    Place,
    Protocol,
    Status,
    Visit,
    VisitKind,
    Wording,
)
from ketasched.model.memo import memoised
from ketasched.model.privacy import REDACTED, redact, redact_instructions

ASK_ABOUT_DRIVING = message("Do not drive afterwards. Ask your clinic when you may.")
DELETE_FIRST = message(
    "delete the entries of the old one before you import a new one. "
    "They do not change by themselves."
)
DELETE_OLD = message(
    "Delete the entries of the old file from your calendar, then import this one's."
)
CANCELLED = message("CANCELLED: {title}")
"""The title of an event that does not take place."""

CHANGED, WAS = message("Changed: {title}"), message("Was: {moment}")
"""What a mail says of an event that is not as it was before, and when it was to begin."""

STAYS = message("What you write below this line stays:")
"""In an entry of a calendar server, where others may write notes."""

NOT_BEFORE_SLEEP = message("and not before a full night's sleep")
NOT_YOURSELF = message("Do not drive yourself.")
WAIT_AND_DRIVE = message(
    "Please wait, and drive them home. Do not let them drive, even if they feel well."
)
NEEDS_ATTENDANT = message(
    "Someone has to stay with you from {begin} until {end}. Please arrange it."
)
ARRANGE_DRIVER = message("Someone else has to drive you there and back. Please arrange a driver.")
NEEDS_DRIVER = message("Someone else has to drive you there and back.")
BEGINS: Mapping[Place, str] = {
    "clinic": message("Check-in {time}."),
    "phone": message("By phone, at {time}."),
    "home": message("At home, at {time}."),
}
"""When a visit begins, by its place."""

KEPT_LONGER = message("Kept longer? Then later: ask us.")
BEGUN_LATER = message("Did you begin later than planned? Then no driving for longer: ask us.")
"""The times of a page are those of a visit that goes as planned: at the clinic, and at home."""

STAYS_WITH = message("Someone has to stay with you from {begin} until {end}.")

DISCREET_TITLES: Mapping[Place, str] = {
    "clinic": message("Appointment"),
    "phone": message("Phone appointment"),
    "home": message("Appointment at home"),
}
PLACES: Mapping[Place, str] = {
    "clinic": message("at the clinic"),
    "phone": message("by phone"),
    "home": message("at home"),
}
"""Where a visit is, and what it is called where nothing may tell the treatment."""


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
    """What a page says of a course in its reader's locale: its titles, drivers and revision."""

    course: Course
    discreet: bool
    locale: Locale

    @property
    def revision_text(self) -> str:
        """The sentence on the course's revision."""
        return revision_text(self.course.revision, self.course.changed_at, self.locale)

    @property
    def clinic_name(self) -> str:
        """The clinic's name, on one line; "" if it has none that can be said."""
        own, name = self.course.clinic.calendar_name, self.course.clinic.name
        return one_line((redact(own) or redact(name)) if self.discreet else name)

    @property
    def clinic_place(self) -> str:
        """The clinic's address for a calendar, on one line: its `calendar_place` if it has one."""
        own, address = self.course.clinic.calendar_place, self.course.clinic.address
        return one_line(redact(own) or redact(address) if self.discreet else own or address)

    @property
    def clinic_phone(self) -> str:
        """The clinic's phone number, on one line."""
        phone = self.course.clinic.phone
        return one_line(redact(phone) if self.discreet else phone)

    @property
    def call(self) -> str:
        """Where to call: "Clinic's phone: 555 0142"; "" if the clinic has no phone."""
        phone = self.clinic_phone
        return self.locale.text("Clinic's phone: {phone}", phone=phone) if phone else ""

    @property
    def wording(self) -> Wording:
        """The clinic's own words for the course's protocol, in the language of the locale."""
        clinic, protocol = self.course.clinic, self.course.protocol
        return _wording(clinic, protocol, locale=self.locale, discreet=self.discreet)

    def item_title(self, item: Visit | Companion) -> str:
        """The title of a visit or a companion."""
        return self.visit_title(item) if isinstance(item, Visit) else self.companion_title(item)

    def visit_title(self, visit: Visit) -> str:
        """A visit's title: "Appointment 3 of 6", or "Ketamine infusion 3 of 6"."""
        title = self.kind_title(self.course.protocol.visits[visit.kind])
        title = self.locale.text("{title} {ordinal}", title=title, ordinal=self.ordinal(visit))
        return self._with_status(title, visit.status)

    def ordinal(self, visit: Visit) -> str:
        """Which visit of its phase it is: "3 of 6", or "3 of 6, again"."""
        number, _, count = visit.of.removesuffix(MAKE_UP_SUFFIX).partition(" of ")
        is_again = visit.of.endswith(MAKE_UP_SUFFIX)
        form = (
            message("{number} of {count}, again") if is_again else message("{number} of {count}")
        )
        return self.locale.text(form, number=number, count=count)

    def kind_title(self, kind: VisitKind) -> str:
        """The title of visits of a kind: "Appointment", or "Ketamine infusion"."""
        title = DISCREET_TITLES[kind.place] if self.discreet else kind.title
        return self.locale.text(title)

    def companion_title(self, companion: Companion) -> str:
        """A companion's title: "Phone appointment", or "Integration session (by phone)"."""
        if companion.is_review:
            return self.review_title(companion)
        if self.discreet:
            title = self.locale.text(DISCREET_TITLES[companion.place])
        else:
            own, place = self.locale.text(companion.title), self.place_of(companion.place)
            title = self.locale.text("{title} ({place})", title=own, place=place)
        return self._with_status(title, companion.status)

    def review_title(self, review: Companion) -> str:
        """A review's title: "Phone appointment", or "How is it going? (by phone)".

        A recorded review is marked as done: it may have been held before its date.
        """
        at_check_in = is_at_check_in(self.course, review)
        if not self.discreet:
            place = self.locale.text("at check-in") if at_check_in else self.place_of(review.place)
            own = self.locale.text(review.title)
            title = self.locale.text("{title} ({place})", title=own, place=place)
        elif at_check_in:
            title = self.locale.text("Short talk at check-in")
        else:
            kind: Place = "phone" if review.place == "phone" else "clinic"
            title = self.locale.text(DISCREET_TITLES[kind])
        if review.status == "completed":
            return self.locale.text("{title} (done)", title=title)
        return self._with_status(title, review.status)

    def place_of(self, place: Place) -> str:
        """Where a visit or a review is: "by phone"."""
        return self.locale.text(PLACES[place])

    def _with_status(self, title: str, status: Status) -> str:
        if status not in TAKES_PLACE:
            return self.locale.text(CANCELLED, title=title)
        if status == "tentative":
            return self.locale.text("{title} (to be decided by your clinician)", title=title)
        return title

    def driver_name(self, visit: Visit | Companion) -> str:
        """The driver's name, or "" if there is no driver."""
        if visit.driver is None:
            return ""
        name = visit.driver.name
        return (redact(name) or self.locale.text("your driver")) if self.discreet else name

    def driver_text(self, visit: Visit | Companion) -> str:
        """The driver's name and phone: "Sam Rivera, 555 0199", or "" if there is no driver."""
        if visit.driver is None:
            return ""
        phone = visit.driver.phone
        texts = self.driver_name(visit), redact(phone) if self.discreet else phone
        return ", ".join(filter(None, texts))


def labels_for(course: Course, view: View) -> Labels:
    """What is said of a course to this audience."""
    return Labels(course, is_discreet(course, view), reader_locale(course, view))


def is_at_check_in(course: Course, review: Companion) -> bool:
    """Whether a review begins with a visit for which the patient comes.

    A review that has been recorded is at check-in even if that visit was cancelled afterwards.
    """
    done = review.status == "completed"
    return any(
        visit.start == review.start and (visit.status in TAKES_PLACE or done)
        for visit in course.visits
    )


def no_driving_text(until: str, place: Place, locale: Locale) -> str:
    """The sentence on driving; `until` is "" if there is no rule: then ask the clinic."""
    if not until:
        return locale.text(ASK_ABOUT_DRIVING)
    prohibition = locale.text(
        "No driving before {moment}, and not before a full night's sleep.", moment=until
    )
    return f"{prohibition} {locale.text(BEGUN_LATER if place == 'home' else KEPT_LONGER)}"


def no_driving_title(until: str, locale: Locale) -> str:
    """The prohibition in a title, which may be read on a locked screen: it needs both halves."""
    if not until:
        return locale.text("No driving: ask your clinic when you may")
    return locale.text(
        "No driving before {moment}, and not before a full night's sleep", moment=until
    )


@memoised
def _wording(clinic: Clinic, protocol: Protocol, *, locale: Locale, discreet: bool) -> Wording:
    words = clinic.instructions.wording(protocol.id, locale.language, discreet=discreet)
    if not discreet:
        return words
    instead = locale.text(REDACTED)
    texts = {field.name: getattr(words, field.name) for field in fields(words)}
    return Wording(**{name: redact_instructions(text, instead) for name, text in texts.items()})


def prohibition_text(until: datetime | None, locale: Locale) -> str:
    """The prohibition in a title, until this moment; without a rule None."""
    return no_driving_title(locale.moment_text(until, year=False) if until else "", locale)


def revision_text(revision: int, made: datetime, locale: Locale) -> str:
    """A sentence on a revision: its number, when it was made, that it replaces earlier ones."""
    return locale.text(
        "Revision {number}, made {moment}. It replaces any earlier one.",
        number=revision,
        moment=locale.moment_text(made),
    )


def one_line(text: str) -> str:
    """The text with its lines joined by commas."""
    return ", ".join(line.strip(" ,") for line in text.splitlines() if line.strip(" ,"))


def lines_text(*lines: str) -> str:
    """The text of these lines; an empty one is left out."""
    return "\n".join(filter(None, lines))
