"""Real programs subscribe to feeds on real web servers: what changes arrives, once."""

import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from icalendar import Calendar

from ketasched.files.load import load_course
from tests.conftest import ROOT
from tests.exchange.web import SERVERS
from tests.register.terminal import run
from tests.support.readers import by_ical_js, by_icalendar

CLINIC = str(ROOT / "examples" / "clinic.toml")
MADE = ("--made-at", "2026-11-23T10:00")
DURING = ("--today", "2026-12-08T12:00")
LATE = ("--today", "2027-02-07T12:00")
"""61 days after `DURING`."""

CONFIGURATION = """
[general]
status_path = "status"
[pair feed]
a = "published"
b = "own"
collections = null
conflict_resolution = "a wins"
[storage published]
type = "http"
url = "{link}"
[storage own]
type = "filesystem"
path = "own"
fileext = ".ics"
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where feeds are published: a folder that `publish` makes, in one that anybody may enter."""
    with tempfile.TemporaryDirectory() as above:
        Path(above).chmod(0o755)
        yield Path(above, "feeds")


@pytest.fixture(params=SERVERS)
def link(request, folder) -> Iterator[str]:
    """The link of a patient's feed on a web server that serves the folder."""
    asked = ("--patient", "P-1", "--start", "2026-12-07", "--driver-name", "Sam", "-o", "courses")
    run("plan", *asked, "--clinic", CLINIC, *MADE)
    name = published(folder)
    with SERVERS[request.param](folder) as address:
        yield f"{address}/{name}"


def published(folder: Path, *more: str) -> str:
    """Publish the course, and say which file its patient's feed is."""
    said = run("publish", "courses/P-1", "--to", str(folder), *(more or DURING)).stdout
    return next(line.split()[-1] for line in said.splitlines() if " patient " in line)


def revise(*change: str) -> None:
    run("revise", "courses/P-1", *change, *DURING)


def fetched(link: str) -> str:
    with urllib.request.urlopen(link, timeout=30) as answer:  # noqa: S310 - a server of ours
        content: bytes = answer.read()
    return content.decode()


def vdirsyncer(*words: str) -> None:
    program = Path(sys.executable).with_name("vdirsyncer")
    command = [str(program), "--config", "vdirsyncer.ini", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr


def entries(text: str) -> list[tuple[str, ...]]:
    """What is in a calendar, but for the UIDs: vdirsyncer makes its own ones from the content."""
    return sorted(
        (f"{one.start:%Y-%m-%d}", str(one["SUMMARY"]), str(one["STATUS"]))
        for one in Calendar.from_ical(text).events
    )


def own_entries() -> list[tuple[str, ...]]:
    """What the subscriber has: each entry is a file of its own."""
    return sorted(
        one for path in Path("own").glob("*.ics") for one in entries(path.read_bytes().decode())
    )


def appointments(found: list[tuple[str, ...]]) -> list[str]:
    """The days of the visits: "18 CANCELLED" of one that does not take place."""
    return [
        f"{day[-2:]} {status}".removesuffix(" CONFIRMED")
        for day, title, status in found
        if " of 6" in title
    ]


def test_vdirsyncer_subscribes_a_change_arrives_once_and_an_end_goes_in_the_end(link, folder):
    Path("vdirsyncer.ini").write_text(CONFIGURATION.format(link=link), encoding="utf-8")
    Path("own").mkdir()
    vdirsyncer("discover")
    vdirsyncer("sync")
    assert own_entries() == entries(fetched(link))
    assert appointments(own_entries()) == ["07", "09", "11", "14", "16", "18"]

    revise("defer", "5", "--to", "2026-12-17", "--reason", "snow")
    revise("omit", "6", "--reason", "flu")
    published(folder)
    vdirsyncer("sync")
    assert own_entries() == entries(fetched(link))
    assert appointments(own_entries()) == ["07", "09", "11", "14", "17", "21 CANCELLED"]

    published(folder, *LATE)
    vdirsyncer("sync")
    assert own_entries() == entries(fetched(link))
    assert appointments(own_entries()) == ["07", "09", "11", "14", "17"]


def test_ical_js_has_a_change_and_nothing_twice(link, folder):
    visit = load_course("courses/P-1").visits[4]
    before = {one.uid: one for one in by_ical_js(fetched(link))}
    revise("defer", "5", "--to", "2026-12-17", "--reason", "snow")
    published(folder)
    found = by_ical_js(fetched(link))
    after = {one.uid: one for one in found}
    assert len(after) == len(found)
    assert before[visit.uid].start == visit.start
    assert after[visit.uid].start == load_course("courses/P-1").visits[4].start != visit.start


def test_the_folder_shows_no_name_and_a_rotated_link_is_no_more(link, folder):
    shown = fetched(link.rpartition("/")[0] + "/")
    assert re.search(r"\.ics", shown) is None
    name = published(folder, "--rotate", *DURING)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        fetched(link)
    assert by_icalendar(fetched(link.rpartition("/")[0] + f"/{name}"))


def test_what_has_not_changed_is_not_sent_again(link, folder):
    with urllib.request.urlopen(link, timeout=30) as answer:  # noqa: S310 - a server of ours
        since = answer.headers["Last-Modified"]
    published(folder)
    asked = urllib.request.Request(link, headers={"If-Modified-Since": since})  # noqa: S310
    with pytest.raises(urllib.error.HTTPError, match="304"):
        urllib.request.urlopen(asked, timeout=30)  # noqa: S310
