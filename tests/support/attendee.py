"""An attendee's mail program and calendar, as RFC 5546 has them: the judge of invitations."""

import email
import email.policy
from datetime import datetime
from email.message import EmailMessage
from typing import NamedTuple

import icalendar


class Received(NamedTuple):
    """A mail that holds an invitation, read by Python's own parser."""

    mail: EmailMessage
    text: str
    calendar: str
    method: str


def read_mail(data: bytes) -> Received:
    """The mail, in which nothing is out of order: text first, a calendar with its method last."""
    mail = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    text, calendar = mail.iter_parts()
    for part in (mail, text, calendar):
        assert part.defects == []
    for name in ("From", "To", "Subject", "Date", "Message-ID"):
        assert len(mail.get_all(name, [])) == 1, name
        assert mail[name].defects == ()
    assert len(mail["From"].addresses) == len(mail["To"].addresses) == 1
    assert mail.get_content_type() == "multipart/alternative"
    types = [part.get_content_type() for part in (text, calendar)]
    assert types == ["text/plain", "text/calendar"]
    assert data.isascii() or not mail["To"].addresses[0].addr_spec.isascii()
    parameters = dict(calendar["Content-Type"].params)
    assert parameters["charset"] == "utf-8"
    content = calendar.get_content().replace("\r\n", "\n").replace("\n", "\r\n")
    assert f"METHOD:{parameters['method']}\r\n" in content
    return Received(mail, text.get_content(), content, parameters["method"])


class Entry(NamedTuple):
    """An entry of a calendar: when it is, and what it says."""

    start: datetime
    end: datetime
    title: str
    text: str


class Attendee:
    """A calendar that follows what an organizer sends."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.sequences: dict[str, int] = {}

    def receive(self, received: Received) -> None:
        """A REQUEST adds or updates, a CANCEL removes; what is older than known is ignored."""
        (event,) = icalendar.Calendar.from_ical(received.calendar).events
        uid, sequence = str(event["UID"]), int(str(event["SEQUENCE"]))
        if sequence < self.sequences.get(uid, 0):
            return
        self.sequences[uid] = sequence
        if received.method == "CANCEL":
            assert event["STATUS"] == "CANCELLED"
            self.entries.pop(uid, None)
            return
        assert event["STATUS"] in ("CONFIRMED", "TENTATIVE")
        what = str(event["SUMMARY"]), str(event["DESCRIPTION"])
        start, end = event.start, event.end
        assert isinstance(start, datetime)
        assert isinstance(end, datetime)
        self.entries[uid] = Entry(start, end, *what)
