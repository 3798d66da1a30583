"""Whether somebody decided that a rule does not hold for a visit, or whether it came so."""

from collections.abc import Iterator
from datetime import datetime

from ketasched.model import TAKES_PLACE, CompanionChange, Course, Entry, Finding, VisitChange
from ketasched.model.replay import course_at, standing_entries, uid_of
from ketasched.rules import RULES
from ketasched.rules.base import EndsRule, PairRule


def is_overridden(course: Course, finding: Finding) -> bool:
    """Whether a change of the history overrides the finding's rule for its visit as it is now.

    A change that was undone overrides nothing. A rule of two neighbours is overridden for both, a
    rule of a phase for its first and its last visit. For a companion a rule is overridden only by
    an undo, because every other change dates companions by all rules.
    """
    uid = uid_of(course, finding)
    if not uid:
        return False
    if finding.uid:
        return any(
            entry.change and entry.change.verb == "undo" and uid in _changed(entry)
            for _, entry in _overriding(course, finding.rule)
        )
    concerned = _concerned(course, finding.rule, uid)
    uids = {known for known, _ in concerned}
    return any(
        not uids.isdisjoint(_changed(entry))
        and (entry.result is None or concerned == _then(course, index, finding.rule, uid))
        for index, entry in _overriding(course, finding.rule)
    )


def _overriding(course: Course, rule: str) -> Iterator[tuple[int, Entry]]:
    """The entries, with their indexes, that override a rule, and are not undone."""
    standing = {index for index, _ in standing_entries(course.history)}
    for index, entry in enumerate(course.history):
        stands = index in standing or (entry.change is not None and entry.change.verb == "undo")
        if stands and entry.change and rule in entry.change.overrides:
            yield index, entry


def _then(course: Course, index: int, rule: str, uid: str) -> set[tuple[str, datetime]]:
    """The visits that were concerned once the change at this index of the history was made."""
    return _concerned(course_at(course, index + 1), rule, uid)


def _changed(entry: Entry) -> set[str]:
    """The uids of the visits and companions that a change moved, or otherwise changed."""
    if entry.result is None:  # an entry of version 1.0
        return {*entry.changed, *(former.uid for former in entry.former)}
    changes: tuple[VisitChange | CompanionChange, ...] = entry.result.visits
    changes += entry.result.companions
    return {item.uid for one in changes for item in (one.was, one.now) if item}


def _concerned(course: Course, name: str, uid: str) -> set[tuple[str, datetime]]:
    """The visits, each with its start, that a finding of a rule about a visit concerns."""
    number = next((visit.number for visit in course.visits if visit.uid == uid), 0)
    if not number:
        return set()
    visit, rule = course.visits[number - 1], RULES.get(name)
    found = [visit]
    taking = [one for one in course.visits[: number - 1] if one.status in TAKES_PLACE]
    if isinstance(rule, EndsRule):
        found += [one for one in taking if one.phase == visit.phase][:1]
    elif isinstance(rule, PairRule):
        found += taking[-1:]
    return {(one.uid, one.start) for one in found}
