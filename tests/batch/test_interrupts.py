"""Ctrl-C, pressed again and again: the run ends soon, nothing is half done, and it goes on."""

import itertools
import sys
from pathlib import Path

import pytest

from tests.support.batches import batch, begun, clinic_file, roster_file, rows_of, tree
from tests.support.ctrl_c import lingering, press_ctrl_c

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such signals")

STOPPED = ["error: stopped; what is done is kept", "try: the same with --resume, to go on"]
SOON = 15
"""Seconds, on a busy machine; the run itself takes far longer than a signal."""

WHERE = {
    "before the first row": "ketasched.cli.roster_options.read_roster",
    "while the workers begin": "ketasched.batch.executors._begin_worker",
    "while a worker writes": "ketasched.batch.worker.write_patient_folder",
    "while the manifest is written": "ketasched.batch.manifest.append",
    "while the run is finished": "ketasched.batch.runner.publish_changes",
    "while the summary is written": "ketasched.cli.batch.say_summary",
}


@pytest.fixture
def asked() -> list[str]:
    roster_file(rows_of(80))
    return ["roster.csv", "-o", "out", "--clinic", clinic_file(), "--format", "json"]


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("where", WHERE.values(), ids=WHERE)
def test_ctrl_c_many_times_ends_a_run_that_can_go_on(asked, where, jobs):
    if jobs == "1" and where.endswith("_begin_worker"):
        pytest.skip("one job has no workers")
    run = begun(*asked, "--jobs", jobs, constants=lingering(where))
    press_ctrl_c(run)
    _, said = run.communicate(timeout=SOON)
    assert (run.returncode, said.splitlines()) == (130, STOPPED)
    batch(*asked, "--resume")
    batch(*asked[:1], "-o", "fresh", *asked[3:])
    assert tree() == tree("fresh")


def test_ctrl_c_ends_the_search_for_the_best_joint_plan(asked):
    """The solver is at work for a second: it must not keep Ctrl-C to itself."""
    days = itertools.cycle(("", "mon;wed;fri", "tue;thu", "mon;thu"))
    more = {"latest_start": "2027-05-14"}
    asks = [row | {"days": next(days), **more} for row in rows_of(100)]
    roster_file(row | {"start": f"2027-04-{5 + at % 12:02}"} for at, row in enumerate(asks))
    clinic_file(more="chairs = 2", hours="09:00-13:00")
    solver = lingering("ketasched.together.selection._StopAtBound", waits=False)
    run = begun(*asked, "--together", "--jobs", "1", constants=solver)
    press_ctrl_c(run)
    _, said = run.communicate(timeout=SOON)
    assert (run.returncode, said.splitlines()) == (130, STOPPED)
    assert not list(Path("out").glob("P-*"))
