"""The text of a visit or a companion in a calendar."""

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
    lines_text,
    no_driving_text,
    no_driving_title,
)
from ketasched.language.catalogue import message
from ketasched.language.locale import Locale
from ketasched.model import Companion, Place, Visit
from ketasched.model.companion_slots import home_phase, kind_of

COMPANION_BEGINS: Mapping[Place, str] = {**BEGINS, "phone": message("We call you at {time}.")}
"""When a companion begins, by its place."""


def instructions_text(labels: Labels, *, at_clinic: bool) -> str:
    """What the clinic tells a patient of every visit; elsewhere nobody brings anything."""
    words, bring = labels.wording, labels.wording.bring if at_clinic else ""
    bring = labels.locale.text("Please bring: {things}", things=bring) if bring else ""
    return lines_text(words.before, bring, words.call, labels.call)


def item_text(
    labels: Labels,
    view: View,
    item: Visit | Companion,
    times: VisitTimes,
    instructions: Mapping[bool, str],
) -> str:
    """The text of a visit or companion that takes place, at these times.

    `instructions` are those for what is at the clinic (True), and for what is not.
    """
    if isinstance(item, Visit) or home_phase(labels.course.protocol, item):
        return _treatment_text(labels, view, item, times, instructions)
    return labels.call if item.is_review else _companion_text(labels, view, item, times)


def _treatment_text(
    labels: Labels,
    view: View,
    item: Visit | Companion,
    times: VisitTimes,
    instructions: Mapping[bool, str],
) -> str:
    """The text of a visit, or of a home day, after which the patient must not drive either."""
    locale, kind = labels.locale, kind_of(labels.course, item)
    when = locale.text(BEGINS[kind.place], time=times.begin)
    if kind.needs_driver:
        ready = locale.text("Ready to be collected: not before {time}.", time=times.end)
        when = f"{when} {ready}"
    stays = attendant_text(times, locale) if kind.attendant else ""
    if view.audience == "clinic":
        who = _driver_line(labels, item) if kind.needs_driver else ""
        until = f"{no_driving_title(times.until, locale)}." if kind.place != "phone" else ""
        if isinstance(item, Companion):
            return lines_text(when, stays, until)
        # Without the visit's number, which changes when a visit is added before it.
        return lines_text(f"{item.phase}, {labels.ordinal(item)}.", when, until, who)
    ride = locale.text(NEEDS_DRIVER) if kind.needs_driver else stays
    if needs_ride(labels.course, item):
        ride = _ride_line(labels, item)
    until = no_driving_text(times.until, kind.place, locale) if kind.place != "phone" else ""
    return lines_text(when, ride, until, instructions[kind.place == "clinic"])


def _companion_text(labels: Labels, view: View, companion: Companion, times: VisitTimes) -> str:
    """The text of a companion that is no treatment."""
    course, locale = labels.course, labels.locale
    when = locale.text(COMPANION_BEGINS[companion.place], time=times.begin)
    if not needs_ride(course, companion):
        is_forbidden = must_not_drive(course, companion)
        return lines_text(when, locale.text(NOT_YOURSELF) if is_forbidden else "", labels.call)
    if view.audience == "clinic":
        return lines_text(when, _driver_line(labels, companion))
    return lines_text(when, _ride_line(labels, companion), labels.call)


def _ride_line(labels: Labels, item: Visit | Companion) -> str:
    """That somebody else has to drive, and who does."""
    text = labels.locale.text
    if labels.driver_text(item):
        return f"{text(NEEDS_DRIVER)} {_driver_line(labels, item)}"
    return text(ARRANGE_DRIVER)


def _driver_line(labels: Labels, item: Visit | Companion) -> str:
    """Who drives; "none yet" is said in the clinic's calendar alone, which is in English."""
    driver = labels.driver_text(item) or "none yet"
    return labels.locale.text("Driver: {driver}.", driver=driver)


def attendant_text(times: VisitTimes, locale: Locale) -> str:
    """The sentence on who has to stay with the patient, and when."""
    return locale.text(NEEDS_ATTENDANT, begin=times.begin, end=times.end)
