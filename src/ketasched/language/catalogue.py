"""Messages in the reader's language: gettext catalogues of what the program says in English."""

from functools import cache
from gettext import NullTranslations, find, translation
from pathlib import Path

ENGLISH = "en"
"""The language of the messages in the code, which needs no catalogue."""

CATALOGUES = Path(__file__).parent / "catalogues"
DOMAIN = "ketasched"

NOT_COMPILED = "the catalogue is not compiled; in a copy of the source, run: make catalogues"

REVIEWER = "x-reviewed-by"
"""The field of a catalogue's header with whom a qualified person that has read it is."""


def message(text: str) -> str:
    """Mark a text for the catalogues; `Locale.text` translates it where it is shown."""
    return text


@cache
def catalogue(language: str) -> NullTranslations:
    """The catalogue of a language, by its code. Raises `FileNotFoundError`."""
    if language == ENGLISH:
        return NullTranslations()
    if not is_compiled(language):
        raise FileNotFoundError(f"{language}: {NOT_COMPILED}")
    return translation(DOMAIN, CATALOGUES, [language])


def is_compiled(language: str) -> bool:
    """Whether there is a catalogue of a language as gettext reads it: not so in a bare clone."""
    return language == ENGLISH or find(DOMAIN, CATALOGUES, [language]) is not None


def reviewer(language: str) -> str:
    """The qualified person who has read a language's catalogue, "" for nobody yet."""
    return "ketasched" if language == ENGLISH else catalogue(language).info().get(REVIEWER, "")
