"""A roster whose rows are planned as one on a clinic's chairs."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from ketasched.cli import main
from ketasched.files.load import load_course
from tests.support.batches import (
    MONDAY,
    Row,
    batch,
    clinic_file,
    manifest,
    rejects,
    roster_file,
    rows_of,
    tree,
)

TOGETHER = ("--together", "--limit", "10s")


def one_chair(**more: str) -> str:
    """A clinic with one chair for two visits a day, the second of them at ten only."""
    return clinic_file(more="chairs = 1\nslot_minutes = 60", hours="08:00-12:00", **more)


def waiting() -> list[Row]:
    """Seven who wait; one by one only three of them find room."""
    week = [*rows_of(3), *rows_of(4, "2027-04-06")]
    days = ("", "mon;wed;fri", "", "", "", "", "")
    return [
        row | {"patient": f"P-{number}", "days": free, "priority": "1"}
        for number, (row, free) in enumerate(zip(week, days, strict=True), start=1)
    ]


def seated(folder: str = "out") -> list[str]:
    return [row["patient"] for row in manifest(folder) if row["status"] == "planned"]


def run(*more: str, folder: str = "out", code: int = 5):
    clinic = one_chair()
    done = batch(roster_file(waiting()), "-o", folder, "--clinic", clinic, *more)
    assert done.exit_code == code, done.output
    return done


def test_more_are_seated_than_one_by_one():
    run(folder="alone")
    done = run(*TOGETHER)
    assert len(seated("alone")) < len(seated())
    assert "planned as one: " in done.stderr
    assert "it is proven that no plan is better" in done.stderr
    begins = [visit.partition("/")[0] for row in manifest() for visit in row["visits"].split("|")]
    taken = [begin for begin in begins if begin]
    assert len(taken) == len(set(taken))


@pytest.mark.parametrize("more", [(), TOGETHER], ids=["in row order", "planned as one"])
def test_a_chair_out_of_order_all_the_time_is_a_chair_that_is_not_there(more):
    run(*more)
    out_of_order = '\n[closures]\nchairs = { "2027-01-01..2027-12-31" = 1 }\n'
    two = clinic_file(more="chairs = 2\nslot_minutes = 60", hours="08:00-12:00")
    Path(two).write_text(Path(two).read_text() + out_of_order)
    batch(roster_file(waiting()), "-o", "two", "--clinic", two, *more)
    assert [row["visits"] for row in manifest("two")] == [row["visits"] for row in manifest()]
    assert seated("two")
    assert "1 of 2 chairs is out of order" in rejects("two")[0]["reason"]


@pytest.mark.parametrize("more", [(), TOGETHER], ids=["in row order", "planned as one"])
def test_a_roster_beside_a_chair_out_of_order_and_newer_hours_keeps_both(more):
    path = clinic_file(more="chairs = 2\nslot_minutes = 60", hours="08:00-12:00")
    newer = '[hours."2027-04-12"]\ntue = ["13:00-17:00"]\nthu = ["13:00-17:00"]\n'
    out_of_order = '[closures]\nchairs = { "2027-04-09" = 2, "2027-04-15" = 1 }\n'
    Path(path).write_text(Path(path).read_text() + newer + out_of_order)
    batch(roster_file(waiting()), "-o", "out", "--clinic", path, *more)
    begins = [
        visit.partition("/")[0]
        for row in manifest()
        for visit in row["visits"].split("|")
        if visit
    ]
    assert begins
    for begin, taken in Counter(begins).items():
        day, time = begin.split("T")
        assert taken <= {"2027-04-09": 0, "2027-04-15": 1}.get(day, 2)
        is_newer = day >= "2027-04-12"
        assert (time >= "13:00") == is_newer
        assert not is_newer or date.fromisoformat(day).weekday() in (1, 3)


def test_who_waits_reads_from_when_there_is_room():
    run(*TOGETHER)
    assert [row["rule"] for row in rejects()] == ["capacity"] * len(rejects())
    assert all("there is room from " in row["reason"] for row in rejects())


def test_it_is_the_same_on_several_processes_and_again():
    run(*TOGETHER)
    first = tree()
    run(*TOGETHER, "--jobs", "2", folder="other")
    assert tree("other") == first
    run(*TOGETHER, "--resume")
    assert tree() == first


def test_a_row_that_is_wrong_is_said_as_ever_and_takes_no_part():
    rows = [*rows_of(1), {"patient": "P-2", "start": "soon"}, {"patient": "P-3", "start": MONDAY}]
    done = batch(roster_file(rows), "-o", "out", "--clinic", one_chair(), *TOGETHER)
    assert done.exit_code == 5
    assert seated() == ["P-1", "P-3"]
    assert [row["rule"] for row in rejects()] == ["start"]


def test_priorities_of_the_roster_weigh():
    rows = [{"patient": f"P-{n}", "start": MONDAY, "latest_start": MONDAY} for n in range(1, 5)]
    rows[3]["priority"] = "5"
    batch(roster_file(rows), "-o", "out", "--clinic", one_chair(), *TOGETHER)
    assert "P-4" in seated()
    assert len(seated()) == 2


def test_rows_are_printed_planned_as_one_too():
    done = batch(
        roster_file(waiting()), "--format", "ndjson", "--clinic", one_chair(), *TOGETHER, "--quiet"
    )
    assert len(done.stdout.splitlines()) == 6


def test_a_roster_from_standard_input_is_looked_through_too():
    run(*TOGETHER)
    piped = Path(roster_file(waiting())).read_bytes()
    batch("-", "-o", "piped", "--clinic", one_chair(), *TOGETHER, input=piped)
    assert seated("piped") == seated()


def test_where_no_chairs_are_counted_nothing_is_planned_as_one():
    done = batch(roster_file(rows_of(2)), "-o", "out", "--clinic", clinic_file(), "--together")
    assert done.exit_code == 0
    assert "planned as one" not in done.stderr


@pytest.mark.parametrize(
    ("options", "says"),
    [
        pytest.param(("--limit", "5s"), "--limit goes with --together", id="limit alone"),
        pytest.param(("--together", "--ignore-chairs"), "which --ignore-chairs", id="no chairs"),
        pytest.param(("--together", "--limit", "soon"), "expected seconds", id="no time"),
        pytest.param(("--together", "--limit", "0"), "expected seconds", id="nothing"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options, says):
    done = batch(roster_file(rows_of(1)), "-o", "out", *options)
    assert done.exit_code == 2
    assert says in done.stderr


def test_a_course_that_was_revised_or_is_under_way_takes_no_part():
    rows = [
        {"patient": f"P-{number}", "start": start, "latest_start": latest, "per_week": "3"}
        for number, start, latest in (
            (1, MONDAY, MONDAY),
            (2, "2027-05-17", "2027-05-17"),
            (3, "2027-06-14", "2027-06-14"),
        )
    ]
    clinic = one_chair()
    batch(roster_file(rows), "-o", "out", "--clinic", clinic, *TOGETHER)
    later = [
        *("revise", "out/P-2", "driver", "1", "--name", "Sam", "--today", "2027-04-07"),
        *("--clinic", clinic),
    ]
    assert CliRunner().invoke(main, later).exit_code == 0
    visits = {row["patient"]: row["visits"] for row in manifest()}
    for row in rows:
        row["per_week"] = "2"
    asked = [*rows, {"patient": "P-4", "start": MONDAY, "latest_start": "2027-04-30"}]
    done = batch(
        *(roster_file(asked), "-o", "out", "--clinic", clinic, "--resume", *TOGETHER),
        moment="2027-04-07T10:00",
    )
    assert "planned as one: 2 seated, 0 waiting" in done.stderr
    assert {row["patient"] for row in rejects()} == {"P-1", "P-2"}
    for patient in ("P-1", "P-2"):
        course = load_course(f"out/{patient}")
        assert visits[patient].startswith(course.visits[0].start.isoformat()[:16])


def test_who_has_a_place_in_the_joint_plan_and_no_folder_is_not_called_seated():
    clinic = one_chair()
    Path("out").mkdir()
    Path("out/P-1").write_text("mine", encoding="utf-8")
    rows = [row | {"latest_start": "2027-09-01"} for row in rows_of(3)]
    done = batch(roster_file(rows), "-o", "out", "--clinic", clinic, *TOGETHER)
    assert "note: 2 planned, 1 rejected" in done.stderr
    said = "planned as one: 2 seated, 0 waiting, 1 rejected all the same or not begun;"
    assert said in done.stderr
