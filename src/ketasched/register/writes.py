"""What an entry writes: the course, its visits on chairs, the line of the log. All or nothing."""

import hashlib
from collections.abc import Collection, Iterator

from sqlalchemy import Connection, select

from ketasched.files.codec import as_line
from ketasched.model import TAKES_PLACE, Clinic, Course
from ketasched.model.wall_clock import effective_kind
from ketasched.register.chair_assignment import Seat, crowded, seated
from ketasched.register.records import Against, Line
from ketasched.register.tables import BOOKINGS, CLINICS, COURSES, LOG
from ketasched.rules import Capacity


class ChairTaken(Exception):
    """There is no chair, or none any more, for the visit with this uid; users never see it."""


def clinic_key(clinic: Clinic) -> str:
    """What tells a clinic from others, whatever its hours: its salt, or else its name and zone."""
    return hashlib.sha256(
        "\n".join((clinic.id_salt,) if clinic.id_salt else (clinic.name, clinic.timezone)).encode()
    ).hexdigest()


def clinic_id(connection: Connection, clinic: Clinic) -> int | None:
    """The number of a clinic; None if nothing of it has been entered yet."""
    asked = select(CLINICS.c.id).where(CLINICS.c.key == clinic_key(clinic))
    return connection.execute(asked).scalar_one_or_none()


def locked_clinic(connection: Connection, clinic: Clinic) -> int:
    """The clinic's number; nobody else enters anything of it until this transaction is done."""
    asked = select(CLINICS.c.id).where(CLINICS.c.key == clinic_key(clinic)).with_for_update()
    found: int | None = connection.execute(asked).scalar_one_or_none()
    if found is None:
        new = CLINICS.insert().values(key=clinic_key(clinic), name=clinic.name)
        found = connection.execute(new.returning(CLINICS.c.id)).scalar_one()
    return found


def write(
    connection: Connection,
    clinic: int,
    course: Course,
    line: Line,
    *,
    spared: Collection[str] = (),
) -> None:
    """The course, its visits on chairs, and the line of the log.

    Visits for which somebody overrode the rule about chairs, and those in `spared` (uids), are let
    in whoever sits there. Raises `ChairTaken`.
    """
    _keep(connection, clinic, course)
    wanted = {seat.uid: (day, seat) for day, seat in _seats(course)}
    gone = []
    own = BOOKINGS.c.course_id == course.course_id
    for row in connection.execute(select(BOOKINGS).where(own)).all():
        kept = wanted.get(row.uid)
        if kept and (row.clinic, row.begins, row.ends) == (clinic, kept[1].begins, kept[1].ends):
            del wanted[row.uid]  # it stays on its chair
        else:
            gone.append(row.uid)
    _refuse_uids_of_others(connection, course, wanted)
    _remove(connection, gone)
    let_in = overridden(course) | set(spared)
    for day in sorted({day for day, _ in wanted.values()}):
        new = [one for on, one in wanted.values() if on == day]
        _seat(connection, clinic, course, day, new, let_in)
    done = line._replace(what=line.what or _last_done(course))
    note(connection, course.course_id, course.revision, done)


def _last_done(course: Course) -> str:
    """What was done last, without names: nobody can remove a line of the log again."""
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
        raise Against(said, next_step="the course.json that ketasched wrote")


def withdraw(connection: Connection, course_id: str, line: Line) -> None:
    """Remove a course and give its chairs back; the log says so."""
    same = COURSES.c.course_id == course_id
    revision = connection.execute(select(COURSES.c.revision).where(same)).scalar_one_or_none()
    if revision is not None:
        connection.execute(BOOKINGS.delete().where(BOOKINGS.c.course_id == course_id))
        connection.execute(COURSES.delete().where(same))
        note(connection, course_id, revision, line)


def note(connection: Connection, course_id: str, revision: int, line: Line) -> None:
    """A line of the log."""
    connection.execute(
        LOG.insert().values(
            at=line.at.isoformat(),
            course_id=course_id,
            revision=revision,
            what=line.what,
            by_whom=line.by,
        )
    )


def overridden(course: Course) -> set[str]:
    """The uids of visits for which the rule about chairs was overridden."""
    return {
        course.visits[finding.visit - 1].uid
        for finding in course.findings
        if finding.rule == Capacity.name and finding.level == "broken" and finding.visit
    }


def days_of(course: Course) -> tuple[str, str]:
    """The dates of the first and the last visit that take place, as ISO; "" if none does."""
    taking = [visit.start.date() for visit in course.visits if visit.status in TAKES_PLACE]
    return (min(taking).isoformat(), max(taking).isoformat()) if taking else ("", "")


def _keep(connection: Connection, clinic: int, course: Course) -> None:
    first, last = days_of(course)
    values = {
        "clinic": clinic,
        "patient": course.patient,
        "revision": course.revision,
        "first_day": first,
        "last_day": last,
        "document": as_line(course),
    }
    same = COURSES.c.course_id == course.course_id
    changed = connection.execute(COURSES.update().where(same).values(values))
    if not changed.rowcount:
        connection.execute(COURSES.insert().values(course_id=course.course_id, **values))


def _seats(course: Course) -> Iterator[tuple[str, Seat]]:
    """The visits that need a chair, each with its day."""
    for visit in course.visits:
        kind = effective_kind(course.protocol, course.clinic, visit.kind)
        if visit.status in TAKES_PLACE and kind.place == "clinic":
            begins, ends = int(visit.start.timestamp()), int(visit.end.timestamp())
            yield visit.start.date().isoformat(), Seat(visit.uid, begins, ends)


def _seat(
    connection: Connection,
    clinic: int,
    course: Course,
    day: str,
    new: list[Seat],
    let_in: Collection[str],
) -> None:
    """Put these visits of the course on the chairs of a day. Raises `ChairTaken`."""
    chairs, starts = course.clinic.chairs, course.clinic.starts_per_slot
    on_day = BOOKINGS.c.clinic == clinic, BOOKINGS.c.day == day
    rows = connection.execute(select(BOOKINGS).where(*on_day)).all()
    there = {Seat(row.uid, row.begins, row.ends, row.chair, row.place) for row in rows}
    if one := crowded(new, there, chairs, starts, let_in):
        raise ChairTaken(one.uid)
    changed = {*seated(new, there, chairs, starts)} - there
    of = {row.uid: row.course_id for row in rows}
    _remove(connection, [one.uid for one in changed if one.uid in of])
    rows_of = [
        {**one._asdict(), "course_id": of.get(one.uid, course.course_id)} for one in changed
    ]
    connection.execute(BOOKINGS.insert().values(clinic=clinic, day=day), rows_of)


def _remove(connection: Connection, uids: list[str]) -> None:
    if uids:
        connection.execute(BOOKINGS.delete().where(BOOKINGS.c.uid.in_(uids)))
