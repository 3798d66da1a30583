"""Redaction: the terms that reveal the treatment, and texts without them.

A calendar on a lock screen, or a page on a fridge, can be read by others. With discreet titles,
and for drivers always, no output contains any of these terms.
"""

import re
import unicodedata
from functools import lru_cache

STEMS = (
    *("ketamin", "ketalar", "spravato", "ketasched", "infus", "injection", "nasal", "lozenge"),
    *("depress", "psych", "ptsd", "trauma", "suicid", "bipolar", "anxiety", "addict", "opioid"),
    *("anesth", "anaesth", "dissociat", "neuropath", "crps", "off-label", "madrs", "qids", "phq"),
    *("iv therapy", "iv clinic", "iv lounge", "iv suite", "c-ssrs", "gad-7", "pcl-5", "caps-5"),
)
"""Terms that are sensitive anywhere, also within a longer word ("antidepressant").

A hyphen or a space matches any punctuation or none: "off-label" matches "off label", too.
"""

WHOLE_WORDS = (
    *("keta", "mdd", "mental", "mentally", "rems", "tms", "trd"),
    *("pain", "pains", "painful", "painkiller", "painkillers"),
)
"""Terms that are sensitive only as whole words: "Spain" and "environmental" are not."""

TO_LATIN = str.maketrans({"\u0131": "i", "\u00e6": "ae", "\u0153": "oe"})
"""Letters that Unicode does not decompose into ASCII ones: dotless i and ligatures."""

REDACTED = "Please ask your clinic for this."
"""The sentence in place of instructions that contain a sensitive term."""

_SENSITIVE = re.compile(
    "|".join(
        (
            *(r"[\W_]*".join(map(re.escape, re.split("[- ]", stem))) for stem in STEMS),
            *(rf"(?<![a-z]){word}(?![a-z])" for word in WHOLE_WORDS),
        )
    )
)

_BROKEN_WORD = re.compile(r"[-\u2010\u2011]\s*\n\s*")


@lru_cache(maxsize=1024)
def sensitive_term(text: str) -> str:
    """The first sensitive term in the text, or ""; case and accents are ignored."""
    if text.isascii():
        return _first_match(text.lower())
    plain = unicodedata.normalize("NFKD", text.casefold()).casefold().translate(TO_LATIN)
    visible = "".join(char for char in plain if unicodedata.category(char) != "Mn")
    # Invisible format characters may stand within a word, or between two words.
    joined = "".join(char for char in visible if unicodedata.category(char) != "Cf")
    split = "".join(" " if unicodedata.category(char) == "Cf" else char for char in visible)
    return _first_match(joined, split)


def _first_match(*readings: str) -> str:
    """The first sensitive term in any reading of a text; words may be hyphenated at line ends."""
    for reading in (*readings, _BROKEN_WORD.sub("", readings[0])):
        if found := _SENSITIVE.search(reading):
            return found[0]
    return ""


def redact(text: str) -> str:
    """A name, address or phone without the parts that contain a sensitive term.

    Parts are divided by commas and line breaks. The result is "" if it is still sensitive.
    """
    if not sensitive_term(text):
        return text
    lines = (
        ", ".join(part for part in map(str.strip, line.split(",")) if not sensitive_term(part))
        for line in text.splitlines()
    )
    rest = "\n".join(line for line in lines if line.strip(" ,"))
    return "" if sensitive_term(rest) else rest


def redact_instructions(text: str) -> str:
    """The instructions unchanged, or `REDACTED` if they contain a sensitive term.

    They are replaced as a whole, because half an instruction may say the opposite.
    """
    return REDACTED if sensitive_term(text) else text
