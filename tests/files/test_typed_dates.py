"""Typed dates: what is read as which date, and what is refused."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketasched.files.typed_dates import AmbiguousDate, date_and_time, spelled_date
from ketasched.model import WEEKDAYS, Clock

MONDAY = date(2026, 12, 7)


def shown(value: object) -> str:
    """A value as the id of a case: short, printable, never empty."""
    return ascii(value).strip("'")[:40] or "empty"


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


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)), st.sampled_from(["%B", "%b"]))
def test_a_month_is_read_by_its_name_and_by_its_first_three_letters(day, month):
    # `strftime` has English names: nobody sets a locale here.
    text = day.strftime(f"%d {month} %Y")
    for spelled in (text, text.upper(), text.lower()):
        assert spelled_date(spelled) == day


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
        ("Decoy 7 2026", "is no date: no such month"),
        ("", "expected a date"),
        ("today", "expected a date"),
        ("7 Dec", "expected a date"),
        ("Dec 2026", "expected a date"),
        ("7 Dec 26", "expected a date"),
        ("7Dec26", "all four digits of its year"),
        ("20261207", "expected a date"),
        ("2026-12/7", "expected a date"),
        ("26-12-07", "all four digits of its year"),
        ("2026/13/07", "is no date"),
        ("2026-12-07T00:00:00Z", "without a time of day"),
        ("2026-12-07 0:01", "without a time of day"),
        ("13/13/2026", "is no date"),
        ("00/04/2027", "is no date"),
        ("Tue 2026-12-07", "that day is a Monday"),
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


@pytest.mark.parametrize(
    ("text", "order", "other"), [("13/04/2027", "mdy", "dmy"), ("4.13.2027", "dmy", "mdy")]
)
def test_a_date_that_only_the_other_order_reads_says_so(text, order, other):
    with pytest.raises(ValueError, match=f"is it --date-order {other}?"):
        spelled_date(text, order)


@pytest.mark.parametrize("text", ["13/04/2027", "4/13/2027", "13.04.2027", "13/04/2027 0:00"])
def test_a_date_of_numbers_that_can_be_only_one_date_needs_no_order(text):
    assert spelled_date(text) == date(2027, 4, 13)


def test_a_date_with_the_same_number_twice_is_the_same_in_any_order():
    assert spelled_date("04/04/2027") == date(2027, 4, 4)


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("2026-12-07", None),
        ("2026-12-07T10:30", Clock(630)),
        ("2026-12-07 10:30:00", Clock(630)),
        ("7-Dec-2026 2pm", Clock(840)),
        ("Mon, Dec 7, 2026 at 2:30 p.m.", Clock(870)),
        ("Mon 7.12.2026 noon", Clock(720)),
        ("2026-12-07 00:00:00", None),
        ("2026-12-07T00:00", None),
    ],
    ids=shown,
)
def test_a_date_may_have_a_time_after_it(text, clock):
    assert date_and_time(text, "dmy") == (MONDAY, clock)


@pytest.mark.parametrize("text", ["2026-12-07T", "2026-12-07T9", "2026-12-07T25:00", "T10:30"])
def test_a_date_with_half_a_time_is_refused(text):
    with pytest.raises(ValueError, match="expected a"):
        date_and_time(text)


DATES = st.dates(date(1900, 1, 1), date(2199, 12, 31))


@given(DATES, st.sampled_from(["%a ", "%A, ", ""]), st.sampled_from(["%d %b", "%B %d,"]))
def test_every_spelling_of_every_date_is_read(day, weekday, rest):
    assert spelled_date(day.isoformat()) == day
    assert spelled_date(f"{day:{weekday}{rest}} {day.year}") == day
    assert spelled_date(f"{day:%m/%d}/{day.year}", "mdy") == day
    assert spelled_date(f"{day:%d.%m}.{day.year}", "dmy") == day
    assert spelled_date(f"{day.year}-{day.month}-{day.day} 00:00:00") == day
    assert spelled_date(f"{day.day}-{day:%b}-{day.year}") == day


@given(DATES)
def test_a_date_of_numbers_is_one_date_or_refused(day):
    text = f"{day.month}/{day.day}/{day.year}"
    try:
        found = spelled_date(text)
    except AmbiguousDate:
        assert spelled_date(text, "dmy") != spelled_date(text, "mdy") == day
    else:
        assert found == day


@given(DATES, st.sampled_from(WEEKDAYS))
def test_a_weekday_must_be_that_of_the_date(day, weekday):
    text = f"{weekday} {day.day} {day:%b} {day.year}"
    if WEEKDAYS[day.weekday()] == weekday:
        assert spelled_date(text) == day
    else:
        with pytest.raises(ValueError, match="that day is a"):
            spelled_date(text)
