"""A batch that is killed, runs out of room or loses its folder: `--resume` makes it whole."""

import csv
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random

import pytest

from tests.conftest import IS_FULL, ROOT
from tests.support.crashes import (
    CLINIC,
    MOMENT,
    Tree,
    begun,
    command,
    ended,
    only_whole_lines,
    patients,
    run,
    tree,
    until,
    write_roster,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

ROWS, FEWER_ROWS = 160, 64
KILLS = {"small": 50, "seated": 10} if IS_FULL else {"small": 16, "seated": 5}
SOME_REJECTED = 5
MOUNT, UNMOUNT = (shutil.which(name) or f"/bin/{name}" for name in ("mount", "umount"))
TWO = ("--ignore-chairs", "--jobs", "2")


class Undisturbed:
    """A roster, and what a run that nothing disturbs makes of it."""

    def __init__(self, folder: Path, *options: str, rows: int = ROWS) -> None:
        self.roster = write_roster(folder / "roster.csv", rows)
        self.options = options
        begin = time.monotonic()
        code, said = run(command(self.roster, folder / "wanted", *MOMENT, *options))
        self.seconds = time.monotonic() - begin
        assert code == SOME_REJECTED, said
        self.tree: Tree = tree(folder / "wanted")

    def command(self, output: Path, *more: str) -> list[str]:
        return command(self.roster, output, *self.options, *more)

    def resumed(self, output: Path) -> Tree:
        """What is there after a run that goes on, which is not told the moment."""
        code, said = run(self.command(output, "--resume"))
        assert code == SOME_REJECTED, said
        return tree(output)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return Undisturbed(tmp_path_factory.mktemp("undisturbed"), *TWO)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return Undisturbed(tmp_path_factory.mktemp("small"), *TWO, rows=FEWER_ROWS)


@pytest.fixture(scope="module")
def seated(tmp_path_factory):
    return Undisturbed(tmp_path_factory.mktemp("seated"), "--jobs", "2", rows=FEWER_ROWS)


def children(pid):
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def moment_unless_begun(output):
    """A run that was killed before it noted its moment has not begun."""
    return (
        () if any((output / name).exists() for name in (".run.json", "manifest.csv")) else MOMENT
    )


def killed_until_it_is_done(undisturbed, output, random, kills):
    """How often a run and those that went on with it were killed until one came to its end."""
    for number in range(kills + 1):
        process = begun(undisturbed.command(output, "--resume", *moment_unless_begun(output)))
        if number < kills:
            try:
                process.wait(random.uniform(0, undisturbed.seconds))
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                continue
        code, said = ended(process)
        assert code == SOME_REJECTED, said
        return number
    raise AssertionError


@pytest.mark.parametrize(("name", "kills"), KILLS.items())
def test_however_often_it_is_killed_it_ends_with_the_same_bytes(request, tmp_path, name, kills):
    undisturbed = request.getfixturevalue(name)
    random, left = Random(5), kills
    while left > 0:
        output = tmp_path / str(left)
        left -= killed_until_it_is_done(undisturbed, output, random, left)
        assert tree(output) == undisturbed.tree
        shutil.rmtree(output)


def test_an_undisturbed_run_has_each_row_once_and_leaves_nothing_over(whole):
    lines = list(csv.DictReader(whole.tree["manifest.csv"][1].decode().splitlines()))
    planned = {line["patient"] for line in lines if line["status"] == "planned"}
    assert [line["row"] for line in lines] == [str(number) for number in range(1, ROWS + 1)]
    assert {name for name in whole.tree if "/" not in name} == {
        *planned,
        "manifest.csv",
        "rejects.csv",
    }
    assert len(planned) > ROWS / 2


@pytest.mark.parametrize(
    ("scenario", "rows"),
    [
        pytest.param("fresh", 3, id="the first run"),
        pytest.param("forced", 3, id="one that replaces another"),
        pytest.param("damaged", 3, id="one that mends damaged files"),
        pytest.param("changed", 5, id="one with another roster, where chairs count"),
    ],
)
def test_it_may_be_killed_before_each_single_thing_that_it_does(tmp_path, scenario, rows):
    roster = write_roster(tmp_path / "roster.csv", rows)  # one is rejected
    script = ROOT / "tests" / "support" / "kill_everywhere.py"
    code, said = run(
        [sys.executable, str(script), str(roster), str(CLINIC), str(tmp_path), scenario]
    )
    assert code == 0, said
    assert int(said) >= 20  # each leaves another folder behind


def test_workers_are_gone_soon_after_their_parent_is_killed(whole, tmp_path):
    process = begun(whole.command(tmp_path / "out", *MOMENT))
    until(lambda: patients(tmp_path / "out") > 5)
    workers = children(process.pid)
    assert len(workers) == 2
    process.kill()
    process.wait()
    until(lambda: not any(map(is_alive, workers)), seconds=2)
    process.communicate()


def test_a_killed_worker_ends_the_run_clearly_and_it_can_go_on(whole, tmp_path):
    process = begun(whole.command(tmp_path / "out", *MOMENT))
    until(lambda: patients(tmp_path / "out") > 5)
    os.kill(children(process.pid)[0], signal.SIGKILL)
    assert ended(process) == (
        6,
        "error: a process that was at work is gone: killed, or out of memory\n"
        "try: perhaps with fewer --jobs: --resume\n",
    )
    assert only_whole_lines(tmp_path / "out" / "manifest.csv")
    assert whole.resumed(tmp_path / "out") == whole.tree


@pytest.mark.parametrize("option", ["--resume", "--force"])
def test_a_second_run_is_refused_while_the_first_is_in_the_middle(whole, tmp_path, option):
    output = tmp_path / "out"
    first = begun(whole.command(output, *MOMENT))
    until(lambda: patients(output) > 5)
    # Held still, so that it cannot end before the second has given up.
    first.send_signal(signal.SIGSTOP)
    refused = run(whole.command(output, option))
    first.send_signal(signal.SIGCONT)
    assert refused == (
        6,
        f"error: {output}: another batch is writing there\n"
        "try: wait for it, or give another folder with -o\n",
    )
    assert ended(first)[0] == SOME_REJECTED
    assert tree(output) == whole.tree


def is_one_clear_error(said, *words):
    lines = said.splitlines()
    return (
        [line.split(":")[0] for line in lines] == ["error", "try"]
        and "cannot be written" in lines[0]
        and all(word in said for word in words)
    )


def test_a_manifest_that_cannot_grow_ends_the_run_and_it_can_go_on(whole, tmp_path):
    output = tmp_path / "out"
    largest = max(len(data) for name, (_, data) in whole.tree.items() if "/" in name)
    assert largest + 1000 < len(whole.tree["manifest.csv"][1])
    limit = largest + 1000, largest + 1000
    code, said = run(
        whole.command(output, *MOMENT),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
    )
    assert (code, is_one_clear_error(said, "manifest.csv")) == (6, True), said
    assert only_whole_lines(output / "manifest.csv")
    assert whole.resumed(output) == whole.tree


@contextmanager
def small_disk(place, size):
    """A file system of this size there, or the test is skipped."""
    place.mkdir()
    made = subprocess.run(
        [MOUNT, "-t", "tmpfs", "-o", f"size={size}", "ketasched", str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"no small file system can be mounted: {made.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run([UNMOUNT, "-l", str(place)], check=True)


@pytest.mark.parametrize("percent", [5, 50, 95])
def test_a_full_disk_ends_the_run_and_it_can_go_on(whole, tmp_path, percent):
    disk = tmp_path / "disk"
    pages = sum(-(-len(data) // 4096) for _, data in whole.tree.values())
    with small_disk(disk, pages * 4096 * percent // 100):
        code, said = run(whole.command(disk / "out", *MOMENT))
        assert (code, is_one_clear_error(said)) == (6, True), said
        assert only_whole_lines(disk / "out" / "manifest.csv")
        mend = [MOUNT, "-o", "remount,size=100m", str(disk)]
        subprocess.run(mend, check=True)
        assert whole.resumed(disk / "out") == whole.tree


def test_a_folder_that_is_no_folder_any_more_ends_the_run_and_it_can_go_on(whole, tmp_path):
    output, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    process = begun(whole.command(output, *MOMENT))
    until(lambda: patients(output) > 5)
    output.rename(elsewhere)
    output.write_text("a file where the folder was")
    code, said = ended(process)
    assert (code, is_one_clear_error(said, str(output))) == (6, True), said
    assert only_whole_lines(elsewhere / "manifest.csv")
    assert "has a folder there already" not in (elsewhere / "rejects.csv").read_text()
    output.unlink()
    elsewhere.rename(output)
    assert whole.resumed(output) == whole.tree


@pytest.fixture
def as_anybody():
    """What a command begins with so that permissions stop it, even where it is root's."""
    if os.geteuid() != 0:
        return ()
    command = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")
    if not shutil.which("setpriv") or run([*command, "true"])[0]:
        pytest.skip("permissions do not stop root, and setpriv cannot take that from it")
    return command


def test_a_folder_that_becomes_unwritable_ends_the_run_and_it_can_go_on(
    whole, tmp_path, as_anybody
):
    output = tmp_path / "out"
    process = begun([*as_anybody, *whole.command(output, *MOMENT)])
    until(lambda: patients(output) > 5)
    output.chmod(0o500)
    code, said = ended(process)
    assert (code, is_one_clear_error(said, str(output))) == (6, True), said
    assert only_whole_lines(output / "manifest.csv")
    output.chmod(0o700)
    assert whole.resumed(output) == whole.tree


def test_a_rejected_row_with_a_huge_cell_does_not_stop_the_run_that_goes_on(tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text(f"patient,start\n{'x' * 200_000},2026-12-07\nP-2,2026-12-07\n")
    assert run(command(roster, tmp_path / "out", *MOMENT))[0] == SOME_REJECTED
    found = tree(tmp_path / "out")
    assert run(command(roster, tmp_path / "out", "--resume"))[0] == SOME_REJECTED
    assert tree(tmp_path / "out") == found


def test_what_a_stopped_run_noted_is_not_taken_for_that_of_one_that_replaced_it(whole, tmp_path):
    output = tmp_path / "out"
    books = output / "manifest.csv"
    old = ("--made-at", "2026-11-01T15:00:00Z")
    for least, *more in ((20_000, *old), (20_000, "--resume"), (1, "--force", *MOMENT)):
        before = books.stat().st_mtime_ns if books.exists() else 0
        process = begun(whole.command(output, *more))
        until(partial(has_grown_since, before, books, least))
        process.kill()
        process.communicate()
    assert whole.resumed(output) == whole.tree


def has_grown_since(before, path, least):
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    return found.st_mtime_ns > before and found.st_size > least
