"""Dates in a calendar on a CalDAV server: `ketasched publish --to URL`."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ketasched.api.publication import Publication, PublishedCourses, Read
from ketasched.errors import BadRequest, Refused, command_line
from ketasched.events.view import View, reader_locale
from ketasched.language.locale import Locale
from ketasched.model import Audience

if TYPE_CHECKING:
    from ketasched.exchange.calendar_entries import CalendarEntry, Step
    from ketasched.exchange.calendar_server import CalendarServer, Resource

THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
"""The hosts that are asked without TLS: what is sent there does not leave the machine."""

ROUNDS = 2
"""How often the calendar is read: once more if something changed there meanwhile."""


def publish_entries(
    read: Read,
    url: str,
    *,
    user: str = "",
    password: str = "",
    audience: Audience = "clinic",
    dry_run: bool = False,
    note_change: Callable[[], None] = lambda: None,
) -> "Publication[Step]":
    """Bring the events of what is read into the calendar; `note_change` is called after a change.

    Raises `BadRequest`, and `Refused`, also if what is there changes again and again.
    """
    host_of(url)
    done = list["Step"]()
    with _opened(f"{url.rstrip('/')}/", user, password) as server:
        for _ in range(ROUNDS):
            # The courses are read after the calendar: so nobody who has read an older state of
            # them writes it over a newer one, which another publisher has written meanwhile.
            there = server.resources()
            found = read()
            todo, count = _steps(found, there, audience, server.address)
            refused = list["Step"]()
            for step in todo:
                if not (dry_run or server.put(step.name, step.etag, step.text)):
                    refused.append(step)
                    continue
                done.append(step)
                if not dry_run:
                    note_change()
            if not refused:
                counts = Counter[str](new=0, changed=0, cancelled=0, removed=0)
                counts.update(step.what for step in done)
                counts["unchanged"] = count - counts["new"] - counts["changed"]
                return Publication(done, counts, found)
    said = f"{server.address}: these entries were changed there while they were written"
    details = [f"{one.start:%Y-%m-%d %H:%M}: {one.title}" for one in refused]
    raise Refused(said, details=details, next_step="the same again")


def audience_of(audience: Audience | None, names: object) -> Audience:
    """Whose dates a calendar has: of all courses the clinic's.

    Raises `BadRequest` if patients are named without an audience, or nobody for another one.
    """
    if names and audience is None:
        said = "these patients are named, and not whose calendar it is"
        raise BadRequest("for", said, next_step="--for patient\n--for driver\n--for clinic")
    if audience not in (None, "clinic") and not names:
        said = "a calendar for patients or drivers is of those whose courses are named"
        raise BadRequest("for", said, next_step="name the patients or the courses")
    return audience or "clinic"


def host_of(url: str) -> str:
    """The host of a calendar's URL. Raises `BadRequest`, which does not show the URL."""
    step = "give the https:// address of a calendar, as its server shows it"
    try:
        parts = urlsplit(url)
        host, is_url = parts.hostname, parts.port != 0 and not (parts.query or parts.fragment)
    except ValueError:
        host, is_url = None, False
    if "@" in url.partition("://")[2].partition("/")[0]:
        said = "a user or a password in a URL is seen by others, in lists of processes and in logs"
        leave = "leave it out of the address, and see who logs in: ketasched publish --help"
        raise BadRequest("to", said, next_step=leave)
    if not host or not is_url or parts.scheme not in ("http", "https"):
        raise BadRequest("to", "it is neither a folder nor the URL of a calendar", next_step=step)
    if parts.scheme == "http" and host not in THIS_MACHINE:
        said = "http:// sends passwords and dates so that the whole network can read them"
        raise BadRequest("to", said, next_step=step)
    return host


def no_extra() -> BadRequest:
    """The error where the libraries for a calendar server are not installed."""
    said = "a calendar server needs the extra that brings its client"
    return BadRequest("to", said, next_step="pip install 'ketasched[caldav]'")


def _steps(
    found: Sequence[PublishedCourses],
    there: Sequence["Resource"],
    audience: Audience,
    address: str,
) -> tuple[list["Step"], int]:
    """What is to be done to the calendar that is there, and how many events are to be in it.

    Raises `Refused` if an entry there is from a later state of its course.
    """
    # Imported here because it needs the extra.
    from ketasched.exchange import calendar_entries  # noqa: PLC0415

    published, ended = dict[str, "CalendarEntry"](), dict[str, Locale]()
    for one in found:
        published |= calendar_entries.published_entries(one.courses, audience, one.now.date())
        clinic = one.clinic
        locale = Locale(clinic.clock, clinic.dates, clinic.language)
        for course in one.courses[-1:]:
            locale = reader_locale(course, View(audience))
        ours = calendar_entries.ended_entries(
            there, audience, one.courses, one.whole_register, one.now
        )
        ended |= dict.fromkeys((entry.name for entry in ours), locale)
    if later := calendar_entries.later_ones(published, there):
        raise _older(later, address, audience)
    todo = list(calendar_entries.steps(published, there, ended))
    uids = {calendar_entries.uid_of(one) for one in there}
    count = sum(one.event.status != "CANCELLED" or uid in uids for uid, one in published.items())
    return todo, count


def _older(
    later: Mapping[str, tuple[datetime, datetime]], address: str, audience: Audience
) -> Refused:
    """The refusal to bring these patients' older dates (and the later moments) over newer ones."""
    details = [
        f"{patient}: there as of {there:%Y-%m-%d %H:%M}, here as of {here:%Y-%m-%d %H:%M}"
        for patient, (here, there) in later.items()
    ]
    again = command_line("publish", *later, "--for", audience, "--to", address)
    return Refused(
        f"{address}: the calendar has later states of these courses than what is published",
        details=details,
        next_step=f"the courses as the register has them: {again}\n"
        "if the register is older, too: delete these entries there, then the same again",
    )


def _opened(address: str, user: str, password: str) -> "CalendarServer":
    try:
        # Imported here because it is an extra, and takes its time to load.
        from ketasched.exchange.calendar_server import CalendarServer  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] not in ("caldav", "niquests"):
            raise
        raise no_extra() from None
    return CalendarServer(address, user, password)
