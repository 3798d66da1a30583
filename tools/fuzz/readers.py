"""Every reader as a function of bytes, for fuzzing: what is refused is refused in our words.

A reader that takes the bytes is used, too: with a protocol or a clinic a course is planned, a
course is rendered, and what a roster asks for is read row by row. What raises `KetaschedError` is
an answer; anything else is a bug. The readers of files that users write or get are here; the
others are in `typed_values` and `records`.
"""

import io
import json
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from tests.conftest import ROOT
from tests.files.test_busy_calendars import RIGHT, SAMPLE, ZONES, calendar
from tests.files.test_column_mapping import MAPPING
from tests.files.test_proposal import WHOLE as PROPOSAL

from ketasched.errors import BadFile, KetaschedError
from ketasched.exchange.queues import appointments, reminders, rides
from ketasched.files.busy import calendar_from
from ketasched.files.column_mapping import ColumnMapping
from ketasched.files.column_set import ColumnSet
from ketasched.files.csv_cells import csv_line
from ketasched.files.load import READERS as KINDS
from ketasched.files.load import load_clinic, load_protocol, starter_clinic
from ketasched.files.roster import Roster, read_roster, request_of_row
from ketasched.files.toml_json import parse
from ketasched.model import (
    Clinic,
    Course,
    DateOrder,
    DateRange,
    Protocol,
    Request,
    WrittenProposal,
)
from ketasched.model.queues import Queue, QueueRow
from ketasched.planning.planner import plan
from ketasched.render.call_list.calls import make_call_list
from ketasched.render.call_list.forms import FORMS, render_calls
from ketasched.render.patient_folder import render_files
from tools.fuzz.example_course import MADE_AT, ZONE
from tools.fuzz.records import read_calendar_server, read_record, record_seeds, server_seeds
from tools.fuzz.typed_values import read_typed, typed_seeds

BUSY_DAYS = date(2026, 10, 19), date(2026, 12, 31)
"""The days that a calendar is asked about."""

REQUEST = Request(patient="P-014", start=date(2026, 12, 7))
EXAMPLES = ROOT / "examples"
CLINIC = EXAMPLES / "clinic.toml"
PROTOCOLS = ROOT / "src" / "ketasched" / "protocols"
GOLDEN = ROOT / "tests" / "whole" / "golden"
ROW = '{"patient": "P-1", "start": "2027-04-05", "days": ["mon", "wed"]}\n'


def read_protocol(data: bytes) -> None:
    """A protocol, with which a course is planned at the example's clinic."""
    found = _noun("protocol", data)
    assert isinstance(found, Protocol)
    plan(found, _usual_clinic(), REQUEST, made_at=MADE_AT)


def read_clinic(data: bytes) -> None:
    """A clinic, at which a course is planned by the usual protocol."""
    found = _noun("clinic", data)
    assert isinstance(found, Clinic)
    plan(_usual_protocol(), found, REQUEST, made_at=MADE_AT)


def read_course(data: bytes) -> None:
    """A course, of which all files are made."""
    found = _noun("course", data)
    assert isinstance(found, Course)
    render_files(found, ("text", "html", "ics", "rides", "json"))


def read_busy(data: bytes) -> None:
    """A calendar, which is asked when somebody is busy."""
    calendar_from(data, "fuzz.ics").busy(ZONE, *BUSY_DAYS)


def read_rows(data: bytes) -> None:
    """A roster to its last row; what is rejected is written again."""
    _requests(read_roster(io.BytesIO(data)))


def read_mapping(data: bytes) -> None:
    """A column mapping, by which a roster is read that has its headings."""
    found = _noun("mapping", data)
    assert isinstance(found, ColumnMapping)
    header = csv_line((*found.columns, *found.ignore))
    row = csv_line("04/05/2027" for _ in found.columns)
    stream = io.BytesIO(header + row)
    roster = read_roster(stream, names=found.headings, ignored=found.ignore)
    _requests(roster, found.date_order)


def read_column_set(data: bytes) -> None:
    """A column set, by which rows are written."""
    found = _noun("column-set", data)
    assert isinstance(found, ColumnSet)
    found.csv(_rows_of(found.rows))


def read_proposal(data: bytes) -> None:
    """A proposal, of which a call list is made."""
    found = _noun("proposal", data)
    assert isinstance(found, WrittenProposal)
    calls = make_call_list(found.clinic, (), found.not_placed)
    for form in FORMS:
        render_calls(calls, form)


READERS: Mapping[str, Callable[[bytes], None]] = MappingProxyType(
    {
        "typed values": read_typed,
        "calendar server": read_calendar_server,
        "record": read_record,
        "protocol": read_protocol,
        "clinic": read_clinic,
        "course": read_course,
        "mapping": read_mapping,
        "column set": read_column_set,
        "proposal": read_proposal,
        "roster": read_rows,
        "busy calendar": read_busy,
    }
)


def read_or_refuse(reader: str, data: bytes) -> None:
    """Read the data. Raises what is a bug; what `KetaschedError` refuses is no bug."""
    try:
        READERS[reader](data)
    except KetaschedError:
        return


def seeds(reader: str) -> Iterator[bytes]:
    """Files that are right, for a fuzzer to begin with."""
    texts = {
        "protocol": _texts(PROTOCOLS.glob("*.toml")),
        "clinic": [*_texts([CLINIC]), starter_clinic("America/New_York", "0" * 32)],
        "course": _texts(GOLDEN.glob("*.patient.json")),
        "mapping": [MAPPING],
        "column set": _texts((EXAMPLES / "columns").glob("*.toml")),
        "proposal": [json.dumps(PROPOSAL)],
        "roster": [*_texts([EXAMPLES / "roster.csv"]), ROW],
        "busy calendar": _calendars(),
        "typed values": typed_seeds(),
        "calendar server": server_seeds(),
        "record": record_seeds(),
    }
    for text in texts[reader]:
        yield text.encode()
        # As JSON, too, which is changed place by place.
        if reader in ("protocol", "clinic", "mapping", "column set"):
            yield json.dumps(tomllib.loads(text)).encode()


def _requests(roster: Roster, order: DateOrder = None) -> None:
    """Ask each row for its request, and write the row again."""
    for row in roster.rows:
        csv_line(row.raw_cells)
        with suppress(KetaschedError):
            request_of_row(row, order)


def _texts(paths: Iterable[Path]) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted(paths)]


def _calendars() -> list[str]:
    """What is tried of calendars elsewhere: series, zones, whole days, free-busy times."""
    in_zones = [
        calendar(f"DTSTART;TZID={name}:20261026T090000\nRRULE:FREQ=WEEKLY;COUNT=2", zones=zones)
        for zones, name, _ in ZONES.values()
    ]
    return [*(calendar(*events) for events, _ in RIGHT.values()), *in_zones, "\n".join(SAMPLE)]


@lru_cache
def _rows_of(queue: Queue) -> Sequence[QueueRow]:
    """Rows of a queue, of a course whose patient agreed to reminders."""
    asked = replace(REQUEST, reminders=True, patient_phone="+1 555 0134")
    course = plan(_usual_protocol(), _usual_clinic(), asked, made_at=MADE_AT)
    rows: dict[Queue, Iterator[QueueRow]] = {
        "appointments": appointments(course, {}, DateRange(*BUSY_DAYS), cancelled=True),
        "rides": rides(course, MADE_AT, BUSY_DAYS[1], "all"),
        "reminders": reminders(course, MADE_AT, BUSY_DAYS[1]),
    }
    return [*rows[queue]]


@lru_cache
def _usual_clinic() -> Clinic:
    return load_clinic(str(CLINIC))


@lru_cache
def _usual_protocol() -> Protocol:
    return load_protocol("iv-depression")


def _noun(kind: str, data: bytes) -> object:
    """What `load` makes of a file's bytes; JSON where it begins like that, else TOML."""
    path = "fuzz.json" if data.startswith(b"{") else "fuzz.toml"
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadFile(f"{path}: is not UTF-8 text") from None
    return KINDS[kind](parse(text, path), path)
