"""The reader of what people type: the options of `plan`, and those of a verb of `revise`."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ketasched.errors import BadFile
from ketasched.files.change_parsing import read_change
from ketasched.files.request_parsing import request
from ketasched.planning.planner import plan
from ketasched.revising.revise import revise
from tools.fuzz.example_course import LATER, MADE_AT, ZONE, example_course

TYPED: tuple[Mapping[str, Any], ...] = (
    {"start": "7 Dec 2026", "patient": "P-014", "time": "2pm", "days": "mon,wed,fri"},
    {"start": "12/8/2026", "date_order": "mdy", "per_week": 2, "between": "8am-12:30"},
    {"start": "2026-12-07", "unavailable": "24 Dec 2026 to 1 Jan 2027; 2026-12-28..2026-12-30"},
    {"start": "2026-11-24", "prior": ["2026-11-20", "18 Nov 2026"], "boosters": 2},
    {"start": "2026-12-07", "born": "1 May 1980", "cleared_by": "Dr. Lee", "latest_start": ""},
    {"start": "Mon, Dec 7, 2026", "recorded": "rems-enrolment 2026-11-20 Dr. Lee"},
    {"start": "07-Dec-2026", "authorised": ["8 from 2026-12-01 until 2027-02-28"]},
    {"start": "2026-12-07", "driver": ["Ana Lima, +1 555 0134, mon fri", "Sam"]},
    {"start": "2026-12-07", "patient_email": "ana@example.org", "reminders": True},
    {"start": "2026-12-07", "language": "es", "driver_language": "French"},
    {"verb": "defer", "visit": 3, "to": "2026-12-14T13:30", "scope": "rest"},
    {"verb": "defer", "visit": "4", "by": "2"},
    {"verb": "complete", "visit": 1, "on": "8 Dec 2026 2pm", "time": "14:00"},
    {"verb": "miss", "visit": 1, "make_up": True},
    {"verb": "driver", "visit": "3-5,6", "name": "Sam", "phone": "555", "email": "s@example.org"},
    {"verb": "driver", "visit": "mon,fri", "clear": True},
    {"verb": "wishes", "days": "Mon-Thu", "unavailable": "24 Dec 2026", "between": "none"},
    {"verb": "authorise", "sessions": ["none", "8 from 2026-12-01 until 2027-02-28"]},
    {"verb": "clear", "by": "Dr. Lee", "on": "1 Dec 2026", "what": "clearance"},
    {"verb": "booster", "on": "2027-01-20"},
    {"verb": "cease", "after": "4"},
)
"""What people type, by option."""


def read_typed(data: bytes) -> None:
    """What somebody types for `plan`, or, with a verb, for `revise`; it is done."""
    typed = _json(data)
    course = example_course()
    if "verb" not in typed:
        plan(course.protocol, course.clinic, request(**typed), made_at=MADE_AT)
        return
    verb, visit = str(typed.pop("verb")), typed.pop("visit", None)
    change = read_change(verb, visit, typed, zone=ZONE, today=LATER.date())
    revise(course, change, at=LATER, why="because")


def typed_seeds() -> Iterator[str]:
    """What people can type, as JSON by option."""
    return (json.dumps(one) for one in TYPED)


def _json(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise BadFile("typed: no JSON") from None
    if not isinstance(found, dict):
        raise BadFile("typed: no table")
    return found
