"""The JSON Schemas accept the same files as the reader does."""

import json
import tomllib
from copy import deepcopy
from datetime import date, time
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from ketasched.errors import BadFile
from ketasched.files.load import (
    READERS,
    protocol_text,
    schema_text,
    shipped_protocols,
    starter_clinic,
)
from tests.conftest import ROOT
from tests.support.transcript import run

Data = dict[str, Any]
ASKED = {
    "plain": "--start 2026-12-07",
    "with everything": "--start 2026-12-07 --patient P-014 --days mon,wed,fri --boosters 2 "
    "--unavailable 2026-12-14..2026-12-16 --time 10:00 --between 09:00-16:00 --per-week 3 "
    "--born 1980-02-29 --driver-name Sam --driver-phone 555 --cleared-by Dr --booster-every 28",
    "gated": "--start 2027-03-08 --protocol iv-depression-gated",
    "esketamine": "--start 2027-03-08 --protocol esketamine-us-label --boosters 3",
}


@cache
def judge(kind: str) -> Draft7Validator:
    """The validator of a kind of file."""
    schema = json.loads(schema_text(kind))
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


def as_json(data: Any) -> Any:
    """Data of TOML as editors hand it to a schema: dates and times are text."""
    if isinstance(data, dict):
        return {key: as_json(value) for key, value in data.items()}
    if isinstance(data, list):
        return [as_json(value) for value in data]
    if isinstance(data, time):
        return f"{data:%H:%M}"
    return data.isoformat() if isinstance(data, date) else data


def complaints(kind: str, data: Data) -> list[str]:
    """What the schema has against data."""
    return [error.message for error in judge(kind).iter_errors(as_json(data))]


def problems(kind: str, data: Data) -> list[str]:
    """What our reader has against data."""
    try:
        READERS[kind](deepcopy(data), f"a {kind}")
    except BadFile as error:
        return [*error.details] or [error.what]
    return []


def changed_course() -> Data:
    """A course with a history, a driver, a missed visit and newer hours of its clinic."""
    clinic = ROOT / "examples" / "clinic.toml"
    run(f"plan {ASKED['plain']} --clinic {clinic} --made-at 2026-11-23T10:00 -o out")
    for change in (
        "complete 1 --today 2026-12-08",
        "driver 3 --name Sam --phone 555 --today 2026-12-08",
        f"miss 2 --make-up --reason flu --clinic {clinic} --today 2026-12-10",
        "hold --reason fever --today 2026-12-10",
    ):
        said = run(f"revise out/patient {change}")
        assert "[exit" not in said, said
    found: Data = json.loads(Path("out/patient/course.json").read_text(encoding="utf-8"))
    return found


# --- what is right


@pytest.mark.parametrize("name", shipped_protocols())
def test_a_shipped_protocol_is_valid(name):
    assert complaints("protocol", tomllib.loads(protocol_text(name))) == []
    assert complaints("protocol", json.loads(run(f"protocols show {name} --format json"))) == []


def test_the_example_clinics_are_valid():
    texts = [
        (ROOT / "examples" / "clinic.toml").read_text(encoding="utf-8"),
        starter_clinic("Europe/Dublin", "salt"),
        starter_clinic("Europe/Dublin", "salt").replace("# chairs", "chairs").replace("# [", "["),
    ]
    for text in texts:
        assert complaints("clinic", tomllib.loads(text)) == []


@pytest.mark.parametrize("name", ASKED)
def test_a_planned_course_is_valid(name):
    made = run(f"plan {ASKED[name]} --made-at 2026-11-23T10:00 --format json")
    assert complaints("course", json.loads(made[made.index("{") :])) == []


def test_a_course_with_a_history_is_valid():
    course = changed_course()
    assert len(course["history"]) == 5
    assert complaints("course", course) == []


def test_a_file_may_name_its_schema():
    clinic = {
        "$schema": "./clinic.schema.json",
        "timezone": "UTC",
        "hours": {"mon": ["09:00-17:00"]},
    }
    assert complaints("clinic", clinic) == []
    Path("clinic.json").write_text(json.dumps(clinic), encoding="utf-8")
    assert "[exit" not in run("check clinic.json")


def test_the_command_prints_the_shipped_schema():
    for kind in READERS:
        assert run(f"schema {kind}") == schema_text(kind)


TYPED = ["9:30", " 9 AM ", "9.30am", "2 p.m.", "12 noon", "Midnight", "09:30:00", "nOOn", "2p. m."]


@pytest.mark.parametrize("text", TYPED)
def test_a_clock_time_as_people_write_it_is_valid(text):
    for edits in ({"preferred_start": text}, {"hours.mon": [f"0:01 - {text}"]}):
        data = edited("clinic", edits)
        if not problems("clinic", data):
            assert complaints("clinic", data) == []
    assert problems("clinic", edited("clinic", {"preferred_start": text})) == []


# --- what is wrong

CLINIC: Data = {
    "timezone": "America/New_York",
    "chairs": 3,
    "hours": {"mon": ["09:00-12:00", "13:00-17:00"]},
    "closures": {"dates": ["2026-12-24 eve"], "openings": {"2026-12-26": ["09:00-13:00"]}},
    "reminders": {"driver": ["3d 10:00"], "alarm": "2h"},
    "instructions": {"bring": "ID", "iv-ptsd": {"bring": "ID", "discreet": {"call": "us"}}},
    "overrides": {"iv-depression": {"infusion": {"minutes": {"observation": 75}}}},
    "prices": {"currency": "USD", "iv-depression": {"infusion": 450, "booster": "425.50"}},
}
PROTOCOL: Data = {
    "format": 1,
    "id": "mine",
    "title": "Mine",
    "sources": ["me"],
    "visits": {
        "infusion": {
            "title": "Infusion",
            "minutes": {"check_in": 15, "treatment": 40, "observation": 60},
            "no_driving": {"hours": 24, "next_morning": "08:00"},
        },
        "booster": {"like": "infusion", "minutes": {"observation": 30}},
    },
    "phases": [
        {
            "name": "induction",
            "visit": "infusion",
            "count": 6,
            "per_week": {"default": 3, "choices": [2, 3]},
            "gap_days": {"min": 2, "max": 5},
            "span_days": {"max": 21},
            "reviews": [{"after": 3, "title": "How is it going?"}],
        },
        {
            "name": "maintenance",
            "visit": "booster",
            "count": {"default": 0, "max": 12},
            "every_days": [14, 21, 28],
            "gap_days": {"min": 14, "max": 42},
            "gap_hours": {"min": 300},
            "tentative": True,
        },
    ],
}
MAPPING: Data = {
    "format": 1,
    "columns": {"Patient ID": "patient", "First infusion": "start"},
    "ignore": ["Notes"],
    "date_order": "mdy",
}
COLUMN_SET: Data = {
    "format": 1,
    "rows": "appointments",
    "columns": {
        "Appt ID": "key",
        "Begin": {"value": "start", "as": "%Y%m%d%H%M%S"},
        "Status": {"value": "status", "words": {"planned": "Scheduled"}},
        "Site": {"text": "Main"},
    },
    "delimiter": ";",
    "header": False,
}
PROPOSAL: Data = {
    "format": 1,
    "made_at": "2027-01-12T08:00:00-05:00",
    "timezone": "America/New_York",
    "clinic": "Riverbend",
    "book": "0f",
    "courses": [
        {
            "course_id": "one",
            "patient": "P-1",
            "revision": 1,
            "starts": [{"visit": 2, "start": "2027-01-15T09:00:00-05:00", "displaced": True}],
            "overrides": ["gap"],
        }
    ],
    "not_placed": [
        {
            "course_id": "two",
            "patient": "P-2",
            "patient_phone": "",
            "misfits": [
                {
                    "visit": 2,
                    "start": "2027-01-13T09:00:00-05:00",
                    "rule": "closure",
                    "message": "the clinic is closed",
                }
            ],
            "reasons": ["visit 2 has no day (gap)"],
        }
    ],
    "reason": "pump repair",
}
FILES = {
    "clinic": CLINIC,
    "protocol": PROTOCOL,
    "mapping": MAPPING,
    "column-set": COLUMN_SET,
    "proposal": PROPOSAL,
}
DROP = object()
BROKEN: dict[str, tuple[str, dict[str, Any]]] = {
    "no zone": ("clinic", {"timezone": DROP}),
    "no hours": ("clinic", {"hours": DROP}),
    "a day is never open": ("clinic", {"hours": {}}),
    "chairs in words": ("clinic", {"chairs": "3"}),
    "no chair at all": ("clinic", {"chairs": 0}),
    "true chairs": ("clinic", {"chairs": True}),
    "an unknown key": ("clinic", {"slot_minute": 15}),
    "an unknown day": ("clinic", {"hours.mittwoch": ["09:00-17:00"]}),
    "hours without a dash": ("clinic", {"hours.mon": ["09:00"]}),
    "hours as a text": ("clinic", {"hours.mon": "09:00-17:00"}),
    "a time that no clock shows": ("clinic", {"hours.mon": ["09:00-25:00"]}),
    "no such titles": ("clinic", {"titles": "secret"}),
    "a date in another order": ("clinic", {"closures.dates": ["24.12.2026"]}),
    "an opening on no date": ("clinic", {"closures.openings": {"monday": ["09:00-13:00"]}}),
    "newer hours from no date": ("clinic", {"hours.spring": {"mon": ["09:00-17:00"]}}),
    "newer hours of no day": ("clinic", {"hours.2027-01-04": {}}),
    "newer hours of an unknown day": ("clinic", {"hours.2027-01-04": {"x": ["09:00-17:00"]}}),
    "newer hours within newer hours": ("clinic", {"hours.2027-01-04": {"2027-02-01": {}}}),
    "newer hours as a list": ("clinic", {"hours.2027-01-04": ["09:00-17:00"]}),
    "a chair out of order on no date": ("clinic", {"closures.chairs": {"monday": 1}}),
    "half a chair out of order": ("clinic", {"closures.chairs": {"2027-01-11": 0.5}}),
    "chairs out of order as a list": ("clinic", {"closures.chairs": ["2027-01-11"]}),
    "a reminder in words": ("clinic", {"reminders.driver": ["3 days before"]}),
    "an alarm without a unit": ("clinic", {"reminders.alarm": "2"}),
    "words for a protocol that are no table": ("clinic", {"instructions.iv-ptsd": "ID"}),
    "words under a name that is none": ("clinic", {"instructions.others": "ID"}),
    "an unknown word": ("clinic", {"instructions.iv-ptsd.brign": "ID"}),
    "minutes of two days": (
        "clinic",
        {"overrides.iv-depression.infusion.minutes.treatment": 2880},
    ),
    "a price below zero": ("clinic", {"prices.iv-depression.infusion": -1}),
    "a price in words": ("clinic", {"prices.iv-depression.infusion": "a lot"}),
    "a long currency": ("clinic", {"prices.currency": "dollars"}),
    "hours on a clock of 13 hours": ("clinic", {"hours.mon": ["13x-5"]}),
    "a mapping without columns": ("mapping", {"columns": DROP}),
    "a column that is a number": ("mapping", {"columns.Patient ID": 1}),
    "an order that is none": ("mapping", {"date_order": "ymd"}),
    "ignored headings as a text": ("mapping", {"ignore": "Notes"}),
    "a column set of no rows": ("column-set", {"rows": DROP}),
    "rows that are none": ("column-set", {"rows": "patients"}),
    "a column set of no columns": ("column-set", {"columns": {}}),
    "a column of nothing": ("column-set", {"columns.Site": {}}),
    "a column of two things": ("column-set", {"columns.Site.value": "key"}),
    "a column that is no value": ("column-set", {"columns.Appt ID": "kye"}),
    "a form without a date": ("column-set", {"columns.Begin.as": "today"}),
    "a form of the machine's own": ("column-set", {"columns.Begin.as": "%Y %c"}),
    "a delimiter of two": ("column-set", {"delimiter": "::"}),
    "a proposal without courses": ("proposal", {"courses": DROP}),
    "a proposal of no moment": ("proposal", {"made_at": "2027-01-12"}),
    "a course whose visits stay": ("proposal", {"courses.0.starts": []}),
    "a course of no revision": ("proposal", {"courses.0.revision": 0}),
    "a new start without a visit": ("proposal", {"courses.0.starts.0.visit": DROP}),
    "a misfit without a reason": ("proposal", {"not_placed.0.misfits.0.message": DROP}),
    "a format in words": ("protocol", {"format": "1"}),
    "an id with spaces": ("protocol", {"id": "My protocol"}),
    "no source": ("protocol", {"sources": []}),
    "no visits": ("protocol", {"visits": {}}),
    "no phases": ("protocol", {"phases": []}),
    "a visit without minutes": ("protocol", {"visits.infusion.minutes": DROP}),
    "a visit without all of them": ("protocol", {"visits.infusion.minutes.observation": DROP}),
    "a visit like nothing": ("protocol", {"visits.booster.like": ""}),
    "minutes in words": ("protocol", {"visits.infusion.minutes.treatment": "40"}),
    "minutes below zero": ("protocol", {"visits.infusion.minutes.treatment": -1}),
    "a place that is none": ("protocol", {"visits.infusion.place": "moon"}),
    "no driving for a month": ("protocol", {"visits.infusion.no_driving.hours": 720}),
    "a count that is true": ("protocol", {"phases.0.count": True}),
    "a count without its most": ("protocol", {"phases.0.count": {"default": 3}}),
    "a thousand visits": ("protocol", {"phases.0.count": 1000}),
    "two paces": ("protocol", {"phases.0.every_days": 2}),
    "no pace": ("protocol", {"phases.0.per_week": DROP}),
    "eight a week": ("protocol", {"phases.0.per_week": 8}),
    "a pace without choices": ("protocol", {"phases.0.per_week": {"default": 3, "choices": []}}),
    "every no days": ("protocol", {"phases.1.every_days": []}),
    "no gap": ("protocol", {"phases.0.gap_days": DROP}),
    "a gap of no days": ("protocol", {"phases.0.gap_days.min": 0}),
    "a gap of years": ("protocol", {"phases.0.gap_days.max": 1000}),
    "a span of no days": ("protocol", {"phases.0.span_days.max": 0}),
    "a review without a title": ("protocol", {"phases.0.reviews": [{"after": 3}]}),
    "half a visit": ("protocol", {"phases.0.reviews": [{"after": 2.5, "title": "?"}]}),
}
BEYOND: dict[str, tuple[str, dict[str, Any]]] = {
    "a value of other rows": ("column-set", {"columns.Appt ID": "send_at"}),
    "a form of what is no moment": ("column-set", {"columns.Status.as": "%Y"}),
    "a word for what never is": ("column-set", {"columns.Status.words": {"plannd": "x"}}),
    "a zone that there is not": ("clinic", {"timezone": "America/NewYork"}),
    "holidays of no country": ("clinic", {"closures.holidays": "XX"}),
    "openings that overlap": ("clinic", {"hours.mon": ["09:00-12:00", "11:00-13:00"]}),
    "hours backwards": ("clinic", {"hours.mon": ["12:00-09:00"]}),
    "no day is open": ("clinic", {"hours": {"mon": []}}),
    "no day is open in newer hours": ("clinic", {"hours.2027-01-04": {"mon": []}}),
    "a month that no year has": ("clinic", {"hours.2027-13-01": {"mon": ["09:00-17:00"]}}),
    "more chairs out of order than there are": (
        "clinic",
        {"chairs": 2, "closures.chairs": {"2027-01-11": 3}},
    ),
    "a day that no month has": ("clinic", {"closures.dates": ["2026-02-30"]}),
    "an unknown kind of visit": ("clinic", {"overrides.iv-depression.infusions": {}}),
    "a bell in a text": ("clinic", {"name": "ding\a"}),
    "an alarm of a month": ("clinic", {"reminders.alarm": "30d"}),
    "a visit of another name": ("protocol", {"phases.0.visit": "infusoin"}),
    "like what there is not": ("protocol", {"visits.booster.like": "infusoin"}),
    "a gap that crosses": ("protocol", {"phases.0.gap_days": {"min": 5, "max": 2}}),
    "a default that is no choice": (
        "protocol",
        {"phases.0.per_week": {"default": 4, "choices": [3]}},
    ),
    "a review after no visit": ("protocol", {"phases.0.reviews.0.after": 7}),
    "a driver for a call": (
        "protocol",
        {"visits.infusion.place": "phone", "visits.infusion.driver": True},
    ),
    "an example of nothing": ("protocol", {"examples": ["visits.infusion.minuts"]}),
    "a rule that says nothing": ("protocol", {"visits.infusion.no_driving": {}}),
    "a number as a fraction": ("protocol", {"format": 1.0}),
    "hours that are two things": ("clinic", {"hours.mon": ["1-5"]}),
    "no such column": ("mapping", {"columns.Patient ID": "pateint"}),
    "a course in two places": ("proposal", {"not_placed.0.course_id": "one"}),
    "a visit with two starts": (
        "proposal",
        {"courses.0.starts": [{"visit": 2, "start": "2027-01-15T09:00:00-05:00"}] * 2},
    ),
}
"""What only our reader sees: what keys say of each other, and of the world."""


def edited(kind: str, edits: dict[str, Any]) -> Data:
    data: Any = deepcopy(FILES[kind])
    for path, value in edits.items():
        *above, last = (int(step) if step.isdigit() else step for step in path.split("."))
        table = data
        for step in above:
            table = table[step]
        if value is DROP:
            del table[last]
        else:
            table[last] = value
    assert isinstance(data, dict)
    return data


@pytest.mark.parametrize("kind", FILES)
def test_the_files_that_the_next_tests_break_are_valid(kind):
    assert problems(kind, edited(kind, {})) == complaints(kind, edited(kind, {})) == []


@pytest.mark.parametrize(("kind", "edits"), BROKEN.values(), ids=BROKEN)
def test_the_schema_and_the_reader_refuse_the_same(kind, edits):
    data = edited(kind, edits)
    assert problems(kind, data)
    assert complaints(kind, data)


@pytest.mark.parametrize(("kind", "edits"), BEYOND.values(), ids=BEYOND)
def test_the_reader_refuses_what_no_schema_can_express(kind, edits):
    data = edited(kind, edits)
    assert problems(kind, data)
    assert complaints(kind, data) == []


# --- whatever is in a file

VALUES = st.sampled_from(
    [None, True, 0, 1, 2, 7, -1, 400, 2.5, "", "x", "mon", "09:00", "09:00-17:00", "2026-12-24",
     "9 am", "8am–noon", "mdy", "2h", "3d 10:00", "1.50", [], {}, [1], ["x"], {"x": 1},
     {"default": 2, "max": 3}]
)  # fmt: skip
STEPS = st.lists(st.integers(0, 40), min_size=1, max_size=5)


def poked(data: Data, steps: list[int], value: object, name: str) -> Data:
    """The data with something else at the place to which these steps lead."""
    found: Any = deepcopy(data)
    table = found
    for number, step in enumerate(steps, start=1):
        keys = [*table] if isinstance(table, dict) else [*range(len(table))]
        if not keys:
            break
        key = keys[step % len(keys)]
        if not isinstance(table[key], dict | list) or number == len(steps):
            if isinstance(table, dict) and name:
                table[name] = table.pop(key)
            else:
                table[key] = value
            break
        table = table[key]
    assert isinstance(found, dict)
    return found


@given(st.sampled_from([*FILES]), STEPS, VALUES, st.sampled_from(["", "", "nmae"]))
def test_the_schema_accepts_all_that_the_reader_accepts(kind, steps, value, name):
    data = poked(edited(kind, {}), steps, value, name)
    if not problems(kind, data):
        assert complaints(kind, data) == []


@given(st.sampled_from([*FILES]), STEPS, VALUES, st.sampled_from(["", "", "nmae"]))
def test_a_key_that_is_unknown_missing_or_of_another_type_is_refused_by_both(
    kind, steps, value, name
):
    data = poked(edited(kind, {}), steps, value, name)
    said = ("unknown key", "required, but missing", "expected a table", "expected a list")
    if any(one in line for line in problems(kind, data) for one in said):
        assert complaints(kind, data)
