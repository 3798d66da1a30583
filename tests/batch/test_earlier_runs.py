"""A batch into a folder where earlier ones were: nobody is put on a chair that is taken, and what
changed is told.
"""

import json
import re
import shutil
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ketasched.batch.pipeline import Pipeline
from ketasched.cli import main
from ketasched.files.load import load_course
from ketasched.model import TAKES_PLACE
from tests.support.batches import (
    MONDAY,
    Row,
    batch,
    batch_alone,
    clinic_file,
    manifest,
    patients,
    rejects,
    roster_file,
    rows_of,
    table,
    tree,
)
from tests.support.transcript import run

ONE_CHAIR = "chairs = 1"
HOURS = "09:00-12:00"
"""Hours in which one chair has room for one visit, and nearly for two."""

ALONE = "visits of courses in other folders are not known here"
LATER = "2026-11-24T10:00"


@pytest.fixture
def clinic() -> str:
    return clinic_file(more=ONE_CHAIR, hours="09:00-17:00")


@pytest.fixture
def asked(clinic) -> list[str]:
    return ["roster.csv", "-o", "out", "--clinic", clinic]


def revised(patient: str, *change: str, folder: str = "out") -> Result:
    more = ["--reason", "flu", "--today", "2027-04-01", "--clinic", "small.toml"]
    done = CliRunner().invoke(main, ["revise", f"{folder}/{patient}", *change, *more])
    assert done.exit_code == 0, done.output
    return done


def dates(patient: str, folder: str = "out") -> list[str]:
    course = load_course(f"{folder}/{patient}")
    return [f"{one.start:%m-%d %H:%M}" for one in course.visits if one.status in TAKES_PLACE]


def nobody_shares_a_chair(folder: str = "out") -> bool:
    seats = sorted(
        (visit.start, visit.end)
        for patient in patients(folder)
        for visit in load_course(f"{folder}/{patient}").visits
        if visit.status in TAKES_PLACE
    )
    return all(one[1] <= other[0] for one, other in pairwise(seats))


def changes(folder: str = "out") -> dict[str, str]:
    path = Path(folder, "changes.csv")
    return {row["patient"]: row["change"] for row in table(str(path))} if path.exists() else {}


# --- chairs ------------------------------------------------------------------------------------


def test_a_row_that_did_not_change_keeps_its_dates_whatever_becomes_of_those_before(asked):
    rows = rows_of(4)
    roster_file(rows)
    batch(*asked)
    before = {patient: dates(patient) for patient in patients()}
    assert len({tuple(each) for each in before.values()}) == 4
    roster_file(
        [{"patient": "P-0", "start": MONDAY}, rows[0] | {"start": "2027-06-07"}, *rows[1:]]
    )
    again = batch(*asked, "--resume", moment=LATER)
    assert "5 planned (3 of them before)" in again.stderr
    assert {one: dates(one) for one in ("P-2", "P-3", "P-4")} == {
        one: before[one] for one in ("P-2", "P-3", "P-4")
    }
    assert nobody_shares_a_chair()


def test_mended_rejects_go_into_the_same_folder_on_chairs_that_are_free(asked, clinic):
    rows = rows_of(4)
    rows[0]["start"] = "soon"
    roster_file(rows)
    assert batch(*asked).exit_code == 5
    text = Path("out/rejects.csv").read_text(encoding="utf-8").replace("soon", MONDAY)
    Path("mended.csv").write_text(text, encoding="utf-8")
    before = tree("out/P-2")
    done = batch("mended.csv", *asked[1:], "--resume", moment=LATER)
    assert done.exit_code == 0
    assert patients() == {"P-1", "P-2", "P-3", "P-4"}
    assert tree("out/P-2") == before
    assert nobody_shares_a_chair()
    assert changes() == {"P-1": "new"}
    assert ALONE not in done.stderr


@pytest.mark.parametrize("formats", [(), ("--format", "ics")], ids=["with json", "without json"])
@pytest.mark.parametrize("how", ["a row less", "standard input"])
def test_a_patient_whom_the_roster_does_not_name_any_more_keeps_the_chair(asked, formats, how):
    rows = rows_of(3)
    roster_file(rows)
    batch(*asked, *formats)
    taken = {row["patient"]: row["visits"] for row in manifest()}
    roster = roster_file([{"patient": "P-9", "start": MONDAY}])
    if how == "standard input":
        text = Path(roster).read_text(encoding="utf-8")
        batch("-", *asked[1:], *formats, "--resume", input=text)
    else:
        batch(*asked, *formats, "--resume")
    (line,) = manifest()
    assert line["first"] == MONDAY
    assert not set(line["visits"].split("|")) & {
        visit for visits in taken.values() for visit in visits.split("|")
    }
    assert patients() == {"P-1", "P-2", "P-3", "P-9"}
    assert changes() == {"P-1": "gone", "P-2": "gone", "P-3": "gone", "P-9": "new"}
    # And still a night later, when it has long been forgotten in the manifest.
    roster_file([{"patient": "P-9", "start": MONDAY}, {"patient": "P-10", "start": MONDAY}])
    batch(*asked, *formats, "--resume", moment=LATER)
    assert manifest()[0] == line
    assert not set(manifest()[1]["visits"].split("|")) & set(taken["P-1"].split("|"))
    assert changes() == {"P-10": "new"}


def test_a_course_that_was_revised_since_is_seated_where_it_is_now(asked):
    rows = rows_of(2)
    roster_file(rows)
    batch(*asked)
    revised("P-2", "defer", "1", "--to", "2027-04-06T09:00")
    moved = dates("P-2")
    first = dates("P-1")
    roster_file([*rows, {"patient": "P-3", "start": "2027-04-06", "time": "09:00"}])
    done = batch(*asked, "--resume", moment=LATER)
    assert "3 planned (2 of them before)" in done.stderr
    assert (dates("P-1"), dates("P-2")) == (first, moved)
    assert "04-06 09:00" in moved
    assert not set(dates("P-3")) & {*first, *moved}  # `revise` itself knows no other patients
    assert manifest()[1]["visits"].startswith("2027-04-06T09:00/")
    assert changes() == {"P-2": "revised", "P-3": "new"}


def test_a_course_that_is_revised_while_a_run_goes_on_is_noted_as_it_is_in_its_turn(
    asked, monkeypatch
):
    roster_file(rows_of(2))
    batch(*asked)
    look = Pipeline._triaged

    def look_and_revise(pipeline, rows):
        steps = look(pipeline, rows)
        first = next(steps)  # by now all rows have been looked at
        revised("P-2", "defer", "1", "--to", "2027-04-06T09:00")
        yield from [first, *steps]

    monkeypatch.setattr(Pipeline, "_triaged", look_and_revise)
    batch(*asked, "--resume", moment=LATER)
    assert manifest()[1]["visits"].startswith("2027-04-06T09:00/")
    assert changes() == {"P-2": "revised"}


def test_a_seat_that_revise_gave_back_is_free(asked):
    clinic_file(more=ONE_CHAIR, hours="09:00-11:00")
    roster_file(rows_of(1))
    batch(*asked)
    revised("P-1", "cease")
    roster_file(rows_of(2))
    batch(*asked, "--resume")
    assert manifest()[1]["first"] == MONDAY


def test_a_revised_course_of_a_row_that_changed_keeps_its_chair_and_the_row_is_rejected(asked):
    clinic_file(more=ONE_CHAIR, hours="09:00-11:00")
    rows = rows_of(1)
    roster_file(rows)
    batch(*asked)
    revised("P-1", "omit", "3")
    before = tree("out/P-1")
    for moment in (LATER, "2026-11-25T10:00"):
        roster_file([rows[0] | {"start": "2027-04-06"}, {"patient": "P-2", "start": MONDAY}])
        assert batch(*asked, "--resume", moment=moment).exit_code == 5
        assert tree("out/P-1") == before
        assert [row["rule"] for row in rejects()] == ["patient"]
        assert "was revised since" in rejects()[0]["reason"]
        assert nobody_shares_a_chair()
        assert changes()["P-1"] == "stays"


def test_a_course_that_plan_put_into_the_folder_has_its_chair(asked):
    more = ["--patient", "X-1", "--start", MONDAY, "--clinic", "small.toml", "-o", "out"]
    assert CliRunner().invoke(main, ["plan", *more]).exit_code == 0
    roster_file(rows_of(1))
    assert batch(*asked).exit_code == 0
    assert nobody_shares_a_chair()


def test_the_chairs_of_a_clinic_stay_taken_when_its_file_changes(asked):
    roster_file(rows_of(2))
    batch(*asked)
    clinic_file(more='chairs = 1\nphone = "+1 555 0100"', hours="09:00-17:00")
    roster_file([{"patient": "P-9", "start": MONDAY}])
    batch(*asked, "--resume")
    assert nobody_shares_a_chair()


def test_another_clinics_courses_take_no_chair_here(asked):
    other = clinic_file("other.toml", 'name = "Other"\nchairs = 1')
    roster_file(rows_of(1, clinic=other))
    batch(*asked)
    roster_file([{"patient": "P-9", "start": MONDAY}])
    batch(*asked, "--resume")
    assert dates("P-9") == dates("P-1")


def test_files_that_are_made_again_are_for_the_same_chair(asked):
    rows = rows_of(3)
    roster_file(rows)
    batch(*asked)
    before = tree()
    Path("out/P-2/P-2.ics").write_text("broken", encoding="utf-8")
    batch(*asked, "--resume")
    assert tree("out/P-2") == {
        name.removeprefix("P-2/"): data for name, data in before.items() if name[:4] == "P-2/"
    }
    assert nobody_shares_a_chair()


def test_a_run_that_is_stopped_where_chairs_count_ends_as_an_undisturbed_one(asked, clinic):
    rows = rows_of(160, driver_name="")
    for number, row in enumerate(rows):
        row["start"] = f"2027-{1 + number % 9:02}-{1 + number % 28:02}"
    roster_file(rows)
    first = [*asked, "--format", "json"]
    batch(*first)
    shutil.copytree("out", "undisturbed")
    changed = [row for number, row in enumerate(rows) if number % 7]
    for row in changed[::3]:
        row["driver_name"] = "Sam"
    changed[3]["start"] = "soon"
    changed.insert(100, {"patient": "Q-1", "start": MONDAY, "driver_name": ""})
    roster_file(changed)
    more = ["--resume", "--jobs", "1"]
    assert batch_alone(*first, *more, "--fail-fast").returncode == 5
    assert Path("out/.run.json").exists()
    batch(*first, *more, moment=None)
    undisturbed = ["roster.csv", "-o", "undisturbed", *first[3:]]
    batch(*undisturbed, *more)
    assert tree() == tree("undisturbed")
    assert nobody_shares_a_chair()
    assert {"new", "moved", "renewed", "gone", "stays"} >= set(changes().values())


def test_what_is_not_known_of_chairs_is_said_once(asked, clinic):
    roster_file(rows_of(3))
    assert batch(*asked).stderr.count(ALONE) == 1
    assert ALONE not in batch(*asked, "--resume").stderr
    others = ["roster.csv", "--clinic", clinic]
    assert ALONE in batch(*others, "--format", "ndjson").stderr
    assert batch(*others, "-o", "quiet", "--quiet").stderr == ""
    assert ALONE not in batch(*others, "-o", "each", "--ignore-chairs").stderr
    clinic_file("free.toml")
    assert ALONE not in batch("roster.csv", "-o", "free", "--clinic", "free.toml").stderr


# --- what changed ------------------------------------------------------------------------------


def test_each_patient_is_told_of_by_what_became_of_them(asked):
    clinic_file()
    rows = rows_of(6, driver_name="")
    roster_file(rows)
    assert changes() == {}
    batch(*asked)
    assert changes() == {}
    revised("P-2", "omit", "3")
    rows[2]["start"], rows[5]["driver_name"] = "2027-04-07", "Sam Rivera"
    rows[3]["unavailable"] = "2027-01-01..2027-12-31"
    rows[0]["start"] = "soon"
    roster_file([*rows[:4], rows[5], {"patient": "P-7", "start": MONDAY}])
    done = batch(*asked, "--resume", moment=LATER)
    assert changes() == {
        "P-1": "stays",
        "P-2": "revised",
        "P-3": "moved",
        "P-4": "taken back",
        "P-6": "renewed",
        "P-7": "new",
        "P-5": "gone",
    }
    said = (
        "1 new, 1 moved, 1 renewed, 1 revised, 1 stays, 1 taken back, 1 gone, see out/changes.csv"
    )
    assert said in done.stderr
    moved = table("out/changes.csv")[2]
    assert moved["was"].startswith("2027-04-05T09:00/10:55|2027-04-07T")
    assert moved["now"].startswith("2027-04-07T09:00/10:55|2027-04-09T")


def test_a_run_after_which_all_is_as_it_was_tells_nothing(asked):
    roster_file(rows_of(3))
    batch(*asked)
    before = tree()
    done = batch(*asked, "--resume", moment=LATER)
    assert tree() == before
    assert "since the run before: 3 kept\n" in done.stderr


@pytest.mark.parametrize("chairs", [ONE_CHAIR, ""], ids=["chairs", "no chairs"])
def test_a_revised_course_stays_when_the_clinic_changes_and_is_ours_every_night(asked, chairs):
    clinic_file(more=chairs)
    roster_file(rows_of(2))
    batch(*asked)
    revised("P-1", "omit", "3")
    before = tree("out/P-1")
    for night, phone in enumerate(("1", "2", "2")):
        clinic_file(more=f'{chairs}\nphone = "+1 555 010{phone}"')
        done = batch(*asked, "--resume", moment=f"2026-11-2{5 + night}T10:00")
        assert done.exit_code == 0, done.output
        assert tree("out/P-1") == before
    assert changes() == {}


def test_a_run_that_is_only_tried_tells_what_would_change_and_leaves_all_as_it_is(asked):
    roster_file(rows_of(3))
    batch(*asked)
    before = tree()
    roster_file(rows_of(4)[1:])
    done = batch(*asked, "--resume", "--dry-run", moment=LATER)
    assert "1 new, 2 kept, 1 gone\n" in done.stderr
    assert tree() == before
    real = batch(*asked, "--resume", moment=LATER)
    assert "1 new, 2 kept, 1 gone, see" in real.stderr
    assert done.stdout == Path("out/manifest.csv").read_text(encoding="utf-8")


def test_findings_that_a_clinic_must_see_are_in_the_manifest(asked):
    clinic_file()
    rows: list[Row] = [
        {"patient": "P-1", "start": MONDAY, "days": "", "cleared_by": "Dr. Shah"},
        {"patient": "P-2", "start": "2026-11-02", "days": "", "cleared_by": ""},
        {"patient": "P-3", "start": "2027-04-10", "days": "mon,thu", "cleared_by": ""},
    ]
    roster_file(rows)
    batch(*asked)
    notes = [line["notes"].split("|") for line in manifest()]
    course = json.loads(Path("out/P-2/course.json").read_text(encoding="utf-8"))
    assert "past" in notes[1]
    assert {finding["rule"] for finding in course["findings"]} == set(notes[1])
    assert "late start: closure" in notes[2] or "late start: open-hours" in notes[2] or notes[2]


def test_a_row_without_a_chair_is_told_the_same_however_often_the_run_goes_on(asked):
    clinic_file(more=ONE_CHAIR, hours="09:00-11:00")
    rows = rows_of(5, days="")
    rows[0]["days"], rows[2]["days"] = "mon", "mon"  # who fits nowhere, with and without others
    roster_file(rows)
    assert batch(*asked).exit_code == 5
    before = tree()
    assert [row["patient"] for row in rejects()] == ["P-1", "P-3", "P-5"]
    batch(*asked, "--resume", moment=LATER)
    assert tree() == before
    # Where those before leave room, it is those after who are in the way.
    roster_file([{"patient": "P-0", "start": MONDAY, "days": ""}, *rows])
    batch(*asked, "--resume", moment=LATER)
    assert rejects()[0]["patient"] == "P-0"
    assert "the chair is taken" in rejects()[0]["reason"]
    assert nobody_shares_a_chair()


def test_mended_rejects_are_a_part_of_the_roster_and_nobody_is_gone(asked):
    rows = rows_of(3)
    rows[1]["start"] = "soon"
    roster_file(rows)
    batch(*asked)
    text = Path("out/rejects.csv").read_text(encoding="utf-8")
    Path("mended.csv").write_text(text.replace("soon", MONDAY), encoding="utf-8")
    batch("mended.csv", *asked[1:], "--resume", moment=LATER)
    assert changes() == {"P-2": "new"}
    rows[1]["start"] = MONDAY
    roster_file(rows[:2])
    batch(*asked, "--resume", moment="2026-11-25T10:00")
    assert changes() == {"P-3": "gone"}


# --- courses under way -------------------------------------------------------------------------

UNDER_WAY = "2027-04-08T10:00"
"""After the second visit of a course that begins on `MONDAY`."""

chairs_or_none = pytest.mark.parametrize("more", [ONE_CHAIR, ""], ids=["chairs", "no chairs"])


@chairs_or_none
@pytest.mark.parametrize("formats", [(), ("--format", "ics")], ids=["with json", "without json"])
@pytest.mark.parametrize(
    "cells",
    [
        {"start": "2027-04-12"},
        {"between": "13:00-17:00"},
        {"unavailable": "2027-01-01..2027-12-31"},
    ],
    ids=["another start", "other hours", "no plan"],
)
def test_a_row_that_changed_moves_no_visit_of_a_course_under_way(asked, more, formats, cells):
    clinic_file(more=more)
    rows = rows_of(2)
    roster_file(rows)
    batch(*asked, *formats)
    before, taken = tree("out/P-1"), manifest()[0]["visits"]
    for moment in (UNDER_WAY, "2027-04-09T10:00"):
        roster_file([rows[0] | cells, rows[1], {"patient": "P-3", "start": "2027-04-12"}])
        done = batch(*asked, *formats, "--resume", moment=moment)
        assert done.exit_code == 5, done.output
        (line,) = rejects()
        assert line["patient"] == "P-1"
        assert "unavailable" in cells or "under way" in line["reason"]
        assert changes()["P-1"] == "stays"
        assert tree("out/P-1") == before
        if more:
            later = {one for line in manifest()[1:] for one in line["visits"].split("|")}
            assert not later & set(taken.split("|"))


@chairs_or_none
def test_a_course_under_way_gets_new_words_and_keeps_its_times(asked, more):
    clinic_file(more=more)
    rows = rows_of(2, driver_name="")
    roster_file(rows)
    batch(*asked)
    before = {patient: dates(patient) for patient in patients()}
    for night, name in enumerate(("Sam Rivera", "Ana Lima"), 8):
        roster_file([rows[0] | {"driver_name": name}, rows[1]])
        done = batch(*asked, "--resume", moment=f"2027-04-{night:02}T10:00")
        assert done.exit_code == 0, done.output
        assert changes() == {"P-1": "renewed"}
        course = load_course("out/P-1")
        assert [one.driver and one.driver.name for one in course.visits] == [name] * 6
        assert {found.rule for found in course.findings} <= {"clearance", "examples"}
        assert {patient: dates(patient) for patient in patients()} == before
    clinic_file(more=f'{more}\nphone = "+1 555 0100"')
    assert batch(*asked, "--resume", moment="2027-04-10T10:00").exit_code == 0
    assert changes() == {"P-1": "renewed", "P-2": "renewed"}
    roster_file([rows[0] | {"start": "2027-05-03"}, rows[1]])
    assert batch(*asked, "--resume", moment="2027-04-11T10:00").exit_code == 5
    assert {patient: dates(patient) for patient in patients()} == before


@chairs_or_none
def test_room_before_it_does_not_move_a_course_under_way(asked, more):
    clinic_file(more=more, hours="09:00-11:00")
    rows = [{"patient": "P-1", "start": MONDAY}, {"patient": "P-2", "start": "2027-04-06"}]
    roster_file(rows)
    batch(*asked)
    before = dates("P-2")
    clinic_file(more=f'{more}\npreferred_start = "09:30"', hours="09:00-17:00")
    roster_file(rows[1:])
    assert batch(*asked, "--resume", moment=UNDER_WAY).exit_code == 0
    assert dates("P-2") == before
    with Path("small.toml").open("a", encoding="utf-8") as file:
        file.write(f'[closures]\ndates = ["2027-{before[-1][:5]}"]\n')
    done = batch(*asked, "--resume", moment=UNDER_WAY)
    assert done.exit_code == 5
    assert "under way" in rejects()[0]["reason"]
    assert dates("P-2") == before
    assert batch(*asked, "--force", moment=UNDER_WAY).exit_code == 0
    assert dates("P-2") != before


def test_a_start_that_was_over_when_it_was_planned_is_mended_in_the_roster(asked):
    roster_file(rows_of(1, start="2026-11-02"))
    batch(*asked)
    roster_file(rows_of(1, start="2026-12-07"))
    assert batch(*asked, "--resume", moment=LATER).exit_code == 0
    assert changes() == {"P-1": "moved"}


@chairs_or_none
def test_a_start_asked_for_a_day_gone_by_is_under_way_once_it_has_begun(asked, more):
    clinic_file(more=more)
    rows = rows_of(1, start="2027-04-03")  # a Saturday
    roster_file(rows)
    batch(*asked, moment="2027-04-04T10:00")
    assert manifest()[0]["notes"].split("|")[-1] == "past start"
    before = dates("P-1")
    for cells in ({"days": "tue,thu"}, {"days": "sun"}):
        roster_file([rows[0] | cells])
        assert batch(*asked, "--resume", moment="2027-04-13T10:00").exit_code == 5
        assert dates("P-1") == before


def test_a_course_begins_at_midnight_of_its_clinic(asked):
    clinic_file(more='name = "Honolulu"')
    text = Path("small.toml").read_text(encoding="utf-8")
    Path("small.toml").write_text(text.replace("America/New_York", "Pacific/Honolulu"), "utf-8")
    for moment, code in (("2027-04-05T09:59Z", 0), ("2027-04-05T10:00Z", 5)):
        shutil.rmtree("out", ignore_errors=True)
        roster_file(rows_of(1))
        batch(*asked)
        roster_file(rows_of(1, time="11:00"))
        assert batch(*asked, "--resume", moment=moment).exit_code == code


def test_nobody_is_gone_where_a_row_does_not_come_apart(asked):
    roster_file(rows_of(3))
    batch(*asked)
    text = Path("roster.csv").read_text(encoding="utf-8")
    Path("roster.csv").write_text(text.replace("P-2,", "P-2"), encoding="utf-8")
    assert batch(*asked, "--resume", moment=LATER).exit_code == 5
    assert changes() == {}
    roster_file(rows_of(3)[::2])
    assert batch(*asked, "--resume", moment="2026-11-25T10:00").exit_code == 0
    assert changes() == {"P-2": "gone"}


# --- rows that are as they were ----------------------------------------------------------------


def visits_by_patient() -> dict[str, list[str]]:
    return {patient: dates(patient) for patient in sorted(patients())}


@pytest.mark.parametrize("how", ["in row order", "as one", "no chairs"])
def test_only_those_move_whom_a_change_of_the_clinic_concerns(asked, how):
    chairs = "" if how == "no chairs" else "chairs = 1"
    more = ["--together"] if how == "as one" else []
    clinic_file(more=chairs)
    starts = (MONDAY, "2027-04-06", "2027-04-20", "2027-04-21")
    roster_file([{"patient": f"P-{number}", "start": day} for number, day in enumerate(starts)])
    batch(*asked, *more)
    before = visits_by_patient()
    # Better times for all, and a closure on a day of one or two.
    day = before["P-2"][3][:5]
    clinic_file(more=f'{chairs}\npreferred_start = "11:00"', hours="08:00-18:00")
    with Path("small.toml").open("a", encoding="utf-8") as file:
        file.write(f'[closures]\ndates = ["2027-{day}"]\n')
    done = batch(*asked, *more, "--resume", moment=LATER)
    assert done.exit_code == 0, done.output
    now = visits_by_patient()
    moved = {patient for patient in before if now[patient] != before[patient]}
    concerned = {patient for patient in before if any(day in one for one in before[patient])}
    assert moved == concerned
    assert 0 < len(moved) < 4
    assert {one: changes()[one] for one in before} == {
        one: "moved" if one in moved else "renewed" for one in before
    }
    if chairs:
        assert nobody_shares_a_chair()
    # A night later nothing has changed, and nothing does.
    assert "4 kept\n" in batch(*asked, *more, "--resume", moment="2026-11-25T10:00").stderr
    assert visits_by_patient() == now


def test_who_waited_for_a_closure_keeps_the_dates_when_it_is_lifted(asked):
    closed = '[closures]\ndates = ["2027-04-05..2027-04-09"]\n'
    with Path(clinic_file()).open("a", encoding="utf-8") as file:
        file.write(closed)
    roster_file(rows_of(1))
    batch(*asked)
    before = visits_by_patient()
    assert before["P-1"][0] == "04-12 09:00"
    clinic_file()
    done = batch(*asked, "--resume", moment=LATER)
    assert (done.exit_code, visits_by_patient()) == (0, before)
    assert "late start: kept" in manifest()[0]["notes"]


@pytest.mark.parametrize("how", [(), ("--jobs", "2"), ("--together",)], ids=" ".join)
def test_a_row_that_its_booster_was_left_out_of_keeps_its_dates_when_it_has_a_day(asked, how):
    with Path(clinic_file(more=ONE_CHAIR)).open("a", encoding="utf-8") as file:
        file.write('[closures]\ndates = ["2027-04-17..2027-05-31"]\n')
    roster_file(rows_of(1, boosters="1"))
    assert batch(*asked, *how).exit_code == 0
    before = visits_by_patient()
    assert len(before["P-1"]) == 6
    assert manifest()[0]["notes"] == "booster|clearance|examples"
    clinic_file(more=ONE_CHAIR)
    assert batch(*asked, *how, "--resume", moment=LATER).exit_code == 0
    assert visits_by_patient() == before
    assert manifest()[0]["notes"] == "booster|clearance|examples"


def test_a_chair_less_moves_no_more_than_it_has_to(asked):
    clinic_file(more="chairs = 2", hours="09:00-11:00")
    roster_file(rows_of(2))
    batch(*asked)
    before = visits_by_patient()
    assert before["P-1"] == before["P-2"]
    clinic_file(more="chairs = 1", hours="09:00-11:00")
    batch(*asked, "--resume", moment=LATER)
    now = visits_by_patient()
    assert sum(now[patient] == before[patient] for patient in before) == 1
    assert nobody_shares_a_chair()


@pytest.mark.parametrize("how", [(), ("--together",)], ids=["in row order", "as one"])
def test_a_row_whose_folder_is_lost_gives_up_no_chair_of_anothers(asked, how):
    rows = rows_of(2)
    roster_file(rows)
    batch(*asked, *how)
    shutil.rmtree("out/P-2")
    roster_file([{"patient": "P-9", "start": MONDAY}, *rows])
    batch(*asked, *how, "--resume", moment=LATER)
    assert patients() == {"P-1", "P-2", "P-9"}
    assert nobody_shares_a_chair()


@pytest.mark.parametrize("moment", [LATER, UNDER_WAY], ids=["ahead", "under way"])
@pytest.mark.parametrize(
    "more", ['name = "New"', 'id_salt = "0123456789abcdef"'], ids=["name", "salt"]
)
def test_a_clinic_by_another_name_is_that_of_its_rows(asked, moment, more):
    rows = rows_of(3)
    roster_file(rows)
    batch(*asked)
    before = visits_by_patient()
    clinic_file(more=f"{ONE_CHAIR}\n{more}")
    roster_file([{"patient": "P-9", "start": "2027-04-12"}, *rows])
    for night in (moment, f"{moment[:8]}25T10:00"):
        batch(*asked, "--resume", moment=night)
        assert nobody_shares_a_chair()
        assert before.items() <= visits_by_patient().items()


# --- without course files ------------------------------------------------------------------------


def entries(name: str = "P-1.ics") -> dict[str, int]:
    """The SEQUENCE of each entry of the calendar of P-1, by its UID."""
    text = Path("out/P-1", name).read_text(encoding="utf-8")
    uids, numbers = re.findall(r"(?m)^UID:(.*)$", text), re.findall(r"(?m)^SEQUENCE:(.*)$", text)
    return dict(zip(uids, map(int, numbers), strict=True))


@chairs_or_none
def test_a_course_done_again_without_its_file_updates_its_entries_in_calendars(asked, more):
    clinic_file(more=more)
    only_calendars = [*asked, "--format", "ics", "--format", "rides"]
    roster_file(rows_of(1))
    batch(*only_calendars)
    first, rides = entries(), entries("rides.ics")
    for night in (1, 2):
        clinic_file(more=f'{more}\nphone = "+1 555 010{night}"')
        moment = f"2026-11-{23 + night}T10:00"
        batch(*only_calendars, "--resume", moment=moment)
        assert entries() == dict.fromkeys(first, night)
        assert entries("rides.ics") == dict.fromkeys(rides, night)
        text = Path("out/P-1/P-1.ics").read_text(encoding="utf-8").replace("\r\n ", "")
        assert f"Revision {night + 1}\\, made" in text
        before = tree("out/P-1")
        Path("out/P-1/rides.ics").unlink()  # as a run that was killed leaves it
        batch(*only_calendars, "--resume", moment=moment)
        assert tree("out/P-1") == before
    roster_file(rows_of(1, start="2027-04-12"))
    batch(*only_calendars, "--resume", moment="2026-11-28T10:00")
    assert not entries().keys() & first.keys()
    assert not (Path("out/P-1") / "course.json").exists()


# --- in a register, after a kill -----------------------------------------------------------------


def test_what_a_killed_run_has_booked_makes_room_for_one_that_does_it_all_again(asked):
    """A kill between the booking and the folder: neither folder nor manifest name the course."""
    booked = [*asked, "--register", "book.db"]
    roster_file(rows_of(2))
    batch(*booked)
    shutil.copytree("out", "before")
    batch(*booked, "--force", moment="2026-11-24T10:00")
    shutil.rmtree("out")
    shutil.move("before", "out")
    done = batch(*booked, "--force", moment="2026-11-25T10:00")
    assert done.exit_code == 0, done.output
    listed = run("register list --register book.db --format json")
    of_folders = {load_course(f"out/{patient}").course_id for patient in patients()}
    assert {entry["course_id"] for entry in json.loads(listed[listed.index("[") :])} == of_folders
