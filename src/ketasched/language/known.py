"""The languages that there are: those with a table of dates, each with its code and its names."""

import re
import unicodedata
from functools import cache

from ketasched.language.catalogue import ENGLISH, NOT_COMPILED, is_compiled
from ketasched.language.tables import TABLES, read_table

_COUNTRY = re.compile(r"(?<=^[a-z]{2})[-_](?:[a-z]{2}|[0-9]{3})$")
"""What follows a language in a code such as "es-mx" or "es-419"."""


@cache
def languages() -> tuple[str, ...]:
    """The codes of all languages, English first."""
    codes = {path.stem for path in TABLES.glob("*.toml")}
    return (ENGLISH, *sorted(codes - {ENGLISH}))


def find_language(text: str) -> str:
    """The code of the language with this code or this name, in English or in itself; or "".

    Accents may be missing, and a code may name a country, which is passed over: "es-MX", "fr_CA".
    """
    wanted = _COUNTRY.sub("", _plain(text))
    called = {code: (code, *map(_plain, read_table(code).called)) for code in languages()}
    return next((code for code, names in called.items() if wanted in names), "")


def _plain(text: str) -> str:
    """The text without case, accents and spaces around it."""
    letters = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(char for char in letters if not unicodedata.combining(char))


def english_name(code: str) -> str:
    """What a language is called in English."""
    return read_table(code).called[0]


def language_problem(code: str, quoted: str) -> str:
    """Why nothing can be said in a language, "" if it can; `quoted` is how it was written."""
    if code not in languages():
        return f"expected a language, one of {', '.join(languages())}, not {quoted}"
    return "" if is_compiled(code) else f"{code}: {NOT_COMPILED}"
