"""What leaves the clinic's book, from Python: the files, mails and rows of the commands."""

import json
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import ketasched
from ketasched.files.codec import plain
from ketasched.register.records import LogEntry
from tests.api.test_days_same_as_commands import MADE, PROTOCOL, run
from tests.conftest import MADE_AT, ROOT
from tests.exchange.calendars import PASSWORD, SERVERS

TODAY = "2027-01-06T18:00"
SECRETS = (f"{number:036d}" for number in count())


@pytest.fixture
def clinic() -> ketasched.Clinic:
    """The practice, which has an address; its file is here."""
    text = (ROOT / "examples" / "practice.toml").read_text(encoding="utf-8")
    Path("clinic.toml").write_text(f'email = "desk@mill.example"\n{text}', encoding="utf-8")
    return ketasched.load_clinic("clinic.toml")


@pytest.fixture
def register(clinic) -> Iterator[ketasched.Register]:
    """A register with two patients, of which book.db is a copy for the commands."""
    asked = (
        {"patient": "P-1", "patient_email": "ana@example.org", "reminders": "yes"},
        {"patient": "P-2", "driver_name": "Ana Lima", "patient_phone": "+1 555 0134"},
    )
    with ketasched.Register.open("twin.db") as opened:
        for one in asked:
            request = ketasched.request(**{"start": "2027-01-04", "time": "9am"} | one)
            opened.book(PROTOCOL, clinic, request, made_at=MADE)
        run("register backup book.db", register="twin.db")
        yield opened


def contents(folder: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def shown(command: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        run(f"{command} --format json --today {TODAY}").stdout
    )
    return found


@pytest.mark.parametrize("patients", ["", "p-2"], ids=["all", "one patient"])
def test_feeds_are_those_of_the_command(register, monkeypatch, patients):
    names = [next(SECRETS) for _ in range(20)]
    typed = iter(names)
    monkeypatch.setattr(secrets, "token_urlsafe", lambda _: next(typed))
    printed = shown(f"publish {patients} --to theirs --base-url https://a.example/k")
    found = register.publish(
        "ours",
        patients,
        at=TODAY,
        make_secret=iter(names).__next__,
        base_url="https://a.example/k",
    )
    assert [asdict(one) for one in found.rows] == printed
    assert contents("ours") == contents("theirs")
    again = register.publish("ours", patients, at=TODAY, make_secret=SECRETS.__next__)
    assert again.counts == {"written": 0, "removed": 0, "unchanged": len(found.rows)}


def test_feeds_of_a_folder_have_their_names_beside_the_course(register):
    ketasched.write_folder(register.course("P-2", at=TODAY), "courses")
    shutil.copytree("courses", "copies")
    found = ketasched.publish(Path("courses/P-2"), "ours", at=TODAY, make_secret=SECRETS.__next__)
    assert {one.audience for one in found.rows} == {"patient", "driver"}
    shutil.copy("courses/P-2/feeds.json", "copies/P-2")
    run(f"publish copies/P-2 --to theirs --today {TODAY}")
    assert contents("ours") == contents("theirs")


def test_a_secret_that_may_be_guessed_is_refused(register):
    with pytest.raises(ValueError, match="expected 22 to 64 characters"):
        register.publish("ours", at=TODAY, make_secret=lambda: "P-1")


@pytest.mark.parametrize("patients", ["", "p-1"], ids=["all", "one patient"])
def test_invitations_are_those_of_the_command(register, patients):
    printed = shown(f"invite {patients} -o theirs")
    found = register.invite("ours", patients, at=TODAY)
    assert [one.file for one in found.rows] == [one["file"] for one in printed]
    assert found.rows
    assert contents("ours") == contents("theirs")
    assert register.invite("ours", patients, at=TODAY).rows == []


def test_invitations_of_a_folder_are_those_of_the_command(register):
    ketasched.write_folder(register.course("P-1", at=TODAY), "courses")
    run(f"invite courses/P-1 -o theirs --today {TODAY}")
    assert ketasched.invite("courses/P-1", "dry", at=TODAY, dry_run=True).rows
    assert ketasched.invite(["courses/P-1"], "ours", at=TODAY, attendees=["patient"]).rows
    assert contents("ours") == contents("theirs")
    assert not Path("dry").exists()


def test_entries_of_a_calendar_are_those_of_the_command(register):
    with next(iter(SERVERS.values()))() as server:
        login = {"user": server.user, "password": PASSWORD}
        dry = register.publish_to_server(server.address, at=TODAY, dry_run=True, **login)
        account = " ".join(server.account())
        printed = shown(f"publish --to {server.address} {account}")
        assert [one.title for one in dry.rows] == [one["title"] for one in printed]
        again = register.publish_to_server(server.address, at=TODAY, **login)
        assert again.counts["unchanged"] == len(dry.rows)
        assert again.rows == []


def test_a_calendar_of_all_patients_is_the_clinics(register):
    with pytest.raises(ketasched.BadRequest, match="of those whose courses are named"):
        register.publish_to_server("https://a.example/b/", at=TODAY, audience="patient")


@pytest.mark.parametrize("driver", ["none", "all", "ana lima"])
def test_rides_are_those_of_the_command(register, driver):
    rows = json.loads(json.dumps(register.rides(at=TODAY, driver=driver), default=plain))
    printed = shown(f"rides --driver '{driver}'")
    assert [one["key"] for one in rows] == [one["key"] for one in printed]
    assert rows


def test_a_driver_of_nobody_is_refused_with_those_whom_courses_have(register):
    with pytest.raises(ketasched.BadRequest) as caught:
        register.rides(at=TODAY, driver="Ana Lina")
    assert (caught.value.field, caught.value.next_step) == ("driver", "one of: Ana Lima")


def test_reminders_are_those_of_the_command(register):
    found = register.reminders(at=TODAY)
    assert found
    assert [one.key for one in found] == [one["key"] for one in shown("reminders")]


def test_appointments_are_those_of_the_command(register):
    found = register.appointments("4 Jan 2027", "2027-01-20")
    printed = shown("register appointments --from 2027-01-04 --until 2027-01-20")
    assert [(one.key, one.start.isoformat()) for one in found] == [
        (one["key"], one["start"]) for one in printed
    ]
    assert len(found) > 6


def test_an_export_for_a_record_system_has_the_lines_of_the_command(register):
    printed = run("register export --format fhir").stdout
    assert [*register.export("fhir")] == printed.splitlines()
    with pytest.raises(ketasched.BadRequest, match="expected one of ndjson, fhir, not xml"):
        next(register.export("xml"))


def test_an_empty_register_has_nothing_to_tell(clinic):
    with ketasched.Register.open("none.db") as empty:
        assert empty.rides(at=TODAY) == []
        assert empty.reminders(at=TODAY) == []
        assert empty.appointments("2027-01-04", "2027-01-20") == []
        assert empty.invite("mails", at=TODAY).rows == []
        assert empty.publish("feeds", at=TODAY, make_secret=str).rows == []


def test_an_emptied_register_calls_off_what_it_invited_to(register):
    before = register.publish("ours", at=TODAY, make_secret=SECRETS.__next__)
    invited = register.invite("mails", at=TODAY)
    for entry in register.stored.entries():
        register.stored.withdraw(entry.course_id, LogEntry(MADE_AT, "withdrawn"))
    ended = register.publish("ours", at=TODAY, make_secret=SECRETS.__next__)
    assert ended.counts["written"] == len(before.rows)
    off = register.invite("mails", at=TODAY)
    assert off.counts == {"new": 0, "changed": 0, "called off": len(invited.rows)}
