"""The call list as CSV: a line for each visit or talk that moves, or has no place."""

from collections.abc import Iterator
from datetime import datetime

from ketasched.files.csv_cells import csv_line
from ketasched.language.locale import Locale
from ketasched.model.wall_clock import clock_text
from ketasched.render.call_list.calls import LEFT_OUT, CallList
from ketasched.render.day_sheet.day_visit import NO_DRIVER

COLUMNS = (
    *("patient", "patient_phone", "number", "visit", "was_date", "was_check_in"),
    *("date", "check_in", "driver_name", "driver_phone"),
    *("former_driver_name", "former_driver_phone", "no_place"),
)


def render(calls: CallList, _locale: Locale) -> str:
    """The table with a header; a visit without a place has no new date, and says why."""
    return b"".join(csv_line(row) for row in (COLUMNS, *_rows(calls))).decode()


def _rows(calls: CallList) -> Iterator[tuple[str, ...]]:
    for call in calls.calls:
        missing = NO_DRIVER if call.needs_driver else ""
        yield (
            call.patient,
            call.patient_phone,
            str(call.number or ""),
            call.of,
            *(_moment(call.was) if call.was else ("", "")),
            *(_moment(call.now) if call.now else ("", "")),
            call.driver.name if call.driver else missing,
            call.driver.phone if call.driver else "",
            call.former_driver.name if call.former_driver else "",
            call.former_driver.phone if call.former_driver else "",
            "" if call.now else LEFT_OUT,
        )
    for one in calls.not_placed:
        for misfit in one.misfits:
            who = one.patient, one.patient_phone, str(misfit.visit), ""
            why = "; ".join((misfit.message, *one.reasons))
            yield (*who, *_moment(misfit.start), *("",) * 6, why)


def _moment(moment: datetime) -> tuple[str, str]:
    return moment.date().isoformat(), clock_text(moment)
