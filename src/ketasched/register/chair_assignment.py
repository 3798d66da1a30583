"""The assignment of visits to chairs: nobody changes chairs unless it is necessary."""

from collections.abc import Collection, Iterable
from itertools import count

from ketasched.register.booked_visit import BookedVisit, Limits


def assign_chairs(
    new: Iterable[BookedVisit],
    there: Iterable[BookedVisit],
    allowed: Limits,
    waived: Collection[str] = (),
) -> list[BookedVisit]:
    """All visits with their chairs and places; `there` has every visit that touches another one.

    Visits that are there keep their chairs if the new visits fit beside them; otherwise all chairs
    are assigned anew in order of the starts, those over the limit last. If no limit is exceeded,
    the clinic's chairs are enough; a visit that is over the limit, such as one in `waived` (uids),
    gets a number after the last chair.
    """
    new, there = list(new), list(there)
    found = assign_beside(new, there, allowed, waived)
    if found is not None or allowed.at_once is None:
        return found or []
    over = {one.uid for one in there if (one.chair or 0) >= allowed.at_once} | set(waived)
    cleared = [one._replace(chair=None, place=None) for one in (*there, *new)]
    within = _assign_beside([], [one for one in cleared if one.uid not in over], allowed)
    return _assign_beside(within, [one for one in cleared if one.uid in over], allowed)


def assign_beside(
    new: Iterable[BookedVisit],
    there: Iterable[BookedVisit],
    allowed: Limits,
    waived: Collection[str] = (),
) -> list[BookedVisit] | None:
    """All visits with chairs and places, where nobody changes chairs; None if that cannot be."""
    new, there = list(new), list(there)
    found = _assign_beside(there, new, allowed)
    if allowed.at_once is None:
        return found
    lacking = {one.uid for one in (*there, *new) if one.chair is None} - set(waived)
    has_room = all((one.chair or 0) < allowed.at_once for one in found if one.uid in lacking)
    return found if has_room else None


def _assign_beside(
    there: list[BookedVisit], new: list[BookedVisit], allowed: Limits
) -> list[BookedVisit]:
    """Assign each new visit, in order of the starts, the first free chair and place."""
    has_chair = [one for one in there if allowed.at_once is None or one.chair is not None]
    found = [*has_chair]
    for seat in sorted([*new, *(one for one in there if one not in has_chair)], key=_order):
        chair = None if allowed.at_once is None else _free_chair(seat, found)
        place = None if allowed.beginning is None else _free_place(seat, found)
        found.append(seat._replace(chair=chair, place=place))
    return found


def _order(seat: BookedVisit) -> tuple[int, str]:
    return seat.begins, seat.uid


def _free_chair(seat: BookedVisit, there: list[BookedVisit]) -> int:
    taken = {one.chair for one in there if one.begins < seat.ends and seat.begins < one.ends}
    return next(number for number in count() if number not in taken)


def _free_place(seat: BookedVisit, there: list[BookedVisit]) -> int:
    taken = {one.place for one in there if one.begins == seat.begins}
    return next(number for number in count() if number not in taken)
