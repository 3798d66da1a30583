"""Which time zone data is in use: the system's, if it has any, else the package `tzdata`."""

import re
import zoneinfo
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ketasched.files.disk import open_file

ANY_ZONE = "America/New_York"
"""A zone that is in every collection."""

LONGEST_LINE = 1000
"""Of the first line of a collection's file no more bytes are read."""


@dataclass(frozen=True, slots=True)
class ZoneData:
    """A collection of zones.

    `release` is "2026a", for example, and "" if it is unknown. `folder` is None for the package
    `tzdata`.
    """

    release: str
    folder: Path | None

    def __str__(self) -> str:
        where = "the package tzdata" if self.folder is None else str(self.folder)
        return f"{self.release or 'of no known release'}, from {where}"


def zone_data(zone: str = ANY_ZONE) -> ZoneData:
    """The collection that `zoneinfo` reads this zone from."""
    for place in map(Path, zoneinfo.TZPATH):
        if (place / zone).is_file():
            return ZoneData(_release_in(place), place)
    return ZoneData(packaged_release(), None)


def packaged_release() -> str:
    """The release of the package `tzdata` (2026.1 is 2026a); "" if it is not installed."""
    try:
        year, number = map(int, version("tzdata").split(".")[:2])
    except (PackageNotFoundError, ValueError):
        return ""
    return f"{year}{chr(ord('a') + number - 1)}"


def version_text() -> str:
    """What `ketasched --version` says."""
    return f"ketasched {version('ketasched')}, zone data {zone_data()}"


def _release_in(folder: Path) -> str:
    """The release of a system's collection, by one of the files that name it; else ""."""
    for name in ("+VERSION", "tzdata.zi"):
        try:
            with open_file(folder / name) as file:
                found = re.search(rb"\b(\d{4}[a-z]{1,2})\b", file.readline(LONGEST_LINE))
        except OSError:
            continue
        if found:
            return found[1].decode()
    return ""
