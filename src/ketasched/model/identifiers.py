"""Identifiers of courses and their items (UIDs), and patient references.

Identifiers are reproducible, and cannot be guessed without the clinic's `id_salt`.
"""

import hashlib
import re
import unicodedata
import uuid
from datetime import UTC, datetime

from ketasched.model import Clinic, Request

NAMESPACE = uuid.UUID("6f0d7f3c-4a0e-5d9b-9f43-0b1f5f3f2a57")
"""The UUID namespace of this package."""

_NAMESPACE_HASH = hashlib.sha1(NAMESPACE.bytes, usedforsecurity=False)

_VARIANT_DIGIT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
"""For each hexadecimal digit the one with the variant bits set (RFC 9562, 4.1)."""

_ACCENTS = re.compile("[\u0300-\u036f]+")
"""Accents as characters of their own. Marks of other scripts, such as vowels, are not accents."""

_PLAIN_LETTERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "þ": "th"}
    | {"’": "'", "‘": "'", "‐": "-", "‑": "-", "–": "-"}
)
"""Letters and marks that Unicode takes for no accented ones, and what people type for them."""

_LATIN = tuple(chr(code) for ends in ((0x20, 0x250), (0x1E00, 0x1F00)) for code in range(*ends))
"""The characters up to Latin Extended-B, and Latin Extended Additional."""

MAX_REFERENCE_BYTES = 80
"""The longest patient reference in UTF-8: it becomes a file's name, with a suffix."""

RESERVED_NAMES = frozenset(
    [
        *("con", "prn", "aux", "nul", "conin$", "conout$", "rides", "manifest", "rejects"),
        "changes",
        *(f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"),
    ]
)
"""Names that Windows reserves for devices, and names of our own files."""


def make_course_id(clinic: Clinic, request: Request, made_at: datetime) -> str:
    """A course's identifier, from its clinic, patient, asked start and time of planning."""
    planned = made_at.astimezone(UTC).isoformat()
    parts = (clinic.id_salt, request.patient, request.start.isoformat(), planned)
    return _uuid5("\n".join(parts))


def register_key(id_salt: str, name: str, timezone: str) -> str:
    """The key of a clinic in a register: a digest of its salt or, if "", of its name and zone."""
    parts = (id_salt,) if id_salt else (name, timezone)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def clinic_key(clinic: Clinic) -> str:
    """The key of a clinic in a register."""
    return register_key(clinic.id_salt, clinic.name, clinic.timezone)


def make_uid(course_id: str, role: str, *parts: int | str) -> str:
    """The UID of an item of a course, from its role and ordinal, never from its date."""
    return _uuid5("\n".join((course_id, role, *map(str, parts))))


def make_uid_key(clinic: Clinic, course_id: str) -> str:
    """The secret of a new course from which `event_uid` makes UIDs.

    It stays with the course whatever becomes of the clinic's `id_salt`, and is in no calendar.
    """
    return make_uid(clinic.id_salt, "uid key", course_id)


def event_uid(uid_key: str, item_uid: str, role: str, *parts: int | str) -> str:
    """The UID of a further calendar event of a visit: a ride, a reminder, a time of no driving.

    Whoever has the patient's calendar can neither compute the UIDs in the driver's nor see that
    both belong together, because the course's `uid_key` goes in. Courses of ketasched 1.0 have
    none (""); they keep the UIDs made from the visit's alone, so that no calendar has an event
    twice after their next revision.
    """
    if not uid_key:
        return make_uid(item_uid, role, *parts)
    return make_uid(uid_key, role, item_uid, *parts)


def _uuid5(name: str) -> str:
    """The version 5 UUID of a name (RFC 9562, 5.5); three times as fast as `uuid.uuid5`."""
    name_hash = _NAMESPACE_HASH.copy()
    name_hash.update(name.encode())
    text = name_hash.hexdigest()
    variant = _VARIANT_DIGIT[text[16]]
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"


def read_reference(text: str) -> str:
    """The patient reference, if every file system accepts it as a name.

    Raises `ValueError` otherwise. The message does not contain the reference, because messages
    on rosters are logged.
    """
    hidden = (char for char in text if unicodedata.category(char)[0] in "CZ" and char != " ")
    forbidden = (char for char in text if char in '/\\:*?"<>|')
    bad = next((f"U+{ord(char):04X}" for char in hidden), None) or next(forbidden, None)
    if bad:
        raise ValueError(f"a patient reference becomes a file's name and cannot have {bad} in it")
    if not text or text != text.strip() or text.startswith(".") or text.endswith("."):
        said = "it is empty, or begins or ends with a dot or a space"
        raise ValueError(f"a patient reference like this cannot be a file's name: {said}")
    length = len(text.encode())
    if length > MAX_REFERENCE_BYTES:
        said = f"at most {MAX_REFERENCE_BYTES} bytes, not {length}"
        raise ValueError(f"a patient reference has {said}")
    if text.partition(".")[0].rstrip().lower() in RESERVED_NAMES:
        raise ValueError("this is a name that is taken: by Windows, or by a file of ours")
    return text


def folded_reference(patient: str) -> str:
    """The reference without what a file system may ignore in a name (case, Unicode form)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", patient).casefold())


def search_key(text: str) -> str:
    """The text without case, accents and superfluous spaces, as people search for a name.

    A text of several lines has a key of as many lines.
    """
    folded = folded_reference(text)
    if not folded.isascii():
        bare = _ACCENTS.sub("", unicodedata.normalize("NFD", folded)).translate(_PLAIN_LETTERS)
        folded = unicodedata.normalize("NFC", bare)
    return re.sub("  +", " ", folded).strip(" ")


def first_characters(key: str) -> list[str]:
    """The characters that the folded reference of a text with this search key can begin with."""
    return [key[:1], *(one for one in _LATIN if search_key(one)[:1] == key[:1])]


def is_reference(text: str) -> bool:
    """Whether `read_reference` accepts this text."""
    try:
        return read_reference(text) == text
    except ValueError:
        return False
