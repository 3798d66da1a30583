"""Writing a patient's folder when things go wrong: two writers, a kill, a full disk, a link."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ketasched.errors import Refused
from ketasched.files.atomic_write import write_folder
from tests.support.forked import Forked, ketasched

PLAN = [
    *("plan", "--patient", "P-1", "-o", "out", "--split"),
    *("--made-at", "2026-11-23T10:00"),
]
FIRST, SECOND = ["--start", "2026-12-07"], ["--start", "2027-02-01"]


def begin(*arguments: str) -> Forked:
    return ketasched(*PLAN, *arguments)


def written(folder: str = "out/P-1") -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    }


def alone(*arguments: str) -> dict[str, bytes]:
    """The files of a course that one process writes."""
    assert begin(*arguments, "--force").wait(60) == 0
    return written()


def test_of_two_writers_at_once_one_is_refused():
    for number in range(3):
        folder = f"out{number}"
        both = [begin(*start, "-o", folder) for start in (FIRST, SECOND)]
        assert sorted(process.wait(60) for process in both) == [0, 6]


def test_two_writers_with_force_leave_the_files_of_one_of_them():
    courses = [alone(*FIRST), alone(*SECOND)]
    for _ in range(3):
        both = [begin(*start, "--force") for start in (FIRST, SECOND)]
        assert [process.wait(60) for process in both] == [0, 0]
        assert written() in courses


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")
def test_a_kill_leaves_no_half_file_and_the_next_run_mends_all():
    old = alone(*FIRST)
    start = time.monotonic()
    new = alone(*SECOND)
    seconds = time.monotonic() - start
    for number, share in enumerate((0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)):
        asked, aim, before = (FIRST, old, new) if number % 2 == 0 else (SECOND, new, old)
        process = begin(*asked, "--force")
        time.sleep(share * seconds)
        process.send_signal(signal.SIGKILL)
        process.wait(60)
        for name, data in written().items():
            if not name.endswith((".part", ".lock")):
                assert data in (aim.get(name), before.get(name)), name
        assert alone(*asked) == aim


def test_a_folder_in_the_place_of_a_file_is_refused_before_any_write(tmp_path):
    write_folder(tmp_path, {"a": b"old", "b": b"old"})
    (tmp_path / "b").unlink()
    (tmp_path / "b").mkdir()
    with pytest.raises(Refused, match="is a folder"):
        write_folder(tmp_path, {"a": b"new", "b": b"new"}, force=True)
    assert (tmp_path / "a").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_output_is_no_bug_of_ours():
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "ketasched", "plan", *FIRST],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 6
    assert "cannot be written: No space left on device" in done.stderr
    assert "bug" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may do anything")
def test_a_folder_that_is_not_writable_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(Refused, match="cannot be written"):
        write_folder(tmp_path / "more", {"a": b""})
