"""Warnings about settings of a valid clinic file that are probably not meant."""

from datetime import date
from typing import Any

import pytest

from ketasched.files.clinic_warnings import clinic_warnings
from ketasched.model import (
    Closures,
    DateRange,
    Instructions,
    OtherWording,
    Prices,
    TimeRange,
    WeekHours,
    Wording,
)
from tests.support.nouns import clinic, hours_of, protocol

UNUSED = "there is no such protocol, so this is not used"
UNSAID = "unsaid with discreet titles; fill in [instructions.discreet]"
ASK = 'say "Please ask your clinic for this." in its place'
DISCREET, DRIVERS = "discreet pages and calendars", "a driver's page and calendar"
NEUTRAL_NAME, NEUTRAL_PLACE = (
    f"leave it out; set {key} to something neutral" for key in ("calendar_name", "calendar_place")
)
WORDS = Instructions("Eat little.", "A hat.", "You may be dizzy.", "Call 911.")
TELLING = Wording(before="Eat before the infusion.", call="Call Ketamine House, or 911.")
AT_KETAMINE_HOUSE = "Ketamine House\n12 Main St"

DAY = (TimeRange.read("09:00-17:00"),)
USUAL: dict[str, Any] = {"mon": DAY}


def out_of_order(*days: str) -> Closures:
    return Closures(chairs={DateRange.read(text): 1 for text in days})


WARNINGS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing": ({}, []),
    "an override for a protocol spelled wrongly": (
        {"overrides": {"iv-depresion": {}}},
        [f"overrides.iv-depresion: {UNUSED}; did you mean iv-depression?"],
    ),
    "words for a protocol that is none": (
        {"instructions": Instructions(others={"xyzzy": OtherWording()})},
        [f"instructions.xyzzy: {UNUSED}"],
    ),
    "prices of a protocol that is none": (
        {"prices": Prices("USD", {"xyzzy": {}})},
        [f"prices.xyzzy: {UNUSED}"],
    ),
    "tables for the protocol that is planned, and for one that comes with the program": (
        {"overrides": {"test": {}, "iv-ptsd": {}}, "prices": Prices("USD", {"test": {}})},
        [],
    ),
    "nowhere to call": (
        {"phone": ""},
        ["phone: none; patients and drivers are told to call you, but not where"],
    ),
    "no salt": (
        {"id_salt": ""},
        [
            "id_salt: none; identifiers in calendars can be computed from a guessed reference; "
            'before a register has this clinic, add: id_salt = "5f2c"'
        ],
    ),
    "a zone of nowhere": (
        {"timezone": "UTC"},
        ["timezone: UTC is hardly where you are; write, say, America/New_York"],
    ),
    "a zone of nowhere, in full": (
        {"timezone": "Etc/UTC"},
        ["timezone: Etc/UTC is hardly where you are; write, say, America/New_York"],
    ),
    "words that no discreet page says": (
        {"instructions": WORDS},
        [f"instructions.{key}: {UNSAID}" for key in ("before", "bring", "side_effects", "call")],
    ),
    "the same with clinical titles": ({"instructions": WORDS, "titles": "clinical"}, []),
    "chairs out of order on days on which the clinic is closed": (
        {
            "chairs": 2,
            "closures": out_of_order("2026-12-05..2026-12-06", "2026-12-06..2026-12-07"),
        },
        ["closures.chairs.2026-12-05..2026-12-06: the clinic is closed then, with all its chairs"],
    ),
    "newer hours that are the old ones": (
        {"hours": hours_of(USUAL, {date(2027, 1, 4): WeekHours(**USUAL)})},
        ["hours.2027-01-04: the same hours as before that day"],
    ),
    "hours that change, and change back": (
        {
            "hours": hours_of(
                USUAL, {date(2027, 2, 1): WeekHours(**USUAL), date(2027, 1, 4): WeekHours(fri=DAY)}
            )
        },
        [],
    ),
    "a name that tells": (
        {"name": "Ketamine House"},
        [f'name: says "ketamin"; {DISCREET} {NEUTRAL_NAME}'],
    ),
    "a name that tells, and a neutral one for calendars": (
        {"name": "Ketamine House", "calendar_name": "Day clinic"},
        [],
    ),
    "a name for calendars that tells": (
        {"name": "Day clinic", "calendar_name": "Ketamine House"},
        [f'calendar_name: says "ketamin"; {DISCREET} {NEUTRAL_NAME}'],
    ),
    "a name that tells, as clinical titles do": (
        {"name": "Ketamine House", "titles": "clinical"},
        [],
    ),
    "an address that tells": (
        {"address": AT_KETAMINE_HOUSE},
        [f'address: says "ketamin"; {DISCREET} {NEUTRAL_PLACE}'],
    ),
    "an address that tells a driver, whatever the titles": (
        {"address": AT_KETAMINE_HOUSE, "titles": "clinical"},
        [f'address: says "ketamin"; {DRIVERS} {NEUTRAL_PLACE}'],
    ),
    "an address that tells, and a neutral place for calendars": (
        {"address": AT_KETAMINE_HOUSE, "calendar_place": "12 Main St"},
        [],
    ),
    "a phone that tells": (
        {"phone": "555 0100 (Ketamine House)"},
        [f'phone: says "ketamin"; {DISCREET} leave it out'],
    ),
    "discreet words that tell": (
        {
            "instructions": Instructions(
                discreet=TELLING, others={"iv-ptsd": OtherWording(discreet=TELLING)}
            )
        },
        [
            f'instructions.{own}discreet.{key}: says "{word}"; {DISCREET} {ASK}'
            for own in ("", "iv-ptsd.")
            for key, word in (("before", "infus"), ("call", "ketamin"))
        ],
    ),
    "discreet words that tell where nothing is discreet": (
        {"instructions": Instructions(discreet=TELLING), "titles": "clinical"},
        [],
    ),
}


@pytest.mark.parametrize(("fields", "said"), WARNINGS.values(), ids=WARNINGS)
def test_settings_that_are_probably_not_meant_are_warned_about(fields, said):
    own = clinic(**({"phone": "555 0100", "id_salt": "x"} | fields))
    assert list(clinic_warnings(own, protocol(), salt="5f2c")) == said
