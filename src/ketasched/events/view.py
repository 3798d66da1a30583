"""`View`: for whom a course is rendered, and how dates and times are written for them."""

from dataclasses import dataclass

from ketasched.language.locale import Locale
from ketasched.model import Audience, Clinic, Visit
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

    def includes_ride(self, visit: Visit) -> bool:
        """Whether `rides_of` is empty or the driver of this visit."""
        return not self.rides_of or (
            visit.driver is not None and visit.driver.name == self.rides_of
        )


@memoised
def clinic_locale(clinic: Clinic) -> Locale:
    """The clock and the dates that people read where this clinic is."""
    return Locale(clinic.clock, clinic.dates)
