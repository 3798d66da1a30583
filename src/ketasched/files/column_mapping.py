"""`ColumnMapping`: what the headings of a clinic's own export mean, in a file of its own."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from ketasched.files.request_parsing import ROSTER_FIELDS
from ketasched.files.typed_text import clean_text
from ketasched.model import Problem, quote
from ketasched.model.did_you_mean import did_you_mean


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """How the rosters of one export are read: their headings, and the order of their dates.

    Headings are compared regardless of case, spaces and hyphens. `columns` are read either way
    round.
    """

    format: Literal[1]
    """The format of the file."""
    columns: Mapping[str, str]
    """By a heading of the export, the column of a roster that it is."""
    ignore: tuple[str, ...] = ()
    """Headings of the export to pass over."""
    date_order: Literal["mdy", "dmy"] | None = None
    """Whether 03/04/2027 has the month or the day first; without it, that is refused."""

    @property
    def headings(self) -> Mapping[str, str]:
        """The heading of each column that is mapped."""
        pairs = (heading_and_column(*pair) for pair in self.columns.items())
        return {column: heading for heading, column in pairs}

    def problems(self) -> Iterator[Problem]:
        """Problems with unknown columns, and with columns and headings that are named twice."""
        places: dict[str, str] = {}  # by heading
        columns: dict[str, str] = {}
        for pair in self.columns.items():
            place = f"columns.{pair[0]}"
            heading, column = heading_and_column(*pair)
            if column not in ROSTER_FIELDS:
                hint = did_you_mean(column, ROSTER_FIELDS)
                yield place, f"there is no column {quote(column)}{hint}"
            elif (other := columns.setdefault(column, heading)) != heading:
                yield place, f"{column} is {quote(other)} already"
            if (other := places.setdefault(normalise_heading(heading), place)) != place:
                yield place, f"is the same heading as {other}"
        for number, heading in enumerate(self.ignore):
            if normalise_heading(heading) in places:
                other = places[normalise_heading(heading)]
                yield f"ignore[{number}]", f"is the same heading as {other}"


def heading_and_column(heading: str, column: str) -> tuple[str, str]:
    """The heading and the column, exchanged if only the heading is the name of a column."""
    is_swapped = heading in ROSTER_FIELDS and column not in ROSTER_FIELDS
    return (column, heading) if is_swapped else (heading, column)


def normalise_heading(heading: str) -> str:
    """The heading as columns are written: "Latest Start " becomes "latest_start"."""
    return re.sub(r"[\s_-]+", "_", clean_text(heading).lower())
