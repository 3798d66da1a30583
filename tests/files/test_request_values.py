"""`ketasched.request`: a request of texts, as at the command line, or of ready values."""

from datetime import date, time
from typing import Any, get_type_hints

import pytest

from ketasched.errors import BadRequest
from ketasched.files.request_parsing import REQUEST_FIELDS, read_request, request
from ketasched.files.request_values import RequestValues
from ketasched.model import (
    Authorisation,
    Clock,
    DateRange,
    Record,
    RegularDriver,
    Request,
    TimeRange,
)

START, OTHER = date(2027, 1, 4), date(2027, 1, 6)

PAIRS: dict[str, tuple[Any, Any]] = {
    "days": ("mon,wed", ("mon", "wed")),
    "between": ("8am-noon", TimeRange(480, 720)),
    "time": ("2pm", Clock(840)),
    "unavailable": ("2027-01-04..2027-01-06", (DateRange(START, OTHER),)),
    "language": ("es", "es"),
    "driver_language": ("fr", "fr"),
    "patient_phone": ("+1 555 0199", "+1 555 0199"),
    "patient_email": ("o'brien+visits@example.org", "o'brien+visits@example.org"),
    "reminders": ("yes", True),
    "start": ("4 Jan 2027", START),
    "patient": ("P-014", "P-014"),
    "latest_start": ("2027-01-06", OTHER),
    "per_week": ("2", 2),
    "every_days": ("14", 14),
    "prior": ("2027-01-04", (START,)),
    "boosters": ("1", 1),
    "booster_every": ("21", 21),
    "born": ("1984-05-02", date(1984, 5, 2)),
    "cleared_by": ("Dr. Lee", "Dr. Lee"),
    "cleared_on": ("2027-01-04", START),
    "recorded": ("rems 2027-01-04 Dr. Lee", (Record("rems", START, "Dr. Lee"),)),
    "authorised": ("8 from 2027-01-04 until 2027-01-06", (Authorisation(8, START, OTHER),)),
    "driver_name": ("Sam Rivera", "Sam Rivera"),
    "driver_phone": ("+1 555 0187", "+1 555 0187"),
    "driver_email": ("sam@example.org", "sam@example.org"),
    "driver": (
        "Ana Lima, +1 555 0134, mon fri",
        (RegularDriver("Ana Lima", "+1 555 0134", ("mon", "fri")),),
    ),
}
"""A text and a ready value of each field."""


def both(field: str) -> list[Request]:
    others: dict[str, Any] = {"start": START}
    if field in ("driver_phone", "driver_email"):
        others["driver_name"] = "Sam Rivera"
    return [request(**{**others, field: value}) for value in PAIRS[field]]


@pytest.mark.parametrize("field", PAIRS)
def test_a_text_and_a_ready_value_of_a_field_are_one_request(field):
    of_text, of_value = both(field)
    assert of_text == of_value
    assert getattr(of_value, field) == PAIRS[field][1]


def test_the_fields_are_those_of_the_one_table():
    assert list(get_type_hints(RequestValues)) == list(PAIRS)
    assert PAIRS.keys() == REQUEST_FIELDS.keys()


def test_texts_make_the_request_that_the_command_line_makes():
    found = request(start="7 Dec 2026", days=["mon", "wed"], time=time(9))
    assert found == read_request({"start": "7 Dec 2026", "days": ("mon", "wed"), "time": "9am"})


def test_several_values_in_one_text_stand_as_in_a_cell_of_a_roster():
    found = request(start=START, unavailable="2027-01-05; 2027-01-07..2027-01-08")
    assert [one.plain() for one in found.unavailable] == ["2027-01-05", "2027-01-07..2027-01-08"]


def test_what_is_empty_is_not_said_as_an_empty_cell():
    row = {"start": "2027-01-04", "time": "", "days": "", "per_week": "", "driver_name": ""}
    assert request(**row) == request(start=START, latest_start=None) == Request(START)


def test_the_order_of_a_date_is_the_option_of_the_command():
    assert request(start="03/04/2027", date_order="dmy").start == date(2027, 4, 3)
    with pytest.raises(BadRequest, match="day or month first") as caught:
        request(start="03/04/2027")
    assert "--date-order mdy" in caught.value.next_step


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({}, "start", "expected the first day that would do"),
        ({"start": START, "times": "9"}, "times", 'has no field "times"; did you mean time?'),
        ({"start": START, "date_order": "ymd"}, "date_order", "expected mdy or dmy"),
        ({"start": START, "per_week": True}, "per_week", "not bool"),
        ({"start": START, "boosters": 1.5}, "boosters", "not float"),
        ({"start": START, "between": (8, 12)}, "between", "not tuple"),
        ({"start": START, "time": "25:00", "per_week": 0}, "time", "per_week: expected 1 or more"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_said_with_its_field(values, field, said):
    with pytest.raises(BadRequest) as caught:
        request(**values)
    assert caught.value.field == field
    assert said in caught.value.what
