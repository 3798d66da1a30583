"""What a change wants of each visit: to stay, to be on a day, or to be wherever it fits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from ketasched.model import TAKES_PLACE, Change, Clock, Course, Review, Visit
from ketasched.revising.validation import is_over
from ketasched.rules import Gap, Span


@dataclass(frozen=True, slots=True)
class Wish:
    """A visit as a verb wants it. Neither `pinned` nor `free`, it keeps its start if it can.

    A `free` one has no start to keep; `on` and `time` are where it has to be; with `anchors` the
    pace counts from it; `lenient` are the rules that are not asked for it; one that `may_wait` may
    come later after the one before than the rule about the gap allows.
    """

    visit: Visit
    pinned: bool = False
    free: bool = False
    on: date | None = None
    time: Clock | None = None
    anchors: bool = False
    lenient: frozenset[str] = frozenset()
    may_wait: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """The visits in order of time, and the reviews, as a verb wants them.

    No visit that moves is before `not_before`, where that is later than the moment of the change.
    """

    wishes: tuple[Wish, ...]
    reviews: tuple[Review, ...]
    not_before: datetime | None = None


def stay(course: Course, now: datetime) -> Iterator[Wish]:
    """Every visit as it is; those that are over, or held, are pinned."""
    for visit in course.visits:
        yield Wish(visit, pinned=is_over(visit, now) or visit.status == "held")


def spared(draft: Draft, change: Change, *, throughout: bool = False) -> Draft:
    """The draft with the change's overrides.

    The visit that is given a day is spared all of them, and one that cannot move and follows it,
    or follows one that is left out, the rule about the gap. Where we choose the day, a gap is only
    ever longer, never shorter than the rule allows: for a new visit and the one that follows what
    changes; with `throughout` for all from there on. Their phases are spared the rule about the
    span.
    """
    if not change.overrides:
        return draft
    names = frozenset(change.overrides)
    wishes = draft.wishes
    begin = _first_concerned(wishes, change)
    following = next(
        (n for n in range(begin + 1, len(wishes)) if wishes[n].visit.status in TAKES_PLACE), begin
    )
    free = set() if wishes[begin].on else {n for n, wish in enumerate(wishes) if wish.free}
    concerned = {*free, begin, following}
    phases = {wishes[n].visit.phase for n in concerned}
    found = []
    for n, wish in enumerate(wishes):
        spare = names & {Span.name} if wish.visit.phase in phases else frozenset()
        if wish.on:
            spare = names
        elif n == following and wish.pinned:
            spare |= names & {Gap.name}
        waits = n in concerned and (n != following or not wishes[begin].on)
        may_wait = Gap.name in names and not wish.on and (waits or (throughout and n > begin))
        found.append(replace(wish, lenient=spare, may_wait=may_wait))
    return replace(draft, wishes=tuple(found))


def _first_concerned(wishes: Sequence[Wish], change: Change) -> int:
    """The place of the first visit that a change gives a day, adds or takes out."""
    concerned = (n for n, wish in enumerate(wishes) if wish.on or wish.free)
    return next(concerned, (change.visit or 1) - 1)
