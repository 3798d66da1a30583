"""Several drivers of one patient: each gets their own rides, and no others."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from ketasched.cli import main
from ketasched.events.events import events
from ketasched.events.view import View
from ketasched.files.load import load_protocol
from ketasched.model import Change, Driver
from ketasched.planning.planner import plan
from ketasched.render import render
from ketasched.render.patient_folder import changed_calendars, driver_file_names, render_folder
from ketasched.revising.revise import revise
from tests.conftest import MADE_AT
from tests.support.nouns import clinic, request
from tests.support.readers import by_icalendar

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


CANCELLED_ON_FRIDAY = ["11 Dec CANCELLED: Bring at 09:00", "11 Dec CANCELLED: Collect from 10:55"]


def event_lines(text):
    """The day and title of each event of a calendar."""
    return [f"{event.start:%d %b} {event.title}" for event in by_icalendar(text.decode())]


def test_a_driver_has_a_calendar_of_their_own_rides_where_there_are_several():
    assert not [name for name in render_folder(SAM) if name.startswith("drivers/")]
    files = render_folder(ALEX_ON_FRIDAY)
    assert event_lines(files["drivers/rides-álex.ics"]) == [
        "11 Dec Bring at 09:00",
        "11 Dec Collect from 10:55",
    ]
    sam = event_lines(files["drivers/rides-sam-rivera.ics"])
    assert len(sam) == 12
    assert [said for said in sam if said.startswith("11 Dec")] == CANCELLED_ON_FRIDAY
    rides = event_lines(files["rides.ics"])
    assert len(rides) == 12
    assert not [said for said in rides if "CANCELLED" in said]


def test_a_driver_of_some_rides_has_a_calendar_without_the_others():
    course = changed(SAM, "driver", visit=3)
    own = event_lines(render_folder(course)["drivers/rides-sam-rivera.ics"])
    assert len([said for said in own if "CANCELLED" not in said]) == 2 * 5
    assert [said for said in own if said.startswith("11 Dec")] == CANCELLED_ON_FRIDAY
    assert "collect from 10:55   nobody yet" in render(course, "text", View("driver"))


def test_a_new_driver_is_told_of_the_ride_and_the_old_one_that_it_is_gone():
    found = changed_calendars(SAM, ALEX_ON_FRIDAY, View("driver"))
    assert {name: event_lines(text) for name, text in found.items()} == {
        "Sam Rivera": CANCELLED_ON_FRIDAY,
        "Álex": ["11 Dec Bring at 09:00", "11 Dec Collect from 10:55"],
    }


@pytest.mark.parametrize(("verb", "gone"), [("cease", 12), ("hold", 12), ("omit", 2)])
def test_a_ride_that_is_given_up_is_cancelled_in_the_drivers_calendar(verb, gone):
    course = changed(SAM, verb, visit=3 if gone == 2 else None)
    rides = events(course, View("driver"))
    cancelled = [one for one in rides if one.status == "CANCELLED"]
    assert (len(rides), len(cancelled)) == (12, gone)
    assert all(one.title.startswith("CANCELLED: ") and one.sequence == 1 for one in cancelled)
    before = {one.uid for one in events(SAM, View("driver"))}
    assert {one.uid for one in rides} == before


def test_a_ride_that_comes_back_is_not_cancelled_any_more():
    course = changed(changed(SAM, "omit", visit=3), "undo")
    rides = events(course, View("driver"))
    assert {one.status for one in rides} == {"CONFIRMED"}
    assert sorted(one.sequence for one in rides) == [0] * 10 + [2] * 2


def test_a_change_of_one_drivers_rides_is_one_calendar():
    moved = changed(
        ALEX_ON_FRIDAY,
        "defer",
        visit=3,
        on=date(2026, 12, 12),
        time=None,
        overrides=("open-hours",),
    )
    found = changed_calendars(ALEX_ON_FRIDAY, moved, View("driver"))
    assert {name: event_lines(text) for name, text in found.items()} == {
        "Álex": ["12 Dec Bring at 09:00", "12 Dec Collect from 10:55"]
    }
    nobody = changed(ALEX_ON_FRIDAY, "driver", visit=3)
    (text,) = changed_calendars(ALEX_ON_FRIDAY, nobody, View("driver")).values()
    assert [title.split(": ")[0] for title in event_lines(text)] == ["11 Dec CANCELLED"] * 2


def test_the_rides_of_nobody_in_particular_are_one_calendar():
    course = plan(load_protocol("iv-depression"), clinic(), request(), made_at=MADE_AT)
    ((name, text),) = changed_calendars(
        course, changed(course, "omit", visit=6), View("driver")
    ).items()
    assert (name, len(event_lines(text))) == ("", 2)


def test_a_drivers_page_is_about_their_own_rides():
    page = render(ALEX_ON_FRIDAY, "text", View("driver", rides_of="Sam Rivera"))
    assert page.startswith("Rides, there and back: Sam Rivera\n")
    assert "No ride any more on: Fri 11 Dec, 09:00." in page
    assert "Fri 11 Dec 2026" not in page
    both = render(ALEX_ON_FRIDAY, "text", View("driver"))
    assert "Fri 11 Dec 2026  bring at 09:00   collect from 10:55   Álex\n" in both
    assert "any more" not in both


PLANNED = (
    *("plan", "--start", "2026-12-07", "--patient", "P-1", "--driver-name", "Sam"),
    *("--made-at", "2026-11-23T10:00", "-o", "c"),
)
THIRD = ("revise", "c/P-1", "driver", "3", "--today", "2026-12-01", "--force")


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == code, result.output
    return result.output


def below(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_file_of_a_former_driver_takes_the_rides_out_and_other_files_are_left_alone():
    run(*PLANNED)
    folder = Path("c/P-1/drivers")
    run(*THIRD, "--name", "Alex", "--changes", "c.ics", "--for", "driver")
    others = ["Ana-phone-555.ics", "vacation-2026.ics"]
    for name in others:
        (folder / name).write_text("mine")
    assert below(folder) == sorted([*others, "rides-alex.ics", "rides-sam.ics"])
    assert Path("c-sam.ics").exists()
    assert Path("c-alex.ics").exists()
    run(*THIRD, "--name", "Sam")
    assert below(folder) == sorted([*others, "rides-alex.ics", "rides-sam.ics"])
    alex = (folder / "rides-alex.ics").read_text()
    assert alex.count("SUMMARY:") == alex.count("SUMMARY:CANCELLED: ") == 2
    assert [(folder / name).read_text() for name in others] == ["mine", "mine"]


def test_a_former_driver_still_has_a_page():
    run(*PLANNED)
    run(*THIRD, "--name", "Alex")
    run(*THIRD, "--name", "Sam")
    shown = run("show", "c/P-1", "--for", "driver", "--rides-of", "Alex")
    assert "No ride any more on: Fri 11 Dec, 09:00." in shown
    assert "There are no rides to plan." in shown


def test_a_drivers_rides_are_shown_by_name():
    run(*PLANNED)
    asked = ["show", "c/P-1/course.json", "--rides-of", "Alex"]
    assert "goes with --for driver" in run(*asked, code=2)
    said = run(*asked, "--for", "driver", code=2)
    assert "Alex drives to no visit of this course\ntry: one of: Sam\n" in said


def test_changes_of_one_driver_say_whose_they_are():
    run(*PLANNED)
    said = run(*THIRD, "--clear", "--changes", "c.ics", "--for", "driver")
    assert "note: c.ics is for Sam\n" in said
    assert "note: tell Sam: no ride any more: Fri 11 Dec 09:00\n" in said


def test_a_change_that_concerns_no_driver_says_so():
    run(*PLANNED)
    completed = ("revise", "c/P-1", "complete", "1", "--today", "2026-12-07T12:00")
    said = run(*completed, "--changes", "c.ics", "--for", "driver")
    assert "note: nothing changes for the driver: c.ics has no entries\n" in said


@pytest.mark.parametrize("place", ["a-file/c.ics", "/dev/full/c.ics"])
def test_a_course_is_not_written_if_its_changes_cannot_be(place):
    run(*PLANNED)
    Path("a-file").write_text("")
    before = Path("c/P-1/course.json").read_bytes()
    run(*THIRD, "--name", "Alex", "--changes", place, code=6)
    assert Path("c/P-1/course.json").read_bytes() == before


@pytest.mark.parametrize("place", ["", ".", "/"])
def test_changes_need_the_name_of_a_file(place):
    run(*PLANNED)
    said = run(*THIRD, "--name", "Alex", "--changes", place, code=2)
    assert "expected a file's name" in said


def test_changes_can_lie_beside_the_course():
    run(*PLANNED)
    run(*THIRD, "--name", "Alex", "--changes", "c/P-1/changes.ics")
    assert Path("c/P-1/changes.ics").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("names", "files"),
    [
        (["Sam Rivera", "sam  rivera"], ["sam-rivera", "sam-rivera-2"]),
        (["Zoë", "Zoe\u0308"], ["zoë", "zoë-2"]),
        (["con", "..."], ["con", "driver"]),
        (["Ana Søren / née Ü", "سارا"], ["ana-søren-née-ü", "سارا"]),
        (["Ketamine Taxi", "Depression Support, Bob"], ["driver", "bob"]),
        (["x" * 200], ["x" * 40]),
    ],
    ids=["capitals", "normal forms", "no words", "letters", "sensitive", "long"],
)
def test_any_name_becomes_a_discreet_file_name_of_its_own(names, files):
    assert list(driver_file_names(names).values()) == files


def test_a_shared_calendar_takes_in_both_drivers_changes():
    sam, alex = changed_calendars(SAM, ALEX_ON_FRIDAY, View("driver")).values()
    uids = [{event.uid for event in by_icalendar(text.decode())} for text in (sam, alex)]
    assert uids[0].isdisjoint(uids[1])


def test_a_new_driver_during_a_visit_is_told_to_collect():
    run(*PLANNED)
    at_half_past = ("revise", "c/P-1", "driver", "1", "--today", "2026-12-07T09:30")
    said = run(*at_half_past, "--name", "Ana")
    assert "note: tell Ana: a new ride: Mon 7 Dec 09:00, to collect\n" in said
    assert "note: tell Sam: no ride any more: Mon 7 Dec 09:00\n" in said
    in_the_evening = ("revise", "c/P-1", "driver", "1", "--today", "2026-12-07T18:00")
    assert "tell" not in run(*in_the_evening, "--name", "Ben")


def test_a_driver_who_collects_from_a_visit_that_is_ended_is_told_of_the_other_rides_too():
    run(*PLANNED)
    ended = ("revise", "c/P-1", "omit", "1", "--reason", "unwell", "--today", "2026-12-07T09:30")
    assert "note: tell Sam: to collect now, if the patient was brought\n" in run(*ended)
    run(*PLANNED, "--force")
    hold = ("revise", "c/P-1", "cease", "--reason", "unwell", "--today", "2026-12-09T09:00")
    said = run(*hold)
    assert "tell Sam: no ride any more: Fri 11 Dec 09:00, Mon 14 Dec 09:00" in said


@pytest.mark.parametrize(
    ("clock", "cancelled"),
    [
        pytest.param("08:59", ["Bring at 09:00", "Collect from 10:55"], id="before it begins"),
        pytest.param("09:00", [], id="when they are there"),
        pytest.param("10:55", [], id="when the driver is to come"),
        pytest.param("11:09", [], id="while the driver waits"),
        pytest.param("11:10", [], id="when it is over"),
    ],
)
def test_a_collection_is_not_cancelled_once_the_patient_has_been_brought(clock, cancelled):
    hour, minute = map(int, clock.split(":"))
    after = revise(
        SAM, Change("omit", visit=1), at=AT.replace(day=7, hour=hour, minute=minute), why="unwell"
    )
    (text,) = changed_calendars(SAM, after, View("driver")).values()
    assert [line.split("CANCELLED: ")[1] for line in event_lines(text)] == cancelled


def test_a_ride_that_has_begun_can_be_handed_over_to_another_driver():
    at = AT.replace(day=7, hour=9, minute=30)
    after = revise(SAM, Change("driver", visit=1, driver=Driver("Ana")), at=at)
    found = changed_calendars(SAM, after, View("driver"))
    assert "07 Dec CANCELLED: Collect from 10:55" in event_lines(found["Sam Rivera"])
    assert "07 Dec Collect from 10:55" in event_lines(found["Ana"])


def test_an_older_changes_file_stays_if_the_course_cannot_be_written():
    run(*PLANNED)
    Path("c.ics").write_text("of yesterday", encoding="utf-8")
    course = Path("c/P-1/course.json")
    asked = [*THIRD, "--name", "Alex", "--changes", "c.ics"]
    course.with_name("drivers").symlink_to(Path().absolute())  # so that it cannot be written
    run(*asked, "--for", "patient", code=6)
    assert Path("c.ics").read_text(encoding="utf-8") == "of yesterday"


def test_a_known_phone_stays_known():
    called = changed(SAM, "driver", visit=1, driver=Driver("Ana Lund", "555 0199"))
    again = changed(called, "driver", visit=3, driver=Driver("Ana Lund"))
    assert again.visits[2].driver == Driver("Ana Lund", "555 0199")


@pytest.mark.parametrize("name", ["\u200b", "...", " \u3000 ", "a\u202eb"])
def test_a_name_without_a_visible_letter_is_refused(name):
    run(*PLANNED)
    assert "--name: " in run(*THIRD, "--name", name, code=2)


TURNS = ("--driver", "Ana Lima, 555, Mon/Fri", "--driver", "Ben, wed")


def test_drivers_who_take_turns_have_a_calendar_each_from_the_first_plan_on():
    """The third week is after the change of clocks on 14 March 2027."""
    asked = ("plan", "--start", "2027-03-08", "--patient", "P-1", "-o", "c", *TURNS)
    run(*asked, "--made-at", "2027-03-01T10:00")
    folder = Path("c/P-1/drivers")
    assert {path.name for path in folder.iterdir()} == {"rides-ana-lima.ics", "rides-ben.ics"}
    assert event_lines((folder / "rides-ben.ics").read_bytes()) == [
        *("10 Mar Bring at 09:00", "10 Mar Collect from 10:55"),
        *("17 Mar Bring at 09:00", "17 Mar Collect from 10:55"),
    ]
    assert len(event_lines((folder / "rides-ana-lima.ics").read_bytes())) == 8


def test_a_new_driver_of_all_is_told_of_every_ride_and_the_old_ones_of_theirs():
    plan_turns = (*("plan", "--start", "2026-12-07", "--patient", "P-1", "-o", "c"), *TURNS)
    run(*plan_turns, "--made-at", "2026-11-23T10:00")
    named = ("driver", "all", "--name", "Kim", "--today", "2026-12-10T12:00")
    said = run("revise", "c/P-1", *named)
    lost, gained = "Fri 11 Dec 09:00, Mon 14 Dec 09:00, Fri 18 Dec 09:00", "Wed 16 Dec 09:00"
    assert f"note: tell Ana Lima, 555: no ride any more: {lost}\n" in said
    assert f"note: tell Ben: no ride any more: {gained}\n" in said
    every = "Fri 11 Dec 09:00, Mon 14 Dec 09:00, Wed 16 Dec 09:00, Fri 18 Dec 09:00"
    assert f"note: tell Kim: a new ride: {every}\n" in said
    again = run("revise", "c/P-1", *named)
    assert again == "note: Kim drives to visits 3, 4, 5 and 6 already\n"


@pytest.mark.parametrize(
    ("booster", "said"),
    [
        pytest.param("2027-01-25", "tell Kim: a new ride: Mon 25 Jan 09:00", id="a driver"),
        pytest.param("2027-01-26", "visit 7 has no driver: once somebody drives", id="no driver"),
    ],
)
def test_a_new_booster_says_who_is_to_be_told_or_that_nobody_drives(booster, said):
    run(*PLANNED)
    run("revise", "c/P-1", "driver", "mon", "--name", "Kim", "--today", "2026-12-01")
    found = run("revise", "c/P-1", "booster", "--on", booster, "--today", "2026-12-12")
    assert f"note: {said}" in found
