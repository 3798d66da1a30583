"""Invariants of a course through long random sequences of changes."""

import json
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, get_args
from zoneinfo import ZoneInfo

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ketasched.errors import BadRequest, NoPlan, NothingToDo
from ketasched.events.view import View
from ketasched.files.codec import plain, read
from ketasched.files.load import load_protocol
from ketasched.model import (
    TAKES_PLACE,
    WEEKDAYS,
    Audience,
    Authorisation,
    Change,
    Clinic,
    Clock,
    Closures,
    Course,
    DateRange,
    Driver,
    GapDays,
    NewStart,
    Protocol,
    Record,
    Request,
    TimeRange,
    Verb,
    Weekday,
    Wish,
    Wishes,
)
from ketasched.model.authorised_visits import visits_beyond
from ketasched.model.replay import standing_entries
from ketasched.model.review_gates import first_closed_gate
from ketasched.planning.check import check
from ketasched.planning.planner import plan
from ketasched.render import render
from ketasched.revising.revise import rename, revise
from ketasched.revising.verbs import OVERRIDABLE, is_fact
from tests.conftest import MADE_AT, examples
from tests.revising.changes import moved_numbers
from tests.support.nouns import clinic, phase, protocol, request
from tests.support.readers import by_icalendar

ZONE = ZoneInfo("America/New_York")
WEEKLY = protocol(
    phase(5, every_days=7, gap_days=GapDays(9, 5)),
    phase(2, name="later", every_days=(14, 21), gap_days=GapDays(42, 7)),
)
COURSES: dict[str, tuple[Protocol, dict[str, Any]]] = {
    "six infusions, two boosters": (load_protocol("iv-depression"), {"boosters": 2}),
    "twice a week in spring": (
        load_protocol("iv-depression"),
        {"per_week": 2, "start": date(2027, 3, 8), "boosters": 1},
    ),
    "a gate": (load_protocol("esketamine-us-label"), {"boosters": 1}),
    "two gates": (load_protocol("iv-depression-gated"), {}),
    "weekly, then fortnightly": (WEEKLY, {}),
}
RULES = st.sets(st.sampled_from(OVERRIDABLE), max_size=7).map(lambda one: tuple(sorted(one)))
BETWEEN = st.sampled_from([("gap",), ("gap", "span"), ("span",)])
SESSIONS = st.integers(1, 9)
SOME_OVERRIDES = st.one_of(st.just(()), st.just(()), RULES)
SOME_BETWEEN = st.one_of(st.just(()), st.just(()), BETWEEN)
AUDIENCES: tuple[Audience, ...] = get_args(Audience)
DONE: Counter[str] = Counter()
"""How often each verb has changed a course."""


def replay(course: Course, asked: Request) -> Course:
    """The course made again from what was asked for first, and its history."""
    clinics = [one.former_clinic for one in course.history if one.former_clinic]
    clinics.append(course.clinic)
    again = plan(
        course.protocol, clinics[0], asked, made_at=course.made_at, course_id=course.course_id
    )
    for entry in course.history[1:]:
        assert entry.change is not None
        newer = clinics[clinics.index(entry.former_clinic) + 1] if entry.former_clinic else None
        said: Any = {"at": entry.at, "why": entry.why, "by": entry.by}
        if entry.change.verb == "rename":
            assert entry.result
            assert entry.result.request
            (again,) = rename([again], entry.result.request.now.patient, **said)
        else:
            again = revise(again, entry.change, clinic=newer, **said)
    return again


def violations(course: Course) -> dict[tuple[str, str], int]:
    """The broken rules, each with the uid of its visit or the name of its phase, and how badly.

    How badly is the days of the gap, or the last day of the phase.
    """
    found = {}
    taking = [one for one in course.visits if one.status in TAKES_PLACE]
    for finding in check(course):
        if finding.level != "broken":
            continue
        visit = course.visits[finding.visit - 1] if finding.visit else taking[0]
        place = next(n for n, one in enumerate(taking) if one.uid == visit.uid)
        who, size = visit.uid, 10**6
        if finding.rule == "gap":
            size = abs((visit.start - taking[place - 1].start).days - 3)
        if finding.rule == "span":
            who, size = visit.phase, visit.start.toordinal()
        found[finding.rule, who] = size
    return found


class Entry(NamedTuple):
    """An event of a calendar."""

    uid: str
    sequence: int
    text: str


def entries(course: Course, audience: Audience) -> list[Entry]:
    """The events of a calendar, with their lines unfolded."""
    text = render(course, "ics", View(audience)).replace("\r\n ", "")
    events = [part.partition("END:VEVENT")[0] for part in text.split("BEGIN:VEVENT")[1:]]
    return [
        Entry(found["UID"], int(found["SEQUENCE"]), event)
        for event in events
        for found in [dict(line.split(":", 1) for line in event.split("\r\n") if ":" in line)]
    ]


def calendars(course: Course) -> dict[Audience, list[Entry]]:
    """The events that each audience sees."""
    return {audience: entries(course, audience) for audience in AUDIENCES}


class Life(RuleBasedStateMachine):
    """A course at a moment, and the course before the last change."""

    course: Course
    before: Course
    request: Request
    now: datetime
    clinics: int

    @initialize(
        name=st.sampled_from(sorted(COURSES)), sam=st.booleans(), sessions=st.none() | SESSIONS
    )
    def begin(self, name: str, sam: bool, sessions: int | None) -> None:
        asked, more = COURSES[name]
        as_in_a_file, _ = read(Protocol, plain(asked))
        assert as_in_a_file
        more = {"start": date(2026, 12, 7), "driver_name": "Sam" if sam else ""} | more
        if sessions:
            last = date(2027, 4, 30)
            more["authorised"] = (Authorisation(sessions, date(2026, 12, 7), last),)
        self.request = request(**more)
        self.course = plan(as_in_a_file, clinic(), self.request, made_at=MADE_AT)
        self.before = self.course
        self.calendars = calendars(self.course)
        start = self.course.visits[0].start
        self.now = start.replace(hour=7) - timedelta(3)
        self.clinics = 0
        self.recorded = ""
        self.it_is_read_back_from_its_file_identical()

    @property
    def is_undone(self) -> bool:
        """Whether the last change took another one back."""
        last = self.course.history[-1].change
        return bool(last and last.verb == "undo")

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
        except (BadRequest, NothingToDo):
            return
        except NoPlan as refusal:
            if not refusal.findings:
                raise AssertionError("a refusal names no rule") from refusal
            return
        if after is self.course:
            return
        DONE[verb] += 1
        named = verb in ("complete", "miss") and asked.visit
        self.recorded = self.course.visits[named - 1].uid if named else ""
        if is_fact(asked):
            assert moved_numbers(self.course, after) in ([], [named])
        self.go_on_with(after, asked)

    def go_on_with(self, after: Course, asked: Change) -> None:
        """Look at a new revision, once: it stays so until the next change."""
        self.before, self.course = self.course, after
        self.nothing_was_bent_silently(asked)
        self.the_calendars_tell_what_changed()
        self.it_is_read_back_from_its_file_identical()

    def nothing_was_bent_silently(self, asked: Change) -> None:
        """A newly broken rule was overridden, for a visit of the change, or broken by a fact."""
        if asked.verb == "undo":
            return  # what was so before is so again
        before = replace(self.before, clinic=self.course.clinic)
        was = violations(before)
        if asked.make_up:  # what the missed visit breaks by itself is a fact
            with suppress(BadRequest):
                alone = replace(asked, make_up=None, overrides=())
                was |= violations(revise(before, alone, at=self.now))
        for about, size in violations(self.course).items():
            rule, who = about
            has_come = {one.uid for one in self.course.visits if one.start <= self.now}
            if was.get(about, 0) < size and who not in has_come:  # what happened, happened
                decided = is_fact(asked) or rule in asked.overrides
                assert decided, (asked, about, size, was)
                if rule not in ("gap", "span"):
                    new = {one.uid for one in self.course.visits}
                    new -= {one.uid for one in self.before.visits}
                    named = asked.visit and self.before.visits[asked.visit - 1].uid
                    held = [one.uid for one in self.before.visits if one.status == "held"]
                    assert who in {*new, named, *held[:1]}, (rule, asked)

    def the_calendars_tell_what_changed(self) -> None:
        """SEQUENCE is one higher for every event that changed, and for no other."""
        before, self.calendars = self.calendars, calendars(self.course)
        for audience, events in self.calendars.items():
            was = {one.uid: one for one in before[audience]}
            assert len({one.uid for one in events}) == len(events)
            for new in events:
                old = was.get(new.uid, new)
                assert new.sequence == old.sequence + (old.text != new.text), (audience, old, new)

    def it_is_read_back_from_its_file_identical(self) -> None:
        """With the last entry of the history; all of it is read at the end of the life."""
        self.is_read_back(replace(self.course, history=self.course.history[-1:]))

    @staticmethod
    def is_read_back(course: Course) -> None:
        text = json.loads(json.dumps(plain(course)))
        found, problems = read(Course, text, zone=ZONE)
        assert problems == []
        assert found == course

    def one_of(self, data: st.DataObject, *statuses: str, over: bool | None = None) -> int:
        """The number of a visit with one of these statuses, if there is one; else any."""
        found = [
            visit.number
            for visit in self.course.visits
            if visit.status in statuses
            if over is None or over == (visit.start <= self.now)
        ]
        some = [*found[:4], *found[-1:]]
        return data.draw(st.sampled_from(some or [1, len(self.course.visits), 99]))

    @rule(days=st.integers(0, 4), hour=st.integers(7, 18))
    def time_goes_by(self, days: int, hour: int) -> None:
        later = (self.now + timedelta(days)).replace(hour=hour)
        self.now = max(self.now, later)
        self.before = self.course

    @rule(data=st.data(), closed=st.integers(0, 40))
    def the_clinic_closes_on_another_day(self, data: st.DataObject, closed: int) -> None:
        self.clinics += 1
        day = self.now.date() + timedelta(closed)
        dates = (*self.course.clinic.closures.dates, DateRange(day, day, f"{self.clinics}"))
        newer = replace(self.course.clinic, closures=Closures(dates=dates))
        number = self.one_of(data, "planned", "tentative", over=False)
        self.change("driver", newer=newer, visit=number, driver=Driver(f"Driver {self.clinics}"))

    def next_one(self, data: st.DataObject) -> int:
        """A planned visit that has begun; if there is none, time goes on to the next visit."""
        planned = [one for one in self.course.visits if one.status == "planned"]
        if planned and planned[0].start > self.now:
            self.now = planned[0].start + timedelta(hours=3)
            self.before = self.course
        return self.one_of(data, "planned", over=True)

    @rule(data=st.data())
    def complete(self, data: st.DataObject) -> None:
        self.change("complete", visit=self.next_one(data))

    @rule(data=st.data(), days=st.integers(0, 9), hour=st.integers(8, 16))
    def complete_on_another_day(self, data: st.DataObject, days: int, hour: int) -> None:
        number = data.draw(st.integers(1, len(self.course.visits)))
        on = self.now.date() - timedelta(days)
        self.change("complete", visit=number, on=on, time=Clock(hour * 60))

    @rule(data=st.data(), make_up=st.booleans(), overrides=SOME_BETWEEN)
    def miss(self, data: st.DataObject, make_up: bool, overrides: tuple[str, ...]) -> None:
        number = self.next_one(data)
        self.change("miss", overrides, visit=number, make_up=make_up)

    @rule(data=st.data())
    def make_up_later(self, data: st.DataObject) -> None:
        self.change("miss", visit=self.one_of(data, "missed"), make_up=True)

    @rule(
        data=st.data(),
        days=st.integers(-3, 8),
        time=st.sampled_from([None, None, Clock(9 * 60), Clock(13 * 60 + 15)]),
        scope=st.sampled_from(["visit", "rest"]),
        overrides=SOME_OVERRIDES,
    )
    def defer(
        self,
        data: st.DataObject,
        days: int,
        time: Clock | None,
        scope: str,
        overrides: tuple[str, ...],
    ) -> None:
        number = self.one_of(data, "planned", "tentative", over=False)
        own = self.course.visits[min(number, len(self.course.visits)) - 1].start.date()
        on = max(own + timedelta(days), self.now.date())
        self.change("defer", overrides, visit=number, on=on, time=time, scope=scope)

    @rule(data=st.data(), overrides=SOME_BETWEEN)
    def omit(self, data: st.DataObject, overrides: tuple[str, ...]) -> None:
        self.change("omit", overrides, visit=self.one_of(data, "planned", "tentative", "held"))

    @precondition(lambda self: len(self.course.history) % 3 == 2)
    @rule()
    def hold(self) -> None:
        self.change("hold")

    @precondition(lambda self: len(self.course.history) % 3 == 0)
    @rule(days=st.integers(0, 8), overrides=st.just(("gap", "open-hours", "span")))
    def resume(self, days: int, overrides: tuple[str, ...]) -> None:
        if all(one.status != "held" for one in self.course.visits):
            self.change("hold")
        self.change("resume", overrides, on=self.now.date() + timedelta(days))

    @precondition(lambda self: len(self.course.history) > 6)
    @rule(number=st.one_of(st.none(), st.integers(1, 12)))
    def cease(self, number: int | None) -> None:
        self.change("cease", visit=number)

    @rule(days=st.sampled_from([7, 14, 28, 28, 35]), overrides=SOME_BETWEEN)
    def booster(self, days: int, overrides: tuple[str, ...]) -> None:
        self.change("booster", overrides, days=days)

    @precondition(lambda self: any(one.status == "tentative" for one in self.course.visits))
    @rule(data=st.data())
    def confirm(self, data: st.DataObject) -> None:
        self.change("confirm", visit=self.one_of(data, "tentative"))

    @rule(data=st.data(), outcome=st.sampled_from(["go-on", "go-on", "go-on", "stop"]))
    def review(self, data: st.DataObject, outcome: str) -> None:
        waiting = [one.after for one in self.course.companions if one.status == "planned"]
        number = data.draw(st.sampled_from(waiting[:2] or [1]))
        self.now = max(self.now, self.course.visits[number - 1].start)
        self.before = self.course
        self.change("review", visit=number, outcome=outcome)

    @rule(data=st.data(), driver=st.sampled_from([None, Driver("Alex"), Driver("Jo", "555")]))
    def driver(self, data: st.DataObject, driver: Driver | None) -> None:
        self.change("driver", visit=self.one_of(data, "planned", over=False), driver=driver)

    @rule(
        days=st.one_of(
            st.none(), st.sets(st.sampled_from(WEEKDAYS), min_size=3).map(lambda one: (*one,))
        ),
        away=st.one_of(st.none(), st.integers(0, 30)),
        between=st.sampled_from([None, None, TimeRange(540, 900), TimeRange(600, 1020)]),
        time=st.sampled_from([None, None, Clock(600), Clock(11 * 60)]),
        emptied=st.sampled_from([(), ("days",), ("between", "time"), ("unavailable",)]),
        overrides=SOME_BETWEEN,
    )
    def wishes(
        self,
        days: tuple[Weekday, ...] | None,
        away: int | None,
        between: TimeRange | None,
        time: Clock | None,
        emptied: tuple[Wish, ...],
        overrides: tuple[str, ...],
    ) -> None:
        gone = self.now.date() + timedelta(away or 0)
        absent = None if away is None else (DateRange(gone, gone),)
        self.change("wishes", overrides, wishes=Wishes(days, absent, between, time, emptied))

    @rule(
        data=st.data(),
        days=st.integers(-1, 4),
        hour=st.sampled_from([9, 10, 13]),
        displaced=st.booleans(),
        overrides=SOME_BETWEEN,
    )
    def reschedule(
        self,
        data: st.DataObject,
        days: int,
        hour: int,
        displaced: bool,
        overrides: tuple[str, ...],
    ) -> None:
        number = self.one_of(data, "planned", "tentative", over=False)
        old = self.course.visits[min(number, len(self.course.visits)) - 1].start
        new = NewStart(number, old.replace(hour=hour) + timedelta(days), displaced)
        self.change("reschedule", overrides, starts=(new,))

    @rule(name=st.sampled_from(["Dr. Lee", "Dr. Okafor"]))
    def clear(self, name: str) -> None:
        self.change("clear", record=Record("clearance", self.now.date(), name))

    @precondition(lambda self: len(self.course.history) % 3 == 1)
    @rule(data=st.data(), sessions=st.integers(0, 9), days=st.integers(0, 60), anew=st.booleans())
    def authorise(self, data: st.DataObject, sessions: int, days: int, anew: bool) -> None:
        if not sessions:
            self.change("authorise", anew=True)
            return
        first = self.now.date() + timedelta(data.draw(st.integers(-20, 7)))
        some = Authorisation(sessions, first, first + timedelta(days))
        self.change("authorise", authorised=(some,), anew=anew)

    @precondition(lambda self: len(self.course.history) % 4 == 2)
    @rule()
    def rename(self) -> None:
        name = "Ana Lima" if self.course.patient == "P-114" else "P-114"
        (after,) = rename([self.course], name, at=self.now, why="because", by="me")
        DONE["rename"] += 1
        self.recorded = ""
        self.go_on_with(after, Change("rename"))

    @precondition(lambda self: len(self.course.history) % 4 == 3)
    @rule()
    def undo(self) -> None:
        self.change("undo")

    @invariant()
    def identifiers_are_unique_and_stay(self) -> None:
        uids = [visit.uid for visit in self.course.visits]
        uids += [review.uid for review in self.course.companions]
        assert len(set(uids)) == len(uids)
        if not self.is_undone:
            assert {visit.uid for visit in self.before.visits} <= set(uids)

    @invariant()
    def no_sequence_falls(self) -> None:
        after: list[Any] = [*self.course.visits, *self.course.companions]
        before: list[Any] = [*self.before.visits, *self.before.companions]
        now = {item.uid: item for item in after}
        if self.is_undone:  # what was added is no longer there
            before = [item for item in before if item.uid in now]
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
        for visit in self.before.visits if not self.is_undone else ():
            new = now[visit.uid]
            if visit.uid == self.recorded:
                continue
            if visit.status in over:
                assert (new.start, new.status) == (visit.start, visit.status)
            if visit.start.date() < self.now.date() and visit.status in TAKES_PLACE:
                assert new.start == visit.start

    @invariant()
    def a_visit_waits_exactly_where_it_has_no_session(self) -> None:
        """Clinicians' decisions aside: on tentative phases, at gates, and of single visits."""
        course = self.course
        at = course.history[-1].at
        last = course.history[-1].change
        if not course.request.authorised or (last and last.verb == "undo"):
            return  # what was undone is as it was when less of the course had begun
        beyond = {one.uid for one in visits_beyond(course.request.authorised, course.visits)}
        gate = first_closed_gate(course.companions) or len(course.visits)
        optional = {phase.name for phase in course.protocol.phases if phase.tentative}
        decided = {
            uid
            for _, entry in standing_entries(course.history)
            if entry.change and entry.change.verb in ("confirm", "booster")
            for uid in entry.changed
        }
        for visit in course.visits:
            if visit.start > at and visit.number <= gate and visit.phase not in optional:
                if visit.status == "tentative":
                    assert visit.uid in beyond
                if visit.status == "planned":
                    assert visit.uid not in beyond or visit.uid in decided

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
            assert replay(self.course, self.request) == self.course
            self.is_read_back(self.course)
            for audience, events in self.calendars.items():
                found = by_icalendar(render(self.course, "ics", View(audience)))
                assert [one.uid for one in found] == [one.uid for one in events]


# Shrinking a life takes minutes; a failing one is short enough to be read.
LIVES = settings(
    max_examples=examples(110),
    stateful_step_count=30,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)


def test_invariants_hold_after_every_change():
    DONE.clear()
    run_state_machine_as_test(Life, settings=LIVES)
    verbs = set(get_args(Verb)) - {"switch"}  # it makes another course
    assert {verb: DONE[verb] for verb in verbs if not DONE[verb]} == {}
