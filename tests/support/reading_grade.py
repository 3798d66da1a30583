"""How many years at school a sentence asks for, by the formula of Flesch and Kincaid."""

import re

VOWELS = re.compile(r"[aeiouy]+")
SILENT = re.compile(r"(?<=[^aeiouyl])es?$|(?<=[^aeiouytd])ed$")
"""Endings that are not spoken: "takes", "called"; those of "needed" and "table" are."""

WORD = re.compile(r"[A-Za-z]+(?:'[a-z]+)?|\d[\d:]*")
FEWEST_WORDS = 4
"""What is shorter is a heading or a label."""


def grade(sentence: str) -> float:
    """The grade of one sentence; a number or a time counts as a word of one syllable."""
    words = WORD.findall(sentence)
    return 0.39 * len(words) + 11.8 * sum(map(_syllables, words)) / len(words) - 15.59


def sentences(text: str) -> list[str]:
    """The sentences of a text, without the blocks that are tables."""
    blocks = re.split(r"\n\s*\n", text)
    whole = [" ".join(block.split("\n")) for block in blocks if "   " not in block.strip()]
    parts = [part for block in whole for part in re.split(r"(?<=[.?!])\s+", block)]
    return [one for one in parts if one.endswith((".", "?", "!")) and _is_long_enough(one)]


def _is_long_enough(sentence: str) -> bool:
    return len(WORD.findall(sentence)) >= FEWEST_WORDS


def _syllables(word: str) -> int:
    return max(1, len(VOWELS.findall(SILENT.sub("", word.lower()))))
