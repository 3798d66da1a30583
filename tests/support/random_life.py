"""A life of a course: random changes and undos, each judged by all that was seen before it."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Protocol

from ketasched.errors import BadRequest, NoPlan, NothingToDo
from ketasched.files.load import load_protocol
from ketasched.model import (
    TAKES_PLACE,
    Authorisation,
    Change,
    Clinic,
    Clock,
    Companion,
    CompanionChange,
    Course,
    DateRange,
    Driver,
    Entry,
    NewStart,
    Record,
    Request,
    Resource,
    TimeRange,
    Verb,
    Visit,
    VisitChange,
    WeekHours,
    Wishes,
)
from ketasched.model.holds import CHAIR, Hold
from ketasched.model.occupancy import Occupancy
from ketasched.model.replay import course_at
from ketasched.planning.check import check
from ketasched.planning.planner import plan
from ketasched.planning.record import record_findings
from ketasched.revising.revise import revise
from ketasched.revising.verbs import VERBS as VERB_KINDS
from tests.conftest import MADE_AT
from tests.support.nouns import clinic, request

CLINIC = clinic(chairs=1, id_salt="life", name="Mill Lane")
MONITOR = Resource("monitor", during=("treatment", "observation"))
MONITORED = replace(CLINIC, chairs=3, resources=(MONITOR,))
"""A clinic with chairs enough, and one monitor."""

PROTOCOLS: dict[str, dict[str, Any]] = {
    "iv-depression": {"boosters": 2, "driver_name": "Sam"},
    "iv-depression-gated": {"driver_name": "Sam"},
    "esketamine-us-label": {"boosters": 1},
    "iv-weekly-maintenance": {},
}
VERBS: Counter[Verb] = Counter(
    {
        "undo": 30,
        "complete": 9,
        "miss": 9,
        "defer": 15,
        "omit": 5,
        "hold": 4,
        "resume": 8,
        "cease": 2,
        "booster": 7,
        "confirm": 5,
        "review": 5,
        "driver": 6,
        "wishes": 6,
        "clear": 3,
        "authorise": 5,
        "reschedule": 6,
    }
)
"""The verbs of a life, each with how often it is tried."""

Make = Callable[[Occupancy], Course]


class Place(Protocol):
    """Where a course is kept, beside the bookings of others."""

    def enter(self, make: Make, asked: Request) -> Course:
        """The course as it was planned, and kept."""

    def change(self, before: Course, make: Make, at: Clinic) -> Course:
        """The course as it was changed at the clinic, and read again."""

    def others_book(self, chance: random.Random, course: Course) -> None:
        """Others book a time, or give one up."""


class InMemory:
    """Courses are values, and so are the bookings of others."""

    def __init__(self, unit: str = CHAIR) -> None:
        self.unit = unit
        """Of what the clinic has one only."""
        self.taken: list[tuple[float, float]] = []

    def enter(self, make: Make, asked: Request) -> Course:
        return make(Occupancy())

    def change(self, before: Course, make: Make, at: Clinic) -> Course:
        return make(Occupancy(Hold(self.unit, *one) for one in self.taken))

    def others_book(self, chance: random.Random, course: Course) -> None:
        """A time that the course has given up, if it has; an hour of others otherwise."""
        former = [one.start for entry in course.history for one in entry.former]
        held = {visit.start for visit in course.visits if visit.status in TAKES_PLACE}
        free = [start for start in former if start not in held]
        if self.taken and chance.random() < 0.4:
            self.taken.remove(chance.choice(self.taken))
        elif free:
            start = chance.choice(free).timestamp()
            self.taken.append((start, start + 3600))


class Life:
    """A course, and all that has been seen of it."""

    def __init__(
        self, seed: object, place: Place, prior: tuple[date, ...] = (), at: Clinic = CLINIC
    ) -> None:
        self.chance, self.place = random.Random(str(seed)), place
        name = self.chance.choice(sorted(PROTOCOLS))
        usual: dict[str, Any] = {"patient": "P-1", "start": date(2026, 12, 7), "prior": prior}
        asked = request(**usual, **PROTOCOLS[name])

        def make(bookings: Occupancy) -> Course:
            protocol = load_protocol(name)
            return plan(protocol, at, asked, made_at=MADE_AT, bookings=bookings)

        self.course = place.enter(make, asked)
        self.now = self.course.visits[len(prior)].start - timedelta(days=1)
        self.clinic, self.lacking = at, "staff" if at.resources else "capacity"
        self.revisions = [self.course]
        self.undone_to: list[Course] = []
        """The courses before the changes that are not undone."""
        self.replayed: dict[str, Visit | Companion] = items(self.course)
        self.gone: set[str] = set()
        self.sequences = {uid: item.sequence for uid, item in self.replayed.items()}
        self.done: Counter[str] = Counter()

    def run(self, changes: int) -> None:
        """Live until so many changes have been made; most tries are made at once."""
        for _ in range(20 * changes):
            if self.course.revision > changes:
                break
            self.step()
        assert self.course.revision > changes, self.done
        self.judge_the_end()

    def step(self) -> None:
        if self.chance.random() < 0.1:
            self.now += timedelta(hours=self.chance.choice([1, 5, 24]))
        if self.chance.random() < 0.1:
            lose = self.send_away if self.clinic.resources else self.break_chairs
            self.chance.choice([self.close_a_day, lose, self.change_hours])()
        if self.chance.random() < 0.3:
            self.place.others_book(self.chance, self.course)
        change = some_change(self.chance, self.course)

        def make(bookings: Occupancy) -> Course:
            return revise(
                self.course,
                change,
                at=self.now,
                why="because",
                clinic=self.clinic,
                bookings=bookings,
            )

        try:
            after = self.place.change(self.course, make, self.clinic)
        except (BadRequest, NothingToDo) as error:
            self.done[f"{change.verb} impossible"] += 1
            if change.verb == "undo":
                self.judge_impossible_undo(error)
        except NoPlan as error:
            self.done[f"{change.verb} refused"] += 1
            if change.verb == "undo":
                self.judge_refused_undo(error)
        else:
            self.done[change.verb] += 1
            self.judge(change, after)

    def close_a_day(self) -> None:
        """The clinic closes on a day, from the next change on."""
        day = self.now.date() + timedelta(self.chance.randrange(30))
        dates = (DateRange(day, day, "staff"),)
        closures = replace(self.clinic.closures, dates=dates)
        self.clinic = replace(self.clinic, closures=closures)

    def break_chairs(self) -> None:
        """All chairs are out of order on a day, from the next change on."""
        day = self.now.date() + timedelta(self.chance.randrange(30))
        closures = replace(self.clinic.closures, chairs={DateRange(day, day): 1})
        self.clinic = replace(self.clinic, closures=closures)

    def send_away(self) -> None:
        """The monitor is away on a day, and there at odd hours, from the next change on."""
        day = self.now.date() + timedelta(self.chance.randrange(30))
        times = self.chance.choice(["08:00-18:00", "09:00-12:30 13:00-16:00"])
        there = WeekHours(*[tuple(map(TimeRange.read, times.split()))] * 7)
        gone = replace(MONITOR, hours=there, absences={DateRange(day, day): 1})
        self.clinic = replace(self.clinic, resources=(gone,))

    def change_hours(self) -> None:
        """The clinic says, from the next change on, that it has other hours from a day on."""
        day = self.now.date() + timedelta(self.chance.randrange(30))
        newer = WeekHours(*[(TimeRange.read("10:00-15:00"),)] * self.chance.randint(3, 7))
        hours = replace(self.clinic.hours, changes={day: newer})
        self.clinic = replace(self.clinic, hours=hours)

    # --- what is judged

    def judge(self, change: Change, after: Course) -> None:
        if after == self.course:
            return  # it is so already
        before, self.course = self.course, after
        assert after.revision == before.revision + 1 == len(after.history)
        assert after.clinic == self.clinic
        self.apply_the_result(after.history[-1])
        self.judge_identities(before)
        assert not [one for one in check(after) if one.rule == "times" and one.level == "broken"]
        if change.verb == "undo":
            expected = self.undone_to.pop()
            assert essence(after) == essence(expected)
        else:
            self.undone_to.append(before)
        self.revisions.append(after)

    def apply_the_result(self, entry: Entry) -> None:
        """Go on by the result alone; that leads to the course."""
        for change in changes_of(entry):
            one = change.was or change.now
            assert one
            assert self.replayed.pop(one.uid, None) == change.was
            if change.now:
                self.replayed[one.uid] = change.now
        assert self.replayed == items(self.course)

    def judge_identities(self, before: Course) -> None:
        """No UID comes back, and no SEQUENCE falls."""
        there = items(self.course)
        assert len(self.course.visits) + len(self.course.companions) == len(there)
        assert not self.gone & there.keys()
        self.gone |= items(before).keys() - there.keys()
        for uid, item in there.items():
            assert item.sequence >= self.sequences.get(uid, 0)
            self.sequences[uid] = item.sequence
        numbers = [visit.number for visit in self.course.visits]
        assert numbers == [*range(1, len(numbers) + 1)]

    def judge_impossible_undo(self, error: BadRequest | NothingToDo) -> None:
        """Nothing is left to undo, or a date that would come back is over."""
        if not self.undone_to:
            assert "nothing to undo" in str(error)
            return
        there, before = items(self.course), items(self.undone_to[-1])
        over = [
            item
            for uid, item in before.items()
            if item.status in TAKES_PLACE and item.start <= self.now
            if uid not in there or there[uid].start != item.start
        ]
        assert "which is over" in str(error)
        assert over

    def judge_refused_undo(self, error: NoPlan) -> None:
        """The chair, or monitor, of a visit to come is taken, which it does not have now."""
        there, before = items(self.course), self.undone_to[-1].visits
        assert {one.rule for one in error.findings} == {self.lacking}
        for finding in error.findings:
            assert finding.visit
            visit = before[finding.visit - 1]
            now = there.get(visit.uid)
            assert visit.start > self.now
            assert not (now and now.start == visit.start and now.status in TAKES_PLACE)

    def judge_the_end(self) -> None:
        """`check` finds the record whole, and every revision is found again."""
        assert [*record_findings(self.course)] == []
        for seen in self.revisions:
            found = course_at(self.course, seen.revision)
            assert replace(found, findings=seen.findings) == seen


def changes_of(entry: Entry) -> tuple[VisitChange | CompanionChange, ...]:
    """What an entry records of visits and reviews."""
    assert entry.result
    return *entry.result.visits, *entry.result.companions


def items(course: Course) -> dict[str, Visit | Companion]:
    """The visits and reviews of a course, by uid."""
    found: tuple[Visit | Companion, ...] = (*course.visits, *course.companions)
    return {item.uid: item for item in found}


def essence(course: Course) -> tuple[object, ...]:
    """What an undo restores: all but SEQUENCE, and what follows from the clinic's rules."""
    visits = [replace(one, sequence=0, no_driving_until=None) for one in course.visits]
    return visits, [replace(one, sequence=0) for one in course.companions], course.request


def some_change(chance: random.Random, course: Course) -> Change:
    """A change that may be possible."""
    verb = chance.choice([*VERBS.elements()])
    rules = VERB_KINDS[verb].overrides
    some = tuple(one for one in rules if chance.random() < 0.5)
    overrides = some if chance.random() < 0.5 else ()
    number = chance.choice(wanted(verb, course) or [1])
    by_verb: dict[str, dict[str, Any]] = {
        "miss": {"make_up": chance.random() < 0.6},
        "defer": {"days": chance.randint(1, 5), "scope": chance.choice(["visit", "rest"])},
        "resume": {"on": course.history[-1].at.date() + timedelta(chance.randint(0, 6))},
        "booster": {"days": chance.choice([14, 21, 28])},
        "review": {"outcome": chance.choice(["go-on", "go-on", "stop"])},
        "driver": {"driver": chance.choice([None, Driver("Alex"), Driver("Jo", "555")])},
        "clear": {"record": Record("clearance", date(2026, 12, chance.randint(1, 9)), "Dr. Lee")},
        "authorise": some_authorisation(chance, course),
        "wishes": {"wishes": some_wishes(chance, course)},
        "reschedule": {"starts": some_starts(chance, course, number)},
    }
    more = by_verb.get(verb, {})
    if verb == "complete" and chance.random() < 0.4:
        number = chance.randint(1, len(course.visits))
        on = course.history[-1].at.date() - timedelta(chance.randint(0, 5))
        more = {"on": on, "time": Clock(chance.choice([540, 600, 780]))}
    if verb == "defer" and chance.random() < 0.3:
        day = course.visits[number - 1].start.date() + timedelta(chance.randint(0, 3))
        more = {"on": day, "time": Clock(chance.choice([540, 600, 780]))}
    without = ("undo", "hold", "resume", "booster", "wishes", "clear", "authorise", "reschedule")
    visit = None if verb in without or (verb == "cease" and chance.random() < 0.5) else number
    return Change(verb, visit=visit, overrides=overrides, **more)


def some_starts(chance: random.Random, course: Course, number: int) -> tuple[NewStart, ...]:
    """The visit and perhaps the next one some days off, at one of a few times."""
    visits = course.visits[number - 1 : number + chance.randint(0, 1)]
    days, hour = timedelta(chance.randint(-1, 3)), chance.choice([9, 10, 13])
    starts = [one.start.replace(hour=hour, minute=0) + days for one in visits]
    both = zip(visits, starts, strict=True)
    return tuple(NewStart(one.number, start, chance.random() < 0.7) for one, start in both)


def some_authorisation(chance: random.Random, course: Course) -> dict[str, Any]:
    """Sessions from about now on, besides what is authorised, or instead."""
    first = course.history[-1].at.date() + timedelta(chance.randint(-10, 5))
    last = first + timedelta(chance.randint(0, 40))
    some = (Authorisation(chance.randint(1, 8), first, last),)
    anew = chance.random() < 0.5
    return {"authorised": some if chance.random() < 0.8 or not anew else (), "anew": anew}


def some_wishes(chance: random.Random, course: Course) -> Wishes:
    """What the patient can from now on."""
    day = course.history[-1].at.date() + timedelta(chance.randint(0, 20))
    return chance.choice(
        [
            Wishes(days=("mon", "tue", "wed", "thu")),
            Wishes(unavailable=(DateRange(day, day),)),
            Wishes(time=Clock(chance.choice([540, 600, 780]))),
            Wishes(emptied=("days", "unavailable")),
        ]
    )


def wanted(verb: str, course: Course) -> list[int]:
    """The numbers that a verb may be about: the first few."""
    if verb == "review":
        return [one.after for one in course.companions if one.status == "planned"][:2]
    statuses = {"confirm": ("tentative",)}.get(verb, ("planned", "tentative"))
    return [one.number for one in course.visits if one.status in statuses][:4]
