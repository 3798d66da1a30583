"""Markdown, as the documents have it."""

import ast
import inspect
from collections.abc import Iterable, Sequence
from itertools import pairwise
from textwrap import dedent

MADE = "<!-- Made from the code by `make docs`: change it there. -->"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a bar inside a cell is no border."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(
        f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |\n" for line in lines
    )


def block(text: str) -> str:
    """Text as it is."""
    return f"```\n{text.rstrip()}\n```\n"


def sentence(docstring: str | None) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join((docstring or "").strip().split("\n\n")[0].split())


def purpose(noun: type, field: str) -> str:
    """What a field of a noun is for: its docstring, "" if it has none."""
    for kind in noun.__mro__[:-1]:
        body = ast.parse(dedent(inspect.getsource(kind))).body[0].body  # type: ignore[attr-defined]
        for one, below in pairwise(body):
            is_field = isinstance(one, ast.AnnAssign) and ast.unparse(one.target) == field
            if is_field and isinstance(below, ast.Expr):
                return sentence(ast.literal_eval(below.value))
    return ""


def whole(docstring: str | None) -> str:
    """All paragraphs of a docstring, each on one line."""
    parts = (docstring or "").strip().split("\n\n")
    return "\n\n".join(" ".join(part.split()) for part in parts)
