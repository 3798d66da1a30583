"""Messages in the reader's language: gettext catalogues of what the program says in English."""

from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path

ENGLISH = "en"
"""The language of the messages in the code, which needs no catalogue."""

CATALOGUES = Path(__file__).parent / "catalogues"


def message(text: str) -> str:
    """Mark a text for the catalogues; `Locale.text` translates it where it is shown."""
    return text


@cache
def catalogue(language: str) -> NullTranslations:
    """The catalogue of a language, by its code. Raises `FileNotFoundError`."""
    if language == ENGLISH:
        return NullTranslations()
    return translation("ketasched", CATALOGUES, [language])
