"""Clerks book into four chairs at once, are killed, and have their server restarted.

`make proof` has sixteen of them book 2,000 courses; else it is fewer, in the same way.
"""

import random
import time
from pathlib import Path

from tests.conftest import IS_FULL
from tests.register.clerks import Clerk
from tests.register.inspection import inspected, none_is_lost, refusals_are_right
from tests.support.forked import Forked

CLERKS, SHARE, KILLED = (16, 125, 60) if IS_FULL else (5, 10, 4)


def hired(address: str, folder: Path) -> list[Clerk]:
    return [Clerk(number, SHARE, CLERKS * SHARE, address, folder) for number in range(CLERKS)]


def done(process: Forked) -> None:
    _, said = process.communicate(timeout=900)
    assert process.returncode == 0, said


def looked_at(address: str, clerks: list[Clerk], begun: float) -> None:
    seconds = time.monotonic() - begun
    outcomes = none_is_lost(address, clerks)
    found = inspected(address)
    assert found["courses"] == outcomes["booked"] == CLERKS * SHARE
    right = refusals_are_right(address, clerks)
    print(f"{found}, {outcomes}, {right} refusals made again, {seconds:.1f} s")  # noqa: T201


def test_nobody_gets_a_chair_that_is_taken_and_no_course_is_lost(address, tmp_path):
    clerks, begun = hired(address, tmp_path), time.monotonic()
    processes = [clerk.begun() for clerk in clerks]
    for process in processes:
        done(process)
    looked_at(address, clerks, begun)


def test_it_stays_so_while_clerks_are_killed_at_any_moment(address, tmp_path):
    clerks, begun, drawn = hired(address, tmp_path), time.monotonic(), random.Random(4)
    at_work = {clerk: clerk.begun() for clerk in clerks}
    killed = 0
    while at_work:
        time.sleep(drawn.uniform(0.1, 0.4))
        for clerk, process in list(at_work.items()):
            if process.poll() == 0:
                del at_work[clerk]
        if killed < KILLED and at_work:
            clerk = drawn.choice(list(at_work))
            at_work[clerk].kill()
            at_work[clerk].wait()
            at_work[clerk] = clerk.begun()
            killed += 1
        elif killed == KILLED:
            for process in at_work.values():
                done(process)
            at_work.clear()
    assert killed
    looked_at(address, clerks, begun)


def test_it_stays_so_while_the_server_is_restarted(server, tmp_path):
    address = server.new()
    clerks, begun = hired(address, tmp_path), time.monotonic()
    processes = [clerk.begun() for clerk in clerks]
    for number in (1, 2, 3):
        # A clerk who has not opened the register yet finds no server, and that is an error.
        while (
            not all(clerk.path.exists() for clerk in clerks)
            or sum(len(clerk.did()) for clerk in clerks) < number * CLERKS * SHARE / 5
        ):
            assert any(process.poll() is None for process in processes)
            time.sleep(0.05)
        server.restart()
    for process in processes:
        done(process)
    looked_at(address, clerks, begun)
