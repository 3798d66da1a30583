"""Request fields: how the text of an option or of a roster's cell is read, or refused."""

import dataclasses
import re
import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketasched.errors import BadRequest
from ketasched.files.request_parsing import REQUEST_FIELDS, read_request, spelled_date
from ketasched.model import WEEKDAYS, Clock, DateRange, Request, TimeRange
from ketasched.model.identifiers import read_reference
from ketasched.model.values import Record

MONDAY = date(2026, 12, 7)


def shown(value: object) -> str:
    """A value as the id of a case: short, printable, never empty."""
    return ascii(value).strip("'")[:40] or "empty"


# --- dates -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-07",
        "7 Dec 2026",
        "07 dec 2026",
        "7 December 2026",
        "7th December 2026",
        "7 Dec. 2026",
        "Dec 7 2026",
        "Dec. 7, 2026",
        "DECEMBER 7, 2026",
        "December 7th, 2026",
        "Mon 7 Dec 2026",
        "Mon, 7 Dec 2026",
        "Mon. 7 Dec 2026",
        "Monday, December 7, 2026",
        "  7   Dec  2026\t",
    ],
    ids=shown,
)
def test_a_date_is_read_as_people_write_it(text):
    assert spelled_date(text) == MONDAY


@pytest.mark.parametrize("order", [None, "mdy", "dmy"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2028-02-29", date(2028, 2, 29)),
        ("29 Feb 2028", date(2028, 2, 29)),
        ("Sept 5 2027", date(2027, 9, 5)),
        ("1st May 2027", date(2027, 5, 1)),
        ("2nd Mar 2027", date(2027, 3, 2)),
        ("23rd June 2027", date(2027, 6, 23)),
        ("12 Dec 2012", date(2012, 12, 12)),
        ("1900-01-01", date(1900, 1, 1)),
        ("31 Dec 2199", date(2199, 12, 31)),
    ],
    ids=shown,
)
def test_the_date_order_does_not_matter_for_a_date_in_words(text, expected, order):
    assert spelled_date(text, order) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Tue 7 Dec 2026", "that day is a Monday"),
        ("Sunday, December 7, 2026", "is a Monday"),
        ("2027-02-30", "is no date"),
        ("30 Feb 2027", "is no date"),
        ("29 Feb 2027", "is no date"),
        ("2027-02-29", "is no date"),
        ("31 Apr 2027", "is no date"),
        ("0 Dec 2026", "is no date"),
        ("32 Dec 2026", "is no date"),
        ("2026-13-01", "is no date"),
        ("2026-00-01", "is no date"),
        ("0000-01-01", "is no date"),
        ("1899-12-31", "outside 1900–2199"),
        ("31 Dec 1899", "outside 1900–2199"),
        ("2200-01-01", "outside 1900–2199"),
        ("1 Jan 2200", "outside 1900–2199"),
        ("9999-12-31", "outside 1900–2199"),
        ("Decoy 7 2026", "is no date"),
        ("", "expected a date"),
        ("today", "expected a date"),
        ("7 Dec", "expected a date"),
        ("Dec 2026", "expected a date"),
        ("7 Dec 26", "expected a date"),
        ("7Dec2026", "expected a date"),
        ("20261207", "expected a date"),
        ("2026-12-7", "expected a date"),
        ("2026/12/07", "expected a date"),
        ("03/04/27", "expected a date"),
        ("3/4-2027", "expected a date"),
        ("2026-12-07T09:00", "expected a date"),
        ("2026-12-07 or so", "expected a date"),
        ("7 Dec 2026 09:00", "expected a date"),
        ("٢٠٢٦-١٢-٠٧", "expected a date"),
        ("2026\u201312\u201307", "expected a date"),
        ("7 Dec 2026\0", "expected a date"),
        ("7" * 5000, "expected a date"),
        pytest.param("7 Dec 0026", "outside"),
        pytest.param("Feb 2, 0099", "outside"),
    ],
    ids=shown,
)
def test_a_text_that_is_no_date_is_refused(text, said):
    with pytest.raises(ValueError, match=re.escape(said)) as caught:
        spelled_date(text)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("text", ["03/04/2027", "3/4/2027", "03-04-2027", "03.04.2027"])
def test_an_ambiguous_date_needs_a_date_order(text):
    with pytest.raises(ValueError, match="or say --date-order"):
        spelled_date(text)
    assert spelled_date(text, "mdy") == date(2027, 3, 4)
    assert spelled_date(text, "dmy") == date(2027, 4, 3)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("13/04/2027", "mdy"),
        ("04/13/2027", "dmy"),
        ("30/02/2027", "dmy"),
        ("02/29/2027", "mdy"),
        ("00/04/2027", "dmy"),
        ("03/04/1899", "dmy"),
        ("03/04/2200", "mdy"),
    ],
)
def test_an_invalid_date_is_not_read_in_the_other_order(text, order):
    with pytest.raises(ValueError, match=f"read as {order}"):
        spelled_date(text, order)


DATES = st.dates(date(1900, 1, 1), date(2199, 12, 31))


@given(DATES, st.sampled_from(["%a ", "%A, ", ""]), st.sampled_from(["%d %b", "%B %d,"]))
def test_every_spelling_of_every_date_is_read(day, weekday, rest):
    assert spelled_date(day.isoformat()) == day
    assert spelled_date(f"{day:{weekday}{rest}} {day.year}") == day
    assert spelled_date(f"{day:%m/%d}/{day.year}", "mdy") == day
    assert spelled_date(f"{day:%d.%m}.{day.year}", "dmy") == day


@given(DATES, st.sampled_from(WEEKDAYS))
def test_a_weekday_must_be_that_of_the_date(day, weekday):
    text = f"{weekday} {day.day} {day:%b} {day.year}"
    if WEEKDAYS[day.weekday()] == weekday:
        assert spelled_date(text) == day
    else:
        with pytest.raises(ValueError, match="that day is a"):
            spelled_date(text)


# --- patient references ------------------------------------------------------------------------

DEVICES = ["CON", "con", "Nul", "prn.txt", "aux.tar.gz", "con .txt", "COM1", "lpt9.x", "COM¹"]
TAKEN = [*DEVICES, "conin$", "rides", "RIDES", "rides.ics", "manifest", "rejects"]


@pytest.mark.parametrize(
    "text",
    [
        "P-014",
        "007",
        "NA",
        "null",
        "None",
        "nan",
        "true",
        "1e3",
        "O'Neil",
        "Ann Lee",
        "a..b",
        "a.b",
        "日本",
        "Zoë",
        "conx",
        "com10",
        "rides2",
        "my-rides",
        "x" * 80,
        "é" * 40,
    ],
    ids=shown,
)
def test_a_patient_reference_stays_as_it_is_written(text):
    assert read_reference(text) == text
    assert read_request({"patient": text, "start": "2026-12-07"}).patient == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a/b", "cannot have / in it"),
        ("/etc/passwd", "cannot have / in it"),
        ("a\\b", "cannot have \\ in it"),
        ("..", "cannot be a file's name"),
        (".", "cannot be a file's name"),
        ("../up", "cannot have / in it"),
        (".hidden", "cannot be a file's name"),
        ("ends.", "cannot be a file's name"),
        (" a", "cannot be a file's name"),
        ("a ", "cannot be a file's name"),
        ("", "cannot be a file's name"),
        (" ", "cannot be a file's name"),
        ("a\nb", "cannot have U+000A in it"),
        ("a\r", "cannot have U+000D in it"),
        ("a\tb", "cannot have U+0009 in it"),
        ("a\0b", "cannot have U+0000 in it"),
        ("\x1b[31m", "cannot have U+001B in it"),
        ("a\x7f", "cannot have U+007F in it"),
        ("a\u200bb", "cannot have U+200B in it"),
        ("a\u202eb", "cannot have U+202E in it"),
        ("a\u2028b", "cannot have U+2028 in it"),
        ("a\u00a0b", "cannot have U+00A0 in it"),
        ("\ud800", "cannot have U+D800 in it"),
        *((f"a{sign}b", f"cannot have {sign} in it") for sign in ':*?"<>|'),
        ("x" * 81, "at most 80 bytes, not 81"),
        ("x" * 300, "at most 80 bytes, not 300"),
        ("é" * 41, "at most 80 bytes, not 82"),
        *((name, "is a name that is taken") for name in TAKEN),
    ],
    ids=shown,
)
def test_a_patient_reference_that_is_no_file_name_is_refused(text, said):
    with pytest.raises(ValueError, match=re.escape(said)) as caught:
        read_reference(text)
    assert str(caught.value).isprintable()


@given(st.text() | st.text("./\\ aux:CON1\0\n", max_size=6))
def test_a_patient_reference_is_a_plain_file_name_or_refused(tmp_path_factory, text):
    try:
        name = read_reference(text)
    except ValueError:
        return
    folder = tmp_path_factory.getbasetemp()
    path = folder / f"{name}.ics"
    path.touch()
    assert path.parent == folder
    assert path.resolve().name == f"{name}.ics"
    path.unlink()


@given(st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=12))
def test_letters_digits_and_hyphens_are_a_reference_unless_the_name_is_taken(text):
    taken = ("con", "prn", "aux", "nul", "com", "lpt", "rides", "manifest", "rejects")
    if not text.lower().startswith(taken):
        assert read_reference(text) == text


# --- all that can be asked ---------------------------------------------------------------------


def test_the_table_has_every_field_of_the_request():
    from_calendars = {"busy"}
    fields = {one.name for one in dataclasses.fields(Request)}
    assert set(REQUEST_FIELDS) == fields - from_calendars


@pytest.mark.parametrize("name", REQUEST_FIELDS)
def test_every_field_has_a_help_text(name):
    column = REQUEST_FIELDS[name]
    assert column.help.endswith(".")
    assert column.metavar == column.metavar.upper()


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("latest_start", "Mon 7 Dec 2026", MONDAY),
        ("born", "29 Feb 2008", date(2008, 2, 29)),
        ("cleared_on", "2026-12-07", MONDAY),
        ("per_week", "3", 3),
        ("per_week", " 3 ", 3),
        ("every_days", "14", 14),
        ("booster_every", "007", 7),
        ("boosters", "0", 0),
        ("boosters", "12", 12),
        ("time", "8:30", Clock(510)),
        ("time", "00:00", Clock(0)),
        ("time", " 23:59 ", Clock(1439)),
        ("between", "08:00-12:00", TimeRange(480, 720)),
        ("between", "8:00 - 24:00", TimeRange(480, 1440)),
        ("days", ("mon,wed,fri",), ("mon", "wed", "fri")),
        ("days", ("Friday, MON",), ("mon", "fri")),
        ("days", ("fri", "mon", "mon,tues"), ("mon", "tue", "fri")),
        ("unavailable", ("2026-12-07",), (DateRange(MONDAY, MONDAY),)),
        (
            "unavailable",
            ("2026-12-24", "2026-12-28..2027-01-01"),
            (
                DateRange(date(2026, 12, 24), date(2026, 12, 24)),
                DateRange(date(2026, 12, 28), date(2027, 1, 1)),
            ),
        ),
        (
            "unavailable",
            ("28 Dec 2026 .. Jan 1, 2027",),
            (DateRange(date(2026, 12, 28), date(2027, 1, 1)),),
        ),
        ("unavailable", ("2026-12-07..2026-12-07",), (DateRange(MONDAY, MONDAY),)),
        ("cleared_by", "  Dr. Zoë Lee ", "Dr. Zoë Lee"),
        ("cleared_by", "NA", "NA"),
        (
            "recorded",
            (" rems-enrolment 2026-11-20  Dr. Zoë Lee ",),
            (Record("rems-enrolment", date(2026, 11, 20), "Dr. Zoë Lee"),),
        ),
        ("cleared_by", "null", "null"),
        ("driver_name", "007", "007"),
    ],
    ids=shown,
)
def test_a_value_is_read_as_it_is_meant(name, text, expected):
    found = read_request({"start": "2026-12-07", name: text})
    assert found == Request(**{"start": MONDAY, name: expected})


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("start", "soon", "expected a date"),
        ("start", "03/04/2027", "--date-order"),
        ("born", "30 Feb 2000", "is no date"),
        ("patient", "a/b", "cannot have /"),
        ("per_week", "0", "expected 1 or more, not 0"),
        ("per_week", "-1", "expected 1 or more, not -1"),
        ("per_week", "3.0", "expected a whole number"),
        ("per_week", "three", "expected a whole number"),
        ("per_week", "", "expected a whole number"),
        ("per_week", "1e1", "expected a whole number"),
        ("per_week", "1_0", "expected a whole number"),
        ("per_week", "+3", "expected a whole number"),
        ("every_days", "٣", "expected a whole number"),
        ("booster_every", "0", "expected 1 or more"),
        ("boosters", "9" * 5000, "expected a whole number"),
        ("boosters", "0x10", "expected a whole number"),
        ("time", "24:00", "expected a clock time"),
        ("time", "08:60", "expected a clock time"),
        ("time", "9am", "expected a clock time"),
        ("time", "", "expected a clock time"),
        ("between", "12:00-08:00", "ends before it starts"),
        ("between", "08:00-08:00", "ends before it starts"),
        ("between", "08:00", "expected times"),
        ("between", "08:00-24:01", "expected a clock time"),
        ("days", ("mon-fri",), "expected weekdays"),
        ("days", ("mon,",), "expected weekdays"),
        ("days", ("",), "expected weekdays"),
        ("days", ("mon wed",), "expected weekdays"),
        ("days", ("mo",), "expected weekdays"),
        ("days", ("mon", "someday"), 'not "someday"'),
        pytest.param(
            *("days", ("monthly",), "expected weekdays"),
        ),
        pytest.param(
            *("days", ("sunrise",), "expected weekdays"),
        ),
        ("unavailable", ("2027-01-01..2026-12-28",), "is backwards"),
        ("unavailable", ("2026-12-08..2026-12-07",), "is backwards"),
        ("unavailable", ("2026-12-28..",), "expected a date"),
        ("unavailable", ("..2026-12-28",), "expected a date"),
        ("unavailable", ("2026-12-28...2026-12-30",), "expected a date"),
        ("unavailable", ("2026-12-28-2026-12-30",), "expected a date"),
        ("unavailable", ("2026-12-24", "2027-02-30"), "is no date"),
        ("unavailable", ("03/04/2027..05/04/2027",), "--date-order"),
        ("cleared_by", "", "expected some words"),
        ("recorded", ("rems-enrolment",), "expected what, a date and a name"),
        ("recorded", ("rems-enrolment 2026-11-20",), "expected what, a date and a name"),
        ("recorded", ("consent 2026-02-30 Dr. Lee",), "2026-02-30"),
        ("recorded", ("consent 2026-11-20 Dr.\u2028Lee",), "expected what, a date and a name"),
        ("cleared_by", "  ", "expected some words"),
        ("driver_name", "Ann\nLee", "expected some words on one line"),
        ("driver_name", "Ann\x1b[31m", "expected some words on one line"),
        ("driver_name", "Ann\0", "expected some words on one line"),
        ("driver_name", "\ud800", "expected some words on one line"),
    ],
    ids=shown,
)
def test_an_invalid_value_is_refused_with_its_field(name, text, said):
    with pytest.raises(BadRequest) as caught:
        read_request({"start": "2026-12-07", name: text})
    assert caught.value.field == name
    assert said in caught.value.what
    assert caught.value.what.isprintable()
    assert caught.value.exit_code == 2


def test_the_date_order_applies_to_every_date_of_a_request():
    texts: dict[str, str | tuple[str, ...]] = {
        "start": "03/04/2027",
        "born": "05/06/1990",
        "unavailable": ("07/04/2027..08/04/2027",),
    }
    dmy, mdy = read_request(texts, "dmy"), read_request(texts, "mdy")
    assert (dmy.start, dmy.born) == (date(2027, 4, 3), date(1990, 6, 5))
    assert dmy.unavailable == (DateRange(date(2027, 4, 7), date(2027, 4, 8)),)
    assert (mdy.start, mdy.born) == (date(2027, 3, 4), date(1990, 5, 6))
    assert mdy.unavailable == (DateRange(date(2027, 7, 4), date(2027, 8, 4)),)


def test_a_drivers_phone_needs_the_drivers_name():
    with pytest.raises(BadRequest) as caught:
        read_request({"start": "2026-12-07", "driver_phone": "555 0100"})
    assert caught.value.field == "driver_phone"
    both = {"start": "2026-12-07", "driver_phone": "555 0100", "driver_name": "Ann"}
    assert read_request(both).driver_phone == "555 0100"


def test_a_field_without_text_has_its_default():
    assert read_request({"start": "2026-12-07"}) == Request(start=MONDAY)


@pytest.mark.parametrize("name", REQUEST_FIELDS)
@given(st.text() | st.text("0123456789-/.: ,Dec7munote", max_size=12))
def test_any_text_is_read_or_refused_with_its_field(name, text):
    value = (text,) if REQUEST_FIELDS[name].several else text
    others = {"start": "2026-12-07", "driver_name": "Ann"}
    try:
        found = read_request(others | {name: value})
    except BadRequest as error:
        assert error.field == name  # noqa: PT017 - most texts are refused, but not all
    else:
        assert isinstance(found, Request)
