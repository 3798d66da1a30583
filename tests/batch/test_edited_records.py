"""What a batch keeps between runs, after somebody opened it with another program."""

import json
from pathlib import Path

import pytest

from ketasched.files.load import load_course
from tests.support.batches import batch, clinic_file, manifest, roster_file, rows_of


@pytest.fixture
def asked() -> list[str]:
    clinic = clinic_file(more="chairs = 1", hours="09:00-17:00")
    roster_file(rows_of(2))
    return ["roster.csv", "-o", "out", "--clinic", clinic]


@pytest.mark.parametrize(
    ("written", "edited"),
    [
        pytest.param("T09:00", "T9:00", id="a time without its zero"),
        pytest.param("2027-04-", "4/", id="dates of a spreadsheet"),
        pytest.param("/", " ", id="other signs"),
    ],
)
def test_a_manifest_whose_visits_were_edited_is_made_anew_from_the_courses(asked, written, edited):
    batch(*asked)
    path, whole = Path("out/manifest.csv"), manifest()
    seats = [load_course(f"out/{patient}").visits for patient in ("P-1", "P-2")]
    path.write_text(path.read_text().replace(written, edited))
    roster_file(rows_of(3))
    done = batch(*asked, "--resume")
    assert done.exit_code == 0, done.output
    assert [row["visits"] for row in manifest()[:2]] == [row["visits"] for row in whole]
    assert [load_course(f"out/{patient}").visits for patient in ("P-1", "P-2")] == seats


@pytest.mark.parametrize(
    "moment", ["2026-11-23T10:00", "9999-12-31T10:00+00:00", "today", 5], ids=str
)
def test_a_stopped_run_whose_moment_was_edited_is_begun_anew(asked, moment):
    Path("out").mkdir()
    marker = {"made_at": moment, "anew": False, "others": [], "follows": False}
    Path("out/.run.json").write_text(json.dumps(marker))
    done = batch(*asked, "--resume")
    assert done.exit_code == 0, done.output
    assert [row["status"] for row in manifest()] == ["planned", "planned"]
