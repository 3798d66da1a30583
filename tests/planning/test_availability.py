"""The days of clinics that are kept for later patients."""

import gc
from dataclasses import replace
from datetime import UTC, date, datetime

from ketasched.files.load import builtin_clinic, load_protocol
from ketasched.model import Request
from ketasched.model.memo import clear_memos
from ketasched.planning.availability import MAX_CLINICS, DayAvailability
from ketasched.planning.planner import plan

MADE_AT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def planned_at_clinics(count: int) -> None:
    protocol, clinic = load_protocol("iv-depression"), builtin_clinic("America/New_York")
    for number in range(count):
        plan(
            protocol,
            replace(clinic, name=f"Clinic {number}"),
            Request(date(2027, 3, 8), patient="P-1"),
            made_at=MADE_AT,
        )


def days_in_memory() -> int:
    return sum(isinstance(one, DayAvailability) for one in gc.get_objects())


def test_the_days_of_many_clinics_take_no_more_memory_than_those_of_the_most_that_are_kept():
    clear_memos()
    gc.collect()
    gc.disable()  # it comes seldom in a `batch`
    try:
        planned_at_clinics(1)
        of_one = days_in_memory()
        planned_at_clinics(3 * MAX_CLINICS)
        assert 0 < days_in_memory() <= MAX_CLINICS * of_one
        clear_memos()
        assert days_in_memory() == 0
    finally:
        gc.enable()
