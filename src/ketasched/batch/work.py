"""What a worker does: each row of a task becomes a course and its files, or a reason why not."""

import json
import pickle
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from ketasched.batch.digest import sha
from ketasched.batch.nouns import Desk, Outcome, Settings, Task, Todo, day
from ketasched.batch.place import kept, take_back, write_place
from ketasched.errors import BadRequest, NoPlan
from ketasched.explain import grouped
from ketasched.handout import as_line, files_of, refuse_telling
from ketasched.identity import LONGEST_REFERENCE
from ketasched.model import Course, Request
from ketasched.planner import NO_BOOKINGS, plan
from ketasched.roster import Row, request_of_row
from ketasched.shapes import Bookings

MOST_REASONS, LONGEST_REASON = 3, 1000
"""More reasons of a refusal, or more of one, are not said in a file of rejects."""


def work(task: Task) -> list[Outcome]:
    """What became of each row of the task, in order. Raises `Refused` if nothing can be written.

    Runs in any process: all that it needs is in the task.
    """
    return list(_outcomes(task))


def _outcomes(task: Task) -> Iterator[Outcome]:
    for todo in task.todos:
        try:
            yield _outcome(todo, desk_of(task.desks[todo.desk]), task.settings)
        except (BadRequest, NoPlan) as error:
            yield rejected(todo.row, error)
            if todo.known:
                take_back(todo.known, todo.row, task.settings)


def _outcome(todo: Todo, desk: Desk, settings: Settings) -> Outcome:
    """What becomes of a row. Raises `BadRequest`, `NoPlan`."""
    course = unpacked(todo.course, desk) if todo.course else None
    made_from = _input(todo.row, course, desk, settings)
    if settings.goes_on and todo.known and todo.known.input == made_from:
        there = kept(todo.row, todo.known, settings)
        if there:
            return there
    course = course or planned(request_of_row(todo.row, settings.date_order), desk, settings)
    return _done(todo, course, settings, made_from)


@lru_cache(maxsize=64)
def desk_of(data: bytes) -> Desk:
    """The desk that was sent as data; one object a process, so that what it makes is shared."""
    digest, place, clinic, protocol = pickle.loads(data)  # noqa: S301 - from our own process
    return Desk(digest, place, data, clinic, protocol)


def planned(
    request: Request, desk: Desk, settings: Settings, bookings: Bookings = NO_BOOKINGS
) -> Course:
    """The course for a request at a desk. Raises `BadRequest`, `NoPlan`."""
    refuse_telling(desk.clinic, request)
    return plan(desk.protocol, desk.clinic, request, made_at=settings.made_at, bookings=bookings)


def rejected(row: Row, error: BadRequest | NoPlan) -> Outcome:
    """The outcome of a row that has no course, with the rule or the column and the reason."""
    patient = _short(row.texts.get("patient", ""))
    if isinstance(error, BadRequest):
        reason = _cut(error.what)
        return Outcome(row.number, patient, "rejected", rule=error.field, reason=reason)
    findings = list(error.findings) or [found for _, found in error.refusals]
    rules = [finding.rule for finding in findings]
    reasons = [*(finding.message for finding in error.findings), *grouped(error.refusals)]
    said = "; ".join((error.what, *reasons[:MOST_REASONS]))
    most = max(rules, key=rules.count) if rules else ""
    return Outcome(row.number, patient, "rejected", rule=most, reason=_cut(said))


def _short(patient: str) -> str:
    """A patient reference on one line, or the beginning of what is too long for one."""
    text, most = " ".join(patient.split()), LONGEST_REFERENCE
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _cut(text: str) -> str:
    half = LONGEST_REASON // 2
    return text if len(text) <= LONGEST_REASON else f"{text[:half]} … {text[-half:]}"


def packed(course: Course) -> bytes:
    """A course for another process, without what its desk has."""
    bare = replace(course, protocol=None, clinic=None)  # type: ignore[arg-type]  # put back below
    return pickle.dumps(bare)


def unpacked(data: bytes, desk: Desk) -> Course:
    """The course that was packed."""
    bare: Course = pickle.loads(data)  # noqa: S301 - from our own process
    return replace(bare, protocol=desk.protocol, clinic=desk.clinic)


def _done(todo: Todo, course: Course, settings: Settings, made_from: str) -> Outcome:
    """The outcome of a row that is planned, its files written if that is asked for."""
    files = files_of(course, settings.formats)
    if settings.output:
        write_place(settings.output / course.patient, files, todo.known, settings)
    return Outcome(
        todo.row.number,
        course.patient,
        "planned",
        course.course_id,
        day(course.visits[0].start),
        day(course.visits[-1].start),
        tuple((name, sha(data)) for name, data in files.items()),
        made_from,
        text="" if settings.output else as_line(course),
    )


def _input(row: Row, course: Course | None, desk: Desk, settings: Settings) -> str:
    """The digest of all that a row's files are made from, but the moment of planning."""
    made_from = (
        sorted(row.texts.items()),
        desk.digest,
        settings.formats,
        settings.date_order,
        # Where rows share chairs, what became of those before is part of it.
        [visit.start.isoformat() for visit in course.visits] if course else [],
        [finding.message for finding in course.findings] if course else [],
    )
    return sha(json.dumps(made_from).encode())
