"""`batch --together` with a register: planned as one beside what is booked, and booked as one."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from ketasched.files.load import load_course
from ketasched.planning.check import check
from ketasched.together import together as planned_as_one
from tests.register.databases import rows
from tests.register.inspection import MOST_AT_ONCE, TWO_ON_A_CHAIR
from tests.register.terminal import TODAY, batch, exported, held, listed, plan, run
from tests.support.batches import (
    MOMENT,
    MONDAY,
    clinic_file,
    manifest,
    read_table,
    rejects,
    roster_file,
    rows_of,
    tree,
)
from tests.support.nouns import occupied

TOGETHER = ("--together", "--limit", "5s")
AT_ONCE = "2027-06-30"


def waiting(count: int = 4, latest: str = AT_ONCE):
    return roster_file(rows_of(count, latest_start=latest))


def resumed(*more: str, code: int = 0):
    return run("batch", "roster.csv", "-o", "out", "--resume", *TOGETHER, *more, code=code)


def looked_at(book: str) -> None:
    """No chair is taken twice, says the database; and no rule is broken, says `check`."""
    assert max(most for _, most in rows(book, MOST_AT_ONCE)) == 1
    assert rows(book, TWO_ON_A_CHAIR) == [(0,)]
    courses = exported()
    for course in courses:
        others = occupied(
            (visit.start, visit.end)
            for other in courses
            for visit in other.visits
            if other is not course
        )
        assert not [one for one in check(course, bookings=others) if one.level == "broken"]


def test_all_are_planned_beside_what_is_booked_and_booked_whole(book):
    plan("P-0")
    waiting()
    more = ("--made-at", MOMENT, "--jobs", "2")
    done = run("batch", "roster.csv", "-o", "out", *more, *TOGETHER)
    assert "planned as one: 4 seated, 0 waiting" in done.stderr
    looked_at(book)
    assert listed() == {f"P-{number}": 1 for number in range(5)}
    for patient in ("P-1", "P-2", "P-3", "P-4"):
        starts = [visit.start.isoformat() for visit in load_course(f"out/{patient}").visits]
        assert [(one, patient) for one in starts] == [one for one in held() if one[1] == patient]


def test_the_next_run_sees_those_of_the_run_before(book):
    roster_file([row | {"patient": f"Q-{row['patient']}"} for row in rows_of(2)])
    batch(*TOGETHER, folder="first")
    before = held()
    waiting(2)
    batch(*TOGETHER)
    assert set(before) < set(held())
    assert len(held()) == 24
    looked_at(book)


def test_who_waits_reads_why_and_from_when_and_holds_no_chair(book):
    plan("P-0")
    waiting(2, "2027-04-12")
    batch(*TOGETHER, code=5)
    (row,) = rejects()
    assert sorted([*listed(), row["patient"]]) == ["P-0", "P-1", "P-2"]
    assert row["rule"] == "capacity"
    assert "there is room from " in row["reason"]
    assert len(held()) == 12


def test_the_same_seats_with_and_without_a_register(book, monkeypatch):
    waiting()
    batch(*TOGETHER)
    monkeypatch.delenv("KETASCHED_REGISTER")
    batch(*TOGETHER, folder="other")
    assert tree("out") == tree("other")


def test_a_roster_that_is_only_tried_books_nothing(book):
    plan("P-0")
    waiting()
    before = held()
    done = batch(*TOGETHER, "--dry-run")
    assert held() == before
    assert not Path("out").exists()
    batch(*TOGETHER)
    tried = read_table(done.stdout)
    assert [row["visits"] for row in tried] == [row["visits"] for row in manifest()]


def test_a_calendar_counts_for_all_and_for_when_there_is_room_later(book):
    lines = [
        "BEGIN:VCALENDAR",
        "BEGIN:VEVENT",
        "UID:1",
        "DTSTART;VALUE=DATE:20270405",
        "DTEND;VALUE=DATE:20270501",
        "END:VEVENT",
        "BEGIN:VEVENT",
        "UID:2",
        "DTSTART;VALUE=DATE:20270601",
        "DTEND;VALUE=DATE:20270701",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    Path("busy.ics").write_text("\r\n".join(lines) + "\r\n")
    first = {"patient": "P-1", "start": MONDAY, "latest_start": "2027-05-03"}
    late = {"start": "2027-05-10", "latest_start": "2027-05-10"}
    roster_file([first, {"patient": "P-2", **late}, {"patient": "P-3", **late}])
    batch(*TOGETHER, "--busy", "busy.ics", code=5)
    days = [start[:10] for start, _ in held()]
    assert min(days) == "2027-05-03"
    assert not [day for day in days if day >= "2027-06-01"]
    (row,) = rejects()
    assert "there is room from Thu 1 Jul" in row["reason"]


# --- others who book at the same time


@pytest.fixture
def overtaken(monkeypatch):
    """Have somebody else do this, once, after all were planned and before they are booked."""

    def by(does: Callable[[], object]) -> None:
        left = [does]

        def planned(*arguments, **named):
            found = planned_as_one(*arguments, **named)
            while left:
                left.pop()()
            return found

        monkeypatch.setattr("ketasched.batch.joint_rows.together", planned)

    return by


def test_who_is_overtaken_is_planned_anew_beside_all_the_others(book, overtaken):
    waiting(3)
    overtaken(lambda: plan("X-1"))
    batch(*TOGETHER)
    looked_at(book)
    assert listed() == {"P-1": 1, "P-2": 1, "P-3": 1, "X-1": 1}
    assert len(held()) == 24


def test_who_is_overtaken_and_finds_nothing_is_rejected_with_the_reason(book, overtaken):
    waiting(1, MONDAY)
    overtaken(lambda: plan("X-1"))
    batch(*TOGETHER, code=5)
    (row,) = rejects()
    assert row["reason"].startswith("taken meanwhile: ")
    assert row["rule"] == "capacity"
    assert listed() == {"X-1": 1}
    assert not Path("out/P-1").exists()


def test_somebody_who_got_another_course_meanwhile_is_rejected(book, overtaken):
    waiting(2)
    overtaken(lambda: plan("P-1"))
    batch(*TOGETHER, code=5)
    (row,) = rejects()
    assert row["patient"] == "P-1"
    assert "has a course in the register" in row["reason"]
    assert listed() == {"P-1": 1, "P-2": 1}
    looked_at(book)


def test_a_course_that_is_revised_meanwhile_stays(book, overtaken):
    asked = rows_of(2, latest_start=AT_ONCE)
    roster_file(asked)
    batch(*TOGETHER)
    asked[0]["start"] = "2027-05-03"
    roster_file(asked)
    before = held()
    overtaken(lambda: run("revise", "P-1", "driver", "1", "--name", "Sam", *TODAY))
    resumed(code=5)
    assert "another revision of this course" in rejects()[0]["reason"]
    assert held() == before
    assert listed() == {"P-1": 2, "P-2": 1}


def test_whoever_has_a_course_in_the_register_takes_no_chair_in_the_plan(book):
    plan("P-1", "--made-at", "2026-11-20T10:00")
    waiting(2)
    done = run("batch", "roster.csv", "-o", "out", "--made-at", MOMENT, *TOGETHER, code=5)
    assert "planned as one: 1 seated, 0 waiting" in done.stderr
    assert [row["patient"] for row in rejects()] == ["P-1"]


# --- runs that go on


def test_a_run_that_goes_on_plans_only_what_changed_beside_the_others(book):
    asked = rows_of(3, latest_start=AT_ONCE)
    roster_file(asked)
    batch(*TOGETHER)
    before = held()
    resumed()
    assert held() == before
    asked[0]["start"] = "2027-05-24"
    roster_file([*asked, {"patient": "P-4", "start": MONDAY, "latest_start": AT_ONCE}])
    resumed()
    after = held()
    for patient in ("P-2", "P-3"):
        same = [one for one in before if one[1] == patient]
        assert [one for one in after if one[1] == patient] == same
    looked_at(book)


def test_the_chairs_of_a_course_that_is_planned_anew_are_free_for_the_others(book):
    roster_file(rows_of(1))
    batch(*TOGETHER)
    first = held()
    roster_file(
        [
            {"patient": "P-2", "start": MONDAY, "latest_start": MONDAY},
            {"patient": "P-1", "start": "2027-05-24"},
        ]
    )
    resumed()
    assert [start for start, patient in held() if patient == "P-2"] == [one for one, _ in first]
    assert listed() == {"P-1": 1, "P-2": 1}
    looked_at(book)


def test_who_waits_now_gives_their_chairs_back(book):
    roster_file(rows_of(1))
    batch(*TOGETHER)
    first = held()
    both = [
        {"patient": "P-1", "start": MONDAY, "latest_start": MONDAY, "priority": "1"},
        {"patient": "P-2", "start": MONDAY, "latest_start": MONDAY, "priority": "5"},
    ]
    roster_file(both)
    resumed(code=5)
    assert held() == [(start, "P-2") for start, _ in first]
    assert not Path("out/P-1").exists()


def test_a_run_that_was_stopped_after_booking_finds_its_courses_again(book, monkeypatch):
    waiting(3)

    def stops(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr("ketasched.batch.pipeline.Pipeline._receive", stops)
        batch(*TOGETHER, code=130)
    before = held()
    assert len(before) == 18
    resumed()
    assert held() == before
    assert [row["status"] for row in manifest()] == ["planned"] * 3


def test_a_folder_that_cannot_be_written_gives_back_what_was_booked(book):
    waiting(2)
    Path("out").mkdir()
    Path("out/P-1").write_text("mine")
    batch(*TOGETHER, code=5)
    assert listed() == {"P-2": 1}


def test_a_run_that_stops_at_a_reject_books_nothing_for_the_rows_after_it(book, monkeypatch):
    monkeypatch.setattr("ketasched.batch.pipeline.ROWS_PER_CHUNK", 1)
    monkeypatch.setattr("ketasched.batch.runner.ROWS_PER_CHUNK", 1)
    asked = rows_of(8, latest_start="2027-09-01")
    roster_file([asked[0], {"patient": "P-0", "start": "soon"}, *asked[1:]])
    batch(*TOGETHER, "--fail-fast", code=5)
    there = {row["patient"] for row in manifest() if row["status"] == "planned"}
    assert set(listed()) == there
    assert 0 < len(there) < 8


def test_a_revised_course_stays_and_its_row_is_rejected(book):
    asked = rows_of(2, latest_start=AT_ONCE)
    roster_file(asked)
    batch(*TOGETHER)
    run("revise", "P-1", "driver", "1", "--name", "Sam", *TODAY)
    before = held()
    asked[0]["start"] = "2027-05-03"
    roster_file(asked)
    resumed(code=5)
    assert "revised since" in rejects()[0]["reason"]
    assert held() == before


@pytest.mark.parametrize("together", [(), TOGETHER], ids=["one by one", "as one"])
def test_a_course_that_is_under_way_moves_to_no_other_times(book, together):
    asked = rows_of(2, latest_start=AT_ONCE)
    roster_file(asked)
    batch(*TOGETHER)
    before = held()
    (first,) = {patient for start, patient in before if start.startswith(MONDAY)}
    now = "batch", "roster.csv", "-o", "out", "--resume", "--made-at", "2027-04-07T10:00"
    clinic_file("clinic.toml", 'chairs = 1\nid_salt = "x"\nphone = "555 0100"', "09:00-12:00")
    run(*now, *together)
    assert held() == before
    assert listed()[first] == 2
    (row,) = (one for one in asked if one["patient"] == first)
    for changed in ({"start": "2027-05-03"}, {"days": "sat", "start": MONDAY}):
        row |= changed
        roster_file(asked)
        run(*now, *together, code=5)
        assert [one["patient"] for one in rejects()] == [first]
        assert held() == before
        assert Path(f"out/{first}/course.json").exists()


def test_a_course_of_a_folder_without_a_register_counts_for_all_that_are_planned(
    book, monkeypatch
):
    with monkeypatch.context() as context:
        context.delenv("KETASCHED_REGISTER")
        roster_file(rows_of(1))
        batch()
    roster_file([*rows_of(1), {"patient": "P-2", "start": MONDAY, "latest_start": AT_ONCE}])
    resumed()
    assert listed() == {"P-1": 1, "P-2": 1}
    looked_at(book)


def test_rows_are_printed_and_booked(book):
    waiting(2)
    asked = ("--format", "ndjson", "--made-at", MOMENT, *TOGETHER, "--quiet")
    done = run("batch", "roster.csv", *asked)
    printed = [json.loads(line) for line in done.stdout.splitlines()]
    assert sorted(
        (datetime.fromisoformat(visit["start"]), course["patient"])
        for course in printed
        for visit in course["visits"]
    ) == [(datetime.fromisoformat(start), patient) for start, patient in held()]


def test_of_two_who_share_a_time_one_stays_when_a_clerk_takes_a_chair(book, overtaken):
    clinic_file("clinic.toml", 'chairs = 2\nid_salt = "x"', "09:00-12:00")
    waiting(3, "2027-04-05")
    overtaken(lambda: plan("CLERK", "--latest-start", MONDAY))
    done = run("batch", "roster.csv", "-o", "out", "--made-at", MOMENT, *TOGETHER, code=5)
    assert "booking all the time" not in done.output
    assert len(listed()) == 2
    assert max(most for _, most in rows(book, MOST_AT_ONCE)) == 2
    assert rows(book, TWO_ON_A_CHAIR) == [(0,)]


ALSO_ON_POSTGRESQL = {
    test_all_are_planned_beside_what_is_booked_and_booked_whole,
    test_the_next_run_sees_those_of_the_run_before,
    test_who_is_overtaken_is_planned_anew_beside_all_the_others,
    test_who_is_overtaken_and_finds_nothing_is_rejected_with_the_reason,
    test_somebody_who_got_another_course_meanwhile_is_rejected,
    test_a_course_that_is_revised_meanwhile_stays,
    test_a_run_that_was_stopped_after_booking_finds_its_courses_again,
    test_a_folder_that_cannot_be_written_gives_back_what_was_booked,
    test_of_two_who_share_a_time_one_stays_when_a_clerk_takes_a_chair,
}
"""What is booked as one, and who comes between; the rest plans beside what any database holds."""
