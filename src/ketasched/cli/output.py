"""What commands print: data to standard output; notes, warnings and errors to standard error."""

import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import click

from ketasched.cli.anonymity import anonymous, may_name_people
from ketasched.cli.hints import help_step, pasteable, quoted, show_course_step
from ketasched.errors import BadRequest, KetaschedError, NoPlan, command_line, error_location

if TYPE_CHECKING:
    from ketasched.model import Clinic, DateOrder, DateRange, Finding

BROKEN, SOME_FAILED, INTERRUPTED, CUT_OFF = 1, 5, 130, 141
"""The exit codes when a course breaks a rule, when some rows were rejected, after Ctrl-C, and when
the output is not read to its end.
"""

EXIT_CODES: Mapping[int, str] = {
    0: "Done. A roster with a header and no rows is done, too.",
    BROKEN: "A course breaks a rule.",
    2: "An option or its value cannot be used.",
    3: "A file cannot be read, or not as what it should be.",
    4: "No plan keeps the rules.",
    SOME_FAILED: "Some rows are rejected, or some courses have no place; all others are done.",
    6: "The place to write to, or the register, refuses: taken, not writable, or locked.",
    70: "A bug of ours.",
    INTERRUPTED: "Stopped by Ctrl-C.",
    CUT_OFF: "Whoever read the output stopped before its end, as `head` does.",
}
"""What every exit code means."""

ENVIRONMENT: Mapping[str, str] = {
    "KETASCHED_CLINIC": "The clinic's file, where `--clinic` is not given.",
    "KETASCHED_REGISTER": "The register, where `--register` is not given: a URL or a file.",
    "NO_COLOR": "If it is set, nothing is printed in colours.",
    "PYTHONTZPATH": "Where zone data is looked for; set to nothing, the package tzdata's.",
}
"""What is read from the environment."""

STANDARD_ERROR = 2
"""The number of the last of the three standard streams."""

CHANGE_FIELDS = ("course", "verb", "visit", "date", "old", "new", "sessions")
"""Fields of a `BadRequest` that are arguments or parts of a change, not options."""

DONE, CLINIC = "ketasched.done", "ketasched.clinic"
"""The keys of what a command has changed, and of its clinic, in the `meta` of its context."""

WORDS = {"broken": "broken", "given-up": "note", "warning": "warning"}
"""By a finding's level, the word before its line on a terminal."""


def print_json(data: object) -> None:
    """Print plain data as JSON; dates and nouns in it as in a course file."""
    # Imported here because `--help` is not to load the nouns.
    from ketasched.files.codec import plain  # noqa: PLC0415

    click.echo(json.dumps(data, default=plain, ensure_ascii=False, indent=2))


def print_as(form: str | None, data: object, lines: Iterable[str]) -> None:
    """Print the data as JSON if that is the format, else the lines of text, escaped."""
    if form == "json":
        print_json(data)
    else:
        for line in lines:
            click.echo(_printable(line))


def print_csv(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Print a table as CSV: plain data, several values of one cell with ";" between."""
    # Imported here because `--help` is not to load the nouns.
    from ketasched.files.codec import plain  # noqa: PLC0415
    from ketasched.files.csv_cells import csv_line  # noqa: PLC0415

    def cell(value: object) -> str:
        if isinstance(value, list | tuple):
            return ";".join(map(cell, value))
        return "" if value is None else str(plain(value))

    lines = [csv_line(heads), *(csv_line(map(cell, row)) for row in rows)]
    click.echo(b"".join(lines), nl=False)


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
    """The refusal as plain data: rules, refused days, and what would make the plan fit."""
    return {
        "error": error.what,
        "findings": error.findings,
        "refusals": [
            {"day": day, "rule": finding.rule, "message": finding.message}
            for day, finding in error.refusals
        ],
        "possible": error.possible,
        "remedies": error.remedies,
        "try": pasteable(error.next_step),
    }


def use_clock_of(clinic: "Clinic") -> None:
    """From now on, print and read dates and clock times as people of this clinic do."""
    click.get_current_context().find_root().meta[CLINIC] = clinic


def local_date_order() -> "DateOrder":
    """Which number is the month where people of the clinic at hand type 03/04/2027, if known."""
    clinic = _clinic_at_hand()
    return clinic.date_order if clinic else None


def _clinic_at_hand() -> "Clinic | None":
    context = click.get_current_context(silent=True)
    return context.find_root().meta.get(CLINIC) if context else None


def in_local_style(text: str) -> str:
    """A text for people, with dates and clock times as those of the clinic at hand read them."""
    clinic = _clinic_at_hand()
    if clinic is None:
        return text
    # Imported here because `--help` is not to load the nouns.
    from ketasched.events.view import clinic_locale  # noqa: PLC0415
    from ketasched.language.restyle import restyle  # noqa: PLC0415

    return restyle(text, clinic_locale(clinic))


def say(kind: str, text: str) -> None:
    """Print a line for people to standard error, "note: …"; its last words may be a command."""
    text = _printable(pasteable(text))
    echo_error(f"{kind}: {in_local_style(text)}")


def say_how_to_move(
    patient: str, number: int, courses: int = 1, days: "DateRange | None" = None
) -> None:
    """Print the command that finds other times for visits that do not fit any more.

    It is about visit `number` of the patient alone; or, if several `courses` are concerned, about
    all of them, on `days` if these are given.
    """
    words = ["suggest", patient, str(number)]
    if courses > 1:
        words = ["reschedule", *(("--on", days.plain()) if days else ())]
    say("try", command_line(*words))


def echo_error(line: str) -> None:
    """Print a line to standard error, where nobody is named unless somebody looks at it."""
    # What is done stays done, and its exit code, where nobody can read what is said of it.
    with suppress(OSError):
        click.echo(anonymous(line), err=True)


def say_findings(findings: "Iterable[Finding]") -> None:
    """Print findings, one a line; of the preferences that one rule gave up only the first.

    A gap that is given up is no preference, and each is of other days.
    """
    alike: defaultdict[object, list[Finding]] = defaultdict(list)
    for finding in findings:
        is_preference = finding.level == "given-up" and finding.rule != "gap"
        alike[finding.rule if is_preference else finding].append(finding)
    for first, *others in alike.values():
        visits = ", ".join(str(one.visit) for one in others if one.visit)
        rest = f", and {len(others)} more like it" if others else ""
        rest += f": visit{'s' * (len(others) > 1)} {visits}" if visits else ""
        say(WORDS[first.level], finding_text(first, rest))


def finding_text(finding: "Finding", more: str = "") -> str:
    """The finding on one line: its message, its rule, and `more` after the rule."""
    return f"{finding.message.rstrip('.')} ({finding.rule}{more})"


def _printable(text: str) -> str:
    # Like `model.escape_unprintable`, which `--help` is not to load.
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def report(error: KetaschedError) -> None:
    """Print an error of a command: what is wrong, where and why, and what to try."""
    where, step = "", "ketasched --help"
    if isinstance(error, BadRequest):
        if error.field in CHANGE_FIELDS:
            step = show_course_step()
        else:
            where = f"--{error.field.replace('_', '-')}: "
            step = help_step()
    # Whom a name may mean, as the shell reads the references.
    details = [quoted([one]) for one in getattr(error, "patients", ())] or error.details
    step = error.next_step or step
    too_young = isinstance(error, NoPlan) and any(one.rule == "age" for one in error.findings)
    if too_young and not may_name_people():
        # The day on which somebody is old enough is that of their birth.
        details, step = ["the patient is too young (age)"], "the same at a terminal"
    say("error", f"{where}{error.what}")
    for line in details:
        echo_error(f"  {in_local_style(_printable(line))}")
    for one in step.split("\n"):
        say("try", one)


def note_done(what: str) -> None:
    """Note what this command has changed: "the change is made". An error later on says so."""
    click.get_current_context().find_root().meta[DONE] = what


def done_so_far() -> str:
    """What the command has noted with `note_done`, else ""."""
    context = click.get_current_context(silent=True)
    return str(context.find_root().meta.get(DONE, "")) if context else ""


def discard_output() -> None:
    """Redirect standard output to nowhere: else Python writes the rest of its buffer at exit."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def occupy_closed_streams() -> None:
    """Open nothing in the place of standard streams that are closed.

    Else the next file has such a number, and what a library says of an error is written into it.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= STANDARD_ERROR:
        os.set_inheritable(descriptor, True)  # noqa: FBT003 - positional only
    os.close(descriptor)


def report_bug(error: Exception) -> None:
    """Print where a bug of ours was raised, without the values that were at work."""
    say("error", f"this is a bug of ketasched: {error_location(error)}")
    say("try", "report the line above and the command that you gave")
