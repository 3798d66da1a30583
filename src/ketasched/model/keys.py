"""What the keys of files are for, and what may stand there: beside each field of a noun.

A field is `Annotated` with one `Key`. The reader of files keeps its limits (`forms`); the manual
and the schemas for editors are made from the same.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ketasched.model.values import shown


@dataclass(frozen=True, slots=True)
class Key:
    """What a key is for, the `unit` of a number, and its limits, both inclusive.

    Of a list or a table `least` is the number of its members. A text is one of `pattern`, whole;
    `form` says in words what is expected there.
    """

    about: str
    unit: str = ""
    least: int | None = None
    most: int | None = None
    pattern: str = ""
    form: str = ""

    def refusal(self, value: object) -> str:
        """Why the value is outside the limits, or ""."""
        if isinstance(value, str):
            fits = not self.pattern or re.fullmatch(self.pattern, value, re.ASCII)
            return "" if fits else f"expected {self.form}, not {shown(value)}"
        if isinstance(value, tuple | Mapping):
            return "" if len(value) >= (self.least or 0) else f"expected at least {self.form}"
        if not isinstance(value, int) or isinstance(value, bool) or self._holds(value):
            return ""
        ends = f"{self.least} or more" if self.most is None else f"{self.least} to {self.most}"
        return f"expected {ends}, not {value}"

    def _holds(self, number: int) -> bool:
        low_enough = self.most is None or number <= self.most
        return low_enough and (self.least is None or number >= self.least)
