"""Routing: at which site (clinic and protocol) a row is planned, and whether in this run.

Each clinic and each protocol that rows name is read once.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import NamedTuple
from zlib import crc32

from ketasched.batch.fingerprints import sha
from ketasched.batch.manifest import manifest_clinic_key
from ketasched.batch.records import PriorResult, SharedCalendar, Site
from ketasched.batch.rejections import Rejected, attempt, rejected_for
from ketasched.errors import BadFile, BadRequest
from ketasched.files.codec import plain
from ketasched.files.load import load_clinic, load_protocol, refuse_mismatch
from ketasched.files.roster import Row, request_of_row
from ketasched.model import Clinic, DateOrder, Protocol
from ketasched.model.identifiers import folded_reference
from ketasched.planning.spacing_cost import phase_plans_for
from ketasched.render.patient_folder import refuse_sensitive_reference

MOST_SITES = 1000
"""How many sites are kept in memory."""


@dataclass(slots=True)
class Sites:
    """The sites that rows name.

    `usual_clinic` returns the clinic of rows that name none, and its path; `usual_protocol` is the
    protocol of such rows. `calendar_of` returns the busy times that hold for all rows of a clinic.
    """

    usual_clinic: Callable[[], tuple[Clinic, str]]
    usual_protocol: str
    calendar_of: Callable[[Clinic], SharedCalendar | None] = lambda clinic: None
    _sites: dict[tuple[str, str], Site | BadRequest] = field(default_factory=dict)
    _clinic: Callable[[str], tuple[Clinic, str]] = field(init=False)
    _protocol: Callable[[str], Protocol] = field(init=False)
    _paths: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._clinic = lru_cache(MOST_SITES)(self._read_clinic)
        self._protocol = lru_cache(MOST_SITES)(load_protocol)

    def find(self, clinic: str, protocol: str) -> Site:
        """The site for what a row names, "" where it names nothing.

        Raises `BadRequest` if the clinic or the protocol of the row cannot be read, `BadFile` if
        the usual one cannot.
        """
        key = clinic, protocol
        if key not in self._sites:
            if len(self._sites) >= MOST_SITES:
                self._sites.clear()
            self._sites[key] = self._read(clinic, protocol)
        found = self._sites[key]
        if isinstance(found, BadRequest):
            raise found
        return found

    def _read(self, clinic: str, protocol: str) -> Site | BadRequest:
        column = "protocol" if protocol else ""
        try:
            read_protocol = self._protocol(protocol or self.usual_protocol)
            column = "clinic" if clinic else ""
            read_clinic, path = self._clinic(clinic)
            column = "clinic" if clinic else "protocol" if protocol else ""
            refuse_mismatch(read_clinic, read_protocol, path)
        except BadFile as error:
            if not column:
                raise
            details = f": {error.details[0]}" if error.details else ""
            return BadRequest(column, f"{error.what}{details}")
        site = _site(read_clinic, read_protocol, self.calendar_of(read_clinic))
        self._paths.setdefault(site.clinic_key, {}).setdefault(site.clinic_digest, path)
        return site

    def _read_clinic(self, path: str) -> tuple[Clinic, str]:
        # A row has no standard input: its roster is read from there.
        return (load_clinic(path, or_input=False), path) if path else self.usual_clinic()

    def ambiguous_clinics(self) -> list[str]:
        """The paths of two clinics with one `clinic_key`, which a later run would confuse."""
        several = (list(paths.values())[:2] for paths in self._paths.values() if len(paths) > 1)
        return next(several, [])


def _site(clinic: Clinic, protocol: Protocol, calendar: SharedCalendar | None) -> Site:
    clinic_digest = sha(json.dumps(plain(clinic)).encode())
    digest = sha((clinic_digest + json.dumps(plain(protocol))).encode())
    return Site(digest, clinic_digest, manifest_clinic_key(clinic), clinic, protocol, calendar)


class Routed(NamedTuple):
    """A row, its site, and what an earlier run did for its patient."""

    row: Row
    site: Site
    prior: PriorResult | None = None


class References:
    """The patient references of a roster, each with the first row that has it.

    References are the same if their folder names collide (case, Unicode form).
    """

    def __init__(self) -> None:
        self._first_rows: dict[str, int] = {}

    def has(self, patient: str, row: int) -> bool:
        """Whether this row is the first with the reference."""
        return self._first_rows.get(folded_reference(patient)) == row

    def take(self, patient: str, row: int) -> None:
        """Note the reference of a row. Raises `BadRequest` if an earlier row has its folder."""
        first = self._first_rows.setdefault(folded_reference(patient), row)
        if first != row and patient:
            said = f"is the same as in row {first}, or the same file name"
            raise BadRequest("patient", said, public=said)


@dataclass(slots=True)
class Router:
    """Routes each row once, in order.

    `prior_of` returns what an earlier run did for a patient. Of a roster in shards, only number
    `shard[0]` of `shard[1]` is planned: the rows of a clinic whose chairs count are in the same
    shard, other rows are divided by their patient reference. `has_met_chairs` says whether a row
    was routed to a clinic whose chairs count.
    """

    sites: Sites
    prior_of: Callable[[str], PriorResult | None] = lambda patient: None
    counts_chairs: bool = True
    shard: tuple[int, int] = (1, 1)
    has_met_chairs: bool = False
    _references: References = field(default_factory=References)

    def route(self, rows: Iterable[Row]) -> Iterator[Routed | Rejected]:
        """The rows of this shard."""
        for row in rows:
            routed = attempt(row, partial(self._route, row))
            shares = isinstance(routed, Routed) and self.shares_chairs(routed.site)
            key = folded_reference(row.texts.get("patient", "")) or str(row.number)
            if isinstance(routed, Routed) and shares:
                # Not by the digest: a clinic with another phone number is in the same shard.
                key = routed.site.clinic_key
            number, count = self.shard
            if crc32(key.encode("utf-8", "surrogateescape")) % count == number - 1:
                self.has_met_chairs |= shares
                yield routed

    def shares_chairs(self, site: Site) -> bool:
        """Whether rows at this site can be in each other's way."""
        return self.counts_chairs and site.clinic.counts_visits

    def owns(self, row: Row) -> bool:
        """Whether a row that was routed is the first with its patient reference."""
        return self._references.has(row.texts.get("patient", ""), row.number)

    def _route(self, row: Row) -> Routed:
        if row.problem is not None:
            raise row.problem
        patient = row.texts.get("patient", "")
        # Also in other shards: rows with the same reference may be at clinics of several shards.
        self._references.take(patient, row.number)
        site = self.sites.find(row.texts.get("clinic", ""), row.texts.get("protocol", ""))
        return Routed(row, site, self.prior_of(patient))


def problems(
    rows: Iterable[Row], sites: Sites, order: DateOrder
) -> Iterator[tuple[Row, Rejected | None]]:
    """Each row with what `batch` would reject it for before it looks for dates, or None."""
    for routed in Router(sites, counts_chairs=False).route(rows):
        problem = routed if isinstance(routed, Rejected) else None
        if isinstance(routed, Routed):
            try:
                request = request_of_row(routed.row, order or routed.site.clinic.date_order)
                refuse_sensitive_reference(routed.site.clinic, request)
                phase_plans_for(routed.site.protocol, routed.site.clinic, request)
            except BadRequest as error:
                problem = rejected_for(routed.row, error)
        yield routed.row, problem
