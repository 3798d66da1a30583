"""Removes what spreadsheets and web pages leave around and inside a typed text, unseen."""

import re

ODD_SPACE = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
"""All spaces of Unicode (category Zs) but the usual one, among them no-break spaces."""

AROUND = (
    " \t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029"  # what `str.strip` removes, odd spaces aside
    "\u200b\u2060\ufeff"  # zero-width space, word joiner, byte-order mark
    "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # marks of direction
)
"""Removed around a text. Inside a text they stay: most are refused there."""


def clean_text(text: str) -> str:
    """The text with usual spaces, and without invisible characters around it.

    Zero-width joiners stay, which are a part of Persian and Indic names.
    """
    if text.isascii():  # quick: most cells are
        return text.strip()
    return ODD_SPACE.sub(" ", text).strip(AROUND)
