"""Patient references of a roster: each only once, also where file systems know no capitals."""

import unicodedata
from hashlib import blake2b
from mmap import mmap

from ketasched.errors import BadRequest

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
