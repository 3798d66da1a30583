"""`ketasched invite -o DIR`: which mails there are, whose, and what a kill leaves behind."""

import json
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path
from shutil import copytree

import pytest

from ketasched.files.atomic_write import folder_lock
from ketasched.register.records import LogEntry
from ketasched.register.register import Register
from tests.conftest import MADE_AT, ROOT
from tests.register.terminal import run
from tests.support.attendee import Attendee, read_mail
from tests.support.forked import Forked, ketasched
from tests.support.killed import killed_before

MADE = ("--made-at", "2026-11-23T10:00")
BEFORE, DURING = ("--today", "2026-11-24"), ("--today", "2026-12-08T12:00")
ASKED = ("--patient-email", "ana@example.org", "--driver-name", "Sam")
OUT = Path("outbox")


@pytest.fixture(autouse=True)
def _clinic() -> None:
    text = (ROOT / "examples" / "clinic.toml").read_text(encoding="utf-8")
    Path("clinic.toml").write_text(f'email = "visits@mill.example"\n{text}', encoding="utf-8")


def plan(patient: str, *more: str) -> None:
    run("plan", "--patient", patient, "--start", "2026-12-07", *MADE, *ASKED, *more)


@pytest.fixture
def course() -> str:
    """A course in a folder, whose driver has an address, too."""
    plan("P-1", "--driver-email", "sam@example.org", "-o", "courses")
    return "courses/P-1"


def revise(who: str, *change: str) -> None:
    run("revise", who, *change, *BEFORE)


def invite(*words: str, code: int = 0, when: tuple[str, str] = BEFORE) -> list[dict[str, str]]:
    """Invite, and what is printed of each mail."""
    done = run("invite", *words, "-o", str(OUT), *when, "--format", "json", code=code)
    found: list[dict[str, str]] = json.loads(done.stdout)
    return found


def mails() -> list[str]:
    return sorted(path.name for path in OUT.glob("*.eml"))


def test_there_is_a_private_mail_for_each_visit_and_attendee_whose_name_tells_nobody(course):
    found = invite(course)
    assert [one["file"] for one in found] == mails()
    assert {(one["attendee"], one["to"]) for one in found} == {
        ("patient", "ana@example.org"),
        ("driver", "sam@example.org"),
    }
    assert not [name for name in mails() if "P-1" in name or "ana" in name]
    assert {stat.S_IMODE(path.stat().st_mode) for path in OUT.iterdir()} == {0o600}
    assert stat.S_IMODE(OUT.stat().st_mode) == 0o700


def test_mails_may_be_taken_away_and_only_what_changed_comes_anew(course):
    number = len(invite(course))
    for name in mails():
        (OUT / name).unlink()
    assert (invite(course), mails()) == ([], [])
    revise(course, "driver", "6", "--name", "Kim", "--email", "kim@example.org")
    found = invite(course)
    assert [(one["to"], one["method"]) for one in found if one["attendee"] == "driver"] == [
        ("sam@example.org", "CANCEL"),
        ("kim@example.org", "REQUEST"),
    ]
    assert min(mails()) > f"{number:06d}"


def test_a_patient_and_a_driver_are_invited_apart(course):
    assert {one["to"] for one in invite(course, "--for", "driver")} == {"sam@example.org"}
    assert {one["to"] for one in invite(course, "--for", "patient")} == {"ana@example.org"}
    assert invite(course) == []


def test_a_course_that_is_older_than_what_was_sent_of_it_is_refused(course):
    copytree("courses", "older")
    assert invite(course)
    revise(course, "defer", "6", "--by", "3", "--reason", "flu")
    assert {one["what"] for one in invite(course)} == {"changed"}
    before, record = mails(), (OUT / "invitations.json").read_bytes()
    said = run("invite", "older/P-1", "-o", str(OUT), *BEFORE, code=6).stderr.splitlines()
    assert said[-2] == "error: the invitations of P-1 are of revision 2; this is revision 1"
    assert said[-1].endswith(": ketasched invite P-1 -o outbox --today 2026-11-24")
    assert (mails(), (OUT / "invitations.json").read_bytes()) == (before, record)
    assert invite(course) == []


def test_a_revision_that_tells_nobody_anything_is_known_all_the_same(monkeypatch):
    monkeypatch.setenv("KETASCHED_REGISTER", "book.db")
    plan("P-1", "--register", "-o", "courses")
    assert invite()
    revise("P-1", "wishes", "--reminders", "yes", "--register")
    assert invite() == []
    monkeypatch.delenv("KETASCHED_REGISTER")
    said = run("invite", "courses/P-1", "-o", str(OUT), *BEFORE, code=6).stderr
    assert "are of revision 2; this is revision 1" in said
    revise("courses/P-1", "wishes", "--patient-phone", "555 0100")
    revise("courses/P-1", "wishes", "--patient-phone", "555 0101")
    assert invite("courses/P-1") == []
    monkeypatch.setenv("KETASCHED_REGISTER", "book.db")
    said = run("invite", "-o", str(OUT), *BEFORE, code=6).stderr
    assert "try: with the folder of the newer one: ketasched register import FOLDER" in said


def test_whoever_has_no_address_is_counted_and_the_next_step_gives_one(monkeypatch):
    monkeypatch.setenv("KETASCHED_REGISTER", "book.db")
    run("plan", "--patient", "P-1", "--start", "2026-12-07", *MADE, "--register")
    plan("P-2", "--register", "--time", "13:00")
    named = run("invite", "-o", str(OUT), *BEFORE).stderr
    said = "1 patient and 1 driver with visits to come have no e-mail address: P-1, Sam\n"
    assert f"note: {said}" in named
    (step,) = re.findall("^try: ketasched (.*) EMAIL (.*)$", named, re.MULTILINE)
    run(*step[0].split(), "new@example.org", *step[1].split())
    said = run("invite", "-o", str(OUT), *BEFORE).stderr
    assert "note: 1 driver with visits to come has no e-mail address" in said
    assert "try" not in said
    assert (
        "no e-mail address"
        not in run("invite", "-o", str(OUT), *BEFORE, "--for", "patient").stderr
    )


def test_what_is_over_is_nobody_invited_to(course):
    assert min(one["start"] for one in invite(course, when=DURING)) > "2026-12-08T12:00"


def test_a_dry_run_writes_nothing_and_says_all(course):
    found = invite(course, "--dry-run")
    assert not OUT.exists()
    assert invite(course) == found


def test_all_of_a_register_are_invited_and_called_off_with_their_course(monkeypatch):
    plan("P-3", "-o", "courses")
    monkeypatch.setenv("KETASCHED_REGISTER", "book.db")
    plan("P-1", "--register")
    plan("P-2", "--register")
    assert {one["patient"] for one in invite()} == {"P-1", "P-2"}
    assert {one["patient"] for one in invite("courses/P-3")} == {"P-3"}
    assert invite() == []  # P-3 was never in the register
    run("revise", "P-1", "hold", "--reason", "flu", "--register", *BEFORE)
    assert {(one["patient"], one["method"]) for one in invite()} == {("P-1", "CANCEL")}
    assert invite("P-2") == []


def withdraw_all(address: str) -> None:
    register = Register.open(address)
    for entry in register.entries():
        register.withdraw(entry.course_id, LogEntry(MADE_AT, "withdrawn"))


def test_the_last_course_of_a_register_is_called_off_but_by_no_other_register(monkeypatch):
    monkeypatch.setenv("KETASCHED_REGISTER", "book.db")
    plan("P-1", "--register")
    invited = invite()
    assert invited
    Register.open("mistyped.db").close()
    assert invite("--register", "mistyped.db") == []
    withdraw_all("book.db")
    assert {(one["method"], one["to"]) for one in invite()} == {("CANCEL", "ana@example.org")}
    assert invite() == []


def test_a_folder_of_two_clinics_calls_off_only_the_courses_of_the_one_that_is_asked(monkeypatch):
    monkeypatch.setenv("KETASCHED_REGISTER", "book.db")
    plan("P-1", "--register")
    text = Path("clinic.toml").read_text(encoding="utf-8")
    other = text.replace("Riverbend Clinic", "Hill").replace('salt = "', 'salt = "0')
    Path("other.toml").write_text(other, encoding="utf-8")
    plan("P-2", "--register", "--clinic", "other.toml")
    assert {one["patient"] for one in invite("--clinic", "clinic.toml")} == {"P-1"}
    assert {one["patient"] for one in invite("--clinic", "other.toml")} == {"P-2"}
    assert invite("--clinic", "clinic.toml") == []


def test_an_address_of_the_clinics_newer_file_is_that_of_courses_planned_before(course):
    invite(course)
    text = Path("clinic.toml").read_text(encoding="utf-8")
    Path("clinic.toml").write_text(text.replace("visits@", "desk@"), encoding="utf-8")
    assert {one["method"] for one in invite(course)} == {"REQUEST"}
    assert "desk@mill.example" in (OUT / mails()[-1]).read_text()


def test_without_the_clinics_address_nothing_is_written_and_the_next_step_is_said():
    shutil.copyfile(ROOT / "examples" / "clinic.toml", "clinic.toml")
    plan("P-1", "-o", "courses")
    done = run("invite", "courses/P-1", "-o", str(OUT), *BEFORE, code=2)
    assert 'email = "appointments@example.org"' in done.stderr
    assert mails() == []


def test_two_at_once_are_one_after_the_other(course):
    OUT.mkdir()
    with folder_lock(OUT):
        both = [ketasched("invite", course, "-o", str(OUT), *BEFORE) for _ in range(2)]
    assert [one.wait() for one in both] == [0, 0]
    assert len(mails()) == 14
    assert invite(course) == []


@pytest.mark.parametrize("is_sent", [False, True], ids=["mails stay", "mails are sent at once"])
@pytest.mark.parametrize("follows", ["the same", "ceased"])
def test_after_a_kill_at_any_step_the_next_run_leaves_calendars_right(course, is_sent, follows):
    if follows == "ceased":
        shutil.copytree(course, "ceased/P-1")
        revise("ceased/P-1", "cease", "--reason", "moved")
    arguments = ["invite", course, "-o", str(OUT), *BEFORE]
    number, is_killed = 0, True
    while is_killed:
        number += 3
        shutil.rmtree(OUT, ignore_errors=True)
        is_killed = Forked(killed_before, number, arguments).wait() != 0
        attendees = {name: Attendee() for name in ("ana@example.org", "sam@example.org")}
        if is_sent:
            deliver(attendees)
        invite(course if follows == "the same" else "ceased/P-1")
        deliver(attendees)
        held = [len(one.entries) for one in attendees.values()]
        assert held == ([8, 6] if follows == "the same" else [0, 0]), number
        assert invite(course if follows == "the same" else "ceased/P-1") == []
    assert number > 30


def deliver(attendees: dict[str, Attendee]) -> None:
    """Send all mails of the folder, in order, as a mail script does."""
    for name in mails():
        received = read_mail((OUT / name).read_bytes())
        attendees[received.mail["To"].addresses[0].addr_spec].receive(received)
        os.remove(OUT / name)  # noqa: PTH107


@pytest.mark.parametrize("text", ["", "[]", '{"format": 2}', '{"format": 1, "written": "x"}'])
def test_a_record_that_is_none_of_ours_is_said_and_left_alone(course, text):
    OUT.mkdir()
    (OUT / "invitations.json").write_text(text)
    done = run("invite", course, "-o", str(OUT), *BEFORE, code=3)
    assert "this is no record of invitations" in done.stderr
    assert (OUT / "invitations.json").read_text() == text


def test_the_script_of_the_manual_sends_each_mail_once_and_in_order(course):
    text = (ROOT / "docs" / "invitations.md").read_text(encoding="utf-8")
    script = text.partition("```sh\n")[2].partition("```")[0]
    Path("send.sh").write_text(script, encoding="utf-8")
    Path("sendmail").write_text("#!/bin/sh\n[ -e ../stop ] && exit 75\ncat >> ../sent.txt\n")
    Path("sendmail").chmod(0o700)
    invite(course)

    def send() -> int:
        environment = os.environ | {"SENDMAIL": str(Path("sendmail").absolute())}
        return subprocess.run(["/bin/sh", "send.sh", str(OUT)], env=environment).returncode

    Path("stop").touch()
    before = mails()
    assert (send(), mails()) == (1, before)
    Path("stop").unlink()
    assert (send(), mails()) == (0, [])
    assert Path("sent.txt").read_text().count("METHOD:REQUEST") == len(before)
    assert send() == 0
    assert invite(course) == []


def test_mails_without_a_place_are_refused():
    assert "a variable is not set" in run("invite", "courses/P-1", "-o", "", code=2).stderr
