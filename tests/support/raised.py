"""Where the code raises what users meet, and which of these places a run has been at."""

import ast
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from unittest.mock import patch

import click

from ketasched.errors import KetaschedError
from tests.conftest import ROOT

SOURCE = ROOT / "src" / "ketasched"
Site = tuple[str, int, int]
"""A file below the package, and the first and the last line of where an error is made."""

Place = tuple[str, int]
"""A file below the package, and a line of it."""


def errors() -> set[str]:
    """The names of the errors that users meet."""
    return {"UsageError", *(kind.__name__ for kind in KetaschedError.__subclasses__())}


def sites() -> dict[Site, str]:
    """Where such an error is made: file, first and last line; and the function that it is in."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef):
                for call in _calls(function):
                    found[name, call.lineno, call.end_lineno or call.lineno] = function.name
    return found


def _calls(function: ast.FunctionDef) -> Iterator[ast.Call]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and _name(node.func) in errors():
            yield node


def _name(called: ast.expr) -> str:
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""


@contextmanager
def recorded() -> Iterator[set[Place]]:
    """The places at which such errors are made meanwhile."""
    found: set[Place] = set()
    with ExitStack() as stack:
        for kind in (KetaschedError, click.UsageError):
            stack.enter_context(patch.object(kind, "__init__", _noting(kind, found)))
        yield found


def _noting(kind: type, found: set[Place]) -> Callable[..., None]:
    usual = kind.__init__  # type: ignore[misc]  # of just this class

    def init(error: object, *arguments: object, **more: object) -> None:
        frame: FrameType | None = sys._getframe(1)
        while frame and frame.f_code.co_filename == str(SOURCE / "errors.py"):
            frame = frame.f_back
        path = Path(frame.f_code.co_filename) if frame else Path()
        if frame and SOURCE in path.parents:
            found.add((path.relative_to(SOURCE).as_posix(), frame.f_lineno))
        usual(error, *arguments, **more)

    return init
