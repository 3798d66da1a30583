"""When somebody who is needed for a visit is taken up by something else."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from ketasched.model.keys import Key
from ketasched.model.values import Problem, shown


@dataclass(frozen=True, slots=True)
class BusyTime:
    """A time, local to the clinic, at which the patient or the clinician is taken up.

    It ends just before `end`. `calendar` is the name of the calendar that says so; what happens
    then is nobody's business here.
    """

    start: Annotated[datetime, Key("From when, included.")]
    end: Annotated[datetime, Key("Until when, excluded.")]
    calendar: Annotated[str, Key("The name of the calendar's file, never what happens then.")]

    def problems(self) -> Iterator[Problem]:
        """An end that is not after the start, or a calendar without a name."""
        if self.end.astimezone(UTC) <= self.start.astimezone(UTC):
            yield "end", "is not after the start"
        if not self.calendar.isprintable() or not self.calendar.strip():
            yield "calendar", f"expected a name on one line, not {shown(self.calendar)}"
