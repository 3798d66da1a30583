"""Which busy calendars are read, and how: the room `files.busy` reads them."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from ketasched.errors import BadRequest
from ketasched.model import quote

if TYPE_CHECKING:
    from ketasched.files.busy import Calendar

MAIL = re.compile(r"\s*(?!-)(?:mailto:)?[^\s@]+@[^\s@]+\s*", re.IGNORECASE)
"""A mail address; an option that was taken for one is none."""

BEGIN = "BEGIN:VCALENDAR"
"""What the text of a calendar has, and no path."""


@dataclass(frozen=True)
class BusyCalendars:
    """Calendars by their paths or texts, whose they are, and how strictly they are read.

    What the `busy_owner`, a mail address, declined is free. With `strict_busy` a calendar with
    anything that is not understood is refused. Raises `BadRequest` for an owner or strictness
    without a calendar here, and for an owner that is no e-mail address.
    """

    calendars: tuple[str, ...]
    strict_busy: bool = field(default=False, kw_only=True)
    busy_owner: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        if self.busy_owner and not self.calendars:
            said = "says whose calendar it is, and there is none"
            raise BadRequest("busy_owner", said, next_step="--busy FILE.ics")
        if self.strict_busy and not self.calendars:
            said = "says how a calendar is read, and there is none"
            raise BadRequest("strict_busy", said, next_step="--busy FILE.ics")
        if self.busy_owner and not MAIL.fullmatch(self.busy_owner):
            said = f"expected an e-mail address, not {quote(self.busy_owner)}"
            raise BadRequest("busy_owner", said, next_step="--busy-owner anna@example.org")

    def read(self, first: date, last: date, own: Collection[str] = ()) -> "Iterator[Calendar]":
        """The calendars, as far as they touch these days (inclusive); without events of `own`.

        `own` are UIDs. Raises `BadFile`.
        """
        if not self.calendars:
            return
        # Imported here because most courses are planned without a calendar.
        from ketasched.files.busy import Reading, calendar_from, read_calendar  # noqa: PLC0415

        reading = Reading((first, last), own, self.busy_owner, self.strict_busy)
        for one in self.calendars:
            if BEGIN in one:
                yield calendar_from(one.encode(), "the calendar", reading)
            else:
                yield read_calendar(one, reading)
