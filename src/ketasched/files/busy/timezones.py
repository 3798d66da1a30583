"""Time zones by name, as the IANA, Windows, or a calendar itself has them (VTIMEZONE)."""

import re
import struct
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import cache
from io import BytesIO
from struct import pack
from zoneinfo import ZoneInfo, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from ketasched.files.busy.content_lines import OFFSETS, Component, tidy
from ketasched.files.busy.recurrence import Budget, TooMuch, occurrences, read_rule
from ketasched.files.busy.spans import DAY, SOMEWHERE, Moment, wall_of
from ketasched.files.cross_references import zone_of

EARLIEST, LATEST = wall_of(date(1900, 1, 1)), wall_of(date(2110, 1, 1))
"""When the changes of a zone's clocks are looked for."""

HALVES = wall_of(date(2026, 1, 1)), wall_of(date(2026, 7, 1))
"""Winter and summer, or the other way round."""

OFFSET = re.compile(
    r"\(?(?:UTC|GMT|(?=[-+]\d))(?:( ?[-+]| )(\d{1,2})(?:[:.]?(\d\d))?(?!\d))?\)? ?(.*)",
    re.IGNORECASE | re.ASCII,
)
"""An offset, and after it maybe a name, as in "(UTC-05:00) Eastern Time (US & Canada)". A link has
lost the plus of "GMT 0200".
"""

DESCRIBED = re.compile(r"([-+]?)(\d{1,2}?):?([0-5]\d):?([0-5]\d)?", re.ASCII)
"""TZOFFSETFROM and TZOFFSETTO."""

NORTHERN = re.compile(r"(\w+) Time \((?:US & )?Canada\).*")
"""How Windows shows zones that it calls "Eastern Standard Time"."""

OffsetChange = tuple[int, int, int]
"""At which second of UTC clocks change, from an offset to another one."""


def zone_of_changes(changes: list[OffsetChange]) -> ZoneInfo:
    """The zone whose clocks change so.

    `zoneinfo` reads it as a TZif file (RFC 8536): a first block without changes, then this one.
    """
    onsets, offsets = [one for one, _, _ in changes], [new for _, _, new in changes]
    kinds = list(dict.fromkeys((changes[0][1], *offsets)))
    blocks = [b"TZif2" + bytes(15) + pack(">6l", 0, 0, 0, 0, 1, 1) + bytes(7)]
    blocks.append(b"TZif2" + bytes(15) + pack(">6l", 0, 0, 0, len(onsets), len(kinds), 1))
    blocks.append(pack(f">{len(onsets)}q", *onsets) + bytes(map(kinds.index, offsets)))
    blocks += [pack(">l2x", offset) for offset in kinds]
    return ZoneInfo.from_file(BytesIO(b"".join(blocks) + b"\0\n\n"))


def described_zone(described: Iterable[Component], known: Moment, budget: Budget) -> Moment:
    """Some moment in the zone that VTIMEZONEs describe, with a doubt if they differ; in the known
    one of their name, if all are broken, or one says nothing else.
    """
    found: list[tuple[list[OffsetChange], ZoneInfo]] = []
    for one in described:
        try:
            changes = sorted(change for part in one.parts for change in _changes(part, budget))
            found.append((changes, zone_of_changes(changes)))
        except (ValueError, LookupError, TypeError, AttributeError, struct.error, TooMuch):
            continue
    if not found:
        return known
    is_known = not known.doubt and any(_gap(changes, known.zone) == 0 for changes, _ in found)
    first, zone = found[0]
    gaps = [_gap(changes, known.zone if is_known else zone) for changes, _ in found]
    gaps += [] if is_known else [_gap(first, own) for _, own in found]
    return (known if is_known else Moment(zone=zone))._replace(doubt=max(gaps))


def _gap(changes: list[OffsetChange], zone: tzinfo | None) -> int:
    """By how much the offsets of a description differ from those of a zone; since 1970, or now."""
    ever = [(onset, offset) for onset, _, offset in changes if onset > 366 * DAY]
    ever = ever or [(half, changes[-1][2]) for half in HALVES]
    there = ((datetime.fromtimestamp(onset, zone).utcoffset(), offset) for onset, offset in ever)
    return max(abs((one or timedelta()) // timedelta(seconds=1) - offset) for one, offset in there)


def _changes(part: Component, budget: Budget) -> Iterator[OffsetChange]:
    """When clocks change to what a STANDARD or a DAYLIGHT describes."""
    start = wall_of(next(part.only("DTSTART")[0].values()))
    before, after = (_seconds(part.only(one)[0].value) for one in OFFSETS)
    walls = {start, *(wall_of(value) for one in part.all("RDATE") for value in one.values())}
    for one in part.all("RRULE"):
        rule = read_rule(tidy(one.value), start)
        ends = [LATEST, *(wall_of(last) + DAY for last in one._replace(value=rule.until).values())]
        walls.update(occurrences(rule, start, EARLIEST, min(ends), budget))
    return ((wall - before, before, after) for wall in walls)


def _seconds(offset: str) -> int:
    """The seconds of a TZOFFSETFROM or TZOFFSETTO. Raises `ValueError`."""
    found = DESCRIBED.fullmatch("".join(offset.split()))
    if found is None or int(found[2]) > 23:
        raise ValueError
    hours, minutes, seconds = map(int, found.groups("0")[1:])
    return int(f"{found[1]}1") * (hours * 3600 + minutes * 60 + seconds)


def known_zone(name: str) -> Moment:
    """Some moment in the zone of a name: of the world, of Windows, or an offset."""
    if zone := zone_of(name) or zone_of(_names().get(_folded(name))):
        return Moment(zone=zone)
    found = OFFSET.fullmatch(name)
    sign, hours, minutes, shown = found.groups("") if found else ("", "", "", name)
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    offset = -offset if "-" in sign else offset
    zones = [zone for one in _spellings(shown) if (zone := zone_of(_names().get(_folded(one))))]
    offsets = {_offsets(zone) for zone in zones}
    if len(offsets) == 1 and (not found or min(*offsets) == offset):
        return Moment(zone=zones[0])
    if not found or abs(offset) > timedelta(seconds=SOMEWHERE):
        return Moment(zone=UTC, doubt=SOMEWHERE)
    is_offset = shown.upper() in ("", "UTC", "COORDINATED UNIVERSAL TIME")
    return Moment(zone=timezone(offset), doubt=0 if is_offset else 3600)


def _spellings(shown: str) -> Iterator[str]:
    """What a zone may be called elsewhere that has this name; Windows shows one as "Eastern Time
    (US & Canada)" or as "Amsterdam, Berlin, Rome".
    """
    words = shown.strip("/").split("/")
    yield from (*("/".join(words[-some:]) for some in (3, 2, 1)), shown.replace("-", "/"))
    yield NORTHERN.sub(r"\1 Time", shown).replace(" Time", " Standard Time")
    yield from words[-1].split(",")


@cache
def _names() -> dict[str, str]:
    """The zones of the world by their names, by those of Windows, and by their cities."""
    # Abbreviations are words of some languages, signs of Etc are the wrong way round, and west is
    # in Australia as in Brazil.
    world = [one for one in sorted(available_timezones()) if not one.isupper()]
    names = {_folded(one.rpartition("/")[2]): one for one in world if one[:4] != "Etc/"}
    names |= {_folded(windows): one for windows, one in WINDOWS_TO_OLSON.items()}
    return names | {_folded(one): one for one in world} | {"west": ""}


def _folded(name: str) -> str:
    return name.strip().replace(" ", "_").casefold()


def _offsets(zone: ZoneInfo) -> tuple[timedelta, timedelta]:
    """Both offsets of a zone: in one half of the year, wherever, clocks are not put forward."""
    january, july = (datetime.fromtimestamp(half, zone).utcoffset() for half in HALVES)
    return january or timedelta(), july or timedelta()
