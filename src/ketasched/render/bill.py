"""What a course costs, by the clinic's own prices."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ketasched.model import Amount, Course, VisitKind


@dataclass(frozen=True, slots=True)
class BillLine:
    """The visits of a kind. `unit_price` and `amount` are None if the clinic names no price."""

    kind: VisitKind
    count: int
    tentative: bool
    unit_price: Amount | None

    @property
    def amount(self) -> Amount | None:
        """The price of all visits of the line."""
        return Amount(self.unit_price.hundredths * self.count) if self.unit_price else None


@dataclass(frozen=True, slots=True)
class Bill:
    """The prices of a course's visits."""

    lines: tuple[BillLine, ...]

    @property
    def total(self) -> Amount:
        """The price without the tentative visits."""
        return _total(line for line in self.lines if not line.tentative)

    @property
    def at_most(self) -> Amount:
        """The price if all tentative visits take place."""
        return _total(self.lines)

    @property
    def is_complete(self) -> bool:
        """Whether every kind of visit has a price."""
        return all(line.unit_price for line in self.lines)


def make_bill(course: Course) -> Bill | None:
    """The bill for the visits that take place; None if none does, or the clinic names no prices.

    A kind of visit without a price has the price of the kind that it is `like`.
    """
    prices = course.clinic.prices.protocols.get(course.protocol.id)
    if not prices:
        return None
    counts = Counter(
        (visit.kind, visit.status == "tentative") for visit in course.visits if visit.is_here
    )
    lines = (
        BillLine(course.protocol.visits[kind], count, tentative, _price(course, kind))
        for (kind, tentative), count in counts.items()
    )
    return Bill(tuple(lines)) if counts else None


def _price(course: Course, kind: str) -> Amount | None:
    prices = course.clinic.prices.protocols[course.protocol.id]
    while kind not in prices and course.protocol.visits[kind].like in course.protocol.visits:
        kind = course.protocol.visits[kind].like
    return prices.get(kind)


def _total(lines: Iterable[BillLine]) -> Amount:
    return Amount(sum(line.amount.hundredths for line in lines if line.amount))
