"""The simulated clinic: its file, its places, and the news that nobody knew when they booked.

Hours, news and numbers of chairs are assumptions: two visits fit into each half of a day.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from ketasched.files.load import load_clinic
from ketasched.model import Clinic
from ketasched.model.opening_hours import openings

ZONE = ZoneInfo("America/New_York")
FIRST_MONDAY = date(2027, 1, 4)

VISIT_MINUTES = 115
"""Check-in 15, treatment 40, observation 60: src/ketasched/protocols/iv-depression.toml."""

SLOT_MINUTES = 120
WANTED = time(10)
CLOSURES_A_WEEK = 0.1
"""How probable it is that a week has a day on which the clinic has to close: five in a year."""

REPAIRS_A_WEEK = 0.1
"""How probable it is that a week has a day from which chairs are out of order."""

LONGEST_REPAIR = 4

FILE = """\
name = "Simulated Clinic"
phone = "+1 555 0100"
timezone = "America/New_York"
id_salt = "simulation"
chairs = {chairs}
slot_minutes = {slot}
preferred_start = "{wanted:%H:%M}"

[hours]
mon = ["08:00-12:00", "13:00-17:00"]
tue = ["08:00-12:00", "13:00-17:00"]
wed = ["08:00-12:00", "13:00-17:00"]
thu = ["08:00-12:00", "13:00-17:00"]
fri = ["08:00-12:00", "13:00-17:00"]

[closures]
holidays = "US-NY"
dates = [{dates}]
chairs = {{ {out} }}
"""


@dataclass(frozen=True, slots=True)
class News:
    """What becomes known in the early morning of a day: it closes, or chairs are out of order.

    `last` is the last day of a repair, inclusive.
    """

    day: date
    what: str
    chairs_out: int = 0
    last: date | None = None


def news_of(seed: object, chairs: int, weeks: int) -> dict[date, News]:
    """The news of so many weeks, by day; the same for a seed, whatever the policy is."""
    found: dict[date, News] = {}
    for week in range(weeks):
        random = Random(f"{seed}/{chairs}/news/{week}")
        monday = FIRST_MONDAY + timedelta(7 * week)
        closes, breaks = random.random() < CLOSURES_A_WEEK, random.random() < REPAIRS_A_WEEK
        closed_on, broken_from = random.randrange(5), random.randrange(5)
        length = random.randint(1, min(LONGEST_REPAIR, 5 - broken_from))
        if closes:
            day = monday + timedelta(closed_on)
            found[day] = News(day, "snow" if day.month in (1, 2, 12) else "pump failure")
        elif breaks:
            day = monday + timedelta(broken_from)
            last = day + timedelta(length - 1)
            found[day] = News(day, "chair repair", 1 + chairs // 8, last)
    return found


@dataclass
class ClinicFile:
    """The clinic's file, which is written anew with each piece of news."""

    path: Path
    chairs: int
    known: list[News] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._write()

    def add(self, news: News) -> None:
        """Write the news into the file."""
        self.known.append(news)
        self._write()

    def _write(self) -> None:
        closed = [f'"{one.day} {one.what}"' for one in self.known if not one.chairs_out]
        out = [
            f'"{one.day}..{one.last} {one.what}" = {one.chairs_out}'
            for one in self.known
            if one.chairs_out
        ]
        text = FILE.format(
            chairs=self.chairs,
            slot=SLOT_MINUTES,
            wanted=WANTED,
            dates=", ".join(closed),
            out=", ".join(out),
        )
        self.path.write_text(text, encoding="utf-8")
        self.clinic: Clinic = load_clinic(str(self.path))

    def free_chairs(self, day: date) -> int:
        """How many chairs are in order on a day; 0 if the clinic is closed."""
        if not openings(self.clinic, day):
            return 0
        return self.chairs - self.clinic.closures.chairs_out_of_order(day)[0]

    def starts(self, day: date) -> Sequence[datetime]:
        """When a visit can begin on a day."""
        return [
            datetime.combine(day, time(minute // 60), ZONE)
            for opening in openings(self.clinic, day)
            for minute in range(opening.start, opening.end - VISIT_MINUTES + 1, SLOT_MINUTES)
        ]

    def chair_minutes(self, day: date) -> int:
        """How many minutes the chairs of a day are there in sum."""
        hours = openings(self.clinic, day)
        return self.free_chairs(day) * sum(one.end - one.start for one in hours)


def end_of(start: datetime) -> datetime:
    """The end of a visit."""
    return start + timedelta(minutes=VISIT_MINUTES)


def days(first: date, last: date) -> Iterator[date]:
    """The days from `first` to `last`, both inclusive."""
    for number in range((last - first).days + 1):
        yield first + timedelta(number)
