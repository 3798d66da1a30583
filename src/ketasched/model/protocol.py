"""`Protocol`: phases, kinds of visit and their spacing, each with its source."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from ketasched.model.companion_kind import MOST_VISITS, CompanionKind
from ketasched.model.counts import Count, EveryDays, PerWeek
from ketasched.model.keys import Key, where_used
from ketasched.model.values import Clock, Place, Problem

_MINUTES = Key(unit="minutes", least=0)


@dataclass(frozen=True, slots=True)
class Minutes:
    """The parts of a visit in minutes; it starts at check-in and ends after observation."""

    check_in: Annotated[int, _MINUTES]
    """From arriving until the treatment begins."""
    treatment: Annotated[int, _MINUTES]
    """How long the treatment takes."""
    observation: Annotated[int, _MINUTES]
    """From its end until the patient may be collected."""

    @property
    def total(self) -> int:
        """From check-in until the patient may be collected."""
        return self.check_in + self.treatment + self.observation

    def problems(self) -> Iterator[Problem]:
        """Problem if the visit has no length, or lasts a day or more."""
        if not 0 < self.total < 24 * 60:
            yield "", f"a visit lasts 1 to {24 * 60 - 1} minutes, not {self.total}"


HOURS_A_DAY = 24
EARLIEST_MORNING = 5 * 60
"""Before this time of day, in minutes, nobody has had a full night's sleep."""


@dataclass(frozen=True, slots=True)
class NoDriving:
    """No driving until `hours` elapsed since the end and `next_morning` on the day after."""

    hours: Annotated[int | None, Key(unit="hours", least=1, most=168)] = None
    """So long after the end of the visit."""
    next_morning: Clock | None = None
    """Not before this time on the day after the visit, nor before a full night's sleep."""

    @property
    def is_overnight(self) -> bool:
        """Whether the rule ends after the night that follows the visit, whenever that ends."""
        morning = self.next_morning
        has_slept = morning is not None and morning.minutes >= EARLIEST_MORNING
        return has_slept or (self.hours or 0) >= HOURS_A_DAY

    def ends_before(self, other: "NoDriving") -> bool:
        """Whether this rule can end before the other one, on a day without a clock change."""
        return any(self.minutes_until(end) < other.minutes_until(end) for end in range(24 * 60))

    def minutes_until(self, end: int) -> int:
        """When the rule ends after a visit that ends at `end`, in minutes after midnight."""
        elapsed = end + self.hours * 60 if self.hours is not None else 0
        return max(elapsed, 24 * 60 + self.next_morning.minutes if self.next_morning else 0)

    def problems(self) -> Iterator[Problem]:
        """Problem if the rule sets no limit."""
        if self.hours is None and self.next_morning is None:
            yield "", "expected hours, next_morning, or both"


@dataclass(frozen=True, slots=True)
class VisitKind:
    """What happens at a visit: where, how long, who drives, and how long nobody may drive.

    Only a visit with `place` "clinic" takes a chair or needs a driver. `like` names the kind that
    this kind inherits from; inherited fields are filled in when the file is read.
    """

    title: str
    """What the visit is called where titles are clinical."""
    minutes: Minutes
    """Its three parts; it starts at check-in."""
    place: Place = "clinic"
    """Where it is; only one at the clinic takes a chair or needs a driver."""
    driver: bool | None = None
    """Whether someone else brings the patient and takes them home (at the clinic: yes)."""
    no_driving: NoDriving | None = None
    """Until when nobody drives afterwards; without a rule the clinic is to be asked."""
    like: str = ""
    """Another kind of visit: all that is not said here is as it is there."""
    chair: bool | None = where_used(default=None)
    """Whether it takes one of the clinic's chairs (at the clinic: yes)."""
    needs: tuple[str, ...] | None = where_used(default=None)
    """Which of the clinic's `[[resources]]` it needs, by name; unsaid, all of them at the clinic,
    and elsewhere none.
    """

    attendant: bool = where_used(default=False)
    """Whether someone has to stay with the patient, at home; reminders say to arrange it."""

    @property
    def takes_chair(self) -> bool:
        """Whether a visit takes a chair; by default every visit at the clinic does."""
        return self.place == "clinic" and self.chair is not False

    @property
    def needs_driver(self) -> bool:
        """Whether someone else has to drive the patient; by default true at the clinic."""
        return self.place == "clinic" and self.driver is not False

    def problems(self) -> Iterator[Problem]:
        """Problems with what goes with the clinic alone, or with home alone."""
        if self.driver and self.place != "clinic":
            yield "driver", f'a visit with place = "{self.place}" needs no driver'
        if self.chair and self.place != "clinic":
            yield "chair", f'a visit with place = "{self.place}" takes no chair'
        if self.attendant and self.place != "home":
            yield "attendant", f'goes with place = "home", not "{self.place}"'


@dataclass(frozen=True, slots=True)
class GapDays:
    """Calendar days from a visit to the next: Mon to Wed is 2. Both ends inclusive."""

    max: Annotated[int, Key(unit="days", least=1, most=366)]
    """The longest gap."""
    min: Annotated[int, Key(unit="days", least=1, most=366)] = 1
    """The shortest gap."""

    def problems(self) -> Iterator[Problem]:
        """Problem if the limits cross."""
        yield from _crossed(self.min, self.max)


@dataclass(frozen=True, slots=True)
class GapHours:
    """Elapsed hours from start to start, in UTC: Mon 15:00 to Wed 09:00 is 42. Inclusive."""

    min: Annotated[int | None, Key(unit="hours", least=0, most=8784)] = None
    """The shortest time from start to start."""
    max: Annotated[int | None, Key(unit="hours", least=0, most=8784)] = None
    """The longest time from start to start."""

    def problems(self) -> Iterator[Problem]:
        """Problem if the limits cross, or there is none."""
        if self.min is None and self.max is None:
            yield "", "expected min, max, or both"
        yield from _crossed(self.min, self.max)


def _crossed(low: int | None, high: int | None) -> Iterator[Problem]:
    if low is not None and high is not None and low > high:
        yield "min", f"min {low} is more than max {high}"


@dataclass(frozen=True, slots=True)
class SpanDays:
    """Days from the first to the last visit of a phase, both counted: Mon to Fri is 5."""

    max: Annotated[int, Key(unit="days", least=1)]
    """The longest span."""


@dataclass(frozen=True, slots=True)
class PhaseReview:
    """A look at how it goes after the phase's visit number `after`.

    With `gate` the visits after it stay tentative until it is recorded.
    """

    after: Annotated[int, Key(unit="visits")]
    """After which visit of the phase."""
    title: str
    """What it is called where titles are clinical."""
    gate: bool = False
    """Whether the visits after it are tentative until it is recorded."""
    place: Place = "phone"
    """Where it is."""


REQUIREMENT = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")

LONGEST_DAYS = 7320
"""The most days that a phase may take if every gap is as long as allowed: twenty years."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A run of like visits: how many, how often, how far apart. One pace of the two is given."""

    name: str
    """A name of its own within the protocol."""
    visit: str
    """Which kind of visit, by its name in `[visits]`."""
    count: Annotated[Count, Key(unit="visits")]
    """How many visits. With `default = 0` they are boosters: only if asked for."""
    gap_days: GapDays
    """How far apart neighbours are, by the calendar: Mon to Wed is 2."""
    per_week: Annotated[PerWeek | None, Key(unit="visits a week")] = None
    """The pace; either this or `every_days`."""
    every_days: Annotated[EveryDays | None, Key(unit="days")] = None
    """The pace; of a list, the last one repeats."""
    gap_hours: GapHours | None = None
    """The same in hours, where a source asks for it: Mon 15:00 to Wed 09:00 is 42."""
    span_days: SpanDays | None = None
    """How long the phase may take, first and last day both counted."""
    tentative: bool = False
    """Whether a clinician has yet to decide on each visit."""
    reviews: tuple[PhaseReview, ...] = ()
    """Looks at how it goes."""
    beside: str = where_used(default="")
    """The phase beside which its visits are, at home, on days without a treatment visit; unsaid,
    it comes after the phase before it.
    """

    @property
    def is_booster(self) -> bool:
        """Whether visits of the phase are planned on request only."""
        return self.count.default == 0

    def problems(self) -> Iterator[Problem]:
        """Problems with the pace, the length of the phase, or the places of reviews."""
        if (self.per_week is None) == (self.every_days is None):
            yield "", "expected one of per_week and every_days"
        if self.count.max * self.gap_days.max > LONGEST_DAYS:
            yield "", f"could take more than {LONGEST_DAYS} days: fewer visits, or a smaller gap"
        if self.beside:
            yield from self._beside_problems()
        for index, review in enumerate(self.reviews):
            if not 1 <= review.after <= self.count.max:
                said = f"expected 1 to {self.count.max}, not {review.after}"
                yield f"reviews[{index}].after", said

    def _beside_problems(self) -> Iterator[Problem]:
        """Problems with what a phase beside another one cannot have."""
        if self.every_days is None:
            yield "", "a phase beside another has every_days"
        for key in ("per_week", "gap_hours", "span_days", "tentative", "reviews"):
            if getattr(self, key):
                yield key, "a phase beside another has none"
        if self.is_booster or self.count.default != self.count.max:
            yield "count", "a phase beside another has a number of visits, and no choice"


def covers(places: Iterable[str], place: str) -> bool:
    """Whether a place is one of these places, or lies in the table at one of them."""
    return any(f"{place}.".startswith(f"{one}.") for one in places)


@dataclass(frozen=True, slots=True)
class Protocol:
    """Phases, visit kinds and their spacing, with sources. Data, never code."""

    format: Literal[1]
    """The format of the file."""
    id: Annotated[
        str, Key(pattern="[a-z0-9][a-z0-9-]{0,63}", form="small letters, digits and hyphens")
    ]
    """The protocol's name on the command line."""
    title: str
    """What it is, in a line."""
    sources: Annotated[
        tuple[str, ...], Key(least=1, form="one source for the numbers", lines=True)
    ]
    """Where its numbers are from."""
    visits: Annotated[Mapping[str, VisitKind], Key(least=1, form="one kind of visit")]
    """The kinds of visit, by name."""
    phases: Annotated[tuple[Phase, ...], Key(least=1, form="one phase")]
    """The phases, in their order."""
    route: str = ""
    """How the medicine is given."""
    indication: Annotated[str, Key(lines=True)] = ""
    """What for, and whether that is off-label."""
    examples: tuple[str, ...] = ()
    """Places of numbers without a source (`visits.infusion.minutes`), to be replaced."""

    requires: tuple[str, ...] = ()
    """What has to be recorded before the first visit, such as `rems-enrolment`."""
    label_minimum: tuple[str, ...] = ()
    """Places of numbers of an approved label, which no clinic can shorten."""

    companions: tuple[CompanionKind, ...] = where_used(default=())
    """What precedes or follows visits: preparation, integration."""

    def is_label_minimum(self, name: str, number: str) -> bool:
        """Whether a number of a kind of visit ("no_driving") is the least by an approved label.

        A kind shares the label of the kind that it is `like`.
        """
        if covers(self.label_minimum, f"visits.{name}.{number}"):
            return True
        like = self.visits[name].like
        return like in self.visits and self.is_label_minimum(like, number)

    @property
    def phases_in_turn(self) -> tuple[Phase, ...]:
        """The phases that come one after the other."""
        return tuple(phase for phase in self.phases if not phase.beside)

    @property
    def home_phases(self) -> tuple[Phase, ...]:
        """The phases whose visits are at home, beside another phase."""
        return tuple(phase for phase in self.phases if phase.beside)

    @property
    def booster_phase(self) -> Phase | None:
        """The last phase whose visits are planned on request only, if there is one."""
        return next((phase for phase in reversed(self.phases) if phase.is_booster), None)

    def problems(self) -> Iterator[Problem]:
        """Problems with the first phase, phases beside others, companions and requirements."""
        if self.phases[0].is_booster:
            yield "phases[0].count", "the first phase needs a visit: default 0 is for later ones"
        if self.phases[0].beside:
            yield "phases[0].beside", "the first phase is beside no other"
        yield from self._home_phase_problems()
        yield from self._companion_problems()
        for index, name in enumerate(self.requires):
            if not REQUIREMENT.fullmatch(name):
                yield f"requires[{index}]", "expected small letters, digits and hyphens"

    def _home_phase_problems(self) -> Iterator[Problem]:
        """Problems with phases of home days: what they are beside, and what their visits are."""
        in_turn = [phase.name for phase in self.phases_in_turn]
        for index, phase in enumerate(self.phases):
            kind = self.visits.get(phase.visit)
            if phase.beside and phase.beside not in in_turn:
                yield f"phases[{index}].beside", "expected a phase that is beside no other"
            if phase.beside and kind and kind.place != "home":
                yield f"phases[{index}].visit", 'its visits beside others need place = "home"'
            if phase.beside and kind and kind.needs:
                said = f"a visit of {phase.name}, beside {phase.beside}, takes no resource"
                yield f"visits.{phase.visit}.needs", said

    def _companion_problems(self) -> Iterator[Problem]:
        """Problems with companions that no visit would have: of home days, or beyond a phase."""
        home = [phase.name for phase in self.home_phases]
        for index, kind in enumerate(self.companions):
            if kind.phase in home:
                yield f"companions[{index}].phase", "expected a phase that is beside no other"
                continue
            phases = (one for one in self.phases_in_turn if kind.phase in ("", one.name))
            most = max((phase.count.max for phase in phases), default=MOST_VISITS)
            for key, ordinals in (("after", kind.after), ("before", kind.before)):
                beyond = [one for one in ordinals.numbers if one > most] if ordinals else []
                if beyond:
                    yield f"companions[{index}].{key}", f"expected 1 to {most}, not {beyond[0]}"
