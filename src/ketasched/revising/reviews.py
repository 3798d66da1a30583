"""The reviews of a course after a change: each is after its visit and before the next one.

Where visits fall away two reviews can come to follow the same visit; then one of them is left.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from ketasched.model import TAKES_PLACE, Companion, Course, Visit
from ketasched.model.companion_slots import REVIEW
from ketasched.model.no_driving import is_without_driving
from ketasched.model.opening_hours import openings
from ketasched.model.wall_clock import slot_at
from ketasched.planning.assemble import review_start
from ketasched.planning.availability import PatientAvailability
from ketasched.rules import Availability
from ketasched.rules.base import PlanningContext


def place_reviews(
    context: PlanningContext,
    reviews: Sequence[Companion],
    visits: Sequence[Visit],
    course: Course,
    now: datetime,
) -> tuple[Companion, ...]:
    """The reviews, on another day if they are still to come and their own does not fit any more.

    `visits` are in order of time and have the numbers that they had in `course`; a new visit has
    a number of its own. One review is left where two come after one visit: a gate, else the later
    one of the protocol; the others are `omitted`, and stay where they were. Reviews that follow
    the same visit already, because the protocol says so, are all left unless they are alike.
    """
    moving = _Moving(context, visits, course)
    pairs = [(one, moving.moved(one, now)) for one in reviews]
    ahead = [
        (old, new)
        for old, new in pairs
        if new.status in ("planned", "tentative") and new.start >= now
    ]
    rank = {old.uid: (old.gate, old.after, ordinal) for ordinal, old in enumerate(reviews)}

    def is_left_out(old: Companion, new: Companion) -> bool:
        rivals = (own for own, other in ahead if other.after == new.after)
        return any(
            rank[own.uid] > rank[old.uid] and (own.after != old.after or _look(own) == _look(old))
            for own in rivals
        )

    omitted = {old.uid for old, new in ahead if is_left_out(old, new)}
    return tuple(
        replace(old, status="omitted") if old.uid in omitted else new for old, new in pairs
    )


def _look(review: Companion) -> tuple[object, ...]:
    """What makes a review another one than the next after the same visit."""
    return review.title, review.gate, review.place


@dataclass(frozen=True, slots=True)
class _Moving:
    """Moves reviews of a course to where its visits now are."""

    context: PlanningContext
    visits: Sequence[Visit]
    course: Course

    def moved(self, review: Companion, now: datetime) -> Companion:
        """The review where it fits, after the visit that it follows now."""
        visit = self._visit_before(review)
        is_over = review.start < now and visit.start < now
        if is_over or review.status not in ("planned", "tentative"):
            return review
        start, following = review.start, self._following(visit)
        if not self._fits(review, visit, following):
            availability = PatientAvailability(self.context)
            start = review_start(availability, visit, following, review.place)
        return replace(review, start=start if start >= now else review.start, after=visit.number)

    def _visit_before(self, review: Companion) -> Visit:
        """The visit that a review follows now.

        If the review was at the end of a phase, it stays there. Else it follows its own visit, or
        the one before if its own does not take place. A gate follows a make-up visit, new in the
        same phase, that comes next.
        """
        old = self.course.visits[review.after - 1]
        taking = (one for one in self.visits if one.status in TAKES_PLACE)
        own = [one for one in taking if one.phase == old.phase]
        phase = [one for one in self.course.visits if one.phase == old.phase]
        lasting = [one for one in phase if one.status in TAKES_PLACE | {"held"}] or phase
        visit = next(one for one in self.visits if one.uid == old.uid)
        if own and old.number >= lasting[-1].number:
            visit = own[-1]
        elif visit not in own:
            visit = next((one for one in reversed(own) if one.start < visit.start), visit)
        following = self._following(visit) if review.gate else None
        if following is None or following.phase != visit.phase:
            return visit
        is_new = all(one.uid != following.uid for one in self.course.visits)
        return following if is_new else visit

    def _following(self, visit: Visit) -> Visit | None:
        """The next visit that takes place here."""
        later = self.visits[self.visits.index(visit) + 1 :]
        return next((one for one in later if one.is_here), None)

    def _fits(self, review: Companion, visit: Visit, following: Visit | None) -> bool:
        """Whether a review still lies between its visit and the following one.

        A review at a check-in stays at a check-in; any other is on a day on which the clinic is
        open, at a time at which the patient can, calendars aside. A review at the clinic does not
        come to lie where the patient must not drive.
        """
        start = review.start
        if following and start == following.start:
            return visit.start < start
        if any(one.start == start for one in self.course.visits):
            return following is None and start == visit.start
        before = self.course.visits[review.after - 1]
        may_drive = is_without_driving(before, start) or not is_without_driving(visit, start)
        if review.place == "clinic" and not may_drive:
            return False
        day, end = start.date(), following.start.date() if following else date.max
        is_between = visit.start.date() < day < end
        return is_between and bool(openings(self.context.clinic, day)) and self._can_come(start)

    def _can_come(self, start: datetime) -> bool:
        wished = replace(self.context, request=replace(self.context.request, busy=()))
        rule = Availability()
        return not (rule.day(start.date(), wished) or rule.slot(slot_at(REVIEW, start), wished))
