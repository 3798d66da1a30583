"""What a worker does: each row of a task becomes a course and its files, or a reason why not."""

import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import TypeVar

from ketasched.batch.carry_over import decided_again, renewed
from ketasched.batch.fingerprints import VERSION, asked_of, input_of, sha
from ketasched.batch.folders import COURSE, kept, taken_back, write_place
from ketasched.batch.manifest import made_of
from ketasched.batch.records import Desk, Known, Outcome, Settings, Task, Todo
from ketasched.batch.shared_calendars import busy_of
from ketasched.errors import BadRequest, KetaschedError, NoPlan, Refused, site_of
from ketasched.files.codec import as_line
from ketasched.files.roster import Row, request_of_row
from ketasched.model import Clinic, Course, Finding, Slot
from ketasched.model.identifiers import LONGEST_REFERENCE
from ketasched.model.memo import clear_memos
from ketasched.model.wall_clock import minute_of
from ketasched.planning.availability import availability_of
from ketasched.planning.cadence import PhasePlan, phase_plans_for
from ketasched.planning.explain import grouped
from ketasched.planning.infeasibility import OWN_RULES
from ketasched.planning.planner import ChosenSlots, course_of, requested_phases
from ketasched.render.patient_folder import files_of, refuse_telling
from ketasched.rules.base import NO_BOOKINGS, Bookings, PlanningContext

Step = TypeVar("Step")

BUG, OUTPUT, REGISTER = "bug", "output", "register"
"""What rejects a row that is right: an error of ours, a folder that cannot be written, or what is
in the register.
"""

MOST_ROWS = 3_000
"""After so many rows a worker forgets what it has worked out for them. What it knows of days and
of chains grows ever more slowly, but it grows, and to begin anew takes little of their time.
"""

MOST_REASONS, LONGEST_REASON = 3, 1000
"""More reasons of a refusal, or more of one, are not said in a file of rejects."""


@dataclass(slots=True)
class Memory:
    """How many rows this process has planned since it last forgot what they had in common."""

    rows: int = 0

    def planned(self, rows: int) -> None:
        """Count these rows, and forget if they were enough."""
        self.rows += rows
        if self.rows >= MOST_ROWS:
            clear_memos()
            self.rows = 0


@cache
def _memory() -> Memory:
    return Memory()


def work(task: Task) -> list[Outcome]:
    """What became of each row of the task, in order. Raises `Refused` if nothing can be written.

    Runs in any process: all that it needs is in the task.
    """
    if task.settings.version != VERSION:
        said = f"a worker has ketasched {VERSION}, not {task.settings.version}"
        raise Refused(said, next_step="the same version on every machine")
    outcomes = [_outcome(todo, task) for todo in task.todos]
    _memory().planned(len(task.todos))
    return outcomes


def _outcome(todo: Todo, task: Task) -> Outcome:
    desk = desk_of(task.desks[todo.desk])
    return or_rejected(todo.row, lambda: _tried(todo, desk, task.settings))


def or_rejected(row: Row, step: Callable[[], Step]) -> Step | Outcome:
    """What the step makes of a row, or the outcome of one that it cannot do."""
    try:
        return step()
    except (BadRequest, NoPlan) as error:
        return rejected(row, error)
    except KetaschedError:
        raise
    except Exception as error:  # noqa: BLE001 - a bug of ours is for one row
        return failed(row, error)


def _tried(todo: Todo, desk: Desk, settings: Settings) -> Outcome:
    """What becomes of a row. Raises `BadRequest`, `NoPlan`."""
    asked = asked_of(todo.row, settings)
    made_from = input_of(todo.row, asked, desk, settings)
    if todo.course:
        return _done(todo, unpacked_course(todo.course, desk), settings, (asked, made_from))
    if todo.decided:
        # Where rows share chairs, what became of those before is part of it.
        course = unpacked(todo.decided, given_to(todo.row, desk, settings))
        return _done(todo, course, settings, (asked, made_from))
    if settings.goes_on and todo.known:
        there = kept(todo.row, todo.known, settings, asked, made_from)
        if there:
            return there
    with taken_back(todo.known, todo.row, desk.clinic, settings):
        context = given_to(todo.row, desk, settings)
        course = course_of(decided_again(context, todo.known, asked), context)
    return _done(todo, course, settings, (asked, made_from))


@lru_cache(maxsize=64)
def desk_of(data: bytes) -> Desk:
    """The desk that was sent as data; one object a process, so that what it makes is shared."""
    digest, of_clinic, house, clinic, *rest = pickle.loads(data)  # noqa: S301 - from our own process
    return Desk(digest, of_clinic, house, data, _clinic_of(clinic), *rest)


@lru_cache(maxsize=64)
def _clinic_of(data: bytes) -> Clinic:
    clinic: Clinic = pickle.loads(data)  # noqa: S301 - from our own process
    return clinic


def given_to(
    row: Row, desk: Desk, settings: Settings, bookings: Bookings = NO_BOOKINGS
) -> PlanningContext:
    """What a row's course is planned from. Raises `BadRequest` if the row makes no sense."""
    request = request_of_row(row, settings.date_order)
    refuse_telling(desk.clinic, request)
    request = replace(request, busy=busy_of(request, desk))
    context = PlanningContext(desk.protocol, desk.clinic, request, settings.made_at, bookings)
    requested_phases(context)
    return context


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
    own = [rule for rule in rules if rule in OWN_RULES] or rules
    most = max(own, key=own.count) if own else ""
    return Outcome(row.number, patient, "rejected", rule=most, reason=_cut(said))


def failed(row: Row, error: Exception) -> Outcome:
    """The outcome of a row at which we failed: where, without the values that were at work."""
    patient, reason = _short(row.texts.get("patient", "")), f"a bug of ketasched: {site_of(error)}"
    return Outcome(row.number, patient, "rejected", rule=BUG, reason=reason)


def _short(patient: str) -> str:
    """A patient reference on one line, or the beginning of what is too long for one."""
    text, most = " ".join(patient.split()), LONGEST_REFERENCE
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _cut(text: str) -> str:
    half = LONGEST_REASON // 2
    return text if len(text) <= LONGEST_REASON else f"{text[:half]} … {text[-half:]}"


def packed(decided: ChosenSlots) -> bytes:
    """What was decided for another process: slots as days and minutes, which are soon sent."""
    slots = [
        [(slot.start.toordinal(), minute_of(slot.start)) for slot in own] for own in decided.slots
    ]
    slid = [(one.rule, one.level, one.message, one.visit) for one in decided.slid]
    return pickle.dumps((slots, slid))


def packed_course(course: Course) -> bytes:
    """A course for another process, without what its desk has."""
    bare = replace(course, protocol=None, clinic=None)  # type: ignore[arg-type]  # put back below
    return pickle.dumps(bare)


def unpacked_course(data: bytes, desk: Desk) -> Course:
    """The course that was packed."""
    bare: Course = pickle.loads(data)  # noqa: S301 - from our own process
    return replace(bare, protocol=desk.protocol, clinic=desk.clinic)


def unpacked(data: bytes, context: PlanningContext) -> Course:
    """The course that was decided."""
    starts, slid = pickle.loads(data)  # noqa: S301 - from our own process
    runs = phase_plans_for(context.protocol, context.clinic, context.request)
    slots = tuple(tuple(_slots(context, run, own)) for run, own in zip(runs, starts, strict=True))
    return course_of(ChosenSlots(slots, tuple(Finding(*one) for one in slid)), context)


def _slots(
    context: PlanningContext, run: PhasePlan, starts: list[tuple[int, int]]
) -> Iterator[Slot]:
    offers = availability_of(context.clinic, run.kind)
    for day, minutes in starts:
        slot = offers.on(day).slot(minutes)
        assert slot is not None  # noqa: S101 - it was decided on
        yield slot


def _done(todo: Todo, course: Course, settings: Settings, digests: tuple[str, str]) -> Outcome:
    """The outcome of a row that is planned, its files written if that is asked for."""
    if not todo.course:  # else it has the name by which it was planned or booked
        course = renewed(course, todo.known, settings)
    files = files_of(course, _formats(todo.known, settings))
    there = False
    if settings.output:
        there = write_place(settings.output / course.patient, files, todo.known, settings)
    return Outcome(
        todo.row.number,
        course.patient,
        "planned",
        made_of(course),
        tuple((name, sha(data)) for name, data in files.items()),
        *digests,
        text="" if settings.output else as_line(course),
        kept=there and settings.goes_on and bool(todo.known and todo.known.files),
    )


def _formats(known: Known | None, settings: Settings) -> tuple[str, ...]:
    """What is asked for; a patient who has a course file gets it again, so that it stays right."""
    has_it = known and any(name == COURSE for name, _ in known.files)
    return settings.formats + ("json",) * bool(has_it and "json" not in settings.formats)
