"""What the verbs of `revise` share: their options, and how a change is made and written."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import click

from ketasched.api.asked_changes import AskedChange
from ketasched.api.changes import booking_of
from ketasched.cli import options
from ketasched.cli.booking import book_and_write
from ketasched.cli.busy_option import busy_options
from ketasched.cli.change_output import last_and_following, print_change
from ketasched.cli.course_source import CourseSource
from ketasched.cli.delivery import audience_option, output_option, say_what_is_left
from ketasched.cli.output import print_as, refusal_as_json, say
from ketasched.cli.register_option import has_usual_register, register_option
from ketasched.errors import BadRequest, NoPlan, NothingToDo, Refused, command_line
from ketasched.events.view import View
from ketasched.files.atomic_write import prepared_folder
from ketasched.files.change_parsing import read_change
from ketasched.files.disk import kind_at, refuse_all_but
from ketasched.files.load import load_course
from ketasched.model import Audience, Course
from ketasched.register.course_lookup import later_revision
from ketasched.register.records import CourseEntry
from ketasched.render import patient_folder
from ketasched.render.course_folders import followed_folder, holds_course
from ketasched.render.patient_folder import KEPT_COURSE
from ketasched.revising.verbs import OVERRIDABLE, plans_dates


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
    large: bool
    expect_revision: int | None
    output: Path | None
    force: bool
    form: str | None

    def apply(self, path: Path, verb: str, typed: dict[str, Any]) -> None:
        """Make the change of the course at `path`, write its files, and print what it did.

        `typed` are the arguments and options of the verb's own.
        """
        before, entry = self.find(str(path))
        found = None if entry else before
        at = self.moment(before)
        today = at.astimezone(before.visits[0].start.tzinfo).date()
        visit, order = typed.pop("visit", None), before.clinic.date_order
        change = read_change(verb, visit, typed, order=order, today=today)
        before = self._latest(path, found) if found else before
        if self.expect_revision not in (None, before.revision):
            raise _stale(path if before is found else before.patient, before, self.expect_revision)
        newer = self.with_newer(before, at, plans=plans_dates(change))
        asked = AskedChange(
            before,
            newer,
            replace(change, overrides=self.overrides),
            at,
            self.reason,
            self.by_whom,
            options.time_budget,
        )
        booking = booking_of(asked, typed, self.clinic_path or "the course's clinic")
        files = partial(self._files, path, found, before)
        try:
            with refusal_as_json(self.form), self._older_files_named(path, found, before):
                after, written = book_and_write(
                    self.register, booking, files, dry_run=self.dry_run
                )
        except NothingToDo as error:
            say("note", error.what)
            print_as(self.form, [], ())
            return
        for name in written:
            say("written", str(name))
        if written and self.output and before.patient != after.patient:
            say_what_is_left(self.output / before.patient, self.output / after.patient)
        print_change(before, after, self.form, dry_run=self.dry_run)
        if not self.dry_run:
            self._say_what_is_not_done(path, before, after, is_file=found is not None)

    def _say_what_is_not_done(
        self, path: Path, before: Course, after: Course, *, is_file: bool
    ) -> None:
        """Say what is still as it was: other courses of a patient, files, the usual register."""
        left: Sequence[CourseEntry] = ()
        if self.register and before.patient != after.patient:  # an undo took a reference back
            left = self.register.entries(before.clinic, before.patient)
        if left:
            several = f"{len(left)} other courses are" if len(left) > 1 else "another course is"
            step = command_line("register", "rename", before.patient, after.patient)
            say("note", f"{several} still called {before.patient}; to give back all: {step}")
        if not (is_file or self.output):
            step = command_line("register", "show", after.patient, "-o", "DIR")
            say("note", f"pages and calendars made before are not of this revision: {step}")
        if not self.register and has_usual_register():
            # A register that nobody asked for is not opened, so what it has is not known here.
            place = self.output / after.patient if self.output else path
            step = command_line("register", "import", str(place), "--register")
            say("note", f"your register is as it was; if the course is booked there: {step}")

    def _latest(self, path: Path, found: Course) -> Course:
        """The course that is to be changed: a later revision, if the register has one.

        A folder is older than the register if a command ended between the entry and the files.
        """
        stored = later_revision(self.register, found) if self.register else None
        if not stored:
            return found
        said = f"is at revision {found.revision}, and the register at {stored.revision}"
        say("note", f"{path}: {said}: the change is made to that one")
        return stored

    @contextmanager
    def _older_files_named(
        self, path: Path, found: Course | None, before: Course
    ) -> Iterator[None]:
        """Say how files that are older than the register get up to date if the block raises.

        Whoever repeats a command that ended between the entry and the files is told that it is
        done already; to undo it would be wrong.
        """
        try:
            yield
        except (BadRequest, NoPlan, NothingToDo) as error:
            wanted = self.output if isinstance(error, NothingToDo) else None
            if found and before is not found:  # `found` is the older one
                usual = path.parent.parent if path.parent.name == before.patient else "DIR"
                wanted = wanted or Path(usual)
            if wanted and self.register and not self.dry_run:
                step = command_line(
                    *("register", "show", before.patient, "-o"), str(wanted), "--force"
                )
                say("note", f"no file is written; those of revision {before.revision}: {step}")
            raise

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
        pages = folder / f"{(found or after).patient}.ics"
        with_pages = bool(self.output or (kind_at(pages) and not KEPT_COURSE.fullmatch(name)))
        files: dict[str, bytes] = {}
        if found or self.output:
            files = self._course_files(folder, name, before, after, with_pages=with_pages)
        replaced = dict(patient_folder.REPLACED_FILES) if with_pages else {}
        if found and found.patient != after.patient and len(files) > 1:
            replaced["."] = patient_folder.own_files(found.patient)
        changes = self._changed_calendars(before, after)
        own = {(folder / one).resolve() for one in files}
        place = self.changes.parent if self.changes else folder
        for one in changes:
            refuse_taken(place / one, own, force=self.force)
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
            stack.enter_context(followed_folder(self.output, before.patient, after))
            if files:
                own_course = after if after.course_id == before.course_id else before
                is_same = not found and holds_course(
                    folder, own_course, refuse_later=not self.force
                )
                paths += stack.enter_context(
                    prepared_folder(
                        folder,
                        files,
                        replaced=replaced,
                        force=self.force or is_same or not self.output,
                        before_write=refuse_stale,
                    )
                )
            if changes:
                # Prepared last, and so named first: once the course has its name, what changed
                # cannot be found any more.
                paths += stack.enter_context(prepared_folder(place, changes, force=self.force))
            yield paths

    def _course_files(
        self, folder: Path, name: str, before: Course, after: Course, *, with_pages: bool
    ) -> dict[str, bytes]:
        """The course file, and the pages and calendars if they are wanted.

        After a switch the old course is kept as course-1.json, or with the next free number.
        """
        files: dict[str, bytes] = {}
        if self.output:
            refuse_all_but("a folder", folder)
        last, following = last_and_following(before, after)
        if following:
            names = (f"course-{number}.json" for number in count(1))
            kept = next(one for one in names if not kind_at(folder / one))
            files[kept] = patient_folder.render_course_file(last)
        if with_pages:
            split = any(kind_at(folder / place) for place in patient_folder.EVENT_FOLDERS)
            label = self.driver_label
            files |= patient_folder.render_folder(
                after, driver_label=label, split=split, large=self.large
            )
            if following or kind_at(folder / patient_folder.CHANGES_FOLDER):
                files |= patient_folder.render_changes_folder(
                    before, last, following, driver_label=label
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
        last, following = last_and_following(before, after)
        view = View(self.audience, self.driver_label)
        found = patient_folder.changed_calendars(before, last, view, following)
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
    *busy_options,
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
    options.flag("--large", "As for plan."),
    click.option(
        "--expect-revision", type=int, metavar="N", help="Refuse unless the course is at this one."
    ),
    output_option("Write all files into DIR/<patient>/, and none where the course lies."),
    options.flag("--force", "With -o or --changes: write over what exists."),
    options.clinic("The clinic's newer hours."),
    options.output_format(),
)
"""The options of every verb."""


def refuse_taken(path: Path, own: Collection[Path], *, force: bool) -> None:
    """Raise if a file of changes would be one of the course's own, or exists already."""
    if path.resolve() in own:
        raise BadRequest("changes", f"{path} is a file of the course itself")
    if kind_at(path) and not force:
        step = "another name, or --force to write over it"
        raise Refused(f"there already: {path}", next_step=step)


def _stale(name: Path | str, found: Course, expected: int | None) -> Refused:
    """The refusal of a course that is at another revision, by its path or its patient's name."""
    show = ("show",) if isinstance(name, Path) else ("register", "show")
    return Refused(
        f"{name}: is at revision {found.revision}, not {expected}: somebody else has changed it",
        next_step=f"look at it, then try again: {command_line(*show, str(name))}",
    )
