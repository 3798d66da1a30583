"""`View`: for whom a course is rendered, and how dates and times are written for them."""

from dataclasses import dataclass

from ketasched.language.locale import Locale
from ketasched.model import Audience, Clinic, Companion, Course, Visit
from ketasched.model.memo import memoised
from ketasched.model.privacy import redact


@dataclass(frozen=True, slots=True)
class View:
    """For whom a course is rendered, which decides what the output may say.

    `driver_label` is the name by which drivers know the patient, "" if the patient is not named.
    `rides_of` limits the rides to those of one driver, by name; "" means all rides. `colour`
    allows colours, for a terminal; `large` is a page for people who see badly.
    """

    audience: Audience = "patient"
    driver_label: str = ""
    rides_of: str = ""
    colour: bool = False
    large: bool = False

    @property
    def patient_label(self) -> str:
        """The `driver_label`; "" if it tells the treatment."""
        return redact(self.driver_label)

    def includes_ride(self, visit: Visit | Companion) -> bool:
        """Whether `rides_of` is empty or the driver of this visit."""
        return not self.rides_of or (
            visit.driver is not None and visit.driver.name == self.rides_of
        )


def reader_languages(course: Course) -> tuple[str, ...]:
    """The languages of the patient and of the driver, each once."""
    views = View("patient"), View("driver")
    return tuple(dict.fromkeys(reader_locale(course, view).language for view in views))


@memoised
def clinic_locale(clinic: Clinic) -> Locale:
    """The clock and the dates that people read where this clinic is, and its staff's English."""
    return Locale(clinic.clock, clinic.dates)


def reader_locale(course: Course, view: View) -> Locale:
    """How this audience reads: with the clinic's clock and dates, in a language of its own.

    A patient's language is the request's, else the clinic's. A driver's is the request's, else the
    patient's. The clinic's own pages are in English.
    """
    if view.audience == "clinic":
        return clinic_locale(course.clinic)
    asked, own = course.request, course.request.language or course.clinic.language
    language = (view.audience == "driver" and asked.driver_language) or own
    return Locale(course.clinic.clock, course.clinic.dates, language)
