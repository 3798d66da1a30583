"""The dates of a page in one list: visits and talks, by time, each with how its row looks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ketasched.events.wording import is_at_check_in
from ketasched.model import TAKES_PLACE, Companion, Course, Place, Visit
from ketasched.model.companion_slots import home_phase

RowKind = Literal["visit", "home", "call", "talk", "maybe", "done", "ended", "elsewhere"]

KINDS_BY_PLACE: dict[Place, RowKind] = {"clinic": "visit", "home": "home", "phone": "call"}
"""The kind of a planned visit."""


@dataclass(frozen=True, slots=True)
class DateRow:
    """A visit, with the talk at its check-in if there is one, or a talk on its own."""

    kind: RowKind
    item: Visit | Companion
    talk: Companion | None = None


def date_rows(course: Course) -> list[DateRow]:
    """The rows of a course, by time; tentative visits are "maybe"."""
    return sorted(_rows(course), key=lambda row: row.item.start.timestamp())


def _rows(course: Course) -> Iterator[DateRow]:
    talks = {
        review.start: review
        for review in course.companions
        if review.status in TAKES_PLACE and is_at_check_in(course, review)
    }
    for visit in course.visits:
        yield DateRow(_visit_kind(course, visit), visit, talks.get(visit.start))
    for review in course.companions:
        if talks.get(review.start) is not review:
            yield DateRow(_companion_kind(course, review), review)


def _visit_kind(course: Course, visit: Visit) -> RowKind:
    if visit.elsewhere:
        return "elsewhere"
    if visit.status == "tentative":
        return "maybe"
    if visit.status == "completed":
        return "done"
    place = course.protocol.visits[visit.kind].place
    return KINDS_BY_PLACE[place] if visit.status in TAKES_PLACE else "ended"


def _companion_kind(course: Course, companion: Companion) -> RowKind:
    if companion.status == "completed":
        return "done"
    if companion.status not in TAKES_PLACE:
        return "ended"
    if home_phase(course.protocol, companion):
        return "home"
    return "call" if companion.place == "phone" else "talk"
