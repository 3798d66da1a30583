"""Batches for tests: the command, small clinics and rosters, and what a run has left behind."""

import csv
import io
import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from click.testing import CliRunner, Result

from ketasched.cli import main
from ketasched.files.csv_cells import unescape_cell
from ketasched.files.load import load_clinic, load_protocol
from ketasched.files.request_parsing import REQUEST_FIELDS, read_request
from ketasched.model import Course, Request
from ketasched.model.occupancy import Occupancy
from ketasched.planning.planner import plan
from ketasched.rules.base import NO_BOOKINGS
from tests.conftest import ROOT
from tests.support.forked import NOTHING, Forked, ketasched

MOMENT = "2026-11-23T10:00"
MADE_AT = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("America/New_York"))
EXAMPLE = str(ROOT / "examples" / "clinic.toml")
MODULE = [sys.executable, "-m", "ketasched", "batch"]

MONDAY = "2027-04-05"
"""No holiday of the example clinic is in the weeks after it."""

Row = dict[str, str]


def clinic_file(path: str = "small.toml", more: str = "", hours: str = "09:00-17:00") -> str:
    """A clinic that is open at these hours from Monday to Friday, and its path."""
    days = "".join(f'{day} = ["{hours}"]\n' for day in ("mon", "tue", "wed", "thu", "fri"))
    text = f'{more}\ntimezone = "America/New_York"\n[hours]\n{days}'
    Path(path).write_text(text, encoding="utf-8")
    return path


def roster_file(rows: Iterable[Row], path: str = "roster.csv") -> str:
    """A roster of these rows, with all the columns that one of them has, and its path."""
    rows = list(rows)
    columns = dict.fromkeys(name for row in rows for name in row)
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def rows_of(count: int, start: str = MONDAY, **more: str) -> list[Row]:
    """Rows that all ask for the same, each for a patient of its own."""
    return [{"patient": f"P-{number}", "start": start, **more} for number in range(1, count + 1)]


def batch(*arguments: str, moment: str | None = MOMENT, **more) -> Result:
    """The command in this process, at a fixed moment, or at that of the clock for None."""
    asked = ["batch", *arguments, *(["--made-at", moment] if moment else [])]
    if "--jobs" not in arguments:
        asked += ["--jobs", "1"]
    result = CliRunner().invoke(main, asked, prog_name="ketasched", **more)
    assert result.exit_code != 70, result.output
    return result


def begun(*arguments: str, constants: Mapping[str, object] = NOTHING) -> Forked:
    """The command as a process of its own, at a fixed moment, which nobody waits for yet."""
    return ketasched("batch", *arguments, "--made-at", MOMENT, constants=constants)


def batch_alone(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """The command as a process of its own, at a fixed moment, once it has ended."""
    process = begun(*arguments)
    output, errors = process.communicate(timeout=120)
    return subprocess.CompletedProcess(arguments, process.wait(), output, errors)


def table(path: str) -> list[Row]:
    """The rows of a CSV file that we wrote, by column, with what was made harmless undone."""
    return read_table(Path(path).read_bytes().decode("utf-8", "surrogateescape"))


def read_table(text: str) -> list[Row]:
    """The rows of a CSV text, whatever their length."""
    before = csv.field_size_limit(2**26)
    try:
        found = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        return [{name: unescape_cell(cell) for name, cell in row.items()} for row in found]
    finally:
        csv.field_size_limit(before)


def manifest(folder: str = "out") -> list[Row]:
    return table(f"{folder}/manifest.csv")


def rejects(folder: str = "out") -> list[Row]:
    return table(f"{folder}/rejects.csv")


def tree(folder: str = "out") -> dict[str, bytes]:
    """Every file in the folder, hidden ones too, by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    }


def patients(folder: str = "out") -> set[str]:
    """The folders that are there."""
    return {path.name for path in Path(folder).iterdir() if path.is_dir()}


def request_for(row: Row) -> Request:
    """What a row asks for, read as the options of `plan` are."""
    asked: dict[str, str | tuple[str, ...]] = {
        name: tuple(text.split(";")) if REQUEST_FIELDS[name].several else text
        for name, text in row.items()
        if text and name in REQUEST_FIELDS
    }
    return read_request(asked)


def course_for(row: Row, clinic: str, bookings: Occupancy = NO_BOOKINGS) -> Course:
    """The course that a row has when it is planned by itself."""
    protocol = load_protocol(row.get("protocol") or "iv-depression")
    place = load_clinic(row.get("clinic") or clinic)
    asked = request_for(row)
    return plan(protocol, place, asked, made_at=MADE_AT, bookings=bookings)
