"""Queries: the courses, entries and booked days of the register, read in a transaction."""

import json
from collections.abc import Collection
from contextlib import suppress
from datetime import date, datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, and_, func, select

from ketasched.errors import BadFile
from ketasched.files.codec import json_line, plain
from ketasched.files.load import parse_course
from ketasched.files.typed_text import clean_text
from ketasched.model import Clinic, Course
from ketasched.model.identifiers import first_characters, folded_reference, search_key
from ketasched.model.wall_clock import moment_at
from ketasched.register.booked_occupancy import BookedOccupancy
from ketasched.register.clinics import clinic_id
from ketasched.register.records import IMPORTED, BookedDays, CourseEntry, LogRecord
from ketasched.register.tables import BOOKINGS, CLINICS, COURSES, LOG, LONGEST_VISIT

IMPORT = "ketasched register import FILE"
"""What enters a course that the register has not, or not so."""

DAYS_TO_LAST_REVIEW = 60
"""How many days after its last visit a course may still have a review."""

DAYS_BEFORE = 60
"""How many days before its first visit that takes place a course may have companions, or visits
that did not.
"""

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
    return BookedOccupancy(connection, clinic, clinic_id(connection, clinic), without)


def entry_of(connection: Connection, course_id: str) -> CourseEntry | None:
    """The entry of a course; None if the register does not have the course."""
    row = connection.execute(ENTRIES.where(COURSES.c.course_id == course_id)).one_or_none()
    return CourseEntry(*row) if row else None


def entries(connection: Connection, clinic: Clinic | None, patient: str) -> list[CourseEntry]:
    """The entries of a clinic or of all (None), of a patient or of all ("")."""
    asked = ENTRIES.where(*_of_clinic(connection, clinic))
    if patient:
        folded = COURSES.c.folded_patient == folded_reference(patient)
        asked = asked.where(folded, COURSES.c.patient == patient)
    return [CourseEntry(*row) for row in connection.execute(asked)]


def _of_clinic(connection: Connection, clinic: Clinic | None) -> list[ColumnElement[bool]]:
    return [] if clinic is None else [COURSES.c.clinic == clinic_id(connection, clinic)]


def patients_named(connection: Connection, name: str, clinic: Clinic | None) -> list[str]:
    """The patient of a clinic, or of all (None), with this reference; else those that
    `search_key` takes for the same.
    """
    name = clean_text(name)  # as where it was entered
    folded, key = COURSES.c.folded_patient, search_key(" ".join(name.split()))
    of_clinic = _of_clinic(connection, clinic)
    asked = select(COURSES.c.patient).distinct().where(*of_clinic).order_by(COURSES.c.patient)
    is_exact = folded == folded_reference(name), COURSES.c.patient == name
    if found := list(connection.execute(asked.where(*is_exact)).scalars()):
        return found
    # One text of all that may match: rows by the hundred thousand would take their time.
    begins = func.substr(folded, 1, 1).in_(first_characters(key))
    joined = select(func.aggregate_strings(folded, "\n")).where(begins, *of_clinic)
    text = connection.execute(joined).scalar_one() or ""
    pairs = zip(text.split("\n"), search_key(text).split("\n"), strict=True)
    alike = {one for one, own_key in pairs if own_key == key != ""}
    return list(connection.execute(asked.where(folded.in_(alike))).scalars())


def newest_course(connection: Connection, clinic: Clinic | None) -> str | None:
    """The identifier of the course of a clinic, or of any one (None), that was planned last.

    A course that was imported may be much older than its line of the log: if all were imported,
    it is the one that ends last.
    """
    is_first = (LOG.c.course_id == COURSES.c.course_id) & (LOG.c.revision == 1)
    planned = select(LOG.c.number).where(is_first, LOG.c.what != IMPORTED).limit(1)
    order = func.coalesce(planned.scalar_subquery(), 0).desc(), COURSES.c.last_day.desc()
    asked = select(COURSES.c.course_id).order_by(*order).limit(1)
    if clinic is not None:
        asked = asked.where(COURSES.c.clinic == clinic_id(connection, clinic))
    return connection.execute(asked).scalar_one_or_none()


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
    step = f"restore a backup, or enter its course.json again: {IMPORT}"
    raise BadFile(said, next_step=step)


def booked_days(
    connection: Connection, first: date, last: date, clinic: Clinic | None
) -> BookedDays:
    """The courses and chairs of these days (inclusive): see `Register.days`."""
    since, until = first - timedelta(DAYS_TO_LAST_REVIEW), last + timedelta(DAYS_BEFORE)
    is_near = COURSES.c.first_day <= until.isoformat(), COURSES.c.last_day >= since.isoformat()
    days = and_(*is_near) | (COURSES.c.last_day == "")  # each of its visits may be missed
    asked = select(COURSES.c.course_id, COURSES.c.document).where(days)
    # A local date begins and ends within a day of the same date in UTC.
    begin, end = (moment_at(day, 0, ZoneInfo("UTC")).timestamp() for day in (first, last))
    seats = select(BOOKINGS.c.uid, BOOKINGS.c.chair).where(
        BOOKINGS.c.begins > begin - 2 * LONGEST_VISIT, BOOKINGS.c.begins < end + 2 * LONGEST_VISIT
    )
    if clinic is not None:
        known = clinic_id(connection, clinic)
        asked = asked.where(COURSES.c.clinic == known)
        seats = seats.where(BOOKINGS.c.clinic == known)
    found = connection.execute(asked.order_by(COURSES.c.course_id)).all()
    chairs = {row.uid: row.chair for row in connection.execute(seats)}
    return BookedDays([read_document(*row) for row in found], chairs)


def is_stored(connection: Connection, course: Course) -> bool:
    """Whether the stored course equals `course`, even if another version wrote the document."""
    document = _document_of(connection, course.course_id)
    if document == json_line(course):
        return True
    with suppress(BadFile):
        return read_document(course.course_id, document) == course
    return False


def last_lines(connection: Connection) -> list[int]:
    """The numbers of the last lines of the log, to which every entry adds one.

    Not the last one alone: a server may commit a line after one with a higher number.
    """
    asked = select(LOG.c.number).order_by(LOG.c.number.desc()).limit(MOST_WRITERS)
    return list(connection.execute(asked).scalars())


def fingerprint(connection: Connection, clinic: Clinic, since: datetime) -> str:
    """The fingerprint of a `BookState`, as it is now."""
    booked = select(BOOKINGS.c.uid, BOOKINGS.c.begins, BOOKINGS.c.ends).where(
        BOOKINGS.c.clinic == clinic_id(connection, clinic),
        BOOKINGS.c.begins >= int(since.timestamp()),
    )
    rows = sorted(map(list, connection.execute(booked)))
    return sha256(json.dumps([plain(clinic), rows]).encode()).hexdigest()


def log_of(connection: Connection, course_id: str) -> list[LogRecord]:
    """The log of a course, oldest line first."""
    asked = select(LOG).where(LOG.c.course_id == course_id).order_by(LOG.c.number)
    return [LogRecord(*row) for row in connection.execute(asked)]
