"""`reschedule`: visits that no longer fit their clinic are moved as one."""

import csv
import io
import json
import pickle
import re
import shlex
import signal
import sys
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pytest
from click.testing import Result

from ketasched.files.load import load_course, load_proposal
from ketasched.model import Change, Course, NewStart, Visit
from ketasched.planning.check import check
from ketasched.register.records import LogEntry, Stale
from ketasched.register.register import Register
from ketasched.revising.revise import revise
from ketasched.together import Disruption, Proposal
from ketasched.together import reschedule as solve
from tests.register.databases import rows
from tests.register.inspection import TWO_ON_A_CHAIR
from tests.register.terminal import TODAY, exported, listed, plan, run
from tests.support.batches import MONDAY, clinic_file
from tests.support.forked import Forked, ketasched
from tests.support.killed import killed_before

SALT = 'chairs = 2\nid_salt = "x"\nname = "Riverbend"'
WEDNESDAY = "2027-04-07"
"""The day of everybody's second visit, three weeks after the clocks went forward."""

PATIENTS = ("P-1", "P-2", "María Gómez")


def close(*days: str, more: str = SALT, hours: str = "09:00-13:00") -> None:
    """The clinic's file with these days closed."""
    clinic_file("clinic.toml", more, hours)
    with Path("clinic.toml").open("a", encoding="utf-8") as file:
        file.write(f"[closures]\ndates = {json.dumps([f'{day} pump repair' for day in days])}\n")


SOLVED: dict[bytes, Proposal] = {}
"""What was proposed before, by all that it was asked with."""


@pytest.fixture(autouse=True)
def _solve_once(monkeypatch) -> None:
    """Solve the same once: that it is proposed again, `together/test_reschedule.py` shows."""

    def solved(disruption: Disruption, **more: object) -> Proposal:
        asked = pickle.dumps((disruption, more))
        if asked not in SOLVED:
            SOLVED[asked] = solve(disruption, **more)  # type: ignore[arg-type]  # its own options
        return SOLVED[asked]

    monkeypatch.setattr("ketasched.api.rescheduling.reschedule", solved)


@pytest.fixture
def three(filled) -> str:
    """A register with three patients at two chairs; the clinic is closed on their second day."""
    clinic_file("clinic.toml", SALT, "09:00-13:00")
    address: str = filled(plan_three)
    close(WEDNESDAY)
    return address


def plan_three() -> None:
    plan("P-1", "--driver-name", "Kim", "--driver-phone", "+1 555 0199")
    plan("P-2", "--patient-phone", "+1 555 0102")
    plan("María Gómez")


def reschedule(*more: str, code: int = 0, today: tuple[str, ...] = TODAY) -> Result:
    return run("reschedule", "--register", *more, *today, code=code)


def of(patient: str, *more: str) -> Course:
    (found,) = [course for course in exported(*more) if course.patient == patient]
    return found


def starts(course: Course) -> list[datetime]:
    return [visit.start for visit in course.visits]


def visits_on(day: str) -> list[Visit]:
    return [
        visit
        for course in exported()
        for visit in course.visits
        if visit.start.date() == date.fromisoformat(day)
    ]


def tried(result: Result, words: str) -> list[str]:
    """The command of the line of standard error that has these words, without the program."""
    (line,) = [one for one in result.stderr.splitlines() if words in one]
    return shlex.split(line[line.index("ketasched ") :])[1:]


# --- what is proposed


def test_alone_it_only_proposes(three):
    before = exported()
    shown = reschedule()
    assert exported() == before
    assert "3 patients to call" in shown.stdout
    assert "nothing is changed yet; to do it: ketasched reschedule --apply" in shown.stderr
    assert "3 of 3 courses are kept" in shown.stderr
    assert "it is proven that no proposal is better" in shown.stderr


def test_each_call_says_who_from_when_to_when_and_which_driver_to_tell(three):
    line = next(one for one in reschedule().stdout.splitlines() if one.startswith("P-1"))
    assert re.match(r"P-1, no phone on file +2  2 of 6 +Wed 7 Apr 2027, 09:00  ", line)
    assert line.endswith("Kim, +1 555 0199")
    with_phone = next(one for one in reschedule().stdout.splitlines() if one.startswith("P-2"))
    assert re.match(r"P-2, \+1 555 0102 +2  ", with_phone)


def test_who_has_no_driver_is_marked(three):
    lines = [one for one in reschedule().stdout.splitlines() if "talk" not in one]
    assert all(one.endswith("NO DRIVER") for one in lines if one.startswith(("P-2", "María")))


@pytest.mark.parametrize("form", ["csv", "json"])
def test_every_form_has_the_same_calls(three, form):
    text = reschedule("--format", form).stdout
    if form == "csv":
        found = [
            (one["patient"], one["number"], f"{one['date']}T{one['check_in']}")
            for one in csv.DictReader(io.StringIO(text))
            if one["number"]
        ]
    else:
        found = [
            (one["patient"], str(one["number"]), one["now"][:16])
            for one in json.loads(text)["calls"]
            if one["number"]
        ]
    reschedule("--apply")
    moved = [
        (course.patient, str(visit.number), visit.start.isoformat()[:16])
        for course in exported()
        for old, visit in zip(before_of(course), course.visits, strict=True)
        if old != visit.start
    ]
    assert sorted(found) == sorted(moved)


def before_of(course: Course) -> list[datetime]:
    """The starts of the course as it was before its last change."""
    assert course.history[-1].result
    was = {one.now.uid: one.was for one in course.history[-1].result.visits if one.now and one.was}
    return [was[one.uid].start if one.uid in was else one.start for one in course.visits]


def test_only_the_visits_of_some_days_are_displaced(three):
    close(WEDNESDAY, "2027-04-16")
    reschedule("--on", "2027-04-15..2027-04-18", "--apply")
    assert not visits_on("2027-04-16")
    assert len(visits_on(WEDNESDAY)) == 3


def test_days_that_are_given_one_by_one_are_all_heeded(three):
    close(WEDNESDAY, "2027-04-16", "2027-04-19")
    shown = reschedule("--on", WEDNESDAY, "--on", "2027-04-16", "--proposal", "p.json")
    assert "3 patients to call" in shown.stdout
    run(*tried(reschedule("--on", WEDNESDAY, "--on", "2027-04-16"), "to do it"))
    assert not visits_on(WEDNESDAY)
    assert not visits_on("2027-04-16")


def test_who_is_excepted_stays_and_is_known_as_people_type_it(three):
    shown = reschedule("--except", "maria  gomez", "--apply")
    assert "María" not in shown.stdout
    assert listed() == {"P-1": 2, "P-2": 2, "María Gómez": 1}
    assert len(visits_on(WEDNESDAY)) == 1


def test_an_excepted_patient_whom_nobody_knows_is_an_error(three):
    assert "no such patient" in reschedule("--except", "P-7", code=3).stderr
    assert set(listed().values()) == {1}


def test_nothing_to_do_is_one_line_and_an_empty_list(three):
    reschedule("--apply")
    shown = reschedule("--format", "json")
    assert json.loads(shown.stdout) == []
    (line,) = shown.stderr.splitlines()
    assert line.startswith("note: nothing to do: every booked visit to come fits the clinic; ")
    assert "clinic.toml: closed days and chairs out of order into [closures]" in line


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        pytest.param(["--on", "2027-04-09"], "visit to come on these days fits", id="other days"),
        pytest.param(
            ["--except", "P-1", "--except", "P-2", "--except", "María Gómez"],
            "visit to come, but for the excepted, fits",
            id="all are excepted",
        ),
    ],
)
def test_what_is_not_asked_about_is_not_said_to_fit(three, asked, said):
    assert f"nothing to do: every booked {said} the clinic" in reschedule(*asked).stderr


def test_a_proposal_whose_unplaced_course_has_no_misfit_is_refused_before_anything_moves(three):
    reschedule("--proposal", "calls.json")
    proposal = json.loads(Path("calls.json").read_text(encoding="utf-8"))
    nobody = dict.fromkeys(("course_id", "patient", "patient_phone"), "x")
    proposal["not_placed"] = [nobody | {"misfits": [], "reasons": [], "overrides": []}]
    Path("calls.json").write_text(json.dumps(proposal), encoding="utf-8")
    before = exported()
    assert "not_placed[0].misfits" in reschedule("--apply", "calls.json", code=3).stderr
    assert "not_placed[0].misfits" in run("check", "calls.json", code=3).stderr
    assert exported() == before


def test_what_is_over_is_left_alone(three):
    shown = reschedule(today=("--today", "2027-04-08T09:00"))
    assert "nothing to do" in shown.stderr


# --- what is applied


def test_at_once_all_visits_move_and_the_day_is_clean(three):
    shown = reschedule("--apply", "--reason", "pump repair", "--by-whom", "Dr. Lee")
    assert "note: pages and calendars made before are not of these revisions" in shown.stderr
    assert not visits_on(WEDNESDAY)
    for course in exported():
        assert not [one for one in check(course) if one.level == "broken"]
        last = course.history[-1]
        assert (last.why, last.by) == ("pump repair", "Dr. Lee")
        assert last.what.startswith("rescheduled: visit 2 from Wed 7 Apr 2027, ")
    assert rows(three, "SELECT by_whom FROM log ORDER BY number")[-1] == ("Dr. Lee",)
    assert rows(three, TWO_ON_A_CHAIR) == [(0,)]
    assert "no longer fit" not in run("register", "list", *TODAY).stdout


def test_the_page_says_what_is_proposed_and_when_it_was_applied(three):
    assert "nothing is changed yet" in reschedule("--format", "html").stdout
    assert (
        "nothing is changed yet" in reschedule("--apply", "--dry-run", "--format", "html").stdout
    )
    assert "Applied " in reschedule("--apply", "--format", "html").stdout


def test_a_file_is_applied_exactly_as_it_was_proposed(three):
    proposed = reschedule("--proposal", "p.json", "--reason", "pump repair")
    assert Path("p.json").stat().st_mode & 0o777 == 0o600
    proposal = load_proposal("p.json")
    shown = reschedule("--apply", "p.json", today=("--today", "2027-04-02T15:00"))
    for one in proposal.courses:
        course = of(one.patient)
        assert course.revision == one.revision + 1
        new = {start.visit: start.start for start in one.starts}
        assert starts(course) == [
            new.get(number, old) for number, old in enumerate(before_of(course), 1)
        ]
        assert course.history[-1].why == "pump repair"
        assert course.history[-1].at == datetime.fromisoformat("2027-04-02T15:00-04:00")
    assert shown.stdout.splitlines()[1] == proposed.stdout.splitlines()[1]


def test_the_step_that_is_printed_applies_the_proposal(three):
    run(*tried(reschedule("--proposal", "p.json"), "to do it"))
    assert set(listed().values()) == {2}


@pytest.mark.parametrize("file", [(), ("p.json",)], ids=["at once", "from a file"])
def test_a_dry_run_changes_nothing_and_shows_the_same(three, file):
    proposed = reschedule(*(("--proposal", "p.json") if file else ())).stdout
    before = exported()
    shown = reschedule("--apply", *file, "--dry-run", "-o", "out")
    assert shown.stdout == proposed
    assert "nothing is changed (--dry-run)" in shown.stderr
    assert exported() == before
    assert not Path("out").exists()


CHANGES = {
    "another patient is booked": ("plan", "--patient", "P-9", "--start", "2027-04-19"),
    "a course of the proposal is changed": ("revise", "P-1", "driver", "2", "--name", "Jo"),
    "a visit of another course is left out": ("revise", "P-8", "omit", "2", "--reason", "flu"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_book_that_has_changed_since_refuses_the_proposal(three, change):
    clinic_file("clinic.toml", SALT, "09:00-13:00")
    run("plan", "--patient", "P-8", "--start", "2027-05-03", "--made-at", "2026-11-23T10:00")
    close(WEDNESDAY)
    reschedule("--proposal", "p.json")
    made_at = ("--made-at", "2027-04-01T09:00") if change[0] == "plan" else TODAY
    run(*change, *made_at, "--register")
    before = exported()
    for more in ((), ("--dry-run",)):
        shown = reschedule("--apply", "p.json", *more, code=6)
        assert "has changed since the proposal was made" in shown.stderr
    assert exported() == before


def test_a_clinics_file_that_has_changed_since_refuses_the_proposal(three):
    reschedule("--proposal", "p.json")
    close(WEDNESDAY, "2027-04-08")
    assert "clinic's file" in reschedule("--apply", "p.json", code=6).stderr


def test_what_is_recorded_of_others_does_not_stop_a_proposal(three):
    clinic_file("clinic.toml", SALT, "09:00-13:00")
    run("plan", "--patient", "P-8", "--start", "2027-05-03", "--made-at", "2026-11-23T10:00")
    close(WEDNESDAY)
    reschedule("--proposal", "p.json")
    run("revise", "P-8", "driver", "2", "--name", "Jo", *TODAY, "--register")
    reschedule("--apply", "p.json")
    assert listed() == {**dict.fromkeys(PATIENTS, 2), "P-8": 2}


def test_a_proposal_that_is_too_old_is_refused_with_the_reason(three):
    reschedule("--proposal", "p.json")
    late = ("--today", "2027-04-30T09:00")
    assert (
        "cannot move like this any more"
        in reschedule("--apply", "p.json", code=6, today=late).stderr
    )
    assert set(listed().values()) == {1}


def test_a_change_between_the_search_and_the_entry_is_noticed(three, monkeypatch):
    entered = Register.revise_jointly

    def interrupted(register, *arguments, **more):
        run("revise", "P-1", "omit", "6", "--reason", "flu", *TODAY)
        return entered(register, *arguments, **more)

    monkeypatch.setattr(Register, "revise_jointly", interrupted)
    assert "has changed since" in reschedule("--apply", "-o", "out", code=6).stderr
    assert listed() == {"P-1": 2, "P-2": 1, "María Gómez": 1}
    assert not Path("out").exists()


def edited(name: str, **values: str) -> None:
    """A proposal with other values in its file."""
    reschedule("--proposal", name)
    proposal = json.loads(Path(name).read_text(encoding="utf-8"))
    Path(name).write_text(json.dumps(proposal | values), encoding="utf-8")


@pytest.mark.parametrize(
    ("key", "value"), [("clinic", "Hilltop"), ("timezone", "Europe/Berlin")], ids=str
)
def test_a_proposal_for_another_clinic_or_zone_is_refused(three, key, value):
    edited("p.json", **{key: value})
    before = exported()
    shown = reschedule("--apply", "p.json", code=3)
    assert f'{key}: is "{value}", not that of the register' in shown.stderr
    assert "try: propose anew: ketasched reschedule" in shown.stderr
    assert exported() == before


def test_but_for_the_excepted_a_file_is_applied_as_it_was_proposed(three):
    reschedule("--proposal", "p.json")
    proposal = {one.patient: one for one in load_proposal("p.json").courses}
    shown = reschedule("--apply", "p.json", "--except", "maria gomez")
    assert "2 patients to call" in shown.stdout
    assert "María" not in shown.stdout
    assert listed() == {"P-1": 2, "P-2": 2, "María Gómez": 1}
    for patient in ("P-1", "P-2"):
        new = {one.visit: one.start for one in proposal[patient].starts}
        now = {visit.number: visit.start for visit in of(patient).visits}
        assert new.items() <= now.items()


def test_an_excepted_patient_whom_the_proposal_does_not_name_is_an_error(three):
    reschedule("--except", "P-1", "--proposal", "p.json")
    shown = reschedule("--apply", "p.json", "--except", "P-1", code=2)
    assert "is not in the proposal" in shown.stderr
    assert set(listed().values()) == {1}


def test_if_all_are_excepted_nothing_is_to_be_applied(three):
    reschedule("--except", "P-1", "--except", "P-2", "--proposal", "p.json")
    shown = reschedule("--apply", "p.json", "--except", "María Gómez", "--format", "json")
    assert json.loads(shown.stdout) == []
    assert "nothing to do: all patients of the proposal are excepted" in shown.stderr


@pytest.mark.parametrize("more", [(), ("--dry-run",)], ids=["applied", "dry run"])
def test_who_takes_the_chair_of_somebody_excepted_is_refused(book, more):
    clinic_file("clinic.toml", 'chairs = 1\nid_salt = "x"', "09:00-13:00")
    plan("P-1", "--time", "09:00")
    plan("P-2", "--time", "11:00")
    close(WEDNESDAY, more='chairs = 1\nid_salt = "x"', hours="09:00-13:00")
    reschedule("--proposal", "p.json")
    proposal = json.loads(Path("p.json").read_text(encoding="utf-8"))
    starts = {one["patient"]: one["starts"] for one in proposal["courses"]}
    swapped = {"P-1": starts["P-2"], "P-2": starts["P-1"]}
    for one in proposal["courses"]:
        one["starts"] = swapped[one["patient"]]
    Path("p.json").write_text(json.dumps(proposal), encoding="utf-8")
    before = exported()
    shown = reschedule("--apply", "p.json", "--except", "P-2", *more, code=6)
    assert "all chairs are taken" in shown.stderr
    assert "try: propose anew: ketasched reschedule" in shown.stderr
    assert exported() == before
    assert reschedule("--apply", "p.json", "--dry-run").exit_code == 0
    assert exported() == before


def test_the_log_says_who_moved_the_visits_and_why(three):
    reschedule("--apply", "--reason", "pump repair", "--by-whom", "Dr. Lee")
    line = run("register", "show", "P-1", "--log").stdout.splitlines()[-1]
    assert line.startswith("Thu 1 Apr 2027, 09:00  revision 2: rescheduled: visit 2 from ")
    assert line.endswith(", Dr. Lee (pump repair)")


def test_one_course_of_it_is_taken_back(three):
    before = of("P-1")
    reschedule("--apply")
    shown = run("revise", "P-1", "undo", *TODAY)
    assert "undone: rescheduled: visit 2 from Wed 7 Apr 2027, 09:00 to " in shown.stdout
    assert starts(of("P-1")) == starts(before)
    assert listed() == {"P-1": 3, "P-2": 2, "María Gómez": 2}


# --- one transaction


def test_two_courses_take_each_others_chairs(book):
    clinic_file("clinic.toml", 'chairs = 1\nid_salt = "x"', "09:00-13:00")
    plan("P-1", "--time", "09:00")
    plan("P-2", "--time", "11:00")
    register = Register.open(book)
    one, two = of("P-1"), of("P-2")
    at = datetime.fromisoformat("2027-04-01T09:00-04:00")
    state = register.book_state(one.clinic, at)
    swapped = [(old, _with_starts_of(old, other, at)) for old, other in ((one, two), (two, one))]
    register.revise_jointly(swapped, LogEntry(at, ""), state=state)
    assert (starts(of("P-1")), starts(of("P-2"))) == (starts(two), starts(one))
    assert rows(book, TWO_ON_A_CHAIR) == [(0,)]
    assert len(rows(book, "SELECT uid FROM bookings")) == 12
    with pytest.raises(Stale, match="has changed since"):
        register.revise_jointly(swapped, LogEntry(at, ""), state=state)


def _with_starts_of(course: Course, other: Course, at: datetime) -> Course:
    new = tuple(NewStart(number, start) for number, start in enumerate(starts(other), 1))
    return revise(course, Change("reschedule", starts=new), at=at, clinic=course.clinic)


def test_who_had_a_chair_after_the_last_one_has_one_that_is_free_by_now(book):
    clinic_file("clinic.toml", SALT, "09:00-11:00")
    plan("P-1")
    plan("P-2")
    clinic_file("clinic.toml", SALT.replace("chairs = 2", "chairs = 1"), "09:00-13:00")
    shown = reschedule("--apply")
    assert "2 of 2 courses are kept" in shown.stderr
    assert {chair for (chair,) in rows(book, "SELECT chair FROM bookings")} == {0}
    sheet = run("day", MONDAY, *TODAY).stdout
    assert "NO CHAIR" not in sheet
    assert "fit" not in sheet


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_of_two_who_apply_it_at_once_one_is_refused(three):
    reschedule("--proposal", "p.json")
    words = ("reschedule", "--apply", "p.json", *TODAY)
    both = [ketasched(*words, "-o", f"out{number}") for number in range(2)]
    said = [one.communicate(timeout=120) for one in both]
    assert sorted(one.returncode or 0 for one in both) == [0, 6], said
    assert listed() == dict.fromkeys(PATIENTS, 2)
    assert Counter(Path(f"out{number}").exists() for number in range(2)) == {True: 1, False: 1}
    assert rows(three, TWO_ON_A_CHAIR) == [(0,)]


@pytest.mark.skipif(sys.platform == "win32", reason="kills with signals")
def test_who_is_killed_has_moved_all_or_none(three):
    reschedule("--proposal", "p.json")
    seen = set()
    for number in range(1, 200, 9):
        process = Forked(
            killed_before, number, ("reschedule", "--apply", "p.json", "-o", "out", *TODAY)
        )
        process.communicate()
        found = set(listed().values())
        assert found in ({1}, {2})
        seen.add((process.returncode == -signal.SIGKILL, found == {2}))
        if found == {2}:
            break
        assert not [path for path in Path("out").rglob("*.ics") if not path.name.startswith(".")]
    assert (True, False) in seen
    assert found == {2}


# --- the files


def test_each_course_has_its_folder_with_what_changed_for_whom(three):
    shown = reschedule("--apply", "-o", "out")
    assert shown.stderr.count("written: ") == 3
    for patient in PATIENTS:
        folder = Path("out", patient)
        assert load_course(str(folder)) == of(patient)
        found = {path.relative_to(folder).as_posix() for path in folder.rglob("*.ics")}
        assert {f"{patient}.ics", "rides.ics", "changes/patient.ics", "changes/rides.ics"} == found
    changed = Path("out/P-1/changes/patient.ics").read_text(encoding="utf-8")
    assert f"DTSTART;TZID=America/New_York:{starts(of('P-1'))[1]:%Y%m%dT%H%M%S}" in changed
    assert "SEQUENCE:1" in changed
    assert "P-1" not in Path("out/P-1/changes/rides.ics").read_text(encoding="utf-8")


def test_each_driver_has_a_calendar_of_what_changed(book):
    clinic_file("clinic.toml", SALT, "09:00-13:00")
    plan("P-1")
    run("revise", "P-1", "driver", "1,2,3", "--name", "Kim Lee", *TODAY)
    run("revise", "P-1", "driver", "4,5,6", "--name", "Jo", *TODAY)
    close(WEDNESDAY, "2027-04-16")
    reschedule("--apply", "-o", "out")
    found = {path.name for path in Path("out/P-1/changes").iterdir()}
    assert found == {"patient.ics", "rides-kim-lee.ics", "rides-jo.ics"}
    run("register", "show", "P-1", "-o", "out", "--force")
    assert not [*Path("out/P-1/changes").iterdir()]


def test_a_folder_of_the_same_course_is_written_over_and_another_one_is_not(three):
    run("register", "show", "P-1", "-o", "out")
    clinic_file("other.toml", 'id_salt = "y"\nname = "Other"', "09:00-13:00")
    plan("P-2", "--clinic", "other.toml", "--register", "other.db", "-o", "out")
    shown = reschedule("--apply", "-o", "out", code=6)
    assert "there already" in shown.stderr
    assert set(listed().values()) == {1}
    assert load_course("out/P-1").revision == 1
    reschedule("--apply", "-o", "out", "--force")
    assert load_course("out/P-2").revision == 2


def test_files_that_fail_after_the_entry_are_said_with_what_writes_them(three, monkeypatch):
    entered = Register.revise_jointly

    def in_the_way(register, *arguments, **more):
        found = entered(register, *arguments, **more)
        Path("out/P-1/P-1.ics").mkdir()
        Path("out/P-1/P-1.ics/more").mkdir()
        return found

    monkeypatch.setattr(Register, "revise_jointly", in_the_way)
    shown = reschedule("--apply", "-o", "out", code=6)
    assert "error: the visits are moved, but 1 of 3 folders is not written" in shown.stderr
    assert "3 patients to call" in shown.stdout
    assert set(listed().values()) == {2}
    assert load_course("out/P-2").revision == 2
    words = tried(shown, "try: ")
    assert words[:2] == ["register", "show"]
    Path("out/P-1/P-1.ics/more").rmdir()
    Path("out/P-1/P-1.ics").rmdir()
    run("register", "show", "P-1", *words[3:])
    assert load_course("out/P-1").revision == 2


def test_two_courses_of_one_patient_have_no_folder_for_both(three):
    clinic_file("clinic.toml", SALT, "09:00-13:00")
    run("plan", "--patient", "P-1", "--start", "2027-06-07", "--made-at", "2026-11-23T10:00")
    close(WEDNESDAY, "2027-06-09")
    before = exported()
    assert "2 courses that move" in reschedule("--apply", "-o", "out", code=2).stderr
    assert exported() == before
    reschedule("--apply")
    assert Counter(course.revision for course in exported()) == {2: 4}


# --- who has no place


def tuesday(*more: str, code: int = 0) -> Result:
    """The command on the day after everybody's first visit."""
    return reschedule(*more, code=code, today=("--today", "2027-04-06T09:00"))


@pytest.fixture
def crowded(book: str) -> str:
    """A clinic with one chair for one visit a day, where a patient's second day is closed."""
    clinic_file("clinic.toml", 'chairs = 1\nid_salt = "x"\nname = "R"', "09:00-11:00")
    plan("P-1", "--days", "mon,wed,fri", "--patient-phone", "+1 555 0101")
    close(
        "2027-04-07",
        "2027-04-09",
        "2027-04-12",
        "2027-04-14",
        more='chairs = 1\nid_salt = "x"\nname = "R"',
        hours="09:00-11:00",
    )
    return book


def test_who_has_no_place_stays_and_is_listed_with_the_rules(crowded):
    before = exported()
    shown = tuesday("--apply", code=5)
    assert exported() == before
    assert "1 course has no place" in shown.stdout
    assert "P-1, +1 555 0101" in shown.stdout
    assert "visit 2, Wed 7 Apr 2027, 09:00: the clinic is closed (pump repair)" in shown.stdout
    assert "(gap)" in shown.stdout
    assert "there would be a place with --override gap" in shown.stdout
    assert "0 of 1 course is kept" in shown.stderr


def test_the_override_that_is_proposed_gives_a_place(crowded):
    words = tried(tuesday(code=5), "try: ketasched reschedule")
    assert "--override" in words
    assert "overridden: P-1: Visit 2, Fri 16 Apr 2027: " in run(*words, "--apply").stderr
    (course,) = exported()
    assert course.revision == 2
    assert "gap" in {one.rule for one in course.findings if one.level == "broken"}
    assert not visits_on("2027-04-07")


def test_a_proposal_with_nobody_but_who_has_no_place_is_applied_with_code_5(crowded):
    shown = tuesday("--proposal", "p.json", code=5)
    again = tuesday("--apply", "p.json", code=5)
    assert again.stdout == shown.stdout
    rows_of = list(csv.DictReader(io.StringIO(tuesday("--format", "csv", code=5).stdout)))
    assert {one["patient"] for one in rows_of} == {"P-1"}
    assert all(one["date"] == "" and "closed" in one["no_place"] for one in rows_of)


def test_an_override_needs_a_reason(crowded):
    shown = tuesday("--override", "gap,span", code=2)
    assert "an override needs a reason" in shown.stderr
    assert "never in the way" in tuesday("--override", "closure", "--reason", "x", code=2).stderr


# --- the whole


def test_a_clinic_with_twenty_visits_on_a_day_that_is_closed_is_called_and_moved(book):
    more = SALT.replace("chairs = 2", "chairs = 5")
    clinic_file("clinic.toml", more, "08:00-18:00")
    patients = [f"P-{number:02}" for number in range(20)]
    for number, patient in enumerate(patients):
        driver = ("--driver-name", f"Driver {number}", "--driver-phone", f"+1 555 01{number:02}")
        plan(patient, "--patient-phone", f"+1 555 02{number:02}", *driver)
    assert len(visits_on(WEDNESDAY)) == 20
    close(WEDNESDAY, more=more, hours="08:00-18:00")
    assert "20 no longer fit" in run("day", WEDNESDAY, *TODAY).stdout

    page = reschedule("--on", WEDNESDAY, "--proposal", "p.json", "--format", "html").stdout
    calls = json.loads(reschedule("--on", WEDNESDAY, "--format", "json").stdout)["calls"]
    visits = [one for one in calls if one["number"]]
    assert len(visits) == sum(len(one.starts) for one in load_proposal("p.json").courses)
    assert page.count("☐") == len(calls)
    shown = reschedule("--apply", "p.json", "-o", "out")
    assert all(shown.stdout.count(f"{patient}, +1 555 02") for patient in patients)
    assert len([*Path("out").glob("*/changes/patient.ics")]) == 20
    assert len([*Path("out").glob("*/changes/rides.ics")]) == 20

    sheet = run("day", WEDNESDAY, *TODAY).stdout
    assert "no visits" in sheet
    for day in {visit.start.date() for course in exported() for visit in course.visits}:
        sheet = run("day", str(day), *TODAY).stdout
        assert not any(word in sheet for word in ("fit", "NO CHAIR", "SHARED", "broken"))
    assert rows(book, TWO_ON_A_CHAIR) == [(0,)]
    assert "nothing to do" in reschedule().stderr


ALSO_ON_POSTGRESQL = {
    test_at_once_all_visits_move_and_the_day_is_clean,
    test_a_file_is_applied_exactly_as_it_was_proposed,
    test_a_book_that_has_changed_since_refuses_the_proposal,
    test_a_change_between_the_search_and_the_entry_is_noticed,
    test_who_takes_the_chair_of_somebody_excepted_is_refused,
    test_the_log_says_who_moved_the_visits_and_why,
    test_one_course_of_it_is_taken_back,
    test_two_courses_take_each_others_chairs,
    test_who_had_a_chair_after_the_last_one_has_one_that_is_free_by_now,
    test_of_two_who_apply_it_at_once_one_is_refused,
    test_who_is_killed_has_moved_all_or_none,
}
"""What is entered as one, and who comes between; the rest shows what any database holds."""
