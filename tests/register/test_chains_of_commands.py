"""Any sequence of the program's commands on one register and its folder.

After each command: an exit code that is documented, next steps that can be typed, plain SQL finds
no chair taken twice, every course is explained by its record, nothing goes back, a refusal has
changed nothing, and whatever leaves (feeds, invitations, queues) says what the register says.
`HYPOTHESIS_PROFILE=explore` or `make proof` takes thousands of steps, and finds the fewest steps
of a failure. `test_clerks_state_machine.py` compares the two databases; this machine has one, and
all commands.
"""

import json
import os
import shlex
import shutil
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from random import Random

from hypothesis import Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.conftest import IS_FULL
from tests.register import invariants
from tests.register import judges_of_chains as judges
from tests.register.command_calls import CALLS, WEIGHTED, Draw
from tests.register.day_clinic import EDITS, PROTOCOLS
from tests.register.outside_readers import (
    Attendees,
    Subscribers,
    appointments_are_those_booked,
    queue_keys_are_there_once,
)
from tests.register.site import Site
from tests.register.two_books import Answer, Tables
from tests.support.commands import commands

READING = (
    *("show", "suggest", "drivers", "rides", "reminders", "authorisations", "backfill"),
    *("publish", "invite", "register appointments", "register backup", "register export"),
    *("register list", "register show", "check", "protocols list", "protocols show"),
    *("clinic init", "clinic show", "schema", "doctor"),
)
"""The commands that change nothing in a register."""

CROWDING = ("register import", "register restore", "revise undo", "switch")
"""The commands that let in who sat there before, or whose visit has begun."""

DONE: Counter[tuple[str, int]] = Counter()
"""How often each command was done, or refused."""

STEPS = (
    *WEIGHTED,
    *6 * ("edit", "wait", "tell_everybody"),
    *3 * ("do_what_is_suggested", "do_what_fills_a_slot", "propose_and_apply"),
)
"""What is done, each as often as it is drawn."""

QUEUES = ("rides", "reminders", "register appointments")


class Chains(RuleBasedStateMachine):
    """A clinic's register and folder, and whoever has subscribed or is invited."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.site = Site(Path(tempfile.mkdtemp(dir=folder)))
        self.subscribers, self.attendees = Subscribers(), Attendees()

    # --- what is done

    @initialize(protocols=st.permutations([*PROTOCOLS]))
    def begin(self, protocols: list[str]) -> None:
        """Two patients have a course, with addresses and drivers."""
        for patient, protocol in zip(("P-1", "María Gómez"), protocols, strict=True):
            asked = ["--patient", patient, "--start", "2027-03-08", "--protocol", protocol]
            reached = ["--patient-email", "p@example.org", "--reminders", "yes"]
            driven = ["--driver-name", "Sam", "--driver-email", "d@example.org"]
            words = ["plan", *asked, *reached, *driven, "--boosters", "1"]
            self.do("plan", [*words, "--made-at", self.site.later()], code=0)
        self.tell_everybody()

    @rule(seed=st.integers(0, 99_999))
    def step(self, seed: int) -> None:
        """What is drawn by a seed: of a failure all steps but those that it needs are left out.

        Hypothesis draws 0 most often: then time goes by, which costs nothing.
        """
        chance = Random(seed)
        name = chance.choice(STEPS) if seed else "wait"
        draw = Draw(self.site, chance.choice)
        if name in CALLS:
            self.do(name, CALLS[name](draw))
        else:
            getattr(self, name)(draw)

    def edit(self, draw: Draw) -> None:
        edit = draw.one(EDITS)
        note(f"edit {edit}")
        self.site.edit(edit)

    def wait(self, draw: Draw) -> None:
        hours = draw.one([1, 20, 48, 72])
        note(f"wait {hours} h")
        self.site.now += timedelta(hours=hours)

    def tell_everybody(self, _: Draw | None = None) -> None:
        """All that leaves is written as it is today."""
        today = ["--today", self.site.moment]
        self.do("publish", ["publish", "--to", "feeds", *today, "--format", "json"])
        self.do("invite", ["invite", "-o", "outbox", *today])
        queue = ["register", "appointments", "--next", "60d", *today, "--format", "json"]
        self.do("register appointments", queue)

    def do_what_is_suggested(self, draw: Draw) -> None:
        """The first start that `suggest` names can be had."""
        course, visit, today = draw.patient(), draw.number(), draw.today()
        asked = ["suggest", *today, "--format", "json", "--", course, visit]
        found = self.do("suggest", asked)
        if found.code == 0 and (rows := json.loads(found.output)):
            to = ["--to", rows[0]["start"][:16]]
            named = ["revise", "--", course, "defer", visit, *to, "--reason", "so it is", *today]
            self.do("revise defer", named, code=0)

    def do_what_fills_a_slot(self, draw: Draw) -> None:
        """The first command that `backfill` names can be done."""
        words = CALLS["backfill"](draw)
        found = self.do("backfill", [*words, "--format", "json"])
        for row in json.loads(found.output or "[]")[:1] if found.code == 0 else ():
            step = shlex.split(row["command"])[1:]
            typed = [{"WHY": "so it is", "DIR": "courses"}.get(word, word) for word in step]
            made_at = ["--made-at", self.site.later()] if typed[0] == "plan" else []
            self.do("revise defer" if not made_at else "plan", [*typed, *made_at], code=0)

    def propose_and_apply(self, draw: Draw) -> None:
        """A proposal that was just made can be applied."""
        today = draw.today()
        propose = ["reschedule", "--proposal", "c.proposal", "--force", "--limit", "2s", *today]
        found = self.do("reschedule", propose)
        if found.code in (0, 5) and "c.proposal" in self.site.names("*.proposal"):
            self.do("reschedule", ["reschedule", "--apply", "c.proposal", *today], code=found.code)
            (self.site.folder / "c.proposal").unlink()

    # --- what is judged

    def do(self, name: str, words: list[str], code: int | None = None) -> Answer:
        """Run a command, and look at all that may have become of it."""
        site, before = self.site, self.site.tables
        folders = site.files("courses", "feeds", "outbox")
        note(f"$ {shlex.join(words)}   # {site.moment}")
        answer = site.run(*words)
        note(f"  exit {answer.code}: {answer.errors[-300:]}")
        DONE[name, answer.code] += 1
        assert code is None or answer.code == code, answer
        judges.the_answer_is_one_of_ours(answer)
        site.tables = site.book.tables()
        is_refused = answer.code not in (0, 5)
        if is_refused or name in READING or "--dry-run" in words:
            assert site.tables == before
        changed = {
            file: data
            for file, data in site.files("courses", "feeds", "outbox").items()
            if folders.get(file) != data
        }
        assert not (is_refused or "--dry-run" in words) or not changed, [*changed]
        judges.each_uid_is_there_once(changed)
        for file, data in changed.items():
            if file.endswith("/course.json"):
                judges.the_course_is_whole(data.decode())
        self.judge_the_register(name, before)
        if answer.code == 0 and "--dry-run" not in words:
            self.judge_what_leaves(name, words, answer)
        return answer

    def judge_the_register(self, name: str, before: Tables) -> None:
        after = self.site.tables
        if after == before:
            return
        for course in after.courses:
            judges.the_course_is_whole(json.dumps(course.document, ensure_ascii=False))
        judges.what_holds_something_has_one_booking(after)
        invariants.rows_say_what_documents_say(after)
        invariants.no_chair_is_taken_twice(after)
        invariants.no_clinic_has_two_sets_of_chairs(after)
        if name != "register restore":
            invariants.no_patient_gets_a_second_course(before, after)
            invariants.nothing_goes_back(before, after)
        if name not in CROWDING:
            let_in = invariants.overridden(after)
            let_in |= {one.uid for one in after.bookings if one.begins < self.site.now.timestamp()}
            there, now = judges.of_chairs(before), judges.of_chairs(after)
            invariants.nobody_sits_on_a_taken_chair(there, now, let_in)
            judges.nobody_has_staff_that_is_taken(before, after, let_in)

    def judge_what_leaves(self, name: str, words: list[str], answer: Answer) -> None:
        is_json = words[-2:-1] != ["--"] and "json" in words
        if name == "publish":
            self.subscribers.read(self.site)
            is_of_all = "clinic" in answer.output and words[-1] in ("json", "text")
            if is_json and is_of_all:
                self.subscribers.judge(self.site, json.loads(answer.output))
        elif name == "invite":
            self.attendees.receive(self.site)
            is_of_all = words[-1] != "driver" and ("--" not in words)
            if is_of_all and not words[-1].endswith("course.json"):
                self.attendees.judge(self.site)
        elif name in QUEUES and is_json:
            rows = json.loads(answer.output)
            queue_keys_are_there_once(rows)
            if name == "register appointments":
                appointments_are_those_booked(self.site, rows)
        elif name == "register export" and "fhir" not in words:
            self.site.put("all.ndjson", answer.output)
            documents = [json.loads(line) for line in answer.output.splitlines()]
            stored = [course.document for course in self.site.tables.courses]
            assert sorted(map(json.dumps, documents)) == sorted(map(json.dumps, stored))

    def teardown(self) -> None:
        shutil.rmtree(self.site.folder, ignore_errors=True)


EXPLORES = IS_FULL or os.environ.get("HYPOTHESIS_PROFILE") == "explore"
"""Whether thousands of steps are taken. To find the fewest steps of a failure takes minutes."""

SETTINGS = settings(
    max_examples=60 if EXPLORES else 4,
    stateful_step_count=50 if EXPLORES else 25,
    phases=(Phase.generate, *([Phase.shrink] if EXPLORES else [])),
)


def test_whatever_is_done_in_whatever_order_all_that_is_known_and_leaves_is_right(tmp_path):
    class ChainsHere(Chains):
        def __init__(self) -> None:
            super().__init__(tmp_path)

    DONE.clear()
    run_state_machine_as_test(ChainsHere, settings=SETTINGS)
    done = {name for name, code in DONE if code == 0}
    assert len(done) > len(CALLS) / (1 if EXPLORES else 2) - 5, DONE


def test_the_chains_have_every_command_of_the_program():
    assert sorted(CALLS) == sorted(commands())
