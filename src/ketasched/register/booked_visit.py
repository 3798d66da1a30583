"""`BookedVisit`: a row of the table of bookings, and what the visit exceeds at its clinic."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from ketasched.model import Clinic, Slot
from ketasched.model.holds import CHAIR, START, Hold, Usage, holds_of_usage, usage_of
from ketasched.model.occupancy import Occupancy
from ketasched.model.unit_limits import limit_on
from ketasched.register.records import Waiver
from ketasched.rules import occupancy_rule


class Limits(NamedTuple):
    """How many visits may be on a chair at once, and how many may begin at the same instant.

    None means any number.
    """

    at_once: int | None
    beginning: int | None


class BookedVisit(NamedTuple):
    """A visit as the register has it: see `tables.BOOKINGS`.

    `chair`, and `place` among the visits that begin at the same instant, count from 0. They are
    None if the clinic does not limit them, or before the assignment.
    """

    uid: str
    begins: int
    ends: int
    treatment: int | None = None
    observation: int | None = None
    takes_chair: int = 1
    needs: str | None = None
    chair: int | None = None
    place: int | None = None

    @property
    def usage(self) -> Usage:
        """What the visit uses at its clinic."""
        treatment = self.begins if self.treatment is None else self.treatment
        observation = self.ends if self.observation is None else self.observation
        needs = None if self.needs is None else tuple(self.needs.split())
        return Usage(self.begins, treatment, observation, self.ends, bool(self.takes_chair), needs)

    def stays_at(self, stored: "BookedVisit") -> bool:
        """Whether the visit takes the same time as a stored one, with or without a chair."""
        mine, other = self.usage, stored.usage
        return (mine.begin, mine.end, mine.takes_chair) == (
            other.begin,
            other.end,
            other.takes_chair,
        )


def visit_of_row(row: Any) -> BookedVisit:  # noqa: ANN401 - a row of SQLAlchemy's, by column name
    """The visit of a row of the table of bookings."""
    return BookedVisit(*(getattr(row, name) for name in BookedVisit._fields))


def booked_visit(uid: str, slot: Slot) -> BookedVisit | None:
    """The visit in this slot for the table of bookings; None if it uses nothing of a clinic."""
    usage = usage_of(slot)
    if not usage.takes_chair and usage.needs == ():
        return None
    begins, treatment, observation, ends = map(int, usage[:4])
    needs = None if usage.needs is None else " ".join(usage.needs)
    return BookedVisit(uid, begins, ends, treatment, observation, int(usage.takes_chair), needs)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a clinic allows on a local date: the most that it allowed in any of these forms.

    The clinic is as in the first form; the others may have had more chairs.
    """

    clinics: Sequence[Clinic]
    day: date

    def holds(self, visit: BookedVisit) -> list[Hold]:
        """What a visit holds."""
        return holds_of_usage(self.clinics[0], visit.usage)

    def limit(self, unit: str) -> int | None:
        """How many visits may hold a unit at once, hours aside; None for any number."""
        found = [limit_on(clinic, unit, self.day) for clinic in self.clinics]
        known = [one for one in found if one is not None]
        return max(known) if len(known) == len(found) else None

    @property
    def chairs(self) -> Limits:
        """The limits for the assignment of chairs."""
        return Limits(self.limit(CHAIR), self.limit(START))


class Excess(NamedTuple):
    """A visit, by its uid, and the unit of which too few are left for it."""

    uid: str
    unit: str


def first_excess(
    new: Iterable[BookedVisit],
    there: Iterable[BookedVisit],
    allowed: Allowance,
    waived: Collection[Waiver] = (),
) -> Excess | None:
    """The first of the new visits that exceeds a limit, with the unit; None if none does.

    A visit with a waiver may exceed the limits of that rule, and is not counted where it is there.
    """
    new = sorted(new, key=lambda one: (one.begins, one.uid))
    occupancy = Occupancy(
        hold
        for one in there
        for hold in allowed.holds(one)
        if (one.uid, occupancy_rule(hold.unit).name) not in waived
    )
    occupancy.add(hold for one in new for hold in allowed.holds(one))
    for one in new:
        for hold in allowed.holds(one):
            limit = allowed.limit(hold.unit)
            is_waived = (one.uid, occupancy_rule(hold.unit).name) in waived
            if not is_waived and limit is not None and occupancy.peak(hold) > limit:
                return Excess(one.uid, hold.unit)
    return None
