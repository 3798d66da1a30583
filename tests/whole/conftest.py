"""A tab of a real browser, for the tests that look at pages."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Dialog, Page, sync_playwright

from tests.support.chromium import QUIET, chromium_path
from tests.support.needed import needed
from tests.support.pages import is_own


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = chromium_path()
    needed(found is not None, "Chromium, for looking at pages: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def watched(browser: Browser) -> tuple[Page, list[str]]:
    """A tab for all tests, and all that it complained of or asked for but the page's file."""
    page, complaints = browser.new_page(), list[str]()

    def dismiss(dialog: Dialog) -> None:
        complaints.append(dialog.message)
        dialog.dismiss()

    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", dismiss)
    page.on("request", lambda asked: complaints.append(asked.url) if not is_own(asked) else None)
    return page, complaints


@pytest.fixture
def tab(watched: tuple[Page, list[str]]) -> Iterator[Page]:
    """A tab in which nothing may be complained of, and nothing asked for but the page's file."""
    page, complaints = watched
    page.set_viewport_size({"width": 1000, "height": 1200})
    page.emulate_media(media="null", color_scheme="null")
    complaints.clear()
    yield page
    page.evaluate("() => document.readyState")  # whatever it complains of is here before that
    assert complaints == []
