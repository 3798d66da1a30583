"""Replay: a course as it was at an earlier revision, by the results that its history records.

Results are applied, backward or forward, and nothing is planned: so it makes no difference what
the clinic's hours were, or what others had booked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from datetime import datetime
from itertools import pairwise

from ketasched.model.course import Course, Finding
from ketasched.model.history import CompanionChange, Entry, VisitChange
from ketasched.model.request import Request
from ketasched.model.visit import Companion, Visit
from ketasched.model.wall_clock import moment_text


def last_revision_without_result(course: Course) -> int:
    """The last revision whose entry has no result; what came later can be taken back.

    That is the planning, a planning anew by a batch, or the last change by ketasched 1.0.
    """
    numbers = range(len(course.history), 1, -1)
    return next((number for number in numbers if course.history[number - 1].result is None), 1)


def standing_entries(history: Sequence[Entry]) -> list[tuple[int, Entry]]:
    """The entries that are not undone, with their indexes; an undo itself is none of them.

    An undo cancels the last change before it that was not undone yet.
    """
    found: list[tuple[int, Entry]] = []
    for index, entry in enumerate(history):
        if entry.change and entry.change.verb == "undo":
            found = found[:-1]
        else:
            found.append((index, entry))
    return found


def entry_to_undo(history: Sequence[Entry]) -> int | None:
    """The index of the last change that is not undone; None if only the planning is left."""
    for index, entry in standing_entries(history)[-1:]:
        return index if entry.change else None
    return None


def course_at(course: Course, revision: int) -> Course:
    """The course as it was at a revision from `last_revision_without_result` on.

    Its clinic and its request are those of then, but for the busy times, which are today's. It
    has no findings.
    """
    items = items_of(course)
    request, clinic = course.request, course.clinic
    for entry in reversed(course.history[revision:]):
        clinic = entry.former_clinic or clinic
        for change in _changes(entry):
            _put(items, change.now, change.was)
        if entry.result and entry.result.request:
            request = entry.result.request.was
    visits = (one for one in items.values() if isinstance(one, Visit))
    return replace(
        course,
        revision=revision,
        patient=request.patient,
        visits=tuple(sorted(visits, key=lambda visit: visit.number)),
        companions=tuple(one for one in items.values() if isinstance(one, Companion)),
        findings=(),
        history=course.history[:revision],
        clinic=clinic,
        request=replace(request, busy=course.request.busy),
    )


def _put(
    items: dict[str, Visit | Companion],
    old: Visit | Companion | None,
    new: Visit | Companion | None,
) -> None:
    """Put one item in the place of another, or remove it."""
    if new is not None:
        items[new.uid] = new
    elif old is not None:
        items.pop(old.uid, None)


def known_visits(course: Course) -> dict[str, Visit]:
    """By uid every visit that the course has, or had by the results of its history."""
    return {uid: one for uid, one in _known_items(course).items() if isinstance(one, Visit)}


def known_companions(course: Course) -> dict[str, Companion]:
    """By uid every companion that the course has, or had, reviews aside."""
    found = _known_items(course).items()
    return {uid: one for uid, one in found if isinstance(one, Companion) and not one.is_review}


def _known_items(course: Course) -> dict[str, Visit | Companion]:
    """By uid every item that the course has, or had."""
    changes = [change for entry in course.history for change in _changes(entry)]
    found = {one.uid: one for change in changes for one in (change.was, change.now) if one}
    return found | items_of(course)


def renames(course: Course) -> set[tuple[datetime, str, str]]:
    """When the course got another reference of its patient, the one before, and the new one."""
    changes = ((entry.at, entry.result.request) for entry in course.history if entry.result)
    found = ((at, one.was.patient, one.now.patient) for at, one in changes if one)
    return {(at, was, now) for at, was, now in found if was != now}


def removed_items(course: Course) -> list[Visit | Companion]:
    """What a change has removed before it was over, as omitted: calendars may have it."""
    there = items_of(course)
    removed = {
        change.was.uid: change.was
        for entry in course.history
        for change in _changes(entry)
        if change.was and change.now is None
        if change.was.uid not in there and change.was.uid in entry.changed
    }
    return [replace(one, status="omitted") for one in removed.values()]


def entry_problems(course: Course) -> Iterator[str]:
    """What entries of the history say that cannot be, each as a clause without a full stop.

    Entries are in order of time. Once one has a result all have, and an undo leads back to the
    revision before the change that it takes back.
    """
    history = course.history
    for number, (before, entry) in enumerate(pairwise(history), start=2):
        if entry.at.timestamp() < before.at.timestamp():
            yield f"Revision {number} is dated before the one before it"
        if entry.result and entry.change is None:
            yield f"Revision {number} has changed something, and does not say by what"
        if entry.change and before.result and entry.result is None:
            yield f"Revision {number} does not say what it has changed"
    begin = last_revision_without_result(course)
    for index in range(begin, len(history)):
        change, undone = history[index].change, entry_to_undo(history[:index])
        if not change or change.verb != "undo" or undone is None or undone < begin:
            continue
        if _essence(course_at(course, index + 1)) != _essence(course_at(course, undone)):
            yield f"Revision {index + 1} is no undo of revision {undone + 1}"


def _essence(course: Course) -> tuple[object, ...]:
    """What an undo restores: SEQUENCE, and what follows from the clinic's rules, aside."""
    visits = (replace(one, sequence=0, no_driving_until=None) for one in course.visits)
    reviews = {replace(one, sequence=0) for one in course.companions}
    return tuple(visits), reviews, replace(course.request, busy=())


def replay_problems(course: Course, revision: int) -> list[str]:
    """Why the results after a revision do not lead from the course of then to that of today.

    Each is a clause without a full stop. There are none unless the file was edited by hand.
    """
    start = course_at(course, revision)
    problems = [*_step_problems(start, course)]
    if not problems and not is_numbered(start):
        return [f"The history does not lead back to revision {revision}"]
    return problems


def _step_problems(start: Course, course: Course) -> Iterator[str]:
    """Results that do not go on from the results before, and how the end differs from today."""
    there, request = items_of(start), start.request
    further = course.history[start.revision :]
    for number, entry in enumerate(further, start=start.revision + 1):
        for change in _changes(entry):
            item = change.was or change.now
            if item and there.get(item.uid) != change.was:
                yield f"Revision {number} has changed {name_of(item)}, which was another one"
            _put(there, change.was, change.now)
        if entry.result and entry.result.request:
            if not _is_same(request, entry.result.request.was):
                yield f"Revision {number} has changed the request, which was another one"
            request = entry.result.request.now
    yield from _differences(there, items_of(course))
    if not _is_same(request, course.request):
        yield "The request is not the one of the history"


def _is_same(request: Request, other: Request) -> bool:
    """Whether two requests are the same but for busy times."""
    return replace(request, busy=()) == replace(other, busy=())


def is_numbered(course: Course) -> bool:
    """Whether a course has visits, numbered 1, 2, …, and each review follows one of them."""
    known = [*range(1, len(course.visits) + 1)]
    numbers = [visit.number for visit in course.visits]
    return (
        bool(numbers) and numbers == known and all(one.after in known for one in course.companions)
    )


def items_of(course: Course) -> dict[str, Visit | Companion]:
    """The visits and reviews of a course, by uid."""
    return {item.uid: item for item in course.items}


def item_of(course: Course, finding: Finding) -> Visit | Companion | None:
    """The visit or the companion that a finding of the course is about; None if it is neither."""
    if finding.uid:
        return items_of(course).get(finding.uid)
    return course.visits[finding.visit - 1] if finding.visit else None


def uid_of(course: Course, finding: Finding) -> str:
    """The uid of what a finding of the course is about; "" if it is about no item."""
    item = item_of(course, finding)
    return item.uid if item else ""


def name_of(item: Visit | Companion) -> str:
    """What a sentence calls an item: "visit 3", "the review after visit 3".

    A companion of another kind is called by its title: "“Integration session” after visit 3".
    """
    if isinstance(item, Visit):
        return f"visit {item.number}"
    what = "the review" if item.is_review else f"“{item.title}”"
    return f"{what} {item.side} visit {item.after}"


def capitalised(text: str) -> str:
    """The text with a capital at its beginning; the rest, such as a title, stays."""
    return text[:1].upper() + text[1:]


def _changes(entry: Entry) -> tuple[VisitChange | CompanionChange, ...]:
    return (*entry.result.visits, *entry.result.companions) if entry.result else ()


def _differences(
    expected: dict[str, Visit | Companion], there: dict[str, Visit | Companion]
) -> Iterator[str]:
    """What is otherwise in a course than its history says."""
    for uid, item in expected.items():
        if uid not in there:
            yield f"{capitalised(name_of(item))} of the history is not there"
    # Where an item is gone, or is one too many, the others have other numbers.
    renumbered = () if expected.keys() == there.keys() else ("number", "after")
    for uid, item in there.items():
        said = capitalised(name_of(item))
        old = expected.get(uid)
        names = () if old is None else tuple(_differing_fields(item, old))
        if old is None:
            yield f"{said} is not in the history"
        elif item.status != old.status:
            yield f"{said} is {item.status}; by the history it is {old.status}"
        elif item.start != old.start:
            when = moment_text(item.start), moment_text(old.start)
            yield f"{said} is on {when[0]}; by the history it is on {when[1]}"
        elif not set(names) <= set(renumbered):
            yield f"{said} is not as in the history: {', '.join(names)}"


def _differing_fields(item: Visit | Companion, other: Visit | Companion) -> Iterator[str]:
    for one in fields(item):
        if getattr(item, one.name, None) != getattr(other, one.name, None):
            yield one.name
