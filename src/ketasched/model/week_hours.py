"""The openings of a clinic, or the hours of a resource, by weekday."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from ketasched.model.values import WEEKDAYS, Problem, TimeRange


@dataclass(frozen=True, slots=True)
class WeekHours:
    """The openings of each weekday, in local time; a day left out is closed."""

    mon: tuple[TimeRange, ...] = ()
    """The openings of a Monday."""
    tue: tuple[TimeRange, ...] = ()
    """The openings of a Tuesday."""
    wed: tuple[TimeRange, ...] = ()
    """The openings of a Wednesday."""
    thu: tuple[TimeRange, ...] = ()
    """The openings of a Thursday."""
    fri: tuple[TimeRange, ...] = ()
    """The openings of a Friday."""
    sat: tuple[TimeRange, ...] = ()
    """The openings of a Saturday."""
    sun: tuple[TimeRange, ...] = ()
    """The openings of a Sunday."""

    def on(self, weekday: int) -> tuple[TimeRange, ...]:
        """The openings of a weekday, Monday being 0."""
        openings: tuple[TimeRange, ...] = getattr(self, WEEKDAYS[weekday])
        return openings

    def problems(self) -> Iterator[Problem]:
        """Problems if openings of a day overlap, or no day is open."""
        for name in WEEKDAYS:
            yield from overlap_problems(name, getattr(self, name, ()))
        if not any(self.on(day) for day in range(7)):
            yield "", "no day is open"


@dataclass(frozen=True, slots=True)
class Hours(WeekHours):
    """The openings of each weekday; a table named by a date has those from that day on."""

    changes: Mapping[date, WeekHours] = field(
        default_factory=dict, metadata={"other tables": True}
    )
    """The whole week from that day on, until the next such day."""

    @property
    def weeks(self) -> Mapping[date, WeekHours]:
        """The hours of a week by the first date of each, in order; `date.min` for the first."""
        return {date.min: self, **dict(sorted(self.changes.items()))}

    def in_force(self, day: date) -> WeekHours:
        """The hours of a week as they are on a date."""
        return self.weeks[max(since for since in self.weeks if since <= day)]


def overlap_problems(place: str, openings: tuple[TimeRange, ...]) -> Iterator[Problem]:
    """Problems if openings of one day overlap or are out of order; `place` is their key."""
    for index, (before, following) in enumerate(pairwise(openings), start=1):
        if following.start < before.end:
            yield f"{place}[{index}]", f'"{following}" begins before "{before}" has ended'
