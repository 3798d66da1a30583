"""The policy of ketasched: courses are planned whole in a register, by two clerks.

A caller's course is planned while they are on the phone (`plan`). Who cannot begin soon waits;
on Fridays all who wait are planned as one (`batch --together`). What no longer fits the
clinic is moved as one (`reschedule`).
"""

import csv
import json
import os
import subprocess
import sys
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from tools.simulation.clerk import SECONDS
from tools.simulation.clinic import ClinicFile, News, end_of
from tools.simulation.inspection import Inspection
from tools.simulation.patients import Patient
from tools.simulation.stored_bookings import StoredBookings

ROOT = Path(__file__).parents[2]
CLEARED = {"cleared_by": "Dr. Lee", "cleared_on": "2027-01-01"}
TRIED_AGAIN = timedelta(14)
"""So long the clerks look for another date for a missed visit that has none."""

SOON = timedelta(7)
"""Who cannot begin within so many days of the asked start waits for the joint plan."""

LOOKED_AHEAD = 10
"""So many days a clerk looks ahead for a day to offer."""

AT_ONCE = 0.5
"""How often the other clerk writes into a course while the one who is called has it open."""


class WholeCourses:
    """A register, its two clerks, and those who wait."""

    name = "ketasched"

    def __init__(self, folder: Path, clinic: ClinicFile, seed: object) -> None:
        self._folder, self._clinic, self._seed = folder, clinic, seed
        self._register = folder / "register.db"
        command = [sys.executable, "-m", "tools.simulation.clerk"]
        command += [str(self._register), str(clinic.path)]
        self._clerks = [
            subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=ROOT,
                env=_environment(),
            )
            for _ in range(2)
        ]
        self._turn = 0
        self._waiting: list[Patient] = []
        self._lost: list[tuple[Patient, datetime, datetime]] = []
        """Missed visits that are not made up for: whose, when they were, and until when to try."""
        self.counts: Counter[str] = Counter()
        for number in range(2):
            self._give({"do": "read clinic"}, number)  # so that the register is there
        self.bookings = StoredBookings(self._register)
        self._inspection = Inspection(self.bookings)

    def close(self) -> None:
        """See `Policy`."""
        self.bookings.close()
        for clerk in self._clerks:
            with clerk:  # closes its pipes, and waits for its end
                pass

    def ask(self, patient: Patient, at: datetime) -> None:
        """See `Policy`."""
        soon = min(patient.start + SOON, patient.latest)
        asked = asked_of(patient, patient.start) | {"latest_start": soon.isoformat()}
        task = {"do": "book", "at": _text(at), "asked": asked}
        if not self._give(task)["booked"]:
            self._waiting.append(patient)

    def name_driver(self, patient: Patient, at: datetime) -> None:
        """See `Policy`."""
        self._call("driver", patient, at)

    def defer(self, patient: Patient, visit: datetime, days: int, at: datetime) -> None:
        """See `Policy`: at times the family calls the other clerk at the same moment."""
        clerk = self._next()
        if Random(f"{self._seed}/{patient.reference}/{visit}").random() < AT_ONCE:
            self._give({"do": "open", "patient": patient.reference, "at": _text(at)}, clerk)
            self._call("driver", patient, at, 1 - clerk)
        offered = self._offered(patient, visit.date() + timedelta(days))
        self._call("defer", patient, at, clerk, visit=_text(visit), offered=offered)

    def hold(self, patient: Patient, at: datetime) -> None:
        """See `Policy`."""
        self._call("hold", patient, at)

    def resume(self, patient: Patient, on: date, at: datetime) -> None:
        """See `Policy`."""
        self._call("resume", patient, at, offered=self._offered(patient, on))

    def stop(self, patient: Patient, at: datetime) -> None:
        """See `Policy`."""
        self._call("cease", patient, at)
        self._lost = [one for one in self._lost if one[0] is not patient]

    def add_booster(self, patient: Patient, days: int, at: datetime) -> None:
        """See `Policy`."""
        nominal = self.bookings.of(patient.reference)[-1].date() + timedelta(days)
        sooner = self._offered(patient, nominal - timedelta(LOOKED_AHEAD), LOOKED_AHEAD)
        offered = [*self._offered(patient, nominal), *reversed(sooner)]
        offered.sort(key=lambda day: abs((date.fromisoformat(day) - nominal).days))
        self._call("booster", patient, at, offered=offered)

    def hear(self, news: News, at: datetime) -> None:
        """See `Policy`: both clerks read the clinic's file again, and one reschedules."""
        for number in range(2):
            self._give({"do": "read clinic"}, number)
        found = self._give({"do": "reschedule", "at": _text(at), "reason": news.what})
        self.counts["without a place after news"] += len(found["not_placed"])

    def end_day(self, day: date, missed: list[tuple[Patient, datetime]], at: datetime) -> None:
        """See `Policy`."""
        excepted = sorted({patient.reference for patient, _ in missed})
        task = {"do": "complete", "day": day.isoformat(), "at": _text(at), "excepted": excepted}
        self._give(task)
        for patient, visit in missed:
            self._call("miss", patient, at, visit=_text(visit))
        lost, self._lost = self._lost, []
        until = at + TRIED_AGAIN
        for patient, visit, last in [*lost, *((*one, until) for one in missed)]:
            found = self._call("make up", patient, at, visit=_text(visit))
            if not found["placed"] and at < last:
                self._lost.append((patient, visit, last))

    def end_week(self, at: datetime) -> None:
        """See `Policy`: those who wait are planned as one."""
        first = at.date() + timedelta(1)
        self._waiting = [one for one in self._waiting if first <= one.latest]
        if not self._waiting:
            return
        rows = [asked_of(one, max(first, one.start)) for one in self._waiting]
        roster = self._folder / "waiting.csv"
        with roster.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
        command = [sys.executable, "-m", "ketasched", "batch", str(roster), "--together"]
        command += ["--clinic", str(self._clinic.path), "--register", str(self._register)]
        command += ["--made-at", _text(at), "--format", "ndjson", "--jobs", "1", "--quiet"]
        command += ["--limit", f"{SECONDS}s"]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=_environment()
        )
        if done.returncode not in (0, 5):
            raise RuntimeError(done.stderr)
        seated = {json.loads(line)["patient"] for line in done.stdout.splitlines()}
        self._waiting = [one for one in self._waiting if one.reference not in seated]

    def inspect(self, day: date) -> list[str]:
        """See `Policy`: `check` of every course that has changed since the last inspection."""
        problems = self._inspection.broken_rules()
        self.counts["checked"] = self._inspection.checked
        return problems

    def _call(
        self, what: str, patient: Patient, at: datetime, clerk: int | None = None, **more: object
    ) -> dict[str, Any]:
        task = {"do": what, "patient": patient.reference, "at": _text(at), **more}
        found = self._give(task, clerk)
        for name in ("refused", "overridden"):
            self.counts[name] += bool(found.get(name))
        self.counts["without a date"] += found.get("placed") is False
        return found

    def _offered(self, patient: Patient, first: date, count: int = LOOKED_AHEAD) -> list[str]:
        """The days on which a clerk sees a free place that the patient can take, in order."""
        taken = Counter(start for _, start in self.bookings.on(first, first + timedelta(count)))
        return [
            day.isoformat()
            for day in (first + timedelta(number) for number in range(count))
            if any(
                taken[start] < self._clinic.free_chairs(day)
                and patient.can_come(day, start.time(), end_of(start).time())
                for start in self._clinic.starts(day)
            )
        ]

    def _next(self) -> int:
        """The number of the clerk whose turn it is."""
        self._turn = 1 - self._turn
        return self._turn

    def _give(self, task: dict[str, Any], clerk: int | None = None) -> dict[str, Any]:
        """What becomes of a task, which a clerk does, or the one whose turn it is."""
        process = self._clerks[self._next() if clerk is None else clerk]
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(task) + "\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the clerk failed at {task}")
        found: dict[str, Any] = json.loads(answer)
        return found


def asked_of(patient: Patient, start: date) -> dict[str, str]:
    """What a patient asks for, as the columns of a roster."""
    both = patient.between
    away = patient.away
    return {
        "patient": patient.reference,
        "start": start.isoformat(),
        "latest_start": patient.latest.isoformat(),
        "per_week": str(patient.per_week),
        "days": ";".join(patient.weekdays),
        "between": f"{both[0]:%H:%M}-{both[1]:%H:%M}" if both else "",
        "unavailable": f"{away[0]}..{away[1]}" if away else "",
        "prior": ";".join(one.isoformat() for one in patient.prior),
        **CLEARED,
    }


def _text(at: datetime) -> str:
    return at.isoformat()


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if "KETASCHED" not in name}
