"""The pages in a real browser: looked through by axe-core, on all screens, with hostile text."""

from dataclasses import replace
from itertools import product

import pytest

from ketasched.events.view import View
from ketasched.files.load import shipped_protocols
from ketasched.model import Audience, Driver
from ketasched.render import render
from tests.render.test_html import course_saying
from tests.support.hostile import HOSTILE
from tests.support.needed import needed
from tests.support.pages import (
    AMERICAN,
    IN_ONE_MONTH,
    is_own,
    page_of,
    shown,
    six_visits,
    twelve_calls,
    twenty_visits,
)
from tests.support.readers import NODE
from tests.whole.test_golden import TRANSFERRED, course_of

AXE = NODE / "node_modules" / "axe-core" / "axe.min.js"

ESKETAMINE = "esketamine-us-label"
"""The shipped protocol with the most kinds of dates."""

SHEETS: dict[str, tuple[str, Audience]] = {
    **{name: (name, "patient") for name in shipped_protocols()},
    f"{ESKETAMINE} for the driver": (ESKETAMINE, "driver"),
    f"{ESKETAMINE} for the clinic": (ESKETAMINE, "clinic"),
    f"{TRANSFERRED} for the patient": (TRANSFERRED, "patient"),
    f"{TRANSFERRED} for the clinic": (TRANSFERRED, "clinic"),
}
SEVERAL = [ESKETAMINE, *list(SHEETS)[-4:], "large", "calls", "day"]


def one_of(sheet: str) -> str:
    """A page by its name in `SHEETS`, one in large print, the call list, or a full day."""
    if sheet == "large":
        return page_of(course_of(ESKETAMINE), large=True)
    if sheet == "calls":
        return twelve_calls()
    if sheet == "day":
        return twenty_visits(AMERICAN)
    name, audience = SHEETS[sheet]
    return page_of(course_of(name), audience)


LOOKED_AT = {
    *((sheet, 390, "light") for sheet in SHEETS),
    *((sheet, *how) for sheet in SEVERAL for how in product((390, 1280), ("light", "dark"))),
}


@pytest.mark.parametrize(("sheet", "width", "scheme"), sorted(LOOKED_AT))
def test_axe_finds_nothing_to_complain_of(tab, sheet, width, scheme):
    needed(AXE.is_file(), "axe-core: npm ci in tests/node")
    tab.set_viewport_size({"width": width, "height": 800})
    tab.emulate_media(color_scheme=scheme)
    page = shown(tab, one_of(sheet))
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("() => axe.run()")
    assert [(one["id"], one["help"]) for one in found["violations"]] == []
    assert len(found["passes"]) > 15


SPACED = """() => {
  const set = (one, name, value) => one.style.setProperty(name, value, 'important');
  for (const one of document.body.querySelectorAll('*')) {
    set(one, 'line-height', '1.5');
    set(one, 'letter-spacing', '.12em');
    set(one, 'word-spacing', '.16em');
    if (one.tagName === 'P') set(one, 'margin-block-end', '2em');
  }
}"""
"""The spacing that a reader may set, and a page has to bear (WCAG 2.2, 1.4.12)."""

WIDTHS = range(320, 1281, 40)


@pytest.mark.parametrize("spacing", ["as it is", "spaced"])
@pytest.mark.parametrize("sheet", SEVERAL)
def test_nothing_is_wider_than_the_screen(tab, sheet, spacing):
    page, wider = shown(tab, one_of(sheet)), {}
    if spacing == "spaced":
        page.evaluate(SPACED)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        found = page.evaluate("() => document.documentElement.scrollWidth")
        if found > width:
            wider[width] = found
    assert wider == {}


@pytest.mark.parametrize("audience", ["patient", "driver", "clinic"])
def test_a_drivers_name_without_a_blank_is_no_wider_than_the_screen(tab, audience):
    course = course_of("iv-depression")
    drivers = Driver("N" * 60, "+1 555 0199"), Driver("n" * 300, "")
    visits = [replace(one, driver=drivers[one.number % 2]) for one in course.visits]
    page = shown(tab, page_of(replace(course, visits=tuple(visits)), audience))
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width


CUT = """() => [...document.querySelectorAll('.sheet *:not(.unseen):not(.unseen *)')]
  .filter(one => one.scrollWidth > one.clientWidth + 1 && one.clientWidth
    && !['inline', 'table-row', 'table-row-group'].includes(getComputedStyle(one).display))
  .map(one => one.outerHTML.slice(0, 80))"""
"""The boxes whose content is wider than they are.

Rows, and groups of rows, are measured by their cells: browsers round their borders otherwise.
"""


@pytest.mark.parametrize("sheet", SEVERAL)
def test_no_box_is_too_narrow_for_what_it_says(tab, sheet):
    page, found = shown(tab, one_of(sheet)), {}
    for width in (320, 390, 768, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        if boxes := page.evaluate(CUT):
            found[width] = boxes
    assert found == {}


def test_axe_would_find_something(tab):
    needed(AXE.is_file(), "axe-core: npm ci in tests/node")
    page = shown(tab, six_visits(IN_ONE_MONTH).replace('<html lang="en">', "<html>"))
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("() => axe.run()")
    assert [one["id"] for one in found["violations"]] == ["html-has-lang"]


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
    page.on("request", lambda one: asked.append(one.url) if not is_own(one) else None)
    text = six_visits(IN_ONE_MONTH).replace("Content-Security-Policy", "none")
    shown(page, text.replace("</main>", "<img src='http://127.0.0.1:9/a.png' alt=''></main>"))
    assert asked == ["http://127.0.0.1:9/a.png"]
    page.close()
