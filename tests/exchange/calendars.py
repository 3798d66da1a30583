"""Calendar servers on this machine, each with a clinic's calendar: Radicale and Xandikos."""

import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caldav.davclient import DAVClient
from icalendar import Calendar, Event

from tests.exchange.web import free_port, running

USER, PASSWORD = "clinic", "correct horse"

CHANGES = re.compile(r"\b(PUT|DELETE) (?:request )?(?:for ')?/\S+\.ics")
"""A line of a log on a request that changes an entry; the answer has a line of its own."""


@dataclass(frozen=True)
class Server:
    """A server that runs: the address of its calendar, its log, and how one logs in."""

    address: str
    log: Path
    user: str = ""

    def account(self) -> list[str]:
        """The options of `publish` with which one logs in."""
        if not self.user:
            return []
        file = Path("password.txt")
        file.touch(mode=0o600)
        file.write_text(f"{PASSWORD}\n")
        return ["--user", self.user, "--password-file", str(file)]

    def client(self) -> DAVClient:
        """Somebody else's program, which logs in."""
        password = PASSWORD if self.user else None
        user = self.user or None
        return DAVClient(self.address, username=user, password=password, enable_rfc6764=False)

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

    def name_of(self, uid: str) -> str:
        """The name of the resource with this UID."""
        return next(name for name, text in self.texts().items() if f"UID:{uid}" in text)

    def put(self, name: str, text: str) -> None:
        """Write an entry, as somebody else does."""
        kind = {"Content-Type": "text/calendar; charset=utf-8"}
        with self.client() as client:
            assert client.put(f"{self.address}{name}", text, kind).status in (200, 201, 204)

    def changes(self) -> int:
        """How many requests so far were to change an entry."""
        self.texts()  # a server may write its log once it has answered
        return len(CHANGES.findall(self.log.read_text()))


@contextmanager
def radicale(*settings: str, scheme: str = "http") -> Iterator[Server]:
    """Radicale, which asks for a password."""
    with tempfile.TemporaryDirectory() as place:
        folder, port = Path(place), free_port()
        (folder / "users").write_text(f"{USER}:{PASSWORD}\n")
        words = ["--server-hosts", f"127.0.0.1:{port}", "--auth-type", "htpasswd"]
        words += ["--auth-htpasswd-filename", str(folder / "users"), "--auth-delay", "0"]
        words += ["--auth-htpasswd-encryption", "plain", *settings]
        words += ["--storage-filesystem-folder", str(folder / "store")]
        command = [sys.executable, "-m", "radicale", "--config", "", *words]
        with running(command, port, folder / "log"):
            address = f"{scheme}://localhost:{port}/{USER}/dates/"
            server = Server(address, folder / "log", USER)
            if scheme == "http":
                with server.client() as client:
                    assert client.mkcalendar(address).status == 201
            yield server


@contextmanager
def xandikos() -> Iterator[Server]:
    """Xandikos, which asks for none."""
    with tempfile.TemporaryDirectory() as place:
        folder, port = Path(place), free_port()
        words = ["serve", "-d", str(folder / "store"), "--listen-address", "127.0.0.1"]
        words += ["--port", str(port), "--defaults", "--current-user-principal", f"/{USER}/"]
        command = [sys.executable, "-m", "xandikos", *words]
        with running(command, port, folder / "log"):
            yield Server(f"http://localhost:{port}/{USER}/calendars/calendar/", folder / "log")


SERVERS: Mapping[str, Callable[[], AbstractContextManager[Server]]] = {
    "Radicale": radicale,
    "Xandikos": xandikos,
}
