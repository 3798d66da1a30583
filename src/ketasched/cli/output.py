"""What goes to standard error: notes, warnings and errors. Data goes to standard output."""

import os
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING

import click

from ketasched.errors import BadRequest, KetaschedError, site_of

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

ARGUMENTS = ("course", "verb", "visit", "date")
"""Fields of a change that are no options."""

WORDS = {"broken": "broken", "given-up": "note", "warning": "warning"}
"""What each level of finding is called on a terminal."""


def say(kind: str, text: str) -> None:
    """A line for people: "note: …", "warning: …"."""
    click.echo(f"{kind}: {_printable(text)}", err=True)


def say_findings(findings: "Iterable[Finding]") -> None:
    """The findings of a course, one a line; of those given up by one rule, the first."""
    more: Counter[str] = Counter()
    firsts: dict[object, Finding] = {}
    for finding in findings:
        given_up = finding.level == "given-up"
        if firsts.setdefault(finding.rule if given_up else finding, finding) is not finding:
            more[finding.rule] += 1
    for finding in firsts.values():
        number = more[finding.rule]
        rest = f", and {number} more like it" if number else ""
        say(WORDS[finding.level], f"{finding.message.rstrip('.')} ({finding.rule}{rest})")


def _printable(text: str) -> str:
    # As `model.printable`, which `--help` is not to load: what is in a file stays text.
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def report(error: KetaschedError, command: str | None = "plan") -> None:
    """An error of a command: what, where and why, and what to try."""
    where = ""
    if isinstance(error, BadRequest) and error.field not in ARGUMENTS:
        where = f"--{error.field.replace('_', '-')}: "
    say("error", f"{where}{error.what}")
    for line in error.details:
        click.echo(f"  {_printable(line)}", err=True)
    say("try", error.next_step or _general_step(error, command))


def _general_step(error: KetaschedError, command: str | None) -> str:
    """What to try where the error itself does not know."""
    if not isinstance(error, BadRequest):
        return "ketasched --help"
    if error.field in ARGUMENTS:
        return "ketasched show COURSE --for clinic, to see how the course stands"
    return f"ketasched {command} --help"


def give_up_output() -> None:
    """Let what is still waiting to be printed go nowhere, or Python would try it at its end."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def bug(error: Exception) -> None:
    """An error that is ours: where it happened, without the values that were at work."""
    say("error", f"this is a bug of ketasched: {site_of(error)}")
    say("try", "report the line above and the command that you gave")
