"""What a course costs by the clinic's own prices."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ketasched.model import TAKES_PLACE, Amount, Course, VisitKind


@dataclass(frozen=True, slots=True)
class PriceLine:
    """So many visits of a kind; `each` and `amount` are None where the clinic names no price."""

    kind: VisitKind
    count: int
    tentative: bool
    each: Amount | None

    @property
    def amount(self) -> Amount | None:
        """For all of them."""
        return Amount(self.each.hundredths * self.count) if self.each else None


@dataclass(frozen=True, slots=True)
class Bill:
    """The lines of a course, what is sure, and what it comes to if all takes place."""

    lines: tuple[PriceLine, ...]

    @property
    def total(self) -> Amount:
        """For the visits that are sure."""
        return _total(line for line in self.lines if not line.tentative)

    @property
    def at_most(self) -> Amount:
        """With the tentative visits."""
        return _total(self.lines)

    @property
    def is_whole(self) -> bool:
        """Whether every kind of visit has a price."""
        return all(line.each for line in self.lines)


def bill(course: Course) -> Bill | None:
    """What the visits cost that take place, or may; None where the clinic names no prices.

    A kind without a price costs what the kind costs that it is like.
    """
    prices = course.clinic.prices.protocols.get(course.protocol.id)
    if not prices:
        return None
    counts = Counter(
        (visit.kind, visit.status == "tentative")
        for visit in course.visits
        if visit.status in TAKES_PLACE
    )
    return Bill(
        tuple(
            PriceLine(course.protocol.visits[kind], count, tentative, _price(course, kind))
            for (kind, tentative), count in counts.items()
        )
    )


def _price(course: Course, kind: str) -> Amount | None:
    prices = course.clinic.prices.protocols[course.protocol.id]
    while kind not in prices and course.protocol.visits[kind].like in course.protocol.visits:
        kind = course.protocol.visits[kind].like
    return prices.get(kind)


def _total(lines: Iterable[PriceLine]) -> Amount:
    return Amount(sum(line.amount.hundredths for line in lines if line.amount))
