"""`ketasched check`: are these files right, and does a course keep the rules?"""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial

import click

from ketasched.batch.routing import Sites, problems
from ketasched.cli import options
from ketasched.cli.anonymity import hide_people
from ketasched.cli.output import BROKEN, finding_text, print_json, report, say
from ketasched.cli.roster_source import open_roster
from ketasched.errors import BadFile
from ketasched.files.clinic_warnings import clinic_warnings
from ketasched.files.load import (
    builtin_clinic,
    load_any,
    load_clinic,
    load_protocol,
    shipped_protocols,
    with_clinic,
)
from ketasched.files.request_parsing import DateOrder
from ketasched.files.roster import Roster, read_roster
from ketasched.model import Clinic, Course, Finding
from ketasched.planning.check import check
from ketasched.planning.record import record_findings
from ketasched.rules import OVERRIDE_RULES

ROSTERS = (".csv", ".tsv", ".ndjson", ".jsonl")
"""The suffixes of files that are read as rosters."""

MOST_ROWS = 100
"""More rows that cannot be used are counted, and not shown."""


@click.command("check")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=options.FILE)
@options.clinic("Check courses and rosters for this clinic.")
@options.output_format()
@options.protocol
@options.several(*options.headings)
def command(
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
    sites = Sites(lambda: _clinic(clinic_path), protocol)
    names = dict(map(options.parse_heading, columns))
    read = partial(read_roster, names=names, ignored=ignored)
    for path in files:
        try:
            if path.lower().endswith(ROSTERS):
                _check_roster(path, read, sites, date_order)
            else:
                found += [(path, finding) for finding in _findings(path, clinic_path)]
        except BadFile as error:
            report(error)
            unreadable = error.exit_code
    is_broken = any(finding.level == "broken" for _, finding in found)
    if form == "json":
        print_json([{"file": path} | asdict(finding) for path, finding in found])
    else:
        for path, finding in found:
            line = f"{path}: {finding_text(finding)}"
            if finding.level == "broken":
                click.echo(f"broken: {line}")
            else:
                say("warning", line)
    raise click.exceptions.Exit(unreadable or (BROKEN if is_broken else 0))


def _findings(path: str, clinic_path: str | None) -> tuple[Finding, ...]:
    """The findings of a course file, at the clinic if given. Warns of a clinic file.

    Raises `BadFile`.
    """
    noun = load_any(path)
    if isinstance(noun, Clinic):
        for line in clinic_warnings(noun, salt=options.new_salt()):
            say("warning", f"{path}: {line}")
        return tuple(_override_findings(noun))
    if not isinstance(noun, Course):
        return ()
    hide_people(noun)
    course = with_clinic(noun, clinic_path) if clinic_path else noun
    return (*check(course), *record_findings(course))


def _override_findings(clinic: Clinic) -> Iterator[Finding]:
    """What a plan would say of the clinic's numbers for the shipped protocols that it names."""
    for name in sorted(clinic.overrides.keys() & set(shipped_protocols())):
        protocol = load_protocol(name)
        findings = (rule.of(protocol, clinic) for rule in OVERRIDE_RULES)
        yield from filter(None, findings)


def _clinic(path: str | None) -> tuple[Clinic, str]:
    """The clinic of rows that name none; to read them, any will do."""
    found = options.clinic_file(path)
    return (load_clinic(found), found) if found else (builtin_clinic("UTC"), "")


def _check_roster(path: str, read: Callable[..., Roster], sites: Sites, order: DateOrder) -> None:
    """Raise `BadFile` with every row that cannot be used."""
    said: list[str] = []
    rows = bad = 0
    with open_roster(path) as source:
        for row, problem in problems(read(source.stream(), path=path).rows, sites, order):
            rows += 1
            bad += problem is not None
            if problem and bad <= MOST_ROWS:
                said.append(f"row {row.number}, line {row.line}: {problem.rule}: {problem.reason}")
    if bad:
        more = [f"and {bad - MOST_ROWS} more"] if bad > MOST_ROWS else []
        raise BadFile(
            f"{path}: {bad} of {rows} rows cannot be used",
            details=[*said, *more],
            next_step=f"mend {'it' if bad == 1 else 'them'}, then: ketasched check {path}",
        )
