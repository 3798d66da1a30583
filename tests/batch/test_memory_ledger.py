"""A roster where chairs are few: seated in row order, each clinic for itself; and in parts."""

from collections import defaultdict
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import pytest
from tools.benchmarks.rosters import rows as good_rows

from ketasched.errors import NoPlan
from ketasched.files.load import load_course
from ketasched.model import Course
from ketasched.model.holds import holds_of
from ketasched.model.occupancy import Occupancy
from ketasched.render.patient_folder import render_files
from ketasched.rules.base import NO_BOOKINGS
from tests.support.batches import (
    MONDAY,
    Row,
    batch,
    batch_alone,
    clinic_file,
    course_for,
    manifest,
    patients,
    rejects,
    roster_file,
    rows_of,
    tree,
)

USUAL = ("ics", "text", "json")


def courses(folder: str = "out") -> dict[str, Course]:
    return {one: load_course(f"{folder}/{one}") for one in sorted(patients(folder))}


def most_at_once(visits: list[tuple[datetime, datetime]]) -> int:
    """How many of these are on at the moment when most are."""
    return max(sum(start <= moment < end for start, end in visits) for moment, _ in visits)


def visits_of(found: list[Course]) -> list[tuple[datetime, datetime]]:
    return [
        (visit.start.astimezone(UTC), visit.end.astimezone(UTC))
        for course in found
        for visit in course.visits
    ]


@pytest.mark.parametrize(("chairs", "jobs"), [(1, "1"), (1, "2"), (2, "2")])
def test_no_two_patients_are_on_one_chair(chairs, jobs):
    rows = rows_of(12, start="2027-04-05")
    asked = [roster_file(rows), "--clinic", clinic_file(more=f"chairs = {chairs}")]
    done = batch_alone(*asked, "-o", "out", "--jobs", jobs)
    found = courses()
    assert most_at_once(visits_of(list(found.values()))) == chairs
    assert done.returncode == (0 if len(found) == len(rows) else 5)
    assert {row["rule"] for row in rejects()} <= {"capacity", "open-hours"}
    assert batch(*asked, "-o", "alone", "--ignore-chairs").exit_code == 0
    together = courses("alone")
    assert most_at_once(visits_of(list(together.values()))) == len(rows)
    assert found["P-1"] == together["P-1"]


def test_rows_that_find_no_chair_are_pushed_back_and_then_rejected_with_the_rule():
    clinic = clinic_file(more="chairs = 1", hours="09:00-11:00")
    assert batch(roster_file(rows_of(6)), "-o", "out", "--clinic", clinic).exit_code == 5
    lines = manifest()
    assert [line["status"] for line in lines] == ["planned", "planned", *["rejected"] * 4]
    assert lines[0]["first"] == "2027-04-05" < lines[1]["first"]
    assert {row["rule"] for row in rejects()} == {"capacity"}
    assert "the chair is taken at 09:00" in rejects()[0]["reason"]


def test_chairs_in_row_order_are_courses_planned_one_after_the_other():
    rows = [row | {"clinic": ""} for row in good_rows(120)]
    for number, row in enumerate(rows):
        row["start"] = f"2027-02-{1 + number % 5:02}"
        row["unavailable"] = ""
    one = clinic_file("one.toml", 'name = "One"\nchairs = 2\nstarts_per_slot = 1')
    two = clinic_file("two.toml", 'name = "Two"\nchairs = 1')
    free = clinic_file("free.toml", 'name = "Free"')
    for number, row in enumerate(rows):
        row["clinic"] = (one, two, free, "")[number % 4]
    batch_alone(roster_file(rows), "-o", "out", "--clinic", one, "--jobs", "2")
    taken: dict[str, Occupancy] = defaultdict(Occupancy)
    expected = {}
    for row in rows:
        place = row["clinic"] or one
        held = NO_BOOKINGS if place == free else taken[place]
        try:
            course = course_for(row, one, held)
        except NoPlan:
            continue
        expected[row["patient"]] = render_files(course, USUAL)
        if place != free:
            held.add(holds_of(course))
    assert 30 < len(expected) < len(rows)
    assert patients() == set(expected)
    for patient, files in expected.items():
        assert tree(f"out/{patient}") == files


def test_two_protocols_at_one_clinic_share_its_chairs_and_two_clinics_do_not():
    clinic = clinic_file(more="chairs = 1", hours="09:00-12:00")
    other = clinic_file("other.toml", 'name = "Other"\nchairs = 1', hours="09:00-12:00")
    rows = [row | {"clinic": "", "protocol": ""} for row in rows_of(3)]
    rows[1]["protocol"] = "iv-weekly-maintenance"
    rows[2]["clinic"] = other
    assert batch(roster_file(rows), "-o", "out", "--clinic", clinic).exit_code == 0
    found = courses()
    assert most_at_once(visits_of([found["P-1"], found["P-2"]])) == 1
    assert visits_of([found["P-3"]]) == visits_of([found["P-1"]])


def test_a_row_that_is_rejected_takes_no_chair():
    clinic = clinic_file(more="chairs = 1", hours="09:00-11:00")
    rows = rows_of(3)
    rows[0] |= {"born": "2020-01-01"}
    rows[1] |= {"patient": "ketamine"}
    batch(roster_file(rows), "-o", "out", "--clinic", clinic)
    assert manifest()[2]["first"] == MONDAY


# --- shards ------------------------------------------------------------------------------------


def many_clinics(count: int = 5) -> list[str]:
    return [clinic_file(f"c{n}.toml", f'name = "{n}"\nchairs = 2') for n in range(count)]


@pytest.mark.parametrize("count", [1, 3])
def test_the_parts_of_a_roster_are_the_whole_each_row_once(count):
    places = [*many_clinics(), clinic_file("free.toml")]
    rows = [row | {"clinic": places[n % 6]} for n, row in enumerate(good_rows(90))]
    rows[7]["start"], rows[9]["clinic"], rows[20]["patient"] = "soon", "nowhere.toml", ""
    text = Path(roster_file(rows)).read_text(encoding="utf-8") + "short\nrow,too\n"
    Path("roster.csv").write_text(text, encoding="utf-8")
    batch("roster.csv", "-o", "whole", "--format", "json")
    shards = [f"part{number}" for number in range(1, count + 1)]
    for number, folder in enumerate(shards, 1):
        asked = ["roster.csv", "-o", folder, "--format", "json", "--shard", f"{number}/{count}"]
        batch(*asked)
    parts = [manifest(folder) for folder in shards]
    assert all(parts)
    assert sorted((line for part in parts for line in part), key=number_of) == manifest("whole")
    for one, other in combinations(parts, 2):
        assert not {line["row"] for line in one} & {line["row"] for line in other}
    where = {line["row"]: number for number, part in enumerate(parts) for line in part}
    for place in places[:5]:
        planned = {
            where[str(n)]
            for n, row in enumerate(rows, 1)
            if row["clinic"] == place and row["start"] != "soon" and row["patient"]
        }
        assert len(planned) == 1
    whole = {name: data for name, data in tree("whole").items() if "/" in name}
    assert whole == {
        name: data for folder in shards for name, data in tree(folder).items() if "/" in name
    }


def number_of(line: Row) -> int:
    return int(line["row"])


def test_a_reference_that_is_there_twice_is_planned_once_in_all_parts_together():
    rows = [
        row | {"patient": "P-1", "clinic": place} for place in many_clinics() for row in rows_of(1)
    ]
    planned = []
    for number in (1, 2, 3):
        batch(roster_file(rows), "-o", f"part{number}", "--shard", f"{number}/3")
        planned += [line for line in manifest(f"part{number}") if line["status"] == "planned"]
    assert len(planned) == 1


def test_clinics_that_later_runs_take_for_one_are_named():
    clinics = [
        clinic_file("north.toml", "chairs = 1", "09:00-12:00"),
        clinic_file("south.toml", "chairs = 1", "10:00-15:00"),
    ]
    roster_file([{"patient": f"P-{one[0]}", "start": MONDAY, "clinic": one} for one in clinics])
    done = batch("roster.csv", "-o", "out")
    assert "north.toml and south.toml are not told apart" in done.stderr
    assert "told apart" not in batch("roster.csv", "-o", "each", "--ignore-chairs").stderr
    clinic_file("south.toml", 'name = "South"\nchairs = 1')
    assert "told apart" not in batch("roster.csv", "-o", "named").stderr
