"""Discretion: the words that tell what is treated, and text without them.

Whoever sees a calendar on a lock screen or a page on a fridge learns from these words what the
treatment is. With discreet titles, and for a driver always, no output has any of them in it.
"""

import re
import unicodedata
from functools import lru_cache

TELLING = (
    *("ketamin", "ketalar", "spravato", "ketasched", "infusion", "injection", "nasal", "lozenge"),
    *("depress", "psych", "ptsd", "trauma", "suicid", "bipolar", "anxiety", "addict", "opioid"),
    *("anesth", "anaesth", "dissociat", "neuropath", "crps", "off-label", "madrs", "qids", "phq"),
    *("c-ssrs", "cssrs", "gad-7", "gad7", "pcl-5", "caps-5"),
)
"""Telling wherever they stand, also within a longer word ("antidepressant")."""

TELLING_WORDS = ("mdd", "mental", "pain", "rems", "trd")
"""Telling only as words of their own: "Spain" and "environmental" are not."""

LEFT_OUT = "Please ask your clinic for the rest of this."

_FOUND = re.compile(
    "|".join((*map(re.escape, TELLING), *(rf"\b{word}\b" for word in TELLING_WORDS)))
)


@lru_cache(maxsize=1024)
def telling(text: str) -> str:
    """The first telling word in the text, "" if there is none; case and odd letters aside."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = "".join(char for char in plain if unicodedata.category(char) != "Cf")
    found = _FOUND.search(plain)
    return found[0] if found else ""


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
    """Prose without those of its sentences that tell; where some are left out, it says so."""
    if not telling(text):
        return text
    sentences = re.split(r"(?<=[.!?;])\s+|\n", text.strip())
    kept = " ".join(sentence for sentence in sentences if not telling(sentence))
    return LEFT_OUT if telling(kept) else f"{kept} {LEFT_OUT}".strip()
