"""A waiting list: the rows of a roster whose course could begin at a given moment."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ketasched.batch.records import Site
from ketasched.batch.routing import Sites, problems
from ketasched.cli.anonymity import hide_people
from ketasched.cli.check import row_line
from ketasched.cli.output import say
from ketasched.cli.roster_options import RosterOptions
from ketasched.cli.roster_source import open_roster
from ketasched.errors import NoPlan, Refused, command_line
from ketasched.files.load import DEFAULT_PROTOCOL
from ketasched.files.request_parsing import REQUEST_FIELDS
from ketasched.files.roster import Row, priority_of, request_of_row
from ketasched.model import Clinic, Clock, Course, Request
from ketasched.model.identifiers import clinic_key
from ketasched.model.occupancy import Occupancy
from ketasched.model.wall_clock import minute_of_day
from ketasched.planning.planner import plan
from ketasched.register.records import BookingRequest, LogEntry


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A row of the list at its site, with its request."""

    row: Row
    site: Site
    request: Request

    @property
    def order(self) -> tuple[int, int, int]:
        """The sort key: the highest priority first, then who has waited longest, then the row."""
        return -priority_of(self.row), self.request.start.toordinal(), self.row.number


@dataclass(slots=True)
class WaitingList:
    """The rows of a clinic in the roster at `path`; others are passed over.

    `protocol` is that of rows that name none. `has_bad_rows` is whether a row could not be read,
    which is said of each.
    """

    path: str
    reading: RosterOptions
    clinic: Clinic
    protocol: str
    has_bad_rows: bool = False

    def rows(self) -> list[WaitingRow]:
        """The rows, the first to be asked first. Raises `BadFile`."""
        sites = Sites(lambda: (self.clinic, ""), self.protocol)
        found = []
        with open_roster(self.path) as source:
            roster = self.reading.read_roster(source.stream(), self.path)
            for row, problem in problems(roster.rows, sites, self.reading.order):
                if problem:
                    self.has_bad_rows = True
                    say("warning", f"{self.path}: {row_line(problem)}")
                    continue
                site = sites.find(row.texts.get("clinic", ""), row.texts.get("protocol", ""))
                request = request_of_row(row, self.reading.order or site.clinic.date_order)
                hide_people(request)
                if clinic_key(site.clinic) == clinic_key(self.clinic):
                    found.append(WaitingRow(row, site, request))
        return sorted(found, key=lambda one: one.order)

    def command(self, one: WaitingRow, slot: datetime, today: str | None) -> str:
        """The command that plans the course of a row from the slot on, at the moment `today`."""
        texts = {name: text for name, text in one.row.texts.items() if name in REQUEST_FIELDS}
        texts |= _at(slot)
        words = ["plan"]
        for name, text in texts.items():
            parts = text.split(";") if REQUEST_FIELDS[name].several else [text]
            for part in filter(str.strip, parts):
                words += [f"--{name.replace('_', '-')}", part.strip()]
        protocol = one.row.texts.get("protocol") or self.protocol
        order = self.reading.order or one.site.clinic.date_order
        words += ["--protocol", protocol] if protocol != DEFAULT_PROTOCOL else []
        words += ["--date-order", order] if order else []
        return command_line(*words, *(["--made-at", today] if today else []))


def _at(slot: datetime) -> Mapping[str, str]:
    """The options of a course that begins at the slot."""
    day = slot.date().isoformat()
    return {"start": day, "latest_start": day, "time": str(Clock(minute_of_day(slot)))}


def rows_that_could_begin(
    rows: list[WaitingRow],
    slot: datetime,
    clinic: Clinic,
    at: datetime,
    planned: Callable[[BookingRequest], Course],
) -> Iterator[WaitingRow]:
    """The rows whose whole course, beside what is booked, begins at the slot (local).

    The day lies between the row's asked and latest start, and the course aims for the time of the
    slot throughout. `planned` plans a booking request and enters nothing; `at` is the moment.
    """
    for one in rows:
        latest = one.request.latest_start
        if slot.date() < one.request.start or (latest and latest < slot.date()):
            continue
        request = replace(
            one.request,
            start=slot.date(),
            latest_start=slot.date(),
            time=Clock(minute_of_day(slot)),
        )

        def make(bookings: Occupancy, one: WaitingRow = one, asked: Request = request) -> Course:
            return plan(one.site.protocol, clinic, asked, made_at=at, bookings=bookings)

        try:
            course = planned(BookingRequest(clinic, make, LogEntry(at, ""), request))
        except (NoPlan, Refused):
            continue
        if course.visits[0].start == slot:
            yield one
