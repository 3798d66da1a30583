"""E-mail addresses: what is taken, and what can never become a header of a mail."""

import pytest

from ketasched.errors import BadRequest
from ketasched.files.codec import read
from ketasched.files.request_parsing import read_request
from ketasched.model import Driver, RegularDriver
from ketasched.model.email_address import read_email


@pytest.mark.parametrize(
    "text",
    [
        "ana@example.org",
        "o'brien+visits@example.co.uk",
        "a..b.@docomo.example",
        "user@localhost",
        "José@exámple.es",
        "用户@例子.广告",
        f"{'a' * 64}@{'b' * 189}",
    ],
)
def test_addresses_that_work_are_taken(text):
    assert read_email(text) == text
    asked = read_request({"start": "2026-12-07", "patient_email": f" {text} "})
    assert asked.patient_email == text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("ana", id="no sign"),
        pytest.param("ana@", id="no domain"),
        pytest.param("ana@b@example.org", id="two signs"),
        pytest.param("ana lima@example.org", id="a space"),
        pytest.param("ana\u00a0lima@example.org", id="a no-break space"),
        pytest.param("Ana <ana@example.org>", id="a name beside"),
        pytest.param("ana@example.org,ben@example.org", id="two addresses"),
        pytest.param('"ana\\"@example.org', id="quotes"),
        pytest.param("ana@example.org\nBcc: all@example.org", id="another header"),
        pytest.param("ana@example.org\r\n", id="a line end"),
        pytest.param("ana\x00@example.org", id="a control"),
        pytest.param("ana\u2028@example.org", id="a line separator"),
        pytest.param("an\u00ada@example.org", id="a soft hyphen"),
        pytest.param("ana@exam\u200bple.org", id="a space without width"),
        pytest.param("ana\u3164@example.org", id="a Hangul filler"),
        pytest.param("ana\ufe0f@example.org", id="a variation selector"),
        pytest.param(f"a@{'b' * 253}", id="255 characters"),
    ],
)
def test_what_is_no_address_is_refused_in_words(text):
    with pytest.raises(ValueError, match="expected an e-mail address such as"):
        read_email(text)
    driver, problems = read(Driver, {"name": "Ana", "email": text}, zone=None)
    assert (driver is None) == bool(problems) == bool(text)


def test_a_regular_drivers_address_is_one_or_refused():
    with pytest.raises(ValueError, match="expected an e-mail address"):
        RegularDriver.read("Ana Lima, ana@@example.org, mon")


def test_a_drivers_address_needs_the_drivers_name():
    asked = {"start": "2026-12-07", "driver_email": "sam@example.org"}
    with pytest.raises(BadRequest, match="a driver's email needs the driver's name"):
        read_request(asked)
    assert read_request({**asked, "driver": ("Sam",)}).driver_name == "Sam"
