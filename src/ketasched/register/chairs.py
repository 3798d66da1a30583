"""Which visit of a day sits on which chair: nobody changes chairs unless somebody had none."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Seat(NamedTuple):
    """A visit that needs a chair: its uid, and when it begins and ends, in POSIX seconds.

    `chair` and `place` (among those that begin together) count from 0; None where they have none
    yet.
    """

    uid: str
    begins: int
    ends: int
    chair: int | None = None
    place: int | None = None


def seated(
    new: Iterable[Seat], there: Iterable[Seat], chairs: int | None, starts: int | None
) -> list[Seat] | None:
    """All seats of a day with their chairs and places; None if there is no room for all.

    `there` keep what they have, if the new ones fit beside them; else all are seated anew, which
    finds room wherever there are no more visits at once than chairs. None of either number means
    that it is not counted.
    """
    there, new = sorted(there, key=_when), sorted(new, key=_when)
    found = [*there]
    for seat in new:
        chair = _free_chair(seat, found, chairs)
        if chair is None and chairs is not None:
            return _all_anew([*there, *new], chairs, starts)
        place = _free_place(seat, found, starts)
        if place is None and starts is not None:
            return None
        found.append(seat._replace(chair=chair, place=place))
    return found


def _all_anew(seats: list[Seat], chairs: int, starts: int | None) -> list[Seat] | None:
    """In order of their beginnings, each on the first chair that is free."""
    found: list[Seat] = []
    for seat in sorted(seats, key=_when):
        chair, place = _free_chair(seat, found, chairs), _free_place(seat, found, starts)
        if chair is None or (place is None and starts is not None):
            return None
        found.append(seat._replace(chair=chair, place=place))
    return found


def _when(seat: Seat) -> tuple[int, str]:
    return seat.begins, seat.uid


def _free_chair(seat: Seat, there: list[Seat], chairs: int | None) -> int | None:
    taken = {one.chair for one in there if one.begins < seat.ends and seat.begins < one.ends}
    return _first_free(taken, chairs)


def _free_place(seat: Seat, there: list[Seat], starts: int | None) -> int | None:
    return _first_free({one.place for one in there if one.begins == seat.begins}, starts)


def _first_free(taken: set[int | None], count: int | None) -> int | None:
    return next(_free(taken, count), None)


def _free(taken: set[int | None], count: int | None) -> Iterator[int]:
    yield from (number for number in range(count or 0) if number not in taken)
