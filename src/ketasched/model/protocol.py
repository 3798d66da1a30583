"""The protocol: phases, visit kinds and their spacing, with sources. Data, never code."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from ketasched.model.values import Clock, Count, EveryDays, PerWeek, Place, Problem, shown


@dataclass(frozen=True, slots=True)
class Minutes:
    """The parts of a visit in minutes; it starts at check-in and ends after observation."""

    check_in: int
    treatment: int
    observation: int

    @property
    def total(self) -> int:
        """From check-in until the patient may be collected."""
        return self.check_in + self.treatment + self.observation

    def problems(self) -> Iterator[Problem]:
        """A part below zero, or a visit of no length or of a day and more."""
        for name in ("check_in", "treatment", "observation"):
            if getattr(self, name, 0) < 0:
                yield name, f"expected 0 or more, not {getattr(self, name)}"
        if not 0 < self.total < 24 * 60:
            yield "", f"a visit lasts 1 to {24 * 60 - 1} minutes, not {self.total}"


@dataclass(frozen=True, slots=True)
class NoDriving:
    """No driving until `hours` elapsed since the end and `next_morning` on the day after."""

    hours: int | None = None
    next_morning: Clock | None = None

    def problems(self) -> Iterator[Problem]:
        """A rule that says nothing, or hours outside a week."""
        if self.hours is None and self.next_morning is None:
            yield "", "expected hours, next_morning, or both"
        if self.hours is not None and not 0 < self.hours <= 168:
            yield "hours", f"expected 1 to 168, not {self.hours}"


@dataclass(frozen=True, slots=True)
class VisitKind:
    """What happens at a visit: where, how long, who drives, and how long nobody may drive.

    Only a visit with `place` "clinic" takes a chair or needs a driver. `like` names the kind
    that it takes after; what it has from there is filled in when the file is read.
    """

    title: str
    minutes: Minutes
    place: Place = "clinic"
    driver: bool | None = None
    no_driving: NoDriving | None = None
    like: str = ""

    @property
    def needs_driver(self) -> bool:
        """Whether someone else has to bring the patient and take them home (if unsaid, yes)."""
        return self.place == "clinic" and self.driver is not False

    def problems(self) -> Iterator[Problem]:
        """A driver for a visit that nobody drives to."""
        if self.driver and self.place != "clinic":
            yield "driver", f'a visit with place = "{self.place}" needs no driver'


@dataclass(frozen=True, slots=True)
class GapDays:
    """Calendar days from a visit to the next: Mon to Wed is 2. Both ends inclusive."""

    max: int
    min: int = 1

    def problems(self) -> Iterator[Problem]:
        """Ends that cross, or days outside a year."""
        yield from _range_problems(self.min, self.max, 1, 366)


@dataclass(frozen=True, slots=True)
class GapHours:
    """Elapsed hours from start to start, in UTC: Mon 15:00 to Wed 09:00 is 42. Inclusive."""

    min: int | None = None
    max: int | None = None

    def problems(self) -> Iterator[Problem]:
        """Ends that cross, none at all, or hours outside a year."""
        if self.min is None and self.max is None:
            yield "", "expected min, max, or both"
        yield from _range_problems(self.min, self.max, 0, 366 * 24)


def _range_problems(low: int | None, high: int | None, least: int, most: int) -> Iterator[Problem]:
    for name, value in (("min", low), ("max", high)):
        if value is not None and not least <= value <= most:
            yield name, f"expected {least} to {most}, not {value}"
    if low is not None and high is not None and low > high:
        yield "min", f"min {low} is more than max {high}"


@dataclass(frozen=True, slots=True)
class SpanDays:
    """Days from the first to the last visit of a phase, both counted: Mon to Fri is 5."""

    max: int

    def problems(self) -> Iterator[Problem]:
        """A span of no days."""
        if self.max < 1:
            yield "max", f"expected 1 or more, not {self.max}"


@dataclass(frozen=True, slots=True)
class PhaseReview:
    """A look at how it goes after the phase's visit number `after`.

    With `gate` the visits after it stay tentative until it is recorded.
    """

    after: int
    title: str
    gate: bool = False
    place: Place = "phone"


LONGEST_DAYS = 7320
"""How long a phase could take at most, with every gap as long as allowed: twenty years."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A run of like visits: how many, how often, how far apart. One pace of the two is given."""

    name: str
    visit: str
    count: Count
    gap_days: GapDays
    per_week: PerWeek | None = None
    every_days: EveryDays | None = None
    gap_hours: GapHours | None = None
    span_days: SpanDays | None = None
    tentative: bool = False
    reviews: tuple[PhaseReview, ...] = ()

    @property
    def is_booster(self) -> bool:
        """Whether its visits come only when asked for."""
        return self.count.default == 0

    def problems(self) -> Iterator[Problem]:
        """No pace or two of them, a phase of decades, or a review after no visit of it."""
        if (self.per_week is None) == (self.every_days is None):
            yield "", "expected one of per_week and every_days"
        if self.count.max * self.gap_days.max > LONGEST_DAYS:
            yield "", f"could take more than {LONGEST_DAYS} days: fewer visits, or a smaller gap"
        for index, review in enumerate(self.reviews):
            if not 1 <= review.after <= self.count.max:
                most = self.count.max
                yield f"reviews[{index}].after", f"expected 1 to {most}, not {review.after}"


@dataclass(frozen=True, slots=True)
class Protocol:
    """Phases, visit kinds and their spacing, with sources. Data, never code."""

    format: Literal[1]
    id: str
    title: str
    sources: tuple[str, ...]
    visits: Mapping[str, VisitKind]
    phases: tuple[Phase, ...]
    route: str = ""
    indication: str = ""
    examples: tuple[str, ...] = ()

    @property
    def booster_phase(self) -> Phase | None:
        """The last phase whose count has default 0, if there is one."""
        return next((phase for phase in reversed(self.phases) if phase.is_booster), None)

    def problems(self) -> Iterator[Problem]:
        """No phase that begins, no source, or an id that is no plain word."""
        if getattr(self, "sources", None) == ():
            yield "sources", "expected at least one source for the numbers"
        if getattr(self, "phases", None) == ():
            yield "phases", "expected at least one phase"
        elif getattr(self, "phases", None) and self.phases[0].is_booster:
            yield "phases[0].count", "the first phase needs a visit: default 0 is for later ones"
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", self.id, re.ASCII):
            yield "id", f"expected small letters, digits and hyphens, not {shown(self.id)}"
