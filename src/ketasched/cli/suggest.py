"""`ketasched suggest`: the other times for one visit, the one that disturbs least first."""

import json

import click

from ketasched.cli.options import for_a_second, moment_of, today_option
from ketasched.load import load_course, with_clinic
from ketasched.suggest import alternative_text, suggest


@click.command("suggest")
@click.argument("course", metavar="COURSE")
@click.argument("visit", metavar="N", type=int)
@today_option
@click.option(
    "--clinic", "clinic_path", metavar="FILE", help="Newer hours and words of the clinic."
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), help="What to print (text)."
)
def command(
    *, course: str, visit: int, today: str | None, clinic_path: str | None, form: str | None
) -> None:
    """Say on which other days visit N could be, and what each would do to the others.

    \b
    ketasched suggest courses/P-014/course.json 3 --today 2026-12-08
    """
    found = load_course(course)
    if clinic_path:
        found = with_clinic(found, clinic_path)
    at = moment_of(today, found.visits[0].start.tzinfo, field="today")
    alternatives = suggest(found, visit, at=at, more_time=for_a_second())
    if form == "json":
        rows = [
            {
                "start": one.start.isoformat(),
                "moves": {number: start.isoformat() for number, start in one.moves},
                "gives_up": list(one.gives_up),
            }
            for one in alternatives
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for one in alternatives:
        click.echo(alternative_text(one))
    if not alternatives:
        click.echo("note: there is no other day that keeps every rule", err=True)
