"""What a year was like, from the bookings as they are stored: the same for every policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import mean, median

from tools.simulation.clinic import FIRST_MONDAY, VISIT_MINUTES, ClinicFile, days
from tools.simulation.patients import SIX, Patient
from tools.simulation.stored_bookings import StoredBookings

GAP, SPAN, BOOSTER_GAP = (2, 5), 21, (14, 42)
"""The windows of the protocol, in days: src/ketasched/protocols/iv-depression.toml."""

CAUSES = ("news", "deferral", "make-up")
"""Why promised dates are withdrawn: the keys of `Year.withdrawn`, the waiting list aside."""

WARM_UP_WEEKS = 4
"""The clinic begins empty: how full the chairs are is measured after so many weeks."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What a year was like. `waits` are in days; `withdrawn` is by cause.

    Of the courses that began: how many `outside` there are, visits (of `visits`, the first ones
    left out) before the smallest or after the largest gap, how many courses are longer than the
    `span`, how many were completed, and how many visits of six each had.
    """

    patients: int
    never_seated: int
    waits: Sequence[int]
    withdrawn: Mapping[str, int]
    visits: int
    too_soon: int
    too_late: int
    too_long: int
    completed: int
    visits_of_six: Sequence[int]
    boosters: int
    chair_use: float

    @property
    def began(self) -> int:
        """How many courses began."""
        return self.patients - self.never_seated

    @property
    def outside(self) -> int:
        """How many visits are outside their window."""
        return self.too_soon + self.too_late

    @property
    def all_withdrawn(self) -> int:
        """How many promised dates were withdrawn."""
        return sum(self.withdrawn.values())

    @property
    def figures(self) -> Mapping[str, float]:
        """The numbers of the table, by name."""
        waits = sorted(self.waits)
        return {
            "patients": self.patients,
            "never seated": self.never_seated,
            "days waited, mean": mean(waits),
            "days waited, median": median(waits),
            "days waited, 9 of 10 at most": waits[len(waits) * 9 // 10],
            "dates withdrawn": self.all_withdrawn,
            **{f"because of {cause}": self.withdrawn.get(cause, 0) for cause in CAUSES},
            "visits": self.visits,
            "outside their window": self.outside,
            "too soon": self.too_soon,
            "too late": self.too_late,
            "courses longer than the span": self.too_long,
            "completed": 100 * self.completed / self.began,
            "visits of six, mean": mean(self.visits_of_six),
            "boosters": self.boosters,
            "chair use": 100 * self.chair_use,
        }


def measure(
    bookings: StoredBookings,
    patients: Sequence[Patient],
    clinic: ClinicFile,
    withdrawn: Mapping[str, int],
    weeks: int,
) -> Measures:
    """The measures of a year that is over."""
    starts = bookings.by_patient()
    began = [(one, starts[one.reference]) for one in patients if starts.get(one.reference)]
    gaps = [gap for one, own in began for gap in _gaps(one, own)]
    of_six = [min(len(one.prior) + len(own), SIX) for one, own in began]
    warm_up = min(WARM_UP_WEEKS, weeks - 1)
    first, last = FIRST_MONDAY + timedelta(7 * warm_up), FIRST_MONDAY + timedelta(7 * weeks - 1)
    used = VISIT_MINUTES * len(bookings.on(first, last))
    return Measures(
        patients=len(patients),
        never_seated=len(patients) - len(began),
        waits=[(own[0].date() - one.start).days for one, own in began],
        withdrawn=dict(sorted(withdrawn.items())),
        visits=len(gaps),
        too_soon=sum(gap < least for gap, least, _ in gaps),
        too_late=sum(gap > most for gap, _, most in gaps),
        too_long=sum(_span(one, own) > SPAN for one, own in began),
        completed=sum(count == SIX for count in of_six),
        visits_of_six=of_six,
        boosters=sum(max(len(one.prior) + len(own) - SIX, 0) for one, own in began),
        chair_use=used / sum(map(clinic.chair_minutes, days(first, last))),
    )


def _gaps(patient: Patient, starts: Sequence[datetime]) -> list[tuple[int, int, int]]:
    """The days from each visit to the next, with the least and the most that are allowed.

    Visits that took place elsewhere are left out: no clinic can do anything about them.
    """
    found = []
    for index, (one, other) in enumerate(pairwise(starts), start=len(patient.prior) + 1):
        limits = GAP if index < SIX else BOOSTER_GAP
        found.append(((other.date() - one.date()).days, *limits))
    return found


def _span(patient: Patient, starts: Sequence[datetime]) -> int:
    """The days from the first to the last of the six, both counted, visits elsewhere left out."""
    six = starts[: SIX - len(patient.prior)]
    return (six[-1].date() - six[0].date()).days + 1
