"""What the commands do with the clinic's book, from Python: the same courses, words and bytes."""

import csv
import io
import json
import shlex
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import ketasched
from ketasched.cli import main
from ketasched.files.codec import plain
from ketasched.model import Clock
from tests.conftest import ROOT

MADE, TODAY = "2026-12-28T08:00", "2027-01-06T18:00"
PROTOCOL = ketasched.load_protocol("iv-depression")
SAID = {"reason": "outage", "by_whom": "Dr. Lee"}
SAID_TYPED = "--reason outage --by-whom 'Dr. Lee'"


def run(command: str, *, code: int = 0, register: str = "book.db") -> Result:
    words = [*shlex.split(command), "--register", register]
    result = CliRunner().invoke(main, words, prog_name="ketasched")
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def clinic() -> ketasched.Clinic:
    """The practice, whose file is here."""
    shutil.copy(ROOT / "examples" / "practice.toml", "clinic.toml")
    return ketasched.load_clinic("clinic.toml")


@pytest.fixture
def register(clinic):
    """A register with three patients, of which book.db is a copy for the commands."""
    asked = (
        {"patient": "P-1", "authorised": "4 from 2027-01-01 until 2027-01-31"},
        {"patient": "P-2", "driver_name": "Ana Lima"},
        {"patient": "P-3", "start": "2027-01-05"},
    )
    with ketasched.Register.open("twin.db") as opened:
        for one in asked:
            request = ketasched.request(**{"start": "2027-01-04", "time": "9am"} | one)
            opened.book(PROTOCOL, clinic, request, made_at=MADE)
        run("register backup book.db", register="twin.db")
        yield opened


def close(day: str) -> ketasched.Clinic:
    """Close the clinic on this day in its file."""
    with Path("clinic.toml").open("a", encoding="utf-8") as file:
        file.write(f'[closures]\ndates = ["{day}"]\n')
    return ketasched.load_clinic("clinic.toml")


def of_commands() -> list[str]:
    return run("register export").stdout.splitlines()


def test_an_export_has_the_lines_of_the_command(register):
    assert [*register.export()] == of_commands()


def test_the_phone_list_is_that_of_the_command(register):
    shown = json.loads(run(f"drivers --format json --next 5d --today {TODAY}").stdout)
    found = register.drivers(at=TODAY, days=5)
    assert found
    assert json.loads(json.dumps(found, default=plain)) == shown


def test_authorised_sessions_are_those_of_the_command(register):
    shown = run(f"authorisations --format csv --today {TODAY}").stdout
    found = register.authorisations(at=TODAY)
    rows = [*csv.DictReader(io.StringIO(shown))]
    assert [(one.patient, str(one.left), str(one.runs_out)) for one in found] == [
        (row["patient"], row["left"], row["runs_out"]) for row in rows
    ]
    assert [one.patient for one in found] == ["P-1"]


def test_a_day_is_completed_as_by_the_command(register):
    command = f"day 2027-01-06 --complete --except p-2 {SAID_TYPED} --today {TODAY}"
    shown = json.loads(run(f"{command} --format json").stdout)
    done = register.complete_day("6 Jan 2027", at=TODAY, excepted="p-2", **SAID)
    assert [(one["patient"], one["what"]) for one in shown] == [
        (after.patient, after.history[-1].what) for _, after in done.revisions
    ]
    assert {one.course.patient: one.state.value for one in done.visits} == {
        "P-1": "due",
        "P-2": "excepted",
    }
    assert [*register.export()] == of_commands()


def test_a_completed_day_that_is_a_dry_run_records_nothing(register):
    before = [*register.export()]
    assert register.complete_day(date(2027, 1, 6), at=TODAY, dry_run=True).revisions
    assert [*register.export()] == before


def test_who_could_take_a_slot_is_whom_the_command_lists(register, clinic):
    register.revise("P-1", "omit", 3, reason="flu", at=TODAY)
    run("revise P-1 omit 3 --reason flu --today " + TODAY)
    Path("waiting.csv").write_text(
        "patient,start,priority\nW-1,2027-01-05,1\nW-2,2027-01-07,2\n", encoding="utf-8"
    )
    slot = "--on 2027-01-08 --time 9:00"
    shown = json.loads(
        run(f"backfill {slot} --waiting waiting.csv --format json --today {TODAY}").stdout
    )
    waiting = [
        ketasched.Waiting(ketasched.request(patient=who, start=start), PROTOCOL, priority)
        for who, start, priority in (("W-1", "2027-01-05", 1), ("W-2", "2027-01-07", 2))
    ]
    found = register.backfill("2027-01-08", Clock(540), at=TODAY, waiting=waiting)
    listed = json.loads(json.dumps(found, default=plain))
    assert found
    assert [one | {"command": ""} for one in listed] == [one | {"command": ""} for one in shown]


def test_a_slot_that_is_taken_is_refused_in_the_words_of_the_command(register):
    result = run(f"backfill --on 2027-01-08 --time 9:00 --today {TODAY}", code=6)
    with pytest.raises(ketasched.Refused) as caught:
        register.backfill("2027-01-08", "9:00", at=TODAY)
    said = [f"error: {caught.value}", *(f"  {one}" for one in caught.value.details)]
    assert result.stderr.splitlines()[: len(said)] == said


def test_a_proposal_has_the_bytes_of_the_command_s_file_and_its_call_list(register):
    newer = close("2027-01-11")
    shown = run(f"reschedule --proposal friday.json {SAID_TYPED} --today {TODAY}").stdout_bytes
    found = register.reschedule(at=TODAY, clinic=newer, **SAID)
    assert found.revisions
    assert found.text.encode() == Path("friday.json").read_bytes()
    assert found.page().encode() == shown


def test_a_proposal_is_applied_as_by_the_command(register):
    newer = close("2027-01-11")
    run(f"reschedule --apply --except P-2 {SAID_TYPED} --today {TODAY}")
    found = register.reschedule(at=TODAY, clinic=newer, excepted="P-2", **SAID)
    assert register.apply(found, at=TODAY, dry_run=True).applied_at is None
    assert register.apply(found, at=TODAY).applied_at is not None
    assert [*register.export()] == of_commands()
    with pytest.raises(ketasched.Refused, match="has changed since the proposal was made"):
        register.apply(found, at=TODAY)


def test_a_proposal_in_a_file_is_applied_but_for_the_excepted(register):
    newer = close("2027-01-11")
    run(f"reschedule --proposal friday.json {SAID_TYPED} --today {TODAY}")
    run(f"reschedule --apply friday.json --except P-1 --today {TODAY}")
    register.apply("friday.json", at=TODAY, excepted=["P-1"], clinic=newer)
    assert [*register.export()] == of_commands()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"override": "capacity"}, "capacity"),
        ({"override": "gap"}, "an override needs a reason"),
        ({"on": "soon"}, "expected a date"),
        ({"excepted": "P-9"}, "there is no such patient"),
    ],
    ids=lambda one: str(one),
)
def test_a_proposal_that_cannot_be_made_is_refused(register, values, said):
    with pytest.raises(ketasched.KetaschedError, match=said):
        register.reschedule(at=TODAY, **values)


def test_a_patient_is_renamed_as_by_the_command(register):
    run(f"register rename p-1 P-11 {SAID_TYPED} --today {TODAY}")
    assert register.rename("p-1", "P-11", at=TODAY, dry_run=True, **SAID)[0].patient == "P-11"
    assert register.courses("P-1")
    assert [one.patient for one in register.rename("p-1", "P-11", at=TODAY, **SAID)] == ["P-11"]
    assert register.rename("P-11", "P-11", at=TODAY) == []
    assert [*register.export()] == of_commands()


@pytest.mark.parametrize("new", ["P-2", "ketamine-1", "../x"])
def test_a_new_reference_is_refused_in_the_words_of_the_command(register, new):
    with pytest.raises(ketasched.KetaschedError) as caught:
        register.rename("P-1", new, at=TODAY)
    result = run(f"register rename P-1 {new} --today {TODAY}", code=caught.value.exit_code)
    assert str(caught.value) in result.stderr


def test_courses_are_imported_as_by_the_command(register):
    courses = register.courses()
    Path("all.ndjson").write_text("\n".join(register.export()), encoding="utf-8")
    run(f"register import all.ndjson --today {TODAY}", register="fresh.db")
    with ketasched.Register.open("python.db") as fresh:
        entered = fresh.import_courses(courses, at=TODAY)
        assert [one.is_entered for one in entered] == [True] * 3
        again = fresh.import_courses(courses, at=TODAY)
        assert [(one.is_entered, one.error) for one in again] == [(False, None)] * 3
        exported = [*fresh.export()]
    assert exported == run("register export", register="fresh.db").stdout.splitlines()


def test_a_course_that_cannot_be_imported_has_its_error(register, clinic):
    two = replace(register.courses("P-1")[0], course_id="another", patient="P-9")
    course = replace(two, request=replace(two.request, patient="P-9"))
    (found,) = register.import_courses(
        [replace(course, clinic=replace(clinic, chairs=1))], at=MADE
    )
    assert not found.is_entered
    assert isinstance(found.error, ketasched.KetaschedError)


def test_an_empty_register_has_no_calls_and_nothing_to_move(clinic):
    with ketasched.Register.open("none.db") as empty:
        assert empty.drivers(at=TODAY) == []
        assert empty.authorisations(at=TODAY) == []
        with pytest.raises(ketasched.BadFile, match="there is no course in the register"):
            empty.reschedule(at=TODAY)
        assert empty.backfill("2027-01-08", "9:00", at=TODAY, clinic=clinic) == []
