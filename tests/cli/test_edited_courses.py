"""Course files that somebody edited: every command reads them, or says what is wrong."""

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ketasched.cli import main
from ketasched.files.codec import json_line
from tests.conftest import ROOT
from tests.revising.changes import apply, six

COURSES = [
    json.loads(line)["course"]
    for line in (ROOT / "tests/files/courses-1.0.ndjson").read_text("utf-8").splitlines()
]


def revised_course() -> Any:
    """A course whose history has results: a make-up visit, which is undone, and another change."""
    course = six(driver_name="Sam")
    for verb, more in (
        ("complete", {"visit": 1}),
        ("miss", {"visit": 2, "make_up": True}),
        ("undo", {}),
        ("defer", {"visit": 4, "days": 1}),
    ):
        course = apply(course, verb, "2026-12-09T12:00", **more)
    return json.loads(json_line(course))


COURSES += [revised_course()] * 4
WORDS = ["", "x", "held", "planned", "ceased", "missed", "9 of 3", "0 of 0, again", "1900-01-01"]
NUMBERS = [-1, 0, 1, 2, 10, 2**31 - 1, 2**53]
VERBS = [
    *("complete 1", "miss 2 --make-up", "defer 3 --by 2", "omit 2", "hold", "cease", "confirm 4"),
    *(
        "booster --after 21",
        "resume --on 2027-02-01",
        "review 3 --outcome stop",
        "undo",
        "undo",
        "driver 2 --clear",
    ),
]


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path to every value inside, but for those of the clinic."""
    inner = data.items() if isinstance(data, dict) else enumerate(data)
    found: list[tuple[Any, ...]] = []
    for key, value in inner:
        if (*path, key) != ("clinic",):
            found.append((*path, key))
            found += places(value, (*path, key)) if isinstance(value, dict | list) else []
    return found


def renumber(course: Any) -> None:
    for number, visit in enumerate(course["visits"], start=1):
        visit["number"] = number
    for review in course["reviews"]:
        review["after"] = min(review["after"], len(course["visits"]))


def edit_visits(course: Any, chance: random.Random) -> None:
    """Remove, repeat or shuffle visits, and number them anew."""
    visits = course["visits"]
    how = chance.choice(["remove", "repeat", "shuffle"])
    if how == "remove" and len(visits) > 1:
        del visits[chance.randrange(len(visits))]
    elif how == "repeat":
        again = copy.deepcopy(chance.choice(visits))
        visits.append(again | {"uid": "again"})
    else:
        chance.shuffle(visits)
    renumber(course)


def edit_value(course: Any, chance: random.Random) -> None:
    """Change a value, or remove it."""
    *path, last = chance.choice(places(course))
    holder = course
    for step in path:
        holder = holder[step]
    old = holder[last]
    if isinstance(old, str):
        holder[last] = chance.choice(WORDS)
    elif isinstance(old, int) and not isinstance(old, bool):
        holder[last] = chance.choice([*NUMBERS, old + 1])
    elif isinstance(old, list):
        holder[last] = chance.choice([[], old[:-1], old[::-1], old * 2])
    else:
        del holder[last]


@pytest.mark.parametrize("seed", range(90))
def test_no_command_trips_over_an_edited_course(seed):
    chance = random.Random(seed)
    course = copy.deepcopy(chance.choice(COURSES))
    chance.choice([edit_visits, edit_value, edit_value])(course, chance)
    Path("course.json").write_text(json.dumps(course), "utf-8")
    today = course.get("made_at", "2026-12-01")
    for line in (
        "check course.json",
        f"show course.json --for {chance.choice(['patient', 'driver', 'clinic'])}",
        f"show course.json --format {chance.choice(['html', 'ics', 'month', 'json'])}",
        f"suggest course.json 2 --today {today}",
        f"revise course.json {chance.choice(VERBS)} --reason why --today {today}",
    ):
        done = CliRunner().invoke(main, line.split())
        assert done.exit_code in (0, 1, 2, 3, 4), f"{line}: {done.output}"
        assert done.exception is None or isinstance(done.exception, SystemExit), line


def test_a_revision_that_the_history_does_not_have_is_refused():
    course = COURSES[0] | {"revision": 5, "history": []}
    Path("course.json").write_text(json.dumps(course), "utf-8")
    for line in ("show course.json", "check course.json", "revise course.json complete 1"):
        done = CliRunner().invoke(main, line.split())
        assert done.exit_code == 3
        assert "history: expected at least one entry" in done.output
