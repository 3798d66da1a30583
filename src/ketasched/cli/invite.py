"""`ketasched invite`: invitations as mails in a folder, for the clinic's own mail program."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import click

from ketasched.cli import options
from ketasched.cli.output import SOME_FAILED, note_done, print_as, say
from ketasched.cli.publication import Publication, Publishing
from ketasched.cli.register_option import register_option
from ketasched.errors import BadRequest
from ketasched.events.view import clinic_locale
from ketasched.exchange.invitation_mail import invitation_mail
from ketasched.exchange.invitation_record import RECORD, parse_record, record_bytes, with_files
from ketasched.exchange.invitations import (
    Attendee,
    Invitation,
    due_invitations,
    invitations,
    remembered,
)
from ketasched.files.load import load_clinic
from ketasched.files.outbox import outbox, read_record_file, write_mails
from ketasched.model import Course
from ketasched.model.identifiers import clinic_key
from ketasched.render.columns import aligned
from ketasched.render.ics import itip_method


@click.command("invite")
@click.argument("names", metavar="[COURSE|PATIENT]...", nargs=-1)
@click.option(
    "-o", "--output", metavar="DIR", required=True, help="The folder from which mails are sent."
)
@register_option
@options.clinic("Which clinic, where the register has several; its address.")
@click.option(
    "--for",
    "audience",
    type=click.Choice([*get_args(Attendee), "both"]),
    default="both",
    show_default=True,
    help="Who is invited.",
)
@options.flag("--dry-run", "Say what would be written, and write nothing.")
@options.output_format()
@options.today()
def command(
    *,
    names: tuple[str, ...],
    output: str,
    register_address: str | None,
    clinic_path: str | None,
    audience: str,
    dry_run: bool,
    form: str | None,
    today: str | None,
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
    publishing = Publishing(
        register_address,
        clinic_path,
        rotate=False,
        dry_run=dry_run,
        base_url="",
        form=form,
        today=today,
    )
    attendees = get_args(Attendee) if audience == "both" else (audience,)
    folder = Path(output)
    with ExitStack() as stack:
        if not dry_run:
            stack.enter_context(outbox(folder))
        # Read once the folder is locked: so nobody writes an older state over a newer one.
        publications = publishing.publications(names)
        record = folder / RECORD
        written, sent = parse_record(read_record_file(record), str(record))
        now = max(one.now for one in publications).astimezone(UTC)
        found = _due(publications, sent, clinic_path, attendees)
        written, due = with_files(written, {one.key: one for one in found}.values())
        if due and not dry_run:
            _write(folder, written, sent, due, now)
            note_done("the invitations are written")
    _print(publications, due, form)
    if not due and not sent:
        say("note", "nobody with an e-mail address has a visit to come")
        say("try", "ketasched revise COURSE wishes --patient-email EMAIL")
    done = Counter(itip_method(one.status) for one in due)
    counts = f"{done['REQUEST']:,} new or changed, {done['CANCEL']:,} called off"
    where = "nothing was written (--dry-run)" if dry_run else str(folder)
    say("note", f"invitations: {counts}; {where}")
    if any(publication.damaged for publication in publications):
        raise click.exceptions.Exit(SOME_FAILED)


def _due(
    publications: Sequence[Publication],
    sent: Sequence[Invitation],
    clinic_path: str | None,
    attendees: Sequence[str],
) -> Iterator[Invitation]:
    """What is to be sent of each publication, to these attendees. Raises `BadRequest`."""
    for one in publications:
        is_registered = bool(one.owner) or not one.complete
        today = [
            invitation
            for course in one.courses
            for invitation in invitations(
                course, _organizer(one, course, clinic_path), is_registered=is_registered
            )
            if invitation.attendee in attendees
        ]
        if any(not invitation.organizer for invitation in today):
            said = "invitations need the clinic's e-mail address, which answers go to"
            step = 'in the clinic\'s file: email = "appointments@example.org"\nthen: --clinic FILE'
            raise BadRequest("clinic", said, next_step=step)
        known = [invitation for invitation in sent if invitation.attendee in attendees]
        is_whole = bool(one.owner) and one.complete
        yield from due_invitations(
            known, today, one.courses, one.now.astimezone(UTC), is_whole_register=is_whole
        )


def _organizer(publication: Publication, course: Course, clinic_path: str | None) -> str:
    """The address of the clinic: of its file, else as the register or the course knows it."""
    path = options.clinic_file(clinic_path)
    clinics = [load_clinic(path)] if path else []
    clinics += [publication.clinic] if publication.clinic else []
    key = clinic_key(course.clinic)
    own = (one.email for one in clinics if one.email and (clinic_path or clinic_key(one) == key))
    return next(own, course.clinic.email)


def _write(
    folder: Path,
    written: int,
    sent: Sequence[Invitation],
    due: Sequence[Invitation],
    now: datetime,
) -> None:
    """Write the mails, and the record of them before and after.

    Whoever is killed in between has the mails in the record as pending: the next time they are
    written again, which is harmless, or, if they no longer hold, called off.
    """
    known = {one.key: one for one in sent} | {one.key: one for one in due}
    before = record_bytes(written, known.values())
    known |= {one.key: replace(one, pending=False) for one in due}
    after = record_bytes(written, remembered(known.values(), now))
    mails = {one.file: invitation_mail(one) for one in due}
    write_mails(folder, mails, (RECORD, before), (RECORD, after))


def _print(
    publications: Sequence[Publication], due: Sequence[Invitation], form: str | None
) -> None:
    """Print which mail is for whom."""
    courses = {course.course_id: course for one in publications for course in one.courses}
    rows = [
        {
            "patient": courses[one.course_id].patient if one.course_id in courses else "",
            "attendee": one.attendee,
            "to": one.to,
            "method": itip_method(one.status),
            "start": one.event.start.isoformat(timespec="minutes"),
            "sequence": one.sequence,
            "file": one.file,
        }
        for one in due
    ]
    cells = []
    for one, row in zip(due, rows, strict=True):
        course = courses.get(one.course_id)
        when = clinic_locale(course.clinic).moment_text(one.event.start) if course else one.when
        what = "invited" if row["method"] == "REQUEST" else "called off"
        cells.append((str(row["patient"]), one.attendee, what, when, one.to, one.file))
    print_as(form, rows, aligned(cells))
