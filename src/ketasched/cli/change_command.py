"""What the verbs of `revise` have in common: the change is made, said and written."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from ketasched.cli.change_report import notes, told, told_as_data
from ketasched.cli.delivery import is_in, refusal_data
from ketasched.cli.options import (
    OF_THE_CHANGE,
    busy_option,
    clinic_option,
    for_a_second,
    moment_of,
    today_option,
    with_calendars,
)
from ketasched.cli.output import say
from ketasched.cli.register_option import course_at, open_book, register_option
from ketasched.errors import BadRequest, NoPlan, Refused
from ketasched.events.view import View
from ketasched.files.atomic_write import Undo, refuse_link, undone_if_it_fails, write_folder
from ketasched.files.load import load_course, with_clinic
from ketasched.model import Audience, Change, Course, Finding, odd_character, printable
from ketasched.planning.check import check
from ketasched.render import render
from ketasched.render.patient_folder import INNER_FILES, SPLIT, file_names, handed_changes, handout
from ketasched.revising.alternatives import Attempts, with_other_ways
from ketasched.revising.revise import revise
from ketasched.revising.validation import NEEDS_REASON, OVERRIDABLE
from ketasched.rules.base import NO_BOOKINGS, Bookings

if TYPE_CHECKING:
    from ketasched.register.register import Book

OPTIONS = (
    click.option("--reason", "why", default="", metavar="TEXT", help="Why; the history keeps it."),
    click.option("--by-whom", "by", default="", metavar="NAME", help="Who decided it."),
    click.option(
        "--override",
        "overrides",
        multiple=True,
        metavar="RULE",
        help=f"Do it although this rule speaks against it: {', '.join(OVERRIDABLE)}.",
    ),
    today_option(OF_THE_CHANGE),
    busy_option,
    register_option,
    click.option("--dry-run", is_flag=True, help="Say what would change, and write nothing."),
    click.option(
        "--changes",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Write a calendar with only what changed; where several drive, one for each of them.",
    ),
    click.option(
        "--for",
        "audience",
        type=click.Choice(get_args(Audience)),
        default="patient",
        help="Whom --changes is for (patient).",
    ),
    click.option("--driver-label", default="", metavar="NAME", help="As for plan."),
    click.option(
        "--expect-revision", type=int, metavar="N", help="Refuse unless the course is at this one."
    ),
    click.option(
        "-o",
        "--output",
        metavar="DIR",
        type=click.Path(path_type=Path, readable=False),
        help="Write all files into DIR/<patient>/, and none where the course lies.",
    ),
    click.option("--force", is_flag=True, help="With -o or --changes: write over what exists."),
    clinic_option("The clinic's newer hours."),
    click.option(
        "--format", "form", type=click.Choice(["text", "json"]), help="What to print (text)."
    ),
)


@dataclass(frozen=True)
class Work:
    """The course that a change is for, and what is to come of it."""

    path: Path
    why: str
    by: str
    overrides: tuple[str, ...]
    today: str | None
    calendars: tuple[str, ...]
    register: str | None
    dry_run: bool
    changes: Path | None
    audience: Audience
    driver_label: str
    expect_revision: int | None
    output: Path | None
    force: bool
    clinic_path: str | None
    form: str | None

    def do(self, change: Change) -> None:
        """Make the change, print what it did, and write the files."""
        needs = change.verb in NEEDS_REASON or change.outcome == "stop"
        if not self.why.strip() and (needs or self.overrides):
            what = (
                "an override"
                if self.overrides
                else f"{change.verb} {change.outcome or ''}".strip()
            )
            raise BadRequest("reason", f"{what} needs a reason", next_step="--reason TEXT")
        for field, text in (("reason", self.why), ("by_whom", self.by)):
            refuse_odd_text(field, text)
        book = open_book(self.register)
        before, entry = course_at(str(self.path), book, self.clinic_path, self.today)
        expected = self.expect_revision
        if expected is not None and before.revision != expected:
            raise _stale(self.path, before.revision, expected)
        course = with_clinic(before, self.clinic_path) if self.clinic_path else before
        at = moment_of(self.today, before.visits[0].start.tzinfo, field="today")
        course = with_calendars(course, self.calendars, at)
        making = Making(before, course, change, at, self.why, self.by)
        try:
            after, written = self._made(making, book, is_file=entry is None)
        except NoPlan as refusal:
            if self.form == "json":
                click.echo(json.dumps(refusal_data(refusal), ensure_ascii=False, indent=2))
            raise
        for path in written:
            say("written", str(path))
        self._print(before, after)
        if entry and not self.output and not self.dry_run:
            step = f"ketasched register show {after.patient} -o DIR"
            say("note", f"pages and calendars made before are not of this revision: {step}")

    def _made(
        self, making: "Making", book: "Book | None", *, is_file: bool
    ) -> tuple[Course, list[Path]]:
        """The course as it is then, and the files that were written, with the register if any."""
        undo = Undo()
        if book is None:
            after = making.explained_made(NO_BOOKINGS)
            with undone_if_it_fails(undo):
                written = [] if self.dry_run else self._write(making.before, after, undo=undo)
            return after, written
        # Imported here because only who has a register gets here.
        from ketasched.register.records import Line, Order  # noqa: PLC0415

        written = []
        folder = self.output / making.before.patient if self.output else self.path.parent

        def write(after: Course) -> None:
            if is_file or self.output:
                over = not is_file and is_in(folder, after)
                again = bool(written)
                written[:] = self._write(making.before, after, over=over, again=again, undo=undo)
            else:
                force = self.force or bool(written)
                written[:] = self._write_changes(making.before, after, force=force, undo=undo)

        order = Order(
            making.course.clinic,
            making.made,
            Line(making.at, "", self.by),
            before=making.before,
            explain=making.explained,
            then=write,
        )
        if self.dry_run:
            return book.tried(order), []
        with undone_if_it_fails(undo):
            return book.entered(order), written

    def _print(self, before: Course, after: Course) -> None:
        if self.form == "json":
            click.echo(json.dumps(told_as_data(before, after), ensure_ascii=False, indent=2))
        else:
            for line in told(before, after):
                click.echo(printable(line))
        for note in notes(before, after):
            say("note", note)
        known = {_about(before, finding) for finding in before.findings}
        overridden = {_about(after, finding) for finding in after.findings}
        # What was decided about chairs stands on the course: only the register can check it.
        for finding in dict.fromkeys((*check(after), *after.findings)):
            about = _about(after, finding)
            if finding.level == "broken" and about not in known:
                kind = "overridden" if about in overridden else "broken"
                say(kind, f"{finding.message.rstrip('.')} ({finding.rule})")

    def _write(
        self,
        before: Course,
        after: Course,
        *,
        undo: Undo,
        over: bool = False,
        again: bool = False,
    ) -> list[Path]:
        """Write the files, `over` those of the course, or `again`, after a try just before."""
        folder, name = self.path.parent, self.path.name
        if self.output:
            folder, name = self.output / after.patient, "course.json"
            refuse_link(folder)
        files: dict[str, bytes] = {}
        if self.output or (folder / f"{after.patient}.ics").exists():
            split = any((folder / place).is_dir() for place in SPLIT)
            files = handout(after, driver_label=self.driver_label, split=split)
        files[name] = render(after, "json", View()).encode()
        force = self.force or again
        changes = self._changes(before, after)
        self._look_at_changes(changes, {(folder / name).resolve() for name in files}, force=force)
        beside = {path: data for path, data in changes.items() if path.parent != folder}
        files |= {path.name: data for path, data in changes.items() if path.parent == folder}

        def go_before() -> None:
            """Nobody else may have changed the course, and the changes have to have their place:
            they cannot be made any more once the course is written.
            """
            if not self.output:
                _refuse_stale(self.path, before, after)
            self._write_beside(beside, force=force, undo=undo)

        written = write_folder(
            folder,
            files,
            replaced=INNER_FILES,
            force=force or over or not self.output,
            still=go_before,
            undo=undo,
        )
        return [*written, *beside]

    def _write_changes(
        self, before: Course, after: Course, *, force: bool, undo: Undo
    ) -> list[Path]:
        """Write the calendars with only what changed, if that is asked for."""
        changes = self._changes(before, after)
        self._look_at_changes(changes, (), force=force)
        self._write_beside(changes, force=force, undo=undo)
        return list(changes)

    def _write_beside(self, changes: Mapping[Path, bytes], *, force: bool, undo: Undo) -> None:
        for path, data in changes.items():
            write_folder(path.parent, {path.name: data}, force=force, undo=undo)

    def _changes(self, before: Course, after: Course) -> dict[Path, bytes]:
        """The calendars of what changed; where those of several drivers did, one for each."""
        if self.changes is None:
            return {}
        if not self.changes.name:
            raise BadRequest(
                "changes", "expected a file's name", next_step="--changes changes.ics"
            )
        found = handed_changes(before, after, View(self.audience, self.driver_label))
        if not any(b"BEGIN:VEVENT" in data for data in found.values()):
            say("note", f"nothing changes for the {self.audience}: {self.changes} has no entries")
        if len(found) == 1:
            (name,) = found
            if name:
                say("note", f"{self.changes} is for {name}")
            return {self.changes: found[name]}
        called = file_names(found)
        place, ending = self.changes, self.changes.suffix
        return {
            place.with_name(f"{place.stem}-{called[name]}{ending}"): data
            for name, data in found.items()
        }

    def _look_at_changes(
        self, changes: Iterable[Path], own: Collection[Path], *, force: bool
    ) -> None:
        """Refuse, before anything is written, a file for the changes that is there already."""
        for path in changes:
            if path.resolve() in own:
                raise BadRequest("changes", f"{path} is a file of the course itself")
            if path.exists() and not force:
                step = "another name, or --force to write over it"
                raise Refused(f"there already: {path}", next_step=step)


@dataclass(frozen=True)
class Making:
    """A change of a course, and what it is made of; `course` is `before` with what is newer."""

    before: Course
    course: Course
    change: Change
    at: datetime
    why: str
    by: str

    def made(self, bookings: Bookings) -> Course:
        """The course after the change. Raises `BadRequest`, `NoPlan`."""
        return revise(
            self.before,
            self.change,
            at=self.at,
            why=self.why,
            by=self.by,
            clinic=self.course.clinic,
            busy=self.course.request.busy,
            bookings=bookings,
        )

    def explained_made(self, bookings: Bookings) -> Course:
        """The same, where a refusal says what else would do."""
        try:
            return self.made(bookings)
        except NoPlan as error:
            raise self.explained(error, bookings) from None

    def explained(self, error: NoPlan, bookings: Bookings) -> NoPlan:
        """The refusal with what else would do."""
        attempts = Attempts(self.course, self.at, bookings, for_a_second())
        return with_other_ways(error, self.change, attempts)


def refuse_odd_text(field: str, text: str) -> None:
    """Refuse a text that no file of ours could hold, or that breaks lines."""
    odd = odd_character(text)
    if odd:
        raise BadRequest(field, f"has the character {odd}, which no text needs")


def _refuse_stale(path: Path, before: Course, after: Course) -> None:
    found = load_course(str(path))
    if found.revision != before.revision and found != after:
        raise _stale(path, found.revision, before.revision)


def _stale(path: Path, found: int, expected: int) -> Refused:
    return Refused(
        f"{path}: is at revision {found}, not {expected}: somebody else has changed it",
        next_step=f"ketasched show {path}, then try again",
    )


def _about(course: Course, finding: Finding) -> tuple[str, str, str]:
    """A finding's rule, its visit, whatever number that has, and how it is broken."""
    uid = course.visits[finding.visit - 1].uid if finding.visit else ""
    return finding.rule, uid, finding.message


def changing(function: Callable[..., Change]) -> Callable[..., None]:
    """The options that all verbs have, and the course that the group was given."""

    @wraps(function)
    @click.pass_obj
    def with_work(path: Path, /, **options: Any) -> None:
        asked = {one.name: options.pop(one.name) for one in fields(Work) if one.name != "path"}
        asked["overrides"] = tuple(asked["overrides"])
        change = function(overrides=asked["overrides"], **options)
        Work(path=path, **asked).do(change)

    command: Callable[..., None] = with_work
    for option in reversed(OPTIONS):
        command = option(command)
    return command
