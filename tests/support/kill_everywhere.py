"""Kills a batch before each single thing that it does to its folder, and resumes it each time.

`python tests/support/kill_everywhere.py ROSTER CLINIC FOLDER SCENARIO` prints how often; it fails
where the folder is not what an undisturbed run makes. A process of its own, as it forks without
end.
"""

import contextlib
import csv
import gc
import io
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from ketasched.batch.manifest import CHANGES
from ketasched.batch.previous_run import MARKER
from ketasched.cli import main as ketasched

ROSTER, CLINIC, FOLDER, SCENARIO = (*sys.argv[1:], *[""] * 4)[:4]
OLD, NEW = "2026-11-01T15:00:00Z", "2026-11-23T15:00:00Z"
ACTS = {"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate"}
FORMATS = ("--format", "ics", "--format", "text")
DONE = (0, 5)
IS_FULL = bool(os.environ.get("KETASCHED_FULL"))
"""Whether this is `make proof`."""


def batch(output: Path, *more: str) -> int:
    """The exit code of a run in this process."""
    chairs = () if SCENARIO == "changed" else ("--ignore-chairs",)
    fixed = ("batch", roster_of(output), "--clinic", CLINIC, "--jobs", "1", "--quiet", *chairs)
    with contextlib.redirect_stderr(io.StringIO()) as said:
        try:
            ketasched([*fixed, *FORMATS, "-o", str(output), *more])
        except SystemExit as end:
            if end.code not in DONE:
                print(said.getvalue())  # noqa: T201
            return int(end.code or 0)
    return 0


def roster_of(output: Path) -> str:
    """The roster of a run: one that goes on where others were has another, in that scenario."""
    if SCENARIO != "changed" or output.name == "older":
        return ROSTER
    changed = output.parent / "changed.csv"
    if not changed.exists():
        with Path(ROSTER).open(newline="") as file:
            bad, kept, _gone, moved, other = csv.DictReader(file)
        now = {"start": "2027-03-01"}
        rows = [
            moved | now,
            bad | now,
            kept,
            other | {"patient": "Q-1"},
            other | {"start": "soon"},
        ]
        with changed.open("w", newline="") as file:
            writer = csv.DictWriter(file, bad, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return str(changed)


def apart(work: Callable[[], int]) -> int:
    """The exit code of this work in a process of its own; that of a signal is negative."""
    pid = os.fork()
    if not pid:
        os._exit(work())
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def killed_before(number: int, output: Path, *more: str) -> int:
    """A run that is killed before what it does to its folder for the so-many-th time.

    An act counts only if the folder is not as it was before the act that counted last: where it
    is the same, a kill leaves the same behind. `make proof` has them all.
    """
    seen, last, is_looking = 0, None, False

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen, last, is_looking
        # A path may be relative to a folder that is open, when a tree is removed.
        is_act = event in ACTS and (event != "open" or str(output) in str(arguments[0]))
        if not is_act or is_looking:
            return
        is_looking = True
        found = None if IS_FULL else tree(output)
        is_looking = False
        if IS_FULL or found != last:
            seen, last = seen + 1, found
            if seen == number:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    return batch(output, *more)


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mode,
            b"" if path.is_dir() else path.read_bytes(),
        )
        for path in sorted(folder.rglob("*"))
    }


def prepared(output: Path) -> tuple[str, ...]:
    """The folder as it is before the run that is killed, and that run's own options."""
    if SCENARIO == "fresh":
        return "--made-at", NEW
    shutil.copytree(output.parent / ("wanted" if SCENARIO == "damaged" else "older"), output)
    if SCENARIO == "forced":
        return "--force", "--made-at", NEW
    if SCENARIO == "changed":
        return "--resume", "--made-at", NEW
    damaged = sorted(output.glob("P-*/*"))[::2]
    for path in damaged:
        path.write_text("damaged")
    return "--resume", "--made-at", NEW


def main() -> None:
    """Kill it everywhere."""
    folder = Path(FOLDER)
    wanted, older = folder / "wanted", folder / "older"
    # In this process, so that the others begin with everything loaded.
    assert batch(older, "--made-at", OLD) in DONE
    begin = prepared(wanted) if SCENARIO == "changed" else ("--made-at", NEW)
    assert batch(wanted, *begin) in DONE
    gc.freeze()
    new, old = tree(wanted), tree(older)
    number = 0
    while True:
        number += 1
        output = folder / f"killed-{number}"
        options = prepared(output)
        code = apart(lambda n=number, o=output, m=options: killed_before(n, o, *m))  # type: ignore[misc]
        if code in DONE:
            break
        assert code == -signal.SIGKILL, code
        is_begun = (output / MARKER).exists()
        was_finished = SCENARIO == "changed" and not is_begun and (output / CHANGES).exists()
        moment = () if is_begun and SCENARIO != "damaged" else ("--made-at", NEW)
        assert apart(lambda o=output, m=moment: batch(o, "--resume", *m)) in DONE  # type: ignore[misc]
        found = tree(output)
        # Killed before it had begun, a run that was to replace another has not been there, and
        # the one after it tells what it changed.
        if SCENARIO == "forced" and not is_begun:
            found.pop("changes.csv", None)
        # Killed when it had told its changes, a run leaves few or none to the next one.
        if was_finished:
            found["changes.csv"] = new["changes.csv"]
        assert found == new or (found == old and SCENARIO == "forced" and not is_begun), (
            f"killed before its act {number}: "
            f"{[name for name in {**found, **new} if found.get(name) != new.get(name)]}"
        )
        shutil.rmtree(output)
    print(number - 1)  # noqa: T201


if __name__ == "__main__":
    main()
