"""When somebody who is needed for a visit is taken up by something else."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from ketasched.model.values import Problem, shown


@dataclass(frozen=True, slots=True)
class BusyTime:
    """A time, local to the clinic, at which the patient or the clinician is taken up.

    It ends just before `end`. `calendar` is the name of the calendar that says so; what happens
    then is nobody's business here.
    """

    start: datetime
    end: datetime
    calendar: str

    def problems(self) -> Iterator[Problem]:
        """An end that is not after the start, or a calendar without a name."""
        if self.end.astimezone(UTC) <= self.start.astimezone(UTC):
            yield "end", "is not after the start"
        if not self.calendar.isprintable() or not self.calendar.strip():
            yield "calendar", f"expected a name on one line, not {shown(self.calendar)}"
