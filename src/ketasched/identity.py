"""Identifiers: the same for the same course and item, and not to be guessed from outside."""

import uuid
from datetime import UTC, datetime

from ketasched.model import Clinic, Request

NAMESPACE = uuid.UUID("6f0d7f3c-4a0e-5d9b-9f43-0b1f5f3f2a57")
"""Ours alone, so that no other program makes the same identifiers."""


def identity(clinic: Clinic, request: Request, made_at: datetime) -> str:
    """A course's identifier: the same for the same clinic, patient, start and moment."""
    moment = made_at.astimezone(UTC).isoformat()
    named = (clinic.id_salt, request.patient, request.start.isoformat(), moment)
    return str(uuid.uuid5(NAMESPACE, "\n".join(named)))


def uid(course_id: str, role: str, *ordinals: int) -> str:
    """The identifier of one item of a course: by its role and ordinal, never by its date."""
    return str(uuid.uuid5(NAMESPACE, "\n".join((course_id, role, *map(str, ordinals)))))
