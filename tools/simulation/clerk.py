"""A clerk: a process of its own that works on the register, a task a line on standard input.

Run by `whole_courses`, which gives two clerks their turns, so that a run can be repeated to the
byte. A task is a line of JSON with what to `do`, and the answer a line of JSON, too.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

from ketasched import BadRequest, NoPlan, Refused, Register, request
from ketasched.api.day_records import VisitState
from ketasched.files.load import load_clinic, load_protocol
from ketasched.model import Clinic, Course

Task = Mapping[str, Any]
Answer = dict[str, Any]

DAYS_TRIED = 3
"""On so many of the offered days a clerk tries to keep all rules."""

SECONDS = 20
"""About so long the best proposal is looked for."""

DECISIONS = (("gap",), ("gap", "span"))
"""What the clinician overrides where the rules leave no day: the second only if need be."""

DECIDED = "the clinician decided that it may be later"


class Clerk:
    """A clerk at the register in the SQLite file `address`; `clinic_file` may change."""

    def __init__(self, address: str, clinic_file: str) -> None:
        self._register = Register.open(address)
        self._clinic_file = clinic_file
        self._clinic: Clinic | None = None
        self._protocol = load_protocol("iv-depression")
        self._open: dict[str, Course] = {}
        """The courses on the clerk's screen, which somebody else may change meanwhile."""

    def do(self, task: Task) -> Answer:
        """Do a task, and return what became of it."""
        tasks: Mapping[str, Callable[[Task], Answer]] = {
            "book": self.book,
            "open": self.open,
            "driver": self.driver,
            "defer": self.defer,
            "hold": self.hold,
            "resume": self.resume,
            "cease": self.cease,
            "booster": self.booster,
            "complete": self.complete,
            "miss": self.miss,
            "make up": self.make_up,
            "reschedule": self.reschedule,
            "read clinic": self.read_clinic,
        }
        return tasks[task["do"]](task)

    @property
    def clinic(self) -> Clinic:
        """The clinic as its file was when it was read last."""
        if self._clinic is None:
            self._clinic = load_clinic(self._clinic_file)
        return self._clinic

    def read_clinic(self, task: Task) -> Answer:
        """Read the clinic's file again."""
        self._clinic = load_clinic(self._clinic_file)
        return {}

    def book(self, task: Task) -> Answer:
        """Plan a course for a caller, and enter it."""
        asked = request(**task["asked"])
        try:
            self._register.book(self._protocol, self.clinic, asked, made_at=task["at"])
        except NoPlan:
            return {"booked": False}
        return {"booked": True}

    def open(self, task: Task) -> Answer:
        """Have a course on the screen for the next change."""
        self._open[task["patient"]] = self._course(task)
        return {}

    def driver(self, task: Task) -> Answer:
        """Enter who drives."""
        return self._change(task, "driver", "all", name="Alex Kim")

    def hold(self, task: Task) -> Answer:
        """Hold what is to come."""
        return self._change(task, "hold", reason="blood pressure")

    def cease(self, task: Task) -> Answer:
        """End a course."""
        return self._change(task, "cease", reason="the patient comes no more")

    def complete(self, task: Task) -> Answer:
        """Record the visits of a day, but for those of some patients."""
        done = self._register.complete_day(
            task["day"],
            at=task["at"],
            excepted=task["excepted"],
            by_whom="clerk",
            clinic=self.clinic,
        )
        for one in done.visits:
            if one.state is VisitState.UNFIT:  # in an overfull slot, where some have been treated
                self._register.revise(
                    one.course.patient, "complete", one.visit.number, at=task["at"]
                )
        return {}

    def miss(self, task: Task) -> Answer:
        """Record that a visit did not take place."""
        return self._change(task, "miss", self._number(task))

    def make_up(self, task: Task) -> Answer:
        """Give another date for a missed visit; by the clinician's decision, if need be."""
        number = self._number(task)
        for override in ((), *DECISIONS):
            with suppress(NoPlan, BadRequest):  # while visits are held there is no place
                change = partial(self._change, task, "miss", number, make_up=True)
                return change(override=override, reason=DECIDED if override else "")
        return {"placed": False}

    def defer(self, task: Task) -> Answer:
        """Move a visit to a day that the patient is offered."""
        number = self._number(task)
        return self._on_offered_day(task, "defer", "to", number, reason="asked for")

    def resume(self, task: Task) -> Answer:
        """Let the held visits go on from a day that the patient is offered."""
        return self._on_offered_day(task, "resume", "on", reason="cleared again")

    def booster(self, task: Task) -> Answer:
        """Add a booster on a day that the patient is offered."""
        return self._on_offered_day(task, "booster", "on", reason="decided")

    def reschedule(self, task: Task) -> Answer:
        """Move, as one, all visits that no longer fit the clinic."""
        not_placed: Sequence[str] = ()
        for override in ((), *DECISIONS):
            found = self._register.reschedule(
                at=task["at"],
                clinic=self.clinic,
                override=override,
                reason=task["reason"],
                limit=SECONDS,
            )
            if found.revisions:
                self._register.apply(found, at=task["at"])
            not_placed = [one.patient for one in found.not_placed]
            if not not_placed:
                break
        return {"not_placed": not_placed}

    def _on_offered_day(
        self, task: Task, verb: str, to: str, visit: int | None = None, *, reason: str
    ) -> Answer:
        """The change on the first days that are offered; else by the clinician's decision."""
        change, first = partial(self._change, task, verb, visit), task["offered"][:DAYS_TRIED]
        for day in first:
            with suppress(NoPlan):
                return change(reason=reason, **{to: day})
        for override, days in zip(DECISIONS, (first, task["offered"]), strict=True):
            for day in days:
                with suppress(NoPlan):
                    return change(reason=DECIDED, override=override, **{to: day})
        return {"placed": False}

    def _change(
        self, task: Task, verb: str, visit: int | str | None = None, **values: Any
    ) -> Answer:
        """Make a change of a course; if somebody else has changed it since, read it, and again."""
        plans = verb in ("defer", "resume", "booster") or values.get("make_up")
        if plans:
            values["clinic"] = self.clinic
        patient, refused = task["patient"], 0
        known = self._open.pop(patient, None)
        if known:
            try:
                self._register.revise(known, verb, visit, at=task["at"], **values)
            except Refused:
                refused = 1
            else:
                return {"placed": True, "refused": 0, "overridden": bool(values.get("override"))}
        self._register.revise(patient, verb, visit, at=task["at"], **values)
        overridden = bool(values.get("override"))
        return {"placed": True, "refused": refused, "overridden": overridden}

    def _course(self, task: Task) -> Course:
        return self._register.course(task["patient"], at=task["at"])

    def _number(self, task: Task) -> int:
        """The number of the visit that begins at a moment."""
        start, course = datetime.fromisoformat(task["visit"]), self._course(task)
        return next(one.number for one in course.visits if one.start == start)


def main() -> None:
    """Do the tasks of standard input, one after the other."""
    clerk = Clerk(*sys.argv[1:])
    for line in sys.stdin:
        print(json.dumps(clerk.do(json.loads(line))), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
