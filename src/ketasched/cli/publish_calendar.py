"""`ketasched publish --to URL`: the dates of courses in a calendar on a CalDAV server."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from ketasched.cli.output import SOME_FAILED, note_done, print_as, say
from ketasched.cli.publication import Publication, Publishing
from ketasched.errors import BadFile, BadRequest, Refused
from ketasched.events.view import View, reader_locale
from ketasched.files.disk import bad_file_for, read_bytes
from ketasched.language.locale import Locale
from ketasched.model import Audience
from ketasched.render.columns import aligned

if TYPE_CHECKING:
    from ketasched.exchange.calendar_entries import Published, Step
    from ketasched.exchange.calendar_server import CalendarObject, CalendarServer

THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
"""The hosts that are asked without TLS: what is sent there does not leave the machine."""

ROUNDS = 2
"""How often the calendar is read: once more if something changed there meanwhile."""

KINDS = ("new", "changed", "cancelled", "removed", "unchanged")


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


def publish_calendar(
    publishing: Publishing, names: Sequence[str], address: str, account: Account
) -> None:
    """Bring the events of what is named into the calendar, and print what was done there.

    Raises `BadFile`, `BadRequest`, `Refused`.
    """
    host = _safe_host(address)
    audience = account.audience or "clinic"
    if publishing.rotate or publishing.base_url:
        raise BadRequest(
            "to", "--rotate and --base-url are of a folder of feeds, and this is a URL"
        )
    if audience != "clinic" and not names:
        said = "a calendar for patients or drivers is of those whose courses are named"
        raise BadRequest("for", said, next_step="name the patients or the courses")
    if account.password_file and not account.user:
        raise BadRequest("password_file", "it is not said whose it is", next_step="--user NAME")
    address = f"{address.rstrip('/')}/"
    with _opened(address, account.user, account.password(host)) as server:
        done, count, is_damaged = _publish(server, publishing, names, audience)
    rows = [{"what": one.what, "start": one.start, "title": one.title} for one in done]
    cells = [(one.what, f"{one.start:%Y-%m-%d %H:%M}", one.title) for one in done]
    print_as(publishing.form, rows, aligned(cells))
    counts = Counter[str](one.what for one in done)
    counts["unchanged"] = count - counts["new"] - counts["changed"]
    said = ", ".join(f"{counts[what]:,} {what}" for what in KINDS)
    where = "nothing was written (--dry-run)" if publishing.dry_run else address
    say("note", f"entries: {said}; {where}")
    if is_damaged:
        raise click.exceptions.Exit(SOME_FAILED)


def _publish(
    server: "CalendarServer", publishing: Publishing, names: Sequence[str], audience: Audience
) -> tuple[list["Step"], int, bool]:
    """What was done, how many events are published, and whether a course could not be read.

    Raises `Refused` if what is there changes again and again.
    """
    done = list["Step"]()
    for _ in range(ROUNDS):
        # The courses are read after the calendar: so nobody who has read an older state of them
        # writes it over a newer one, which another publisher has written meanwhile.
        found = server.resources()
        publications = publishing.publications(names)
        todo, count = _steps(publications, found, audience)
        refused = [] if publishing.dry_run else [one for one in todo if not _made(server, one)]
        done += [one for one in todo if one not in refused]
        if not refused:
            return done, count, any(one.damaged for one in publications)
    said = f"{server.address}: these entries were changed there while they were written"
    details = [f"{one.start:%Y-%m-%d %H:%M}: {one.title}" for one in refused]
    raise Refused(said, details=details, next_step="the same again")


def _steps(
    publications: Sequence[Publication], found: Sequence["CalendarObject"], audience: Audience
) -> tuple[list["Step"], int]:
    """What is to be done to the calendar that was found, and how many events are published."""
    # Imported here because it needs the extra.
    from ketasched.exchange import calendar_entries  # noqa: PLC0415

    published, ended = dict[str, "Published"](), dict[str, Locale]()
    for one in publications:
        courses = one.courses
        published |= calendar_entries.published_entries(courses, audience, one.now.date())
        if courses:
            owner, locale = (
                one.owner if one.complete else "",
                reader_locale(courses[-1], View(audience)),
            )
            ours = calendar_entries.ended_entries(found, audience, courses, owner, one.now)
            ended |= dict.fromkeys((entry.name for entry in ours), locale)
    return list(calendar_entries.steps(published, found, ended)), len(published)


def _made(server: "CalendarServer", step: "Step") -> bool:
    """Whether the step could be made: the entry was still as it had been read."""
    is_made = server.put(step.name, step.etag, step.text)
    if is_made:
        note_done("a part of the entries is written")
    return is_made


def _safe_host(address: str) -> str:
    """The host of a calendar's address. Raises `BadRequest`, which does not show the address."""
    step = "give the https:// address of a calendar, as its server shows it"
    try:
        parts = urlsplit(address)
        host, is_url = parts.hostname, parts.port != 0 and not (parts.query or parts.fragment)
    except ValueError:
        host, is_url = None, False
    if "@" in address.partition("://")[2].partition("/")[0]:
        said = "a user or a password in a URL is seen by others, in lists of processes and in logs"
        leave = "leave it out of the address, and see who logs in: ketasched publish --help"
        raise BadRequest("to", said, next_step=leave)
    if not host or not is_url or parts.scheme not in ("http", "https"):
        raise BadRequest("to", "it is neither a folder nor the URL of a calendar", next_step=step)
    if parts.scheme == "http" and host not in THIS_MACHINE:
        said = "http:// sends passwords and dates so that the whole network can read them"
        raise BadRequest("to", said, next_step=step)
    return host


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
        raise _no_extra() from None
    try:
        found, why = keyring.get_password(host, user), "it has none of this user for this host"
    except keyring.errors.KeyringError:
        found, why = None, "this machine has none that is open"
    if found is None:
        said = f"no password from the keyring: {why}"
        raise BadRequest("user", said, next_step=f"keyring set {host} NAME\n--password-file FILE")
    return found


def _opened(address: str, user: str, password: str) -> "CalendarServer":
    try:
        # Imported here because it is an extra, and takes its time to load.
        from ketasched.exchange.calendar_server import CalendarServer  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] not in ("caldav", "niquests"):
            raise
        raise _no_extra() from None
    return CalendarServer(address, user, password)


def _no_extra() -> BadRequest:
    said = "a calendar server needs the extra that brings its client"
    return BadRequest("to", said, next_step="pip install 'ketasched[caldav]'")
