"""What the processes of a run have used so far: the most memory of one, and the time of all."""

import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

SECONDS_BETWEEN, SECONDS_BETWEEN_LOOKS = 0.5, 0.1
"""The pauses between two looks at the processes, and between two at how far the run is."""

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Usage:
    """What the processes of one kind have used.

    `peak` is the most memory that one of them had, in MB; `seconds` is the processor time of each
    as it was last seen, by its number.
    """

    peak: float = 0.0
    seconds: dict[int, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """The processor time of all of them, in seconds."""
        return sum(self.seconds.values())


@contextmanager
def watch_usage(
    pids: Mapping[str, Callable[[], Collection[int]]],
) -> Iterator[Mapping[str, Usage]]:
    """Sample what processes use during the block; `pids` finds those of each kind."""
    used: defaultdict[str, Usage] = defaultdict(Usage)
    before = {pid: _seconds(pid) for find in pids.values() for pid in find()}
    done = threading.Event()

    def watch() -> None:
        while not done.wait(SECONDS_BETWEEN):
            for name, find in pids.items():
                for pid in find():
                    used[name].peak = max(used[name].peak, _memory(pid))
                    if seconds := _seconds(pid):
                        used[name].seconds[pid] = seconds - before.get(pid, 0)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield used
    finally:
        done.set()
        watcher.join()


def _memory(pid: int) -> float:
    """The resident memory of a process in MB, a server's shared buffers aside."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
        sizes = dict(line.split(":", 1) for line in lines.splitlines())
        kinds = (sizes.get(name, "0") for name in ("RssAnon", "RssFile"))
        return sum(int(size.split()[0]) for size in kinds) / 1024
    return 0.0


def _seconds(pid: int) -> float:
    """The processor time of a process so far, in seconds; 0 if it has ended."""
    with suppress(OSError):
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS
    return 0.0


def children(pid: int) -> list[int]:
    """The processes that the first thread of a process has begun."""
    with suppress(OSError):
        return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()))
    return []


def until(is_so: Callable[[], object], goes_on: Callable[[], bool]) -> bool:
    """Wait until it is so; False if the run ends before."""
    while not is_so():
        if not goes_on():
            return False
        time.sleep(SECONDS_BETWEEN_LOOKS)
    return True
