"""Companions on pages, in calendars and on the day sheet: discreet, with their rides."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ketasched.events.events import events
from ketasched.events.view import View
from ketasched.files.load import load_protocol
from ketasched.language.locale import Locale
from ketasched.model import (
    Change,
    Clinic,
    CompanionKind,
    Course,
    PhaseReview,
    VisitOrdinals,
    WithinDays,
)
from ketasched.model.companion_slots import companion_slots
from ketasched.model.wall_clock import moment_text
from ketasched.planning.planner import plan
from ketasched.render import render
from ketasched.render.day_sheet.day_visit import coming_visits
from ketasched.render.day_sheet.forms import render_sheet
from ketasched.render.day_sheet.sheet import make_day_sheet
from ketasched.revising.revise import revise
from tests.conftest import MADE_AT
from tests.support.nouns import clinic, phase, protocol
from tests.support.nouns import request as wish_of

EACH = VisitOrdinals()
KINDS = (
    CompanionKind("prep", "Trauma talk", WithinDays(3), 90, before=EACH),
    CompanionKind(
        "here", "Ketamine integration", WithinDays(3), 60, after=EACH, place="clinic", driver=True
    ),
    CompanionKind("home", "Infusion diary", WithinDays(2, 2), 20, after=EACH, place="home"),
)


def at(**more: Any) -> Clinic:
    return clinic(
        "mon tue wed thu fri", **({"phone": "555 0142", "address": "12 Mill Lane"} | more)
    )


def planned(own: Clinic | None = None, **more: Any) -> Course:
    """One visit on Monday 7 December, with what precedes and follows it."""
    asked = protocol(phase(1, reviews=(PhaseReview(1, "Look"),)), companions=KINDS)
    wish = wish_of(patient="P-014", **more)
    return plan(asked, own or at(), wish, made_at=MADE_AT)


SAM: dict[str, Any] = {"driver_name": "Sam", "driver_phone": "555 0199"}
COURSE = planned(**SAM)


def lines_of(course: Course, form: str = "text", **view: Any) -> str:
    return render(course, form, View(**view))


def test_the_patients_page_lists_them_by_time_with_their_length():
    page = lines_of(COURSE)
    block = page[page.index("FURTHER") : page.index("QUESTIONS")].split("\n")
    assert [line for line in block if line] == [
        "FURTHER APPOINTMENTS",
        "A phone appointment needs no driver: we call you.",
        "Fri 4 Dec   09:00  Phone appointment, 90 minutes",
        "Tue 8 Dec   09:15  Appointment, 60 minutes. Do not drive yourself.",
        "Wed 9 Dec   09:00  Appointment at home, 20 minutes",
    ]


def test_the_ride_to_one_is_on_the_patients_page_with_its_reminders():
    page = lines_of(COURSE)
    drivers = page[page.index("YOUR DRIVER") : page.index("TALKS")]
    assert "Tue 8 Dec   Sam, 555 0199" in drivers
    assert "Wed 9 Dec" not in drivers


def test_two_rides_of_one_day_are_told_by_their_times():
    session = COURSE.companions[2]
    later = replace(session, uid="u", start=session.start + timedelta(hours=4))
    page = lines_of(replace(COURSE, companions=(*COURSE.companions, later)))
    drivers = page[page.index("YOUR DRIVER") : page.index("TALKS")]
    for said in ("Mon 7 Dec   09:00 – 10:55", "Tue 8 Dec   09:15 – 10:15", "13:15 – 14:15"):
        assert f"{said}  Sam, 555 0199" in drivers
    assert "09:15 – 10:15" not in lines_of(COURSE)


@pytest.mark.parametrize("form", ["text", "html", "ics", "month"])
@pytest.mark.parametrize("audience", ["patient", "driver"])
def test_nothing_tells_the_treatment_where_titles_are_discreet(form, audience):
    shown = lines_of(COURSE, form, audience=audience).casefold()
    assert not any(word in shown for word in ("trauma", "ketamine", "infusion", "integration"))


UNDRIVEN = CompanionKind("own", "Session", WithinDays(3), 60, after=EACH, place="clinic")


@pytest.mark.parametrize(
    ("hours", "is_forbidden"),
    [(23, True), (24, False), (48, False)],
    ids=["before they may drive", "when they may again", "a day later"],
)
def test_a_session_before_they_may_drive_says_so_without_a_ride_too(hours, is_forbidden):
    asked = protocol(phase(1), companions=(UNDRIVEN,))
    course = plan(asked, clinic(), wish_of(), made_at=MADE_AT)
    (session,), (visit,) = course.companions, course.visits
    moved = replace(session, start=visit.end + timedelta(hours=hours))
    course = replace(course, companions=(moved,))
    assert ("60 minutes. Do not drive yourself." in lines_of(course)) == is_forbidden
    assert ("60 minutes. Do not drive yourself." in lines_of(course, "html")) == is_forbidden
    assert ("Do not drive yourself." in own_events(course)["companion-1"].text) == is_forbidden


def test_a_talk_at_the_clinic_before_they_may_drive_says_so():
    course = plan(
        protocol(phase(1, reviews=(PhaseReview(1, "Look", place="clinic"),))),
        clinic(),
        wish_of(),
        made_at=MADE_AT,
    )
    (talk,) = course.companions
    (visit,) = course.visits
    course = replace(course, companions=(replace(talk, start=visit.end + timedelta(hours=20)),))
    assert "Appointment. Do not drive yourself." in lines_of(course)
    assert "About 15 minutes. Do not drive yourself." in lines_of(course, "html")


@pytest.mark.parametrize(
    ("verb", "notice"),
    [
        ("cease", "No more appointments are planned, except: Tue 8 Dec, 09:00; Wed 9 Dec, 11:00."),
        ("hold", "We will call you with new dates. Still planned: Tue 8 Dec, 09:00;"),
    ],
)
@pytest.mark.parametrize("form", ["text", "html"])
def test_a_session_that_stands_when_the_visits_end_is_said_with_who_must_drive(verb, notice, form):
    asked = protocol(phase(2), companions=(replace(KINDS[1], after=VisitOrdinals((1,))), KINDS[2]))
    course = plan(asked, at(), wish_of(), made_at=MADE_AT)
    over = course.visits[0].end + timedelta(hours=1)
    done = revise(course, Change("complete", 1), at=over)
    page = " ".join(lines_of(revise(done, Change(verb), at=over), form).split())
    assert notice in page.replace("\N{NO-BREAK SPACE}", " ")
    assert "Someone else has to drive you here and take you home again, every time." in page


def test_nobody_has_to_drive_when_only_a_call_stands():
    asked = protocol(phase(1), companions=(replace(KINDS[0], before=None, after=EACH),))
    course = plan(asked, at(), wish_of(), made_at=MADE_AT)
    over = course.visits[0].end + timedelta(hours=1)
    page = lines_of(revise(course, Change("complete", 1), at=over))
    assert "No more appointments are planned, except: " in page
    assert "every time" not in page


@pytest.fixture(params=["text", "html", "ics"])
def page_at_home(request) -> str:
    """A page of a course at home alone, without its line breaks."""
    course = plan(load_protocol("home-sublingual-4"), at(), wish_of(), made_at=MADE_AT)
    shown = lines_of(course, request.param).replace("\r\n ", "").replace("\\n", " ")
    return " ".join(shown.split())


def test_a_course_at_home_says_from_when_until_when_somebody_stays(page_at_home):
    assert page_at_home.count("Someone has to stay with you from 09:00 until 11:15.") >= 4


def test_a_course_at_home_says_what_a_later_dose_means_for_driving(page_at_home):
    assert "Did you begin later than planned? Then no driving for longer: ask us." in page_at_home
    assert "Kept longer?" not in page_at_home


@pytest.mark.parametrize("form", ["text", "html"])
def test_infusions_with_tablets_at_home_between_them_say_at_which_somebody_stays(form):
    course = plan(load_protocol("iv-home-tablets"), at(), wish_of(), made_at=MADE_AT)
    page = " ".join(lines_of(course, form).split())
    assert "Someone has to stay with you during every appointment at home." in page
    assert page.count("Someone has to stay with you from 09:00 until 11:00.") == 4
    assert "Kept longer? Then later: ask us. Did you begin later than planned?" in page


def test_the_next_appointment_may_be_a_session():
    page = lines_of(COURSE, "html").replace("\N{NO-BREAK SPACE}", " ")
    box = page[page.index('<section class="next"') : page.index("All your dates")]
    assert "Your next appointment <span>as of Mon 23 Nov</span>" in box
    assert "Fri 4 Dec" in box
    assert "<bdi>Phone appointment</bdi>, 90 minutes. No driver needed." in box


def test_the_next_appointment_after_a_visit_says_not_to_drive_to_it_and_who_drives():
    asked = protocol(phase(1), companions=(KINDS[1],))
    course = plan(asked, at(), wish_of(**SAM), made_at=MADE_AT)
    over = course.visits[0].end + timedelta(hours=1)
    page = lines_of(revise(course, Change("complete", 1), at=over), "html")
    box = page[page.index('<section class="next"') : page.index("All your dates")]
    assert "<bdi>Appointment</bdi>, 60 minutes. Do not drive yourself." in box
    assert "Sam" in box


def test_titles_are_those_of_the_protocol_where_titles_are_clinical():
    page = lines_of(planned(at(titles="clinical")))
    for title in ("Trauma talk (by phone)", "Ketamine integration (at the clinic)"):
        assert title in page


def test_the_clinics_page_says_beside_which_visit_they_are_and_who_drives():
    page = lines_of(COURSE, audience="clinic")
    assert "Trauma talk (by phone), before visit 1, 90 minutes" in page
    assert "(at the clinic), after visit 1, 60 minutes; driver: Sam, 555 0199" in page
    without = lines_of(planned(), audience="clinic")
    assert "after visit 1, 60 minutes; driver: none yet" in without


@pytest.mark.parametrize("audience", ["patient", "clinic"])
def test_each_html_page_has_a_row_for_each(audience):
    page = lines_of(COURSE, "html", audience=audience)
    assert page.count("Sam") >= 2
    page = page[page.index('<h2 id="dates"') :]
    assert page.count("90 minutes") == page.count("20 minutes") == 1


@pytest.mark.parametrize("form", ["text", "html"])
def test_one_that_was_left_out_is_no_line_of_the_patients_page_but_of_the_clinics(form):
    session = COURSE.companions[2]
    left_out = replace(session, uid="u", status="omitted", minutes=59)
    course = replace(COURSE, companions=(*COURSE.companions, left_out))
    assert "left out" not in lines_of(course, form)
    assert "60 minutes" in lines_of(course, form)
    assert "omitted" in lines_of(course, form, audience="clinic")


# --- calendars --------------------------------------------------------------------------------


def own_events(course: Course, **view: Any):
    uids = {one.uid for one in course.companions if not one.is_review}
    return {one.name: one for one in events(course, View(**view)) if one.uid in uids}


def test_a_calendar_has_an_event_of_its_own_for_each():
    found = own_events(COURSE)
    assert {
        name: (one.title, moment_text(one.start), one.place) for name, one in found.items()
    } == {
        "companion-2": ("Phone appointment", "Fri 4 Dec 2026, 09:00", ""),
        "companion-3": ("Appointment", "Tue 8 Dec 2026, 09:15", "12 Mill Lane"),
        "companion-4": ("Appointment at home", "Wed 9 Dec 2026, 09:00", ""),
    }
    lengths = [(one.end - one.start) // timedelta(minutes=1) for one in found.values()]
    assert lengths == [90, 60, 20]


def test_an_event_says_who_calls_and_who_drives():
    found = own_events(COURSE)
    assert found["companion-2"].text.startswith("We call you at 09:00.\nClinic's phone: 555 0142")
    assert "Someone else has to drive you there and back. Driver: Sam" in found["companion-3"].text
    assert found["companion-4"].text.startswith("At home, at 09:00.\n")


def test_the_driver_has_both_ends_of_the_ride_and_the_patient_the_reminders():
    rides = events(COURSE, View("driver"))
    assert [(one.name, f"{one.start:%a %H:%M}") for one in rides] == [
        ("bring-1", "Mon 09:00"),
        ("collect-1", "Mon 10:55"),
        ("bring-companion-3", "Tue 09:15"),
        ("collect-companion-3", "Tue 10:15"),
    ]
    reminders = [one.name for one in events(COURSE, View()) if "reminder" in one.name]
    assert "ride-reminder-companion-3-1" in reminders


def test_the_uids_of_both_calendars_do_not_show_that_they_belong_together():
    patient, driver = ({one.uid for one in events(COURSE, View(a))} for a in ("patient", "driver"))
    assert not patient & driver


def test_one_that_is_omitted_says_so_in_the_calendar():
    after = revise(COURSE, Change("omit", 1), at=MADE_AT + timedelta(1))
    found = own_events(after)
    assert {one.status for one in found.values()} == {"CANCELLED"}
    assert found["companion-3"].title == "CANCELLED: Appointment"
    assert [one.sequence for one in found.values()] == [1, 1, 1]


# --- the clinic's day -------------------------------------------------------------------------


def test_the_day_sheet_has_a_line_for_each_with_its_ride():
    day = COURSE.companions[2].start.date()
    sheet = make_day_sheet([planned()], {}, day, "Clinic", COURSE.timezone)
    assert sheet.summary == "no visits, 1 without a driver"
    text = render_sheet(sheet, "text", Locale())
    said = "Ketamine integration (after visit 1, here, 60 minutes; driver: NO DRIVER)"
    assert f"09:15  P-014  {said}" in text
    for form in ("html", "ics", "json"):
        assert "Ketamine integration" in render_sheet(sheet, form, Locale())
    (talk,) = (one for one in json.loads(render_sheet(sheet, "json", Locale()))["talks"][1:])
    assert (talk["minutes"], talk["needs_driver"]) == (60, True)


@pytest.mark.parametrize("form", ["text", "html", "ics"])
def test_a_dose_at_home_is_no_talk_of_the_day_and_says_who_stays_and_when_not_to_drive(form):
    course = plan(load_protocol("iv-home-tablets"), at(), wish_of(), made_at=MADE_AT)
    day = next(one for one in course.companions if one.name == "tablets").start.date()
    sheet = make_day_sheet([course], {}, day, "Clinic", course.timezone)
    shown = render_sheet(sheet, form, Locale()).replace("\r\n ", "").replace("\\,", ",")
    shown = shown.replace("\N{NO-BREAK SPACE}", " ").replace("&#39;", "'")
    assert "Somebody has to stay with them. No driving before" in shown
    assert "and not before a full night's sleep" in shown
    assert "talks and calls" not in shown.casefold()
    if form != "ics":
        assert "at home\n" in shown.casefold() or "At home</h2>" in shown


def test_a_ride_without_a_driver_is_on_the_phone_list():
    course = planned()
    found = [
        one
        for one in coming_visits([course], {}, MADE_AT, course.companions[-1].start.date())
        if one.needs_driver
    ]
    assert [f"{one.start:%a}, {one.of}" for one in found] == [
        "Mon, 1 of 1",
        "Tue, Ketamine integration after it",
    ]


def test_each_but_a_review_has_a_slot_and_takes_only_what_its_kind_says():
    slots = dict(companion_slots(COURSE))
    assert list(slots) == [one.uid for one in COURSE.companions if not one.is_review]
    assert {(slot.kind.takes_chair, slot.kind.needs) for slot in slots.values()} == {(False, ())}
    talk = COURSE.companions[2]
    assert slots[talk.uid].start == talk.start
    with_chair = replace(KINDS[1], chair=True, needs=("therapist",))
    newer = replace(COURSE, protocol=replace(COURSE.protocol, companions=(with_chair,)))
    kept = dict(companion_slots(newer))[talk.uid].kind
    assert (kept.takes_chair, kept.needs) == (True, ("therapist",))
