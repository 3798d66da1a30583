"""`ketasched register rename`: the courses of a patient under another reference."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ketasched.cli import options
from ketasched.cli.anonymity import hide_names, hide_people
from ketasched.cli.change_report import change_data, change_lines
from ketasched.cli.course_source import entries_of, former_courses, patient_named
from ketasched.cli.delivery import Delivery, holds_course, output_option
from ketasched.cli.hints import pasteable
from ketasched.cli.output import in_local_style, note_done, print_as, say, use_clock_of
from ketasched.cli.register_option import needed_register, register_option
from ketasched.cli.revised_folders import followed_folder, say_what_is_left
from ketasched.errors import BadRequest, command_line
from ketasched.files.disk import kind_at
from ketasched.files.load import load_clinic
from ketasched.files.option_values import refuse_bad_value, refuse_unsafe_text
from ketasched.files.request_parsing import REQUEST_FIELDS, read_field
from ketasched.model import Course
from ketasched.register.records import LogEntry, prepared_files
from ketasched.render.patient_folder import EVENT_FOLDERS, refuse_sensitive_reference
from ketasched.revising.rename import rename

if TYPE_CHECKING:
    from ketasched.register.register import Register

Revision = tuple[Course, Course]
"""A course before and after it was renamed."""


@dataclass(frozen=True)
class RenameOptions:
    """The options of `register rename`."""

    reason: str
    by_whom: str
    dry_run: bool
    output: Path | None
    force: bool
    clinic_path: str | None
    today: str | None
    form: str | None

    def revisions(self, register: "Register", old: str, new: str) -> list[Revision]:
        """Each course of the patient `old` before and after, the one that ends last first.

        There is none if the patient is called `new` already. Raises `BadRequest`, `BadFile`, and
        `Conflict` if the reference is another patient's.
        """
        clinic = load_clinic(self.clinic_path) if self.clinic_path else None
        if Path(old).exists() and not patient_named(register, old, clinic):
            said = f"{old} is a file or a folder, and no patient of the register"
            step = command_line("register", "import", old)
            raise BadRequest("old", said, next_step=f"enter it, then rename the patient: {step}")
        entries = entries_of(register, old, clinic)
        before = [register.course(entry.course_id) for entry in reversed(entries)]
        hide_people(*before)
        use_clock_of(before[0].clinic)
        if before[0].patient == new:
            return []
        _refuse_sensitive(before[0], new)
        at = options.moment_of(self.today, before[0].visits[0].start.tzinfo, field="today")
        after = rename(before, new, at=at, why=self.reason, by=self.by_whom)
        register.refuse_taken_reference(after)
        return list(zip(before, after, strict=True))


@click.command("rename")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@register_option
@options.group(
    RenameOptions,
    "given",
    options.text("--reason", "TEXT", "Why; the history keeps it."),
    options.text("--by-whom", "NAME", "Who decided it."),
    options.flag("--dry-run", "Say what would change, and write nothing."),
    output_option("Write all files into DIR/NEW/; those of the course in DIR/OLD/ go."),
    options.flag("--force", "With -o: write over files that exist."),
    options.clinic("Of which clinic the patient is."),
    options.today(options.MOMENT_OF_CHANGE),
    options.output_format(),
)
def command(*, old: str, new: str, register_address: str | None, given: RenameOptions) -> None:
    """Give a patient another reference, in all of their courses at once.

    Visits and identifiers stay. Every course gets a revision, which `revise NEW undo` takes back.
    Only with -o do files follow: DIR/NEW/ is written, and what ketasched wrote into DIR/OLD/ goes.

    \b
    ketasched register rename P-014 P-114
    ketasched register rename P-114 P-014 --reason typo -o courses
    """
    refuse_unsafe_text("reason", given.reason)
    refuse_unsafe_text("by_whom", given.by_whom)
    with refuse_bad_value("new", next_step="a number or initials"):
        new = str(read_field(REQUEST_FIELDS["patient"], new))
    hide_names(new)
    register = needed_register(register_address)
    revisions = given.revisions(register, old, new)
    written: list[Path] = []
    if revisions and not given.dry_run:
        written = _entered(register, revisions, given)
    for path in written:
        say("written", str(path))
    lines = (line for one in revisions for line in change_lines(*one))
    data = [change_data(*one) for one in revisions]
    print_as(given.form, data, map(in_local_style, lines))
    if not revisions:
        say("note", f"nothing to do: {new} is called like this already")
    elif given.dry_run:
        say("note", "nothing is renamed (--dry-run)")
    elif given.output:
        say_what_is_left(*(given.output / one.patient for one in revisions[0]))
    else:
        step = pasteable(command_line("register", "show", new, "-o", "DIR"))
        say("note", f"pages and calendars made before have the old reference: {step}")


def _refuse_sensitive(course: Course, new: str) -> None:
    """Raise `BadRequest` for a reference that tells the treatment, at a discreet clinic."""
    try:
        refuse_sensitive_reference(course.clinic, replace(course.request, patient=new))
    except BadRequest as error:
        error.field = "new"
        raise


def _entered(
    register: "Register", revisions: Sequence[Revision], given: RenameOptions
) -> list[Path]:
    """Enter the revisions and write the files of one course; returns the paths of the files.

    It is the course in the folder of the old reference, else the one that ends last.
    """
    before, after = revisions[0]
    folder = given.output / before.patient if given.output else None
    for one, renamed in revisions if folder else ():
        if folder and holds_course(folder, one, refuse_later=True):
            after = renamed
    former = former_courses(after, {one.course_id: one for _, one in revisions}.get)
    former_ids = [one.course_id for one in former]
    written: list[Path] = []

    @contextmanager
    def files(course: Course) -> Iterator[None]:
        split = any(folder and kind_at(folder / name) for name in EVENT_FOLDERS)
        delivery = Delivery(None, None, "", "", given.output, split=split, force=given.force)
        with ExitStack() as stack:
            stack.enter_context(followed_folder(given.output, before.patient, course, former_ids))
            written[:] = stack.enter_context(delivery.files(course, over_same=True, former=former))
            yield

    line = LogEntry(after.history[-1].at, "", given.by_whom)
    with prepared_files(files, after):
        register.revise_jointly(revisions, line)
    note_done("the patient is renamed")
    return written
