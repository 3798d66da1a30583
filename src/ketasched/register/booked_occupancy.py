"""The occupancy of a clinic as the register has it, read within one transaction."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from ketasched.model import Clinic
from ketasched.model.holds import Hold, holds_of_usage
from ketasched.model.occupancy import Occupancy
from ketasched.register.booked_visit import BookedVisit
from ketasched.register.tables import BOOKINGS, LONGEST_VISIT

COLUMNS = [BOOKINGS.c[name] for name in BookedVisit._fields]
"""The columns that a `BookedVisit` is made from, in the order of its fields."""

DAY = 24 * 60 * 60
BLOCK = 28 * DAY
"""How many seconds are read at once: whoever asks for a day asks for the following days, too."""


class BookedOccupancy(Occupancy):
    """The visits that are booked at a clinic, read from the database block by block when needed.

    `number` is the clinic's; None if the register does not know the clinic. The visits of the
    courses `without` (identifiers) are left out. `block` is how many seconds are read at once.
    """

    def __init__(
        self,
        connection: Connection,
        clinic: Clinic,
        number: int | None,
        without: Collection[str],
        block: int = BLOCK,
    ) -> None:
        super().__init__()
        self._block = block
        self._connection, self._clinic, self._number = connection, clinic, number
        self._without = tuple(without)
        self._blocks: set[int] = set()

    def __bool__(self) -> bool:
        return self._number is not None or super().__bool__()

    def at(self, unit: str, instant: float) -> int:
        """See `Occupancy.at`."""
        self.read(instant, instant)
        return super().at(unit, instant)

    def peak(self, hold: Hold) -> int:
        """See `Occupancy.peak`."""
        self.read(hold.begin, hold.end)
        return super().peak(hold)

    def ends_after(self, hold: Hold, until: float) -> list[float]:
        """See `Occupancy.ends_after`."""
        self.read(hold.begin, until)
        return super().ends_after(hold, until)

    def read(self, start: float, end: float) -> None:
        """Read every visit that touches the time from `start` to `end`, in POSIX seconds."""
        wanted = range(int((start - LONGEST_VISIT) // self._block), int(end // self._block) + 1)
        for block in set(wanted) - self._blocks if self._number is not None else ():
            self.add(self._booked(block * self._block, (block + 1) * self._block))
        self._blocks.update(wanted)

    def _booked(self, first: int, end: int) -> list[Hold]:
        """What the visits hold that begin at `first` or later, and before `end`."""
        booked = select(*COLUMNS).where(
            BOOKINGS.c.clinic == self._number,
            BOOKINGS.c.begins >= first,
            BOOKINGS.c.begins < end,
            BOOKINGS.c.course_id.not_in(self._without),
        )
        return [
            hold
            for row in self._connection.execute(booked)
            for hold in holds_of_usage(self._clinic, BookedVisit(*row).usage)
        ]
