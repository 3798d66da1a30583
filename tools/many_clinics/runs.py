"""Runs of `ketasched batch` into one register: undisturbed, or with processes killed midway."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import dask
import psycopg
from distributed import LocalCluster
from tests.register.databases import Server, rows

from tools.many_clinics.rosters import MADE_AT
from tools.many_clinics.usage import until

DONE, REFUSED = (0, 5), 6
"""The exit codes of a run that is done (5: some rows are rejected), and of one that has lost its
register.
"""

Process = subprocess.Popen[str]


@dataclass(frozen=True, slots=True)
class Run:
    """A roster in so many shards, each with a first process and a folder of its own.

    All of them book in the register at `address`.
    """

    roster: Path
    address: str
    output: Path
    shards: int = 1
    processes: list[Process] = field(default_factory=list)
    """The first processes that were begun last."""

    @property
    def folders(self) -> list[Path]:
        """The folders of the shards."""
        return [self.output / str(number) for number in range(1, self.shards + 1)]

    def begin(self, *where: str) -> None:
        """Begin it; `where` are the options that say which processes work."""
        self.processes[:] = [self._begin(number, *where) for number in range(1, self.shards + 1)]

    def _begin(self, number: int, *where: str) -> Process:
        command = [sys.executable, "-m", "ketasched", "batch", str(self.roster), *where, "--quiet"]
        command += ["-o", str(self.output / str(number)), "--shard", f"{number}/{self.shards}"]
        command += ["--register", self.address]
        command += [] if "--resume" in where else ["--made-at", MADE_AT]
        return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)

    @property
    def is_at_work(self) -> bool:
        """Whether one of its first processes has not ended."""
        return any(process.poll() is None for process in self.processes)

    @property
    def booked(self) -> int:
        """How many courses are in the register."""
        try:
            return int(rows(self.address, "SELECT count(*) FROM courses")[0][0])
        except psycopg.Error:  # no table yet, or no server
            return 0

    def has_booked(self, count: float) -> bool:
        """Whether so many courses are in the register."""
        return self.booked >= count

    def end(self, wanted: Collection[int] = DONE) -> list[int]:
        """Wait until it ends; the exit codes. Raises `AssertionError` for one that is not wanted.

        Who was running has said why.
        """
        said = [process.communicate()[1] for process in self.processes]
        codes = [process.returncode for process in self.processes]
        assert set(codes) <= set(wanted), (codes, said)
        return codes


@contextmanager
def cluster(workers: int) -> Iterator[LocalCluster]:
    """A Dask cluster of so many processes; one that is killed is begun anew, however slowly."""
    dask.config.set({"distributed.deploy.lost-worker-timeout": "10 minutes"})
    with LocalCluster(
        n_workers=workers,
        processes=True,
        threads_per_worker=1,
        dashboard_address=":0",
        host="127.0.0.1",
        protocol="tcp",
        silence_logs="CRITICAL",
    ) as local:
        yield local


def workers_of(local: LocalCluster) -> list[int]:
    """The processes of its workers."""
    return [worker.pid for worker in local.workers.values() if worker.pid]


def disturb(
    run: Run, local: LocalCluster, server: Server, count: int, say: Callable[[str], object]
) -> None:
    """Do the run while workers and, twice, the server are killed, and say what happens.

    The first time the server is back at once, and the run goes on; the second time it stays away
    until the run has given up, and another run goes on after that. About `count` courses are to
    be booked.
    """
    run.begin("--dask", local.scheduler_address)

    def reach(part: float) -> None:
        is_there = until(lambda: run.has_booked(part * count), lambda: run.is_at_work)
        assert is_there, f"it has ended before: {[one.communicate() for one in run.processes]}"

    reach(0.2)
    say(f"{run.booked:,} courses: a worker is killed")
    os.kill(workers_of(local)[0], signal.SIGKILL)
    reach(0.4)
    say(f"{run.booked:,} courses: the server is killed, and started again")
    server.kill()
    server.start()
    reach(0.6)
    say(f"{run.booked:,} courses: a worker and the server are killed")
    os.kill(workers_of(local)[-1], signal.SIGKILL)
    server.kill()
    assert REFUSED in run.end((*DONE, REFUSED))
    server.start()
    local.wait_for_workers(len(local.workers))
    say(f"{run.booked:,} courses: the run has ended, the server is started again: --resume")
    run.begin("--dask", local.scheduler_address, "--resume")
    run.end()
    say(f"{run.booked:,} courses")
