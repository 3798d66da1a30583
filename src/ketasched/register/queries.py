"""Queries before an entry, and the conflicts that forbid the entry."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import Connection, select

from ketasched.errors import BadFile, NoPlan
from ketasched.files.codec import json_line
from ketasched.files.load import parse_course
from ketasched.model import Clinic, Course
from ketasched.model.wall_clock import day_text, moment_text
from ketasched.register.booked_occupancy import BookedOccupancy
from ketasched.register.records import BookingRequest, Conflict, CourseEntry
from ketasched.register.tables import CLINICS, COURSES
from ketasched.register.writes import clinic_id, first_and_last_day

NEVER = "9999"
"""A string that sorts after every ISO date."""

ENTRIES = (
    select(
        COURSES.c.course_id,
        CLINICS.c.name,
        COURSES.c.patient,
        COURSES.c.revision,
        COURSES.c.first_day,
        COURSES.c.last_day,
    )
    .join(CLINICS, COURSES.c.clinic == CLINICS.c.id)
    .order_by(COURSES.c.patient, COURSES.c.last_day, COURSES.c.course_id)
)
"""The columns of `CourseEntry`, in order of the patients."""


def occupancy_of(
    connection: Connection, clinic: Clinic, without: Collection[str]
) -> BookedOccupancy:
    """The occupancy of a clinic; the courses `without` (identifiers) are left out."""
    return BookedOccupancy(connection, clinic_id(connection, clinic), without)


def entry_of(connection: Connection, course_id: str) -> CourseEntry | None:
    """The entry of a course; None if the register does not have the course."""
    row = connection.execute(ENTRIES.where(COURSES.c.course_id == course_id)).one_or_none()
    return CourseEntry(*row) if row else None


def document_of(connection: Connection, course_id: str) -> str:
    """The course file of an entry; "" if the register does not have the course."""
    asked = select(COURSES.c.document).where(COURSES.c.course_id == course_id)
    return connection.execute(asked).scalar_one_or_none() or ""


def is_stored(connection: Connection, course: Course) -> bool:
    """Whether the stored course equals `course`, even if another version wrote the document."""
    document = document_of(connection, course.course_id)
    if document == json_line(course):
        return True
    try:
        return parse_course(document, course.course_id) == course
    except BadFile:
        return False


def refuse_conflicts(connection: Connection, booking: BookingRequest) -> None:
    """Raise `Conflict` if the register forbids the booking, whatever is planned."""
    if booking.before is not None:
        refuse_stale(connection, booking.before)
    for course_id, revision in booking.instead_of.items():
        found = entry_of(connection, course_id)
        if found and found.revision != revision:
            raise other_revision(found, revision)
    if booking.request is not None:
        known = clinic_id(connection, booking.clinic)
        patient, start = booking.request.patient, booking.request.start.isoformat()
        refuse_overlapping_course(connection, known, patient, start, NEVER, booking.instead_of)


def plan_booking(connection: Connection, booking: BookingRequest) -> Course:
    """Plan the course of a booking beside the current occupancy. Raises `Conflict`, `NoPlan`."""
    refuse_conflicts(connection, booking)
    return booking.make(occupancy_of(connection, booking.clinic, booking.without))


def refuse_known(connection: Connection, booking: BookingRequest, course: Course) -> None:
    """Raise `Conflict` if a new course is in the register already."""
    is_new = booking.before is None and course.course_id not in booking.instead_of
    if is_new and entry_of(connection, course.course_id):
        said = "this course is in the register already"
        raise Conflict(said, next_step=f"ketasched register show {course.patient}")


def refuse_stale(connection: Connection, before: Course) -> None:
    """Raise `Conflict` if `before` is not the stored revision."""
    found = entry_of(connection, before.course_id)
    if found is None:
        said = "this course is not in the register"
        raise Conflict(said, next_step="ketasched register import with its course.json")
    if found.revision != before.revision or not is_stored(connection, before):
        raise other_revision(found, before.revision)


def other_revision(found: CourseEntry, revision: int) -> Conflict:
    """The conflict between a stored revision and that of a file."""
    if found.revision < revision:
        said = f"the register has only revision {found.revision} of this course, not {revision}"
        return Conflict(said, next_step="ketasched register import with its course.json")
    said = f"the register has another revision of this course: {found.revision}, not {revision}"
    if found.revision == revision:
        said = f"the register has another revision {revision} of this course"
    step = f"ketasched register show {found.patient} -o DIR writes the files of that one"
    return Conflict(said, next_step=step)


def refuse_overlapping_course(
    connection: Connection,
    clinic: int | None,
    patient: str,
    first: str,
    last: str,
    but: Collection[str] = (),
) -> None:
    """Raise `Conflict` if the patient has another course between these dates (ISO, inclusive)."""
    asked = select(COURSES.c.first_day, COURSES.c.last_day).where(
        COURSES.c.clinic == clinic,
        COURSES.c.patient == patient,
        COURSES.c.course_id.not_in(but),
        COURSES.c.last_day >= first,
        COURSES.c.first_day <= last,
    )
    found = connection.execute(asked).first()
    if found is not None:
        days = " to ".join(day_text(date.fromisoformat(one)) for one in found)
        said = f"{patient} has a course in the register, {days}"
        step = f"ketasched revise {patient} --help: it can be changed, or ended with cease"
        raise Conflict(said, next_step=step)


def refuse_overlap(connection: Connection, clinic: int, course: Course) -> None:
    """Raise `Conflict` if a course overlaps another one of its patient."""
    first, last = first_and_last_day(course)
    if first:
        own = {course.course_id}
        refuse_overlapping_course(connection, clinic, course.patient, first, last, own)


def refuse_new_overlap(connection: Connection, clinic: int, before: Course, after: Course) -> None:
    """Raise `Conflict` if a change makes a course overlap another one of its patient.

    Courses that overlap already, as imported ones can, may be changed.
    """
    try:
        refuse_overlap(connection, clinic, before)
    except Conflict:
        return
    refuse_overlap(connection, clinic, after)


def no_chair_left(course: Course, uid: str) -> Conflict:
    """The conflict of an imported course whose visit `uid` has no chair."""
    visit = next((one for one in course.visits if one.uid == uid), course.visits[0])
    when = moment_text(visit.start)
    said = f"visit {visit.number} of {course.patient}, {when}: all chairs are taken"
    return Conflict(said, next_step="revise it, then import it; or move the others")


def taken_meanwhile(error: NoPlan) -> Conflict:
    """The conflict of a planned course whose chairs were taken meanwhile, with the remedies."""
    step = error.next_step or "look at what is left: ketasched suggest"
    return Conflict(f"taken meanwhile: {error.what}", details=error.details, next_step=step)
