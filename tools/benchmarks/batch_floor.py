"""What each course of a roster takes in one process, beside the plain way of writing its calendar.

Every row is planned and written once, part by part, and the plain way takes its turn with each of
some, so that a noisy machine disturbs all alike; what counts is the ratio. It is what a batch
cannot be faster than on one core: rows read, no files written.
"""

import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tools.benchmarks.course import MADE_AT, VIEW, written_plainly
from tools.benchmarks.rosters import PROTOCOLS, rows

from ketasched.errors import NoPlan
from ketasched.files.load import load_clinic, load_protocol
from ketasched.files.request_parsing import REQUEST_FIELDS, read_request
from ketasched.model import Protocol, Request
from ketasched.planning.planner import plan
from ketasched.render import render

COURSES, PLAINLY_EVERY = 3000, 10
CLINIC = Path(__file__).parents[2] / "examples" / "clinic.toml"
SUMS = {
    "plan + ics": ("plan", "ics"),
    "all of it": ("plan", "ics", "text", "json"),
    "all of it, and the request": ("request", "plan", "ics", "text", "json"),
}


def main() -> None:
    """Print the median and the mean times of a course in milliseconds, and their ratios."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COURSES
    clinic = load_clinic(str(CLINIC))
    spent: dict[str, list[float]] = defaultdict(list)
    refused = 0
    begin = time.perf_counter()
    for number, (protocol, asked) in enumerate(requests(count, spent)):
        begin = time.perf_counter()
        try:
            course = plan(protocol, clinic, asked, made_at=MADE_AT)
        except NoPlan:
            refused += 1
            continue
        finally:
            spent["plan"].append(time.perf_counter() - begin)
        for form in ("ics", "text", "json"):
            begin = time.perf_counter()
            render(course, form, VIEW)
            spent[form].append(time.perf_counter() - begin)
        if number % PLAINLY_EVERY == 0:
            begin = time.perf_counter()
            written_plainly(course)
            spent["plainly"].append(time.perf_counter() - begin)
    report(spent, count, refused)


def requests(count: int, spent: dict[str, list[float]]) -> Iterator[tuple[Protocol, Request]]:
    """What the rows of a roster ask for."""
    protocols = {name: load_protocol(name) for name in PROTOCOLS}
    for row in rows(count):
        begin = time.perf_counter()
        texts: dict[str, str | tuple[str, ...]] = {
            name: tuple(text.split(";")) if REQUEST_FIELDS[name].several else text
            for name, text in row.items()
            if text and name != "protocol"
        }
        asked = read_request(texts)
        spent["request"].append(time.perf_counter() - begin)
        yield protocols[row["protocol"]], asked


def report(spent: dict[str, list[float]], count: int, refused: int) -> None:
    """Print what was measured; a sum is that of the means."""
    plainly = statistics.fmean(spent["plainly"])
    print(f"{count} rows, {refused} without a plan; ms a course")  # noqa: T201 - a report
    print(f"{'':<28}  median    mean   of the plain way")  # noqa: T201
    for what in ("plainly", "request", "plan", "ics", "text", "json"):
        median, mean = statistics.median(spent[what]), statistics.fmean(spent[what])
        said = f"{what:<28} {median * 1000:7.3f} {mean * 1000:7.3f}   1/{plainly / mean:.1f}"
        print(said)  # noqa: T201
    for what, parts in SUMS.items():
        mean = sum(statistics.fmean(spent[part]) for part in parts)
        print(f"{what:<36} {mean * 1000:7.3f}   1/{plainly / mean:.1f}")  # noqa: T201


if __name__ == "__main__":
    main()
