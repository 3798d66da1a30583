"""A clinic with chairs, monitors and a prescriber beside one with chairs alone; `make bench`.

First how long a plan takes beside the visits of others, also with companions of the visits, and
with staff and companions. The cases take turns, so that a noisy machine disturbs all alike, and of
all rounds the least counts: 1.5 times as long as with chairs alone is allowed. Then the
joint plans of waiting lists.
"""

import argparse
import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from math import inf

from tools.benchmarks.clinics import MADE_AT, Waiting, waiting_list
from tools.benchmarks.together import LIMIT, LIMITS

from ketasched.errors import NoPlan
from ketasched.files.load import load_protocol
from ketasched.model import Clinic, Protocol, Request, Resource, TimeRange, WeekHours
from ketasched.model.holds import holds_of
from ketasched.model.occupancy import Occupancy
from ketasched.planning.planner import plan
from ketasched.together import Demand, together

SIZES = ((20, 3), (40, 4), (60, 6), (120, 8))
SEEDS = 3
ROUNDS = 5
MORNINGS, DAYS = (TimeRange.read("08:00-13:00"),), (TimeRange.read("08:00-17:00"),)


def with_staff(clinic: Clinic) -> Clinic:
    """The clinic with three monitors for four chairs, and a prescriber, not there all the time."""
    chairs = clinic.chairs or 0
    hours = WeekHours(mon=DAYS, tue=DAYS, wed=DAYS, thu=DAYS, fri=MORNINGS)
    monitors = Resource("monitor", -(-3 * chairs // 4), during=("treatment", "observation"))
    prescriber = Resource("prescriber", serves=chairs, during=("check_in",), hours=hours)
    return replace(clinic, resources=(monitors, prescriber))


def main() -> None:
    """Print the ratio of the plans, and a table of the joint plans."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", metavar="PATIENTS/CHAIRS")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    asked = parser.parse_args()
    _report_plans(waiting_list(60, 6))
    row = "{:<10} {:<12} {:>7} {:>7} {:>8} {:>8}"
    print(row.format("", "clinic", "seated", "bound", "proven", "CPU s"))  # noqa: T201 - a report
    for patients, chairs in [tuple(map(int, size.split("/"))) for size in asked.sizes] or SIZES:
        for name, change in (("chairs", lambda clinic: clinic), ("and staff", with_staff)):
            found = [
                _joint(replace(one, clinic=change(one.clinic)), patients, chairs)
                for one in (
                    waiting_list(patients, chairs, seed=seed) for seed in range(1, asked.seeds + 1)
                )
            ]
            seated, bounds, proven, seconds = zip(*found, strict=True)
            cells = map(statistics.median, (seated, bounds))
            print(  # noqa: T201 - a report
                row.format(
                    f"{patients}/{chairs}",
                    name,
                    *(f"{one:g}" for one in cells),
                    f"{sum(proven)}/{len(found)}",
                    f"{statistics.median(seconds):.1f}",
                ),
                flush=True,
            )


def _report_plans(waiting: Waiting) -> None:
    clinic, protocol = waiting.clinic, waiting.protocol
    phase, companions = protocol.phases[0].name, load_protocol("kap-six").companions
    beside = tuple(replace(one, phase=phase) for one in companions)
    with_companions = replace(protocol, companions=beside)
    cases = {
        "one plan beside others, chairs alone": (protocol, clinic),
        "the same with monitors and prescriber": (protocol, with_staff(clinic)),
        "the same with companions": (with_companions, clinic),
        "the same with staff and companions": (with_companions, with_staff(clinic)),
    }
    least = {name: [inf] * len(waiting.requests) for name in cases}
    for _ in range(ROUNDS):
        taken = {name: Occupancy() for name in cases}
        for number, request in enumerate(waiting.requests):
            for name, (own, at) in cases.items():
                spent = _plan(own, at, request, taken[name])
                least[name][number] = min(spent, least[name][number])
    alone = sum(next(iter(least.values())))
    for name, found in least.items():
        each = 1000 * sum(found) / len(found)
        print(f"{name:<38} {each:6.2f} ms, {sum(found) / alone:.2f} times")  # noqa: T201 - a report


def _plan(protocol: Protocol, clinic: Clinic, request: Request, taken: Occupancy) -> float:
    """The CPU seconds for a plan, whose visits are taken from then on."""
    begin = time.thread_time()
    try:
        course = plan(protocol, clinic, request, made_at=MADE_AT, bookings=taken)
    except NoPlan:
        return time.thread_time() - begin
    spent = time.thread_time() - begin
    taken.add(holds_of(course))
    return spent


def _joint(waiting: Waiting, patients: int, chairs: int) -> Sequence[float]:
    """Who is seated, at most, whether that is proven to be the best, and the seconds."""
    asked = [Demand(waiting.protocol, request) for request in waiting.requests]
    begin = time.process_time()
    limit = LIMITS.get((patients, chairs), LIMIT)
    found = together(asked, waiting.clinic, made_at=MADE_AT, limit=limit)
    seconds = time.process_time() - begin
    return found.objective.seated, found.bound.seated, found.is_best, seconds


if __name__ == "__main__":
    main()
