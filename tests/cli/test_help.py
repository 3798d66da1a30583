"""The examples in `--help` work, as they stand there."""

import re
import shutil
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tools.documents.commands import commands, examples_of

from ketasched.cli import options
from tests.conftest import ROOT
from tests.exchange.calendars import Server, radicale
from tests.support.transcript import run

WITH_EXAMPLES = [path for path, command in commands() if examples_of(path)]
COURSE = (
    "plan --patient P-014 --start 2026-12-07 --boosters 1 --made-at 2026-11-23T10:00 -o courses"
    " --register"
)
BEFORE = {
    "ketasched plan": [],
    "ketasched revise resume": [COURSE, "revise courses/P-014 hold --reason fever"],
    "ketasched revise undo": [COURSE, "revise courses/P-014 complete 1"],
    "ketasched reschedule": [f"{COURSE} --clinic examples/clinic.toml"],
    "ketasched rides": [f'{COURSE} --driver-name "City Rides"'],
    "ketasched register restore": [COURSE, "register backup register-2026-12-07.db"],
    "ketasched revise cease": [
        COURSE,
        *(f"revise courses/P-014 complete {number}" for number in (1, 2)),
    ],
    "ketasched revise review": [
        COURSE,
        *(f"revise courses/P-014 complete {number}" for number in range(1, 7)),
    ],
}
"""What there is to be before an example makes sense; unsaid, a course of six visits that is in
the register, too.
"""

FILES = {
    "roster.csv": "patient,start\nP-1,2027-01-04\n",
    "waiting.csv": "patient,start\nW-1,2027-01-04\n",
    "roster.ndjson": '{"patient": "P-1", "start": "2027-01-04"}\n',
}
CLINIC = (ROOT / "examples" / "clinic.toml").read_text(encoding="utf-8")
FILES_FOR = {
    "ketasched reschedule": {
        "clinic.toml": CLINIC.replace("dates = [", 'dates = ["2026-12-11 pump repair", ')
    },
    "ketasched batch": {"clinic.toml": CLINIC},
    "ketasched check": {
        "clinic.toml": CLINIC,
        "roster.csv": "patient,Start date\nP-1,2027-01-04\n",
    },
}
"""The files that lie there, and what is another one for a command."""

SERVED = "ketasched publish"
"""The command of which an example needs a calendar server."""

EXAMPLE = re.compile(r"https://cal\.example\.org/\w+/dates/ --user clinic")

SECOND_EVENING = datetime(2026, 12, 9, 20, tzinfo=UTC)
"""When the examples run: after the course's second visit."""

LATER = {"ketasched revise review": datetime(2026, 12, 22, 18, tzinfo=UTC)}


def ran(command: str) -> str:
    """What a command prints; as in a shell with files for "*", and with ">file" into a file."""
    typed, _, target = command.partition(" >")
    words = [
        " ".join(sorted(map(str, Path().glob(word)))) if "*" in word else word
        for word in typed.split(" ")
    ]
    said = run(" ".join(words))
    if target:
        Path(target.strip()).write_text(said, encoding="utf-8")
    return said


def test_every_command_has_an_example():
    assert [path for path, _ in commands() if path not in WITH_EXAMPLES] == []


@pytest.mark.parametrize("path", WITH_EXAMPLES)
def test_the_examples_of_a_command_work(path, monkeypatch):
    for variable in ("XDG_DATA_HOME", "LOCALAPPDATA", "HOME"):  # where the usual register is
        monkeypatch.setenv(variable, str(Path("data").resolve()))
    monkeypatch.setattr(options, "now", lambda: LATER.get(path, SECOND_EVENING))
    shutil.copytree(ROOT / "examples", Path("examples"))
    for name, text in (FILES | FILES_FOR.get(path, {})).items():
        Path(name).write_text(text, encoding="utf-8")
    for command in BEFORE.get(path, [COURSE]):
        assert "[exit" not in run(command)
    with radicale() if path == SERVED else nullcontext() as server:
        for example in examples_of(path):
            assert path == "ketasched" or path.split()[-1] in example.split()
            said = ran(on_this_machine(example.removeprefix("ketasched "), server))
            assert "[exit" not in said, f"{example}\n{said}"


def on_this_machine(command: str, server: Server | None) -> str:
    """The command, with a server of this machine and its password in place of an example's."""
    if server is None:
        return command
    account = " ".join(server.account())
    return EXAMPLE.sub(f"{server.address} {account}", command)
