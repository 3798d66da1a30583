"""A language that shows what was not translated: each word in ⟦⟧, and 1.5 times as long."""

import re
from functools import cache
from gettext import NullTranslations
from itertools import chain

from tools.catalogues import messages

FIELD = re.compile(r"(\{\w+\})")
MARKED = re.compile("⟦[^⟦⟧]*⟧")


class PseudoCatalogue(NullTranslations):
    """A catalogue of every message that a translator is given; all others stay as they are.

    The values of fields stay outside of the marks, so that they have to be translated, too.
    """

    def gettext(self, message: str) -> str:
        if message not in _messages():
            return message
        return "".join(
            part if FIELD.fullmatch(part) else re.sub(r"\S*\w\S*", _longer, part)
            for part in FIELD.split(message)
        )

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


@cache
def _messages() -> frozenset[str]:
    forms = (one if isinstance(one, tuple) else (one,) for one, _ in messages())
    return frozenset(chain.from_iterable(forms))


def _longer(word: re.Match[str]) -> str:
    return f"⟦{word[0]}{'ñ' * (len(word[0]) // 2 - 2)}⟧"


def unmarked(text: str) -> str:
    """What is not in marks: not from the catalogue."""
    return MARKED.sub(" ", text)
