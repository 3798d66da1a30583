"""Writing a patient's folder when things go wrong: two writers, a kill, a full disk, a link."""

import errno
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ketasched.errors import Refused
from ketasched.files.atomic_write import is_up_to_date, prepared_folder, replace_file, write_files
from ketasched.files.disk import create_file
from tests.support.forked import Forked, ketasched

PLAN = [*("plan", "--patient", "P-1", "-o", "out", "--split"), *("--made-at", "2026-11-23T10:00")]
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
    write_files(tmp_path, {"a": b"old", "b": b"old"})
    (tmp_path / "b").unlink()
    (tmp_path / "b").mkdir()
    with pytest.raises(Refused, match="is a folder"):
        write_files(tmp_path, {"a": b"new", "b": b"new"}, force=True)
    assert (tmp_path / "a").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_no_file_has_its_name_before_the_block_ends(tmp_path):
    write_files(tmp_path, {"a": b"old"})
    with prepared_folder(tmp_path, {"a": b"new", "rides/b": b"new"}, force=True) as paths:
        assert (tmp_path / "a").read_bytes() == b"old"
        assert not (tmp_path / "rides/b").exists()
    assert [path.read_bytes() for path in paths] == [b"new", b"new"]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "b", "rides"]


def test_a_block_that_fails_leaves_everything_as_it_was(tmp_path):
    write_files(tmp_path, {"a": b"old"})
    files = {"a": b"new", "rides/b": b"new"}
    with pytest.raises(ZeroDivisionError), prepared_folder(tmp_path, files, force=True):
        raise ZeroDivisionError
    with pytest.raises(ZeroDivisionError), prepared_folder(tmp_path / "more" / "deep", files):
        raise ZeroDivisionError
    assert [path.name for path in tmp_path.rglob("*")] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


@pytest.mark.parametrize("fails", ["chmod", "replace"])
def test_a_file_that_cannot_be_replaced_leaves_no_copy_beside_it(tmp_path, monkeypatch, fails):
    def is_full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "000001.eml"
    replace_file(path, b"old")
    monkeypatch.setattr(Path, fails, is_full)
    with pytest.raises(OSError, match="No space left"):
        replace_file(path, b"To: p@example.org")
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [(path.name, b"old")]


def test_what_cannot_be_read_back_replaces_nothing(tmp_path, monkeypatch):
    write_files(tmp_path, {"a": b"old"})

    def loses_a_byte(path, data, **more):
        create_file(path, data[:-1], **more)

    monkeypatch.setattr("ketasched.files.atomic_write.create_file", loses_a_byte)
    with pytest.raises(Refused, match="a: cannot be written: it cannot be read back"):
        write_files(tmp_path, {"a": b"new"}, force=True)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


def bind_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))


IN_THE_WAY: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a link": lambda path: path.symlink_to("/dev/zero"),
    "a socket": bind_socket,
    "a folder": lambda path: path.mkdir(),
}
"""Makers of what may lie in the place of a file, by what a message calls it."""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes in folders")
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        pytest.param(name, kind, id=f"{name} {kind}")
        for name in ("a.txt", ".lock", "rides", "rides/b.ics", "rides/old.ics")
        for kind in IN_THE_WAY
        if (name, kind) != ("rides", "a folder")
    ],
)
def test_what_is_no_file_is_refused_at_once_and_nothing_is_written(
    name, kind, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    place = Path("out", name)
    place.parent.mkdir(parents=True)
    IN_THE_WAY[kind](place)
    before = sorted(Path("out").rglob("*"))
    files, replaced = {"a.txt": b"x", "rides/b.ics": b"x"}, {"rides": re.compile(r".*\.ics")}
    wanted = "a folder" if name == "rides" else "a file"
    with (
        pytest.raises(Refused) as refusal,
        prepared_folder(Path("out"), files, replaced=replaced, force=True),
    ):
        pass
    assert refusal.value.what == f"{place}: is {kind}, not {wanted}"
    assert refusal.value.next_step == "move it away, or another place"
    assert sorted(Path("out").rglob("*")) == before


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes in folders")
@pytest.mark.parametrize("kind", ["a pipe", "a link", "a socket"])
def test_what_is_no_file_never_has_the_content_of_one(kind, tmp_path):
    IN_THE_WAY[kind](tmp_path / "a")
    assert not is_up_to_date(tmp_path, {"a": b""})


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
        write_files(tmp_path / "more", {"a": b""})
