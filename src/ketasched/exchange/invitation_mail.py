"""The mail of an invitation: iTIP (RFC 5546) by mail (RFC 6047), as a file "….eml"."""

import email.policy
import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import quote

from ketasched.exchange.invitations import Invitation
from ketasched.model.identifiers import make_uid
from ketasched.render.ics import itip_method, itip_text

CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def invitation_mail(one: Invitation, written: datetime) -> bytes:
    """The mail: what it says as text, then as a calendar with the same method; with CRLF.

    It is dated when it is `written`. An address with letters beyond ASCII needs SMTPUTF8
    (RFC 6531).
    """
    method, calendar = itip_method(one.status), _calendar(one)
    is_ascii = f"{one.to}{one.organizer}".isascii()
    mail = EmailMessage(email.policy.SMTP.clone(cte_type="7bit", utf8=not is_ascii))
    mail["From"] = _address(one.organizer, _header_text(one.sender))
    mail["To"] = _address(one.to)
    title = one.changed_title if one.what == "changed" else one.title
    mail["Subject"] = _header_text(f"{title}, {one.when}")
    mail["Date"] = format_datetime(written)
    name = make_uid(one.uid, "mail", one.to, one.sequence, method)
    domain = one.organizer.rpartition("@")[2]
    mail["Message-ID"] = f"<{name}@{domain if domain.isascii() else 'localhost'}>"
    mail["Auto-Submitted"] = "auto-generated"
    lines = title, one.when, one.was, one.place, one.text
    mail.set_content("\n".join(filter(None, lines)))
    mail.add_alternative(calendar, subtype="calendar", params={"method": method})
    mail.set_boundary(name)
    mail.epilogue = ""  # the last line ends, too
    return mail.as_bytes()


def _header_text(text: str) -> str:
    """The text without controls, breaks of lines, and what looks like an encoded word."""
    return CONTROLS.sub(" ", text).replace("=?", "= ?")


def _address(address: str, name: str = "") -> Address:
    user, _, domain = address.rpartition("@")
    return Address(name, user, domain)


def _calendar(one: Invitation) -> str:
    people = (f"mailto:{quote(address, safe='@!$+*-._~')}" for address in (one.organizer, one.to))
    return itip_text(one.zone, one.event, *people)
