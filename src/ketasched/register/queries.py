"""Queries before an entry, and the conflicts that forbid the entry."""

import shlex
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import date, datetime

from sqlalchemy import Connection, select

from ketasched.errors import BadFile, NoPlan
from ketasched.files.codec import json_line
from ketasched.files.load import parse_course
from ketasched.model import Clinic, Course
from ketasched.model.identifiers import folded_reference
from ketasched.model.wall_clock import day_text, moment_text
from ketasched.planning.check import check
from ketasched.register.booked_occupancy import DAY, BookedOccupancy
from ketasched.register.clinics import clinic_id, refuse_another_clinic, refuse_stranger
from ketasched.register.records import BookingRequest, Conflict, CourseEntry
from ketasched.register.seating import ChairTaken
from ketasched.register.tables import CLINICS, COURSES, LOG
from ketasched.register.writes import first_and_last_day

NEVER = "9999"
"""A string that sorts after every ISO date."""

MOST_WRITERS = 100
"""How many may write at once without any of them being overlooked."""

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


def stored_course(connection: Connection, course_id: str) -> Course:
    """The course of an entry. Raises `BadFile`."""
    return read_document(course_id, _document_of(connection, course_id))


def _document_of(connection: Connection, course_id: str) -> object:
    asked = select(COURSES.c.document).where(COURSES.c.course_id == course_id)
    return connection.execute(asked).scalar_one_or_none()


def read_document(course_id: str, document: object) -> Course:
    """The course in the document of an entry. Raises `BadFile`, which shows nothing of it."""
    with suppress(BadFile):
        if isinstance(document, str):
            return parse_course(document, course_id)
    said = f"the register's course {course_id} is damaged: it cannot be read"
    step = "ketasched register import with its course.json, or restore a backup"
    raise BadFile(said, next_step=step)


def is_stored(connection: Connection, course: Course) -> bool:
    """Whether the stored course equals `course`, even if another version wrote the document."""
    document = _document_of(connection, course.course_id)
    if document == json_line(course):
        return True
    with suppress(BadFile):
        return read_document(course.course_id, document) == course
    return False


def refuse_conflicts(connection: Connection, booking: BookingRequest) -> None:
    """Raise `Refused` or `BadRequest` if the register forbids the booking, whatever is planned."""
    if booking.before is None:
        refuse_stranger(connection, booking.clinic)
    else:
        refuse_stale(connection, booking.before)
        refuse_another_clinic(connection, booking.clinic, booking.before.course_id)
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
    """Raise `Conflict` if a new course is in the register already, or is called like another."""
    is_new = booking.before is None and course.course_id not in booking.instead_of
    if is_new and entry_of(connection, course.course_id):
        said = "this course is in the register already"
        raise Conflict(said, next_step=f"ketasched register show {course.patient}")
    if is_new:
        refuse_mistakable(connection, course)


def refuse_mistakable(connection: Connection, course: Course) -> None:
    """Raise `Conflict` if one course's identifier is the patient of another one.

    A name is looked up among the patients, then among the identifiers.
    """
    own = folded_reference(course.patient)
    named = COURSES.c.folded_patient == folded_reference(course.course_id)
    others = select(COURSES.c.course_id).where(named, COURSES.c.folded_patient != own)
    if connection.execute(others).first():
        said = "the identifier of the course is the reference of another patient"
        raise Conflict(said, next_step="another --course-id, or leave it out")
    known = entry_of(connection, course.patient)
    if known and folded_reference(known.patient) != own:
        said = f"{course.patient} is the identifier of another patient's course in the register"
        raise Conflict(said, next_step="another reference for the patient")


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
    asked = select(COURSES.c.patient, COURSES.c.first_day, COURSES.c.last_day).where(
        COURSES.c.clinic == clinic,
        COURSES.c.folded_patient == folded_reference(patient),
        COURSES.c.course_id.not_in(but),
        COURSES.c.last_day >= first,
        COURSES.c.first_day <= last,
    )
    found = connection.execute(asked).first()
    if found is not None:
        known, *ends = found
        days = " to ".join(day_text(date.fromisoformat(one)) for one in ends)
        who = patient if known == patient else f"{patient}, written {known},"
        said = f"{who} has a course in the register, {days}"
        step = (
            f"ketasched revise {shlex.quote(known)} --help: it can be changed, or ended with cease"
        )
        raise Conflict(said, next_step=step)


def refuse_new_overlap(connection: Connection, clinic: int, course: Course) -> None:
    """Raise `Conflict` if a course overlaps another one of its patient.

    A stored course that overlaps already, as one of an older version can, may be changed.
    """
    but = {course.course_id}
    found = entry_of(connection, course.course_id)
    if found and found.first_day and found.patient == course.patient:
        days = found.first_day, found.last_day
        try:
            refuse_overlapping_course(connection, clinic, found.patient, *days, but)
        except Conflict:
            return
    first, last = first_and_last_day(course)
    if first:
        refuse_overlapping_course(connection, clinic, course.patient, first, last, but)


def no_chair_left(course: Course, uid: str) -> Conflict:
    """The conflict of an imported course whose visit `uid` has no chair."""
    visit = next((one for one in course.visits if one.uid == uid), course.visits[0])
    when = moment_text(visit.start)
    said = f"visit {visit.number} of {course.patient}, {when}: all chairs are taken"
    return Conflict(said, next_step="revise it, then import it; or move the others")


def replaces(connection: Connection, course: Course, found: CourseEntry) -> bool:
    """Whether a course is to be written over its entry; False if the entry has it already.

    Raises `Conflict` if the entry is another or a later revision, unless that cannot be read.
    """
    if found.revision < course.revision:
        return True
    if is_stored(connection, course):
        return False
    if found.revision == course.revision and not _is_readable(connection, course.course_id):
        return True
    raise other_revision(found, course.revision)


def _is_readable(connection: Connection, course_id: str) -> bool:
    try:
        return bool(stored_course(connection, course_id))
    except BadFile:
        return False


def refused_again(taken: ChairTaken, made: Sequence[Course]) -> Conflict:
    """The conflict of an entry that was refused again and again, with the true reason."""
    if taken.uid and made:
        return no_chair_left(made[0], taken.uid)
    if taken.reason:
        said = f"the database refuses the entry, whatever is planned: {taken.reason}"
        return Conflict(said, next_step="ketasched day, to see who holds the chair at that time")
    return Conflict("others are booking all the time", next_step="try again")


def taken_meanwhile(error: NoPlan) -> Conflict:
    """The conflict of a planned course whose chairs were taken meanwhile, with the remedies."""
    step = error.next_step or "look at what is left: ketasched suggest"
    return Conflict(f"taken meanwhile: {error.what}", details=error.details, next_step=step)


def last_lines(connection: Connection) -> list[int]:
    """The numbers of the last lines of the log, to which every entry adds one.

    Not the last one alone: a server may commit a line after one with a higher number.
    """
    asked = select(LOG.c.number).order_by(LOG.c.number.desc()).limit(MOST_WRITERS)
    return list(connection.execute(asked).scalars())


def is_overtaken(connection: Connection, booking: BookingRequest, course: Course) -> bool:
    """Whether the course breaks a rule because of visits that others have booked by now.

    What was decided for the course, and visits that the change did not move, make no difference.
    """
    known = clinic_id(connection, booking.clinic)
    bookings = BookedOccupancy(connection, known, booking.without, block=DAY)
    before = booking.before.visits if booking.before else ()
    stay = {(visit.uid, visit.start) for visit in before}
    decided = {*course.findings, *check(course)}
    return any(
        found.level == "broken"
        and found not in decided
        and not (found.visit and _place(course, found.visit) in stay)
        for found in check(course, bookings=bookings)
    )


def _place(course: Course, number: int) -> tuple[str, datetime]:
    visit = course.visits[number - 1]
    return visit.uid, visit.start
