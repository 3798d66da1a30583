"""The file of a proposal is read back as it was, and all that is wrong with it is said at once."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketasched.errors import BadFile
from ketasched.files.codec import plain
from ketasched.files.load import load_any, load_proposal
from ketasched.model import (
    Misfit,
    NewStart,
    ProposedCourse,
    UnplacedCourse,
    Waivable,
    WrittenProposal,
    text_problem,
)

ZONE = "America/New_York"
AT_FIRST = datetime(2027, 3, 13, 12, tzinfo=UTC)
"""The day before the clocks go forward in New York."""

TEXTS = st.text(max_size=20).filter(lambda text: not text_problem(text))
MOMENTS = st.integers(0, 60 * 24 * 300).map(
    lambda minutes: (AT_FIRST + timedelta(minutes=minutes)).astimezone(ZoneInfo(ZONE))
)
"""Moments of a year in which the clocks change twice, each minute once."""

RULES: st.SearchStrategy[tuple[Waivable, ...]] = st.sampled_from(
    [(), ("gap",), ("span",), ("gap", "span")]
)
STARTS = st.lists(
    st.builds(NewStart, st.integers(1, 40), MOMENTS | st.none(), st.booleans()),
    min_size=1,
    max_size=5,
    unique_by=lambda one: one.visit,
)
MISFITS = st.lists(
    st.builds(Misfit, st.integers(1, 40), MOMENTS, TEXTS, TEXTS), min_size=1, max_size=3
)


@st.composite
def proposals(draw: st.DrawFn) -> WrittenProposal:
    known = draw(st.lists(TEXTS, unique=True, min_size=1, max_size=6))
    cut = draw(st.integers(0, len(known)))
    courses = [
        ProposedCourse(one, draw(TEXTS), draw(st.integers(1, 9)), tuple(draw(STARTS)), draw(RULES))
        for one in known[:cut]
    ]
    unplaced = [
        UnplacedCourse(
            one, draw(TEXTS), draw(TEXTS), tuple(draw(MISFITS)), (draw(TEXTS),), draw(RULES)
        )
        for one in known[cut:]
    ]
    return WrittenProposal(
        1,
        draw(MOMENTS),
        ZONE,
        draw(TEXTS),
        draw(TEXTS),
        tuple(courses),
        tuple(unplaced),
        draw(TEXTS.filter(str.strip)) if any(one.overrides for one in courses) else draw(TEXTS),
        draw(TEXTS),
    )


@given(proposals())
def test_a_proposal_is_read_back_as_it_was(proposal):
    path = Path("p.json")
    path.write_text(json.dumps(plain(proposal), ensure_ascii=False), encoding="utf-8")
    assert load_proposal(str(path)) == proposal == load_any(str(path))


def test_a_moment_that_comes_twice_is_the_one_that_was_written():
    late = datetime(2027, 11, 7, 1, 30, tzinfo=ZoneInfo(ZONE), fold=1)
    course = ProposedCourse("a", "P-1", 1, (NewStart(2, late),))
    data = plain(WrittenProposal(1, late, ZONE, "", "", (course,)))
    Path("p.json").write_text(json.dumps(data), encoding="utf-8")
    found = load_proposal("p.json")
    assert found.courses[0].starts[0].start == found.made_at
    assert found.made_at.timestamp() == late.timestamp()
    assert found.made_at.isoformat() == "2027-11-07T01:30:00-05:00"


def test_all_that_is_wrong_is_said_at_once():
    course = {"course_id": "a", "patient": "P-1", "revision": 1, "starts": []}
    data = {"format": 1, "timezone": "Nowhere", "courses": [course, {}], "more": 1}
    Path("p.json").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(BadFile) as refusal:
        load_proposal("p.json")
    places = [line.partition(":")[0] for line in refusal.value.details]
    assert places == [
        "book",
        "clinic",
        "courses[0].starts",
        "courses[1].course_id",
        "courses[1].patient",
        "courses[1].revision",
        "courses[1].starts",
        "made_at",
        "more",
        "timezone",
    ]


START = {"visit": 2, "start": "2027-01-15T09:00-05:00"}
PLACED = {"course_id": "a", "patient": "P-1", "revision": 1, "starts": [START]}
UNPLACED = {
    "course_id": "b",
    "patient": "P-2",
    "patient_phone": "",
    "reasons": [],
    "misfits": [START | {"rule": "closure", "message": "closed"}],
}
WHOLE = {
    "format": 1,
    "made_at": "2027-01-12T08:00-05:00",
    "timezone": ZONE,
    "clinic": "R",
    "book": "",
    "courses": [PLACED],
    "not_placed": [UNPLACED],
    "reason": "pump repair",
}
EDITED = {
    "no course": (
        {"courses": [], "not_placed": []},
        "courses: expected at least one course, here or in not_placed",
    ),
    "a course that is named twice": (
        {"not_placed": [UNPLACED | {"course_id": "a"}]},
        "courses: a is named twice",
    ),
    "a start with seconds": (
        {"courses": [PLACED | {"starts": [START | {"start": "2027-01-15T09:00:31-05:00"}]}]},
        "courses[0].starts[0].start: has seconds: visits begin on the minute",
    ),
    "an override without a reason": (
        {"courses": [PLACED | {"overrides": ["gap"]}], "reason": " "},
        "reason: an override needs a reason",
    ),
    "an override that is named twice": (
        {"courses": [PLACED | {"overrides": ["gap", "gap"]}]},
        "courses[0].overrides: gap is named twice",
    ),
    "an unknown override": (
        {"courses": [PLACED | {"overrides": ["gab"]}]},
        'courses[0].overrides[0]: expected one of gap, span, not "gab"; did you mean gap?',
    ),
    "an override that would never help": (
        {"not_placed": [UNPLACED | {"overrides": ["closure"]}]},
        'not_placed[0].overrides[0]: expected one of gap, span, not "closure"',
    ),
}


@pytest.mark.parametrize(("edits", "said"), EDITED.values(), ids=EDITED)
def test_an_edited_proposal_is_refused_with_the_place(edits, said):
    Path("p.json").write_text(json.dumps(WHOLE), encoding="utf-8")
    load_proposal("p.json")
    Path("p.json").write_text(json.dumps(WHOLE | edits), encoding="utf-8")
    with pytest.raises(BadFile) as refusal:
        load_proposal("p.json")
    assert refusal.value.details == (said,)
    assert refusal.value.next_step == "mend it, then: ketasched check p.json"
