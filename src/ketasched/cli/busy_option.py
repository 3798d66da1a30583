"""The options of busy calendars (`--busy`), and how they are read."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import click

from ketasched.cli import options
from ketasched.cli.output import say
from ketasched.errors import BadRequest
from ketasched.model import quote

MAIL = re.compile(r"\s*(?!-)(?:mailto:)?[^\s@]+@[^\s@]+\s*", re.IGNORECASE)
"""A mail address; an option that was taken for one is none."""

if TYPE_CHECKING:
    from ketasched.files.busy import Calendar


@dataclass(frozen=True)
class BusyCalendars:
    """The calendars of `--busy`, and how they are to be read.

    Raises `BadRequest` for an owner or strictness without a calendar here, and for an owner that
    is no e-mail address.
    """

    calendars: tuple[str, ...]
    strict_busy: bool
    busy_owner: str

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
        from ketasched.files.busy import Reading, read_calendar  # noqa: PLC0415

        reading = Reading((first, last), own, self.busy_owner, self.strict_busy)
        for path in self.calendars:
            yield read_calendar(path, reading)


def say_note(calendar: "Calendar") -> None:
    """Say in one line what a calendar's reading passed over, once its busy times were asked."""
    if calendar.note:
        say("note", calendar.note)


busy_options = (
    click.option(
        "--busy",
        "calendars",
        metavar="FILE.ics",
        multiple=True,
        help="A calendar: no visit while it is busy, the patient's or yours (again for each).",
    ),
    options.text("--busy-owner", "MAIL", "Whose calendar it is: what they declined is free."),
    options.flag("--strict-busy", "Refuse a calendar with anything that is not understood."),
)
