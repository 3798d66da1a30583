"""Many clinics book into one register: how fast, with how much memory, and is anything lost?

`make many-clinics` takes 200 clinics and a roster of 20,000 rows, half an hour on two cores;
`python -m tools.many_clinics --rows 500 --share 100` does less of it. A PostgreSQL server and a
Dask cluster of four processes are begun for it. What counts are the ratios within one run: beside
each number stands how busy the machine is.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from distributed import LocalCluster
from tests.register.databases import Server, rows

from tools.many_clinics.proof import outcomes, prove_nothing_lost
from tools.many_clinics.rosters import write_clinics, write_roster
from tools.many_clinics.runs import Run, cluster, disturb, workers_of
from tools.many_clinics.usage import Usage, children, until, watch_usage

WORKERS = SHARDS = 4

EXPECTED = 0.9
"""At least this part of the rows become courses; the others are rejected."""

SIZES = """
SELECT relname, pg_total_relation_size(oid) FROM pg_class
WHERE relkind = 'r' AND relname IN ('courses', 'bookings', 'log') ORDER BY 2 DESC
"""


@dataclass(frozen=True, slots=True)
class Testbed:
    """The clinics, the server, the cluster and the folder that all runs share."""

    clinics: tuple[Path, ...]
    server: Server
    local: LocalCluster
    place: Path
    begun: float = field(default_factory=time.monotonic)

    def run(self, name: str, count: int, shards: int = 1) -> Run:
        """A run of so many rows into a new register."""
        roster = self.place / f"roster-{count}.csv"
        if not roster.exists():
            write_roster(roster, self.clinics, count)
        return Run(roster, self.server.new(), self.place / name, shards)

    def say(self, line: str) -> None:
        """A line of the report, at once, with the time and the load of the machine."""
        seconds, load = time.monotonic() - self.begun, os.getloadavg()[0]
        sys.stdout.write(f"{seconds:6.0f} s  load {load:4.1f}  {line}\n")
        sys.stdout.flush()

    @property
    def on_the_cluster(self) -> tuple[str, str]:
        """The options of a run on the cluster."""
        return "--dask", self.local.scheduler_address


def main() -> None:
    """Measure, disturb, and prove that nothing was lost."""
    parser = argparse.ArgumentParser(prog="python -m tools.many_clinics")
    for name, usual in (("clinics", 200), ("rows", 20_000), ("share", 1_000)):
        parser.add_argument(f"--{name}", type=int, default=usual, metavar="N")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ketasched-") as folder:
        place = Path(folder)
        place.chmod(0o755)  # the server is another user
        clinics = write_clinics(place / "clinics", asked.clinics)
        server = Server(place / "data")
        with cluster(WORKERS) as local:
            testbed = Testbed(clinics, server, local, place)
            beside_one_process(testbed, asked.share)
            calm = undisturbed(testbed, asked.rows)
            while_killed(testbed, asked.rows, calm)
        server.server.cleanup()


def beside_one_process(testbed: Testbed, count: int) -> None:
    """Book the same rows by one process, on the cluster, and on the cluster in shards."""
    slowest = 0.0
    for name, shards, where in (
        ("one process", 1, ("--jobs", "1")),
        (f"{WORKERS} workers", 1, testbed.on_the_cluster),
        (f"{WORKERS} workers, {SHARDS} shards", SHARDS, testbed.on_the_cluster),
    ):
        run = testbed.run(name, count, shards)
        begin = time.monotonic()
        with watch_usage(_processes(testbed, run)) as used:
            run.begin(*where)
            run.end()
        rate = run.booked / (time.monotonic() - begin)
        slowest = slowest or rate
        testbed.say(f"{count:,} rows, {name}: {rate:.1f} courses/s, {rate / slowest:.2f} of one")
        testbed.say(f"  processor time a course: {_times(used, run.booked)}")


def undisturbed(testbed: Testbed, count: int) -> Run:
    """Book the whole roster; say the memory on the way, and the bytes on the disk."""
    run = testbed.run("calm", count, SHARDS)
    begin = time.monotonic()
    with watch_usage(_processes(testbed, run)) as used:
        run.begin(*testbed.on_the_cluster)
        for some in (EXPECTED * count / 10, EXPECTED * count / 2):
            until(partial(run.has_booked, some), lambda: run.is_at_work)
            testbed.say(f"{run.booked:,} courses: the most memory of one {_peaks(used)}")
        run.end()
    seconds, booked = time.monotonic() - begin, run.booked
    testbed.say(f"{booked:,} courses: the most memory of one {_peaks(used)}")
    testbed.say(f"{count:,} rows: {booked / seconds:.1f} courses/s")
    testbed.say(f"  processor time a course: {_times(used, booked)}")
    tables = ", ".join(f"{name} {size / booked:,.0f}" for name, size in rows(run.address, SIZES))
    files = sum(_bytes(path.rglob("*")) for path in run.folders)
    testbed.say(f"  bytes a course: {tables}, files {files / booked:,.0f}")
    testbed.say(f"proven: {prove_nothing_lost(run)}")
    return run


def while_killed(testbed: Testbed, count: int, calm: Run) -> None:
    """Book the whole roster again, while workers and the server are killed."""
    run = testbed.run("killed", count, SHARDS)
    disturb(run, testbed.local, testbed.server, round(EXPECTED * count), testbed.say)
    testbed.say(f"proven: {prove_nothing_lost(run)}")
    assert outcomes(run) == outcomes(calm)
    testbed.say("each row has the dates that it has in the run that nobody disturbed, or none")


def _processes(testbed: Testbed, run: Run) -> dict[str, Callable[[], list[int]]]:
    """How the processes of a run are found, by what they are."""
    return {
        "first process": lambda: [one.pid for one in run.processes if one.poll() is None],
        "worker": lambda: workers_of(testbed.local),
        "server": lambda: children(testbed.server.pid),
    }


def _peaks(used: Mapping[str, Usage]) -> str:
    return ", ".join(f"{name} {one.peak:.0f} MB" for name, one in used.items())


def _times(used: Mapping[str, Usage], count: int) -> str:
    times = (f"{name} {1000 * one.total / count:.0f} ms" for name, one in used.items())
    return ", ".join(times)


def _bytes(paths: Iterable[Path]) -> int:
    """What the files take on the disk, in whole blocks."""
    return sum(512 * path.lstat().st_blocks for path in paths)


if __name__ == "__main__":
    main()
