"""Options that several commands have, and what is read from the machine: its clock and zone."""

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import UTC, date, datetime, tzinfo
from functools import reduce, wraps
from importlib import import_module
from time import monotonic
from typing import TYPE_CHECKING

import click

from ketasched.cli.output import local_date_order, say, use_clock_of
from ketasched.errors import BadFile, BadRequest
from ketasched.files.cross_references import zone_of
from ketasched.files.disk import kind_at
from ketasched.files.load import DEFAULT_PROTOCOL, builtin_clinic, load_clinic, shipped_protocols
from ketasched.files.option_values import read_day, read_moment
from ketasched.files.request_parsing import REQUEST_FIELDS
from ketasched.model import Clinic

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Command = Callable[..., None]
Decorator = Callable[[Command], Command]
"""An option or argument, as click makes them."""

FILE = click.Path(readable=False)
"""The path of a file, which the Tab key completes; whoever opens the file says what is wrong."""

PLAIN_CLINIC = "the plain clinic"
"""How messages call the clinic that is assumed where there is no file."""

DEFAULT_LIMIT = "60s"
"""How long a joint plan is looked for, unless `--limit` is given."""

NEWER_CLINIC = "Newer hours and words of the clinic."
"""The help of `--clinic` for a course, which holds the clinic that it was planned for."""

MOMENT_OF_CHANGE = "The moment of the change (now): visits before its day are over."
"""The help of `--today` for a change."""


def several(*added: Decorator) -> Decorator:
    """All these options as one decorator, which keeps their order in `--help`."""
    return lambda command: reduce(lambda inner, option: option(inner), reversed(added), command)


def group(noun: type, name: str, *added: Decorator) -> Decorator:
    """These options as one decorator; the command gets a dataclass `noun` of them, as `name`.

    A field of `noun` may also be an option or argument that another decorator adds.
    """

    def add(function: Command) -> Command:
        @wraps(function)
        def command(*args: object, **values: object) -> None:
            own = {one.name: values.pop(one.name) for one in fields(noun)}
            function(*args, **{name: noun(**own)}, **values)

        return several(*added)(command)

    return add


def flag(name: str, what: str) -> Decorator:
    """An option without a value, with this help."""
    return click.option(name, is_flag=True, help=what)


def text(name: str, metavar: str, what: str) -> Decorator:
    """An option whose value is a text ("" unless given), with this help."""
    return click.option(name, default="", metavar=metavar, help=what)


def not_empty(_: click.Context, __: click.Parameter, value: str) -> str:
    """For an option of a place: it is named. Raises `BadParameter` for an empty text."""
    if not value:
        raise click.BadParameter("this is empty: in a script, say, a variable is not set")
    return value


def complete_protocol(
    ctx: click.Context, param: click.Parameter, begun: str
) -> list["CompletionItem"]:
    """For the Tab key: the shipped protocols; files if none of them begins like this."""
    item = import_module("click.shell_completion").CompletionItem
    found = [item(name) for name in shipped_protocols() if name.startswith(begun)]
    return found or FILE.shell_complete(ctx, param, begun)


def clinic(
    what: str = "The clinic's file (KETASCHED_CLINIC, else clinic.toml here).",
) -> Decorator:
    """`--clinic FILE` with this help."""
    return click.option("--clinic", "clinic_path", metavar="FILE", type=FILE, help=what)


def today(what: str = "What moment it is (now).") -> Decorator:
    """`--today` with this help."""
    return click.option("--today", metavar="DATE[THH:MM]", help=what)


def output_format(
    formats: Iterable[str] = ("text", "json"), what: str = "What to print (text)."
) -> Decorator:
    """`--format` with these choices and this help."""
    return click.option("--format", "form", type=click.Choice(tuple(formats)), help=what)


def request_field(name: str) -> Decorator:
    """The option of a field of `REQUEST_FIELDS`."""
    field = REQUEST_FIELDS[name]
    return click.option(
        f"--{name.replace('_', '-')}",
        name,
        metavar=field.metavar,
        help=field.help,
        multiple=field.several,
        required=name == "start",
    )


def search_limit(what: str) -> Decorator:
    """`--limit` with this help; `seconds_of` reads its value."""
    return click.option("--limit", metavar=DEFAULT_LIMIT, help=what)


def seconds_of(limit: str | None) -> float:
    """The seconds of `--limit`: "90s", "2m" or "90". Raises `BadRequest`."""
    text = limit or DEFAULT_LIMIT
    found = re.fullmatch(r"(\d{1,5})(s|m|)", text, re.ASCII)
    if not found or not int(found[1]):
        said = f'expected seconds or minutes, not "{text}"'
        raise BadRequest("limit", said, next_step="--limit 60s")
    return int(found[1]) * (60 if found[2] == "m" else 1)


course = click.argument("course", metavar="COURSE", type=FILE)


def _visit_number(_ctx: click.Context, _argument: click.Parameter, text: str | None) -> int | None:
    if text is None:  # while the Tab key is answered
        return None
    try:
        return int(text)
    except ValueError:
        said = f"expected the number of a visit, such as 3, not '{text}'"
        raise click.BadParameter(said) from None


visit = click.argument("visit", metavar="N", callback=_visit_number)
protocol = click.option(
    "--protocol",
    default=DEFAULT_PROTOCOL,
    show_default=True,
    metavar="ID|FILE",
    shell_complete=complete_protocol,
    help="A protocol that comes with the program, or a file of your own.",
)
made_at = click.option(
    "--made-at",
    metavar="MOMENT",
    help="The moment of planning, such as 2026-11-23T10:00 (now): same input, same bytes.",
)
date_order = click.option(
    "--date-order", type=click.Choice(["mdy", "dmy"]), help="How to read dates such as 03/04/2027."
)


def day_of(text: str, field: str, *, next_step: str = "") -> date:
    """The date that the option or argument `field` says. Raises `BadRequest`."""
    return read_day(text, field, local_date_order(), next_step=next_step)


def moment_of(text: str | None, zone: tzinfo | None, field: str = "made_at") -> datetime:
    """The moment that the option `field` says, else now; local to `zone` without an offset.

    Raises `BadRequest`.
    """
    if text is None:
        return now()
    return read_moment(text, zone, field, local_date_order())


def now() -> datetime:
    """The present moment in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - the one clock we read


def has_offset(text: str) -> bool:
    """Whether the text of a moment has a UTC offset; else it is a wall-clock time."""
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def time_budget() -> Callable[[], bool]:
    """A function that says whether somewhat less than a second, counted from now, is left."""
    end = monotonic() + 0.7
    return lambda: monotonic() < end


def find_clinic(path: str | None) -> tuple[Clinic, str]:
    """The clinic of `clinic_file`, and the path of that file.

    Without a file it is a plain clinic in this machine's zone, and a note says so.
    """
    if found := clinic_file(path):
        clinic = load_clinic(found)
        use_clock_of(clinic)
        return clinic, found
    zone = machine_zone()
    say("note", f"no clinic file: a plain clinic is assumed, Mon–Fri 09:00–17:00, {zone}")
    return builtin_clinic(zone), PLAIN_CLINIC


def clinic_file(path: str | None) -> str | None:
    """The path of the clinic's file: the given one, else the environment's, else the one here.

    None if there is none of them.
    """
    # A link that leads nowhere is there, too: reading it says what is wrong.
    here = "clinic.toml" if kind_at("clinic.toml") else None
    return path or os.environ.get("KETASCHED_CLINIC") or here


def new_salt() -> str:
    """A random `id_salt` for a clinic's file."""
    return os.urandom(16).hex()


def machine_zone() -> str:
    """The IANA name of this machine's time zone. Raises `BadFile`."""
    # Imported here because a clinic that has a file does not need it.
    import tzlocal  # noqa: PLC0415

    try:
        name = tzlocal.get_localzone_name()
    except (LookupError, ValueError, OSError):
        name = None
    if not name or zone_of(name) is None:
        raise BadFile(
            "this machine does not say which time zone it is in",
            next_step="set timezone in the file that this writes: ketasched clinic init",
        )
    return str(name)
