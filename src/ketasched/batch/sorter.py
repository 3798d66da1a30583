"""Which rows of a roster are ours to plan, and at which desk."""

from dataclasses import dataclass, field
from zlib import crc32

from ketasched.batch.desks import Desks
from ketasched.batch.nouns import Desk
from ketasched.batch.references import References, folded
from ketasched.errors import BadRequest
from ketasched.roster import Row


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
