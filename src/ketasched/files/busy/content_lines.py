"""Finds, in the bytes of a calendar (RFC 5545), the lines that say when something is.

All other lines are dropped unread: titles, notes and people cannot get into any output, and
`icalendar` is given a few values of each component.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from icalendar.prop import vDDDTypes

from ketasched.files.busy.notes import BadLine, Note, Notes
from ketasched.files.typed_text import clean_text

LISTS, ENDS = {"RDATE", "EXDATE", "FREEBUSY"}, {"DTEND", "DURATION"}
TIMES = LISTS | ENDS | {"DTSTART", "RECURRENCE-ID", "RRULE"}
OFFSETS = ("TZOFFSETFROM", "TZOFFSETTO")
CAPITALS = TIMES | {*OFFSETS, "SEQUENCE", "STATUS", "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS"}
CAPITALS |= {"DAYLIGHT"}
KEPT = CAPITALS | {"UID", "ATTENDEE", "TZID", "X-WR-TIMEZONE", "TZ"}
"""The properties that are kept; of the attendees only the owner."""

OBSERVANCES = {"STANDARD", "DAYLIGHT"}
READ = {"VCALENDAR", "VEVENT", "VFREEBUSY", "VTIMEZONE"} | OBSERVANCES
CALENDARS = READ | {"VTODO", "VJOURNAL"}
NAMED = CALENDARS | OBSERVANCES | {"VALARM"}
"""The components of which lines are kept; those that make a file a calendar; and those that an
error names: what any other is called, somebody may have typed.
"""

LINE, FOLD = re.compile(rb"[^\n]+(?:\n+[ \t][^\n]*)*"), re.compile(rb"\n+[ \t]")
BARE = "(?i:DTSTART|DTEND|RRULE|RDATE|FREEBUSY)|DURATION"
NAME = re.compile(rf"\s*([\w.-]+)\s*(?=[;:])|\s*({BARE})(?=[\s=])", re.ASCII)
"""The name of a property. One that makes an event longer is taken for one without a colon, too."""

HEAD = re.compile(r'((?:"[^"]*"|[^":])*):')
PARAMETER = re.compile(r';([\w-]+)=("[^"]*"|.*?(?=;[\w-]+=|$))', re.ASCII)
TIME = re.compile(r"\d{8}T[0-2]\d{5}Z?", re.ASCII)
DASHED = re.compile(r"(?<!\d)\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?", re.ASCII)
TIDY = {
    r"[\s:]+": "",
    "RSCALE=GREGORIAN;?": "",
    r"(?<=[,;])[,;]+|[,;]+$": "",
    r"(?<=\d{8}T)(\d{4})(?!\d)": r"\g<1>00",
    r"(?<=\d{8}T)(\d{6})\.\d+": r"\1",
    r"(?<=\d{8}T)24\d{4}": "235959",
    r"(?<=\d{8}T)(\d{4})60": r"\g<1>59",
    r"(?<=\d{8}T\d{6})T|(?<=\d{8})Z|(?<=P)T(?=\d+W)": "",
}
"""How programs write values, and how they are read. Python knows no leap seconds."""

DEEPEST = 20
"""No component is inside of more others."""


class Property(NamedTuple):
    """A content line: its number, name, parameters, and value."""

    line: int
    name: str
    parameters: Mapping[str, str]
    value: str

    def values(self) -> Iterator[Any]:
        """The values: a day, a time, a length, or a period as a tuple; None for one that
        `icalendar` does not understand.
        """
        texts = re.split("[,;]", self.value) if self.name in LISTS else [self.value]
        return map(_value, filter(None, texts))


@dataclass(slots=True)
class Component:
    """What is between a BEGIN, on this line, and its END: properties with a value, by name.

    The parts of a calendar are all that is in it, however deep; those of a zone its observances.
    """

    name: str
    line: int
    properties: dict[str, list[Property]] = field(default_factory=dict)
    parts: list["Component"] = field(default_factory=list)

    def all(self, name: str) -> list[Property]:
        """The properties of this name."""
        return self.properties.get(name, [])

    def texts(self, name: str) -> set[str]:
        """The values of the properties of this name; of a word in capitals."""
        return {one.value for one in self.all(name)}

    def only(self, name: str) -> list[Property]:
        """The property of this name, if it is there. Raises `BadLine` if another one differs."""
        said = self.all(name)
        if not said[1:]:
            return said
        said = [one for one in said if one.value] or said
        if len({(one.parameters.get("TZID"), one.value) for one in said}) > 1:
            raise BadLine(said[1].line, f"{name} is there twice (line {said[0].line})")
        return said[:1]


def components(raw: bytes, notes: Notes, owner: str) -> list[Component]:
    """The VCALENDARs of a file. Raises `BadLine` if there is none, or an event is cut off."""
    calendars: list[Component] = []
    is_open: list[Component] = []
    number, owner = 1, mail_of(owner)
    for number, line in _content_lines(raw):
        try:
            text = line.decode()
        except UnicodeDecodeError:
            text = line.decode("latin-1")
            notes[Note.NOT_UTF8].add(number)
        found = NAME.match(text) or NAME.match(text := clean_text(text))
        name = (found[1] or found[2]).upper() if found else ""
        text = text[found.end() :] if found else text
        if name == "BEGIN":
            _begin(Component(text[1:].strip().upper(), number), is_open, calendars)
        elif name == "END" and is_open:
            _end(text[1:].strip().upper(), number, is_open, notes)
        elif not found and is_open:
            notes[Note.JUNK].add(number)
        elif is_open and name in KEPT and is_open[-1].name in READ:
            said = _property(number, name, text)
            is_one = name != "ATTENDEE" or _is_of(owner, said)
            if is_one and (said.value or name in ENDS):
                is_open[-1].properties.setdefault(name, []).append(said)
    if not calendars:
        raise BadLine(1, "is no calendar: expected BEGIN:VCALENDAR")
    _refuse_event(is_open, number, "the file ends before END:VEVENT")
    if is_open:
        notes[Note.CUT_OFF].add(calendars[-1].line)
    return calendars


def _content_lines(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines of a file, unfolded, with the numbers of their first lines; no blank ones."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raw = raw.decode("utf-16", "replace").encode()
    for old, new in ((b"\xef\xbb\xbf", b""), (b"\r\r\n", b"\n"), (b"\r\n", b"\n"), (b"\r", b"\n")):
        raw = raw.replace(old, new)
    number, last = 1, 0
    for found in LINE.finditer(raw):
        number, last = number + raw.count(b"\n", last, found.start()), found.start()
        if content := FOLD.sub(b"", found[0]).strip(b"\0\x1a"):
            yield number, content


def _property(number: int, name: str, text: str) -> Property:
    """The property of what follows its name; the last colon is before a value of times."""
    if name in TIMES:
        text = DASHED.sub(_without_dashes, text) if "-" in text else text
        head, _, value = text.rpartition(":")
    else:
        found = HEAD.match(text)
        head, value = (found[1], text[found.end() :]) if found else ("", text)
    value = clean_text(value)
    value = value.strip(" ,;:=").upper() if name in CAPITALS else value
    return Property(number, name, _parameters(head), value)


@lru_cache(1000)
def _parameters(head: str) -> Mapping[str, str]:
    """The parameters of a property, which are the same in many lines."""
    return {one.upper(): plain_text(said) for one, said in PARAMETER.findall(head)}


def _without_dashes(found: re.Match[str]) -> str:
    return "".join(filter(str.isalnum, found[0].replace(" ", "T")))


def tidy(value: str) -> str:
    """A value as `icalendar` and `dateutil` read it."""
    for written, as_read in TIDY.items():
        value = re.sub(written, as_read, value)
    return value


@lru_cache(10_000)
def _value(text: str) -> Any:  # noqa: ANN401 - of any type of a time
    read: Callable[[str], Any] = vDDDTypes.from_ical
    if "/" in text:
        period = tuple(map(_value, text.split("/", 1)))
        return None if None in period else period
    try:
        # A plain time needs no `icalendar`, which takes longer.
        return datetime.fromisoformat(text) if TIME.fullmatch(text) else read(tidy(text))
    except (ValueError, ArithmeticError, LookupError, TypeError):
        return None


def mail_of(text: str) -> str:
    """A mail address in small letters, without "mailto:"."""
    return text.strip().casefold().removeprefix("mailto:").strip()


def _is_of(owner: str, attendee: Property) -> bool:
    texts = (attendee.value, attendee.parameters.get("EMAIL", ""))
    return owner != "" and owner in map(mail_of, texts)


def plain_text(text: str) -> str:
    """The text without backslashes, quotes, and spaces that are doubled or around it."""
    return " ".join(text.replace("\\", "").replace('"', "").split())


def _begin(new: Component, is_open: list[Component], calendars: list[Component]) -> None:
    if new.name in CALENDARS:
        _refuse_event(is_open, new.line, f"expected END:VEVENT, not BEGIN:{new.name}")
        if new.name == "VCALENDAR" or not (calendars or is_open):
            # Some files are an event without a calendar.
            calendars.append(Component("", new.line) if new.name != "VCALENDAR" else new)
    if len(is_open) >= DEEPEST:
        raise BadLine(new.line, "is nested too deeply")
    if new.name in OBSERVANCES and is_open:
        is_open[-1].parts.append(new)
    elif new.name in READ and calendars and new is not calendars[-1]:
        calendars[-1].parts.append(new)
    is_open.append(new)


def _end(name: str, line: int, is_open: list[Component], notes: Notes) -> None:
    """Close a component, and those within it that were not closed."""
    names = [one.name for one in reversed(is_open)]
    if name not in names:
        notes[Note.JUNK].add(line)
        return
    level = len(is_open) - 1 - names.index(name)
    closed, *inner = is_open[level:]
    _refuse_event(inner, line, f"expected END:VEVENT, not {_end_of(name)}")
    if inner and name == "VEVENT" and not closed.all("DTSTART"):
        # The start may be one of the lines that seem to be inside of what was not closed.
        said = f"expected {_end_of(inner[0].name)} (it begins on line {inner[0].line})"
        raise BadLine(line, said)
    del is_open[level:]


def _end_of(name: str) -> str:
    return f"END:{name}" if name in NAMED else "another END"


def _refuse_event(is_open: list[Component], line: int, said: str) -> None:
    """Raise `BadLine` if an event is among these components, which have no end."""
    for one in is_open:
        if one.name == "VEVENT":
            raise BadLine(line, f"{said} (it begins on line {one.line})")
