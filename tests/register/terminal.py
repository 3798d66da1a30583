"""Commands with a register, as a clerk types them."""

import json

from click.testing import CliRunner, Result

from ketasched.cli import main
from ketasched.files.load import parse_course
from ketasched.model import TAKES_PLACE, Course
from tests.support.batches import MOMENT, MONDAY

TODAY = ("--today", "2027-04-01T09:00")


def run(*arguments: str, code: int = 0, **more) -> Result:
    result = CliRunner().invoke(main, list(arguments), prog_name="ketasched", **more)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result


def plan(patient: str, *more: str, code: int = 0) -> Result:
    asked = ("--patient", patient, "--start", MONDAY, "--made-at", MOMENT)
    return run("plan", *asked, *more, code=code)


def batch(*more: str, code: int = 0, folder: str = "out") -> Result:
    fixed = ("--made-at", MOMENT, "--jobs", "1", "--quiet")
    return run("batch", "roster.csv", "-o", folder, *fixed, *more, code=code)


def listed(*more: str) -> dict[str, int]:
    """The patients of the register, each with the revision."""
    found = json.loads(run("register", "list", "--format", "json", *more).stdout)
    return {one["patient"]: one["revision"] for one in found}


def exported(*more: str) -> list[Course]:
    """The courses of the register."""
    lines = run("register", "export", *more).stdout.splitlines()
    return [parse_course(line, "an export") for line in lines]


def held(*more: str) -> list[tuple[str, str]]:
    """The seats of all courses in the register, by the documents."""
    return sorted(
        (visit.start.isoformat(), course.patient)
        for course in exported(*more)
        for visit in course.visits
        if visit.status in TAKES_PLACE
    )
