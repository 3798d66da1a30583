"""A clinic's file that has changed since the booking: nobody who is booked is hidden."""

import json
import shlex
from pathlib import Path

import pytest

from ketasched.model import Course
from tests.register.databases import execute, rows
from tests.register.terminal import TODAY, exported, plan, run
from tests.support.batches import MONDAY, clinic_file

SALT = 'chairs = 2\nid_salt = "x"\nname = "Riverbend"'
REASON = "the clinic is closed (pump repair)"


@pytest.fixture
def two(filled) -> str:
    """A register with two patients, and the clinic's file that has a closure since."""
    address: str = filled(plan_two)
    return address


def plan_two() -> None:
    clinic_file("clinic.toml", SALT, "09:00-12:00")
    plan("P-1")
    plan("Maria Gomez")
    close()


def close(path: str = "clinic.toml", more: str = SALT, day: str = MONDAY) -> None:
    clinic_file(path, more, "09:00-12:00")
    with Path(path).open("a") as file:
        file.write(f'[closures]\ndates = ["{day} pump repair"]\n')


def tried(errors: str) -> list[str]:
    """The command of the line "try:" for what no longer fits, without the program."""
    steps = ("try: ketasched suggest", "try: ketasched reschedule")
    (line,) = [one for one in errors.splitlines() if one.startswith(steps)]
    return shlex.split(line)[2:]


def of(patient: str) -> Course:
    (found,) = [course for course in exported() if course.patient == patient]
    return found


def test_the_days_sheet_says_who_is_booked_on_a_day_that_is_closed(two):
    shown = run("day", MONDAY, *TODAY)
    assert f"2 visits, 2 without a driver, 2 no longer fit: {REASON}" in shown.stdout
    assert shown.stdout.count(f"NO LONGER FITS: {REASON}") == 2
    assert "pump repair" not in run(*tried(shown.stderr), *TODAY).stdout


def test_the_weeks_picture_says_how_many_are_booked_on_a_day_that_is_closed(two):
    shown = run("day", MONDAY, "--week", *TODAY)
    assert "closed (pump repair): 2 booked" in shown.stdout
    assert f"ketasched day {MONDAY}" in shown.stderr


def test_the_phone_list_says_who_no_longer_fits_and_who_has_a_driver_in_vain(two):
    run("revise", "P-1", "driver", "1", "--name", "Kim", *TODAY)
    shown = run("drivers", "--next", "9d", *TODAY)
    assert [REASON in line for line in shown.stdout.splitlines() if "1 of" in line] == [True]
    assert "2 visits no longer fit the clinic" in shown.stderr


def test_the_list_of_courses_marks_who_no_longer_fits(two):
    shown = run("register", "list", *TODAY)
    marked = [line for line in shown.stdout.splitlines() if "1 visit no longer fits" in line]
    assert len(marked) == 2
    assert all(line.endswith(f"Mon 5 Apr 2027, {REASON}") for line in marked)
    data = json.loads(run("register", "list", "P-1", "--format", "json", *TODAY).stdout)
    start = of("P-1").visits[0].start.isoformat()
    misfit = {"visit": 1, "start": start, "rule": "closure", "message": REASON}
    assert [one["misfits"] for one in data] == [[misfit]]


def test_a_visit_that_is_over_is_no_misfit_of_the_list(two):
    assert "no longer" not in run("register", "list", "--today", "2027-04-06").stdout


def test_suggest_offers_nothing_on_a_day_that_was_closed(two):
    shown = run("suggest", "P-1", "1", *TODAY)
    assert "Mon 5 Apr" not in shown.stdout
    assert "Tue 6 Apr" in shown.stdout


UNFIT = f"note: visit 1 no longer fits: {REASON}"


@pytest.mark.parametrize("number", ["1", "3", "5"])
def test_suggest_says_which_visits_no_longer_fit_whichever_is_asked_for(two, number):
    shown = run("suggest", "P-1", number, *TODAY)
    assert shown.stderr.count(UNFIT) == shown.stderr.count("no longer fits") == 1


def test_suggest_says_of_a_file_who_no_longer_fits_the_clinic_that_is_named(two, monkeypatch):
    run("register", "show", "P-1", "-o", "out")
    monkeypatch.delenv("KETASCHED_REGISTER")
    path = "out/P-1/course.json"
    assert UNFIT in run("suggest", path, "3", "--clinic", "clinic.toml", *TODAY).stderr
    assert "no longer fits" not in run("suggest", path, "3", *TODAY).stderr


def test_suggest_says_nothing_of_a_visit_that_is_over(two):
    shown = run("suggest", "P-1", "3", "--today", "2027-04-06")
    assert "no longer fits" not in shown.stderr


def test_suggest_leaves_the_data_of_its_answer_as_they_are(two):
    shown = run("suggest", "P-1", "3", "--format", "json", *TODAY)
    assert json.loads(shown.stdout)
    assert UNFIT in shown.stderr


CHAIR_GONE = "visit 2 no longer fits: the chair is taken at 09:00"


def test_suggest_says_that_a_chair_is_gone(two):
    clinic_file("clinic.toml", SALT.replace("2", "1"), "09:00-12:00")
    assert CHAIR_GONE in run("suggest", "P-1", "3", *TODAY).stderr


OUT_OF_ORDER = "1 of 2 chairs is out of order (pump repair), the other is taken at 09:00"


def break_chairs(number: int = 1) -> None:
    clinic_file("clinic.toml", SALT, "09:00-12:00")
    with Path("clinic.toml").open("a") as file:
        file.write(f'[closures]\nchairs = {{ "{MONDAY} pump repair" = {number} }}\n')


def test_of_two_on_a_day_with_one_chair_both_no_longer_fit(two):
    break_chairs()
    shown = run("day", MONDAY, *TODAY)
    assert "2 visits, 1 of 2 chairs is out of order (pump repair), 2 without" in shown.stdout
    assert "1 without a chair, 2 no longer fit" in shown.stdout
    assert shown.stdout.count(f"NO LONGER FITS: {OUT_OF_ORDER}") == 2
    week = run("day", MONDAY, "--week", *TODAY).stdout
    assert "1 of 2 chairs is out of order (pump repair)" in week
    assert run("register", "list", *TODAY).stdout.count(OUT_OF_ORDER) == 2
    assert f"visit 1 no longer fits: {OUT_OF_ORDER}" in run("suggest", "P-1", "3", *TODAY).stderr


def test_once_one_of_the_two_has_moved_the_other_fits(two):
    break_chairs()
    run("revise", "P-1", "defer", "1", "--by", "1", "--reason", "pump", *TODAY)
    assert of("P-1").visits[0].start.isoformat().startswith("2027-04-06")
    assert "no longer" not in run("register", "list", *TODAY).stdout
    assert "NO CHAIR" not in run("day", MONDAY, *TODAY).stdout


def test_nobody_is_booked_on_a_chair_that_is_out_of_order(book):
    break_chairs()
    plan("P-1")
    plan("P-2")
    assert [of(name).visits[0].start.day for name in ("P-1", "P-2")] == [5, 6]
    refused = plan("P-3", "--latest-start", MONDAY, code=4)
    assert OUT_OF_ORDER in refused.stderr
    chairs = rows(book, "SELECT chair FROM bookings WHERE day = '2027-04-05'")
    assert chairs == [(0,)]


def test_a_day_without_a_chair_in_order_is_full_for_the_first_one_too(book):
    break_chairs(2)
    refused = plan("P-1", "--latest-start", MONDAY, code=4)
    assert "all 2 chairs are out of order (pump repair) (capacity)" in refused.stderr
    plan("P-1")
    assert of("P-1").visits[0].start.day == 6
    assert of("P-1").findings[0].rule == "capacity"


def test_a_course_of_before_is_imported_although_a_chair_is_out_of_order_by_now(two):
    export = run("register", "export").stdout
    Path("export.ndjson").write_text(export)
    break_chairs()
    into = ("--register", "other.db", *TODAY)
    assert "2 entered" in run("register", "import", "export.ndjson", *into).stderr
    plan("P-3", "--start", "2027-04-06")
    (third,) = [line for line in run("register", "export").stdout.splitlines() if "P-3" in line]
    Path("export.ndjson").write_text(third)
    assert "1 entered" in run("register", "import", "export.ndjson", *into).stderr


@pytest.mark.parametrize("out", [0, 1], ids=["both in order", "one out of order"])
def test_what_is_planned_elsewhere_is_imported_on_a_chair_in_order_only(book, out, monkeypatch):
    clinic_file("clinic.toml", SALT, "09:00-12:00")
    plan("P-1")
    if out:
        break_chairs()
    monkeypatch.delenv("KETASCHED_REGISTER")
    plan("P-2", "-o", "out")
    asked = ("register", "import", "out/P-2/course.json", "--register", book, *TODAY)
    said = "all chairs are taken; 1 of 2 chairs is out of order (pump repair)"
    assert (said in run(*asked, code=5 * out).stderr) == bool(out)


def test_a_change_of_another_visit_leaves_a_visit_without_a_chair_where_it_is(two):
    break_chairs()
    run("revise", "P-1", "defer", "6", "--by", "3", "--reason", "x", *TODAY)
    assert of("P-1").visits[0].start.isoformat().startswith(MONDAY)
    assert run("register", "list", *TODAY).stdout.count(OUT_OF_ORDER) == 2


def test_an_override_lets_a_visit_in_although_the_chair_is_out_of_order(book):
    break_chairs(2)
    plan("P-1")
    decided = ("--override", "capacity", "--override", "gap", "--reason", "urgent")
    run("revise", "P-1", "defer", "1", "--to", MONDAY, "--scope", "visit", *decided, *TODAY)
    assert of("P-1").visits[0].start.isoformat().startswith(MONDAY)
    assert "NO CHAIR" in run("day", MONDAY, *TODAY).stdout
    assert "no longer" not in run("register", "list", *TODAY).stdout


def test_whoever_was_let_in_beside_a_full_clinic_leaves_the_others_their_chairs(book):
    clinic_file("clinic.toml", SALT.replace("2", "1"), "09:00-17:00")
    plan("P-1")
    plan("Maria Gomez", "--time", "14:00")
    beside = of("P-1").visits[1].start.isoformat()[:16]
    decided = ("--override", "capacity", "--reason", "urgent")
    run("revise", "Maria Gomez", "defer", "2", "--to", beside, *decided, *TODAY)
    assert "no longer" not in run("suggest", "P-1", "3", *TODAY).stderr
    assert "no longer" not in run("suggest", "Maria Gomez", "3", *TODAY).stderr
    assert "no longer" not in run("register", "list", *TODAY).stdout


def test_what_suggest_offers_is_what_a_move_accepts(two):
    offered = run("suggest", "P-1", "1", "--format", "json", *TODAY).stdout
    start = json.loads(offered)[0]["start"][:16]
    run("revise", "P-1", "defer", "1", "--to", start, "--reason", "pump", *TODAY)
    assert of("P-1").visits[0].start.isoformat()[:16] == start
    assert of("P-1").clinic.closures.dates


def test_a_fact_is_recorded_at_the_clinic_as_the_course_has_it(two):
    run("revise", "P-1", "complete", "1", "--today", "2027-04-05T18:00")
    assert of("P-1").clinic.closures.dates == ()
    assert of("P-1").visits[0].status == "completed"


@pytest.mark.parametrize("salt", ["", 'id_salt = "other"'], ids=["no salt", "another salt"])
def test_a_strangers_file_is_not_taken_and_a_note_says_so(two, salt):
    close(more=f'{salt}\nname = "Elsewhere"')
    shown = run("day", MONDAY, *TODAY)
    assert "NO LONGER FITS" not in shown.stdout
    assert "of another clinic than the register, which has Riverbend" in shown.stderr
    assert "no longer" not in run("register", "list", *TODAY).stdout


def test_a_file_that_is_named_counts_whatever_is_here(two):
    Path("clinic.toml").rename("newer.toml")
    clinic_file("clinic.toml", SALT, "09:00-12:00")
    assert "NO LONGER FITS" not in run("day", MONDAY, *TODAY).stdout
    for words in (("day", MONDAY), ("drivers", "--next", "9d"), ("register", "list")):
        assert REASON in run(*words, "--clinic", "newer.toml", *TODAY).stdout


def test_the_environment_names_the_clinics_file(two, monkeypatch):
    Path("clinic.toml").rename("newer.toml")
    monkeypatch.setenv("KETASCHED_CLINIC", "newer.toml")
    assert REASON in run("day", MONDAY, *TODAY).stdout


def test_a_damaged_file_is_an_error_and_hides_nobody(two):
    Path("clinic.toml").write_text("chairs = many", encoding="utf-8")
    assert "clinic.toml" in run("day", MONDAY, *TODAY, code=3).stderr


def test_without_a_file_the_clinic_is_as_the_last_plan_had_it(two):
    plan("P-3")
    Path("clinic.toml").unlink()
    assert f"2 no longer fit: {REASON}" in run("day", MONDAY, *TODAY).stdout
    assert "Mon 5 Apr" not in run("suggest", "P-1", "1", *TODAY).stdout
    assert run("register", "list", *TODAY).stdout.count(REASON) == 2


def test_a_course_that_was_changed_later_keeps_its_newer_clinic(two):
    Path("clinic.toml").rename("newer.toml")
    run(
        "revise",
        "P-1",
        "defer",
        "1",
        "--by",
        "1",
        "--reason",
        "x",
        "--clinic",
        "newer.toml",
        *TODAY,
    )
    assert "Mon 5 Apr" not in run("suggest", "P-1", "1", *TODAY).stdout


def test_of_two_clinics_each_has_its_own_file(two):
    other = clinic_file("other.toml", 'name = "Other"\nid_salt = "y"', "09:00-12:00")
    plan("P-9", "--clinic", other)
    lines = run("register", "list", *TODAY).stdout.splitlines()
    assert {line.split()[0]: REASON in line for line in lines} == {
        "Maria": True,
        "P-1": True,
        "P-9": False,
    }


def test_a_damaged_course_does_not_hide_the_others_in_the_list(two):
    execute(two, "UPDATE courses SET document = 'x' WHERE patient = 'P-1'")
    lines = run("register", "list", *TODAY).stdout.splitlines()
    assert [REASON in line for line in lines] == [True, False]


def test_chairs_that_are_gone_leave_nobody_out(two):
    clinic_file("clinic.toml", SALT.replace("2", "1"), "09:00-12:00")
    shown = run("day", MONDAY, *TODAY).stdout
    assert "1 without a chair, 2 no longer fit: the chair is taken at 09:00" in shown


def test_a_missed_first_visit_stays_on_its_days_sheet(two):
    late = "--today", "2027-04-05T18:00"
    run("revise", "P-1", "miss", "1", "--make-up", "--reason", "flu", *late)
    shown = run("day", MONDAY, *late).stdout
    assert "2 visits, 1 without a driver, 1 missed, 1 no longer fit" in shown


def test_a_course_of_which_every_visit_was_missed_is_still_on_the_sheet(two):
    for visit in of("P-1").visits:
        late = f"{visit.start:%Y-%m-%d}T18:00"
        asked = ("miss", str(visit.number), "--no-make-up", "--reason", "x")
        run("revise", "P-1", *asked, "--override", "gap", "--today", late)
    assert "1 missed" in run("day", MONDAY, *TODAY).stdout


def test_a_change_of_another_visit_leaves_a_misfit_a_misfit(two):
    run("revise", "P-1", "defer", "6", "--by", "3", "--reason", "x", *TODAY)
    run("revise", "P-1", "omit", "5", "--reason", "x", *TODAY)
    assert run("register", "list", "P-1", *TODAY).stdout.count(REASON) == 1


def test_a_visit_that_an_undo_brings_back_to_a_closed_day_is_hidden_nowhere(two):
    run("revise", "P-1", "defer", "1", "--by", "1", "--reason", "x", *TODAY)
    run("revise", "P-1", "undo", *TODAY)
    assert run("register", "list", "P-1", *TODAY).stdout.count(REASON) == 1
    assert run("day", MONDAY, *TODAY).stdout.count(f"NO LONGER FITS: {REASON}") == 2
    assert run("drivers", "--next", "9d", *TODAY).stdout.count(f"NO LONGER FITS: {REASON}") == 2
    assert UNFIT in run("suggest", "P-1", "3", *TODAY).stderr


ALSO_ON_POSTGRESQL = {
    test_the_list_of_courses_marks_who_no_longer_fits,
    test_nobody_is_booked_on_a_chair_that_is_out_of_order,
    test_a_day_without_a_chair_in_order_is_full_for_the_first_one_too,
    test_what_is_planned_elsewhere_is_imported_on_a_chair_in_order_only,
    test_whoever_was_let_in_beside_a_full_clinic_leaves_the_others_their_chairs,
    test_of_two_clinics_each_has_its_own_file,
    test_a_damaged_course_does_not_hide_the_others_in_the_list,
}
"""What is booked and which chairs are given; the rest shows what any database holds."""
