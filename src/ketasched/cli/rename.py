"""`ketasched register rename`: the courses of a patient under another reference."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ketasched.api.renaming import read_new_reference, renamed_courses
from ketasched.cli import options
from ketasched.cli.anonymity import hide_names
from ketasched.cli.change_output import print_revisions
from ketasched.cli.course_source import former_courses
from ketasched.cli.delivery import Delivery, output_option, say_what_is_left
from ketasched.cli.output import note_done, say
from ketasched.cli.register_option import RegisterOptions, needed_register, register_option
from ketasched.errors import BadRequest, command_line
from ketasched.files.disk import is_there, kind_at
from ketasched.model import Course
from ketasched.register.course_lookup import patient_named
from ketasched.register.records import LogEntry, prepared_files
from ketasched.render.course_folders import followed_folder, holds_course
from ketasched.render.patient_folder import EVENT_FOLDERS

if TYPE_CHECKING:
    from ketasched.register.register import Register

Revision = tuple[Course, Course]
"""A course before and after it was renamed."""


@dataclass(frozen=True)
class RenameOptions(RegisterOptions):
    """The options of `register rename`."""

    reason: str
    by_whom: str
    dry_run: bool
    output: Path | None
    force: bool
    form: str | None


@click.command("rename")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@options.group(
    RenameOptions,
    "given",
    register_option,
    options.text("--reason", "TEXT", "Why; the history keeps it."),
    options.text("--by-whom", "NAME", "Who decided it."),
    options.flag("--dry-run", "Say what would change, and write nothing."),
    output_option("Write all files into DIR/NEW/; those of the course in DIR/OLD/ go."),
    options.flag("--force", "With -o: write over files that exist."),
    options.clinic("Of which clinic the patient is."),
    options.today(options.MOMENT_OF_CHANGE),
    options.output_format(),
)
def command(*, old: str, new: str, given: RenameOptions) -> None:
    """Give a patient another reference, in all of their courses at once.

    Visits and identifiers stay. Every course gets a revision, which `revise NEW undo` takes back.
    Only with -o do files follow: DIR/NEW/ is written, and what ketasched wrote into DIR/OLD/ goes.

    \b
    ketasched register rename P-014 P-114
    ketasched register rename P-114 P-014 --reason typo -o courses
    """
    new = read_new_reference(new)
    hide_names(new)
    register, clinic = needed_register(given.register_address), given.named_clinic
    if is_there(old) and not patient_named(register, old, clinic):
        what = f"{old} is a file or a folder, and no patient of the register"
        step = command_line("register", "import", old)
        raise BadRequest("old", what, next_step=f"enter it, then rename the patient: {step}")
    said = {"reason": given.reason, "by_whom": given.by_whom}
    revisions = renamed_courses(register, old, new, given.moment, **said, clinic=clinic)
    written: list[Path] = []
    if revisions and not given.dry_run:
        written = _entered(register, revisions, given)
    for path in written:
        say("written", str(path))
    print_revisions(given.form, revisions)
    if not revisions:
        say("note", f"nothing to do: {new} is called like this already")
    elif given.dry_run:
        say("note", "nothing is renamed (--dry-run)")
    elif given.output:
        say_what_is_left(*(given.output / one.patient for one in revisions[0]))
    else:
        step = command_line("register", "show", new, "-o", "DIR")
        say("note", f"pages and calendars made before have the old reference: {step}")


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
