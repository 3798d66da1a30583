"""Several rosters planned as one into the same register at once, each by a process of its own.

That takes a while, so it is part of `make proof` alone: what happens to who
is overtaken is in `test_register_together`.
"""

import subprocess
from pathlib import Path

import pytest

from tests.conftest import IS_FULL
from tests.register.databases import rows
from tests.register.inspection import MOST_AT_ONCE, TWO_ON_A_CHAIR
from tests.support.batches import (
    MODULE,
    MOMENT,
    MONDAY,
    clinic_file,
    manifest,
    rejects,
    roster_file,
)

pytestmark = pytest.mark.skipif(not IS_FULL, reason="for make proof")
ROSTERS, ROWS, CHAIRS = 8, 30, 2


def begun(number: int, address: str, clinic: str) -> "subprocess.Popen[bytes]":
    asked = [
        {"patient": f"R{number}-{row}", "start": MONDAY, "latest_start": "2027-05-14"}
        for row in range(ROWS)
    ]
    roster = roster_file(asked, f"roster-{number}.csv")
    options = ["-o", f"out-{number}", "--together", "--limit", "10s", "--jobs", "1"]
    places = ["--clinic", clinic, "--register", address, "--made-at", MOMENT]
    with Path(f"said-{number}").open("wb") as said:
        return subprocess.Popen([*MODULE, roster, *options, *places], stderr=said)


def test_no_chair_is_taken_twice_and_no_course_is_lost(address):
    clinic = clinic_file("clinic.toml", f'chairs = {CHAIRS}\nid_salt = "x"', "09:00-12:00")
    processes = [begun(number, address, clinic) for number in range(ROSTERS)]
    for number, process in enumerate(processes):
        assert process.wait(timeout=900) in (0, 5), Path(f"said-{number}").read_text()
    assert max(most for _, most in rows(address, MOST_AT_ONCE)) == CHAIRS
    assert rows(address, TWO_ON_A_CHAIR) == [(0,)]
    written = {
        row["course_id"]: row["patient"]
        for number in range(ROSTERS)
        for row in manifest(f"out-{number}")
        if row["status"] == "planned"
    }
    assert dict(rows(address, "SELECT course_id, patient FROM courses")) == written
    assert rows(address, "SELECT count(*) FROM bookings") == [(6 * len(written),)]
    reasons = [row["reason"] for number in range(ROSTERS) for row in rejects(f"out-{number}")]
    assert len(written) + len(reasons) == ROSTERS * ROWS
    assert all("no course can begin" in reason for reason in reasons)
