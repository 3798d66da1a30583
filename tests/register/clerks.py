"""Clerks, each a process of its own, who book courses into one register until each has its share.

What a clerk did is in its own file, a line of JSON for each course; one who was killed goes on
after the last whole line.
"""

import json
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from ketasched.errors import NoPlan, Refused
from ketasched.files.load import load_clinic, load_protocol
from ketasched.model import Clinic, Clock, Course, DateRange, Protocol, Request, Resource
from ketasched.model.occupancy import Occupancy
from ketasched.planning.planner import plan
from ketasched.register import lost_connection
from ketasched.register.records import BookingRequest, LogEntry
from ketasched.register.register import Register
from ketasched.register.tables import LOG
from tests.conftest import MADE_AT, ROOT
from tests.support.forked import Forked

CHAIRS, STARTS = 4, 2
FIRST_DAY = date(2027, 1, 4)
DAYS_A_COURSE = 1.7
"""So many days a course are asked for: fewer than all of them need, so that some are refused."""

SECONDS_TO_COME_BACK = 300

PROTOCOL = load_protocol("iv-depression")


@cache
def clinic() -> Clinic:
    """A clinic of a few chairs."""
    example = load_clinic(str(ROOT / "examples" / "clinic.toml"))
    return replace(example, chairs=CHAIRS, starts_per_slot=STARTS)


@cache
def clinic_in_repair() -> Clinic:
    """The clinic at which all of them book: every other week some chairs are out of order."""
    out_of_order = {
        DateRange(first, first + timedelta(4)): 1 + week % 3
        for week in range(0, 60, 2)
        for first in [FIRST_DAY + timedelta(7 * week)]
    }
    closures = replace(clinic().closures, chairs=out_of_order)
    return replace(clinic(), closures=closures)


MONITORS, SERVED = 3, 2
"""How many monitors there are, and how many patients the only prescriber treats at once."""


@cache
def staffed_clinic() -> Clinic:
    """The clinic with fewer monitors than chairs, one of them away now and then."""
    days = (FIRST_DAY + timedelta(7 * week + 1) for week in range(1, 60, 3))
    away = {DateRange(day, day + timedelta(2)): 1 for day in days}
    monitors = Resource("monitor", MONITORS, 1, ("treatment", "observation"), absences=away)
    prescriber = Resource("prescriber", 1, SERVED, ("treatment",))
    return replace(clinic_in_repair(), resources=(monitors, prescriber))


@cache
def without_prescriber() -> Protocol:
    """The protocol, where visits need nobody but a monitor."""
    kinds = {name: replace(one, needs=("monitor",)) for name, one in PROTOCOL.visits.items()}
    return replace(PROTOCOL, visits=kinds)


@dataclass(frozen=True)
class Clerk:
    """Who books `share` courses of the `total` that all together do.

    At a clinic that is `staffed` every third clerk's visits need no prescriber.
    """

    number: int
    share: int
    total: int
    address: str
    folder: Path
    staffed: bool = False

    @property
    def clinic(self) -> Clinic:
        """The clinic at which it books."""
        return staffed_clinic() if self.staffed else clinic_in_repair()

    @property
    def protocol(self) -> Protocol:
        """The protocol of its courses."""
        return without_prescriber() if self.staffed and self.number % 3 == 1 else PROTOCOL

    def planned(self, request: Request, bookings: Occupancy) -> Course:
        """The course for a request beside these bookings."""
        return plan(self.protocol, self.clinic, request, made_at=MADE_AT, bookings=bookings)

    @property
    def path(self) -> Path:
        """What it did."""
        return self.folder / f"clerk-{self.number}.ndjson"

    def begun(self) -> Forked:
        """At work."""
        return Forked(work, self)

    def requests(self) -> Iterator[Request]:
        """What is asked of it, always the same."""
        drawn = random.Random(self.number)
        for number in range(10 * self.share + 10):
            day = FIRST_DAY + timedelta(drawn.randrange(int(self.total * DAYS_A_COURSE) + 60))
            yield Request(
                start=day,
                latest_start=day + timedelta(7),
                patient=f"C{self.number}-{number}",
                per_week=drawn.choice([2, 3]),
                time=Clock(drawn.choice([480, 540, 600, 660, 810, 870])),
            )

    def did(self) -> list[dict[str, Any]]:
        """What it did so far: whole lines only."""
        if not self.path.exists():
            return []
        lines = self.path.read_bytes().split(b"\n")
        return [json.loads(line) for line in lines[:-1]]


def work(clerk: Clerk) -> None:
    """Book until the share is done."""
    os.nice(1)
    # On a machine that has much else to do a server takes its time to be there again.
    lost_connection.SECONDS_TO_COME_BACK = SECONDS_TO_COME_BACK
    book, place = Register.open(clerk.address), clerk.clinic
    done = clerk.did()
    booked = sum(one["outcome"] == "booked" for one in done)
    whole = b"".join(json.dumps(one).encode() + b"\n" for one in done)
    clerk.path.write_bytes(whole)
    with clerk.path.open("ab", buffering=0) as file:
        for number, request in enumerate(clerk.requests()):
            if number < len(done):
                continue
            if booked == clerk.share:
                return
            seen: list[int] = [0]

            def make(bookings: Any, request: Request = request, seen: list[int] = seen) -> Course:
                asked = select(func.max(LOG.c.number))
                seen[0] = bookings._connection.execute(asked).scalar_one() or 0
                return clerk.planned(request, bookings)

            outcome, why = "booked", ""
            try:
                book.book(BookingRequest(place, make, LogEntry(MADE_AT, ""), request))
            except NoPlan as error:
                outcome, why = "refused", error.what
            except Refused as error:
                why = error.what
                # Who was killed after an entry and before saying so finds it there.
                is_ours = "in the register already" in why or "has a course in" in why
                taken = "taken" if why.startswith("taken meanwhile") else "broken"
                outcome = "booked" if is_ours else taken
            booked += outcome == "booked"
            said = {"number": number, "outcome": outcome, "seen": seen[0], "why": why}
            file.write(json.dumps(said).encode() + b"\n")
