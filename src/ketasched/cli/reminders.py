"""`ketasched reminders`: the messages to patients, for a texting service."""

import click

from ketasched.api.exchange import ClinicExchange
from ketasched.cli import options
from ketasched.cli.anonymity import hide_names, may_name_people
from ketasched.cli.day_query import DayQuery, days_ahead, which_clinic_option
from ketasched.cli.hints import pasteable
from ketasched.cli.output import say
from ketasched.cli.queue_output import QueueOptions, queue_options
from ketasched.cli.register_option import register_option
from ketasched.errors import command_line
from ketasched.language.locale import Locale
from ketasched.model.queues import PatientReminder
from ketasched.model.wall_clock import day_text


@click.command("reminders")
@click.option(
    "--next",
    "ahead",
    metavar="DAYS",
    default="7d",
    show_default=True,
    help="How far ahead to look: 7d is today and the seven days after it, 2w two weeks.",
)
@register_option
@which_clinic_option
@options.group(QueueOptions, "output", *queue_options)
@options.today()
def command(
    *,
    ahead: str,
    register_address: str | None,
    clinic_path: str | None,
    output: QueueOptions,
    today: str | None,
) -> None:
    """List the messages to be sent to patients who agreed to reminders; nothing is sent.

    Each has a key that stays the same: a service that sends each key once sends nothing twice.

    \b
    ketasched reminders
    ketasched reminders --next 1d --format ndjson >messages.ndjson
    """
    how_far, columns = days_ahead(ahead), output.columns("reminders")
    query = DayQuery(register_address, clinic_path)
    now = query.now(today)
    last = now.date() + how_far
    found = ClinicExchange(query.register).reminders(at=now, days=how_far.days, clinic=query.named)
    reachable = [one for one in found if one.to or one.email]
    output.print(reachable, columns, [_cells(one, query.locale) for one in reachable])
    if nowhere := sorted({one.patient for one in found} - {one.patient for one in reachable}):
        hide_names(*nowhere)
        who = "1 patient" if len(nowhere) == 1 else f"{len(nowhere)} patients"
        people = f": {', '.join(nowhere)}" if may_name_people() else ""
        said = "agreed to reminders, without a phone number or a mail address"
        say("warning", f"{who} {said}{people}")
        step = command_line("revise", nowhere[0], "wishes", "--patient-phone", "PHONE")
        say("try", pasteable(step))
    if not found:
        say("note", f"no reminders from today to {day_text(last)}")


def _cells(one: PatientReminder, locale: Locale) -> tuple[str, ...]:
    return locale.moment_text(one.send_at, year=False), one.to or one.email, one.patient, one.text
