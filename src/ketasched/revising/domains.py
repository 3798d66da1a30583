"""Where the visits of the rest of a course may be, and what comes before them."""

from dataclasses import dataclass, field
from datetime import date, datetime

from ketasched.model import Clock, Slot
from ketasched.planning.cadence import PhasePlan


@dataclass(frozen=True, slots=True)
class Breach:
    """What a visit breaks already, because that was overridden: it may go on as it is, no worse.

    `rules` are those about its own slot, or about the step to it from the visit that begins at
    `follows`. `last` is the last day of its phase, where that takes too long.
    """

    rules: frozenset[str] = frozenset()
    follows: datetime | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where a visit of the rest may be.

    `old` is the slot that it has, None for one that has none to keep; one that is `pinned` stays
    there. `on` and `time` are where it has to be. `offset` is its ideal distance in days from the
    anchor of its phase (None where visits come so many a week); with `anchors` it is the anchor
    itself. `lenient` are the rules that are not asked for it; if it `may_wait`, the gap before it
    may be longer than the rule allows; `breach` is what it breaks already.
    """

    phase_plan: PhasePlan
    index: int
    old: Slot | None = None
    pinned: bool = False
    on: date | None = None
    time: Clock | None = None
    offset: int | None = None
    anchors: bool = False
    lenient: frozenset[str] = frozenset()
    may_wait: bool = False
    breach: Breach = Breach()

    @property
    def only(self) -> date | None:
        """The only day on which the visit may be, if there is one."""
        return self.on or (self.old.start.date() if self.old and self.pinned else None)


@dataclass(frozen=True, slots=True)
class Begun:
    """What comes before the rest: the last visit that takes place, and by phase the first one's
    day and the day that the pace counts from (`date.toordinal`).
    """

    last: Slot | None = None
    firsts: dict[str, int] = field(default_factory=dict)
    anchors: dict[str, int] = field(default_factory=dict)
