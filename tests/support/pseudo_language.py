"""A language that shows what was not translated: each word in ⟦⟧, and 1.5 times as long."""

import re
from gettext import NullTranslations

FIELD = re.compile(r"(\{\w+\})")
MARKED = re.compile("⟦[^⟦⟧]*⟧")


class PseudoCatalogue(NullTranslations):
    """A catalogue of every message, also of those that no catalogue of ours has.

    The values of fields stay outside of the marks, so that they have to be translated, too.
    """

    def gettext(self, message: str) -> str:
        return "".join(
            part if FIELD.fullmatch(part) else re.sub(r"\S*\w\S*", _longer, part)
            for part in FIELD.split(message)
        )

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


def _longer(word: re.Match[str]) -> str:
    return f"⟦{word[0]}{'ñ' * (len(word[0]) // 2 - 2)}⟧"


def unmarked(text: str) -> str:
    """What is not in marks: not from the catalogue."""
    return MARKED.sub(" ", text)
