"""Several drivers of one patient: each is told of their own rides, and of no others."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from ketasched.cli import main
from ketasched.handout import handed_changes, handout
from ketasched.load import load_protocol
from ketasched.model import Change, Driver
from ketasched.planner import plan
from ketasched.render import View, render
from ketasched.revise import revise

from .conftest import MADE_AT
from .nouns import clinic, request
from .readers import by_icalendar

AT = datetime(2026, 12, 1, 12, tzinfo=ZoneInfo("America/New_York"))
SAM = plan(
    load_protocol("iv-depression"),
    clinic(),
    request(patient="P-1", driver_name="Sam Rivera"),
    made_at=MADE_AT,
)


def changed(course, verb, **more):
    return revise(course, Change(verb, **more), at=AT, why="a reason")


ALEX_ON_FRIDAY = changed(SAM, "driver", visit=3, driver=Driver("Álex"))


def told(text):
    """What a calendar says: the day and title of each event."""
    return [f"{event.start:%d %b} {event.title}" for event in by_icalendar(text.decode())]


def test_a_driver_has_a_calendar_of_their_own_rides_where_there_are_several():
    assert not [name for name in handout(SAM) if name.startswith("drivers/")]
    files = handout(ALEX_ON_FRIDAY)
    assert told(files["drivers/álex-2.ics"]) == [
        "11 Dec Bring at 09:00",
        "11 Dec Collect from 10:55",
    ]
    assert len(told(files["drivers/sam-rivera-1.ics"])) == 10
    assert len(told(files["rides.ics"])) == 12


def test_a_new_driver_is_told_of_the_ride_and_the_old_one_that_it_is_gone():
    found = handed_changes(SAM, ALEX_ON_FRIDAY, View("driver"))
    assert {name: told(text) for name, text in found.items()} == {
        "sam-rivera-1": [
            "11 Dec CANCELLED: Bring at 09:00",
            "11 Dec CANCELLED: Collect from 10:55",
        ],
        "álex-2": ["11 Dec Bring at 09:00", "11 Dec Collect from 10:55"],
    }


def test_a_change_of_one_drivers_rides_is_one_calendar():
    moved = changed(
        ALEX_ON_FRIDAY,
        "defer",
        visit=3,
        on=date(2026, 12, 12),
        time=None,
        overrides=("open-hours",),
    )
    found = handed_changes(ALEX_ON_FRIDAY, moved, View("driver"))
    assert {name: told(text) for name, text in found.items()} == {
        "": ["12 Dec Bring at 09:00", "12 Dec Collect from 10:55"]
    }
    nobody = changed(ALEX_ON_FRIDAY, "driver", visit=3)
    (text,) = handed_changes(ALEX_ON_FRIDAY, nobody, View("driver")).values()
    assert [title.split(": ")[0] for title in told(text)] == ["11 Dec CANCELLED"] * 2


def test_the_rides_of_nobody_in_particular_are_one_calendar():
    course = plan(load_protocol("iv-depression"), clinic(), request(), made_at=MADE_AT)
    ((name, text),) = handed_changes(
        course, changed(course, "omit", visit=6), View("driver")
    ).items()
    assert (name, len(told(text))) == ("", 2)


def test_a_drivers_page_is_about_their_own_rides():
    page = render(ALEX_ON_FRIDAY, "text", View("driver", rides_of="Sam Rivera"))
    assert page.startswith("Rides, there and back: Sam Rivera\n")
    assert "No ride any more on: Fri 11 Dec, 09:00." in page
    assert "Fri 11 Dec 2026" not in page
    both = render(ALEX_ON_FRIDAY, "text", View("driver"))
    assert "Fri 11 Dec 2026  bring at 09:00   collect from 10:55   Álex\n" in both
    assert "any more" not in both


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == code, result.output
    return result.output


def test_the_files_of_a_driver_who_does_not_drive_any_more_go():
    run(
        *[
            "plan",
            "--start",
            "2026-12-07",
            "--patient",
            "P-1",
            "--driver-name",
            "Sam",
            "--made-at",
            "2026-11-23T10:00",
        ],
        "-o",
        "c",
    )
    folder = Path("c/P-1/drivers")
    revise_it = ["revise", "c/P-1", "driver", "3", "--today", "2026-12-01", "--force"]
    run(*revise_it, "--name", "Alex", "--changes", "c.ics", "--for", "driver")
    (folder / "mine.ics").write_text("mine")
    assert sorted(path.name for path in folder.iterdir()) == [
        "alex-2.ics",
        "mine.ics",
        "sam-1.ics",
    ]
    assert Path("c-sam-1.ics").exists()
    assert Path("c-alex-2.ics").exists()
    run(*revise_it, "--name", "Sam")
    assert [path.name for path in folder.iterdir()] == ["mine.ics"]


def test_a_drivers_rides_are_shown_by_name():
    run(
        *[
            "plan",
            "--start",
            "2026-12-07",
            "--patient",
            "P-1",
            "--driver-name",
            "Sam",
            "--made-at",
            "2026-11-23T10:00",
        ],
        "-o",
        "c",
    )
    asked = ["show", "c/P-1/course.json", "--rides-of", "Alex"]
    assert "goes with --for driver" in run(*asked, code=2)
    said = run(*asked, "--for", "driver", code=2)
    assert "Alex drives to no visit of this course\ntry: Sam\n" in said


@pytest.mark.parametrize("name", ["con", "...", "Ana Søren / née Ü", "سارا"])
def test_any_name_becomes_a_file(name):
    course = changed(SAM, "driver", visit=3, driver=Driver(name))
    (called,) = [one for one in handout(course) if one.startswith("drivers/") and "sam" not in one]
    assert called.endswith("-2.ics")
    assert called.count("/") == 1
    Path("drivers").mkdir()
    Path(called).write_text("")
