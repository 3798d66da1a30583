"""Maps the headings of a roster to its columns.

A heading means a column if both are equal except for case, spaces and hyphens: "Latest Start" is
`latest_start`. Nothing else is guessed: the user has to name a column for any other heading, or
ignore the heading.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice

from ketasched.errors import BadFile, BadRequest, summarise_problems
from ketasched.files.column_mapping import normalise_heading
from ketasched.files.request_parsing import ROSTER_FIELDS
from ketasched.files.typed_text import clean_text
from ketasched.model import quote
from ketasched.model.did_you_mean import did_you_mean, nearest

REQUIRED = ("patient", "start")
"""The columns that every row of a roster must fill."""

FILLERS = frozenset(("date", "day", "id", "no", "number", "ref", "reference", "code", "of", "the"))
"""Words of a heading that say nothing of its column: "Start date" is about `start`."""

IGNORED = ""
"""Stands for the column of an ignored heading."""

HEADING = "HEADING"
"""Stands in an option for a heading that is not known."""

MOST_PROBLEMS_SHOWN = 20
"""Further problems of a header are only counted."""


class HeadingMap:
    """Maps headings to columns.

    `names` maps columns to the roster's own headings, and takes precedence over the headings in
    `ignored`, which take precedence over the names of the columns. Raises `BadRequest` for an
    unknown column in `names`, and for a heading that is named for two columns.
    """

    def __init__(self, names: Mapping[str, str], ignored: Collection[str] = ()) -> None:
        self.names = names
        own: dict[str, str] = {}
        for name, heading in names.items():
            if name not in ROSTER_FIELDS:
                hint = did_you_mean(name, ROSTER_FIELDS)
                said = f"there is no column {quote(name)}{hint}"
                raise BadRequest("column", said, next_step=f"one of: {', '.join(ROSTER_FIELDS)}")
            other = own.setdefault(normalise_heading(heading), name)
            if other != name:
                problem = f"{quote(heading)} cannot be both {other} and {name}"
                raise BadRequest("column", problem)
        known = {name: name for name in ROSTER_FIELDS if name not in names}
        self._columns = known | dict.fromkeys(map(normalise_heading, ignored), IGNORED) | own

    def column(self, heading: str) -> str | None:
        """The column that the heading means, `IGNORED`, or None for an unknown heading."""
        if heading in self._columns:  # as most keys of NDJSON are
            return self._columns[heading]
        return self._columns.get(normalise_heading(heading))

    def describe_unknown(self, heading: str) -> str:
        """The error message for an unknown heading."""
        own = self.names.get(normalise_heading(heading))
        if own is not None:
            return f"{quote(clean_text(heading))} is not read: that column is to be {quote(own)}"
        meant = _nearest_column(heading)
        hint = f"; did you mean {meant}?" if meant else ""
        return f"{quote(clean_text(heading))} is no column of a roster{hint}"


def _nearest_column(heading: str) -> str:
    """The column that the heading is a slip of, or names beside words that say nothing; or ""."""
    name = normalise_heading(heading)
    telling = "_".join(word for word in name.split("_") if word not in FILLERS)
    return nearest(name, ROSTER_FIELDS) or nearest(telling, ROSTER_FIELDS)


def map_headings(headings: Sequence[str], heading_map: HeadingMap, place: str) -> tuple[str, ...]:
    """The column of each heading, or `IGNORED`.

    Raises `BadFile` with all problems of the header, which is at `place`.
    """
    columns = [heading_map.column(heading) for heading in headings]
    if columns == [None]:
        said = "is no header: it is one cell, and a roster has a column patient and a column start"
        raise BadFile(f"{place}: {said}", next_step="delete the lines above the header")
    duplicates = [*_duplicate_columns(headings, columns)]
    problems = [
        *_missing_columns(columns, heading_map),
        *duplicates,
        *_unknown_headings(headings, columns, heading_map),
    ]
    if not problems:
        return tuple(name or IGNORED for name in columns)
    number, lines = summarise_problems(problems, MOST_PROBLEMS_SHOWN)
    steps = ["give each column a heading of its own"] * bool(duplicates)
    if options := _options(headings, columns, heading_map):
        lines.append(f"columns of a roster: {', '.join(ROSTER_FIELDS)}")
        steps.append(f"mend it, or say what is what: {options}")
    raise BadFile(f"{place}: {number} in the header", details=lines, next_step="\n".join(steps))


def _options(
    headings: Sequence[str], columns: Sequence[str | None], heading_map: HeadingMap
) -> str:
    """The options that say what the headings mean, as far as that can be guessed."""
    cells = zip(headings, columns, strict=True)
    unknown = [clean_text(heading) for heading, column in cells if column is None]
    unknown = list(filter(None, unknown))[:MOST_PROBLEMS_SHOWN]
    guessed = {_nearest_column(heading): heading for heading in reversed(unknown)}
    wanted = dict.fromkeys((*REQUIRED, *heading_map.names), HEADING) | guessed
    missing = {name: heading for name, heading in wanted.items() if name and name not in columns}
    options = [f"--column {name}={_quoted(heading)}" for name, heading in missing.items()]
    if set(unknown) - set(missing.values()):
        options.append(f"--ignore-column {HEADING}")
    return " ".join(options)


def _quoted(heading: str) -> str:
    """A heading in quotes, which logs leave out; `HEADING` if a shell reads more into it."""
    is_plain = heading != HEADING and re.fullmatch(r"[\w .,:;/()-]+", heading)
    return quote(heading) if is_plain else HEADING


def _missing_columns(columns: Sequence[str | None], heading_map: HeadingMap) -> Iterator[str]:
    """Messages about named and required columns that no heading means."""
    for name, heading in heading_map.names.items():
        if name not in columns:
            yield f"no column is headed {quote(heading)}, which is to be {name}"
    for name in REQUIRED:
        if name not in columns and name not in heading_map.names:
            yield f"there is no column {name}, which every roster needs"


def _duplicate_columns(headings: Sequence[str], columns: Sequence[str | None]) -> Iterator[str]:
    """Messages about columns that more than one heading means."""
    for name, count in Counter(filter(None, columns)).items():
        if count > 1:
            cells = enumerate(zip(headings, columns, strict=True), 1)
            places = (
                f"column {i} {quote(clean_text(one))}"
                for i, (one, column) in cells
                if column == name
            )
            yield f"{name} is there {count} times: {', '.join(islice(places, 3))}"


def _unknown_headings(
    headings: Sequence[str], columns: Sequence[str | None], heading_map: HeadingMap
) -> Iterator[str]:
    """Messages about unknown headings; "" for those that are only counted, which saves time."""
    cells = enumerate(zip(headings, columns, strict=True), 1)
    unknown = [(number, heading) for number, (heading, column) in cells if column is None]
    for number, heading in unknown[:MOST_PROBLEMS_SHOWN]:
        problem = (
            f": {heading_map.describe_unknown(heading)}" if clean_text(heading) else " has no name"
        )
        yield f"column {number}{problem}"
    yield from [""] * (len(unknown) - MOST_PROBLEMS_SHOWN)
