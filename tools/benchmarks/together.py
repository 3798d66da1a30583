"""Planned as one against planned one by one, on generated clinics; run by `make bench`.

For each size it prints the median over the seeds and the worst seed: who is seated, how far that
is from the proven bound, and the seconds of processor time.

`python -m tools.benchmarks.together 120/8 --seeds 3` measures less.
"""

import argparse
import statistics
import time
from dataclasses import dataclass

from tools.benchmarks.clinics import MADE_AT, SIZES, waiting_list

from ketasched.together import Demand, JointPlan, ObjectiveValue, together

SEEDS = 10
LIMITS = {(120, 8): 60, (250, 16): 120}
LIMIT = 5
"""Seconds, by patients and chairs; else this many."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What became of one waiting list, and how long it took, in seconds of processor time."""

    found: JointPlan
    seconds: float
    seed: int

    @property
    def missing(self) -> int:
        """How many patients fewer than the bound are seated."""
        return self.found.bound.seated - self.found.objective.seated

    @property
    def gap(self) -> float:
        """How far the days of delay and the spacing, as far as seats are as many as can be, are
        from the bound, in percent; else how far the seats are.
        """
        worth, bound = self.found.objective, self.found.bound
        for has, least in ((bound.seated, worth.seated), (worth.delay, bound.delay)):
            if has != least:
                return 100 * (has - least) / has
        return 100 * (worth.spacing - bound.spacing) / max(worth.spacing, 1)


def measured(patients: int, chairs: int, seed: int) -> Measured:
    """One waiting list, planned as one."""
    waiting = waiting_list(patients, chairs, seed=seed)
    asked = [Demand(waiting.protocol, request) for request in waiting.requests]
    begin = time.process_time()
    limit = LIMITS.get((patients, chairs), LIMIT)
    found = together(asked, waiting.clinic, made_at=MADE_AT, limit=limit)
    return Measured(found, time.process_time() - begin, seed)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", metavar="PATIENTS/CHAIRS")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    asked = parser.parse_args()
    sizes = [tuple(map(int, size.split("/"))) for size in asked.sizes] or SIZES
    print("seated/days of delay/spacing; median of the seeds, then the worst one")  # noqa: T201
    row = "{:<9} {:>13} {:>13} {:>13} {:>7} {:>7} {:>8} {:>8}"
    print(  # noqa: T201
        row.format("", "one by one", "together", "bound", "missing", "gap %", "proven", "CPU s")
    )
    for patients, chairs in sizes:
        found = [measured(patients, chairs, seed) for seed in range(1, asked.seeds + 1)]
        proven = sum(one.found.is_best for one in found)
        print(  # noqa: T201
            row.format(
                f"{patients}/{chairs}",
                *(_median([getattr(one.found, of) for one in found]) for of in OF),
                statistics.median(one.missing for one in found),
                f"{statistics.median(one.gap for one in found):.2f}",
                f"{proven}/{len(found)}",
                f"{statistics.median(one.seconds for one in found):.1f}",
            )
        )
        worst = max(found, key=lambda one: (one.missing, one.gap, one.seconds))
        print(  # noqa: T201
            row.format(
                f"  seed {worst.seed}",
                *(_said(getattr(worst.found, of)) for of in OF),
                worst.missing,
                f"{worst.gap:.2f}",
                "yes" if worst.found.is_best else "no",
                f"{max(one.seconds for one in found):.1f}",
            ),
            flush=True,
        )


OF = ("one_by_one", "objective", "bound")


def _median(worths: list[ObjectiveValue]) -> str:
    parts = ([getattr(one, part) for one in worths] for part in ("seated", "delay", "spacing"))
    return "/".join(f"{statistics.median(part):g}" for part in parts)


def _said(worth: ObjectiveValue) -> str:
    return f"{worth.seated}/{worth.delay}/{worth.spacing}"


if __name__ == "__main__":
    main()
