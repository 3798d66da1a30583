"""`Key`: what a key of a file is for, and its limits.

Each field of a noun is `Annotated` with one `Key`. `files.codec` enforces the limits; the manual
and the JSON schemas for editors are generated from the keys.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ketasched.model.values import quote


@dataclass(frozen=True, slots=True)
class Key:
    """What a key is for (`about`), the `unit` of a number, and its limits, both inclusive.

    For a list or a table `least` is the least number of members. A text matches `pattern` in
    full; `form` says in words what is expected. Only a text with `lines` has line breaks.
    """

    about: str
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
