"""`batch --together` at the command line: its options, and what is said of a plan of many."""

import re

import click

from ketasched.errors import BadRequest, NoPlan
from ketasched.together import Together, Waits

LIMIT = "60s"
"""How long a plan of many as one is looked for, unless said."""

together_options = (
    click.option("--together", is_flag=True, help="Plan the rows of a clinic's chairs as one."),
    click.option(
        "--limit",
        metavar="60s",
        help="With --together: about how long to look for a better plan, for each clinic (60s).",
    ),
)


def seconds(asked: str | None) -> float:
    """How many seconds "90s", "2m" or "90" are. Raises `BadRequest`."""
    text = asked or LIMIT
    found = re.fullmatch(r"(\d{1,5})(s|m|)", text, re.ASCII)
    if not found or not int(found[1]):
        said = f'expected seconds or minutes, not "{text}"'
        raise BadRequest("limit", said, next_step="--limit 60s")
    return int(found[1]) * (60 if found[2] == "m" else 1)


def said_of(name: str, found: Together) -> str:
    """A plan of many in words: who is seated and who waits, and how far it is from the bound."""
    waits = [one for one in found.outcomes if isinstance(one, Waits)]
    seated, waiting = len(found.courses), sum(isinstance(one.reason, NoPlan) for one in waits)
    worth, bound = found.worth, found.bound
    said = f"{name or 'the clinic'}, planned as one: {seated:,} seated, {waiting:,} waiting"
    said += f"; {worth.delay:,} days of delay in all"
    if found.is_best:
        return f"{said}; it is proven that no plan is better"
    if worth.seated < bound.seated:
        return f"{said}; at most {bound.seated - worth.seated:,} more could be (by priority)"
    if worth.delay == bound.delay:
        return f"{said}; only the spacing could be better"
    return f"{said}; no plan has fewer than {bound.delay:,}"
