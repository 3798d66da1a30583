"""`ketasched reminders`: the messages to patients, for a texting service."""

import click

from ketasched.api.exchange import ClinicExchange
from ketasched.cli import options
from ketasched.cli.anonymity import hide_names, people_text
from ketasched.cli.day_query import ComingDays, coming_days
from ketasched.cli.output import say
from ketasched.cli.queue_output import QueueOptions, queue_options
from ketasched.errors import command_line
from ketasched.language.locale import Locale
from ketasched.model.queues import PatientReminder
from ketasched.model.wall_clock import day_text


@click.command("reminders")
@coming_days("7d")
@options.group(QueueOptions, "output", *queue_options)
def command(*, coming: ComingDays, output: QueueOptions) -> None:
    """List the messages to be sent to patients who agreed to reminders; nothing is sent.

    Each has a key that stays the same: a service that sends each key once sends nothing twice.

    \b
    ketasched reminders
    ketasched reminders --next 1d --format ndjson >messages.ndjson
    """
    columns = output.columns("reminders")
    query, now, last = coming.query, coming.now, coming.last
    found = ClinicExchange(query.register).reminders(
        at=now, days=coming.ahead.days, clinic=query.named
    )
    reachable = [one for one in found if one.to or one.email]
    output.print(reachable, columns, [_cells(one, query.locale) for one in reachable])
    if nowhere := sorted({one.patient for one in found} - {one.patient for one in reachable}):
        hide_names(*nowhere)
        who = "1 patient" if len(nowhere) == 1 else f"{len(nowhere)} patients"
        said = "agreed to reminders, without a phone number or a mail address"
        say("warning", f"{who} {said}{people_text(nowhere)}")
        step = command_line("revise", nowhere[0], "wishes", "--patient-phone", "PHONE")
        say("try", step)
    if not found:
        say("note", f"no reminders from today to {day_text(last)}")


def _cells(one: PatientReminder, locale: Locale) -> tuple[str, ...]:
    return locale.moment_text(one.send_at, year=False), one.to or one.email, one.patient, one.text
