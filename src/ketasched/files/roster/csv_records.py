"""Reads the records of a CSV or NDJSON file from a stream of bytes, one record at a time.

The `csv` module is not used because it reads from an unclosed quote to the end of the roster. The
grammar here is strict (RFC 4180): a quote begins a cell, ends a cell, or is doubled inside a cell.
Anywhere else a quote makes the record malformed.

**A malformed record ends with its first line, and reading goes on at the next line.** A record is
malformed, too, if a quote is never closed, or only after more than `MOST_CELL` bytes. So no later
row is lost: the lines after the open quote are read as rows. If the quoted cell was meant to have
several lines, its other lines become records of their own, which hardly ever have the right number
of cells: there are more malformed rows, but no row is mixed from two.

A quote opened by mistake usually ends at the next quoted cell, where text after the closing quote
makes the record malformed. If the next quote is stray, too, the CSV is valid, but two rows are in
one record. Therefore a line inside a cell that looks like a row (`RecordScanner.is_row`) makes the
record malformed.

No line is scanned more than three times: a line that leaves a cell open has an odd number of
quotes, and such a line always ends the scan of a cell that was open before the line.
"""

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

CHUNK = 64 * 1024
"""Bytes that are read at a time."""

MOST_ROW = 1024 * 1024
"""The most bytes of a row with its line end; a longer row is skipped and reported."""

MOST_CELL = 64 * 1024
"""The most bytes of a quoted cell over several lines, and the most characters of any cell."""

MOST_SHOWN = 1000
"""The bytes that are kept of a row that is too long."""

TOO_LONG = f"is longer than {MOST_ROW:,} bytes and was passed over up to its line's end"
STRAY_QUOTE = (
    'has a quote (") in the wrong place: it goes around a whole cell, and is doubled inside one'
)
UNCLOSED_QUOTE = (
    f'opens a quote (") that is not closed as it should be, or not within {MOST_CELL:,} bytes; '
    "reading goes on at the next line, as a row of its own"
)
SWALLOWED_ROW = (
    'has a line that looks like a row inside a cell in quotes (") and may be two rows in one; '
    "reading goes on at the next line, as a row of its own"
)

COMPLETE, MALFORMED = -1, -2
"""Results of a scan, beside the position of a cell that is still open."""

Line = tuple[int, bytes]
"""A line's number, from 1, and its bytes with the line end, cut somewhere after `MOST_ROW`."""


class Record(NamedTuple):
    """A record: the number of its first line, its bytes without the line end, and its problem."""

    line: int
    raw: bytes
    problem: str = ""


class LineReader(Iterator[Line]):
    """An iterator over the lines of a stream (CR, LF or CRLF), with pushback."""

    def __init__(self, stream: BinaryIO) -> None:
        self._unread = enumerate(_split_lines(stream), 1)
        self._pushed_back: list[Line] = []

    def __next__(self) -> Line:
        return self._pushed_back.pop() if self._pushed_back else next(self._unread)

    def push_back(self, lines: list[Line]) -> None:
        """Make these lines the next ones."""
        self._pushed_back.extend(reversed(lines))


def _split_lines(stream: BinaryIO) -> Iterator[bytes]:
    rest = b""
    while chunk := stream.read(CHUNK):
        pieces = (rest + chunk).splitlines(keepends=True)
        # A "\r" at the end may be the first half of a line end.
        rest = b"" if pieces[-1].endswith(b"\n") else pieces.pop()
        yield from pieces
        if len(rest) > MOST_ROW:
            end = b"\r" if rest.endswith(b"\r") else b""
            rest = rest[: MOST_ROW + 1 - len(end)] + end
    if rest:
        yield rest


class RecordScanner:
    """Finds the cells of CSV records, for one delimiter.

    `is_row` is a function that says whether a line inside a cell looks like a row.
    """

    def __init__(self, delimiter: str, is_row: Callable[[bytes], bool] = lambda _: False) -> None:
        self.delimiter, self.is_row = delimiter, is_row
        # No part can match in two ways, so plain repeats are as quick as possessive ones, which
        # are wrong in Python before 3.11.5 (python/cpython#101955).
        bare, quoted = rf'[^"\r\n{delimiter}]*', r'[^"]*(?:""[^"]*)*'
        cell = rf'(?:{bare}|"{quoted}")'
        end = rf'(?:{cell}[\r\n]*\Z|"(?P<open>{quoted}\Z))'
        self._line = re.compile(rf"(?:{cell}{delimiter})*{end}".encode())
        self._cells = re.compile(rf'(?:\A|{delimiter})(?:"({quoted})"|([^"{delimiter}]*))')

    def scan(self, raw: bytes, *, inside: bool = False) -> int:
        """Scan a line: `COMPLETE`, `MALFORMED`, or the position of a cell open at the line's end.

        `inside` says that a quoted cell is open at the beginning of the line; its position is 0.
        """
        if inside and b'"' not in raw:
            return 0
        found = self._line.match(b'"' * inside + raw)
        if found is None:
            return MALFORMED
        return COMPLETE if found["open"] is None else found.start("open") - inside

    def split(self, text: str) -> list[str]:
        """The cells of a record that is not malformed, without their quotes."""
        if '"' not in text:
            return text.split(self.delimiter)
        cells = self._cells.findall(text)
        return [bare or quoted.replace('""', '"') for quoted, bare in cells]


def read_records(lines: LineReader, scanner: RecordScanner | None) -> Iterator[Record]:
    """The records of these lines in order, malformed ones included; blank lines are skipped.

    Without a scanner, each line is a record.
    """
    for line in lines:
        number, raw = line
        if raw.isspace():
            continue
        if scanner and b'"' in raw:
            yield read_record(lines, line, scanner)[0]
        else:
            yield _one_line_record(number, raw)


def read_record(
    lines: LineReader, first: Line, scanner: RecordScanner
) -> tuple[Record, list[Line]]:
    """The record that begins with the line `first`, and its lines.

    All lines of a malformed record but the first are pushed back.
    """
    number, raw = first
    if len(raw) > MOST_ROW:
        return _one_line_record(number, raw), [first]
    parts, row_length, cell_length = [first], len(raw), 0
    result, problem = scanner.scan(raw), STRAY_QUOTE
    while result >= 0:
        problem = UNCLOSED_QUOTE
        cell_length = len(raw) - result + (cell_length if result == 0 else 0)
        following = next(lines, None) if cell_length <= MOST_CELL else None
        if following is None:
            break
        parts.append(following)
        raw = following[1]
        row_length += len(raw)
        result = MALFORMED if row_length > MOST_ROW else scanner.scan(raw, inside=True)
        if result != MALFORMED and scanner.is_row(raw):
            result, problem = MALFORMED, SWALLOWED_ROW
    if result == COMPLETE:
        return Record(number, b"".join(part for _, part in parts).rstrip(b"\r\n")), parts
    lines.push_back(parts[1:])
    return Record(number, first[1].rstrip(b"\r\n"), problem), [first]


def _one_line_record(number: int, raw: bytes) -> Record:
    """The record of this line; if the line is too long, of its beginning."""
    if len(raw) <= MOST_ROW:
        return Record(number, raw.rstrip(b"\r\n"))
    whole_characters = re.sub(rb"[\xc0-\xff][\x80-\xbf]*\Z", b"", raw[:MOST_SHOWN])
    return Record(number, whole_characters + "…".encode(), TOO_LONG)
