"""Dates of courses on real calendar servers: written once, changed, ended; no note is lost."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from icalendar import Calendar

from ketasched.api.registers import Register
from ketasched.events.view import View
from ketasched.exchange.calendar_entries import LINE
from ketasched.exchange.calendar_server import CalendarServer
from ketasched.files.load import load_course
from ketasched.register.records import LogEntry
from ketasched.render.ics import render_split
from tests.conftest import MADE_AT, ROOT
from tests.exchange.calendars import PASSWORD, SERVERS, Server
from tests.exchange.test_subscribers import vdirsyncer
from tests.register.terminal import run

CLINIC = str(ROOT / "examples" / "clinic.toml")
MADE = ("--made-at", "2026-11-23T10:00")
DURING = ("--today", "2026-12-08T12:00")
OF_CLINIC = ("--for", "clinic")
LATE = ("--today", "2027-02-07T12:00")
"""61 days after `DURING`."""

SOMEBODYS = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Somebody//Else//EN\r
BEGIN:VEVENT\r
UID:lunch-7\r
DTSTAMP:20261101T090000Z\r
DTSTART:20261209T170000Z\r
DTEND:20261209T180000Z\r
SUMMARY:Lunch\r
X-COLOUR-OF-LUNCH:green\r
END:VEVENT\r
END:VCALENDAR\r
"""


@pytest.fixture(params=SERVERS)
def server(request) -> Iterator[Server]:
    """A server, on which somebody has an entry, and a course that is to go there."""
    planned("P-1", "2026-12-07")
    with SERVERS[request.param]() as found:
        found.put("lunch.ics", SOMEBODYS)
        yield found


def planned(patient: str, start: str, *more: str) -> None:
    asked = ("--patient", patient, "--start", start, "--driver-name", "Sam", *more)
    run("plan", *asked, "-o", "courses", "--clinic", CLINIC, *MADE)


def revise(*change: str, course: str = "courses/P-1") -> None:
    run("revise", course, *change, *DURING)


def counts(server: Server, *more: str, name: str = "courses/P-1", code: int = 0) -> str:
    """Publish, and say how many entries were new, changed, cancelled, removed and unchanged."""
    moment = () if "--today" in more else DURING
    whose = OF_CLINIC if name and "--for" not in more else ()
    asked = ("--to", server.address, *whose, *server.account(), *moment, *more)
    said = run("publish", *([name] if name else []), *asked, code=code).stderr
    [line] = [line for line in said.splitlines() if line.startswith("note: entries: ")]
    numbers = line.removeprefix("note: entries: ").partition(";")[0].split(", ")
    return " ".join(one.split()[0] for one in numbers)


def titles(server: Server) -> list[str]:
    """The titles of the entries that are not somebody's, by time."""
    found = sorted(server.entries().values(), key=lambda one: (one.start, str(one["SUMMARY"])))
    return [str(one["SUMMARY"]) for one in found if one["UID"] != "lunch-7"]


def visit(number: int) -> str:
    return load_course("courses/P-1").visits[number - 1].uid


def edited(server: Server, uid: str, *replaced: tuple[str, str], added: str = "") -> None:
    """Somebody changes an entry of ours in a calendar program, which keeps all other lines."""
    name = server.name_of(uid)
    text = server.texts()[name].replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "")
    for before, after in replaced:
        assert before in text
        text = text.replace(before, after)
    text = text.replace("END:VEVENT", f"{added}END:VEVENT") if added else text
    server.put(name, text.replace("\n", "\r\n"))


def description(server: Server, uid: str) -> str:
    return str(server.entries()[uid]["DESCRIPTION"])


def test_what_is_published_is_there_once_and_the_same_again_writes_nothing(server):
    assert counts(server) == "8 0 0 0 0"
    assert len(titles(server)) == 8
    before = server.changes()
    assert counts(server) == "0 0 0 0 8"
    assert server.changes() == before


def test_a_dry_run_says_the_same_and_writes_nothing(server):
    before = server.texts()
    assert counts(server, "--dry-run") == "8 0 0 0 0"
    assert server.texts() == before


def test_each_entry_is_a_resource_with_its_time_zone_and_no_method(server):
    counts(server)
    ours = [text for text in server.texts().values() if "Lunch" not in text]
    for text in ours:
        assert [text.count(f"BEGIN:{name}") for name in ("VEVENT", "VTIMEZONE")] == [1, 1]
        assert "METHOD" not in text
    moments = {one.start for text in ours for one in Calendar.from_ical(text).events}
    assert {one.start for one in load_course("courses/P-1").visits} < moments


def test_a_change_arrives_and_what_ended_is_cancelled_and_in_the_end_deleted(server):
    counts(server)
    revise("defer", "5", "--to", "2026-12-17", "--reason", "snow")
    revise("omit", "6", "--reason", "flu")
    assert counts(server) == "0 3 0 0 5"
    entries = server.entries()
    assert entries[visit(5)].start == load_course("courses/P-1").visits[4].start
    assert entries[visit(6)]["STATUS"] == "CANCELLED"
    assert counts(server, *LATE) == "0 0 0 1 7"
    assert visit(6) not in server.entries()


def test_a_folder_that_is_older_than_the_calendar_changes_nothing(server):
    shutil.copytree("courses", "copy")
    revise("defer", "5", "--to", "2026-12-17", "--reason", "snow")
    counts(server)
    before = server.texts()
    asked = ("copy/P-1", "--to", server.address, *OF_CLINIC, *server.account(), *DURING)
    said = run("publish", *asked, code=6).stderr
    assert "P-1: there as of 2026-12-08 12:00, here as of 2026-11-23 10:00" in said
    assert f"ketasched publish P-1 --for clinic --to {server.address}" in said
    assert server.texts() == before
    revise("undo")
    assert counts(server) == "0 3 0 0 5"


def test_what_was_cancelled_before_the_first_time_is_never_there(server):
    revise("omit", "6", "--reason", "flu")
    assert counts(server) == "7 0 0 0 0"
    assert visit(6) not in server.entries()
    assert counts(server) == "0 0 0 0 7"


def test_somebody_elses_entry_stays_byte_for_byte(server):
    before = server.texts()["lunch.ics"]
    counts(server)
    revise("omit", "6", "--reason", "flu")
    counts(server)
    counts(server, *LATE)
    assert server.texts()["lunch.ics"] == before


def test_a_family_has_the_dates_of_the_patient_and_the_driver_in_one_calendar(server):
    both = ("--for", "patient"), ("--for", "driver")
    first = [counts(server, *one) for one in both]
    assert [one.split()[1:] for one in first] == [["0", "0", "0", "0"]] * 2
    assert [counts(server, *one).split()[:4] for one in both] == [["0"] * 4] * 2


def test_what_somebody_writes_below_the_line_stays_whatever_changes(server):
    counts(server)
    edited(server, visit(5), (LINE, rf"{LINE}\nMother waits outside."))
    before = server.changes()
    assert counts(server) == "0 0 0 0 8"
    assert server.changes() == before
    revise("defer", "5", "--to", "2026-12-17", "--reason", "snow")
    counts(server)
    assert description(server, visit(5)).endswith(f"{LINE}\nMother waits outside.")
    assert counts(server) == "0 0 0 0 8"


@pytest.mark.parametrize(
    "replaced",
    [
        ("DESCRIPTION:", r"DESCRIPTION:Mother waits outside.\n"),
        ("SUMMARY:P-1: ", "SUMMARY:Mother waits outside."),
        (LINE, "Mother waits outside."),
    ],
    ids=["above our text", "in the title", "in place of the line"],
)
def test_what_somebody_writes_elsewhere_goes_below_the_line(server, replaced):
    counts(server)
    edited(server, visit(5), replaced)
    assert counts(server) == "0 1 0 0 7"
    below = description(server, visit(5)).partition(LINE)[2]
    assert "Mother waits outside." in below
    assert server.entries()[visit(5)]["SUMMARY"] == "P-1: Ketamine infusion 5 of 6"
    assert counts(server) == "0 0 0 0 8"


def test_what_somebody_adds_to_an_entry_stays_and_our_dates_come_back(server):
    counts(server)
    start = load_course("courses/P-1").visits[4].start
    moved = (f"{start:%Y%m%dT%H%M%S}", f"{start:%Y%m%d}T080000")
    edited(server, visit(5), moved, added="CATEGORIES:Blue room\nRRULE:FREQ=DAILY;COUNT=3\n")
    assert counts(server) == "0 1 0 0 7"
    entry = server.entries()[visit(5)]
    assert entry.start == start
    assert entry["CATEGORIES"].to_ical() == b"Blue room"
    assert "RRULE" not in entry


def test_an_entry_that_is_over_and_has_a_note_is_cancelled_and_not_deleted(server):
    counts(server)
    edited(server, visit(6), (LINE, rf"{LINE}\nTakes the bus."))
    revise("omit", "6", "--reason", "flu")
    counts(server)
    assert counts(server, *LATE) == "0 0 0 0 7"
    assert description(server, visit(6)).endswith("Takes the bus.")


def test_our_uid_in_somebodys_resource_is_updated_there_and_not_doubled(server):
    texts = render_split(load_course("courses/P-1"), View("patient"))
    server.put("imported.ics", next(text for name, text in texts.items() if "appointment" in name))
    assert counts(server) == "7 1 0 0 0"
    assert len(server.entries()) == 9


def test_what_calendar_programs_change_in_passing_is_no_change_and_stays(server):
    counts(server)
    edited(server, visit(5), ("SEQUENCE:0", "SEQUENCE:7"), added="X-MOZ-LASTACK:20261201T0Z\n")
    assert counts(server) == "0 0 0 0 8"
    revise("defer", "5", "--to", "2026-12-17", "--reason", "snow")
    counts(server)
    entry = server.entries()[visit(5)]
    assert (entry["SEQUENCE"], entry["X-MOZ-LASTACK"]) == (7, "20261201T0Z")


def test_a_course_that_is_not_known_any_more_loses_its_dates_to_come_and_keeps_the_others(server):
    register = ("--register", "book.db")
    planned("P-3", "2026-12-04", *register)
    run("register", "backup", "before.db", *register)
    planned("P-2", "2026-12-07", *register)
    assert counts(server, *register, name="") == "16 0 0 0 0"
    run("register", "restore", "before.db", *register, "--force")
    assert counts(server, *register, name="") == "0 0 0 7 8"
    assert [one for one in titles(server) if "P-2" in one] == ["P-2: Ketamine infusion 1 of 6"]
    assert counts(server, *register, name="P-3") == "0 0 0 0 8"
    with Register.open("book.db") as book:
        for one in book.stored.entries():
            book.stored.withdraw(one.course_id, LogEntry(MADE_AT, "withdrawn"))
    assert counts(server, *register, name="") == "0 0 0 7 0"


KILLED = """
import os, signal, sys
from ketasched.cli import main
from ketasched.exchange.calendar_server import CalendarServer
put, left = CalendarServer.put, int(sys.argv.pop(1))
def killed(self, name, etag, text):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return put(self, name, etag, text)
CalendarServer.put = killed
main(sys.argv[1:])
"""


@pytest.mark.parametrize("number", [0, 1, 4, 7])
def test_who_is_killed_and_publishes_again_has_all_of_it_once(server, number):
    asked = ("courses/P-1", "--to", server.address, *OF_CLINIC, *server.account(), *DURING)
    program = [sys.executable, "-c", KILLED, str(number), "publish", *asked]
    assert subprocess.run(program, check=False, capture_output=True).returncode == -signal.SIGKILL
    assert len(titles(server)) == number
    assert counts(server) == f"{8 - number} 0 0 0 {number}"
    assert len(titles(server)) == 8


def test_two_who_publish_at_once_have_all_of_it_once(server):
    asked = ("courses/P-1", "--to", server.address, *OF_CLINIC, *server.account(), *DURING)
    program = [sys.executable, "-m", "ketasched", "publish", *asked]
    both = [subprocess.Popen(program) for _ in range(2)]
    assert [one.wait() for one in both] == [0, 0]
    assert counts(server) == "0 0 0 0 8"


@pytest.fixture
def before_each_put(monkeypatch) -> list[Callable[[str], None]]:
    """What is done before the next write, with the name of its resource; what is first, once."""
    asked = list[Callable[[str], None]]()
    put = CalendarServer.put

    def late(self, name: str, etag: str, text: str) -> bool:
        if asked:
            asked.pop(0)(name)
        return put(self, name, etag, text)

    monkeypatch.setattr(CalendarServer, "put", late)
    return asked


def test_what_another_publisher_writes_meanwhile_is_not_written_over(server, before_each_put):

    def other(_: str) -> None:
        assert counts(server) == "8 0 0 0 0"

    before_each_put.append(other)
    assert counts(server) == "0 0 0 0 8"


def test_an_older_state_is_not_written_over_a_newer_one(server, before_each_put):
    counts(server)
    revise("omit", "6", "--reason", "flu")

    def newer(_: str) -> None:
        revise("defer", "5", "--to", "2026-12-17", "--reason", "snow")
        counts(server)

    before_each_put.append(newer)
    counts(server)
    assert counts(server) == "0 0 0 0 8"
    assert server.entries()[visit(5)].start == load_course("courses/P-1").visits[4].start


def test_who_writes_a_note_meanwhile_has_it_in_the_end(server, before_each_put):
    counts(server)
    revise("omit", "6", "--reason", "flu")
    note = (LINE, rf"{LINE}\nTakes the bus.")
    before_each_put.append(lambda _: edited(server, visit(6), note))
    counts(server)
    assert description(server, visit(6)).endswith("Takes the bus.")


def test_an_entry_that_somebody_changes_again_and_again_is_told(server, before_each_put):
    counts(server)
    revise("omit", "6", "--reason", "flu")

    def somebody(_: str) -> None:
        edited(server, visit(6), added=f"COLOR:{len(before_each_put)}\n")

    before_each_put += [somebody, somebody]
    asked = ("courses/P-1", "--to", server.address, *OF_CLINIC, *server.account(), *DURING)
    said = run("publish", *asked, code=6).stderr
    assert "these entries were changed there" in said


CONFIGURATION = """
[general]
status_path = "status"
[pair dates]
a = "server"
b = "own"
collections = [["all", "{name}", ""]]
[storage server]
type = "caldav"
url = "{address}"
read_only = true
{login}
[storage own]
type = "filesystem"
path = "own"
fileext = ".ics"
"""


def test_vdirsyncer_has_every_entry_and_each_change_once(server):
    counts(server)
    home, _, name = server.address.rstrip("/").rpartition("/")
    login = f'username = "{server.user}"\npassword = "{PASSWORD}"' if server.user else ""
    text = CONFIGURATION.format(name=name, address=f"{home}/", login=login)
    Path("vdirsyncer.ini").write_text(text.replace('""]]', '"dates"]]'))
    Path("own/dates").mkdir(parents=True)

    def synchronised() -> list[str]:
        for word in ("discover", "sync"):
            vdirsyncer(word)
        found = (Calendar.from_ical(one.read_bytes()) for one in Path("own/dates").iterdir())
        return sorted(str(event["SUMMARY"]) for one in found for event in one.events)

    assert synchronised() == sorted([*titles(server), "Lunch"])
    revise("omit", "6", "--reason", "flu")
    counts(server)
    assert synchronised() == sorted([*titles(server), "Lunch"])
    counts(server, *LATE)
    assert len(synchronised()) == 8
