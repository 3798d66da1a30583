"""An output that is full, or read no further: what is said, and what is done all the same."""

import os
import shlex
import signal
import sys
from pathlib import Path

import pytest

from ketasched.cli import main
from tests.support.commands import CALLS, commands, prepare
from tests.support.ctrl_c import lingering, press_ctrl_c
from tests.support.forked import Forked, ketasched
from tests.support.transcript import run

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")

CHANGES = {
    "plan": "the files are written",
    **{name: "the course is saved" for name in CALLS if name.startswith("revise")},
    "reschedule": "the visits are moved",
    "clinic init": "the file is written",
    "publish": "the feeds are written",
    "invite": "the invitations are written",
    "register backup": "the copy is made",
    "register rename": "the patient is renamed",
    "register restore": "the backup is in its place",
    "batch": "what was booked before is in the register",
}
"""What a command has done before it prints; the others change nothing, or print nothing."""

PRINTING = [words for words in CALLS if words != "register import"]
"""The commands that print to standard output."""


@pytest.fixture(autouse=True)
def _folder(monkeypatch):
    for name, value in prepare().items():
        monkeypatch.setenv(name, value)


def test_every_command_has_a_call():
    assert set(commands()) == CALLS.keys()


@pytest.mark.parametrize("words", CALLS)
def test_every_call_works(words):
    assert ("[exit" in run(CALLS[words])) == (words == "check")


def called(stream: int, place: str, call: str) -> tuple[int, str]:
    """The exit code and standard error of a call, one of whose streams leads to this place."""
    process = Forked(_into, stream, place, shlex.split(call))
    _, errors = process.communicate(timeout=60)
    return process.wait(), errors


def _into(stream: int, place: str, arguments: list[str]) -> None:
    if place:
        end = os.open(place, os.O_WRONLY)
    else:
        reader, end = os.pipe()
        os.close(reader)
    os.dup2(end, stream)
    main(arguments, prog_name="ketasched")


@pytest.mark.parametrize("words", PRINTING)
def test_a_full_device_is_said_with_what_is_done(words):
    code, errors = called(1, "/dev/full", CALLS[words])
    assert code == 6
    done = f"; {CHANGES[words]}" if words in CHANGES else ""
    assert f"error: the output: cannot be written: No space left on device{done}\n" in errors
    assert ("look at what is there" in errors) == bool(done)


@pytest.mark.parametrize(
    "words", [*(one for one in PRINTING if "revise" not in one), "revise defer"]
)
def test_a_reader_that_has_enough_ends_the_command_without_a_word(words):
    code, errors = called(1, "", CALLS[words])
    assert code == 141
    assert "error" not in errors


@pytest.mark.parametrize("option", ["--help", "--version", "plan --help"])
@pytest.mark.parametrize(("place", "code"), [("/dev/full", 6), ("", 141)], ids=["full", "closed"])
def test_help_ends_in_the_same_way(option, place, code):
    assert called(1, place, option)[0] == code


@pytest.mark.parametrize("place", ["/dev/full", ""], ids=["full", "closed"])
def test_what_is_done_counts_where_nobody_reads_what_is_said_of_it(place):
    assert called(2, place, CALLS["plan"])[0] == 0
    assert called(2, place, CALLS["revise defer"])[0] == 0
    assert called(2, place, "plan --start soon")[0] == 2


# --- Ctrl-C ------------------------------------------------------------------------------------

STEPS = {
    "plan": "ketasched.api.new_courses.best_course",
    "revise defer": "ketasched.api.asked_changes.revise",
    "register import": "ketasched.cli.register.load_course",
    "register backup": "ketasched.register.backup.back_up",
    "suggest": "ketasched.cli.suggest.suggest",
}


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
@pytest.mark.parametrize("words", STEPS)
def test_ctrl_c_stops_a_command_that_has_changed_nothing(words):
    before = run("register export")
    process = ketasched(*shlex.split(CALLS[words]), constants=lingering(STEPS[words]))
    press_ctrl_c(process)
    _, errors = process.communicate(timeout=60)
    assert process.wait() == 130
    assert errors.endswith("error: stopped\ntry: the same again\n")
    assert run("register export") == before
    assert not Path("safe-1.db").exists()


def test_ctrl_c_after_the_change_says_that_it_is_made():
    after = lingering("ketasched.cli.change_output.change_lines")
    process = ketasched(*shlex.split(CALLS["revise defer"]), constants=after)
    press_ctrl_c(process)
    _, errors = process.communicate(timeout=60)
    assert process.wait() == 130
    assert "error: stopped; the course is saved\ntry: look at what is there" in errors


def test_ctrl_c_is_left_to_whoever_has_it_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        run("protocols list")
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
