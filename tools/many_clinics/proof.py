"""Nothing lost and nothing doubled: what the tables, the manifest and the folders say.

The tables are asked in plain SQL, and the files are read as any other program would.
"""

import csv
import json
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from tests.register.databases import rows
from tests.register.inspection import TWO_ON_A_CHAIR

from tools.many_clinics.runs import Run

MOST_AT_ONCE = """
SELECT name, max(together) FROM (
  SELECT one.clinic, one.uid, count(*) AS together FROM bookings AS one JOIN bookings AS other
  ON other.clinic = one.clinic AND other.begins > one.begins - 86400
  AND other.begins <= one.begins AND other.ends > one.begins GROUP BY one.clinic, one.uid
) AS counted JOIN clinics ON clinics.id = counted.clinic GROUP BY name
"""

BEGIN_TOGETHER = """
SELECT name, max(together) FROM (
  SELECT clinic, count(*) AS together FROM bookings GROUP BY clinic, begins
) AS counted JOIN clinics ON clinics.id = counted.clinic GROUP BY name
"""

TWO_COURSES = "SELECT clinic, folded_patient FROM courses GROUP BY 1, 2 HAVING count(*) > 1"

LINES = "SELECT course_id, count(*) FROM log GROUP BY course_id"


def prove_nothing_lost(run: Run) -> dict[str, int]:
    """Assert that each row is in the register or in the rejects, once; count those in each.

    Raises `AssertionError`.
    """
    asked = {str(number): row["patient"] for number, row in enumerate(_table(run.roster), start=1)}
    listed = [row for folder in run.folders for row in _table(folder / "manifest.csv")]
    numbers = Counter(row["row"] for row in listed)
    assert numbers == Counter(asked.keys()), "a row is missing, or there twice"
    planned = {row["course_id"]: row for row in listed if row["status"] == "planned"}
    rejected = sorted(row["row"] for row in listed if row["status"] == "rejected")
    assert len(planned) + len(rejected) == len(listed)
    said = [row["row"] for folder in run.folders for row in _table(folder / "rejects.csv")]
    assert sorted(said) == rejected
    booked: dict[str, str] = dict(rows(run.address, "SELECT course_id, patient FROM courses"))
    assert booked == {name: asked[row["row"]] for name, row in planned.items()}
    visits = _see_that_folders_are_as_the_register(run)
    _see_that_no_clinic_is_overbooked(run)
    return {
        "rows": len(listed),
        "booked": len(booked),
        "rejected": len(rejected),
        "visits": visits,
    }


def outcomes(run: Run) -> dict[str, tuple[str, str, str]]:
    """What became of each row: its status, its visits and its course.

    Not why it was rejected: a run that goes on sees more booked than the one before it did.
    """
    listed = (row for folder in run.folders for row in _table(folder / "manifest.csv"))
    return {row["row"]: (row["status"], row["visits"], row["course_id"]) for row in listed}


def _see_that_folders_are_as_the_register(run: Run) -> int:
    folders = {one.name: one for folder in run.folders for one in folder.iterdir() if one.is_dir()}
    seats = "SELECT course_id, uid, begins, ends FROM bookings"
    held = Counter(rows(run.address, seats))
    count = held.total()
    asked = "SELECT course_id, patient, document FROM courses"
    for course_id, patient, document in rows(run.address, asked):
        course = json.loads(document)
        found = json.loads((folders.pop(patient) / "course.json").read_bytes())
        assert found == course, f"{patient}: the folder is not as the register"
        held.subtract(
            (course_id, one["uid"], _seconds(one["start"]), _seconds(one["end"]))
            for one in course["visits"]
        )
    assert not folders, "a folder has no course"
    assert not any(held.values()), "a visit has no booking, or a booking no visit"
    return count


def _see_that_no_clinic_is_overbooked(run: Run) -> None:
    address = run.address
    clinics = {Path(path).stem: _limits(Path(path)) for path in _clinics(run.roster)}
    assert rows(address, TWO_ON_A_CHAIR) == [(0,)]
    for query, unit in ((MOST_AT_ONCE, "chairs"), (BEGIN_TOGETHER, "starts_per_slot")):
        for name, most in rows(address, query):
            assert most <= clinics[name].get(unit, most), f"{name} has {most} at once: {unit}"
    assert rows(address, TWO_COURSES) == []
    assert {count for _, count in rows(address, LINES)} <= {1}


def _clinics(roster: Path) -> set[str]:
    return {row["clinic"] for row in _table(roster)}


def _limits(path: Path) -> dict[str, int]:
    said = tomllib.loads(path.read_text("utf-8"))
    return {name: said[name] for name in ("chairs", "starts_per_slot") if name in said}


def _table(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())
