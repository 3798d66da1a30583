"""The examples work as they are: the roster, and the script of a clinic's cron job."""

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.fixture
def clinic_folder(tmp_path):
    """A clinic's folder with what the script needs."""
    for name in ("roster.csv", "clinic.toml", "nightly.sh"):
        shutil.copy(ROOT / "examples" / name, tmp_path)
    return tmp_path


def night(folder: Path) -> tuple[int, str]:
    """The exit code of a night, and what cron would mail."""
    paths = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    done = subprocess.run(
        [str(folder / "nightly.sh"), str(folder)],
        env={**os.environ, "PATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_night_plans_what_can_be_planned_and_says_what_cannot(clinic_folder):
    code, said = night(clinic_folder)
    assert code == 5
    (output,) = (clinic_folder / "courses").iterdir()
    assert f"mend them in courses/{output.name}/rejects.csv" in said
    with (output / "rejects.csv").open(encoding="utf-8", newline="") as file:
        assert [(row["patient"], row["rule"]) for row in csv.DictReader(file)] == [
            ("R-2102", "availability")
        ]
    assert sorted(path.name for path in (output / "R-2101").iterdir()) == [
        *("R-2101.ics", "R-2101.txt", "course.json"),
    ]


def test_a_second_run_on_the_same_day_changes_nothing(clinic_folder):
    night(clinic_folder)
    (output,) = (clinic_folder / "courses").iterdir()
    before = {path: path.read_bytes() for path in output.rglob("*") if path.is_file()}
    assert night(clinic_folder)[0] == 5
    assert {path: path.read_bytes() for path in output.rglob("*") if path.is_file()} == before


def test_a_night_without_a_roster_is_said(clinic_folder):
    (clinic_folder / "roster.csv").unlink()
    code, said = night(clinic_folder)
    assert (code, "roster.csv: cannot be read" in said) == (3, True)
