"""Every sentence for patients and drivers can be read after eight years at school."""

from dataclasses import replace

import pytest

from ketasched.events.events import events
from ketasched.events.rides import items_with_ride
from ketasched.events.view import View
from ketasched.files.load import load_clinic, load_protocol, shipped_protocols, starter_clinic
from ketasched.model import Clinic, Course, Prices, TimeRange
from ketasched.planning.planner import plan
from ketasched.render import render
from tests.conftest import MADE_AT, ROOT
from tests.support.nouns import hours_of, request
from tests.support.reading_grade import grade, sentences

HARDEST = 8
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ALWAYS_OPEN = hours_of(dict.fromkeys(DAYS, (TimeRange.read("08:00-20:00"),)))


@pytest.fixture(params=["the example", "what clinic init writes"])
def clinic(request, tmp_path) -> Clinic:
    path = ROOT / "examples" / "clinic.toml"
    if request.param != "the example":
        path = tmp_path / "clinic.toml"
        path.write_text(starter_clinic("America/New_York", "salt"), encoding="utf-8")
    found = load_clinic(str(path))
    closures = replace(found.closures, holidays="")
    return replace(found, hours=ALWAYS_OPEN, closures=closures, prices=Prices())


def said_in(course: Course, view: View) -> set[str]:
    """The sentences of a page below its heading, and of the calendar that goes with it."""
    _, page = render(course, "text", view).split("\n\n", 1)
    texts = [page, *(event.text for event in events(course, view))]
    return {sentence for text in texts for sentence in sentences(text)}


@pytest.mark.parametrize("titles", ["discreet", "clinical"])
@pytest.mark.parametrize("protocol", shipped_protocols())
def test_every_sentence_can_be_read_after_eight_years_at_school(protocol, titles, clinic):
    read = load_protocol(protocol)
    with_driver = request(driver_name="Sam", boosters=1 if read.booster_phase else 0)
    course = plan(read, replace(clinic, titles=titles), with_driver, made_at=MADE_AT)
    for audience in ("patient", "driver"):
        said = said_in(course, View(audience))
        assert len(said) > 3 or not items_with_ride(course)
        assert {one: round(grade(one), 1) for one in said if grade(one) > HARDEST} == {}


@pytest.mark.parametrize(
    ("sentence", "least", "most"),
    [
        ("Fasting: eat nothing in the six hours before you come.", 2, 6),
        ("Utilisation of medicaments necessitates comprehensive documentation.", 20, 40),
    ],
    ids=["plain", "hard"],
)
def test_the_grade_tells_a_plain_sentence_from_a_hard_one(sentence, least, most):
    assert least < grade(sentence) < most
