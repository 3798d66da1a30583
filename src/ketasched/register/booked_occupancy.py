"""The occupancy of a clinic as the register has it, read within one transaction."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from ketasched.model.occupancy import Interval, Occupancy
from ketasched.register.tables import BOOKINGS, LONGEST_VISIT

DAY = 24 * 60 * 60
BLOCK = 28 * DAY
"""How many seconds are read at once: whoever asks for a day asks for the following days, too."""


class BookedOccupancy(Occupancy):
    """The visits that are booked at a clinic, read from the database block by block when needed.

    `clinic` is the clinic's number; None if the register does not know the clinic. The visits of
    the courses `without` (identifiers) are left out. `block` is how many seconds are read at once.
    """

    def __init__(
        self,
        connection: Connection,
        clinic: int | None,
        without: Collection[str],
        block: int = BLOCK,
    ) -> None:
        super().__init__()
        self._block = block
        self._connection, self._clinic, self._without = connection, clinic, tuple(without)
        self._blocks: set[int] = set()

    def __bool__(self) -> bool:
        return self._clinic is not None or super().__bool__()

    def at(self, instant: float) -> int:
        """See `Occupancy.at`."""
        self.read(instant, instant)
        return super().at(instant)

    def beginning(self, instant: float) -> int:
        """See `Occupancy.beginning`."""
        self.read(instant, instant)
        return super().beginning(instant)

    def peak(self, start: float, end: float) -> int:
        """See `Occupancy.peak`."""
        self.read(start, end)
        return super().peak(start, end)

    def read(self, start: float, end: float) -> None:
        """Read every visit that touches the time from `start` to `end`, in POSIX seconds."""
        wanted = range(int((start - LONGEST_VISIT) // self._block), int(end // self._block) + 1)
        for block in set(wanted) - self._blocks if self._clinic is not None else ():
            self.add(self._booked(block * self._block, (block + 1) * self._block))
        self._blocks.update(wanted)

    def _booked(self, first: int, end: int) -> list[Interval]:
        """The visits that begin at `first` or later, and before `end`."""
        booked = select(BOOKINGS.c.begins, BOOKINGS.c.ends).where(
            BOOKINGS.c.clinic == self._clinic,
            BOOKINGS.c.begins >= first,
            BOOKINGS.c.begins < end,
            BOOKINGS.c.course_id.not_in(self._without),
        )
        return [(row.begins, row.ends) for row in self._connection.execute(booked)]
