"""Many clinics on a cluster, one register: nothing is lost, whoever is killed.

That takes a while, so it is part of `make proof` alone; `make many-clinics` does it with 200
clinics, and measures.
"""

import pytest
from tools.many_clinics.proof import prove_nothing_lost
from tools.many_clinics.rosters import write_clinics, write_roster
from tools.many_clinics.runs import Run, cluster, disturb

from tests.conftest import IS_FULL

pytestmark = pytest.mark.skipif(not IS_FULL, reason="for make proof")
CLINICS, ROWS, EXPECTED = 6, 160, 120


def test_each_row_is_booked_once_while_workers_and_the_server_are_killed(server, tmp_path):
    clinics = write_clinics(tmp_path / "clinics", CLINICS)
    roster = write_roster(tmp_path / "roster.csv", clinics, ROWS)
    happened: list[str] = []
    run = Run(roster, server.new(), tmp_path / "out", shards=2)
    with cluster(2) as local:
        disturb(run, local, server, EXPECTED, happened.append)
    assert [line.partition(": ")[2] for line in happened[:-1]] == [
        "a worker is killed",
        "the server is killed, and started again",
        "a worker and the server are killed",
        "the run has ended, the server is started again: --resume",
    ]
    assert prove_nothing_lost(run)["rows"] == ROWS
