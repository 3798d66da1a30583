"""How long commands take, beside loading click alone; run by `make bench`.

CPU time (user and system) of a process of its own, so that a busy machine counts for little: the
commands take turns, and of all rounds the least counts. `khal` and `todo` (todoman), tools such
as ours, are in `.venv-neighbours`; without it they are left out. What counts is the ratio.
"""

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.conftest import ROOT

ROUNDS = 9
OURS = Path(sys.executable).parent / "ketasched"
NEIGHBOURS = ROOT / ".venv-neighbours" / "bin"
PLAN = ("plan", "--start", "2027-01-04", "--patient", "P-014", "--made-at", "2026-11-23T10:00")
PLAIN_CLINIC = """
name = "Riverbend"
phone = "555-0100"
timezone = "America/New_York"
id_salt = "example-only-77"
[hours]
mon = ["08:00-17:00"]
tue = ["08:00-17:00"]
wed = ["08:00-17:00"]
thu = ["08:00-17:00"]
fri = ["08:00-17:00"]
"""
MEASURE, BASE = "import click", "python -c 'import click'"
PROMISED = {"ketasched --help": 2.5, "ketasched plan": 4.0, "ketasched plan, with holidays": 4.0}
"""At most so many times as long as loading click."""


def main() -> None:
    """Print the least time of each command in milliseconds, and its ratio."""
    with tempfile.TemporaryDirectory() as folder:
        plain, holidays = Path(folder, "plain.toml"), Path(folder, "holidays.toml")
        plain.write_text(PLAIN_CLINIC, encoding="utf-8")
        closed = '[closures]\nholidays = "US-NY"\n'
        holidays.write_text(f"{PLAIN_CLINIC}{closed}", encoding="utf-8")
        spent = measured(
            {
                BASE: (sys.executable, "-c", MEASURE),
                "ketasched --help": (str(OURS), "--help"),
                "ketasched plan": (str(OURS), *PLAN, "--clinic", str(plain)),
                "ketasched plan, with holidays": (str(OURS), *PLAN, "--clinic", str(holidays)),
                **{
                    f"{name} --version": (str(NEIGHBOURS / name), "--version")
                    for name in ("khal", "todo")
                    if (NEIGHBOURS / name).exists()
                },
            }
        )
    for what, seconds in spent.items():
        ratio = seconds / spent[BASE]
        most = PROMISED.get(what)
        promise = f"  (at most {most:.1f})" if most else ""
        print(f"{what:<30} {seconds * 1000:6.0f} ms {ratio:5.2f}{promise}")  # noqa: T201 - a report


def measured(commands: dict[str, tuple[str, ...]]) -> dict[str, float]:
    """The least CPU seconds of each command, in turns; the first turn fills caches only."""
    rounds = [
        {what: cpu_seconds(command) for what, command in commands.items()}
        for _ in range(ROUNDS + 1)
    ]
    return {what: min(one[what] for one in rounds[1:]) for what in commands}


def cpu_seconds(command: tuple[str, ...]) -> float:
    """The CPU seconds of one run, of user and system."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "TZ": "UTC"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
