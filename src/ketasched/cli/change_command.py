"""What the verbs of `revise` share: their options, and how a change is made and written."""

from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from ketasched.cli import options
from ketasched.cli.booking import book_and_write
from ketasched.cli.change_report import change_data, change_lines, follow_ups
from ketasched.cli.course_source import CourseSource
from ketasched.cli.delivery import audience_option, holds_course, output_option
from ketasched.cli.output import finding_text, print_as, refusal_as_json, say
from ketasched.cli.register_option import register_option
from ketasched.errors import BadRequest, NoPlan, Refused
from ketasched.events.view import View
from ketasched.files.atomic_write import prepared_folder
from ketasched.files.disk import kind_at, refuse_all_but
from ketasched.files.load import load_course
from ketasched.model import Audience, Change, Course, Finding, escape_unprintable, text_problem
from ketasched.model.occupancy import Occupancy
from ketasched.model.values import LONGEST_TYPED
from ketasched.planning.check import check
from ketasched.register.records import BookingRequest, LogEntry
from ketasched.render import patient_folder
from ketasched.revising.alternatives import WhatIf, refusal_with_alternatives
from ketasched.revising.revise import revise
from ketasched.revising.validation import NEEDS_REASON, OVERRIDABLE


@dataclass(frozen=True)
class ChangeOptions(CourseSource):
    """The options of every verb; `apply` makes the change."""

    reason: str
    by_whom: str
    overrides: tuple[str, ...]
    dry_run: bool
    changes: Path | None
    audience: Audience
    driver_label: str
    expect_revision: int | None
    output: Path | None
    force: bool
    form: str | None

    def apply(self, path: Path, change: Change) -> None:
        """Make the change of the course at `path`, write its files, and print what it did."""
        self._refuse_reason(change)
        before, entry = self.find(str(path))
        found = None if entry else before
        before = self._latest(path, found) if found else before
        if self.expect_revision not in (None, before.revision):
            raise _stale(path if before is found else before.patient, before, self.expect_revision)
        course, at = self.with_newer(before)

        def make(bookings: Occupancy) -> Course:
            return revise(
                before,
                change,
                at=at,
                why=self.reason,
                by=self.by_whom,
                clinic=course.clinic,
                busy=course.request.busy,
                bookings=bookings,
            )

        def explain(error: NoPlan, bookings: Occupancy) -> NoPlan:
            what_if = WhatIf(course, at, bookings, options.time_budget())
            return refusal_with_alternatives(error, change, what_if)

        line = LogEntry(at, "", self.by_whom)
        booking = BookingRequest(course.clinic, make, line, before=before, explain=explain)
        files = partial(self._files, path, found, before)
        with refusal_as_json(self.form):
            after, written = book_and_write(self.register, booking, files, dry_run=self.dry_run)
        for name in written:
            say("written", str(name))
        self._print_report(before, after)
        if entry and not self.output and not self.dry_run:
            step = f"ketasched register show {after.patient} -o DIR"
            say("note", f"pages and calendars made before are not of this revision: {step}")

    def _refuse_reason(self, change: Change) -> None:
        """Raise `BadRequest` if the change needs a reason and has none, or for odd characters."""
        needs_reason = change.verb in NEEDS_REASON or change.outcome == "stop"
        if not self.reason.strip() and (needs_reason or self.overrides):
            named = f"{change.verb} {change.outcome or ''}".strip()
            said = f"{'an override' if self.overrides else named} needs a reason"
            raise BadRequest("reason", said, next_step="--reason TEXT")
        refuse_unsafe_text("reason", self.reason)
        refuse_unsafe_text("by_whom", self.by_whom)

    def _print_report(self, before: Course, after: Course) -> None:
        lines = map(escape_unprintable, change_lines(before, after))
        print_as(self.form, change_data(before, after), lines)
        for note in follow_ups(before, after):
            say("note", note)
        known = {_subject(before, finding) for finding in before.findings}
        overridden = {_subject(after, finding) for finding in after.findings}
        # What was decided about chairs stands on the course: only the register can check it.
        for finding in dict.fromkeys((*check(after), *after.findings)):
            subject = _subject(after, finding)
            if finding.level == "broken" and subject not in known:
                say("overridden" if subject in overridden else "broken", finding_text(finding))

    def _latest(self, path: Path, found: Course) -> Course:
        """The course that is to be changed: a later revision, if the register has one.

        A folder is older than the register if a command ended between the entry and the files.
        """
        stored = self.register and self.register.later_revision(found)
        if not stored:
            return found
        said = f"is at revision {found.revision}, and the register at {stored.revision}"
        say("note", f"{path}: {said}: the change is made to that one")
        return stored

    @contextmanager
    def _files(
        self, path: Path, found: Course | None, before: Course, after: Course
    ) -> Iterator[list[Path]]:
        """Prepare the course's files and the changed calendars; yield their paths.

        They have their names after the block. `found` is the course in the file at `path`; None if
        the course is from the register, and has files only with `--output`.
        """
        folder = self.output / after.patient if self.output else path.parent
        name = "course.json" if self.output else path.name
        files = self._course_files(folder, name, after) if found or self.output else {}
        changes = self._changed_calendars(before, after)
        own = {(folder / one).resolve() for one in files}
        place = self.changes.parent if self.changes else folder
        for one in changes:
            _refuse_taken(place / one, own, force=self.force)
        if files and place.resolve() == folder.resolve():
            files, changes = files | changes, {}

        def refuse_stale() -> None:
            """Raise `Refused` if somebody else changed the course since it was read."""
            if found and not self.output:
                now = load_course(str(path))
                if now.revision != found.revision:
                    raise _stale(path, now, found.revision)

        with ExitStack() as stack:
            paths: list[Path] = []
            if files:
                is_same = not found and holds_course(folder, after, refuse_later=not self.force)
                paths += stack.enter_context(
                    prepared_folder(
                        folder,
                        files,
                        replaced=patient_folder.SUBFOLDER_FILES,
                        force=self.force or is_same or not self.output,
                        before_write=refuse_stale,
                    )
                )
            if changes:
                # Prepared last, and so named first: once the course has its name, what changed
                # cannot be found any more.
                paths += stack.enter_context(prepared_folder(place, changes, force=self.force))
            yield paths

    def _course_files(self, folder: Path, name: str, after: Course) -> dict[str, bytes]:
        """The course file, and the pages and calendars that the folder has or is to have."""
        files: dict[str, bytes] = {}
        if self.output:
            refuse_all_but("a folder", folder)
        if self.output or kind_at(folder / f"{after.patient}.ics"):
            split = any(kind_at(folder / place) for place in patient_folder.EVENT_FOLDERS)
            files = patient_folder.render_folder(
                after, driver_label=self.driver_label, split=split
            )
        return files | {name: patient_folder.render_course_file(after)}

    def _changed_calendars(self, before: Course, after: Course) -> dict[str, bytes]:
        """The calendars of `--changes`, one for each driver if the rides of several changed.

        The keys are the names of their files.
        """
        path = self.changes
        if path is None:
            return {}
        if not path.name:
            step = "--changes changes.ics"
            raise BadRequest("changes", "expected a file's name", next_step=step)
        view = View(self.audience, self.driver_label)
        found = patient_folder.changed_calendars(before, after, view)
        if not any(b"BEGIN:VEVENT" in data for data in found.values()):
            say("note", f"nothing changes for the {self.audience}: {path} has no entries")
        if len(found) == 1:
            [driver] = found
            if driver:
                say("note", f"{path} is for {driver}")
            return {path.name: found[driver]}
        names = patient_folder.driver_file_names(found)
        return {f"{path.stem}-{names[one]}{path.suffix}": found[one] for one in found}


change_options = options.group(
    ChangeOptions,
    "given",
    options.text("--reason", "TEXT", "Why; the history keeps it."),
    options.text("--by-whom", "NAME", "Who decided it."),
    click.option(
        "--override",
        "overrides",
        multiple=True,
        metavar="RULE",
        help=f"Do it although this rule speaks against it: {', '.join(OVERRIDABLE)}.",
    ),
    options.today(options.MOMENT_OF_CHANGE),
    options.busy,
    register_option,
    options.flag("--dry-run", "Say what would change, and write nothing."),
    click.option(
        "--changes",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Write a calendar with only what changed; where several drive, one for each of them.",
    ),
    audience_option("Whom --changes is for (patient).", "patient"),
    options.text("--driver-label", "NAME", "As for plan."),
    click.option(
        "--expect-revision", type=int, metavar="N", help="Refuse unless the course is at this one."
    ),
    output_option("Write all files into DIR/<patient>/, and none where the course lies."),
    options.flag("--force", "With -o or --changes: write over what exists."),
    options.clinic("The clinic's newer hours."),
    options.output_format(),
)


def refuse_unsafe_text(field: str, text: str) -> None:
    """Raise `BadRequest` for a text that no file can hold, or that is too long to be typed."""
    if problem := text_problem(text, most=LONGEST_TYPED):
        raise BadRequest(field, problem)


def _refuse_taken(path: Path, own: Collection[Path], *, force: bool) -> None:
    """Raise if a file of changes would be one of the course's own, or exists already."""
    if path.resolve() in own:
        raise BadRequest("changes", f"{path} is a file of the course itself")
    if kind_at(path) and not force:
        step = "another name, or --force to write over it"
        raise Refused(f"there already: {path}", next_step=step)


def _stale(name: Path | str, found: Course, expected: int | None) -> Refused:
    """The refusal of a course that is at another revision, by its path or its patient's name."""
    show = "show" if isinstance(name, Path) else "register show"
    return Refused(
        f"{name}: is at revision {found.revision}, not {expected}: somebody else has changed it",
        next_step=f"ketasched {show} {name}, then try again",
    )


def _subject(course: Course, finding: Finding) -> tuple[str, str, str]:
    """The finding's rule, the uid of its visit, and its message."""
    uid = course.visits[finding.visit - 1].uid if finding.visit else ""
    return finding.rule, uid, finding.message
