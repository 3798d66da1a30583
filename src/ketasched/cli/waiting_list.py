"""A waiting list: the rows of a roster whose course could begin at a given moment."""

from dataclasses import dataclass, field
from datetime import datetime

from ketasched.api.free_slots import Waiting
from ketasched.batch.routing import Sites, problems
from ketasched.cli.anonymity import hide_people
from ketasched.cli.check import row_line
from ketasched.cli.output import say
from ketasched.cli.roster_options import RosterOptions
from ketasched.errors import command_line
from ketasched.files.load import DEFAULT_PROTOCOL
from ketasched.files.request_parsing import REQUEST_FIELDS
from ketasched.files.roster import Row, priority_of, request_of_row
from ketasched.files.roster_source import open_roster
from ketasched.model import Clinic
from ketasched.model.identifiers import clinic_key
from ketasched.model.wall_clock import clock_text


@dataclass(frozen=True, slots=True)
class WaitingRow(Waiting):
    """Somebody who waits, by a row of the roster."""

    row: Row = field(kw_only=True)


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
        """The rows, in their order. Raises `BadFile`."""
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
                    found.append(WaitingRow(request, site.protocol, priority_of(row), row=row))
        return found

    def command(self, row: Row, slot: datetime, today: str | None) -> str:
        """The command that plans the course of a row from the slot on, at the moment `today`."""
        day = slot.date().isoformat()
        texts = {name: text for name, text in row.texts.items() if name in REQUEST_FIELDS}
        texts |= {"start": day, "latest_start": day, "time": clock_text(slot)}
        words = ["plan"]
        for name, text in texts.items():
            parts = text.split(";") if REQUEST_FIELDS[name].several else [text]
            for part in filter(str.strip, parts):
                words += [f"--{name.replace('_', '-')}", part.strip()]
        protocol = row.texts.get("protocol") or self.protocol
        order = self.reading.order or self.clinic.date_order
        words += ["--protocol", protocol] if protocol != DEFAULT_PROTOCOL else []
        words += ["--date-order", order] if order else []
        return command_line(*words, *(["--made-at", today] if today else []))
