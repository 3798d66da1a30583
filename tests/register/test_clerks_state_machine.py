"""Clerks at a small clinic do what clerks do, in the nights in which the clocks change.

Every command runs twice: with a register in a SQLite file, and with one at a PostgreSQL server.
Both say the same, and after each plain SQL finds that no chair is taken twice, that each visit
has one booking, and that nothing goes back. `HYPOTHESIS_PROFILE=explore` or `make proof` takes
thousands of steps, and finds the fewest steps of a failure.
"""

import json
import os
import shutil
import tempfile
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.conftest import IS_FULL
from tests.register import invariants
from tests.register.databases import Server
from tests.register.night_clinic import (
    CLINIC_EDITS,
    EDITS,
    HOURS,
    NIGHTS,
    OVERRIDES,
    PATIENTS,
    PROTOCOL,
    RECORDS,
    TIMES,
    ClinicFile,
    edited,
)
from tests.register.two_books import EMPTY, Answer, Book, CourseRow, Tables

places = st.sampled_from(["register", "register", "clinic", "folder"])
there_are_courses = precondition(lambda self: self.tables.courses)
DONE: Counter[tuple[str, int]] = Counter()
"""How often each kind of step was done, or refused."""

days = st.sampled_from([0, 0, 1, 1, 2])
picks = st.integers(0, 3)
patients = st.sampled_from(PATIENTS)
times = st.sampled_from(TIMES)
shifts = st.sampled_from([-30, 0, -90, 30])
"""Minutes from the start of somebody else's visit; a visit takes 120."""
overrides = st.sampled_from(OVERRIDES)


class Clerks(RuleBasedStateMachine):
    """One clinic's book, kept twice, at a moment; and copies of courses that lie about."""

    def __init__(self, server: Server, folder: Path) -> None:
        super().__init__()
        self.server, self.folder = server, Path(tempfile.mkdtemp(dir=folder))
        self.books = (Book("", self.folder / "file"), Book("", self.folder / "server"))
        for book in self.books:
            book.folder.mkdir()
        self.put("nights.toml", PROTOCOL)
        self.number = 0
        self.begin_books()
        self.copies: list[str] = []
        self.saved = EMPTY
        self.roster: list[str] = []

    @initialize(
        zone=st.sampled_from(list(NIGHTS)),
        autumn=st.booleans(),
        hours=st.sampled_from(HOURS),
        chairs=st.sampled_from([1, 1, 2]),
        starts=st.sampled_from([None, None, 1]),
    )
    def begin(self, zone: str, autumn: bool, hours: str, chairs: int, starts: int | None) -> None:
        self.first = ClinicFile(zone, hours, chairs, starts=starts)
        self.edit(self.first)
        self.night = datetime.fromisoformat(f"{NIGHTS[zone][autumn]}T00:00+00:00")
        self.now = self.night - timedelta(days=3)
        for patient, time in (("Q", "00:00"), ("P-2", "23:00")):
            self.plan(patient, 0, time, 0, writes=False)

    # --- what a clerk can do

    @rule(
        patient=patients,
        day=days,
        time=times,
        boosters=st.sampled_from([0, 0, 1]),
        writes=st.sampled_from([False, False, True]),
    )
    def plan(self, patient: str, day: int, time: str, boosters: int, writes: bool) -> None:
        start = self.date(day)
        asked = ("--patient", patient, "--start", start, "--latest-start", start, "--time", time)
        files = ("-o", "courses", "--force") if writes else ()
        self.do("plan", *asked, "--boosters", str(boosters), *self.planning(), *files)

    @there_are_courses
    @rule(pick=picks, place=places, visit=st.integers(1, 2), day=days, time=times)
    def defer(self, pick: int, place: str, visit: int, day: int, time: str) -> None:
        self.revise(pick, place, "defer", str(visit), "--to", f"{self.date(day)}T{time}")

    @there_are_courses
    @rule(pick=picks, visit=st.integers(1, 2), other=picks, shift=shifts, overrides=overrides)
    def squeeze_in(
        self, pick: int, visit: int, other: int, shift: int, overrides: tuple[str, ...]
    ) -> None:
        to = ("--to", self.beside(other, shift))
        self.revise(pick, "register", "defer", str(visit), *to, overrides=overrides)

    @there_are_courses
    @rule(pick=picks, verb=st.sampled_from(RECORDS), visit=st.integers(1, 2))
    def record(self, pick: int, verb: str, visit: int) -> None:
        """On the day of the visit, or later."""
        visits = self.course(pick).document["visits"]
        begins = datetime.fromisoformat(visits[visit - 1]["start"])
        self.now = max(self.now, begins.astimezone(UTC))
        word, *more = verb.split()
        self.revise(pick, "register", word, str(visit), *more)

    @there_are_courses
    @rule(pick=picks, place=places, verb=st.sampled_from(["omit 2", "confirm 3", "hold", "cease"]))
    def decide(self, pick: int, place: str, verb: str) -> None:
        self.revise(pick, place, *verb.split())

    @there_are_courses
    @rule(
        pick=picks,
        verb=st.sampled_from(["resume", "booster"]),
        other=picks,
        shift=shifts,
        overrides=overrides,
    )
    def go_on(
        self, pick: int, verb: str, other: int, shift: int, overrides: tuple[str, ...]
    ) -> None:
        on = ("--on", self.beside(other, shift))
        self.revise(pick, "register", verb, *on, overrides=overrides)

    @there_are_courses
    @rule(pick=picks, place=places, overrides=st.sampled_from([(), ("capacity",)]))
    def undo(self, pick: int, place: str, overrides: tuple[str, ...]) -> None:
        """A visit that has begun may have no chair any more."""
        self.revise(pick, place, "undo", overrides=overrides)

    @rule(hours=st.sampled_from([1, 8, 24]))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @precondition(lambda self: self.twins)
    @rule(day=days)
    def look_at_the_day(self, day: int) -> None:
        self.do("day", self.date(day), "--format", "json", "--clinic", "../clinic.toml")

    @rule(edit=st.sampled_from(CLINIC_EDITS))
    def edit_the_clinic(self, edit: dict[str, Any] | None) -> None:
        self.edit(self.first if edit is None else replace(self.clinic, **edit))

    # --- copies of courses, and of the register

    @precondition(lambda self: self.copies)
    @rule(pick=picks)
    def import_a_copy(self, pick: int) -> None:
        self.import_course(self.copies[-1 - pick % len(self.copies)])

    @precondition(lambda self: self.copies and self.tables.courses)
    @rule(pick=picks, other=picks, shift=shifts, overrides=overrides)
    def revise_a_copy(self, pick: int, other: int, shift: int, overrides: tuple[str, ...]) -> None:
        """Without the register, which hears of it when the copy is imported."""
        document = self.copies[-1 - pick % len(self.copies)]
        to = ("--to", self.beside(other, shift))
        if text := self.revised_alone(document, "defer", "1", *to, *overriding(overrides)):
            self.copies.append(text)

    @there_are_courses
    @rule(pick=picks, other=picks, edit=st.sampled_from(EDITS))
    def import_an_edited_course(self, pick: int, other: int, edit: str) -> None:
        text = json.dumps(self.course(pick).document)
        if text := self.revised_alone(text, "driver", "2", "--name", f"Sam {self.now:%d %H %M}"):
            self.import_course(edited(text, edit, self.course(other).patient))

    @precondition(lambda self: len(self.tables.log) > len(self.tables.courses) + 1)
    @rule()
    def move_to_a_new_register(self) -> None:
        [text, _] = [book.run("register", "export").output for book in self.books]
        self.begin_again_with(text)

    @precondition(lambda self: self.tables.courses and self.saved is EMPTY)
    @rule()
    def back_up(self) -> None:
        self.do("register", "backup", "backup.db")
        self.saved = self.tables

    @precondition(lambda self: self.saved is not EMPTY)
    @rule()
    def restore(self) -> None:
        """At a server as the program says: the export of the backup, imported."""
        file, server = self.books
        assert file.run("register", "restore", "backup.db", "--force").code == 0
        assert file.tables() == self.saved
        [text, again] = [
            replace(book, address="backup.db").run("register", "export").output
            for book in self.books
        ]
        assert text == again
        server.address = self.server.new()
        self.put("all.ndjson", text)
        answer = server.run("register", "import", "../all.ndjson", "--today", self.moment)
        assert answer.code == 0, answer.errors
        self.twins, self.tables = False, self.saved
        self.agree()

    # --- rosters

    @rule(
        rows=st.lists(st.tuples(patients, days, times), min_size=2, max_size=2),
        together=st.sampled_from([(), (), (), ("--together",)]),
    )
    def plan_a_roster(self, rows: list[tuple[str, int, str]], together: tuple[str, ...]) -> None:
        self.number += 1
        self.roster = [
            f"{patient},{self.date(day)},{self.date(day + 1)},{time}"
            for patient, day, time in rows
        ]
        self.batch(*together)

    @precondition(lambda self: self.roster)
    @rule(day=days, time=times, force=st.sampled_from(["--force", "--resume"]))
    def plan_it_again(self, day: int, time: str, force: str) -> None:
        patient = self.roster[0].split(",")[0]
        self.roster[0] = f"{patient},{self.date(day)},{self.date(day + 1)},{time}"
        self.batch(force)

    # --- how it is done, and looked at

    def date(self, day: int) -> str:
        return (self.night + timedelta(day)).date().isoformat()

    def beside(self, pick: int, shift: int) -> str:
        """The time so many minutes after the start of a visit of a course."""
        visits = [
            one for one in self.course(pick).document["visits"] if invariants.takes_place(one)
        ]
        start = visits[pick % len(visits)]["start"][:16] if visits else f"{self.date(1)}T00:00"
        return (datetime.fromisoformat(start) + timedelta(minutes=shift)).isoformat()[:16]

    @property
    def moment(self) -> str:
        return self.now.isoformat(timespec="minutes")

    def planning(self) -> tuple[str, ...]:
        """How plans are asked for, each a minute after the one before, as a clock does it."""
        self.now += timedelta(minutes=1)
        files = ("--protocol", "../nights.toml", "--clinic", "../clinic.toml")
        return (*files, "--made-at", self.moment)

    @property
    def changing(self) -> tuple[str, ...]:
        return ("--today", self.moment, "--reason", "so it is")

    def put(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8", newline="")

    def edit(self, clinic: ClinicFile) -> None:
        self.clinic = clinic
        self.put("clinic.toml", clinic.text())

    def begin_books(self) -> None:
        """Two empty registers. Once one is restored, their chairs may have other numbers."""
        self.number += 1
        file, server = self.books
        file.address, server.address = f"{self.number}.db", self.server.new()
        self.twins, self.tables = True, EMPTY

    def course(self, pick: int) -> CourseRow:
        return self.tables.courses[pick % len(self.tables.courses)]

    def revise(
        self, pick: int, place: str, verb: str, *more: str, overrides: tuple[str, ...] = ()
    ) -> None:
        course = self.course(pick)
        name = course.course_id
        if place == "folder":
            name = f"courses/{course.patient}"
            for book in self.books:
                path = book.folder / name / "course.json"
                path.parent.mkdir(parents=True, exist_ok=True)
                if not path.exists():
                    path.write_text(json.dumps(course.document), encoding="utf-8")
        newer = () if place == "register" else ("--clinic", "../clinic.toml")
        asked = (*more, *self.changing, *overriding(overrides), *newer)
        crowds = "capacity" in overrides or verb == "undo"
        self.do("revise", name, verb, *asked, crowds=crowds)

    def revised_alone(self, text: str, *change: str) -> str:
        """A course after a change that no register hears of; "" if it is refused."""
        self.put("alone.json", text)
        newer = ("--clinic", "clinic.toml")
        answer = Book("", self.folder).run("revise", "alone.json", *change, *self.changing, *newer)
        note_done(("alone",), answer)
        return (self.folder / "alone.json").read_text("utf-8") if not answer.code else ""

    def import_course(self, text: str) -> None:
        self.put("course.json", text)
        self.do("register", "import", "../course.json", "--today", self.moment, crowds=True)

    def batch(self, *more: str) -> None:
        self.put("roster.csv", "\n".join(["patient,start,latest_start,time", *self.roster]) + "\n")
        where = ("../roster.csv", "-o", f"roster-{self.number}", "--jobs", "1", "--quiet")
        self.do("batch", *where, *self.planning(), *more)

    def begin_again_with(self, text: str) -> None:
        before = self.tables
        self.begin_books()
        self.tables = before._replace(log=[])  # who shared a chair may do so here, too
        self.put("all.ndjson", text)
        self.do("register", "import", "../all.ndjson", "--today", self.moment, crowds=True, code=0)
        assert whole(self.tables) == whole(before)

    def do(self, *arguments: str, crowds: bool = False, code: int | None = None) -> None:
        """Run a command with both registers, and look at what has become of them.

        With `crowds` the command may book a visit of which it is recorded that it has no chair,
        and an import one that has begun.
        """
        answer, other = [book.run(*arguments) for book in self.books]
        note_done(arguments, answer)
        assert answer == other
        assert answer.code in ((0, 1, 2, 3, 4, 5, 6) if code is None else (code,)), answer
        assert "all the time" not in answer.errors, answer
        before = self.tables
        self.agree()
        if answer.code not in (0, 5):
            assert self.tables == before
        self.judge(before, crowds=crowds, imports=arguments[1] == "import")

    def agree(self) -> None:
        """See that both registers hold the same, and take it for what there is."""
        file, server = [book.tables() for book in self.books]
        if self.twins:
            assert file == server
        else:
            assert whole(file) == whole(server)
        self.tables = file

    def judge(self, before: Tables, *, crowds: bool, imports: bool) -> None:
        after = self.tables
        invariants.each_visit_has_one_booking(after)
        invariants.rows_say_what_documents_say(after)
        invariants.no_chair_is_taken_twice(after)
        invariants.no_clinic_has_two_sets_of_chairs(after)
        let_in = invariants.overridden(after) if crowds else set()
        if imports:
            let_in |= {one.uid for one in after.bookings if one.begins < self.now.timestamp()}
        invariants.nobody_sits_on_a_taken_chair(before, after, let_in)
        invariants.nobody_sits_there_by_another_clock(before, after, let_in)
        invariants.no_patient_gets_a_second_course(before, after)
        invariants.nothing_goes_back(before, after)
        known = {one.course_id: one for one in before.courses}
        self.copies += [
            json.dumps(one.document) for one in after.courses if known.get(one.course_id) != one
        ]

    def teardown(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def note_done(arguments: tuple[str, ...], answer: Answer) -> None:
    """Count what was done and what was refused."""
    word = {"revise": 2, "register": 1}.get(arguments[0], 0)
    DONE[arguments[word], answer.code] += 1


def whole(tables: Tables) -> tuple[list[Any], list[Any]]:
    """What a register holds, without the numbers of chairs and the log."""
    return tables.courses, [one[:6] for one in tables.bookings]


def overriding(rules: tuple[str, ...]) -> list[str]:
    return [word for one in rules for word in ("--override", one)]


EXPLORES = IS_FULL or os.environ.get("HYPOTHESIS_PROFILE") == "explore"
"""Whether thousands of steps are taken. To find the fewest steps of a failure takes minutes."""

STEPS = settings(
    max_examples=200 if EXPLORES else 8,
    stateful_step_count=50 if EXPLORES else 20,
    phases=(Phase.generate, *([Phase.shrink] if EXPLORES else [])),
)


def test_one_chair_has_one_visit_at_every_instant_whatever_clerks_do(server, tmp_path):
    class ClerksHere(Clerks):
        def __init__(self) -> None:
            super().__init__(server, tmp_path)

    DONE.clear()
    run_state_machine_as_test(ClerksHere, settings=STEPS)
    for word in ("plan", "defer", "import", "batch"):
        assert DONE[word, 0], DONE
