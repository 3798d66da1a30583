"""Seating: a visit gets a chair beside the booked visits that it touches, at whatever instant.

It is refused if one of the clinic's units, such as a chair or a nurse, is not free for it.
"""

from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy import Connection, Row, and_, false, or_, select

from ketasched.model.holds import CHAIR
from ketasched.register.booked_visit import (
    Allowance,
    BookedVisit,
    Limits,
    first_excess,
    visit_of_row,
)
from ketasched.register.chair_assignment import assign_beside, assign_chairs
from ketasched.register.records import Conflict, Waiver
from ketasched.register.tables import BOOKINGS, LONGEST_VISIT, MOST_CHAIRS
from ketasched.rules import Capacity


class ChairTaken(Exception):
    """A visit has no chair, or none of another unit; users never see this error.

    `uid` is the visit's. It is empty if another writer was quicker, or if the database refuses the
    entry for this `reason`.
    """

    def __init__(self, uid: str = "", unit: str = CHAIR, reason: str = "") -> None:
        super().__init__(uid, unit, reason)
        self.uid, self.unit, self.reason = uid, unit, reason


class NewBooking(NamedTuple):
    """A visit to be booked; `values` are its clinic, course and local date (ISO)."""

    values: dict[str, object]
    visit: BookedVisit
    allowed: Allowance


def seat_course(
    connection: Connection, wanted: Sequence[NewBooking], waived: Collection[Waiver]
) -> None:
    """Book the visits of one course, as `seat_visit` does one.

    Mostly each visit has a chair where nobody has to change chairs: then two statements are
    enough for all of them.
    """
    found = _seated_beside(connection, wanted, waived) if _follow_each_other(wanted) else None
    if found is None:
        for values, visit, allowed in wanted:
            seat_visit(connection, values, visit, allowed, waived)
    elif found:
        connection.execute(BOOKINGS.insert(), found)


def _follow_each_other(wanted: Iterable[NewBooking]) -> bool:
    """Whether no two of these visits overlap."""
    in_order = sorted((visit.begins, visit.ends) for _, visit, _ in wanted)
    return all(ends <= begins for (_, ends), (begins, _) in pairwise(in_order))


def _seated_beside(
    connection: Connection, wanted: Sequence[NewBooking], waived: Collection[Waiver]
) -> list[dict[str, object]] | None:
    """The rows of these visits beside those that are booked, which stay as they are.

    None if a visit exceeds a limit, or has no chair unless others change theirs.
    """
    let_in = {uid for uid, rule in waived if rule == Capacity.name}
    clinic = wanted[0].values["clinic"] if wanted else None
    rows = _touching(connection, clinic, [(one.visit.begins, one.visit.ends) for one in wanted])
    found: list[dict[str, object]] = []
    for values, visit, allowed in wanted:
        beside = [row for row in rows if row.begins < visit.ends and visit.begins < row.ends]
        others = [visit_of_row(row) for row in beside if row.course_id != values["course_id"]]
        if first_excess([visit], others, allowed, waived):
            return None
        seated = visit
        if visit.takes_chair:
            there, limits = _seats(beside), allowed.chairs
            is_known = limits.at_once is None or all(one.chair is not None for one in there)
            assigned = assign_beside([visit], there, limits, let_in) if is_known else None
            changed = set(assigned or ()).difference(there)
            if {one.uid for one in changed} != {visit.uid}:
                return None
            (seated,) = changed
            if (seated.chair or 0) >= MOST_CHAIRS:
                return None
        found.append({**values, **seated._asdict()})
    return found


def seat_visit(
    connection: Connection,
    values: dict[str, object],
    new: BookedVisit,
    allowed: Allowance,
    waived: Collection[Waiver],
) -> None:
    """Book a visit, on a chair if it takes one; `values` are its clinic, course and local date.

    Visits that are `waived` may exceed the limits. Raises `ChairTaken`, and `Conflict` if no
    register can hold so many visits at once.
    """
    rows = _touching(connection, values["clinic"], [(new.begins, new.ends)])
    # A fact may overlap another visit of its course: the patient is at one place at a time.
    others = [visit_of_row(row) for row in rows if row.course_id != values["course_id"]]
    if excess := first_excess([new], others, allowed, waived):
        raise ChairTaken(*excess)
    if new.takes_chair:
        _take_chair(connection, values, new, rows, allowed.chairs, waived)
    else:
        connection.execute(BOOKINGS.insert(), {**values, **new._asdict()})


def _take_chair(
    connection: Connection,
    values: dict[str, object],
    new: BookedVisit,
    rows: list[Row[tuple[object, ...]]],
    allowed: Limits,
    waived: Collection[Waiver],
) -> None:
    """Book a visit on a chair beside the rows that it touches, some of which may change chairs."""
    let_in = {uid for uid, rule in waived if rule == Capacity.name}
    there = _seats(rows)
    is_known = allowed.at_once is None or all(one.chair is not None for one in there)
    found = assign_beside([new], there, allowed, let_in) if is_known else None
    if found is None:
        rows = _connected(connection, values["clinic"], rows)
        there = _seats(rows)
        found = assign_chairs([new], there, allowed, let_in)
    if any((one.chair or 0) >= MOST_CHAIRS for one in found):
        said = f"there would be more than {MOST_CHAIRS:,} visits at once"
        raise Conflict(said, next_step="another time, or a register for each of the places")
    owners = {row.uid: {"course_id": row.course_id, "day": row.day} for row in rows}
    changed = set(found).difference(there)
    remove_bookings(connection, [one.uid for one in changed if one.uid != new.uid])
    booked = [{**values, **owners.get(one.uid, {}), **one._asdict()} for one in changed]
    connection.execute(BOOKINGS.insert(), booked)


def remove_bookings(connection: Connection, uids: Collection[str]) -> None:
    """Remove the bookings of these visits."""
    if uids:
        connection.execute(BOOKINGS.delete().where(BOOKINGS.c.uid.in_(uids)))


def _seats(rows: Iterable[Row[tuple[object, ...]]]) -> list[BookedVisit]:
    return [visit_of_row(row) for row in rows if row.takes_chair]


def _touching(
    connection: Connection, clinic: object, times: Iterable[tuple[int, int]]
) -> list[Row[tuple[object, ...]]]:
    """The bookings of a clinic that overlap one of these times, in POSIX seconds."""
    overlaps = (
        and_(
            BOOKINGS.c.clinic == clinic,
            BOOKINGS.c.begins > begins - LONGEST_VISIT,
            BOOKINGS.c.begins < ends,
            BOOKINGS.c.ends > begins,
        )
        for begins, ends in times
    )
    return list(connection.execute(select(BOOKINGS).where(or_(false(), *overlaps))))


def _connected(
    connection: Connection, clinic: object, rows: Iterable[Row[tuple[object, ...]]]
) -> list[Row[tuple[object, ...]]]:
    """These bookings, and all that overlap one of them, and so on."""
    found = list(rows)
    while True:
        begins, ends = min(row.begins for row in found), max(row.ends for row in found)
        more = _touching(connection, clinic, [(begins, ends)])
        if len(more) == len(found):
            return found
        found = more
