"""The clinics and protocols that rows name, each read once."""

import json
import pickle
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from mmap import mmap
from zlib import crc32

from ketasched.batch.fingerprints import sha
from ketasched.batch.manifest import house_of
from ketasched.batch.records import Agenda, Desk
from ketasched.errors import BadFile, BadRequest
from ketasched.files.codec import plain
from ketasched.files.load import load_clinic, load_protocol, refuse_mismatch
from ketasched.files.request_fields import DateOrder
from ketasched.files.roster import Row, request_of_row
from ketasched.model import Clinic, Protocol
from ketasched.planning.cadence import phase_plans_for
from ketasched.render.patient_folder import refuse_telling

MOST = 1000
"""More clinics and protocols than these are not kept in memory."""


@dataclass(slots=True)
class Desks:
    """Where rows are planned: `usual` gives the clinic of a row that names none, and its path.

    `protocol` is what such a row is planned by. `agenda` gives the busy times at a clinic.
    """

    usual: Callable[[], tuple[Clinic, str]]
    protocol: str
    agenda: Callable[[Clinic], Agenda | None] = lambda clinic: None
    _desks: dict[tuple[str, str], Desk | BadRequest] = field(default_factory=dict)
    _paths: dict[str, dict[str, str]] = field(default_factory=dict)

    def of(self, clinic: str, protocol: str) -> Desk:
        """The desk for a row's own words, "" where it has none.

        Raises `BadRequest` if its clinic or protocol cannot be read, and `BadFile` if that is the
        usual one.
        """
        key = clinic, protocol
        if key not in self._desks:
            if len(self._desks) >= MOST:
                self._desks.clear()
            self._desks[key] = self._read(clinic, protocol)
        found = self._desks[key]
        if isinstance(found, BadRequest):
            raise found
        return found

    def _read(self, clinic: str, protocol: str) -> Desk | BadRequest:
        try:
            asked = load_protocol(protocol or self.protocol)
        except BadFile as error:
            if not protocol:
                raise
            return BadRequest("protocol", _first(error))
        try:
            place, path = (load_clinic(clinic), clinic) if clinic else self.usual()
        except BadFile as error:
            if not clinic:
                raise
            return BadRequest("clinic", _first(error))
        try:
            refuse_mismatch(place, asked, path)
        except BadFile as error:
            if not (clinic or protocol):
                raise
            return BadRequest("clinic" if clinic else "protocol", _first(error))
        desk = _desk(place, asked, self.agenda(place))
        self._paths.setdefault(desk.house, {}).setdefault(desk.clinic_digest, path)
        return desk

    def alike(self) -> list[str]:
        """The paths of two clinics that later runs could not tell apart; else none."""
        several = (list(paths.values())[:2] for paths in self._paths.values() if len(paths) > 1)
        return next(several, [])


def _first(error: BadFile) -> str:
    """The error on one line, with the first of its details."""
    return f"{error.what}: {error.details[0]}" if error.details else error.what


def _desk(clinic: Clinic, protocol: Protocol, agenda: Agenda | None) -> Desk:
    of_clinic = sha(json.dumps(plain(clinic)).encode())
    digest = sha((of_clinic + json.dumps(plain(protocol))).encode())
    house = house_of(clinic)
    # The clinic apart, so that a worker has it once, however many protocols it is asked for.
    data = pickle.dumps((digest, of_clinic, house, pickle.dumps(clinic), protocol, agenda))
    return Desk(digest, of_clinic, house, data, clinic, protocol, agenda)


def problems(
    rows: Iterable[Row], desks: Desks, order: DateOrder
) -> Iterator[tuple[Row, BadRequest | None]]:
    """Each row with what `batch` would reject it for before it looks for dates, or None."""
    sorter = Sorter(desks, counts_chairs=False)
    for row in rows:
        try:
            desk = sorter.desk_of(row)
            request = request_of_row(row, order)
            refuse_telling(desk.clinic, request)
            phase_plans_for(desk.protocol, desk.clinic, request)
        except BadRequest as error:
            yield row, error
        else:
            yield row, None


FREE = 0
"""Stands in the table where there is nothing: no reference has this digest (`_digest`)."""

ROOM = 1024
"""Places of a new table; when half are taken, it is made anew with twice as many."""


class References:
    """The references that have been seen, and on which row.

    Of each only a digest of 64 bits is kept, in a table of 12 bytes a place: so a hundred thousand
    take 3 MB, a fifth of what a `dict` of them would. That two of a million rows have the same
    digest happens once in 30 million rosters; the second of them would be rejected.
    """

    def __init__(self) -> None:
        self._count = 0
        self._digests, self._rows = _empty(ROOM)

    def is_of(self, patient: str, row: int) -> bool:
        """Whether it is this row that has the reference."""
        digest = _digest(patient)
        place = self._place(digest)
        return self._digests[place] == digest and self._rows[place] == row

    def take(self, patient: str, row: int) -> None:
        """Note the reference of a row. Raises `BadRequest` if it would be another row's folder."""
        digest = _digest(patient)
        place = self._place(digest)
        if self._digests[place] == FREE:
            self._put(place, digest, row)
        elif self._rows[place] != row and patient:
            first = self._rows[place]
            raise BadRequest("patient", f"is the same as in row {first}, or the same file name")

    def _place(self, digest: int) -> int:
        """Where a digest is, or would be."""
        digests, last = self._digests, len(self._digests) - 1
        place = digest & last
        while digests[place] not in (FREE, digest):
            place = (place + 1) & last
        return place

    def _put(self, place: int, digest: int, row: int) -> None:
        self._digests[place], self._rows[place] = digest, row
        self._count += 1
        if 2 * self._count > len(self._digests):
            before = zip(self._digests, self._rows, strict=True)
            self._digests, self._rows = _empty(2 * len(self._digests))
            for known, of in before:
                if known != FREE:
                    at = self._place(known)
                    self._digests[at], self._rows[at] = known, of


def _empty(room: int) -> tuple["memoryview[int]", "memoryview[int]"]:
    # Straight from the system, all zero: once `malloc` has given such a large block back, it keeps
    # megabytes that nobody needs, for every thread.
    return memoryview(mmap(-1, 8 * room)).cast("Q"), memoryview(mmap(-1, 4 * room)).cast("I")


def _digest(patient: str) -> int:
    """A number for a reference, the same for those that a file system takes for the same."""
    data = folded(patient).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8).digest()) or 1


def folded(patient: str) -> str:
    """What of a reference a file system that knows no capitals keeps apart."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", patient).casefold())


class NotOurs(Exception):
    """A row is of another shard; users never see it."""


@dataclass(slots=True)
class Sorter:
    """Looks at each row once, in order.

    Of a roster in shards only number `shard[0]` of `shard[1]` is ours: the rows of a clinic with
    chairs stay together where chairs count, and else those of one patient reference.
    """

    desks: Desks
    counts_chairs: bool
    shard: tuple[int, int] = (1, 1)
    _references: References = field(default_factory=References)

    def desk_of(self, row: Row) -> Desk:
        """The desk for a row. Raises `BadRequest` if it can have none, and `NotOurs`."""
        patient = row.texts.get("patient", "")
        key = folded(patient) or str(row.number)
        try:
            if row.problem is not None:
                raise row.problem
            # Of all shards: the same reference may be at clinics of different ones.
            self._references.take(patient, row.number)
            desk = self.desks.of(row.texts.get("clinic", ""), row.texts.get("protocol", ""))
        except BadRequest:
            self._refuse_others(key)
            raise
        # By what a clinic is known by: another phone number is no other clinic.
        self._refuse_others(desk.house if self.seats_at(desk) else key)
        return desk

    def seats_at(self, desk: Desk) -> bool:
        """Whether rows at this desk can be in each other's way."""
        return self.counts_chairs and desk.clinic.counts_visits

    def owns(self, row: Row) -> bool:
        """Whether the row has its reference, and the past that goes with it, for itself."""
        return self._references.is_of(row.texts.get("patient", ""), row.number)

    def _refuse_others(self, key: str) -> None:
        number, count = self.shard
        if crc32(key.encode("utf-8", "surrogateescape")) % count != number - 1:
            raise NotOurs
