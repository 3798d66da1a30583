"""From a stream of bytes to the records of a CSV file, holding one at a time.

Records are found here and not by the `csv` module, because one quote that is never closed would
make that swallow the rest of the roster. The grammar is strict (RFC 4180): a quote begins a cell,
ends it, or is doubled inside it; anywhere else it makes the record a bad one.

**A bad record ends with its first line, and reading goes on at the next line.** That holds for a
quote that is closed wrongly, never, or only after more than `MOST_CELL` bytes. So no row after it
is lost: those that the open quote had swallowed are read as rows. Where the quote was meant to go
over several lines, the other lines of its cell come as records of their own, and hardly ever have
the right number of cells: more bad rows, but none that is mixed from two.

A quote that opens by mistake meets the next quoted cell as `"` and then text, which is wrong at
once, so that the rows in between are not lost in one cell. Where it meets another stray quote
instead, all would be good CSV and yet two rows in one: so a line inside a cell that looks like a
row (`Grammar.is_row`) makes the record a bad one, too.

No line is looked at more than three times: one that leaves a cell open has an odd number of
quotes, and such a line always ends the scan of a cell that was open before it.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, NamedTuple

CHUNK = 64 * 1024
"""Bytes that are read at a time."""

MOST_ROW = 1024 * 1024
"""Bytes of a row, with its line's end; what is longer is passed over and reported."""

MOST_CELL = 64 * 1024
"""Bytes of a cell in quotes over several lines, and characters of any cell."""

MOST_SHOWN = 1000
"""Bytes that are kept of a row that is too long."""

TOO_LONG = f"is longer than {MOST_ROW:,} bytes and was passed over up to its line's end"
STRAY = (
    'has a quote (") in the wrong place: it goes around a whole cell, and is doubled inside one'
)
UNCLOSED = (
    f'opens a quote (") that is not closed as it should be, or not within {MOST_CELL:,} bytes; '
    "reading goes on at the next line, as a row of its own"
)
SWALLOWS = (
    'has a line that looks like a row inside a cell in quotes (") and may be two rows in one; '
    "reading goes on at the next line, as a row of its own"
)

DONE, BROKEN = -1, -2
"""What a scan of a line finds, where it does not find a cell that is still open."""

Line = tuple[int, bytes]
"""A line's number, from 1, and its bytes with its end; of a long one, more than `MOST_ROW`."""


class Record(NamedTuple):
    """A record: the line on which it begins, its bytes without the line's end, what is wrong."""

    line: int
    raw: bytes
    said: str = ""


class Lines:
    """The lines of a stream, which end with CR, LF or both; some can be given back."""

    def __init__(self, stream: BinaryIO) -> None:
        self._fresh = enumerate(_split(stream), 1)
        self._back: list[Line] = []

    def __iter__(self) -> Iterator[Line]:
        return self

    def __next__(self) -> Line:
        return self._back.pop() if self._back else next(self._fresh)

    def give_back(self, lines: list[Line]) -> None:
        """Have these lines come next."""
        self._back.extend(reversed(lines))


def _split(stream: BinaryIO) -> Iterator[bytes]:
    rest = b""
    while chunk := stream.read(CHUNK):
        pieces = (rest + chunk).splitlines(keepends=True)
        # A "\r" at the end may be the first half of a line's end.
        rest = b"" if pieces[-1].endswith(b"\n") else pieces.pop()
        yield from pieces
        if len(rest) > MOST_ROW:
            end = b"\r" if rest.endswith(b"\r") else b""
            rest = rest[: MOST_ROW + 1 - len(end)] + end
    if rest:
        yield rest


class Grammar:
    """How the cells of a record follow each other, for one delimiter.

    `is_row` says whether a line inside a cell looks like a row.
    """

    def __init__(self, delimiter: str, is_row: Callable[[bytes], bool] | None = None) -> None:
        self.delimiter = delimiter.encode()
        self.is_row = is_row or (lambda _: False)
        mark = re.escape(self.delimiter)
        # Nothing here can match in two ways, so that plain repeats are as quick as possessive
        # ones, which Python gets wrong before 3.11.5 (python/cpython#101955).
        bare = rb'[^"\r\n' + mark + rb"]*"
        text = rb'[^"]*(?:""[^"]*)*'
        cell = rb"(?:" + bare + rb'|"' + text + rb'")'
        self._cells = re.compile(
            rb"(?:" + cell + mark + rb")*"
            rb"(?:(?P<done>" + cell + rb'[\r\n]*\Z)|"(?P<open>' + text + rb"\Z))"
        )
        self._closing = re.compile(text + rb'(?:(?P<open>\Z)|"(?P<done>[\r\n]*\Z)?)')

    def scan(self, raw: bytes, *, inside: bool = False) -> int:
        """`DONE`, `BROKEN`, or where in `raw` the cell goes on that is open at its end.

        `inside` says that a cell in quotes is open at its beginning.
        """
        start = 0
        if inside and b'"' not in raw:
            return 0
        if inside:
            closing = self._closing.match(raw)
            assert closing is not None  # noqa: S101 - what is no closing quote goes to the end
            if closing["open"] is not None:
                return 0
            if closing["done"] is not None:
                return DONE
            start = closing.end() + 1
            if raw[start - 1 : start] != self.delimiter:
                return BROKEN
        found = self._cells.match(raw, start)
        if found is None:
            return BROKEN
        return DONE if found["done"] is not None else found.start("open")


def records(lines: Lines, grammar: Grammar) -> Iterator[Record]:
    """The records of these lines, good ones and bad ones, in order, without the blank lines."""
    for line in lines:
        number, raw = line
        if raw.isspace():
            continue
        if b'"' in raw or len(raw) > MOST_ROW:
            yield _whole(lines, line, grammar)[0]
        else:
            yield Record(number, raw.rstrip(b"\r\n"))


def first_record(lines: Lines, grammar: Grammar) -> tuple[Record, list[Line]]:
    """The next record, and the lines that it is made of. Raises `StopIteration` at the end."""
    return _whole(lines, next(lines), grammar)


def _whole(lines: Lines, first: Line, grammar: Grammar) -> tuple[Record, list[Line]]:
    """The record that begins with this line; of a bad one, the other lines are given back."""
    number, raw = first
    if len(raw) > MOST_ROW:
        return Record(number, shortened(raw), TOO_LONG), [first]
    parts, length, held = [first], len(raw), 0
    found, said = grammar.scan(raw), STRAY
    while found >= 0:
        said = UNCLOSED
        held = len(raw) - found + (held if found == 0 else 0)
        following = next(lines, None) if held <= MOST_CELL else None
        if following is None:
            found = BROKEN
            break
        parts.append(following)
        raw = following[1]
        length += len(raw)
        found = BROKEN if length > MOST_ROW else grammar.scan(raw, inside=True)
        if found != BROKEN and grammar.is_row(raw):
            found, said = BROKEN, SWALLOWS
    if found == DONE:
        return Record(number, b"".join(part for _, part in parts).rstrip(b"\r\n")), parts
    lines.give_back(parts[1:])
    return Record(number, first[1].rstrip(b"\r\n"), said), [first]


def shortened(raw: bytes) -> bytes:
    """The beginning of a row that is too long, not cut inside a character."""
    return re.sub(rb"[\xc0-\xff][\x80-\xbf]*\Z", b"", raw[:MOST_SHOWN]) + "…".encode()


def cells_of(text: str, delimiter: str, pattern: re.Pattern[str]) -> list[str]:
    """The cells of a record that is no bad one, as they were meant: without their quotes."""
    if '"' not in text:
        return text.split(delimiter)
    return [bare or quoted.replace('""', '"') for quoted, bare in pattern.findall(text)]


def cell_pattern(delimiter: str) -> re.Pattern[str]:
    """What finds the cells of a record with quotes, for `cells_of`."""
    mark = re.escape(delimiter)
    return re.compile(rf'(?:\A|{mark})(?:"([^"]*(?:""[^"]*)*)"|([^"{mark}]*))')


def is_blank(cells: Iterable[str]) -> bool:
    """Whether nothing stands in any of the cells."""
    return not any(cell.strip() for cell in cells)
