"""Clinics that differ, and a roster of rows for them: the same files each time."""

import csv
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from random import Random

from tools.benchmarks.rosters import rows

MADE_AT = "2026-11-23T15:00:00Z"

ZONES = (
    *("America/New_York", "America/Chicago", "America/Denver", "America/Phoenix"),
    *("America/Los_Angeles", "America/Anchorage", "America/St_Johns", "Pacific/Honolulu"),
    *("Europe/London", "Europe/Berlin", "Australia/Adelaide", "Pacific/Auckland"),
)
"""Whole and half hours, both hemispheres, with summer time and without."""

HOURS = (
    (("08:00-17:00",), ("08:00-17:00",), ("08:00-17:00",), ("08:00-17:00",), ("08:00-16:00",)),
    (("08:00-12:30", "13:30-17:00"), ("08:00-12:30",), ("08:00-17:00",), ("09:00-18:00",), ()),
    (("07:30-15:30",), (), ("07:30-15:30",), ("07:30-15:30",), ("07:30-15:30",)),
    (("09:00-13:00",), ("09:00-13:00",), ("09:00-13:00",), ("09:00-13:00",), ("09:00-13:00",)),
)
"""What clinics are open, from Monday to Friday."""

DAYS = ("mon", "tue", "wed", "thu", "fri")


def write_clinics(folder: Path, count: int) -> tuple[Path, ...]:
    """Write `count` clinics that differ in zone, hours, chairs and grid; return their paths."""
    random = Random("clinics/1")
    folder.mkdir(parents=True, exist_ok=True)
    paths = tuple(folder / f"clinic-{number:03d}.toml" for number in range(1, count + 1))
    for path in paths:
        path.write_text(_clinic(random, path.stem), encoding="utf-8")
    return paths


def _clinic(random: Random, name: str) -> str:
    chairs = random.choice((1, 2, 2, 3, 3, 4, 6, 8))
    limits = [f"chairs = {chairs}"]
    if random.randrange(3) == 0:
        limits.append(f"starts_per_slot = {random.randint(1, chairs)}")
    opened = zip(DAYS, random.choice(HOURS), strict=True)
    hours = [f"{day} = {_quoted(times)}" for day, times in opened if times]
    zone = random.choice(ZONES)
    closures = ["", "[closures]", 'holidays = "US-NY"'] if zone.startswith("America") else []
    return "\n".join(
        [
            f'name = "{name}"',
            f'phone = "+1 555 {random.randrange(10_000):04d}"',
            f'timezone = "{zone}"',
            *limits,
            f"slot_minutes = {random.choice((15, 15, 20, 30))}",
            f'preferred_start = "{random.choice(("08:30", "09:00", "10:00"))}"',
            f'id_salt = "{random.getrandbits(64):016x}"',
            "",
            "[hours]",
            *hours,
            *closures,
            "",
        ]
    )


def _quoted(times: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{one}"' for one in times) + "]"


def write_roster(path: Path, clinics: Sequence[Path], count: int) -> Path:
    """Write a roster of `count` rows: some clinics have many of them, and some rows are wrong."""
    with path.open("w", encoding="utf-8", newline="") as file:
        found = _rows(clinics, count)
        first = next(found)
        writer = csv.DictWriter(file, first, lineterminator="\n")
        writer.writeheader()
        writer.writerow(first)
        writer.writerows(found)
    return path


def _rows(clinics: Sequence[Path], count: int) -> Iterator[dict[str, str]]:
    random = Random("rows/1")
    shares = list(accumulate(random.uniform(0.3, 1.7) for _ in clinics))
    for number, row in enumerate(rows(count), start=1):
        row |= {"clinic": str(random.choices(clinics, cum_weights=shares)[0])}
        if number % 100 == 50:
            row["start"] = "someday"
        elif number % 200 == 99:
            row["patient"] = f"P-{number - 98:06d}"  # whom an earlier row names already
        yield row
