"""The day sheet as plain text, to read in a terminal or to print."""

from collections.abc import Iterable, Iterator, Sequence

from ketasched.model.wall_clock import clock_text, day_text
from ketasched.render.day_sheet.sheet import DayReview, DaySheet, DayVisit

HEAD = ("Check-in", "Chair", "Patient", "Visit", "Treatment", "Collect", "Driver")


def render(sheet: DaySheet) -> str:
    """The sheet, by time and chair."""
    return "\n".join(_lines(sheet)) + "\n"


def _lines(sheet: DaySheet) -> Iterator[str]:
    if sheet.clinic:
        yield sheet.clinic
    yield f"{day_text(sheet.day)}: {sheet.summary}"
    if sheet.visits:
        yield ""
        yield from _visit_table(sheet.visits)
    if sheet.talks:
        yield from ("", "TALKS AND CALLS", "")
        yield from map(_review_line, sheet.talks)


def _visit_table(visits: Sequence[DayVisit]) -> Iterator[str]:
    """The table of visits; what else there is to know of a visit is in the line below it."""
    rows = [_cells(visit) for visit in visits]
    widths = [max(map(len, column)) for column in zip(HEAD, *rows, strict=True)]
    yield _row(HEAD, widths)
    for visit, cells in zip(visits, rows, strict=True):
        yield _row(cells, widths)
        indent = " " * (widths[0] + 2)
        if visit.marks:
            yield f"{indent}{', '.join(visit.marks)}"
        yield f"{indent}{visit.no_driving_text}"


def _cells(visit: DayVisit) -> tuple[str, ...]:
    return (
        clock_text(visit.start),
        visit.chair_text or "-",
        visit.patient,
        f"{visit.of}, {visit.title}",
        clock_text(visit.treatment_start),
        clock_text(visit.end),
        visit.driver_text,
    )


def _row(cells: Iterable[str], widths: list[int]) -> str:
    padded = [f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)]
    return "  ".join(padded).rstrip()


def _review_line(review: DayReview) -> str:
    where = {"clinic": "here", "phone": "by phone", "home": "at home"}[review.place]
    where = "at check-in" if review.at_check_in else where
    gate = "; the visits after it wait for it" if review.gate else ""
    title = f"{review.title} (after visit {review.after}, {where}{gate})"
    return f"{clock_text(review.start)}  {review.patient}  {title}"
