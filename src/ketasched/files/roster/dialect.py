"""Reads the beginning of a roster: whether it is text, its delimiter, and its headings."""

import codecs
import re
from collections.abc import Mapping

from ketasched.errors import BadFile
from ketasched.files.roster.csv_records import (
    MOST_CELL,
    LineReader,
    Record,
    RecordScanner,
    read_record,
)
from ketasched.files.roster.headings import HeadingMap
from ketasched.files.typed_text import clean_text
from ketasched.model import quote

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


def peek_first_line(lines: LineReader, path: str) -> bytes:
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


def read_header(
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
    peek_first_line(lines, path)
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
