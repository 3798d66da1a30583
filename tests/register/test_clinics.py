"""A clinic is known by its salt, its zone and its name: no command counts its chairs twice."""

from dataclasses import replace
from pathlib import Path

import pytest

from ketasched.errors import BadRequest
from ketasched.register.register import Register
from tests.register.orders import booked, order, small
from tests.register.terminal import TODAY, exported, held, listed, plan, run
from tests.support.batches import MOMENT, MONDAY, clinic_file, rejects, roster_file, rows_of

NAMED = 'name = "Mill Lane"\nchairs = 1\nid_salt = "{salt}"'
OTHER_SALT = "the register has Mill Lane with another id_salt: its chairs would count twice"


def mill_lane(path: str = "mill.toml", salt: str = "one", zone: str = "America/New_York") -> str:
    clinic_file(path, NAMED.format(salt=salt), "09:00-12:00")
    text = Path(path).read_text(encoding="utf-8")
    Path(path).write_text(text.replace("America/New_York", zone), encoding="utf-8")
    return path


@pytest.fixture
def elsewhere(book, monkeypatch) -> None:
    """P-2 is in files, planned without the register under another salt; P-1 is booked."""
    plan("P-1", "--clinic", mill_lane(), "-o", "out")
    with monkeypatch.context() as context:
        context.delenv("KETASCHED_REGISTER")
        plan("P-2", "--clinic", mill_lane("other.toml", salt="two"), "-o", "out")


COMMANDS = {
    "plan": ("plan", "--patient", "P-3", "--start", MONDAY, "--clinic", "other.toml"),
    "plan --dry-run": (
        *("plan", "--patient", "P-3", "--start", MONDAY, "--clinic", "other.toml", "--dry-run"),
    ),
    "revise --clinic": (
        *("revise", "out/P-1", "driver", "1", "--name", "Sam", "--clinic", "other.toml", *TODAY),
    ),
    "batch": ("batch", "roster.csv", "-o", "new", "--jobs", "1", "--clinic", "other.toml"),
    "suggest": ("suggest", "P-1", "2", "--clinic", "other.toml", *TODAY),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_another_salt_is_refused_in_the_same_words_by_every_command(command, elsewhere):
    roster_file([{"patient": "P-3", "start": MONDAY}])
    before = held()
    if command[:2] == ("suggest", "P-1"):
        command = ("suggest", "out/P-1", *command[2:])
    is_roster = command[0] == "batch"
    said = run(*command, code=5 if is_roster else 2).stderr
    assert OTHER_SALT in (rejects("new")[0]["reason"] if is_roster else said)
    assert is_roster or "try: put the id_salt back" in said
    assert held() == before


def test_another_salt_is_refused_by_an_import(elsewhere):
    assert OTHER_SALT in run("register", "import", "out/P-2", *TODAY, code=5).stderr
    assert listed() == {"P-1": 1}


def test_a_clinic_of_another_salt_in_a_rosters_column_rejects_that_row_alone(elsewhere):
    roster_file(
        [
            {"patient": "P-3", "start": "2027-05-03", "clinic": "mill.toml"},
            {"patient": "P-4", "start": "2027-05-03", "clinic": "other.toml"},
        ]
    )
    run("batch", "roster.csv", "-o", "new", "--jobs", "1", "--made-at", MOMENT, code=5)
    (row,) = rejects("new")
    assert row["patient"] == "P-4"
    assert OTHER_SALT in row["reason"]
    assert listed() == {"P-1": 1, "P-3": 1}


NAMES = {"case": "MILL lane", "spaces": "Mill   Lane ", "both": " mill LANE"}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_that_differs_in_nothing_that_is_read_aloud_is_the_same(address, name):
    book = Register.open(address)
    booked(book, "P-1", at=small(name="Mill Lane", id_salt="one"))
    with pytest.raises(BadRequest, match="with another id_salt"):
        booked(book, "P-2", at=small(name=name, id_salt="two"))


def test_a_name_in_another_unicode_form_is_the_same(address):
    book = Register.open(address)
    booked(book, "P-1", at=small(name="Caf\u00e9", id_salt="one"))
    with pytest.raises(BadRequest, match="with another id_salt"):
        booked(book, "P-2", at=small(name="Cafe\u0301", id_salt="two"))


def test_of_two_who_bring_one_clinic_under_two_salts_the_slower_is_refused(address):
    book = Register.open(address)
    one, two = small(name="Mill Lane", id_salt="one"), small(name="Mill Lane", id_salt="two")

    def make(bookings):
        booked(Register.open(address), "P-2", at=two)
        return order("P-1", one).make(bookings)

    with pytest.raises(BadRequest, match="with another id_salt"):
        book.book(replace(order("P-1", one), make=make))
    assert [entry.patient for entry in book.entries()] == ["P-2"]


def test_the_day_of_a_clinic_in_another_zone_is_not_said_to_be_empty(book):
    path = mill_lane(salt="", zone="Etc/UTC")
    plan("P-1", "--clinic", path)
    assert (
        "not in America/New_York"
        in run(*("day", MONDAY, "--clinic", mill_lane(salt="")), code=2).stderr
    )


def test_a_clinic_that_is_renamed_under_its_salt_keeps_its_chairs(address):
    book = Register.open(address)
    first = booked(book, "P-1", at=small(name="Mill Lane", id_salt="one"))[0]
    second = booked(book, "P-2", at=small(name="High Street", id_salt="one"))[0]
    assert first.visits[0].start != second.visits[0].start


def test_a_renamed_clinic_is_known_by_its_new_name_and_not_under_another_salt(address):
    book = Register.open(address)
    booked(book, "P-1", at=small(name="Mill Lane", id_salt="one"))
    booked(book, "P-2", at=small(name="Old Mill", id_salt="one"))
    assert book.clinics() == ["Old Mill"]
    with pytest.raises(BadRequest, match="the register has Old Mill with another id_salt"):
        booked(book, "P-3", at=small(name="Old Mill", id_salt="two"))


def test_a_fact_about_an_old_course_leaves_a_renamed_clinic_its_name(book):
    plan("P-1", "--clinic", mill_lane())
    text = Path("mill.toml").read_text(encoding="utf-8")
    Path("mill.toml").write_text(text.replace("Mill Lane", "Old Mill"), encoding="utf-8")
    plan("P-2", "--clinic", "mill.toml")
    assert Register.open(book).clinics() == ["Old Mill"]
    run("revise", "P-1", "complete", "1", "--today", f"{MONDAY}T15:00")
    assert Register.open(book).clinics() == ["Old Mill"]
    Path("mill.toml").write_text(text.replace("Mill Lane", "New Mill"), encoding="utf-8")
    newer = "--clinic", "mill.toml", "--today", f"{MONDAY}T15:30"
    run("revise", "P-1", "driver", "2", "--name", "Sam", *newer)
    assert Register.open(book).clinics() == ["New Mill"]


def test_a_clinic_cannot_be_renamed_to_one_that_is_there(address):
    book = Register.open(address)
    booked(book, "P-1", at=small(name="Mill Lane", id_salt="one"))
    booked(book, "P-2", at=small(name="High Street", id_salt="two"))
    with pytest.raises(BadRequest, match="the register has Mill Lane with another id_salt"):
        booked(book, "P-3", at=small(name="Mill Lane", id_salt="two"))
    assert book.clinics() == ["High Street", "Mill Lane"]


# --- the zone


SALTS = {"with a salt": "one", "without one": ""}


@pytest.mark.parametrize("salt", SALTS.values(), ids=SALTS)
def test_a_clinic_that_is_known_in_another_zone_is_refused(book, salt):
    path = mill_lane(salt=salt, zone="Etc/UTC")
    plan("P-1", "--clinic", path)
    before = held()
    mill_lane(salt=salt)
    said = plan("P-2", "--clinic", path, code=2).stderr
    assert "the register has Mill Lane in Etc/UTC, not in America/New_York" in said
    roster_file(rows_of(1, MONDAY))
    run("batch", "roster.csv", "-o", "new", "--jobs", "1", "--clinic", path, code=5)
    assert "the register has Mill Lane in Etc/UTC" in rejects("new")[0]["reason"]
    assert held() == before


def test_a_course_in_another_zone_is_not_imported(book, monkeypatch):
    plan("P-1", "--clinic", mill_lane(zone="Etc/UTC"))
    with monkeypatch.context() as context:
        context.delenv("KETASCHED_REGISTER")
        plan("P-2", "--clinic", mill_lane(), "-o", "out")
    said = run("register", "import", "out/P-2", *TODAY, code=5).stderr
    assert "the register has Mill Lane in Etc/UTC" in said
    assert listed() == {"P-1": 1}


def test_what_is_advised_about_the_zone_works(book):
    path = mill_lane(zone="Etc/UTC")
    plan("P-1", "--clinic", path)
    mill_lane()
    said = plan("P-2", "--clinic", path, code=2).stderr
    assert 'try: timezone = "Etc/UTC" in the clinic\'s file; or, if America/New_York' in said
    plan("P-1", "--clinic", path, "--register", "NEW.db")
    plan("P-2", "--clinic", path, "--register", "NEW.db", "--latest-start", "2027-06-07")
    starts = {course.timezone for course in exported()}
    assert listed("--register", "NEW.db") == {"P-1": 1, "P-2": 1}
    mill_lane(zone="Etc/UTC")
    plan("P-3", "--clinic", path, "--latest-start", "2027-06-07")
    assert starts == {"Etc/UTC"}
    assert listed() == {"P-1": 1, "P-3": 1}


def test_a_course_that_is_booked_goes_to_no_other_clinic(book):
    plan("P-1", "--clinic", mill_lane(), "-o", "out")
    other = clinic_file("high.toml", 'name = "High Street"\nid_salt = "two"', "09:00-12:00")
    before = held()
    change = ("revise", "out/P-1", "driver", "1", "--name", "Sam", *TODAY)
    said = run(*change, "--clinic", other, code=2).stderr
    assert "the register has this course at Mill Lane" in said
    assert held() == before
    run(*change, "--clinic", mill_lane())


def test_a_later_revision_in_another_zone_is_refused_by_an_import(book, monkeypatch):
    plan("P-1", "--clinic", mill_lane(), "-o", "out")
    before = held()
    with monkeypatch.context() as context:
        context.delenv("KETASCHED_REGISTER")
        run("revise", "out/P-1", "driver", "2", "--name", "Sam", *TODAY)
    path = Path("out/P-1/course.json")
    path.write_text(path.read_text("utf-8").replace("America/New_York", "Etc/UTC"), "utf-8")
    said = run("register", "import", "out/P-1", *TODAY, code=5).stderr
    assert "the register has Mill Lane in America/New_York, not in Etc/UTC" in said
    assert held() == before


def test_a_later_revision_that_overlaps_a_course_of_its_patient_is_refused_by_an_import(
    book, monkeypatch
):
    later = "2027-05-10"
    plan("P-1", "-o", "out")
    run("plan", "--patient", "P-1", "--start", later, "--made-at", MOMENT)
    before = held()
    with monkeypatch.context() as context:
        context.delenv("KETASCHED_REGISTER")
        to = ("--to", later, "--override", "gap", "--override", "span")
        run("revise", "out/P-1", "defer", "6", *to, "--reason", "away", *TODAY)
    said = run("register", "import", "out/P-1", *TODAY, code=5).stderr
    assert "P-1 has a course in the register" in said
    assert held() == before
