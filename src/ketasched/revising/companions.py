"""The companions of a course after a change: each beside its visit, moved only if it has to be.

A companion whose visit does not take place does not either. One that no longer fits is dated anew,
never into the past; without a day it is left out. A visit that is new, or whose companion was left
out, gets its companion with the next change for which there is a day for it. A fact, such as who
drives, moves and adds no companion of a visit whose own date stays.

Home days that are still free stay, others move. If visits of the phase beside which they are do
not take place, home days that would be before these are held, ceased or omitted as the visits are.
A fact moves a home day only off the day of a treatment, or back into the phase, and adds none.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count

from ketasched.model import TAKES_PLACE, Companion, Course, Driver, Slot, Status, Visit
from ketasched.model.companion_slots import companion_kind, companion_slot, kind_of
from ketasched.model.drivers import driver_of_added, driver_of_confirmed, driver_of_moved
from ketasched.model.identifiers import make_uid
from ketasched.model.no_driving import with_home_days
from ketasched.model.replay import known_companions
from ketasched.planning.companions import (
    COMPANION,
    CompanionDates,
    Wanted,
    new_companion,
    wanted_companions,
)
from ketasched.planning.home_days import HomeDays
from ketasched.rules.base import PlanningContext

FALLS_AWAY: Mapping[Status, Status] = {
    "missed": "omitted",
    "omitted": "omitted",
    "ceased": "ceased",
}
"""What becomes of a companion whose visit has one of these statuses."""

OPEN_STATUSES = ("planned", "tentative")


def with_companions(
    context: PlanningContext, before: Course, after: Course, now: datetime, *, stay: bool
) -> Course:
    """The course `after` a change, its companions beside its visits, which have their dates.

    Its reviews have theirs: they come first, as if there were no other companions. Then come home
    days, then the others. Its companions are the draft's, and `before` is the course before the
    change. If they `stay`, because the change is a fact, only the companions of visits whose own
    dates it changes get another time, or are added.
    """
    protocol = context.protocol
    if not protocol.companions and not protocol.home_phases:
        return after
    uids = _new_uids(before)
    reviews = [one for one in after.companions if one.is_review]
    home = tuple(_place_home_days(context, before, after, now, uids, stay=stay))
    visits, home = with_home_days(after.visits, home, protocol, context.clinic)
    timed = replace(after, visits=visits)
    placing = _Placing(context, before, timed, (*reviews, *home), now, stay=stay)
    others = [one for one in after.companions if companion_kind(protocol, one)]
    placed = {one.uid: one for one in (*reviews, *home, *placing.place(others, uids))}
    # The order is that of before, with what is new at the end: so replay finds it again.
    order = dict.fromkeys((*(one.uid for one in after.companions), *placed))
    return replace(timed, companions=tuple(placed[uid] for uid in order))


class _Placing:
    """Places the companions of one revision, reviews and home days aside."""

    def __init__(
        self,
        context: PlanningContext,
        before: Course,
        after: Course,
        beside: Sequence[Companion],
        now: datetime,
        *,
        stay: bool,
    ) -> None:
        self.context, self.after, self.now = context, after, now
        self.beside = beside
        self.visits = after.visits
        self.by_number = {visit.number: visit for visit in after.visits}
        self.before = {one.uid: one for one in before.companions}
        known = set(map(_dates, before.visits)) if stay else set()
        self.untouched = {visit.uid for visit in after.visits if _dates(visit) in known}

    def place(self, others: Sequence[Companion], uids: Iterator[str]) -> Iterator[Companion]:
        """These companions beside their visits, and then those that are new."""
        alone = CompanionDates(self.context, self.visits, self.beside, self.now)
        wanted = [*wanted_companions(self.context.protocol, self.visits)]
        placed = {one.uid: self._as_its_visit(one) for one in others}
        staying = [one for one in placed.values() if self._stays(one, wanted, alone)]
        dates = CompanionDates(self.context, self.visits, (*self.beside, *staying), self.now)
        new: list[Companion] = []
        is_over = any(visit.status == "ceased" for visit in self.visits)
        for one in wanted:
            old = next(filter(one.is_of, placed.values()), None)
            if old in staying or (old is None and (is_over or self._is_untouched(one))):
                continue
            slot = dates.best_slot(one)
            if slot:
                dates.take(slot)
            if old:
                placed[old.uid] = self._moved(old, one, slot)
            elif slot:
                new.append(self._new(one, slot))
        yield from placed.values()
        yield from (replace(one, uid=next(uids)) for one in new)

    def _is_untouched(self, wanted: Wanted) -> bool:
        """Whether the change, a fact, is not about the date of a companion's visit."""
        return wanted.visit.uid in self.untouched

    def _as_its_visit(self, companion: Companion) -> Companion:
        """The companion with the status that its visit gives it; as it was, if it is over."""
        before, visit = self.before[companion.uid], self.by_number[companion.after]
        if _is_over(before, self.now):
            return replace(before, after=companion.after)
        if companion.status not in OPEN_STATUSES:
            return companion
        if visit.status in FALLS_AWAY:
            return replace(companion, status=FALLS_AWAY[visit.status])
        if visit.status == "tentative":
            # Whom somebody named while it waits drives once it is planned.
            driver = None if before.status == "planned" else companion.driver
            return replace(companion, status="tentative", driver=driver)
        return replace(companion, status="planned", driver=self._driver(companion))

    def _driver(self, companion: Companion) -> Driver | None:
        """Who drives to a companion that takes place: whoever would to a visit so confirmed."""
        kind = kind_of(self.after, companion)
        if self.before[companion.uid].status != "tentative" or not kind.needs_driver:
            return companion.driver
        return companion.driver or driver_of_confirmed(self.after, companion, self.now)

    def _stays(
        self, companion: Companion, wanted: Sequence[Wanted], alone: CompanionDates
    ) -> bool:
        """Whether a companion keeps its time, or the time at which it was to be."""
        own = next((one for one in wanted if one.is_of(companion)), None)
        if _is_over(self.before[companion.uid], self.now) or (own and self._is_untouched(own)):
            return True
        if companion.status not in TAKES_PLACE:
            return companion.status != "omitted"
        return own is None or alone.allows(own, companion_slot(self.after, companion))

    def _moved(self, old: Companion, wanted: Wanted, slot: Slot | None) -> Companion:
        """A companion at its new time; without one it is left out."""
        if slot is None:
            return replace(old, status="omitted")
        new = new_companion(self.context, wanted, slot, old.uid)
        driver = driver_of_moved(self.context.request, old, slot.start.date())
        return replace(new, sequence=old.sequence, driver=driver if _has_ride(new, slot) else None)

    def _new(self, wanted: Wanted, slot: Slot) -> Companion:
        new = new_companion(self.context, wanted, slot, "")
        driver = driver_of_added(self.after, slot.start.date(), self.now)
        return replace(new, driver=driver or new.driver) if _has_ride(new, slot) else new


def _dates(visit: Visit) -> tuple[str, datetime, bool]:
    """What companions depend on: when a visit is, and whether it takes place."""
    return visit.uid, visit.start, visit.status in TAKES_PLACE


def _new_uids(course: Course) -> Iterator[str]:
    """The uids of new companions: ordinals are given in turn, and never again."""
    known = known_companions(course)
    uids = (make_uid(course.course_id, COMPANION, ordinal) for ordinal in count(1))
    return (uid for uid in uids if uid not in known)


def _has_ride(companion: Companion, slot: Slot) -> bool:
    return slot.kind.needs_driver and companion.status == "planned"


def _place_home_days(
    context: PlanningContext,
    before: Course,
    after: Course,
    now: datetime,
    uids: Iterator[str],
    *,
    stay: bool,
) -> Iterator[Companion]:
    """The home days of each phase that has any, then those that are new, with the next `uids`.

    The companions of the course `after` the change are the draft's; its visits have their dates.
    `stay` says that the change is a fact.
    """
    known = {one.uid: one for one in before.companions}
    taken = [
        companion_slot(after, one)
        for one in after.companions
        if one.is_review and one.status in TAKES_PLACE
    ]
    for phase in context.protocol.home_phases:
        own = [one for one in after.companions if one.name == phase.name]
        # A home day that is over keeps its status, whatever the draft says.
        over = {
            one.uid: replace(known[one.uid], after=one.after)
            for one in own
            if _is_over(known[one.uid], now)
        }
        ahead = [one for one in own if one.uid not in over]
        home = HomeDays(context, phase, after.visits, taken, now)
        placed = _HomeDayPlacing(home, after, stay=stay).place(ahead, list(over.values()), uids)
        taken += [companion_slot(after, one) for one in placed if one.status in TAKES_PLACE]
        yield from over.values()
        yield from placed


def _is_over(before: Companion, now: datetime) -> bool:
    return before.status in TAKES_PLACE and before.start < now


class _HomeDayPlacing:
    """Places the home days of one phase that are not over."""

    def __init__(self, home: HomeDays, after: Course, *, stay: bool) -> None:
        self.home, self.stay = home, stay
        beside = {visit.status for visit in after.visits if visit.phase == home.phase.beside}
        self.instead: Status = "omitted"
        if "held" in beside:
            self.instead = "held"
        elif "ceased" in beside:
            self.instead = "ceased"

    def place(
        self, own: Sequence[Companion], over: Sequence[Companion], uids: Iterator[str]
    ) -> list[Companion]:
        """These home days, and those that are new."""
        kept = {one.uid: slot for one in own if (slot := self._kept_slot(one))}
        days = [one.start.date() for one in over]
        days += [slot.start.date() for slot in kept.values()]
        moving = sum(one.status in OPEN_STATUSES and one.uid not in kept for one in own)
        chosen = self.home.choose(self.home.free_days(), days, self._missing(len(days), moving))
        slots = iter([*filter(None, map(self.home.slot, chosen))])
        placed = [self._placed(one, kept.get(one.uid), slots) for one in own]
        return placed + [self.home.companion(slot, next(uids)) for slot in slots]

    def _missing(self, there: int, moving: int) -> int:
        """How many home days get a day, beside those that are `there`."""
        if self.instead != "omitted":
            return 0
        missing = self.home.phase.count.default - there
        return min(missing, moving) if self.stay else missing

    def _kept_slot(self, one: Companion) -> Slot | None:
        """The slot of a home day that stays on its day; None if that is no longer free."""
        if one.status not in OPEN_STATUSES or one.start.date() not in self.home.days():
            return None
        if self.stay or self.home.is_free(one):
            return Slot(self.home.kind, one.start, one.end)
        return self.home.slot(one.start.date())

    def _placed(self, one: Companion, kept: Slot | None, slots: Iterator[Slot]) -> Companion:
        is_open = one.status in OPEN_STATUSES
        if one.status == "held" and self.instead == "ceased":
            return replace(one, status="ceased", held_from=None)
        if not is_open and (self.stay or one.status != "omitted"):
            return one
        slot = kept or next(slots, None)
        if slot:
            new = replace(self.home.companion(slot, one.uid), sequence=one.sequence)
            # Who stays at the same time takes as long as before, whatever the clinic says now.
            return replace(new, minutes=one.minutes) if new.start == one.start else new
        if not is_open:
            return one
        held_from = one.status if self.instead == "held" else None
        return replace(one, status=self.instead, held_from=held_from)
