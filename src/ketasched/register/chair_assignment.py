"""Which visit of a day sits on which chair: nobody changes chairs unless somebody had none."""

from collections.abc import Collection, Iterable
from itertools import count
from typing import NamedTuple


class Seat(NamedTuple):
    """A visit that needs a chair: its uid, and when it begins and ends, in POSIX seconds.

    `chair` and `place` (among those that begin together) count from 0; None where they are not
    counted, or not known yet.
    """

    uid: str
    begins: int
    ends: int
    chair: int | None = None
    place: int | None = None


def crowded(
    new: Iterable[Seat],
    there: Iterable[Seat],
    chairs: int | None,
    starts: int | None,
    spared: Collection[str] = (),
) -> Seat | None:
    """The first of the new visits for which there is no chair, or no place to begin.

    None of either number means that it is not counted. Those in `spared` (uids) are let in.
    """
    new = sorted(new, key=_when)
    everyone = [*there, *new]
    for seat in new:
        if seat.uid in spared:
            continue
        together = sum(one.begins == seat.begins for one in everyone)
        if starts is not None and together > starts:
            return seat
        if chairs is not None and _most_at_once(seat, everyone) > chairs:
            return seat
    return None


def seated(
    new: Iterable[Seat], there: Iterable[Seat], chairs: int | None, starts: int | None
) -> list[Seat]:
    """All visits of a day with their chairs and places.

    Those that are there keep what they have if the new ones fit beside them; else all are seated
    anew, first come first. Where `crowded` finds nobody no chair beyond the last is needed; a
    visit that was let in all the same gets a number after it.
    """
    there, new = sorted(there, key=_when), sorted(new, key=_when)
    found = _beside(there, new, chairs, starts)
    if chairs is None or all((one.chair or 0) < chairs for one in found):
        return found
    return _beside([], [one._replace(chair=None, place=None) for one in found], chairs, starts)


def _beside(
    there: list[Seat], new: list[Seat], chairs: int | None, starts: int | None
) -> list[Seat]:
    """The new ones, in order, each on the first chair that is free beside those before it."""
    has_chair = [one for one in there if chairs is None or one.chair is not None]
    found = [*has_chair]
    for seat in sorted([*new, *(one for one in there if one not in has_chair)], key=_when):
        chair = None if chairs is None else _free_chair(seat, found)
        place = None if starts is None else _free_place(seat, found)
        found.append(seat._replace(chair=chair, place=place))
    return found


def _most_at_once(seat: Seat, everyone: list[Seat]) -> int:
    """The most visits at any one moment of this one."""
    near = [one for one in everyone if one.begins < seat.ends and seat.begins < one.ends]
    moments = {max(one.begins, seat.begins) for one in near}
    return max(sum(one.begins <= moment < one.ends for one in near) for moment in moments)


def _when(seat: Seat) -> tuple[int, str]:
    return seat.begins, seat.uid


def _free_chair(seat: Seat, there: list[Seat]) -> int:
    taken = {one.chair for one in there if one.begins < seat.ends and seat.begins < one.ends}
    return next(number for number in count() if number not in taken)


def _free_place(seat: Seat, there: list[Seat]) -> int:
    taken = {one.place for one in there if one.begins == seat.begins}
    return next(number for number in count() if number not in taken)
