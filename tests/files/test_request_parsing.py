"""Request fields: how the text of an option or of a roster's cell is read, or refused."""

import dataclasses
import re
import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools.documents.typed_forms import REFUSED, TYPED_FORMS

from ketasched.errors import BadRequest
from ketasched.files.request_parsing import REQUEST_FIELDS, read_request
from ketasched.model import WEEKDAYS, Authorisation, Clock, DateRange, Request, TimeRange
from ketasched.model.identifiers import read_reference
from ketasched.model.values import Record

MONDAY = date(2026, 12, 7)


def shown(value: object) -> str:
    """A value as the id of a case: short, printable, never empty."""
    return ascii(value).strip("'")[:40] or "empty"


FORMS = [
    pytest.param(forms.field, text, reading, id=shown(f"{kind} {text}"))
    for kind, forms in TYPED_FORMS.items()
    for text, reading in forms.readings.items()
]


@pytest.mark.parametrize(("field", "text", "reading"), FORMS)
def test_the_forms_in_the_manual_are_read_as_it_says(field, text, reading):
    def read(typed: str) -> Request:
        value = (typed,) if REQUEST_FIELDS[field].several else typed
        return read_request({"start": "2026-12-07", field: value})

    if reading == REFUSED:
        with pytest.raises(BadRequest):
            read(text)
    else:
        assert read(text) == read(reading)


@given(st.integers(0, 24 * 60 - 1))
def test_a_time_is_the_same_on_both_clocks(minutes):
    hour, minute = divmod(minutes, 60)
    half = "am" if hour < 12 else "pm"
    for typed in (f"{(hour - 1) % 12 + 1}:{minute:02d} {half}", f"{hour}:{minute:02d}:00"):
        assert Clock.read(typed) == Clock(minutes)


@given(st.lists(st.sampled_from(WEEKDAYS), min_size=1, unique=True), st.sampled_from(",/ ;&"))
def test_weekdays_are_read_with_any_separator_and_left_out_by_not(days, separator):
    typed = separator.join(days)
    named = read_request({"start": "2026-12-07", "days": (typed,)}).days
    assert set(named) == set(days)
    if len(days) < len(WEEKDAYS):
        left = read_request({"start": "2026-12-07", "days": (f"not {typed}",)}).days
        assert set(left) == set(WEEKDAYS) - set(days)


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
        ("days", ("M-W-F",), ("mon", "wed", "fri")),
        ("days", ("Tu/Th",), ("tue", "thu")),
        ("days", ("MTWRF",), ("mon", "tue", "wed", "thu", "fri")),
        ("days", ("MoWeFr",), ("mon", "wed", "fri")),
        ("days", ("Sat-Mon",), ("mon", "sat", "sun")),
        ("days", ("Mon thru Wed & Weds.",), ("mon", "tue", "wed")),
        ("days", ("not tue", "not thu"), ("mon", "wed", "fri", "sat", "sun")),
        ("days", ("not tue and not thu",), ("mon", "wed", "fri", "sat", "sun")),
        ("days", ("any day but Sundays",), ("mon", "tue", "wed", "thu", "fri", "sat")),
        ("days", ("any",), WEEKDAYS),
        ("days", ("any but Sundays",), ("mon", "tue", "wed", "thu", "fri", "sat")),
        ("driver_name", "#1 Cabs", "#1 Cabs"),
        ("patient", "1E5.0", "1E5.0"),
        ("patient_phone", "555.0134", "555.0134"),
        ("time", "2\u202fp.\u00a0m.", Clock(840)),
        ("between", "noon-5", TimeRange(720, 1020)),
        ("between", "10-2pm", TimeRange(600, 840)),
        ("between", "8-12pm", TimeRange(480, 720)),
        ("between", "08-11", TimeRange(480, 660)),
        ("between", "6pm-midnight", TimeRange(1080, 1440)),
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
        ("unavailable", ("Mon, Dec 7, 2026",), (DateRange(MONDAY, MONDAY),)),
        *(
            ("unavailable", (text,), (DateRange(date(2027, 1, 18), date(2027, 1, 20)),))
            for text in (
                "1/18/2027-1/20/2027",
                "1/18/2027 - 1/20/2027",
                "1/18/2027 to 1/20/2027",
                "1/18/2027–20.1.2027",
                "18-01-2027-20-01-2027",
                "2027-01-18-2027-01-20",
                "18 Jan. 2027-20-Jan-2027",
                "Jan 18, 2027-Jan 20, 2027",
            )
        ),
        *(
            (
                "unavailable",
                (text,),
                (
                    DateRange(date(2027, 1, 13), date(2027, 1, 13)),
                    DateRange(date(2027, 1, 18), date(2027, 1, 20)),
                ),
            )
            for text in (
                "1/13/2027, 1/18/2027-1/20/2027",
                "2027-01-13,2027-01-18..2027-01-20",
                "Wed, Jan 13, 2027, Mon, Jan 18, 2027 to Jan 20, 2027",
            )
        ),
        ("cleared_by", "  Dr. Zoë Lee ", "Dr. Zoë Lee"),
        ("cleared_by", "NA", "NA"),
        ("cleared_by", "\u200bDr.\u00a0Lee\ufeff", "Dr. Lee"),
        ("driver_name", "محمد\u200cرضا", "محمد\u200cرضا"),
        ("patient", "\u200eP\u202f14\u200e", "P 14"),
        (
            "recorded",
            (" rems-enrolment 2026-11-20  Dr. Zoë Lee ",),
            (Record("rems-enrolment", date(2026, 11, 20), "Dr. Zoë Lee"),),
        ),
        *(
            ("authorised", (text,), (Authorisation(8, date(2027, 1, 4), date(2027, 2, 28)),))
            for text in (
                "8 from 2027-01-04 until 2027-02-28",
                " 8  sessions from 4 Jan 2027 to Feb 28, 2027 ",
                "8 visits From 2027/1/4 through 28-Feb-2027",
                "8 from Mon, Jan 4, 2027 - Sun, Feb 28, 2027",
                "8 from 2027-01-04..2027-02-28",
            )
        ),
        (
            "authorised",
            ("1 from 2026-12-07 until 2026-12-07", "2 from 2027-01-04 until 2027-02-28"),
            (
                Authorisation(1, MONDAY, MONDAY),
                Authorisation(2, date(2027, 1, 4), date(2027, 2, 28)),
            ),
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
        ("driver_name", "none", "expected a name, or nothing for nobody"),
        ("driver", "None, mon", "expected a name, or nothing for nobody"),
        ("driver_name", " #N/A ", "not a spreadsheet's error"),
        ("driver_name", "########", "expected a value"),
        ("cleared_by", "#NAME?", "expected a value"),
        ("patient", "#REF!", "expected a value"),
        ("patient", "1.23457E+11", "expected all digits, not a number"),
        ("patient", "10045.0", "format its column as text"),
        ("patient_phone", "1.5551e+10", "expected all digits, not a number"),
        ("driver_phone", "15551234567.0", "format its column as text"),
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
        ("time", "9", "Write 09:00 or 21:00"),
        ("time", "13am", "expected a clock time"),
        ("time", "9.30", "expected a clock time"),
        ("between", "1-5", "Write 01:00-05:00, 01:00-17:00 or 13:00-17:00"),
        ("between", "9am-11", "Write 09:00-11:00 or 09:00-23:00"),
        ("between", "6-midnight", "Write 06:00-24:00 or 18:00-24:00"),
        ("between", "8am-noon-5pm", "expected times"),
        ("time", "", "expected a clock time"),
        ("between", "12:00-08:00", "ends before it starts"),
        ("between", "08:00-08:00", "ends before it starts"),
        ("between", "08:00", "expected times"),
        ("between", "08:00-24:01", "expected a clock time"),
        ("days", ("mon-mon",), "expected weekdays"),
        ("days", ("T",), "Tuesday or Thursday? Write tue or thu"),
        ("days", ("TTS",), "Saturday or Sunday? Write sat or sun"),
        ("days", ("t " * 3000,), "Tuesday or Thursday"),
        ("days", ("mon,",), "expected weekdays"),
        ("days", ("",), "expected weekdays"),
        ("days", ("-",), 'not "-"'),
        ("days", ("not any",), "leaves out all days"),
        ("days", ("every Monday",), 'not "every"'),
        ("days", ("mon, not tue",), "leaves out all days, or one that it does not have"),
        ("days", ("not mon-sun",), "leaves out all days"),
        ("days", ("not tue", "mon"), "either the weekdays that will do"),
        ("days", ("not mon-wed", "not thu-sun"), "leaves out all weekdays"),
        ("days", ("m o",), "expected weekdays"),
        ("days", ("mon", "someday"), 'not "someday"'),
        pytest.param(*("days", ("monthly",), "expected weekdays")),
        pytest.param(*("days", ("sunrise",), "expected weekdays")),
        ("unavailable", ("2027-01-01..2026-12-28",), "is backwards"),
        ("unavailable", ("2026-12-08..2026-12-07",), "is backwards"),
        ("unavailable", ("2026-12-28..",), "expected a date"),
        ("unavailable", ("..2026-12-28",), "expected a date"),
        ("unavailable", ("2026-12-28...2026-12-30",), "expected a date"),
        ("unavailable", ("2026-12-28-30",), "expected a date"),
        ("unavailable", ("2026-12-28,",), "expected a date"),
        ("unavailable", ("12/24/2026, 10:00",), "without a time of day"),
        ("unavailable", ("01/03/2027, 01/13/2027",), "--date-order"),
        ("unavailable", ("2026-12-24", "2027-02-30"), "is no date"),
        ("unavailable", ("03/04/2027..05/04/2027",), "--date-order"),
        ("cleared_by", "", "expected some words"),
        ("recorded", ("rems-enrolment",), "expected what, a date and a name"),
        ("recorded", ("rems-enrolment 2026-11-20",), "expected what, a date and a name"),
        ("recorded", ("consent 2026-02-30 Dr. Lee",), "2026-02-30"),
        ("recorded", ("consent 2026-11-20 Dr.\u2028Lee",), "expected what, a date and a name"),
        *(
            ("authorised", (text,), 'as in "8 from 2027-01-04 until 2027-02-28", not')
            for text in (
                *("8", "8 until 2027-02-28", "8 from 2027-01-04", "eight from 2027-01-04"),
                *("2027-01-04..2027-02-28", "8 from 2027-01-04 until 2027-02-28 until 2027-03-01"),
            )
        ),
        ("authorised", ("0 from 2027-01-04 until 2027-02-28",), "expected 1 to 999 sessions"),
        ("authorised", ("1000 from 2027-01-04 until 2027-02-28",), "expected 1 to 999 sessions"),
        ("authorised", ("8 from 2027-02-28 until 2027-02-27",), "is backwards"),
        ("authorised", ("8 from 03/04/2027 until 05/06/2027",), "--date-order"),
        ("authorised", ("8 from 2027-01-04 until soon",), "expected a date"),
        (
            "authorised",
            ("8 from 2027-01-04 until 2027-02-28", "8 from 4 Jan 2027 to 28 Feb 2027"),
            "is there twice",
        ),
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


def test_a_driver_who_is_a_name_alone_has_the_phone_beside_it():
    texts: dict[str, str | tuple[str, ...]] = {
        "start": "2026-12-07",
        "driver": ("Ana Lima",),
        "driver_phone": "555 0100",
    }
    assert read_request(texts) == read_request(
        {"start": "2026-12-07", "driver_name": "Ana Lima", "driver_phone": "555 0100"}
    )


@pytest.mark.parametrize("drivers", [("Ana Lima, mon",), ("Ana, 555 0134",), ("Ana", "Bo, fri")])
def test_a_phone_beside_any_other_drivers_is_whose_it_may(drivers):
    texts = {"start": "2026-12-07", "driver": drivers, "driver_phone": "555 0100"}
    with pytest.raises(BadRequest, match="needs the driver's name"):
        read_request(texts)


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


@pytest.mark.parametrize(
    ("typed", "step"),
    [
        ("12/7/2026 2pm", "--start 2026-12-07 --time 14:00"),
        ("7 Dec 2026 9:30", "--start 2026-12-07 --time 09:30"),
        ("tomorrow 2pm", ""),
    ],
)
def test_a_start_with_a_time_of_day_is_told_where_each_goes(typed, step):
    with pytest.raises(BadRequest) as caught:
        read_request({"start": typed}, "mdy")
    assert caught.value.next_step == step


def test_a_time_of_day_after_another_date_than_the_start_has_no_field_to_go_to():
    with pytest.raises(BadRequest) as caught:
        read_request({"start": "2026-12-07", "born": "3/8/1990 2pm"}, "mdy")
    assert caught.value.next_step == ""
