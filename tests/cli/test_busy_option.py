"""Busy times of calendars: where they come from, and who heeds them from then on."""

import csv
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from ketasched.cli import main
from ketasched.errors import NoPlan
from ketasched.files.codec import plain, read
from ketasched.files.load import load_course
from ketasched.model import BusyTime, Change, Request
from ketasched.model.busy_index import busy_index, clip_to_days, merge_busy_times, with_busy_times
from ketasched.planning.check import check
from ketasched.planning.explain import explain_refusal
from ketasched.planning.planner import plan, planning_horizon
from ketasched.revising.revise import revise
from ketasched.rules.base import PlanningContext
from tests.conftest import MADE_AT, ROOT
from tests.support.nouns import MONDAY, clinic, phase, protocol, request

NEW_YORK = ZoneInfo("America/New_York")
EXAMPLE = str(ROOT / "examples/clinic.toml")
MONDAYS = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Google Inc//Google Calendar 70.9054//EN
BEGIN:VEVENT
UID:1@google.com
DTSTART;TZID=America/New_York:20261207T093000
DTEND;TZID=America/New_York:20261207T120000
RRULE:FREQ=WEEKLY;BYDAY=MO
SUMMARY:Secret
END:VEVENT
END:VCALENDAR
"""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


def busy(start: str, end: str, name: str = "anna") -> BusyTime:
    return BusyTime(at(start), at(end), name)


TUESDAY = busy("2026-12-08 09:00", "2026-12-08 17:00")


def run(*arguments: str, code: int = 0):
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == code, result.output
    return result


def planned(*options: str, folder: str = "courses", code: int = 0):
    return run(
        *("plan", "--clinic", EXAMPLE, "--patient", "P", "--start", "2026-12-07"),
        *("--made-at", "2026-11-23T10:00", "-o", folder, *options),
        code=code,
    )


@pytest.fixture
def anna() -> str:
    Path("anna.ics").write_text(MONDAYS)
    return "anna.ics"


# --- the times themselves


def test_the_busy_time_that_a_visit_would_overlap_is_found_among_many():
    day = at("2026-12-07 00:00")
    times = tuple(
        BusyTime(day + timedelta(hours=hour), day + timedelta(hours=hour, minutes=30), str(hour))
        for hour in range(200, 0, -1)
    )
    known = busy_index((BusyTime(day, day + timedelta(minutes=1), "long ago"), *times))
    for hour in range(1, 200):
        begin = (day + timedelta(hours=hour)).timestamp()
        found = known.overlapping(begin + 1740, begin + 3600)
        assert found is not None
        assert found.calendar == str(hour)
        assert known.overlapping(begin + 1800, begin + 3600) is None
    assert busy_index(()).overlapping(0, 1) is None


def test_times_are_cut_to_the_days_that_are_asked_about():
    times = [
        busy("2026-12-01 10:00", "2026-12-03 10:00"),
        busy("2026-12-09 00:00", "2026-12-10 00:00"),
    ]
    found = clip_to_days(times, date(2026, 12, 2), date(2026, 12, 8))
    assert [*found] == [busy("2026-12-02 00:00", "2026-12-03 10:00")]


def test_a_newer_calendar_takes_the_place_of_the_one_of_its_name():
    old = [busy(f"2026-12-{day} 09:00", f"2026-12-{day} 10:00") for day in ("07", "14")]
    other = busy("2026-12-14 09:00", "2026-12-14 10:00", "bob")
    asked = request(busy=(*old, other))
    newer = busy("2026-12-15 09:00", "2026-12-15 10:00")
    assert with_busy_times(asked, {"anna": [newer]}).busy == (other, newer)
    assert with_busy_times(asked, {"anna": []}).busy == (other,)
    since = with_busy_times(asked, {"anna": [newer]}, at("2026-12-10 00:00"))
    assert since.busy == (old[0], other, newer)
    longer = busy("2026-12-14 08:00", "2026-12-14 11:00")
    during = with_busy_times(asked, {"anna": [longer]}, at("2026-12-14 09:15"))
    assert during.busy == (old[0], other, busy("2026-12-14 09:00", "2026-12-14 11:00"))


def test_busy_times_of_one_calendar_that_touch_or_overlap_are_one():
    others = busy("2026-12-07 10:00", "2026-12-07 11:00", "bob")
    many = [
        busy("2026-12-07 09:30", "2026-12-07 10:30"),
        busy("2026-12-07 09:00", "2026-12-07 10:00"),
        busy("2026-12-07 10:30", "2026-12-07 11:00"),
        busy("2026-12-07 09:15", "2026-12-07 09:20"),
        busy("2026-12-07 11:01", "2026-12-07 12:00"),
    ]
    one, other = busy("2026-12-07 09:00", "2026-12-07 11:00"), many[-1]
    assert merge_busy_times([*many, others]) == (one, others, other)


def test_busy_times_in_the_hour_that_comes_twice_are_merged_by_the_instant():
    one, end = at("2026-11-01 01:00"), at("2026-11-01 01:30")
    again, end_again = one.replace(fold=1), end.replace(fold=1)
    apart = BusyTime(one, end, "anna"), BusyTime(again, end_again, "anna")
    assert merge_busy_times(apart[::-1]) == apart
    (through,) = merge_busy_times((BusyTime(one, again, "anna"), apart[1]))
    assert through.end.timestamp() - through.start.timestamp() == 5400


def test_a_course_does_not_grow_with_each_reading_of_the_same_calendar(anna):
    planned("--busy", anna)
    sizes = []
    for number, moment in enumerate(("2026-12-07T10:00", "2026-12-07T11:00", "2026-12-08")):
        change = ("driver", "6", "--name", f"Sam{number}", "--today", moment)
        run("revise", "courses/P", *change, "--busy", anna)
        sizes.append(Path("courses/P/course.json").stat().st_size)
    course = load_course("courses/P")
    assert [one.former_busy for one in course.history] == [None] * 4
    assert abs((sizes[2] - sizes[1]) - (sizes[1] - sizes[0])) < 100, "an entry of the history each"


def test_the_history_keeps_of_a_former_calendar_only_what_is_gone(anna):
    planned("--busy", anna)
    before = load_course("courses/P").request.busy
    Path("anna.ics").write_text(MONDAYS.replace("BYDAY=MO", "BYDAY=MO;UNTIL=20261215T000000Z"))
    change = ("driver", "6", "--name", "Sam", "--today", "2026-12-01")
    run("revise", "courses/P", *change, "--busy", anna)
    course = load_course("courses/P")
    assert len(course.request.busy) == 2
    assert course.history[-1].former_busy == before[2:]


@pytest.mark.parametrize(
    ("start", "end", "calendar", "says"),
    [
        ("2026-12-07T10:00", "2026-12-07T10:00", "anna", "not after the start"),
        ("2026-12-07T10:00", "2026-12-07T11:00", "", "expected a name"),
        ("2026-12-07T10:00", "noon", "anna", "expected a moment"),
    ],
)
def test_a_wrong_busy_time_in_a_file_is_refused(start, end, calendar, says):
    data = {"start": "2026-12-07", "busy": [{"start": start, "end": end, "calendar": calendar}]}
    found, problems = read(Request, data, zone=NEW_YORK)
    assert found is None
    assert says in problems[0][1]
    assert problems[0][0].startswith("busy[0]")


def test_busy_times_come_back_from_a_file_as_they_were_also_in_the_hour_that_comes_twice():
    second = datetime(2026, 11, 1, 6, 30, tzinfo=UTC).astimezone(NEW_YORK)
    asked = request(busy=(BusyTime(second, second + timedelta(hours=2), "anna"),))
    found, problems = read(Request, plain(asked), zone=NEW_YORK)
    assert not problems
    assert found is not None
    assert found.busy[0].start.astimezone(UTC) == second.astimezone(UTC)
    assert found == asked


def test_a_course_reaches_from_the_asked_start_to_its_last_gap_and_beyond():
    asked = request(latest_start=MONDAY + timedelta(7))
    first, last = planning_horizon(protocol(phase(6)), clinic(), asked)
    assert first == MONDAY
    assert last >= MONDAY + timedelta(7 + 5 * 5)


# --- planning


def test_a_visit_is_at_another_time_or_on_another_day():
    course = plan(protocol(), clinic(), request(busy=(TUESDAY,)), made_at=MADE_AT)
    assert check(course) == course.findings
    starts = [visit.start for visit in course.visits]
    taken = busy(f"{starts[1]:%Y-%m-%d} 08:00", f"{starts[1]:%Y-%m-%d} 09:01")
    again = plan(protocol(), clinic(), request(busy=(taken,)), made_at=MADE_AT)
    assert again.visits[1].start > taken.end
    day = replace(taken, end=taken.end + timedelta(hours=12))
    moved = plan(protocol(), clinic(), request(busy=(day,)), made_at=MADE_AT)
    assert moved.visits[1].start.date() != day.start.date()


def test_a_refusal_says_whose_calendar_and_that_it_would_fit_without():
    away = (busy("2026-12-07 00:00", "2027-01-31 00:00"), TUESDAY)
    asked = request(busy=away, latest_start=MONDAY)
    with pytest.raises(NoPlan) as caught:
        plan(protocol(), clinic(), asked, made_at=MADE_AT)
    assert caught.value.refusals[0][1].message == "busy (anna)"
    whole = explain_refusal(caught.value, PlanningContext(protocol(), clinic(), asked, MADE_AT))
    assert "without the calendar anna" in [one.change for one in whole.remedies]


def test_reviews_are_not_at_busy_times_either(anna):
    planned("--busy", anna)
    course = load_course("courses/P")
    for review in course.companions:
        on_a_visit = any(review.start == visit.start for visit in course.visits)
        free = busy_index(course.request.busy).overlapping(
            review.start.timestamp(), review.start.timestamp() + 900
        )
        assert on_a_visit or free is None


# --- the commands


def test_plan_keeps_the_busy_times_in_the_course_and_nothing_else_of_the_calendar(anna):
    result = planned("--busy", anna)
    course = load_course("courses/P")
    assert [f"{visit.start:%d %H:%M}" for visit in course.visits][:2] == ["07 13:30", "09 09:00"]
    assert {one.calendar for one in course.request.busy} == {"anna"}
    assert f"{course.request.busy[0].start:%a %d %H:%M}" == "Mon 07 09:30"
    for path in Path("courses/P").iterdir():
        assert "Secret" not in path.read_text()
    assert "Secret" not in result.output
    run("check", "courses/P")


def test_a_course_file_is_checked_against_its_busy_times(anna):
    planned("--busy", anna)
    path = Path("courses/P/course.json")
    data = json.loads(path.read_text())
    one = {"start": "2026-12-09T09:30:00-05:00", "end": "2026-12-09T09:31:00-05:00"}
    data["request"]["busy"].append(one | {"calendar": "bob"})
    path.write_text(json.dumps(data))
    assert "busy (bob) (availability)" in run("check", str(path), code=1).output


def test_suggest_heeds_busy_times_and_changes_nothing(anna):
    planned()
    before = Path("courses/P/course.json").read_text()
    plainly = run("suggest", "courses/P", "4", "--today", "2026-12-08").stdout
    heeding = run("suggest", "courses/P", "4", "--today", "2026-12-08", "--busy", anna).stdout
    assert "Mon 14 Dec 2026, 09:15" in plainly
    assert "Mon 14 Dec 2026, 09:15" not in heeding
    assert "Mon 14 Dec 2026, 14:45" in heeding
    assert Path("courses/P/course.json").read_text() == before


def test_revise_keeps_busy_times_from_then_on_and_says_what_they_break(anna):
    planned()
    done = run(
        "revise", "courses/P", "complete", "1", "--today", "2026-12-07T12:00", "--busy", anna
    )
    assert "broken: Visit 1" not in done.stderr
    assert "broken: Visit 4, Mon 14 Dec 2026: busy (anna) (availability)" in done.stderr
    again = run(
        "revise", "courses/P", "defer", "4", "--by", "1", "--today", "2026-12-08", "--reason", "x"
    )
    assert "broken" not in again.stderr
    course = load_course("courses/P")
    assert course.history[1].former_busy == ()
    assert course.history[2].former_busy is None
    assert not [one for one in check(course) if one.level == "broken"]
    to_monday = ("revise", "courses/P", "defer", "4", "--to", "2026-12-14T09:00", "--reason", "x")
    assert "busy (anna)" in run(*to_monday, "--today", "2026-12-08", code=4).stderr


def test_a_newer_export_frees_what_is_free_now(anna):
    planned("--busy", anna)
    Path("anna.ics").write_text(MONDAYS.replace("RRULE:FREQ=WEEKLY;BYDAY=MO\n", ""))
    run("revise", "courses/P", "complete", "1", "--today", "2026-12-08", "--busy", anna)
    course = load_course("courses/P")
    assert [f"{one.start:%m-%d}" for one in course.request.busy] == ["12-07"]
    assert len(course.history[1].former_busy or ()) > 3


def test_a_change_keeps_the_busy_times_of_before_only_where_there_are_others_now():
    course = plan(protocol(), clinic(), request(), made_at=MADE_AT)
    noon = at("2026-12-07 12:00")
    after = revise(course, Change("complete", 1), at=noon, busy=(TUESDAY,))
    assert after.history[-1].former_busy == ()
    assert after.request.busy == (TUESDAY,)
    deferred = revise(after, Change("defer", 2, on=date(2026, 12, 10)), at=noon)
    assert deferred.history[-1].former_busy is None
    assert deferred.request.busy == (TUESDAY,)


def test_a_broken_calendar_is_refused_by_each_command_before_all_else():
    Path("bad.ics").write_text(MONDAYS.replace("20261207T093000", "monday"))
    Path("roster.csv").write_text("patient,start\nA,2026-12-07\n")
    planned()
    before = sorted(Path("courses/P").iterdir())
    for arguments in (
        ("plan", "--start", "2026-12-07", "--busy", "bad.ics"),
        ("suggest", "courses/P", "4", "--today", "2026-12-08", "--busy", "bad.ics"),
        ("revise", "courses/P", "complete", "1", "--today", "2026-12-08", "--busy", "bad.ics"),
        ("batch", "roster.csv", "--busy", "bad.ics", "-o", "out"),
    ):
        result = run(*arguments, code=3)
        assert "error: bad.ics:6: DTSTART: expected a time such as" in result.stderr
        assert "try: export the calendar again" in result.stderr
    assert sorted(Path("courses/P").iterdir()) == before
    assert not Path("out").exists()


# --- rosters


def batch(*options: str, code: int = 0):
    fixed = ("--clinic", EXAMPLE, "--made-at", "2026-11-23T10:00", "--jobs", "1", "--quiet")
    return run("batch", "roster.csv", "-o", "out", *fixed, *options, code=code)


def test_a_roster_heeds_busy_times_in_every_row_just_as_plan_does(anna):
    Path("roster.csv").write_text("patient,start\nP,2026-12-07\nQ,2027-01-04\n")
    batch("--busy", anna)
    planned("--busy", anna)
    assert Path("out/P/course.json").read_bytes() == Path("courses/P/course.json").read_bytes()
    assert f"{load_course('out/Q').visits[0].start:%d %H:%M}" == "04 13:30"


def test_rows_on_chairs_heed_busy_times_too(anna):
    Path("roster.csv").write_text("patient,start\nP,2027-01-04\nQ,2027-01-04\nR,2027-01-05\n")
    text = Path(EXAMPLE).read_text()
    Path("two.toml").write_text(
        "chairs = 2\n"
        + "\n".join(
            line
            for line in text.splitlines()
            if not line.startswith(("chairs", "starts_per_slot"))
        )
    )
    batch("--busy", anna, "--clinic", "two.toml")
    for patient in "PQR":
        course = load_course(f"out/{patient}")
        assert course.request.busy
        assert not [one for one in check(course) if one.level == "broken"]


def test_a_resumed_run_plans_again_only_the_rows_that_another_calendar_touches(anna):
    Path("roster.csv").write_text("patient,start\nP,2026-12-07\nQ,2027-11-01\n")
    batch("--busy", anna)
    before = Path("out/manifest.csv").read_text().splitlines()
    batch("--busy", anna, "--resume")
    assert Path("out/manifest.csv").read_text().splitlines() == before
    Path("anna.ics").write_text(
        MONDAYS.replace("WEEKLY;BYDAY=MO", "WEEKLY;BYDAY=MO;UNTIL=20270101")
    )
    batch("--busy", anna, "--resume")
    after = Path("out/manifest.csv").read_text().splitlines()
    assert after[1] != before[1]
    assert after[2] != before[2]
    Path("anna.ics").write_text(
        MONDAYS.replace("WEEKLY;BYDAY=MO", "WEEKLY;BYDAY=MO;UNTIL=20271001")
    )
    batch("--busy", anna, "--resume")
    last = Path("out/manifest.csv").read_text().splitlines()
    assert last[2] == after[2]


def test_a_row_beyond_what_was_read_is_rejected_and_not_planned_blindly(anna):
    Path("roster.csv").write_text("patient,start\nP,2026-12-07\nQ,2031-01-01\n")
    batch("--busy", anna, code=5)
    assert "the busy calendars are read for" in Path("out/rejects.csv").read_text()


# --- the course's own visits


def test_a_courses_own_calendar_is_not_in_its_way():
    planned()
    before = run("suggest", "courses/P", "4", "--today", "2026-12-08").stdout
    for calendar in ("courses/P/P.ics", "courses/P/rides.ics"):
        after = run("suggest", "courses/P", "4", "--today", "2026-12-08", "--busy", calendar)
        assert after.stdout == before
        done = run(
            *("revise", "courses/P", "complete", "1", "--today", "2026-12-08", "--dry-run"),
            *("--busy", calendar),
        )
        assert "broken" not in done.stderr


def test_the_calendar_of_an_earlier_revision_and_driver_is_not_in_its_way_either():
    planned("--driver-name", "Sam")
    Path("old").mkdir()
    for name in ("P.ics", "rides.ics"):
        Path("old", name).write_bytes(Path("courses/P", name).read_bytes())
    moved = ("defer", "4", "--by", "1", "--reason", "x")
    run("revise", "courses/P", *moved, "--today", "2026-12-08")
    run("revise", "courses/P", "driver", "5", "--name", "Kim", "--today", "2026-12-08")
    before = run("suggest", "courses/P", "4", "--today", "2026-12-08").stdout
    busy_calendars = ("--busy", "old/P.ics", "--busy", "old/rides.ics")
    after = run("suggest", "courses/P", "4", "--today", "2026-12-08", *busy_calendars).stdout
    assert after == before
    assert "14 Dec 2026" in after


def test_a_course_that_is_planned_anew_is_not_in_its_own_way():
    planned()
    starts = [visit.start for visit in load_course("courses/P").visits]
    calendar = Path("mine.ics")
    calendar.write_bytes(Path("courses/P/P.ics").read_bytes())
    planned("--force", "--busy", "mine.ics")
    assert [visit.start for visit in load_course("courses/P").visits] == starts
    later = "--made-at", "2026-11-23T10:01"
    planned("--busy", "mine.ics", *later, folder="elsewhere")
    assert [visit.start for visit in load_course("elsewhere/P").visits] != starts


@pytest.mark.parametrize("name", ["P.ics", "rides.ics"])
def test_a_course_that_is_planned_by_its_identifier_is_not_in_its_own_way(name):
    whose = "--driver-name", "Sam"
    planned("--course-id", "7", *whose)
    starts = [visit.start for visit in load_course("courses/P").visits]
    later = "--busy", f"courses/P/{name}", "--made-at", "2026-11-24T10:00"
    planned("--course-id", "7", *whose, *later, folder="again")
    assert [visit.start for visit in load_course("again/P").visits] == starts
    planned("--course-id", "8", *whose, *later, folder="another")
    assert [visit.start for visit in load_course("another/P").visits] != starts


ROSTER = """\
patient,start,driver_name,driver
P,2026-12-07,Sam,
Q,2027-01-04,,"Kim,,mon;Ann,,wed"
"""


def starts_in(output: str) -> list[str]:
    """The visits of each row, as the manifest says."""
    lines = Path(output, "manifest.csv").read_text().splitlines()
    return [row["visits"] for row in csv.DictReader(lines)]


@pytest.mark.parametrize("again", ["--resume", "--force"])
@pytest.mark.parametrize("audience", ["patient", "driver", "clinic"])
def test_a_run_that_goes_on_or_begins_anew_is_not_in_its_own_way(again, audience):
    Path("roster.csv").write_text(ROSTER)
    batch()
    before = starts_in("out")
    whose = "--for", audience, "--format", "ics"
    Path("ours.ics").write_text("".join(run("show", f"out/{one}", *whose).stdout for one in "PQ"))
    batch(again, "--busy", "ours.ics")
    assert starts_in("out") == before
    assert not any(load_course(f"out/{one}").request.busy for one in "PQ")
    batch("--busy", "ours.ics", "-o", "elsewhere")
    assert starts_in("elsewhere") != before


def test_a_run_without_course_files_is_not_in_the_way_of_its_calendars():
    Path("roster.csv").write_text(ROSTER)
    without = "--format", "ics", "--format", "rides"
    batch(*without)
    before = starts_in("out")
    for name in ("P/P.ics", "P/rides.ics", "Q/Q.ics", "Q/rides.ics"):
        calendar = Path("out", name).read_bytes()
        Path("ours.ics").write_bytes(calendar)
        batch(*without, "--resume", "--busy", "ours.ics")
        assert starts_in("out") == before


def test_a_revised_course_is_not_in_the_way_of_its_batch_with_former_rides_either():
    Path("roster.csv").write_text(ROSTER)
    batch()
    whose = "--for", "driver", "--format", "ics"
    Path("former.ics").write_text(run("show", "out/P", *whose).stdout)
    run("revise", "out/P", "driver", "all", "--name", "Kim", "--today", "2026-12-01")
    Path("newer.ics").write_text(run("show", "out/P", *whose).stdout)
    before = starts_in("out")
    batch("--force", "--busy", "former.ics", "--busy", "newer.ics")
    assert starts_in("out") == before


def imported(path: str) -> str:
    """The visits of a calendar of ours, as a program gives them that makes UIDs of its own."""
    text = Path(path).read_text().replace("\nUID:", "\nUID:again-")
    Path("maria.ics").write_text(text)
    return "maria.ics"


COPIES = "maria is busy at the very times of visits 1, 2, 3, 4, 5, 6: if that is a course of ours"


def test_a_calendar_with_the_visits_under_other_uids_is_said_to_have_them():
    planned()
    maria = imported("courses/P/P.ics")
    asked = ["revise", "courses/P", "defer", "1", "--by", "1", "--reason", "x", "--dry-run"]
    result = CliRunner().invoke(main, [*asked, "--busy", maria, "--today", "2026-12-01"])
    assert COPIES in result.stderr
    assert COPIES in planned("--force", "--busy", maria).stderr


def test_a_calendar_that_is_busy_at_the_time_of_one_visit_has_no_copies():
    planned()
    begin, end = (f"{load_course('courses/P').visits[0].start:%Y%m%dT%H%M%S}", "PT1H55M")
    event = (
        f"BEGIN:VEVENT\nUID:x\nDTSTART;TZID=America/New_York:{begin}\nDURATION:{end}\nEND:VEVENT\n"
    )
    Path("work.ics").write_text(f"BEGIN:VCALENDAR\n{event}END:VCALENDAR\n")
    again = planned("--force", "--busy", "work.ics")
    assert load_course("courses/P").request.busy
    assert "very times" not in again.stderr


@pytest.mark.parametrize("damage", [b"", b"[]", b'{"visits": [1]}', b"\xff"])
def test_a_damaged_course_file_leaves_its_calendars_out_of_the_way(damage):
    Path("roster.csv").write_text("patient,start\nP,2026-12-07\n")
    batch()
    before = starts_in("out")
    Path("ours.ics").write_bytes(Path("out/P/P.ics").read_bytes())
    Path("out/P/course.json").write_bytes(damage)
    batch("--force", "--busy", "ours.ics")
    assert starts_in("out") == before


@pytest.mark.parametrize("owner", ["Anna Lima", "anna@", "--force", "@example.org", "a b@c"])
def test_an_owner_who_is_no_address_is_refused(anna, owner):
    asked = ["plan", "--start", "2026-12-07", "--busy", anna, "--busy-owner", owner]
    result = CliRunner().invoke(main, asked)
    assert result.exit_code == 2
    assert "expected an e-mail address" in result.stderr


@pytest.mark.parametrize("alone", [["--strict-busy"], ["--busy-owner", "anna@example.org"]])
def test_how_a_calendar_is_read_goes_with_a_calendar(alone):
    result = CliRunner().invoke(main, ["plan", "--start", "2026-12-07", *alone])
    assert result.exit_code == 2
    assert "try: --busy FILE.ics" in result.stderr


def test_what_the_owner_declined_is_free_in_every_command(anna):
    declined = "ATTENDEE;PARTSTAT=DECLINED:mailto:anna@example.org\nSUMMARY:Secret"
    Path(anna).write_text(MONDAYS.replace("SUMMARY:Secret", declined))
    planned("--busy", anna)
    assert f"{load_course('courses/P').visits[0].start:%H:%M}" != "09:00"
    planned("--busy", anna, "--busy-owner", "Anna@example.org", "--force")
    course = load_course("courses/P")
    assert not course.request.busy
    Path("roster.csv").write_text("patient,start\nP,2026-12-07\n")
    batch("--busy", anna, "--busy-owner", "anna@example.org")
    assert load_course("out/P").visits[0].start == course.visits[0].start


def test_what_is_passed_over_is_said_once_by_each_command_or_refused():
    Path("odd.ics").write_text(MONDAYS.replace("SUMMARY:Secret", "stray line"))
    Path("roster.csv").write_text("patient,start\nA,2026-12-07\nB,2026-12-08\n")
    planned()
    said = "note: odd.ics: read 1 event; 1 is no line of a calendar and was passed over: line 9"
    for arguments in (
        ("plan", "--start", "2026-12-07", "--clinic", EXAMPLE),
        ("suggest", "courses/P", "4", "--today", "2026-12-08"),
        ("revise", "courses/P", "complete", "1", "--today", "2026-12-08", "--dry-run"),
        ("batch", "roster.csv", "-o", "out", "--jobs", "1", "--clinic", EXAMPLE),
    ):
        assert run(*arguments, "--busy", "odd.ics").stderr.count(said) == 1
        strict = run(*arguments, "--busy", "odd.ics", "--strict-busy", code=3).stderr
        assert "error: odd.ics:9: is no line of a calendar" in strict
