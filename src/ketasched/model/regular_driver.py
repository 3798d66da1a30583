"""`RegularDriver`: who drives the patient on some weekdays."""

import re
import unicodedata
from dataclasses import dataclass
from typing import ClassVar, Self

from ketasched.model.email_address import read_email
from ketasched.model.values import (
    LONGEST_TYPED,
    WEEKDAYS,
    Schema,
    Weekday,
    quote,
    read_weekday,
    text_problem,
)

EXAMPLE = '"Ana Lima, +1 555 0134, mon fri"'

DIGITS_OF_PHONE = 5
"""A name with so many digits has a phone number in it."""


@dataclass(frozen=True, slots=True)
class RegularDriver:
    """Who drives on these weekdays; none: on all others. Phone and e-mail address may be empty.

    Written "Ana Lima, +1 555 0134, mon fri", or "Ana Lima, +1 555 0134, ana@example.org, mon fri".
    """

    SCHEMA: ClassVar[Schema] = {
        "description": f"{EXAMPLE}: name, phone and weekdays; also an e-mail address",
        "type": "string",
        "pattern": r"^[^,]*[^,\s][^,]*(,.*)?$",
    }

    name: str
    phone: str = ""
    days: tuple[Weekday, ...] = ()
    email: str = ""

    @classmethod
    def read(cls, text: object) -> Self:
        """From name, phone, e-mail address and weekdays; all but the name may be absent.

        Commas or semicolons stand between them. Weekdays may also be separated by spaces or
        slashes, and written in full. A comma that was forgotten is an error: no name has two
        weekdays or a phone number in it, and a phone number has digits and no weekday. Raises
        `ValueError`.
        """
        expected = f"expected name, phone and weekdays, as in {EXAMPLE}"
        if not isinstance(text, str) or not text.isprintable():
            raise ValueError(f"{expected}, not {quote(text)}")
        if problem := text_problem(text, most=LONGEST_TYPED):
            raise ValueError(problem)
        name, *others = map(person_name, re.split("[,;]", text))
        emails = [part for part in others if "@" in part]
        phones = [part for part in others if part and part not in emails and not _weekdays(part)]
        chosen = {day for part in others for day in _weekdays(part)}
        is_read = _is_name(name) and len(phones) < 2 and len(emails) < 2
        if not is_read or not all(map(_is_phone, phones)):
            raise ValueError(f"{expected}, not {quote(text)}")
        days = tuple(day for day in WEEKDAYS if day in chosen)
        return cls(name, "".join(phones), days, "".join(map(read_email, emails)))

    def plain(self) -> str:
        """Back to the written form."""
        return ", ".join(filter(None, (self.name, self.phone, self.email, " ".join(self.days))))


def person_name(text: str) -> str:
    """A name as it is compared with others: in Unicode form NFC, with single spaces."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


def _weekdays(text: str) -> list[Weekday]:
    """The weekdays in a text of nothing else; none for any other text."""
    words = [read_weekday(word) for word in re.split(r"[\s/.&]+", text) if word]
    days = [day for day in words if day]
    return days if len(days) == len(words) else []


def _is_name(text: str) -> bool:
    words = re.split(r"[\W_]+", text)
    named, digits = sum(map(bool, map(read_weekday, words))), sum(map(str.isdigit, text))
    is_word = any(map(str.isalnum, text)) and "@" not in text
    return is_word and named < 2 and digits < DIGITS_OF_PHONE


def _is_phone(text: str) -> bool:
    words = re.split(r"[\W_]+", text)
    return any(map(str.isdigit, text)) and not any(map(read_weekday, words))
