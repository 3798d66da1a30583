"""`ketasched check`: are these files right, and does a course keep the rules?"""

from collections import Counter
from dataclasses import asdict

import click

from ketasched.batch.rejections import Rejected
from ketasched.batch.routing import Sites, problems
from ketasched.cli import options
from ketasched.cli.anonymity import hide_people
from ketasched.cli.current_clinic import at_clinic_here
from ketasched.cli.output import (
    BROKEN,
    finding_text,
    in_local_style,
    print_json,
    report,
    say,
    use_clock_of,
)
from ketasched.cli.roster_options import RosterOptions, roster_options, unsettled_line
from ketasched.errors import BadFile, command_line
from ketasched.events.view import View, reader_languages, reader_locale
from ketasched.files.clinic_warnings import clinic_warnings, language_warnings
from ketasched.files.load import (
    builtin_clinic,
    load_any,
    load_clinic,
    load_protocol,
    shipped_protocols,
    with_clinic,
)
from ketasched.files.roster_source import open_roster
from ketasched.files.typed_dates import DATE_ORDER_STEP
from ketasched.language.catalogue import reviewer
from ketasched.language.known import find_language
from ketasched.model import Clinic, Course, Finding, Protocol
from ketasched.planning.check import check
from ketasched.planning.record import record_findings
from ketasched.rules import OVERRIDE_RULES, ResourcesKnown

ROSTERS = (".csv", ".tsv", ".ndjson", ".jsonl")
"""The suffixes of files that are read as rosters."""

LANGUAGE_COLUMNS = "language", "driver_language"
UNREVIEWED = (
    "nobody who is qualified has reviewed this translation; have somebody read it before patients "
    "do: docs/languages.md"
)

MOST_ROWS = 100
"""More rows that cannot be used are counted, and not shown."""


@click.command("check")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=options.FILE)
@options.clinic("Check for this clinic (KETASCHED_CLINIC, else clinic.toml here).")
@options.output_format()
@options.protocol
@options.group(RosterOptions, "roster", *roster_options)
def command(
    *,
    files: tuple[str, ...],
    clinic_path: str | None,
    form: str | None,
    protocol: str,
    roster: RosterOptions,
) -> None:
    """Check course, clinic, protocol and roster files; silent when they are fine.

    A roster (.csv, .ndjson) is read row by row, as `batch` would, and nothing is planned.

    \b
    ketasched check clinic.toml courses/P-014/course.json
    ketasched check roster.csv --column start="Start date"
    """
    found: list[tuple[str, Finding, str]] = []  # with a line, as its own clinic reads dates
    languages = set[str]()
    unreadable = 0
    sites = Sites(lambda: _clinic(clinic_path), protocol)
    _ = roster.names, roster.order  # their errors are reported before any file is read
    for path in files:
        try:
            if path.lower().endswith(ROSTERS):
                _check_roster(path, roster, sites, languages)
            else:
                for one in _findings(path, clinic_path, languages):
                    found.append((path, one, in_local_style(f"{path}: {finding_text(one)}")))
        except BadFile as error:
            report(error)
            unreadable = error.exit_code
    for language in sorted(languages):
        if not reviewer(language):
            say("note", f"{language}: {UNREVIEWED}")
    is_broken = any(finding.level == "broken" for _, finding, _ in found)
    if form == "json":
        print_json([{"file": path} | asdict(finding) for path, finding, _ in found])
    for _, finding, line in found if form != "json" else ():
        if finding.level == "broken":
            click.echo(f"broken: {line}")
        else:
            say("warning", line)
    raise click.exceptions.Exit(unreadable or (BROKEN if is_broken else 0))


def _findings(path: str, clinic_path: str | None, languages: set[str]) -> tuple[Finding, ...]:
    """The findings of a course file, at the clinic if given or here. Warns of a clinic file.

    The languages of its readers are added to `languages`. Raises `BadFile`.
    """
    noun = load_any(path)
    if isinstance(noun, Clinic):
        for line in clinic_warnings(noun, salt=options.new_salt()):
            say("warning", f"{path}: {line}")
        languages.add(noun.language)
        named = sorted(noun.overrides.keys() & set(shipped_protocols()))
        found = (rule.of(load_protocol(one), noun) for one in named for rule in OVERRIDE_RULES)
        return tuple(filter(None, found))  # as a plan by a protocol says them
    if isinstance(noun, Protocol):
        here = options.clinic_file(clinic_path)
        unknown = ResourcesKnown().of(noun, load_clinic(here)) if here else None
        return (unknown,) if unknown else ()
    if not isinstance(noun, Course):
        return ()
    hide_people(noun)
    course = with_clinic(noun, clinic_path) if clinic_path else at_clinic_here(noun)
    use_clock_of(course.clinic)
    languages.update(reader_languages(course))
    read = reader_locale(course, View("patient")).language
    for line in language_warnings(course.clinic, [read], [course.protocol.id]):
        say("warning", f"{path}: clinic.{line}")
    return (*check(course), *record_findings(course))


def _clinic(path: str | None) -> tuple[Clinic, str]:
    """The clinic of rows that name none; to read them, any will do."""
    found = options.clinic_file(path)
    return (load_clinic(found), found) if found else (builtin_clinic("UTC"), "")


def _check_roster(path: str, roster: RosterOptions, sites: Sites, languages: set[str]) -> None:
    """Raise `BadFile` with every row that cannot be used. Adds the rows' languages to `languages`.

    Dates that can be read both ways are counted by column, and not said for each row.
    """
    said: list[str] = []
    unsettled = Counter[str]()
    rows = bad = listed = 0
    with open_roster(path) as source:
        rows_read = roster.read_roster(source.stream(), path).rows
        for row, problem in problems(rows_read, sites, roster.order):
            rows += 1
            named = (find_language(row.texts.get(column, "")) for column in LANGUAGE_COLUMNS)
            languages.update(filter(None, named))
            bad += problem is not None
            unsettled.update(problem.unsettled if problem else ())
            if problem and (problem.rest or not problem.unsettled):
                listed += 1
                said += [row_line(problem)] if listed <= MOST_ROWS else []
    if not rows:
        say("note", f"{path}: the roster has no rows")
    if bad:
        said = [unsettled_line(unsettled)] * bool(unsettled) + said
        more = [f"and {listed - MOST_ROWS} more"] if listed > MOST_ROWS else []
        mend = f"mend {'it' if listed == 1 else 'them'}, then: {command_line('check', path)}"
        steps = [DATE_ORDER_STEP] * bool(unsettled) + [mend] * bool(listed)
        raise BadFile(
            f"{path}: {bad} of {rows} rows cannot be used",
            details=[*said, *more],
            next_step="\n".join(steps),
        )


def row_line(problem: Rejected) -> str:
    """Where a row of a roster is, and why it cannot be used."""
    row = problem.row
    reason = problem.rest or problem.reason
    return f"row {row.number}, line {row.line}: {problem.rule}: {reason}"
