"""A real CalDAV server (Radicale) takes our calendars and gives every event back."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC
from pathlib import Path
from typing import Any

import icalendar
import pytest
from caldav.collection import Calendar
from caldav.davclient import DAVClient

from ketasched.events.events import events
from ketasched.events.view import View
from ketasched.model import PhaseReview
from ketasched.planning.planner import plan
from ketasched.render import render
from ketasched.render.ics import render_split
from tests.conftest import MADE_AT
from tests.support.nouns import clinic, phase, protocol, request

PASSWORD = "any"  # noqa: S105 - the server asks for none
COURSE = plan(
    protocol(phase(6, reviews=(PhaseReview(6, "How is it going?"),)), phase(2, name="more")),
    clinic(
        "mon tue wed thu fri sat sun", address="12 Main St; 2nd floor\nZürich, \\o/ 👩🏽\u200d⚕️"
    ),
    request(driver_name="Sam"),
    made_at=MADE_AT,
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Radicale server on loopback, which ends with the tests."""
    folder = tmp_path_factory.mktemp("radicale")
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "log.txt"
    settings = ["--server-hosts", f"127.0.0.1:{port}", "--auth-type", "none"]
    settings += ["--storage-filesystem-folder", str(folder / "store")]
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "radicale", "--config", "", *settings],
            stdout=written,
            stderr=written,
        )
    try:
        _wait_for(port, process, log)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(300):
        assert process.poll() is None, log.read_text()
        with closing(socket.socket()) as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"no server after 30 s: {log.read_text()}")


def asked_back(calendar: Calendar) -> list[tuple[object, ...]]:
    """What the server has of each event, in order of time."""
    items: Any = calendar.events()  # which is a coroutine for clients of another kind
    found: list[Any] = [
        event for item in items for event in icalendar.Calendar.from_ical(str(item.data)).events
    ]
    return sorted(
        (
            event.start.astimezone(UTC),
            str(event["UID"]),
            event.end.astimezone(UTC),
            str(event["SUMMARY"]),
            str(event["DESCRIPTION"]),
            str(event.get("LOCATION", "")),
            str(event["STATUS"]),
            len(event.walk("VALARM")),
        )
        for event in found
    )


def planned(view: View) -> list[tuple[object, ...]]:
    return [
        (
            event.start.astimezone(UTC),
            event.uid,
            event.end.astimezone(UTC),
            event.title,
            event.text,
            event.place,
            event.status,
            1,
        )
        for event in events(COURSE, view)
    ]


@pytest.mark.parametrize("audience", ["patient", "driver", "clinic"])
def test_a_server_takes_each_event_and_gives_it_back(server, audience):
    view = View(audience)
    with DAVClient(server, username=f"each-{audience}", password=PASSWORD) as client:
        calendar = client.principal().make_calendar(name="Appointments")
        for text in render_split(COURSE, view).values():
            calendar.save_event(text)
        assert asked_back(calendar) == planned(view)


@pytest.mark.parametrize("audience", ["patient", "driver", "clinic"])
def test_a_server_takes_the_whole_file_and_gives_every_event_back(server, audience):
    view = View(audience)
    with DAVClient(server, username=f"whole-{audience}", password=PASSWORD) as client:
        client.principal()
        address = f"{server}whole-{audience}/all/"
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        answer = client.request(address, "PUT", render(COURSE, "ics", view), headers)
        assert answer.status == 201
        assert asked_back(client.calendar(url=address)) == planned(view)
