"""Routing: at which site (clinic and protocol) a row is planned, and whether in this run.

Each clinic and each protocol that rows name is read once.
"""

import json
import pickle
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from mmap import mmap
from typing import NamedTuple
from zlib import crc32

from ketasched.batch.fingerprints import sha
from ketasched.batch.manifest import clinic_key
from ketasched.batch.records import PriorResult, SharedCalendar, Site
from ketasched.batch.rejections import Rejected, attempt
from ketasched.errors import BadFile, BadRequest
from ketasched.files.codec import plain
from ketasched.files.load import load_clinic, load_protocol, refuse_mismatch
from ketasched.files.request_parsing import DateOrder
from ketasched.files.roster import Row, request_of_row
from ketasched.model import Clinic, Protocol
from ketasched.planning.cadence import phase_plans_for
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
    _paths: dict[str, dict[str, str]] = field(default_factory=dict)

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
            read_protocol = load_protocol(protocol or self.usual_protocol)
            column = "clinic" if clinic else ""
            read_clinic, path = (load_clinic(clinic), clinic) if clinic else self.usual_clinic()
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

    def ambiguous_clinics(self) -> list[str]:
        """The paths of two clinics with one `clinic_key`, which a later run would confuse."""
        several = (list(paths.values())[:2] for paths in self._paths.values() if len(paths) > 1)
        return next(several, [])


def _site(clinic: Clinic, protocol: Protocol, calendar: SharedCalendar | None) -> Site:
    clinic_digest = sha(json.dumps(plain(clinic)).encode())
    digest = sha((clinic_digest + json.dumps(plain(protocol))).encode())
    key = clinic_key(clinic)
    # The clinic is pickled by itself, so that a worker has it once for all of its protocols.
    data = pickle.dumps((digest, clinic_digest, key, pickle.dumps(clinic), protocol, calendar))
    return Site(digest, clinic_digest, key, data, clinic, protocol, calendar)


EMPTY = 0
"""A free place of the table; no reference has this digest."""

FIRST_SIZE = 1024
"""The places of a new table; a table that is half full is made twice as large."""


class References:
    """The patient references of a roster, each with the first row that has it.

    Only a digest of 64 bits is kept of each, in a table with open addressing and 12 bytes a place:
    100,000 references take 3 MB, a fifth of what a `dict` takes. In one of 30 million rosters of a
    million rows two references share a digest; the second row is then rejected.
    """

    def __init__(self) -> None:
        self._count = 0
        self._digests, self._rows = _empty_table(FIRST_SIZE)

    def has(self, patient: str, row: int) -> bool:
        """Whether this row is the first with the reference."""
        digest = _digest(patient)
        place = self._place(digest)
        return self._digests[place] == digest and self._rows[place] == row

    def take(self, patient: str, row: int) -> None:
        """Note the reference of a row. Raises `BadRequest` if an earlier row has its folder."""
        digest = _digest(patient)
        place = self._place(digest)
        if self._digests[place] == EMPTY:
            self._put(place, digest, row)
        elif self._rows[place] != row and patient:
            first = self._rows[place]
            raise BadRequest("patient", f"is the same as in row {first}, or the same file name")

    def _place(self, digest: int) -> int:
        """The place of a digest, or the free one for it."""
        digests, last = self._digests, len(self._digests) - 1
        place = digest & last
        while digests[place] not in (EMPTY, digest):
            place = (place + 1) & last
        return place

    def _put(self, place: int, digest: int, row: int) -> None:
        self._digests[place], self._rows[place] = digest, row
        self._count += 1
        if 2 * self._count > len(self._digests):
            former = zip(self._digests, self._rows, strict=True)
            self._digests, self._rows = _empty_table(2 * len(self._digests))
            for known, known_row in former:
                if known != EMPTY:
                    place = self._place(known)
                    self._digests[place], self._rows[place] = known, known_row


def _empty_table(size: int) -> tuple["memoryview[int]", "memoryview[int]"]:
    # Mapped memory, all zero: once `malloc` has given such a large block back, it keeps megabytes
    # that nobody needs, for every thread.
    return memoryview(mmap(-1, 8 * size)).cast("Q"), memoryview(mmap(-1, 4 * size)).cast("I")


def _digest(patient: str) -> int:
    """A key for a patient reference; equal for references whose folder names collide."""
    data = fold(patient).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8).digest()) or 1


def fold(patient: str) -> str:
    """The reference without what a file system may ignore in a name (case, Unicode form)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", patient).casefold())


class Routed(NamedTuple):
    """A row, its site, and what an earlier run did for its patient."""

    row: Row
    site: Site
    prior: PriorResult | None = None


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
            key = fold(row.texts.get("patient", "")) or str(row.number)
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
) -> Iterator[tuple[Row, BadRequest | None]]:
    """Each row with what `batch` would reject it for before it looks for dates, or None."""
    for routed in Router(sites, counts_chairs=False).route(rows):
        try:
            if isinstance(routed, Rejected):
                raise routed.error
            request = request_of_row(routed.row, order)
            refuse_sensitive_reference(routed.site.clinic, request)
            phase_plans_for(routed.site.protocol, routed.site.clinic, request)
        except BadRequest as error:
            yield routed.row, error
        else:
            yield routed.row, None
