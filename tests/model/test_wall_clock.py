"""Local time across clock changes: durations, gaps, skipped and repeated hours, no driving."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketasched.model import Clock, Minutes, NoDriving, Override, OwnMinutes, VisitKind
from ketasched.model.effective_kind import effective_kind
from ketasched.model.no_driving import no_driving_until
from ketasched.model.wall_clock import (
    add_minutes,
    clock_text,
    day_text,
    days_text,
    exists,
    gap_days,
    gap_hours,
    is_ambiguous,
    minutes_gone_back,
    moment_at,
    moment_text,
    slot_at,
    wall_minutes,
)
from tests.support.nouns import clinic, protocol

NEW_YORK, LORD_HOWE = "America/New_York", "Australia/Lord_Howe"
ZONES = [NEW_YORK, LORD_HOWE, "America/Havana", "Europe/Dublin", "Asia/Kathmandu", "UTC"]


def local(text: str, zone: str = NEW_YORK) -> datetime:
    """A local time, "2026-12-07 09:00"; with " 2nd" the second one of an ambiguous time."""
    moment = datetime.fromisoformat(text.removesuffix(" 2nd")).replace(tzinfo=ZoneInfo(zone))
    return moment.replace(fold=int(text.endswith(" 2nd")))


def offset_text(moment: datetime | None) -> str:
    """The wall-clock time and the offset, which together identify the moment; "ask" for None."""
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
def test_added_minutes_are_elapsed_minutes(start, minutes, zone, expected):
    assert offset_text(add_minutes(local(start, zone), minutes)) == expected


@given(LOCAL_TIMES, st.integers(0, 3 * 1440))
def test_added_minutes_have_passed_and_the_zone_stays(moment, minutes):
    later = add_minutes(moment, minutes)
    assert later.astimezone(UTC) - moment.astimezone(UTC) == timedelta(minutes=minutes)
    assert later.tzinfo is moment.tzinfo
    assert exists(later)


def test_a_slot_ends_after_all_parts_of_the_visit():
    kind = VisitKind("Infusion", Minutes(15, 40, 60))
    assert offset_text(slot_at(kind, local("2027-11-07 00:30")).end) == "2027-11-07 01:25 -0500"


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
def test_gap_days_count_dates_and_gap_hours_elapsed_time(before, following, days, hours):
    assert gap_days(local(before), local(following)) == days
    assert gap_hours(local(before), local(following)) == pytest.approx(hours)


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
def test_a_wall_clock_time_exists_once_twice_or_never(text, zone, times):
    moment = local(text, zone)
    assert (exists(moment), is_ambiguous(moment)) == (times > 0, times > 1)


@given(LOCAL_TIMES)
def test_a_time_exists_exactly_if_it_survives_a_round_trip_through_utc(moment):
    round_trip = moment.astimezone(UTC).astimezone(moment.tzinfo)
    assert exists(moment) == (round_trip.replace(tzinfo=None) == moment.replace(tzinfo=None))


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
def test_minutes_gone_back_are_those_of_that_day(day, zone, minutes):
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
def test_wall_minutes_count_by_the_clock_from_midnight(text, minutes):
    assert wall_minutes(local(text), date(2027, 11, 7)) == minutes


def test_moment_at_an_ambiguous_time_is_the_first_one():
    assert (
        offset_text(moment_at(date(2027, 11, 7), 90, ZoneInfo(NEW_YORK)))
        == "2027-11-07 01:30 -0400"
    )


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
def test_no_driving_ends_at_the_later_of_hours_and_morning(end, day, rule, expected):
    found = no_driving_until(local(end), date.fromisoformat(day), rule)
    assert offset_text(found) == expected


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
            id="a kind like it",
        ),
        pytest.param(
            "booster",
            {"booster": SHORT},
            Minutes(15, 40, 30),
            RULE,
            id="a kind like another one, itself",
        ),
        pytest.param("infusion", {"booster": SHORT}, FOR_ALL, RULE, id="not the other way round"),
        pytest.param(
            "quick",
            {"infusion": Override(OwnMinutes(treatment=50), LONGER)},
            Minutes(15, 10, 60),
            LONGER,
            id="an inherited rule, a treatment of its own",
        ),
        pytest.param(
            "sober",
            {"infusion": Override(OwnMinutes(observation=30), LONGER)},
            Minutes(15, 40, 30),
            NoDriving(12),
            id="inherited minutes, a rule of its own",
        ),
        pytest.param(
            "booster",
            {"infusion": Override(no_driving=LONGER), "booster": SHORT},
            Minutes(15, 40, 30),
            LONGER,
            id="an inherited rule, overridden minutes",
        ),
        pytest.param(
            "rare",
            {"infusion": Override(no_driving=LONGER)},
            FOR_ALL,
            LONGER,
            id="a kind like a kind like it",
        ),
    ],
)
def test_overrides_replace_the_values_of_a_kind_and_of_kinds_like_it(name, own, minutes, rule):
    found = effective_kind(protocol(visits=KINDS), clinic(overrides={"test": own}), name)
    assert (found.minutes, found.no_driving) == (minutes, rule)
    assert (found.title, found.like) == (KINDS[name].title, KINDS[name].like)


def test_overrides_for_another_protocol_change_nothing():
    own = clinic(overrides={"another": {"infusion": SHORT}})
    assert effective_kind(protocol(visits=KINDS), own, "infusion") == KINDS["infusion"]


# --- in words ----------------------------------------------------------------------------------


def test_dates_and_times_in_words():
    assert day_text(date(2026, 12, 7)) == "Mon 7 Dec 2026"
    assert day_text(date(2027, 2, 28), year=False) == "Sun 28 Feb"
    assert clock_text(local("2026-12-07 08:05")) == "08:05"
    assert moment_text(local("2026-12-07 08:05")) == "Mon 7 Dec 2026, 08:05"
    assert moment_text(local("2026-12-07 08:05"), year=False) == "Mon 7 Dec, 08:05"


def test_months_and_years_of_a_list_of_dates_are_written_once():
    days = [date(2026, 11, 30), date(2026, 12, 28), date(2026, 12, 30), date(2027, 1, 1)]
    assert days_text(days) == "Mon 30 Nov, Mon 28, Wed 30 Dec 2026, Fri 1 Jan 2027"
