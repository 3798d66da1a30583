"""The record of a course is whole, or `check` says what is missing in it."""

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from ketasched.cli import main
from ketasched.events.events import events
from ketasched.events.view import View
from ketasched.files.codec import json_line
from ketasched.files.load import load_protocol, parse_course
from ketasched.model import Change, Course, Driver
from ketasched.model.identifiers import make_uid
from ketasched.planning.assemble import with_identity
from ketasched.planning.planner import plan
from ketasched.planning.record import record_findings
from ketasched.revising.revise import revise
from tests.conftest import MADE_AT, ROOT
from tests.revising.changes import apply, moment, six
from tests.support.nouns import clinic, request

WRITTEN_BY_1_0 = [
    json.loads(line)
    for line in (ROOT / "tests/files/courses-1.0.ndjson").read_text("utf-8").splitlines()
]
"""Courses that ketasched 1.0 has written, with every verb and after two batches, each with the
UIDs of the calendars that 1.0 made of it."""

OLD_IDS = [f"{one['course']['protocol']['id']}-{n}" for n, one in enumerate(WRITTEN_BY_1_0)]


def said_of(course: Course) -> list[str]:
    """The findings on the record of a course."""
    found = list(record_findings(course))
    assert all((one.rule, one.level) == ("record", "broken") for one in found)
    return [one.message for one in found]


@pytest.fixture(scope="module")
def course() -> Course:
    """Six infusions and two boosters, of which the first is confirmed; the third is missed."""
    made = plan(
        load_protocol("iv-depression"),
        clinic(),
        request(patient="P-1", boosters=2, driver_name="Sam"),
        made_at=MADE_AT,
    )
    for change, number in (
        (Change("complete", 1), 1),
        (Change("complete", 2), 2),
        (Change("miss", 3, make_up=True), 3),
        (Change("driver", 5, driver=Driver("Ann")), 3),
        (Change("confirm", 8), 3),
    ):
        made = revise(made, change, at=made.visits[number - 1].start + timedelta(hours=1), why="x")
    return made


def renumbered(course: Course, *visits: int) -> Course:
    """The course with these of its visits, numbered anew as somebody would by hand."""
    kept = [course.visits[number - 1] for number in visits]
    numbered = tuple(replace(one, number=n) for n, one in enumerate(kept, start=1))
    reviews = (replace(one, after=min(one.after, len(kept))) for one in course.companions)
    return replace(course, visits=numbered, companions=tuple(reviews))


def as_of_1_0(course: Course) -> Course:
    """The course with the history that ketasched 1.0 would have written: without results."""
    return replace(course, history=tuple(replace(one, result=None) for one in course.history))


def with_visit(course: Course, number: int, **fields: object) -> Course:
    """The course with other fields in one visit."""
    visits = list(course.visits)
    visits[number - 1] = replace(visits[number - 1], **fields)  # type: ignore[arg-type]
    return replace(course, visits=tuple(visits))


def test_of_a_course_that_was_planned_and_revised_nothing_is_said(course):
    assert said_of(course) == []


@pytest.mark.parametrize("old", WRITTEN_BY_1_0, ids=OLD_IDS)
def test_of_a_course_of_1_0_nothing_is_said(old):
    assert said_of(parse_course(json.dumps(old["course"]), "1.0")) == []


@pytest.mark.parametrize("audience", ["patient", "driver"])
@pytest.mark.parametrize("old", WRITTEN_BY_1_0, ids=OLD_IDS)
def test_a_course_of_1_0_keeps_the_uids_of_its_calendars(old, audience):
    course = parse_course(json.dumps(old["course"]), "1.0")
    assert sorted(one.uid for one in events(course, View(audience))) == old["uids"][audience]


def identified(course: Course, before: Course) -> Course:
    return with_identity(course, before.course_id, before.uid_key, before.made_at)


def uids_of(course: Course) -> set[str]:
    """The UIDs in the calendars of patient and driver."""
    return {one.uid for who in ("patient", "driver") for one in events(course, View(who))}


def test_the_uids_of_1_0_stay_after_a_change_and_when_a_batch_plans_again(course):
    first = plan(course.protocol, course.clinic, course.request, made_at=MADE_AT)
    old = replace(first, uid_key="")
    moved = revise(old, Change("driver", 5, driver=Driver("Sam", "555")), at=MADE_AT)
    assert uids_of(moved) == uids_of(old)
    later = plan(
        course.protocol, course.clinic, course.request, made_at=MADE_AT + timedelta(hours=1)
    )
    assert not uids_of(later) & uids_of(old)
    assert uids_of(identified(later, old)) == uids_of(old)
    assert uids_of(identified(later, first)) == uids_of(first)


def test_another_salt_gives_other_uids_also_to_a_course_whose_id_is_given(course):
    clinics = course.clinic, replace(course.clinic, id_salt="another")
    one, other = (
        plan(course.protocol, at, course.request, made_at=MADE_AT, course_id="7") for at in clinics
    )
    rides = ({event.uid for event in events(made, View("driver"))} for made in (one, other))
    assert set.intersection(*rides) == set()


def test_the_uids_of_rides_cannot_be_computed_from_a_patients_calendar(course):
    known = {one.uid for one in events(course, View("patient"))}
    names = [(), ("Sam",), ("Ann",)]
    guesses = {
        make_uid(uid, role, *name)
        for uid in known
        for role in ("bring", "collect")
        for name in names
    }
    rides = {one.uid for one in events(course, View("driver"))}
    assert rides
    assert not rides & (known | guesses)


def without(course: Course, *labels: str) -> Course:
    """The course without the visits that have these labels."""
    return renumbered(course, *(one.number for one in course.visits if one.of not in labels))


EDITS = {
    "three of six infusions removed": (
        lambda one: without(one, "4 of 6", "5 of 6", "6 of 6"),
        [
            "induction: 3 visits; by protocol, request and history 6.",
            "Visit 5 has a uid that is not of this course.",
        ],
    ),
    "a missed visit removed": (
        lambda one: without(one, "3 of 6"),
        [
            "induction: 5 visits; by protocol, request and history 6.",
            "Visits missed: 0; by the history 1.",
        ],
    ),
    "a booster removed": (
        lambda one: without(one, "2 of 2"),
        ["maintenance: the visits are not labelled 1 to 1."],
    ),
    "a make-up visit removed": (
        lambda one: without(one, "3 of 6, again"),
        ["Visits that make up for others: 0; by the history 1."],
    ),
    "a review removed": (
        lambda one: replace(one, companions=one.companions[:-1]),
        ["Reviews: 1; by the protocol 2."],
    ),
    "visits in another order": (
        lambda one: renumbered(one, 1, 2, 3, 4, 6, 5, 7, 8, 9),
        ["Visit 6 is before visit 5."],
    ),
    "a label twice": (
        lambda one: with_visit(one, 2, of="1 of 6"),
        ["induction: the visits are not labelled 1 to 6."],
    ),
    "a visit of another kind": (
        lambda one: with_visit(one, 1, kind="booster"),
        ["Visit 1 is of kind booster; the visits of induction are of kind infusion."],
    ),
    "a uid made up": (
        lambda one: with_visit(one, 1, uid="mine"),
        ["Visit 1 has a uid that is not of this course."],
    ),
    "a SEQUENCE set back": (
        lambda one: with_visit(one, 5, sequence=0),
        ["Visit 5 has the sequence 0; by the history it is 1."],
    ),
    "a SEQUENCE of a review": (
        lambda one: replace(
            one, companions=(replace(one.companions[0], sequence=7), *one.companions[1:])
        ),
        ["Review 1 has the sequence 7; by the history it is 0."],
    ),
    "a completed visit that is planned again": (
        lambda one: with_visit(one, 1, status="planned"),
        ["Visit 1 is planned; by the history it is completed.", "Visits completed: 1; by the"],
    ),
    "a visit completed by hand": (
        lambda one: with_visit(one, 5, status="completed"),
        ["Visits completed: 3; by the history 2."],
    ),
    "a visit omitted by hand": (
        lambda one: with_visit(one, 5, status="omitted"),
        ["Visits omitted: 1; by the history 0."],
    ),
    "a visit held by hand": (
        lambda one: with_visit(one, 5, status="held", held_from="planned"),
        ["Visits held: 1; by the history 0."],
    ),
    "a visit ceased by hand": (
        lambda one: with_visit(one, 5, status="ceased"),
        ["Visits ceased: 1; by the history 0."],
    ),
    "a review held by hand": (
        lambda one: replace(one, companions=(replace(one.companions[0], status="held"),)),
        ["Reviews held: 1; by the history 0."],
    ),
    "a review ceased by hand": (
        lambda one: replace(one, companions=(replace(one.companions[0], status="ceased"),)),
        ["Reviews ceased: 1; by the history 0."],
    ),
    "a booster confirmed by hand": (
        lambda one: with_visit(one, 9, status="planned"),
        ["Visits confirmed: 2; by the history 1."],
    ),
    "an infusion that waits for nothing": (
        lambda one: with_visit(one, 5, status="tentative"),
        ["Visit 5 is tentative, but nothing is left to decide."],
    ),
    "a review recorded by hand": (
        lambda one: replace(
            one, companions=(replace(one.companions[0], status="completed"), *one.companions[1:])
        ),
        ["Reviews recorded: 1; by the history 0."],
    ),
    "fewer boosters asked for": (
        lambda one: replace(one, request=replace(one.request, boosters=1)),
        ["maintenance: 2 visits; by protocol, request and history 1."],
    ),
    "another course_id": (
        lambda one: replace(one, course_id="mine"),
        ["Review 1 has a uid", *(f"Visit {n} has a uid that is not of" for n in range(1, 10))],
    ),
}


@pytest.mark.parametrize(("edit", "expected"), EDITS.values(), ids=EDITS)
def test_what_was_edited_by_hand_is_found_without_results(edit, expected, course):
    said = said_of(edit(as_of_1_0(course)))
    assert [one for one in expected if not any(line.startswith(one) for line in said)] == []


@pytest.mark.parametrize("edit", [edit for edit, _ in EDITS.values()], ids=EDITS)
def test_what_was_edited_by_hand_is_found_by_results(edit, course):
    assert said_of(edit(course))


BY_RESULTS = {
    "a missed visit removed": ["Visit 3 of the history is not there."],
    "a make-up visit removed": ["Visit 7 of the history is not there."],
    "a label twice": ["Visit 2 is not as in the history: of."],
    "a completed visit that is planned again": [
        "Visit 1 is planned; by the history it is completed."
    ],
    "a visit omitted by hand": ["Visit 5 is omitted; by the history it is planned."],
    "a visit held by hand": ["Visit 5 is held; by the history it is planned."],
    "a review removed": ["The review after visit 7 of the history is not there."],
    "a visit of another kind": [
        "Visit 1 is not as in the history: kind.",
        "Visit 1 is of kind booster; the visits of induction are of kind infusion.",
    ],
    "a booster confirmed by hand": ["Visit 9 is planned; by the history it is tentative."],
    # No change has touched these, so they were so when the course was planned.
    "fewer boosters asked for": [
        "At revision 1: maintenance: 2 visits; by protocol, request and history 1."
    ],
}


@pytest.mark.parametrize("edit", BY_RESULTS)
def test_results_say_what_was_edited_by_hand(edit, course):
    assert said_of(EDITS[edit][0](course)) == BY_RESULTS[edit]


def test_a_visit_after_a_gate_that_is_closed_is_not_planned():
    gated = plan(load_protocol("iv-depression-gated"), clinic(), request(), made_at=MADE_AT)
    number = next(one.number for one in gated.visits if one.status == "tentative")
    said = said_of(with_visit(gated, number, status="planned"))
    assert said == [
        f"Visit {number} is planned, but waits for the review after visit {number - 1}."
    ]


def test_a_course_that_was_ceased_has_visits_that_are(course):
    ceased = revise(course, Change("cease"), at=course.visits[4].start, why="x")
    assert said_of(ceased) == []
    alive = tuple(replace(one, status="omitted") for one in ceased.visits)
    edited = replace(ceased, visits=alive)
    assert "Visit 5 is omitted; by the history it is planned." in said_of(edited)
    assert "Visit 6 is omitted; by the history it is ceased." in said_of(edited)
    assert "Visits ceased: 0; by the history 1." in said_of(as_of_1_0(edited))


def test_check_finds_infusions_that_are_gone(course):
    Path("course.json").write_text(json_line(without(course, "3 of 6")), "utf-8")
    for command in ("check", "show"):
        found = CliRunner().invoke(main, [command, "course.json"])
        assert found.exit_code == 1
        assert "Visit 3 of the history is not there (record)" in found.output
    Path("course.json").write_text(json_line(without(as_of_1_0(course), "3 of 6")), "utf-8")
    for command in ("check", "show"):
        found = CliRunner().invoke(main, [command, "course.json"])
        assert found.exit_code == 1
        assert "induction: 5 visits; by protocol, request and history 6 (record)" in found.output


def test_a_booster_after_a_visit_was_removed_has_a_uid_of_its_own(course):
    edited = without(course, "3 of 6")
    at = edited.visits[-1].start
    change = Change("booster", days=21, overrides=("gap",))
    after = revise(edited, change, at=at, why="x")
    assert Counter(one.uid for one in after.visits).most_common(1)[0][1] == 1


@pytest.mark.parametrize("old", WRITTEN_BY_1_0, ids=OLD_IDS)
def test_no_visit_can_be_removed_unseen_but_one_that_may_have_found_no_day(old):
    course = parse_course(json.dumps(old["course"]), "1.0")
    optional = {phase.name for phase in course.protocol.phases if phase.tentative}
    phases = Counter(visit.phase for visit in course.visits)
    numbers = range(1, len(course.visits) + 1)
    unseen = [
        visit
        for visit in course.visits
        if not said_of(renumbered(course, *(one for one in numbers if one != visit.number)))
    ]
    assert [one for one in unseen if one.phase not in optional or phases[one.phase] > 1] == []


def with_entry(course, number, **changes):
    """The course with another entry of this revision."""
    history = list(course.history)
    history[number - 1] = replace(history[number - 1], **changes)
    return replace(course, history=tuple(history))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"result": None}, "Revision 3 does not say what it has changed."),
        ({"change": None}, "Revision 3 has changed something, and does not say by what."),
        ({"change": Change("undo")}, "Revision 3 is no undo of revision 2."),
        ({"at": moment("2026-01-01T10:00")}, "Revision 3 is dated before the one before it."),
    ],
    ids=["no result", "no change", "an undo that is none", "an earlier moment"],
)
def test_an_entry_that_was_edited_by_hand_is_found(changes, said):
    course = six(boosters=0)
    for number, today in ((1, "2026-12-07T17:00"), (2, "2026-12-09T17:00")):
        course = apply(course, "complete", today, visit=number)
    assert [*record_findings(course)] == []
    found = [one.message for one in record_findings(with_entry(course, 3, **changes))]
    assert said in found
