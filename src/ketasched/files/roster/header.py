"""Reads the header of a roster: its delimiter, and the column that each heading means.

A heading means a column if both are equal except for case, spaces and hyphens: "Latest Start" is
`latest_start`. Nothing else is guessed: the user has to name a column for any other heading, or
ignore the heading.
"""

import codecs
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from ketasched.errors import BadFile, BadRequest, summarise_problems
from ketasched.files.column_mapping import normalise_heading
from ketasched.files.csv_cells import unescape_cell
from ketasched.files.request_parsing import ROSTER_FIELDS
from ketasched.files.roster.csv_records import (
    MOST_CELL,
    LineReader,
    Record,
    RecordScanner,
    read_record,
)
from ketasched.files.typed_text import clean_text
from ketasched.model import quote
from ketasched.model.did_you_mean import did_you_mean, nearest

DELIMITERS = (",", ";", "\t")

MAGIC_BYTES = (
    (codecs.BOM_UTF16_LE, "is UTF-16 text"),
    (codecs.BOM_UTF16_BE, "is UTF-16 text"),
    (b"BEGIN:VCALENDAR", "is a calendar, not CSV; calendars go with --busy"),
    (b"%PDF", "is a PDF, not CSV"),
    (b"PK\x03\x04", "is a workbook or an archive, not CSV"),
    (b"\xd0\xcf\x11\xe0", "is an old workbook, not CSV"),
    (b"\x1f\x8b", "is compressed"),
)
"""First bytes of files that are mistaken for rosters, each with an error message."""

SAVE_AS = "save the roster as UTF-8; in Excel: Save As, CSV UTF-8 (Comma delimited)"

REQUIRED = ("patient", "start")
"""The columns that every row of a roster must fill."""

FILLERS = frozenset(("date", "day", "id", "no", "number", "ref", "reference", "code", "of", "the"))
"""Words of a heading that say nothing of its column: "Start date" is about `start`."""

REJECT_COLUMNS = ("row", "rule", "reason")
"""The last columns of a file of rejects, which a batch writes; `row` is the row's number.

A file of rejects is a roster again once its rows are mended: these columns are ignored, and cells
are unescaped (`csv_cells.unescape_cell`). In any other roster a leading "'" stays.
"""

JSON_COLUMN = "json"
"""The only column of an NDJSON roster and of its rejects: the unchanged line."""

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

    def __init__(self, names: Mapping[str, str], ignored: Collection[str]) -> None:
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


def _map_headings(headings: Sequence[str], heading_map: HeadingMap, place: str) -> tuple[str, ...]:
    """The column of each heading, or `IGNORED`.

    Raises `BadFile` with all problems of the header, which is at `place`.
    """
    columns = [heading_map.column(heading) for heading in headings]
    if columns == [None]:
        said = "is no header: it is one cell, and a roster has a column patient and a column start"
        raise BadFile(f"{place}: {said}", next_step="delete the lines above the header")
    cells = enumerate(zip(headings, columns, strict=True), 1)
    unknown = [(number, clean_text(heading)) for number, (heading, one) in cells if one is None]
    missing, duplicates = _missing_columns(columns, heading_map), _duplicates(headings, columns)
    problems = [*missing, *duplicates, *_unknown_headings(unknown, heading_map)]
    if not problems:
        return tuple(name or IGNORED for name in columns)
    number, lines = summarise_problems(problems, MOST_PROBLEMS_SHOWN)
    steps = ["give each column a heading of its own"] * bool(duplicates)
    if options := _options(unknown, columns, heading_map):
        lines.append(f"columns of a roster: {', '.join(ROSTER_FIELDS)}")
        steps.append(f"mend it, or say what is what: {options}")
    raise BadFile(f"{place}: {number} in the header", details=lines, next_step="\n".join(steps))


def _options(
    unknown: Sequence[tuple[int, str]], columns: Sequence[str | None], heading_map: HeadingMap
) -> str:
    """The options that say what the unknown headings mean, as far as that can be guessed."""
    headings = [heading for _, heading in unknown if heading][:MOST_PROBLEMS_SHOWN]
    guessed = {_nearest_column(heading): heading for heading in reversed(headings)}
    wanted = dict.fromkeys((*REQUIRED, *heading_map.names), HEADING) | guessed
    missing = {name: heading for name, heading in wanted.items() if name and name not in columns}
    options = [f"--column {name}={_quoted(heading)}" for name, heading in missing.items()]
    if set(headings) - set(missing.values()):
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


def _duplicates(headings: Sequence[str], columns: Sequence[str | None]) -> list[str]:
    """Messages about columns that more than one heading means."""
    found = []
    for name, count in Counter(filter(None, columns)).items():
        if count > 1:
            same = [index for index, column in enumerate(columns) if column == name][:3]
            places = [f"column {one + 1} {quote(clean_text(headings[one]))}" for one in same]
            found.append(f"{name} is there {count} times: {', '.join(places)}")
    return found


def _unknown_headings(
    unknown: Sequence[tuple[int, str]], heading_map: HeadingMap
) -> Iterator[str]:
    """Messages about unknown headings; "" for those that are only counted, which saves time."""
    for number, heading in unknown[:MOST_PROBLEMS_SHOWN]:
        problem = f": {heading_map.describe_unknown(heading)}" if heading else " has no name"
        yield f"column {number}{problem}"
    yield from [""] * (len(unknown) - MOST_PROBLEMS_SHOWN)


@dataclass(frozen=True, slots=True)
class Layout:
    """The headings, columns and delimiter of a roster, and the lines after its header.

    In an NDJSON roster each line is one cell, headed `JSON_COLUMN`; there is no delimiter. Such a
    roster and its rejects have no columns: the keys of the JSON in the cell name the columns.
    """

    heading_map: HeadingMap
    lines: LineReader
    header: tuple[str, ...] = (JSON_COLUMN,)
    columns: tuple[str, ...] = ()
    delimiter: str = ""
    is_rejects: bool = False

    @property
    def width(self) -> int:
        """How many cells a row has."""
        return len(self.header) + len(REJECT_COLUMNS) * self.is_rejects


def read_layout(stream: BinaryIO, heading_map: HeadingMap, path: str) -> Layout:
    """The layout of the roster in a stream.

    Raises `BadFile` if the stream is empty or no text, if its delimiter is ambiguous, or if the
    header is malformed or has unknown, duplicate or missing columns.
    """
    lines = LineReader(stream)
    if _peek_first_line(lines, path).startswith(b"{"):
        return Layout(heading_map, lines)
    delimiter, headings, place = _read_header(lines, heading_map, path)
    own, last = headings[: -len(REJECT_COLUMNS)], headings[-len(REJECT_COLUMNS) :]
    is_rejects = tuple(last) == REJECT_COLUMNS and not any(map(heading_map.column, last))
    if is_rejects:
        headings = [unescape_cell(heading) for heading in own]
    is_json = is_rejects and headings == [JSON_COLUMN]
    columns = () if is_json else _map_headings(headings, heading_map, place)
    return Layout(heading_map, lines, tuple(headings), columns, delimiter, is_rejects)


def _peek_first_line(lines: LineReader, path: str) -> bytes:
    """The first line that is not blank, which is pushed back, without a byte-order mark.

    Raises `BadFile` if there is no such line, or the file is no text.
    """
    for number, raw in lines:
        text = raw.removeprefix(codecs.BOM_UTF8)
        for first_bytes, problem in MAGIC_BYTES:
            if text.startswith(first_bytes):
                raise BadFile(f"{path}: {problem}", next_step=SAVE_AS)
        if text.strip():
            lines.push_back([(number, text)])
            return text.lstrip()
    raise BadFile(f"{path}: is empty", next_step="give a roster with a header row")


def _read_header(
    lines: LineReader, heading_map: HeadingMap, path: str
) -> tuple[str, list[str], str]:
    """The delimiter, the headings, and the header's place for messages.

    Raises `BadFile` if the delimiter is ambiguous or the header is malformed.
    """
    headings = {}
    for delimiter in _declared_delimiters(lines, path) or DELIMITERS:
        scanner = RecordScanner(delimiter)
        record, record_lines = read_record(lines, next(lines), scanner)
        lines.push_back(record_lines)
        headings[delimiter] = _headings(record, scanner)
    place = f"{path}:{record.line}"
    delimiter = _best_delimiter(headings, heading_map, place)
    record, _ = read_record(lines, next(lines), RecordScanner(delimiter))
    _refuse_malformed(record, headings[delimiter], place)
    return delimiter, headings[delimiter], place


def _declared_delimiters(lines: LineReader, path: str) -> tuple[str, ...]:
    """The delimiter in a first line such as "sep=;", which Excel writes; nothing without one."""
    number, raw = next(lines)
    found = re.fullmatch(rb'"?sep=(.)"?[,;\t]*[\r\n]*', raw, re.IGNORECASE)
    if found is None:
        lines.push_back([(number, raw)])
        return ()
    delimiter = found[1].decode("ascii", "replace")
    if delimiter not in DELIMITERS:
        raise BadFile(
            f"{path}:{number}: cells are separated by {quote(delimiter)}, which is not read",
            next_step="use a comma, a semicolon or a tab",
        )
    _peek_first_line(lines, path)
    return (delimiter,)


def _headings(record: Record, scanner: RecordScanner) -> list[str]:
    """The cells of a record, without the empty ones at its end; a malformed record is one cell."""
    text = record.raw.decode("utf-8", "replace")
    if record.problem:
        return [text]
    cells = scanner.split(text)
    while cells and not clean_text(cells[-1]):
        cells.pop()
    return cells


def _best_delimiter(headings: Mapping[str, list[str]], heading_map: HeadingMap, place: str) -> str:
    """The delimiter with the most known headings. Raises `BadFile` if two have as many."""
    known = {
        delimiter: sum(heading_map.column(heading) is not None for heading in found)
        for delimiter, found in headings.items()
    }
    most = max(known.values())
    if most == 0:
        return max(headings, key=lambda delimiter: len(headings[delimiter]))
    best = [delimiter for delimiter in headings if known[delimiter] == most]
    if any(headings[one] != headings[best[0]] for one in best):
        raise BadFile(
            f"{place}: the header can be read with more than one separator",
            details=[f"with {quote(one)}: {quote(' | '.join(headings[one]))}" for one in best],
            next_step="put a line before it that says which: sep=;",
        )
    return best[0]


def _refuse_malformed(record: Record, headings: list[str], place: str) -> None:
    """Raise `BadFile` if the header is malformed, no text, or has too long a heading."""
    if record.problem:
        raise BadFile(f"{place}: the header {record.problem}", next_step="mend it, then try again")
    try:
        record.raw.decode("utf-8")
    except UnicodeDecodeError:
        raise BadFile(f"{place}: the header is not UTF-8 text", next_step=SAVE_AS) from None
    if b"\0" in record.raw:
        raise BadFile(f"{place}: the header has NUL bytes: is it UTF-16?", next_step=SAVE_AS)
    if max(map(len, headings), default=0) > MOST_CELL:
        raise BadFile(f"{place}: a heading is longer than {MOST_CELL:,} characters")
