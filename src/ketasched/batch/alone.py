"""One batch at a time in a folder."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from ketasched.batch.ledger import cannot_be_written
from ketasched.errors import Refused
from ketasched.folder import make_folder, sweep

LOCK = ".batch.lock"
"""The file that who is writing holds."""

SECONDS_TO_WAIT = 2
"""How long workers of a run that was killed may take to be gone."""


@contextmanager
def alone_in(output: Path) -> Iterator[None]:
    """While no other batch writes into `output`, which is made. Raises `Refused`."""
    lock = FileLock(output / LOCK, timeout=SECONDS_TO_WAIT, mode=0o600)
    try:
        make_folder(output)
        lock.acquire()
    except Timeout:
        said = f"{output}: another batch is writing there"
        raise Refused(said, next_step="wait for it, or give another folder with -o") from None
    except OSError as error:
        raise cannot_be_written(output, error) from None
    try:
        try:
            sweep(output)
        except OSError as error:
            raise cannot_be_written(output, error) from None
        yield
    finally:
        with suppress(OSError):
            (output / LOCK).unlink()
        lock.release()
