"""The text pages, beyond what the golden files show."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from ketasched.events.view import View
from ketasched.files.load import load_protocol
from ketasched.files.request_parsing import read_request
from ketasched.language.locale import Locale
from ketasched.model import Instructions, Minutes, Status, VisitKind, Wording
from ketasched.planning.planner import plan
from ketasched.render import render
from ketasched.render.text import WIDTH, wrap
from tests.conftest import MADE_AT
from tests.support.nouns import INFUSION, clinic, phase, protocol, request


def page(asked=None, at=None, audience="patient", **wish):
    course = plan(asked or protocol(), at or clinic(), request(**wish), made_at=MADE_AT)
    return render(course, "text", View(audience))


def test_without_a_driving_rule_the_page_says_to_ask_the_clinic():
    text = page(protocol(visits={"infusion": replace(INFUSION, no_driving=None)}))
    assert text.count("ask your clinic") == 6
    assert "Do not drive afterwards. Ask your clinic when you may." in text
    assert "last column" not in text


def test_the_page_of_a_course_by_phone_mentions_no_driving():
    call = VisitKind("Call", Minutes(0, 30, 0), place="phone")
    text = page(protocol(phase(2, visit="call"), visits={"call": call}))
    assert "by phone" in text
    assert "drive" not in text


def test_a_known_driver_is_named_with_each_visit():
    text = page(driver_name="Sam Rivera", driver_phone="555 0199")
    assert text.count("Sam Rivera, 555 0199") == 6
    assert "not arranged yet" not in text


@pytest.mark.parametrize("time", ["9:00 a. m.", "1:00 PM", "2 p.m."])
def test_no_line_ends_within_a_clock_time(time):
    for size in range(1, WIDTH):
        text = f"{'x' * size} {time} y"
        assert time in wrap(text)
        assert wrap(text).replace("\n", " ") == text


def test_what_does_not_fit_into_a_line_of_rides_is_not_at_the_left_edge():
    drivers = ("Sam Rivers, mon", "Maximiliana de la Torre y Alcorta, wed fri")
    asked = read_request({"start": "2026-12-07", "driver": drivers, "driver_language": "fr"})
    course = plan(protocol(), clinic(clock="12h"), asked, made_at=MADE_AT)
    lines = render(course, "text", View("driver")).splitlines()
    named = [line for line in lines if line.strip().startswith("Maximiliana")]
    assert {len(line) - len(line.lstrip()) for line in named} == {len("lun. 7 déc. 2026    ")}


@pytest.mark.parametrize("language", ["en", "es", "fr"])
def test_the_days_between_which_a_visit_can_be_are_below_its_day(language):
    asked = load_protocol("iv-depression")
    course = plan(asked, clinic(language=language), request(boosters=2), made_at=MADE_AT)
    lines = render(course, "text", View()).splitlines()
    locale = Locale(language=language)
    said = locale.plain(locale.text("may move, {first} to {last}").partition("{")[0])
    places = [number for number, line in enumerate(lines) if line.strip().startswith(said)]
    assert len(places) == 2
    for number in places:
        above = next(line for line in reversed(lines[:number]) if line[:1].isdigit())
        ordinal = "".join(re.findall(r"^\d+ \w+ \d+ +", above))
        assert lines[number].startswith(" " * len(ordinal) + said)


def test_the_page_counts_the_reminders_that_are_left_out():
    course = plan(
        protocol(), clinic(), request(), made_at=MADE_AT.replace(month=12, day=5, hour=0)
    )
    assert "Reminders left out, because their time is over: 1." in render(course, "text", View())


def test_a_later_page_does_not_promise_a_reminder_that_is_over():
    course = plan(protocol(phase(1)), clinic(), request(), made_at=MADE_AT)
    visit, entry = course.visits[0], course.history[0]
    assert "Fri 4 Dec, 10:00 and on Sun 6 Dec, 18:00" in render(course, "text", View())
    noted = replace(entry, at=visit.start - timedelta(days=2), what="noted")
    later = replace(course, revision=2, history=(entry, noted))
    said = render(later, "text", View())
    assert "your calendar reminds you on Sun 6 Dec, 18:00" in said
    assert "Fri 4 Dec" not in said


def test_discreet_pages_have_only_the_discreet_words():
    words = Instructions(before="Eat nothing.", discreet=Wording(before="See the yellow sheet."))
    assert "Eat nothing." not in page(at=clinic(instructions=words))
    assert "See the yellow sheet." in page(at=clinic(instructions=words))
    assert "Eat nothing." in page(at=clinic(instructions=words, titles="clinical"))


def test_a_discreet_page_has_the_neutral_name_and_place():
    own = clinic(
        name="Ketamine House",
        address="1 Ketamine Way",
        calendar_name="Day clinic",
        calendar_place="1 Way",
    )
    text = page(at=own)
    assert "Ketamine" not in text
    assert text.startswith("Day clinic\n")


def test_the_clinics_page_names_the_patient_the_rules_and_the_sources():
    text = page(audience="clinic", patient="P-014")
    assert text.startswith("P-014: A protocol for tests\n")
    assert "warning: no clinician's clearance is recorded (clearance)" in text
    assert "Numbers: none." in text


@pytest.mark.parametrize("audience", ["patient", "clinic"])
def test_nothing_stands_behind_what_is_said_of_a_visit_that_does_not_take_place(audience):
    course = plan(protocol(), clinic(), request(), made_at=MADE_AT)
    ends: dict[Status, str] = {
        "held": "on hold",
        "missed": "did not take place",
        "ceased": "does not take place",
    }
    for status, said in ends.items():
        visits = (*course.visits[:-1], replace(course.visits[-1], status=status))
        text = render(replace(course, visits=visits), "text", View(audience))
        words = status if audience == "clinic" else said
        assert any(line.endswith(words) for line in text.splitlines())
        assert not re.search(r"\d  +0$", text, re.MULTILINE)


ENDED, DRIVEN = "No more appointments are planned.", "Someone else has to drive you here"


@pytest.mark.parametrize("form", ["text", "html"])
def test_what_is_over_is_not_planned_any_more_though_nobody_recorded_it(form):
    course = plan(protocol(phase(2)), clinic(), request(), made_at=MADE_AT)
    over = replace(course.history[0], at=course.visits[0].end + timedelta(hours=1))
    first, second = course.visits
    ended = replace(
        course,
        revision=2,
        history=(*course.history, over),
        visits=(first, replace(second, status="ceased")),
    )
    page = render(ended, form, View())
    assert ENDED in page
    assert DRIVEN not in page
    for other in (course, replace(ended, visits=course.visits), replace(ended, revision=1)):
        page = render(other, form, View())
        assert ENDED not in page
        assert DRIVEN in page


@pytest.mark.parametrize("form", ["text", "html", "ics", "month"])
@pytest.mark.parametrize("audience", ["patient", "clinic"])
def test_a_brace_in_a_clinics_own_title_is_a_brace(form, audience):
    own = protocol(title="Six {infusions}", visits={"infusion": replace(INFUSION, title="{0} {")})
    course = plan(own, clinic(titles="clinical"), request(), made_at=MADE_AT)
    shown = render(course, form, View(audience))
    assert "{0} {" in shown or "Six {infusions}" in shown or form == "month"
