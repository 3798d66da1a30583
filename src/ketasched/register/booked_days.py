"""Who sits when at a clinic, as the planner wants to know it: looked up in the register."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from ketasched.model.occupancy import Taken
from ketasched.register.tables import BOOKINGS

DAYS_AT_ONCE = 28
"""A planner that asks for a day asks for those after it, too."""


@dataclass(frozen=True, slots=True)
class BookedDays(Mapping[date, Taken]):
    """Who sits when at a clinic, by local date, within one transaction.

    The visits of the courses in `but` are left out. `clinic` is None where nothing is known of it.
    """

    connection: Connection
    clinic: int | None
    zone: ZoneInfo
    but: tuple[str, ...] = ()
    _days: dict[date, Taken] = field(default_factory=dict)

    def __getitem__(self, day: date) -> Taken:
        if day not in self._days:
            self._look(day)
        return self._days[day]

    def __bool__(self) -> bool:
        return self.clinic is not None

    def __iter__(self) -> Iterator[date]:
        return iter(self._days)

    def __len__(self) -> int:
        return len(self._days)

    def _look(self, day: date) -> None:
        """Look a day up, and those after it."""
        days = [day + timedelta(number) for number in range(DAYS_AT_ONCE)]
        asked = select(BOOKINGS.c.day, BOOKINGS.c.begins, BOOKINGS.c.ends).where(
            BOOKINGS.c.clinic == self.clinic,
            BOOKINGS.c.day.between(days[0].isoformat(), days[-1].isoformat()),
            BOOKINGS.c.course_id.not_in(self.but),
        )
        found: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
        order = BOOKINGS.c.begins, BOOKINGS.c.uid
        for on, begins, ends in self.connection.execute(asked.order_by(*order)):
            found[on].append((_moment(begins, self.zone), _moment(ends, self.zone)))
        for one in days:
            self._days.setdefault(one, tuple(found.get(one.isoformat(), ())))


def _moment(seconds: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).astimezone(zone)
