"""The course file is the plain form of the course, as `json.dumps` writes it."""

import json
from dataclasses import replace
from datetime import date

import pytest

from ketasched.events.view import View
from ketasched.files.codec import plain
from ketasched.files.load import load_protocol, shipped_protocols
from ketasched.model import Change, Clock, Course, Driver, Entry, Former
from ketasched.planning.planner import plan
from ketasched.render import render
from tests.conftest import MADE_AT
from tests.support.hostile import HOSTILE, clinic_saying
from tests.support.nouns import clinic, request


def plan_course(name: str, at, **asked) -> Course:
    protocol = load_protocol(name)
    boosters = 2 if protocol.booster_phase else 0
    return plan(protocol, at, request(boosters=boosters, **asked), made_at=MADE_AT)


def as_the_library_writes(course: Course) -> str:
    return json.dumps(plain(course), ensure_ascii=False, indent=2) + "\n"


@pytest.mark.parametrize("name", shipped_protocols())
def test_the_course_file_of_each_protocol(name):
    course = plan_course(name, clinic("mon tue wed thu fri sat sun"), time=Clock(600))
    assert render(course, "json", View("patient")) == as_the_library_writes(course)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_the_course_file_with_hostile_text(text):
    course = plan_course(
        "iv-depression", clinic(**clinic_saying(text)), driver_name=text, patient=text
    )
    assert render(course, "json", View("driver")) == as_the_library_writes(course)


def test_the_course_file_of_a_course_with_a_history():
    course = plan_course("iv-ptsd", clinic(), driver_name="Sam")
    change = Change("driver", visit=1, on=date(2027, 1, 1), driver=Driver("Ö"), make_up=True)
    former = Former(course.visits[0].uid, course.visits[0].start)
    entry = Entry(MADE_AT, "changed", change=change, changed=("a", "b"), former=(former,))
    revised = replace(course, revision=2, history=(*course.history, entry))
    assert render(revised, "json", View("clinic")) == as_the_library_writes(revised)
