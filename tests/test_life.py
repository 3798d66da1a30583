"""Long random lives of courses: after every change the same things hold."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ketasched.errors import BadRequest, NoPlan
from ketasched.forms import plain, read
from ketasched.load import load_protocol
from ketasched.model import (
    TAKES_PLACE,
    Audience,
    Change,
    Clinic,
    Clock,
    Closures,
    Course,
    DateRange,
    Driver,
    GapDays,
    Protocol,
)
from ketasched.planner import check, plan
from ketasched.render import View, render
from ketasched.revise import OVERRIDABLE, revise

from .conftest import MADE_AT
from .nouns import clinic, phase, protocol, request
from .readers import by_icalendar

ZONE = ZoneInfo("America/New_York")
WEEKLY = protocol(
    phase(5, every_days=7, gap_days=GapDays(9, 5)),
    phase(2, name="later", every_days=(14, 21), gap_days=GapDays(42, 7)),
)
COURSES: dict[str, tuple[Protocol, dict[str, Any]]] = {
    "six infusions, two boosters": (load_protocol("iv-depression"), {"boosters": 2}),
    "twice a week in spring": (
        load_protocol("iv-depression"),
        {"per_week": 2, "start": date(2027, 3, 8)},
    ),
    "a gate": (load_protocol("esketamine-us-label"), {"boosters": 1}),
    "weekly, then fortnightly": (WEEKLY, {}),
}
NUMBERS = st.integers(1, 12)
DAYS = st.integers(0, 40)
OVERRIDES = st.sets(st.sampled_from(OVERRIDABLE), max_size=7).map(lambda one: tuple(sorted(one)))
NO_OVERRIDES = st.just(())
SOME_OVERRIDES = st.one_of(NO_OVERRIDES, NO_OVERRIDES, OVERRIDES)


def replayed(course: Course) -> Course:
    """The course made again from its request and its history."""
    clinics = [one.former_clinic for one in course.history if one.former_clinic]
    clinics.append(course.clinic)
    again = plan(
        course.protocol,
        clinics[0],
        course.request,
        made_at=course.made_at,
        course_id=course.course_id,
    )
    for entry in course.history[1:]:
        assert entry.change is not None
        newer = clinics[clinics.index(entry.former_clinic) + 1] if entry.former_clinic else None
        again = revise(again, entry.change, at=entry.at, why=entry.why, by=entry.by, clinic=newer)
    return again


def broken(course: Course) -> set[tuple[str, str]]:
    """The broken rules, each with the visit it is about, or the phase for one about a phase."""
    return {
        (one.rule, visit.phase if one.rule == "span" else visit.uid)
        for one in check(course)
        if one.level == "broken"
        for visit in [course.visits[one.visit - 1 if one.visit else 0]]
    }


def entries(course: Course, audience: Audience) -> dict[str, tuple[str, int]]:
    """The events of a calendar as they stand there, by uid, with their sequence."""
    text = render(course, "ics", View(audience)).replace("\r\n ", "")
    found = {}
    for part in text.split("BEGIN:VEVENT")[1:]:
        event = part.partition("END:VEVENT")[0]
        lines = dict(line.split(":", 1) for line in event.split("\r\n") if ":" in line)
        found[lines["UID"]] = event, int(lines["SEQUENCE"])
    return found


class Life(RuleBasedStateMachine):
    """A course, what day it is, and what it was before the last change."""

    course: Course
    before: Course
    now: datetime
    clinics: int

    @initialize(name=st.sampled_from(sorted(COURSES)), sam=st.booleans())
    def begin(self, name: str, sam: bool) -> None:
        asked, wish = COURSES[name]
        as_in_a_file, _ = read(Protocol, plain(asked))
        assert as_in_a_file
        wish = {"start": date(2026, 12, 7), "driver_name": "Sam" if sam else ""} | wish
        self.course = plan(as_in_a_file, clinic(), request(**wish), made_at=MADE_AT)
        self.before = self.course
        start = self.course.visits[0].start
        self.now = start.replace(hour=7) - timedelta(3)
        self.clinics = 0

    def change(
        self,
        verb: str,
        overrides: tuple[str, ...] = (),
        newer: Clinic | None = None,
        **more: object,
    ) -> None:
        asked = Change(verb, overrides=overrides, **more)  # type: ignore[arg-type]  # drawn
        try:
            after = revise(self.course, asked, at=self.now, why="because", by="me", clinic=newer)
        except BadRequest:
            return
        except NoPlan as refusal:
            if not refusal.findings:
                raise AssertionError("a refusal names no rule") from refusal
            return
        self.before, self.course = self.course, after
        known = broken(replace(self.before, clinic=self.course.clinic))
        assert {name for name, _ in broken(after) - known} <= set(overrides)
        self.the_calendars_tell_what_changed()

    def the_calendars_tell_what_changed(self) -> None:
        """The sequence is one higher for every event that changed, and for no other."""
        audiences: tuple[Audience, ...] = ("patient", "driver", "clinic")
        for audience in audiences:
            before, after = (entries(one, audience) for one in (self.before, self.course))
            for uid in before.keys() & after.keys():
                (old, was), (new, now) = before[uid], after[uid]
                assert now == was + (old != new), (audience, old, new)

    @rule(days=st.integers(0, 6), hour=st.integers(7, 18))
    def time_goes_by(self, days: int, hour: int) -> None:
        later = (self.now + timedelta(days)).replace(hour=hour)
        self.now = max(self.now, later)
        self.before = self.course

    @rule(number=NUMBERS, closed=DAYS)
    def the_clinic_closes_on_another_day(self, number: int, closed: int) -> None:
        self.clinics += 1
        day = self.now.date() + timedelta(closed)
        dates = (*self.course.clinic.closures.dates, DateRange(day, day, f"{self.clinics}"))
        newer = replace(self.course.clinic, closures=Closures(dates=dates))
        self.change("driver", newer=newer, visit=number, driver=Driver(f"Driver {self.clinics}"))

    @rule(number=NUMBERS)
    def complete(self, number: int) -> None:
        self.change("complete", visit=number)

    @rule(number=NUMBERS, make_up=st.booleans(), overrides=SOME_OVERRIDES)
    def miss(self, number: int, make_up: bool, overrides: tuple[str, ...]) -> None:
        self.change("miss", overrides, visit=number, make_up=make_up)

    @rule(
        number=NUMBERS,
        days=DAYS,
        time=st.sampled_from([None, None, Clock(9 * 60), Clock(13 * 60 + 15)]),
        scope=st.sampled_from(["visit", "rest"]),
        overrides=SOME_OVERRIDES,
    )
    def defer(
        self, number: int, days: int, time: Clock | None, scope: str, overrides: tuple[str, ...]
    ) -> None:
        on = self.now.date() + timedelta(days)
        self.change("defer", overrides, visit=number, on=on, time=time, scope=scope)

    @rule(number=NUMBERS, overrides=SOME_OVERRIDES)
    def omit(self, number: int, overrides: tuple[str, ...]) -> None:
        self.change("omit", overrides, visit=number)

    @rule()
    def hold(self) -> None:
        self.change("hold")

    @rule(days=DAYS, overrides=SOME_OVERRIDES)
    def resume(self, days: int, overrides: tuple[str, ...]) -> None:
        self.change("resume", overrides, on=self.now.date() + timedelta(days))

    @precondition(lambda self: len(self.course.history) > 6)
    @rule(number=st.one_of(st.none(), NUMBERS))
    def cease(self, number: int | None) -> None:
        self.change("cease", visit=number)

    @rule(days=st.integers(1, 60), overrides=SOME_OVERRIDES)
    def booster(self, days: int, overrides: tuple[str, ...]) -> None:
        self.change("booster", overrides, days=days)

    @rule(number=NUMBERS)
    def confirm(self, number: int) -> None:
        self.change("confirm", visit=number)

    @rule(number=NUMBERS, outcome=st.sampled_from(["go-on", "go-on", "stop"]))
    def review(self, number: int, outcome: str) -> None:
        self.change("review", visit=number, outcome=outcome)

    @rule(number=NUMBERS, driver=st.sampled_from([None, Driver("Alex"), Driver("Jo", "555")]))
    def driver(self, number: int, driver: Driver | None) -> None:
        self.change("driver", visit=number, driver=driver)

    @invariant()
    def it_is_read_back_from_its_file_identical(self) -> None:
        text = json.loads(json.dumps(plain(self.course)))
        found, problems = read(Course, text, zone=ZONE)
        assert problems == []
        assert found == self.course

    @invariant()
    def identifiers_are_unique_and_stay(self) -> None:
        uids = [visit.uid for visit in self.course.visits]
        uids += [review.uid for review in self.course.reviews]
        assert len(set(uids)) == len(uids)
        assert {visit.uid for visit in self.before.visits} <= set(uids)
        for audience in ("patient", "driver", "clinic"):
            text = render(self.course, "ics", View(audience))
            events = [event.uid for event in by_icalendar(text)]
            assert len(set(events)) == len(events)

    @invariant()
    def no_sequence_falls(self) -> None:
        after: list[Any] = [*self.course.visits, *self.course.reviews]
        before: list[Any] = [*self.before.visits, *self.before.reviews]
        now = {item.uid: item for item in after}
        for item in before:
            assert now[item.uid].sequence >= item.sequence
            if now[item.uid].start != item.start or now[item.uid].status != item.status:
                both = {item.status, now[item.uid].status}
                # A calendar says the same of these: on its day, or cancelled.
                silent = both == {"planned", "completed"} or both.isdisjoint(TAKES_PLACE)
                assert silent or now[item.uid].sequence > item.sequence

    @invariant()
    def what_is_over_stays(self) -> None:
        now = {visit.uid: visit for visit in self.course.visits}
        over = ("completed", "missed", "omitted", "ceased")
        for visit in self.before.visits:
            new = now[visit.uid]
            if visit.status in over:
                assert (new.start, new.status) == (visit.start, visit.status)
            if visit.start.date() < self.now.date() and visit.status in TAKES_PLACE:
                assert new.start == visit.start

    @invariant()
    def the_visits_are_in_order_and_numbered(self) -> None:
        starts = [visit.start.timestamp() for visit in self.course.visits]
        assert starts == sorted(starts)
        numbers = [visit.number for visit in self.course.visits]
        assert numbers == list(range(1, len(numbers) + 1))
        assert self.course.revision == len(self.course.history)

    @invariant()
    def what_is_broken_was_overridden(self) -> None:
        found = {(f.rule, f.visit) for f in check(self.course) if f.level == "broken"}
        known = {(f.rule, f.visit) for f in self.course.findings if f.level == "broken"}
        if not self.clinics:
            assert found == known
        assert known <= found

    def teardown(self) -> None:
        if hasattr(self, "course"):
            assert replayed(self.course) == self.course


TestLife = Life.TestCase
# Shrinking a life takes minutes; a failing one is short enough to be read.
TestLife.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
