"""The formats of the call list: text, CSV, JSON, and a page to print."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from ketasched.files.codec import json_text
from ketasched.files.csv_cells import csv_text
from ketasched.language.locale import INTERNATIONAL, Locale
from ketasched.language.restyle import restyle
from ketasched.model import UnplacedCourse, escape_unprintable
from ketasched.model.wall_clock import clock_text
from ketasched.render.call_list.calls import (
    IS_NEW,
    LEFT_OUT,
    NO_PHONE,
    Call,
    CallList,
    person_text,
)
from ketasched.render.columns import aligned
from ketasched.render.day_sheet.day_visit import NO_DRIVER
from ketasched.render.html import render_template

HEAD = ("Call", "N", "Visit", "Was", "Is", "Tell")

COLUMNS = (
    *("patient", "patient_phone", "number", "visit", "was_date", "was_check_in"),
    *("date", "check_in", "driver_name", "driver_phone"),
    *("former_driver_name", "former_driver_phone", "no_place"),
)


def render_calls(calls: CallList, form: str, locale: Locale = INTERNATIONAL) -> str:
    """The list in one of `FORMS`."""
    return FORMS[form](calls, locale)


def text(calls: CallList, locale: Locale) -> str:
    """The list, course by course; then who has no place, and why."""
    return "".join(f"{escape_unprintable(line)}\n" for line in _lines(calls, locale))


def _lines(calls: CallList, locale: Locale) -> Iterator[str]:
    if calls.clinic:
        yield calls.clinic
    yield calls.summary
    if calls.calls:
        yield ""
        yield from aligned([HEAD, *(_cells(call, locale) for call in calls.calls)])
    if calls.not_placed:
        yield from ("", "NO PLACE")
        for one in calls.not_placed:
            yield from ("", *unplaced_lines(one, locale))


def _cells(call: Call, locale: Locale) -> tuple[str, ...]:
    was = locale.moment_text(call.was) if call.was else IS_NEW
    now = locale.moment_text(call.now) if call.now else LEFT_OUT
    who = person_text(call.patient, call.patient_phone)
    return who, str(call.number or ""), call.of, was, now, call.drivers_text


def unplaced_lines(one: UnplacedCourse, locale: Locale) -> Iterator[str]:
    """The misfits of a course without a place, the reasons, and what would give it one."""
    yield person_text(one.patient, one.patient_phone)
    for misfit in one.misfits:
        message = restyle(misfit.message, locale)
        yield f"  visit {misfit.visit}, {locale.moment_text(misfit.start)}: {message}"
    yield from (f"  {restyle(reason, locale)}" for reason in one.reasons)
    if one.overrides:
        yield f"  there would be a place with --override {','.join(one.overrides)}"


def csv(calls: CallList, _locale: Locale) -> str:
    """The table with a header; a visit without a place has no new date, and says why."""
    return csv_text(COLUMNS, _csv_rows(calls))


def _csv_rows(calls: CallList) -> Iterator[tuple[str, ...]]:
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


def html(calls: CallList, locale: Locale) -> str:
    """The page."""
    words = {"no_phone": NO_PHONE, "left_out": LEFT_OUT, "is_new": IS_NEW, "no_driver": NO_DRIVER}
    return render_template("calls.html", locale, calls=calls, **words)


def json(calls: CallList, _locale: Locale) -> str:
    """The list as one JSON object."""
    return json_text(calls)


FORMS: Mapping[str, Callable[[CallList, Locale], str]] = {
    "text": text,
    "html": html,
    "csv": csv,
    "json": json,
}
"""The formats of the list, each with what writes it."""
