"""FHIR Bundles: what they say, what judges say of them, what a record system makes of them."""

import json
from dataclasses import replace
from datetime import date, datetime

import pytest

from ketasched.files.load import load_protocol, shipped_protocols
from ketasched.language.known import languages
from ketasched.model import WEEKDAYS, Driver, TimeRange
from ketasched.planning.planner import plan
from ketasched.render import render
from ketasched.render.fhir import STATUS, render_line
from ketasched.revising.switch import ended_course, switch
from tests.conftest import MADE_AT
from tests.revising.changes import apply, moment, six
from tests.support.fhir_damages import damaged_copies
from tests.support.fhir_judges import JUDGES, in_medplum
from tests.support.nouns import clinic, hours_of, request
from tests.support.random_life import InMemory, Life

EVERY_DAY = hours_of(dict.fromkeys(WEEKDAYS, (TimeRange.read("08:00-18:00"),)))
CLINIC = clinic(hours=EVERY_DAY, name="Mill Lane", phone="555 0100", address="12 Mill Lane")
TELLING = replace(CLINIC, name="Ketamine House", titles="clinical")


def bundle(course):
    return json.loads(render(course, "fhir"))


def of_type(found, kind):
    resources = (entry["resource"] for entry in found["entry"])
    return [one for one in resources if one["resourceType"] == kind]


def appointments(course):
    """The appointments by the uid in their identifier."""
    found = of_type(bundle(course), "Appointment")
    return {one["identifier"][0]["value"].removeprefix("urn:uuid:"): one for one in found}


def planned(name, at=CLINIC, start=date(2026, 10, 26)):
    """A course of the protocol; by default the clocks change in its first week."""
    asked = load_protocol(name)
    more = {"boosters": 1} if asked.booster_phase else {}
    wish = request(
        start, patient="P-014", driver_name="Sam Rivera", driver_phone="555 0199", **more
    )
    return plan(asked, at, wish, made_at=datetime.fromisoformat("2026-10-01T09:30:00+00:00"))


def in_all_states(course):
    """The course with each status in turn: its first visit is planned, its second tentative …"""

    def with_status(items, first):
        return tuple(
            replace(item, status=[*STATUS][(first + index) % len(STATUS)])
            for index, item in enumerate(items)
        )

    visits, companions = with_status(course.visits, 0), with_status(course.companions, 3)
    return replace(course, visits=visits, companions=companions)


def in_one_state(course, status):
    visits = tuple(replace(one, status=status) for one in course.visits)
    companions = tuple(replace(one, status=status) for one in course.companions)
    return replace(course, visits=visits, companions=companions)


# --- what they say


@pytest.mark.parametrize(("status", "expected"), STATUS.items(), ids=STATUS)
def test_the_status_of_a_visit_is_that_of_its_appointment(status, expected):
    course = in_one_state(six(), status)
    found = appointments(course)
    assert {found[visit.uid]["status"] for visit in course.visits} == {expected}
    assert {one["participant"][0]["status"] for one in found.values()} == {
        "needs-action" if status in ("tentative", "held") else "accepted"
    }


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("planned", "active"),
        ("tentative", "active"),
        ("held", "on-hold"),
        ("completed", "completed"),
        ("omitted", "revoked"),
        ("ceased", "revoked"),
    ],
)
def test_a_plan_and_its_orders_stand_as_their_visits_do(status, expected):
    found = bundle(in_one_state(six(), status))
    standing = [one["status"] for one in of_type(found, "ServiceRequest")]
    assert standing == [expected, expected]
    assert [one["status"] for one in of_type(found, "CarePlan")] == [expected]


def test_an_appointment_is_the_visit_in_the_clinics_zone():
    course = planned("iv-depression")
    first, *_, last = [visit for visit in course.visits if visit.phase == "induction"]
    found = appointments(course)
    assert found[first.uid]["start"] == "2026-10-26T09:00:00-04:00"
    assert found[last.uid]["start"] == "2026-11-06T09:00:00-05:00"  # the clocks have changed
    zone = [{"url": "http://hl7.org/fhir/StructureDefinition/tz-code"}]
    zone[0]["valueCode"] = "America/New_York"
    assert found[first.uid]["_start"] == found[first.uid]["_end"] == {"extension": zone}
    assert found[first.uid]["minutesDuration"] == 115
    assert found[first.uid]["description"] == "Appointment 1 of 6"
    needs = (
        "Someone else has to drive you there and back. No driving before Tue 27 Oct, 10:55, and"
    )
    assert found[first.uid]["patientInstruction"].startswith(needs)


def test_an_order_counts_a_missed_visit_and_the_one_that_makes_up_for_it_once():
    course = apply(six(boosters=0), "miss", "2026-12-09T12:00", visit=2, make_up=True)
    assert len(course.visits) == 7
    (order,) = of_type(bundle(course), "ServiceRequest")
    assert order["quantityQuantity"] == {"value": 6}
    assert order["intent"] == "plan"  # nobody has signed it


@pytest.mark.parametrize("name", shipped_protocols())
def test_there_is_an_appointment_of_each_visit_and_companion_and_no_driver_anywhere(name):
    course = planned(name)
    found = appointments(course)
    assert found.keys() == {one.uid for one in (*course.visits, *course.companions)}
    text = render(course, "fhir")
    assert "Sam" not in text
    assert "0199" not in text
    for one in found.values():
        patient, *places = (part["actor"] for part in one["participant"])
        assert patient == {"type": "Patient", "identifier": {"value": "P-014"}}
        assert len(places) <= 1
    placed = [course.protocol.visits[one.kind].place == "clinic" for one in course.visits]
    counts = [len(found[one.uid]["participant"]) for one in course.visits]
    assert counts == [2 if at_clinic else 1 for at_clinic in placed]


def test_only_clinical_titles_tell_the_treatment_and_then_nothing_but_titles():
    discreet, telling = bundle(planned("kap-six")), bundle(planned("kap-six", TELLING))
    assert of_type(discreet, "CarePlan")[0]["title"] == "Appointments"
    assert "etamin" in of_type(telling, "Location")[0]["name"]
    assert of_type(telling, "CarePlan")[0]["title"] == load_protocol("kap-six").title
    for found in (discreet, telling):
        assert '"coding"' not in json.dumps(found)


def test_a_plan_says_its_revision_and_what_it_replaces():
    new = switch(
        six(),
        load_protocol("iv-ptsd"),
        date(2026, 12, 14),
        at=moment("2026-12-11T12:00"),
        by="Dr. Lee",
    )
    old = ended_course(six(), new)
    (plan_,), (former,) = (of_type(bundle(one), "CarePlan") for one in (new, old))
    assert plan_["replaces"] == [{"type": "CarePlan", "identifier": former["identifier"][0]}]
    assert "replaces" not in former
    assert former["description"].startswith("Revision 2, made Fri 11 Dec 2026, 12:00.")
    assert bundle(old)["timestamp"] == "2026-12-11T12:00:00-05:00"


def test_what_took_place_elsewhere_is_in_no_record_here():
    course = plan(
        load_protocol("iv-depression"),
        CLINIC,
        request(prior=(date(2026, 11, 18), date(2026, 11, 20))),
        made_at=MADE_AT,
    )
    elsewhere = {visit.uid for visit in course.visits if visit.elsewhere}
    assert len(elsewhere) == 2
    assert not elsewhere & appointments(course).keys()
    assert of_type(bundle(course), "ServiceRequest")[0]["quantityQuantity"] == {"value": 4}


def test_what_an_undo_removed_is_cancelled():
    with_booster = apply(six(boosters=0), "booster", days=21)
    (booster,) = [one.uid for one in with_booster.visits if one.kind == "booster"]
    course = apply(with_booster, "undo", "2026-12-02T12:00")
    assert booster not in {visit.uid for visit in course.visits}
    assert appointments(course)[booster]["status"] == "cancelled"


@pytest.mark.parametrize("course_id", ["MRN 4711/1", "not-a-uuid", "Élan"])
def test_an_identifier_that_is_no_uuid_becomes_one_and_the_same_each_time(course_id):
    course = replace(six(), course_id=course_id)
    (found,) = of_type(bundle(course), "CarePlan")
    assert found == of_type(bundle(course), "CarePlan")[0]
    assert found["identifier"][0]["value"].startswith("urn:uuid:")
    assert course_id not in render(course, "fhir")


@pytest.mark.parametrize(
    "way", [str.upper, "{{{}}}".format, "urn:uuid:{}".format], ids=["case", "braces", "URN"]
)
def test_two_courses_whose_identifiers_are_one_uuid_stay_two(way):
    own = six().course_id
    ids = (own, way(own))
    plans = [of_type(bundle(replace(six(), course_id=one)), "CarePlan")[0] for one in ids]
    values = [one["identifier"][0]["value"] for one in plans]
    assert values[0] == f"urn:uuid:{own}"
    assert values[0].casefold() != values[1].casefold()


def test_a_line_is_the_bundle():
    assert json.loads(render_line(six())) == bundle(six())
    assert "\n" not in render_line(six())


# --- what judges say of them


def shapes():
    """Bundles of all protocols in all states, in all languages, and through some lives."""
    for name in shipped_protocols():
        course = planned(name)
        yield f"{name}, planned", course
        yield f"{name}, in all states", in_all_states(course)
        yield f"{name}, clinical", planned(name, TELLING)
        for status in STATUS:
            yield f"{name}, {status}", in_one_state(course, status)
    for language in languages():
        yield language, planned("kap-six", replace(CLINIC, language=language, clock="12h"))
    yield "a clinic that says nothing", six(at=clinic(name="", phone="", address=""))
    yield "an identifier that is no UUID", replace(six(), course_id="MRN 4711/1")
    for seed in range(4):
        life = Life(f"fhir {seed}", InMemory(), (date(2026, 11, 18),) * (seed % 2))
        life.run(12)
        for course in life.revisions:
            yield f"life {seed}, revision {course.revision}", course


@pytest.fixture(scope="module")
def all_shapes():
    return {name: bundle(course) for name, course in shapes()}


@pytest.mark.parametrize("judge", JUDGES)
def test_a_judge_has_nothing_against_any_course_in_any_state(judge, all_shapes):
    assert len(all_shapes) > 240
    complaints = zip(all_shapes, JUDGES[judge]([*all_shapes.values()]), strict=True)
    assert {name: found for name, found in complaints if found} == {}


def test_each_of_many_damages_is_refused_by_one_of_them_at_least():
    copies = damaged_copies(bundle(planned("iv-depression")))
    refused = {
        judge: {
            name for name, found in zip(copies, says([*copies.values()]), strict=True) if found
        }
        for judge, says in JUDGES.items()
    }
    assert len(copies) > 200
    assert copies.keys() - set().union(*refused.values()) == set()
    alone = {judge: names - others(refused, judge) for judge, names in refused.items()}
    assert all(len(names) > 90 for names in refused.values())
    assert "a place is not there" in alone["the invariants"]


def others(refused, judge):
    return set().union(*(names for other, names in refused.items() if other != judge))


# --- what a record system makes of them


def test_a_record_system_that_gets_each_revision_doubles_nothing_and_has_the_last():
    first = six(boosters=0, driver_name="Sam")
    moved = apply(first, "defer", "2026-12-07T14:00", visit=2, days=1)
    with_booster = apply(moved, "booster", "2026-12-07T15:00", days=21)
    undone = apply(with_booster, "undo", "2026-12-07T16:00")
    driven = apply(undone, "driver", "2026-12-07T17:00", driver=Driver("Alex"), visits="all")
    last = apply(driven, "cease", "2026-12-10T12:00")
    steps = (first, first, moved, with_booster, undone, driven, last, last)
    done = in_medplum("post", [bundle(one) for one in steps])
    assert {status for answer in done["answers"] for status in answer} == {"200", "201"}
    assert set(done["answers"][0]) == {"201"}
    assert [set(answer) for answer in done["answers"][-2:]] == [{"200"}, {"200"}]
    there = {
        kind: [one for one in done["resources"] if one["resourceType"] == kind] for kind in KINDS
    }
    assert [len(there[kind]) for kind in KINDS] == [1, 2, len(appointments(last)), 1]
    expected = appointments(last)
    for one in there["Appointment"]:
        told = expected[one["identifier"][0]["value"].removeprefix("urn:uuid:")]
        assert (one["start"], one["status"]) == (told["start"], told["status"])
        assert [actor["actor"].get("reference", "")[:9] for actor in one["participant"]][1:] in (
            [],
            ["Location/"],
        )
    (plan_,) = there["CarePlan"]
    activities = {one["reference"]["reference"] for one in plan_["activity"]}
    known = {f"{one['resourceType']}/{one['id']}" for one in done["resources"]}
    assert len(activities) == len(expected) + 2
    assert activities <= known


KINDS = ("Location", "ServiceRequest", "Appointment", "CarePlan")


def test_patients_of_one_clinic_share_its_place():
    asked = [planned("iv-depression"), planned("iv-ptsd", start=date(2026, 11, 2))]
    done = in_medplum("post", [bundle(one) for one in asked])
    places = [one for one in done["resources"] if one["resourceType"] == "Location"]
    plans = [one for one in done["resources"] if one["resourceType"] == "CarePlan"]
    assert (len(places), len(plans)) == (1, 2)
