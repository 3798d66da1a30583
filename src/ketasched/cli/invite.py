"""`ketasched invite`: invitations as mails in a folder, for the clinic's own mail program."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import get_args

import click

from ketasched.api.invitations import BOTH, write_invitations
from ketasched.api.publication import Publication
from ketasched.cli import options
from ketasched.cli.anonymity import people_text
from ketasched.cli.course_selection import CourseSelection, folder_text, say_published
from ketasched.cli.output import note_done, print_as, say
from ketasched.cli.register_option import register_option
from ketasched.errors import command_line
from ketasched.events.view import clinic_locale
from ketasched.exchange.invitations import Attendee, Invitation, without_address
from ketasched.render.columns import aligned
from ketasched.render.ics import itip_method


@click.command("invite")
@click.argument("names", metavar="[COURSE|PATIENT]...", nargs=-1)
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    required=True,
    callback=options.not_empty,
    help="The folder from which mails are sent.",
)
@click.option(
    "--for",
    "audience",
    type=click.Choice([*get_args(Attendee), "both"]),
    default="both",
    show_default=True,
    help="Who is invited.",
)
@options.group(
    CourseSelection,
    "selection",
    register_option,
    options.clinic("Which clinic, where the register has several; its address."),
    options.today(),
)
@options.flag("--dry-run", "Say what would be written, and write nothing.")
@options.output_format()
def command(
    *,
    names: tuple[str, ...],
    output: str,
    audience: str,
    selection: CourseSelection,
    dry_run: bool,
    form: str | None,
) -> None:
    """Write invitations, one mail a visit, for patients and drivers who have an e-mail address.

    Without a name it is all courses of the register. Only what is new or has changed since the
    last time is written; what no longer takes place is called off. Nothing is sent: a mail program
    of yours does that, with the files in the folder. The file invitations.json there has to stay.

    \b
    ketasched invite -o outbox
    ketasched invite P-014 -o outbox --for driver
    ketasched invite courses/P-014 -o outbox
    """
    attendees = [one for one in BOTH if audience in (one, "both")]
    read = partial(selection.read, names)
    place = folder_text(Path(output))
    done = write_invitations(read, output, attendees=attendees, dry_run=dry_run)
    if done.rows and not dry_run:
        note_done("the invitations are written")
    _print(done, form)
    _say_left_out(done, names or [""], attendees, selection.register_address)
    say_published("invitations", done, place, dry_run=dry_run)


def _say_left_out(
    done: Publication[Invitation],
    names: Sequence[str],
    attendees: Sequence[Attendee],
    register_address: str | None,
) -> None:
    """Say how many have no address, who they are if that may be said, and how to give one.

    `names` are those of the courses that were found.
    """
    left_out = {
        who: name if one.source == "files" else course.patient
        for name, one in zip(names, done.found, strict=True)
        for course in one.courses
        for who in without_address(course, one.now)
        if who[0] in attendees
    }
    if not left_out:
        return
    counts = Counter(attendee for attendee, _ in left_out)
    several = " and ".join(f"{n:,} {who}{'s' * (n != 1)}" for who, n in counts.items())
    have = "has" if len(left_out) == 1 else "have"
    people = people_text(name for _, name in left_out)
    say("note", f"{several} with visits to come {have} no e-mail address{people}")
    (attendee, patient), course = next(iter(left_out.items()))
    if attendee == "patient":
        usual = ["--register"] if register_address is None and course == patient else []
        step = ("revise", course, "wishes", "--patient-email", "EMAIL", *usual)
        say("try", command_line(*step))


def _print(done: Publication[Invitation], form: str | None) -> None:
    """Print which mail is for whom."""
    courses = {course.course_id: course for each in done.found for course in each.courses}
    rows, cells = list[dict[str, object]](), list[tuple[str, ...]]()
    for one in done.rows:
        course = courses.get(one.course_id)
        patient, start = course.patient if course else "", one.event.start
        rows.append(
            {
                "patient": patient,
                "attendee": one.attendee,
                "to": one.to,
                "what": one.what,
                "method": itip_method(one.status),
                "start": start.isoformat(timespec="minutes"),
                "sequence": one.sequence,
                "file": one.file,
            }
        )
        when = clinic_locale(course.clinic).moment_text(start) if course else one.when
        cells.append((patient, one.attendee, one.what, when, one.to, one.file))
    print_as(form, rows, aligned(cells))
