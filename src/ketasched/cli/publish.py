"""`ketasched publish`: what others subscribe to, brought to where they find it."""

from pathlib import Path

import click

from ketasched.cli import options
from ketasched.cli.delivery import audience_option
from ketasched.cli.publication import Publishing
from ketasched.cli.publish_calendar import Account, publish_calendar
from ketasched.cli.publish_feeds import publish_feeds
from ketasched.cli.register_option import register_option
from ketasched.errors import BadRequest


@click.command("publish")
@click.argument("names", metavar="[COURSE|PATIENT]...", nargs=-1, type=options.FILE)
@click.option(
    "--to",
    metavar="DIR|URL",
    required=True,
    help="The folder that a web server serves, or a calendar on a CalDAV server.",
)
@options.group(
    Publishing,
    "publishing",
    register_option,
    options.clinic("Which clinic, where the register has several."),
    options.flag("--rotate", "Give the feeds new names, and remove the old files."),
    options.flag("--dry-run", "Say what would be written, and write nothing."),
    options.text("--base-url", "URL", "Where the folder is served, to print links."),
    options.output_format(),
    options.today(),
)
@options.group(
    Account,
    "account",
    audience_option("Whose dates the calendar on a server is of (clinic)."),
    options.text("--user", "NAME", "Who logs in to the server; the password is in the keyring."),
    options.text("--password-file", "FILE", "The password is the first line of this file."),
)
def command(*, names: tuple[str, ...], to: str, publishing: Publishing, account: Account) -> None:
    """Write feeds, calendars to subscribe to, or the entries of a calendar on a server.

    Without a name it is all courses of the register. The name of a file cannot be guessed: whoever
    has the link has the calendar, and keeps it when dates change.

    \b
    ketasched publish --to feeds --base-url https://cal.example.org/k
    ketasched publish P-014 --to feeds
    ketasched publish courses/P-014 --to feeds --rotate
    ketasched publish --to https://cal.example.org/clinic/dates/ --user clinic
    """
    if "://" in to:
        publish_calendar(publishing, names, to, account)
        return
    if account != Account(None, "", ""):
        said = "--for, --user and --password-file are of a calendar server, and this is a folder"
        raise BadRequest("to", said)
    publish_feeds(publishing, names, Path(to))
