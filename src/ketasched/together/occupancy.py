"""Who has which chairs while patients are seated one after the other."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from ketasched.model import TAKES_PLACE, Course, Slot
from ketasched.model.wall_clock import effective_kind
from ketasched.rules.base import Bookings

Visit = tuple[datetime, datetime]


@dataclass(slots=True)
class Table:
    """The chairs that are taken, by day: what was booked before, and by those who are seated."""

    taken: dict[date, tuple[Visit, ...]]
    _own: dict[int, list[tuple[date, Visit]]] = field(default_factory=dict)

    def seat(self, number: int, course: Course) -> None:
        """Patient `number` takes the chairs of a course."""
        self.sit(number, slots_of(course))

    def sit(self, number: int, slots: Iterable[Slot]) -> None:
        """Patient `number` takes a chair for each of these visits that needs one."""
        own = self._own[number] = []
        for slot in slots:
            if slot.kind.place == "clinic":
                day, visit = slot.start.date(), (slot.start, slot.end)
                own.append((day, visit))
                self.taken[day] = (*self.taken.get(day, ()), visit)

    def rise(self, number: int) -> None:
        """Patient `number` gives their chairs back."""
        for day, visit in self._own.pop(number, ()):
            # The very same: equal times can be the first and the second 01:30.
            self.taken[day] = tuple(one for one in self.taken[day] if one is not visit)


def table_of(bookings: Bookings) -> Table:
    """A table at which only those sit who were there before."""
    return Table(dict(bookings))


def slots_of(course: Course) -> Iterator[Slot]:
    """The slots of the visits that take place."""
    for visit in course.visits:
        if visit.status in TAKES_PLACE:
            kind = effective_kind(course.protocol, course.clinic, visit.kind)
            yield Slot(kind, visit.start, visit.end)
