"""`ketasched invite`: invitations as mails in a folder, for the clinic's own mail program."""

from functools import partial
from pathlib import Path
from typing import get_args

import click

from ketasched.api.invitations import BOTH, write_invitations
from ketasched.api.publication import Publication
from ketasched.cli import options
from ketasched.cli.course_selection import CourseSelection, folder_text, say_published
from ketasched.cli.output import note_done, print_as, say
from ketasched.cli.register_option import register_option
from ketasched.events.view import clinic_locale
from ketasched.exchange.invitation_record import RECORD
from ketasched.exchange.invitations import Attendee, Invitation
from ketasched.files.disk import kind_at
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
    if not done.rows and not kind_at(Path(output) / RECORD):
        say("note", "nobody with an e-mail address has a visit to come")
        say("try", "ketasched revise COURSE wishes --patient-email EMAIL")
    say_published("invitations", done, place, dry_run=dry_run)


def _print(done: Publication[Invitation], form: str | None) -> None:
    """Print which mail is for whom."""
    courses = {course.course_id: course for each in done.found for course in each.courses}
    rows, cells = list[dict[str, object]](), list[tuple[str, ...]]()
    for one in done.rows:
        course, method = courses.get(one.course_id), itip_method(one.status)
        patient, start = course.patient if course else "", one.event.start
        rows.append(
            {
                "patient": patient,
                "attendee": one.attendee,
                "to": one.to,
                "method": method,
                "start": start.isoformat(timespec="minutes"),
                "sequence": one.sequence,
                "file": one.file,
            }
        )
        when = clinic_locale(course.clinic).moment_text(start) if course else one.when
        what = "invited" if method == "REQUEST" else "called off"
        cells.append((patient, one.attendee, what, when, one.to, one.file))
    print_as(form, rows, aligned(cells))
