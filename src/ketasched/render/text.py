"""The itinerary as plain text, to print or to read out: one page for each audience.

A page is a list of blocks with an empty line between them; a block is a list of lines. No template
is used because loading a template engine would slow down `plan`.
"""

import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

from ketasched.events.view import View
from ketasched.events.wording import (
    ASK_ABOUT_DRIVING,
    DELETE_FIRST,
    DELETE_OLD,
    NOT_BEFORE_SLEEP,
    WAIT_AND_DRIVE,
)
from ketasched.language.catalogue import message
from ketasched.language.restyle import restyle
from ketasched.model import Audience, Companion, Course, Visit
from ketasched.model.authorised_visits import all_fit_text
from ketasched.render.bill import Bill
from ketasched.render.companion_lines import companion_blocks, companion_details
from ketasched.render.page import Page, make_page
from ketasched.render.ride_list import RideList, make_ride_list
from ketasched.render.visit_table import make_visit_table, row

WIDTH, MAX_WIDTH = 78, 83
"""The columns of a paragraph, and those of any line, such as one with all reminders of a ride."""

LAST_GAP = re.compile(rf".{{,{WIDTH // 2 - 3}}}  (?=\S)")
"""What is before the last column that begins in the first half of a line."""

HALF_OF_DAY = re.compile(r"\d [AaPp]\.? ?[Mm]\b")
"""The end of a clock time: "9:00 AM", "9:00 a. m."."""

DRIVEN_EVERY_TIME = message(
    "Someone else has to drive you here and take you home again, every time."
)
STAYED_WITH = message("Someone has to stay with you during every appointment at home.")
COLLECT_EARLIEST = message("Times to be collected are the earliest ones: it may take longer.")
LAST_COLUMN = message(
    "No driving before the time in the last column, and not before a full night's sleep."
)
NO_DRIVER = message(
    "No driver, or your driver cancels? Call us as soon as you can; do not drive yourself."
)

Block = list[str]


def render(course: Course, view: View) -> str:
    """The page for this audience.

    A patient's or driver's has lines of at most `MAX_WIDTH` characters if no word is longer.
    """
    page = make_page(course, view)
    blocks = PAGES[view.audience](page, make_ride_list(course, view))
    lines = "\n\n".join(["\n".join(block) for block in blocks if block]).split("\n")
    if view.audience != "clinic":
        lines = [part for line in lines for part in _fitted(line.rstrip())]
    return page.locale.plain("\n".join([line.rstrip() for line in lines]) + "\n")


def _fitted(line: str) -> list[str]:
    """The line in as many as it needs; what follows its columns stays in the last of them."""
    if len(line) <= MAX_WIDTH:
        return [line]
    columns = LAST_GAP.match(line)
    indent = " " * (columns.end() if columns else 0)
    bound = textwrap.wrap(
        _bound(line),
        WIDTH,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [one.replace(BOUND, " ") for one in bound]


BOUND = "\0"
"""Stands for a space at which no line ends; a no-break space may be one that a clinic wrote."""


def _bound(text: str) -> str:
    """The text with its clock times each as one word."""
    return HALF_OF_DAY.sub(lambda found: found[0].replace(" ", BOUND), text)


# --- the patient -------------------------------------------------------------------------------


def _patient_page(page: Page, rides: RideList) -> Iterator[Block]:
    text = page.locale.text
    first, last = (page.locale.day_text(day) for day in (page.first_start, page.last_start))
    whose = text("For: {patient}.", patient=page.patient)
    yield [
        page.clinic_name or text("Your clinic"),
        text("{title}: {first} to {last}", title=page.title, first=first, last=last),
        f"{whose} {page.revision_text}",
    ]
    yield _former_dates(page, text("No longer on: {dates}.", dates=_dates(page)))
    if page.notice:
        yield [wrap(page.notice)]
    if page.rides_to_come:
        yield [wrap(text(DRIVEN_EVERY_TIME))]
    if page.needs_attendant:
        yield [wrap(text(STAYED_WITH))]
    yield from _visits(page)
    yield _driving_rules(page)
    yield from _drivers(page, rides)
    yield from companion_blocks(page)
    yield from _instructions(page)
    if page.bill:
        yield [text("Prices").upper()]
        yield list(_price_lines(page, page.bill))
    asking = text("Questions, or you cannot come") if page.comes else text("Questions")
    yield [asking.upper()]
    yield list(_contact_lines(page))
    yield _calendar_file(page)
    asked = text("Questions about your treatment? Please ask there.")
    yield [wrap(f"{page.source_text} {asked}")]


def _visits(page: Page) -> Iterator[Block]:
    """The table of visits; gated visits and boosters have headings of their own."""
    text, table = page.locale.text, make_visit_table(page)
    yield [*table.head, *(line for visit in page.not_tentative for line in table.lines[visit.uid])]
    if page.gated:
        yield [text("Kept for you, to be decided by your clinician:")]
        yield [line for visit in page.gated for line in table.lines[visit.uid]]
    if page.boosters:
        if page.discreet:
            yield [text("Later appointments, each to be decided by your clinician:")]
        else:
            yield [text("Boosters, each to be decided by your clinician:")]
        yield [
            line
            for visit in page.boosters
            for line in (*table.lines[visit.uid], f"{table.indent}{page.window_text(visit)}")
        ]


def _driving_rules(page: Page) -> Block:
    """What the table's last two columns mean."""
    text = page.locale.text
    block = [wrap(text(ASK_ABOUT_DRIVING))] if page.without_driving_rule else []
    rules = []
    if page.needs_driver:
        rules.append(text(COLLECT_EARLIEST))
    if page.has_driving_rules:
        rules.append(text(LAST_COLUMN))
        rules.append(page.when_later)
    return [*block, wrap(" ".join(rules))] if rules else block


def _drivers(page: Page, rides: RideList) -> Iterator[Block]:
    if not rides.visits:
        return
    text = page.locale.text
    yield [text("Your driver").upper()]
    yield [wrap(text(NO_DRIVER))]
    has_times = rides.have_days_with_several
    yield [line for one in rides.visits for line in _ride_lines(page, one, has_times=has_times)]
    if rides.skipped_reminders:
        skipped = rides.skipped_reminders
        said = text("Reminders left out, because their time is over: {count}.", count=skipped)
        yield [wrap(said)]


def _ride_lines(page: Page, visit: Visit | Companion, *, has_times: bool) -> Iterator[str]:
    text, width = page.locale.text, page.locale.day_width(year=False) + 2
    driver = page.driver_text(visit) if visit.driver else text("not arranged yet")
    if has_times:
        begin, end = map(page.locale.clock_text, (visit.start, visit.end))
        driver = f"{begin} \N{EN DASH} {end}  {driver}"
    yield f"{page.day_cell(visit)}{driver}"
    if moments := page.reminder_texts(visit):
        first = text("your calendar reminds you on {moment}", moment=moments[0])
        others = [text("and on {moment}", moment=moment) for moment in moments[1:]]
        line = " ".join([first, *others])
        lines = [line] if width + len(line) <= MAX_WIDTH else [first, *others]
        yield from (f"{'':<{width}}{line}" for line in lines)


def _instructions(page: Page) -> Iterator[Block]:
    """The clinic's own instructions for before a visit, and for afterwards."""
    text, before, bring = page.locale.text, page.wording.before, page.wording.bring
    bring = text("Please bring: {things}", things=bring) if bring and page.comes else ""
    if before or bring:
        heading = text("Before you come") if page.comes else text("Before each time")
        yield [heading.upper()]
        yield [wrap(one) for one in (before, bring) if one]
    if page.wording.side_effects:
        yield [text("Afterwards").upper()]
        yield [wrap(page.wording.side_effects)]


def _price_lines(page: Page, bill: Bill) -> Iterator[str]:
    text = page.locale.text
    for line in bill.lines:
        title, price = page.kind_title(line.kind), page.price_text(line)
        if line.tentative:
            title = text("{title}, to be decided by your clinician", title=title)
        yield text("{count} × {title}: {price}", count=line.count, title=title, price=price)
    if not bill.is_complete:
        yield text("In all: ask your clinic.")
    elif bill.at_most == bill.total:
        yield text("In all: {total}.", total=page.amount_text(bill.total))
    else:
        yield text(
            "In all: {total}, or {most} if everything takes place.",
            total=page.amount_text(bill.total),
            most=page.amount_text(bill.at_most),
        )


def _contact_lines(page: Page) -> Iterator[str]:
    if page.wording.call:
        yield wrap(page.wording.call)
    if page.clinic_phone:
        yield page.locale.text("Phone: {phone}", phone=page.clinic_phone)
    if page.place:
        yield wrap(page.place)
    if not (page.wording.call or page.clinic_phone):
        yield page.locale.text("Ask your clinic.")


# --- the driver --------------------------------------------------------------------------------


RIDES = message("Rides, there and back"), message("Rides for {who}, there and back")
ONE_DRIVERS_RIDES = (
    message("Rides, there and back: {driver}"),
    message("Rides for {who}, there and back: {driver}"),
)
"""The titles of a driver's page, without and with the patient."""


def _driver_page(page: Page, rides: RideList) -> Iterator[Block]:
    text, who, phone = page.locale.text, page.view.patient_label, rides.clinic_phone
    form = ONE_DRIVERS_RIDES if rides.only_driver else RIDES
    title = text(form[bool(who)], who=who, driver=rides.only_driver)
    yield [title, page.revision_text]
    yield _former_dates(page, text("No ride any more on: {dates}.", dates=_dates(page)))
    if rides.visits:
        yield [_ride_line(rides, visit) for visit in rides.visits]
        earliest = text("The time to collect is the earliest one: it may take longer.")
        yield [wrap(f"{earliest} {text(WAIT_AND_DRIVE)}")]
    elif page.is_on_hold:
        yield [text("The rides are on hold.")]
    else:
        yield [text("There are no rides to plan.")]
    place = text("Place: {place}", place=wrap(rides.clinic_place, 7)) if rides.clinic_place else ""
    call = text("If you cannot come, please call: {phone}", phone=phone) if phone else ""
    yield [one for one in (place, call) if one]
    if page.boosters or page.gated or page.is_on_hold:
        yield [text("More days may be added; then there will be a new list.")]
    yield _calendar_file(page)


def _ride_line(rides: RideList, visit: Visit | Companion) -> str:
    locale = rides.locale
    bring = locale.text("bring at {time}", time=locale.clock_text(visit.start))
    collect = locale.text("collect from {time}", time=locale.clock_text(visit.end))
    driver = ""
    if rides.have_several_drivers:
        driver = rides.driver_name(visit) or locale.text("nobody yet")
    day = f"{locale.day_text(visit.start):<{locale.day_width() + 2}}"
    return f"{day}{bring}   {collect}   {driver}"


# --- the clinic --------------------------------------------------------------------------------


def _clinic_page(page: Page, _rides: RideList) -> Iterator[Block]:
    course, protocol = page.course, page.course.protocol
    yield [
        f"{course.patient}: {protocol.title}",
        page.revision_text,
        f"Protocol {protocol.id}, course {course.course_id}",
    ]
    ordinals = max(8, *[len(visit.of) + 2 for visit in course.visits])
    widths = (4, ordinals, page.locale.day_width() + 2, 10, 11, 12)
    head = ("", "", "Day", "Check-in", "Treatment", "Ready from", "Status")
    details = [line for visit in course.visits for line in _visit_details(page, visit, widths)]
    yield [row(head, widths), *details]
    yield _former_dates(page, f"No longer on: {_dates(page)}.")[:1]
    fit = all_fit_text(course.request.authorised, course.visits)
    yield [companion_details(page, one) for one in (*page.reviews, *page.further)]
    yield [wrap(restyle(f"{fit[0].upper()}{fit[1:]}.", page.locale), 4)] if fit else []
    yield [
        wrap(f"{LEVELS.get(finding.level, finding.level)}: {message} ({finding.rule})", 4)
        for finding in course.findings
        for message in [restyle(finding.message, page.locale)]
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


def _visit_details(page: Page, visit: Visit, widths: Sequence[int]) -> Iterator[str]:
    locale, window = page.locale, visit.window
    begins = (str(visit.number), visit.of, locale.day_text(visit.start))
    if visit.elsewhere:
        yield row((*begins, page.status_text(visit)), widths)
        return
    times = map(locale.clock_text, (visit.start, visit.treatment_start, visit.end))
    yield row((*begins, *times, visit.status), widths)
    first, target = (locale.day_text(day, year=False) for day in (window.earliest, window.target))
    last = locale.day_text(window.latest)
    yield f"{'':<12}{visit.phase}, {page.visit_title(visit)}"
    yield f"{'':<12}window {first} to {last}, target {target}"
    if until := page.no_driving_before(visit):
        rest = f", {NOT_BEFORE_SLEEP}" if visit.no_driving_until else ""
        yield f"{'':<12}no driving before {until}{rest}" if rest else f"{'':<12}driving: {until}"
    if page.course.protocol.visits[visit.kind].needs_driver:
        yield f"{'':<12}driver: {page.driver_text(visit) or 'none yet'}"


# --- all of them -------------------------------------------------------------------------------


def _former_dates(page: Page, said: str) -> Block:
    """What is said of dates that no longer hold, and what to do; empty if there are none."""
    return [wrap(said), wrap(page.locale.text(DELETE_OLD))] if page.former_dates else []


def _dates(page: Page) -> str:
    """The dates that no longer hold."""
    return "; ".join(page.locale.moment_text(start, year=False) for start in page.former_dates)


def _calendar_file(page: Page) -> Block:
    """What to do with the calendar file."""
    label, how = page.locale.text("Calendar file:"), page.locale.text(DELETE_FIRST)
    return [wrap(f"{label} {how}")]


@lru_cache(maxsize=1024)
def wrap(text: str, indent: int = 0) -> str:
    """The text wrapped at the page's width; line breaks are kept, later lines are indented."""
    lines: list[str] = []
    for line in text.strip().splitlines():
        lines += textwrap.wrap(_bound(line), WIDTH - indent) or [""]
    return f"\n{' ' * indent}".join(lines).replace(BOUND, " ")


PAGES: Mapping[Audience, Callable[[Page, RideList], Iterator[Block]]] = {
    "patient": _patient_page,
    "driver": _driver_page,
    "clinic": _clinic_page,
}
"""The page of each audience."""
