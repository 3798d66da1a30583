"""Simulate a year, and write docs/simulation.md and docs/simulation.svg. `make simulate`.

Each number of chairs and each policy is a process of its own. Exits with 1, and says the day, if
an inspection finds a chair that is taken twice or a broken rule that nobody overrode.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from pathlib import Path

from tools.simulation.picture import draw
from tools.simulation.report import report
from tools.simulation.runs import POLICIES, Result, Setting, run
from tools.simulation.year import InspectionFailed

ROOT = Path(__file__).parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate, write, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chairs", type=int, nargs="+", default=[4, 8, 16])
    parser.add_argument("--weeks", type=int, default=52)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--into", type=Path, default=ROOT / "docs")
    asked = parser.parse_args(arguments)
    settings = [
        Setting(chairs, policy, asked.weeks, asked.seed)
        for chairs in sorted(asked.chairs, reverse=True)  # the longest runs first
        for policy in POLICIES
    ]
    try:
        results = run_all(settings)
    except InspectionFailed as error:
        _say(f"the inspection failed: {error}")
        return 1
    results.sort(key=lambda one: (one.setting.chairs, POLICIES.index(one.setting.policy)))
    (asked.into / "simulation.md").write_text(report(results), encoding="utf-8")
    (asked.into / "simulation.svg").write_text(draw(results), encoding="utf-8")
    return 0


def run_all(settings: list[Setting]) -> list[Result]:
    """The results of all settings, each in a process of its own. Raises `InspectionFailed`."""
    begin = time.monotonic()
    with ProcessPoolExecutor(min(len(settings), os.cpu_count() or 1)) as executor:
        running: dict[Future[Result], Setting] = {
            executor.submit(run, one): one for one in settings
        }
        results = []
        for done in as_completed(running):
            try:
                results.append(done.result())
            except InspectionFailed:
                executor.shutdown(wait=False, cancel_futures=True)
                raise
            one = running[done]
            _say(f"{one.chairs} chairs, {one.policy}: {time.monotonic() - begin:,.0f} s")
    return results


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
