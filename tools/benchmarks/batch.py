"""How fast rosters are, in one run on one machine; part of `make bench`.

Beside `ketasched batch` stand the plain way (one process, the library's own calendar objects and
time zones, calendars only, planning not counted) for some of the same courses, and the floor: the
same folders and files, of the same sizes, written and renamed with nothing in between. What counts
are the ratios. `make bench ROWS="1000 10000"` takes other sizes.
"""

import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

from tools.benchmarks.course import written_plainly
from tools.benchmarks.rosters import write_roster

from ketasched.files.load import load_course

SIZES = (1_000, 10_000, 100_000)
MEASURED, SAMPLE, ROUNDS = 5_000, 150, 3
CLINIC = Path(__file__).parents[2] / "examples" / "clinic.toml"
MEMORY = Path("/dev/shm")  # noqa: S108 - a memory file system, so that no disk is measured
MADE_AT = "2026-11-23T10:00"


@dataclass(frozen=True)
class Took:
    """Seconds from start to end, and the peak memory of all its processes together, in MB."""

    seconds: float
    peak: float


def main() -> None:
    """Print everything."""
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    place = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=place) as quick, tempfile.TemporaryDirectory() as disk:
        of_sizes(Path(quick), sizes)
        beside_the_plain_way(Path(quick))
        with_chairs(Path(quick))
        beside_the_floor(Path(disk))


def of_sizes(place: Path, sizes: list[int] | tuple[int, ...]) -> None:
    """Courses a second and memory, size by size."""
    took = {}
    for size in sizes:
        with roster(place, size) as path:
            took[size] = batch(path, place / "out")
        rate = size / took[size].seconds
        say(f"{size:>8,} rows: {rate:6,.0f} a second, {took[size].peak:,.0f} MB")
    first = sizes[0]
    for size in sizes[1:]:
        time_ratio = (took[size].seconds / size) / (took[first].seconds / first)
        memory_ratio = took[size].peak / took[first].peak
        said = f"{time_ratio:.2f} of the time a course, {memory_ratio:.2f} of the memory"
        say(f"{size:>8,} rows beside {first:,}: {said}")


def beside_the_plain_way(place: Path) -> None:
    """Every format, and the calendars alone, each a multiple of the plain way's speed."""
    with roster(place, MEASURED) as path:
        plainly = plain_seconds(path, place / "sample")
        for name, formats in (("three formats", ()), ("calendars only", ("ics",))):
            took = median(batch(path, place / "out", *formats).seconds for _ in range(ROUNDS))
            say(f"{MEASURED:,} rows, {name}: {plainly * MEASURED / took:.1f} times the plain way")


def with_chairs(place: Path) -> None:
    """Chairs in row order, beside every row for itself."""
    clinic = place / "clinic.toml"
    text = CLINIC.read_text(encoding="utf-8").replace("\nchairs = 3", "\nchairs = 120")
    clinic.write_text(text.replace("starts_per_slot", "# starts_per_slot"), encoding="utf-8")
    seated, alone = [], []
    with roster(place, MEASURED) as path:
        for _ in range(ROUNDS):
            alone.append(batch(path, place / "out", clinic=clinic).seconds)
            seated.append(batch(path, place / "out", clinic=clinic, chairs=True).seconds)
    say(f"with chairs in row order: {median(seated) / median(alone):.2f} times as long")


def beside_the_floor(place: Path) -> None:
    """On disk, beside writing files of the same sizes; the two take turns."""
    ours, floors = [], []
    with roster(place, MEASURED) as path:
        for _ in range(ROUNDS):
            ours.append(batch(path, place / "out", keep=True).seconds)
            floors.append(floor_seconds(place / "out", place / "floor"))
            shutil.rmtree(place / "out")
            shutil.rmtree(place / "floor")
    say(f"on disk: {median(ours) / median(floors):.2f} times the floor")


@contextmanager
def roster(place: Path, size: int) -> Iterator[Path]:
    """A roster of so many rows."""
    path = place / f"roster-{size}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        write_roster(file, size)
    yield path
    path.unlink()


def batch(
    path: Path,
    output: Path,
    *formats: str,
    clinic: Path = CLINIC,
    chairs: bool = False,
    keep: bool = False,
) -> Took:
    """A run of the command, its start included."""
    command = [sys.executable, "-m", "ketasched", "batch", str(path), "-o", str(output)]
    command += ["--clinic", str(clinic), "--made-at", MADE_AT, "--quiet"]
    command += [] if chairs else ["--ignore-chairs"]
    command += [word for name in formats for word in ("--format", name)]
    begin = time.perf_counter()
    process = subprocess.Popen(command)
    with watched(process.pid) as peak:
        code = process.wait()
    took = Took(time.perf_counter() - begin, peak())
    if code not in (0, 5):
        raise SystemExit(f"exit code {code}")
    if not keep:
        shutil.rmtree(output)
    return took


@contextmanager
def watched(pid: int) -> Iterator[Callable[[], float]]:
    """The peak memory of a process and its children in MB, what they share counted once."""
    peak, done = 0.0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.1):
            peak = max(peak, sum(map(_memory, _tree(pid))))

    watcher = threading.Thread(target=watch)
    watcher.start()
    yield lambda: peak
    done.set()
    watcher.join()


def _tree(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return []
    return [pid, *(one for child in children for one in _tree(int(child)))]


def _memory(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def plain_seconds(path: Path, output: Path) -> float:
    """The mean time of a course's calendar the plain way, of some courses of the roster."""
    batch(path, output, "json", keep=True)
    folders = sorted(one for one in output.iterdir() if one.is_dir())
    courses = [load_course(str(one)) for one in folders[:: len(folders) // SAMPLE]]
    shutil.rmtree(output)
    seconds = []
    for course in courses:
        begin = time.perf_counter()
        written_plainly(course)
        seconds.append(time.perf_counter() - begin)
    return fmean(seconds)


def floor_seconds(like: Path, output: Path) -> float:
    """How long it takes to make the same folders and files, each beside and then renamed."""
    sizes = {
        folder.name: [(file.name, file.stat().st_size) for file in folder.iterdir()]
        for folder in like.iterdir()
        if folder.is_dir()
    }
    data = b"x" * max(size for files in sizes.values() for _, size in files)
    begin = time.perf_counter()
    output.mkdir()
    for name, files in sizes.items():
        (output / name).mkdir()
        for file, size in files:
            part = output / name / f"{file}.part"
            part.write_bytes(data[:size])
            part.rename(output / name / file)
    return time.perf_counter() - begin


def say(line: str) -> None:
    """A line of the report, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
