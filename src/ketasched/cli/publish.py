"""`ketasched publish`: what others subscribe to, brought to where they find it."""

from pathlib import Path

import click

from ketasched.cli import options
from ketasched.cli.publication import Publishing
from ketasched.cli.publish_feeds import publish_feeds
from ketasched.cli.register_option import register_option
from ketasched.errors import BadRequest

URL_SCHEMES = ("http://", "https://")


@click.command("publish")
@click.argument("names", metavar="[COURSE|PATIENT]...", nargs=-1, type=options.FILE)
@click.option("--to", metavar="DIR", required=True, help="The folder that a web server serves.")
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
def command(*, names: tuple[str, ...], to: str, publishing: Publishing) -> None:
    """Write feeds, calendars to subscribe to, for patients, drivers and the clinic.

    Without a name it is all courses of the register. The name of a file cannot be guessed: whoever
    has the link has the calendar, and keeps it when dates change.

    \b
    ketasched publish --to feeds --base-url https://cal.example.org/k
    ketasched publish P-014 --to feeds
    ketasched publish courses/P-014 --to feeds --rotate
    """
    if to.startswith(URL_SCHEMES):
        raise BadRequest("to", "a calendar server is not published to yet")
    publish_feeds(publishing, names, Path(to))
