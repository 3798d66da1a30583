"""The course as month grids for a terminal, like `cal`, with marked days, also in colour."""

from collections.abc import Iterator, Mapping
from itertools import zip_longest

from ketasched.events.view import View, reader_locale
from ketasched.events.wording import course_revision_text
from ketasched.model import Course
from ketasched.render.month_grid import MORE, MarkKind, Month, legend, month_grids, more_meaning
from ketasched.render.text import wrap

GRIDS_PER_ROW = 2
"""More are wider than a terminal of 80 columns."""

WIDTH, GAP = 28, "    "
"""The columns of a grid, four for each weekday, and the gap between two grids."""


MARK_STYLES: Mapping[MarkKind, tuple[str, str, int]] = {
    "visit": ("[", "]", 32),
    "home": ("{", "}", 35),
    "elsewhere": ("|", "|", 34),
    "tentative": ("<", ">", 33),
    "review": ("(", ")", 36),
}
"""The text before and after the number of a marked day, and its colour (ANSI)."""


def render(course: Course, view: View) -> str:
    """The months that have a mark, the legend, and the revision."""
    locale = reader_locale(course, view)
    grids = [list(_grid_lines(month, view)) for month in month_grids(course, view)]
    rows = [grids[first : first + GRIDS_PER_ROW] for first in range(0, len(grids), GRIDS_PER_ROW)]
    meanings = [f"{_cell('  ', kind, view)}  {text}" for kind, text in legend(course, view)]
    if more := more_meaning(course, view):
        meanings.append(f"   {MORE}  {more}")
    return locale.plain(
        "\n\n".join(
            (
                *("\n".join(_join_grids(row)) for row in rows),
                "\n".join(meanings) or locale.text("There is nothing to come."),
                f"{wrap(course_revision_text(course, locale))}\n",
            )
        )
    )


def _grid_lines(month: Month, view: View) -> Iterator[str]:
    yield month.title.center(WIDTH)
    yield "".join(f" {name[:2]} " for name in month.weekdays)
    for week in month.weeks:
        yield "".join(
            _cell(
                f"{number or '':>2}",
                mark.kind if mark else None,
                view,
                has_more=mark is not None and mark.more,
            )
            for number, mark in week
        )


def _cell(number: str, kind: MarkKind | None, view: View, *, has_more: bool = False) -> str:
    if kind is None:
        return f" {number} "
    before, after, colour = MARK_STYLES[kind]
    text = f"{before}{number}{MORE if has_more else after}"
    return f"\x1b[1;{colour}m{text}\x1b[0m" if view.colour else text


def _join_grids(grids: list[list[str]]) -> Iterator[str]:
    """The lines of grids side by side; all lines of a grid are equally wide."""
    for lines in zip_longest(*grids, fillvalue=" " * WIDTH):
        yield GAP.join(lines).rstrip()
