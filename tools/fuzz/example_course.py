"""A course of three visits a week, in which people have addresses: for readers that need one."""

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from tests.conftest import ROOT

from ketasched.files.load import load_clinic, load_protocol
from ketasched.model import Course, Request
from ketasched.planning.planner import plan

ZONE = ZoneInfo("America/New_York")
MADE_AT = datetime(2026, 11, 23, 10, tzinfo=ZONE)
LATER = datetime(2026, 12, 8, 18, tzinfo=ZONE)
"""A moment at which some of its visits are over."""


@lru_cache
def example_course() -> Course:
    """The course, planned at `MADE_AT` at the example's clinic."""
    asked = Request(
        patient="P-1",
        start=date(2026, 12, 7),
        boosters=1,
        patient_email="ana@example.org",
        driver_name="Sam",
        driver_email="sam@example.org",
    )
    clinic = load_clinic(str(ROOT / "examples" / "clinic.toml"))
    return plan(load_protocol("iv-depression"), clinic, asked, made_at=MADE_AT)
