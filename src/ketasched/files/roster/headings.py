"""The header of a roster: which column each heading means, and what separates the cells.

A heading means a column where they agree but for capitals, spaces and hyphens: "Latest Start" is
`latest_start`. Nothing else is guessed: any other heading has to be named or ignored.
"""

import re
from collections.abc import Collection, Mapping, Sequence

from ketasched.errors import BadFile, BadRequest
from ketasched.files.codec import nearest
from ketasched.files.request_fields import ROSTER_COLUMNS
from ketasched.model import shown

REQUIRED = ("patient", "start")
"""What every row of a roster must say."""

IGNORED = ""
"""Stands for a column that is not read."""

MOST_PROBLEMS_SHOWN = 20
"""More problems of one header are counted and not shown."""


class Naming:
    """Which headings mean which columns.

    `names` maps columns to the roster's own headings, and comes before `ignored`, the headings to
    pass over, and those before the columns' own names. Raises `BadRequest` for a name that is no
    column's, and for a heading that is to be two columns.
    """

    def __init__(self, names: Mapping[str, str], ignored: Collection[str] = ()) -> None:
        self.names = names
        own: dict[str, str] = {}
        for name, heading in names.items():
            if name not in ROSTER_COLUMNS:
                said = f"there is no column {shown(name)}{nearest(name, ROSTER_COLUMNS)}"
                raise BadRequest("column", said)
            if other := own.get(simple(heading)):
                said = f"{shown(heading)} cannot be both {other} and {name}"
                raise BadRequest("column", said)
            own[simple(heading)] = name
        known = {name: name for name in ROSTER_COLUMNS if name not in names}
        self._columns = known | dict.fromkeys(map(simple, ignored), IGNORED) | own

    def column(self, heading: str) -> str | None:
        """The column that the heading means, `IGNORED`, or None where it is not known."""
        if heading in self._columns:
            return self._columns[heading]
        return self._columns.get(simple(heading))

    def unknown(self, heading: str) -> str:
        """What to say of a heading that is not known."""
        own = self.names.get(simple(heading))
        if own is not None:
            return f"{shown(heading.strip())} is not read: that column is to be {shown(own)}"
        near = nearest(simple(heading), ROSTER_COLUMNS)
        return f"{shown(heading.strip())} is no column of a roster{near}"


def simple(heading: str) -> str:
    """A heading without what may differ: "Latest Start " is "latest_start"."""
    return re.sub(r"[\s_-]+", "_", heading.strip().lower())


def columns_of(headings: Sequence[str], naming: Naming, place: str) -> tuple[str, ...]:
    """The column of each heading; `place` begins the message.

    Raises `BadFile` with everything that is wrong.
    """
    found = [naming.column(heading) for heading in headings]
    problems = [
        *_missing(found, naming),
        *_twice(headings, found),
        *_unknown(headings, found, naming),
    ]
    if not problems:
        return tuple(name or IGNORED for name in found)
    number = "a problem" if len(problems) == 1 else f"{len(problems)} problems"
    if len(problems) > MOST_PROBLEMS_SHOWN:
        problems[MOST_PROBLEMS_SHOWN:] = [f"and {len(problems) - MOST_PROBLEMS_SHOWN} more"]
    raise BadFile(
        f"{place}: {number} in the header",
        details=problems,
        next_step='mend it, or say what is meant: --column start="Start date", '
        "--ignore-column Notes",
    )


def _missing(found: Sequence[str | None], naming: Naming) -> list[str]:
    """The columns that should be there and are not."""
    said = []
    for name, heading in naming.names.items():
        if name not in found:
            said.append(f"no column is headed {shown(heading)}, which is to be {name}")
    for name in REQUIRED:
        if name not in found and name not in naming.names:
            said.append(f"there is no column {name}, which every roster needs")
    return said


def _twice(headings: Sequence[str], found: Sequence[str | None]) -> list[str]:
    """The columns that more than one heading means."""
    where: dict[str, list[int]] = {}
    for number, name in enumerate(found):
        if name:
            where.setdefault(name, []).append(number)
    return [
        f"{name} is there {len(places)} times: "
        + ", ".join(f"column {at + 1} {shown(headings[at].strip())}" for at in places[:3])
        for name, places in where.items()
        if len(places) > 1
    ]


def _unknown(headings: Sequence[str], found: Sequence[str | None], naming: Naming) -> list[str]:
    """The headings that mean nothing; near names are looked for only where they are shown."""
    said: list[str] = []
    for number, (heading, name) in enumerate(zip(headings, found, strict=True), 1):
        if name is not None:
            continue
        if not heading.strip():
            said.append(f"column {number} has no name")
        elif len(said) < MOST_PROBLEMS_SHOWN:
            said.append(f"column {number}: {naming.unknown(heading)}")
        else:
            said.append("")
    return said
