"""Seating: a visit gets a chair beside the booked visits that it touches, at whatever instant."""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, Row, select

from ketasched.model.occupancy import Limits
from ketasched.register.chair_assignment import Seat, assign_beside, assign_chairs, first_excess
from ketasched.register.records import Conflict
from ketasched.register.tables import BOOKINGS, LONGEST_VISIT, MOST_CHAIRS


class ChairTaken(Exception):
    """A visit has no chair; users never see this error.

    `uid` is the visit's. It is empty if another writer was quicker, or if the database refuses the
    entry for this `reason`.
    """

    def __init__(self, uid: str = "", reason: str = "") -> None:
        super().__init__(uid, reason)
        self.uid, self.reason = uid, reason


def seat_visit(
    connection: Connection,
    values: dict[str, object],
    new: Seat,
    allowed: Limits,
    waived: Collection[str],
) -> None:
    """Book a visit on a chair; `values` are its clinic, course and local date.

    Visits in `waived` (uids) may exceed the limits. Raises `ChairTaken`, and `Conflict` if no
    register can hold so many visits at once.
    """
    rows = _touching(connection, values["clinic"], new.begins, new.ends)
    there = list(map(_seat, rows))
    if first_excess([new], there, allowed, waived):
        raise ChairTaken(new.uid)
    is_known = allowed.at_once is None or all(one.chair is not None for one in there)
    found = assign_beside([new], there, allowed, waived) if is_known else None
    if found is None:
        rows = _connected(connection, values["clinic"], rows)
        there = list(map(_seat, rows))
        found = assign_chairs([new], there, allowed, waived)
    if any((one.chair or 0) >= MOST_CHAIRS for one in found):
        said = f"there would be more than {MOST_CHAIRS:,} visits at once"
        raise Conflict(said, next_step="another time, or a register for each of the places")
    own = {row.uid: {"course_id": row.course_id, "day": row.day} for row in rows}
    changed = set(found).difference(there)
    remove_bookings(connection, [one.uid for one in changed if one.uid in own])
    booked = [{**values, **own.get(one.uid, {}), **one._asdict()} for one in changed]
    connection.execute(BOOKINGS.insert(), booked)


def remove_bookings(connection: Connection, uids: Collection[str]) -> None:
    """Remove the bookings of these visits."""
    if uids:
        connection.execute(BOOKINGS.delete().where(BOOKINGS.c.uid.in_(uids)))


def _seat(row: Row[tuple[object, ...]]) -> Seat:
    return Seat(row.uid, row.begins, row.ends, row.chair, row.place)


def _touching(
    connection: Connection, clinic: object, begins: int, ends: int
) -> list[Row[tuple[object, ...]]]:
    """The bookings of a clinic that overlap a time, in POSIX seconds."""
    asked = select(BOOKINGS).where(
        BOOKINGS.c.clinic == clinic,
        BOOKINGS.c.begins > begins - LONGEST_VISIT,
        BOOKINGS.c.begins < ends,
        BOOKINGS.c.ends > begins,
    )
    return list(connection.execute(asked))


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
