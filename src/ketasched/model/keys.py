"""`Key`: the limits of a key of a file.

A field of a noun that has limits, or a unit, is `Annotated` with a `Key`; the docstring below a
field says what it is for. `files.codec` enforces the limits; the manual and the JSON schemas for
editors are generated from both.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from ketasched.model.values import quote

Value = TypeVar("Value")


def where_used(*, default: Value) -> Value:
    """A field of a noun that files have only where its value is not the default."""
    own: Value = field(default=default, metadata={"written where used": True})
    return own


@dataclass(frozen=True, slots=True)
class Key:
    """The `unit` of a number, and its limits, both inclusive.

    For a list or a table `least` is the least number of members. A text matches `pattern` in
    full; `form` says in words what is expected. Only a text with `lines` has line breaks.
    """

    unit: str = ""
    least: int | None = None
    most: int | None = None
    pattern: str = ""
    form: str = ""
    lines: bool = False

    def refusal(self, value: object) -> str:
        """Why the value is outside the limits, or "" if it is not."""
        if self.least is None and self.most is None and not self.pattern:
            return ""
        if isinstance(value, str):
            fits = not self.pattern or re.fullmatch(self.pattern, value, re.ASCII)
            return "" if fits else f"expected {self.form}, not {quote(value)}"
        if isinstance(value, tuple | Mapping):
            return "" if len(value) >= (self.least or 0) else f"expected at least {self.form}"
        if not isinstance(value, int) or isinstance(value, bool):
            return ""
        low, high = self.least, self.most
        if (low is None or low <= value) and (high is None or value <= high):
            return ""
        ends = f"{low} or more" if high is None else f"{low} to {high}"
        return f"expected {ends}, not {value}"
