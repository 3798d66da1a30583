"""The shipped protocols: each number has a source beside it, and each plans in a plain clinic."""

import re

import pytest
from click.testing import CliRunner

from ketasched.cli import main
from ketasched.files.load import protocol_text, shipped_protocols
from tests.conftest import ROOT

PLAIN_CLINICS = {
    "built-in": (),
    "clinic init": ("--clinic", "clinic.toml"),
    "example": ("--clinic", str(ROOT / "examples" / "clinic.toml")),
}
"""Clinics that are open from Monday to Friday."""

STARTS = {
    "a Monday": "2027-01-04",
    "a Thursday": "2027-01-07",
    "a Saturday": "2027-06-05",
    "the week before Christmas": "2026-12-21",
    "the week in which the clocks go forward": "2027-03-10",
    "the week in which they go back": "2026-10-28",
}

WEEKEND = {("crps-10-days", where) for where in PLAIN_CLINICS}
"""Ten days running need a Saturday and a Sunday."""

ALL_DAY = {
    (name, "example")
    for name in ("crps-10-days", "crps-10-weekdays", "neuropathic-3-days", "pain-5-days")
}
"""Four hours and an observation need an opening without a break at noon."""


def typed(*arguments):
    return CliRunner().invoke(main, arguments, prog_name="ketasched")


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
@pytest.mark.parametrize("where", PLAIN_CLINICS)
@pytest.mark.parametrize("name", shipped_protocols())
def test_a_shipped_protocol_plans_in_a_plain_clinic_or_says_which_days_it_needs(
    name, where, start
):
    if where == "clinic init":
        typed("clinic", "init")
    options = "--start", start, "--made-at", "2026-10-01T10:00", *PLAIN_CLINICS[where]
    done = typed("plan", "--protocol", name, *options)
    if (name, where) not in WEEKEND | ALL_DAY:
        assert done.exit_code == 0, done.output
        return
    assert done.exit_code == 4
    reasons = done.output.partition("error: ")[2].splitlines()[1:4]
    said = "has 315 minutes" if (name, where) in ALL_DAY else "Sat,? .*not open on this weekday"
    assert any(re.search(rf"{said}.*\(open-hours\)$", reason) for reason in reasons)
    assert all(re.match(r"  (Mon|Tue|Wed|Thu|Fri|Sat|Sun)[ ,]", reason) for reason in reasons)


@pytest.mark.parametrize("name", shipped_protocols())
def test_a_shipped_protocol_has_nothing_that_a_check_would_find(name, tmp_path):
    path = tmp_path / f"{name}.toml"
    path.write_text(protocol_text(name), encoding="utf-8")
    done = typed("check", str(path))
    assert (done.exit_code, done.output) == (0, "")


NUMBERS = (
    *("minutes", "no_driving", "count", "per_week", "every_days", "gap_days", "span_days"),
    "within_days",
)


def unexplained(text):
    """The lines with a number of a protocol's file that have no comment on them, right above them
    or above their table.
    """
    above, of_table = "", False
    for line in text.splitlines():
        if line.startswith("["):
            of_table = above.startswith("#")
        elif line.split(" = ")[0] in NUMBERS and not (
            "#" in line or above.startswith("#") or of_table
        ):
            yield line
        above = line


@pytest.mark.parametrize("name", shipped_protocols())
def test_each_number_of_a_shipped_protocol_has_its_source_beside_it(name):
    assert list(unexplained(protocol_text(name))) == []


@pytest.mark.parametrize("name", shipped_protocols())
def test_no_shipped_protocol_says_a_dose(name):
    assert re.search(r"(?i)\d\s*(mg|mcg|µg|ml|units?)\b|mg/kg", protocol_text(name)) is None


def test_a_pace_and_a_visit_that_begin_with_an_example_are_marked():
    shown = typed("protocols", "show", "iv-depression").output
    assert "2 or 3 a week, usually 3*" in shown
    booster = shown.partition("visit booster")[2].splitlines()
    assert "  treatment 40 minutes*" in booster
    assert (
        "every 7 or 14 days, usually 7*"
        in typed("protocols", "show", "esketamine-us-label").output
    )


@pytest.mark.parametrize("name", ["oral-clinic-6", "sc-twice-weekly-8"])
def test_where_no_rule_for_driving_is_known_everybody_is_told_to_ask(name):
    shown = typed("plan", "--protocol", name, "--start", "2027-01-04").output
    assert "no driving: ask the clinic" in typed("protocols", "show", name).output
    assert "ask your clinic" in shown
