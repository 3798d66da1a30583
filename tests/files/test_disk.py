"""The door to files: what is opened and what is not, how much is read, and who has the input."""

import io
import os
import select
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ketasched.errors import BadFile
from ketasched.files.disk import StandardInput, is_there, open_file, read_bytes
from ketasched.files.toml_json import read_lines, read_text

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(path.name)  # a longer path is none of a socket


def make_link_to_a_pipe(path: Path) -> None:
    os.mkfifo("pipe")
    path.symlink_to("pipe")


IRREGULAR: dict[str, tuple[Callable[[Path], object], str]] = {
    "a pipe": (lambda path: os.mkfifo(path), "it is a pipe, not a file"),
    "a folder": (lambda path: path.mkdir(), "it is a folder, not a file"),
    "a socket": (make_socket, "it is a socket, not a file"),
    "a link to a device": (lambda path: path.symlink_to("/dev/zero"), "it is a device"),
    "a link to a pipe": (make_link_to_a_pipe, "it is a pipe, not a file"),
    "a link to itself": (lambda path: path.symlink_to(path), "symbolic links"),
    "nothing": (lambda path: None, "No such file"),
}


def descriptors() -> list[str]:
    return list(map(str, Path("/proc/self/fd").iterdir())) if sys.platform == "linux" else []


@POSIX
@pytest.mark.parametrize("read", [read_bytes, open_file], ids=["read whole", "opened"])
@pytest.mark.parametrize(("make", "said"), IRREGULAR.values(), ids=IRREGULAR)
def test_what_is_no_file_is_refused_at_once(read, make, said):
    make(Path("x").absolute())
    before = descriptors()
    with pytest.raises(OSError, match=said):
        read("x")
    assert descriptors() == before


@POSIX
def test_a_pipe_that_takes_the_place_of_a_file_after_the_look_makes_nobody_wait(monkeypatch):
    Path("file").write_bytes(b"1")
    os.mkfifo("x")
    regular = Path("file").stat()
    monkeypatch.setattr(os, "stat", lambda *_args, **_names: regular)
    before = descriptors()
    with pytest.raises(OSError, match="it is a pipe"):
        read_bytes("x")
    assert descriptors() == before


@POSIX
def test_a_link_is_followed_where_a_user_names_it_and_not_in_a_folder_of_ours(monkeypatch):
    Path("file").write_bytes(b"1")
    Path("x").symlink_to("file")
    assert read_bytes("x") == b"1"
    with pytest.raises(OSError, match="it is a link, not a file"):
        read_bytes("x", follows=False)
    regular = Path("file").stat()
    monkeypatch.setattr(os, "stat", lambda *_args, **_names: regular)
    with pytest.raises(OSError, match="symbolic links"):
        read_bytes("x", follows=False)


def test_no_more_is_read_than_the_caller_says():
    Path("x").write_bytes(b"12345")
    assert read_bytes("x", 5) == b"12345"
    with pytest.raises(OSError, match="it is larger than"):
        read_bytes("x", 4)


@pytest.mark.skipif(sys.platform != "linux", reason="there are no such files")
def test_a_file_that_does_not_know_its_size_is_read_to_its_end():
    assert Path("/proc/self/status").stat().st_size == 0
    assert b"VmPeak" in read_bytes("/proc/self/status")


def test_a_path_that_no_system_has_is_an_error_of_the_system():
    with pytest.raises(OSError, match="null"):
        read_bytes("a\0b")


@pytest.mark.parametrize(
    ("path", "is_found"),
    [("here", True), ("gone", False), ("x" * 5000, False), ("a\0b", False), ("here/below", False)],
    ids=["there", "not there", "too long", "with a NUL", "below a file"],
)
def test_what_is_at_a_path_is_known_of_every_text(path, is_found):
    Path("here").touch()
    assert is_there(path) == is_found


# --- standard input


def input_is(monkeypatch, data: bytes = b"data") -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_standard_input_has_one_reader(monkeypatch):
    input_is(monkeypatch)
    assert read_text("-", or_input=True) == "data"
    said = "standard input: cannot be read: it is read already, for something else"
    with pytest.raises(BadFile, match=said):
        read_text("-", or_input=True)
    input_is(monkeypatch)
    assert read_text("-", or_input=True) == "data"


def test_standard_input_is_read_only_where_the_caller_says_so(monkeypatch):
    input_is(monkeypatch)
    Path("-").write_text("no", encoding="utf-8")
    with pytest.raises(BadFile, match=r"(?m)^-: is standard input, which is not read here$"):
        read_text("-")


def test_a_closed_standard_input_is_an_error_of_ours(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(BadFile, match="standard input: cannot be read: it is closed"):
        read_text("-", or_input=True)


def test_standard_input_that_never_ends_is_read_up_to_a_limit(monkeypatch):
    input_is(monkeypatch, b"x" * 10_000_001)
    with pytest.raises(BadFile, match="it is larger than 10 MB"):
        read_text("-", or_input=True)


@POSIX
def test_a_pause_of_a_pipe_that_does_not_block_is_not_its_end(monkeypatch):
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    pieces = [b"one", b"two", b""]

    def wait(*_args: object) -> None:
        piece = pieces.pop(0)
        os.write(writing, piece) if piece else os.close(writing)

    monkeypatch.setattr(select, "select", wait)
    with os.fdopen(reading) as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        assert StandardInput().read_all() == b"onetwo"


# --- lines


def test_each_line_has_its_place_and_one_that_does_not_end_is_refused_unseen():
    Path("x").write_bytes(b"1\n2\r\n" + b"Jane Doe " * 1_200_000)
    lines = read_lines("x")
    assert next(lines) == ("x:1", "1\n")
    assert next(lines) == ("x:2", "2\r\n")
    with pytest.raises(BadFile) as error:
        next(lines)
    assert error.value.what == "x:3: is longer than 10 MB"


def test_a_line_that_is_no_text_is_told_with_its_number():
    Path("x").write_bytes(b"1\n\xff\n")
    with pytest.raises(BadFile, match=r"(?m)^x:2: is not UTF-8 text$"):
        list(read_lines("x"))
