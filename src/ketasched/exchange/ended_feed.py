"""What is published of a course that is no longer known: its dates to come, as cancelled."""

from datetime import UTC, date, datetime

from icalendar import Calendar, Event

from ketasched.events.events import NOT_TAKING_PLACE
from ketasched.events.wording import CANCELLED
from ketasched.exchange.feeds import DAYS_CANCELLED
from ketasched.language.locale import Locale

UNREADABLE = (
    *(ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError),
    OSError,  # a zone is looked for in a file of its name, which may be too long for one
)
"""What is raised for a calendar that is damaged, or for a moment that there cannot be."""

LAST_SEQUENCE = 2**31 - 1
"""The largest whole number of RFC 5545 (3.3.8)."""


def ended_feed(published: str, now: datetime, locale: Locale) -> str | None:
    """The text of a feed whose course was withdrawn, made from the text that was published last.

    What begins after `now` (local to the clinic) is cancelled, in the words of `locale`; what only
    says something of it, as a reminder, is left out. A day that has begun stays as it is: who was
    brought has to be collected, and must not drive. None once all was over, and changed last, more
    than `DAYS_CANCELLED` ago. Raises `ValueError` if the text is damaged.
    """
    try:
        return _ended(published, now, locale)
    except UNREADABLE:
        raise ValueError("the feed is damaged") from None


def _ended(published: str, now: datetime, locale: Locale) -> str | None:
    calendar = Calendar.from_ical(published)
    starts = [_local(one.start, now) for one in calendar.events]
    has_begun = any(start <= now and start.date() == now.date() for start in starts)
    for event, start in zip(calendar.events, starts, strict=True):
        is_to_come = start > now and not (has_begun and start.date() == now.date())
        if is_to_come and event["TRANSP"] == "OPAQUE":
            cancel(event, locale, now)
        elif is_to_come and event["STATUS"] != "CANCELLED":
            calendar.subcomponents = [one for one in calendar.subcomponents if one is not event]
    ends = [one.end for one in calendar.events if one["STATUS"] != "CANCELLED"]
    moments: list[date] = [*ends, *(one.last_modified for one in calendar.events)]
    if all(_local(one, now) + DAYS_CANCELLED < now for one in moments):
        return None
    text: str = calendar.to_ical().decode()
    return text


def _local(moment: date, now: datetime) -> datetime:
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise ValueError("a feed of ours has neither days nor clock times without a zone")
    return moment.astimezone(now.tzinfo)


def cancel(entry: Event, locale: Locale, now: datetime, more: str = "") -> None:
    """Make an entry of a calendar one that is cancelled `now`, and the next in its SEQUENCE.

    It says so in the words of `locale`, and then `more` text.
    """
    title = locale.text(CANCELLED, title=text_of(entry, "SUMMARY"))
    sequence = entry.get("SEQUENCE")
    number = sequence + 1 if isinstance(sequence, int) else 1
    set_value(entry, "SEQUENCE", min(number, LAST_SEQUENCE))
    set_value(entry, "DTSTAMP", now.astimezone(UTC))
    set_value(entry, "LAST-MODIFIED", now.astimezone(UTC))
    set_value(entry, "SUMMARY", locale.plain(title))
    set_value(entry, "DESCRIPTION", locale.plain(locale.text(NOT_TAKING_PLACE)) + more)
    set_value(entry, "STATUS", "CANCELLED")
    set_value(entry, "TRANSP", "TRANSPARENT")
    entry.subcomponents.clear()  # its alarm


def text_of(entry: Event, name: str) -> str:
    """The text of a property; of one that is there more than once, a line for each."""
    found = entry.get(name, "")
    return "\n".join(map(str, found)) if isinstance(found, list) else str(found)


def set_value(entry: Event, name: str, value: object) -> None:
    """Give a property of an entry this value alone."""
    entry.pop(name, None)
    entry.add(name, value)
