"""Writing a course: its document, its bookings on chairs, and a line of the log."""

from collections.abc import Collection, Iterator
from datetime import date, datetime

from sqlalchemy import Connection, select

from ketasched.files.codec import json_line
from ketasched.files.load import UNREADABLE_STEP, reading_problem
from ketasched.model import Clinic, Course, Entry, Slot
from ketasched.model.companion_slots import companion_slots
from ketasched.model.holds import slot_of
from ketasched.model.identifiers import folded_reference
from ketasched.model.replay import entry_to_undo
from ketasched.model.wall_clock import day_text
from ketasched.register.booked_visit import Allowance, BookedVisit, booked_visit, visit_of_row
from ketasched.register.records import BookingRequest, Conflict, LogEntry, Waiver, waivers_of
from ketasched.register.seating import ChairTaken, remove_bookings, seat_visit
from ketasched.register.tables import BOOKINGS, COURSES, LOG, LONGEST_VISIT
from ketasched.rules import OCCUPANCY_NAMES

YEARS = range(1950, 2101)
"""The years in which a visit can be."""


def write_course(
    connection: Connection,
    clinic: int,
    course: Course,
    line: LogEntry,
    *,
    waived: Collection[Waiver] = (),
    allowed_by: Collection[Clinic] = (),
) -> None:
    """Write a course, its bookings and a line of the log.

    Visits for which a rule was overridden, and those that are `waived`, may exceed the clinic's
    limits, which are the widest of `allowed_by`, or those of the course's clinic. Raises
    `ChairTaken`, and `Conflict` for a visit that no register can hold.
    """
    _write_document(connection, clinic, course)
    wanted = release_chairs(connection, clinic, course)
    _refuse_uids_of_others(connection, course, wanted)
    let_in = waivers_of(course) | set(waived)
    clinics = course.clinic, *(one for one in allowed_by if one != course.clinic)
    for day, visit in wanted.values():
        values = {"clinic": clinic, "course_id": course.course_id, "day": day}
        allowed = Allowance(clinics, date.fromisoformat(day))
        seat_visit(connection, values, visit, allowed, let_in)
    done = line._replace(what=line.what or _last_done(course))
    write_log(connection, course.course_id, course.revision, done)


def release_chairs(
    connection: Connection, clinic: int, course: Course
) -> dict[str, tuple[str, BookedVisit]]:
    """Remove the bookings of a stored course that are no longer as in `course`.

    Returns the visits that are to be booked, by uid, each with its local date (ISO); all others
    are booked already. A visit that stays at its time keeps what it has, whatever its parts and
    its needs are by now: no limit refuses a fact. Raises `Conflict`.
    """
    wanted = {visit.uid: (day, visit) for day, visit in booked_visits(course)}
    gone = []
    own = BOOKINGS.c.course_id == course.course_id
    for row in connection.execute(select(BOOKINGS).where(own)).all():
        kept = wanted.get(row.uid)
        if kept and row.clinic == clinic and kept[1].stays_at(visit_of_row(row)):
            del wanted[row.uid]  # the visit keeps its chair
            _write_parts(connection, visit_of_row(row), kept[1])
        else:
            gone.append(row.uid)
    remove_bookings(connection, gone)
    return wanted


def _write_parts(connection: Connection, stored: BookedVisit, visit: BookedVisit) -> None:
    """Write when the parts of a stored visit begin, and what it needs, if that is new."""
    if stored.usage != visit.usage:
        names = "treatment", "observation", "needs"
        new = {name: getattr(visit, name) for name in names}
        connection.execute(BOOKINGS.update().where(BOOKINGS.c.uid == visit.uid).values(new))


def seat_again(connection: Connection, number: int, clinic: Clinic, since: datetime) -> None:
    """Give each visit from `since` on that has a chair after the clinic's last one a free chair.

    Whoever had none may have one once others have moved. `number` is the clinic's.
    """
    if clinic.chairs is None:
        return
    beyond = select(BOOKINGS).where(
        BOOKINGS.c.clinic == number,
        BOOKINGS.c.begins >= int(since.timestamp()),
        BOOKINGS.c.chair >= clinic.chairs,
    )
    for row in connection.execute(beyond.order_by(BOOKINGS.c.begins, BOOKINGS.c.uid)).all():
        remove_bookings(connection, [row.uid])
        values = {"clinic": number, "course_id": row.course_id, "day": row.day}
        visit = visit_of_row(row)._replace(chair=None, place=None)
        allowed = Allowance([clinic], date.fromisoformat(row.day))
        try:
            seat_visit(connection, values, visit, allowed, ())
        except ChairTaken:
            waived = {(row.uid, name) for name in OCCUPANCY_NAMES}
            seat_visit(connection, values, visit, allowed, waived)


def _last_done(course: Course) -> str:
    """The last entry of the history, without names: a line of the log cannot be removed."""
    if not course.history:
        return "planned"
    last = course.history[-1]
    if last.change and last.change.verb == "undo":
        index = entry_to_undo(course.history[:-1])
        return "undone" if index is None else f"undone: {_without_names(course.history[index])}"
    return _without_names(last)


def _without_names(entry: Entry) -> str:
    if entry.change and entry.change.verb == "driver":
        return f"{entry.what.partition(':')[0]}: another driver"
    if entry.change and entry.change.verb == "rename":
        return "renamed"
    return entry.what


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


def first_and_last_day(course: Course) -> tuple[str, str]:
    """The local dates (ISO) of the first and last visit that take place here; "" if none does."""
    taking = [visit.start.date() for visit in course.visits if visit.is_here]
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
        "folded_patient": folded_reference(course.patient),
        "revision": course.revision,
        "first_day": first,
        "last_day": last,
        "document": document,
    }
    same = COURSES.c.course_id == course.course_id
    changed = connection.execute(COURSES.update().where(same).values(values))
    if not changed.rowcount:
        connection.execute(COURSES.insert().values(course_id=course.course_id, **values))


def booked_visits(course: Course) -> Iterator[tuple[str, BookedVisit]]:
    """The visits and companions to be booked, each with its local date. Raises `Conflict`."""
    numbers = {visit.uid: visit.number for visit in course.visits}
    here = ((visit.uid, slot_of(course, visit)) for visit in course.visits if visit.is_here)
    for uid, slot in (*here, *companion_slots(course)):
        if booked := booked_visit(uid, slot):
            if booked.ends - booked.begins > LONGEST_VISIT or slot.start.year not in YEARS:
                raise _impossible(slot, numbers.get(uid))
            yield slot.start.date().isoformat(), booked


def _impossible(slot: Slot, number: int | None) -> Conflict:
    what = f"visit {number}" if number else f"what is on {day_text(slot.start.date())}"
    said = f"{what} lasts longer than a day, or is not of this century or the last"
    return Conflict(said, next_step="the course.json that ketasched wrote")
