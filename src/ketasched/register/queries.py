"""What is looked up in the book before an entry, and what then speaks against it, in words."""

from collections.abc import Collection
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from ketasched.errors import BadFile, NoPlan
from ketasched.files.codec import as_line
from ketasched.files.load import course_from
from ketasched.model import Clinic, Course
from ketasched.model.wall_clock import clock_text, day_text
from ketasched.register.booked_days import BookedDays
from ketasched.register.records import Against, Entered, Order
from ketasched.register.tables import CLINICS, COURSES
from ketasched.register.writes import clinic_id, days_of, withdraw

NEVER = "9999"
"""Comes after every date."""

ENTRIES = select(
    COURSES.c.course_id,
    CLINICS.c.name,
    COURSES.c.patient,
    COURSES.c.revision,
    COURSES.c.first_day,
    COURSES.c.last_day,
).join(CLINICS, COURSES.c.clinic == CLINICS.c.id)


def bookings_of(connection: Connection, clinic: Clinic, but: Collection[str]) -> BookedDays:
    """Who sits when at a clinic, the courses `but` (by identifier) left out."""
    known = clinic_id(connection, clinic)
    return BookedDays(connection, known, ZoneInfo(clinic.timezone), tuple(but))


def entry_of(connection: Connection, course_id: str) -> Entered | None:
    """The entry of a course."""
    row = connection.execute(ENTRIES.where(COURSES.c.course_id == course_id)).one_or_none()
    return Entered(*row) if row else None


def document_of(connection: Connection, course_id: str) -> str:
    """The course file of an entry; "" where there is none."""
    asked = select(COURSES.c.document).where(COURSES.c.course_id == course_id)
    return connection.execute(asked).scalar_one_or_none() or ""


def is_same(connection: Connection, course: Course) -> bool:
    """Whether an entry is just this course, also where another version of ours wrote it."""
    document = document_of(connection, course.course_id)
    if document == as_line(course):
        return True
    try:
        return course_from(document, course.course_id) == course
    except BadFile:
        return False


def look_at(connection: Connection, order: Order) -> None:
    """Refuse what the book has something against, whatever is planned."""
    if order.before is not None:
        refuse_stale(connection, order.before)
    for course_id, revision in order.instead_of.items():
        found = entry_of(connection, course_id)
        if found and found.revision != revision:
            raise another(found, revision)
    if order.request is not None:
        known = clinic_id(connection, order.clinic)
        patient, start = order.request.patient, order.request.start.isoformat()
        refuse_second(connection, known, patient, start, NEVER, order.instead_of)


def made_of(connection: Connection, order: Order) -> Course:
    """What an order makes of what is booked now. Raises `Against`, `NoPlan`."""
    look_at(connection, order)
    return order.make(bookings_of(connection, order.clinic, order.but))


def give_way(connection: Connection, order: Order, course: Course) -> None:
    """Remove the courses instead of which this one is entered, unless it goes on from them.

    A new one that is in the book already is refused.
    """
    is_new = order.before is None and course.course_id not in order.instead_of
    if is_new and entry_of(connection, course.course_id):
        said = "this course is in the register already"
        raise Against(said, next_step=f"ketasched register show {course.patient}")
    for course_id in order.instead_of:
        if course_id != course.course_id:
            withdraw(connection, course_id, order.line._replace(what="planned anew"))


def refuse_stale(connection: Connection, before: Course) -> None:
    """Refuse to go on from a course that is not the book's."""
    found = entry_of(connection, before.course_id)
    if found is None:
        said = "this course is not in the register"
        raise Against(said, next_step="ketasched register import with its course.json")
    if found.revision != before.revision or not is_same(connection, before):
        raise another(found, before.revision)


def another(found: Entered, revision: int) -> Against:
    """The book has another revision than that of a file."""
    if found.revision < revision:
        said = f"the register has only revision {found.revision} of this course, not {revision}"
        return Against(said, next_step="ketasched register import with its course.json")
    said = f"the register has another revision of this course: {found.revision}, not {revision}"
    if found.revision == revision:
        said = f"the register has another revision {revision} of this course"
    step = f"ketasched register show {found.patient} -o DIR writes the files of that one"
    return Against(said, next_step=step)


def refuse_second(
    connection: Connection,
    clinic: int | None,
    patient: str,
    first: str,
    last: str,
    but: Collection[str] = (),
) -> None:
    """Refuse a course for somebody who has another one between these days (ISO)."""
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
        raise Against(said, next_step=step)


def refuse_meeting(connection: Connection, clinic: int, before: Course, after: Course) -> None:
    """Refuse a change with which a course would meet another one of its patient.

    Where they have met before, as imported ones can, changes are the way to mend it.
    """
    first, last = days_of(after)
    try:
        begin, end = days_of(before)
        refuse_second(connection, clinic, before.patient, begin, end, {before.course_id})
    except Against:
        return
    if first:
        refuse_second(connection, clinic, after.patient, first, last, {after.course_id})


def no_chair(course: Course, uid: str) -> Against:
    """A visit of a course that is not planned here has no chair."""
    visit = next((one for one in course.visits if one.uid == uid), course.visits[0])
    when = f"{day_text(visit.start)}, {clock_text(visit.start)}"
    said = f"visit {visit.number} of {course.patient}, {when}: all chairs are taken"
    return Against(said, next_step="revise it, then import it; or move the others")


def gone(error: NoPlan) -> Against:
    """What there was a plan for is taken by others now; with what would do instead."""
    step = error.next_step or "look at what is left: ketasched suggest"
    return Against(f"taken meanwhile: {error.what}", details=error.details, next_step=step)
