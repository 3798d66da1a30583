"""What a change wants of each visit, and the domain of the visit: where the change may put it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from ketasched.model import TAKES_PLACE, Change, Clock, Companion, Course, Phase, Slot, Visit
from ketasched.planning.spacing_cost import PhasePlan
from ketasched.revising.validation import is_over
from ketasched.rules import MOVE_RULES, Gap, Span


@dataclass(frozen=True, slots=True)
class VisitIntent:
    """A visit as a verb wants it.

    A `pinned` visit keeps its start, a `free` one has no start to keep; any other keeps its start
    if it can, or with `keeps_day` its day, at the best time of it. The visit has to be `on` a day
    and at a `time` (local), if given. If it `moves_freely`, the rules about moving a visit are not
    applied to it. With `is_anchor` the pace counts from this visit. `waived` names the rules that
    are not applied to the visit; if it `may_wait`, the gap before it may be longer than the rule
    allows.
    """

    visit: Visit
    pinned: bool = False
    free: bool = False
    keeps_day: bool = False
    on: date | None = None
    time: Clock | None = None
    moves_freely: bool = False
    is_anchor: bool = False
    waived: frozenset[str] = frozenset()
    may_wait: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """The visits in order of time, and the reviews, as a verb wants them.

    No visit moves to before `not_before`, nor to before the moment of the change.
    """

    intents: tuple[VisitIntent, ...]
    companions: tuple[Companion, ...]
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class WaivedViolation:
    """The rules that a visit breaks already, because they were overridden earlier.

    The visit may stay as it is, but break nothing worse. `rules` are about the visit's own slot,
    or about the step to it from the visit that starts at `previous_start`. `phase_end` is the last
    day of the visit's phase, if the phase is longer than its rule allows.
    """

    rules: frozenset[str] = frozenset()
    previous_start: datetime | None = None
    phase_end: date | None = None


@dataclass(frozen=True, slots=True, eq=False)
class VisitDomain:
    """Where a visit may be, by its intent; `index` is its position (from 0) in the phase.

    `current` is the slot that the visit keeps if it can, if there is one. `offset` is the ideal
    number of days from the anchor of the phase (None if the pace is so many visits a week); with
    `is_anchor` the visit is the anchor itself. `violation` is what the visit breaks already.
    """

    intent: VisitIntent
    phase_plan: PhasePlan
    index: int
    current: Slot | None
    offset: int | None
    is_anchor: bool
    violation: WaivedViolation

    @property
    def phase(self) -> Phase:
        """The phase that the visit belongs to."""
        return self.phase_plan.phase

    @property
    def only_day(self) -> date | None:
        """The only day on which the visit may be, if there is one."""
        pinned = self.current if self.intent.pinned else None
        return pinned.start.date() if pinned else self.intent.on


@dataclass(frozen=True, slots=True)
class FixedPrefix:
    """The fixed visits at the beginning of a course, as far as the others depend on them.

    `last` is the slot of the last one that takes place. `first_days` and `anchors` have, by phase,
    the day of the first visit and the day that the pace counts from (`date.toordinal`).
    `elsewhere` is the phase whose first visits took place elsewhere, if one is.
    """

    last: Slot | None = None
    first_days: dict[str, int] = field(default_factory=dict)
    anchors: dict[str, int] = field(default_factory=dict)
    elsewhere: str = ""


def pinned_draft(course: Course, changed: Iterable[Visit | Companion] = ()) -> Draft:
    """The draft in which every visit keeps its start, with the `changed` items."""
    visits = {one.uid: one for one in course.visits}
    companions = {one.uid: one for one in course.companions}
    for one in changed:
        if isinstance(one, Visit):
            visits[one.uid] = one
        else:
            companions[one.uid] = one
    in_order = sorted(visits.values(), key=lambda visit: visit.start.timestamp())
    intents = (VisitIntent(visit, pinned=True) for visit in in_order)
    return Draft(tuple(intents), tuple(companions.values()))


def unchanged_intents(course: Course, now: datetime) -> Iterator[VisitIntent]:
    """An intent for every visit as it is; visits that are over, or held, are pinned."""
    for visit in course.visits:
        yield VisitIntent(visit, pinned=is_over(visit, now) or visit.status == "held")


def is_pencilled(course: Course, visit: Visit) -> bool:
    """Whether a visit is only pencilled in, after the last decided phase."""
    tentative = {phase.name for phase in course.protocol.phases if phase.tentative}
    return visit.phase in tentative and visit.status == "tentative"


def left_out(visit: Visit) -> VisitIntent:
    """The intent of a visit that is left out."""
    return VisitIntent(replace(visit, status="omitted"), pinned=True)


def drafts_without_pencilled(course: Course, draft: Draft) -> Iterator[Draft]:
    """The draft without its last pencilled visit, then without its last two, and so on."""
    intents = list(draft.intents)
    for index in reversed(range(len(intents))):
        intent = intents[index]
        moves = not (intent.pinned or intent.free or intent.on)
        if moves and is_pencilled(course, intent.visit):
            intents[index] = left_out(intent.visit)
            yield replace(draft, intents=tuple(intents))


def waive_rules(draft: Draft, change: Change, *, throughout: bool = False) -> Draft:
    """The draft with the rules waived that the change overrides.

    - The visit that gets a day: all of them.
    - A pinned visit that follows it, or follows an omitted one: the gap rule.
    - Visits whose day we choose: the gap may be longer, never shorter, than the rule allows. These
      are new visits and the one after the change; with `throughout` all visits after the change.
    - The phases of these visits: the span rule.
    - All visits: the rules about moving a visit.

    New wishes name no visit: for them, the day of every visit to come may be ours to choose. A
    rescheduling gives each visit that moves a day.
    """
    if not change.overrides:
        return draft
    names = frozenset(change.overrides)
    about_moves = names.intersection(rule.name for rule in MOVE_RULES)
    intents, may_wait = draft.intents, Gap.name in names
    if change.verb == "wishes":
        wished = (
            one if one.pinned else replace(one, waived=names - {Gap.name}, may_wait=may_wait)
            for one in intents
        )
        return replace(draft, intents=tuple(wished))
    if change.verb == "reschedule":
        return replace(draft, intents=tuple(_around_moves(intents, names)))
    # The first visit that the change adds, omits or gives a day.
    changed = (n for n, intent in enumerate(intents) if intent.on or intent.free)
    first = next(changed, (change.visit or 1) - 1)
    later = range(first + 1, len(intents))
    following = next((n for n in later if intents[n].visit.status in TAKES_PLACE), first)
    free = set() if intents[first].on else {n for n, intent in enumerate(intents) if intent.free}
    concerned = {*free, first, following}
    phases = {intents[n].visit.phase for n in concerned}
    found = []
    for n, intent in enumerate(intents):
        waived = about_moves | (names & {Span.name} if intent.visit.phase in phases else set())
        if intent.on:
            waived = names
        elif n == following and intent.pinned:
            waived |= names & {Gap.name}
        waits = n in concerned and (n != following or not intents[first].on)
        waits = not intent.on and (waits or (throughout and n > first))
        found.append(replace(intent, waived=waived, may_wait=may_wait and waits))
    return replace(draft, intents=tuple(found))


def _around_moves(intents: Sequence[VisitIntent], names: frozenset[str]) -> Iterator[VisitIntent]:
    """The intents with the rules waived for each visit that gets a day, and for the next one."""
    phases = {intent.visit.phase for intent in intents if intent.on}
    follows = False
    for intent in intents:
        about_phase = names & {Span.name} if intent.visit.phase in phases else frozenset()
        yield replace(intent, waived=names if intent.on or follows else about_phase)
        if intent.visit.status in TAKES_PLACE:
            follows = intent.on is not None
