"""The itinerary as plain text, to print or to read out: one template for each audience."""

import textwrap
from collections.abc import Callable
from datetime import datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from ketasched.model import TO_BE_DECIDED, Course, Visit
from ketasched.render import View
from ketasched.render.events import asks_for_driver, reminder_times, reminders_left_out
from ketasched.render.wording import (
    ASK_ABOUT_DRIVING,
    ONLY_AFTER_REST,
    is_discreet,
    one_line,
    place_text,
    review_title,
    revision_text,
    visit_title,
    words_of,
)
from ketasched.times import clock_text, day_text

WIDTH = 78


def render(course: Course, view: View) -> str:
    """The page for this audience, lines of at most 78 characters where the words allow it."""
    discreet, protocol = is_discreet(course) and view.audience != "clinic", course.protocol
    tentative = [visit for visit in course.visits if visit.status == "tentative"]
    unruled = [visit for visit in course.visits if _without_rule(course, visit)]
    later = {phase.name for phase in protocol.phases if phase.tentative}
    text = (
        _environment()
        .get_template(f"{view.audience}.txt")
        .render(
            course=course,
            clinic=course.clinic,
            protocol=protocol,
            discreet=discreet,
            words=words_of(course, discreet=discreet),
            rides=[visit for visit in course.visits if asks_for_driver(course, visit)],
            held_back=[visit for visit in tentative if visit.phase not in later],
            boosters=[visit for visit in tentative if visit.phase in later],
            driven=any(protocol.visits[visit.kind].needs_driver for visit in course.visits),
            no_rule=lambda visit: "ask your clinic" if visit in unruled else "",
            unruled=unruled,
            all_unruled=len(unruled) == len(course.visits),
            collected=lambda visit: _collected(course, visit),
            left_out=reminders_left_out(course),
            visit_title=lambda visit: visit_title(course, visit, discreet=discreet),
            review_title=lambda review: review_title(course, review, discreet=discreet),
            reminders=lambda visit: [moment for _, moment in reminder_times(course, visit)],
            revision=revision_text(course),
        )
    )
    return "\n".join(line.rstrip() for line in text.rstrip("\n").split("\n")) + "\n"


def _collected(course: Course, visit: Visit) -> str:
    """When a visit is over, or that there is nothing to be collected from."""
    place = course.protocol.visits[visit.kind].place
    return clock_text(visit.end) if place == "clinic" else place_text(place)


def _without_rule(course: Course, visit: Visit) -> bool:
    kind = course.protocol.visits[visit.kind]
    return kind.needs_driver and visit.no_driving_until is None


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("ketasched.render"),
        autoescape=False,  # noqa: S701 - plain text: there is nothing to escape it for
        undefined=StrictUndefined,
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
        "to_be_decided": TO_BE_DECIDED,
        "only_after_rest": ONLY_AFTER_REST,
        "ask_about_driving": ASK_ABOUT_DRIVING,
    }
    return environment


def _moment(moment: datetime) -> str:
    return f"{day_text(moment, year=False)}, {clock_text(moment)}"


def _wrapped(text: str, indent: int = 0) -> str:
    """The text folded at the page's width, its own breaks kept, later lines indented."""
    lines = (textwrap.wrap(line, WIDTH - indent) or [""] for line in text.strip().splitlines())
    return f"\n{' ' * indent}".join(line for folded in lines for line in folded)
