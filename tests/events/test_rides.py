"""What needs a ride, and to what the patient must not drive."""

from dataclasses import replace

import pytest

from ketasched.events.rides import must_not_drive
from ketasched.model import Place, Status
from tests.revising.changes import six


@pytest.mark.parametrize(
    ("place", "status", "expected"),
    [
        ("clinic", "planned", True),
        ("clinic", "tentative", True),
        ("clinic", "completed", False),
        ("clinic", "ceased", False),
        ("phone", "planned", False),
    ],
)
def test_a_patient_must_not_drive_to_a_talk_at_the_clinic_that_is_to_come_after_a_treatment(
    place: Place, status: Status, expected: bool
):
    course = six()
    talk = replace(course.companions[0], place=place, status=status, start=course.visits[0].end)
    assert must_not_drive(course, talk) == expected
