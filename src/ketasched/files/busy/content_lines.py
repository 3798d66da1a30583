"""Parses the text of a calendar (RFC 5545) into components with the numbers of their first lines.

Only properties about time are kept. Summaries, descriptions and attendees are skipped, so that
nothing of them can get into any output.
"""

import re
from dataclasses import dataclass, field

KEPT = {
    "VCALENDAR": {"VERSION"},
    "VEVENT": {
        "DTSTART",
        "DTEND",
        "DURATION",
        "RRULE",
        "RDATE",
        "EXDATE",
        "RECURRENCE-ID",
        "UID",
        "SEQUENCE",
        "STATUS",
        "TRANSP",
    },
    "VFREEBUSY": {"FREEBUSY"},
    "VTIMEZONE": {"TZID"},
    "STANDARD": {"DTSTART", "RRULE", "RDATE", "TZOFFSETFROM", "TZOFFSETTO"},
}
KEPT["DAYLIGHT"] = KEPT["STANDARD"]

NAME = re.compile(r"([A-Za-z0-9-]+)[;:]", re.ASCII)
HEAD = re.compile(r'[^":]*(?:"[^"]*"[^":]*)*:')
PARAMETER = re.compile(r';([A-Za-z0-9-]+)=([^";:]*(?:"[^"]*"[^";:]*)*)')

LONGEST_HEAD = 10_000
"""No line has more letters of parameters."""

DEEPEST = 20
"""No component is inside of more others than these."""


class BadLine(ValueError):
    """What is wrong with a calendar, and on which line."""

    def __init__(self, line: int, said: str) -> None:
        super().__init__(said)
        self.line = line


@dataclass(slots=True)
class Property:
    """A content line: its number, its name, and the rest of it, in as many pieces as lines."""

    line: int
    name: str
    pieces: list[str]
    _parts: tuple[dict[str, str], str] | None = None

    @property
    def value(self) -> str:
        """What comes after the parameters."""
        return self._split()[1]

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters by their names in capitals, quotes taken off."""
        return self._split()[0]

    def _split(self) -> tuple[dict[str, str], str]:
        if self._parts is None:
            text = "".join(self.pieces)
            found = HEAD.match(text)
            if not found or found.end() > LONGEST_HEAD:
                said = f"{self.name} is not written as a calendar's line is"
                raise BadLine(self.line, said)
            parameters = {
                one[1].upper(): one[2].replace('"', "") for one in PARAMETER.finditer(found[0])
            }
            self._parts = parameters, text[found.end() :].strip()
        return self._parts


@dataclass(slots=True)
class Component:
    """What stands between a BEGIN, on this line, and its END."""

    name: str
    line: int
    properties: list[Property] = field(default_factory=list)
    parts: list["Component"] = field(default_factory=list)

    def all(self, name: str) -> list[Property]:
        """The properties of this name."""
        return [one for one in self.properties if one.name == name]

    def one(self, name: str) -> Property | None:
        """The property of this name, if there is one. Raises `BadLine` if there are two."""
        found = self.all(name)
        if len(found) > 1:
            raise BadLine(found[1].line, f"{name} is there twice (line {found[0].line})")
        return found[0] if found else None


def components(text: str) -> list[Component]:
    """The VCALENDARs of a text. Raises `BadLine` where it is none, or is cut off."""
    calendars: list[Component] = []
    is_open: list[Component] = []
    last: Property | None = None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, raw in enumerate(lines, start=1):
        if raw[:1] in (" ", "\t"):
            if last is not None:
                last.pieces.append(raw[1:])
            continue
        last = None
        if not raw.strip():
            continue
        found = NAME.match(raw)
        name = found[1].upper() if found else ""
        if not found or (not is_open and name != "BEGIN"):
            raise BadLine(number, _no_line(calendars, is_open))
        if name == "BEGIN":
            _begin(Component(raw[6:].strip().upper(), number), is_open, calendars)
        elif name == "END":
            _end(raw[4:].strip().upper(), number, is_open)
        elif name in KEPT.get(is_open[-1].name, ()):
            last = Property(number, name, [raw[found.end() - 1 :]])
            is_open[-1].properties.append(last)
    _refuse_cut_off(calendars, is_open, len(lines) - (not lines[-1]))
    return calendars


def _refuse_cut_off(calendars: list[Component], is_open: list[Component], line: int) -> None:
    if is_open:
        begun = is_open[-1]
        said = f"the file ends before END:{begun.name} (it begins on line {begun.line})"
        raise BadLine(line, said)
    if not calendars:
        raise BadLine(1, "is no calendar: expected BEGIN:VCALENDAR")


def _no_line(calendars: list[Component], is_open: list[Component]) -> str:
    if not calendars and not is_open:
        return "is no calendar: expected BEGIN:VCALENDAR"
    return "is no line of a calendar: expected NAME:VALUE"


def _begin(new: Component, is_open: list[Component], calendars: list[Component]) -> None:
    if not is_open and new.name != "VCALENDAR":
        raise BadLine(new.line, "is no calendar: expected BEGIN:VCALENDAR")
    if len(is_open) >= DEEPEST:
        raise BadLine(new.line, "is nested too deeply")
    # What is of no interest, such as an alarm, is not kept.
    if not is_open:
        calendars.append(new)
    elif new.name in KEPT:
        is_open[-1].parts.append(new)
    is_open.append(new)


def _end(name: str, line: int, is_open: list[Component]) -> None:
    begun = is_open[-1]
    if name != begun.name:
        said = f"expected END:{begun.name}, which begins on line {begun.line}, not END:"
        raise BadLine(line, said + (name if name.isascii() and len(name) < 30 else "…"))
    is_open.pop()
