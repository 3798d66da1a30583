"""The verbs of `revise` that change what is known of a patient besides the visits."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import click

from ketasched.cli import options
from ketasched.cli.change_command import ChangeOn
from ketasched.cli.output import local_date_order
from ketasched.files.change_parsing import WISHES, read_change
from ketasched.files.request_parsing import REQUEST_FIELDS
from ketasched.model import Change


class RequestVerb(NamedTuple):
    """A verb: the function from its own arguments and options to a change, and these options.

    It is called by the name of the function, whose docstring is its help.
    """

    change: Callable[..., Change | ChangeOn]
    options: tuple[options.Decorator, ...]


def wishes(**typed: str | tuple[str, ...] | None) -> Change:
    """Change what the patient can, reads, or is reached at.

    Visits that do not fit any more move; no other does, unless there is no other way. With --time
    each visit to come gets the nearest start on its day. --unavailable adds to the days that are
    known, the others replace what was said before, and the word none takes that back. Another
    language, phone or address, or --reminders, moves nobody.

    \b
    ketasched revise courses/P-014/course.json wishes --days mon,wed,thu,fri
    ketasched revise courses/P-014/course.json wishes --unavailable 2026-12-24..2026-12-27
    ketasched revise courses/P-014/course.json wishes --days none --between 08:00-12:00
    ketasched revise courses/P-014/course.json wishes --patient-email ana@example.org
    """
    given = {name: value for name, value in typed.items() if value}
    return read_change("wishes", given=given, order=local_date_order())


def clear(*, by: str, on: str | None, what: str) -> Change | ChangeOn:
    """Record a clinician's clearance; no visit moves.

    --what records something else that the protocol requires, by its name there.

    \b
    ketasched revise courses/P-014/course.json clear --by "Dr. Lee" --on 2026-12-01
    """
    given = {"by": by, "what": what, "on": on}
    read = partial(read_change, "clear", given=given, order=local_date_order())
    return lambda today: read(today=today) if by.strip() and on is None else read()


def authorise(*, sessions: tuple[str, ...]) -> Change:
    """Record what an insurer authorised; no visit moves.

    That is so many sessions from one day until another, both included. It adds to what is known;
    the word none takes that back. Visits that have a session now are planned; those without one
    are tentative, unless somebody confirmed them.

    \b
    ketasched revise courses/P-014 authorise "8 from 2027-01-04 until 2027-02-28"
    ketasched revise courses/P-014 authorise none "12 from 2027-01-04 until 2027-03-31"
    """
    return read_change("authorise", given={"sessions": sessions}, order=local_date_order())


WISH_OPTIONS = tuple(
    click.option(
        f"--{name.replace('_', '-')}",
        metavar=REQUEST_FIELDS[name].metavar,
        multiple=REQUEST_FIELDS[name].several,
        help=REQUEST_FIELDS[name].help,
    )
    for name in WISHES
)

CLEAR_OPTIONS = (
    options.text("--by", "NAME", "The clinician, or who else recorded it."),
    click.option("--on", metavar="DATE", help="The day on which it was given (today)."),
    click.option(
        "--what",
        default="clearance",
        show_default=True,
        metavar="NAME",
        help="What is recorded: clearance, or rems-enrolment.",
    ),
)

AUTHORISE_OPTIONS = (
    click.argument("sessions", metavar="SESSIONS|none…", nargs=-1, required=True),
)

REQUEST_VERBS = (
    RequestVerb(wishes, WISH_OPTIONS),
    RequestVerb(clear, CLEAR_OPTIONS),
    RequestVerb(authorise, AUTHORISE_OPTIONS),
)
"""The verbs, each with its options."""
