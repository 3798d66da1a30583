"""`ketasched invite`: invitations as mails in a folder, for the clinic's own mail program."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import click

from ketasched.api.invitations import BOTH, write_invitations
from ketasched.api.publication import Publication
from ketasched.cli import options
from ketasched.cli.anonymity import people_text
from ketasched.cli.course_selection import CourseSelection, folder_text
from ketasched.cli.output import note_done, print_as, say
from ketasched.cli.register_option import register_option
from ketasched.errors import command_line
from ketasched.events.view import clinic_locale
from ketasched.exchange.invitations import Attendee, Invitation, without_address
from ketasched.render.columns import aligned
from ketasched.render.ics import itip_method


@dataclass(frozen=True)
class InviteOptions(CourseSelection):
    """The options of the command."""

    output: str
    audience: str

    @property
    def attendees(self) -> list[Attendee]:
        """Who is invited."""
        return [one for one in BOTH if self.audience in (one, "both")]


@click.command("invite")
@options.group(
    InviteOptions,
    "given",
    click.argument("names", metavar="[COURSE|PATIENT]...", nargs=-1),
    click.option(
        "-o",
        "--output",
        metavar="DIR",
        required=True,
        callback=options.not_empty,
        help="The folder from which mails are sent.",
    ),
    click.option(
        "--for",
        "audience",
        type=click.Choice([*BOTH, "both"]),
        default="both",
        show_default=True,
        help="Who is invited.",
    ),
    register_option,
    options.clinic("Which clinic, where the register has several; its address."),
    options.today(),
    options.flag("--dry-run", "Say what would be written, and write nothing."),
    options.output_format(),
)
def command(*, given: InviteOptions) -> None:
    """Write invitations, one mail a visit, for patients and drivers who have an e-mail address.

    Without a name it is all courses of the register. Only what is new or has changed since the
    last time is written; what no longer takes place is called off. Nothing is sent: a mail program
    of yours does that, with the files in the folder. The file invitations.json there has to stay.

    \b
    ketasched invite -o outbox
    ketasched invite P-014 -o outbox --for driver
    ketasched invite courses/P-014 -o outbox
    """
    place, dry_run = folder_text(Path(given.output)), given.dry_run
    done = write_invitations(given.read, given.output, attendees=given.attendees, dry_run=dry_run)
    if done.rows and not dry_run:
        note_done("the invitations are written")
    _print(done, given.form)
    _say_left_out(done, given)
    given.say_done("invitations", done, place)


def _say_left_out(done: Publication[Invitation], given: InviteOptions) -> None:
    """Say how many have no address, who they are if that may be said, and how to give one."""
    left_out = {
        who: name if one.source == "files" else course.patient
        for name, one in zip(given.names or [""], done.found, strict=True)
        for course in one.courses
        for who in without_address(course, one.now)
        if who[0] in given.attendees
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
        is_usual = given.register_address is None and course == patient
        step = "revise", course, "wishes", "--patient-email", "EMAIL"
        say("try", command_line(*step, *(["--register"] if is_usual else [])))


def _print(done: Publication[Invitation], form: str | None) -> None:
    """Print which mail is for whom."""
    courses = {course.course_id: course for each in done.found for course in each.courses}
    rows, cells = list[dict[str, object]](), list[tuple[str, ...]]()
    for one in done.rows:
        course = courses.get(one.course_id)
        patient, start = course.patient if course else "", one.event.start
        who = {"patient": patient, "attendee": one.attendee, "to": one.to, "what": one.what}
        when = {"method": itip_method(one.status), "start": start.isoformat(timespec="minutes")}
        rows.append({**who, **when, "sequence": one.sequence, "file": one.file})
        said = clinic_locale(course.clinic).moment_text(start) if course else one.when
        cells.append((patient, one.attendee, one.what, said, one.to, one.file))
    print_as(form, rows, aligned(cells))
