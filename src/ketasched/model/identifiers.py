"""Identifiers: the same for the same course and item, and not to be guessed from outside."""

import hashlib
import unicodedata
import uuid
from datetime import UTC, datetime

from ketasched.model import Clinic, Request

NAMESPACE = uuid.UUID("6f0d7f3c-4a0e-5d9b-9f43-0b1f5f3f2a57")
"""Ours alone, so that no other program makes the same identifiers."""

IN_NAMESPACE = hashlib.sha1(NAMESPACE.bytes, usedforsecurity=False)

VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
"""What the digit of a UUID becomes that says which variant it is (RFC 9562, 4.1)."""

LONGEST_REFERENCE = 80
"""Bytes of a patient reference: it becomes a file's name, with an ending."""

RESERVED = frozenset(
    [
        *("con", "prn", "aux", "nul", "conin$", "conout$", "rides", "manifest", "rejects"),
        "changes",
        *(f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"),
    ]
)
"""Names that Windows keeps for devices, and those of our own files."""


def identity(clinic: Clinic, request: Request, made_at: datetime) -> str:
    """A course's identifier: the same for the same clinic, patient, start and moment."""
    moment = made_at.astimezone(UTC).isoformat()
    named = (clinic.id_salt, request.patient, request.start.isoformat(), moment)
    return _uuid5("\n".join(named))


def uid(course_id: str, role: str, *parts: int | str) -> str:
    """The identifier of one item of a course: by its role and ordinal, never by its date."""
    name = f"{course_id}\n{role}"
    for part in parts:
        name += f"\n{part}"
    return _uuid5(name)


def _uuid5(name: str) -> str:
    """The name's UUID, version 5 (RFC 9562, 5.5), without the library's object around it."""
    hashed = IN_NAMESPACE.copy()
    hashed.update(name.encode())
    text = hashed.hexdigest()
    variant = VARIANT[text[16]]
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"


def patient_reference(text: str) -> str:
    """A patient reference that every file system takes as a name.

    Raises `ValueError`, which does not say it: what is said of rosters is logged.
    """
    odd = next((c for c in text if unicodedata.category(c)[0] in "CZ" and c != " "), None)
    if odd or any(c in '/\\:*?"<>|' for c in text):
        bad = odd or next(c for c in text if c in '/\\:*?"<>|')
        said = f"U+{ord(bad):04X}" if odd else bad
        raise ValueError(f"a patient reference becomes a file's name and cannot have {said} in it")
    if not text or text != text.strip() or text.startswith(".") or text.endswith("."):
        said = "it is empty, or begins or ends with a dot or a space"
        raise ValueError(f"a patient reference like this cannot be a file's name: {said}")
    if len(text.encode()) > LONGEST_REFERENCE:
        raise ValueError(
            f"a patient reference has at most {LONGEST_REFERENCE} bytes, not {len(text.encode())}"
        )
    if text.partition(".")[0].rstrip().lower() in RESERVED:
        raise ValueError("this is a name that is taken: by Windows, or by a file of ours")
    return text


def is_reference(text: str) -> bool:
    """Whether `patient_reference` takes this text."""
    try:
        return patient_reference(text) == text
    except ValueError:
        return False
