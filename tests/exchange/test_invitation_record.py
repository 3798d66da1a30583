"""The record of invitations: whatever is damaged in one is found before anything is sent by it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from ketasched.errors import BadFile
from ketasched.exchange.invitation_record import (
    OutboxRecord,
    parse_record,
    record_bytes,
    with_files,
)
from ketasched.exchange.invitations import invitations
from ketasched.files.load import load_protocol
from ketasched.planning.planner import plan
from tests.conftest import MADE_AT
from tests.support.nouns import clinic, request


def row(**values: object) -> Callable[[dict[str, Any]], object]:
    """Puts these values in the first row of a record."""
    return lambda record: record["invitations"][0].update(values)


def whole(**values: object) -> Callable[[dict[str, Any]], object]:
    return lambda record: record.update(values)


DAMAGES = {
    "a number as an address": row(to=5),
    "no address": row(to="ana", pending=True),
    "an address of two lines": row(to="ana@example.org\nBcc: all@example.org", pending=True),
    "an organizer of two lines": row(organizer="a@b.example\r\nBcc: all@example.org"),
    "a list as a UID": row(uid=[1]),
    "a moment without a zone": row(start="2027-03-14T02:30:00"),
    "a day as a moment": row(start="2027-03-14"),
    "a moment that nobody can count from": row(end="9999-12-31T23:59:59+00:00"),
    "a text as a sequence": row(sequence="3"),
    "no sequence": row(sequence=None),
    "a sequence below 0": row(sequence=-5),
    "a huge sequence": row(sequence=10**30),
    "a list as a course": row(course_id=[1]),
    "another status": row(status="BOGUS"),
    "another attendee": row(attendee="nurse"),
    "a number as a title": row(title=5, pending=True),
    "half a character": row(title="\ud800", pending=True),
    "another zone": row(zone="../../etc/passwd", pending=True),
    "a zone with a long name": row(zone="America/" + 300 * "y"),
    "a text as an alarm": row(alarm="x"),
    "a huge alarm": row(alarm=10**20),
    "a file elsewhere": row(file="../000001-a.eml"),
    "no file to be written": row(file="", pending=True),
    "a field that is none": row(more=1),
    "more mails than there can be": whole(written=float("inf")),
    "half a mail": whole(written=1.5),
    "a table of invitations": whole(invitations={}),
    "a text as a revision": whole(revisions={"a": "3"}),
}


@pytest.fixture(scope="module")
def written() -> bytes:
    asked = request(patient_email="ana@example.org", driver_name="Sam")
    at = clinic(id_salt="s", email="visits@mill.example")
    course = plan(load_protocol("iv-depression"), at, asked, made_at=MADE_AT)
    number, sent = with_files(0, invitations(course, at.email))
    return record_bytes(OutboxRecord(number, sent, {course.course_id: course.revision}))


def test_a_record_that_is_read_is_written_as_it_was(written):
    assert record_bytes(parse_record(written, "the record")) == written


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_record_is_none_of_ours(written, damage):
    found = json.loads(written)
    DAMAGES[damage](found)
    with pytest.raises(BadFile, match="this is no record of invitations") as error:
        parse_record(json.dumps(found).encode(), "the record")
    assert error.value.next_step.startswith("restore the file from a backup\n")


def test_a_record_of_many_brackets_is_none_of_ours():
    with pytest.raises(BadFile, match="this is no record of invitations"):
        parse_record(b"[" * 200_000, "the record")
