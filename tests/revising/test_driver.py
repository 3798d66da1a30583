"""`driver`: for one visit or many; and who drives to a visit that is added or confirmed."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketasched.errors import BadRequest, NothingToDo
from ketasched.events.rides import items_with_ride, ride_reminders
from ketasched.events.view import View
from ketasched.files.load import load_protocol
from ketasched.model import Change, Driver, RegularDriver, VisitKind
from ketasched.planning.planner import plan
from ketasched.render.patient_folder import changed_calendars, render_folder
from ketasched.revising.revise import revise
from tests.conftest import MADE_AT
from tests.revising.changes import apply, moment, six
from tests.support.nouns import INFUSION, clinic, phase, protocol, request

ANA, BEN, SAM = Driver("Ana Lima", "555 0134"), Driver("Ben"), Driver("Sam")
TURNS = (RegularDriver("Ana Lima", "555 0134", ("mon",)), RegularDriver("Ben", "", ("fri",)))


def drivers(course, *numbers):
    """The names of the drivers, of all visits unless numbers are given."""
    visits = [one for one in course.visits if not numbers or one.number in numbers]
    return [visit.driver.name if visit.driver else None for visit in visits]


def name_driver(course, visits, driver=ANA, today="2026-12-01T12:00"):
    """The course with a driver for one visit (its number), or for several (a text)."""
    which = {"visit": visits} if isinstance(visits, int) else {"visits": visits}
    return apply(course, "driver", today, driver=driver, **which)


def test_an_address_can_be_given_later_and_what_is_known_of_a_driver_stays():
    before = six(driver_name="Ana Lima", driver_phone="555 0134", boosters=0)
    after = name_driver(before, "all", Driver("Ana Lima", email="ana@example.org"))
    assert {one.driver for one in after.visits} == {
        Driver("Ana Lima", "555 0134", "ana@example.org")
    }
    assert after.history[-1].changed == ()
    with pytest.raises(NothingToDo, match="drives to visits 1, 2 and 3 already"):
        name_driver(after, "1-3", Driver("Ana Lima"))


def test_a_known_driver_in_other_letters_is_the_same_driver_with_phone():
    before = six(driver_name="Ana Lima", driver_phone="555 0134", boosters=0)
    cleared = name_driver(before, "1-3", None)
    after = name_driver(cleared, 2, Driver("ana LIMA"))
    assert after.visits[1].driver == ANA
    assert after.history[-1].what == "visit 2: driver Ana Lima"
    with pytest.raises(NothingToDo, match="Ana Lima drives to visit 4 already"):
        name_driver(after, 4, Driver("ana lima"))


def test_two_drivers_whose_names_differ_in_letters_alone_stay_two():
    before = six(driver=(RegularDriver("Ana", "1", ("mon",)), RegularDriver("ANA", "2")))
    after = name_driver(before, 2, Driver("Ana"))
    assert after.visits[1].driver == Driver("Ana", "1")


# ---- Which visits a change names


@pytest.mark.parametrize(
    ("visits", "numbers"),
    [
        pytest.param(3, [3], id="one number"),
        pytest.param("2,4", [2, 4], id="numbers"),
        pytest.param(" 2, 4 ,6", [2, 4, 6], id="numbers with spaces"),
        pytest.param("1,3-5,7", [1, 3, 4, 5, 7], id="a range among numbers"),
        pytest.param("2-2", [2], id="a range of one"),
        pytest.param("all", [1, 2, 3, 4, 5, 6, 7, 8], id="all, with what is still to be decided"),
        pytest.param("mon", [1, 4], id="a weekday"),
        pytest.param("Wednesday/MON", [1, 2, 4, 5], id="weekdays in full"),
        pytest.param("mon, wed", [1, 2, 4, 5], id="weekdays with spaces"),
    ],
)
def test_a_driver_is_named_for_the_visits_that_are_meant_and_no_others(visits, numbers):
    before = six(driver_name="Sam")
    after = name_driver(before, visits)
    assert [one.number for one in after.visits if one.driver == ANA] == numbers
    assert after.revision == before.revision + 1
    assert [one.start for one in after.visits] == [one.start for one in before.visits]
    assert [one.status for one in after.visits] == [one.status for one in before.visits]


def test_all_are_the_visits_to_come():
    course = apply(six(driver_name="Sam"), "complete", "2026-12-07T12:00", visit=1)
    after = name_driver(course, "all", today="2026-12-09T09:00")
    assert drivers(after, 1, 2, 3, 4) == ["Sam", "Sam", "Ana Lima", "Ana Lima"]


def test_visits_on_hold_are_to_come_and_omitted_ones_are_not():
    course = apply(six(boosters=0), "omit", visit=2)
    course = apply(course, "hold")
    after = name_driver(course, "all")
    assert drivers(after, 1, 2, 3) == ["Ana Lima", None, "Ana Lima"]


def test_visits_without_a_ride_are_not_among_all():
    kinds = {"infusion": INFUSION, "call": VisitKind("Call", INFUSION.minutes, place="phone")}
    calls = phase(1, name="calls", visit="call")
    asked = protocol(phase(2), calls, visits=kinds)
    course = plan(asked, clinic(), request(), made_at=MADE_AT)
    assert drivers(name_driver(course, "all")) == ["Ana Lima", "Ana Lima", None]


def test_a_weekday_is_the_one_on_the_clinics_wall_around_a_change_of_clocks():
    """At 20:30 in New York it is the next day in UTC, before and after 14 March 2027."""
    evening = clinic("mon thu", "20:00-23:30")
    asked = request(date(2027, 3, 11), per_week=2)
    course = plan(load_protocol("iv-depression"), evening, asked, made_at=MADE_AT)
    starts = [visit.start for visit in course.visits]
    assert {start.utcoffset() for start in starts} == {
        moment("2027-03-01T12:00").utcoffset(),
        moment("2027-04-01T12:00").utcoffset(),
    }
    after = name_driver(course, "mon")
    assert {one.start.strftime("%a") for one in after.visits if one.driver} == {"Mon"}
    assert [one.number for one in after.visits if one.driver] == [2, 4, 6]


# ---- What the history says


@pytest.mark.parametrize(
    ("visits", "driver", "what"),
    [
        pytest.param(3, ANA, "visit 3: driver Ana Lima", id="one"),
        pytest.param("2,3", ANA, "visits 2 and 3: driver Ana Lima", id="two"),
        pytest.param("2,3,5", ANA, "visits 2, 3 and 5: driver Ana Lima", id="three"),
        pytest.param("2,3", None, "visits 2 and 3: driver nobody yet", id="nobody"),
    ],
)
def test_the_history_names_the_visits_and_keeps_what_was_asked(visits, driver, what):
    entry = name_driver(six(driver_name="Sam"), visits, driver).history[-1]
    assert entry.what == what
    assert (entry.change.visit or entry.change.visits) == visits


def test_the_history_names_only_visits_whose_driver_changed():
    course = name_driver(six(), "2,3")
    assert name_driver(course, "1-4").history[-1].what == "visits 1 and 4: driver Ana Lima"


# ---- Nothing to do


@pytest.mark.parametrize(
    ("visits", "driver", "said"),
    [
        pytest.param(2, None, "nobody drives to visit 2 already", id="nobody to one"),
        pytest.param("2,3", None, "nobody drives to visits 2 and 3 already", id="nobody to two"),
    ],
)
def test_there_is_nothing_to_do_where_nobody_drives_already(visits, driver, said):
    with pytest.raises(NothingToDo, match=f"^{said}$"):
        name_driver(six(), visits, driver)


def test_there_is_nothing_to_do_where_the_driver_drives_to_all_already():
    course = name_driver(six(boosters=0), "all")
    with pytest.raises(NothingToDo, match=r"^Ana Lima drives to visits 1, 2, 3, 4, 5 and 6 alr"):
        name_driver(course, "all", Driver("Ana Lima"))


# ---- What cannot be


def called_off_courses():
    """Visit 1 completed, visit 2 over, visit 3 omitted."""
    course = apply(six(boosters=0), "complete", "2026-12-07T12:00", visit=1)
    return apply(course, "omit", "2026-12-08T12:00", visit=3)


@pytest.mark.parametrize(
    ("visits", "said", "step"),
    [
        pytest.param(
            "1-5,9",
            "visit 1 is completed; visit 2 was on Wed 9 Dec 2026, which is over; "
            "visit 3 is omitted; there is no visit 9: the course has 6",
            "ketasched revise COURSE driver 4,5 --name 'Ana Lima'",
            id="each number that is not possible is listed, and the others are offered",
        ),
        pytest.param("1,3", "visit 1 is completed; visit 3 is omitted", "", id="none is left"),
        pytest.param(
            "6-9999",
            "there is no visit 7: the course has 6",
            "ketasched revise COURSE driver 6 --name 'Ana Lima'",
            id="a range after the end is said once",
        ),
        pytest.param("tue", "no visit to come on tue needs a driver", "", id="no such weekday"),
    ],
)
def test_all_visits_that_cannot_be_are_one_error(visits, said, step):
    with pytest.raises(BadRequest) as caught:
        name_driver(called_off_courses(), visits, today="2026-12-10T12:00")
    assert (caught.value.what, caught.value.next_step) == (said, step)


@pytest.mark.parametrize(
    "visits",
    ["", " ", ",", "none", "mon,3", "all,3", "3-1", "1--2", "2.5", "\u0663", "1\n2;x", "-"],
)
def test_what_names_no_visits_is_refused(visits):
    with pytest.raises(BadRequest, match=r"^expected numbers, all, or weekdays") as caught:
        name_driver(six(), visits)
    assert caught.value.what.isprintable()


def test_all_of_a_course_that_is_over_is_an_error():
    with pytest.raises(BadRequest, match=r"(?m)^no visit to come needs a driver$"):
        name_driver(six(boosters=0), "all", today="2027-01-10T12:00")


def test_no_rule_is_asked_when_a_driver_is_named():
    """The clinic has new hours, at which no visit could be."""
    change = Change("driver", visits="all", driver=ANA)
    shut = clinic("sun", "20:00-23:00")
    after = revise(six(boosters=0), change, at=moment("2026-12-01T12:00"), clinic=shut)
    assert drivers(after) == ["Ana Lima"] * 6


# ---- Phones


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param({"driver_name": "Ana Lima", "driver_phone": "555 0134"}, id="of the request"),
        pytest.param({"driver": TURNS}, id="of a regular driver"),
    ],
)
def test_the_phone_that_the_request_has_for_a_name_stays_known(asked):
    course = name_driver(six(**asked), "all", BEN)
    after = name_driver(course, "2,3", Driver("Ana Lima"))
    assert {one.driver for one in after.visits[1:3]} == {ANA}


# ---- A new booster


def with_booster(course, on=date(2027, 1, 25), today="2026-12-01T12:00"):
    after = apply(course, "booster", today, on=on)
    known = {one.uid for one in course.visits}
    (new,) = (one for one in after.visits if one.uid not in known)
    return new.driver


def test_a_new_booster_has_the_driver_of_all_that_is_to_come():
    course = name_driver(six(driver_name="Sam", boosters=0), "all", BEN)
    assert with_booster(course) == BEN


def test_a_new_booster_has_the_driver_who_drives_on_its_weekday():
    course = name_driver(six(driver_name="Sam", boosters=0), "mon", ANA)
    assert with_booster(course, date(2027, 1, 25)) == ANA  # a Monday
    assert with_booster(course, date(2027, 1, 22)) == SAM  # a Friday
    assert with_booster(course, date(2027, 1, 26)) is None  # a Tuesday: Ana or Sam?


def test_a_new_booster_has_nobody_where_two_drive_on_its_weekday():
    course = name_driver(six(driver_name="Sam", boosters=0), 1, ANA)
    assert with_booster(course) is None


def test_a_new_booster_does_not_get_the_driver_of_visits_that_are_over():
    course = name_driver(six(driver_name="Sam", boosters=0), "4-6", BEN)
    assert with_booster(course, today="2026-12-12T12:00") == BEN
    assert with_booster(course, today="2026-12-31T12:00") is None


def test_a_new_booster_does_not_get_a_driver_who_drives_on_other_weekdays():
    course = six(driver=(RegularDriver("Ben", "", ("mon", "wed", "fri")),), boosters=0)
    assert with_booster(course, date(2027, 1, 25)) == BEN
    assert with_booster(course, date(2027, 1, 26)) is None


# ---- A visit that is confirmed, and a gate that opens


def confirmed(course, number=7, today="2026-12-20T12:00"):
    return apply(course, "confirm", today, visit=number).visits[number - 1].driver


def test_a_confirmed_visit_has_the_driver_of_the_request_when_no_other_is_to_come():
    assert confirmed(six(driver_name="Sam")) == SAM


def test_a_confirmed_visit_has_the_driver_of_what_is_to_come():
    course = name_driver(six(driver_name="Sam"), "2-6", BEN)
    assert confirmed(course, today="2026-12-10T12:00") == BEN


def test_a_driver_who_was_replaced_does_not_come_back():
    course = name_driver(six(driver_name="Sam"), "5,6", BEN)
    assert confirmed(course) is None


def test_a_driver_who_was_taken_away_does_not_come_back():
    course = name_driver(six(driver_name="Sam"), "1-6", None)
    assert confirmed(course) is None


def test_a_driver_of_one_ride_does_not_replace_the_usual_one():
    course = name_driver(six(driver_name="Sam"), 3, BEN)
    assert confirmed(course) == SAM


def test_a_confirmed_visit_keeps_the_driver_that_was_named_for_it():
    assert confirmed(name_driver(six(driver_name="Sam"), 7, BEN)) == BEN


def test_drivers_who_take_turns_are_not_asked_on_others_weekdays():
    course = six(driver=(*TURNS, RegularDriver("Cy", "", ("wed",))), boosters=2)
    booster = course.visits[6]
    assert booster.start.strftime("%a") == "Fri"
    assert confirmed(course) == BEN
    assert confirmed(course, today="2026-12-15T12:00") == BEN
    monday = apply(course, "defer", "2026-12-15T12:00", visit=7, on=date(2027, 1, 4))
    assert confirmed(monday, today="2026-12-15T12:00") == ANA


def test_a_gate_that_opens_gives_each_visit_the_driver_of_its_weekday():
    asked = request(driver=TURNS)
    course = plan(load_protocol("iv-depression-gated"), clinic(), asked, made_at=MADE_AT)
    course = apply(course, "review", "2026-12-10T12:00", visit=2, outcome="go-on")
    after = apply(course, "review", "2026-12-12T12:00", visit=3, outcome="go-on")
    by_day = {f"{one.start:%a}": one.driver for one in after.visits[2:]}
    assert by_day == {"Fri": BEN, "Mon": ANA, "Wed": None}


# ---- Whatever is asked


DAYS, HOURS = ("01", "07", "09"), ("08:59", "09:00", "09:01")
"""Before the first visit, and on the days of the first and the second: these begin at 09:00."""


@given(
    visits=st.sampled_from(["all", "mon", "wed,fri", "2-4", "6", "7,8"]),
    today=st.builds("2026-12-{}T{}".format, st.sampled_from(DAYS), st.sampled_from(HOURS)),
    by_request=st.sampled_from([{}, {"driver_name": "Sam"}, {"driver": TURNS}]),
)
def test_once_all_have_one_driver_every_ride_to_come_is_this_drivers(visits, today, by_request):
    course = six(**by_request)
    with suppress(BadRequest, NothingToDo):  # visits may be over, or Ben's
        course = name_driver(course, visits, BEN, today)
    after = name_driver(course, "all", Driver("Kim"), today)
    now = moment(today)
    to_come = [one for one in items_with_ride(after) if one.start > now]
    assert {one.driver for one in to_come} == {Driver("Kim")}
    assert [one.driver for one in after.visits if one.start <= now] == [
        one.driver for one in course.visits if one.start <= now
    ]
    for visit in to_come:
        assert len(ride_reminders(after, visit)) <= len(after.clinic.reminders.driver)
    files = render_folder(after)
    rides = files.get("drivers/rides-kim.ics", files["rides.ics"]).decode()
    assert rides.count("SUMMARY:Bring") == len(to_come)
    changed = changed_calendars(course, after, View("driver"))
    assert changed["Kim"].decode().count("SUMMARY:Bring") == len(to_come)
