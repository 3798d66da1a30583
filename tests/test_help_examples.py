"""The examples of `--help`, typed as they stand there, in a clinic's folder."""

import csv
import json
import shlex
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ketasched.cli import main
from tests.conftest import ROOT

NOW = "2026-12-07T06:00-05:00"
"""The morning of the first visit, unless an example is of another moment."""

COURSE = "courses/P-014/course.json"

LATER = {
    "revise complete": "2026-12-07T12:00-05:00",
    "revise miss": "2026-12-09T18:00-05:00",
    "revise resume": "2026-12-14T06:00-05:00",
    "revise review": "2026-12-19T09:00-05:00",
}

STARTS = {"revise": "2026-12-08"}
"""When the course begins, if its visits have to be on other weekdays."""

BEFORE = {
    "revise resume": f"revise {COURSE} hold --reason flu",
    "register restore": "register backup register-2026-12-07.db",
}
"""What has to be done before an example makes sense."""

REJECTS = 5
"""The roster that comes with the program has a row that cannot be planned."""


def examples() -> Iterator[tuple[str, list[str]]]:
    """The names of all commands that have examples, each with these."""
    left: list[tuple[str, click.Command]] = [("", main)]
    for name, command in left:  # which grows
        lines = [line.strip() for line in (command.help or "").splitlines()]
        if typed := [line for line in lines if line.startswith("ketasched ")]:
            yield name, typed
        if isinstance(command, click.Group):
            context = click.Context(command)
            for own in command.list_commands(context):
                inner = command.get_command(context, own)
                assert inner is not None
                left.append((f"{name} {own}".strip(), inner))


class Clock(datetime):
    """A clock that stands still."""

    at = NOW

    @classmethod
    def now(cls, tz=None):
        return datetime.fromisoformat(cls.at).astimezone(tz)


def typed(line: str, *codes: int) -> str:
    """The output of a command as a shell runs it: with files instead of stars, and into a file."""
    words = shlex.split(line.removeprefix("ketasched ").partition(">")[0])
    found = [name for word in words for name in (sorted(map(str, Path().glob(word))) or [word])]
    arguments = found if "*" in line else words
    result = CliRunner().invoke(main, arguments, prog_name="ketasched")
    assert result.exit_code in (0, *codes), (line, result.output)
    return result.stdout


@pytest.fixture(scope="module")
def clinic(tmp_path_factory) -> Path:
    """A clinic's folder, with its rosters; its register has a course that is in `courses`, too."""
    folder: Path = tmp_path_factory.mktemp("clinic")
    shutil.copytree(ROOT / "examples", folder / "examples")
    shutil.copy(ROOT / "examples" / "clinic.toml", folder)
    shutil.copy(ROOT / "examples" / "roster.csv", folder)
    shutil.copy(ROOT / "examples" / "roster.csv", folder / "waiting.csv")
    rows = csv.DictReader((folder / "roster.csv").read_text(encoding="utf-8").splitlines())
    lines = [json.dumps({name: cell for name, cell in row.items() if cell}) for row in rows]
    (folder / "roster.ndjson").write_text("\n".join(lines), encoding="utf-8")
    return folder


EXAMPLES = list(examples())


@pytest.mark.parametrize(("name", "lines"), EXAMPLES, ids=[name or "-" for name, _ in EXAMPLES])
def test_the_examples_of_help_run(name, lines, clinic, monkeypatch, tmp_path):
    folder = tmp_path / "work"
    shutil.copytree(clinic, folder)
    monkeypatch.chdir(folder)
    for variable in ("XDG_DATA_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "data"))
    monkeypatch.setattr("ketasched.cli.options.datetime", Clock)
    monkeypatch.setattr(Clock, "at", "2026-11-23T10:00-05:00")
    asked = f"--patient P-014 --start {STARTS.get(name, '2026-12-07')} --boosters 1"
    typed(f"ketasched plan {asked} -o courses --register")
    monkeypatch.setattr(Clock, "at", LATER.get(name, NOW))
    if name in BEFORE:
        typed(BEFORE[name])
    if name == "plan":
        shutil.rmtree("courses")
    if name.startswith("clinic"):
        Path("clinic.toml").unlink()
    if name == "check":
        text = Path("roster.csv").read_text(encoding="utf-8")
        Path("roster.csv").write_text(text.replace("start", "Start date", 1), encoding="utf-8")
    for line in lines:
        if name == "batch":
            shutil.rmtree("courses", ignore_errors="--resume" not in line)
        typed(line, *((REJECTS,) if name == "batch" else ()))
