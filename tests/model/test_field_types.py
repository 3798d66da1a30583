"""A request says at once that a value has the wrong type, by field and with what reads a text."""

from datetime import UTC, date, datetime

import pytest

from ketasched.model import Clock, DateRange, Request

START = date(2027, 1, 4)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("start", "2027-01-04", "expected date, not str"),
        ("start", datetime(2027, 1, 4, tzinfo=UTC), "expected date, not datetime"),
        ("time", "14:00", "expected Clock or None, not str"),
        ("per_week", True, "expected int or None, not bool"),
        ("days", "mon", "expected tuple, not str"),
        ("days", ["mon"], "expected tuple, not list"),
        ("unavailable", ("2026-12-24",), "expected a tuple of DateRange, not str"),
        ("patient", None, "expected str, not NoneType"),
    ],
)
def test_a_value_of_another_type_is_named_with_its_field(field, value, said):
    with pytest.raises(TypeError) as caught:
        Request(**{"start": START, field: value})
    step = f"ketasched.request({field}=…) reads a text"
    assert str(caught.value) == f"Request.{field}: {said}; {step}"


def test_items_are_looked_at_also_where_another_request_had_the_same_types():
    Request(START, unavailable=(DateRange(START, START),))
    with pytest.raises(TypeError, match="a tuple of DateRange, not date"):
        Request(START, unavailable=(START,))  # type: ignore[arg-type]  # which is the mistake


def test_values_of_the_right_types_are_taken():
    assert Request(START, time=Clock(540), days=("mon",), born=None).time == Clock(540)
