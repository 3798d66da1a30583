"""What is said of a country: the emergency number of a clinic is of its own country, or none."""

import pytest

from ketasched.files.clinic_warnings import clinic_warnings
from ketasched.files.countries import emergency_number
from ketasched.files.load import starter_clinic
from ketasched.model import Instructions
from tests.support.nouns import clinic


@pytest.mark.parametrize(
    ("zone", "number"),
    [
        ("America/New_York", "911"),
        ("US/Eastern", "911"),
        ("Europe/London", "999"),
        ("Europe/Berlin", "112"),
        ("Australia/Sydney", "000"),
        ("Asia/Tokyo", ""),
        ("Etc/UTC", ""),
    ],
)
def test_the_number_is_that_of_the_zones_country(zone, number):
    assert emergency_number(zone) == number
    assert ("In an emergency" in starter_clinic(zone, "salt")) == bool(number)


def test_a_clinic_file_has_the_number_of_the_country_that_was_given():
    assert "call 911." in starter_clinic("Etc/UTC", "salt", "US")
    assert "In an emergency" not in starter_clinic("America/New_York", "salt", "JP")


@pytest.mark.parametrize(
    ("zone", "call", "said"),
    [
        ("America/New_York", "call 911", ""),
        ("Europe/Berlin", "call 911", "says 911; here it is 112"),
        ("Europe/London", "call 112", ""),
        ("Asia/Tokyo", "call us", "names no number for an emergency; we know none"),
        ("America/New_York", "call us", "names no number for an emergency; here it is 911"),
        ("America/New_York", "call us at 555 0100", ""),
    ],
)
def test_another_countrys_number_gives_a_warning(zone, call, said):
    one = clinic(timezone=zone, phone="555", instructions=Instructions(call=call))
    found = [
        line for line in clinic_warnings(one, salt="new") if line.startswith("instructions.call: ")
    ]
    told = [line for line in found if "emergency" in line or "says" in line]
    assert bool(told) == bool(said)
    assert all(said in line for line in told)
