"""The day sheet as CSV: a line for each visit."""

from collections.abc import Iterator

from ketasched.files.csv_cells import csv_line
from ketasched.language.locale import Locale
from ketasched.model.wall_clock import clock_text
from ketasched.render.day_sheet.day_visit import NO_DRIVER
from ketasched.render.day_sheet.sheet import DaySheet

COLUMNS = (
    *("date", "check_in", "chair", "patient", "visit", "title", "status", "treatment", "collect"),
    *("driver_name", "driver_phone", "marks", "no_driving_until", "number", "patient_phone"),
)


def render(sheet: DaySheet, _locale: Locale) -> str:
    """The table with a header; the marks of a visit are separated by ";"."""
    return b"".join(csv_line(row) for row in (COLUMNS, *_rows(sheet))).decode()


def _rows(sheet: DaySheet) -> Iterator[tuple[str, ...]]:
    for visit in sheet.visits:
        missing = NO_DRIVER if visit.needs_driver else ""
        yield (
            sheet.day.isoformat(),
            clock_text(visit.start),
            visit.chair_text,
            visit.patient,
            visit.of,
            visit.title,
            visit.status,
            clock_text(visit.treatment_start),
            clock_text(visit.end),
            visit.driver.name if visit.driver else missing,
            visit.driver.phone if visit.driver else "",
            ";".join(visit.marks),
            visit.no_driving_until.isoformat() if visit.no_driving_until else "",
            str(visit.number),
            visit.patient_phone,
        )
