"""Writes CSV files that are safe to open in a spreadsheet (CSV injection), and reads their cells.

A spreadsheet runs a cell that begins with "=", "+", "-" or "@" as a formula. Such a cell is
escaped with a leading "'", which makes it text. A cell that begins with "'" is escaped, too, so
that every cell can be unescaped to what it was.

A phone number is no such cell: "+1 555 0134" has to arrive as it is. It has digits and signs only,
so a spreadsheet could at worst show their sum.
"""

import re
from collections.abc import Iterable

RISKY_STARTS = frozenset("=+-@\t\r\n＝＋－＠'")
"""A cell is escaped if it begins with one of these, spaces aside: the list of OWASP, and "'"."""

SAFE_CELL = re.compile(r"""(?![=+\-@＝＋－＠'\s])[^,;"\t\r\n]+(?<!\s)""")
"""Matches a cell that needs neither an escape nor quotes, as most do."""


PHONE = re.compile(r"\+\d[\d ().-]{2,30}", re.ASCII)
"""Matches a phone number with its country's code; no formula with a name in it does."""


def escape_cell(text: str) -> str:
    """The text as a cell that no spreadsheet runs: "=1+1" becomes "'=1+1"."""
    return f"'{text}" if _is_risky(text) and not PHONE.fullmatch(text) else text


def unescape_cell(text: str) -> str:
    """The text that `escape_cell` made a cell of; other texts are returned as they are."""
    return text[1:] if text[:1] == "'" and _is_risky(text[1:]) else text


def csv_line(cells: Iterable[str], *, delimiter: str = ",") -> bytes:
    """One line of a CSV file, its cells escaped: UTF-8, "\\n" at the end.

    Lone surrogates, which stand for bytes that are not UTF-8 ("surrogateescape", as in
    `Row.raw_cells`), are written as these bytes.
    """
    line = delimiter.join(_quote_cell(cell, delimiter) for cell in cells)
    return (line or '""').encode("utf-8", "surrogateescape") + b"\n"


def csv_text(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table with a header, as the text of a CSV file."""
    return b"".join(map(csv_line, (header, *rows))).decode()


def _is_risky(text: str) -> bool:
    return text[:1] in RISKY_STARTS or text.lstrip()[:1] in RISKY_STARTS


def _quote_cell(text: str, delimiter: str) -> str:
    """The text escaped, and quoted where CSV needs quotes."""
    if SAFE_CELL.fullmatch(text) and delimiter not in text:
        return text
    cell = escape_cell(text)
    if cell != cell.strip() or any(sign in cell for sign in f',;"\t\r\n{delimiter}'):
        return '"' + cell.replace('"', '""') + '"'
    return cell
