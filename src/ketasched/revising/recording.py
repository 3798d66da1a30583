"""Records of a course besides its visits: the clearance, what its protocol requires, and what an
insurer authorised, with the status that visits have by that.

They are facts, the last as dates and counts: no rule refuses one, and no visit moves.
"""

from dataclasses import replace
from datetime import datetime

from ketasched.errors import BadRequest
from ketasched.model import Change, Course, Status, Visit, quote
from ketasched.model.authorised_visits import authorisation_text, visits_beyond
from ketasched.model.did_you_mean import did_you_mean
from ketasched.model.replay import standing_entries
from ketasched.model.review_gates import first_closed_gate, make_tentative, release_visit
from ketasched.model.wall_clock import day_text
from ketasched.revising.intents import Draft, pinned_draft
from ketasched.rules import Clearance

DECISIONS = ("confirm", "booster")
"""The verbs by which somebody decides that one visit takes place."""

AHEAD: tuple[Status, ...] = ("planned", "tentative")
"""The statuses of reviews that go with their visit."""


def record_drafts(course: Course, change: Change, now: datetime) -> list[Draft]:
    """The draft of a change that adds a record: every visit and review stays.

    Raises `BadRequest` if there is no record, if it has a name that the protocol does not ask for,
    or if its day is still to come.
    """
    record = change.record
    if record is None:
        said = "expected the clinician whose clearance is recorded"
        raise BadRequest("by", said, next_step="--by NAME")
    known = tuple(dict.fromkeys((Clearance.name, *course.protocol.requires)))
    if record.what not in known:
        said = f"expected {' or '.join(known)}, not {quote(record.what)}"
        step = f"--what {known[-1]}" if len(known) > 1 else "the same without --what"
        raise BadRequest("what", f"{said}{did_you_mean(record.what, known)}", next_step=step)
    if record.on > now.date():
        said = f"{day_text(record.on)} is still to come (today is {day_text(now.date())})"
        raise BadRequest("on", said, next_step="the day on which it was given")
    return [pinned_draft(course)]


def record_text(_before: Course, change: Change, _after: Course) -> str:
    """What a record says, for the history: "clearance recorded: Tue 1 Dec 2026, Dr. Lee"."""
    record = change.record
    return f"{record.what} recorded: {day_text(record.on)}, {record.by}" if record else ""


def authorise_drafts(course: Course, change: Change, _now: datetime) -> list[Draft]:
    """The draft of a change that records what is authorised: every visit keeps its start.

    Raises `BadRequest` if it records nothing.
    """
    if not change.authorised and not change.anew:
        said = "expected what is authorised"
        step = "a number and two days: 8 from 2027-01-04 until 2027-02-28\nto empty it: none"
        raise BadRequest("sessions", said, next_step=step)
    return [pinned_draft(course)]


def authorise_text(_before: Course, change: Change, _after: Course) -> str:
    """What was recorded, for the history: "authorised: 8 sessions from … until …"."""
    if not change.authorised:
        return "authorisations are no longer counted"
    given = " and ".join(map(authorisation_text, change.authorised))
    return f"authorised{' from now on' if change.anew else ''}: {given}"


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
    """The uids of the visits of which somebody decided, and did not undo it, that they are."""
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
