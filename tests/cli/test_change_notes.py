"""What `revise` says of what it broke, and of a register that it left alone."""

from dataclasses import replace
from pathlib import Path

import pytest

from ketasched.api import asked_changes
from ketasched.model import Course, Finding
from ketasched.revising.revise import revise
from tests.register.terminal import plan, run

FOLDER = "courses/María Gómez"
DRIVER = ("driver", "1", "--name", "Sam", "--today", "2026-12-01")
BROKEN = Finding("gap", "broken", "Visit 2: too near", 2, "ketasched suggest COURSE 2")


@pytest.fixture
def course() -> str:
    plan("María Gómez", "-o", "courses")
    return FOLDER


@pytest.fixture
def _broken(monkeypatch):
    """Every change leaves the gap before visit 2 broken."""

    def broken(*arguments, **more) -> Course:
        course = revise(*arguments, **more)
        return replace(course, findings=(*course.findings, BROKEN))

    monkeypatch.setattr(asked_changes, "revise", broken)


@pytest.mark.usefixtures("_broken")
def test_what_came_to_be_broken_is_said_with_a_command_that_looks_for_a_way_out(course):
    said = run("revise", course, *DRIVER).stderr
    assert "broken: Visit 2: too near (gap)\n" in said
    assert "try: ketasched suggest 'courses/María Gómez' 2 --today 2026-12-01\n" in said


@pytest.mark.usefixtures("_broken")
def test_what_was_decided_is_said_to_be_overridden_and_needs_no_way_out(course):
    defer = ("defer", "2", "--by", "1", "--override", "gap", "--reason", "x")
    said = run("revise", course, *defer, "--today", "2026-12-01").stderr
    assert "overridden: Visit 2: too near (gap)\n" in said
    assert "try: " not in said


def test_a_change_in_a_folder_says_how_it_gets_into_the_register_of_this_machine(
    course, monkeypatch
):
    assert "register" not in run("revise", course, *DRIVER).stderr
    for variable in ("XDG_DATA_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(variable, str(Path("data").resolve()))
    run("register", "import", course, "--register", "--today", "2026-12-01")
    said = run("revise", course, "driver", "2", *DRIVER[2:]).stderr
    step = "ketasched register import 'courses/María Gómez/course.json' --register"
    assert f"note: your register is as it was; if the course is booked there: {step}" in said
    assert "1 entered" in run("register", "import", course, "--register").stderr


def test_whose_course_is_booked_gets_its_files_by_a_command_that_names_the_folder():
    plan("María Gómez", "--register", "book.db")
    said = plan("María Gómez", "-o", "courses", "--register", "book.db", code=6).stderr
    step = "ketasched register show 'María Gómez' -o courses --register book.db"
    assert f"its files: {step}\n" in said
