"""What people see of every shipped protocol, in every format; read the files as a calendar.

`pytest --update-golden` writes them anew.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ketasched.load import load_clinic, load_protocol, shipped_protocols
from ketasched.model import Hours, TimeRange
from ketasched.planner import plan
from ketasched.render import RENDERERS, View, render
from tests.conftest import MADE_AT, ROOT
from tests.nouns import request

GOLDEN = ROOT / "tests" / "golden"
EVERY_DAY = Hours(*[(TimeRange.read("08:00-18:00"),)] * 7)
MATRIX = [
    (name, form, audience)
    for name in shipped_protocols()
    for form in RENDERERS
    for audience in ("patient", "driver", "clinic")
    if form != "json" or audience == "patient"
]


ENDINGS = {"text": "txt", "month": "month.txt"}


def file_name(name, form, audience):
    return f"{name}.{audience}.{ENDINGS.get(form, form)}"


def course_of(name):
    """A course of this protocol at the example's clinic, with a booster where there can be one."""
    asked = load_protocol(name)
    clinic = load_clinic(str(ROOT / "examples" / "clinic.toml"))
    at = replace(clinic, hours=EVERY_DAY)
    wish = request(
        date(2026, 12, 7),
        patient="P-014",
        boosters=1 if asked.booster_phase else 0,
        driver_name="Sam Rivera" if name == "iv-ptsd" else "",
    )
    return plan(asked, at, wish, made_at=MADE_AT)


@pytest.mark.parametrize(
    ("name", "form", "audience"), MATRIX, ids=["-".join(row) for row in MATRIX]
)
def test_the_course_looks_as_it_did(name, form, audience, request):
    path = GOLDEN / file_name(name, form, audience)
    shown = render(course_of(name), form, View(audience)).encode()
    if request.config.getoption("--update-golden"):
        path.write_bytes(shown)
    assert path.read_bytes() == shown


def test_there_is_no_golden_file_of_something_that_is_gone():
    known = {file_name(*row) for row in MATRIX}
    assert {path.name for path in Path(GOLDEN).iterdir()} <= known
