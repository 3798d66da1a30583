"""`ketasched check`: are these files right, and does a course keep the rules?"""

import json
from collections.abc import Collection, Mapping

import click

from ketasched.batch.routing import Desks, problems
from ketasched.cli.options import (
    a_file,
    clinic_file,
    clinic_option,
    heading_options,
    named,
    protocol_option,
)
from ketasched.cli.output import BROKEN, report, say
from ketasched.cli.roster_source import opened
from ketasched.errors import BadFile
from ketasched.files.clinic_warnings import doubts
from ketasched.files.codec import plain
from ketasched.files.load import builtin_clinic, load_any, load_clinic, with_clinic
from ketasched.files.request_fields import DateOrder
from ketasched.files.roster import read_roster
from ketasched.model import Clinic, Course, Finding
from ketasched.planning.check import check

ROSTERS = (".csv", ".tsv", ".ndjson", ".jsonl")
"""How the files end that are read as rosters."""

MOST_ROWS = 100
"""More rows that cannot be used are counted, and not shown."""


@click.command("check")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, shell_complete=a_file)
@clinic_option("Check courses and rosters for this clinic.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), help="What to print (text)."
)
@protocol_option
@heading_options[0]
@heading_options[1]
@heading_options[2]
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    files: tuple[str, ...],
    clinic_path: str | None,
    form: str | None,
    protocol: str,
    columns: tuple[str, ...],
    ignored: tuple[str, ...],
    date_order: DateOrder,
) -> None:
    """Check course, clinic, protocol and roster files; silent when they are fine.

    A roster (.csv, .ndjson) is read row by row, as `batch` would, and nothing is planned.

    \b
    ketasched check clinic.toml courses/P-014/course.json
    ketasched check roster.csv --column start="Start date"
    """
    found: list[tuple[str, Finding]] = []
    unreadable = 0
    desks = Desks(lambda: _clinic(clinic_path), protocol)
    headings = dict(map(named, columns)), ignored
    for path in files:
        try:
            if path.lower().endswith(ROSTERS):
                _check_roster(path, headings, desks, date_order)
                continue
            noun = load_any(path)
            if isinstance(noun, Course) and clinic_path:
                noun = with_clinic(noun, clinic_path)
        except BadFile as error:
            report(error)
            unreadable = error.exit_code
            continue
        if isinstance(noun, Clinic):
            for line in doubts(noun):
                say("warning", f"{path}: {line}")
        if isinstance(noun, Course):
            found += [(path, finding) for finding in check(noun)]
    if form == "json":
        rows = [{"file": path} | _plain(finding) for path, finding in found]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        _print(found)
    broken = any(finding.level == "broken" for _, finding in found)
    ctx.exit(unreadable or (BROKEN if broken else 0))


def _clinic(path: str | None) -> tuple[Clinic, str]:
    """The clinic of rows that name none; to read them, any will do."""
    found = clinic_file(path)
    return (load_clinic(found), found) if found else (builtin_clinic("UTC"), "")


def _check_roster(
    path: str,
    headings: tuple[Mapping[str, str], Collection[str]],
    desks: Desks,
    order: DateOrder,
) -> None:
    """Raise `BadFile` with every row that cannot be used."""
    names, ignored = headings
    said: list[str] = []
    rows = bad = 0
    with opened(path) as source:
        roster = read_roster(source.stream(), names=names, ignored=ignored, path=path)
        for row, problem in problems(roster.rows, desks, order):
            rows += 1
            bad += problem is not None
            if problem and bad <= MOST_ROWS:
                said.append(f"row {row.number}, line {row.line}: {problem.field}: {problem.what}")
    if bad:
        more = [f"and {bad - MOST_ROWS} more"] if bad > MOST_ROWS else []
        raise BadFile(
            f"{path}: {bad} of {rows} rows cannot be used",
            details=[*said, *more],
            next_step=f"mend {'it' if bad == 1 else 'them'}, then: ketasched check {path}",
        )


def _plain(finding: Finding) -> dict[str, object]:
    data = plain(finding)
    return dict(data) if isinstance(data, dict) else {}


def _print(found: list[tuple[str, Finding]]) -> None:
    for path, finding in found:
        line = f"{path}: {finding.message.rstrip('.')} ({finding.rule})"
        if finding.level == "broken":
            click.echo(f"broken: {line}")
        else:
            say("warning", line)
