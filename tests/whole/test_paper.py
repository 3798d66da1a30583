"""The pages on paper: how many sheets they take, how large the print is, and with longer words."""

import re
from dataclasses import replace
from gettext import NullTranslations

import pytest

from ketasched.events.rides import items_with_ride
from ketasched.events.view import View
from ketasched.files.load import load_protocol, shipped_protocols
from ketasched.planning.planner import plan
from ketasched.render import render
from ketasched.render.date_rows import date_rows
from tests.conftest import MADE_AT
from tests.render.test_ics import MIXED
from tests.support.nouns import phase, protocol, request
from tests.support.pages import (
    AMERICAN,
    IN_ONE_MONTH,
    IN_TWO_MONTHS,
    TWICE_A_WEEK,
    WITH_DRIVER,
    own_clinic,
    page_of,
    printed,
    shown,
    six_visits,
    twelve_calls,
    twenty_visits,
)
from tests.whole.test_golden import EVERY_DAY, course_of

PAPER = pytest.mark.parametrize("paper", ["A4", "Letter"])
MOST_VISITS = 12
"""The visits for which the patient's page is one sheet."""

SMALL = [name for name in shipped_protocols() if len(course_of(name).visits) <= MOST_VISITS]


@PAPER
@pytest.mark.parametrize("titles", ["discreet", "clinical"])
@pytest.mark.parametrize(
    ("start", "more"),
    [
        (IN_ONE_MONTH, {}),
        (IN_TWO_MONTHS, {}),
        (IN_TWO_MONTHS, TWICE_A_WEEK),
        (IN_ONE_MONTH, {"boosters": 1}),
    ],
    ids=["in one month", "in two months", "twice a week with a driver", "with a booster"],
)
def test_six_visits_are_one_sheet_and_the_driver_has_another(tab, start, more, titles, paper):
    patients, drivers = printed(tab, six_visits(start, titles, **more), paper)
    assert "6 of 6" in patients
    assert "+1 555 0142" in patients
    assert "Rides" not in patients
    assert "Rides" in drivers
    assert drivers.count("09:00") == 6


@pytest.mark.parametrize(
    ("titles", "paper"), [("discreet", "A4"), ("discreet", "Letter"), ("clinical", "Letter")]
)
@pytest.mark.parametrize("name", SMALL)
def test_every_shipped_protocol_is_one_sheet_and_the_driver_has_another(tab, name, titles, paper):
    course = course_of(name)
    course = replace(course, clinic=replace(course.clinic, titles=titles))
    patients, *drivers = printed(tab, page_of(course), paper)
    assert len(re.findall(r"\d+ of \d+", patients)) == len(course.visits)
    assert "Questions about your treatment?" in patients
    assert ["Rides for Anna" in one for one in drivers] == [True] * bool(items_with_ride(course))


def test_most_of_the_shipped_protocols_have_few_enough_visits():
    assert len(SMALL) >= len(shipped_protocols()) - 2


@PAPER
@pytest.mark.parametrize("name", shipped_protocols())
def test_a_driver_with_a_page_of_their_own_has_one_sheet(tab, name, paper):
    assert len(printed(tab, page_of(course_of(name), "driver"), paper)) == 1


@PAPER
@pytest.mark.parametrize(
    "asked", [MIXED, protocol(phase(1))], ids=["by phone and at home", "one visit"]
)
def test_other_kinds_of_courses_are_one_sheet_too(tab, asked, paper):
    own = own_clinic(hours=EVERY_DAY)
    course = plan(asked, own, request(IN_ONE_MONTH, **WITH_DRIVER), made_at=MADE_AT)
    assert len(printed(tab, page_of(course), paper)) == 2


@PAPER
def test_much_that_a_clinic_has_to_say_makes_the_print_smaller(tab, paper):
    words = own_clinic().instructions
    long = replace(words.discreet, side_effects=words.discreet.side_effects * 3)
    own = own_clinic(instructions=replace(words, discreet=long))
    course = plan(load_protocol("iv-depression"), own, request(IN_ONE_MONTH), made_at=MADE_AT)
    assert len(printed(tab, render(course, "html", View()), paper)) == 2


@PAPER
def test_the_calls_of_twelve_courses_are_one_sheet(tab, paper):
    (text,) = printed(tab, twelve_calls(), paper)
    assert "36 visits and 12 talks move" in text
    assert text.count("☐") == 48


@PAPER
def test_a_day_of_twenty_visits_is_one_sheet_with_what_is_to_be_put_right_on_top(tab, paper):
    (text,) = printed(tab, twenty_visits(AMERICAN), paper)
    assert "20 visits, 4 without a driver. " in text
    assert "4 chairs, 88 % taken." in text
    assert "4 without a driver 9:00 AM, A. Oberhuber-Schwarz" in text
    assert "7 without clearance 9:00 AM, A. Oberhuber-Schwarz" in text
    assert text.count("No driving before") == 1
    assert "How is it going?, after visit 3, at check-in" in text


SIZES = """() => [...document.querySelectorAll('td, th, p, li, span:not(.unseen), address')]
  .filter(one => one.textContent.trim() && !one.closest('.next, .unseen'))
  .map(one => parseFloat(getComputedStyle(one).fontSize) * 72 / 96)"""
"""The sizes of the print, in points."""


def sizes_on_paper(tab, text: str) -> list[float]:
    page = shown(tab, text)
    page.emulate_media(media="print")
    sizes: list[float] = sorted(page.evaluate(SIZES))
    return sizes


def test_no_print_is_too_small_to_read_by_lamplight(tab):
    points = sizes_on_paper(tab, six_visits(IN_TWO_MONTHS, **TWICE_A_WEEK))
    assert points[0] >= 9
    assert points[len(points) // 2] >= 10.5


@pytest.mark.parametrize("name", ["iv-depression", "esketamine-us-label"])
def test_large_print_is_eighteen_points_in_one_column(tab, name):
    text = page_of(course_of(name), large=True)
    points = sizes_on_paper(tab, text)
    assert points[0] >= 18
    across = "() => new Set([...document.querySelectorAll('.cards tbody > tr')]"
    lefts = tab.evaluate(f"{across}.map(one => one.getBoundingClientRect().left)).size")
    assert lefts == 1


def test_paper_is_black_and_white_also_where_screens_are_dark(tab):
    page = shown(tab, six_visits(IN_ONE_MONTH))
    page.emulate_media(media="print", color_scheme="dark")
    found = page.evaluate(
        "() => [...new Set([...document.querySelectorAll('.sheet *, body')].flatMap(one => {"
        " const style = getComputedStyle(one); return [style.color, style.backgroundColor] }))]"
    )
    greys = [re.findall(r"\d+", colour)[:3] for colour in found]
    assert all(len(set(grey)) == 1 for grey in greys)


class Stretched(NullTranslations):
    """A language whose every word is half as long again."""

    def gettext(self, message: str) -> str:
        return re.sub(
            r"(\{\w+\})|(\w+)",
            lambda word: word[1] or word[2] + "e" * -(-len(word[2]) // 2),
            message,
        )

    def ngettext(self, one: str, many: str, count: int) -> str:
        return self.gettext(one if count == 1 else many)


@pytest.fixture
def stretched(monkeypatch):
    monkeypatch.setattr("ketasched.language.locale.catalogue", lambda _language: Stretched())
    monkeypatch.setattr("ketasched.render.html.ENGLISH", "not this one")


@pytest.mark.usefixtures("stretched")
@pytest.mark.parametrize("name", SMALL)
def test_words_half_as_long_again_take_one_sheet_or_two_for_many_visits(tab, name):
    course = course_of(name)
    few = len(date_rows(course)) <= MOST_VISITS * 2 // 3
    sheets = printed(tab, page_of(course), "Letter")
    patients = [sheet for sheet in sheets if "Anna" not in sheet]
    assert len(patients) <= (1 if few else 2)
    assert len(sheets) - len(patients) == bool(items_with_ride(course))


@pytest.mark.usefixtures("stretched")
@pytest.mark.parametrize("audience", ["patient", "driver"])
def test_words_half_as_long_again_fit_every_screen(tab, audience):
    page = shown(tab, page_of(course_of("esketamine-us-label"), audience))
    for width in range(320, 1281, 60):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
