"""The files of a patient's folder, and calendars with one event a file."""

import sys
from dataclasses import replace
from pathlib import Path

import icalendar
import pytest
from click.testing import CliRunner

from ketasched.cli import main
from ketasched.errors import Refused
from ketasched.events.events import events
from ketasched.events.view import View
from ketasched.files.load import load_protocol
from ketasched.model import Change
from ketasched.planning.planner import plan
from ketasched.render import render
from ketasched.render.ics import render_split
from ketasched.render.patient_folder import render_course_file, render_folder
from ketasched.revising.revise import revise
from tests.conftest import MADE_AT
from tests.support.nouns import clinic, request
from tests.support.readers import READERS, unfolded

COURSE = plan(
    load_protocol("iv-depression"), clinic(), request(patient="P-1", boosters=2), made_at=MADE_AT
)
VIEWS = pytest.mark.parametrize(
    "view", [View("patient"), View("driver"), View("clinic")], ids=lambda view: view.audience
)
PLAN = ["plan", "--start", "2027-01-04", "--patient", "P-1", "--made-at", "2026-11-23T10:00"]


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == code, result.output
    return result.output


def files_below(folder: str) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file()
    )


@VIEWS
def test_a_split_calendar_has_the_events_of_the_whole_one(view):
    whole = unfolded(render(COURSE, "ics", view))
    files = render_split(COURSE, view)
    assert len(files) == len(events(COURSE, view))
    for (_, text), event in zip(sorted(files.items()), events(COURSE, view), strict=True):
        lines = unfolded(text)
        assert lines.count("BEGIN:VEVENT") == 1
        assert f"UID:{event.uid}" in lines
        begin, end = lines.index("BEGIN:VEVENT"), lines.index("END:VEVENT") + 1
        assert "\n".join(lines[begin:end]) in "\n".join(whole)


@VIEWS
def test_the_files_of_a_split_calendar_sort_by_date(view):
    names = sorted(render_split(COURSE, view))
    assert [name[:15] for name in names] == [
        f"{event.start:%Y-%m-%d-%H%M}" for event in events(COURSE, view)
    ]


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_every_program_reads_a_file_of_one_event(reader):
    (name, text), *_ = sorted(render_split(COURSE, View("driver")).items())
    (event,) = reader(text)
    assert name == "2026-12-07-0900-bring-1.ics"
    assert event.title == "Bring at 09:00"


def test_a_folder_has_pages_and_both_calendars_and_split_adds_two_folders():
    files = render_folder(COURSE)
    assert sorted(files) == ["P-1.html", "P-1.ics", "P-1.txt", "rides.ics"]
    more = render_folder(COURSE, split=True)
    assert {name.partition("/")[0] for name in more} == {*files, "calendar", "rides"}
    assert {name: more[name] for name in files} == files
    for text in more.values():
        assert b"METHOD" not in text
    assert len(icalendar.Calendar.from_ical(more["rides.ics"]).events) == 12


def test_a_label_is_in_the_drivers_files_and_on_the_drivers_sheet():
    files = render_folder(COURSE, driver_label="Anna", split=True)
    assert b"Bring Anna at" in files["rides.ics"]
    assert b"Rides for <bdi>Anna</bdi>" in files["P-1.html"]
    assert b"Anna" not in files["P-1.ics"]
    assert b"Anna" not in files["P-1.txt"]


def test_the_page_in_a_folder_can_be_in_large_print():
    usual, large = render_folder(COURSE), render_folder(COURSE, large=True)
    assert b'<body class="large">' in large["P-1.html"]
    assert {name for name in usual if usual[name] != large[name]} == {"P-1.html"}


def test_a_course_can_be_written_again_from_its_file():
    run(*PLAN, "--split", "-o", "courses")
    run("show", "courses/P-1/course.json", "--split", "-o", "again")
    once, again = Path("courses/P-1"), Path("again/P-1")
    assert files_below("courses/P-1") == sorted([*files_below("again/P-1"), "course.json"])
    for name in files_below("again/P-1"):
        assert (once / name).read_bytes() == (again / name).read_bytes()


def test_force_removes_the_files_of_former_dates():
    run(*PLAN, "--split", "-o", "courses")
    before = files_below("courses/P-1")
    later = [*PLAN, "--start", "2027-02-01", "--split", "-o", "courses"]
    assert "there already" in run(*later, code=6)
    assert files_below("courses/P-1") == before
    run(*later, "--force")
    dated = [name for name in files_below("courses/P-1") if "/" in name]
    assert dated
    assert [name for name in dated if "/2027-01-0" in name] == []
    assert run("check", "courses/P-1/course.json")


def test_files_of_former_dates_are_removed_even_without_new_ones():
    run(*PLAN, "--split", "-o", "courses")
    run(*PLAN, "--start", "2027-02-01", "--force", "-o", "courses")
    assert [name for name in files_below("courses/P-1") if "/" in name] == []


def test_files_of_others_stay():
    run(*PLAN, "--split", "-o", "courses")
    others = [Path("courses/P-1/calendar/notes.txt"), Path("courses/P-1/rides/private.ics")]
    for path in others:
        path.write_text("mine")
    run(*PLAN, "--split", "--force", "-o", "courses")
    assert [path.read_text() for path in others] == ["mine", "mine"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_a_folder_that_is_a_link_is_refused_and_nothing_behind_it_is_touched():
    elsewhere = Path("elsewhere")
    elsewhere.mkdir()
    name = "2026-12-07-0900-appointment-1.ics"
    (elsewhere / name).write_text("mine")
    Path("courses/P-1").mkdir(parents=True)
    Path("courses/P-1/calendar").symlink_to(elsewhere.absolute())
    assert "is a link" in run(*PLAN, "--split", "--force", "-o", "courses", code=6)
    assert [path.name for path in elsewhere.iterdir()] == [name]
    assert files_below("courses/P-1") in ([], [f"calendar/{name}"])


@pytest.mark.parametrize("register", [(), ("--register", "book.db")], ids=["alone", "booked"])
def test_a_course_that_could_not_be_read_again_is_not_written(register, monkeypatch):
    run(*PLAN, "-o", "courses", *register)
    before = {path: path.read_bytes() for path in Path("courses/P-1").iterdir()}
    change = ("driver", "1", "--name", "Sam", "--today", "2026-12-01", *register)
    with monkeypatch.context() as patch:
        patch.setattr("ketasched.files.load.MOST_BYTES", 1000)
        refused = run("revise", "courses/P-1", *change, code=6)
        assert "P-1 could not be read again: is larger than" in refused
        assert "try: plan what is left of it as a new course" in refused
        asked = ("plan", "--patient", "P-2", "--start", "2027-02-01", "-o", "courses")
        run(*asked, *register, code=6)
    assert {path: path.read_bytes() for path in Path("courses").glob("*/*")} == before
    run("revise", "courses/P-1", *change)


def test_a_course_whose_numbers_are_at_their_end_is_not_changed_any_more():
    most = 2**31 - 1
    visits = tuple(replace(visit, sequence=most) for visit in COURSE.visits)
    assert render_course_file(replace(COURSE, visits=visits))
    beyond = (replace(COURSE.visits[0], sequence=most + 1), *COURSE.visits[1:])
    with pytest.raises(Refused, match=rf"visits\[0\].sequence: expected 0 to {most}"):
        render_course_file(replace(COURSE, visits=beyond))
    with pytest.raises(Refused, match="revision: expected 1, the number of entries"):
        render_course_file(replace(COURSE, revision=most + 1))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--split"], "go with -o"),
        (["--force"], "go with -o"),
        (["-o", "courses", "--format", "ics"], "-o writes all files"),
        (["-o", "courses", "--for", "driver"], "-o writes all files"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_options_that_do_not_go_together_are_refused(arguments, said):
    assert said in run(*PLAN, *arguments, code=2)


def test_a_driver_who_was_replaced_has_a_calendar_that_takes_the_rides_out():
    run(*PLAN, "--driver-name", "Sam", "-o", "out")
    assert not Path("out/P-1/drivers").exists()
    run("revise", "out/P-1", "driver", "all", "--name", "Ana", "--today", "2026-12-01")
    titles = {
        name: [
            str(event["SUMMARY"]).startswith("CANCELLED: ")
            for event in icalendar.Calendar.from_ical(
                Path(f"out/P-1/drivers/rides-{name}.ics").read_bytes()
            ).walk("VEVENT")
        ]
        for name in ("ana", "sam")
    }
    assert titles == {"ana": [False] * 12, "sam": [True] * 12}


def test_a_course_without_a_ride_has_no_calendar_of_rides_and_no_note_on_it(tmp_path):
    asked = *PLAN, "--protocol", "home-sublingual-4", "-o", str(tmp_path)
    stale = tmp_path / "P-1" / "rides.ics"
    stale.parent.mkdir()
    stale.write_text("of a course that is replaced")
    said = run(*asked, "--force")
    assert "P-1/P-1.ics" in files_below(str(tmp_path))
    assert not stale.exists()
    assert "rides.ics" not in said


def test_a_course_whose_rides_are_cancelled_keeps_their_calendar():
    ended = revise(COURSE, Change("cease"), at=MADE_AT)
    assert b"STATUS:CANCELLED" in render_folder(ended)["rides.ics"]
