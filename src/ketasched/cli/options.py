"""Options that several commands have, and what is read from the machine: its clock and zone."""

import os
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, tzinfo
from importlib import import_module
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

import click

from ketasched.cli.output import say
from ketasched.errors import BadFile, BadRequest
from ketasched.files.cross_references import zone_of
from ketasched.files.load import DEFAULT_PROTOCOL, builtin_clinic, load_clinic, shipped_protocols
from ketasched.files.request_fields import COLUMNS, DateOrder, read_request
from ketasched.model import BusyTime, Clinic, Course, Request
from ketasched.model.busy_times import with_busy
from ketasched.model.wall_clock import exists
from ketasched.planning.planner import FIRST_START, LAST_START, reach

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

PLAIN_CLINIC = "the plain clinic"
"""What the clinic is called in messages that is used where there is no file."""

date_order_option = click.option(
    "--date-order",
    type=click.Choice(["mdy", "dmy"]),
    help="How to read dates such as 03/04/2027.",
)
heading_options = (
    click.option(
        "--column",
        "columns",
        multiple=True,
        metavar='NAME="HEADING"',
        help="The roster's own heading of a column (again for each).",
    ),
    click.option(
        "--ignore-column",
        "ignored",
        multiple=True,
        metavar="HEADING",
        help="A column to pass over (again for each).",
    ),
    date_order_option,
)
"""How a roster is to be read."""


def a_file(_ctx: click.Context, _param: click.Parameter, begun: str) -> list["CompletionItem"]:
    """For the Tab key: the shell's own files."""
    return [import_module("click.shell_completion").CompletionItem(begun, type="file")]


def a_protocol(ctx: click.Context, param: click.Parameter, begun: str) -> list["CompletionItem"]:
    """For the Tab key: the shipped protocols; where none begins like this, files."""
    item = import_module("click.shell_completion").CompletionItem
    found = [item(name) for name in shipped_protocols() if name.startswith(begun)]
    return found or a_file(ctx, param, begun)


Function = TypeVar("Function", bound=Callable[..., object])

NEWER = "Newer hours and words of the clinic."
"""What `--clinic` is for a course, which has its clinic in it."""

OF_THE_CHANGE = "The moment of the change (now): visits before its day are over."
"""What `--today` is for a change."""


def clinic_option(
    what: str = "The clinic's file (KETASCHED_CLINIC, else clinic.toml here).",
) -> Callable[[Function], Function]:
    """`--clinic FILE`, and in its help what that is for."""
    return click.option(
        "--clinic", "clinic_path", metavar="FILE", shell_complete=a_file, help=what
    )


def today_option(what: str = "What moment it is (now).") -> Callable[[Function], Function]:
    """`--today`, and in its help what that is for."""
    return click.option("--today", metavar="DATE[THH:MM]", help=what)


protocol_option = click.option(
    "--protocol",
    default=DEFAULT_PROTOCOL,
    show_default=True,
    metavar="ID|FILE",
    shell_complete=a_protocol,
    help="A protocol that comes with the program, or a file of your own.",
)
made_at_option = click.option(
    "--made-at",
    metavar="MOMENT",
    help="The moment of planning, such as 2026-11-23T10:00 (now): same input, same bytes.",
)
busy_option = click.option(
    "--busy",
    "calendars",
    metavar="FILE.ics",
    multiple=True,
    help="A calendar: no visit while it is busy, the patient's or yours (again for each).",
)


def column_options(function: Function) -> Function:
    """An option for each column of `COLUMNS`."""
    for name, column in reversed(list(COLUMNS.items())):
        option = click.option(
            f"--{name.replace('_', '-')}",
            name,
            metavar=column.metavar,
            help=column.help,
            multiple=column.several,
            required=name == "start",
        )
        function = option(function)
    return date_order_option(function)


def named(text: str) -> tuple[str, str]:
    """A column and its heading, of 'start=Start date'. Raises `BadRequest`."""
    name, sign, heading = text.partition("=")
    if not sign or not heading.strip():
        said = f'expected a column and its heading, not "{text}"'
        raise BadRequest("column", said, next_step='--column start="Start date"')
    return name.strip().replace("-", "_"), heading


def request_of(columns: dict[str, str | tuple[str, ...]], order: DateOrder) -> Request:
    """The request of the column options that were given."""
    given = {name: text for name, text in columns.items() if text not in (None, ())}
    return read_request(given, order)


def busy_times(
    paths: Iterable[str], zone: ZoneInfo, first: date, last: date
) -> dict[str, tuple[BusyTime, ...]]:
    """The busy times of calendars from `first` to `last`, by their names. Raises `BadFile`."""
    # Imported here because most courses are planned without one.
    from ketasched.files.busy import read_calendar  # noqa: PLC0415

    found: dict[str, tuple[BusyTime, ...]] = {}
    for path in paths:
        calendar = read_calendar(path)
        earlier = found.get(calendar.name, ())
        found[calendar.name] = earlier + calendar.busy(zone, first, last)
    return found


def with_calendars(course: Course, paths: Collection[str], now: datetime) -> Course:
    """The course with what calendars say from this moment on, as far as it can get to.

    Raises `BadFile`.
    """
    if not paths:
        return course
    protocol, clinic, request = course.protocol, course.clinic, course.request
    zone = ZoneInfo(clinic.timezone)
    today = now.astimezone(zone).date()
    anew = replace(request, start=max(today, request.start), latest_start=None)
    _, last = max(reach(protocol, clinic, request), reach(protocol, clinic, anew))
    busy = busy_times(paths, zone, today, last)
    return replace(course, request=with_busy(request, busy, now))


def moment_of(text: str | None, zone: tzinfo | None, field: str = "made_at") -> datetime:
    """The moment that an option says, else now; one without an offset is local to the zone.

    Raises `BadRequest`.
    """
    if text is None:
        return datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - the one clock we read
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        said = f'expected a moment such as "2026-11-23T10:00", not "{text}"'
        raise BadRequest(field, said) from None
    if not FIRST_START.year <= moment.year <= LAST_START.year:
        raise BadRequest(field, f"expected {FIRST_START} to {LAST_START}, not {text}")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
        if not exists(moment):
            raise BadRequest(field, f"{text} does not exist: the clocks go forward")
    return moment


def for_a_second() -> Callable[[], bool]:
    """Whether there is still time, asked again and again: for somewhat less than a second."""
    end = monotonic() + 0.7
    return lambda: monotonic() < end


def find_clinic(path: str | None) -> tuple[Clinic, str]:
    """The clinic to use and the file that it is from: as asked, as the environment says, here.

    With none a plain clinic in this machine's zone is used, and a note says so.
    """
    if found := clinic_file(path):
        return load_clinic(found), found
    zone = machine_zone()
    say("note", f"no clinic file: a plain clinic is assumed, Mon–Fri 09:00–17:00, {zone}")
    return builtin_clinic(zone), PLAIN_CLINIC


def clinic_file(path: str | None) -> str | None:
    """The clinic's file: as asked, as the environment says, or here; None where there is none."""
    here = "clinic.toml" if Path("clinic.toml").is_file() else None
    return path or os.environ.get("KETASCHED_CLINIC") or here


def machine_zone() -> str:
    """The IANA name of this machine's time zone. Raises `BadFile`."""
    # Imported here because a clinic with a file of its own never needs it.
    import tzlocal  # noqa: PLC0415

    try:
        name = tzlocal.get_localzone_name()
    except (LookupError, ValueError, OSError):
        name = None
    if not name or zone_of(name) is None:
        raise BadFile(
            "this machine does not say which time zone it is in",
            next_step="ketasched clinic init, then set timezone in clinic.toml",
        )
    return str(name)
