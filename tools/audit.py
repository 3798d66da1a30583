"""Whether what we test with, our dependencies among it, has known vulnerabilities: `make audit`.

`pip-audit` asks the package index about each release in `requirements-dev.lock`, and is content
where it gets no answer: here that is an error, too, unless it is said that there may be none.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

LOCK = ROOT / "requirements-dev.lock"
AUDIT = (Path(sys.executable).with_name("pip-audit"), "--requirement", LOCK, "--no-deps")
AS_DATA = ("--disable-pip", "--format", "json", "--progress-spinner", "off")


def main() -> int:
    """1 where a release is vulnerable; 2 where some could not be looked up."""
    parser = argparse.ArgumentParser(prog="tools.audit", description=__doc__)
    parser.add_argument("--where-possible", action="store_true", help="no answer is no error")
    asked = parser.parse_args()
    done = subprocess.run([*AUDIT, *AS_DATA], capture_output=True, text=True, check=False)
    try:
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        why = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        print(f"NOT AUDITED: {why}")  # noqa: T201 - a report
        return 0 if asked.where_possible else 2
    bad = [
        f"{one['name']} {one['version']}: {flaw['id']}, mended in {flaw['fix_versions']}"
        for one in found
        for flaw in one.get("vulns", ())
    ]
    unknown = [one["name"] for one in found if "skip_reason" in one]
    print(*bad, f"{len(found)} releases, {len(bad)} vulnerabilities", sep="\n")  # noqa: T201 - a report
    if unknown:
        said = f"NOT AUDITED: {len(unknown)} of {len(found)}; from here no answer can be had"
        print(said)  # noqa: T201 - a report
    return 1 if bad else 2 * bool(unknown and not asked.where_possible)


if __name__ == "__main__":
    sys.exit(main())
