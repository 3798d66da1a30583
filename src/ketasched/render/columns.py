"""The lines of a table in a terminal, its columns aligned as the terminal shows them."""

from collections.abc import Iterator, Sequence

from wcwidth import wcswidth

GAP = "  "


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The rows as lines: each column is as wide as its widest cell, the last one has no end.

    A character of Chinese takes two columns of a terminal, a combining accent none.
    """
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        sized = zip(row, widths, strict=True)
        yield GAP.join(cell + " " * (width - _width(cell)) for cell, width in sized).rstrip()


def _width(cell: str) -> int:
    """The columns that a terminal shows a cell in; what it cannot show is counted as one each."""
    width: int = wcswidth(cell)
    return width if width >= 0 else len(cell)
