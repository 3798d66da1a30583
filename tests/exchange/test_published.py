"""What subscribers have: all events of a course, and for 60 days what ended, as cancelled."""

from datetime import timedelta

from ketasched.events.events import events
from ketasched.events.view import View
from ketasched.exchange.feeds import published_events
from ketasched.files.load import load_protocol
from ketasched.model import Change
from ketasched.planning.planner import plan
from ketasched.revising.revise import revise
from tests.conftest import MADE_AT
from tests.support.nouns import clinic, request

COURSE = plan(
    load_protocol("iv-depression"),
    clinic(id_salt="s"),
    request(patient="P-1", driver_name="Sam"),
    made_at=MADE_AT,
)
OMITTED = revise(COURSE, Change("omit", 6), at=MADE_AT + timedelta(days=1), why="clinician")
CHANGED = (MADE_AT + timedelta(days=1)).date()


def cancelled_uids(today):
    published = published_events(OMITTED, View("patient"), today)
    return {one.uid for one in published if one.status == "CANCELLED"}


def test_a_course_that_never_changed_is_published_whole():
    assert published_events(COURSE, View("driver"), CHANGED) == events(COURSE, View("driver"))


def test_what_ended_stays_as_cancelled_for_sixty_days_and_not_longer():
    assert OMITTED.visits[5].uid in cancelled_uids(CHANGED + timedelta(60))
    assert cancelled_uids(CHANGED + timedelta(61)) == set()


def test_what_takes_place_stays_however_long_ago_it_was():
    much_later = published_events(OMITTED, View("patient"), CHANGED + timedelta(400))
    assert COURSE.visits[0].uid in {one.uid for one in much_later}
