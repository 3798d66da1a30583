"""What a page says of a course: one context for the templates of all forms of pages."""

import textwrap
from collections.abc import Callable
from datetime import date, datetime
from functools import cache, lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape

from ketasched.discretion import neutral
from ketasched.model import TAKES_PLACE, TO_BE_DECIDED, Course, Entry, Visit
from ketasched.prices import PriceLine, bill
from ketasched.render import View
from ketasched.render.rides import has_ride, reminders, reminders_left_out
from ketasched.render.stamps import drives, former_dates
from ketasched.render.wording import (
    ASK_ABOUT_DRIVING,
    DELETE_FIRST,
    DELETE_OLD,
    ONLY_AFTER_REST,
    clinic_name,
    course_revision_text,
    driver_name,
    driver_text,
    is_discreet,
    kind_title,
    one_line,
    phone_of,
    place_of,
    place_text,
    review_title,
    visit_title,
    words_of,
)
from ketasched.times import clock_text, day_text

WIDTH = 78
"""Columns of a page of plain text."""


def filled_in(course: Course, view: View, ending: str, **more: object) -> str:
    """The audience's template with this ending, filled in; HTML is escaped, text is not.

    `more` is what only pages of this form need.
    """
    template = template_of(f"{view.audience}.{ending}")
    return template.render(_context(course, view), **more)


def template_of(name: str) -> Template:
    """A template by the name of its file."""
    return _environment().get_template(name)


def _context(course: Course, view: View) -> dict[str, object]:
    discreet, protocol, clinic = is_discreet(course, view), course.protocol, course.clinic
    tentative = [visit for visit in course.visits if visit.status == "tentative"]
    taking = [visit for visit in course.visits if visit.status in TAKES_PLACE]
    unruled = [visit for visit in taking if _without_rule(course, visit)]
    later = {phase.name for phase in protocol.phases if phase.tentative}
    currency = neutral(clinic.prices.currency) if discreet else clinic.prices.currency
    # A page for clinical titles has the whole address; the neutral place is for calendars.
    place = place_of(course, discreet=True) if discreet else one_line(clinic.address)
    return {
        "course": course,
        "protocol": protocol,
        "discreet": discreet,
        "label": view.driver_label,
        "clinic_name": clinic_name(course, discreet=discreet),
        "place": place,
        "phone": phone_of(course, discreet=discreet),
        "words": words_of(course, discreet=discreet),
        "bill": bill(course),
        "span": _span(course),
        "sure": [visit for visit in course.visits if visit.status != "tentative"],
        "on_hold": any(visit.status == "held" for visit in course.visits),
        "no_more": not any(visit.status in ("planned", "tentative") for visit in course.visits),
        "status_text": lambda item: STATUS_WORDS.get(item.status, item.status),
        "held_back": [visit for visit in tentative if visit.phase not in later],
        "boosters": [visit for visit in tentative if visit.phase in later],
        "driven": any(protocol.visits[visit.kind].needs_driver for visit in taking),
        "unruled": unruled,
        "all_unruled": len(unruled) == len(taking),
        "of_width": max(8, *(len(visit.of) + 2 for visit in course.visits)),
        "former": former_dates(course, view),
        "revision": course_revision_text(course),
        "may_move": _may_move,
        "no_rule": lambda visit: "ask your clinic" if visit in unruled else "",
        "collected": lambda visit: _collected(course, visit),
        "driver_name": lambda visit: driver_name(visit.driver, discreet=discreet),
        "driver_of": lambda visit: driver_text(visit.driver, discreet=discreet),
        "amount": lambda amount: amount.text(currency),
        "entry_text": _entry_text,
        "price_text": lambda line: _price_text(line, currency),
        "kind_title": lambda kind: kind_title(kind, discreet=discreet),
        "visit_title": lambda visit: visit_title(course, visit, discreet=discreet),
        "review_title": lambda review: review_title(course, review, discreet=discreet),
        **_about_rides(course, view),
        "reminders": lambda visit: [one.said for one in reminders(course, visit)],
    }


def _about_rides(course: Course, view: View) -> dict[str, object]:
    """What a page says of the rides that are to come; a driver's is of their own."""
    discreet = is_discreet(course, view)
    rides = [one for one in course.visits if _is_to_come(course, one) and drives(view, one)]
    called = {
        driver_text(visit.driver, discreet=discreet)
        for visit in rides
        if visit.driver and visit.driver.phone
    }
    return {
        "rides": rides,
        "rides_of": neutral(view.rides_of),
        "several_drive": len({visit.driver and visit.driver.name for visit in rides}) > 1,
        "drivers": sorted(called),
        "ride_driver": lambda visit: driver_name(visit.driver, discreet=True),
        "ride_former": former_dates(course, View("driver", rides_of=view.rides_of)),
        "ride_place": place_of(course, discreet=True),
        "ride_phone": phone_of(course, discreet=True),
        "left_out": reminders_left_out(course, rides),
    }


def _span(course: Course) -> tuple[datetime, datetime]:
    """The first and the last visit of those that take place, or of all if none does."""
    starts = [visit.start for visit in course.visits if visit.status in TAKES_PLACE]
    starts = starts or [visit.start for visit in course.visits]
    return starts[0], starts[-1]


def _collected(course: Course, visit: Visit) -> str:
    """When a visit is over, or that there is nothing to be collected from."""
    place = course.protocol.visits[visit.kind].place
    return clock_text(visit.end) if place == "clinic" else place_text(place)


def _is_to_come(course: Course, visit: Visit) -> bool:
    """Whether a ride is still to be arranged; a first revision may be made afterwards."""
    today = course.history[-1].at.date() if course.revision > 1 else date.min
    is_ahead = visit.status != "completed" and visit.start.date() >= today
    return is_ahead and has_ride(course, visit)


STATUS_WORDS = {
    "missed": "did not take place",
    "omitted": "left out",
    "ceased": "does not take place",
    "held": "on hold",
}


def _entry_text(entry: Entry, revision: int) -> str:
    """A line of the history: what was done, why and by whom. For the clinic only."""
    why = f", because of: {entry.why}" if entry.why else ""
    by = f" ({entry.by})" if entry.by else ""
    return one_line(f"revision {revision}, {_moment(entry.at)}: {entry.what}{why}{by}")


def _price_text(line: PriceLine, currency: str) -> str:
    if line.each is None or line.amount is None:
        return "ask your clinic"
    each = f"{line.each.text(currency)} each, " if line.count > 1 else ""
    return each + line.amount.text(currency)


def _may_move(visit: Visit) -> str:
    first, last = visit.window.earliest, visit.window.latest
    return f"may move, {day_text(first, year=False)} to {day_text(last, year=False)}"


def _without_rule(course: Course, visit: Visit) -> bool:
    kind = course.protocol.visits[visit.kind]
    return kind.needs_driver and visit.no_driving_until is None


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("ketasched.render"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters: dict[str, Callable[..., str]] = {
        "day": lambda moment: day_text(moment),
        "short_day": lambda moment: day_text(moment, year=False),
        "clock": clock_text,
        "moment": _moment,
        "one_line": one_line,
        "wrapped": _wrapped,
    }
    environment.filters |= filters
    environment.globals |= {
        "takes_place": TAKES_PLACE,
        "to_be_decided": TO_BE_DECIDED,
        "only_after_rest": ONLY_AFTER_REST,
        "delete_first": DELETE_FIRST,
        "delete_old": DELETE_OLD,
        "ask_about_driving": ASK_ABOUT_DRIVING,
    }
    return environment


def _moment(moment: datetime) -> str:
    return f"{day_text(moment, year=False)}, {clock_text(moment)}"


@lru_cache(maxsize=1024)
def _wrapped(text: str, indent: int = 0) -> str:
    """The text folded at the page's width, its own breaks kept, later lines indented."""
    lines = (textwrap.wrap(line, WIDTH - indent) or [""] for line in text.strip().splitlines())
    return f"\n{' ' * indent}".join(line for folded in lines for line in folded)
