"""Clerks book where monitors and the prescriber are fewer than the chairs, and are killed.

`make proof` has sixteen of them; else it is fewer, in the same way. Plain SQL is the judge.
"""

import random
import time

import pytest

from tests.conftest import IS_FULL
from tests.register.clerks import MONITORS, SERVED, Clerk
from tests.register.inspection import (
    inspected,
    nobody_is_overbooked,
    none_is_lost,
    parts_are_as_in_the_courses,
    refusals_are_right,
)

CLERKS, SHARE = (16, 40) if IS_FULL else (5, 7)


@pytest.mark.parametrize(
    "killed", [0, 30 if IS_FULL else 3], ids=["who are left alone", "who are killed"]
)
def test_clerks_book_no_monitor_and_no_prescriber_who_is_taken(address, tmp_path, killed):
    total, drawn = CLERKS * SHARE, random.Random(5)
    clerks = [
        Clerk(number, SHARE, total, address, tmp_path, staffed=True) for number in range(CLERKS)
    ]
    at_work = {clerk: clerk.begun() for clerk in clerks}
    for _ in range(killed):
        time.sleep(drawn.uniform(0.1, 0.4))
        clerk = drawn.choice(clerks)
        at_work[clerk].kill()
        at_work[clerk].wait()
        at_work[clerk] = clerk.begun()
    for process in at_work.values():
        _, said = process.communicate(timeout=900)
        assert process.returncode == 0, said
    outcomes = none_is_lost(address, clerks)
    assert inspected(address)["courses"] == outcomes["booked"]
    assert outcomes["booked"] > total * 0.9  # so few monitors may not be enough for all
    assert nobody_is_overbooked(address) == {"monitor": MONITORS, "prescriber": SERVED}
    parts_are_as_in_the_courses(address)
    right = refusals_are_right(address, clerks)
    print(f"{outcomes}, {right} refusals made again")  # noqa: T201
