"""`ketasched publish`: what others subscribe to, brought to where they find it."""

import os
import secrets
import shlex
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import get_args

import click

from ketasched.api.calendar_entries import audience_of, host_of, no_extra, publish_entries
from ketasched.api.feeds import PublishedFeed, publish_feeds
from ketasched.cli import options
from ketasched.cli.course_selection import CourseSelection, folder_text
from ketasched.cli.hints import quoted
from ketasched.cli.output import note_done, print_as, say
from ketasched.cli.register_option import register_option
from ketasched.errors import BadFile, BadRequest
from ketasched.files.disk import bad_file_for, read_bytes
from ketasched.files.public_folder import can_be_listed
from ketasched.model import Audience
from ketasched.render.columns import aligned

FOR_STAFF = "clinic, for staff only"

RANDOM_BYTES = 24
"""How many random bytes a feed's name is made of."""


@dataclass(frozen=True)
class PublishOptions(CourseSelection):
    """The options of the command: of a folder of feeds, and of a calendar on a server."""

    to: str
    rotate: bool
    base_url: str
    audiences: tuple[Audience, ...]
    user: str
    password_file: str

    def publish_feeds(self, folder: Path) -> None:
        """Write the feeds into the folder, and print which is for whom: its link, else its file.

        Raises `BadRequest` for options of a server.
        """
        if self.user or self.password_file:
            said = "--user and --password-file are of a calendar server, and this is a folder"
            raise BadRequest("to", said)
        place = folder_text(folder)
        done = publish_feeds(
            self.read,
            folder,
            make_secret=partial(secrets.token_urlsafe, RANDOM_BYTES),
            base_url=self.base_url,
            rotate=self.rotate,
            audiences=self.audiences,
            dry_run=self.dry_run,
        )
        if not self.dry_run:
            note_done("the feeds are written")
            if can_be_listed(folder):
                say("warning", f"{folder}: others on this machine can list the names of the feeds")
                say("try", quoted(("chmod", "711", str(folder))))
        print_as(self.form, [asdict(one) for one in done.rows], aligned([*map(_cells, done.rows)]))
        self.say_done("feeds", done, place)
        dead = done.counts["removed"] if self.rotate and not self.dry_run else 0
        if dead:
            links = "1 old link is" if dead == 1 else f"{dead} old links are"
            say("warning", f"{links} dead: hand out the new ones")

    def publish_entries(self) -> None:
        """Bring the events into the calendar, and print what was done there.

        Raises `BadRequest` for options of a folder, and what `publish_entries` raises.
        """
        if len(self.audiences) > 1:
            said = "a calendar on a server is for one of them"
            raise BadRequest("for", said, next_step="one --for, then the same with the other")
        audience = audience_of(next(iter(self.audiences), None), self.names)
        host = host_of(self.to)
        if self.rotate or self.base_url:
            said = "--rotate and --base-url are of a folder of feeds, and this is a URL"
            raise BadRequest("to", said)
        if self.password_file and not self.user:
            raise BadRequest(
                "password_file", "it is not said whose it is", next_step="--user NAME"
            )
        done = publish_entries(
            self.read,
            self.to,
            user=self.user,
            password=self._password(host),
            audience=audience,
            dry_run=self.dry_run,
            note_change=partial(note_done, "a part of the entries is written"),
        )
        rows = [{"what": one.what, "start": one.start, "title": one.title} for one in done.rows]
        cells = [(one.what, f"{one.start:%Y-%m-%d %H:%M}", one.title) for one in done.rows]
        print_as(self.form, rows, aligned(cells))
        self.say_done("entries", done, f"{self.to.rstrip('/')}/")

    def _password(self, host: str) -> str:
        """The user's password, from its file, else from the keyring; "" without a user.

        Raises `BadFile`, `BadRequest`.
        """
        if self.password_file:
            return _password_in(self.password_file)
        return _password_of(self.user, host) if self.user else ""


@click.command("publish")
@options.group(
    PublishOptions,
    "given",
    click.argument("names", metavar="[COURSE|PATIENT]...", nargs=-1, type=options.FILE),
    click.option(
        "--to",
        metavar="DIR|URL",
        required=True,
        callback=options.not_empty,
        help="The folder that a web server serves, or a calendar on a CalDAV server.",
    ),
    register_option,
    options.clinic("Which clinic, where the register has several."),
    options.today(),
    options.flag(
        "--rotate", "Give the feeds new names, and remove the old files: their links are dead."
    ),
    options.flag("--dry-run", "Say what would be written, and write nothing."),
    options.text("--base-url", "URL", "Where the folder is served, to print links."),
    click.option(
        "--for",
        "audiences",
        multiple=True,
        type=click.Choice(get_args(Audience)),
        help="For whom: in a folder all unless it is said, on a server one.",
    ),
    options.text("--user", "NAME", "Who logs in to the server; the password is in the keyring."),
    options.text("--password-file", "FILE", "The password is the first line of this file."),
    options.output_format(),
)
def command(*, given: PublishOptions) -> None:
    """Write feeds, calendars to subscribe to, or the entries of a calendar on a server.

    Without a name it is all courses of the register. The name of a file cannot be guessed: whoever
    has the link has the calendar, and keeps it when dates change.

    \b
    ketasched publish --to feeds --base-url https://cal.example.org/k
    ketasched publish P-014 --to feeds
    ketasched publish courses/P-014 --to feeds --rotate
    ketasched publish --for patient --for driver --to feeds
    ketasched publish --to https://cal.example.org/clinic/dates/ --user clinic
    ketasched publish P-014 --for patient --to https://cal.example.org/family/dates/ --user clinic
    """
    if "://" in given.to:
        given.publish_entries()
    else:
        given.publish_feeds(Path(given.to))


def _cells(one: PublishedFeed) -> tuple[str, ...]:
    who = f"{one.audience} {one.driver}".strip() if one.audience != "clinic" else FOR_STAFF
    return one.patient or "all patients", who, one.link or one.file


def _password_in(path: str) -> str:
    """The first line of a file. Raises `BadFile`, also if others may read the file."""
    with bad_file_for(path):
        if os.name == "posix" and Path(path).stat().st_mode & 0o077:
            said = f"{path}: others on this machine may read this password"
            raise BadFile(said, next_step=f"chmod 600 {path}")
        found = read_bytes(path).decode(errors="replace").splitlines()
    if not found:
        raise BadFile(f"{path}: there is no password in it", next_step="write it on a line")
    return found[0]


def _password_of(user: str, host: str) -> str:
    """The user's password for the host, from the keyring. Raises `BadRequest`."""
    try:
        # Imported here because it is an extra, and asks the desktop.
        import keyring  # noqa: PLC0415
    except ImportError:
        raise no_extra() from None
    try:
        found, why = keyring.get_password(host, user), "it has none of this user for this host"
    except keyring.errors.KeyringError:
        found, why = None, "this machine has none that is open"
    if found is None:
        said = f"no password from the keyring: {why}"
        step = f"{shlex.join(('keyring', 'set', host, user))}\n--password-file FILE"
        raise BadRequest("user", said, next_step=step)
    return found
