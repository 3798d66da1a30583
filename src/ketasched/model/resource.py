"""`Resource`: what visits need beside a chair: nurses, monitors, rooms, a prescriber."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Annotated, Literal

from ketasched.model.keys import Key
from ketasched.model.values import DateRange, Problem, quote
from ketasched.model.week_hours import WeekHours

HOURS = re.compile(r"\d{1,2}(:\d\d)?\b")
"""How hours begin that somebody wrote behind a day."""

VisitPart = Literal["check_in", "treatment", "observation"]
"""A part of a visit, by the name of its minutes."""

UNITS = "chair", "start"
"""What every clinic counts beside its resources, none of which is called so."""


@dataclass(frozen=True, slots=True)
class Resource:
    """What visits need beside a chair: how many there are, when, and for which parts of a visit.

    `serves` is how many patients each of them serves at once. Without `hours` they are there
    whenever the clinic is open; in the hours that are said, `absences` apart.
    """

    name: Annotated[
        str, Key(pattern="[a-z0-9][a-z0-9-]{0,39}", form="small letters, digits and hyphens")
    ]
    """What one of them is called: `monitor`."""
    count: Annotated[int, Key(least=1, most=1000)] = 1
    """How many there are."""
    serves: Annotated[int, Key(unit="patients", least=1, most=1000)] = 1
    """How many patients each serves at once."""
    during: Annotated[tuple[VisitPart, ...], Key(least=1, form="one part of a visit")] = (
        "check_in",
        "treatment",
        "observation",
    )
    """In which parts of a visit: `check_in`, `treatment`, `observation`; unsaid, in all."""
    hours: WeekHours | None = None
    """When they are there, by weekday; unsaid, while the clinic is open."""
    absences: Annotated[Mapping[DateRange, int], Key(unit="of them")] = field(default_factory=dict)
    """How many are away: by day, or by first and last day."""

    def away(self, day: date) -> tuple[int, str]:
        """How many are away on a date, and what their absence is called, or ""."""
        found = ((number, days.label) for days, number in self.absences.items() if day in days)
        return next(found, (0, ""))

    def patients(self, day: date) -> int:
        """How many patients can be served at once on a date, the hours aside."""
        return (self.count - self.away(day)[0]) * self.serves

    def problems(self) -> Iterator[Problem]:
        """Problems with the name, with days that overlap, with more away than there are."""
        if self.name in UNITS:
            said = "is counted by chairs and starts_per_slot; give this another name"
            yield "name", f"{quote(self.name)} {said}"
        yield from days_overlap_problems("absences", self.absences)
        for days, number in self.absences.items():
            if not 1 <= number <= self.count:
                said = f"expected 1 to {self.count}, the count, not {number}"
                yield f"absences.{days.plain()}", said


def days_overlap_problems(place: str, found: Iterable[DateRange]) -> Iterator[Problem]:
    """Problems if ranges of days overlap, or name hours; `place` is their key."""
    found = list(found)
    for days in found:
        if HOURS.match(days.label):
            said = f"whole days only, not {quote(days.label)}; a name begins with a letter"
            yield f"{place}.{days.plain()}", said
    for before, days in pairwise(sorted(found, key=lambda days: days.first)):
        if days.first <= before.last:
            yield f"{place}.{days.plain()}", f"{days.first} is in {before.plain()}, too"
