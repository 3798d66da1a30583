"""Helpers to change a course, and to read what became of it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from ketasched.files.load import load_protocol
from ketasched.model import TAKES_PLACE, Change
from ketasched.planning.planner import plan
from ketasched.revising.revise import revise
from tests.conftest import MADE_AT
from tests.support.nouns import clinic, request

ZONE = ZoneInfo("America/New_York")


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def six(**more):
    """Six infusions, Mon 7, Wed 9, Fri 11, Mon 14, Wed 16 and Fri 18 December, two boosters."""
    asked = {"boosters": 2} | more
    at = asked.pop("at", None) or clinic()
    return plan(load_protocol("iv-depression"), at, request(**asked), made_at=MADE_AT)


def apply(course, verb, today="2026-12-01T12:00", why="a reason", **more):
    return revise(course, Change(verb, **more), at=moment(today), why=why)


def days(course, *statuses):
    return [
        f"{visit.start:%d %b}"
        for visit in course.visits
        if not statuses or visit.status in statuses
    ]


def moved_numbers(before, after):
    """The numbers before the change of the visits that have another start."""
    now = {visit.uid: visit.start for visit in after.visits}
    return [visit.number for visit in before.visits if now[visit.uid] != visit.start]


def visit_dates(course):
    return [visit.start.date() for visit in course.visits if visit.status in TAKES_PLACE]
