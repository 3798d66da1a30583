"""Cells of the CSV files that we write: harmless to open in a spreadsheet, and undone exactly.

A spreadsheet takes a cell that begins with "=", "+", "-" or "@" for a formula, whatever was meant
by it. Such a cell gets a leading "'", which makes it text. A cell that begins with "'" gets one,
too, so that taking it off again always gives what was there.
"""

import re
from collections.abc import Iterable

RISKY = frozenset("=+-@\t\r\n＝＋－＠'")
"""What a cell must not begin with, spaces aside: the list of OWASP, and our mark."""

PLAIN = re.compile(r"""(?![=+\-@＝＋－＠'\s])[^,;"\t\r\n]+(?<!\s)""")
"""A cell that is written as it stands, as most are: neither risky nor in need of quotes."""


def harmless(text: str) -> str:
    """The text as a cell that no spreadsheet runs: "=1+1" is "'=1+1"."""
    return f"'{text}" if _risky(text) else text


def as_it_was(text: str) -> str:
    """What `harmless` was given; a text that it would not have made is left alone."""
    return text[1:] if text[:1] == "'" and _risky(text[1:]) else text


def csv_line(cells: Iterable[str]) -> bytes:
    """One line of a CSV file of ours, made harmless: commas, UTF-8, "\\n" at the end.

    Bytes that were no UTF-8 when they were read (as `Row.given` keeps them) are written as they
    were, so that a row is neither changed nor the reason for a crash.
    """
    line = ",".join([cell if PLAIN.fullmatch(cell) else _quoted(harmless(cell)) for cell in cells])
    return (line or '""').encode("utf-8", "surrogateescape") + b"\n"


def _risky(text: str) -> bool:
    return text[:1] in RISKY or text.lstrip()[:1] in RISKY


def _quoted(cell: str) -> str:
    if cell != cell.strip() or any(sign in cell for sign in ',;"\t\r\n'):
        return '"' + cell.replace('"', '""') + '"'
    return cell
