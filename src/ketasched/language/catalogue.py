"""Messages in the reader's language: gettext catalogues of what the program says in English."""

import errno
from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path

ENGLISH = "en"
"""The language of the messages in the code, which needs no catalogue."""

CATALOGUES = Path(__file__).parent / "catalogues"
DOMAIN = "ketasched"

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
    try:
        return translation(DOMAIN, CATALOGUES, [language])
    except FileNotFoundError:
        said = "the catalogue is not compiled; in a copy of the source, run: make catalogues"
        raise FileNotFoundError(errno.ENOENT, said, f"{CATALOGUES / language}") from None


def reviewer(language: str) -> str:
    """The qualified person who has read a language's catalogue, "" for nobody yet."""
    return "ketasched" if language == ENGLISH else catalogue(language).info().get(REVIEWER, "")
