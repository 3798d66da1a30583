"""`ketasched publish`: what others subscribe to, brought to where they find it."""

import os
import secrets
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import click

from ketasched.api.calendar_entries import audience_of, host_of, no_extra, publish_entries
from ketasched.api.feeds import publish_feeds
from ketasched.api.publication import Read
from ketasched.cli import options
from ketasched.cli.course_selection import CourseSelection, say_published
from ketasched.cli.delivery import audience_option
from ketasched.cli.output import note_done, print_as
from ketasched.cli.register_option import register_option
from ketasched.errors import BadFile, BadRequest
from ketasched.files.disk import bad_file_for, read_bytes
from ketasched.model import Audience
from ketasched.render.columns import aligned

RANDOM_BYTES = 24
"""How many random bytes a feed's name is made of."""


@dataclass(frozen=True)
class PublishOptions:
    """The options of a folder of feeds; a dry run there is of a calendar, too."""

    rotate: bool
    dry_run: bool
    base_url: str


@dataclass(frozen=True)
class Account:
    """The options for a calendar server: for whom the dates are, and who logs in."""

    audience: Audience | None
    user: str
    password_file: str

    def password(self, host: str) -> str:
        """The user's password, from its file, else from the keyring; "" without a user.

        Raises `BadFile`, `BadRequest`.
        """
        if self.password_file:
            return _password_in(self.password_file)
        return _password_of(self.user, host) if self.user else ""


@click.command("publish")
@click.argument("names", metavar="[COURSE|PATIENT]...", nargs=-1, type=options.FILE)
@click.option(
    "--to",
    metavar="DIR|URL",
    required=True,
    help="The folder that a web server serves, or a calendar on a CalDAV server.",
)
@options.group(
    CourseSelection,
    "selection",
    register_option,
    options.clinic("Which clinic, where the register has several."),
    options.today(),
)
@options.group(
    PublishOptions,
    "publishing",
    options.flag("--rotate", "Give the feeds new names, and remove the old files."),
    options.flag("--dry-run", "Say what would be written, and write nothing."),
    options.text("--base-url", "URL", "Where the folder is served, to print links."),
)
@options.group(
    Account,
    "account",
    audience_option(
        "Whose dates the calendar on a server is of (clinic, unless somebody is named)."
    ),
    options.text("--user", "NAME", "Who logs in to the server; the password is in the keyring."),
    options.text("--password-file", "FILE", "The password is the first line of this file."),
)
@options.output_format()
def command(
    *,
    names: tuple[str, ...],
    to: str,
    selection: CourseSelection,
    publishing: PublishOptions,
    account: Account,
    form: str | None,
) -> None:
    """Write feeds, calendars to subscribe to, or the entries of a calendar on a server.

    Without a name it is all courses of the register. The name of a file cannot be guessed: whoever
    has the link has the calendar, and keeps it when dates change.

    \b
    ketasched publish --to feeds --base-url https://cal.example.org/k
    ketasched publish P-014 --to feeds
    ketasched publish courses/P-014 --to feeds --rotate
    ketasched publish --to https://cal.example.org/clinic/dates/ --user clinic
    ketasched publish P-014 --for patient --to https://cal.example.org/family/dates/ --user clinic
    """
    read = partial(selection.read, names)
    if "://" in to:
        account = replace(account, audience=audience_of(account.audience, names))
        _publish_entries(read, publishing, to, account, form)
        return
    if account != Account(None, "", ""):
        said = "--for, --user and --password-file are of a calendar server, and this is a folder"
        raise BadRequest("to", said)
    _publish_feeds(read, publishing, Path(to), form)


def _publish_feeds(read: Read, publishing: PublishOptions, folder: Path, form: str | None) -> None:
    """Write the feeds into the folder, and print which is for whom: its link, else its file."""
    make_secret = partial(secrets.token_urlsafe, RANDOM_BYTES)
    done = publish_feeds(read, folder, make_secret=make_secret, **asdict(publishing))
    if not publishing.dry_run:
        note_done("the feeds are written")
    cells = [
        (
            one.patient or "all patients",
            f"{one.audience} {one.driver}".strip(),
            one.link or one.file,
        )
        for one in done.rows
    ]
    print_as(form, [asdict(one) for one in done.rows], aligned(cells))
    say_published("feeds", done, folder, dry_run=publishing.dry_run)


def _publish_entries(
    read: Read, publishing: PublishOptions, url: str, account: Account, form: str | None
) -> None:
    """Bring the events into the calendar, and print what was done there."""
    host = host_of(url)
    if publishing.rotate or publishing.base_url:
        said = "--rotate and --base-url are of a folder of feeds, and this is a URL"
        raise BadRequest("to", said)
    if account.password_file and not account.user:
        raise BadRequest("password_file", "it is not said whose it is", next_step="--user NAME")
    done = publish_entries(
        read,
        url,
        user=account.user,
        password=account.password(host),
        audience=account.audience or "clinic",
        dry_run=publishing.dry_run,
        note_change=partial(note_done, "a part of the entries is written"),
    )
    rows = [{"what": one.what, "start": one.start, "title": one.title} for one in done.rows]
    cells = [(one.what, f"{one.start:%Y-%m-%d %H:%M}", one.title) for one in done.rows]
    print_as(form, rows, aligned(cells))
    say_published("entries", done, f"{url.rstrip('/')}/", dry_run=publishing.dry_run)


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
        raise BadRequest("user", said, next_step=f"keyring set {host} NAME\n--password-file FILE")
    return found
