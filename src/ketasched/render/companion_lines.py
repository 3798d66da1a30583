"""The companions of a course in plain text: reviews, and what else precedes or follows visits."""

from collections.abc import Iterator

from ketasched.events.rides import needs_ride
from ketasched.events.wording import NOT_BEFORE_SLEEP, NOT_YOURSELF, prohibition_text
from ketasched.model import TAKES_PLACE, Companion
from ketasched.render.page import Page


def companion_blocks(page: Page) -> Iterator[list[str]]:
    """The blocks of a patient's page: reviews under a heading of their own."""
    yield from _reviews(page)
    yield from _further(page)


def _reviews(page: Page) -> Iterator[list[str]]:
    if page.reviews:
        yield [page.locale.text("Talks and calls").upper()]
        yield [page.locale.text("About 15 minutes each. A call needs no driver.")]
        yield [_with_driving(page, one, _line(page, one)) for one in page.reviews]


def _further(page: Page) -> Iterator[list[str]]:
    """The companions that are no reviews; where their rides are, their drivers are said."""
    if page.further:
        text = page.locale.text
        yield [text("Further appointments").upper()]
        if any(one.place == "phone" for one in page.further):
            yield [text("A phone appointment needs no driver: we call you.")]
        yield [line for one in page.further for line in _further_lines(page, one)]


def _further_lines(page: Page, companion: Companion) -> Iterator[str]:
    """The line of a companion; below that of a home day until when the patient must not drive."""
    line = _line(page, companion)
    if page.status_text(companion):
        yield line
        return
    line = f"{line}, {page.length_text(companion)}"
    yield _with_driving(page, companion, line)
    if page.is_treatment(companion):
        indent = " " * (page.locale.day_width(year=False) + 2)
        yield f"{indent}{prohibition_text(companion.no_driving_until, page.locale)}"
        if said := page.attendant_text(companion):
            yield f"{indent}{said}"


def _with_driving(page: Page, companion: Companion, line: str) -> str:
    """The line of a companion, with the prohibition if the patient must not drive there."""
    if not page.must_not_drive(companion):
        return line
    return f"{line}. {page.locale.text(NOT_YOURSELF)}"


def _line(page: Page, review: Companion) -> str:
    locale, day = page.locale, page.day_cell(review)
    if said := page.status_text(review):
        return day + said
    begin = "" if review.status == "completed" else locale.clock_text(review.start)
    return f"{day}{begin:<{locale.clock_width + 2}}{page.companion_title(review)}"


def companion_details(page: Page, review: Companion) -> str:
    """The line of a companion on the clinic's page."""
    locale = page.locale
    begin = f"{locale.clock_text(review.start):<{locale.clock_width + 2}}"
    text = f"{page.day_cell(review)}{begin}{page.companion_title(review)}"
    text += f", {review.side} visit {review.after}"
    if review.minutes:
        text += f", {review.minutes} minutes"
    if review.status in TAKES_PLACE and needs_ride(page.course, review):
        text += f"; driver: {page.driver_text(review) or 'none yet'}"
    if page.is_treatment(review):
        until = page.no_driving_before(review)
        rest = f" before {until}, {NOT_BEFORE_SLEEP}" if review.no_driving_until else f": {until}"
        text += f"; no driving{rest}"
    if page.is_waited_for(review):
        text += "; the visits after it wait for it"
    if review.status not in ("planned", "completed"):
        text += f"; {review.status}"
    return text
