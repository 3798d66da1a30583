"""The beginning of a roster: is it text, what separates its cells, and what are its headings?"""

import codecs
import re
from collections.abc import Mapping

from ketasched.errors import BadFile
from ketasched.files.roster.csv_records import (
    MOST_CELL,
    Grammar,
    Lines,
    Record,
    cell_pattern,
    cells_of,
    first_record,
)
from ketasched.files.roster.headings import Naming
from ketasched.model import shown

DELIMITERS = (",", ";", "\t")

NO_TEXT = (
    (codecs.BOM_UTF16_LE, "is UTF-16 text"),
    (codecs.BOM_UTF16_BE, "is UTF-16 text"),
    (b"PK\x03\x04", "is a workbook or an archive, not CSV"),
    (b"\xd0\xcf\x11\xe0", "is an old workbook, not CSV"),
    (b"\x1f\x8b", "is compressed"),
)
"""How files begin that are taken for rosters, and what to say of them."""

SAVE_AS = 'save it as UTF-8; in Excel: Save As, "CSV UTF-8 (Comma delimited)"'


def opening(lines: Lines, path: str) -> bytes:
    """The first line on which something stands, given back, without a byte-order mark."""
    for number, raw in lines:
        text = raw.removeprefix(codecs.BOM_UTF8)
        for sign, said in NO_TEXT:
            if text.startswith(sign):
                raise BadFile(f"{path}: {said}", next_step=SAVE_AS)
        if text.strip():
            lines.give_back([(number, text)])
            return text.lstrip()
    raise BadFile(f"{path}: is empty", next_step="give a roster with a header row")


def header_of(lines: Lines, naming: Naming, path: str) -> tuple[str, list[str], str]:
    """What separates the cells, the headings, and the place of the header for messages."""
    said = _said_delimiter(lines, path)
    choice = said or DELIMITERS
    read = {}
    for delimiter in choice:
        record, used = first_record(lines, Grammar(delimiter))
        lines.give_back(used)
        read[delimiter] = _headings(record, delimiter)
    place = f"{path}:{record.line}"
    delimiter = _best(read, naming, place)
    record, _ = first_record(lines, Grammar(delimiter))
    _refuse_header(record, read[delimiter], place)
    return delimiter, read[delimiter], place


def _said_delimiter(lines: Lines, path: str) -> tuple[str, ...]:
    """What Excel's own first line "sep=;" says; without one, nothing."""
    number, raw = next(lines)
    found = re.fullmatch(rb'"?sep=(.)"?[,;\t]*[\r\n]*', raw, re.IGNORECASE)
    if found is None:
        lines.give_back([(number, raw)])
        return ()
    said = found[1].decode("ascii", "replace")
    if said not in DELIMITERS:
        raise BadFile(
            f"{path}:{number}: cells are separated by {shown(said)}, which is not read",
            next_step="use a comma, a semicolon or a tab",
        )
    opening(lines, path)
    return (said,)


def _headings(record: Record, delimiter: str) -> list[str]:
    """The headings of a record, with none for the empty cells at its end."""
    text = record.raw.decode("utf-8", "replace")
    if record.said:
        return [text]
    found = cells_of(text, delimiter, cell_pattern(delimiter))
    while found and not found[-1].strip():
        found.pop()
    return found


def _best(read: Mapping[str, list[str]], naming: Naming, place: str) -> str:
    """The delimiter that gives the most headings that are known. Raises `BadFile` for a tie."""
    known = {
        delimiter: sum(naming.column(heading) is not None for heading in headings)
        for delimiter, headings in read.items()
    }
    most = max(known.values())
    best = [delimiter for delimiter in read if known[delimiter] == most]
    if most == 0:
        return max(read, key=lambda delimiter: len(read[delimiter]))
    if any(read[one] != read[best[0]] for one in best):
        raise BadFile(
            f"{place}: the header can be read with more than one separator",
            details=[f"with {shown(one)}: {shown(' | '.join(read[one]))}" for one in best],
            next_step='put a line before it that says which: "sep=;"',
        )
    return best[0]


def _refuse_header(record: Record, headings: list[str], place: str) -> None:
    """Raise `BadFile` for a header that is no clean line of text."""
    if record.said:
        raise BadFile(f"{place}: the header {record.said}", next_step="mend it, then try again")
    try:
        text = record.raw.decode("utf-8")
    except UnicodeDecodeError:
        raise BadFile(f"{place}: the header is not UTF-8 text", next_step=SAVE_AS) from None
    if "\0" in text:
        raise BadFile(f"{place}: the header has NUL bytes: is it UTF-16?", next_step=SAVE_AS)
    if max(map(len, headings), default=0) > MOST_CELL:
        raise BadFile(f"{place}: a heading is longer than {MOST_CELL:,} characters")
