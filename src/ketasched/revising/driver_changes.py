"""`driver`: who drives to some visits: by their numbers, on some weekdays, or to all to come."""

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from ketasched.errors import BadRequest, NothingToDo
from ketasched.model import WEEKDAYS, Change, Companion, Course, Driver, Visit, quote, visits_text
from ketasched.model.companion_slots import kind_of
from ketasched.model.drivers import named_driver
from ketasched.model.identifiers import search_key
from ketasched.model.replay import items_of
from ketasched.model.values import read_weekday
from ketasched.revising.intents import Draft, pinned_draft
from ketasched.revising.validation import REVISE, refuse_past, visit_of

EXPECTED = "expected numbers, all, or weekdays, such as 1,3,5 or 2-4 or mon,fri"
OPEN_STATUSES = ("planned", "tentative", "held")
"""The statuses of visits whose driver can change."""


def driver_drafts(course: Course, change: Change, now: datetime) -> list[Draft]:
    """The draft with the change's driver, or nobody, for the visits that the change names.

    Raises `BadRequest` for visits that can have no driver, or if it names none; `NothingToDo` if
    to all of them somebody drives, or nobody, as the change says.
    """
    driver = _with_known_address(course, change.driver)
    chosen, beside = _chosen_items(course, change, now)
    items: list[Visit | Companion] = [*chosen, *beside]
    changed = [replace(one, driver=driver) for one in items if one.driver != driver]
    if not changed:
        who = f"{driver.name} drives" if driver else "nobody drives"
        numbers = {one.number for one in chosen} or {one.after for one in beside}
        raise NothingToDo(f"{who} to {visits_text(sorted(numbers))} already")
    return [pinned_draft(course, changed)]


def driver_text(before: Course, change: Change, after: Course) -> str:
    """Who drives to which visits, for the history: "visits 1 and 3: driver Kim"."""
    who = change.driver.name if change.driver else "nobody yet"
    now = items_of(after)
    changed = (one for uid, one in items_of(before).items() if one.driver != now[uid].driver)
    numbers = {one.number if isinstance(one, Visit) else one.after for one in changed}
    return f"{visits_text(sorted(numbers))}: driver {who}"


def _chosen_items(
    course: Course, change: Change, now: datetime
) -> tuple[list[Visit], list[Companion]]:
    """The visits that a change names, and the companions to come that need a driver beside them.

    Raises `BadRequest` if it names weekdays, and neither a visit nor a companion to come that
    needs a driver is on one of them.
    """
    companions = [
        one
        for one in course.companions
        if one.status in OPEN_STATUSES and one.start > now and kind_of(course, one).needs_driver
    ]
    words = [word for word in re.split(r"[\s,/]+", change.visits.strip().lower()) if word]
    weekdays = WEEKDAYS if words == ["all"] else [read_weekday(word) or "" for word in words]
    if change.visit is not None:
        visits = [_open_visit(course, change, change.visit, now)]
    elif weekdays and all(weekdays):
        visits = [
            visit
            for visit in course.visits
            if visit.status in OPEN_STATUSES and visit.start > now
            if course.protocol.visits[visit.kind].needs_driver
            if WEEKDAYS[visit.start.weekday()] in weekdays
        ]
        companions = [one for one in companions if WEEKDAYS[one.start.weekday()] in weekdays]
        if not visits and not companions:
            on = "" if len(weekdays) == len(WEEKDAYS) else f" on {', '.join(weekdays)}"
            raise BadRequest("visit", f"no visit to come{on} needs a driver")
        return visits, companions
    else:
        numbers = _numbers(words, change.visits, len(course.visits))
        visits = _open_visits(course, change, numbers, now)
    named = {visit.number for visit in visits}
    return visits, [one for one in companions if one.after in named]


def _numbers(words: Iterable[str], text: str, most: int) -> Iterator[int]:
    """The numbers in "1", "3" and "5-7". Raises `BadRequest` for any other word, and for none.

    Of the numbers after `most`, a range has only the first.
    """
    spans = [re.fullmatch(r"(\d{1,4})(?:-(\d{1,4}))?", word, re.ASCII) for word in words]
    for span in spans or [None]:
        first, last = (int(span[1]), int(span[2] or span[1])) if span else (1, 0)
        if last < first:
            said = f"{EXPECTED}, not {quote(text)}"
            raise BadRequest("visit", said, next_step=f"{REVISE} driver all --name NAME")
        yield from range(first, max(first, min(last, most + 1)) + 1)


def _open_visits(
    course: Course, change: Change, numbers: Iterable[int], now: datetime
) -> list[Visit]:
    """The visits with these numbers. Raises one `BadRequest` for all that can have no driver."""
    found, refused = [], []
    for number in sorted(set(numbers)):
        try:
            found.append(_open_visit(course, change, number, now))
        except BadRequest as error:
            refused.append(error.what)
    if refused:
        others = ",".join(str(visit.number) for visit in found)
        name = f"--name {shlex.quote(change.driver.name)}" if change.driver else "--clear"
        step = f"{REVISE} driver {others} {name}" if others else ""
        raise BadRequest("visit", "; ".join(refused), next_step=step)
    return found


def _open_visit(course: Course, change: Change, number: int, now: datetime) -> Visit:
    """The visit with this number. Raises `BadRequest` if it is over, or needs no driver."""
    visit = visit_of(course, replace(change, visit=number), *OPEN_STATUSES)
    refuse_past(visit, now, step="")
    if not course.protocol.visits[visit.kind].needs_driver:
        raise BadRequest("visit", f"visit {visit.number} needs no driver")
    return visit


def with_known_name(course: Course, change: Change) -> Change:
    """The change with its driver's name as the course writes it, but for case and accents."""
    if change.driver is None:
        return change
    asked = change.driver.name
    names = [one.name for one in _known_drivers(course)]
    same = [name for name in names if search_key(name) == search_key(asked)]
    name = asked if asked in names else next(iter(same), asked)
    return replace(change, driver=replace(change.driver, name=name))


def _known_drivers(course: Course) -> list[Driver]:
    """The drivers of the visits and the companions, and those whom the request names."""
    request = course.request
    items: tuple[Visit | Companion, ...] = (*course.visits, *course.companions)
    known = [one.driver for one in items if one.driver]
    known += [Driver(one.name, one.phone, one.email) for one in request.driver]
    return [*known, named_driver(request)]


def _with_known_address(course: Course, driver: Driver | None) -> Driver | None:
    """The driver; what is not said, phone or e-mail, as the course has it for that name."""
    if driver is None:
        return None
    same = [driver, *(one for one in _known_drivers(course) if one.name == driver.name)]
    phone = next((one.phone for one in same if one.phone), "")
    return replace(driver, phone=phone, email=next((one.email for one in same if one.email), ""))
