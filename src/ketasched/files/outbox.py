"""A folder of mails that wait to be sent, and a record of what was written there."""

from collections.abc import Mapping
from pathlib import Path

from ketasched.files.atomic_write import locked_folder, refuse_os_errors, replace_file
from ketasched.files.disk import kind_at, read_bytes

MOST_BYTES = 1 << 30
"""The largest record that is read: half a million invitations."""


outbox = locked_folder
"""Hold the lock of such a folder, which is for its owner alone."""


def read_record_file(path: Path) -> bytes | None:
    """What is in the file of a record; None if there is none. Raises `Refused`."""
    with refuse_os_errors(path):
        return read_bytes(path, MOST_BYTES) if kind_at(path) else None


def write_mails(folder: Path, mails: Mapping[str, bytes], *records: tuple[str, bytes]) -> None:
    """Write the mails, with a record before and one after them, each file in one step.

    `records` are the file's name and what is in it before, and after. Raises `Refused`.
    """
    first, last = records
    with refuse_os_errors(folder):
        for name, data in (first, *mails.items(), last):
            replace_file(folder / name, data)
