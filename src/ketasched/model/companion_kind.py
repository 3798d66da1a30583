"""`CompanionKind`: what precedes or follows treatment visits, such as talks with a therapist."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar, Self

from ketasched.model.keys import Key
from ketasched.model.values import Place, Plain, Problem, Schema, quote

EACH = "each"
"""How a file writes that every visit of a phase is meant."""

MOST_VISITS = 200
"""No phase has more visits."""


@dataclass(frozen=True, slots=True)
class VisitOrdinals:
    """Which visits of a phase are meant: those with these `numbers`; of none, each visit."""

    SCHEMA: ClassVar[Schema] = {
        "description": '"each", or [1, 3, 6]',
        "anyOf": [
            {"const": EACH},
            {
                "type": "array",
                "minItems": 1,
                "items": {"type": "integer", "minimum": 1, "maximum": MOST_VISITS},
            },
        ],
    }

    numbers: tuple[int, ...] = ()

    @classmethod
    def read(cls, value: object) -> Self:
        """From "each" or [1, 3, 6]."""
        if value == EACH:
            return cls()
        numbers = value if isinstance(value, list) else []
        if not numbers or any(type(one) is not int for one in numbers):
            raise ValueError(f'expected "{EACH}" or a list of numbers, not {quote(value)}')
        for one in numbers:
            if not 1 <= one <= MOST_VISITS:
                raise ValueError(f"expected 1 to {MOST_VISITS}, not {quote(one)}")
        return cls(tuple(sorted(set(numbers))))

    def plain(self) -> Plain:
        """Back to "each" or the list."""
        return list(self.numbers) or EACH

    def __contains__(self, number: object) -> bool:
        return not self.numbers or number in self.numbers


@dataclass(frozen=True, slots=True)
class WithinDays:
    """Calendar days between a companion and its visit: Mon and Wed are 2. Both ends inclusive."""

    max: Annotated[int, Key(unit="days", least=1, most=31)]
    """The most days between the two."""
    min: Annotated[int, Key(unit="days", least=1, most=31)] = 1
    """The fewest days between the two."""

    def problems(self) -> Iterator[Problem]:
        """Problem if the limits cross."""
        if self.min > self.max:
            yield "min", f"min {self.min} is more than max {self.max}"


@dataclass(frozen=True, slots=True)
class CompanionKind:
    """What precedes or follows treatment visits: preparation before them, integration after.

    It is dated after the visits are: it never moves, delays or refuses one. Where it finds no day
    within its days, it is left out, and a finding says so.
    """

    name: Annotated[
        str, Key(pattern="[a-z0-9][a-z0-9-]{0,39}", form="small letters, digits and hyphens")
    ]
    """A name of its own within the protocol."""
    title: str
    """What it is called where titles are clinical."""
    within_days: WithinDays
    """How far from its visit it is, by the calendar: Mon and Wed are 2 apart."""
    minutes: Annotated[int, Key(unit="minutes", least=1, most=720)]
    """How long it takes."""
    phase: str = ""
    """The phase of its visits; unsaid, each phase that is not beside another."""
    after: VisitOrdinals | None = None
    """After which visits of the phase: `"each"`, or their numbers; this or `before`."""
    before: VisitOrdinals | None = None
    """Before which visits of the phase; this or `after`."""
    place: Place = "phone"
    """Where it is."""
    chair: bool = False
    """Whether it takes one of the clinic's chairs."""
    needs: tuple[str, ...] = ()
    """Which of the clinic's `[[resources]]` it needs, by name."""
    driver: bool = False
    """Whether someone else brings the patient and takes them home."""

    def belongs_to(self, phase: str, number: int) -> bool:
        """Whether visit `number` of a phase has such a companion."""
        ordinals = self.before or self.after
        return self.phase in ("", phase) and ordinals is not None and number in ordinals

    def problems(self) -> Iterator[Problem]:
        """Problems if not one of `after` and `before` is said, or with what it takes elsewhere."""
        if (self.after is None) == (self.before is None):
            yield "", "expected one of after and before"
        if self.place == "clinic":
            return
        for key, value in (("chair", self.chair), ("driver", self.driver)):
            if value:
                yield key, f'goes with place = "clinic", not "{self.place}"'
