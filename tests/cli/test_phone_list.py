"""`drivers`: the list for the afternoon's calls, and the command that it offers."""

import json
import shlex

import pytest
from click.testing import CliRunner

from ketasched.cli import main

TODAY = ("--today", "2026-10-26T08:00")
PHONE = "+1 555 0177"


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, arguments, prog_name="ketasched")
    assert result.exit_code == code, result.output
    return result.output


def plan(patient: str, *more: str) -> None:
    """Six infusions from 26 October; the clocks change on 1 November 2026."""
    own = ("--start", "2026-10-26", "--made-at", "2026-10-19T10:00", "--patient", patient)
    run("plan", *own, "--register", "book.db", *more)


def listed(*more: str) -> str:
    return run("drivers", "--next", "14d", "--register", "book.db", *TODAY, *more)


@pytest.mark.parametrize("patient", ["P-1", "O'Hara", "M. O'Hara"])
def test_the_command_that_it_offers_can_be_pasted_and_names_the_first_driver(patient):
    plan(patient, "--driver", "Ana Lima, mon")
    [step] = [line for line in listed().splitlines() if line.startswith("try: ")]
    words = shlex.split(step.partition(": ketasched ")[2])
    assert words[:4] == ["revise", patient, "driver", "2"]
    assert words[-2:] == ["--register", "book.db"]
    said = run(*({"NAME": "Ben 2", "PHONE": ""}.get(word, word) for word in words), *TODAY)
    assert "revision 2: visit 2: driver Ben 2\n" in said
    assert "driver 3" in listed().partition("try: ")[2]


def test_it_has_the_patients_phone_and_the_visits_number():
    plan("P-1", "--patient-phone", PHONE)
    plan("P-22", "--time", "13:00")
    lines = listed().splitlines()
    assert lines[0] == f"Mon 26 Oct  09:00  P-1, {PHONE}  visit 1, 1 of 6, collect at 10:55"
    assert lines[1] == f"Mon 26 Oct  13:00  {'P-22':<16}  visit 1, 1 of 6, collect at 14:55"
    first, second, *_ = json.loads(listed("--format", "json"))
    assert (first["number"], first["patient_phone"]) == (1, PHONE)
    assert (second["number"], second["patient_phone"]) == (1, "")


def test_there_is_nobody_to_call_once_one_driver_drives_to_all():
    plan("P-1")
    named = ("driver", "all", "--name", "Ben", "--register", "book.db", *TODAY)
    run("revise", "P-1", *named)
    assert listed() == "note: every visit from today to Mon 9 Nov 2026 has a driver\n"


def test_it_says_which_language_is_read_by_who_is_called_if_it_is_not_english():
    plan("P-1", "--language", "es")
    plan("P-2")
    lines = [line for line in listed().splitlines() if "visit 1," in line]
    assert [line.partition("; ")[2] for line in lines] == ["reads Spanish", ""]
