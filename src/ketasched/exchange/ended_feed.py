"""What is published of a course that is no longer known: its dates to come, as cancelled."""

from datetime import UTC, datetime

from icalendar import Calendar, Event

from ketasched.events.events import NOT_TAKING_PLACE
from ketasched.events.wording import CANCELLED
from ketasched.exchange.published import DAYS_CANCELLED
from ketasched.language.locale import Locale

LONG_AGO = datetime.min.replace(tzinfo=UTC)


def ended_feed(published: str, now: datetime, locale: Locale) -> str | None:
    """The text of a feed whose course was withdrawn, made from the text that was published last.

    What had not ended at `now` (aware) is cancelled, in the words of `locale`. None once all of it
    was over, and changed last, more than `DAYS_CANCELLED` ago.
    """
    calendar = Calendar.from_ical(published)
    last = now - DAYS_CANCELLED
    for event in calendar.events:
        if _end(event) > now:
            _cancel(event, now, locale)
    if all(max(_end(event), event.last_modified) < last for event in calendar.events):
        return None
    text: str = calendar.to_ical().decode()
    return text


def _end(event: Event) -> datetime:
    """When an event ends; one that is cancelled has always ended."""
    end = event.end
    assert isinstance(end, datetime)  # noqa: S101 - a feed has no event of whole days
    return LONG_AGO if event["STATUS"] == "CANCELLED" else end


def _cancel(event: Event, now: datetime, locale: Locale) -> None:
    title = locale.text(CANCELLED, title=str(event["SUMMARY"]))
    new = {
        "SUMMARY": locale.plain(title),
        "DESCRIPTION": locale.plain(locale.text(NOT_TAKING_PLACE)),
        "DTSTAMP": now.astimezone(UTC),
        "LAST-MODIFIED": now.astimezone(UTC),
        "SEQUENCE": event.sequence + 1,
        "STATUS": "CANCELLED",
        "TRANSP": "TRANSPARENT",
    }
    for name, value in new.items():
        event.pop(name, None)
        event.add(name, value)
    event.subcomponents.clear()  # its alarm
