"""Patient references of a roster: each only once, also where file systems know no capitals."""

import unicodedata

from ketasched.errors import BadRequest


class References:
    """The references that have been seen, and on which row."""

    def __init__(self) -> None:
        self._rows: dict[str, int] = {}

    def is_of(self, patient: str, row: int) -> bool:
        """Whether it is this row that has the reference."""
        return self._rows.get(folded(patient)) == row

    def take(self, patient: str, row: int) -> None:
        """Note the reference of a row. Raises `BadRequest` if it would be another row's folder."""
        first = self._rows.setdefault(folded(patient), row)
        if first != row and patient:
            raise BadRequest("patient", f"is the same as in row {first}, or the same file name")


def folded(patient: str) -> str:
    """What of a reference a file system that knows no capitals keeps apart."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", patient).casefold())
