"""What goes to standard error: notes, warnings and errors. Data goes to standard output."""

import os
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING

import click

from ketasched.errors import BadRequest, KetaschedError, error_location

if TYPE_CHECKING:
    from ketasched.model import Finding

BROKEN, SOME_FAILED, INTERRUPTED = 1, 5, 130
"""The exit codes when a course breaks a rule, when some rows were rejected, and after Ctrl-C."""

EXIT_CODES: Mapping[int, str] = MappingProxyType(
    {
        0: "Done. A roster with a header and no rows is done, too.",
        BROKEN: "A course breaks a rule.",
        2: "An option or its value cannot be used.",
        3: "A file cannot be read, or not as what it should be.",
        4: "No plan keeps the rules.",
        SOME_FAILED: "Some rows of a roster are rejected; all others are done.",
        6: "The place to write to, or the register, refuses: taken, not writable, or locked.",
        70: "A bug of ours.",
        INTERRUPTED: "Stopped by Ctrl-C.",
    }
)
"""What every exit code means."""

ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {
        "KETASCHED_CLINIC": "The clinic's file, where `--clinic` is not given.",
        "KETASCHED_REGISTER": "The register, where `--register` is not given: a URL or a file.",
        "NO_COLOR": "If it is set, nothing is printed in colours.",
        "PYTHONTZPATH": "Where zone data is looked for; set to nothing, the package tzdata's.",
    }
)
"""What is read from the environment."""

CHANGE_FIELDS = ("course", "verb", "visit", "date")
"""Fields of a `BadRequest` that are arguments or parts of a change, not options."""

WORDS = {"broken": "broken", "given-up": "note", "warning": "warning"}
"""By a finding's level, the word before its line on a terminal."""


def say(kind: str, text: str) -> None:
    """Print a line for people to standard error: "note: …", "warning: …"."""
    click.echo(f"{kind}: {_printable(text)}", err=True)


def say_findings(findings: "Iterable[Finding]") -> None:
    """Print findings, one a line; of the preferences that one rule gave up only the first."""
    more: Counter[str] = Counter()
    firsts: dict[object, Finding] = {}
    for finding in findings:
        given_up = finding.level == "given-up"
        if firsts.setdefault(finding.rule if given_up else finding, finding) is not finding:
            more[finding.rule] += 1
    for finding in firsts.values():
        number = more[finding.rule]
        rest = f", and {number} more like it" if number else ""
        say(WORDS[finding.level], finding_text(finding, rest))


def finding_text(finding: "Finding", more: str = "") -> str:
    """The finding on one line: its message, and its rule with what more there is to say."""
    return f"{finding.message.rstrip('.')} ({finding.rule}{more})"


def _printable(text: str) -> str:
    # Like `model.escape_unprintable`, which `--help` is not to load.
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def report(error: KetaschedError, command: str | None = "plan") -> None:
    """Print an error of a command: what is wrong, where and why, and what to try."""
    where = ""
    if isinstance(error, BadRequest) and error.field not in CHANGE_FIELDS:
        where = f"--{error.field.replace('_', '-')}: "
    say("error", f"{where}{error.what}")
    for line in error.details:
        click.echo(f"  {_printable(line)}", err=True)
    say("try", error.next_step or _general_step(error, command))


def _general_step(error: KetaschedError, command: str | None) -> str:
    """The next step for an error that has none of its own."""
    if not isinstance(error, BadRequest):
        return "ketasched --help"
    if error.field in CHANGE_FIELDS:
        return "ketasched show COURSE --for clinic, to see how the course stands"
    return f"ketasched {command} --help"


def discard_output() -> None:
    """Redirect standard output to nowhere: else Python writes the rest of its buffer at exit."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def report_bug(error: Exception) -> None:
    """Print where a bug of ours was raised, without the values that were at work."""
    say("error", f"this is a bug of ketasched: {error_location(error)}")
    say("try", "report the line above and the command that you gave")
