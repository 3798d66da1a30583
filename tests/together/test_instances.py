"""The public instances: their files are as they are made, and the checker finds what is wrong."""

import copy
import json
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location

import pytest
from tools.instances import FOLDER, NAMES, instance_text, table

from tests.conftest import IS_FULL

SPEC = spec_from_file_location("instance_check", FOLDER / "check.py")
assert SPEC is not None
assert SPEC.loader is not None
CHECKER = module_from_spec(SPEC)
SPEC.loader.exec_module(CHECKER)

SMALL = "20-3-1"
DAY = 24 * 60


def read(name):
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_a_solution_keeps_every_rule_and_is_worth_what_it_says(name):
    instance, solution = read(name), read(f"{name}.solution")
    assert [*CHECKER.problems(instance, solution["courses"])] == []
    assert CHECKER.objective(instance, solution["courses"]) == solution["objective"]


@pytest.mark.parametrize("name", NAMES)
def test_no_solution_surpasses_its_bound(name):
    (seated, *costs), (most, *least) = (
        read(f"{name}.solution")[key] for key in ("objective", "bound")
    )
    assert (-seated, *costs) >= (-most, *least)


@pytest.mark.parametrize("name", NAMES if IS_FULL else [SMALL, "60-6-1", "120-8-2"])
def test_the_same_instance_is_made_again(name):
    assert (FOLDER / f"{name}.json").read_text("utf-8") == instance_text(name)


def test_the_page_has_the_table_of_all_instances():
    assert (FOLDER / "README.md").read_text("utf-8").endswith(f"{table()}\n")


def moved(number, visit, minutes):
    def damage(courses):
        courses[number][visit] += minutes

    return damage


def everyone_at_once(courses):
    courses[1:4] = [[*courses[0]] for _ in range(3)]


DAMAGES = {
    "a course is missing": lambda courses: courses.pop(),
    "a visit is missing": lambda courses: courses[0].pop(),
    "a visit is off the grid": moved(0, 2, 10),
    "a visit is before the opening": moved(0, 2, -600),
    "a visit is on a day without hours": moved(0, 5, 40 * DAY),
    "a gap is too short": lambda courses: courses[0].__setitem__(1, courses[0][0] + DAY),
    "the first visit is too early": moved(0, 0, -7 * DAY),
    "a span is too long": lambda courses: courses.__setitem__(
        0, [(4 + 5 * n) * DAY + 480 for n in range(6)]
    ),
    "more visits than chairs": everyone_at_once,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_the_checker_refuses_a_damaged_solution(damage):
    instance, courses = read(SMALL), copy.deepcopy(read(f"{SMALL}.solution")["courses"])
    damage(courses)
    assert [*CHECKER.problems(instance, courses)]


@pytest.mark.parametrize(
    ("key", "value"), [("weekdays", []), ("between", [0, 60]), ("away", [[0, 34]]), ("latest", 0)]
)
def test_the_checker_heeds_when_a_patient_can_come(key, value):
    instance, solution = read(SMALL), read(f"{SMALL}.solution")
    instance["patients"][0][key] = value
    problems = [*CHECKER.problems(instance, solution["courses"])]
    assert problems
    assert all(one.startswith("patient 0: ") for one in problems)


def test_the_checker_runs_alone(tmp_path):
    files = FOLDER / f"{SMALL}.json", tmp_path / "solution.json"
    files[1].write_text((FOLDER / f"{SMALL}.solution.json").read_text("utf-8"), "utf-8")
    command = [sys.executable, "-I", FOLDER / "check.py", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "20-3-1: seated 20, delay 21, spacing 7; optimal\n"
    files[1].write_text(files[1].read_text("utf-8").replace("],", ",9],", 1), "utf-8")
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (refused.returncode, refused.stdout) == (1, "")
