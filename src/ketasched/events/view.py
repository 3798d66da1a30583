"""For whom a course is rendered, which decides what may be said."""

from dataclasses import dataclass

from ketasched.model import Audience


@dataclass(frozen=True, slots=True)
class View:
    """For whom a course is rendered: that decides what it may say.

    `driver_label` is what a driver calls the patient, "" where they are not named. `rides_of` is
    the driver whose rides these are, "" for all of them. `colour` is whether there may be colours,
    for a terminal.
    """

    audience: Audience = "patient"
    driver_label: str = ""
    rides_of: str = ""
    colour: bool = False
