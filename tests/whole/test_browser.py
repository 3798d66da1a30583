"""The page in a real browser: printed, looked through by axe-core, and with hostile text in it."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pypdf
import pytest
from playwright.sync_api import Browser, Dialog, Page, Request, sync_playwright

from ketasched.events.view import View
from ketasched.files.load import load_clinic, load_protocol, shipped_protocols
from ketasched.model import Change, NewStart, Titles
from ketasched.planning.planner import plan
from ketasched.render import render
from ketasched.render.call_list import render_calls
from ketasched.render.call_list.calls import make_call_list
from ketasched.revising.revise import revise
from tests.conftest import MADE_AT, ROOT
from tests.render.test_html import course_saying
from tests.support.chromium import QUIET, chromium_path
from tests.support.hostile import HOSTILE
from tests.support.needed import needed
from tests.support.nouns import request
from tests.support.readers import NODE
from tests.whole.test_golden import course_of

AXE = NODE / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = chromium_path()
    needed(found is not None, "Chromium, for looking at pages: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def watched(browser: Browser) -> tuple[Page, list[str]]:
    """A tab for all tests, and all that it complained of or asked for but the page's file."""
    page, complaints = browser.new_page(), list[str]()

    def dismiss(dialog: Dialog) -> None:
        complaints.append(dialog.message)
        dialog.dismiss()

    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", dismiss)
    page.on("request", lambda asked: complaints.append(asked.url) if not _own(asked) else None)
    return page, complaints


@pytest.fixture
def tab(watched: tuple[Page, list[str]]) -> Iterator[Page]:
    """A tab in which nothing may be complained of, and nothing asked for but the page's file."""
    page, complaints = watched
    page.set_viewport_size({"width": 1000, "height": 1200})
    page.emulate_media(media="null")
    complaints.clear()
    yield page
    page.evaluate("() => document.readyState")  # whatever it complains of is here before that
    assert complaints == []


def _own(asked: Request) -> bool:
    return asked.url.startswith("file:") and asked.url.endswith("/page.html")


def shown(tab: Page, text: str) -> Page:
    path = Path("page.html").absolute()
    path.write_text(text, encoding="utf-8")
    tab.goto(path.as_uri())
    return tab


def six_visits(start: date, titles: Titles = "discreet", **more: Any) -> str:
    """The patient's page of six infusions at the example's clinic."""
    own = load_clinic(str(ROOT / "examples" / "clinic.toml"))
    wish = request(start, patient="P-014", **more)
    asked = load_protocol("iv-depression")
    return render(plan(asked, replace(own, titles=titles), wish, made_at=MADE_AT), "html", View())


IN_ONE_MONTH, IN_TWO_MONTHS = date(2026, 12, 7), date(2027, 1, 25)
WITH_DRIVER: dict[str, Any] = {"driver_name": "Sam Rivera", "driver_phone": "+1 555 0199"}
TWICE_A_WEEK: dict[str, Any] = {"per_week": 2, **WITH_DRIVER}


@pytest.mark.parametrize("paper", ["A4", "Letter"])
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
    page = shown(tab, six_visits(start, titles, **more))
    printed = pypdf.PdfReader(io.BytesIO(page.pdf(format=paper)))
    assert len(printed.pages) == 2
    patients, drivers = (sheet.extract_text() for sheet in printed.pages)
    assert "6 of 6" in patients
    assert "+1 555 0142" in patients
    assert "Rides" not in patients
    assert "Rides" in drivers
    assert drivers.count("09:00") == 6


def twelve_calls() -> str:
    """The call list of twelve courses with three visits each that move, with phones."""
    at, found = MADE_AT + timedelta(1), []
    for number in range(12):
        more = {"patient": f"P-{number:03}", "patient_phone": "+1 555 0134", **WITH_DRIVER}
        clinic = load_clinic(str(ROOT / "examples" / "clinic.toml"))
        course = plan(
            load_protocol("iv-depression"), clinic, request(IN_ONE_MONTH, **more), made_at=MADE_AT
        )
        days = zip(course.visits[3:], (1, 1, 3), strict=True)
        starts = tuple(NewStart(one.number, one.start + timedelta(later)) for one, later in days)
        found.append((course, revise(course, Change("reschedule", starts=starts), at=at)))
    return render_calls(make_call_list("Riverbend Clinic", found, ()), "html")


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_the_calls_of_twelve_courses_are_one_sheet(tab, paper):
    page = shown(tab, twelve_calls())
    printed = pypdf.PdfReader(io.BytesIO(page.pdf(format=paper)))
    (sheet,) = printed.pages
    text = sheet.extract_text()
    assert "36 visits and 12 talks move" in text
    assert text.count("☐") == 48


def test_axe_finds_nothing_to_complain_of_in_a_call_list(tab):
    needed(AXE.is_file(), "axe-core: npm ci in tests/node")
    page = shown(tab, twelve_calls())
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("() => axe.run()")
    assert [(one["id"], one["help"]) for one in found["violations"]] == []


LOOKED_AT = {
    *((name, "patient", 360) for name in shipped_protocols()),
    *(
        ("esketamine-us-label", audience, width)
        for audience in ("patient", "driver", "clinic")
        for width in (1000, 360)
    ),
}


@pytest.mark.parametrize(("name", "audience", "width"), sorted(LOOKED_AT))
def test_axe_finds_nothing_to_complain_of(tab, name, audience, width):
    needed(AXE.is_file(), "axe-core: npm ci in tests/node")
    tab.set_viewport_size({"width": width, "height": 800})
    page = shown(tab, render(course_of(name), "html", View(audience, "Anna")))
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("() => axe.run()")
    assert [(one["id"], one["help"]) for one in found["violations"]] == []
    assert len(found["passes"]) > 15
    wide = page.evaluate("() => document.documentElement.scrollWidth")
    assert wide <= width, "the page is wider than the window"


def test_axe_would_find_something(tab):
    needed(AXE.is_file(), "axe-core: npm ci in tests/node")
    page = shown(tab, six_visits(IN_ONE_MONTH).replace('<html lang="en">', "<html>"))
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("() => axe.run()")
    assert [one["id"] for one in found["violations"]] == ["html-has-lang"]


def test_no_print_is_too_small_to_read_by_lamplight(tab):
    page = shown(tab, six_visits(IN_TWO_MONTHS, **TWICE_A_WEEK))
    page.emulate_media(media="print")
    sizes = page.evaluate(
        "() => [...document.querySelectorAll('td, th, p, li, span:not(.unseen), address')]"
        ".filter(one => one.textContent.trim())"
        ".map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    points = [size * 72 / 96 for size in sizes]
    assert min(points) >= 9
    assert sorted(points)[len(points) // 2] >= 10.5


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_browser_shows_hostile_text_as_text(tab, text):
    tags = "<script>alert(1)</script><img src=x onerror=alert(2)></bdi></style>&amp;"
    hostile = f"{text}{tags}{text}"
    page = shown(tab, render(course_saying(hostile), "html", View()))
    assert page.evaluate("() => document.querySelectorAll('script, img').length") == 0
    said = page.evaluate("() => [...document.querySelectorAll('bdi')].map(e => e.textContent)")
    assert hostile.strip() in said


def test_the_pages_style_is_used_and_no_other_one(tab):
    text = six_visits(IN_ONE_MONTH)
    rule = "() => getComputedStyle(document.querySelector('.rule')).borderTopWidth"
    assert shown(tab, text).evaluate(rule) == "3px"


def test_another_style_or_a_script_is_refused_by_the_policy(browser):
    page = browser.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    odd = "<style>.rule { display: none }</style><script>document.title = 'mine'</script>"
    shown(page, six_visits(IN_ONE_MONTH).replace("</main>", f"{odd}</main>"))
    assert page.is_visible(".rule")
    assert page.title() == "Your appointments"
    assert len([text for text in refused if "Content Security Policy" in text]) == 2
    page.close()


def test_a_page_that_asked_for_something_would_be_noticed(browser):
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if not _own(one) else None)
    text = six_visits(IN_ONE_MONTH).replace("Content-Security-Policy", "none")
    shown(page, text.replace("</main>", "<img src='http://127.0.0.1:9/a.png' alt=''></main>"))
    assert asked == ["http://127.0.0.1:9/a.png"]
    page.close()
