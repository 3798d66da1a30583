"""The day sheet as CSV: a line for each visit."""

from ketasched.files.csv_cells import csv_line
from ketasched.model.wall_clock import clock_text
from ketasched.render.day_sheet.sheet import Sheet
from ketasched.render.day_sheet.text import NO_DRIVER

COLUMNS = (
    *("date", "check_in", "chair", "patient", "visit", "title", "status", "treatment", "collect"),
    *("driver_name", "driver_phone", "marks"),
)


def render(sheet: Sheet) -> str:
    """The table, with a header; several marks in a cell are separated by ";"."""
    lines = [csv_line(COLUMNS)]
    for one in sheet.visits:
        missing = NO_DRIVER if one.needs_driver else ""
        lines.append(
            csv_line(
                (
                    sheet.day.isoformat(),
                    clock_text(one.start),
                    str(one.chair or ""),
                    one.patient,
                    one.of,
                    one.title,
                    one.status,
                    clock_text(one.treatment_start),
                    clock_text(one.end),
                    one.driver.name if one.driver else missing,
                    one.driver.phone if one.driver else "",
                    ";".join(one.marks),
                )
            )
        )
    return b"".join(lines).decode()
