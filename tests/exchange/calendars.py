"""Calendar servers on this machine, each with the calendars of a clinic: Radicale and Xandikos."""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from typing import Any

from caldav.davclient import DAVClient
from icalendar import Calendar, Event

from tests.exchange.web import free_port

USER, PASSWORD = "clinic", "correct horse"  # noqa: S105 - of a server of the tests alone


@dataclass(frozen=True)
class Server:
    """A server that runs: the address of its calendar, and what it has written to its log."""

    address: str
    log: Path
    process: "subprocess.Popen[bytes]"

    def client(self) -> DAVClient:
        return DAVClient(self.address, username=USER, password=PASSWORD, enable_rfc6764=False)

    def texts(self) -> dict[str, str]:
        """The text of each entry, by the name of its resource."""
        with self.client() as client:
            items: Any = client.calendar(url=self.address).events()
            return {str(one.url).rpartition("/")[2]: str(one.data) for one in items}

    def entries(self) -> dict[str, Event]:
        """The entries by UID; no UID is there twice."""
        events = [Calendar.from_ical(text).events for text in self.texts().values()]
        found = {str(event["UID"]): event for [event] in events}
        assert len(found) == len(events)
        return found

    def put(self, name: str, text: str) -> None:
        """Write an entry as somebody's calendar program does."""
        with self.client() as client:
            kind = {"Content-Type": "text/calendar; charset=utf-8"}
            assert client.put(f"{self.address}{name}", text, kind).status in (200, 201, 204)

    def changes(self) -> int:
        """How many entries the server was asked to write or to delete so far."""
        return len(CHANGES.findall(self.log.read_text()))


@contextmanager
def radicale(*settings: str, scheme: str = "http") -> Iterator[Server]:
    """Radicale, with a user and a calendar."""
    with _folder() as folder, _port() as port:
        users = folder / "users"
        users.write_text(f"{USER}:{PASSWORD}\n")
        words = ["--server-hosts", f"127.0.0.1:{port}", "--auth-type", "htpasswd"]
        words += ["--auth-htpasswd-filename", str(users), "--auth-htpasswd-encryption", "plain"]
        words += ["--auth-delay", "0", "--logging-level", "info"]
        words += ["--storage-filesystem-folder", str(folder / "store"), *settings]
        command = [sys.executable, "-m", "radicale", "--config", "", *words]
