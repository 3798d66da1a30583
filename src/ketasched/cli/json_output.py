"""`--format json`: what commands print as JSON, and a refusal among it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import click

from ketasched.errors import NoPlan
from ketasched.files.codec import plain


def print_json(data: object) -> None:
    """Print plain data as JSON; dates and nouns in it as in a course file."""
    click.echo(json.dumps(data, default=plain, ensure_ascii=False, indent=2))


@contextmanager
def refusal_as_json(form: str | None) -> Iterator[None]:
    """Print the refusal of a plan to standard output, too, if the format is JSON."""
    try:
        yield
    except NoPlan as refusal:
        if form == "json":
            print_json(_refusal_data(refusal))
        raise


def _refusal_data(error: NoPlan) -> dict[str, object]:
    """What is refused, the rules, the refused days, and what would make it fit."""
    return {
        "error": error.what,
        "findings": error.findings,
        "refusals": [
            {"day": day, "rule": finding.rule, "message": finding.message}
            for day, finding in error.refusals
        ],
        "possible": error.possible,
        "remedies": error.remedies,
        "try": error.next_step,
    }
