"""From Python a course is planned, changed and refused as by the commands: equal, to the word."""

import json
import pickle
import shlex
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import ketasched
from ketasched.cli import main
from ketasched.events.view import View
from ketasched.model import Change, Clock, Driver
from ketasched.render import render
from tests.conftest import ROOT

CLINIC = str(ROOT / "examples" / "clinic.toml")
MOMENT, AT = "2026-11-23T10:00", "2026-12-08T09:00"
COURSE = Path("courses/P-014/course.json")

ASKED = {
    "patient": "P-014",
    "start": "2026-12-07",
    "boosters": "1",
    "driver_name": "Sam Rivera",
    "unavailable": "2026-12-10",
}


def run(command: str) -> Result:
    result = CliRunner().invoke(main, shlex.split(command), prog_name="ketasched")
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def course() -> ketasched.Course:
    """The course of `ASKED`, planned by the command into its folder."""
    options = " ".join(
        f"--{name.replace('_', '-')} {shlex.quote(text)}" for name, text in ASKED.items()
    )
    run(f"plan --clinic {CLINIC} {options} --made-at {MOMENT} -o courses")
    return ketasched.load_course(str(COURSE))


def planned(**asked: str) -> ketasched.Course:
    clinic, protocol = ketasched.load_clinic(CLINIC), ketasched.load_protocol("iv-depression")
    return ketasched.plan(protocol, clinic, ketasched.request(**asked), made_at=MOMENT)


def printed(error: ketasched.KetaschedError) -> str:
    """The error as a command prints it, the name of its option aside."""
    return "\n".join([error.what, *error.details, error.next_step])


def test_a_course_is_the_one_of_the_command(course):
    assert planned(**ASKED) == course


CHANGES: dict[str, tuple[str, int | str | None, dict[str, Any]]] = {
    "complete 1": ("complete", 1, {}),
    "complete 2 --on 2026-12-08 --time 8:30": (
        "complete",
        2,
        {"on": "2026-12-08", "time": "8:30"},
    ),
    "miss 1 --make-up": ("miss", 1, {"make_up": True}),
    "defer 3 --to 2026-12-14": ("defer", 3, {"to": "2026-12-14"}),
    "defer 6 --by 3 --scope visit": ("defer", 6, {"by": 3, "scope": "visit"}),
    "omit 4": ("omit", 4, {}),
    "hold": ("hold", None, {}),
    "cease --after 4": ("cease", None, {"after": 4}),
    "booster --on 2027-01-28": ("booster", None, {"on": "2027-01-28"}),
    "booster --after 32": ("booster", None, {"after": 32}),
    "confirm 7": ("confirm", 7, {}),
    "driver 3-5 --name 'Ana Lima'": ("driver", "3-5", {"name": "Ana Lima"}),
    "driver all --clear": ("driver", "all", {"clear": True}),
    "wishes --days mon,wed,fri --between 8am-noon": (
        *("wishes", None),
        {"days": "mon,wed,fri", "between": "8am-noon"},
    ),
    "clear --by 'Dr. Lee'": ("clear", None, {"by": "Dr. Lee"}),
    "authorise '8 from 2026-12-01 until 2027-02-28'": (
        *("authorise", None),
        {"sessions": "8 from 2026-12-01 until 2027-02-28"},
    ),
    "switch --protocol iv-ptsd --on 2027-01-11": (
        *("switch", None),
        {"protocol": "iv-ptsd", "on": "2027-01-11"},
    ),
}
"""What is typed after the course, and the same from Python."""


@pytest.mark.parametrize("typed", CHANGES)
def test_a_change_is_the_one_of_the_command(course, typed):
    verb, visit, values = CHANGES[typed]
    said = "--reason snow --by-whom 'Dr. Lee'"
    result = run(f"revise {COURSE} {typed} {said} --today {AT}")
    assert result.exit_code == 0, result.output
    found = ketasched.revise(
        course, verb, visit, at=AT, reason="snow", by_whom="Dr. Lee", **values
    )
    assert found == ketasched.load_course(str(COURSE))


def test_a_chain_of_changes_is_the_one_of_the_commands(course):
    for typed in ("hold", "resume --on 2026-12-11", "undo"):
        assert run(f"revise {COURSE} {typed} --today {AT}").exit_code == 0
    course = ketasched.revise(course, "hold", at=AT)
    course = ketasched.revise(course, "resume", on="2026-12-11", at=AT)
    assert ketasched.revise(course, "undo", at=AT) == ketasched.load_course(str(COURSE))


@pytest.mark.parametrize(
    "asked",
    [
        {"start": "2026-12-24", "latest_start": "2027-01-01"},
        {"start": "2026-12-07", "born": "2020-01-01"},
        {"start": "2026-12-07", "latest_start": "2026-12-01"},
        {"start": "2026-12-07", "boosters": "99"},
        {"start": "2026-12-07", "patient": "ketamine-1"},
        {"start": "2026-12-07", "time": "25:00"},
        {"start": "2026-12-07", "driver_phone": "+1 555 0187"},
    ],
    ids=lambda asked: " ".join(asked.values()),
)
def test_a_plan_is_refused_in_the_words_of_the_command(asked, monkeypatch):
    said: list[ketasched.KetaschedError] = []
    monkeypatch.setattr("ketasched.cli.ending.report", lambda error: said.append(error))
    options = " ".join(f"--{name.replace('_', '-')} '{text}'" for name, text in asked.items())
    code = run(f"plan --clinic {CLINIC} {options} --made-at {MOMENT}").exit_code
    with pytest.raises(ketasched.KetaschedError) as caught:
        planned(**asked)
    assert printed(caught.value) == printed(said[0])
    assert caught.value.exit_code == code
    assert getattr(caught.value, "field", "") == getattr(said[0], "field", "")


@pytest.mark.parametrize(
    ("typed", "verb", "visit", "values"),
    [
        ("defer 3 --to 2026-12-26 --reason snow", "defer", 3, {"to": "2026-12-26"}),
        ("defer 3 --to 2026-12-01 --reason snow", "defer", 3, {"to": "2026-12-01"}),
        ("defer 3 --reason snow", "defer", 3, {}),
        ("omit 9 --reason snow", "omit", 9, {}),
        ("miss 5 --reason snow", "miss", 5, {}),
        ("clear --reason snow", "clear", None, {}),
        ("wishes --days mon --reason snow", "wishes", None, {"days": "mon"}),
    ],
)
def test_a_change_is_refused_in_the_words_of_the_command(
    course, typed, verb, visit, values, monkeypatch
):
    said: list[ketasched.KetaschedError] = []
    monkeypatch.setattr("ketasched.cli.ending.report", lambda error: said.append(error))
    code = run(f"revise {COURSE} {typed} --today {AT}").exit_code
    with pytest.raises(ketasched.KetaschedError) as caught:
        ketasched.revise(course, verb, visit, at=AT, reason="snow", **values)
    assert printed(caught.value) == printed(said[0])
    assert caught.value.exit_code == code


@pytest.mark.parametrize("audience", ["patient", "driver", "clinic"])
@pytest.mark.parametrize("form", ["text", "html", "month", "ics"])
def test_what_is_handed_out_has_the_bytes_of_the_command(course, form, audience):
    shown = run(f"show {COURSE} --format {form} --for {audience}").stdout_bytes
    assert ketasched.render(course, form, audience).encode() == shown


@pytest.mark.parametrize("audience", ["patient", "driver", "clinic"])
def test_a_calendar_has_the_bytes_of_the_command(course, audience):
    shown = run(f"show {COURSE} --format ics --for {audience}").stdout_bytes
    assert ketasched.calendar(course, audience).to_ical() == shown


def test_other_times_are_those_of_the_command(course):
    shown = json.loads(run(f"suggest {COURSE} 5 --format json --today {AT}").stdout)
    found = ketasched.suggest(course, 5, at=AT)
    assert [one.start.isoformat() for one in found] == [one["start"] for one in shown]
    assert [list(one.gives_up) for one in found] == [one["gives_up"] for one in shown]


BUSY = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:it
BEGIN:VEVENT
UID:one
DTSTART:20261209T080000
DTEND:20261209T180000
END:VEVENT
BEGIN:VEVENT
UID:two
DTSTART:20261217T080000
DTEND:20261217T180000
ATTENDEE;PARTSTAT=DECLINED:mailto:anna@example.org
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")
"""Busy on Wed 9 Dec, and on Thu 17 Dec, which Anna declined."""


@pytest.fixture
def busy() -> str:
    Path("anna.ics").write_text(BUSY, encoding="utf-8", newline="")
    return "anna.ics"


@pytest.mark.parametrize("given", [str, Path, lambda path: [path]], ids=["text", "Path", "list"])
def test_a_plan_around_a_busy_calendar_is_the_one_of_the_command(busy, given):
    run(f"plan --clinic {CLINIC} --start 2026-12-07 --busy anna.ics --made-at {MOMENT} -o courses")
    clinic, protocol = ketasched.load_clinic(CLINIC), ketasched.load_protocol("iv-depression")
    request = ketasched.request(start="2026-12-07")
    found = ketasched.plan(protocol, clinic, request, made_at=MOMENT, busy=given(busy))
    assert found == ketasched.load_course("courses/patient")
    assert date(2026, 12, 9) not in {visit.start.date() for visit in found.visits}


def test_the_text_of_a_calendar_does_for_its_file(busy):
    request = ketasched.request(start="2026-12-07")
    clinic, protocol = ketasched.load_clinic(CLINIC), ketasched.load_protocol("iv-depression")
    plans = [
        ketasched.plan(protocol, clinic, request, made_at=MOMENT, busy=one) for one in (busy, BUSY)
    ]
    assert plans[0].visits == plans[1].visits
    assert plans[1].request.busy[0].calendar == "the calendar"


def test_a_change_beside_a_busy_calendar_is_the_one_of_the_command(course, busy):
    options = "--busy anna.ics --busy-owner anna@example.org"
    run(f"revise {COURSE} defer 5 --to 2026-12-17 {options} --reason snow --today {AT}")
    calendars = ketasched.BusyCalendars((busy,), busy_owner="anna@example.org")
    asked: dict[str, Any] = {"to": "2026-12-17", "reason": "snow", "at": AT}
    found = ketasched.revise(course, "defer", 5, busy=calendars, **asked)
    assert found == ketasched.load_course(str(COURSE))
    with pytest.raises(ketasched.NoPlan, match="busy"):
        ketasched.revise(course, "defer", 5, busy=busy, **asked)


def test_other_times_beside_a_busy_calendar_are_those_of_the_command(course, busy):
    shown = json.loads(
        run(f"suggest {COURSE} 5 --busy anna.ics --format json --today {AT}").stdout
    )
    found = ketasched.suggest(course, 5, at=AT, busy=busy)
    assert [one.start.isoformat() for one in found] == [one["start"] for one in shown]
    assert date(2026, 12, 17) not in {one.start.date() for one in found}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"calendars": (), "strict_busy": True}, "says how a calendar is read"),
        ({"calendars": (), "busy_owner": "anna@example.org"}, "says whose calendar it is"),
        ({"calendars": ("a.ics",), "busy_owner": "anna"}, "expected an e-mail address"),
    ],
    ids=lambda one: str(one),
)
def test_how_a_calendar_is_read_is_refused_as_by_the_command(given, said):
    with pytest.raises(ketasched.BadRequest, match=said):
        ketasched.BusyCalendars(**given)


def files_in(folder: str) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in Path(folder).rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


def test_a_folder_has_the_bytes_of_the_command(course):
    paths = ketasched.write_folder(course, "python", split=True, driver_label="Anna")
    run(f"show {COURSE} --split --driver-label Anna -o shown")
    written = files_in("python/P-014")
    assert len(paths) == len(written)
    assert {path.stat().st_mode & 0o777 for path in paths} == {0o600}
    assert written.pop("course.json") == COURSE.read_bytes()
    assert written == files_in("shown/P-014")
    with pytest.raises(ketasched.Refused, match="there already, with a course"):
        ketasched.write_folder(replace(course, course_id="another"), "python")


def test_a_folder_follows_its_course_and_never_goes_back(course):
    ketasched.write_folder(course, "python")
    later = ketasched.revise(course, "hold", at=AT)
    ketasched.write_folder(later, "python")
    assert ketasched.load_course("python/P-014") == later
    with pytest.raises(ketasched.Refused, match="has revision 2 of the course, not 1"):
        ketasched.write_folder(course, "python")
    ketasched.write_folder(course, "python", force=True)


@pytest.mark.parametrize("label", ["ketamine", "x" * 61, "a\nb"])
def test_a_label_that_tells_or_cannot_be_printed_is_refused(course, label):
    with pytest.raises(ketasched.BadRequest) as caught:
        ketasched.write_folder(course, "python", driver_label=label)
    assert caught.value.field == "driver_label"


def test_a_ready_change_does_for_a_verb(course):
    ready = Change("driver", 3, driver=Driver("Ana Lima"))
    typed = ketasched.revise(course, "driver", 3, name="Ana Lima", at=AT)
    assert ketasched.revise(course, ready, at=AT) == typed


def test_a_ready_change_takes_no_further_values(course):
    with pytest.raises(ketasched.BadRequest, match="takes no further values"):
        ketasched.revise(course, Change("omit", 3), 4, reason="flu", at=AT)


def test_a_switch_needs_a_protocol(course):
    with pytest.raises(ketasched.BadRequest, match="the protocol of the course that follows"):
        ketasched.revise(course, "switch", on="2027-01-11", by_whom="Dr. Lee", at=AT)


def test_a_change_that_changes_nothing_is_the_course_itself(course):
    assert ketasched.revise(course, "wishes", unavailable="2026-12-10", at=AT) is course
    assert ketasched.revise(course, "driver", 3, name="Sam Rivera", at=AT) is course


def test_a_rule_that_is_overridden_needs_a_reason_and_is_named(course):
    late: dict[str, Any] = {"to": "2026-12-21", "scope": "visit", "at": AT, "override": "gap"}
    found = ketasched.revise(course, "defer", 6, reason="holiday", **late)
    assert found.history[-1].change is not None
    assert found.history[-1].change.overrides == ("gap",)
    with pytest.raises(ketasched.BadRequest, match="needs a reason"):
        ketasched.revise(course, "defer", 6, **late)


def test_newer_hours_are_those_of_the_clinic_that_is_given(course):
    newer = replace(course.clinic, preferred_start=Clock(600))
    found = ketasched.revise(course, "hold", at=AT, clinic=newer)
    assert found.clinic == newer
    elsewhere = replace(course.clinic, timezone="Europe/Berlin")
    with pytest.raises(ketasched.BadFile, match="the clinic: a problem"):
        ketasched.revise(course, "hold", at=AT, clinic=elsewhere)


def test_a_format_or_an_audience_that_is_none_is_said(course):
    with pytest.raises(ketasched.BadRequest, match='no format "txt"; did you mean text'):
        ketasched.render(course, "txt")
    family: Any = "family"
    with pytest.raises(ketasched.BadRequest, match='no audience "family"'):
        ketasched.render(course, "text", family)
    with pytest.raises(ketasched.BadRequest, match='no audience "family"'):
        ketasched.calendar(course, family)


def test_the_room_of_the_renderers_is_the_function_and_has_it(course):
    room: Any = ketasched.render
    assert room.render is render
    assert room(course, "text") == render(course, "text", View("patient"))


def test_an_error_says_in_a_traceback_what_the_command_prints():
    with pytest.raises(ketasched.NoPlan) as caught:
        planned(start="2026-12-24", latest_start="2027-01-01")
    notes = caught.value.__notes__
    assert notes[0] == "  Thu 24 Dec 2026: the clinic is closed (closure)"
    assert notes[-1].endswith("--latest-start 2027-01-04")
    with pytest.raises(ketasched.BadRequest) as refused:
        ketasched.request(start="03/04/2027")
    assert refused.value.__notes__ == [
        *("field: start", "try: month first: --date-order mdy"),
        "try: day first: --date-order dmy",
    ]


def test_a_moment_without_an_offset_is_local_to_the_clinic(course):
    local = ketasched.revise(course, "hold", at="2026-12-08T09:00")
    for same in (datetime(2026, 12, 8, 14, 0, tzinfo=UTC), datetime(2026, 12, 8, 9, 0)):  # noqa: DTZ001
        assert ketasched.revise(course, "hold", at=same) == local
    midnight = ketasched.revise(course, "hold", at=date(2026, 12, 8))
    assert f"{midnight.history[-1].at:%H:%M}" == "00:00"
    with pytest.raises(ketasched.BadRequest, match="expected a moment") as caught:
        ketasched.revise(course, "hold", at="soon")
    assert caught.value.field == "at"


def test_an_error_that_another_process_sends_says_the_same():
    with pytest.raises(ketasched.BadRequest) as caught:
        ketasched.request(start="soon")
    sent = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - ours
    sent.__notes__ = caught.value.__notes__
    assert sent.__notes__ == caught.value.__notes__
