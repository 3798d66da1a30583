"""A batch that goes on: only what changed is done again, and nothing of others is written over."""

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from ketasched.cli import main
from ketasched.cli.batch_output import progress
from ketasched.render.patient_folder import render_files
from tests.support.batches import (
    MADE_AT,
    MONDAY,
    Row,
    batch,
    batch_alone,
    begun,
    clinic_file,
    course_for,
    manifest,
    patients,
    rejects,
    roster_file,
    tree,
)

USUAL = ("ics", "text", "json")
ROWS: list[Row] = [
    {"patient": f"P-{number}", "start": f"2027-02-{number:02}", "clinic": "", "driver_name": ""}
    for number in range(1, 9)
]


def varied(number: int, **cells: str) -> list[Row]:
    """The rows with other cells in one of them."""
    return [row | cells if at == number else row for at, row in enumerate(ROWS, 1)]


@pytest.fixture
def clinic() -> str:
    return clinic_file()


@pytest.fixture
def first(clinic) -> list[str]:
    """A run that is done, as the arguments of one that goes on."""
    roster_file(ROWS)
    assert batch("roster.csv", "-o", "out", "--clinic", clinic).exit_code == 0
    return ["roster.csv", "-o", "out", "--clinic", clinic, "--resume"]


def written_again(before: dict[str, tuple[int, int]]) -> set[str]:
    """The patients any of whose files is not the one that was there."""
    now = inodes()
    changed = {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)}
    return {name.partition("/")[0] for name in changed if "/" in name}


def inodes() -> dict[str, tuple[int, int]]:
    """Which file each is: one that is written again is another one."""
    found = {name: Path("out", name).stat() for name in tree()}
    return {name: (status.st_ino, status.st_mtime_ns) for name, status in found.items()}


def is_as_fresh(*arguments: str) -> None:
    """The folder is as a run leaves it that begins with nothing, but for what changed."""
    shutil.rmtree("fresh", ignore_errors=True)
    batch("roster.csv", "-o", "fresh", *arguments)
    now = tree()
    now.pop("changes.csv", None)
    assert now == tree("fresh")


def test_what_is_done_is_not_done_again(first, clinic):
    before, files = tree(), inodes()
    result = batch(*first)
    assert result.exit_code == 0
    assert "8 planned (8 of them before)" in result.stderr
    assert tree() == before
    assert not written_again(files)
    is_as_fresh("--clinic", clinic)


def test_a_row_that_changed_is_done_again(first, clinic):
    files = inodes()
    roster_file(varied(3, start="2027-02-10"))
    assert "(7 of them before)" in batch(*first).stderr
    assert written_again(files) == {"P-3"}
    is_as_fresh("--clinic", clinic)


def test_a_column_that_only_changed_its_place_changes_no_row(first):
    roster_file(dict(reversed(row.items())) for row in ROWS)
    assert "(8 of them before)" in batch(*first).stderr


def test_rows_that_come_later_or_in_another_order_are_done_and_no_others(first, clinic):
    files = inodes()
    more = [{"patient": "P-9", "start": "2027-03-01"}, {"patient": "bad", "start": "soon"}]
    roster_file([*more, *reversed(ROWS)])
    result = batch(*first)
    assert "9 planned (8 of them before), 1 rejected" in result.stderr
    assert written_again(files) == {"P-9"}
    is_as_fresh("--clinic", clinic)


def test_a_clinic_that_changed_has_its_rows_done_again(clinic):
    other = clinic_file("other.toml", 'name = "Other"')
    roster_file(varied(2, clinic=other))
    asked = ["roster.csv", "-o", "out", "--clinic", clinic]
    batch(*asked)
    files = inodes()
    clinic_file("other.toml", 'name = "Other"', hours="11:00-19:00")
    assert "(7 of them before)" in batch(*asked, "--resume").stderr
    assert written_again(files) == {"P-2"}
    is_as_fresh("--clinic", clinic)
    clinic_file(hours="10:00-18:00")
    assert "(1 of them before)" in batch(*asked, "--resume").stderr
    is_as_fresh("--clinic", clinic)


def test_another_protocol_is_another_course(first, clinic):
    asked = ["--protocol", "iv-ptsd"]
    assert "8 planned;" in batch(*first, *asked).stderr
    is_as_fresh("--clinic", clinic, *asked)


@pytest.mark.parametrize("name", ["P-4.ics", "P-4.txt", "course.json"])
@pytest.mark.parametrize("harm", ["deleted", "changed", "emptied", "all"])
def test_a_file_that_is_not_what_it_was_is_made_again(first, clinic, name, harm):
    files, path = inodes(), Path("out/P-4", name)
    if harm == "deleted":
        path.unlink()
    elif harm == "all":
        shutil.rmtree("out/P-4")
    else:
        path.write_bytes(b"" if harm == "emptied" else path.read_bytes()[:-1] + b"x")
    assert "(7 of them before)" in batch(*first).stderr
    assert written_again(files) == {"P-4"}
    is_as_fresh("--clinic", clinic)


def test_a_run_that_goes_on_keeps_the_moment_at_which_it_began(clinic):
    rows = [*ROWS, *({"patient": f"Q-{n}", "start": "2027-03-01"} for n in range(150))]
    rows[2] = rows[2] | {"start": "soon"}
    roster_file(rows)
    asked = ["roster.csv", "-o", "out", "--clinic", clinic, "--jobs", "1", "--format", "json"]
    assert batch_alone(*asked, "--fail-fast").returncode == 5
    late = batch(*asked, "--resume", moment=None)
    assert late.exit_code == 5
    assert json.loads(tree()["Q-149/course.json"])["made_at"] == MADE_AT.isoformat()
    is_as_fresh("--clinic", clinic, "--format", "json")


def test_a_lost_manifest_is_made_again(first, clinic):
    before = tree()
    for path in ("out/manifest.csv", "out/rejects.csv"):
        Path(path).unlink()
    assert "8 planned;" in batch(*first).stderr
    assert tree() == before


def test_a_manifest_that_was_cut_off_is_made_whole(first, clinic):
    before = tree()
    path = Path("out/manifest.csv")
    path.write_bytes(path.read_bytes()[:-100])
    assert "(7 of them before)" in batch(*first).stderr
    after = tree()
    assert b"P-8,new," in after.pop("changes.csv")
    assert after == before


# --- what is there already ---------------------------------------------------------------------


def test_an_earlier_batch_is_not_written_over_unasked(first, clinic):
    before = tree()
    roster_file(varied(1, start="2027-02-15"))
    result = batch(*first[:-1])
    assert result.exit_code == 6
    assert "an earlier batch is there" in result.stderr
    assert "--resume" in result.stderr
    assert tree() == before
    done = batch(*first[:-1], "--force")
    assert "8 planned;" in done.stderr
    is_as_fresh("--clinic", clinic)


def by_hand(patient: str = "P-2") -> dict[str, bytes]:
    """The folder of a patient whose course is from somewhere else."""
    files = render_files(
        course_for({"patient": patient, "start": "2027-07-05"}, "small.toml"), USUAL
    )
    Path("out", patient).mkdir(parents=True)
    for name, data in files.items():
        Path("out", patient, name).write_bytes(data)
    return files


def test_a_folder_from_elsewhere_is_not_written_over_unless_forced(clinic):
    files = by_hand()
    asked = [roster_file(ROWS), "-o", "out", "--clinic", clinic]
    assert batch(*asked).exit_code == 5
    assert tree("out/P-2") == files
    assert [line["status"] for line in manifest()].count("planned") == 7
    assert [(row["patient"], row["rule"]) for row in rejects()] == [("P-2", "patient")]
    assert batch(*asked, "--force").exit_code == 0
    assert tree("out/P-2") == render_files(course_for(ROWS[1], clinic), USUAL)


def test_a_folder_from_elsewhere_is_not_written_over_by_a_run_that_goes_on(clinic):
    files = by_hand()
    asked = [roster_file(ROWS), "-o", "out", "--clinic", clinic]
    batch(*asked)
    assert batch(*asked, "--resume").exit_code == 5
    assert tree("out/P-2") == files


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_leads_nothing_out_of_the_folder(clinic):
    Path("elsewhere").mkdir()
    Path("out").mkdir()
    Path("out/P-2").symlink_to(Path("elsewhere").resolve())
    batch(roster_file(ROWS), "-o", "out", "--clinic", clinic, "--force")
    assert list(Path("elsewhere").iterdir()) == []


@pytest.mark.parametrize(
    "jobs", [pytest.param("1", id="one process"), pytest.param("2", id="two processes")]
)
def test_a_file_in_the_way_of_a_patients_folder_stops_no_other_row(clinic, jobs):
    Path("out").mkdir()
    Path("out/P-2").write_text("in the way", encoding="utf-8")
    asked = [roster_file(ROWS), "-o", "out", "--clinic", clinic, "--force", "--jobs", jobs]
    assert batch_alone(*asked).returncode == 5
    assert len(patients()) == 7


@pytest.mark.parametrize("how", ["--resume", "--force"])
def test_a_patient_who_is_rejected_now_has_no_course_of_an_earlier_run(first, clinic, how):
    roster_file(varied(3, unavailable="2026-01-01..2028-12-31"))
    assert batch(*first[:-1], how).exit_code == 5
    assert "P-3" not in patients()
    is_as_fresh("--clinic", clinic)


@pytest.mark.parametrize("how", ["--resume", "--force"])
def test_fewer_formats_leave_no_calendar_of_an_earlier_course(first, clinic, how):
    roster_file(varied(3, start="2027-02-15"))
    asked = ["--format", "json", "--format", "text"]
    assert batch(*first[:-1], how, *asked).exit_code == 0
    is_as_fresh("--clinic", clinic, *asked)


def test_a_row_with_a_far_too_long_reference_can_be_gone_on_from(clinic):
    rows = varied(3, patient="x" * 200_000)
    asked = [roster_file(rows), "-o", "out", "--clinic", clinic]
    assert batch_alone(*asked).returncode == 5
    assert batch_alone(*asked, "--resume").returncode == 5
    assert manifest()[2]["patient"] == "x" * 79 + "…"


def test_no_row_is_lost_where_the_rejects_are_mended_in_their_place(clinic):
    count = 3000
    rows = [{"patient": f"P-{n}", "start": "", "driver_name": "x" * 60} for n in range(count)]
    asked = ["-o", "out", "--clinic", clinic, "--format", "json"]
    batch(roster_file(rows), *asked)
    path = Path("out/rejects.csv")
    text = path.read_text(encoding="utf-8").replace(",,", ",2027-03-01,")
    path.write_text(text, encoding="utf-8")
    result = batch("out/rejects.csv", *asked, "--resume")
    if result.exit_code == 0:
        assert len(patients()) == count
    else:
        assert result.exit_code in (2, 6)
        assert path.read_text(encoding="utf-8") == text


def test_a_course_that_was_revised_since_is_not_planned_anew_by_a_run_that_goes_on(first):
    asked = ["revise", "out/P-1", "omit", "3", "--reason", "flu", "--today", "2027-02-02"]
    done = CliRunner().invoke(main, [*asked, "--clinic", "small.toml"])
    assert done.exit_code == 0, done.output
    before = tree("out/P-1")
    batch(*first)
    assert tree("out/P-1") == before


def test_mended_rejects_that_go_into_the_same_folder_have_no_others_done_again(clinic):
    rows = varied(3, start="soon")
    asked = ["-o", "out", "--clinic", clinic]
    batch(roster_file(rows), *asked)
    before = tree("out/P-1")
    mended = Path("out/rejects.csv").read_text(encoding="utf-8").replace("soon", "2027-02-03")
    Path("mended.csv").write_text(mended, encoding="utf-8")
    assert batch("mended.csv", *asked, "--resume").exit_code == 0
    roster_file(ROWS)
    again = batch("roster.csv", *asked, "--resume", moment="2026-11-24T10:00")
    assert tree("out/P-1") == before
    assert "(8 of them before)" in again.stderr


# --- two at once -------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="no process can be halted there")
def test_of_two_runs_into_one_folder_the_second_is_refused_and_nothing_is_lost(clinic):
    rows = [{"patient": f"P-{n}", "start": f"2027-02-{1 + n % 28:02}"} for n in range(300)]
    asked = [roster_file(rows), "--clinic", clinic]
    books = Path("out/manifest.csv")
    process = begun(*asked, "-o", "out", "--jobs", "1")
    while not (books.exists() and books.read_bytes().count(b"\n") > 1):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGSTOP)
    others = [begun(*asked, "-o", "out", "--jobs", "1", how) for how in ("--force", "--resume")]
    assert [other.wait(60) for other in others] == [6, 6]
    assert books.read_bytes().count(b"\n") < len(rows), "the first run was over too soon"
    process.send_signal(signal.SIGCONT)
    assert process.wait(60) == 0
    assert len(manifest()) == len(patients()) == len(rows)
    is_as_fresh("--clinic", clinic)


def test_runs_into_folders_of_their_own_do_not_disturb_each_other(clinic):
    roster = roster_file(ROWS)
    both = [begun(roster, "-o", name, "--clinic", clinic) for name in ("one", "two")]
    assert [process.wait(60) for process in both] == [0, 0]
    assert tree("one") == tree("two")


def test_what_a_killed_writer_left_is_swept_away(first):
    before = tree()
    (Path("out") / f".{'0' * 16}.part").mkdir()
    Path("out", f".{'1' * 16}.part").write_bytes(b"half")
    Path("out/.batch.lock").write_bytes(b"")
    assert batch(*first).exit_code == 0
    assert tree() == before


# --- found by people who tried -----------------------------------------------------------------


def test_a_reference_with_a_semicolon_is_known_again(clinic):
    asked = [roster_file(varied(2, patient="A;B")), "-o", "out", "--clinic", clinic]
    batch(*asked)
    assert f"{len(ROWS)} of them before" in batch(*asked, "--resume").stderr


def test_a_row_that_cannot_be_read_takes_nothing_from_the_one_that_can(clinic):
    lines = ["patient,start,driver_name", f"P-1,{MONDAY},a\0b", f"P-1,{MONDAY},"]
    Path("roster.csv").write_text("\n".join(lines), encoding="utf-8")
    asked = ["roster.csv", "-o", "out", "--clinic", clinic]
    batch(*asked)
    before = tree("out/P-1")
    assert before
    batch(*asked, "--resume", moment="2026-11-24T10:00")
    assert tree("out/P-1") == before


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such pipes")
def test_a_bar_takes_nothing_from_a_pipe(monkeypatch):
    os.mkfifo("pipe")
    Path("file").write_text("patient,start\n", encoding="utf-8")
    read: list[str] = []
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)

    def lines(path: str) -> int:
        read.append(path)
        return 1

    monkeypatch.setattr("ketasched.cli.batch_output._lines", lines)
    for path in ("pipe", "file"):
        with progress(path, quiet=False) as seen:
            seen(1, 1)
    assert read == ["file"]


def test_a_bar_is_full_at_the_end_though_the_last_lines_are_blank(monkeypatch, capsys):
    Path("roster.csv").write_text("patient,start\nP-1,2026-12-07\n\n\n", encoding="utf-8")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with progress("roster.csv", quiet=False) as seen:
        seen(2, 1)
    assert capsys.readouterr().err.rstrip("\n").endswith("100%\x1b[?25h")
