"""What people see of every shipped protocol and of a clinic's day, in every format; read the files
as a calendar.

`pytest --update-golden` writes them anew.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from ketasched.cli import main
from ketasched.events.view import View
from ketasched.files.load import load_clinic, load_protocol, shipped_protocols
from ketasched.model import WEEKDAYS, TimeRange
from ketasched.planning.planner import plan
from ketasched.render import RENDERERS, render
from ketasched.render.day_sheet.forms import FORMS
from tests.conftest import MADE_AT, ROOT
from tests.support.nouns import hours_of, request

GOLDEN = ROOT / "tests" / "whole" / "golden"
EVERY_DAY = hours_of(dict.fromkeys(WEEKDAYS, (TimeRange.read("08:00-18:00"),)))
TRANSFERRED = "transferred"
"""A course after three infusions elsewhere, in place of a protocol's name."""

SAME_FOR_EVERY_VIEW = "json", "fhir"
FHIR_NAMES = "kap-six", "iv-home-tablets", TRANSFERRED
"""Courses with all that a Bundle can have; the others are long, and like these."""

MATRIX = [
    (name, form, audience)
    for name in (*shipped_protocols(), TRANSFERRED)
    for form in RENDERERS
    for audience in ("patient", "driver", "clinic")
    if form not in SAME_FOR_EVERY_VIEW or audience == "patient"
    if form != "fhir" or name in FHIR_NAMES
]


ENDINGS = {"text": "txt", "month": "month.txt", "fhir": "fhir.json"}


DAY = "2026-12-14"
"""A day of the small register on which much has to be known of the visits."""


def file_name(name, form, audience):
    return f"{name}.{audience}.{ENDINGS.get(form, form)}"


def course_of(name):
    """A course of this protocol at the example's clinic, with a booster where there can be one."""
    is_transferred = name == TRANSFERRED
    asked = load_protocol("iv-depression-gated" if is_transferred else name)
    clinic = load_clinic(str(ROOT / "examples" / "clinic.toml"))
    at = replace(clinic, hours=EVERY_DAY)
    wish = request(
        date(2026, 12, 7),
        patient="P-014",
        boosters=1 if asked.booster_phase else 0,
        driver_name="Sam Rivera" if name == "iv-ptsd" else "",
        prior=(date(2026, 11, 16), date(2026, 11, 18), date(2026, 11, 20))[: 3 * is_transferred],
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


@pytest.fixture(scope="module")
def register(tmp_path_factory) -> str:
    """A small register: the example roster, and some who have been called since."""
    path = str(tmp_path_factory.mktemp("register") / "book.db")
    clinic, roster = (str(ROOT / "examples" / name) for name in ("clinic.toml", "roster.csv"))
    at = "--made-at", "2026-11-23T10:00", "--clinic", clinic, "--register", path
    typed("batch", roster, "--format", "ndjson", "--quiet", *at)
    for patient, start, *more in (
        ("P-014", "2026-12-07", "--driver-name", "Zoë & Søn <Taxi>", "--driver-phone", "555 0142"),
        ("P-021", "2026-12-02"),
        ("P-020", "2026-12-07", "--protocol", "iv-depression-gated"),
    ):
        typed("plan", "--patient", patient, "--start", start, *more, *at)
    change = "--reason", "snow", "--today", "2026-12-07", "--register", path
    typed("revise", "P-014", "defer", "3", "--to", DAY, *change)
    return path


def typed(*arguments: str) -> str:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code in (0, 5), done.output
    return done.stdout


@pytest.mark.parametrize("form", FORMS)
def test_the_day_looks_as_it_did(form, register, request):
    path = GOLDEN / f"day.{ENDINGS.get(form, form)}"
    shown = typed("day", DAY, "--format", form, "--register", register).encode()
    if request.config.getoption("--update-golden"):
        path.write_bytes(shown)
    assert path.read_bytes() == shown


def test_there_is_no_golden_file_of_something_that_is_gone():
    known = {file_name(*row) for row in MATRIX}
    known |= {f"day.{ENDINGS.get(form, form)}" for form in FORMS}
    assert {path.name for path in Path(GOLDEN).iterdir()} <= known
