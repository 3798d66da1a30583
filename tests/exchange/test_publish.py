"""`ketasched publish --to DIR`: which files there are, under which names, for how long."""

import json
import os
import shutil
import stat
from pathlib import Path

import pytest

from ketasched.files.load import load_course
from ketasched.register.records import LogEntry
from ketasched.register.register import Register
from tests.conftest import MADE_AT, ROOT
from tests.register.terminal import run
from tests.support.forked import ketasched
from tests.support.readers import by_icalendar

MADE = ("--made-at", "2026-11-23T10:00")
DURING = ("--today", "2026-12-08T12:00")
LATE = ("--today", "2027-02-07T12:00")
"""61 days after `DURING`."""

OUT = Path("out")


@pytest.fixture(autouse=True)
def _clinic() -> None:
    shutil.copyfile(ROOT / "examples" / "clinic.toml", "clinic.toml")


@pytest.fixture
def book(monkeypatch) -> str:
    """A register with a patient, who has a driver."""
    monkeypatch.setenv("KETASCHED_REGISTER", "book.db")
    plan("P-1")
    return "book.db"


def plan(patient: str, *more: str) -> None:
    asked = ("--patient", patient, "--start", "2026-12-07", "--driver-name", "Sam")
    run("plan", *asked, *MADE, *more, *(() if "-o" in more else ("--register",)))


def revise(who: str, *change: str) -> None:
    run("revise", who, *change, *DURING)


def publish(*words: str, code: int = 0) -> dict[tuple[str, str], str]:
    """Publish, and say which file is whose: by the patient, and the audience with the driver."""
    today = () if "--today" in words else DURING
    done = run("publish", *words, "--to", str(OUT), *today, "--format", "json", code=code)
    return {
        (one["patient"], f"{one['audience']} {one['driver']}".strip()): one["file"]
        for one in json.loads(done.stdout)
    }


def files() -> set[str]:
    return {path.name for path in OUT.iterdir()} - {"index.html"}


def text_of(name: str) -> str:
    return (OUT / name).read_bytes().decode()


def statuses(name: str) -> set[str]:
    lines = text_of(name).split("\r\n")
    return {line.partition(":")[2] for line in lines if line.startswith("STATUS:")}


def test_all_of_a_register_are_published_each_reader_has_a_file(book):
    plan("P-2")
    found = publish()
    assert [*found] == [
        *(("P-1", who) for who in ("patient", "driver Sam")),
        *(("P-2", who) for who in ("patient", "driver Sam")),
        ("", "clinic"),
    ]
    assert set(found.values()) == files()
    titles = {one.title for one in by_icalendar(text_of(found["", "clinic"]))}
    assert {title.partition(":")[0] for title in titles} == {"P-1", "P-2"}


def test_a_web_server_may_read_a_file_whose_name_it_is_told_and_list_none(book):
    before = os.umask(0o077)
    try:
        found = publish()
    finally:
        os.umask(before)
    assert stat.S_IMODE(OUT.stat().st_mode) == 0o711
    assert {stat.S_IMODE((OUT / name).stat().st_mode) for name in found.values()} == {0o644}
    assert (OUT / "index.html").read_bytes() == b""
    assert len({name[:8] for name in found.values()}) == len(found)
    assert {len(name) for name in found.values()} == {36}


def test_with_the_address_of_the_folder_the_links_are_printed(book):
    asked = ("--base-url", "https://cal.example.org/k/")
    lines = run("publish", "--to", "out", *asked, *DURING).stdout.splitlines()
    assert {line.partition("https://cal.example.org/k/")[2] for line in lines} == files()


def test_only_what_has_changed_is_written(book):
    plan("P-2")
    found = publish()
    before = {path: path.stat().st_mtime_ns for path in OUT.iterdir()}
    assert publish() == found
    assert {path: path.stat().st_mtime_ns for path in OUT.iterdir()} == before
    revise("P-2", "defer", "5", "--to", "2026-12-17", "--reason", "snow", "--register")
    publish()
    changed = {path.name for path in OUT.iterdir() if path.stat().st_mtime_ns != before[path]}
    assert changed == {found["P-2", "patient"], found["P-2", "driver Sam"], found["", "clinic"]}


def test_a_damaged_file_and_a_leftover_of_a_killed_writer_are_put_right(book):
    name = publish()["P-1", "patient"]
    whole = (OUT / name).read_bytes()
    (OUT / name).write_bytes(whole[:999] + b"\xff")
    (OUT / f".{'0' * 16}.part").write_bytes(b"half")
    publish()
    assert (OUT / name).read_bytes() == whole
    assert len(files()) == 3


def test_what_is_not_ours_stays(book):
    OUT.mkdir()
    others = {"index.html": "Welcome", "holidays.ics": "BEGIN:VCALENDAR", ".htaccess": "x"}
    for name, text in others.items():
        (OUT / name).write_text(text)
    publish()
    publish("--rotate")
    assert {name: (OUT / name).read_text() for name in others} == others


def test_a_patient_alone_is_published_and_nobody_else_is_touched(book):
    plan("P-2")
    found = publish("p-2")
    assert found.keys() == {("P-2", "patient"), ("P-2", "driver Sam")}
    assert found.items() <= publish().items()


def test_feeds_for_patients_and_drivers_lie_where_the_clinics_does_not(book):
    whose = ("--for", "patient", "--for", "driver")
    assert publish(*whose).keys() == {("P-1", "patient"), ("P-1", "driver Sam")}
    inside = run("publish", "--for", "clinic", "--to", "inside", *DURING).stdout
    assert inside.startswith("all patients  clinic, for staff only  ")
    before = files()
    revise("P-1", "defer", "5", "--to", "2026-12-17", "--reason", "snow", "--register")
    assert set(publish(*whose, "--rotate").values()).isdisjoint(before)
    assert len(files()) == 2
    assert len([*Path("inside").glob("*.ics")]) == 1


def test_of_a_folder_the_clinics_feed_is_asked_for_and_then_kept():
    plan("P-1", "-o", "courses")
    assert ("P-1", "clinic") not in publish("courses/P-1")
    asked = publish("courses/P-1", "--for", "clinic")
    assert [*asked] == [("P-1", "clinic")]
    assert asked.items() < publish("courses/P-1").items()
    assert statuses(asked["P-1", "clinic"]) == {"CONFIRMED"}


def test_who_makes_new_names_is_told_that_the_old_links_are_dead(book):
    def said(*more: str) -> str:
        return run("publish", "--to", "out", *DURING, *more).stderr

    assert said() == "note: feeds: 3 written, 0 removed, 0 unchanged; in the new folder out\n"
    assert said() == "note: feeds: 0 written, 0 removed, 3 unchanged; in out\n"
    assert "dead" not in said("--rotate", "--dry-run")
    assert "warning: 3 old links are dead: hand out the new ones" in said("--rotate")
    assert "1 old link is dead" in said("--rotate", "--for", "patient")


def test_rotated_names_are_new_and_the_old_files_are_gone(book):
    plan("P-2")
    before = publish()
    after = publish("P-1", "--rotate")
    assert set(before.values()).isdisjoint(after.values())
    assert publish() == before | after
    assert files() == set((before | after).values())
    everybody = publish("--rotate")
    assert set(everybody.values()).isdisjoint((before | after).values())
    assert files() == set(everybody.values())


def test_a_former_driver_keeps_a_feed_and_the_new_one_gets_one(book):
    before = publish()
    revise("P-1", "driver", "6", "--name", "Jo", "--register")
    after = publish()
    assert after.items() > before.items()
    assert statuses(after["P-1", "driver Sam"]) == {"CONFIRMED", "CANCELLED"}
    assert statuses(after["P-1", "driver Jo"]) == {"CONFIRMED"}


def test_a_course_that_is_over_for_sixty_days_has_no_file_any_more(book):
    publish()
    assert publish("--today", "2027-02-19") != {}
    assert publish("--today", "2027-02-20") == {}
    assert files() == set()


def course_id() -> str:
    [entry] = Register.open("book.db").entries(patient="P-1")
    return entry.course_id


def withdraw() -> None:
    Register.open("book.db").withdraw(course_id(), LogEntry(MADE_AT, "withdrawn"))


def test_a_withdrawn_course_is_shown_as_cancelled_and_then_its_file_goes(book):
    plan("P-2")
    before = publish()
    withdraw()
    assert publish().keys() == before.keys() - {("P-1", "patient"), ("P-1", "driver Sam")}
    assert statuses(before["P-1", "patient"]) == {"CONFIRMED", "CANCELLED"}  # one visit was before
    assert files() == set(before.values())
    publish(*LATE)
    assert before["P-1", "patient"] not in files()
    assert before["P-2", "patient"] in files()


def test_of_the_last_course_of_a_register_all_dates_to_come_are_cancelled(book):
    before = publish()
    withdraw()
    assert publish() == {}
    assert files() == set(before.values())
    assert {frozenset(statuses(name)) for name in before.values()} == {
        frozenset(("CONFIRMED", "CANCELLED"))  # one visit was before
    }
    publish(*LATE)
    assert files() == set()


def test_a_withdrawn_course_that_is_entered_again_has_its_feed_again(book):
    run("register", "show", "P-1", "-o", "kept")
    before = publish()
    withdraw()
    publish()
    run("register", "import", "kept/P-1", *DURING)
    assert publish() == before
    assert statuses(before["P-1", "patient"]) == {"CONFIRMED"}


def test_a_damaged_course_is_said_and_nobody_is_told_that_it_is_cancelled(book):
    before = publish()
    text = (OUT / before["P-1", "patient"]).read_bytes()
    plan("P-2")
    register = Register.open("book.db")
    with register.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE courses SET document = '{' WHERE patient = 'P-1'")
    assert publish(code=5).keys() == {("P-2", "patient"), ("P-2", "driver Sam"), ("", "clinic")}
    assert (OUT / before["P-1", "patient"]).read_bytes() == text


SWITCH = ("switch", "--protocol", "iv-ptsd", "--on", "2027-01-11", "--by-whom", "Dr. Lee")


def test_a_switched_patient_keeps_the_feed_in_the_register(book):
    before = publish()
    revise("P-1", *SWITCH, "--register")
    assert publish() == before


def test_a_switched_patient_keeps_the_feed_in_a_folder():
    plan("P-1", "-o", "courses")
    before = publish("courses/P-1")
    revise("courses/P-1", *SWITCH)
    for name in ("", "/course.json", "/course-1.json"):
        assert publish(f"courses/P-1{name}") == before
    uids = {one.uid for one in by_icalendar(text_of(before["P-1", "patient"]))}
    for name in ("course-1.json", "course.json"):
        assert {one.uid for one in load_course(f"courses/P-1/{name}").visits} <= uids


def test_the_names_of_a_folder_are_kept_in_it_for_its_owner_alone():
    plan("P-1", "-o", "courses")
    found = publish("courses/P-1")
    assert [*found] == [("P-1", who) for who in ("patient", "driver Sam")]
    kept = Path("courses/P-1/feeds.json")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert {name for [name] in json.loads(kept.read_bytes())["feeds"].values()} == files()


def test_a_change_and_a_new_plan_leave_the_names_of_a_folder_alone():
    plan("P-1", "-o", "courses")
    before, kept = publish("courses/P-1"), Path("courses/P-1/feeds.json")
    content = kept.read_bytes()
    revise("courses/P-1", "defer", "5", "--to", "2026-12-17", "--reason", "snow")
    assert publish("courses/P-1") == before
    plan("P-1", "--start", "2027-01-04", "--force", "-o", "courses")
    assert kept.read_bytes() == content
    after = publish("courses/P-1")
    assert set(after.values()).isdisjoint(before.values())
    assert "CANCELLED" in statuses(before["P-1", "patient"])


def test_a_renamed_patient_keeps_the_feed_in_the_register_and_in_a_folder(book):
    run("register", "show", "P-1", "-o", "courses")
    by_register, by_folder = publish(), publish("courses/P-1")
    run("register", "rename", "P-1", "P-9", "-o", "courses", *DURING)
    assert not Path("courses/P-1").exists()
    assert [*publish().values()] == [*by_register.values()]
    assert [*publish("courses/P-9").values()] == [*by_folder.values()]


def test_a_folder_that_is_older_than_the_register_is_not_published(book):
    run("register", "show", "P-1", "-o", "courses")
    publish()
    before = files()
    revise("P-1", "defer", "5", "--to", "2026-12-17", "--reason", "snow", "--register")
    said = run("publish", "courses/P-1", "--to", "out", *DURING, code=6).stderr
    assert "courses/P-1: it is at revision 1, and the register at 2" in said
    step = "ketasched publish P-1 --to out --today 2026-12-08T12:00"
    assert f"try: the later one: {step}" in said
    assert files() == before
    assert not Path("courses/P-1/feeds.json").exists()


def test_a_folder_of_a_course_that_is_in_the_register_is_warned_of(book):
    run("register", "show", "P-1", "-o", "courses")
    said = run("publish", "courses/P-1", "--to", "out", *DURING).stderr
    assert "warning: courses/P-1: the register has this course, too: name the patient" in said
    assert "try: ketasched publish P-1 --to out" in said


def test_clerks_who_publish_a_folder_at_once_agree_on_the_names():
    plan("P-1", "-o", "courses")
    asked = [("publish", "courses/P-1", "--to", to, *DURING) for to in ("out", "other", "out")]
    begun = [ketasched(*words) for words in asked]
    printed = {process.communicate(60)[0] for process in begun}
    assert {process.returncode for process in begun} == {0}
    assert len(printed) == 1
    assert {path.name for path in Path("other").glob("*.ics")} == files()


def test_a_course_file_of_another_name_keeps_its_names_beside_it():
    for patient in ("P-1", "P-2"):
        plan(patient, "-o", "courses")
        shutil.copyfile(f"courses/{patient}/course.json", f"{patient}.json")
    found = publish("P-1.json", "P-2.json")
    assert len(set(found.values())) == 4
    assert publish("P-1.json").items() < found.items()
    assert files() == set(found.values())
    assert Path("P-1.feeds.json").exists()


def test_a_dry_run_says_what_there_would_be_and_writes_nothing(book):
    found = publish("--dry-run")
    assert found["P-1", "patient"] == "(new name 1)"
    assert not OUT.exists()
    real = publish()
    before = {path: path.read_bytes() for path in OUT.iterdir()}
    said = run("publish", "--dry-run", "--to", "out", "--today", "2027-02-20").stderr
    assert "0 written, 3 removed, 0 unchanged; nothing was written (--dry-run)" in said
    publish("--dry-run", "--rotate")
    assert {path: path.read_bytes() for path in OUT.iterdir()} == before
    assert publish() == real


def test_a_folder_that_others_can_list_is_told_and_not_one_that_publish_makes(book):
    assert "can list" not in run("publish", "--to", "out", *DURING).stderr
    OUT.chmod(0o755)
    said = run("publish", "--to", "out", *DURING).stderr
    assert "warning: out: others on this machine can list the names of the feeds" in said
    assert "try: chmod 711 out" in said


def test_a_link_to_a_folder_is_taken_as_web_servers_have_them_and_no_other_link(book):
    Path("real").mkdir(mode=0o711)
    OUT.symlink_to("real")
    publish()
    assert len(list(Path("real").glob("*.ics"))) == 3
    for target in ("clinic.toml", "missing"):
        OUT.unlink()
        OUT.symlink_to(target)
        run("publish", "--to", "out", *DURING, code=6)


def test_a_folder_that_is_a_template_for_another_patient_ends_nothing_of_the_first():
    plan("P-1", "-o", "courses")
    plan("P-2", "-o", "courses")
    before = publish("courses/P-1")
    text = text_of(before["P-1", "patient"])
    shutil.copyfile("courses/P-1/feeds.json", "courses/P-2/feeds.json")
    said = run("publish", "courses/P-2", "--to", "out", *DURING, code=3).stderr
    assert "feeds of another patient's course" in said
    assert "try: remove this file" in said
    Path("courses/P-2/feeds.json").unlink()
    assert set(publish("courses/P-2").values()).isdisjoint(before.values())
    assert text_of(before["P-1", "patient"]) == text


def test_two_feeds_of_one_name_and_a_file_without_an_end_are_refused():
    plan("P-1", "-o", "courses")
    publish("courses/P-1")
    kept = Path("courses/P-1/feeds.json")
    content = json.loads(kept.read_bytes())
    content["feeds"]["other"] = next(iter(content["feeds"].values()))
    for text in (json.dumps(content), "[" * 200_000):
        kept.write_text(text)
        said = run("publish", "courses/P-1", "--to", "out", *DURING, code=3).stderr
        assert "these are not the names of feeds" in said


@pytest.mark.parametrize("content", ["", "<html>", "\0\xff", "BEGIN:VCALENDAR\r\n"], ids=ascii)
def test_a_damaged_feed_of_a_course_that_is_not_known_is_removed_and_counted(book, content):
    plan("P-2")
    before = publish()
    withdraw()
    damaged = OUT / before["P-1", "patient"]
    damaged.write_text(content, encoding="latin-1")
    said = run("publish", "--to", "out", *DURING).stderr
    assert damaged.exists() is False
    assert ("1 damaged" in said) == bool(content)
    assert "CANCELLED" in statuses(before["P-1", "driver Sam"])
    assert "damaged" not in run("publish", "--to", "out", *DURING).stderr


def test_names_that_are_not_ours_are_refused_as_files_would_be_removed_by_them():
    plan("P-1", "-o", "courses")
    Path("precious.ics").write_text("mine")
    content = {"format": 1, "feeds": {"key": ["../precious.ics"]}}
    Path("courses/P-1/feeds.json").write_text(json.dumps(content))
    said = run("publish", "courses/P-1", "--to", "out", *DURING, code=3).stderr
    assert "these are not the names of feeds" in said
    assert Path("precious.ics").read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("P-9",), 3, "no such patient in the register"),
        (("-",), 2, "beside the course"),
        (("--base-url", "cal.example.org"), 2, "expected where the folder is on the web"),
        (("--base-url", "https://x.org/?k="), 2, "expected where the folder is on the web"),
        (("--base-url", "https://x.org/#k"), 2, "expected where the folder is on the web"),
        (("--to", ""), 2, "a variable is not set"),
        (("--to", "clinic.toml"), 6, "is a file, not a folder"),
    ],
    ids=[
        "nobody",
        "standard input",
        "no address",
        "a query",
        "a fragment",
        "nowhere",
        "no folder",
    ],
)
def test_what_cannot_be_published_is_refused_with_words(book, words, code, said):
    to = () if "--to" in words else ("--to", "out")
    assert said in run("publish", *words, *to, *DURING, code=code).stderr


@pytest.mark.parametrize(
    "words",
    [("publish", "nobody", "--to", "new/feeds"), ("invite", "nobody", "-o", "new/outbox")],
    ids=["publish", "invite"],
)
def test_a_refusal_leaves_no_folder_that_was_not_there(book, words):
    run(*words, code=3)
    assert not Path("new").exists()
    Path(words[-1]).mkdir(parents=True)
    run(*words, code=3)
    assert list(Path(words[-1]).iterdir()) == []
