"""A patient of the register under another reference, in all of their courses."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from ketasched.errors import BadRequest
from ketasched.files.option_values import refuse_bad_value, refuse_unsafe_words
from ketasched.files.request_parsing import REQUEST_FIELDS, read_field
from ketasched.model import Clinic, Course
from ketasched.register.course_lookup import entries_of
from ketasched.render.patient_folder import refuse_sensitive_reference
from ketasched.revising.revise import rename

if TYPE_CHECKING:
    from ketasched.register.register import Register


def read_new_reference(text: str) -> str:
    """The new reference of a patient. Raises `BadRequest`."""
    with refuse_bad_value("new", next_step="a number or initials"):
        return str(read_field(REQUEST_FIELDS["patient"], text))


def renamed_courses(
    register: "Register",
    old: str,
    new: str,
    at: Callable[[Course], datetime],
    *,
    reason: str = "",
    by_whom: str = "",
    clinic: Clinic | None = None,
) -> list[tuple[Course, Course]]:
    """Each course of the patient `old` before and after, the one that ends last first.

    There is none if the patient is called `new` already. `at` is the moment for a course. Raises
    `BadRequest`, `BadFile`, and `Conflict` if the reference is another patient's.
    """
    refuse_unsafe_words(reason, by_whom)
    entries = entries_of(register, old, clinic)
    before = [register.course(entry.course_id) for entry in reversed(entries)]
    if before[0].patient == new:
        return []
    try:
        refuse_sensitive_reference(before[0].clinic, replace(before[0].request, patient=new))
    except BadRequest as error:
        error.field = "new"
        raise
    after = rename(before, new, at=at(before[0]), why=reason, by=by_whom)
    register.refuse_taken_reference(after)
    return list(zip(before, after, strict=True))
