"""A folder of mails that wait to be sent, and a record of what was written there."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ketasched.files.atomic_write import (
    folder_lock,
    make_private_folder,
    refuse_os_errors,
    remove_leftovers,
    replace_file,
)
from ketasched.files.disk import kind_at, read_bytes

MOST_BYTES = 1 << 30
"""The largest record that is read: half a million invitations."""


@contextmanager
def outbox(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder for the block; a missing one is made, for its owner alone.

    Raises `Refused` if the folder is not writable, or somebody else writes there for too long.
    """
    with refuse_os_errors(folder):
        make_private_folder(folder)
        with folder_lock(folder):
            remove_leftovers(folder)
            yield


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
