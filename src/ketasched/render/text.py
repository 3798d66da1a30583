"""The itinerary as plain text, to print or to read out: one page for each audience.

A page is a list of blocks with an empty line between them; a block is a list of lines. No template
is used because loading a template engine would slow down `plan`.
"""

import textwrap
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from ketasched.events.view import View
from ketasched.events.wording import (
    ASK_ABOUT_DRIVING,
    DELETE_FIRST,
    DELETE_OLD,
    KEPT_LONGER,
    NOT_BEFORE_SLEEP,
    WAIT_AND_DRIVE,
)
from ketasched.model import TAKES_PLACE, TO_BE_DECIDED, Audience, Course, Review, Visit
from ketasched.model.wall_clock import clock_text, day_text, moment_text
from ketasched.render.bill import Bill
from ketasched.render.page import Page, RideList, make_page, make_ride_list

WIDTH = 78
"""Columns of a page."""

Block = list[str]


def render(course: Course, view: View) -> str:
    """The page for this audience, in lines of at most `WIDTH` characters if no word is longer."""
    blocks = PAGES[view.audience](make_page(course, view), make_ride_list(course, view))
    lines = "\n\n".join(["\n".join(block) for block in blocks if block]).split("\n")
    return "\n".join([line.rstrip() for line in lines]) + "\n"


# --- the patient -------------------------------------------------------------------------------


def _patient_page(page: Page, rides: RideList) -> Iterator[Block]:
    yield [
        page.clinic_name,
        f"{page.title}: {day_text(page.first_start)} to {day_text(page.last_start)}",
        f"For: {page.patient}. {page.revision_text}",
    ]
    yield _former_dates(page)
    if page.is_on_hold:
        yield ["Your appointments are on hold. We will call you with new dates."]
    elif page.nothing_planned:
        yield ["No more appointments are planned."]
    if page.needs_driver and not page.nothing_planned:
        yield ["Someone else has to drive you here and take you home again, every time."]
    yield from _visit_table(page)
    yield _driving_rules(page)
    yield from _drivers(page, rides)
    yield from _reviews(page)
    yield from _instructions(page)
    if page.bill:
        yield ["PRICES"]
        yield list(_price_lines(page, page.bill))
    yield ["QUESTIONS, OR YOU CANNOT COME" if page.comes else "QUESTIONS"]
    yield list(_contact_lines(page))
    yield [wrap(f"Calendar file: {DELETE_FIRST}")]
    yield [wrap(_source_text(page))]


def _visit_table(page: Page) -> Iterator[Block]:
    """The table of visits; gated visits and boosters have headings of their own."""
    width = max(8, *[len(visit.of) + 2 for visit in page.course.visits]) + 1
    yield [
        _row(
            width,
            "",
            "Day",
            *(("Check-in", "Treatment", "Ready to be") if page.comes else ("", "Treatment", "")),
            "No driving",
        ),
        _row(width, "", "", "", "begins", "collected" if page.comes else "", "before"),
        *[_visit_line(page, visit, width) for visit in page.not_tentative],
    ]
    if page.gated:
        yield [f"Kept for you, {TO_BE_DECIDED}:"]
        yield [_visit_line(page, visit, width) for visit in page.gated]
    if page.boosters:
        yield [f"{'Later appointments' if page.discreet else 'Boosters'}, each {TO_BE_DECIDED}:"]
        yield [
            line
            for visit in page.boosters
            for line in (_visit_line(page, visit, width), f"         {page.window_text(visit)}")
        ]


def _visit_line(page: Page, visit: Visit, width: int) -> str:
    day = day_text(visit.start)
    if visit.status not in TAKES_PLACE:
        return f"{visit.of:<{width}}{day:<17}{page.status_text(visit)}"
    begin, treatment = page.check_in_text(visit), clock_text(visit.treatment_start)
    collect, driving = page.collect_text(visit), page.no_driving_before(visit)
    return _row(width, visit.of, day, begin, treatment, collect, driving)


def _row(width: int, *cells: str) -> str:
    """A row of the table; its first cell is the visit's ordinal, in a column of this width."""
    of, day, begin, treatment, collect, driving = cells
    return f"{of:<{width}}{day:<17}{begin:<10}{treatment:<11}{collect:<13}{driving}"


def _driving_rules(page: Page) -> Block:
    """What the table's last two columns mean."""
    block = [wrap(ASK_ABOUT_DRIVING)] if page.without_driving_rule else []
    rules = []
    if page.needs_driver:
        rules.append("Times to be collected are the earliest ones: it may take longer.")
    if page.has_driving_rules:
        rules.append(f"No driving before the time in the last column, {NOT_BEFORE_SLEEP}.")
        rules.append(KEPT_LONGER)
    return [*block, wrap(" ".join(rules))] if rules else block


def _drivers(page: Page, rides: RideList) -> Iterator[Block]:
    if not rides.visits:
        return
    yield ["YOUR DRIVER"]
    yield [
        wrap(
            "No driver, or your driver cancels? Call us as soon as you can; do not drive yourself."
        )
    ]
    yield [line for visit in rides.visits for line in _ride_lines(page, visit)]
    if rides.skipped_reminders:
        skipped = rides.skipped_reminders
        yield [wrap(f"Reminders left out, because their time is over: {skipped}.")]


def _ride_lines(page: Page, visit: Visit) -> Iterator[str]:
    driver = page.driver_text(visit) if visit.driver else "not arranged yet"
    yield f"{day_text(visit.start, year=False):<12}{driver}"
    if reminders := page.reminder_texts(visit):
        yield f"{'':<12}your calendar reminds you on {' and on '.join(reminders)}"


def _reviews(page: Page) -> Iterator[Block]:
    if page.course.reviews:
        yield ["TALKS AND CALLS"]
        yield ["About 15 minutes each. A call needs no driver."]
        yield [_review_line(page, review) for review in page.course.reviews]


def _review_line(page: Page, review: Review) -> str:
    day = f"{day_text(review.start, year=False):<12}"
    if review.status not in TAKES_PLACE:
        return day + page.status_text(review)
    begin = "" if review.status == "completed" else clock_text(review.start)
    return f"{day}{begin:<7}{page.review_title(review)}"


def _instructions(page: Page) -> Iterator[Block]:
    """The clinic's own instructions for before a visit, and for afterwards."""
    before, bring = page.wording.before, page.wording.bring if page.comes else ""
    if before or bring:
        yield ["BEFORE YOU COME" if page.comes else "BEFORE EACH TIME"]
        yield [wrap(text) for text in (before, bring and f"Please bring: {bring}") if text]
    if page.wording.side_effects:
        yield ["AFTERWARDS"]
        yield [wrap(page.wording.side_effects)]


def _price_lines(page: Page, bill: Bill) -> Iterator[str]:
    for line in bill.lines:
        decided = f", {TO_BE_DECIDED}" if line.tentative else ""
        yield f"{line.count} × {page.kind_title(line.kind)}{decided}: {page.price_text(line)}"
    total = page.amount_text(bill.total) if bill.is_complete else "ask your clinic"
    if bill.is_complete and bill.at_most != bill.total:
        total += f", or {page.amount_text(bill.at_most)} if everything takes place"
    yield f"In all: {total}."


def _contact_lines(page: Page) -> Iterator[str]:
    if page.wording.call:
        yield wrap(page.wording.call)
    if page.phone:
        yield f"Phone: {page.phone}"
    if page.place:
        yield wrap(page.place)
    if not (page.wording.call or page.phone):
        yield "Ask your clinic."


def _source_text(page: Page) -> str:
    """Where the page's numbers come from."""
    return f"{page.source_text} Questions about your treatment? Please ask there."


# --- the driver --------------------------------------------------------------------------------


def _driver_page(page: Page, rides: RideList) -> Iterator[Block]:
    label = f" for {page.view.patient_label}" if page.view.patient_label else ""
    driver = f": {rides.only_driver}" if rides.only_driver else ""
    yield [f"Rides{label}, there and back{driver}", page.revision_text]
    yield _former_dates(page, "No ride any more on")
    if rides.visits:
        yield [_ride_line(rides, visit) for visit in rides.visits]
        yield [
            wrap(f"The time to collect is the earliest one: it may take longer. {WAIT_AND_DRIVE}")
        ]
    else:
        yield ["The rides are on hold." if page.is_on_hold else "There are no rides to plan."]
    place = [f"Place: {wrap(rides.place, 7)}"] if rides.place else []
    yield place + [f"If you cannot come, please call: {rides.phone}"] * bool(rides.phone)
    if page.boosters or page.gated or page.is_on_hold:
        yield ["More days may be added; then there will be a new list."]
    yield [wrap(f"Calendar file: {DELETE_FIRST}")]


def _ride_line(rides: RideList, visit: Visit) -> str:
    times = f"bring at {clock_text(visit.start)}   collect from {clock_text(visit.end)}"
    driver = (rides.driver_name(visit) or "nobody yet") if rides.have_several_drivers else ""
    return f"{day_text(visit.start):<17}{times}   {driver}"


# --- the clinic --------------------------------------------------------------------------------


def _clinic_page(page: Page, _rides: RideList) -> Iterator[Block]:
    course, protocol = page.course, page.course.protocol
    yield [
        f"{course.patient}: {protocol.title}",
        page.revision_text,
        f"Protocol {protocol.id}, course {course.course_id}",
    ]
    width = max(8, *[len(visit.of) + 2 for visit in course.visits])
    head = f"{'':<{width + 4}}{'Day':<17}{'Check-in':<10}{'Treatment':<11}{'Ready from':<12}Status"
    yield [head, *(line for visit in course.visits for line in _visit_details(page, visit, width))]
    yield _former_dates(page)[:1]
    yield [_review_details(page, review) for review in course.reviews]
    yield [
        wrap(f"{LEVELS.get(finding.level, finding.level)}: {finding.message} ({finding.rule})", 4)
        for finding in course.findings
    ]
    if course.revision > 1:
        entries = enumerate(course.history, start=1)
        yield [wrap(page.entry_text(entry, revision), 4) for revision, entry in entries]
    sources = [wrap(f"Numbers: {'; '.join(protocol.sources)}.")]
    if page.examples:
        examples = ", ".join(page.examples)
        sources.append(wrap(f"Without a source there, for the clinic to replace: {examples}."))
    yield sources


LEVELS = {"given-up": "could not be kept"}


def _visit_details(page: Page, visit: Visit, width: int) -> Iterator[str]:
    start, window = visit.start, visit.window
    day, begin, end = day_text(start), clock_text(start), clock_text(visit.end)
    first, last = day_text(window.earliest, year=False), day_text(window.latest)
    target, treatment = day_text(window.target, year=False), clock_text(visit.treatment_start)
    number = f"{visit.number:<4}{visit.of:<{width}}"
    yield f"{number}{day:<17}{begin:<10}{treatment:<11}{end:<12}{visit.status}"
    yield f"{'':<12}{visit.phase}, {page.visit_title(visit)}"
    yield f"{'':<12}window {first} to {last}, target {target}"
    if until := page.no_driving_before(visit):
        rest = f", {NOT_BEFORE_SLEEP}" if visit.no_driving_until else ""
        yield f"{'':<12}no driving before {until}{rest}" if rest else f"{'':<12}driving: {until}"
    if page.course.protocol.visits[visit.kind].needs_driver:
        yield f"{'':<12}driver: {page.driver_text(visit) or 'none yet'}"


def _review_details(page: Page, review: Review) -> str:
    day, begin = day_text(review.start, year=False), clock_text(review.start)
    text = f"{day:<12}{begin:<7}{page.review_title(review)}, after visit {review.after}"
    if page.is_waited_for(review):
        text += "; the visits after it wait for it"
    if review.status not in ("planned", "completed"):
        text += f"; {review.status}"
    return text


# --- all of them -------------------------------------------------------------------------------


def _former_dates(page: Page, label: str = "No longer on") -> Block:
    """The dates that no longer hold, and what to do about them; empty if there are none."""
    if not page.former_dates:
        return []
    dates = "; ".join(moment_text(start, year=False) for start in page.former_dates)
    return [wrap(f"{label}: {dates}."), wrap(DELETE_OLD)]


@lru_cache(maxsize=1024)
def wrap(text: str, indent: int = 0) -> str:
    """The text wrapped at the page's width; line breaks are kept, later lines are indented."""
    lines: list[str] = []
    for line in text.strip().splitlines():
        lines += textwrap.wrap(line, WIDTH - indent) or [""]
    return f"\n{' ' * indent}".join(lines)


PAGES: Mapping[Audience, Callable[[Page, RideList], Iterator[Block]]] = {
    "patient": _patient_page,
    "driver": _driver_page,
    "clinic": _clinic_page,
}
"""The page of each audience."""
