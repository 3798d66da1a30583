"""No row of a roster vanishes: all are in the manifest, or the run says that some may not be."""

import json
import os
import select
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from ketasched.cli import roster_options
from ketasched.files.roster import read_roster
from ketasched.files.roster_source import open_roster
from tests.support.batches import (
    EXAMPLE,
    MODULE,
    MOMENT,
    MONDAY,
    batch,
    batch_alone,
    clinic_file,
    manifest,
    rejects,
    roster_file,
    rows_of,
)

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
ASKED = ["-o", "out", "--clinic", EXAMPLE]
SOON = "soon" * 24
"""No date, and so long that a thousand rows are more than is read at once."""


# --- a cell that is opened as a file


def piped(rows: list[dict[str, str]], *more: str) -> "subprocess.CompletedProcess[str]":
    """A batch of these rows from a pipe, as a process of its own."""
    text = Path(roster_file(rows)).read_text(encoding="utf-8")
    asked = [*MODULE, "-", *ASKED, "--jobs", "2", "--made-at", MOMENT, *more]
    return subprocess.run(
        asked, input=text, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_row_whose_clinic_is_standard_input_takes_no_other_row_away():
    rows = rows_of(1000, start=SOON)
    rows[10]["clinic"] = "-"
    done = piped(rows)
    assert done.returncode == 5
    assert [row["row"] for row in manifest()] == [str(number) for number in range(1, 1001)]
    reasons = [row["reason"] for row in rejects() if row["rule"] == "clinic"]
    assert reasons == ["-: is standard input, which is not read here"]


@POSIX
@pytest.mark.parametrize(
    ("place", "said"),
    [
        pytest.param("./pipe", "it is a pipe, not a file", id="a pipe"),
        pytest.param("./link", "it is a pipe, not a file", id="a link to a pipe"),
        pytest.param("/dev/zero", "it is a device, not a file", id="a device"),
        pytest.param("/dev/stdin", "not a file", id="standard input by its path"),
        pytest.param("./folder", "it is a folder, not a file", id="a folder"),
    ],
)
@pytest.mark.parametrize("column", ["clinic", "protocol"])
def test_a_row_waits_for_nothing_that_is_no_file(column, place, said):
    os.mkfifo("pipe")
    Path("link").symlink_to("pipe")
    Path("folder").mkdir()
    rows = rows_of(3)
    rows[1][column] = place
    assert piped(rows).returncode == 5
    assert [row["status"] for row in manifest()] == ["planned", "rejected", "planned"]
    [row] = rejects()
    assert row["rule"] == column
    assert said in row["reason"]


@pytest.mark.parametrize("option", ["--clinic", "--busy"])
def test_standard_input_is_the_roster_and_nothing_else(option):
    done = piped(rows_of(2), option, "-")
    assert done.returncode == 3
    assert "standard input: cannot be read: it is read already" in done.stderr
    assert not Path("out").exists()


# --- a roster that changes while it is read


def appended(path: Path) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write("P-9,2027-04-05\n")


def cut_off(path: Path) -> None:
    os.truncate(path, 70_000)


def rewritten(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("P-1000", "Q-1000"), encoding="utf-8")
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))  # a clock may be too coarse to tell


@pytest.mark.parametrize("change", [appended, cut_off, rewritten])
def test_a_roster_that_changes_while_it_is_read_ends_the_run(change, monkeypatch):
    path = Path(roster_file(rows_of(1000, start=SOON)))

    def read_and_change(*arguments, **names):
        roster = read_roster(*arguments, **names)
        change(path)
        return roster

    with monkeypatch.context() as patched:
        patched.setattr(roster_options, "read_roster", read_and_change)
        done = batch(str(path), *ASKED)
    assert done.exit_code == 3
    assert "roster.csv: has changed while it was read: rows may be missing" in done.stderr
    count = len(path.read_text(encoding="utf-8").splitlines()) - 1
    assert batch(str(path), *ASKED, "--resume").exit_code == 5
    assert len(manifest()) == count


def test_a_roster_that_is_only_looked_at_meanwhile_is_whole():
    path = roster_file(rows_of(2))
    with open_roster(path) as source:
        roster = read_roster(source.stream())
        Path(path).read_bytes()
        assert len(list(roster.rows)) == 2


@POSIX
def test_a_pause_of_a_pipe_is_not_the_end_of_the_roster(monkeypatch):
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    pieces = [b"patient,start\n", b"P-1,2027-", b"04-05\nP-2,2027-04-05\n", b""]

    def wait(*_arguments: object) -> None:
        piece = pieces.pop(0)
        os.write(writing, piece) if piece else os.close(writing)

    monkeypatch.setattr(select, "select", wait)
    with os.fdopen(reading) as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        with open_roster("-") as source:
            rows = list(read_roster(source.stream()).rows)
    assert [row.texts["patient"] for row in rows] == ["P-1", "P-2"]


@POSIX
def test_a_roster_that_is_a_pipe_by_its_path_is_refused():
    os.mkfifo("roster.csv")
    done = batch_alone("roster.csv", *ASKED)
    assert done.returncode == 3
    assert "roster.csv: cannot be read: it is a pipe, not a file" in done.stderr


# --- shards


def test_every_line_of_json_is_in_exactly_one_shard_however_bad_it_is():
    clinic_file("chairs.toml", "chairs = 1")
    rows = [
        *({"patient": "P-1", "start": start} for start in ("soon", MONDAY, MONDAY)),
        {"patient": "p-1", "start": MONDAY},
        *({"patient": "P-2", "start": MONDAY, "clinic": clinic} for clinic in ("-", "none.toml")),
        {"patient": "P-3", "start": MONDAY, "clinic": "chairs.toml"},
        {"patient": "P-4", "start": MONDAY, "clinic": "chairs.toml", "protocol": "none"},
        *rows_of(12),
    ]
    lines = [*map(json.dumps, rows), "{", "[]", '{"patient": "P-9"}', '{"start": "2027-04-05"}']
    Path("roster.ndjson").write_text("\n".join(lines), encoding="utf-8")
    found: Counter[str] = Counter()
    for number in (1, 2, 3):
        folder = f"out{number}"
        batch("roster.ndjson", "-o", folder, "--clinic", EXAMPLE, "--shard", f"{number}/3")
        found.update(row["row"] for row in manifest(folder))
    assert found == {str(number): 1 for number in range(1, len(lines) + 1)}
