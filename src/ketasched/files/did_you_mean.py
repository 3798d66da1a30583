"""The hint at the end of an error about an unknown name: "; did you mean phases?"."""

import difflib
from collections.abc import Iterable

LONGEST_NAME_COMPARED = 100
"""A longer name is not compared with those that are known, which takes long."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of an error message that suggests the known name nearest to `name`, or ""."""
    is_short = len(name) <= LONGEST_NAME_COMPARED
    matches = difflib.get_close_matches(name, list(known), n=1) if is_short else []
    return f"; did you mean {matches[0]}?" if matches else ""
