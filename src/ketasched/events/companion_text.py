"""The text of a companion in a calendar."""

from collections.abc import Mapping

from ketasched.events.rides import must_not_drive, needs_ride
from ketasched.events.view import View
from ketasched.events.visit_times import VisitTimes
from ketasched.events.wording import (
    ARRANGE_DRIVER,
    BEGINS,
    NEEDS_ATTENDANT,
    NEEDS_DRIVER,
    NOT_YOURSELF,
    Labels,
    no_driving_text,
    no_driving_title,
)
from ketasched.language.catalogue import message
from ketasched.language.locale import Locale
from ketasched.model import Companion, Place
from ketasched.model.companion_slots import home_phase, kind_of

COMPANION_BEGINS: Mapping[Place, str] = {**BEGINS, "phone": message("We call you at {time}.")}
"""When a companion begins, by its place."""


def companion_text(
    labels: Labels, view: View, companion: Companion, times: VisitTimes, calls: tuple[str, str]
) -> str:
    """The text of a companion that takes place.

    `calls` are the clinic's phone, and its instructions for what is not at the clinic.
    """
    locale, (call, elsewhere) = labels.locale, calls
    if home_phase(labels.course.protocol, companion):
        return _home_day_text(labels, view, companion, times, elsewhere)
    when = locale.text(COMPANION_BEGINS[companion.place], time=times.begin)
    if not needs_ride(labels.course, companion):
        is_forbidden = must_not_drive(labels.course, companion)
        return _lines(when, locale.text(NOT_YOURSELF) if is_forbidden else "", call)
    driver = labels.driver_text(companion)
    who = locale.text("Driver: {driver}.", driver=driver or locale.text("none yet"))
    if view.audience == "clinic":
        return _lines(when, who)
    ride = f"{locale.text(NEEDS_DRIVER)} {who}" if driver else locale.text(ARRANGE_DRIVER)
    return _lines(when, ride, call)


def _home_day_text(
    labels: Labels, view: View, companion: Companion, times: VisitTimes, elsewhere: str
) -> str:
    """The text of a home day: it is a treatment, after which the patient must not drive."""
    locale, kind = labels.locale, kind_of(labels.course, companion)
    when = locale.text(BEGINS["home"], time=times.begin)
    attendant = attendant_text(times, locale) if kind.attendant else ""
    if view.audience == "clinic":
        return _lines(when, attendant, f"{no_driving_title(times.until, locale)}.")
    return _lines(when, attendant, no_driving_text(times.until, "home", locale), elsewhere)


def attendant_text(times: VisitTimes, locale: Locale) -> str:
    """The sentence on who has to stay with the patient, and when."""
    return locale.text(NEEDS_ATTENDANT, begin=times.begin, end=times.end)


def _lines(*lines: str) -> str:
    return "\n".join(filter(None, lines))
