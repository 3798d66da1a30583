"""Discretion: the words that tell what is treated, and text without them.

Whoever sees a calendar on a lock screen or a page on a fridge learns from these words what the
treatment is. With discreet titles, and for a driver always, no output has any of them in it.
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
"""Telling wherever they stand, also within a longer word ("antidepressant"). A hyphen or a space
stands for any or none: "off-label" is "off label", too."""

WHOLE_WORDS = (
    *("keta", "mdd", "mental", "mentally", "rems", "tms", "trd"),
    *("pain", "pains", "painful", "painkiller", "painkillers"),
)
"""Telling only as words of their own: "Spain" and "environmental" are not."""

LIKE_LATIN = str.maketrans({"\u0131": "i", "\u00e6": "ae", "\u0153": "oe"})
"""Letters that no decomposition makes plain."""

LEFT_OUT = "Please ask your clinic for this."
"""What stands for the clinic's words where they tell."""

_FOUND = re.compile(
    "|".join(
        (
            *(r"[\W_]*".join(map(re.escape, re.split("[- ]", stem))) for stem in STEMS),
            *(rf"(?<![a-z]){word}(?![a-z])" for word in WHOLE_WORDS),
        )
    )
)

_BROKEN_WORD = re.compile(r"[-\u2010\u2011]\s*\n\s*")


@lru_cache(maxsize=1024)
def telling(text: str) -> str:
    """What in the text tells first, "" if nothing does; case, accents and odd letters aside."""
    if text.isascii():
        return _told_by(text.lower())
    plain = unicodedata.normalize("NFKD", text.casefold()).casefold().translate(LIKE_LATIN)
    shown = "".join(char for char in plain if unicodedata.category(char) != "Mn")
    # What is not seen may join two halves of a word, or part two words.
    joined = "".join(char for char in shown if unicodedata.category(char) != "Cf")
    parted = "".join(" " if unicodedata.category(char) == "Cf" else char for char in shown)
    return _told_by(joined, parted)


def _told_by(*ways: str) -> str:
    """What tells first in any of these; a word may also be broken at a line's end."""
    for way in (*ways, _BROKEN_WORD.sub("", ways[0])):
        if found := _FOUND.search(way):
            return found[0]
    return ""


def neutral(text: str) -> str:
    """A name, place or phone without those of its lines, and parts between commas, that tell."""
    if not telling(text):
        return text
    lines = (
        ", ".join(part for part in map(str.strip, line.split(",")) if not telling(part))
        for line in text.splitlines()
    )
    found = "\n".join(line for line in lines if line.strip(" ,"))
    return "" if telling(found) else found


def neutral_words(text: str) -> str:
    """Instructions as they are, or where they tell a sentence in their place.

    No part of them is left out: half an instruction may say the opposite.
    """
    return LEFT_OUT if telling(text) else text
