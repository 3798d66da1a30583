"""A batch on a Dask cluster gives what one process gives, whatever happens to a worker."""

import csv
import os
import signal
import sys
import time
from pathlib import Path

import dask
import pytest
from distributed import LocalCluster, default_client

from ketasched.batch import executors
from ketasched.batch.fingerprints import VERSION
from ketasched.batch.jobs import Chunk
from ketasched.batch.records import Settings
from tests.conftest import MADE_AT
from tests.support.crashes import (
    MOMENT,
    begun,
    command,
    ended,
    patients,
    run,
    tree,
    until,
    write_roster,
)
from tests.support.forked import start_server

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills with signals")

ROWS, SOME_REJECTED = 150, 5
ALONE = "--ignore-chairs"
IMPATIENT = {
    "ketasched.batch.executors.SECONDS_TO_CONNECT": 1,
    "ketasched.batch.executors.SECONDS_FOR_WORKERS": 1,
}
"""How long a run waits for a cluster that is not there; else it is several seconds."""

LATER = ("--made-at", "2026-11-24T15:00:00Z")
AWAY = """\
BEGIN:VCALENDAR
BEGIN:VEVENT
UID:1
DTSTART;VALUE=DATE:20261201
DTEND;VALUE=DATE:20261202
RRULE:FREQ=WEEKLY;COUNT=60
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture(scope="module")
def roster(tmp_path_factory):
    return write_roster(tmp_path_factory.mktemp("roster") / "roster.csv", ROWS)


@pytest.fixture(scope="module")
def wanted(roster, tmp_path_factory):
    """What one process makes of it."""
    output = tmp_path_factory.mktemp("wanted") / "out"
    code, said = run(command(roster, output, *MOMENT, ALONE, "--jobs", "1"))
    assert code == SOME_REJECTED, said
    return tree(output)


def two_workers():
    """A cluster of two workers, a process each; a nanny begins one anew when it is killed.

    They are forked from a process that has imported Dask already, as the runs are.
    """
    start_server()
    dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"})
    return LocalCluster(
        processes=True,
        n_workers=2,
        threads_per_worker=1,
        dashboard_address=":0",
        host="127.0.0.1",
        protocol="tcp",
    )


@pytest.fixture(scope="module")
def cluster():
    """A cluster that the tests leave as it is."""
    with two_workers() as two:
        yield two


@pytest.fixture
def own_cluster():
    """A cluster for one test, which does it harm."""
    with two_workers() as two:
        yield two


def test_a_cluster_gives_the_same_bytes_as_one_process(roster, wanted, cluster, tmp_path):
    output = tmp_path / "out"
    code, said = run(command(roster, output, *MOMENT, ALONE, "--dask", cluster.scheduler_address))
    assert code == SOME_REJECTED, said
    assert tree(output) == wanted


def test_a_cluster_heeds_busy_calendars_as_one_process_does(roster, wanted, cluster, tmp_path):
    calendar = tmp_path / "away.ics"
    calendar.write_text(AWAY)
    busy = (*MOMENT, ALONE, "--busy", str(calendar))
    here, there = tmp_path / "here", tmp_path / "there"
    run(command(roster, here, *busy, "--jobs", "1"))
    run(command(roster, there, *busy, "--dask", cluster.scheduler_address))
    assert tree(there) == tree(here) != wanted


def test_a_folder_is_meant_as_seen_from_here_not_from_a_worker(roster, wanted, cluster, tmp_path):
    (tmp_path / "here").mkdir()
    code, said = run(
        command(roster, Path("out"), *MOMENT, ALONE, "--dask", cluster.scheduler_address),
        cwd=tmp_path / "here",
    )
    assert code == SOME_REJECTED, said
    assert tree(tmp_path / "here" / "out") == wanted


def test_what_was_sent_to_a_cluster_is_not_kept(cluster):
    with executors.dask(cluster.scheduler_address) as (submit, threads):
        nothing = Chunk((), {}, Settings(MADE_AT, version=VERSION))
        assert [submit(nothing)() for _ in range(3)] == [[]] * 3
        assert threads == 2
        assert len(default_client().scheduler_comm.recent_message_log) == 0


def test_a_worker_that_is_killed_midway_changes_nothing(roster, wanted, own_cluster, tmp_path):
    output, cluster = tmp_path / "out", own_cluster
    process = begun(command(roster, output, *MOMENT, ALONE, "--dask", cluster.scheduler_address))
    until(lambda: patients(output) > 20)
    os.kill(cluster.workers[0].pid, signal.SIGKILL)
    assert process.poll() is None
    code, said = ended(process)
    assert code == SOME_REJECTED, said
    assert tree(output) == wanted


def test_a_cluster_that_gives_up_a_task_ends_the_run_and_it_can_go_on(
    roster, wanted, tmp_path, request
):
    output = tmp_path / "out"
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
        cluster = request.getfixturevalue("own_cluster")
    process = begun(command(roster, output, *MOMENT, ALONE, "--dask", cluster.scheduler_address))
    until(lambda: patients(output) > 20)
    for number in (0, 1):
        os.kill(cluster.workers[number].pid, signal.SIGKILL)
    code, said = ended(process)
    assert (code, said.splitlines()[-2:]) == (
        6,
        [
            "error: a process that was at work is gone: killed, or out of memory",
            "try: perhaps with fewer --jobs: --resume",
        ],
    )
    code, said = run(command(roster, output, ALONE, "--resume", "--jobs", "1"))
    assert code == SOME_REJECTED, said
    assert tree(output) == wanted


def test_a_scheduler_that_goes_ends_the_run_and_it_can_go_on(
    roster, wanted, own_cluster, tmp_path
):
    output, cluster = tmp_path / "out", own_cluster
    process = begun(command(roster, output, *MOMENT, ALONE, "--dask", cluster.scheduler_address))
    until(lambda: patients(output) > 20)
    address = cluster.scheduler_address
    cluster.close()
    assert ended(process) == (
        6,
        f"error: the scheduler at {address} is lost, or the connection to it\n"
        "try: when it answers again: --resume\n",
    )
    code, said = run(command(roster, output, ALONE, "--resume", "--jobs", "1"))
    assert code == SOME_REJECTED, said
    assert tree(output) == wanted


@pytest.mark.parametrize("option", [ALONE, "--quiet"], ids=["alone", "with chairs"])
def test_a_cluster_goes_on_as_one_process_does_also_where_chairs_count(
    roster, cluster, tmp_path, option
):
    with roster.open(newline="") as file:
        rows = list(csv.DictReader(file))[:120]
    rows[7]["start"], rows[30]["start"] = "2027-03-01", "soon"
    changed = tmp_path / "changed.csv"
    with changed.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows([*rows[:50], *rows[60:]])
    workers = {"one": ("--jobs", "1"), "many": ("--dask", cluster.scheduler_address)}
    for name, where in workers.items():
        for rows_of, *more in ((roster, *MOMENT), (changed, "--resume", *LATER)):
            code, said = run(command(rows_of, tmp_path / name, *more, option, *where))
            assert code == SOME_REJECTED, said
    assert tree(tmp_path / "one") == tree(tmp_path / "many")


def test_a_cluster_without_workers_is_not_waited_for_without_end(roster, tmp_path):
    with LocalCluster(
        n_workers=0, dashboard_address=":0", host="127.0.0.1", protocol="tcp"
    ) as nobody:
        address = nobody.scheduler_address
        code, said = run(command(roster, tmp_path / "out", *MOMENT, "--dask", address), IMPATIENT)
    assert (code, said) == (
        2,
        f"error: --dask: the cluster at {address} has no worker, after 1 seconds\n"
        f"try: start a worker, then try again: dask worker {address}\n",
    )
    assert not (tmp_path / "out" / "manifest.csv").exists()


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "127.0.0.1:1", "nonsense://x"])
def test_where_no_scheduler_answers_it_says_so_within_seconds(roster, tmp_path, address):
    begin = time.monotonic()
    code, said = run(command(roster, tmp_path / "out", "--dask", address), IMPATIENT)
    assert code == 2
    first, second = said.splitlines()
    assert first.startswith(f"error: --dask: no Dask scheduler answers at {address}: ")
    assert second == "try: --dask tcp://host:8786"
    assert time.monotonic() - begin < 20


def test_without_dask_it_names_the_extra(roster, tmp_path):
    (tmp_path / "distributed.py").write_text("raise ImportError")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    assert run(
        command(roster, tmp_path / "out", "--dask", "tcp://127.0.0.1:1"),
        env={**os.environ, "PYTHONPATH": path},
    ) == (
        2,
        "error: --dask: needs the extra that brings Dask\ntry: pip install 'ketasched[dask]'\n",
    )
