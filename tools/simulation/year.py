"""A year, day by day: calls, visits, news, and the same fates whatever the policy is."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import count

from tools.simulation.clinic import FIRST_MONDAY, ZONE, ClinicFile, News
from tools.simulation.patients import SIX, Patient
from tools.simulation.policy import Policy

RUN_OUT_WEEKS = 6
"""After the last call the visits that are booked still take place for so many weeks."""

NEWS_AT, CALLS_FROM, EVENING, WEEKEND = time(6, 30), time(9), time(18), time(19)
A_CALL = timedelta(minutes=1)
LONGEST_LEAD = 3
"""No patient asks for a later day longer before a visit: `Fate.defers`."""


class InspectionFailed(Exception):
    """What is wrong with the bookings after a day."""


@dataclass
class Year:
    """A clinic that lives by a policy through so many weeks, and some more without new calls."""

    policy: Policy
    clinic: ClinicFile
    patients: Sequence[Patient]
    news: Mapping[date, News]
    weeks: int
    run_out: int = RUN_OUT_WEEKS

    def __post_init__(self) -> None:
        self.withdrawn: Counter[str] = Counter()
        """How often a promised date, one that the patient had been told, was withdrawn, by cause.

        What the patient asked to move, missed, or stopped, and what the clinician held, is not
        counted.
        """
        self._known = {one.reference: one for one in self.patients}
        self._tonight: list[Callable[[datetime], None]] = []
        self._later: dict[date, list[tuple[Patient, Callable[[datetime], None]]]] = {}
        self._missed: Counter[tuple[str, int]] = Counter()
        self._deferred: set[tuple[str, int]] = set()
        self._cannot: set[tuple[str, datetime]] = set()
        self._stopped: set[str] = set()

    @property
    def last_day(self) -> date:
        """The last day that is simulated."""
        return FIRST_MONDAY + timedelta(7 * (self.weeks + self.run_out) - 3)

    def run(self) -> None:
        """Live through all days. Raises `InspectionFailed`."""
        for number in range((self.last_day - FIRST_MONDAY).days + 1):
            day = FIRST_MONDAY + timedelta(number)
            if day.weekday() < 5:
                self._live(day)
                self.inspect(day)

    def _live(self, day: date) -> None:
        if day in self.news:
            self._hear(self.news[day])
        moments = self._moments(day)
        for patient, change in self._later.pop(day, []):
            if patient.reference not in self._stopped:
                change(next(moments))
        self._answer_deferrals(day, moments)
        for patient in self.patients:
            if patient.calls == day:
                self.policy.ask(patient, next(moments))
                if patient.fate.names_driver:
                    self._plan(day, 1, patient, partial(self._name_driver, patient))
        self._end_day(day)
        if day.weekday() == 4:
            at = datetime.combine(day, WEEKEND, ZONE)
            self._make_change("waiting list", at, partial(self.policy.end_week, at))

    def _moments(self, day: date) -> Iterator[datetime]:
        first = datetime.combine(day, CALLS_FROM, ZONE)
        return (first + number * A_CALL for number in count())

    def _plan(
        self, day: date, days: int, patient: Patient, change: Callable[[datetime], None]
    ) -> None:
        """Have something happen so many days later, on a weekday."""
        then = day + timedelta(days)
        while then.weekday() > 4:
            then += timedelta(1)
        self._later.setdefault(then, []).append((patient, change))

    # --- what happens in the morning

    def _hear(self, news: News) -> None:
        at = datetime.combine(news.day, NEWS_AT, ZONE)
        self.clinic.add(news)
        self._make_change("news", at, partial(self.policy.hear, news, at))

    def _name_driver(self, patient: Patient, at: datetime) -> None:
        if self._has_visits(patient, at):
            self.policy.name_driver(patient, at)

    def _answer_deferrals(self, day: date, moments: Iterator[datetime]) -> None:
        coming = self.policy.bookings.on(day + timedelta(1), day + timedelta(LONGEST_LEAD))
        for reference, start in coming:
            patient = self._known[reference]
            if start not in self.policy.bookings.of(reference):
                continue  # another call of today has moved it
            number = self._treatment(patient, start)
            asked = patient.fate.defers(number)
            if not asked or (reference, number) in self._deferred:
                continue
            if (start.date() - day).days > asked[0]:
                continue
            self._deferred.add((reference, number))
            at = next(moments)
            defer = partial(self.policy.defer, patient, start, asked[1], at)
            self._make_change("deferral", at, defer, reference, named=1)
            if start in self.policy.bookings.of(reference):
                self._cannot.add((reference, start))

    def _hold(self, patient: Patient, days: int, at: datetime) -> None:
        if self._has_visits(patient, at):
            self.policy.hold(patient, at)
            self._plan(at.date(), days, patient, partial(self._resume, patient))

    def _resume(self, patient: Patient, at: datetime) -> None:
        """Let the visits go on from tomorrow; if that is not possible, ask again tomorrow."""
        self.policy.resume(patient, at.date() + timedelta(1), at)
        if not self._has_visits(patient, at) and at.date() < self.last_day:
            self._plan(at.date(), 1, patient, partial(self._resume, patient))

    def _has_visits(self, patient: Patient, at: datetime) -> bool:
        return any(start > at for start in self.policy.bookings.of(patient.reference))

    def _stop(self, patient: Patient, at: datetime) -> None:
        self._stopped.add(patient.reference)
        if self._has_visits(patient, at):
            self.policy.stop(patient, at)

    # --- what happens in the evening

    def _end_day(self, day: date) -> None:
        at, missed = datetime.combine(day, EVENING, ZONE), []
        treated: Counter[datetime] = Counter()
        for reference, start in self.policy.bookings.on(day, day):
            patient = self._known[reference]
            number = self._treatment(patient, start)
            has_chair = treated[start] < self.clinic.free_chairs(day)
            if has_chair and self._comes(patient, number, start):
                treated[start] += 1
                self._follow(patient, number, day)
            else:
                self._missed[reference, number] += has_chair
                missed.append((patient, start))
        self._make_change("make-up", at, partial(self.policy.end_day, day, missed, at))
        tonight, self._tonight = self._tonight, []
        for change in tonight:
            change(at)

    def _comes(self, patient: Patient, number: int, start: datetime) -> bool:
        if (patient.reference, start) in self._cannot:
            return False
        return self._missed[patient.reference, number] >= patient.fate.misses(number)

    def _follow(self, patient: Patient, number: int, day: date) -> None:
        """Plan what follows from a treatment that took place."""
        fate = patient.fate
        if number == fate.stops_after:
            self._tonight.append(partial(self._stop, patient))
        elif fate.hold and number == fate.hold[0]:
            self._tonight.append(partial(self._hold, patient, fate.hold[1]))
        elif number >= SIX and number - SIX < len(fate.boosters):
            gap = fate.boosters[number - SIX]
            if day < FIRST_MONDAY + timedelta(7 * self.weeks):
                self._plan(day, 1, patient, partial(self.policy.add_booster, patient, gap))

    def _treatment(self, patient: Patient, start: datetime) -> int:
        """The number of the treatment, within the course, that begins at `start`."""
        starts = self.policy.bookings.of(patient.reference)
        return len(patient.prior) + 1 + list(starts).index(start)

    # --- what is counted and inspected

    def _make_change(
        self,
        cause: str,
        at: datetime,
        change: Callable[[], None],
        reference: str = "",
        named: int = 0,
    ) -> None:
        """Make a change, and count the promised dates that do not hold after it."""
        stored = self.policy.bookings
        before = {reference: stored.of(reference)} if reference else stored.by_patient(at)
        change()
        after = {reference: stored.of(reference)} if reference else stored.by_patient(at)
        gone = sum(
            len({one for one in told if one > at}.difference(after.get(patient, ())))
            for patient, told in before.items()
        )
        self.withdrawn[cause] += max(gone - named, 0)

    def inspect(self, day: date) -> None:
        """Look at the bookings after a day. Raises `InspectionFailed`."""
        stored, problems = self.policy.bookings, self.policy.inspect(day)
        problems += [f"booking {uid} is on a chair that is taken" for uid in stored.overlaps()]
        if stored.most_at_once(day, day) > max(self.clinic.free_chairs(day), 0):
            problems.append("more visits took place at once than there are chairs")
        if stored.most_at_once(FIRST_MONDAY, self.last_day + timedelta(365)) > self.clinic.chairs:
            problems.append("more visits are booked at once than the clinic has chairs")
        if problems:
            raise InspectionFailed(f"{self.policy.name}, {day}: " + "; ".join(problems))
