"""What the verbs of `revise` share: their options, and how a change is made and written."""

from collections.abc import Collection, Iterable
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
from ketasched.files.atomic_write import UndoLog, refuse_link, write_folder
from ketasched.files.load import load_course
from ketasched.model import Audience, Change, Course, Finding, escape_unprintable, unsafe_character
from ketasched.model.occupancy import Occupancy
from ketasched.planning.check import check
from ketasched.register.records import BookingRequest, LogEntry
from ketasched.render import patient_folder, render
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
        if self.expect_revision not in (None, before.revision):
            raise _stale(path, before.revision, self.expect_revision)
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
        write = partial(self._write, path, before, is_file=entry is None)
        with refusal_as_json(self.form):
            after, written = book_and_write(self.register, booking, write, dry_run=self.dry_run)
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

    def _write(
        self, path: Path, before: Course, after: Course, undo: UndoLog, *, is_file: bool
    ) -> list[Path]:
        """Write the changed calendars, and the course's files if `is_file` or `--output` is given.

        A second call, after a lost connection, overwrites the files that `undo` lists.
        """
        force = self.force or bool(undo.contents)
        folder = self.output / after.patient if self.output else path.parent
        name = "course.json" if self.output else path.name
        files = self._course_files(folder, name, after) if is_file or self.output else {}
        changes = self._changed_calendars(before, after)
        _refuse_taken(changes, [(folder / name).resolve() for name in files], force=force)
        beside = [one for one in changes if not files or one.parent != folder]

        def write_beside() -> None:
            # Before the course: once it is written, the changes cannot be found any more.
            if files and not self.output:
                _refuse_stale(path, before, after)
            for one in beside:
                write_folder(one.parent, {one.name: changes[one]}, force=force, undo=undo)

        if not files:
            write_beside()
            return beside
        files |= {one.name: data for one, data in changes.items() if one not in beside}
        is_same = not is_file and holds_course(folder, after, refuse_later=not force)
        written = write_folder(
            folder,
            files,
            replaced=patient_folder.SUBFOLDER_FILES,
            force=force or is_same or not self.output,
            before_write=write_beside,
            undo=undo,
        )
        return [*written, *beside]

    def _course_files(self, folder: Path, name: str, after: Course) -> dict[str, bytes]:
        """The course file, and the pages and calendars that the folder has or is to have."""
        files: dict[str, bytes] = {}
        if self.output:
            refuse_link(folder)
        if self.output or (folder / f"{after.patient}.ics").exists():
            split = any((folder / place).is_dir() for place in patient_folder.EVENT_FOLDERS)
            files = patient_folder.render_folder(
                after, driver_label=self.driver_label, split=split
            )
        files[name] = render(after, "json", View()).encode()
        return files

    def _changed_calendars(self, before: Course, after: Course) -> dict[Path, bytes]:
        """The calendars of `--changes`, one for each driver if the rides of several changed."""
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
            return {path: found[driver]}
        names = patient_folder.driver_file_names(found)
        return {path.with_stem(f"{path.stem}-{names[one]}"): found[one] for one in found}


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
    """Raise `BadRequest` for a text with a character that no file can hold, or a line break."""
    if character := unsafe_character(text):
        raise BadRequest(field, f"has the character {character}, which no text needs")


def _refuse_taken(changes: Iterable[Path], own: Collection[Path], *, force: bool) -> None:
    """Raise if a file of changes would be one of the course's own, or exists already."""
    for path in changes:
        if path.resolve() in own:
            raise BadRequest("changes", f"{path} is a file of the course itself")
        if path.exists() and not force:
            step = "another name, or --force to write over it"
            raise Refused(f"there already: {path}", next_step=step)


def _refuse_stale(path: Path, before: Course, after: Course) -> None:
    """Raise `Refused` if somebody else changed the course since it was read."""
    found = load_course(str(path))
    if found.revision != before.revision and found != after:
        raise _stale(path, found.revision, before.revision)


def _stale(path: Path, found: int, expected: int | None) -> Refused:
    return Refused(
        f"{path}: is at revision {found}, not {expected}: somebody else has changed it",
        next_step=f"ketasched show {path}, then try again",
    )


def _subject(course: Course, finding: Finding) -> tuple[str, str, str]:
    """The finding's rule, the uid of its visit, and its message."""
    uid = course.visits[finding.visit - 1].uid if finding.visit else ""
    return finding.rule, uid, finding.message
