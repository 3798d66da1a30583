"""Conflicts: what the register forbids, before a course is planned and when it is entered."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import Connection, select

from ketasched.errors import BadFile, NoPlan, command_line
from ketasched.model import Course, Visit
from ketasched.model.holds import CHAIR, START
from ketasched.model.identifiers import folded_reference
from ketasched.model.replay import renames
from ketasched.model.unit_limits import chairs_out_of_order_text, resources_away_text
from ketasched.model.wall_clock import day_text, moment_text
from ketasched.planning.check import check
from ketasched.register.booked_occupancy import DAY, BookedOccupancy
from ketasched.register.clinics import clinic_id, refuse_another_clinic, refuse_stranger
from ketasched.register.queries import (
    IMPORT,
    entry_of,
    fingerprint,
    is_stored,
    occupancy_of,
    read_document,
    stored_course,
)
from ketasched.register.records import (
    BookingRequest,
    BookState,
    Conflict,
    CourseEntry,
    Stale,
    changed_since,
)
from ketasched.register.seating import ChairTaken
from ketasched.register.tables import COURSES
from ketasched.register.writes import first_and_last_day

MEND_IMPORT = "revise it, then import it; or move the others"
"""What helps where an imported course has no chair."""

NEVER = "9999"
"""A string that sorts after every ISO date."""


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


def plan_beside_booked(connection: Connection, booking: BookingRequest) -> Course:
    """Plan the course of a booking beside the current occupancy. Raises `Conflict`, `NoPlan`."""
    refuse_conflicts(connection, booking)
    return booking.make(occupancy_of(connection, booking.clinic, booking.without))


def refuse_known(connection: Connection, booking: BookingRequest, course: Course) -> None:
    """Raise `Conflict` if a new course is in the register already, or is called like another."""
    is_new = booking.before is None and course.course_id not in booking.instead_of
    if is_new and entry_of(connection, course.course_id):
        said = "this course is in the register already"
        raise Conflict(said, next_step=command_line("register", "show", course.patient))
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
    """Raise `Stale` if `before` is not the stored revision."""
    found = entry_of(connection, before.course_id)
    if found is None:
        said = "this course is not in the register"
        raise Stale(said, next_step=f"enter its course.json: {IMPORT}")
    if found.revision != before.revision or not is_stored(connection, before):
        raise other_revision(found, before.revision)


def refuse_changed(connection: Connection, state: BookState) -> None:
    """Raise `Stale` if the clinic, or what is booked there, is not as it was at the `state`."""
    if fingerprint(connection, state.clinic, state.since) != state.fingerprint:
        raise changed_since()


def other_revision(found: CourseEntry, revision: int) -> Stale:
    """The conflict between a stored revision and that of a file."""
    if found.revision < revision:
        said = f"the register has only revision {found.revision} of this course, not {revision}"
        return Stale(said, next_step=f"enter its course.json: {IMPORT}")
    said = f"the register has another revision of this course: {found.revision}, not {revision}"
    if found.revision == revision:
        said = f"the register has another revision {revision} of this course"
    files = command_line("register", "show", found.patient, "-o", "DIR")
    return Stale(said, next_step=f"write the files of that one: {files}")


def refuse_overlapping_course(
    connection: Connection,
    clinic: int | None,
    patient: str,
    first: str,
    last: str,
    but: Collection[str] = (),
    *,
    is_new: bool = True,
) -> None:
    """Raise `Conflict` if the patient has another course between these dates (ISO, inclusive).

    The next step of a course that `is_new` is to keep to the other one.
    """
    columns = COURSES.c.course_id, COURSES.c.patient, COURSES.c.first_day, COURSES.c.last_day
    asked = select(*columns).where(
        COURSES.c.clinic == clinic,
        COURSES.c.folded_patient == folded_reference(patient),
        COURSES.c.course_id.not_in(but),
        COURSES.c.last_day >= first,
        COURSES.c.first_day <= last,
    )
    found = connection.execute(asked).first()
    if found is not None:
        course_id, known, *ends = found
        days = " to ".join(day_text(date.fromisoformat(one)) for one in ends)
        who = patient if known == patient else f"{patient}, written {known},"
        said = f"{who} has a course in the register, {days}"
        files = command_line("register", "show", known, "-o", "DIR")
        step = f"revise changes it, or ends it (cease); its files: {files}"
        if not is_new:
            cease = command_line("revise", course_id, "cease", "--reason", "WHY")
            step = f"end that one first, then the same again: {cease}"
        raise Conflict(said, next_step=step)


def refuse_new_overlap(connection: Connection, clinic: int, course: Course) -> None:
    """Raise `Conflict` if a course overlaps another one of its patient.

    A stored course that overlaps already, as one of an older version can, may be changed. A
    course may begin on the last day of the one that it follows.
    """
    but = {course.course_id, course.follows}
    found = entry_of(connection, course.course_id)
    if found and found.patient != course.patient:
        refuse_taken_reference(connection, clinic, course, but)
    if found and found.first_day and found.patient == course.patient:
        days = found.first_day, found.last_day
        try:
            refuse_overlapping_course(connection, clinic, found.patient, *days, but)
        except Conflict:
            return
    first, last = first_and_last_day(course)
    if first:
        ends = first, last
        refuse_overlapping_course(connection, clinic, course.patient, *ends, but, is_new=not found)


def refuse_taken_reference(
    connection: Connection, clinic: int | None, course: Course, but: Collection[str]
) -> None:
    """Raise `Conflict` if the reference of a renamed course is another patient's.

    A reference in another case or Unicode form is the same. The courses `but` (identifiers) are
    the same patient's, and so is a course that was renamed together with this one.
    """
    refuse_mistakable(connection, course)
    asked = select(COURSES.c.course_id, COURSES.c.patient, COURSES.c.document).where(
        COURSES.c.clinic == clinic,
        COURSES.c.folded_patient == folded_reference(course.patient),
        COURSES.c.course_id.not_in(but),
    )
    own = renames(course)
    for course_id, known, document in connection.execute(asked):
        if own.isdisjoint(renames(read_document(course_id, document))):
            said = f"{known} is another patient's reference in the register"
            step = f"another one; who that is: {command_line('register', 'list', known)}"
            raise Conflict(said, next_step=step)


def nothing_left(course: Course, taken: ChairTaken, step: str = MEND_IMPORT) -> Conflict:
    """The conflict of a course, imported or moved, one of whose visits lacks a unit."""
    item = next((one for one in course.items if one.uid == taken.uid), course.visits[0])
    when, day = moment_text(item.start), item.start.date()
    if taken.unit in (CHAIR, START):
        said, out = "all chairs are taken", chairs_out_of_order_text(course.clinic, day)
    else:
        said, out = f"no {taken.unit} is free", resources_away_text(course.clinic, taken.unit, day)
    why = "; ".join(filter(None, (said, out)))
    what = f"visit {item.number}" if isinstance(item, Visit) else f"what is beside {item.after}"
    said = f"{what} of {course.patient}, {when}: {why}"
    return Conflict(said, next_step=step)


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
        return nothing_left(made[0], taken)
    if taken.reason:
        said = f"the database refuses the entry, whatever is planned: {taken.reason}"
        return Conflict(said, next_step="see who holds the chair: ketasched day DATE")
    return Conflict("others are booking all the time", next_step="try again")


def taken_meanwhile(error: NoPlan) -> Conflict:
    """The conflict of a planned course whose chairs were taken meanwhile, with the remedies."""
    step = error.next_step or "see what is left: ketasched suggest COURSE N"
    return Conflict(f"taken meanwhile: {error.what}", details=error.details, next_step=step)


def is_overtaken(connection: Connection, booking: BookingRequest, course: Course) -> bool:
    """Whether the course breaks a rule because of visits that others have booked by now.

    What was decided for the course, and visits that the change did not move, make no difference.
    """
    known = clinic_id(connection, booking.clinic)
    bookings = BookedOccupancy(connection, booking.clinic, known, booking.without, block=DAY)
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
