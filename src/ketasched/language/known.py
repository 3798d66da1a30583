"""The languages that there are: those with a table of dates, each with its code and its names."""

from functools import cache
from importlib.resources import files

from ketasched.language.catalogue import ENGLISH, NOT_COMPILED, is_compiled
from ketasched.language.tables import read_table


@cache
def languages() -> tuple[str, ...]:
    """The codes of all languages, English first."""
    names = (path.name for path in files("ketasched.language").joinpath("tables").iterdir())
    codes = {name.removesuffix(".toml") for name in names if name.endswith(".toml")}
    return (ENGLISH, *sorted(codes - {ENGLISH}))


def find_language(text: str) -> str:
    """The code of the language with this code or this name, in English or in itself; or ""."""
    wanted = text.strip().casefold()
    called = {code: (code, *map(str.casefold, read_table(code).called)) for code in languages()}
    return next((code for code, names in called.items() if wanted in names), "")


def english_name(code: str) -> str:
    """What a language is called in English."""
    return read_table(code).called[0]


def language_problem(code: str, quoted: str) -> str:
    """Why nothing can be said in a language, "" if it can; `quoted` is how it was written."""
    if code not in languages():
        return f"expected a language, one of {', '.join(languages())}, not {quoted}"
    return "" if is_compiled(code) else f"{code}: {NOT_COMPILED}"
