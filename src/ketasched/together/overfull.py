"""The times at which visits hold more of a unit, such as a chair, than the clinic now has.

Nobody moves to such a time. A visit that has to leave one, but has no other place, takes nothing
there from those that stay.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, repeat

from ketasched.model import Clinic, Slot
from ketasched.model.holds import Hold, holds
from ketasched.model.occupancy import Occupancy
from ketasched.model.unit_limits import limit_at, limit_instants


@dataclass(frozen=True, slots=True)
class OverfullTimes:
    """The spans, each of a unit, during which too many visits hold that unit."""

    clinic: Clinic
    spans: tuple[Hold, ...]

    def barriers(self) -> Iterator[Hold]:
        """Holds that, as bookings, keep everybody from moving to an overfull time."""
        for span in self.spans:
            yield from repeat(span, limit_at(self.clinic, span.unit, span.begin))

    def touches(self, slot: Slot) -> bool:
        """Whether a slot is at an overfull time, at least in part."""
        return any(
            _overlap(span, hold) for hold in holds(self.clinic, slot) for span in self.spans
        )

    def rest_of(self, hold: Hold) -> Iterator[Hold]:
        """The parts of a hold that are not overfull."""
        begin = hold.begin
        for span in self.spans:
            if _overlap(span, hold):
                if begin < span.begin:
                    yield hold._replace(begin=begin, end=span.begin)
                begin = span.end
        if begin < hold.end:
            yield hold._replace(begin=begin)


def _overlap(one: Hold, other: Hold) -> bool:
    return one.unit == other.unit and one.begin < other.end and other.begin < one.end


def overfull_times(clinic: Clinic, everybody: Occupancy) -> OverfullTimes:
    """The overfull times of a clinic at which these visits are booked."""
    edges: dict[str, set[float]] = {}
    for hold in everybody:
        edges.setdefault(hold.unit, set()).update((*limit_instants(clinic, hold), hold.end))
    spans = (
        Hold(unit, begin, end)
        for unit, instants in edges.items()
        for begin, end in pairwise(sorted(instants))
    )
    return OverfullTimes(
        clinic,
        tuple(
            span
            for span in spans
            if everybody.at(span.unit, span.begin) > limit_at(clinic, span.unit, span.begin)
        ),
    )
