"""The itinerary as plain text, to print or to read out: one page for each audience.

Written line by line and not from a template, so that `plan` starts soon and rosters go fast. A
page is a list of blocks with an empty line between them; a block is a list of lines.
"""

import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType

from ketasched.events.view import View
from ketasched.events.wording import ASK_ABOUT_DRIVING, DELETE_FIRST, DELETE_OLD, ONLY_AFTER_REST
from ketasched.model import TAKES_PLACE, TO_BE_DECIDED, Audience, Course, Review, Visit
from ketasched.model.wall_clock import clock_text, day_text, moment_text
from ketasched.render.bill import Bill, PriceLine
from ketasched.render.page import Page, Rides, page_of, rides_of

WIDTH = 78
"""Columns of a page."""

Block = list[str]


def render(course: Course, view: View) -> str:
    """The page for this audience, lines of at most 78 characters where the words allow it."""
    blocks = PAGES[view.audience](page_of(course, view), rides_of(course, view))
    lines = "\n\n".join(["\n".join(block) for block in blocks if block]).split("\n")
    return "\n".join([line.rstrip() for line in lines]) + "\n"


# --- the patient -------------------------------------------------------------------------------


def _patient(page: Page, rides: Rides) -> Iterator[Block]:
    course, (first, last) = page.course, page.span
    yield [
        page.clinic_name,
        f"{page.title}: {day_text(first)} to {day_text(last)}",
        f"For: {course.patient}. {page.revision}",
    ]
    yield _no_longer(page)
    if page.on_hold:
        yield ["Your appointments are on hold. We will call you with new dates."]
    elif page.no_more:
        yield ["No more appointments are planned."]
    if page.driven and not page.no_more:
        yield ["Someone else has to drive you here and take you home again, every time."]
    yield from _visits(page)
    yield _driving(page)
    yield from _driver(page, rides)
    yield from _talks(page)
    yield from _advice(page)
    if page.bill:
        yield ["PRICES"]
        yield list(_prices(page, page.bill))
    yield ["QUESTIONS, OR YOU CANNOT COME"]
    yield list(_contact(page))
    yield [wrapped(f"Calendar file: {DELETE_FIRST}")]
    yield [wrapped(_whose_numbers(page))]


def _visits(page: Page) -> Iterator[Block]:
    """The table of visits: those that are sure, and under headings of their own the others."""
    of = max(8, *[len(visit.of) + 2 for visit in page.course.visits]) + 1
    yield [
        _row(of, "", "Day", "Check-in", "Treatment", "Ready to be", "No driving"),
        _row(of, "", "", "", "begins", "collected", "before"),
        *[_visit(page, visit, of) for visit in page.sure],
    ]
    if page.held_back:
        yield [f"Kept for you, {TO_BE_DECIDED}:"]
        yield [_visit(page, visit, of) for visit in page.held_back]
    if page.boosters:
        yield [f"{'Later appointments' if page.discreet else 'Boosters'}, each {TO_BE_DECIDED}:"]
        yield [
            line
            for visit in page.boosters
            for line in (_visit(page, visit, of), f"         {page.may_move(visit)}")
        ]


def _visit(page: Page, visit: Visit, of: int) -> str:
    day = day_text(visit.start)
    if visit.status not in TAKES_PLACE:
        return f"{visit.of:<{of}}{day:<17}{page.status_text(visit)}"
    begin, treatment = clock_text(visit.start), clock_text(visit.treatment_start)
    return _row(of, visit.of, day, begin, treatment, page.collected(visit), page.may_drive(visit))


def _row(of: int, *cells: str) -> str:
    one, day, begin, treatment, collected, driving = cells
    return f"{one:<{of}}{day:<17}{begin:<10}{treatment:<11}{collected:<13}{driving}"


def _driving(page: Page) -> Block:
    """What the last two columns mean."""
    said = [wrapped(ASK_ABOUT_DRIVING)] if page.unruled else []
    if page.driven and not page.all_unruled:
        said.append(
            wrapped(
                "Times to be collected are the earliest ones: it may take longer. Do not drive "
                f"before the time in the last column, {ONLY_AFTER_REST}."
            )
        )
    return said


def _driver(page: Page, rides: Rides) -> Iterator[Block]:
    if not rides.visits:
        return
    yield ["YOUR DRIVER"]
    yield [
        wrapped(
            "No driver, or your driver cancels? Call us as soon as you can; do not drive yourself."
        )
    ]
    yield [line for visit in rides.visits for line in _ride(page, visit)]
    if rides.left_out:
        left = f"Reminders left out, because their time is over: {rides.left_out}."
        yield [wrapped(left)]


def _ride(page: Page, visit: Visit) -> Iterator[str]:
    who = page.driver_of(visit) if visit.driver else "not arranged yet"
    yield f"{day_text(visit.start, year=False):<12}{who}"
    if reminding := page.reminders(visit):
        yield f"{'':<12}your calendar reminds you on {' and on '.join(reminding)}"


def _talks(page: Page) -> Iterator[Block]:
    if page.course.reviews:
        yield ["TALKS AND CALLS"]
        yield ["About 15 minutes each. A call needs no driver."]
        yield [_talk(page, review) for review in page.course.reviews]


def _talk(page: Page, review: Review) -> str:
    day = f"{day_text(review.start, year=False):<12}"
    if review.status not in TAKES_PLACE:
        return day + page.status_text(review)
    begin = "" if review.status == "completed" else clock_text(review.start)
    return f"{day}{begin:<7}{page.review_title(review)}"


def _advice(page: Page) -> Iterator[Block]:
    """The clinic's own words: before a visit, and afterwards."""
    before, bring = page.words.before, page.words.bring
    if before or bring:
        yield ["BEFORE YOU COME"]
        yield [wrapped(said) for said in (before, bring and f"Please bring: {bring}") if said]
    if page.words.side_effects:
        yield ["AFTERWARDS"]
        yield [wrapped(page.words.side_effects)]


def _prices(page: Page, bill: Bill) -> Iterator[str]:
    for line in bill.lines:
        yield _price(page, line)
    total = page.amount(bill.total) if bill.is_whole else "ask your clinic"
    if bill.is_whole and bill.at_most != bill.total:
        total += f", or {page.amount(bill.at_most)} if everything takes place"
    yield f"In all: {total}."


def _price(page: Page, line: PriceLine) -> str:
    decided = f", {TO_BE_DECIDED}" if line.tentative else ""
    return f"{line.count} × {page.kind_title(line.kind)}{decided}: {page.price_text(line)}"


def _contact(page: Page) -> Iterator[str]:
    if page.words.call:
        yield wrapped(page.words.call)
    if page.phone:
        yield f"Phone: {page.phone}"
    if page.place:
        yield wrapped(page.place)
    if not (page.words.call or page.phone):
        yield "Ask your clinic."


def _whose_numbers(page: Page) -> str:
    ask = "Questions about your treatment? Please ask there."
    if page.discreet:
        return f"All times and rules on this page are your clinic's. {ask}"
    title = page.course.protocol.title
    own = f"The minutes and the driving rule come from the protocol “{title}”"
    return f"{own} as your clinic uses it. {ask}"


# --- the driver --------------------------------------------------------------------------------


def _rides(page: Page, rides: Rides) -> Iterator[Block]:
    label = f" for {page.view.driver_label}" if page.view.driver_label else ""
    whose = f": {rides.whose}" if rides.whose else ""
    yield [f"Rides{label}, there and back{whose}", page.revision]
    yield _no_longer(page, "No ride any more on")
    if rides.visits:
        yield [_way(rides, visit) for visit in rides.visits]
        yield [
            wrapped(
                "The time to collect is the earliest one: it may take longer. Please wait, "
                "and drive them home."
            )
        ]
    else:
        yield ["The rides are on hold." if page.on_hold else "There are no rides to plan."]
    place = [f"Place: {wrapped(rides.place, 7)}"] if rides.place else []
    yield place + [f"If you cannot come, please call: {rides.phone}"] * bool(rides.phone)
    if page.boosters or page.held_back or page.on_hold:
        yield ["More days may be added; then there will be a new list."]
    yield [wrapped(f"Calendar file: {DELETE_FIRST}")]


def _way(rides: Rides, visit: Visit) -> str:
    times = f"bring at {clock_text(visit.start)}   collect from {clock_text(visit.end)}"
    who = rides.driver_name(visit) if rides.are_shared else ""
    return f"{day_text(visit.start):<17}{times}   {who}"


# --- the clinic --------------------------------------------------------------------------------


def _clinic(page: Page, _rides: Rides) -> Iterator[Block]:
    course, protocol = page.course, page.course.protocol
    yield [
        f"{course.patient}: {protocol.title}",
        page.revision,
        f"Protocol {protocol.id}, course {course.course_id}",
    ]
    of = max(8, *[len(visit.of) + 2 for visit in course.visits])
    head = f"{'':<{of + 4}}{'Day':<17}{'Check-in':<10}{'Treatment':<11}{'Ready from':<12}Status"
    yield [head, *(line for visit in course.visits for line in _detailed(page, visit, of))]
    yield _no_longer(page)[:1]
    yield [_review(page, review) for review in course.reviews]
    yield [
        wrapped(f"{LEVELS.get(one.level, one.level)}: {one.message} ({one.rule})", 4)
        for one in course.findings
    ]
    if course.revision > 1:
        entries = enumerate(course.history, start=1)
        yield [wrapped(page.entry_text(entry, revision), 4) for revision, entry in entries]
    sources = [wrapped(f"Numbers: {'; '.join(protocol.sources)}.")]
    if protocol.examples:
        left = (
            f"Without a source there, for the clinic to replace: {', '.join(protocol.examples)}."
        )
        sources.append(wrapped(left))
    yield sources


LEVELS = {"given-up": "could not be kept"}


def _detailed(page: Page, visit: Visit, of: int) -> Iterator[str]:
    start, window = visit.start, visit.window
    day, begin, end = day_text(start), clock_text(start), clock_text(visit.end)
    first, last = day_text(window.earliest, year=False), day_text(window.latest)
    target, treatment = day_text(window.target, year=False), clock_text(visit.treatment_start)
    number = f"{visit.number:<4}{visit.of:<{of}}"
    yield f"{number}{day:<17}{begin:<10}{treatment:<11}{end:<12}{visit.status}"
    yield f"{'':<12}{visit.phase}, {page.visit_title(visit)}"
    yield f"{'':<12}window {first} to {last}, target {target}"
    if visit.no_driving_until:
        yield f"{'':<12}no driving before {moment_text(visit.no_driving_until)}"
    yield f"{'':<12}driver: {page.driver_of(visit) or 'none yet'}"


def _review(page: Page, review: Review) -> str:
    day, begin = day_text(review.start, year=False), clock_text(review.start)
    said = f"{day:<12}{begin:<7}{page.review_title(review)}, after visit {review.after}"
    if review.gate and review.status != "completed":
        said += "; the visits after it wait for it"
    if review.status not in ("planned", "completed"):
        said += f"; {review.status}"
    return said


# --- all of them -------------------------------------------------------------------------------


def _no_longer(page: Page, said: str = "No longer on") -> Block:
    """The dates that no longer hold, and what to do about them; nothing if there are none."""
    if not page.former:
        return []
    return [wrapped(f"{said}: {'; '.join(map(moment_text, page.former))}."), wrapped(DELETE_OLD)]


@lru_cache(maxsize=1024)
def wrapped(text: str, indent: int = 0) -> str:
    """The text folded at the page's width, its own breaks kept, later lines indented."""
    lines: Iterable[list[str]] = (
        textwrap.wrap(line, WIDTH - indent) or [""] for line in text.strip().splitlines()
    )
    return f"\n{' ' * indent}".join([line for folded in lines for line in folded])


PAGES: Mapping[Audience, Callable[[Page, Rides], Iterator[Block]]] = MappingProxyType(
    {"patient": _patient, "driver": _rides, "clinic": _clinic}
)
"""The page of each audience."""
