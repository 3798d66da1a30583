"""`register appointments`: what a patient record system imports, from a real register."""

import json
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.exchange.queue_commands import REGISTER, SATURDAY, cells, plan, revise, rows, run

COMMAND = ("register", "appointments", "--from", "2026-10-30", "--until", "2026-11-06")
PLACE = '"12 Mill Lane, 2nd floor, Riverbend, NY 10999"'
KEYS = [
    "7190dfc4-bccc-5d81-a2cc-1692e70c28fa",
    "d91e9ada-ff82-5c4d-aa33-d2066f5e7412",
    "8d1b1591-f0cd-53f0-b324-bc82f087066c",
    "652e3416-19f8-5e75-af20-8ff78b96a021",
    "67ce28ec-ff64-557c-9ecd-f292feb11bd3",
]
EXPECTED = {
    "chart-schedule": f"""\
patient.partition,patient.MRN,sched.Resource,sched.Start Date,sched.End Date,sched.Reason,\
sched.Location,sched.Comment,sched.Canceled
MR,P-1,1,20261030 090000,20261030 111000,CANCELLED: Appointment 1 of 6,OFFICE,{KEYS[0]},2
MR,P-1,1,20261102 090000,20261102 111000,Appointment 2 of 6,OFFICE,{KEYS[1]},0
MR,P-1,1,20261104 090000,20261104 111000,Appointment 3 of 6,OFFICE,{KEYS[2]},0
MR,P-1,1,20261105 090000,20261105 091500,Phone appointment,PHONE,{KEYS[3]},0
MR,P-1,1,20261106 090000,20261106 111000,CANCELLED: Appointment 4 of 6,OFFICE,{KEYS[4]},1
""",
    "interface-engine": f"""\
SCH-1|SCH-7|SCH-9|SCH-10|SCH-11.4|PID-3|PID-13|AIL-3|SCH-25
{KEYS[0]}|CANCELLED: Appointment 1 of 6|130|MIN|20261030090000|P-1|+1 555 0177|{PLACE}|Noshow
{KEYS[1]}|Appointment 2 of 6|130|MIN|20261102090000|P-1|+1 555 0177|{PLACE}|Booked
{KEYS[2]}|Appointment 3 of 6|130|MIN|20261104090000|P-1|+1 555 0177|{PLACE}|Booked
{KEYS[3]}|Phone appointment|15|MIN|20261105090000|P-1|+1 555 0177||Booked
{KEYS[4]}|CANCELLED: Appointment 4 of 6|130|MIN|20261106090000|P-1|+1 555 0177|{PLACE}|Cancelled
""",
    "outcome-tracking": f"""\
identifiers,mrn,start,minutesDuration,providerId,organizationId,status
{KEYS[0]},P-1,2026-10-30T09:00:00,130,1,1,noshow
{KEYS[1]},P-1,2026-11-02T09:00:00,130,1,1,booked
{KEYS[2]},P-1,2026-11-04T09:00:00,130,1,1,booked
{KEYS[3]},P-1,2026-11-05T09:00:00,15,1,1,booked
{KEYS[4]},P-1,2026-11-06T09:00:00,130,1,1,cancelled
""",
}
"""By example what is written: a missed visit, three to come, and one that is omitted."""


@pytest.fixture
def missed_and_omitted() -> None:
    plan("P-1")
    revise("P-1", "miss", "1")
    revise("P-1", "omit", "4", "--reason", "better")


@pytest.mark.usefixtures("missed_and_omitted")
@pytest.mark.parametrize("name", EXPECTED)
def test_an_example_writes_what_its_system_reads(name):
    columns = ("--columns", str(ROOT / "examples" / "columns" / f"{name}.toml"))
    assert run(*COMMAND, *columns, *SATURDAY, *REGISTER) == EXPECTED[name]


def test_every_example_is_expected():
    examples = (ROOT / "examples" / "columns").glob("*.toml")
    assert {path.stem for path in examples} == {*EXPECTED, "ride-service"}


@pytest.mark.usefixtures("missed_and_omitted")
def test_times_have_the_offset_of_their_day_on_both_sides_of_the_change():
    starts = [one["start"] for one in rows(*COMMAND)]
    assert starts[:2] == ["2026-10-30T09:00:00-04:00", "2026-11-02T09:00:00-05:00"]


@pytest.mark.usefixtures("missed_and_omitted")
def test_without_a_column_for_the_status_nothing_is_in_it_that_does_not_take_place():
    text = 'format = 1\nrows = "appointments"\n[columns]\nref = "patient"\nid = "key"\n'
    Path("plain.toml").write_text(text, encoding="utf-8")
    found = rows(*COMMAND, "--columns", "plain.toml")
    assert [one["id"] for one in found] == KEYS[1:4]


def test_a_visit_that_moves_keeps_its_key_and_one_that_is_undone_is_cancelled():
    plan("P-1")
    before = {one["key"]: one for one in rows(*COMMAND)}
    revise("P-1", "defer", "2", "--to", "2026-11-02T10:00")
    moved = {one["key"]: one for one in rows(*COMMAND)}
    assert KEYS[1] in before.keys() & moved.keys()
    assert moved[KEYS[1]]["start"] == "2026-11-02T10:00:00-05:00"
    assert moved[KEYS[1]]["sequence"] == before[KEYS[1]]["sequence"] + 1
    revise("P-1", "miss", "2", "--make-up", "--today", "2026-11-02T18:00")
    long = ("register", "appointments", "--next", "40d")
    made_up = {one["key"] for one in rows(*long)}
    revise("P-1", "undo", "--today", "2026-11-02T18:05")
    undone = {one["key"]: one["status"] for one in rows(*long)}
    gone = {key for key, status in undone.items() if status == "omitted"}
    assert len(gone) == 1
    assert undone.keys() == made_up


def test_what_leaves_is_discreet_unless_the_clinic_or_a_column_says_otherwise():
    plan("P-1")
    text = run(*COMMAND, "--format", "csv", *SATURDAY, *REGISTER).lower()
    assert "ketamine" not in text
    assert "infusion" not in text
    text = 'format = 1\nrows = "appointments"\n[columns.Type]\nvalue = "kind"\n'
    Path("kinds.toml").write_text(text + 'words = { infusion = "KET60" }\n', encoding="utf-8")
    found = rows(*COMMAND, "--columns", "kinds.toml")
    assert {one["Type"] for one in found} == {"KET60", "review"}


def test_nothing_booked_is_an_empty_list_a_header_alone_or_no_line():
    plan("P-1")
    far = ("register", "appointments", "--from", "2027-10-30", "--next", "3d")
    assert rows(*far) == []
    assert cells(*far) == []
    assert run(*far, "--format", "csv", *SATURDAY, *REGISTER).startswith("key,patient,")
    assert run(*far, "--format", "ndjson", *SATURDAY, *REGISTER) == ""


def test_ndjson_has_a_row_a_line():
    plan("P-1")
    lines = run(*COMMAND, "--format", "ndjson", *SATURDAY, *REGISTER).splitlines()
    assert [json.loads(line) for line in lines] == rows(*COMMAND)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--until", "2026-10-29"), 2),
        (("--until", "2026-11-06", "--next", "3d"), 2),
        (("--next", "soon"), 2),
        (("--columns", "nowhere.toml"), 3),
        (("--columns", "rides.toml"), 3),
    ],
    ids=["the last day is first", "two last days", "no days", "no file", "a file for rides"],
)
def test_what_cannot_be_done_has_its_exit_code(options, code):
    plan("P-1")
    Path("rides.toml").write_text('format = 1\nrows = "rides"\ncolumns.id = "key"\n')
    run("register", "appointments", *options, *SATURDAY, *REGISTER, code=code)
