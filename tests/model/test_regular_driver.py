"""`RegularDriver`: what people type for who drives on which weekdays."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketasched.errors import BadRequest
from ketasched.files import codec
from ketasched.files.request_parsing import read_request
from ketasched.model import WEEKDAYS, RegularDriver, Request
from ketasched.model.values import LONGEST_TYPED

ANA = RegularDriver("Ana Lima", "+1 555 0134", ("mon", "fri"))


@pytest.mark.parametrize(
    ("text", "driver"),
    [
        pytest.param("Ana Lima, +1 555 0134, mon fri", ANA, id="as in the manual"),
        pytest.param("Ana Lima,+1 555 0134,Mon/Fri", ANA, id="a slash, capitals"),
        pytest.param("Ana Lima, +1 555 0134, mon, fri", ANA, id="a comma between the days"),
        pytest.param("Ana Lima, +1 555 0134, Friday & Monday", ANA, id="days in full"),
        pytest.param("Ana Lima, +1 555 0134, Mon. Fri.", ANA, id="abbreviated with dots"),
        pytest.param("  Ana   Lima ,  +1 555 0134 , fri mon fri, ", ANA, id="spaces, repeated"),
        pytest.param("Ana Lima, mon fri, +1 555 0134", ANA, id="days before the phone"),
        pytest.param("Ana Lima; +1 555 0134; Mondays, Fridays", ANA, id="semicolons, plural"),
        pytest.param("Ana Lima", RegularDriver("Ana Lima"), id="a name alone"),
        pytest.param(
            "Ana Lima, +1 555 0134, ana@example.org, mon fri",
            RegularDriver("Ana Lima", "+1 555 0134", ("mon", "fri"), "ana@example.org"),
            id="an e-mail address",
        ),
        pytest.param(
            "Ana Lima, ana-mon@example.org",
            RegularDriver("Ana Lima", email="ana-mon@example.org"),
            id="an e-mail address and no phone",
        ),
        pytest.param("Ana Lima, 555", RegularDriver("Ana Lima", "555"), id="no days"),
        pytest.param("Ana Lima, tues", RegularDriver("Ana Lima", "", ("tue",)), id="no phone"),
        pytest.param("Ana, , wed", RegularDriver("Ana", "", ("wed",)), id="an empty phone"),
        pytest.param("Li Sun, 555", RegularDriver("Li Sun", "555"), id="a name like a weekday"),
        pytest.param("A\u0301lex", RegularDriver("\u00c1lex"), id="a combined accent"),
        pytest.param(
            "Ana, 555 0134 ext. 5, sat sun",
            RegularDriver("Ana", "555 0134 ext. 5", ("sat", "sun")),
            id="an extension",
        ),
    ],
)
def test_a_driver_is_read_as_people_type(text, driver):
    assert RegularDriver.read(text) == driver
    assert RegularDriver.read(driver.plain()) == driver


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param(", 555 0134, mon", id="no name"),
        pytest.param("..., 555", id="a name without a letter"),
        pytest.param("Ana Lima mon fri", id="no comma before the days"),
        pytest.param("Ana Lima +1 555 0134", id="no comma before the phone"),
        pytest.param("Ana Lima, 555 0134 mon", id="no comma after the phone"),
        pytest.param("Ana Lima, 555, mon-fri", id="a span of days"),
        pytest.param("Ana Lima, mon-fri", id="a span of days and no phone"),
        pytest.param("Ana Lima, mondy fri", id="a day that is misspelt"),
        pytest.param("Ana Lima, 555, mom fri", id="a day that is misspelt after a phone"),
        pytest.param("Ana Lima, 555, 556, mon", id="two phones"),
        pytest.param("Ana Lima, a@example.org, b@example.org", id="two e-mail addresses"),
        pytest.param("ana@example.org, 555", id="an e-mail address for a name"),
        pytest.param("Ana\nLima, 555", id="a line break"),
        pytest.param("Ana\u202e, 555", id="a mark of direction"),
        pytest.param("Ana\u200b, 555", id="an invisible character"),
        pytest.param("Ana\x1b[31m", id="an escape"),
        pytest.param("\ud800", id="half a character"),
        pytest.param("A" * (LONGEST_TYPED + 1), id="more than is typed"),
        pytest.param(["Ana"], id="a list"),
    ],
)
def test_what_is_not_understood_is_refused_on_one_line(text):
    with pytest.raises(ValueError, match=r"expected name, phone and weekdays|more than") as caught:
        RegularDriver.read(text)
    assert str(caught.value).isprintable()


TYPED = st.lists(st.sampled_from(["Ana", "5", "mon", "Friday", ",", " ", "/"])).map("".join)


@given(st.text(max_size=40) | TYPED)
def test_what_is_read_is_written_and_read_again(text):
    try:
        driver = RegularDriver.read(text)
    except ValueError:
        return
    assert RegularDriver.read(driver.plain()) == driver
    assert driver.plain().isprintable()
    assert list(driver.days) == [day for day in WEEKDAYS if day in driver.days]


@pytest.mark.parametrize(
    ("drivers", "named", "said"),
    [
        pytest.param(("Ana, mon", "Ben, fri mon"), None, "two drivers on mon", id="one weekday"),
        pytest.param(("Ana", "Ben"), None, "two drivers without weekdays", id="no weekdays"),
        pytest.param(("Ana",), "Sam", "two drivers without weekdays", id="beside driver_name"),
    ],
)
def test_two_drivers_on_one_day_are_an_error_that_names_neither(drivers, named, said):
    texts = {"start": "2026-12-07", "driver": drivers} | ({"driver_name": named} if named else {})
    with pytest.raises(BadRequest) as caught:
        read_request(texts)
    assert (caught.value.field, caught.value.what.partition(":")[0]) == ("driver", said)
    assert caught.value.public == caught.value.what
    own = tuple(map(RegularDriver.read, drivers))
    request = Request(date(2026, 12, 7), driver_name=named or "", driver=own)
    _, problems = codec.read(Request, codec.plain(request))
    assert problems == [("driver", caught.value.what)]


def test_a_request_of_version_1_0_has_no_regular_driver():
    request, problems = codec.read(Request, {"start": "2026-12-07", "driver_name": "Sam"})
    assert problems == []
    assert request == Request(date(2026, 12, 7), driver_name="Sam", driver=(), patient_phone="")
