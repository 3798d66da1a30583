"""The day sheet as plain text, to read in a terminal or to print."""

from collections.abc import Iterable, Iterator, Sequence

from ketasched.model.wall_clock import clock_text, day_text
from ketasched.render.day_sheet.sheet import Coming, Sheet, Talk

NO_DRIVER = "NO DRIVER"
HEAD = ("Check-in", "Chair", "Patient", "Visit", "Treatment", "Collect", "Driver")


def render(sheet: Sheet) -> str:
    """The sheet, by time and chair."""
    return "\n".join(_lines(sheet)) + "\n"


def _lines(sheet: Sheet) -> Iterator[str]:
    if sheet.clinic:
        yield sheet.clinic
    yield f"{day_text(sheet.day)}: {summary(sheet)}"
    if sheet.visits:
        yield ""
        yield from visit_lines(sheet.visits)
    if sheet.talks:
        yield from ("", "TALKS AND CALLS", "")
        yield from (_talk(one) for one in sheet.talks)


def summary(sheet: Sheet) -> str:
    """How many visits there are, and how many have no driver: "5 visits, 2 without a driver"."""
    count, missing = len(sheet.visits), sheet.without_driver
    said = "no visits" if not count else "1 visit" if count == 1 else f"{count} visits"
    return f"{said}, {missing} without a driver" if missing else said


def visit_lines(visits: Sequence[Coming]) -> Iterator[str]:
    """A table of visits; what has to be known of one stands below it."""
    rows = [_cells(one) for one in visits]
    widths = [max(map(len, column)) for column in zip(HEAD, *rows, strict=True)]
    yield _row(HEAD, widths)
    for one, cells in zip(visits, rows, strict=True):
        yield _row(cells, widths)
        if one.marks:
            yield f"{' ' * (widths[0] + 2)}{', '.join(one.marks)}"


def driver_text(one: Coming) -> str:
    """Who drives, with the phone; `NO_DRIVER` where somebody has to be found."""
    if one.needs_driver:
        return NO_DRIVER
    return ", ".join(filter(None, (one.driver.name, one.driver.phone))) if one.driver else ""


def _cells(one: Coming) -> tuple[str, ...]:
    return (
        clock_text(one.start),
        str(one.chair or "-"),
        one.patient,
        f"{one.of}, {one.title}",
        clock_text(one.treatment_start),
        clock_text(one.end),
        driver_text(one),
    )


def _row(cells: Iterable[str], widths: list[int]) -> str:
    return "  ".join(
        f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)
    ).rstrip()


def _talk(one: Talk) -> str:
    where = {"clinic": "here", "phone": "by phone", "home": "at home"}[one.place]
    where = "at check-in" if one.at_check_in else where
    gate = "; the visits after it wait for it" if one.gate else ""
    said = f"{one.title} (after visit {one.after}, {where}{gate})"
    return f"{clock_text(one.start)}  {one.patient}  {said}"
