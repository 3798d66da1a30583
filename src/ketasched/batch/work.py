"""What a worker does: each row of a task becomes a course and its files, or a reason why not."""

import hashlib
import json
import pickle
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from ketasched.batch.nouns import Desk, Known, Outcome, Settings, Task, Todo, day
from ketasched.busy import within
from ketasched.errors import BadRequest, NoPlan
from ketasched.explain import grouped
from ketasched.folder import half_written, holds, new_folder, write_folder
from ketasched.forms import plain
from ketasched.handout import EVENT_FILES, as_line, files_of, refuse_telling
from ketasched.identity import LONGEST_REFERENCE
from ketasched.model import BusyTime, Course, Request
from ketasched.planner import NO_BOOKINGS, plan, reach
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
    made_from = _input(todo, course, desk, settings)
    if settings.goes_on and todo.known and todo.known.input == made_from:
        kept = _kept(todo.row, todo.known, settings)
        if kept:
            return kept
    course = course or planned(request_of_row(todo.row, settings.date_order), desk, settings)
    return _done(todo, course, settings, made_from)


@lru_cache(maxsize=64)
def desk_of(data: bytes) -> Desk:
    """The desk that was sent as data; one object a process, so that what it makes is shared."""
    digest, place, *rest = pickle.loads(data)  # noqa: S301 - from our own process
    return Desk(digest, place, data, *rest)


def planned(
    request: Request, desk: Desk, settings: Settings, bookings: Bookings = NO_BOOKINGS
) -> Course:
    """The course for a request at a desk. Raises `BadRequest`, `NoPlan`."""
    refuse_telling(desk.clinic, request)
    request = replace(request, busy=_busy(request, desk))
    return plan(desk.protocol, desk.clinic, request, made_at=settings.made_at, bookings=bookings)


def _busy(request: Request, desk: Desk) -> tuple[BusyTime, ...]:
    """The busy times that a course for the request could meet.

    Raises `BadRequest` if the calendars were not read as far as that.
    """
    agenda = desk.agenda
    if agenda is None:
        return ()
    first, last = reach(desk.protocol, desk.clinic, request)
    if not agenda.first <= first <= last <= agenda.last:
        said = f"the busy calendars are read for {agenda.first} to {agenda.last} only"
        raise BadRequest("start", f"{said}; the course may be {first} to {last}")
    return tuple(within(agenda.times, first, last))


def rejected(row: Row, error: BadRequest | NoPlan) -> Outcome:
    """The outcome of a row that has no course, with the rule or the column and the reason."""
    patient = textwrap.shorten(row.texts.get("patient", ""), LONGEST_REFERENCE, placeholder="…")
    if isinstance(error, BadRequest):
        reason = _cut(error.what)
        return Outcome(row.number, patient, "rejected", rule=error.field, reason=reason)
    findings = list(error.findings) or [found for _, found in error.refusals]
    rules = [finding.rule for finding in findings]
    reasons = [*(finding.message for finding in error.findings), *grouped(error.refusals)]
    said = "; ".join((error.what, *reasons[:MOST_REASONS]))
    most = max(rules, key=rules.count) if rules else ""
    return Outcome(row.number, patient, "rejected", rule=most, reason=_cut(said))


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
        _write(settings.output / course.patient, files, todo.known, settings)
    return Outcome(
        todo.row.number,
        course.patient,
        "planned",
        course.course_id,
        day(course.visits[0].start),
        day(course.visits[-1].start),
        tuple((name, _sha(data)) for name, data in files.items()),
        made_from,
        text="" if settings.output else as_line(course),
    )


def _write(
    folder: Path, files: Mapping[str, bytes], known: Known | None, settings: Settings
) -> None:
    """The patient's folder. Raises `BadRequest` if something is in its place that has to stay.

    What may go is what an earlier run of ours made, unless that was revised since.
    """
    if settings.writes and new_folder(folder, files):
        return
    if folder.exists() or folder.is_symlink():
        _refuse_what_stays(folder, files, known, settings)
    if settings.writes:
        if not holds(folder, files, replaced=EVENT_FILES):
            write_folder(folder, files, replaced=EVENT_FILES, force=True)
        _remove(folder, [one for one in known.files if one[0] not in files] if known else [])


def _refuse_what_stays(
    folder: Path, files: Mapping[str, bytes], known: Known | None, settings: Settings
) -> None:
    if folder.is_symlink() or not folder.is_dir():
        raise BadRequest("patient", "the place of its folder is taken by something else")
    if settings.replaces or holds(folder, files, replaced=EVENT_FILES):
        return
    if known is None:
        raise BadRequest("patient", "has a folder there already, which is not written over")
    if _is_revised(folder):
        said = "its course was revised since: change that, or do the row again with --force"
        raise BadRequest("patient", said)


def _kept(row: Row, known: Known, settings: Settings) -> Outcome | None:
    """What an earlier run did, if it is all still there, or was revised since."""
    assert settings.output is not None  # noqa: S101 - who goes on has a folder
    patient = row.texts["patient"]
    folder = settings.output / patient
    now = tuple((name, _sha_of(folder / name)) for name, _ in known.files)
    if half_written(folder):
        return None
    if now != known.files and not (all(sha for _, sha in now) and _is_revised(folder)):
        return None
    ends = known.course_id, known.first, known.last
    return Outcome(row.number, patient, "planned", *ends, now, known.input, kept=True)


def take_back(known: Known, row: Row, settings: Settings) -> None:
    """Remove what an earlier run made for a row that has no course now, as far as it is ours."""
    if known.files and settings.output and settings.writes:
        folder = settings.output / row.texts["patient"]
        if folder.is_dir() and not folder.is_symlink() and not _is_revised(folder):
            _remove(folder, known.files)


def _remove(folder: Path, files: Iterable[tuple[str, str]]) -> None:
    """Remove these files if they are as we wrote them, and the folder if nothing is left."""
    with suppress(OSError):
        for name, sha in files:
            if Path(name).name == name and _sha_of(folder / name) == sha:
                (folder / name).unlink()
        folder.rmdir()


def _is_revised(folder: Path) -> bool:
    """Whether a course was changed by `revise` since it was planned."""
    try:
        course = json.loads((folder / "course.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(course, dict) and course.get("revision", 1) != 1


def _input(todo: Todo, course: Course | None, desk: Desk, settings: Settings) -> str:
    """The digest of all that a row's files are made from, but the moment of planning."""
    busy: tuple[BusyTime, ...] = ()
    if desk.agenda is not None:
        request = course.request if course else request_of_row(todo.row, settings.date_order)
        busy = _busy(request, desk)
    made_from = (
        sorted(todo.row.texts.items()),
        desk.digest,
        settings.formats,
        settings.date_order,
        # Where rows share chairs, what became of those before is part of it.
        [visit.start.isoformat() for visit in course.visits] if course else [],
        [finding.message for finding in course.findings] if course else [],
        # What nobody asked for leaves the digest as it was.
        *([plain(busy)] if busy else []),
    )
    return _sha(json.dumps(made_from).encode())


def _sha_of(path: Path) -> str:
    """The SHA-256 of a file, "" if there is none."""
    try:
        return _sha(path.read_bytes())
    except OSError:
        return ""


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
