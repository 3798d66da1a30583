"""The simulated clinic: the same numbers each time, and an inspection that finds what is wrong."""

import json
import sqlite3
from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest
from tools.simulation import __main__ as program
from tools.simulation.clinic import FIRST_MONDAY, ZONE, ClinicFile, news_of
from tools.simulation.inspection import Inspection
from tools.simulation.nearest_day import NearestDay
from tools.simulation.patients import COMPLETED, SIX, patients_of
from tools.simulation.picture import draw
from tools.simulation.report import report
from tools.simulation.runs import POLICIES, Setting, run_in
from tools.simulation.stored_bookings import StoredBookings
from tools.simulation.year import InspectionFailed, Year

from ketasched import Register, check, load_protocol, request

OURS = Setting(chairs=2, policy=POLICIES[0], weeks=2, seed=10, run_out=2)
OTHER = replace(OURS, policy=POLICIES[1])


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """The folder of a clinic that has lived by ketasched, and what became of it."""
    folder = tmp_path_factory.mktemp("lived")
    return folder, run_in(folder, OURS)


def test_a_clinic_lives_the_same_weeks_again(lived, tmp_path):
    both = [lived[1], run_in(tmp_path, OTHER)]
    again = []
    for setting in (OURS, OTHER):
        folder = tmp_path / f"again {setting.policy}"
        folder.mkdir()
        again.append(run_in(folder, setting))
    assert again == both
    assert report(again) == report(both)
    assert draw(again) == draw(both)
    ours, other = (one.measures for one in both)
    assert (ours.patients, ours.never_seated) == (other.patients, other.never_seated)
    assert ours.outside < other.outside


def test_the_weeks_have_news_and_all_kinds_of_calls(lived):
    assert news_of(OURS.seed, OURS.chairs, OURS.weeks)
    _, result = lived
    assert result.counts["refused"], "no clerk wrote into a course that the other one had open"


def test_fates_are_as_often_as_they_were_counted():
    fates = [one.fate for one in patients_of("often", 16, 52)]
    had = [one.stops_after or SIX for one in fates]
    assert sum(count == SIX for count in had) / len(had) == pytest.approx(COMPLETED, abs=0.02)
    assert sum(had) / len(had) == pytest.approx(5.8, abs=0.03)


def test_a_planted_overbooking_ends_the_year_on_its_day(tmp_path):
    clinic = ClinicFile(tmp_path / "clinic.toml", chairs=2)
    policy = NearestDay(tmp_path, clinic)
    patients = patients_of(1, 2, 1)
    year = Year(policy, clinic, patients, {}, weeks=1)
    year.inspect(FIRST_MONDAY)
    policy.ask(patients[0], datetime.combine(FIRST_MONDAY, time(9), ZONE))
    (day,) = {start.date() for start in policy.bookings.of(patients[0].reference)[:1]}
    with sqlite3.connect(tmp_path / "nearest-day.db") as connection:
        again = "SELECT course_id, clinic, begins + 60, ends, chair FROM bookings LIMIT 1"
        connection.execute(
            f"INSERT INTO bookings (course_id, clinic, begins, ends, chair) {again}"
        )
    with pytest.raises(
        InspectionFailed, match=f"{day}: booking [0-9]+ is on a chair that is taken"
    ):
        year.inspect(day)
    policy.close()


@pytest.fixture
def inspected(tmp_path):
    """A register with a course from Monday 4 to Friday 15 January, and its inspection."""
    with Register.open(str(tmp_path / "book.db")) as register:
        clinic = ClinicFile(tmp_path / "clinic.toml", chairs=2).clinic
        asked = request(patient="P-1", start=FIRST_MONDAY)
        register.book(load_protocol("iv-depression"), clinic, asked, made_at="2027-01-02")
        stored = StoredBookings(tmp_path / "book.db")
        yield register, Inspection(stored)
        stored.close()


def test_a_planted_broken_rule_is_found_once(inspected, tmp_path):
    _, inspection = inspected
    assert inspection.broken_rules() == []
    with sqlite3.connect(tmp_path / "book.db") as connection:
        (document,) = connection.execute("SELECT document FROM courses").fetchone()
        course = json.loads(document)
        course["protocol"]["phases"][0]["span_days"]["max"] = 6
        connection.execute("UPDATE courses SET document = ?", (json.dumps(course),))
        changed = (
            "INSERT INTO log (at, course_id, revision, what, by_whom) VALUES ('', ?, 1, '', '')"
        )
        connection.execute(changed, (course["course_id"],))
    (problem,) = inspection.broken_rules()
    assert problem == "P-1: Visit 6, Fri 15 Jan 2027: induction takes 12 days; 6 are allowed."
    assert inspection.broken_rules() == []


def test_what_somebody_overrode_and_what_a_missed_visit_broke_is_no_broken_rule(inspected):
    register, inspection = inspected
    late = {"to": "2027-01-19", "override": "gap", "reason": "holiday"}
    register.revise("P-1", "defer", 6, at="2027-01-04T12:00", **late)
    missed = register.revise("P-1", "miss", 3, at="2027-01-08T18:00")
    missed = register.revise("P-1", "miss", 4, at="2027-01-11T18:00")
    assert [one.visit for one in check(missed) if one.level == "broken"] == [5, 6]
    assert inspection.broken_rules() == []


def test_a_failed_inspection_is_exit_code_1_and_says_the_day(monkeypatch, capsys):
    def fails(settings):
        raise InspectionFailed(f"ketasched, {FIRST_MONDAY + timedelta(1)}: a chair twice")

    monkeypatch.setattr(program, "run_all", fails)
    assert program.main(["--chairs", "2"]) == 1
    assert "2027-01-05" in capsys.readouterr().err
