"""When the parts of a visit are: across changes of the clocks, on purpose."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketasched.model import Clock, Minutes, NoDriving, Override, OwnMinutes, VisitKind
from ketasched.model.wall_clock import (
    after,
    at,
    clock_text,
    comes_twice,
    day_text,
    effective_kind,
    exists,
    gap_days,
    gap_hours,
    minutes_gone_back,
    no_driving_until,
    slot_at,
    wall_minutes,
)
from tests.support.nouns import clinic, protocol

NEW_YORK, LORD_HOWE = "America/New_York", "Australia/Lord_Howe"
ZONES = [NEW_YORK, LORD_HOWE, "America/Havana", "Europe/Dublin", "Asia/Kathmandu", "UTC"]


def local(text: str, zone: str = NEW_YORK) -> datetime:
    """A local time, "2026-12-07 09:00"; "2nd" behind it is the second of two."""
    found = datetime.fromisoformat(text.removesuffix(" 2nd")).replace(tzinfo=ZoneInfo(zone))
    return found.replace(fold=int(text.endswith(" 2nd")))


def told(moment: datetime | None) -> str:
    """A moment with all that tells it from another: the clock time and the offset."""
    return f"{moment:%Y-%m-%d %H:%M %z}" if moment else "ask"


LOCAL_TIMES = st.builds(
    lambda moment, zone, fold: moment.replace(tzinfo=ZoneInfo(zone), fold=fold),
    st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - zone comes next
    st.sampled_from(ZONES),
    st.integers(0, 1),
)


# --- elapsed time ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "minutes", "zone", "expected"),
    [
        pytest.param(
            "2026-12-07 09:00", 115, NEW_YORK, "2026-12-07 10:55 -0500", id="on a plain day"
        ),
        pytest.param(
            "2026-12-07 23:30", 30, NEW_YORK, "2026-12-08 00:00 -0500", id="until midnight"
        ),
        pytest.param(
            "2027-03-14 01:30", 29, NEW_YORK, "2027-03-14 01:59 -0500", id="up to a skipped hour"
        ),
        pytest.param(
            "2027-03-14 01:30", 30, NEW_YORK, "2027-03-14 03:00 -0400", id="over a skipped hour"
        ),
        pytest.param(
            "2027-11-07 00:30", 60, NEW_YORK, "2027-11-07 01:30 -0400", id="into a repeated hour"
        ),
        pytest.param(
            "2027-11-07 00:30", 120, NEW_YORK, "2027-11-07 01:30 -0500", id="to its second time"
        ),
        pytest.param(
            "2027-11-07 01:30 2nd", 30, NEW_YORK, "2027-11-07 02:00 -0500", id="out of it"
        ),
        pytest.param(
            "2027-10-03 01:30", 45, LORD_HOWE, "2027-10-03 02:45 +1100", id="over half an hour"
        ),
        pytest.param(
            "2027-04-04 01:30", 45, LORD_HOWE, "2027-04-04 01:45 +1030", id="half an hour twice"
        ),
    ],
)
def test_minutes_pass_whatever_the_clocks_do(start, minutes, zone, expected):
    assert told(after(local(start, zone), minutes)) == expected


@given(LOCAL_TIMES, st.integers(0, 3 * 1440))
def test_after_so_many_minutes_so_many_have_passed_and_the_zone_is_the_same(moment, minutes):
    later = after(moment, minutes)
    assert later.astimezone(UTC) - moment.astimezone(UTC) == timedelta(minutes=minutes)
    assert later.tzinfo is moment.tzinfo
    assert exists(later)


def test_a_slot_ends_when_all_its_parts_are_over():
    kind = VisitKind("Infusion", Minutes(15, 40, 60))
    assert told(slot_at(kind, local("2027-11-07 00:30")).end) == "2027-11-07 01:25 -0500"


@pytest.mark.parametrize(
    ("before", "following", "days", "hours"),
    [
        pytest.param("2026-12-07 15:00", "2026-12-09 09:00", 2, 42, id="Mon 15:00 to Wed 09:00"),
        pytest.param("2026-12-07 23:59", "2026-12-08 00:01", 1, 2 / 60, id="across midnight"),
        pytest.param("2026-12-07 09:00", "2026-12-07 17:00", 0, 8, id="on one day"),
        pytest.param("2027-03-13 09:00", "2027-03-15 09:00", 2, 47, id="clocks go forward"),
        pytest.param("2027-11-06 09:00", "2027-11-08 09:00", 2, 49, id="clocks go back"),
        pytest.param("2027-11-07 01:30", "2027-11-07 01:30 2nd", 0, 1, id="one time, twice"),
        pytest.param("2026-12-28 09:00", "2027-01-04 09:00", 7, 168, id="into a new year"),
    ],
)
def test_a_gap_is_in_dates_and_its_hours_are_elapsed(before, following, days, hours):
    one, two = local(before), local(following)
    assert gap_days(one, two) == days
    assert gap_hours(one, two) == pytest.approx(hours)


# --- what the clocks show ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "zone", "times"),
    [
        pytest.param("2026-12-07 02:30", NEW_YORK, 1, id="a plain day"),
        pytest.param("2027-03-14 01:59", NEW_YORK, 1, id="a minute before an hour is skipped"),
        pytest.param("2027-03-14 02:00", NEW_YORK, 0, id="the first skipped minute"),
        pytest.param("2027-03-14 02:59", NEW_YORK, 0, id="the last skipped minute"),
        pytest.param("2027-03-14 02:30 2nd", NEW_YORK, 0, id="skipped, whichever is meant"),
        pytest.param("2027-03-14 03:00", NEW_YORK, 1, id="a minute later"),
        pytest.param("2027-11-07 00:59", NEW_YORK, 1, id="a minute before an hour is repeated"),
        pytest.param("2027-11-07 01:00", NEW_YORK, 2, id="the first repeated minute"),
        pytest.param("2027-11-07 01:59 2nd", NEW_YORK, 2, id="the last repeated minute"),
        pytest.param("2027-11-07 02:00", NEW_YORK, 1, id="after it"),
        pytest.param("2027-10-03 01:59", LORD_HOWE, 1, id="before a skipped half-hour"),
        pytest.param("2027-10-03 02:15", LORD_HOWE, 0, id="in a skipped half-hour"),
        pytest.param("2027-10-03 02:30", LORD_HOWE, 1, id="after a skipped half-hour"),
        pytest.param("2027-04-04 01:29", LORD_HOWE, 1, id="before a repeated half-hour"),
        pytest.param("2027-04-04 01:45", LORD_HOWE, 2, id="in a repeated half-hour"),
        pytest.param("2027-04-04 02:00", LORD_HOWE, 1, id="after a repeated half-hour"),
        pytest.param("2027-03-14 00:30", "America/Havana", 0, id="a skipped midnight"),
        pytest.param("2027-11-07 00:30", "America/Havana", 2, id="a repeated midnight"),
        pytest.param("2027-03-28 01:30", "Europe/Dublin", 0, id="where winter is the exception"),
        pytest.param("2011-12-30 12:00", "Pacific/Apia", 0, id="a day that never was"),
        pytest.param("2027-03-14 02:30", "UTC", 1, id="where clocks do not change"),
    ],
)
def test_a_clock_time_is_there_once_twice_or_not_at_all(text, zone, times):
    moment = local(text, zone)
    assert (exists(moment), comes_twice(moment)) == (times > 0, times > 1)


@given(LOCAL_TIMES)
def test_a_time_exists_exactly_if_it_comes_back_from_utc_as_it_was(moment):
    there_and_back = moment.astimezone(UTC).astimezone(moment.tzinfo)
    assert exists(moment) == (there_and_back.replace(tzinfo=None) == moment.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("day", "zone", "minutes"),
    [
        pytest.param("2027-11-06", NEW_YORK, 0, id="the day before"),
        pytest.param("2027-11-07", NEW_YORK, 60, id="the day"),
        pytest.param("2027-11-08", NEW_YORK, 0, id="the day after"),
        pytest.param("2027-03-14", NEW_YORK, 0, id="forward is not back"),
        pytest.param("2027-04-04", LORD_HOWE, 30, id="half an hour"),
        pytest.param("2027-10-31", "Antarctica/Troll", 120, id="two hours"),
        pytest.param("2027-11-07", "America/Havana", 60, id="at midnight"),
        pytest.param("2027-11-07", "UTC", 0, id="never"),
    ],
)
def test_clocks_go_back_on_one_day_by_so_many_minutes(day, zone, minutes):
    assert minutes_gone_back(date.fromisoformat(day), ZoneInfo(zone)) == minutes


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        pytest.param("2027-11-07 00:00", 0, id="midnight"),
        pytest.param("2027-11-07 23:59", 1439, id="the last minute"),
        pytest.param("2027-11-08 00:00", 1440, id="24:00"),
        pytest.param("2027-11-08 00:01", 1441, id="past 24:00"),
        pytest.param("2027-11-07 01:30", 90, id="the first of two"),
        pytest.param("2027-11-07 01:30 2nd", 90, id="the second of two"),
    ],
)
def test_wall_minutes_are_what_the_clock_shows(text, minutes):
    assert wall_minutes(local(text), date(2027, 11, 7)) == minutes


def test_a_time_of_day_is_the_first_where_it_comes_twice():
    assert told(at(date(2027, 11, 7), 90, ZoneInfo(NEW_YORK))) == "2027-11-07 01:30 -0400"


# --- no driving --------------------------------------------------------------------------------

MORNING = Clock(8 * 60)


@pytest.mark.parametrize(
    ("end", "day", "rule", "expected"),
    [
        pytest.param("2026-12-07 10:55", "2026-12-07", None, "ask", id="no rule"),
        pytest.param(
            "2026-12-07 10:55",
            "2026-12-07",
            NoDriving(24, MORNING),
            "2026-12-08 10:55 -0500",
            id="the hours are later",
        ),
        pytest.param(
            "2026-12-07 10:55",
            "2026-12-07",
            NoDriving(12, MORNING),
            "2026-12-08 08:00 -0500",
            id="the morning is later",
        ),
        pytest.param(
            "2026-12-07 08:00",
            "2026-12-07",
            NoDriving(24, MORNING),
            "2026-12-08 08:00 -0500",
            id="both at once",
        ),
        pytest.param(
            "2026-12-07 10:55",
            "2026-12-07",
            NoDriving(12),
            "2026-12-07 22:55 -0500",
            id="hours only",
        ),
        pytest.param(
            "2026-12-07 10:55",
            "2026-12-07",
            NoDriving(None, MORNING),
            "2026-12-08 08:00 -0500",
            id="morning only",
        ),
        pytest.param(
            "2026-12-08 00:00",
            "2026-12-07",
            NoDriving(None, MORNING),
            "2026-12-08 08:00 -0500",
            id="the morning after a visit that ends at midnight",
        ),
        pytest.param(
            "2027-03-13 11:00",
            "2027-03-13",
            NoDriving(24),
            "2027-03-14 12:00 -0400",
            id="24 hours are 24, as clocks go forward",
        ),
        pytest.param(
            "2027-11-06 11:00",
            "2027-11-06",
            NoDriving(24),
            "2027-11-07 10:00 -0500",
            id="24 hours are 24, as clocks go back",
        ),
        pytest.param(
            "2027-11-06 09:00",
            "2027-11-06",
            NoDriving(24, MORNING),
            "2027-11-07 08:00 -0500",
            id="both at once, by the clock of the next day",
        ),
        pytest.param(
            "2027-03-13 11:00",
            "2027-03-13",
            NoDriving(None, Clock(150)),
            "2027-03-14 03:30 -0400",
            id="a morning time that is skipped",
        ),
        pytest.param(
            "2027-11-06 11:00",
            "2027-11-06",
            NoDriving(None, Clock(90)),
            "2027-11-07 01:30 -0400",
            id="a morning time that comes twice",
        ),
        pytest.param(
            "2027-11-06 00:45",
            "2027-11-06",
            NoDriving(25, Clock(105)),
            "2027-11-07 01:45 -0400",
            id="at the same repeated time",
        ),
        pytest.param(
            "2027-11-06 01:30",
            "2027-11-06",
            NoDriving(25, Clock(105)),
            "2027-11-07 01:30 -0500",
            id="later, though the clock shows less",
        ),
    ],
)
def test_nobody_drives_until_the_later_of_hours_and_morning(end, day, rule, expected):
    found = no_driving_until(local(end), date.fromisoformat(day), rule)
    assert told(found) == expected


# --- the clinic's own numbers ------------------------------------------------------------------

FOR_ALL = Minutes(15, 40, 60)
RULE, LONGER = NoDriving(24), NoDriving(48)
KINDS = {
    "infusion": VisitKind("Infusion", FOR_ALL, no_driving=RULE),
    "booster": VisitKind("Booster", FOR_ALL, no_driving=RULE, like="infusion"),
    "quick": VisitKind("Quick", Minutes(15, 10, 60), no_driving=RULE, like="infusion"),
    "sober": VisitKind("Sober", FOR_ALL, no_driving=NoDriving(12), like="infusion"),
    "rare": VisitKind("Rare booster", FOR_ALL, no_driving=RULE, like="booster"),
    "other": VisitKind("Other", FOR_ALL, no_driving=RULE),
}
SHORT = Override(OwnMinutes(observation=30))


@pytest.mark.parametrize(
    ("name", "own", "minutes", "rule"),
    [
        pytest.param("infusion", {}, FOR_ALL, RULE, id="nothing"),
        pytest.param("infusion", {"infusion": SHORT}, Minutes(15, 40, 30), RULE, id="one part"),
        pytest.param(
            "infusion",
            {"infusion": Override(OwnMinutes(0, 0, 5))},
            Minutes(0, 0, 5),
            RULE,
            id="all parts, zero too",
        ),
        pytest.param(
            "infusion", {"infusion": Override(no_driving=LONGER)}, FOR_ALL, LONGER, id="the rule"
        ),
        pytest.param("other", {"infusion": SHORT}, FOR_ALL, RULE, id="another kind"),
        pytest.param(
            "booster",
            {"infusion": Override(OwnMinutes(observation=30), LONGER)},
            Minutes(15, 40, 30),
            LONGER,
            id="a kind that takes after it",
        ),
        pytest.param(
            "booster",
            {"booster": SHORT},
            Minutes(15, 40, 30),
            RULE,
            id="a kind that takes after another, itself",
        ),
        pytest.param("infusion", {"booster": SHORT}, FOR_ALL, RULE, id="not the other way round"),
        pytest.param(
            "quick",
            {"infusion": Override(OwnMinutes(treatment=50), LONGER)},
            Minutes(15, 10, 60),
            LONGER,
            id="a rule from there, a treatment of its own",
        ),
        pytest.param(
            "sober",
            {"infusion": Override(OwnMinutes(observation=30), LONGER)},
            Minutes(15, 40, 30),
            NoDriving(12),
            id="minutes from there, a rule of its own",
        ),
        pytest.param(
            "booster",
            {"infusion": Override(no_driving=LONGER), "booster": SHORT},
            Minutes(15, 40, 30),
            LONGER,
            id="a rule from there, minutes of the clinic for itself",
        ),
        pytest.param(
            "rare",
            {"infusion": Override(no_driving=LONGER)},
            FOR_ALL,
            LONGER,
            id="a kind that takes after one that takes after it",
        ),
    ],
)
def test_the_clinics_own_numbers_hold_also_for_what_takes_after_it(name, own, minutes, rule):
    found = effective_kind(protocol(visits=KINDS), clinic(overrides={"test": own}), name)
    assert (found.minutes, found.no_driving) == (minutes, rule)
    assert (found.title, found.like) == (KINDS[name].title, KINDS[name].like)


def test_the_clinics_own_numbers_for_another_protocol_change_nothing():
    own = clinic(overrides={"another": {"infusion": SHORT}})
    assert effective_kind(protocol(visits=KINDS), own, "infusion") == KINDS["infusion"]


# --- in words ----------------------------------------------------------------------------------


def test_dates_and_times_are_said_as_people_say_them():
    assert day_text(date(2026, 12, 7)) == "Mon 7 Dec 2026"
    assert day_text(date(2027, 2, 28), year=False) == "Sun 28 Feb"
    assert clock_text(local("2026-12-07 08:05")) == "08:05"
