"""The mail of an invitation, as mail and calendar programs read it, whatever its texts."""

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketasched.errors import BadRequest
from ketasched.exchange.invitation_mail import invitation_mail
from ketasched.exchange.invitations import Invitation, invitations
from ketasched.files.load import load_protocol
from ketasched.files.request_parsing import read_request
from ketasched.language.known import languages
from ketasched.model import text_problem
from ketasched.model.privacy import sensitive_term
from ketasched.planning.planner import plan
from tests.conftest import MADE_AT
from tests.support.attendee import Received, read_mail
from tests.support.libical import restriction_problems
from tests.support.nouns import clinic, request
from tests.support.readers import READERS

LATE = datetime(2026, 12, 1, tzinfo=UTC)


def sent(name: str = "iv-depression", /, **more: Any) -> list[Invitation]:
    """What a patient and a driver are invited to, at a clinic whose titles tell, over a summer."""
    asked = request(
        date(2026, 10, 26),  # the week before New York's clocks change
        driver_name="Sam",
        patient_email="ana@example.org",
        driver_email="sam@example.org",
        **more,
    )
    at = clinic(name="Mill Lane", titles="clinical", phone="+1 555 0142")
    course = plan(load_protocol(name), at, asked, made_at=MADE_AT.replace(month=10))
    return [*invitations(course, "visits@mill.example", "owner")]


def both(one: Invitation) -> Iterator[Received]:
    """The invitation, and its end."""
    for each in (one, one.ended(LATE)):
        yield read_mail(invitation_mail(each, LATE))


@pytest.mark.parametrize("name", ["iv-depression", "kap-six", "iv-home-tablets"])
@pytest.mark.parametrize("reader", READERS)
def test_every_reader_reads_the_one_event_of_an_invitation_and_of_its_end(name, reader):
    found = sent(name)
    some = found if reader != "ical.js" else found[::5]
    for one in some:
        for received in both(one):
            (event,) = READERS[reader](received.calendar)
            assert (event.uid, event.start, event.end) == (one.uid, one.start, one.end)
            assert received.calendar.count("BEGIN:VTIMEZONE") == 1


@pytest.mark.parametrize("name", ["iv-depression", "kap-six"])
def test_libical_finds_all_that_the_standard_asks_of_a_request_and_of_a_cancel(name):
    for one in sent(name):
        for received in both(one):
            assert restriction_problems(received.calendar) == []
    assert restriction_problems(received.calendar.replace("ORGANIZER", "X-ORGANIZER"))
    assert restriction_problems(received.calendar.replace("SEQUENCE", "X-SEQUENCE"))


def test_a_mail_is_for_one_and_asks_for_no_answer():
    one = sent()[0]
    request, cancel = both(one)
    assert (request.method, cancel.method) == ("REQUEST", "CANCEL")
    assert str(request.mail["From"]) == "Mill Lane <visits@mill.example>"
    assert str(request.mail["To"]) == "ana@example.org"
    assert request.mail["Message-ID"] != cancel.mail["Message-ID"]
    assert "ORGANIZER:mailto:visits@mill.example\r\n" in request.calendar
    assert "RSVP=FALSE" in request.calendar
    assert "SEQUENCE:0\r\n" in request.calendar
    assert "SEQUENCE:1\r\n" in cancel.calendar
    assert "STATUS:CANCELLED\r\n" in cancel.calendar
    assert "BEGIN:VALARM" not in cancel.calendar
    assert str(cancel.mail["Subject"]) == "CANCELLED: Appointment 1 of 6, Mon 26 Oct 2026, 09:00"
    assert cancel.text.splitlines()[-2] == "This does not take place."
    assert request.mail["Date"].datetime == cancel.mail["Date"].datetime == LATE


def test_whoever_is_called_off_can_call_the_clinic():
    for one in sent():
        _, cancel = both(one)
        assert cancel.text.splitlines()[-1] == "Clinic's phone: +1 555 0142"


@pytest.mark.parametrize(
    ("language", "changed", "was"),
    [
        pytest.param("en", "Changed: Appointment 1 of 6", "Was: Mon 26 Oct 2026, 09:00", id="en"),
        pytest.param("es", "Cambio: Cita 1 de 6", "Fecha anterior: lun, 26 oct", id="es"),
        pytest.param(
            "fr", "Modification : Rendez-vous 1 sur 6", "Date précédente : lun. 26 oct", id="fr"
        ),
    ],
)
def test_what_moved_says_so_and_when_it_was(language, changed, was):
    before = sent(language=language)[0]
    later = replace(before, was=before.moved_text)
    received = read_mail(invitation_mail(later, LATE))
    assert str(received.mail["Subject"]).startswith(changed)
    assert received.text.startswith(changed)
    assert received.text.splitlines()[2].startswith(was)
    assert f"SUMMARY:{before.title}\r\n" in received.calendar


def test_the_same_invitation_has_the_same_bytes():
    first, second = ([invitation_mail(one, LATE) for one in sent()] for _ in range(2))
    assert first == second


@pytest.mark.parametrize("name", ["iv-depression", "esketamine-us-label"])
def test_no_mail_tells_the_treatment_even_where_titles_are_clinical(name):
    for one in sent(name, patient="Ana Lima"):
        for received in both(one):
            texts = str(received.mail["Subject"]), received.text, received.calendar
            for text in texts:
                assert not sensitive_term(text)
                assert "Ana" not in text
            if one.attendee == "driver":
                assert "ana@example.org" not in received.calendar


@pytest.mark.parametrize("language", [one for one in languages() if one != "en"])
def test_a_mail_is_in_the_language_of_who_reads_it(language):
    found = sent(language=language, driver_language="en")
    english = {one.uid: one for one in sent()}
    for one in found:
        for received in both(one):
            assert received.text.splitlines()[0] in str(received.mail["Subject"])
        is_same = one.title == english[one.uid].title
        assert is_same == (one.attendee == "driver")
        assert (one.ended_text == english[one.uid].ended_text) == is_same


# --- hostile texts

HEADER = re.compile(rb"^([A-Za-z-]+):", re.MULTILINE)
USUAL = [
    *(b"From", b"To", b"Subject", b"Date", b"Message-ID", b"Auto-Submitted", b"MIME-Version"),
    b"Content-Type",
]

ODD = st.text(st.characters(exclude_categories=["Cs"]), max_size=120) | st.sampled_from(
    [
        "a\r\nBcc: all@example.org",
        "x\n\n--boundary",
        "=?utf-8?q?=0d=0aBcc:?= b",
        "\u2028\x85\x0b",
        '"',
    ]
)


CARRIED = ODD.filter(lambda text: not text_problem(text, lines=True))
"""Texts that a clinic's file can have."""


@given(sender=ODD, title=CARRIED, text=CARRIED)
def test_no_text_of_a_clinic_becomes_a_header_or_another_part(sender, title, text):
    one = replace(sent_once(), sender=sender, title=title, text=text)
    data = invitation_mail(one, LATE)
    assert HEADER.findall(data.partition(b"\r\n\r\n")[0]) == USUAL
    received = read_mail(data)
    assert [one.addr_spec for one in received.mail["To"].addresses] == ["ana@example.org"]
    assert [one.addr_spec for one in received.mail["From"].addresses] == ["visits@mill.example"]
    assert received.calendar.count("\r\nUID:") == received.calendar.count("BEGIN:VEVENT") == 1


_sent: list[Invitation] = []


def sent_once() -> Invitation:
    _sent.extend(sent()[: not _sent])
    return _sent[0]


@pytest.mark.parametrize(
    "address",
    [
        "o'brien+visits@example.org",
        "a..b.@docomo.example",
        f"{'a' * 64}@{'b' * 189}",
        "100%real?subject=x&cc=y@example.org",
        "josé@exámple.es",
        "用户@例子.广告",
    ],
)
def test_an_odd_address_is_the_one_that_the_mail_and_the_entry_are_for(address):
    one = replace(sent()[0], to=address)
    mail = email.message_from_string(
        invitation_mail(one, LATE).decode(), policy=email.policy.default
    )
    (to,) = mail["To"].addresses
    assert f"{to.username}@{to.domain}" == address
    calendar = [*mail.iter_parts()][-1].get_content()
    assert restriction_problems(calendar) == []
    assert icalendar.Calendar.from_ical(calendar).events[0]["ATTENDEE"] == (
        "mailto:" + quote(address, safe="@!$+*-._~")
    )


@pytest.mark.parametrize("address", ['"ana"@example.org', "ana@example.org\nBcc: all@example.org"])
def test_an_address_that_could_be_more_is_none(address):
    with pytest.raises(BadRequest, match="expected an e-mail address"):
        read_request({"start": "2026-12-07", "patient_email": address})
