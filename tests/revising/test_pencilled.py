"""Boosters that are pencilled in never refuse a change: they are left out, with a finding."""

from datetime import date

import pytest

from ketasched.errors import NoPlan
from ketasched.model import Change, Closures, DateRange
from ketasched.revising.revise import revise
from tests.revising.changes import apply, days, moment, six
from tests.support.nouns import clinic

AWAY = clinic(closures=Closures(dates=(DateRange(date(2027, 1, 20), date(2027, 3, 10)),)))
LATER = Change("defer", visit=6, on=date(2026, 12, 21))


def test_a_booster_without_a_day_is_left_out_and_said_with_the_next_day():
    after = revise(six(), LATER, at=moment("2026-12-01T12:00"), clinic=AWAY)
    assert days(after, "planned", "tentative")[-2:] == ["21 Dec", "04 Jan"]
    assert days(after, "omitted") == ["22 Jan"]
    finding = next(one for one in after.findings if one.rule == "booster")
    assert (finding.level, finding.visit) == ("given-up", 7)
    assert finding.message.endswith("could be on Mon 18 Jan 2027: booster --on 2027-01-18.")
    added = apply(after, "booster", "2026-12-02T12:00", on=date(2027, 1, 18))
    assert days(added, "planned")[-1] == "18 Jan"


def test_the_last_booster_is_left_out_first_and_as_few_as_possible():
    after = revise(six(boosters=3), LATER, at=moment("2026-12-01T12:00"), clinic=AWAY)
    assert [visit.status for visit in after.visits[6:]] == ["tentative", "omitted", "omitted"]


def test_visits_that_are_decided_are_never_left_out():
    shut = clinic(closures=Closures(dates=(DateRange(date(2026, 12, 16), date(2027, 3, 10)),)))
    change = Change("defer", visit=4, on=date(2026, 12, 15))
    with pytest.raises(NoPlan) as caught:
        revise(six(), change, at=moment("2026-12-01T12:00"), clinic=shut)
    assert {finding.visit for finding in caught.value.findings} == {5}


def test_a_booster_that_the_change_names_is_refused_not_left_out():
    with pytest.raises(NoPlan):
        apply(six(), "defer", visit=8, on=date(2027, 1, 2))
