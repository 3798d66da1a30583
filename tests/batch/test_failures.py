"""A batch in trouble: what is wrong with one patient's folder, or with us, is for one row; what is
wrong with all of it ends the run, which can go on.
"""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import weakref
from itertools import combinations
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from filelock import FileLock

from ketasched.batch.fingerprints import sha_of_file
from ketasched.batch.folders import is_revised
from ketasched.batch.jobs import Chunk, Job
from ketasched.batch.manifest import ManifestWriter
from ketasched.batch.records import CourseSummary, Digests, PriorResult, RowResult, Settings
from ketasched.batch.rejections import Rejected, attempt
from ketasched.batch.worker import work
from ketasched.cli import main
from ketasched.errors import BadRequest, NoPlan, Refused
from ketasched.files import atomic_write as folder_module
from ketasched.files.disk import create_file
from ketasched.files.roster import Row as RosterRow
from ketasched.planning.planner import ChosenSlots
from tests.support.batches import (
    EXAMPLE,
    MADE_AT,
    MODULE,
    MOMENT,
    MONDAY,
    batch,
    batch_alone,
    begun,
    clinic_file,
    course_for,
    manifest,
    patients,
    rejects,
    roster_file,
    rows_of,
    tree,
)
from tests.support.crashes import until
from tests.support.forked import ketasched

LATER = "2026-11-24T10:00"


@pytest.fixture(params=["", "chairs = 1"], ids=["no chairs", "chairs"])
def asked(request) -> list[str]:
    return ["roster.csv", "-o", "out", "--clinic", clinic_file(more=request.param)]


@pytest.fixture
def _soon(monkeypatch):
    monkeypatch.setattr(folder_module, "SECONDS_TO_WAIT", 0.2)


def anyway(*arguments: str) -> Result:
    """The command in this process, also if it meets a bug."""
    more = ["--made-at", MOMENT, "--jobs", "1"]
    return CliRunner().invoke(main, ["batch", *arguments, *more], prog_name="ketasched")


def rejected() -> list[tuple[str, str]]:
    return [(row["patient"], row["rule"]) for row in rejects()]


# --- one patient's folder ----------------------------------------------------------------------


@pytest.mark.usefixtures("_soon")
@pytest.mark.parametrize("changed", [True, False])
def test_a_folder_that_somebody_is_changing_rejects_its_row_only(asked, changed):
    rows = rows_of(3, driver_name="")
    roster_file(rows)
    batch(*asked)
    before, was = tree(), manifest()[1]
    if changed:
        rows[1]["driver_name"] = "Sam Rivera"
    roster_file([{"patient": "P-4", "start": MONDAY}, *rows])
    with FileLock("out/P-2/.lock"):
        assert batch(*asked, "--resume").exit_code == 5
    Path("out/P-2/.lock").unlink(missing_ok=True)
    assert rejected() == [("P-2", "output")]
    assert "somebody else is writing there" in rejects()[0]["reason"]
    assert patients() == {"P-1", "P-2", "P-3", "P-4"}
    assert tree("out/P-2") == {
        name.removeprefix("P-2/"): data for name, data in before.items() if name[:4] == "P-2/"
    }
    taken = [set(line["visits"].split("|")) for line in (*manifest(), was)]
    assert "chairs" not in Path(asked[-1]).read_text() or not any(
        one & other for one, other in combinations([one for one in taken if one != {""}], 2)
    )
    assert batch(*asked, "--resume").exit_code == 0
    assert (tree("out/P-2")["P-2.ics"] == before["P-2/P-2.ics"]) != changed


def test_a_course_that_could_not_be_read_again_rejects_its_row_only(asked, monkeypatch):
    roster_file(rows_of(3))
    batch(*asked)
    before = tree()
    rows = rows_of(3)
    rows[1]["driver_name"] = "Sam Rivera"
    roster_file(rows)
    with monkeypatch.context() as patch:
        patch.setattr("ketasched.batch.worker.MOST_BYTES", 1000)
        patch.setattr("ketasched.files.load.MOST_BYTES", 1000)
        assert batch(*asked, "--resume").exit_code == 5
    assert rejected() == [("P-2", "output")]
    assert "could not be read again: is larger than" in rejects()[0]["reason"]
    assert tree("out/P-2") == {
        name.removeprefix("P-2/"): data for name, data in before.items() if name[:4] == "P-2/"
    }
    assert batch(*asked, "--resume").exit_code == 0


@pytest.mark.parametrize("name", ["P-2.ics", "course.json"])
def test_a_folder_where_a_file_ought_to_be_rejects_its_row_only(asked, name):
    roster_file(rows_of(3))
    batch(*asked)
    Path("out/P-2", name).unlink()
    Path("out/P-2", name).mkdir()
    assert batch(*asked, "--resume").exit_code == 5
    assert rejected() == [("P-2", "output")]
    assert name in rejects()[0]["reason"]
    Path("out/P-2", name).rmdir()
    assert batch(*asked, "--resume").exit_code == 0


def test_a_full_disk_ends_the_run_also_where_a_patient_has_a_folder(asked, monkeypatch):
    roster_file(rows_of(3))
    batch(*asked)
    wanted = tree()
    Path("out/P-2/P-2.ics").write_text("broken", encoding="utf-8")
    write = create_file

    def full(path: Path, data: bytes, *, sync: bool = True) -> None:
        if path.parent.name == "P-2":
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        write(path, data, sync=sync)

    with monkeypatch.context() as patch:
        patch.setattr(folder_module, "create_file", full)
        done = batch(*asked, "--resume")
    assert done.exit_code == 6
    assert "error: out: cannot be written: No space left" in done.stderr
    batch(*asked, "--resume")
    assert tree() == wanted


# --- a bug of ours -----------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["course_of", "render_files"])
def test_a_bug_of_ours_rejects_its_row_goes_on_and_is_exit_70(asked, place, monkeypatch):
    roster_file(rows_of(4))
    right = getattr(sys.modules["ketasched.batch.worker"], place)

    def wrong(*arguments, **more):
        nouns = (getattr(one, "request", one) for one in arguments)
        if "P-2" in (getattr(noun, "patient", "") for noun in nouns):
            raise TypeError("P-2 is secret")
        return right(*arguments, **more)

    with monkeypatch.context() as patch:
        patch.setattr(f"ketasched.batch.worker.{place}", wrong)
        done = anyway(*asked)
    assert done.exit_code == 70
    assert rejected() == [("P-2", "bug")]
    assert "TypeError in test_failures.py:" in rejects()[0]["reason"]
    assert "secret" not in tree()["rejects.csv"].decode()
    assert patients() == {"P-1", "P-3", "P-4"}
    assert batch(*asked, "--resume").exit_code == 0
    assert patients() == {"P-1", "P-2", "P-3", "P-4"}


def test_a_bug_takes_no_course_away_that_was_there(asked, monkeypatch):
    rows = rows_of(2, driver_name="")
    roster_file(rows)
    batch(*asked)
    before = tree("out/P-2")
    rows[1]["driver_name"] = "Sam"
    roster_file(rows)
    with monkeypatch.context() as patch:
        patch.setattr("ketasched.batch.worker.render_files", lambda *_: 1 / 0)
        assert anyway(*asked, "--resume").exit_code == 70
    assert tree("out/P-2") == before
    done = batch(*asked, "--resume")
    assert "2 planned (1 of them before)" in done.stderr


def test_a_rejected_row_keeps_nothing_of_its_search_in_memory():
    class Search:
        """Something that takes much memory."""

    searches = []

    def fails() -> None:
        search = Search()
        searches.append(weakref.ref(search))
        raise NoPlan("no course can begin")

    rejected = attempt(RosterRow(1, 2, {}, ()), fails)
    assert isinstance(rejected, Rejected)
    assert searches[0]() is None


# --- reading -----------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="there is no such file")
def test_a_roster_that_breaks_off_is_not_called_an_output_that_cannot_be_written():
    asked = ["/proc/self/mem", "--column", "patient=x", "-o", "out", "--clinic", clinic_file()]
    done = batch(*asked)
    assert done.exit_code == 3
    assert "/proc/self/mem: cannot be read: Input/output error" in done.stderr


@pytest.mark.parametrize("name", ["rejects.csv", "manifest.csv"])
def test_a_book_of_the_folder_is_no_roster_for_it_by_standard_input_either(name):
    asked = ["-o", "out", "--clinic", clinic_file()]
    batch(roster_file([*rows_of(2), {"patient": "P-3", "start": "soon"}]), *asked)
    before = tree()
    with Path("out", name).open("rb") as file:
        done = subprocess.run(
            [*MODULE, "-", *asked, "--resume"], stdin=file, capture_output=True, check=False
        )
    assert done.returncode == 2
    assert b"standard input is written anew by this run" in done.stderr
    assert batch(f"out/{name}", *asked, "--resume").exit_code == 2
    assert tree() == before


# --- a folder that goes while it is written to ---------------------------------------------------


def another_manifest() -> None:
    Path("out/manifest.csv").unlink()
    Path("out/manifest.csv").write_text("mine", encoding="utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps what is open")
@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda: shutil.rmtree("out"), "out/rejects.csv: cannot be written: No such file"),
        (lambda: Path("out/rejects.csv").unlink(), "out/rejects.csv: cannot be written: No such"),
        (another_manifest, "out/manifest.csv: somebody has put another file in its place"),
    ],
    ids=["folder removed", "rejects removed", "manifest replaced"],
)
def test_a_run_whose_folder_is_gone_does_not_say_that_it_is_planned(
    asked, harm, said, monkeypatch
):
    roster_file(rows_of(2))
    write = ManifestWriter.write

    def write_and_harm(*arguments) -> None:
        write(*arguments)
        harm()

    with monkeypatch.context() as context:
        context.setattr(ManifestWriter, "write", write_and_harm)
        done = batch(*asked)
    assert done.exit_code == 6
    assert said in done.stderr
    assert "planned" not in done.stderr
    assert batch(*asked, *(["--resume"] if Path("out").exists() else [])).exit_code == 0
    assert patients() == {"P-1", "P-2"}


# --- going on ----------------------------------------------------------------------------------


def test_a_stopped_run_does_not_go_on_at_another_moment(asked):
    rows = rows_of(60)
    rows[0]["start"] = "soon"
    roster_file(rows)
    first = [*asked, "--format", "json"]
    assert batch(*first, "--fail-fast").exit_code == 5
    before = tree()
    done = batch(*first, "--resume", moment=LATER)
    assert done.exit_code == 2
    assert "--made-at: the run that was stopped is of 2026-11-23T10:00:00-05:00" in done.stderr
    assert tree() == before
    assert batch(*first, "--resume").exit_code == 5
    assert batch(*first, "--resume", moment=LATER).exit_code == 5


def test_after_a_power_cut_what_is_broken_is_made_again_and_others_folders_stay(asked):
    rows = [row | {"start": f"2027-{1 + n % 12:02}-01"} for n, row in enumerate(rows_of(100))]
    rows[70]["start"] = "soon"
    roster_file(rows)
    first = [*asked, "--format", "json", "--format", "text"]
    batch(*first, "--fail-fast")
    lines = Path("out/manifest.csv").read_bytes().splitlines(keepends=True)
    assert len(lines) > 70
    Path("out/manifest.csv").write_bytes(b"".join(lines[:10]) + lines[10][:30])
    Path("out/rejects.csv").write_bytes(b"\0" * 50)
    Path("out/P-20/course.json").write_bytes(b"")
    Path("out/P-21/course.json").write_bytes(b"\0" * 5000)
    Path("out/P-22/P-22.txt").unlink()
    assert batch(*first, "--resume", moment=None).exit_code == 5
    batch("roster.csv", "-o", "fresh", *first[3:])
    assert tree() == tree("fresh")


def test_a_course_that_came_while_a_run_was_stopped_is_not_written_over(asked):
    rows = rows_of(300)
    rows[0]["start"] = "soon"
    rows[299]["patient"] = "X-1"
    roster_file(rows)
    first = [*asked, "--format", "json", "--ignore-chairs"]
    batch(*first, "--fail-fast")
    assert "X-1" not in patients()
    more = ["--patient", "X-1", "--start", MONDAY, "--clinic", asked[-1], "-o", "out"]
    assert CliRunner().invoke(main, ["plan", *more, "--made-at", LATER]).exit_code == 0
    before = tree("out/X-1")
    batch(*first, "--resume")
    assert tree("out/X-1") == before
    assert rejected() == [("P-1", "start"), ("X-1", "patient")]
    assert "has a folder there already" in rejects()[1]["reason"]


def test_another_version_does_all_rows_again_but_those_that_were_revised(asked, monkeypatch):
    roster_file(rows_of(3))
    batch(*asked)
    more = ["--today", "2027-04-01", "--reason", "flu", "--clinic", asked[-1]]
    assert CliRunner().invoke(main, ["revise", "out/P-2", "omit", "3", *more]).exit_code == 0
    before = tree()
    assert "(3 of them before)" in batch(*asked, "--resume", moment=LATER).stderr
    was = [row["input"] for row in manifest()]
    monkeypatch.setattr("ketasched.batch.fingerprints.VERSION", "99.0")
    batch(*asked, "--resume", moment=LATER)
    assert [row["input"] == old for row, old in zip(manifest(), was, strict=True)] == [
        *(False, True, False)
    ]
    assert tree()["P-2/course.json"] == before["P-2/course.json"]


def test_a_course_that_is_done_again_on_the_same_dates_is_the_same_to_calendars(asked):
    rows = rows_of(2)
    roster_file(rows)
    batch(*asked)
    was = [row["course_id"] for row in manifest()]
    rows[0]["driver_name"] = "Sam Rivera"
    rows[1]["start"] = "2027-05-03"
    roster_file(rows)
    assert "1 moved, 1 renewed" in batch(*asked, "--resume", moment=LATER).stderr
    now = [row["course_id"] for row in manifest()]
    assert [one == old for one, old in zip(now, was, strict=True)] == [True, False]
    again = json.loads(tree()["P-1/course.json"])
    assert again["made_at"].startswith(MOMENT[:13])
    assert [entry["what"] for entry in again["history"]] == ["planned", "planned again"]
    assert (again["revision"], again["visits"][0]["sequence"]) == (2, 1)
    assert b"Sam Rivera" in tree()["P-1/P-1.ics"]
    before = tree()
    batch(*asked, "--resume", moment="2026-11-25T10:00")
    assert tree()["P-1/course.json"] == before["P-1/course.json"]


def test_a_row_that_cannot_be_read_leaves_its_course_where_it_is(asked):
    rows = rows_of(3)
    roster_file(rows)
    batch(*asked)
    before = tree()
    right = [row["start"] for row in rows]
    for row in rows:
        row["start"] = "07/12/2026"
    roster_file(rows)
    assert "3 stays" in batch(*asked, "--resume", moment=LATER).stderr
    assert {name for name in before if "/" in name} <= set(tree())
    for row, start in zip(rows, right, strict=True):
        row["start"] = start
    roster_file(rows)
    batch(*asked, "--resume", moment=LATER)
    now = tree()
    assert [name for name in before if "/" in name and now[name] != before[name]] == []


def test_what_comes_back_after_a_night_without_rows_is_told(asked):
    roster_file(rows_of(1))
    Path("roster.csv").write_text("patient,start\n", encoding="utf-8")
    batch(*asked, "--resume")
    roster_file(rows_of(2))
    assert "2 new" in batch(*asked, "--resume", moment=LATER).stderr


def test_a_link_in_the_place_of_a_book_is_not_followed(asked):
    roster_file(rows_of(1))
    batch(*asked)
    Path("foreign.txt").write_text("mine", encoding="utf-8")
    Path("out/rejects.csv").unlink()
    Path("out/rejects.csv").symlink_to(Path("foreign.txt").absolute())
    assert batch(*asked, "--resume", moment=LATER).exit_code == 6
    assert Path("foreign.txt").read_text(encoding="utf-8") == "mine"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
@pytest.mark.parametrize("kind", ["a pipe", "a link"])
def test_what_takes_the_place_of_a_file_of_ours_is_never_opened(asked, kind):
    roster_file(rows_of(1))
    batch(*asked)
    Path("elsewhere").write_bytes(Path("out/P-1/course.json").read_bytes())
    for name in ("P-1/course.json", "manifest.csv"):
        place = Path("out", name)
        place.unlink()
        os.mkfifo(place) if kind == "a pipe" else place.symlink_to(Path("elsewhere").absolute())
    assert sha_of_file(Path("out/P-1/course.json")) == ""
    with pytest.raises(BadRequest, match=f"course.json: cannot be read: it is {kind}, not a file"):
        is_revised(Path("out/P-1"))
    done = batch_alone(*asked, "--resume")
    assert done.returncode == 6
    assert f"out/manifest.csv: cannot be written: it is {kind}, not a file" in done.stderr


JSON = "course.json"


def test_fewer_formats_leave_the_plan_of_record_and_it_is_right(asked):
    rows = rows_of(2, driver_name="")
    roster_file(rows)
    batch(*asked)
    rows[0]["driver_name"] = "Sam Rivera"
    roster_file(rows)
    assert batch(*asked, "--resume", "--format", "ics", moment=LATER).exit_code == 0
    assert set(tree("out/P-1")) == {"P-1.ics", JSON}
    assert b"Sam Rivera" in tree("out/P-1")[JSON]
    assert manifest()[0]["files"] == "P-1.ics|course.json"
    before = tree()
    batch(*asked, "--resume", "--format", "ics", moment="2026-11-25T10:00")
    assert {**tree(), "changes.csv": b""} == {**before, "changes.csv": b""}


def test_a_worker_of_another_version_is_refused():
    chunk = Chunk((), {}, Settings(MADE_AT, version="0.0"))
    with pytest.raises(Refused, match=r"not 0\.0"):
        work(chunk)


def test_no_patient_is_in_what_a_cluster_may_log():
    row = RosterRow(1, 2, {"patient": "SECRET"}, ("SECRET",))
    summary = CourseSummary("SECRET")
    course = course_for({"patient": "SECRET", "start": MONDAY}, EXAMPLE)
    slots = (course.request, ChosenSlots(()))
    jobs = (
        Job(row, "", PriorResult(summary)),
        Job(row, "", None, Digests(), slots),
        Job(row, "", None, Digests(), course),
    )
    result = RowResult(1, "SECRET", "planned")
    for one in (row, *jobs, Chunk(jobs, {}, Settings(MADE_AT)), result, summary):
        assert "SECRET" not in repr(one)


# --- Ctrl-C ------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_leaves_a_run_that_can_go_on(asked, jobs):
    rows = rows_of(250)
    for number, row in enumerate(rows):
        row["start"] = f"{2027 + number // 125}-{1 + number % 12:02}-{1 + number % 28:02}"
    roster_file(rows)
    first = [*asked, "--format", "json"]
    process = begun(*first, "--jobs", jobs)
    written = Path("out/manifest.csv")  # counted, not read: a line may be there in part
    until(lambda: written.exists() and written.read_bytes().count(b"\n") > 41)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers, too
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said.splitlines()) == (
        130,
        ["error: stopped; what is done is kept", "try: the same with --resume, to go on"],
    )
    assert len(manifest()) < len(rows)
    assert ketasched("batch", *first, "--jobs", jobs, "--resume").wait() in (0, 5)
    batch(*first[:1], "-o", "fresh", *first[3:])
    assert tree() == tree("fresh")
