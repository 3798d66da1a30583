"""`register export --format fhir`: every course as a Bundle on a line, for a record system."""

import json

from ketasched.register.register import Register
from ketasched.render import render
from tests.register.databases import execute
from tests.register.terminal import TODAY, exported, plan, run
from tests.support.fhir_judges import in_medplum

FHIR = "register", "export", "--format", "fhir"


def test_each_line_is_the_bundle_of_a_course(book):
    for patient in ("P-1", "P-2"):
        plan(patient)
    run("revise", "P-2", "driver", "1", "--name", "Sam", *TODAY)
    lines = run(*FHIR).stdout.splitlines()
    assert [json.loads(line) for line in lines] == [
        json.loads(render(course, "fhir")) for course in exported()
    ]
    assert "Sam" not in "".join(lines)


def test_a_record_system_that_gets_an_export_twice_has_each_course_once(book):
    for patient in ("P-1", "P-2"):
        plan(patient)
    run("revise", "P-2", "cease", "--reason", "moves", *TODAY)
    bundles = [json.loads(line) for line in run(*FHIR).stdout.splitlines()]
    done = in_medplum("post", [*bundles, *bundles])
    plans = [one for one in done["resources"] if one["resourceType"] == "CarePlan"]
    assert {one["subject"]["identifier"]["value"] for one in plans} == {"P-1", "P-2"}
    assert len(plans) == 2


def test_a_damaged_course_is_named_by_its_identifier_and_takes_no_other_away(book):
    for patient in ("P-1", "P-2"):
        plan(patient)
    damaged = Register.open(book).entries(patient="P-1")[0].course_id
    execute(book, "UPDATE courses SET document = 'secret' WHERE patient = 'P-1'")
    result = run(*FHIR, code=5)
    assert [json.loads(line)["type"] for line in result.stdout.splitlines()] == ["transaction"]
    assert f"the register's course {damaged} is damaged" in result.stderr
    assert "secret" not in result.stderr
