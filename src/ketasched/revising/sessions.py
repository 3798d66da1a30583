"""The statuses that visits have by their sessions of what an insurer authorised."""

from dataclasses import replace
from datetime import datetime

from ketasched.model import Change, Course, Status, Visit
from ketasched.model.authorised_visits import visits_beyond
from ketasched.model.replay import standing_entries
from ketasched.model.review_gates import first_closed_gate, make_tentative, release_visit

DECISIONS = ("confirm", "booster")
"""The verbs by which somebody decides that one visit takes place."""

AHEAD: tuple[Status, ...] = ("planned", "tentative")
"""The statuses of reviews that go with their visit."""


def with_session_statuses(before: Course, course: Course, change: Change, now: datetime) -> Course:
    """The course after a change, each visit to come planned or tentative by its session.

    A planned visit that has no session of what is authorised becomes tentative, unless somebody
    decided that it takes place; a tentative one that has a session becomes planned. The visits of
    tentative phases, and those behind a closed gate, are a clinician's to decide; visits that have
    begun stay as they are. Reviews go with their visits; other companions do once they are placed.
    `before` is the course before the change.
    """
    authorised = course.request.authorised
    if not authorised and not before.request.authorised:
        return course
    beyond = {visit.uid for visit in visits_beyond(authorised, course.visits)}
    decided = _decided_uids(before, course, change)
    gate = first_closed_gate(course.companions) or len(course.visits)
    optional = {phase.name for phase in course.protocol.phases if phase.tentative}

    def settled(visit: Visit) -> Visit:
        has_begun = visit.start <= now and visit.status != "held"
        if visit.number > gate or visit.phase in optional or has_begun:
            return visit
        if visit.uid not in beyond:
            return release_visit(course, visit, now)
        waits = visit.status == "planned" and visit.uid not in decided
        return make_tentative(visit) if waits else visit

    return _with_visits(course, tuple(map(settled, course.visits)))


def _decided_uids(before: Course, course: Course, change: Change) -> set[str]:
    """The UIDs of the visits that somebody decided on, and did not undo."""
    entries = (entry for _, entry in standing_entries(before.history))
    decisions = [one for one in entries if one.change and one.change.verb in DECISIONS]
    found = {uid for entry in decisions for uid in entry.changed}
    if change.verb in DECISIONS:
        known = {visit.uid for visit in before.visits if visit.status == "planned"}
        found |= {visit.uid for visit in course.visits if visit.status == "planned"} - known
    return found


def _with_visits(course: Course, visits: tuple[Visit, ...]) -> Course:
    """The course with these visits; reviews have the status of theirs where that is another."""
    both = zip(course.visits, visits, strict=True)
    statuses = {new.number: new.status for old, new in both if old.status != new.status}
    companions = (
        replace(one, status=statuses[one.after])
        if one.is_review and one.status in AHEAD and statuses.get(one.after) in AHEAD
        else one
        for one in course.companions
    )
    return replace(course, visits=visits, companions=tuple(companions))
