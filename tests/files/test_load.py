"""Loading files: valid files become nouns; errors list all problems with their places."""

import copy
import io
import json
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import date
from itertools import zip_longest
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketasched.errors import BadFile
from ketasched.files import codec, load
from ketasched.files.clinic_warnings import clinic_warnings
from ketasched.files.disk import MOST_BYTES
from ketasched.model import (
    WEEKDAYS,
    Clinic,
    Clock,
    Count,
    Course,
    EveryDays,
    NoDriving,
    PerWeek,
    Protocol,
    Request,
    TimeRange,
)
from ketasched.planning.check import check
from ketasched.planning.planner import plan
from tests.conftest import MADE_AT
from tests.support.nouns import clinic, protocol, request

NEW_YORK = "America/New_York"
SAME_DAY = (
    "can end before a night's sleep: expected 24 hours or more, or next_morning from 05:00 on"
)

PROTOCOL = """\
format = 1
id = "two-a-week"
title = "Two a week"
sources = ["Lee 2020"]
examples = ["visits.infusion.minutes"]

[visits.infusion]
title = "Infusion"
minutes = { check_in = 15, treatment = 40, observation = 60 }
no_driving = { hours = 24, next_morning = "08:00" }

[visits.booster]
like = "infusion"
title = "Booster"

[[phases]]
name = "induction"
visit = "infusion"
count = 6
per_week = 2
gap_days = { min = 2, max = 5 }
reviews = [{ after = 6, title = "Review" }]
"""

REVIEWS = 'reviews = [{ after = 6, title = "Review" }]'
COMPANION = """
[[companions]]
name = "talk"
title = "Integration session"
after = "each"
within_days = { min = 1, max = 3 }
minutes = 50
"""

CLINIC = """\
name = "Clinic"
timezone = "America/New_York"
chairs = 3

[hours]
mon = ["08:00-12:00", "13:00-17:00"]
tue = ["09:00-24:00"]

[closures]
holidays = "US-NY"
dates = ["2026-12-24", "2026-12-28..2027-01-01 winter break"]
openings = { "2026-12-26" = ["09:00-13:00"] }

[reminders]
driver = ["3d 10:00"]
alarm = "2h"

[instructions.two-a-week]
bring = "a hat"
"""


def written(name: str, text: str | bytes) -> str:
    """Write a file with this text, and return its path."""
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return name


def changed(text: str, *edits: tuple[str, str]) -> str:
    """The text with each old part, which must be there, replaced."""
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return text


def begin(lines: tuple[str, ...], beginnings: list[str]) -> list[str]:
    """The lines, cut to the length of the expected beginnings; other lines stay whole."""
    pairs = zip_longest(sorted(lines), sorted(beginnings), fillvalue="")
    return [line[: len(beginning) or None] for line, beginning in pairs]


def refused(loader: Any, path: str) -> BadFile:
    """The error that the loader raises for a file."""
    with pytest.raises(BadFile) as caught:
        loader(path)
    return caught.value


def whole(error: BadFile) -> list[str]:
    """All lines of an error that a user reads."""
    return [error.what, *error.details, *([f"try: {error.next_step}"] if error.next_step else [])]


# --- what is right -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", load.shipped_protocols())
def test_a_shipped_protocol_has_the_name_of_its_file_and_cites_sources(name):
    found = load.load_protocol(name)
    assert found.id == name
    assert found.sources
    assert all(len(source) > 10 for source in found.sources)


@pytest.mark.parametrize("name", load.shipped_protocols())
def test_a_shipped_protocol_survives_plain_data(name):
    found = load.load_protocol(name)
    data = json.loads(json.dumps(codec.plain(found)))
    assert codec.read(Protocol, data) == (found, [])
    assert codec.plain(found) == data


@pytest.mark.parametrize("name", load.shipped_protocols())
def test_a_shipped_protocol_survives_a_json_file(name):
    found = load.load_protocol(name)
    path = written("again.json", json.dumps(codec.plain(found)))
    assert load.load_protocol(path) == found
    assert load.load_any(path) == found


@pytest.mark.parametrize("name", load.shipped_protocols())
def test_the_text_of_a_shipped_protocol_is_a_file_to_start_from(name):
    path = written("mine.toml", load.protocol_text(name))
    assert load.load_protocol(path) == load.load_protocol(name)
    assert load.protocol_text(path) == load.protocol_text(name)


def test_every_key_of_a_protocol_file_is_read():
    found = load.load_protocol(written("p.toml", PROTOCOL))
    infusion, booster = found.visits["infusion"], found.visits["booster"]
    assert found.phases[0].count == Count(6, 6)
    assert found.phases[0].per_week == PerWeek(2, (2,))
    assert infusion.no_driving == NoDriving(24, Clock(480))
    assert (booster.title, booster.like) == ("Booster", "infusion")
    assert (booster.minutes, booster.no_driving) == (infusion.minutes, infusion.no_driving)


def test_a_visit_inherits_keys_and_inner_keys_through_like():
    more = '\n[visits.quick]\nlike = "booster"\nminutes = { treatment = 10 }\n'
    quick = load.load_protocol(written("p.toml", PROTOCOL + more)).visits["quick"]
    parts = quick.minutes
    assert (parts.check_in, parts.treatment, parts.observation) == (15, 10, 60)
    assert (quick.title, quick.like) == ("Booster", "booster")
    assert quick.no_driving == NoDriving(24, Clock(480))


def test_an_example_may_name_a_number_that_a_visit_inherits():
    own = PROTOCOL.replace('["visits.infusion.minutes"]', '["visits.booster.minutes.treatment"]')
    assert load.load_protocol(written("p.toml", own)).examples == (
        "visits.booster.minutes.treatment",
    )


def test_chairs_out_of_order_and_hours_from_a_day_on_are_read_and_written():
    text = changed(
        CLINIC,
        out_of_order('"2027-01-11" = 1, "2027-01-13..2027-01-15 pump repair" = 2'),
        from_day("2027-03-01", 'sat = ["10:00-14:00"]'),
        from_day("2027-01-04", 'tue = ["08:00-12:00"]'),
    )
    found = load.load_clinic(written("clinic.toml", text))
    out = [found.closures.chairs_out_of_order(date(2027, 1, day))[0] for day in range(10, 17)]
    assert out == [0, 1, 0, 2, 2, 2, 0]
    days = date(2027, 1, 3), date(2027, 1, 4), date(2027, 2, 28), date(2027, 3, 1)
    weeks = [found.hours.in_force(day) for day in days]
    assert [[day for day in range(7) if week.on(day)] for week in weeks] == [[0, 1], [1], [1], [5]]
    data = codec.plain(found)
    assert codec.read(Clinic, json.loads(json.dumps(data)))[0] == found


def test_a_clinic_without_them_is_written_as_it_was_before_there_were_any():
    data: Any = codec.plain(load.load_clinic(written("clinic.toml", CLINIC)))
    assert list(data["closures"]) == ["holidays", "dates", "openings"]
    assert list(data["hours"]) == list(WEEKDAYS)


def test_every_key_of_a_clinic_file_is_read():
    found = load.load_clinic(written("clinic.toml", CLINIC))
    assert found.hours.mon == (TimeRange(480, 720), TimeRange(780, 1020))
    assert found.hours.tue == (TimeRange(540, 1440),)
    assert found.hours.wed == ()
    assert [str(day.last) for day in found.closures.dates] == ["2026-12-24", "2027-01-01"]
    assert found.closures.dates[1].label == "winter break"
    assert found.instructions.others["two-a-week"].bring == "a hat"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(CLINIC, id="a clinic of many things"),
        pytest.param(load.starter_clinic(NEW_YORK, "salt"), id="the one to start from"),
        pytest.param(json.dumps(codec.plain(load.builtin_clinic("UTC"))), id="the built-in one"),
    ],
)
def test_a_clinic_survives_a_json_file(text):
    name = "c.json" if text.startswith("{") else "c.toml"
    found = load.load_clinic(written(name, text))
    again = written("again.json", json.dumps(codec.plain(found)))
    assert load.load_clinic(again) == found
    assert load.load_any(again) == found


def test_the_starter_clinic_has_the_zone_and_the_salt():
    found = load.load_clinic(written("c.toml", load.starter_clinic("Europe/Berlin", "s3cret")))
    assert (found.timezone, found.id_salt) == ("Europe/Berlin", "s3cret")


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        *((Count, data) for data in (1, 200, {"default": 0, "max": 12}, {"default": 3, "max": 3})),
        *((PerWeek, data) for data in (3, {"default": 3, "choices": [2, 3]})),
        *((EveryDays, data) for data in (14, [14, 21, 28], {"default": 14, "choices": [7, 14]})),
        pytest.param(EveryDays, [14]),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else str(value),
)
def test_a_count_in_any_form_survives_plain_data(kind, data):
    found, problems = codec.read(kind, data)
    assert problems == []
    assert codec.read(kind, codec.plain(found)) == (found, [])


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "with a byte-order mark"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("name", ["c.toml", "c.json"])
def test_byte_order_marks_and_all_line_ends_are_read(name, end, mark):
    data = codec.plain(load.load_clinic(written("clinic.toml", CLINIC)))
    text = json.dumps(data, indent=1) if name.endswith("json") else CLINIC
    path = written(name, mark + text.encode().replace(b"\n", end))
    assert codec.plain(load.load_clinic(path)) == data


def test_text_may_have_lines_tabs_and_any_letters():
    said = "Grüße\n\t日本 👩‍⚕️"
    data = {"timezone": "UTC", "name": said, "hours": {"mon": ["09:00-10:00"]}}
    assert load.load_clinic(written("c.json", json.dumps(data))).name == said


def test_toml_dates_need_no_quotes():
    dates = changed(CLINIC, ('"2026-12-24"', "2026-12-24"))
    quoted = load.load_clinic(written("q.toml", CLINIC))
    assert load.load_clinic(written("c.toml", dates)) == quoted


def test_a_file_of_the_largest_size_is_read():
    text = json.dumps(codec.plain(load.builtin_clinic("UTC")))
    path = written("c.json", text.ljust(MOST_BYTES))
    assert load.load_clinic(path) == load.builtin_clinic("UTC")


@pytest.mark.parametrize("path", ["./mine", ".\\mine"], ids=["a slash", "a backslash"])
def test_a_protocol_name_with_a_slash_is_a_path(path):
    assert load.load_protocol(written(path, PROTOCOL)).id == "two-a-week"


def test_standard_input_is_read_as_json(monkeypatch):
    text = json.dumps(COURSE).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    assert load.load_course("-") == PLANNED


# --- problems of protocols ---------------------------------------------------------------------

WHOLE = "expected a whole number"
PROTOCOL_PROBLEMS: dict[str, tuple[list[tuple[str, str]], list[str]]] = {
    "count is text": ([("count = 6", 'count = "6"')], [f'phases[0].count: {WHOLE}, not "6"']),
    "count is true": ([("count = 6", "count = true")], [f"phases[0].count: {WHOLE}"]),
    "count is no whole number": (
        [("count = 6", "count = 6.0")],
        [f"phases[0].count: {WHOLE}, not 6.0"],
    ),
    "count is not finite": ([("count = 6", "count = inf")], [f"phases[0].count: {WHOLE}"]),
    "count is zero": ([("count = 6", "count = 0")], ["phases[0].count: expected 1 to 200, not 0"]),
    "count is too many": ([("count = 6", "count = 201")], ["phases[0].count: expected 1 to 200"]),
    "count is a list": ([("count = 6", "count = [6]")], [f"phases[0].count: {WHOLE}"]),
    "count with an unknown key": (
        [("count = 6", "count = { default = 6, most = 8 }")],
        ["phases[0].count: expected a whole number or { default, max }"],
    ),
    "count with more than its most": (
        [("count = 6", "count = { default = 7, max = 6 }")],
        ["phases[0].count: default 7 is more than max 6"],
    ),
    "the first phase has no visit": (
        [("count = 6", "count = { default = 0, max = 6 }")],
        ["phases[0].count: the first phase needs a visit"],
    ),
    "minutes of wrong types": (
        [("check_in = 15, treatment = 40, observation = 60", CHECK := 'check_in = "15"')],
        [
            f"visits.{kind}.minutes.{part}: {said}"
            for kind in ("infusion", "booster")
            for part, said in (
                ("check_in", f'{WHOLE}, not "15"'),
                ("observation", "required, but missing"),
                ("treatment", "required, but missing"),
            )
        ],
    ),
    "minutes are true": (
        [("treatment = 40", "treatment = true")],
        [f"visits.{kind}.minutes.treatment: {WHOLE}" for kind in ("infusion", "booster")],
    ),
    "minutes below zero": (
        [("treatment = 40", "treatment = -1")],
        [f"visits.{kind}.minutes.treatment: expected 0" for kind in ("infusion", "booster")],
    ),
    "a visit of a day": (
        [("treatment = 40", "treatment = 1365")],
        [
            f"visits.{kind}.minutes: a visit lasts 1 to 1439 minutes, not 1440"
            for kind in ("infusion", "booster")
        ],
    ),
    "text is a number": ([('title = "Two a week"', "title = 2")], ["title: expected text, not 2"]),
    "a list is text": ([('["Lee 2020"]', '"Lee 2020"')], ['sources: expected a list, not "Lee']),
    "a list of wrong things": (
        [('["Lee 2020"]', '["Lee 2020", 2020, ["x"]]')],
        ["sources[1]: expected text, not 2020", "sources[2]: expected text, not ['x']"],
    ),
    "no source": ([('["Lee 2020"]', "[]")], ["sources: expected at least one source"]),
    "a table is a number": (
        [("gap_days = { min = 2, max = 5 }", "gap_days = 2")],
        ["phases[0].gap_days: expected a table, not 2"],
    ),
    "an unknown key and its nearest": (
        [("examples =", "exmaples =")],
        ["exmaples: unknown key; did you mean examples?"],
    ),
    "an unknown key and none near": ([("examples =", "xyzzy =")], ["xyzzy: unknown key"]),
    "unknown keys inside": (
        [("min = 2, max = 5", "mni = 2, max = 5"), ('title = "Review"', 'tilte = "Review"')],
        [
            "phases[0].gap_days.mni: unknown key; did you mean min?",
            "phases[0].reviews[0].tilte: unknown key; did you mean title?",
            "phases[0].reviews[0].title: required, but missing",
        ],
    ),
    "a missing key": ([('title = "Two a week"\n', "")], ["title: required, but missing"]),
    "an id that is no plain word": (
        [('"two-a-week"', '"../Two"')],
        ['id: expected small letters, digits and hyphens, not "../Two"'],
    ),
    "format zero": ([("format = 1", "format = 0")], ["format: expected 1, not 0"]),
    "format true": ([("format = 1", "format = true")], ["format: expected 1, not "]),
    "format text": ([("format = 1", 'format = "1"')], ['format: expected 1, not "1"']),
    "min is more than max": (
        [("min = 2, max = 5", "min = 6, max = 5")],
        ["phases[0].gap_days.min: min 6 is more than max 5"],
    ),
    "a gap that is wrong makes its phase neither too long nor too short": (
        [("count = 6", "count = 200"), ("min = 2, max = 5", "min = 366, max = 365")],
        ["phases[0].gap_days.min: min 366 is more than max 365"],
    ),
    "a gap of no days": (
        [("min = 2", "min = 0")],
        ["phases[0].gap_days.min: expected 1 to 366, not 0"],
    ),
    "hours of a gap that cross": (
        [("per_week = 2", "per_week = 2\ngap_hours = { min = 49, max = 48 }")],
        ["phases[0].gap_hours.min: min 49 is more than max 48"],
    ),
    "hours of a gap that say nothing": (
        [("per_week = 2", "per_week = 2\ngap_hours = {}")],
        ["phases[0].gap_hours: expected min, max, or both"],
    ),
    "a span of no days": (
        [("per_week = 2", "per_week = 2\nspan_days = { max = 0 }")],
        ["phases[0].span_days.max: expected 1 or more, not 0"],
    ),
    "both paces": (
        [("per_week = 2", "per_week = 2\nevery_days = 3")],
        ["phases[0]: expected one of per_week and every_days"],
    ),
    "no pace": ([("per_week = 2\n", "")], ["phases[0]: expected one of per_week and every_days"]),
    "eight a week": ([("per_week = 2", "per_week = 8")], ["phases[0].per_week: expected 1 to 7"]),
    "a pace that is not among its choices": (
        [("per_week = 2", "per_week = { default = 2, choices = [3, 4] }")],
        ["phases[0].per_week: default 2 is not among the choices [3, 4]"],
    ),
    "a pace without days": (
        [("per_week = 2", "every_days = []")],
        ["phases[0].every_days: expected at least one number of days"],
    ),
    "a review after no visit": (
        [("after = 6", "after = 0")],
        ["phases[0].reviews[0].after: expected 1 to 6, not 0"],
    ),
    "a review after the last visit": (
        [("after = 6", "after = 7")],
        ["phases[0].reviews[0].after: expected 1 to 6, not 7"],
    ),
    "a review in an unknown place": (
        [("after = 6,", 'after = 6, place = "moon",')],
        ['phases[0].reviews[0].place: expected one of clinic, phone, home, not "moon"'],
    ),
    **{
        f"a companion: {name}": ([(REVIEWS, f"{REVIEWS}\n{COMPANION}"), change], [said])
        for name, change, said in (
            ("on no side", ('after = "each"\n', ""), "companions[0]: expected one of after and"),
            (
                "on both sides",
                ("minutes = 50", "minutes = 50\nbefore = [1]"),
                "companions[0]: exp",
            ),
            ("after no visit", ('"each"', "[0]"), "companions[0].after: expected 1 to 200, not 0"),
            ("after any", ('"each"', '"any"'), 'companions[0].after: expected "each" or a list'),
            ("days that cross", ("min = 1", "min = 4"), "companions[0].within_days.min: min 4 is"),
            (
                "on the same day",
                ("min = 1", "min = 0"),
                "companions[0].within_days.min: expected 1",
            ),
            (
                "no phase",
                ("minutes = 50", 'minutes = 50\nphase = "maintnance"'),
                'companions[0].phase: no phase is called "maintnance"',
            ),
            (
                "a ride to the phone",
                ("minutes = 50", "minutes = 50\ndriver = true"),
                'companions[0].driver: goes with place = "clinic"',
            ),
            (
                "a phase's name",
                ('"talk"', '"induction"'),
                'companions[0].name: "induction" is the name of a phase',
            ),
            (
                "no length",
                ("minutes = 50", "minutes = 0"),
                "companions[0].minutes: expected 1 to 720",
            ),
        )
    },
    "a driver to the phone": (
        [('title = "Booster"', 'title = "Booster"\nplace = "phone"\ndriver = true')],
        ['visits.booster.driver: a visit with place = "phone" needs no driver'],
    ),
    "a driver in words": (
        [('title = "Booster"', 'title = "Booster"\ndriver = "yes"')],
        ['visits.booster.driver: expected true or false, not "yes"'],
    ),
    "no driving for no time": (
        [('{ hours = 24, next_morning = "08:00" }', "{}")],
        [
            "visits.booster.no_driving: expected hours, next_morning, or both",
            "visits.infusion.no_driving: expected hours, next_morning, or both",
        ],
    ),
    "a requirement of several words": (
        [('id = "two-a-week"', 'id = "two-a-week"\nrequires = ["consent", "Consent signed"]')],
        ["requires[1]: expected small letters, digits and hyphens"],
    ),
    "a label's minimum that is nowhere": (
        [('id = "two-a-week"', 'id = "two-a-week"\nlabel_minimum = ["visits.x.minutes"]')],
        ['label_minimum[0]: "visits.x.minutes" is nowhere in this file'],
    ),
    "no driving until the evening of the same day": (
        [('{ hours = 24, next_morning = "08:00" }', "{ hours = 23 }")],
        [f"visits.booster.no_driving: {SAME_DAY}", f"visits.infusion.no_driving: {SAME_DAY}"],
    ),
    "no driving for more than a week": (
        [("hours = 24", "hours = 169")],
        [
            "visits.booster.no_driving.hours: expected 1 to 168, not 169",
            "visits.infusion.no_driving.hours: expected 1 to 168, not 169",
        ],
    ),
    "no driving until no time": (
        [('"08:00"', '"24:00"')],
        [
            "visits.booster.no_driving.next_morning: expected a clock time",
            "visits.infusion.no_driving.next_morning: expected a clock time",
        ],
    ),
    "like nobody": (
        [('like = "infusion"', 'like = "infuson"')],
        [
            'visits.booster.like: no visit is called "infuson"; did you mean infusion?',
            "visits.booster.minutes: required, but missing",
        ],
    ),
    "like itself": (
        [('like = "infusion"', 'like = "booster"')],
        [
            "visits.booster.like: goes round in a circle",
            "visits.booster.minutes: required, but missing",
        ],
    ),
    "like each other": (
        [('title = "Infusion"', 'title = "Infusion"\nlike = "booster"')],
        [
            "visits.booster.like: goes round in a circle",
            "visits.infusion.like: goes round in a circle",
        ],
    ),
    "an example that is nowhere": (
        [('"visits.infusion.minutes"', '"visits.infusion.minute", "phases.induction.count"')],
        ['examples[0]: "visits.infusion.minute" is nowhere in this file'],
    ),
    "an example in a phase that is nowhere": (
        [('"visits.infusion.minutes"', '"phases.maintenance.count"')],
        ['examples[0]: "phases.maintenance.count" is nowhere in this file'],
    ),
    "an unknown visit": (
        [('visit = "infusion"', 'visit = "infuson"')],
        ['phases[0].visit: no visit is called "infuson"; did you mean infusion?'],
    ),
    "no phase": (
        [
            (PROTOCOL[PROTOCOL.index("[[phases]]") :], ""),
            ("format = 1", "format = 1\nphases = []"),
        ],
        ["phases: expected at least one phase"],
    ),
    "phases of one name": (
        [(PHASE := PROTOCOL[PROTOCOL.index("[[phases]]") :], PHASE * 2)],
        ['phases[1].name: "induction" is the name of an earlier phase, too'],
    ),
    "a control character": (
        [('"Two a week"', r'"Two\u0000a week"')],
        ["title: has the character U+0000"],
    ),
    "an escape character": (
        [('"Lee 2020"', r'"Lee\u001B[31m"')],
        ["sources[0]: has the character U+001B"],
    ),
    "wrong in many places": (
        [
            ("format = 1", "format = 1.0"),
            ('id = "two-a-week"', "id = 2"),
            ('title = "Two a week"\n', "tilte = 3\n"),
            ("check_in = 15", "check_in = false"),
            ('title = "Booster"', "title = []"),
            ("min = 2, max = 5", "min = 9, max = 5"),
            ("count = 6", 'count = "six"'),
            ("after = 6", 'after = "6"'),
            ('visit = "infusion"', 'visit = "x"'),
        ],
        [
            "format: expected 1, not 1.0",
            "id: expected text, not 2",
            "phases[0].count: expected a whole number",
            "phases[0].gap_days.min: min 9 is more than max 5",
            "phases[0].reviews[0].after: expected a whole number",
            'phases[0].visit: no visit is called "x"',
            "tilte: unknown key; did you mean title?",
            "title: required, but missing",
            "visits.booster.minutes.check_in: expected a whole number",
            "visits.booster.title: expected text",
            "visits.infusion.minutes.check_in: expected a whole number",
        ],
    ),
}


@pytest.mark.parametrize(("edits", "expected"), PROTOCOL_PROBLEMS.values(), ids=PROTOCOL_PROBLEMS)
def test_all_problems_of_a_protocol_are_listed_with_their_places(edits, expected):
    error = refused(load.load_protocol, written("p.toml", changed(PROTOCOL, *edits)))
    assert begin(error.details, expected) == sorted(expected)
    number = "a problem" if len(expected) == 1 else f"{len(expected)} problems"
    assert error.what == f"p.toml: {number}"
    assert "p.toml" in error.next_step


@pytest.mark.parametrize("loader", [load.load_protocol, load.load_any])
def test_a_file_of_a_later_format_says_so(loader):
    text = changed(PROTOCOL, ("format = 1", "format = 2"), ("count = 6", "count = { new = 1 }"))
    error = refused(loader, written("p.toml", text))
    assert error.what.startswith("p.toml: format 2 is of a later ketasched")
    assert error.next_step == "upgrade ketasched"
    assert error.details == ()


def test_an_unknown_protocol_is_refused_with_the_nearest_name():
    error = refused(load.load_protocol, "iv-depresion")
    assert error.what == 'no protocol is called "iv-depresion"; did you mean iv-depression?'


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("kap", "kap-six"),
        ("Esketamine", "esketamine-eu-uk or esketamine-us-label or esketamine-us-mdsi"),
    ],
)
def test_a_part_of_an_id_names_the_protocols_that_have_it(typed, meant):
    error = refused(load.load_protocol, typed)
    assert error.what == f'no protocol is called "{typed}"; did you mean {meant}?'


def test_a_word_that_no_protocol_has_in_its_id_names_none():
    assert refused(load.load_protocol, "spravato").what == 'no protocol is called "spravato"'


def test_an_invalid_field_does_not_hide_other_problems():
    text = changed(PROTOCOL, ('id = "two-a-week"', "id = 2"), ('["Lee 2020"]', "[]"))
    error = refused(load.load_protocol, written("p.toml", text))
    assert len(error.details) == 2


def test_a_key_that_is_told_cannot_write_to_the_terminal():
    text = changed(PROTOCOL, ("format = 1", '"a\\u001B[31mb\\n" = 1\nformat = 1'))
    error = refused(load.load_protocol, written("p.toml", text))
    assert all(line.isprintable() for line in error.details)


# --- problems of clinics -----------------------------------------------------------------------

OPENINGS = 'openings = { "2026-12-26" = ["09:00-13:00"] }'


def out_of_order(chairs: str) -> tuple[str, str]:
    """The edit that adds chairs out of order to the clinic's file."""
    return OPENINGS, f"{OPENINGS}\nchairs = {{ {chairs} }}"


def from_day(day: str, hours: str) -> tuple[str, str]:
    """The edit that adds hours from a day on to the clinic's file."""
    return "[closures]", f'[hours."{day}"]\n{hours}\n[closures]'


AFTER_DATE = 'closures.dates[0]: expected a date such as "2026-12-24", and then its name, not '

CLINIC_PROBLEMS: dict[str, tuple[list[tuple[str, str]], list[str]]] = {
    "no such zone, spelled wrongly": (
        [(NEW_YORK, "America/New_Yrok")],
        ['timezone: no time zone is called "America/New_Yrok"; did you mean America/New_York?'],
    ),
    "no such zone, in short": (
        [(NEW_YORK, "New_York")],
        ['timezone: no time zone is called "New_York"; did you mean America/New_York?'],
    ),
    "no such zone, and none near": (
        [(NEW_YORK, "xqzw")],
        ['timezone: no time zone is called "xqzw"'],
    ),
    "a zone that is a folder": ([(NEW_YORK, "America")], ['timezone: no time zone is called "']),
    "a zone outside": (
        [(NEW_YORK, "../../etc/passwd")],
        ['timezone: no time zone is called "../../etc/passwd"'],
    ),
    "the zone of this machine": (
        [(NEW_YORK, "localtime")],
        ['timezone: no time zone is called "localtime"'],
    ),
    "no zone": ([(NEW_YORK, "")], ['timezone: no time zone is called ""']),
    "no zone at all": ([(f'timezone = "{NEW_YORK}"\n', "")], ["timezone: required, but missing"]),
    "hours left out": (
        [('[hours]\nmon = ["08:00-12:00", "13:00-17:00"]\ntue = ["09:00-24:00"]\n', "")],
        ["hours: required, but missing"],
    ),
    "hours that are empty": (
        [('mon = ["08:00-12:00", "13:00-17:00"]\ntue = ["09:00-24:00"]\n', "mon = []\n")],
        ["hours: no day is open"],
    ),
    "hours that overlap": (
        [("13:00-17:00", "11:59-17:00")],
        ['hours.mon[1]: "11:59-17:00" begins before "08:00-12:00" has ended'],
    ),
    "hours out of order": (
        [('"08:00-12:00", "13:00-17:00"', '"13:00-17:00", "08:00-12:00"')],
        ['hours.mon[1]: "08:00-12:00" begins before "13:00-17:00" has ended'],
    ),
    "hours backwards": (
        [("13:00-17:00", "17:00-13:00")],
        ['hours.mon[1]: "17:00-13:00" ends before it starts'],
    ),
    "hours of no length": (
        [("13:00-17:00", "13:00-13:00")],
        ['hours.mon[1]: "13:00-13:00" ends before it starts'],
    ),
    "hours past midnight": (
        [("09:00-24:00", "09:00-24:01")],
        ['hours.tue[0]: expected a clock time such as "08:30", not "24:01"'],
    ),
    "hours that are no times": (
        [("13:00-17:00", "13:00"), ("09:00-24:00", "9ish-5pm")],
        [
            'hours.mon[1]: expected times such as "08:00-12:00", not "13:00"',
            'hours.tue[0]: expected a clock time such as "08:30", not "9ish"',
        ],
    ),
    "hours that are one text": (
        [('tue = ["09:00-24:00"]', 'tue = "09:00-24:00"')],
        ['hours.tue: expected a list, not "09:00-24:00"'],
    ),
    "a table that is a number": (
        [("[closures]", "[overrides]\niv-ptsd = 5\n[closures]")],
        ["overrides.iv-ptsd: expected a table, not 5"],
    ),
    "a key without a letter": ([("chairs = 3", '"" = 3')], ["unknown key"]),
    "an override of no visit of a protocol that comes with the program": (
        [("[reminders]", "[overrides.iv-ptsd.infuson]\n[reminders]")],
        ["overrides.iv-ptsd.infuson: unknown kind of visit; did you mean infusion?"],
    ),
    "a price of no visit of a protocol that comes with the program": (
        [("[reminders]", "[prices]\ncurrency = 'USD'\niv-ptsd = { infuson = 9 }\n[reminders]")],
        ["prices.iv-ptsd.infuson: unknown kind of visit; did you mean infusion?"],
    ),
    "an unknown weekday": ([("tue =", "tues =")], ["hours.tues: unknown key; did you mean tue?"]),
    "a closure backwards": (
        [("2026-12-28..2027-01-01", "2027-01-01..2026-12-28")],
        ['closures.dates[1]: "2027-01-01..2026-12-28 winter break" is backwards'],
    ),
    "30 February": (
        [("2026-12-24", "2027-02-30")],
        ['closures.dates[0]: "2027-02-30" is no date'],
    ),
    "29 February of a short year": (
        [("2027-01-01", "2027-02-29")],
        ['closures.dates[1]: "2027-02-29" is no date'],
    ),
    "a year that is a typing error": (
        [("2026-12-24", "2206-12-24")],
        ["closures.dates[0]: the year 2206 is outside 1900–2199"],
    ),
    "a time for a date": (
        [('"2026-12-24"', "2026-12-24T09:00:00")],
        ["closures.dates[0]: expected a date"],
    ),
    "a closure with its month in words": (
        [('"2026-12-24"', '"Dec 24 2026"')],
        [AFTER_DATE + '"Dec 24 2026"'],
    ),
    "a closure with the month first, and its name": (
        [('"2026-12-24"', '"12/24/2026 snow"')],
        [AFTER_DATE + '"12/24/2026 snow"'],
    ),
    "a range without an end": (
        [("2026-12-28..2027-01-01", "2026-12-28..")],
        ["closures.dates[1]: expected a date"],
    ),
    "an opening on 30 February": (
        [('"2026-12-26"', '"2027-02-30"')],
        ['closures.openings.2027-02-30: "2027-02-30" is no date'],
    ),
    "an opening without times": (
        [('["09:00-13:00"]', "[]")],
        ["closures.openings.2026-12-26: no times"],
    ),
    "openings that overlap": (
        [('["09:00-13:00"]', '["09:00-13:00", "12:00-14:00"]')],
        ['closures.openings.2026-12-26[1]: "12:00-14:00" begins before'],
    ),
    "a chair out of order on 30 February": (
        [out_of_order('"2027-02-30" = 1')],
        ['closures.chairs.2027-02-30: "2027-02-30" is no date'],
    ),
    "more chairs out of order than there are": (
        [out_of_order('"2027-01-11" = 3, "2027-01-12..2027-01-13 pumps" = 4')],
        [
            "closures.chairs.2027-01-12..2027-01-13 pumps: expected 1 to 3, the clinic's chairs, "
            "not 4"
        ],
    ),
    "no chair out of order": (
        [out_of_order('"2027-01-11" = 0')],
        ["closures.chairs.2027-01-11: expected 1 to 3, the clinic's chairs, not 0"],
    ),
    "chairs out of order that are no number": (
        [out_of_order('"2027-01-11" = "one"')],
        ['closures.chairs.2027-01-11: expected a whole number, not "one"'],
    ),
    "chairs out of order where nobody counts them": (
        [("chairs = 3", ""), out_of_order('"2027-01-11" = 1')],
        ["closures.chairs: how many chairs there are is missing: chairs = 3, say"],
    ),
    "chairs out of order twice on a day": (
        [out_of_order('"2027-01-13" = 1, "2027-01-11..2027-01-13" = 2')],
        ["closures.chairs.2027-01-13: 2027-01-13 is in 2027-01-11..2027-01-13, too"],
    ),
    "chairs out of order twice on a day, in other words": (
        [out_of_order('"2027-01-13" = 1, "2027-01-13..2027-01-13" = 2')],
        ["closures.chairs: has a key twice"],
    ),
    "newer hours from 30 February": (
        [from_day("2027-02-30", 'mon = ["08:00-12:00"]')],
        ['hours.2027-02-30: "2027-02-30" is no date'],
    ),
    "newer hours from no date": (
        [from_day("spring", 'mon = ["08:00-12:00"]')],
        ['hours.spring: expected a date such as "2026-12-07", not "spring"'],
    ),
    "newer hours of an unknown weekday": (
        [from_day("2027-01-04", 'mon = ["08:00-12:00"]\ntues = ["08:00-12:00"]')],
        ["hours.2027-01-04.tues: unknown key; did you mean tue?"],
    ),
    "newer hours that overlap": (
        [from_day("2027-01-04", 'mon = ["08:00-12:00", "11:00-13:00"]')],
        ['hours.2027-01-04.mon[1]: "11:00-13:00" begins before "08:00-12:00" has ended'],
    ),
    "newer hours on no day": (
        [from_day("2027-01-04", "mon = []")],
        ["hours.2027-01-04: no day is open"],
    ),
    "no such holidays": (
        [("US-NY", "US-ZZ")],
        ['closures.holidays: no holidays are known for "US-ZZ"'],
    ),
    "a country without holidays": (
        [("US-NY", "Narnia")],
        ['closures.holidays: no holidays are known for "Narnia"'],
    ),
    "no chair": ([("chairs = 3", "chairs = 0")], ["chairs: expected 1 to 1000, not 0"]),
    "half a chair": ([("chairs = 3", "chairs = 2.5")], ["chairs: expected a whole number"]),
    "chairs that are no number": ([("chairs = 3", "chairs = nan")], ["chairs: expected a whole"]),
    "a grid of no minutes": (
        [("chairs = 3", "slot_minutes = 0")],
        ["slot_minutes: expected 1 to 720, not 0"],
    ),
    "unknown titles": (
        [("chairs = 3", 'titles = "secret"')],
        ['titles: expected one of discreet, clinical, not "secret"'],
    ),
    "reminders that are none": (
        [('"3d 10:00"', '"3 days", "1d 25:00"'), ('"2h"', '"8d"')],
        [
            'reminders.alarm: expected "2h", "30m" or "1d" (a week at most), not "8d"',
            'reminders.driver[0]: expected days and a time such as "3d 10:00", not "3 days"',
            'reminders.driver[1]: expected a clock time such as "08:30", not "25:00"',
        ],
    ),
    "an unknown word in a protocol's words": (
        [("bring =", "brign =")],
        ["instructions.two-a-week.brign: unknown key; did you mean bring?"],
    ),
    "an override of wrong numbers": (
        [
            (
                "[reminders]",
                "[overrides.x.infusion]\nminutes = { check_in = -1 }\n"
                "no_driving = { hours = 0 }\n[reminders]",
            )
        ],
        [
            "overrides.x.infusion.minutes.check_in: expected 0 to 1439, not -1",
            "overrides.x.infusion.no_driving.hours: expected 1 to 168, not 0",
        ],
    ),
    "an override that lets drive at midnight": (
        [
            (
                "[reminders]",
                '[overrides.x.infusion]\nno_driving = { next_morning = "00:00" }\n[reminders]',
            )
        ],
        [f"overrides.x.infusion.no_driving: {SAME_DAY}"],
    ),
    "an override that lets drive on the same day": (
        [("[reminders]", "[overrides.x.infusion]\nno_driving = { hours = 2 }\n[reminders]")],
        [f"overrides.x.infusion.no_driving: {SAME_DAY}"],
    ),
    "a control character": (
        [('"a hat"', r'"a\u0007hat"')],
        ["instructions.two-a-week.bring: has"],
    ),
    "wrong in many places": (
        [
            ('name = "Clinic"', "nmae = 1"),
            (NEW_YORK, "Mars/Phobos"),
            ("chairs = 3", 'chairs = "3"'),
            ("09:00-24:00", "09:00-08:00"),
            ("US-NY", "US-ZZ"),
            ("2026-12-24", "Christmas"),
        ],
        [
            "chairs: expected a whole number",
            "closures.dates[0]: expected a date",
            'closures.holidays: no holidays are known for "US-ZZ"',
            'hours.tue[0]: "09:00-08:00" ends before it starts',
            "nmae: unknown key; did you mean name?",
            'timezone: no time zone is called "Mars/Phobos"',
        ],
    ),
}


@pytest.mark.parametrize(("edits", "expected"), CLINIC_PROBLEMS.values(), ids=CLINIC_PROBLEMS)
def test_all_problems_of_a_clinic_are_listed_with_their_places(edits, expected):
    error = refused(load.load_clinic, written("c.toml", changed(CLINIC, *edits)))
    assert begin(error.details, expected) == sorted(expected)


def test_an_override_for_a_protocol_of_the_clinics_own_is_no_problem():
    text = changed(CLINIC, ("[reminders]", "[overrides.ours.infuson]\n[reminders]"))
    assert list(load.load_clinic(written("c.toml", text)).overrides) == ["ours"]


def test_problems_are_sorted_by_place_and_number():
    dates = changed(CLINIC, ('"2026-12-24"', ", ".join(["1"] * 11)), ("chairs = 3", "chairs = 0"))
    error = refused(load.load_clinic, written("c.toml", dates))
    assert [line.partition(":")[0] for line in error.details] == [
        "chairs",
        *(f"closures.dates[{number}]" for number in range(11)),
    ]


def many(number: int, *, in_a_list: bool) -> str:
    """A clinic's file with so many problems."""
    if in_a_list:
        return changed(CLINIC, ('"2026-12-24"', ", ".join(["1"] * number)))
    return "".join(f"k{one} = 1\n" for one in range(number)) + CLINIC


@pytest.mark.parametrize("in_a_list", [True, False], ids=["in a list", "of unknown keys"])
@pytest.mark.parametrize(
    ("number", "told", "shown", "more"),
    [
        pytest.param(100, 100, 100, "", id="just all"),
        pytest.param(101, 101, 100, "and 1 more", id="all but one"),
        pytest.param(1500, 1000, 100, "and 900 more", id="more than anybody mends"),
    ],
)
def test_a_hundred_problems_are_shown_and_further_ones_counted(
    number, told, shown, more, in_a_list
):
    error = refused(load.load_clinic, written("c.toml", many(number, in_a_list=in_a_list)))
    assert error.what == f"c.toml: {told} problems"
    assert list(error.details[shown:]) == ([more] if more else [])
    assert error.details[99].startswith("closures.dates[99]: " if in_a_list else "k99: ")


@pytest.mark.parametrize(
    "name", [pytest.param("utils"), pytest.param("__doc__"), "-", "us", "US-NY-NY"]
)
def test_an_unknown_holiday_calendar_is_refused(name):
    error = refused(load.load_clinic, written("c.toml", changed(CLINIC, ("US-NY", name))))
    assert begin(error.details, ["closures.holidays: no holidays"]) == [
        "closures.holidays: no holidays"
    ]


def test_control_characters_in_the_label_of_a_closure_are_refused():
    text = changed(CLINIC, ("winter break", r"winter\u0000break"))
    error = refused(load.load_clinic, written("c.toml", text))
    assert begin(error.details, ["closures.dates[1]: has"]) == ["closures.dates[1]: has"]


def test_a_clinic_table_with_an_unknown_name_is_refused():
    text = changed(CLINIC, ("[instructions.two-a-week]", "[instructions.others]"))
    assert "a hat" in str(load.load_clinic(written("c.toml", text)))


def test_tables_for_unknown_protocols_are_warned_about():
    own = load.load_clinic(written("c.toml", changed(CLINIC, ("two-a-week", "iv-depresion"))))
    said = list(clinic_warnings(own, protocol(), salt="x"))
    named = [line for line in said if line.startswith("instructions.iv-depresion")]
    assert len(named) == 1
    assert "iv-depression" in named[0]


def test_an_override_of_an_unknown_kind_of_visit_is_refused():
    own = clinic(overrides={"test": {"infuson": load.load_clinic}})
    with pytest.raises(BadFile) as caught:
        load.refuse_mismatch(own, protocol(), "c.toml")
    said = "overrides.test.infuson: unknown kind of visit; did you mean infusion?"
    assert caught.value.details == (said,)


# --- files of another kind --------------------------------------------------------------------

LOADERS: dict[str, Any] = {
    "protocol": load.load_protocol,
    "clinic": load.load_clinic,
    "course": load.load_course,
    "proposal": load.load_proposal,
}


@pytest.mark.parametrize("kind", LOADERS)
@pytest.mark.parametrize("path", ["x.ics", "x.txt", "x.html"])
def test_a_page_or_a_calendar_of_ours_is_not_read_back(path, kind):
    step = "give the course.json beside it" if kind == "course" else "give a .toml file"
    assert whole(refused(LOADERS[kind], written(f"./{path}", ""))) == [
        f"./{path}: is made for people, not for reading back",
        f"try: {step}",
    ]


KINDS = {
    "phases": "protocol",
    "visits": "protocol",
    "hours": "clinic",
    "timezone": "clinic",
    "course_id": "course",
    "courses": "proposal",
    "rows": "column-set",
}


@pytest.mark.parametrize(("key", "found"), KINDS.items(), ids=KINDS)
@pytest.mark.parametrize("wanted", LOADERS)
def test_a_file_of_another_kind_is_refused_by_any_of_its_keys(wanted, key, found):
    error = refused(LOADERS[wanted], written("./x.json", json.dumps({key: {}})))
    if found == wanted:
        assert "required, but missing" in "".join(error.details)
    else:
        assert whole(error) == [
            f"./x.json: is a {found}, not a {wanted}",
            "try: ketasched check ./x.json",
        ]


def test_a_file_of_no_kind_is_refused_with_the_keys_of_each_kind():
    assert whole(refused(load.load_any, written("x.toml", "a = 1\n"))) == [
        "x.toml: is neither a protocol, nor a clinic, nor a course, nor a mapping",
        "a protocol has phases, a clinic has hours, a course has a course_id, "
        "a mapping has columns, a column set has rows, a proposal has courses",
        "try: give the file's path, or begin with one of ours: ketasched protocols list",
    ]


# --- files that cannot be read at all ----------------------------------------------------------

UNREADABLE: dict[str, tuple[str, bytes, str, str]] = {
    "TOML: no value": ("x.toml", b"a = 1\nb =\n", "2:4", "is not valid TOML"),
    "TOML: no equals sign": ("x.toml", b"a = 1\n\n  b\n", "3:4", "is not valid TOML"),
    "TOML: a key twice": ("x.toml", b"a = 1\na = 2\n", "2:6", "is not valid TOML"),
    "TOML: cut off": ("x.toml", b"a = 1\nb = [1,", "2:8", "is not valid TOML"),
    "TOML: text cut off": ("x.toml", b'a = """x\ny', "2:2", "is not valid TOML"),
    "TOML: 30 February": ("x.toml", b"a = 2027-02-30\n", "1:5", "is not valid TOML"),
    "TOML: a control character": ("x.toml", b'a = "\x00"', "1:6", "is not valid TOML"),
    "TOML: no quote at the end": ("x.toml", b'a = "x\nb = 1\n', "1:7", "quote at the end"),
    "TOML: too deep": ("x.toml", b"a = " + b"[" * 100_000, "", "nested too deeply"),
    "TOML: too deep over lines": ("x.toml", b"a = " + b"[\n" * 90_000, "", "nested too deeply"),
    "TOML: 5000 digits": ("x.toml", b"a = " + b"9" * 5000, "1", "digits"),
    "JSON: cut off": ("x.json", b'{"a": 1,\n "b": [1, ', "2:11", "is not valid JSON"),
    "JSON: text cut off": ("x.json", b'{"a": 1,\n "b": "x', "2:7", "is not valid JSON"),
    "JSON: no quotes": ("x.json", b"{\n  a: 1}", "2:3", "is not valid JSON"),
    "JSON: something after it": ("x.json", b"{}\n{}", "2:1", "is not valid JSON"),
    "JSON: empty": ("x.json", b"", "1:1", "is not valid JSON"),
    "JSON: a key twice": ("x.json", b'{"a": {"b": 1, "b": 2}}', "", 'the key "b" is there twice'),
    "JSON: NaN": ("x.json", b'{"a": NaN}', "", "NaN is no number"),
    "JSON: infinity": ("x.json", b'{"a": -Infinity}', "", "-Infinity is no number"),
    "JSON: too deep": ("x.json", b'{"a":' + b"[" * 100_000, "", "nested too deeply"),
    "JSON: 5000 digits": ("x.json", b'{"a": ' + b"9" * 5000 + b"}", "", "digits"),
    "JSON: a list": ("x.json", b'["Jane Doe"]', "", "expected an object, not a list"),
    "JSON: a text": ("x.json", b'"Jane Doe"', "", "expected an object, not text"),
    "JSON: a number": ("x.json", b"1", "", "expected an object, not 1"),
    "JSON: null": ("x.json", b"null", "", "expected an object"),
    "not UTF-8": ("x.toml", b'a = 1\nb = "\xe9"\n', "2", "is not UTF-8 text"),
    "UTF-16": ("x.json", "{}".encode("utf-16"), "1", "is not UTF-8 text"),
    "half a letter": ("x.json", b'{"a": "\xe2\x82', "1", "is not UTF-8 text"),
    "neither of the four": ("x.toml", b"a = 1\n", "", "is neither a protocol, nor a clinic"),
    "empty": ("x.toml", b"", "", "is neither a protocol, nor a clinic"),
    "a byte too large": ("x.json", b"{}".ljust(MOST_BYTES + 1), "", "is larger than 10 MB"),
}


@pytest.mark.parametrize(("name", "text", "place", "said"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_cannot_be_read_tells_the_line_and_the_reason(name, text, place, said):
    error = refused(load.load_any, written(name, text))
    assert error.what.startswith(f"{name}:{place}: " if place else f"{name}: ")
    assert said in error.what
    assert error.what.isprintable()
    assert len(error.what) < 250


@pytest.mark.parametrize(
    ("path", "said"),
    [
        pytest.param("nothing.toml", "nothing.toml", id="missing"),
        pytest.param("folder.toml", "folder.toml", id="a folder"),
        pytest.param("a\0b.toml", "cannot be read", id="no name at all"),
        pytest.param("x" * 300 + ".json", "xxx", id="a name that is too long"),
    ],
)
@pytest.mark.parametrize("loader", [load.load_protocol, load.load_clinic, load.load_course])
def test_a_path_to_no_file_is_refused(loader, path, said):
    Path("folder.toml").mkdir()
    error = refused(loader, path)
    assert said in error.what
    assert ": cannot be read: " in error.what


@pytest.mark.parametrize(
    ("loader", "required"),
    [
        (load.load_protocol, ["format", "id", "phases", "sources", "title", "visits"]),
        (load.load_clinic, ["hours", "timezone"]),
    ],
    ids=["protocol", "clinic"],
)
def test_all_required_keys_are_missing_in_an_empty_file(loader, required):
    error = refused(loader, written("x.toml", ""))
    only = {"format": ": format = 1"}  # what may be there
    expected = [f"{key}: required, but missing{only.get(key, '')}" for key in required]
    assert list(error.details) == expected


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        pytest.param("x.json", '{"overrides": {"a": {"b": {"minutes": {"check_in": ', "}}}}}"),
        ("x.toml", "overrides.a.b.minutes.check_in = ", ""),
    ],
    ids=["JSON", "TOML"],
)
def test_no_depth_of_lists_is_too_deep_for_the_message(name, start, end):
    for depth in [*range(10, 900, 89), *range(900, 1010)]:
        path = written(name, start + "[" * depth + "]" * depth + end)
        assert refused(load.load_clinic, path).exit_code == 3


@pytest.mark.parametrize("key", ["chairs", "name", "timezone"])
def test_a_number_of_6000_digits_in_hexadecimal_is_no_traceback(key):
    data = f"{key} = 0x{'F' * 5000}\n"
    assert refused(load.load_clinic, written("c.toml", data)).exit_code == 3


def test_a_lone_surrogate_is_a_problem_with_its_place():
    data = r'{"timezone": "UTC", "name": "a\ud800b", "hours": {"mon": ["09:00-10:00"]}}'
    error = refused(load.load_clinic, written("c.json", data))
    assert error.details == ("name: has the character U+D800, which no text needs",)


# --- courses -----------------------------------------------------------------------------------

PLANNED = plan(
    load.load_protocol("iv-depression"),
    load.builtin_clinic(NEW_YORK),
    request(patient="P-014", boosters=1, driver_name="Ann", cleared_by="Dr Lee"),
    made_at=MADE_AT,
)
COURSE: Any = codec.plain(PLANNED)
VISITS = range(len(COURSE["visits"]))


def course_with(*edits: tuple[str, object]) -> Any:
    """The planned course with other values at these places, as "visits.0.start"."""
    data = copy.deepcopy(COURSE)
    for place, value in edits:
        *path, last = (int(step) if step.isdigit() else step for step in place.split("."))
        inner = data
        for step in path:
            inner = inner[step]
        inner[last] = value
    return data


def test_the_path_of_a_patients_folder_is_that_of_its_course():
    Path("P-014").mkdir()
    written("P-014/course.json", json.dumps(COURSE))
    assert load.load_course("P-014") == load.load_any("P-014") == PLANNED


def test_a_course_in_a_text_is_read_as_json_and_errors_have_its_name():
    assert load.parse_course(json.dumps(COURSE), "the register's course 7") == PLANNED
    wrong = json.dumps(course_with(("patient", 7)))
    for text, what in (
        (wrong, "the register's course 7: a problem"),
        ("{", "the register's course 7:1:2: is not valid JSON: "),
    ):
        error = refused(lambda said: load.parse_course(said, "the register's course 7"), text)
        assert error.what.startswith(what)


@pytest.mark.parametrize("year", ["1900", "2199"])
def test_a_moment_of_the_first_and_of_the_last_year_is_read(year):
    made_at = f"{year}-06-01T09:00:00"
    path = written("course.json", json.dumps(course_with(("made_at", made_at))))
    assert f"{load.load_course(path).made_at:%Y-%m-%dT%H:%M:%S}" == made_at


def test_an_integer_may_be_as_large_as_all_readers_of_json_allow():
    path = written("course.json", json.dumps(course_with(("request.booster_every", 2**53))))
    assert load.load_course(path).request.booster_every == 2**53
    written(path, json.dumps(course_with(("request.booster_every", 2**53 + 1))))
    assert refused(load.load_course, path).details == (
        "request.booster_every: is too large a number",
    )


@pytest.fixture
def course_file():
    """The path of a course in New York."""
    return written("course.json", json.dumps(COURSE))


def test_a_course_takes_its_clinics_newer_hours_and_words(course_file):
    newer = load.load_clinic(written("c.toml", CLINIC))
    course = load.load_course(course_file)
    assert load.with_clinic(course, "c.toml") == replace(course, clinic=newer)


def test_a_course_does_not_move_to_a_clinic_in_another_zone(course_file):
    course = load.load_course(course_file)
    path = written("c.toml", changed(CLINIC, (NEW_YORK, "Europe/Berlin")))
    error = refused(lambda there: load.with_clinic(course, there), path)
    assert whole(error) == [
        "c.toml: a problem",
        "timezone: is Europe/Berlin, but the course is in America/New_York",
        "try: mend it, then: ketasched check c.toml",
    ]


def test_a_course_survives_a_json_file():
    path = written("course.json", json.dumps(COURSE))
    assert load.load_course(path) == PLANNED
    assert load.load_any(path) == PLANNED
    assert codec.plain(load.load_course(path)) == COURSE


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2026-12-07T09:00:00", id="local, without an offset"),
        pytest.param("2026-12-07T09:00", id="local, without seconds"),
        pytest.param("2026-12-07 09:00", id="local, with a space"),
        pytest.param("2026-12-07T09:00-05:00", id="with the zone's offset"),
        pytest.param("2026-12-07T14:00Z", id="in UTC"),
        pytest.param("2026-12-07T19:30+05:30", id="with another offset"),
    ],
)
def test_a_moment_may_be_written_in_many_ways(text):
    data = course_with(("visits.0.start", text))
    found = load.load_course(written("course.json", json.dumps(data)))
    assert found == PLANNED
    assert found.visits[0].start.tzinfo is found.visits[1].start.tzinfo


@pytest.mark.parametrize(
    ("text", "fold"),
    [
        pytest.param("2027-11-07T01:30", 0, id="local: the first"),
        pytest.param("2027-11-07T01:30-04:00", 0, id="the first"),
        pytest.param("2027-11-07T01:30-05:00", 1, id="the second"),
        pytest.param("2027-11-07T06:30Z", 1, id="the second, in UTC"),
    ],
)
def test_the_offset_tells_a_repeated_time_apart(text, fold):
    later = [(f"visits.0.{key}", "2027-11-07T09:00") for key in ("treatment_start", "end")]
    data = course_with(("visits.0.start", text), *later)
    start = load.load_course(written("course.json", json.dumps(data))).visits[0].start
    assert (f"{start:%H:%M}", start.fold) == ("01:30", fold)


UID = COURSE["visits"][0]["uid"]
INFUSION = COURSE["protocol"]["visits"]["infusion"]
SKIPPED = (
    "visits[0].start: 02:30 does not exist on 2027-03-14 in America/New_York: "
    "the clocks go forward"
)
COURSE_PROBLEMS: dict[str, tuple[list[tuple[str, object]], list[str]]] = {
    "a skipped time": ([("visits.0.start", "2027-03-14T02:30")], [SKIPPED]),
    "a skipped time with the offset before": (
        [("visits.0.start", "2027-03-14T02:30-05:00")],
        [SKIPPED],
    ),
    "no moment": (
        [("visits.0.start", "Monday"), ("visits.1.end", 9), ("made_at", "2026-02-30T09:00")],
        [
            "made_at: expected a moment",
            'visits[0].start: expected a moment such as "2026-12-07T09:00-05:00", not "Monday"',
            "visits[1].end: expected a moment",
        ],
    ),
    "an unknown phase": (
        [("visits.2.phase", "inductoin")],
        ['visits[2].phase: the protocol has no "inductoin"'],
    ),
    "an unknown kind": (
        [("visits.2.kind", "infuson")],
        ['visits[2].kind: the protocol has no "infuson"'],
    ),
    "an unknown status": (
        [("visits.2.status", "done")],
        ["visits[2].status: expected one of planned, tentative, held"],
    ),
    "numbers out of order": (
        [("visits.1.number", 3), ("visits.2.number", 2)],
        [
            "visits[1].number: expected 2, the number of the visit in its course",
            "visits[2].number: expected 3, the number of the visit in its course",
        ],
    ),
    "a number that is missing": (
        [("visits.1.number", None)],
        ["visits[1].number: expected 2", "visits[1].number: expected a whole number"],
    ),
    "one uid for two visits": ([("visits.1.uid", UID)], ["visits[1].uid: is another item's"]),
    "one uid for a visit and a review": (
        [("reviews.0.uid", UID)],
        ["reviews[0].uid: is another item's"],
    ),
    "uids that are lists": (
        [("visits.0.uid", []), ("visits.1.uid", [])],
        ["visits[0].uid: expected text, not []", "visits[1].uid: expected text, not []"],
    ),
    "no such zone": (
        [("timezone", "America/New_Yrok"), ("clinic.timezone", "America/New_Yrok")],
        [
            'clinic.timezone: no time zone is called "America/New_Yrok"; did you mean',
            'timezone: no time zone is called "America/New_Yrok"; did you mean America/New_York?',
        ],
    ),
    "no zone": (
        [("timezone", 5), ("clinic.timezone", 5)],
        ["clinic.timezone: expected text, not 5", "timezone: expected text, not 5"],
    ),
    "a zone that is not the clinic's": (
        [("timezone", "Europe/Berlin")],
        ["timezone: is not the clinic's"],
    ),
    "a clinic of unknown holidays": (
        [("clinic.closures.holidays", "ZZ")],
        ['clinic.closures.holidays: no holidays are known for "ZZ"'],
    ),
    "a clinic that is closed": ([("clinic.hours", {})], ["clinic.hours: no day is open"]),
    "a protocol with an unknown visit": (
        [("protocol.phases.0.visit", "x")],
        ['protocol.phases[0].visit: no visit is called "x"'],
    ),
    "a protocol with a visit like nobody": (
        [("protocol.visits.booster.like", "infuson")],
        ['protocol.visits.booster.like: no visit is called "infuson"; did you mean infusion?'],
    ),
    "a protocol with an unknown key": (
        [("protocol.phases.0.cuont", 6)],
        ["protocol.phases[0].cuont: unknown key; did you mean count?"],
    ),
    "no request": ([("request", None)], ["request: expected a table"]),
    "a request of wrong values": (
        [("request.start", "2027-02-30"), ("request.days", ["mon", "someday"])],
        ["request.days[1]: expected one of mon, tue", 'request.start: "2027-02-30" is no date'],
    ),
    "a window of no dates": (
        [("visits.0.window", {"earliest": "2026-12-07", "target": "soon"})],
        [
            "visits[0].window.latest: required, but missing",
            'visits[0].window.target: expected a date such as "2026-12-07", not "soon"',
        ],
    ),
    "a driver without a name": (
        [("visits.0.driver", {"phone": "1"})],
        ["visits[0].driver.name: required, but missing"],
    ),
    "a revision that is no whole number": (
        [("revision", 1.0)],
        ["revision: expected a whole number, not 1.0"],
    ),
    "identifiers that would write lines into a calendar": (
        [("visits.0.uid", "x\nATTENDEE:mailto:a@b"), ("reviews.0.uid", "x" * 65)],
        ["reviews[0].uid: expected up to 64", "visits[0].uid: has the character U+000A"],
    ),
    "text with a control character": (
        [("visits.0.note", "a\u001bb"), ("patient", "a\nb\0")],
        [
            "patient: a patient reference becomes a file's name",
            "patient: has the character U+000A",
            "visits[0].note: has the character U+001B",
        ],
    ),
    "text that turns what is after it round": (
        [("visits.0.note", "a\u202eb"), ("visits.0.driver", {"name": "Sam\u2066"})],
        [
            "visits[0].driver.name: has the character U+2066",
            "visits[0].note: has the character U+202E",
        ],
    ),
    "lines in a text that has one, and what nobody sees": (
        [
            ("visits.0.driver", {"name": "Sam\nWed 9 Dec   bring at 07:00", "phone": "1\u20282"}),
            ("visits.0.note", "a\tb"),
            ("history.0.what", "a\u2029b"),
            ("history.0.by", "Dr\u200b Lee"),
            ("request.driver_phone", "5\u0085"),
            ("request.cleared_by", "Lee\ufeff"),
            ("protocol.title", "in\nduction"),
            ("protocol.visits", COURSE["protocol"]["visits"] | {"a\nb": INFUSION}),
            ("clinic.closures.dates", ["2026-12-24 Eve\nof it"]),
            ("clinic.address", "12 Main St\nNew York"),
        ],
        [
            "clinic.closures.dates[0]: has the character U+000A",
            "history[0].by: has the character U+200B",
            "history[0].what: has the character U+2029",
            "protocol.title: has the character U+000A",
            r"protocol.visits.a\nb: has the character U+000A",
            "request.cleared_by: has the character U+FEFF",
            "request.driver_phone: has the character U+0085",
            "visits[0].driver.name: has the character U+000A",
            "visits[0].driver.phone: has the character U+2028",
            "visits[0].note: has the character U+0009",
        ],
    ),
    "a text without an end": (
        [("history.0.why", "x" * 20_001), ("clinic.closures.dates", ["2026-12-24 " + "x" * 2000])],
        [
            "clinic.closures.dates[0]: has more than 2000 characters",
            "history[0].why: has more than 20000 characters",
        ],
    ),
    "no history": ([("history", []), ("revision", 5)], ["history: expected at least one entry"]),
    "a revision that the history does not have": (
        [("revision", 2)],
        ["revision: expected 1, the number of entries in the history, not 2"],
    ),
    "visits that are none": (
        [("visits", {"1": COURSE["visits"][0]})],
        ["visits: expected a list"],
    ),
    "an unknown key": ([("vists", [])], ["vists: unknown key; did you mean visits?"]),
}


@pytest.mark.parametrize(("edits", "expected"), COURSE_PROBLEMS.values(), ids=COURSE_PROBLEMS)
def test_all_problems_of_a_course_are_listed_with_their_places(edits, expected):
    path = written("course.json", json.dumps(course_with(*edits)))
    error = refused(load.load_course, path)
    assert begin(error.details, expected) == sorted(expected)


@pytest.mark.parametrize(
    "edits",
    [
        pytest.param([("visits.0.start", "0001-01-01T00:00+14:00")], id="before all time"),
        pytest.param([("visits.0.start", "9999-12-31T23:00-12:00")], id="after all time"),
        pytest.param([("visits.0.start", "0026-12-07T09:00")], id="a year that is a typing error"),
        pytest.param([("patient", "../../up")], id="a patient who is a path"),
        pytest.param(
            [("clinic.overrides", {"iv-depression": {"infuson": {}}})],
            id="an override of an unknown kind",
        ),
    ],
)
def test_a_course_that_would_do_harm_later_is_refused(edits):
    path = written("course.json", json.dumps(course_with(*edits)))
    assert refused(load.load_course, path).exit_code == 3


def test_missing_uids_are_reported_once():
    data = copy.deepcopy(COURSE)
    for visit in data["visits"][:2]:
        del visit["uid"]
    error = refused(load.load_course, written("course.json", json.dumps(data)))
    assert error.details == (
        "visits[0].uid: required, but missing",
        "visits[1].uid: required, but missing",
    )


# --- whatever is in a file ---------------------------------------------------------------------

KEYS = ["format", "id", "title", "visits", "phases", "timezone", "hours", "mon", "closures", "max"]
TEXTS = [
    "", "infusion", "2026-12-07", "2027-02-30", "09:00-17:00", "17:00-09:00", "08:00", "3d 10:00",
    "2h", "UTC", "US-NY", "2026-12-28..2027-01-01 x", "2026-12-07T09:00", "2027-03-14T02:30-05:00",
    "\0", "\ud800", "../x", "clinic", "planned", "x" * 300, "…",
]  # fmt: skip
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([-1, 0, 1, 10**30])
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(TEXTS)
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=8,
)
VALID: dict[type[Any], Any] = {
    Protocol: codec.plain(load.load_protocol("iv-depression")),
    Clinic: codec.plain(load.builtin_clinic(NEW_YORK)),
    Course: COURSE,
    Request: codec.plain(request()),
}


def read(kind: type[Any], data: object) -> None:
    """Read, as `load` does it: a noun or problems, never both, and the noun comes back."""
    zone = ZoneInfo(NEW_YORK)
    found, problems = codec.read(kind, data, zone=zone)
    assert (found is None) == bool(problems)
    assert all(said for _, said in problems)
    if found is not None:
        assert codec.read(kind, codec.plain(found), zone=zone) == (found, [])


@pytest.mark.parametrize("kind", VALID)
@given(data=ANYTHING)
def test_any_data_is_a_noun_or_has_problems(kind, data):
    read(kind, data)


def nodes(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path to every list, table and value inside."""
    inner = data.items() if isinstance(data, dict) else enumerate(data)
    found = [path]
    for key, value in inner:
        more = nodes(value, (*path, key)) if isinstance(value, dict | list) else [(*path, key)]
        found += more
    return found


@st.composite
def mutated(draw: st.DrawFn, valid: Any) -> Any:
    """The valid data with one to three nodes replaced, deleted or added."""
    data = copy.deepcopy(valid)
    for _ in range(draw(st.integers(1, 3))):
        *path, last = draw(st.sampled_from(nodes(data)[1:]))
        holder = data
        for step in path:
            holder = holder[step]
        how = draw(st.sampled_from(["replace", "delete", "add"]))
        if how == "replace":
            holder[last] = draw(ANYTHING)
        elif how == "delete":
            del holder[last]
        elif isinstance(holder, list):
            holder.insert(last, draw(ANYTHING | st.just(copy.deepcopy(holder[last]))))
        else:
            holder[draw(st.sampled_from(KEYS) | st.text(max_size=3))] = draw(ANYTHING)
        if len(nodes(data)) == 1:
            break
    return data


@pytest.mark.parametrize("kind", VALID)
@given(st.data())
def test_mutated_data_is_a_noun_or_has_problems(kind, data):
    read(kind, data.draw(mutated(VALID[kind])))


@pytest.mark.parametrize("kind", [Protocol, Clinic, Course])
@given(st.data())
def test_a_mutated_file_is_read_and_checked_or_refused(kind, data):
    path = written("x.json", json.dumps(data.draw(mutated(VALID[kind]))))
    with suppress(BadFile):
        found = load.load_any(path)
        assert isinstance(found, kind)
        assert not isinstance(found, Course) or isinstance(check(found), tuple)
