"""Every course of a register on a line of its own: to import again, or for a record system."""

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from ketasched.errors import BadFile, BadRequest
from ketasched.files.load import parse_course
from ketasched.render.fhir import render_line

if TYPE_CHECKING:
    from ketasched.register.register import Register

EXPORT_FORMS = ("ndjson", "fhir")


def exported(register: "Register", form: str) -> Iterator[str | BadFile]:
    """Every course on a line, in one of the `EXPORT_FORMS`.

    In FHIR there is an error for a course that is damaged, which shows nothing of it. Raises
    `BadRequest` for another form.
    """
    if form not in EXPORT_FORMS:
        raise BadRequest("form", f"expected one of {', '.join(EXPORT_FORMS)}, not {form}")
    for course_id, document in register.documents():
        try:
            yield _bundle(register, course_id, document) if form == "fhir" else document
        except BadFile as error:
            yield error


def _bundle(register: "Register", course_id: str, document: str) -> str:
    with suppress(BadFile):
        return render_line(parse_course(document, course_id))
    return render_line(register.course(course_id))
