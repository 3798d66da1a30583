"""The day sheet as a calendar for the clinic: an event for each visit and each review."""

from collections.abc import Iterator
from datetime import UTC

from ketasched.events.event import EVENT_STATUS, Event
from ketasched.events.visit_times import SHORT_EVENT_MINUTES
from ketasched.language.locale import Locale
from ketasched.model.identifiers import make_uid
from ketasched.model.wall_clock import add_minutes
from ketasched.render.day_sheet.day_visit import NO_CHAIR
from ketasched.render.day_sheet.sheet import DaySheet
from ketasched.render.ics import calendar_text

EVENT_NAME = "day"


def render(sheet: DaySheet, locale: Locale) -> str:
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
            "\n".join(filter(None, (driver, visit.no_driving_text(locale), *visit.marks))),
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
            "\n".join(filter(None, (review.misfit_text, review.dose_text(locale)))),
            sequence=review.revision - 1,
            changed=review.changed.astimezone(UTC),
        )
