"""Seating: a visit gets a chair beside the booked visits that it touches, at whatever instant.

It is refused if one of the clinic's units, such as a chair or a nurse, is not free for it.
"""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, Row, select

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
    rows = _touching(connection, values["clinic"], new.begins, new.ends)
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
    connection: Connection, clinic: object, begins: int, ends: int
) -> list[Row[tuple[object, ...]]]:
    """The bookings of a clinic that overlap this time, in POSIX seconds."""
    overlapping = select(BOOKINGS).where(
        BOOKINGS.c.clinic == clinic,
        BOOKINGS.c.begins > begins - LONGEST_VISIT,
        BOOKINGS.c.begins < ends,
        BOOKINGS.c.ends > begins,
    )
    return list(connection.execute(overlapping))


def _connected(
    connection: Connection, clinic: object, rows: Iterable[Row[tuple[object, ...]]]
) -> list[Row[tuple[object, ...]]]:
    """These bookings, and all that overlap one of them, and so on."""
    found = list(rows)
    while True:
        begins, ends = min(row.begins for row in found), max(row.ends for row in found)
        more = _touching(connection, clinic, begins, ends)
        if len(more) == len(found):
            return found
        found = more
