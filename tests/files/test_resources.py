"""Resources in a clinic's file: each problem with its place, and the same file again."""

from pathlib import Path

import pytest

from ketasched.errors import BadFile
from ketasched.files.load import load_clinic
from tests.support.batches import clinic_file

MONITOR = '[[resources]]\nname = "monitor"\n'


def loaded(resources: str):
    path = Path(clinic_file())
    path.write_text(f"{path.read_text()}\n{resources}")
    return load_clinic(str(path))


def test_a_resource_is_one_that_serves_one_patient_through_the_whole_visit_unless_said():
    (monitor,) = loaded(MONITOR).resources
    assert (monitor.count, monitor.serves, monitor.hours) == (1, 1, None)
    assert monitor.during == ("check_in", "treatment", "observation")


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("count = 0", "resources[0].count: expected 1 to 1000"),
        ("serves = 0", "resources[0].serves: expected 1 to 1000"),
        ("during = []", "resources[0].during: expected at least one part of a visit"),
        ('during = ["rest"]', "resources[0].during[0]: expected one of check_in, treatment"),
        ("hours = {}", "resources[0].hours: no day is open"),
        ('hours = { mon = ["9:00-12:00", "11:00-13:00"] }', "resources[0].hours.mon[1]: "),
        (
            'absences = { "2027-01-05 08:00-12:00" = 1 }',
            'resources[0].absences.2027-01-05 08:00-12:00: whole days only, not "08:00-12:00"',
        ),
        ('absences = { "2027-01-05" = 2 }', "resources[0].absences.2027-01-05: expected 1 to 1"),
        (
            'absences = { "2027-01-04..2027-01-05" = 1, "2027-01-05 flu" = 1 }',
            "resources[0].absences.2027-01-05",
        ),
        (MONITOR, "resources[1].name: "),
        ('[[resources]]\nname = "chair"', "resources[1].name: "),
        ('[[resources]]\nname = "start"', "resources[1].name: "),
        ('[[resources]]\nname = "Room 1"', "resources[1].name: expected small letters"),
        ("[[resources]]\ncount = 2", "resources[1].name: required, but missing"),
    ],
)
def test_what_is_wrong_with_a_resource_is_said_with_its_place(said, problem):
    with pytest.raises(BadFile) as error:
        loaded(f"{MONITOR}{said}\n")
    assert problem in " ".join(error.value.details)
