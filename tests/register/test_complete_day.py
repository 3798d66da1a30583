"""`day --complete`: the visits of a day that are over are recorded, all of them or none."""

import json
import signal
import sys
from pathlib import Path

import pytest
from click.testing import Result

from ketasched.api.day_records import ATTEMPTS
from ketasched.model import Change
from ketasched.register.records import Conflict, LogEntry, Stale
from ketasched.register.register import Register
from ketasched.revising.revise import revise
from tests.register.databases import rows
from tests.register.terminal import TODAY, exported, listed, plan, run
from tests.support.batches import MONDAY, clinic_file
from tests.support.forked import Forked, ketasched
from tests.support.killed import killed_before

EVENING = "--today", f"{MONDAY}T20:00"
PATIENTS = ("P-1", "P-2", "María Gómez")


@pytest.fixture
def three(filled) -> str:
    """A register with three patients who come on the same Monday: at 9:00, 9:00 and 10:00."""
    clinic_file("clinic.toml", 'chairs = 3\nid_salt = "x"', "09:00-13:00")
    address: str = filled(plan_three)
    return address


def plan_three() -> None:
    plan("P-1")
    plan("P-2")
    plan("María Gómez", "--time", "10:00")


def statuses(number: int = 1) -> dict[str, str]:
    return {one.patient: one.visits[number - 1].status for one in exported()}


def complete(*more: str, code: int = 0, today: tuple[str, ...] = EVENING) -> Result:
    return run("day", MONDAY, "--complete", *more, *today, code=code)


def test_every_visit_that_is_over_is_recorded_in_its_own_history(three):
    shown = complete("--reason", "as planned", "--by-whom", "Kim")
    assert set(shown.stdout.splitlines()) == {
        f"{one}, revision 2: visit 1 completed" for one in PATIENTS
    }
    assert statuses() == dict.fromkeys(PATIENTS, "completed")
    for course in exported():
        last = course.history[-1]
        assert last.change
        assert (last.change.verb, last.change.visit) == ("complete", 1)
        assert (last.why, last.by) == ("as planned", "Kim")
    assert rows(three, "SELECT by_whom FROM log ORDER BY number")[-1] == ("Kim",)


def test_today_is_the_day_unless_it_is_given(three):
    run("day", "--complete", *EVENING)
    assert statuses() == dict.fromkeys(PATIENTS, "completed")


def test_who_is_still_there_is_left_and_named(three):
    shown = complete(today=("--today", f"{MONDAY}T11:00"))
    assert "recorded as completed: 2 visits" in shown.stderr
    assert "left as they are: 1 not over yet (María Gómez)" in shown.stderr
    assert statuses() == {"P-1": "completed", "P-2": "completed", "María Gómez": "planned"}


def test_who_is_excepted_stays_as_he_is(three):
    shown = complete("--except", "P-1", "--except", "P-2")
    assert "left as they are: 2 excepted (P-1, P-2)" in shown.stderr
    assert listed() == {"P-1": 1, "P-2": 1, "María Gómez": 2}


def test_a_missed_visit_is_recorded_already_whoever_is_excepted(three):
    run("revise", "P-1", "miss", "1", "--reason", "flu", *EVENING)
    shown = complete("--except", "P-1")
    assert "left as they are: 1 recorded already (P-1)" in shown.stderr


def test_who_is_excepted_is_known_as_people_type_it(three):
    assert "1 excepted (María Gómez)" in complete("--except", "maria  gomez").stderr


@pytest.fixture
def two_clinics(three: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The register of `three`, whose clinic the environment names, and another one with a P-1."""
    other = clinic_file("other.toml", 'id_salt = "y"\nname = "Other"', "09:00-13:00")
    plan("P-1", "--clinic", other)
    plan("P-8", "--clinic", other)
    Path("clinic.toml").rename("own.toml")
    monkeypatch.setenv("KETASCHED_CLINIC", "own.toml")
    return three


def test_of_two_clinics_who_is_excepted_is_a_patient_of_the_one_of_the_environment(two_clinics):
    shown = complete("--except", "P-1")
    assert "left as they are: 1 excepted (P-1)" in shown.stderr
    assert "recorded as completed: 2 visits" in shown.stderr
    assert "P-8" in complete("--except", "P-8", code=3).stderr


def test_of_two_clinics_the_file_that_is_named_says_whose_patient_is_excepted(two_clinics):
    shown = complete("--except", "P-1", "--clinic", "other.toml")
    assert shown.stdout.splitlines() == ["P-8, revision 2: visit 1 completed"]


def test_an_excepted_patient_whom_nobody_knows_is_an_error(three):
    assert "P-7" in complete("--except", "P-7", code=3).stderr
    assert set(listed().values()) == {1}


def test_an_excepted_patient_without_a_visit_that_day_is_named(three):
    run("plan", "--patient", "P-4", "--start", "2027-06-07", "--made-at", "2026-11-23T10:00")
    assert "P-4 has no visit on Mon 5 Apr 2027" in complete("--except", "P-4").stderr


def test_nothing_to_record_is_one_line_and_an_empty_list(three):
    complete()
    again = complete("--format", "json")
    assert json.loads(again.stdout) == []
    (line,) = again.stderr.splitlines()
    assert "nothing to record on Mon 5 Apr 2027: 3 recorded already" in line
    assert complete().stdout == ""


def test_a_day_to_come_has_nothing_to_record(three):
    shown = complete(today=TODAY)
    assert "3 not over yet" in shown.stderr
    assert set(listed().values()) == {1}


def test_what_is_missed_held_or_to_be_decided_is_left(three):
    run("revise", "P-1", "miss", "1", "--make-up", "--reason", "flu", *EVENING)
    run("revise", "P-2", "hold", "--reason", "flu", *TODAY)
    assert "1 held (P-2)" in complete().stderr
    assert statuses() == {"P-1": "missed", "P-2": "held", "María Gómez": "completed"}


def test_a_dry_run_says_the_same_and_records_nothing(three):
    tried = complete("--dry-run")
    assert "nothing is recorded (--dry-run); it would be 3 visits" in tried.stderr
    assert set(listed().values()) == {1}
    assert complete().stdout == tried.stdout


def test_the_data_has_each_visit_before_and_after(three):
    found = json.loads(complete("--format", "json", "--except", "P-1", "--except", "P-2").stdout)
    ((one,),) = [change["changed"] for change in found]
    assert (one["was"]["status"], one["is"]["status"]) == ("planned", "completed")


def test_chairs_stay_as_they_are(three):
    seats = rows(three, "SELECT uid, chair FROM bookings ORDER BY uid")
    complete()
    assert rows(three, "SELECT uid, chair FROM bookings ORDER BY uid") == seats


@pytest.mark.parametrize(
    "words",
    [("--except", "P-1"), ("--dry-run",), ("--reason", "x"), ("--by-whom", "Kim")],
    ids=lambda words: words[0],
)
def test_its_options_go_with_it_alone(three, words):
    assert "go with --complete" in run("day", MONDAY, *words, code=2).stderr


@pytest.mark.parametrize("words", [("--week",), ("--format", "ics")], ids=lambda words: words[0])
def test_it_is_no_sheet_and_no_picture(three, words):
    assert "--complete prints text" in complete(*words, code=2).stderr


# --- all or none


def test_one_course_that_has_changed_meanwhile_keeps_all_from_being_entered(three):
    courses = exported()
    at = max(one.visits[0].end for one in courses)
    revisions = [(one, revise(one, Change("complete", 1), at=at)) for one in courses]
    run("revise", courses[-1].patient, "driver", "1", "--name", "Kim", *TODAY)
    book = Register.open(three)
    with pytest.raises(Stale):
        book.revise_jointly(revisions, LogEntry(at, ""))
    assert statuses() == dict.fromkeys(PATIENTS, "planned")
    book.revise_jointly(revisions[:-1], LogEntry(at, ""))
    assert sorted(listed().values()) == [2, 2, 2]


def test_a_change_of_somebody_else_meanwhile_is_seen_and_the_day_read_anew(three, monkeypatch):
    entered = Register.revise_jointly
    calls = []

    def interrupted(register, revisions, line):
        calls.append(len(revisions))
        if len(calls) == 1:
            run("revise", "P-1", "complete", "1", *EVENING)
        return entered(register, revisions, line)

    monkeypatch.setattr(Register, "revise_jointly", interrupted)
    shown = complete()
    assert calls == [3, 2]
    assert "1 recorded already (P-1)" in shown.stderr
    assert listed() == dict.fromkeys(PATIENTS, 2)


@pytest.mark.parametrize(
    ("conflict", "times"), [(Stale, ATTEMPTS), (Conflict, 1)], ids=["stale", "anything else"]
)
def test_only_what_is_stale_is_read_anew_and_not_for_ever(three, monkeypatch, conflict, times):
    calls = []

    def refuses(register, revisions, line):
        calls.append(len(revisions))
        raise conflict("it cannot be entered")

    monkeypatch.setattr(Register, "revise_jointly", refuses)
    assert "it cannot be entered" in complete(code=6).stderr
    assert calls == [3] * times
    assert set(listed().values()) == {1}


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_of_two_at_once_each_visit_is_recorded_once(three):
    both = [ketasched("day", MONDAY, "--complete", *EVENING) for _ in range(2)]
    said = [one.communicate(timeout=120) for one in both]
    assert [one.returncode for one in both] == [0, 0], said
    assert listed() == dict.fromkeys(PATIENTS, 2)
    printed = [line for output, _ in said for line in output.splitlines()]
    assert sorted(printed) == sorted(f"{one}, revision 2: visit 1 completed" for one in PATIENTS)


@pytest.mark.skipif(sys.platform == "win32", reason="kills with signals")
def test_who_is_killed_has_recorded_all_or_none(three):
    seen = set()
    for number in range(1, 9):
        process = Forked(killed_before, number, ("day", MONDAY, "--complete", *EVENING))
        process.communicate()
        found = set(listed().values())
        assert found in ({1}, {2})
        seen.add((process.returncode == -signal.SIGKILL, found.pop()))
        if (False, 2) in seen:
            break
    assert {(True, 1), (False, 2)} <= seen


# --- by the clock


@pytest.mark.parametrize(
    ("day", "early", "late"),
    [
        ("2027-03-14", "2027-03-14T01:59-05:00", "2027-03-14T03:30-04:00"),
        ("2027-11-07", "2027-11-07T01:30-04:00", "2027-11-07T01:30-05:00"),
    ],
    ids=["forward: until 03:25", "back: until 01:25 for the second time"],
)
def test_what_is_over_is_an_instant_on_the_day_that_the_clocks_change(book, day, early, late):
    week = "".join(f'{one} = ["09:00-17:00"]\n' for one in ("mon", "tue", "wed", "thu", "fri"))
    text = f'id_salt = "x"\ntimezone = "America/New_York"\n[hours]\nsun = ["00:30-06:00"]\n{week}'
    Path("clinic.toml").write_text(text, encoding="utf-8")
    asked = ("--start", day, "--time", "00:30", "--latest-start", day)
    run("plan", "--patient", "P-1", *asked, "--made-at", "2026-11-23T10:00")
    assert "not over yet" in run("day", day, "--complete", "--today", early).stderr
    assert "1 visit" in run("day", day, "--complete", "--today", late).stderr
    assert statuses() == {"P-1": "completed"}
