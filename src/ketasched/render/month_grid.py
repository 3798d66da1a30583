"""A course as month grids: the weeks of each month, and the marks on their days."""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from ketasched.events.rides import needs_ride
from ketasched.events.view import View, reader_locale
from ketasched.model import TAKES_PLACE, WEEKDAYS, Course
from ketasched.model.companion_slots import home_phase

MarkKind = Literal["visit", "home", "elsewhere", "tentative", "review"]


@dataclass(frozen=True, slots=True)
class DayMark:
    """The mark of a day with a visit or a review, by its kind, and when that begins."""

    kind: MarkKind
    clock: str
    by_phone: bool = False


class Day(NamedTuple):
    """A cell of a grid: a day of the month, or 0 for a cell that is outside of the month."""

    number: int
    mark: DayMark | None


@dataclass(frozen=True, slots=True)
class Month:
    """A grid: the title "December 2026", the names of the weekdays, and weeks of seven days."""

    title: str
    weekdays: tuple[str, ...]
    weeks: tuple[tuple[Day, ...], ...]

    @property
    def marked_weeks(self) -> tuple[tuple[Day, ...], ...]:
        """The weeks from the first one with a mark to the last one."""
        marked = [index for index, week in enumerate(self.weeks) if any(day.mark for day in week)]
        return self.weeks[marked[0] : marked[-1] + 1]


def month_grids(course: Course, view: View) -> list[Month]:
    """The months that have a mark for this audience, in order."""
    marks = marked_days(course, view)
    first_weekday = WEEKDAYS.index(course.clinic.week_begins)
    locale = reader_locale(course, view)
    names = locale.weekday_names
    names = (*names[first_weekday:], *names[:first_weekday])
    return [
        Month(locale.month_text(year, month), names, _weeks(year, month, first_weekday, marks))
        for year, month in sorted({(day.year, day.month) for day in marks})
    ]


def marked_days(course: Course, view: View) -> Mapping[date, DayMark]:
    """The marks by day: of the rides for a driver, of visits and companions for anybody else.

    A visit or companion that does not take place has no mark. A visit takes precedence over a
    companion on the same day.
    """
    is_driver = view.audience == "driver"
    clock_text = reader_locale(course, view).clock_text
    marks = {}
    home = {one.uid for one in course.companions if home_phase(course.protocol, one)}
    # A home day takes precedence over a companion on the same day: it is a treatment.
    for one in sorted(course.companions, key=lambda one: one.uid in home):
        if needs_ride(course, one) if is_driver else one.status in TAKES_PLACE:
            is_home = one.uid in home
            own: MarkKind = "visit" if is_driver else "home" if is_home else "review"
            mark = DayMark(own, clock_text(one.start), one.place == "phone")
            marks[one.start.date()] = mark
    for visit in course.visits:
        if needs_ride(course, visit) if is_driver else visit.status in TAKES_PLACE:
            place = course.protocol.visits[visit.kind].place
            kind: MarkKind = "home" if place == "home" else "visit"
            if visit.status == "tentative":
                kind = "tentative"
            elif visit.elsewhere:
                kind = "elsewhere"
            marks[visit.start.date()] = DayMark(kind, clock_text(visit.start), place == "phone")
    return marks


def legend(course: Course, view: View) -> list[tuple[MarkKind, str]]:
    """The kinds of marks that the course has, and what they mean."""
    kinds = {mark.kind for mark in marked_days(course, view).values()}
    only_reviews = all(one.is_review for one in course.companions)
    text, is_driver = reader_locale(course, view).text, view.audience == "driver"
    meanings: dict[MarkKind, str] = {
        "visit": text("ride, there and back") if is_driver else text("appointment"),
        "home": text("at home"),
        "elsewhere": text("took place elsewhere"),
        "tentative": text("appointment, to be decided by your clinician"),
        "review": text("talk or call") if only_reviews else text("other appointment, or call"),
    }
    return [(kind, meaning) for kind, meaning in meanings.items() if kind in kinds]


def _weeks(
    year: int, month: int, first_weekday: int, marks: Mapping[date, DayMark]
) -> tuple[tuple[Day, ...], ...]:
    weeks = calendar.Calendar(first_weekday).monthdayscalendar(year, month)
    return tuple(
        tuple(Day(day, marks.get(date(year, month, day)) if day else None) for day in week)
        for week in weeks
    )
