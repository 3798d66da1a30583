"""The table of visits on a page in plain text, as wide as its language and its clock need."""

import textwrap
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import NamedTuple

from ketasched.language.locale import Locale
from ketasched.model import Visit
from ketasched.model.memo import memoised
from ketasched.render.page import Page

TABLE_WIDTH = 80
"""The characters of a line at most, if words allow it."""

HEAD_WIDTH = 12
"""The characters of a heading's line."""

LEAST_WIDTHS, GAPS = (9, 0, 10, 11, 13), (3, 2, 2, 2, 2)
"""The characters of all columns but the last one, and those between a cell and the next."""


class VisitTable(NamedTuple):
    """The lines of the heading, those of each visit by its UID, and what indents a further one."""

    head: list[str]
    lines: Mapping[str, list[str]]
    indent: str


def make_visit_table(page: Page) -> VisitTable:
    """The table: with years if it is narrow enough, else as the page's heading says them.

    If the table is too wide even so, the time without driving has a line of its own.
    """
    locale = page.locale
    until = locale.day_width(year=False) + len(", ") + locale.clock_width
    for has_years in (True, False):
        rows = {one.uid: _cells(page, one, has_years=has_years) for one in page.course.visits}
        headings = _headings(locale=locale, comes=page.comes)
        head = [*zip_longest(*headings, fillvalue="")]
        days = locale.day_width(year=has_years)
        widths = _widths([*head, *rows.values()], days)
        is_narrow = sum(widths) + until <= TABLE_WIDTH
        if is_narrow:
            break
    count = len(widths) + is_narrow
    indent = " " * widths[0]
    lines = {uid: [row(cells[:count], widths)] for uid, cells in rows.items()}
    for uid, cells in rows.items():
        if cells[count:] and cells[-1]:
            said = locale.text("No driving before: {moment}", moment=cells[-1])
            lines[uid].append(f"{indent}{said}")
    for visit in page.course.visits:
        if said := page.attendant_text(visit):
            lines[visit.uid].append(f"{indent}{said}")
    shown = (cells[:count] for cells in head)
    return VisitTable([row(cells, widths) for cells in shown if any(cells)], lines, indent)


@memoised
def _headings(*, locale: Locale, comes: bool) -> list[list[str]]:
    """The lines of each heading; `comes` is whether the patient comes to the clinic."""
    text = locale.text
    headings = (
        "",
        text("Day"),
        text("Check-in") if comes else "",
        text("Treatment begins"),
        text("Ready to be collected") if comes else "",
        text("No driving before"),
    )
    return [textwrap.wrap(one, HEAD_WIDTH, break_long_words=False) for one in headings]


def _cells(page: Page, visit: Visit, *, has_years: bool) -> tuple[str, ...]:
    of, day = page.ordinal(visit), page.locale.day_text(visit.start, year=has_years)
    if said := page.status_text(visit):
        return (of, day, said)
    begin, treatment = page.check_in_text(visit), page.locale.clock_text(visit.treatment_start)
    return (of, day, begin, treatment, page.collect_text(visit), page.no_driving_before(visit))


def _widths(rows: Sequence[Sequence[str]], days: int) -> list[int]:
    """The characters of all columns but the last one; `days` are those of the longest date."""
    whole = [row for row in rows if len(row) > len(LEAST_WIDTHS)]
    longest = [max(map(len, column)) for column in zip(*whole, strict=True)]
    longest[0], longest[1] = max(len(row[0]) for row in rows), days
    return [
        max(least, size + gap)
        for least, size, gap in zip(LEAST_WIDTHS, longest, GAPS, strict=False)
    ]


def row(cells: Sequence[str], widths: Sequence[int]) -> str:
    """A row of a table: its cells in columns, of which the last one has no width."""
    return "".join(f"{cell:<{width}}" for cell, width in zip(cells, (*widths, 0), strict=False))
