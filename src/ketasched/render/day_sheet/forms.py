"""The formats of the day sheet: text, CSV, JSON, a page to print, and a calendar."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC

from ketasched.events.event import EVENT_STATUS, Event
from ketasched.events.visit_times import SHORT_EVENT_MINUTES
from ketasched.events.wording import lines_text
from ketasched.files.codec import json_text
from ketasched.files.csv_cells import csv_text
from ketasched.language.locale import INTERNATIONAL, Locale
from ketasched.language.restyle import restyle
from ketasched.model.identifiers import make_uid
from ketasched.model.wall_clock import add_minutes, clock_text
from ketasched.render.columns import aligned
from ketasched.render.day_sheet.day_visit import (
    AUTHORISATION_MISSING,
    CLEARANCE_MISSING,
    NO_CHAIR,
    NO_DRIVER,
    DayVisit,
)
from ketasched.render.day_sheet.sheet import DayReview, DaySheet
from ketasched.render.html import render_template
from ketasched.render.ics import calendar_text

HEAD = ("Check-in", "Chair", "Patient", "N", "Visit", "Treatment", "Collect", "Driver")

COLUMNS = (
    *("date", "check_in", "chair", "patient", "visit", "title", "status", "treatment", "collect"),
    *("driver_name", "driver_phone", "marks", "no_driving_until", "number", "patient_phone"),
)

NOON = 12

EVENT_NAME = "day"


def render_sheet(sheet: DaySheet, form: str, locale: Locale = INTERNATIONAL) -> str:
    """The sheet in one of `FORMS`."""
    return FORMS[form](sheet, locale)


def text(sheet: DaySheet, locale: Locale) -> str:
    """The sheet, by time and chair."""
    return "\n".join(_lines(sheet, locale)) + "\n"


def _lines(sheet: DaySheet, locale: Locale) -> Iterator[str]:
    if sheet.clinic:
        yield sheet.clinic
    yield f"{locale.day_text(sheet.day)}: {sheet.summary}"
    if sheet.fullness:
        yield sheet.fullness
    if sheet.visits:
        yield ""
        yield from _visit_table(sheet.visits, locale)
    for title, is_dose in (("TALKS AND CALLS", False), ("AT HOME", True)):
        if talks := [one for one in sheet.talks if one.is_dose == is_dose]:
            yield from ("", title, "")
            for one in talks:
                yield _review_line(one, locale)
                if said := one.dose_text(locale):
                    yield f"{'':<{len(locale.clock_text(one.start)) + 2}}{said}"


def _visit_table(visits: Sequence[DayVisit], locale: Locale) -> Iterator[str]:
    """The table of visits; what else there is to know of a visit is in the line below it."""
    head, *lines = aligned([HEAD, *(_cells(visit, locale) for visit in visits)])
    yield head
    indent = " " * head.index(HEAD[1])
    for visit, line in zip(visits, lines, strict=True):
        yield line
        for more in filter(
            None, (restyle(", ".join(visit.marks), locale), visit.no_driving_text(locale))
        ):
            yield f"{indent}{more}"


def _cells(visit: DayVisit, locale: Locale) -> tuple[str, ...]:
    return (
        locale.clock_text(visit.start),
        visit.chair_text or "-",
        visit.patient_text,
        str(visit.number),
        f"{visit.of}, {visit.title}",
        locale.clock_text(visit.treatment_start),
        locale.clock_text(visit.end),
        visit.driver_text,
    )


def _review_line(review: DayReview, locale: Locale) -> str:
    driver = f"; driver: {review.driver_text}" if review.driver_text else ""
    gate = "; the visits after it wait for it" if review.gate else ""
    unfit = f"; {restyle(review.misfit_text, locale)}" if review.misfit else ""
    title = f"{review.title} ({review.about}{driver}{gate}{unfit})"
    return f"{locale.clock_text(review.start)}  {review.patient}  {title}"


def csv(sheet: DaySheet, _locale: Locale) -> str:
    """The table with a header; the marks of a visit are separated by ";"."""
    return csv_text(COLUMNS, _csv_rows(sheet))


def _csv_rows(sheet: DaySheet) -> Iterator[tuple[str, ...]]:
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


def html(sheet: DaySheet, locale: Locale) -> str:
    """The page."""
    morning = [visit for visit in sheet.visits if visit.start.hour < NOON]
    afternoon = [visit for visit in sheet.visits if visit.start.hour >= NOON]
    return render_template(
        "day.html",
        locale,
        sheet=sheet,
        halves=(("Morning", morning), ("Afternoon", afternoon)),
        concerns=list(_concerns(sheet)),
    )


def _concerns(sheet: DaySheet) -> Iterator[tuple[str, Sequence[DayVisit | DayReview]]]:
    """What has to be put right, and the visits and companions that it is about."""
    visits = sheet.visits
    found: dict[str, Sequence[DayVisit | DayReview]] = {
        "without a driver": [one for one in visits if one.needs_driver],
        "without clearance": [one for one in visits if CLEARANCE_MISSING in one.marks],
        "without an authorised session": [
            one for one in visits if AUTHORISATION_MISSING in one.marks
        ],
        "without a chair": [one for one in visits if one.without_chair],
        "no longer fit": [one for one in sheet.items if one.misfit],
    }
    yield from ((title, own) for title, own in found.items() if own)


def ics(sheet: DaySheet, locale: Locale) -> str:
    """The calendar, with CRLF line ends. It names the patients, so it is only for the clinic."""
    return calendar_text(sheet.clinic or "Day", sheet.timezone, list(_events(sheet, locale)))


def _events(sheet: DaySheet, locale: Locale) -> Iterator[Event]:
    for visit in sheet.visits:
        chair = f", chair {visit.chair}" if visit.chair else ""
        chair = f", {NO_CHAIR}" if visit.without_chair else chair
        missed = ", missed" if visit.status == "missed" else ""
        driver = f"Driver: {visit.driver_text}" if visit.driver_text else ""
        yield Event(
            EVENT_NAME,
            make_uid(visit.uid, "day"),
            visit.start,
            visit.end,
            f"{visit.patient}, {visit.of}{chair}{missed}",
            lines_text(driver, visit.no_driving_text(locale), *visit.marks),
            status=EVENT_STATUS.get(visit.status, "CANCELLED"),
            busy=not missed,
            sequence=visit.revision - 1,
            changed=visit.changed.astimezone(UTC),
        )
    for review in sheet.talks:
        yield Event(
            EVENT_NAME,
            make_uid(review.uid, "day"),
            review.start,
            add_minutes(review.start, review.minutes or SHORT_EVENT_MINUTES),
            f"{review.patient}: {review.title}",
            lines_text(review.misfit_text, review.dose_text(locale)),
            sequence=review.revision - 1,
            changed=review.changed.astimezone(UTC),
        )


def json(sheet: DaySheet, _locale: Locale) -> str:
    """The sheet as one JSON object."""
    return json_text(sheet)


FORMS: Mapping[str, Callable[[DaySheet, Locale], str]] = {
    "text": text,
    "html": html,
    "csv": csv,
    "json": json,
    "ics": ics,
}
"""The formats of the sheet, each with what writes it."""
