"""The verbs of a change from Python: what the command line checks itself, and ready values."""

from datetime import UTC, date, datetime
from typing import get_args, get_type_hints
from zoneinfo import ZoneInfo

import pytest

from ketasched.cli.revise import command
from ketasched.errors import BadRequest
from ketasched.files.change_parsing import VERB_FORMS, read_change
from ketasched.files.request_values import ChangeValues
from ketasched.model import (
    Authorisation,
    Change,
    Clock,
    DateRange,
    Driver,
    Record,
    TimeRange,
    Verb,
    Wishes,
)

TODAY, DAY = date(2026, 12, 4), date(2026, 12, 14)
NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("verb", "visit", "given", "change"),
    [
        ("defer", 3, {"to": DAY}, Change("defer", 3, DAY)),
        ("defer", "3", {"by": "2", "scope": "visit"}, Change("defer", 3, days=2, scope="visit")),
        (
            "defer",
            3,
            {"to": datetime(2026, 12, 14, 15, 30, tzinfo=UTC)},
            Change("defer", 3, DAY, Clock(630)),
        ),
        (
            "complete",
            2,
            {"on": "14 Dec 2026", "time": "2pm"},
            Change("complete", 2, DAY, Clock(840)),
        ),
        ("miss", 2, {"make_up": True}, Change("miss", 2, make_up=True)),
        ("cease", None, {"after": "4"}, Change("cease", 4)),
        ("booster", None, {"after": 21}, Change("booster", days=21)),
        (
            "driver",
            "1,3-5",
            {"name": "Sam  Rivera"},
            Change("driver", visits="1,3-5", driver=Driver("Sam Rivera")),
        ),
        ("driver", None, {"clear": True}, Change("driver", visits="all")),
        ("driver", "2", {"name": " None "}, Change("driver", 2)),
        (
            "wishes",
            None,
            {
                "between": TimeRange(480, 720),
                "days": ["mon", "fri"],
                "time": "none",
                "unavailable": DateRange(DAY, DAY),
            },
            Change(
                "wishes",
                wishes=Wishes(
                    ("mon", "fri"), (DateRange(DAY, DAY),), TimeRange(480, 720), emptied=("time",)
                ),
            ),
        ),
        (
            "clear",
            None,
            {"by": "Dr. Lee"},
            Change("clear", record=Record("clearance", TODAY, "Dr. Lee")),
        ),
        (
            "authorise",
            None,
            {"sessions": ["none", Authorisation(8, TODAY, DAY)]},
            Change("authorise", authorised=(Authorisation(8, TODAY, DAY),), anew=True),
        ),
    ],
    ids=str,
)
def test_a_verb_is_read_of_texts_and_of_ready_values(verb, visit, given, change):
    assert read_change(verb, visit, given, zone=NEW_YORK, today=TODAY) == change


@pytest.mark.parametrize(
    ("verb", "visit", "given", "field", "said"),
    [
        ("defr", 3, {}, "verb", 'there is no verb "defr"; did you mean defer?'),
        ("defer", 3, {"tu": DAY}, "tu", "defer takes no tu: it takes visit, to, by, scope"),
        ("hold", 3, {}, "visit", "hold takes no visit: it takes nothing"),
        ("omit", None, {}, "visit", "expected the number of a visit"),
        ("omit", "first", {}, "visit", 'expected a whole number from 1 on, not "first"'),
        ("defer", 3, {"by": 367}, "by", "expected a whole number from 1 on, up to 366, not 367"),
        ("review", 3, {}, "outcome", "expected go-on or stop"),
        ("defer", 3, {"to": DAY, "scope": "all"}, "scope", 'expected visit or rest, not "all"'),
        ("defer", 3, {"to": [DAY]}, "to", "not list"),
        ("switch", None, {"protocol": "iv-ptsd"}, "on", "expected a date"),
    ],
)
def test_what_a_verb_cannot_take_is_said(verb, visit, given, field, said):
    with pytest.raises(BadRequest) as caught:
        read_change(verb, visit, given, today=TODAY)
    assert caught.value.field == field
    assert said in caught.value.what


def test_the_verbs_are_those_of_the_command():
    assert VERB_FORMS.keys() == command.commands.keys()
    assert set(get_args(Verb)) - VERB_FORMS.keys() == {"reschedule", "rename"}


def test_every_option_of_a_verb_has_a_type():
    assert {name for form in VERB_FORMS.values() for name in form.takes} == set(
        get_type_hints(ChangeValues)
    )
