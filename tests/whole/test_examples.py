"""The examples work as they are: the roster, and the script of a clinic's cron job."""

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

MENDED = "R-2102,2026-12-07", "R-2102,2027-01-11"


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


def files(folder: Path) -> dict[str, bytes]:
    output = folder / "courses"
    found = (path for path in output.rglob("*") if path.is_file())
    return {path.relative_to(output).as_posix(): path.read_bytes() for path in found}


def test_a_night_plans_what_can_be_planned_and_says_what_cannot(clinic_folder):
    code, said = night(clinic_folder)
    assert code == 5
    assert "courses/rejects.csv says why" in said
    with (clinic_folder / "courses/rejects.csv").open(encoding="utf-8", newline="") as file:
        assert [(row["patient"], row["rule"]) for row in csv.DictReader(file)] == [
            ("R-2102", "availability")
        ]
    assert {name for name in files(clinic_folder) if name.startswith("R-2101/")} == {
        *("R-2101/R-2101.ics", "R-2101/R-2101.txt", "R-2101/course.json")
    }


def test_the_next_night_leaves_everybody_where_they_are(clinic_folder):
    night(clinic_folder)
    before = files(clinic_folder)
    assert night(clinic_folder)[0] == 5
    assert files(clinic_folder) == before


def test_the_next_night_plans_what_was_mended_and_what_is_new_and_says_what_changed(clinic_folder):
    night(clinic_folder)
    before = files(clinic_folder)
    roster = clinic_folder / "roster.csv"
    text = roster.read_text(encoding="utf-8").replace(*MENDED)
    roster.write_text(f"{text}R-2199,2027-02-01{',' * 11}\n", encoding="utf-8")
    code, said = night(clinic_folder)
    after = files(clinic_folder)
    assert code == 0, said
    assert "changes.csv" in said
    assert after["changes.csv"].decode().splitlines()[1][:11] == "R-2102,new,"
    assert {name: after[name] for name in before if "/" in name} == {
        name: data for name, data in before.items() if "/" in name
    }


def test_mended_rejects_are_planned_as_the_script_says(clinic_folder):
    _, said = night(clinic_folder)
    (clinic_folder / "mended.sh").write_text(
        "".join(line for line in said.splitlines(keepends=True) if line.startswith("  ")).replace(
            "\n", "\nsed -i 's/{}/{}/' mended.csv\n".format(*MENDED), 1
        )
    )
    paths = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    env = {**os.environ, "PATH": paths}
    subprocess.run(["/bin/sh", "-eu", "mended.sh"], cwd=clinic_folder, env=env, check=True)
    assert "R-2102/course.json" in files(clinic_folder)


def test_a_night_without_a_roster_is_said(clinic_folder):
    (clinic_folder / "roster.csv").unlink()
    code, said = night(clinic_folder)
    assert (code, "roster.csv: cannot be read" in said) == (3, True)
