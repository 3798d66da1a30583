"""PgBouncer, a connection pooler between registers and their server."""

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from tests.register.databases import Server
from tests.support.crashes import until
from tests.support.needed import needed

CONFIGURATION = """
[databases]
* = host={host} port={port} user=postgres

[pgbouncer]
pool_mode = transaction
default_pool_size = {size}
server_round_robin = 1
server_login_retry = 1
query_wait_timeout = 30
auth_type = any
listen_port = 6432
unix_socket_dir = {folder}
log_connections = 0
log_disconnections = 0
"""
"""Transactions that follow each other get different sessions of the server, and nobody waits for
ever: not even for a second session while holding the only one.
"""


SESSIONS = 4


class Pooler:
    """PgBouncer, which shares at most `size` sessions of a server for each of its databases."""

    def __init__(self, server: Server, size: int) -> None:
        program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
        needed(program is not None, "PgBouncer: apt-get install pgbouncer")
        assert program is not None
        self._folder = Path(tempfile.mkdtemp(prefix="ketasched-"))
        self._socket = self._folder / ".s.PGSQL.6432"
        self._user = server.server.system_user  # PgBouncer does not run as root, either
        if self._user is not None:
            shutil.chown(self._folder, self._user)
        found, file = server.server.get_postmaster_info(), self._folder / "pgbouncer.ini"
        place = {"host": found.socket_dir, "port": found.port, "folder": self._folder}
        file.write_text(CONFIGURATION.format(size=size, **place))
        self._command = [program, str(file)]
        self._start()

    def through(self, address: str) -> str:
        """The address of one of the server's databases through the pooler."""
        name = conninfo_to_dict(address)["dbname"]
        return f"postgresql://postgres:@/{name}?host={self._folder}&port=6432"

    def sessions(self, address: str) -> int:
        """How many sessions of the server the pooler has for a database."""
        name = conninfo_to_dict(address)["dbname"]
        return [one["database"] for one in self._show("SERVERS")].count(name)

    def restart(self) -> None:
        """Restart as after a power cut."""
        self._kill()
        self._start()

    def close(self) -> None:
        """Stop it."""
        self._kill()
        shutil.rmtree(self._folder)

    def _show(self, what: str) -> list[dict[str, Any]]:
        with psycopg.connect(self.through("dbname=pgbouncer"), autocommit=True) as console:
            return console.cursor(row_factory=dict_row).execute(f"SHOW {what}".encode()).fetchall()

    def _start(self) -> None:
        self._process = subprocess.Popen(self._command, user=self._user)
        until(self._socket.exists)

    def _kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._socket.unlink()
