"""Who drives to the visits of a plan: by weekday, and on all other days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketasched.files.load import load_protocol, shipped_protocols
from ketasched.model import WEEKDAYS, Driver, RegularDriver
from ketasched.model.drivers import driver_on
from ketasched.planning.planner import plan
from tests.conftest import MADE_AT
from tests.support.nouns import clinic, request

ANA = RegularDriver("Ana Lima", "555 0134", ("mon", "fri"))


@pytest.mark.parametrize(
    ("asked", "on_monday", "on_wednesday"),
    [
        pytest.param({}, None, None, id="nobody"),
        pytest.param({"driver_name": "Sam"}, "Sam", "Sam", id="one for all days"),
        pytest.param({"driver": (ANA,)}, "Ana Lima", None, id="one for some days"),
        pytest.param(
            {"driver": (ANA,), "driver_name": "Sam"}, "Ana Lima", "Sam", id="another else"
        ),
        pytest.param(
            {"driver": (RegularDriver("Ben"), ANA)}, "Ana Lima", "Ben", id="one without days too"
        ),
    ],
)
def test_the_driver_of_a_weekday_comes_before_the_one_of_all_other_days(
    asked, on_monday, on_wednesday
):
    wanted = request(**asked)
    found = [driver_on(wanted, date(2026, 12, day)) for day in (7, 9)]
    assert [one.name if one else None for one in found] == [on_monday, on_wednesday]


def test_a_plan_has_the_driver_of_each_weekday_around_a_change_of_clocks():
    """Visits at 20:30 in New York are on the next day in UTC; 14 March 2027 is the change."""
    evening = clinic(times="20:00-23:30")
    asked = request(date(2027, 3, 8), driver=(ANA,), driver_name="Sam")
    course = plan(load_protocol("iv-depression"), evening, asked, made_at=MADE_AT)
    assert len({visit.start.utcoffset() for visit in course.visits}) == 2
    ana, sam = Driver("Ana Lima", "555 0134"), Driver("Sam")
    found = [(f"{visit.start:%a}", visit.driver) for visit in course.visits]
    assert found == [("Mon", ana), ("Wed", sam), ("Fri", ana)] * 2


DRIVERS = st.lists(st.sampled_from(WEEKDAYS), unique=True).flatmap(
    lambda days: st.permutations([RegularDriver(f"D {day}", "", (day,)) for day in days])
)


@given(
    name=st.sampled_from(shipped_protocols()),
    drivers=DRIVERS,
    other=st.sampled_from(["", "Sam"]),
    start=st.integers(0, 120).map(lambda days: date(2026, 12, 7) + timedelta(days)),
)
def test_whoever_is_asked_every_confirmed_visit_has_the_driver_of_its_day(
    name, drivers, other, start
):
    asked = request(start, driver=tuple(drivers), driver_name=other)
    protocol = load_protocol(name)
    at = clinic(" ".join(WEEKDAYS), "08:00-18:00")
    course = plan(protocol, at, asked, made_at=MADE_AT)
    for visit in course.visits:
        drives = driver_on(asked, visit.start.date())
        if not protocol.visits[visit.kind].needs_driver:
            assert visit.driver is None
        elif visit.status == "planned":
            assert visit.driver == drives
        else:
            assert visit.driver in (None, drives)  # a visit that is decided at its check-in


def test_the_plan_is_the_same_whoever_drives():
    alone = plan(load_protocol("iv-depression"), clinic(), request(), made_at=MADE_AT)
    driven = plan(
        load_protocol("iv-depression"), clinic(), request(driver=(ANA,)), made_at=MADE_AT
    )
    assert [one.start for one in alone.visits] == [one.start for one in driven.visits]
    assert {one.driver for one in driven.visits} == {Driver("Ana Lima", "555 0134"), None}
