"""Markdown, as the documents have it."""

from collections.abc import Iterable, Sequence

MADE = "<!-- Made from the code by `make docs`: change it there. -->"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a bar inside a cell is no border."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(
        f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |\n" for line in lines
    )


def block(text: str, language: str = "") -> str:
    """Text as it is."""
    return f"```{language}\n{text.rstrip()}\n```\n"


def sentence(docstring: str | None) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join((docstring or "").strip().split("\n\n")[0].split())


def whole(docstring: str | None) -> str:
    """All paragraphs of a docstring, each on one line."""
    parts = (docstring or "").strip().split("\n\n")
    return "\n\n".join(" ".join(part.split()) for part in parts)
