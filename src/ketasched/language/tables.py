"""The tables of dates and clocks by language, which are made from CLDR."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Table:
    """The names of days and months of a language, and templates for `str.format`.

    `called` are the language's names, in English and in itself. `weekdays` (from Monday) and
    `months` are short, as in a date; `headings` are whole months, as over the grid of a month.
    `halves` are those of the 12-hour clock. `month` has the fields
    `month` and `year`; `moment` has `day` and `time`; `clock`, of the 12-hour clock, has `hour12`,
    `minute` and `half`. `dates` is by style; each has a template `with_year` and another one
    `without_year`, with the fields `weekday`, `day`, `month` and `year`. `numbers`, by the same
    styles, have the signs `group` (of thousands) and `decimal`.
    """

    called: tuple[str, ...]
    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    headings: tuple[str, ...]
    halves: tuple[str, str]
    month: str
    moment: str
    clock: str
    dates: Mapping[str, Mapping[str, str]]
    numbers: Mapping[str, Mapping[str, str]]


# Not `importlib.resources`, which takes as long to import as a course takes to plan.
TABLES = Path(__file__).parent / "tables"


@cache
def read_table(language: str) -> Table:
    """The table of a language, by its code: "en"."""
    text = (TABLES / f"{language}.toml").read_text(encoding="utf-8")
    return Table(**tomllib.loads(text))
