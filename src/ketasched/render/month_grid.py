"""A course as month grids: the days of its months in weeks, and what is marked on them."""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ketasched.events.rides import has_ride
from ketasched.events.view import View
from ketasched.model import TAKES_PLACE, TO_BE_DECIDED, WEEKDAYS, Course
from ketasched.model.wall_clock import DAYS, MONTHS, clock_text

Sort = Literal["visit", "tentative", "review"]


@dataclass(frozen=True, slots=True)
class Mark:
    """What is on a day: a visit, one that is to be decided, or a review, and when it begins."""

    sort: Sort
    clock: str
    by_phone: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """A cell of a grid: a day of the month, its mark if it has one. 0 is a cell without a day."""

    number: int
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Month:
    """A grid: "December 2026", the weekdays over its columns, and its weeks of seven days."""

    title: str
    weekdays: tuple[str, ...]
    weeks: tuple[tuple[Day, ...], ...]

    def is_bare(self, index: int) -> bool:
        """Whether nothing is marked from this week to the beginning or the end of the month."""
        marked = [any(day.mark for day in week) for week in self.weeks]
        return not any(marked[: index + 1]) or not any(marked[index:])


def grids(course: Course, view: View) -> list[Month]:
    """The months that have something on them for this audience, the earliest first."""
    found = marks(course, view)
    begins = WEEKDAYS.index(course.clinic.week_begins)
    names = tuple(DAYS[(begins + number) % 7] for number in range(7))
    return [
        Month(f"{MONTHS[month - 1]} {year}", names, _weeks(year, month, begins, found))
        for year, month in sorted({(day.year, day.month) for day in found})
    ]


def marks(course: Course, view: View) -> Mapping[date, Mark]:
    """The marked days of a course: for a driver those of the rides, else visits and reviews.

    What does not take place has no mark; a visit's day is its own, whatever else is on it.
    """
    found: dict[date, Mark] = {}
    if view.audience != "driver":
        for review in course.reviews:
            if review.status in TAKES_PLACE:
                found[review.start.date()] = Mark(
                    "review", clock_text(review.start), by_phone=review.place == "phone"
                )
    for visit in course.visits:
        rides = view.audience == "driver"
        if has_ride(course, visit) if rides else visit.status in TAKES_PLACE:
            sort: Sort = "tentative" if visit.status == "tentative" else "visit"
            found[visit.start.date()] = Mark(sort, clock_text(visit.start))
    return found


def legend(course: Course, view: View) -> list[tuple[Sort, str]]:
    """What the marks of a course mean, those that it has."""
    there = {mark.sort for mark in marks(course, view).values()}
    visit = "ride, there and back" if view.audience == "driver" else "appointment"
    said: dict[Sort, str] = {
        "visit": visit,
        "tentative": f"appointment, {TO_BE_DECIDED}",
        "review": "talk or call",
    }
    return [(sort, text) for sort, text in said.items() if sort in there]


def _weeks(
    year: int, month: int, begins: int, found: Mapping[date, Mark]
) -> tuple[tuple[Day, ...], ...]:
    weeks = calendar.Calendar(begins).monthdayscalendar(year, month)
    return tuple(
        tuple(Day(day, found.get(date(year, month, day)) if day else None) for day in week)
        for week in weeks
    )
