"""All that people read has the clock and the dates of the clinic's file."""

import re
import shutil
from pathlib import Path

import pytest

from tests.support.commands import CALLS, prepare
from tests.support.transcript import run

US = 'clock = "12h"\ndates = "us"\ndate_order = "mdy"\n'

MONTH = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
FOREIGN = re.compile(rf"\b\d\d? (?:{MONTH})\b|(?<![\w:.-])[012]\d:[0-5]\d(?![\w:]| [AP]M)")
"""A date with its day first, or a time of the 24-hour clock."""

FOR_PROGRAMS = re.compile(r'^try: .*|\bketasched .*|"[^"\n]*"|\d{4}-\d\d-\d\dT\S+', re.MULTILINE)
"""What is typed or read by programs: commands, values, ISO 8601."""

NOT_FOR_PEOPLE = {
    **dict.fromkeys(("batch", "register export"), "JSON, one value a line"),
    **dict.fromkeys(("protocols list", "protocols show", "schema"), "of no clinic"),
    **dict.fromkeys(("clinic init", "clinic show", "doctor"), "what a file says"),
}


@pytest.fixture
def environment(monkeypatch):
    for name, value in prepare(US).items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("words", [words for words in CALLS if words not in NOT_FOR_PEOPLE])
def test_every_command_prints_dates_and_times_as_its_clinic_reads_them(words):
    said = FOR_PROGRAMS.sub("", run(CALLS[words]))
    assert FOREIGN.findall(said) == []


def unfolded(said: str) -> str:
    """The lines of a calendar whole, and the spaces of a page's dates as spaces."""
    return said.replace("\n ", "").replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("form", ["text", "html", "month", "ics"])
@pytest.mark.parametrize("audience", ["patient", "driver", "clinic"])
def test_every_page_and_calendar_has_them(form, audience):
    run("revise courses/P defer 3 --by 3 --reason snow --today 2026-12-08")
    shown = unfolded(run(f"show courses/P --for {audience} --format {form}"))
    assert FOREIGN.findall(FOR_PROGRAMS.sub("", shown)) == []
    assert re.search(r"\b9:00 AM|December 2026", shown)


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("form", ["text", "html", "ics"])
def test_so_has_the_day_sheet(form):
    shown = unfolded(run(f"day 2026-12-07 --format {form}"))
    assert FOREIGN.findall(FOR_PROGRAMS.sub("", shown)) == []
    assert "AM" in shown


@pytest.mark.usefixtures("environment")
def test_what_programs_read_stays_as_it_is():
    json, csv = run("day 2026-12-07 --format json"), run("day 2026-12-07 --format csv")
    assert "2026-12-07T09:00:00-05:00" in json
    assert "2026-12-07,09:00," in csv
    assert "AM" not in json + csv


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("order", ["mdy", "dmy"])
def test_a_date_of_numbers_is_in_the_order_of_the_clinics_file(order):
    text = Path("clinic.toml").read_text(encoding="utf-8")
    Path("clinic.toml").write_text(text.replace('"mdy"', f'"{order}"'), encoding="utf-8")
    first = {"mdy": "Mon, Jan 4, 2027", "dmy": "Thu, Apr 1, 2027"}[order]
    made = "--made-at 2026-11-23T10:00"
    assert f": {first} to" in run(f"plan --patient Z --start 01/04/2027 {made} --dry-run")
    Path("roster.csv").write_text("patient,start\nR-1,01/04/2027\n", encoding="utf-8")
    day = {"mdy": "2027-01-04", "dmy": "2027-04-01"}[order]
    (course,) = run(f"batch roster.csv --format ndjson --jobs 1 {made} --quiet").splitlines()
    assert f'"start":"{day}' in course
    assert run("check roster.csv") == ""


WITH_DATES = [words for words, call in CALLS.items() if re.search(r" \d{4}-\d\d-\d\d\b", call)]


@pytest.mark.parametrize("words", WITH_DATES)
def test_every_command_reads_dates_in_that_order(words, monkeypatch):
    slashed = re.sub(r" (\d{4})-(\d\d)-(\d\d)\b(?!T)", r" \2/\3/\1", CALLS[words])
    assert slashed != CALLS[words]
    for name, value in prepare(US).items():
        monkeypatch.setenv(name, value)
    expected = run(CALLS[words])
    for folder in ("out", "courses", "outbox", "feeds"):
        shutil.rmtree(folder, ignore_errors=True)
    prepare(US)
    shown = run(slashed)  # next steps repeat what was typed
    assert re.sub(r"\b(\d\d)/(\d\d)/(\d{4})\b", r"\3-\1-\2", shown) == expected


@pytest.mark.usefixtures("environment")
def test_a_day_may_be_called_by_a_word():
    now = "--today 2026-12-06"
    assert run(f"day tomorrow {now}") == run(f"day 2026-12-07 {now}")
    assert run(f"day today {now}") == run(f"day {now}")


@pytest.mark.parametrize(
    ("country", "keys"),
    [
        ("US", 'clock = "12h" dates = "us" date_order = "mdy" week_begins = "sun"'),
        ("gb", 'clock = "24h" dates = "intl" date_order = "dmy" week_begins = "mon"'),
        ("CA", 'clock = "12h" dates = "intl" # date_order = "dmy" week_begins = "sun"'),
        ("JP", 'clock = "24h" dates = "intl" # date_order = "dmy" week_begins = "sun"'),
    ],
)
def test_a_new_clinic_file_has_the_customs_of_its_country(country, keys):
    run(f"clinic init --country {country}")
    lines = Path("clinic.toml").read_text(encoding="utf-8").splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith("clock"))
    said = [re.sub(r"\s+# .*", "", line) for line in lines[begin : begin + 4]]
    assert " ".join(said) == keys
    assert run("check clinic.toml").count("error") == 0


def test_without_a_country_it_is_the_one_of_the_machines_zone():
    run("clinic init")  # in New York
    assert 'dates = "us"' in Path("clinic.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("country", ["USA", "XX", "'New York'"])
def test_an_unknown_country_is_refused(country):
    said = run(f"clinic init --country {country}")
    assert "error: --country: expected the code of a country, of two letters" in said
    assert not Path("clinic.toml").exists()


@pytest.mark.usefixtures("environment")
def test_a_time_is_put_into_the_clinics_style_once():
    run("plan --patient N --start 2026-12-07 --time 14:30 --made-at 2026-11-23T10:00 --register")
    for command in ("drivers --next 30d", "suggest N 3", "revise N defer 3 --by 3 --reason snow"):
        said = run(f"{command} --today 2026-12-08")
        assert "2:30 PM" in said
        assert not re.search("[AP]M [AP]M", said)


@pytest.mark.usefixtures("environment")
def test_what_people_wrote_stays_as_they_wrote_it():
    phone = "--patient-phone '555 0100 x 14:30'"
    run(f"plan --patient N --start 2026-12-07 {phone} --made-at 2026-11-23T10:00 --register")
    assert "555 0100 x 14:30" in run("drivers --next 30d --today 2026-12-01")


@pytest.mark.usefixtures("environment")
def test_a_suggestion_fits_a_terminal():
    lines = run("suggest courses/P 3 --today 2026-12-08").splitlines()
    assert any(line.startswith("  ") for line in lines)
    assert all(len(line) <= 100 for line in lines)
