"""Writing a course: its document, its bookings on chairs, and a line of the log."""

import hashlib
from collections.abc import Collection, Iterator

from sqlalchemy import Connection, select

from ketasched.files.codec import json_line
from ketasched.files.load import UNREADABLE_STEP, reading_problem
from ketasched.model import TAKES_PLACE, Clinic, Course
from ketasched.model.effective_kind import effective_kind
from ketasched.model.occupancy import limits
from ketasched.register.chair_assignment import Seat, assign_chairs, first_excess
from ketasched.register.records import BookingRequest, Conflict, LogEntry
from ketasched.register.tables import BOOKINGS, CLINICS, COURSES, LOG
from ketasched.rules import Capacity


class ChairTaken(Exception):
    """A visit has no chair; users never see this error.

    `uid` is the visit's; it is empty if another writer took the chair at the same time.
    """

    def __init__(self, uid: str = "") -> None:
        super().__init__(uid)
        self.uid = uid


def clinic_key(clinic: Clinic) -> str:
    """The key of a clinic: a digest of its `id_salt` or, without one, of its name and zone."""
    return hashlib.sha256(
        "\n".join((clinic.id_salt,) if clinic.id_salt else (clinic.name, clinic.timezone)).encode()
    ).hexdigest()


def clinic_id(connection: Connection, clinic: Clinic) -> int | None:
    """The number of a clinic; None if the register does not know the clinic."""
    asked = select(CLINICS.c.id).where(CLINICS.c.key == clinic_key(clinic))
    return connection.execute(asked).scalar_one_or_none()


def locked_clinic(connection: Connection, clinic: Clinic) -> int:
    """The clinic's number, which is locked and, if necessary, created.

    Other writers of the clinic wait until this transaction ends.
    """
    asked = select(CLINICS.c.id).where(CLINICS.c.key == clinic_key(clinic)).with_for_update()
    found: int | None = connection.execute(asked).scalar_one_or_none()
    if found is None:
        new = CLINICS.insert().values(key=clinic_key(clinic), name=clinic.name)
        found = connection.execute(new.returning(CLINICS.c.id)).scalar_one()
    return found


def write_course(
    connection: Connection,
    clinic: int,
    course: Course,
    line: LogEntry,
    *,
    waived: Collection[str] = (),
) -> None:
    """Write a course, its bookings and a line of the log.

    Visits whose `capacity` rule was overridden, and those in `waived` (uids), may exceed the
    clinic's limits. Raises `ChairTaken`.
    """
    _write_document(connection, clinic, course)
    wanted = {seat.uid: (day, seat) for day, seat in _seats_of(course)}
    gone = []
    own = BOOKINGS.c.course_id == course.course_id
    for row in connection.execute(select(BOOKINGS).where(own)).all():
        kept = wanted.get(row.uid)
        if kept and (row.clinic, row.begins, row.ends) == (clinic, kept[1].begins, kept[1].ends):
            del wanted[row.uid]  # the visit keeps its chair
        else:
            gone.append(row.uid)
    _refuse_uids_of_others(connection, course, wanted)
    _delete_bookings(connection, gone)
    let_in = overridden_uids(course) | set(waived)
    for day in sorted({day for day, _ in wanted.values()}):
        new = [one for on, one in wanted.values() if on == day]
        _assign_chairs(connection, clinic, course, day, new, let_in)
    done = line._replace(what=line.what or _last_done(course))
    write_log(connection, course.course_id, course.revision, done)


def _last_done(course: Course) -> str:
    """The last entry of the history, without names: a line of the log cannot be removed."""
    if not course.history:
        return "planned"
    last = course.history[-1]
    if last.change and last.change.verb == "driver":
        return f"visit {last.change.visit}: another driver"
    return last.what


def _refuse_uids_of_others(connection: Connection, course: Course, uids: Collection[str]) -> None:
    others = BOOKINGS.c.uid.in_(list(uids)), BOOKINGS.c.course_id != course.course_id
    if uids and connection.execute(select(BOOKINGS.c.uid).where(*others)).first():
        said = f"a visit of {course.patient} has the identifier (uid) of another course's"
        raise Conflict(said, next_step="the course.json that ketasched wrote")


def withdraw(connection: Connection, course_id: str, line: LogEntry) -> None:
    """Remove a course and its bookings, with a line of the log."""
    same = COURSES.c.course_id == course_id
    revision = connection.execute(select(COURSES.c.revision).where(same)).scalar_one_or_none()
    if revision is not None:
        connection.execute(BOOKINGS.delete().where(BOOKINGS.c.course_id == course_id))
        connection.execute(COURSES.delete().where(same))
        write_log(connection, course_id, revision, line)


def withdraw_replaced(
    connection: Connection, booking: BookingRequest, but: Collection[str]
) -> None:
    """Withdraw the courses that a booking replaces, except the courses `but` (identifiers)."""
    for course_id in booking.instead_of:
        if course_id not in but:
            withdraw(connection, course_id, booking.line._replace(what="planned anew"))


def write_log(connection: Connection, course_id: str, revision: int, line: LogEntry) -> None:
    """Append a line to the log."""
    connection.execute(
        LOG.insert().values(
            at=line.at.isoformat(),
            course_id=course_id,
            revision=revision,
            what=line.what,
            by_whom=line.by,
        )
    )


def overridden_uids(course: Course) -> set[str]:
    """The uids of the visits whose `capacity` rule was overridden."""
    return {
        course.visits[finding.visit - 1].uid
        for finding in course.findings
        if finding.rule == Capacity.name and finding.level == "broken" and finding.visit
    }


def first_and_last_day(course: Course) -> tuple[str, str]:
    """The local dates (ISO) of the first and the last visit that take place; "" if none does."""
    taking = [visit.start.date() for visit in course.visits if visit.status in TAKES_PLACE]
    return (min(taking).isoformat(), max(taking).isoformat()) if taking else ("", "")


def _write_document(connection: Connection, clinic: int, course: Course) -> None:
    first, last = first_and_last_day(course)
    document = json_line(course)
    if problem := reading_problem(course, document):
        said = f"the course of {course.patient} could not be read again: {problem}"
        raise Conflict(said, next_step=UNREADABLE_STEP)
    values = {
        "clinic": clinic,
        "patient": course.patient,
        "revision": course.revision,
        "first_day": first,
        "last_day": last,
        "document": document,
    }
    same = COURSES.c.course_id == course.course_id
    changed = connection.execute(COURSES.update().where(same).values(values))
    if not changed.rowcount:
        connection.execute(COURSES.insert().values(course_id=course.course_id, **values))


def _seats_of(course: Course) -> Iterator[tuple[str, Seat]]:
    """The visits that need a chair, each with its local date (ISO)."""
    for visit in course.visits:
        kind = effective_kind(course.protocol, course.clinic, visit.kind)
        if visit.status in TAKES_PLACE and kind.place == "clinic":
            begins, ends = int(visit.start.timestamp()), int(visit.end.timestamp())
            yield visit.start.date().isoformat(), Seat(visit.uid, begins, ends)


def _assign_chairs(
    connection: Connection,
    clinic: int,
    course: Course,
    day: str,
    new: list[Seat],
    let_in: Collection[str],
) -> None:
    """Assign chairs of a day to these visits of the course. Raises `ChairTaken`."""
    allowed = limits(course.clinic)
    on_day = BOOKINGS.c.clinic == clinic, BOOKINGS.c.day == day
    rows = connection.execute(select(BOOKINGS).where(*on_day)).all()
    there = {Seat(row.uid, row.begins, row.ends, row.chair, row.place) for row in rows}
    if one := first_excess(new, there, allowed, let_in):
        raise ChairTaken(one.uid)
    changed = {*assign_chairs(new, there, allowed)} - there
    of = {row.uid: row.course_id for row in rows}
    _delete_bookings(connection, [one.uid for one in changed if one.uid in of])
    rows_of = [
        {**one._asdict(), "course_id": of.get(one.uid, course.course_id)} for one in changed
    ]
    connection.execute(BOOKINGS.insert().values(clinic=clinic, day=day), rows_of)


def _delete_bookings(connection: Connection, uids: list[str]) -> None:
    if uids:
        connection.execute(BOOKINGS.delete().where(BOOKINGS.c.uid.in_(uids)))
