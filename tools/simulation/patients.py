"""The patients of a year, each with what they ask for and their fate.

Both are drawn for each patient alone, so that they are the same whatever a clinic does. A number
without a source is an assumption; docs/simulation.md lists all of them.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from random import Random

from tools.simulation.clinic import FIRST_MONDAY

SIX = 6
"""How many treatments a course has: src/ketasched/protocols/iv-depression.toml."""

COURSES_A_WEEK = 2.7
"""How many new patients call in a week for each chair: with their boosters and the visits that
they miss they ask for about 95 % of all places.
"""

COMPLETED = 0.85
STOPS_AFTER = {5: 0.78, 4: 0.14, 3: 0.05, 2: 0.02, 1: 0.01}
"""Of those who do not complete, how many stop after so many visits: 85 % complete, and the mean
is 5.8 of 6 (PMC9096687).
"""

MISSES = 0.06
"""How probable it is that a patient does not come to a visit. 8.8 % of the visits to psychiatrists
were missed, fewer in more intensive treatments (Sparr et al., Hosp Community Psychiatry
1993;44:801-5).
"""

DEFERS, MOST_DAYS_LATER = 0.04, 3
HOLDS, SHORTEST_HOLD, LONGEST_HOLD = 0.03, 4, 10
BOOSTED, MOST_BOOSTERS = 0.35, 3
BOOSTER_DAYS = (14, 21, 28)
"""14, 21 and 28 days: bionuu.com, as in the protocol."""

TRANSFERS = 0.04
"""How many had their first visits elsewhere."""

TWICE_A_WEEK = 0.25
FREE_DAYS = {
    2: (("tue", "thu"), ("mon", "tue", "thu", "fri"), ("mon", "wed", "thu")),
    3: (("mon", "wed", "fri"), ("mon", "wed", "thu", "fri"), ("mon", "tue", "wed", "fri")),
}
HALF_DAYS = ((time(8), time(12)), (time(13), time(17)))
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Fate:
    """What happens to a patient, by the number of the treatment within the course.

    `stops_after` is the treatment after which they stop; `hold` the treatment after which the
    clinician holds the course, and for how many days; `boosters` the days to each booster.
    """

    key: str
    stops_after: int | None
    hold: tuple[int, int] | None
    boosters: tuple[int, ...]
    names_driver: bool

    def misses(self, treatment: int) -> int:
        """How often the patient does not come to the treatment before they do."""
        random, count = Random(f"{self.key}/misses/{treatment}"), 0
        while random.random() < MISSES and count < 2:
            count += 1
        return count

    def defers(self, treatment: int) -> tuple[int, int] | None:
        """How many days before a treatment the patient asks to defer it, and by how many."""
        random = Random(f"{self.key}/defers/{treatment}")
        lead, later = random.randint(1, 3), random.randint(1, MOST_DAYS_LATER)
        return (lead, later) if random.random() < DEFERS else None


@dataclass(frozen=True, slots=True)
class Patient:
    """Who calls on the day `calls`, what they ask for, and their fate. All days are inclusive."""

    reference: str
    calls: date
    start: date
    latest: date
    per_week: int
    weekdays: tuple[str, ...]
    between: tuple[time, time] | None
    away: tuple[date, date] | None
    prior: tuple[date, ...]
    fate: Fate

    def can_come(self, day: date, begins: time, ends: time) -> bool:
        """Whether the patient can come at a time."""
        if self.weekdays and WEEKDAYS[day.weekday()] not in self.weekdays:
            return False
        if self.away and self.away[0] <= day <= self.away[1]:
            return False
        return not self.between or (self.between[0] <= begins and ends <= self.between[1])


def patients_of(seed: object, chairs: int, weeks: int) -> Sequence[Patient]:
    """The patients who call in so many weeks, in the order of their calls."""
    found: list[Patient] = []
    for week in range(weeks):
        random = Random(f"{seed}/{chairs}/calls/{week}")
        monday = FIRST_MONDAY + timedelta(7 * week)
        calls = [random.randrange(5) for _ in range(_poisson(random, COURSES_A_WEEK * chairs))]
        for weekday in sorted(calls):
            reference = f"P-{len(found) + 1:04d}"
            key = f"{seed}/{chairs}/{reference}"
            found.append(_patient(key, reference, monday + timedelta(weekday)))
    return found


def _patient(key: str, reference: str, calls: date) -> Patient:
    random = Random(f"{key}/asks")
    per_week = 2 if random.random() < TWICE_A_WEEK else 3
    is_transfer = random.random() < TRANSFERS
    start = calls + timedelta(random.randint(1, 3) if is_transfer else random.randint(3, 10))
    latest = start + timedelta(random.randint(14, 28))
    weekdays = random.choice(FREE_DAYS[per_week])
    half_day = random.choice(HALF_DAYS)
    away_from = start + timedelta(random.randrange(2, 25))
    away = away_from, away_from + timedelta(random.randrange(3))
    prior = tuple(_prior(random, calls))
    return Patient(
        reference,
        calls,
        start,
        latest,
        per_week,
        weekdays=weekdays if random.random() < 0.2 else (),
        between=half_day if random.random() < 0.2 else None,
        away=away if random.random() < 0.3 else None,
        prior=prior if is_transfer else (),
        fate=_fate(f"{key}/fate"),
    )


def _prior(random: Random, calls: date) -> Iterator[date]:
    day = calls - timedelta(random.randint(1, 3))
    for _ in range(random.randint(1, 3)):
        yield day
        day -= timedelta(random.randint(2, 3))


def _fate(key: str) -> Fate:
    random = Random(key)
    stops = random.choices(list(STOPS_AFTER), list(STOPS_AFTER.values()))[0]
    hold = random.randint(1, SIX - 1), random.randint(SHORTEST_HOLD, LONGEST_HOLD)
    boosters = [random.choice(BOOSTER_DAYS) for _ in range(random.randint(1, MOST_BOOSTERS))]
    return Fate(
        key,
        stops_after=None if random.random() < COMPLETED else stops,
        hold=hold if random.random() < HOLDS else None,
        boosters=tuple(boosters) if random.random() < BOOSTED else (),
        names_driver=random.random() < 0.5,
    )


def _poisson(random: Random, mean: float) -> int:
    """A number of events (Knuth, The Art of Computer Programming 2, 3.4.1)."""
    limit, product, count = math.exp(-mean), random.random(), 0
    while product > limit:
        product *= random.random()
        count += 1
    return count
