"""One register kept twice, in a SQLite file and at a PostgreSQL server, by the same commands."""

import json
import re
import sqlite3
from contextlib import chdir, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from click.testing import CliRunner

from ketasched.cli import main
from tests.register.databases import Row

QUERIES = {
    "clinics": "SELECT id, key, name FROM clinics",
    "courses": "SELECT clinic, course_id, patient, revision, first_day, last_day, document"
    " FROM courses ORDER BY course_id",
    "bookings": "SELECT clinic, uid, course_id, day, begins, ends, chair, place"
    " FROM bookings ORDER BY uid",
    "log": "SELECT at, course_id, revision, what, by_whom FROM log ORDER BY number",
}


class Answer(NamedTuple):
    """What a command printed, and its exit code; the register is called REGISTER."""

    code: int
    output: str
    errors: str


class CourseRow(NamedTuple):
    """A row of the table `courses`, with its document read as JSON."""

    clinic: str
    course_id: str
    patient: str
    revision: int
    first_day: str
    last_day: str
    document: dict[str, Any]


class Booking(NamedTuple):
    """A row of the table `bookings`."""

    clinic: str
    uid: str
    course_id: str
    day: str
    begins: int
    ends: int
    chair: int | None
    place: int | None


class LogLine(NamedTuple):
    """A row of the table `log`."""

    at: str
    course_id: str
    revision: int
    what: str
    by_whom: str


class Tables(NamedTuple):
    """All that a register holds, by plain SQL; a clinic is called by its key."""

    clinics: dict[str, str]
    courses: list[CourseRow]
    bookings: list[Booking]
    log: list[LogLine]


EMPTY = Tables({}, [], [], [])


@dataclass
class Book:
    """A register that one command after the other uses, in a folder of its own."""

    address: str
    folder: Path

    def run(self, *arguments: str) -> Answer:
        """What a command says, with this register in the environment."""
        with chdir(self.folder):
            given = {"KETASCHED_REGISTER": self.address}
            result = CliRunner().invoke(main, arguments, env=given, prog_name="ketasched")
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        texts = (self._neutral(text) for text in (result.stdout, result.stderr))
        return Answer(result.exit_code, *texts)

    def _neutral(self, text: str) -> str:
        """A text without what only one of two registers is called, and without a new salt."""
        for name, common in ((self.address, "REGISTER"), (str(self.folder), "FOLDER")):
            text = text.replace(name, common) if name else text
        text = re.sub(r'id_salt = "[0-9a-f]{32}"', "SALT", text)
        return re.sub(r"postgresql\S*/register\d+", "REGISTER", text)

    def tables(self) -> Tables:
        """What the database itself answers; nothing if nobody has used it yet."""
        found = self._rows()
        if not found:
            return EMPTY
        key_of = {number: key for number, key, _ in found["clinics"]}
        courses = (
            (key_of[number], *row, json.loads(text)) for number, *row, text in found["courses"]
        )
        return Tables(
            {key: name for _, key, name in found["clinics"]},
            [CourseRow(*one) for one in courses],
            [Booking(key_of[number], *row) for number, *row in found["bookings"]],
            [LogLine(*row) for row in found["log"]],
        )

    def _rows(self) -> dict[str, list[Row]]:
        if "://" in self.address:
            with psycopg.connect(self.address) as server, suppress(psycopg.errors.UndefinedTable):
                return {name: server.execute(query).fetchall() for name, query in QUERIES.items()}
        elif (path := self.folder / self.address).is_file():
            with closing(sqlite3.connect(path)) as file:
                return {name: file.execute(query).fetchall() for name, query in QUERIES.items()}
        return {}
