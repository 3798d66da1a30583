"""What people install, tried as they get it; run by `make package`.

Builds the wheel and the source distribution, and installs each into new environments: alone and
with all extras, on the oldest Python at hand with the lowest releases of our dependencies that
`pyproject.toml` allows, and on the newest Python with the newest ones. There `ketasched` plans,
and the doctor finds nothing broken.
"""

import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from tests.conftest import ROOT

from ketasched.cli.doctor import NOT_FOR_USERS

UV = Path(sys.executable).with_name("uv")
OLDEST = (3, 11)
PLAN = ("plan", "--start", "2027-01-04", "--patient", "P-1", "--made-at", "2026-11-23T10:00")
WITHOUT_EXTRAS = (
    ("--version",),
    (*PLAN, "-o", "courses"),
    ("show", "courses/P-1", "--format", "html"),
    ("check", "courses/P-1", "clinic.toml", "roster.csv"),
    ("schema", "clinic"),
    ("doctor",),
)
WITH_EXTRAS = (
    *WITHOUT_EXTRAS,
    ("register", "import", "courses/P-1", "--register", "book.db"),
    ("register", "import", "courses/P-1", "--register"),
    ("day", "2027-01-04", "--register", "book.db"),
    ("batch", "roster.csv", "-o", "together", "--together", "--limit", "2s", "--jobs", "1"),
)
ROSTER = "patient,start\n" + "".join(f"Q-{number},2027-01-05\n" for number in range(9))


def main() -> int:
    """1 if something does not work, which is printed."""
    with tempfile.TemporaryDirectory(prefix="ketasched-") as folder:
        there = Path(folder)
        uv("build", "--quiet", "--out-dir", str(there / "dist"), str(ROOT))
        built = [*(there / "dist").glob("*.whl"), *(there / "dist").glob("*.tar.gz")]
        failed = list[str]()
        oldest, newest = pythons()
        ways = (("lowest-direct", oldest), ("highest", newest))
        for number, (file, (resolution, python), extras) in enumerate(
            product(built, ways, ("", ",".join(public_extras())))
        ):
            named = f"{file.name}{extras and f'[{extras}]'}"
            print(f"{named}, {resolution}, {python}")  # noqa: T201 - a report
            program = installed(there / str(number), file, resolution, python, extras)
            work = there / f"{number}-work"
            failed += failures_of(program, work, WITH_EXTRAS if extras else WITHOUT_EXTRAS)
    print(*failed, sep="\n")  # noqa: T201 - a report
    print(f"{number + 1} environments, {len(failed)} commands failed")  # noqa: T201 - a report
    return int(bool(failed))


def public_extras() -> list[str]:
    """The extras that users may ask for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [name for name in project["optional-dependencies"] if name not in NOT_FOR_USERS]


def pythons() -> tuple[str, str]:
    """The oldest and the newest CPython at hand that we support, those of pyenv among them."""
    folders = [str(path) for path in Path.home().glob(".pyenv/versions/*/bin")]
    path = os.pathsep.join([*folders, os.environ["PATH"]])
    asked = (UV, "python", "list", "--only-installed", "--output-format", "json")
    done = subprocess.run(asked, env={**os.environ, "PATH": path}, capture_output=True, check=True)
    found = {
        tuple(map(int, one["version"].split("."))): str(one["path"])
        for one in json.loads(done.stdout)
        if one["implementation"] == "cpython"
        and one["version"].replace(".", "").isdigit()  # a release
        and Path(one["path"]).parent.name != "shims"  # of pyenv: they run what is chosen there
    }
    ours = {version: where for version, where in found.items() if version >= OLDEST}
    ours = ours or {sys.version_info[:3]: sys.executable}
    return ours[min(ours)], ours[max(ours)]


def installed(place: Path, file: Path, resolution: str, python: str, extras: str) -> Path:
    """The program in a new environment."""
    chosen = place.with_suffix(".txt")
    named = [word for extra in filter(None, extras.split(",")) for word in ("--extra", extra)]
    asked = (str(ROOT / "pyproject.toml"), "--resolution", resolution, *named)
    uv("pip", "compile", "--quiet", *asked, "--python", python, "-o", str(chosen))
    uv("venv", "--quiet", "--python", python, str(place))
    there = place / ("Scripts" if os.name == "nt" else "bin") / "python"
    what = f"ketasched{extras and f'[{extras}]'} @ {file.as_uri()}"
    uv("pip", "install", "--quiet", "--python", str(there), what, "--constraints", str(chosen))
    return there.with_name("ketasched")


def failures_of(program: Path, work: Path, commands: tuple[tuple[str, ...], ...]) -> Iterator[str]:
    """The commands that fail, with what they print; what they need is in their folder."""
    work.mkdir()
    (work / "clinic.toml").write_bytes((ROOT / "examples" / "clinic.toml").read_bytes())
    (work / "roster.csv").write_text(ROSTER, encoding="utf-8")
    ours = ("PYTHONPATH", "KETASCHED_CLINIC", "KETASCHED_REGISTER")
    alone = {name: value for name, value in os.environ.items() if name not in ours}
    alone |= {"HOME": str(work), "XDG_DATA_HOME": str(work)}
    for command in commands:
        done = subprocess.run(
            [program, *command], cwd=work, env=alone, capture_output=True, text=True, check=False
        )
        if done.returncode or "Traceback" in done.stderr or "Warning" in done.stderr:
            yield f"{program.parent.parent.name}: {' '.join(command)}\n{done.stdout}{done.stderr}"


def uv(*arguments: str) -> None:
    """Run uv, which is quicker than pip and knows of the lowest releases.

    It trusts whom the system trusts, as pip does: a company's own proxy, for instance.
    """
    trusting = {**os.environ, "UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}
    subprocess.run([UV, *arguments], env=trusting, check=True)


if __name__ == "__main__":
    sys.exit(main())
