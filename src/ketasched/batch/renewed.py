"""A course that a roster does again on the same dates: a new revision of the one that is there."""

from dataclasses import replace
from datetime import datetime

from ketasched.assemble import planned_before
from ketasched.batch.held import visits_of
from ketasched.batch.nouns import Known, Settings
from ketasched.batch.underway import is_under_way, would_move
from ketasched.chronicle import ended_dates, entered
from ketasched.errors import BadFile
from ketasched.load import load_course
from ketasched.model import Course, Entry
from ketasched.render.changed import differing
from ketasched.rules import Past


def renewed(
    course: Course, known: Known | None, settings: Settings, before: Course | None = None
) -> Course:
    """The course as the next revision of the one that was there, if that was on the same dates.

    Then calendars know its entries, and take in what is new of them. On other dates it is another
    course, with entries of its own, and so it is where there is no course file to go by, nor the
    course `before` of a register. Raises `BadRequest` if that would move what is under way.
    """
    if known is None or settings.output is None or settings.replaces:
        return course
    moves = known.made.visits != visits_of(course)
    if is_under_way(known, course.clinic, settings):
        if moves:
            raise would_move()
        # Its start was none in the past when it was planned.
        course = replace(
            course, findings=tuple(one for one in course.findings if one.rule != Past.name)
        )
    if moves:
        return course
    if before is None:
        try:
            before = load_course(str(settings.output / course.patient))
        except BadFile:
            return course
    return _after(before, course, settings.made_at)


def _after(before: Course, course: Course, now: datetime) -> Course:
    """The course by the name and with the history of the one `before`."""
    named = planned_before(course, before.course_id, before.made_at)
    uids = {one.uid: one.sequence for one in before.visits}
    uids |= {one.uid: one.sequence for one in before.reviews}
    same = replace(
        named,
        revision=before.revision,
        history=before.history,
        visits=tuple(replace(one, sequence=uids.get(one.uid, 0)) for one in named.visits),
        reviews=tuple(replace(one, sequence=uids.get(one.uid, 0)) for one in named.reviews),
    )
    if len(before.history) > 1 and before.history[-1].at == now:
        return same  # a run that was stopped has done it
    changed = differing(before, same, now)
    if not changed:
        return same
    entry = Entry(
        now.astimezone(before.made_at.tzinfo),
        "planned again",
        changed=tuple(sorted(changed)),
        former=tuple(ended_dates(before, same)),
        former_clinic=None if same.clinic == before.clinic else before.clinic,
    )
    return entered(replace(same, revision=before.revision + 1), entry)
