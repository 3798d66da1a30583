"""A therapist's visit at the patient's home is no treatment, and is not drawn as one."""

from ketasched.events.view import View
from ketasched.model import CompanionKind, VisitOrdinals, WithinDays
from ketasched.render.date_rows import date_rows
from ketasched.render.month import marked_days
from tests.planning.test_home_days import home_phase, planned

HOUSE_CALL = CompanionKind(
    "call", "House call", WithinDays(5, 4), 30, after=VisitOrdinals((3,)), place="home"
)


def test_a_house_call_is_an_appointment_and_a_home_day_a_treatment():
    course = planned(home_phase(1), companions=(HOUSE_CALL,))
    kinds = {row.item.uid: row.kind for row in date_rows(course)}
    marks = marked_days(course, View())
    found = [(one.name, kinds[one.uid], marks[one.start.date()].kind) for one in course.companions]
    assert found == [("tablets", "home", "home"), ("call", "talk", "review")]
