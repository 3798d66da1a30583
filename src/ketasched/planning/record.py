"""Whether the record of a course is whole: whether its visits follow from protocol and history.

A course file can be edited by hand, and the rules judge only the visits that they find.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf

from ketasched.model import MAKE_UP_SUFFIX, Change, Companion, Course, Finding, Phase, Visit
from ketasched.model.authorised_visits import visits_beyond
from ketasched.model.identifiers import make_uid
from ketasched.model.replay import (
    capitalised,
    course_at,
    entry_problems,
    is_numbered,
    known_companions,
    known_visits,
    last_revision_without_result,
    name_of,
    replay_problems,
)
from ketasched.model.review_gates import first_closed_gate
from ketasched.planning.companions import COMPANION

FINAL_VERBS = {"completed": "complete", "missed": "miss", "omitted": "omit"}
"""The statuses that a visit keeps, each with the verb that records it."""


def record_findings(course: Course) -> Iterator[Finding]:
    """The findings, all broken, on what protocol, request and history of a course do not explain.

    The changes whose results the history records have to lead to the course as it is. Where they
    begin, which is at the end in a course of ketasched 1.0, the numbers of visits and reviews and
    their statuses are compared with the protocol, and with the changes up to then. UIDs, kinds,
    order and each SEQUENCE are those of the course as it is.
    """
    record, revision = _Record(course), last_revision_without_result(course)
    yield from map(_finding, (*entry_problems(course), *replay_problems(course, revision)))
    for visit in course.visits:
        for said in record.identity_problems(visit):
            yield _finding(f"Visit {visit.number} {said}", visit.number)
    yield from map(_finding, record.review_identity_problems())
    planned = course_at(course, revision)
    if is_numbered(planned):
        at = f"At revision {revision}: " if revision < course.revision else ""
        for said, number in _Record(planned).problems():
            yield _finding(f"{at}{said}", None if at else number)


def _finding(clause: str, visit: int | None = None) -> Finding:
    return Finding("record", "broken", f"{clause}.", visit)


@dataclass(frozen=True)
class _Record:
    """A course, and what its history says of it since it was planned last."""

    course: Course

    @cached_property
    def phases(self) -> Mapping[str, Phase]:
        return {phase.name: phase for phase in self.course.protocol.phases_in_turn}

    @cached_property
    def changes(self) -> Sequence[Change]:
        """The changes since the last planning: a batch can plan an unchanged course again."""
        found: list[Change] = []
        for entry in self.course.history:
            if entry.change is None:
                found.clear()
            else:
                found.append(entry.change)
        return found

    @cached_property
    def verbs(self) -> Counter[str]:
        return Counter(change.verb for change in self.changes)

    @cached_property
    def outcomes(self) -> Mapping[int | None, str]:
        """By its number, whether a visit is recorded as completed or as missed.

        Visits are only added after those that are over, which therefore keep their numbers.
        """
        outcomes = {verb: status for status, verb in FINAL_VERBS.items() if verb != "omit"}
        return {one.visit: outcomes[one.verb] for one in self.changes if one.verb in outcomes}

    @cached_property
    def sequences(self) -> Counter[str]:
        """How many entries of the history changed each calendar event, by its UID."""
        return Counter(uid for entry in self.course.history for uid in set(entry.changed))

    @cached_property
    def gate(self) -> float:
        """The number of the visit before the first gate that is closed, or infinity."""
        return first_closed_gate(self.course.companions) or inf

    @cached_property
    def beyond(self) -> set[str]:
        """The uids of the visits that have no session of what is authorised."""
        course = self.course
        return {one.uid for one in visits_beyond(course.request.authorised, course.visits)}

    @cached_property
    def visit_uids(self) -> set[str]:
        return self._uids("visit", len(known_visits(self.course)))

    def _uids(self, role: str, count: int) -> set[str]:
        """The UIDs of so many items of a role: ordinals are given in turn, and never again."""
        course_id = self.course.course_id
        return {make_uid(course_id, role, ordinal) for ordinal in range(1, count + 1)}

    def problems(self) -> Iterator[tuple[str, int | None]]:
        """What the changes do not explain, as clauses; with the number of a visit, if of one."""
        for visit in self.course.visits:
            for said in self.status_problems(visit):
                yield f"Visit {visit.number} {said}", visit.number
        for phase in self.course.protocol.phases_in_turn:
            for said in self.phase_problems(phase):
                yield f"{phase.name}: {said}", None
        elsewhere = [visit.start.date() for visit in self.course.visits if visit.elsewhere]
        if elsewhere != sorted(self.course.request.prior):
            yield "The visits elsewhere are not those of the request", None
        for said in (*self.review_problems(), *self.history_problems()):
            yield said, None

    def identity_problems(self, visit: Visit) -> Iterator[str]:
        """What is wrong with a visit by itself, and beside the one before it."""
        before = self.course.visits[visit.number - 2] if visit.number > 1 else None
        phase = self.phases[visit.phase]
        if before and visit.start.timestamp() < before.start.timestamp():
            yield f"is before visit {before.number}"
        if visit.kind != phase.visit:
            yield f"is of kind {visit.kind}; the visits of {phase.name} are of kind {phase.visit}"
        if visit.uid not in self.visit_uids:
            yield "has a uid that is not of this course"
        yield from self._sequence_problems(visit)

    def status_problems(self, visit: Visit) -> Iterator[str]:
        """Why a visit cannot have the status that it has."""
        phase = self.phases[visit.phase]
        is_gated = visit.number > self.gate
        if visit.status == "planned" and is_gated and not phase.tentative:
            yield f"is planned, but waits for the review after visit {self.gate}"
        is_beyond = visit.uid in self.beyond
        if visit.status == "planned" and is_beyond and not phase.tentative:
            yield "is planned, but no authorised session is left for it"
        if visit.status == "tentative" and not (is_gated or is_beyond or phase.tentative):
            yield "is tentative, but nothing is left to decide"
        outcome = self.outcomes.get(visit.number, visit.status)
        if outcome != visit.status:
            yield f"is {visit.status}; by the history it is {outcome}"

    def _sequence_problems(self, item: Visit | Companion) -> Iterator[str]:
        expected = self.sequences[item.uid]
        if item.sequence != expected:
            yield f"has the sequence {item.sequence}; by the history it is {expected}"

    def phase_problems(self, phase: Phase) -> Iterator[str]:
        """What is wrong with the number of the phase's visits, or else with their labels."""
        labels = self.labels[phase.name]
        added = self._added(phase)
        is_booster = phase is self.course.protocol.booster_phase
        most = added + (self.course.request.boosters if is_booster else phase.count.default)
        # What is pencilled in may have found no day, and then is no visit.
        least = added if phase.tentative else most
        if not least <= len(labels) <= most:
            expected = least if len(labels) < least else most
            yield f"{_visits(len(labels))}; by protocol, request and history {expected}"
        elif labels:
            places, totals = zip(*labels, strict=True)
            # The labels of visits that were over when others were added have kept their total.
            if sorted(places) != [*range(1, len(labels) + 1)] or max(totals) != len(labels):
                yield f"the visits are not labelled 1 to {len(labels)}"

    @cached_property
    def labels(self) -> Mapping[str, list[tuple[int, int]]]:
        """By phase the labels of its visits, (3, 6) for "3 of 6"; none of make-up visits."""
        found: dict[str, list[tuple[int, int]]] = {one: [] for one in self.phases}
        for visit in self.course.visits:
            if not visit.of.endswith(MAKE_UP_SUFFIX):
                place, _, total = visit.of.partition(" of ")
                found[visit.phase].append((int(place), int(total)))
        return found

    def _added(self, phase: Phase) -> int:
        """How many visits the history adds to the phase, make-up visits aside."""
        return self.verbs["booster"] * (phase is self.course.protocol.booster_phase)

    def review_problems(self) -> Iterator[str]:
        """What is wrong with the number of the reviews."""
        reviews = [one for one in self.course.companions if one.is_review]
        elsewhere = Counter(visit.phase for visit in self.course.visits if visit.elsewhere)
        count = sum(
            review.after <= len(self.labels[phase.name]) - self._added(phase)
            and (review.gate or review.after > elsewhere[phase.name])
            for phase in self.course.protocol.phases_in_turn
            for review in phase.reviews
        )
        if len(reviews) != count:
            yield f"Reviews: {len(reviews)}; by the protocol {count}"

    def review_identity_problems(self) -> Iterator[str]:
        """What is wrong with a review by itself."""
        reviews = [one for one in self.course.companions if one.is_review]
        uids = self._uids("review", len(reviews))
        for ordinal, review in enumerate(reviews, start=1):
            if review.uid not in uids:
                yield f"Review {ordinal} has a uid that is not of this course"
            yield from (f"Review {ordinal} {said}" for said in self._sequence_problems(review))
        uids = self._uids(COMPANION, len(known_companions(self.course)))
        for one in self.course.companions:
            if not one.is_review:
                if one.uid not in uids:
                    yield f"{capitalised(name_of(one))} has a uid that is not of this course"
                said = (
                    f"{capitalised(name_of(one))} {own}" for own in self._sequence_problems(one)
                )
                yield from said

    def history_problems(self) -> Iterator[str]:
        """Numbers of visits and reviews that the changes do not explain."""
        for what, (there, least, most) in self._ranges().items():
            if not least <= there <= most:
                yield f"{what}: {there}; by the history {least if there < least else most}"
        count, history = len(known_visits(self.course)), self.course.history
        further = self._uids("visit", count + len(history)) - self._uids("visit", count)
        if further & self.sequences.keys():
            yield "The history has changed a visit that is not there"

    def _ranges(self) -> dict[str, tuple[int, int, float]]:
        """How many items of each sort there are, and how few and how many there may be."""
        visits, verbs = self.course.visits, self.verbs
        statuses = Counter[str](visit.status for visit in visits if not visit.elsewhere)
        tentative = {name for name, phase in self.phases.items() if phase.tentative}
        again = [visit for visit in visits if visit.of.endswith(MAKE_UP_SUFFIX)]
        decided = [visit for visit in visits if visit.is_here and visit.status != "tentative"]
        decisions = verbs["confirm"] + verbs["booster"] + _count_in(tentative, again)
        reviews = Counter[str](one.status for one in self.course.companions if one.is_review)
        holds = [change.verb for change in self.changes if change.verb in ("hold", "resume")]
        ends = ("cease", "switch")
        stops = any(one.verb in ends or one.outcome == "stop" for one in self.changes)
        most_held, most_ceased = inf if holds[-1:] == ["hold"] else 0, inf if stops else 0
        make_ups = sum(change.make_up is True for change in self.changes)
        final = {status: verbs[verb] for status, verb in FINAL_VERBS.items()}
        return {
            **{f"Visits {one}": (statuses[one], final[one], final[one]) for one in final},
            "Visits that make up for others": (len(again), make_ups, make_ups),
            "Visits confirmed": (_count_in(tentative, decided), 0, decisions),
            "Visits held": (statuses["held"], 0, most_held),
            "Visits ceased": (statuses["ceased"], min(verbs["cease"], 1), most_ceased),
            "Reviews recorded": (reviews["completed"], verbs["review"], verbs["review"]),
            "Reviews held": (reviews["held"], 0, most_held),
            "Reviews ceased": (reviews["ceased"], 0, most_ceased),
        }


def _count_in(phases: Collection[str], visits: Iterable[Visit]) -> int:
    return sum(visit.phase in phases for visit in visits)


def _visits(number: int) -> str:
    return f"{number} visit{'s' * (number != 1)}"
