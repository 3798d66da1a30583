"""The calendars inside two packages: real programs have written them, and some broke a reader.

Each one is read here, by `recurring-ical-events` and by `ical.js`. Where the busy times differ, or
one of them refuses the file, the reason stands below.
"""

import re
from datetime import date
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events

from ketasched.errors import BadFile
from ketasched.files.busy import Reading, calendar_from
from tests.support.busy_judges import Days, Intervals, by_ical_js, by_recurring_ical_events

FOLDERS = {
    "icalendar": Path(icalendar.__file__).parent / "tests",
    "recurring": Path(recurring_ical_events.__file__).parent / "test",
}
FILES = {
    f"{package}/{path.relative_to(folder)}": path
    for package, folder in FOLDERS.items()
    for path in sorted(folder.rglob("*.ics"))
}

# --- what we refuse ------------------------------------------------------------------------------

NONE = "has no event, no free-busy times and no calendar in it"
NO_TIME = "a time, or a length, is none, and nothing safe can be said"
TWO_STARTS = "an event has two starts, which differ"

REFUSED = {
    **dict.fromkeys(
        [
            "icalendar/alarms/example.ics",
            "icalendar/alarms/rfc_5545_absolute_alarm_example.ics",
            "icalendar/alarms/rfc_5545_end.ics",
            "icalendar/alarms/start_date.ics",
            "icalendar/availabilities/rfc_7953_1.ics",
            "icalendar/availabilities/rfc_7953_2.ics",
            "icalendar/calendars/fuzz_testcase_0_char_in_component_name.ics",
            "icalendar/calendars/fuzz_testcase_invalid_month.ics",
            "icalendar/calendars/issue_178_component_with_invalid_name_represented.ics",
            "icalendar/calendars/issue_178_custom_component_contains_other.ics",
        ],
        NONE,
    ),
    **dict.fromkeys(
        [
            "icalendar/calendars/broken_dtstart.ics",
            "icalendar/calendars/invalid_duration.ics",
            "icalendar/calendars/issue_1081_invalid_start_and_end.ics",
            "icalendar/calendars/issue_1081_invalid_start_valid_end.ics",
            "icalendar/calendars/multiple_timezones.ics",
            "icalendar/events/issue_464_invalid_rdate.ics",
        ],
        NO_TIME,
    ),
    "icalendar/calendars/america_new_york_forward_reference.ics": TWO_STARTS,
}

# --- what differs --------------------------------------------------------------------------------

FREE_BUSY = "the other one reads no VFREEBUSY"
UNKNOWN = "an unknown zone: ours is busy in all of them"
BACKWARDS = "ends before it starts: ours is busy at both, and until that time of the next day"
OLDER = "an older override of a newer series: ours keeps its time busy"
NEWER = "two events of one UID and start: in ours the higher SEQUENCE counts"
WHOLE = "a day until a time: ours takes the day as a whole"
OWN_SERIES = "an override recurs otherwise than its series: ours is busy at all times of both"
LAST_DAY = "UNTIL is a day, and the event a time: in ours it may still be on that day"
NOT_DESCRIBED = "ical.js knows no zone that the file does not describe"
FLOATING = "ical.js knows no X-WR-TIMEZONE"
ONE_RULE = "ical.js unfolds one of two rules"
PERIOD = "ical.js has another length for a period of an RDATE"
EXCLUDED = "ical.js does not leave out an RDATE that is an EXDATE, too"

BOTH = {
    **dict.fromkeys(
        [
            "icalendar/calendars/issue_1081_freebusy_comma_separated.ics",
            "icalendar/calendars/issue_27_multiple_periods_in_freebusy_multiple_freebusies.ics",
            "icalendar/calendars/issue_27_multiple_periods_in_freebusy_one_freebusy.ics",
            "icalendar/freebusy/example.ics",
        ],
        FREE_BUSY,
    ),
    **dict.fromkeys(
        [
            "icalendar/calendars/issue_526_calendar_with_different_events.ics",
            "icalendar/calendars/issue_526_calendar_with_event_subset.ics",
            "icalendar/calendars/issue_526_calendar_with_events.ics",
            "icalendar/calendars/issue_526_calendar_with_shuffeled_events.ics",
            "icalendar/calendars/issue_722_missing_VTIMEZONE_custom.ics",
        ],
        UNKNOWN,
    ),
    "recurring/calendars/issue_132_swapped_start_and_end.ics": BACKWARDS,
    "recurring/calendars/issue_201_test_matrix.ics": WHOLE,
    "recurring/calendars/issue_253_additional_recurrence_id.ics": OLDER,
    "recurring/calendars/issue_253_edge_case_1.ics": OWN_SERIES,
    "recurring/calendars/issue_253_recurrence_id_included.ics": OWN_SERIES,
    "recurring/calendars/issue_75_range_parameter.ics": LAST_DAY,
}
DIFFERENT = {
    "recurring-ical-events": BOTH
    | {
        "icalendar/calendars/issue_156_RDATE_with_PERIOD_TZID_khal.ics": OWN_SERIES,
        "recurring/calendars/issue_148_edge_case_1.ics": OLDER,
        "recurring/calendars/issue_163_deleted_modification.ics": OLDER,
    },
    "ical.js": BOTH
    | dict.fromkeys(
        [
            "icalendar/calendars/issue_313_globally_unique_tzid.ics",
            "icalendar/calendars/issue_466_convert_tzid_with_slash.ics",
            "icalendar/events/event_with_recurrence_exdates_on_different_lines.ics",
            "icalendar/events/issue_112_missing_tzinfo_on_exdate.ics",
            "icalendar/events/issue_53_description_parsed_properly.ics",
            "icalendar/events/rfc_9074_example_1.ics",
            "icalendar/events/rfc_9074_example_2.ics",
            "icalendar/events/rfc_9074_example_3.ics",
            "icalendar/events/rfc_9074_example_4.ics",
            "recurring/calendars/duplicated_rrule.ics",
            "recurring/calendars/fablab_cottbus.ics",
            "recurring/calendars/issue_4_rrule_until.ics",
            "recurring/calendars/subcomponents.ics",
        ],
        NOT_DESCRIBED,
    )
    | {
        "icalendar/calendars/issue_156_RDATE_with_PERIOD_TZID_khal.ics": PERIOD,
        "recurring/calendars/bad_rrule_missing_until_event.ics": NOT_DESCRIBED,
        "recurring/calendars/issue_148_exdate_and_rdate_updated.ics": NEWER,
        "recurring/calendars/issue_148_ignored_exdate.ics": NEWER,
        "recurring/calendars/issue_86_x_wr_timezone_without_time_zone_in_dt.ics": FLOATING,
        "recurring/calendars/multiple_rrule.ics": ONE_RULE,
        "recurring/calendars/rdate2.ics": EXCLUDED,
    },
}
MISSING_HERE = {NEWER, EXCLUDED, NOT_DESCRIBED, FLOATING}
"""Where the other one has a time that ours has not."""

ENDLESS = {"icalendar/calendars/invalid_duration.ics"}
"""What `ical.js` would never have done with."""


def days_of(raw: bytes) -> Days:
    """Two years from the first start in a calendar."""
    found = re.search(rb"DTSTART[^:\n]*:\s*(\d{4})", raw)
    year = int(found[1]) if found and 1904 <= int(found[1]) <= 2090 else 2026
    return date(year, 1, 1), date(year + 2, 1, 1)


@cache
def by_us(name: str) -> Intervals | BadFile:
    raw = FILES[name].read_bytes()
    days = days_of(raw)
    try:
        found = calendar_from(raw, name, Reading(days)).busy(ZoneInfo("UTC"), *days)
    except BadFile as error:
        return error
    return [(int(one.start.timestamp()), int(one.end.timestamp())) for one in found]


@cache
def by_others(reader: str) -> dict[str, Intervals | str]:
    raws = {name: path.read_bytes() for name, path in FILES.items()}
    if reader == "recurring-ical-events":
        return {name: by_recurring_ical_events(raw, days_of(raw)) for name, raw in raws.items()}
    asked = {name: (raw, days_of(raw)) for name, raw in raws.items() if name not in ENDLESS}
    return dict(zip(asked, by_ical_js([*asked.values()]), strict=True)) | dict.fromkeys(
        ENDLESS, ""
    )


def test_all_calendars_of_both_packages_are_there():
    assert len(FILES) >= 258
    assert REFUSED.keys() | DIFFERENT["ical.js"].keys() <= FILES.keys()


@pytest.mark.parametrize("name", FILES)
def test_a_calendar_is_read_unless_nothing_safe_can_be_said(name):
    found = by_us(name)
    assert isinstance(found, BadFile) == (name in REFUSED)
    if isinstance(found, BadFile):
        is_none = "is no calendar" in found.what
        assert is_none == (REFUSED[name] == NONE)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("reader", DIFFERENT)
@pytest.mark.parametrize("name", FILES)
def test_a_calendar_is_read_as_others_read_it(name, reader):
    ours, theirs = by_us(name), by_others(reader)[name]
    if isinstance(theirs, str) or isinstance(ours, BadFile):
        return  # the test above says which are refused here
    reason = DIFFERENT[reader].get(name)
    assert (ours != theirs) == (reason is not None)
    if reason not in MISSING_HERE:
        # Whatever else differs, nobody is taken for free whom another reader finds busy.
        for begin, end in theirs:
            assert any(first <= begin and end <= last for first, last in ours)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("reader", DIFFERENT)
def test_most_calendars_are_read_alike(reader):
    theirs = by_others(reader)
    assert sum(by_us(name) == theirs[name] for name in FILES) > len(FILES) / 2
