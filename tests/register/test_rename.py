"""`register rename`: all courses of a patient get another reference, or none does."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result

from ketasched.events.view import View
from ketasched.files.load import load_course, parse_course
from ketasched.model import Change, Course
from ketasched.model.replay import course_at
from ketasched.planning.record import record_findings
from ketasched.register.records import LogEntry, Stale
from ketasched.register.register import Register
from ketasched.render import render
from ketasched.revising.revise import rename, revise
from tests.conftest import ROOT
from tests.register.databases import rows
from tests.register.terminal import TODAY, exported, listed, plan, run
from tests.support.batches import clinic_file
from tests.support.random_life import items

LATER = "--start", "2027-09-06"


COURSES_1_0 = [
    parse_course(json.dumps(json.loads(line)["course"]), "1.0")
    for line in (ROOT / "tests/files/courses-1.0.ndjson").read_text("utf-8").splitlines()
]


@pytest.fixture
def maria(filled) -> str:
    """A register with two courses of Maria Gomez and one of P-2."""
    address: str = filled(plan_three)
    return address


def plan_three() -> None:
    clinic_file("clinic.toml", 'chairs = 3\nid_salt = "x"', "09:00-13:00")
    plan("María Gómez", "-o", "out")
    plan("María Gómez", *LATER)
    plan("P-2", "-o", "out")


def renamed(old: str, new: str, *more: str, code: int = 0) -> Result:
    return run("register", "rename", old, new, *TODAY, *more, code=code)


def courses(patient: str) -> list[Course]:
    return [one for one in exported() if one.patient == patient]


def test_every_course_of_the_patient_is_renamed_in_its_own_history(maria):
    before = courses("María Gómez")
    shown = renamed("maria gomez", "P-1", "--reason", "a typing error", "--by-whom", "Kim")
    assert shown.stdout == "P-1, revision 2: renamed from María Gómez\n" * 2
    after = courses("P-1")
    assert listed() == {"P-1": 2, "P-2": 1}
    for old, new in zip(before, after, strict=True):
        last = new.history[-1]
        assert (last.why, last.by) == ("a typing error", "Kim")
        assert new.request.patient == "P-1"
        assert new.course_id == old.course_id
        assert [one.uid for one in new.visits] == [one.uid for one in old.visits]
        assert [one.start for one in new.visits] == [one.start for one in old.visits]
        assert [*record_findings(new)] == []
        assert course_at(new, 1) == replace(old, findings=())


def test_no_log_names_the_patient(maria):
    renamed("maria gomez", "P-1")
    run("revise", "P-1", "undo", *TODAY, "--today", "2027-08-01T09:00")
    whats = [what for (what,) in rows(maria, "SELECT what FROM log ORDER BY number")]
    assert whats[-3:] == ["renamed", "renamed", "undone: renamed"]


def test_sequence_rises_only_for_the_entries_of_the_clinics_calendar(maria):
    before = courses("P-2")[0]
    renamed("P-2", "P-3")
    after = courses("P-3")[0]

    def entries(course: Course, view: View) -> list[str]:
        lines = render(course, "ics", view).replace("\r\n ", "").splitlines()
        return [line for line in lines if line.startswith(("SUMMARY", "DTSTART", "UID"))]

    for audience in ("patient", "driver"):
        assert entries(before, View(audience)) == entries(after, View(audience))
    changed = set(after.history[-1].changed)
    there = items(after)
    assert changed == there.keys()
    assert {one.sequence for one in there.values()} == {1}


def test_undo_gives_one_course_its_reference_back(maria):
    renamed("maria gomez", "P-1")
    before = courses("P-1")[0]
    run("revise", before.course_id, "undo", *TODAY)
    assert [one.course_id for one in courses("María Gómez")] == [before.course_id]
    assert len(courses("P-1")) == 1
    assert all([*record_findings(one)] == [] for one in exported())
    renamed("P-1", "María Gómez")
    assert len(courses("María Gómez")) == 2


def test_undo_is_refused_once_somebody_else_has_the_reference(maria):
    renamed("P-2", "P-3")
    plan("P-2", *LATER)
    refused = run("revise", "P-3", "undo", *TODAY, code=6)
    assert "P-2 is another patient's reference in the register" in refused.stderr
    renamed("P-2", "P-3", "--today", "2027-04-02", code=6)
    assert listed()["P-3"] == 2


@pytest.mark.parametrize(
    ("new", "code"),
    [("P-2", 6), ("p-2", 6), ("con", 2), ("P/1", 2), ("ketamine-1", 2), ("", 2), ("x" * 81, 2)],
    ids=["taken", "another case", "a device", "a slash", "the treatment", "nothing", "too long"],
)
def test_a_reference_that_cannot_be_is_refused(maria, new, code):
    before = exported()
    for more in ((), ("--dry-run",)):
        renamed("maria gomez", new, *more, code=code)
    assert exported() == before


def test_the_identifier_of_a_course_is_nobodys_reference(maria):
    taken = courses("P-2")[0].course_id
    assert "is the identifier of another" in renamed("maria gomez", taken, code=6).stderr


def test_another_case_of_the_own_reference_is_no_rival(maria):
    renamed("maria gomez", "MARÍA GÓMEZ")
    assert len(courses("MARÍA GÓMEZ")) == 2


def test_the_same_reference_is_nothing_to_do(maria):
    shown = renamed("maria gomez", "María Gómez", "--format", "json")
    assert json.loads(shown.stdout) == []
    assert shown.stderr.count("\n") == 1


def test_a_dry_run_renames_nobody(maria):
    before = exported()
    shown = renamed("maria gomez", "P-1", "--dry-run", "--format", "json", "-o", "out")
    assert [one["patient"] for one in json.loads(shown.stdout)] == ["P-1", "P-1"]
    assert exported() == before
    assert not Path("out/P-1").exists()


def test_of_two_clinics_the_file_says_which(maria):
    other = clinic_file("other.toml", 'id_salt = "y"\nname = "Other"', "09:00-13:00")
    plan("P-2", "--clinic", other)
    assert "say which: --clinic CLINIC.toml" in renamed("P-2", "P-3", code=3).stderr
    renamed("P-2", "P-3", "--clinic", other)
    assert [one.clinic.name for one in courses("P-3")] == ["Other"]
    renamed("P-2", "P-3", "--clinic", "clinic.toml")  # at another clinic it is somebody else
    assert len(courses("P-3")) == 2


# ---- Files


def names(folder: str) -> set[str]:
    return {one.relative_to(folder).as_posix() for one in Path(folder).rglob("*") if one.is_file()}


def test_the_files_of_the_course_in_the_folder_follow(maria):
    Path("out/María Gómez/consent.pdf").touch()
    shown = renamed("maria gomez", "P-1", "-o", "out")
    assert names("out/María Gómez") == {"consent.pdf"}
    assert "out/María Gómez is still there" in shown.stderr
    assert names("out/P-1") == {"P-1.txt", "P-1.html", "P-1.ics", "rides.ics", "course.json"}
    assert load_course("out/P-1") in courses("P-1")
    run("register", "show", load_course("out/P-1").course_id, "-o", "again")
    for name in names("again/P-1"):
        assert Path("again/P-1", name).read_bytes() == Path("out/P-1", name).read_bytes()


def test_a_folder_with_nothing_else_is_gone(maria):
    shown = renamed("P-2", "P-3", "-o", "out")
    assert not Path("out/P-2").exists()
    assert "out/P-2 is no longer there" in shown.stderr


def test_a_folder_of_another_course_is_left_as_it_is(maria):
    shutil.copytree("out/P-2", "elsewhere/María Gómez")
    before = names("elsewhere/María Gómez")
    renamed("maria gomez", "P-1", "-o", "elsewhere")
    assert names("elsewhere/María Gómez") == before
    assert load_course("elsewhere/P-1").patient == "P-1"


def test_where_the_files_cannot_be_written_nobody_is_renamed(maria):
    before = exported()
    Path("out/P-3").mkdir()
    Path("out/P-3/course.json").write_text("of somebody else", encoding="utf-8")
    renamed("P-2", "P-3", "-o", "out", code=6)
    assert exported() == before
    assert "P-2.txt" in names("out/P-2")


def test_a_folder_that_is_later_than_the_register_is_not_lost(maria):
    run(
        "revise", "out/P-2", "driver", "1", "--name", "Sam", *TODAY, env={"KETASCHED_REGISTER": ""}
    )
    refused = renamed("P-2", "P-3", "-o", "out", code=6)
    assert "has revision 2 of the course, not 1" in refused.stderr
    assert listed()["P-2"] == 1


def test_a_reference_in_another_case_is_the_name_of_the_folder(maria):
    shown = renamed("P-2", "p-2", "-o", "out")
    assert {one.name for one in Path("out").iterdir()} == {"María Gómez", "p-2"}
    assert "out/P-2 is no longer there" in shown.stderr


def test_the_courses_before_a_switch_follow_into_the_new_folder(maria):
    switch = "--protocol", "iv-ptsd", "--on", "2027-04-12", "--by-whom", "Dr. Lee"
    run("revise", "out/P-2", "switch", *switch, *TODAY)
    shown = renamed("P-2", "P-3", "-o", "out")
    assert not Path("out/P-2").exists()
    assert "out/P-2 is no longer there" in shown.stderr
    assert load_course("out/P-3/course-1.json") in courses("P-3")
    assert load_course("out/P-3").follows == load_course("out/P-3/course-1.json").course_id


def test_undo_with_a_folder_leaves_none_of_the_reference_that_it_took_back(maria):
    renamed("P-2", "P-3", "-o", "out")
    shown = run("revise", "P-3", "undo", *TODAY, "-o", "out")
    assert {one.name for one in Path("out").iterdir()} == {"María Gómez", "P-2"}
    assert "out/P-3 is no longer there" in shown.stderr


def test_undo_says_that_other_courses_of_the_patient_keep_the_reference(maria):
    renamed("maria gomez", "P-1")
    shown = run("revise", courses("P-1")[0].course_id, "undo", *TODAY)
    assert "note: another course is still called P-1; to give back all: ketasched" in shown.stderr
    alone = run("revise", courses("P-1")[0].course_id, "undo", *TODAY)
    assert "still called" not in alone.stderr


def test_undo_in_a_folder_gives_the_files_their_names_back(maria):
    renamed("P-2", "P-3", "-o", "out")
    run("revise", "out/P-3", "undo", *TODAY)
    assert names("out/P-3") == {"P-2.txt", "P-2.html", "P-2.ics", "rides.ics", "course.json"}


def test_a_folder_that_no_register_has_is_to_be_entered_first(maria):
    refused = renamed("out/P-2", "P-3", code=2)
    assert "try: enter it, then rename the patient: ketasched register import" in refused.stderr


# ---- All of them or none


def test_a_course_that_somebody_has_changed_meanwhile_renames_none(maria):
    before = courses("María Gómez")
    after = rename(before, "P-1", at=before[0].made_at)
    run("revise", before[1].course_id, "driver", "1", "--name", "Sam", *TODAY)
    line, pairs = LogEntry(before[0].made_at, ""), list(zip(before, after, strict=True))
    with pytest.raises(Stale):
        Register.open(maria).revise_jointly(pairs, line)
    assert len(courses("María Gómez")) == 2


@pytest.mark.parametrize("course", COURSES_1_0, ids=lambda one: one.history[-1].what)
def test_a_course_of_version_1_is_renamed_and_the_change_is_undone(course):
    moment = course.history[-1].at
    (after,) = rename([course], "P-1", at=moment)
    assert [*record_findings(after)] == [*record_findings(course)]
    back = revise(after, Change("undo"), at=moment)
    assert (back.patient, back.request) == (course.patient, course.request)
    assert [*record_findings(back)] == [*record_findings(course)]
