"""The course as small month grids for a terminal, like `cal`; its days marked, also in colour."""

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from types import MappingProxyType
from typing import NamedTuple

import click

from ketasched.model import TO_BE_DECIDED, Course
from ketasched.render import View
from ketasched.render.grid import Day, Month, Sort, grids, marks
from ketasched.render.wording import revision_text

ACROSS = 2
"""Grids side by side: more are wider than a terminal of 80 columns."""

WIDTH, BETWEEN = 28, "    "
"""Columns of a grid, four for each weekday, and what is between two grids."""


class Sign(NamedTuple):
    """How a marked day looks: what is around its number, its colour, and what the legend says."""

    around: str
    colour: str
    said: str


SIGNS: Mapping[Sort, Sign] = MappingProxyType(
    {
        "visit": Sign("[]", "green", "appointment"),
        "tentative": Sign("<>", "yellow", f"appointment, {TO_BE_DECIDED}"),
        "review": Sign("()", "cyan", "talk on how it goes"),
    }
)


def render(course: Course, view: View) -> str:
    """The months that have something on them, what the signs mean, and the revision."""
    months = [list(_grid(month, view)) for month in grids(course, view)]
    sorts = {mark.sort for mark in marks(course, view).values()}
    rows = [months[first : first + ACROSS] for first in range(0, len(months), ACROSS)]
    return "\n\n".join(
        (
            *("\n".join(_beside(row)) for row in rows),
            "\n".join(_legend(sort, view) for sort in SIGNS if sort in sorts)
            or "There is nothing to come.",
            f"{revision_text(course)}\n",
        )
    )


def _legend(sort: Sort, view: View) -> str:
    said = "ride, there and back" if view.audience == "driver" else SIGNS[sort].said
    return f"{_cell(Day(0), sort, view)}  {said}"


def _grid(month: Month, view: View) -> Iterator[str]:
    yield month.title.center(WIDTH)
    yield "".join(f" {name[:2]} " for name in month.weekdays)
    for week in month.weeks:
        yield "".join(_cell(day, day.mark.sort if day.mark else None, view) for day in week)


def _cell(day: Day, sort: Sort | None, view: View) -> str:
    number = f"{day.number:2}" if day.number else "  "
    if sort is None:
        return f" {number} "
    sign = SIGNS[sort]
    text = f"{sign.around[0]}{number}{sign.around[1]}"
    return click.style(text, fg=sign.colour, bold=True) if view.colour else text


def _beside(grids: list[list[str]]) -> Iterator[str]:
    """The lines of grids side by side; all lines of a grid are equally wide."""
    for lines in zip_longest(*grids, fillvalue=" " * WIDTH):
        yield BETWEEN.join(lines).rstrip()
