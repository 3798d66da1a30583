"""The titles of entries in calendars."""

from ketasched.events.events import events
from ketasched.events.view import View
from tests.revising.changes import apply, six


def test_a_visit_that_makes_up_for_a_missed_one_says_so_in_its_title():
    course = apply(six(boosters=0), "miss", "2026-12-09T12:00", visit=2, make_up=True)
    titles = [one.title for one in events(course, View("patient")) if "Appointment" in one.title]
    assert "CANCELLED: Appointment 2 of 6" in titles
    assert "Appointment 2 of 6, again" in titles
    assert "Appointment 3 of 6" in titles
