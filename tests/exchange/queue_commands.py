"""A register of the example's clinic in New York, and the queues of it.

The clocks go back on Sunday 1 November 2026, between the first and the second visit.
"""

import csv
import io
import json
from typing import Any

from click.testing import CliRunner

from ketasched.cli import main
from tests.conftest import ROOT

PHONE = "+1 555 0177"
REGISTER = ("--register", "book.db")
SATURDAY = ("--today", "2026-10-31T08:00")


def run(*arguments: str, code: int = 0) -> str:
    """What a command prints to standard output; the test fails for another exit code."""
    result = CliRunner().invoke(main, arguments, prog_name="ketasched")
    assert result.exit_code == code, result.output
    return result.stdout


def notes(*arguments: str) -> str:
    """What a command says to standard error."""
    return CliRunner().invoke(main, arguments, prog_name="ketasched").stderr


def plan(patient: str, *more: str, clinic: str = "") -> None:
    """Six visits from Friday 30 October on, in the register."""
    at = ("--clinic", clinic or str(ROOT / "examples" / "clinic.toml"))
    own = ("--start", "2026-10-30", "--made-at", "2026-10-19T10:00", "--patient", patient)
    run("plan", *own, "--patient-phone", PHONE, *at, *REGISTER, *more)


def revise(patient: str, *change: str) -> None:
    """A change on the Saturday, unless it says another day."""
    today = () if "--today" in change else SATURDAY
    why = () if "--reason" in change else ("--reason", "snow")
    run("revise", patient, *change, *why, *today, *REGISTER)


def rows(*command: str, today: str = SATURDAY[1]) -> list[dict[str, Any]]:
    """The rows of a queue as JSON has them."""
    found: list[dict[str, Any]] = json.loads(
        run(*command, "--format", "json", "--today", today, *REGISTER)
    )
    return found


def cells(*command: str) -> list[dict[str, str]]:
    """The rows of a queue as CSV has them."""
    text = run(*command, "--format", "csv", *SATURDAY, *REGISTER)
    return list(csv.DictReader(io.StringIO(text), strict=True))
