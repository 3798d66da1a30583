"""Rosters to measure with: rows as a clinic has them, the same for the same seed.

`python tools/benchmarks/rosters.py 5000 > roster.csv` writes one.
"""

import csv
import sys
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import chain
from random import Random
from typing import TextIO

FIRST_MONDAY, WEEKS = date(2026, 11, 30), 52
"""The asked starts are on the working days of a year."""

PROTOCOLS = {
    "iv-depression": 80,
    "iv-depression-twice-weekly-8": 6,
    "esketamine-us-label": 6,
    "iv-depression-gated": 4,
    "iv-ptsd": 2,
    "iv-weekly-maintenance": 2,
}
"""How often each is asked for, in percent."""

WITH_A_CHOICE = ("iv-depression", "iv-depression-gated")
"""The protocols that leave the pace to whoever asks."""

FREE_DAYS = {
    "": ("mon,tue,wed,thu,fri",),
    "2": ("mon,thu", "tue,fri", "mon,wed,thu", "tue,wed,thu,fri", "mon,tue,thu,fri"),
    "3": ("mon,wed,fri", "mon,wed,thu,fri", "mon,tue,wed,fri"),
}
"""What a patient's week may leave free, for so many visits in it."""

FIRST_NAMES = (
    *("Ada", "Ben", "Chen", "Dana", "Elif", "Femi", "Grace", "Hugo", "Ines", "Jamal", "Kai"),
    *("Lena", "Mateo", "Noor", "Olga", "Priya", "Rosa", "Sam", "Tomás", "Uma", "Viktor", "Zoë"),
)
LAST_NAMES = (
    *("Adler", "Brooks", "Castillo", "Dubois", "Eriksen", "Fischer", "García", "Haddad", "Ito"),
    *("Jensen", "Kim", "Lopez", "Mbeki", "Novák", "O'Brien", "Park", "Rivera", "Smith", "Wong"),
)


def rows(count: int, *, seed: int = 1) -> Iterator[dict[str, str]]:
    """So many rows of a roster, each as text by column; an empty cell asks for nothing."""
    random = Random(seed)
    for number in range(1, count + 1):
        yield _row(random, f"P-{number:06d}")


def _row(random: Random, patient: str) -> dict[str, str]:
    protocol = random.choices(list(PROTOCOLS), list(PROTOCOLS.values()))[0]
    start = FIRST_MONDAY + timedelta(7 * random.randrange(WEEKS) + random.randrange(5))
    per_week = random.choice("233") if protocol in WITH_A_CHOICE else ""
    cleared_by = _some(random, 90, ("Dr. Okafor", "Dr. Lindqvist", "Dr. Shah"))
    cleared_on = _day(random, date(2026, 10, 1), 50)
    return {
        "patient": patient,
        "start": str(start),
        "protocol": protocol,
        "per_week": per_week,
        "time": _some(random, 15, ("08:00", "08:30", "09:30", "10:00")),
        "between": _some(random, 12, ("08:00-12:30", "08:30-12:00", "09:00-17:00")),
        "days": _some(random, 15, FREE_DAYS[per_week]),
        "unavailable": _absences(random, start) if random.randrange(3) == 0 else "",
        "boosters": random.choice("0012") if protocol != "esketamine-us-label" else "",
        "born": str(_day(random, date(1950, 1, 1), 20_000)),
        "cleared_by": cleared_by,
        "cleared_on": str(cleared_on) if cleared_by else "",
        **_driver(random),
    }


def _some(random: Random, percent: int, values: Sequence[str]) -> str:
    """One of the values in so many rows of a hundred, else none."""
    return random.choice(values) if random.randrange(100) < percent else ""


def _day(random: Random, first: date, days: int) -> date:
    return first + timedelta(random.randrange(days))


def _absences(random: Random, start: date) -> str:
    """One or two absences of a few days during the course."""
    found = []
    for _ in range(random.randint(1, 2)):
        first = _day(random, start + timedelta(1), 40)
        last = first + timedelta(random.randrange(4))
        found.append(f"{first}" if first == last else f"{first}..{last}")
    return ";".join(found)


def _driver(random: Random) -> dict[str, str]:
    """Somebody who drives, in six of ten rows; mostly with a phone."""
    name = f"{random.choice(FIRST_NAMES)} {random.choice(LAST_NAMES)}"
    phone = f"+1 555 {random.randrange(10_000):04d}" if random.randrange(5) else ""
    known = random.randrange(10) < 6
    return {"driver_name": name if known else "", "driver_phone": phone if known else ""}


def write_roster(file: TextIO, count: int) -> None:
    """Write a roster of so many rows as CSV; nothing of it is kept."""
    found = rows(count)
    first = next(found)
    writer = csv.DictWriter(file, first, lineterminator="\n")
    writer.writeheader()
    writer.writerows(chain([first], found))


if __name__ == "__main__":
    write_roster(sys.stdout, int(sys.argv[1]))
