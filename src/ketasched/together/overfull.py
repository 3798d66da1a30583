"""The times at which more visits are booked than the clinic's limits now allow.

Nobody moves to such a time. A visit that has to leave one, but has no other place, takes no chair
there from those that stay.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, repeat

from ketasched.model import Clinic, Slot
from ketasched.model.occupancy import Interval, Occupancy, limits_at

SECOND = 1.0
"""An interval that begins so much later does not count among the visits that begin together."""


@dataclass(frozen=True, slots=True)
class OverfullTimes:
    """The spans with too many visits at once, and the instants at which too many begin."""

    clinic: Clinic
    spans: tuple[Interval, ...]
    begins: frozenset[float]

    def barriers(self) -> Iterator[Interval]:
        """Intervals that, as bookings, keep everybody from moving to an overfull time."""
        for span in self.spans:
            yield from repeat(span, limits_at(self.clinic, span[0]).at_once or 0)
        for begin in self.begins:
            yield from repeat((begin, begin), self.clinic.starts_per_slot or 0)

    def touches(self, slot: Slot) -> bool:
        """Whether a slot is at an overfull time, at least in part."""
        begin, end = slot.start.timestamp(), slot.end.timestamp()
        return begin in self.begins or any(
            first < end and begin < last for first, last in self.spans
        )

    def rest_of(self, interval: Interval) -> Iterator[Interval]:
        """The parts of a visit's interval that are not overfull."""
        begin, end = interval
        if begin in self.begins:
            begin += SECOND
        for first, last in self.spans:
            if first < end and begin < last:
                if begin < first:
                    yield begin, first
                begin = last + SECOND
        if begin < end:
            yield begin, end


def overfull_times(clinic: Clinic, everybody: Occupancy) -> OverfullTimes:
    """The overfull times of a clinic at which these visits are booked."""
    instants = sorted({instant for interval in everybody for instant in interval})
    spans = tuple(
        span
        for span in pairwise(instants)
        if clinic.chairs is not None
        and everybody.at(span[0]) > (limits_at(clinic, span[0]).at_once or 0)
    )
    most = clinic.starts_per_slot
    begins = {begin for begin, _ in everybody}
    crowded = (begin for begin in begins if most is not None and everybody.beginning(begin) > most)
    return OverfullTimes(clinic, spans, frozenset(crowded))
