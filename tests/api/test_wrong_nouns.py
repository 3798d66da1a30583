"""A function of the package that is given another noun says which one it takes."""

from collections.abc import Callable
from typing import Any

import pytest

import ketasched
from ketasched import Register
from ketasched.model import Course
from tests.support.nouns import clinic, request

AT = "2027-03-13T10:00"  # the clocks go forward that night
PROTOCOL = ketasched.load_protocol("kap-six")
NOUNS: dict[str, Any] = {
    "protocol": PROTOCOL,
    "clinic": clinic(id_salt="s"),
    "request": request(patient="P-1"),
}
OTHERS = [None, 5, "P-014", ["P-014"], NOUNS["request"]]
NAMES = ["None", "int", "str", "list", "Request"]


@pytest.fixture(scope="module")
def course() -> Course:
    return ketasched.plan(**NOUNS, made_at="2026-12-01T10:00")


@pytest.fixture
def register():
    with Register.open("book.db") as found:
        found.book(**NOUNS, made_at="2026-12-01T10:00")
        yield found


@pytest.mark.parametrize(("other", "name"), [*zip(OTHERS, NAMES, strict=True)], ids=NAMES)
@pytest.mark.parametrize("call", ["check", "render", "calendar", "write_folder", "suggest"])
def test_a_function_of_a_course_takes_nothing_else(call, other, name):
    more: dict[str, Any] = {"write_folder": {"folder": "out"}, "suggest": {"visit": 2, "at": AT}}
    with pytest.raises(TypeError, match=rf"^course: expected Course, not {name}$"):
        getattr(ketasched, call)(other, **more.get(call, {}))


@pytest.mark.parametrize("other", [None, 5, ketasched.load_protocol], ids=["None", "int", "call"])
@pytest.mark.parametrize("name", NOUNS)
@pytest.mark.parametrize("where", ["plan", "Register.book"])
def test_to_plan_takes_its_three_nouns(register, where, name, other):
    call = ketasched.plan if where == "plan" else register.book
    with pytest.raises(TypeError, match=rf"^{name}: expected {name.capitalize()}, not "):
        call(**{**NOUNS, name: other}, made_at=AT)


@pytest.mark.parametrize("other", [5, "riverbend", PROTOCOL], ids=["int", "str", "Protocol"])
def test_a_clinic_that_may_be_left_out_is_a_clinic_or_none(register, course, other):
    calls: list[Callable[[], object]] = [
        lambda: ketasched.revise(course, "defer", 2, to="2027-03-15", at=AT, clinic=other),
        lambda: register.course("P-1", at=AT, clinic=other),
        lambda: register.courses(clinic=other),
        lambda: register.day("2027-03-15", clinic=other),
    ]
    for call in calls:
        with pytest.raises(TypeError, match=r"^clinic: expected Clinic or None, not "):
            call()
    assert [one.patient for one in register.courses(clinic=None)] == ["P-1"]


def test_a_patient_is_a_reference_or_a_course(register):
    with pytest.raises(TypeError, match=r"^patient: expected str or Course, not None$"):
        register.revise(None, "defer", 2, to="2027-03-15", at=AT)
    assert register.course(register.course("P-1", at=AT), at=AT).patient == "P-1"


def test_a_verb_is_a_word_or_a_change(course):
    with pytest.raises(TypeError, match=r"^verb: expected str or Change, not int$"):
        ketasched.revise(course, 5, 2, at=AT)  # type: ignore[arg-type]
