"""The course as small month grids for a terminal, like `cal`; its days marked, also in colour."""

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from types import MappingProxyType
from typing import NamedTuple

from ketasched.events.view import View
from ketasched.events.wording import course_revision_text
from ketasched.model import Course
from ketasched.render.month_grid import Month, Sort, grids, legend

ACROSS = 2
"""Grids side by side: more are wider than a terminal of 80 columns."""

WIDTH, BETWEEN = 28, "    "
"""Columns of a grid, four for each weekday, and what is between two grids."""


class Sign(NamedTuple):
    """How a marked day looks: what is before and after its number, and its colour (ANSI)."""

    before: str
    after: str
    colour: int


SIGNS: Mapping[Sort, Sign] = MappingProxyType(
    {"visit": Sign("[", "]", 32), "tentative": Sign("<", ">", 33), "review": Sign("(", ")", 36)}
)


def render(course: Course, view: View) -> str:
    """The months that have something on them, what the signs mean, and the revision."""
    months = [list(_grid(month, view)) for month in grids(course, view)]
    rows = [months[first : first + ACROSS] for first in range(0, len(months), ACROSS)]
    signs = [f"{_marked('  ', sort, view)}  {said}" for sort, said in legend(course, view)]
    return "\n\n".join(
        (
            *("\n".join(_beside(row)) for row in rows),
            "\n".join(signs) or "There is nothing to come.",
            f"{course_revision_text(course)}\n",
        )
    )


def _grid(month: Month, view: View) -> Iterator[str]:
    yield month.title.center(WIDTH)
    yield "".join(f" {name[:2]} " for name in month.weekdays)
    for week in month.weeks:
        yield "".join(
            _marked(f"{day.number or '':>2}", day.mark.sort if day.mark else None, view)
            for day in week
        )


def _marked(number: str, sort: Sort | None, view: View) -> str:
    if sort is None:
        return f" {number} "
    sign = SIGNS[sort]
    text = f"{sign.before}{number}{sign.after}"
    return f"\x1b[1;{sign.colour}m{text}\x1b[0m" if view.colour else text


def _beside(months: list[list[str]]) -> Iterator[str]:
    """The lines of grids side by side; all lines of a grid are equally wide."""
    for lines in zip_longest(*months, fillvalue=" " * WIDTH):
        yield BETWEEN.join(lines).rstrip()
