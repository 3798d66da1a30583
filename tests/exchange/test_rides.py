"""`rides` and `drivers --format csv`: what a ride service gets, from a real register."""

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.exchange.queue_commands import (
    PHONE,
    REGISTER,
    SATURDAY,
    cells,
    notes,
    plan,
    revise,
    rows,
    run,
)

TELLING = """name = "Riverbend Ketamine Clinic"
calendar_name = "Riverbend"
address = "1 Ketamine Plaza"
timezone = "America/New_York"
titles = "clinical"
[hours]
mon = ["09:00-17:00"]
tue = ["09:00-17:00"]
wed = ["09:00-17:00"]
thu = ["09:00-17:00"]
fri = ["09:00-17:00"]
"""


def rides(*more: str, ahead: str = "3d", today: str = SATURDAY[1]) -> list[dict[str, Any]]:
    return rows("rides", "--next", ahead, *more, today=today)


def test_a_ride_has_two_ends_with_the_offset_of_their_day():
    plan("P-1")
    bring, collect = rides()
    assert (bring["ride"], collect["ride"]) == ("bring", "collect")
    assert (bring["drop_off"], bring["pick_up"]) == ("2026-11-02T09:00:00-05:00", None)
    assert (collect["drop_off"], collect["pick_up"]) == (None, "2026-11-02T11:10:00-05:00")
    assert (
        collect["pick_up_place"]
        == bring["drop_off_place"]
        == ("12 Mill Lane, 2nd floor, Riverbend, NY 10999")
    )
    (before, _) = rides(today="2026-10-30T08:00", ahead="0d")
    assert before["at"] == "2026-10-30T09:00:00-04:00"


def test_who_is_collected_later_today_is_still_in_it():
    plan("P-1")
    at_the_clinic = rides(ahead="0d", today="2026-10-30T10:00")
    assert [one["ride"] for one in at_the_clinic] == ["collect"]
    assert rides(ahead="0d", today="2026-10-30T11:11") == []


def test_by_default_nobody_is_sent_to_whom_somebody_drives_already():
    plan("P-1", "--driver-name", "Ana", "--driver-phone", "555 0199")
    plan("P-2", "--time", "13:00")
    revise("P-2", "driver", "3", "--name", "City Rides")
    assert {one["patient"] for one in rides()} == {"P-2"}
    assert {one["driver_name"] for one in rides(ahead="7d")} == {""}
    service = rides("--driver", "City Rides", ahead="7d")
    assert [(one["patient"], one["visit"]) for one in service] == [("P-2", 3), ("P-2", 3)]
    every = rides("--driver", "all")
    assert {(one["patient"], one["driver_name"]) for one in every} == {("P-1", "Ana"), ("P-2", "")}


def test_a_driver_is_found_in_whatever_letters_the_name_is_typed():
    plan("P-1", "--driver-name", "City Rides")
    plan("P-2", "--time", "13:00")
    service = rides("--driver", "City Rides")
    assert service
    assert rides("--driver", "city  rides") == service
    assert {one["patient"] for one in rides("--driver", "none")} == {"P-2"}
    assert rides("--driver", "city rides", ahead="0d") == []


def test_a_driver_whom_no_course_has_is_refused_with_those_that_there_are():
    plan("P-1", "--driver-name", "Ana")
    revise("P-1", "driver", "3", "--name", "City Rides")
    said = notes("rides", "--driver", "Cty Rides", *SATURDAY, *REGISTER)
    assert "drives to no visit" in said
    assert "try: one of: Ana, City Rides" in said
    run("rides", "--driver", "Cty Rides", *SATURDAY, *REGISTER, code=2)


def test_a_key_stays_when_the_ride_moves_and_when_somebody_drives():
    plan("P-1")
    keys = {one["ride"]: one["key"] for one in rides()}
    revise("P-1", "defer", "2", "--to", "2026-11-02T10:00", "--scope", "visit")
    revise("P-1", "driver", "2", "--name", "Ana")
    moved = rides("--driver", "Ana")
    assert {one["ride"]: one["key"] for one in moved} == keys
    assert moved[0]["at"] == "2026-11-02T10:00:00-05:00"


@pytest.mark.parametrize(
    "change",
    [("omit", "2", "--reason", "x"), ("hold", "--reason", "x"), ("cease", "--reason", "x")],
    ids=lambda change: change[0],
)
def test_what_does_not_take_place_needs_no_ride(change):
    plan("P-1")
    revise("P-1", *change)
    assert "2" not in {str(one["visit"]) for one in rides()}


def test_nothing_tells_the_treatment_whatever_the_clinic_says():
    Path("telling.toml").write_text(TELLING, encoding="utf-8")
    plan("P-1", "--driver-name", "Ketamine Cabs", clinic="telling.toml")
    for form in ("csv", "json", "ndjson", "text"):
        said = run("rides", "--driver", "all", "--format", form, *SATURDAY, *REGISTER).lower()
        assert "p-1" in said
        assert "ketamine" not in said
        assert "infusion" not in said
    assert {one["clinic"] for one in rides("--driver", "all")} == {"Riverbend"}


def test_a_phone_number_arrives_as_a_machine_dials_it():
    plan("P-1")
    assert {one["patient_phone"] for one in cells("rides")} == {PHONE}
    assert {one["patient_phone"] for one in cells("drivers")} == {PHONE}


def test_the_phone_list_as_csv_has_a_line_a_visit_and_no_title():
    plan("P-1")
    (visit,) = cells("drivers")
    assert (visit["visit"], visit["start"]) == ("2", "2026-11-02T09:00:00-05:00")
    text = run("drivers", "--format", "csv", *SATURDAY, *REGISTER).lower()
    assert "infusion" not in text
    none = run("drivers", "--format", "csv", "--next", "1d", *SATURDAY, *REGISTER)
    assert none == "key,patient,patient_phone,visit,start,end\n"


def test_the_example_writes_what_a_ride_service_reads():
    plan("P-1", "--language", "es")
    columns = str(ROOT / "examples" / "columns" / "ride-service.toml")
    place, who = '"12 Mill Lane, 2nd floor, Riverbend, NY 10999"', "P-1,+1 555 0177,es"
    at = "Riverbend Clinic,+1 555 0142"
    bring, collect = (one["key"] for one in rides())
    assert run("rides", "--columns", columns, *SATURDAY, *REGISTER).splitlines() == [
        "Trip ID,Leg,Trip Date,Appt Time,Pickup Time,Pickup Address,Dropoff Address,Rider,"
        "Rider Phone,Language,Facility,Facility Phone",
        f"{bring},A,11/02/2026,09:00,,,{place},{who},{at}",
        f"{collect},B,11/02/2026,,11:10,{place},,{who},{at}",
    ]


def test_no_rides_are_an_empty_list():
    plan("P-1")
    assert rides(ahead="1d") == []
    assert cells("rides", "--next", "1d") == []
