"""The entries of a published calendar: which are to be written, and what others wrote in them.

An entry is ours if the name of its resource is made from its UID and a key of the clinic, or if
its UID is one that is published. Our dates and our words replace what stands there. What others
added stays: below a line at the end of the description, or as properties that are not ours.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, date, datetime
from typing import Literal
from zlib import crc32
from zoneinfo import ZoneInfo

from icalendar import Calendar
from icalendar import Event as Entry

from ketasched.events.event import Event
from ketasched.events.own_uids import course_uids
from ketasched.events.view import View, reader_locale
from ketasched.events.wording import STAYS
from ketasched.exchange.calendar_server import CalendarObject
from ketasched.exchange.ended_feed import LAST_SEQUENCE, UNREADABLE, cancel, set_value, text_of
from ketasched.exchange.feeds import chain_events, chains
from ketasched.language.locale import Locale
from ketasched.model import Audience, Course
from ketasched.model.identifiers import clinic_key, make_uid
from ketasched.render.ics import calendar_text

LINE = "—" * 12

OUR_LINES = "X-APPOINTMENTS-LINES"
"""The property with a checksum of each line of ours: all other lines are somebody's."""

AS_OF = "X-APPOINTMENTS-AS-OF"
"""The property with the moment (UTC) of the last change of the course that an entry is from."""

OURS = {
    *("SUMMARY", "DTSTART", "DTEND", "DURATION", "DTSTAMP", "UID", "SEQUENCE", "DESCRIPTION"),
    *("LAST-MODIFIED", "LOCATION", "STATUS", "TRANSP", OUR_LINES, AS_OF),
    *("RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID"),
}
"""The properties that are written anew, or left out. All others of an entry are somebody's."""

UID = re.compile(r"^UID:(.*(?:\n[ \t].*)*)", re.MULTILINE)
FOLD = re.compile(r"\r?\n[ \t]")
MAY_DIFFER = re.compile(f"DTSTAMP|LAST-MODIFIED|SEQUENCE|{OUR_LINES}|{AS_OF}")
VEVENT = re.compile(r"^BEGIN:VEVENT$.*?^END:VEVENT$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """An event as it is to stand in a calendar; `name` is that of a new resource for it.

    `patient` is the reference, and `as_of` the moment when the course changed last.
    """

    name: str
    event: Event
    zone: str
    locale: Locale
    patient: str
    as_of: datetime

    @property
    def own_text(self) -> str:
        """The calendar of the event alone, with the line below which others may write."""
        text = f"{self.event.text}\n\n{self.locale.plain(self.locale.text(STAYS))}\n{LINE}"
        return calendar_text("", self.zone, [self.event._replace(text=text)])

    def text(self, found: CalendarObject | None = None) -> str:
        """The text of the resource, with what others wrote in the one that is `found`."""
        calendar = Calendar.from_ical(self.own_text)
        del calendar["NAME"], calendar["X-WR-CALNAME"]
        entry = calendar.events[0]
        set_value(entry, OUR_LINES, _checksums(entry))
        set_value(entry, AS_OF, f"{self.as_of.astimezone(UTC):%Y%m%dT%H%M%S%z}")
        before = _entry(found.text) if found else None
        if before:
            set_value(entry, "DESCRIPTION", str(entry["DESCRIPTION"]) + _notes(before))
            sequence = before.get("SEQUENCE")
            least = sequence if isinstance(sequence, int) else 0
            least += text_of(before, "STATUS") != self.event.status
            if entry.sequence < least <= LAST_SEQUENCE:
                set_value(entry, "SEQUENCE", least)
            for name in before.keys() - OURS:
                entry[name] = before[name]
        content: bytes = calendar.to_ical()
        return content.decode()


@dataclass(frozen=True, slots=True)
class Step:
    """What is done to a resource, which gets a text unless it is removed."""

    what: Literal["new", "changed", "cancelled", "removed"]
    name: str
    etag: str
    text: str
    title: str
    start: datetime | date


def published_entries(
    courses: Iterable[Course], audience: Audience, today: date
) -> dict[str, CalendarEntry]:
    """The events of the courses for an audience, by UID."""
    view, found = View(audience), dict[str, CalendarEntry]()
    for chain in chains(courses):
        last = chain[-1]
        owner, locale = clinic_key(last.clinic), reader_locale(last, view)
        as_of = max(course.changed_at for course in chain)
        for event in chain_events(chain, view, today):
            name = _resource_name(owner, audience, event.uid)
            found[event.uid] = CalendarEntry(
                name, event, last.timezone, locale, last.patient, as_of
            )
    return found


def later_ones(
    published: Mapping[str, CalendarEntry], found: Iterable[CalendarObject]
) -> dict[str, tuple[datetime, datetime]]:
    """The patients with an entry there from a later state of their course than is published.

    For each the moment of the published state and that of the one there, in the clinic's zone.
    """
    later = dict[str, tuple[datetime, datetime]]()
    for one in found:
        wanted = published.get(uid_of(one))
        there = _as_of(_entry(one.text)) if wanted and AS_OF in one.text else None
        if wanted and there and there > wanted.as_of.replace(microsecond=0):
            zone = ZoneInfo(wanted.zone)
            later[wanted.patient] = wanted.as_of.astimezone(zone), there.astimezone(zone)
    return later


def ended_entries(
    found: Iterable[CalendarObject],
    audience: Audience,
    courses: Sequence[Course],
    owner: str,
    now: datetime,
) -> Iterator[CalendarObject]:
    """The entries of these courses, whether these are published or not any more.

    `owner` is the key of the clinic if these are all of its courses, else "". If so, also what is
    to come of courses that are not known any more; what was stays.
    """
    known = frozenset[str]().union(*map(course_uids, courses))
    owners = {clinic_key(course.clinic) for course in courses} | {owner}
    for one in found:
        uid = uid_of(one)
        is_ours = any(one.name == _resource_name(key, audience, uid) for key in owners)
        if is_ours and (uid in known or (owner and _is_to_come(one, now))):
            yield one


def steps(
    published: Mapping[str, CalendarEntry],
    found: Sequence[CalendarObject],
    ended: Mapping[str, tuple[Locale, datetime]],
) -> Iterator[Step]:
    """What makes the published events (by UID) those of the calendar that was found.

    `ended` are the names of the resources that are ours whether they are published or not, each
    with the language for it and the moment. What is not published is deleted or, if somebody wrote
    in it, cancelled. What is cancelled, and was never there, stays away.
    """
    by_uid: dict[str, CalendarObject] = {}
    for one in found:
        uid = uid_of(one)
        if uid in published and (uid not in by_uid or one.name == published[uid].name):
            by_uid[uid] = one
        elif one.name in ended and (entry := _entry(one.text)):
            title, start = text_of(entry, "SUMMARY").partition("\n")[0], entry.start
            if not _notes(entry):
                yield Step("removed", one.name, one.etag, "", title, start)
            elif entry.get("STATUS") != "CANCELLED":
                text = _cancelled(one.text, entry, *ended[one.name])
                yield Step("cancelled", one.name, one.etag, text, title, start)
    for uid, wanted in published.items():
        before, event = by_uid.get(uid), wanted.event
        if before is None and event.status != "CANCELLED":
            yield Step("new", wanted.name, "", wanted.text(), event.title, event.start)
        elif before and not _is_the_same(before.text, wanted.own_text):
            text = wanted.text(before)
            yield Step("changed", before.name, before.etag, text, event.title, event.start)


def _resource_name(owner: str, audience: Audience, uid: str) -> str:
    """The name of the resource of an entry of ours, by the key of the clinic.

    Nobody else gives an entry this name: so it is known as ours once its course is not any more.
    """
    return f"{make_uid(owner, 'entry', audience, uid)}.ics"


def uid_of(resource: CalendarObject) -> str:
    """The UID of a resource; "" if it has none."""
    found = UID.search(resource.text.replace("\r", ""))
    return FOLD.sub("", found[1]).strip() if found else ""


def _is_to_come(resource: CalendarObject, now: datetime) -> bool:
    """Whether an entry begins after `now`; not so if it has no clock time."""
    entry = _entry(resource.text)
    start = entry.start if entry else None
    return isinstance(start, datetime) and start.tzinfo is not None and start > now


def _as_of(entry: Entry | None) -> datetime | None:
    """The moment of the state of the course that an entry is from; None if it has none."""
    try:
        found = datetime.strptime(str(entry.get(AS_OF)), "%Y%m%dT%H%M%S%z") if entry else None
    except ValueError:
        return None
    return found if found and found.year < MAXYEAR else None  # the last one has no local time


def _entry(text: str) -> Entry | None:
    """The event of a resource, the first one of a series; None unless it can be read."""
    found = VEVENT.findall(text.replace("\r", ""))
    try:
        entry = Entry.from_ical(found[0]) if found else None
        return entry if isinstance(entry, Entry) and _moments(entry) else None
    except UNREADABLE:
        return None


def _moments(entry: Entry) -> tuple[object, ...]:
    """The start and the end, in UTC if they are moments; nothing if one of them is missing."""
    found = entry.start, entry.end
    if None in found:
        return ()
    return tuple(
        one.astimezone(UTC) if isinstance(one, datetime) and one.tzinfo else str(one)
        for one in found
    )


def _is_the_same(text: str, own_text: str) -> bool:
    """Whether an entry is as it is published, but for what others may write in it."""
    return _plain_lines(text) == _plain_lines(own_text) or (
        len(VEVENT.findall(text.replace("\r", ""))) == 1
        and _content(_entry(text)) == _content(_entry(own_text))
    )


def _plain_lines(text: str) -> list[str]:
    """The lines of the event, but for those that servers may change: a look that is fast."""
    found = VEVENT.findall(FOLD.sub("", text).replace("\r", ""))
    return sorted(line for one in found for line in one.split("\n") if not MAY_DIFFER.match(line))


def _content(entry: Entry | None) -> tuple[object, ...] | None:
    """What of an entry has to be as it is published."""
    if entry is None:
        return None
    names = ("SUMMARY", "LOCATION", "STATUS", "TRANSP")
    alarms = sorted(str(one.get("TRIGGER")) for one in entry.walk("VALARM"))
    texts = (text_of(entry, name) for name in names)
    return *_moments(entry), *texts, _parts(entry)[0], alarms


def _parts(entry: Entry) -> tuple[str, str]:
    """The description above the line, and what somebody wrote below."""
    above, _, below = text_of(entry, "DESCRIPTION").replace("\r", "").partition(LINE)
    return above.strip(), below.rstrip()


def _lines(entry: Entry) -> list[str]:
    texts = text_of(entry, "SUMMARY"), text_of(entry, "LOCATION"), _parts(entry)[0]
    return [line.strip() for text in texts for line in text.split("\n") if line.strip()]


def _notes(entry: Entry) -> str:
    """What somebody wrote in an entry of ours: lines that are not ours, and all below the line."""
    known = text_of(entry, OUR_LINES).split()
    added = [line for line in _lines(entry) if known and _checksum(line) not in known]
    return "".join(f"\n{line}" for line in added) + _parts(entry)[1]


def _checksums(entry: Entry) -> str:
    """The checksums of all lines that stand above the line."""
    return " ".join(map(_checksum, _lines(entry)))


def _checksum(line: str) -> str:
    return f"{crc32(line.encode()):08x}"


def _cancelled(text: str, entry: Entry, locale: Locale, now: datetime) -> str:
    """The text of a resource with its entry as cancelled, and with what somebody wrote in it."""
    cancel(entry, locale, now, f"\n{LINE}{_notes(entry)}")
    set_value(entry, OUR_LINES, _checksums(entry))
    written = iter([entry.to_ical().decode().replace("\r", "").strip()])
    plain = VEVENT.sub(lambda _: next(written, ""), text.replace("\r", ""))
    return plain.replace("\n\n", "\n").replace("\n", "\r\n")
