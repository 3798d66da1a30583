"""Redaction: the terms that reveal the treatment, and texts without them.

A calendar on a lock screen, or a page on a fridge, can be read by others. With discreet titles,
and for drivers always, no output contains any of these terms.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from ketasched.model.sensitive_terms import INNOCENT, TERMS

TO_LATIN = str.maketrans({"\u0131": "i", "\u00e6": "ae", "\u0153": "oe"})
"""Letters that Unicode does not decompose into ASCII ones: dotless i and ligatures."""

REDACTED = "Please ask your clinic for this."
"""The sentence in place of instructions that contain a sensitive term."""


def _any_of(terms: Iterable[str]) -> str:
    """The regular expression of these terms, what stands before and after each aside."""
    escaped = (re.escape(term.strip("*")) for term in terms)
    spaced = (one.replace("\\-", r"[\W_]*") for one in escaped)
    return "|".join(one.replace("\\ ", r"(?:[^\w,;:\n]|_)*") for one in spaced)


_STEM = _any_of(term for term in TERMS if term.startswith("*"))
_BEGIN = _any_of(term for term in TERMS if term.endswith("*") and not term.startswith("*"))
_WORD = _any_of(term for term in TERMS if "*" not in term)
# What stands before and after is looked at once for all terms, which is much faster.
_SENSITIVE = re.compile(f"{_STEM}|(?<![a-z])(?:(?:{_WORD})(?![a-z])|(?:{_BEGIN})[a-z]*)")
_STEMS = re.compile(_STEM)
_INNOCENT = re.compile(rf"(?<![a-z])(?:{'|'.join(INNOCENT)})(?![a-z])")

_WORD_BEGIN = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_HYPHEN = re.compile(r"(?<=[a-z])[-\u2010\u2011]\s*(?=[a-z])")
_SPACED_LETTERS = re.compile(r"(?<![a-z])[a-z](?:[\W_]+[a-z](?![a-z]))+")
_PART = re.compile(r"[,;|\u00b7\u2022]|\s[-\u2013\u2014/]\s")
_BROKEN_WORD = re.compile(r"[-\u2010\u2011]\s*\n\s*")


@lru_cache(maxsize=1024)
def sensitive_term(text: str) -> str:
    """The first sensitive term in the text, or "".

    Case, accents, forms of letters and invisible characters make no difference. A term is also
    found in words written as one ("KetaClinic"), hyphenated ("keta-mine"), or letter by letter
    ("k e t a m i n e").
    """
    if text.isascii():
        return _first_match([text])
    visible = [
        (char, unicodedata.category(char) == "Cf")
        for char in unicodedata.normalize("NFKD", text)
        if not unicodedata.category(char).startswith("M")
    ]
    # Invisible format characters may stand within a word, or between two words.
    both = (
        "".join(other if is_format else char for char, is_format in visible) for other in ("", " ")
    )
    return _first_match([*both])


def _first_match(readings: list[str]) -> str:
    """The first sensitive term in any reading of a text."""
    split = (_WORD_BEGIN.sub(" ", text) for text in readings)
    plain = (text.casefold().translate(TO_LATIN) for text in (*readings, *split))
    words = dict.fromkeys((_INNOCENT.sub(" ", text) for text in plain), _SENSITIVE)
    words |= {_BROKEN_WORD.sub("", text): _SENSITIVE for text in words}
    # Joined, initials such as "T. M. S." make a short term, too: only stems are looked for.
    for text in list(words):
        words.setdefault(_HYPHEN.sub("", _SPACED_LETTERS.sub(_join, text)), _STEMS)
    for text, pattern in words.items():
        if found := pattern.search(text):
            return found[0]
    return ""


def _join(letters: re.Match[str]) -> str:
    return re.sub(r"[\W_]+", "", letters[0])


def redact(text: str) -> str:
    """A name, address or phone without the parts that contain a sensitive term.

    Parts are divided by line breaks, commas, semicolons, bars, bullets, and dashes between spaces.
    The result is "" if it is still sensitive.
    """
    if not sensitive_term(text):
        return text
    lines = (
        ", ".join(part for part in map(str.strip, _PART.split(line)) if not sensitive_term(part))
        for line in text.splitlines()
    )
    rest = "\n".join(line for line in lines if line.strip(" ,"))
    return "" if sensitive_term(rest) else rest


def redact_instructions(text: str, instead: str = REDACTED) -> str:
    """The instructions unchanged, or the other sentence if they contain a sensitive term.

    They are replaced as a whole, because half an instruction may say the opposite.
    """
    return instead if sensitive_term(text) else text
