"""What a change wants of each visit: to stay, to be on a day, or to be wherever it fits."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from ketasched.model import Change, Clock, Review, Visit


@dataclass(frozen=True, slots=True)
class Wish:
    """A visit as a verb wants it. Neither `pinned` nor `free`, it keeps its start if it can.

    A `free` one has no start to keep; `on` and `time` are where it has to be; with `anchors` the
    pace counts from it; `lenient` are the rules that are not asked for it.
    """

    visit: Visit
    pinned: bool = False
    free: bool = False
    on: date | None = None
    time: Clock | None = None
    anchors: bool = False
    lenient: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Draft:
    """The visits in order of time, and the reviews, as a verb wants them.

    No visit that moves is before `not_before`, where that is later than the moment of the change.
    """

    wishes: tuple[Wish, ...]
    reviews: tuple[Review, ...]
    not_before: datetime | None = None


def spared(draft: Draft, change: Change) -> Draft:
    """The draft with the change's overrides.

    The visit that is given a day is spared all of them, or one without a day the rules about two
    visits; a visit after it that cannot move the same, and its phase the rule about the span.
    """
    if not change.overrides:
        return draft
    names = frozenset(change.overrides)
    wishes = draft.wishes
    given = [n for n, wish in enumerate(wishes) if wish.on]
    given = given or [n for n, wish in enumerate(wishes) if wish.free]
    given = given or [n for n, wish in enumerate(wishes) if not wish.pinned][:1]
    phases = {wishes[n].visit.phase for n in given}
    found = []
    for n, wish in enumerate(wishes):
        spare = names & {"span"} if wish.visit.phase in phases else frozenset()
        if n in given:
            spare = names if wish.on else names & {"gap", "span"}
        elif n - 1 in given and wish.pinned:
            spare |= names & {"gap"}
        found.append(replace(wish, lenient=spare))
    return replace(draft, wishes=tuple(found))
