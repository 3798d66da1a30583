"""A register as ketasched 1.0 made it, with schema 1: the same on SQLite and on PostgreSQL.

Its clinic is open day and night and has one chair. A sits there until 01:25, and B from 00:00 of
the same night (on SQLite alone: PostgreSQL never let that in). Jane and jane both have a course.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg

HERE = Path(__file__).parent
TABLES = ("ketasched", "clinics", "courses", "bookings", "log")
BESIDE = "UPDATE bookings SET chair = 1 WHERE day = '2026-12-07'"


def make_register(address: str) -> None:
    """Make the register at an address that is not there yet."""
    script = (HERE / "sqlite.sql").read_text(encoding="utf-8")
    with closing(sqlite3.connect(":memory:" if "://" in address else address)) as source:
        source.executescript(script)
        if "://" in address:
            source.execute(BESIDE)
            _copy(source, address)


def _copy(source: sqlite3.Connection, address: str) -> None:
    with psycopg.connect(address) as server:
        server.execute((HERE / "postgresql.sql").read_bytes())
        for table in TABLES:
            for row in source.execute(f"SELECT * FROM {table}"):  # noqa: S608 - our own names
                places = ", ".join(["%s"] * len(row))
                server.execute(f"INSERT INTO {table} VALUES ({places})".encode(), row)  # noqa: S608
        for column in ("clinics.id", "log.number"):
            table, key = column.split(".")
            numbers = f"SELECT setval('{table}_{key}_seq', (SELECT max({key}) FROM {table}))"  # noqa: S608
            server.execute(numbers.encode())
