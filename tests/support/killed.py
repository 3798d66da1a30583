"""Commands that are killed before a step: the write of a file, or a commit to a register."""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import sqlalchemy

from ketasched.cli import main

WRITES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir"}


def killed_before(number: int, arguments: Sequence[str], watched: Sequence[str] = ()) -> None:
    """Run the command, killed before the so-many-th time that it writes a file or commits.

    With `watched`, files and folders, a step counts only if these are not as they were before the
    step that counted last: where they are the same, a kill leaves the same behind.
    """
    seen, last = 0, None

    def step(*_: object) -> None:
        nonlocal seen, last
        found = state(watched)
        if not watched or found != last:
            seen, last = seen + 1, found
            if seen == number:
                os.kill(os.getpid(), signal.SIGKILL)

    def hook(event: str, asked: tuple[object, ...]) -> None:
        is_write = event == "open" and int(str(asked[2])) & (os.O_WRONLY | os.O_RDWR)
        if event in WRITES or (is_write and "out" in str(asked[0])):
            step()

    sys.addaudithook(hook)
    sqlalchemy.event.listen(sqlalchemy.Engine, "commit", step)
    main(arguments, prog_name="ketasched")


def state(watched: Sequence[str]) -> Mapping[Path, bytes]:
    """The bytes of these files, and of those in these folders; a folder has none."""
    found = (path for place in watched for path in (Path(place), *Path(place).rglob("*")))
    return {path: path.read_bytes() if path.is_file() else b"" for path in found if path.exists()}
