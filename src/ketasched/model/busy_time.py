"""`BusyTime`: a time at which somebody who is needed for a visit cannot come."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from ketasched.model.values import Problem, quote


@dataclass(frozen=True, slots=True)
class BusyTime:
    """A time, local to the clinic, at which the patient or the clinician is taken up.

    `end` is exclusive. `calendar` is the name of the calendar that the time is from; the title of
    the appointment there is never kept.
    """

    start: datetime
    """From when, included."""
    end: datetime
    """Until when, excluded."""
    calendar: str
    """The name of the calendar's file, never what happens then."""

    def problems(self) -> Iterator[Problem]:
        """Problem if the end is not after the start, or the calendar has no printable name."""
        if self.end.astimezone(UTC) <= self.start.astimezone(UTC):
            yield "end", "is not after the start"
        if not self.calendar.isprintable() or not self.calendar.strip():
            yield "calendar", f"expected a name on one line, not {quote(self.calendar)}"
