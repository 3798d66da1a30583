"""`driver`: who drives to some visits: by their numbers, on some weekdays, or to all to come."""

import re
import shlex
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from ketasched.errors import BadRequest, NothingToDo
from ketasched.model import WEEKDAYS, Change, Course, Driver, Visit, quote, visits_text
from ketasched.model.values import read_weekday
from ketasched.revising.intents import Draft, VisitIntent
from ketasched.revising.validation import REVISE, refuse_past, visit_of

EXPECTED = "expected numbers, all, or weekdays, such as 1,3,5 or 2-4 or mon,fri"
OPEN_STATUSES = ("planned", "tentative", "held")
"""The statuses of visits whose driver can change."""


def driver_drafts(course: Course, change: Change, now: datetime) -> list[Draft]:
    """The draft with the change's driver, or nobody, for the visits that the change names.

    Raises `BadRequest` for visits that can have no driver, or if it names none; `NothingToDo` if
    to all of them somebody drives, or nobody, as the change says.
    """
    driver = _with_known_phone(course, change.driver)
    chosen = _chosen_visits(course, change, now)
    changed = {visit.uid for visit in chosen if visit.driver != driver}
    if not changed:
        who = f"{driver.name} drives" if driver else "nobody drives"
        raise NothingToDo(f"{who} to {visits_text(one.number for one in chosen)} already")
    visits = (replace(one, driver=driver) if one.uid in changed else one for one in course.visits)
    intents = tuple(VisitIntent(visit, pinned=True) for visit in visits)
    return [Draft(intents, course.companions)]


def _chosen_visits(course: Course, change: Change, now: datetime) -> list[Visit]:
    if change.visit is not None:
        return [_open_visit(course, change, change.visit, now)]
    text = change.visits.strip().lower()
    words = [word for word in re.split(r"[\s,/]+", text) if word]
    weekdays = WEEKDAYS if text == "all" else [read_weekday(word) for word in words]
    if words and all(weekdays):
        return _visits_on(course, weekdays, text, now)
    numbers = list(_numbers(words, change.visits, len(course.visits)))
    return _open_visits(course, change, numbers, now)


def _visits_on(
    course: Course, weekdays: Collection[str | None], text: str, now: datetime
) -> list[Visit]:
    """The visits to come that need a driver, on these weekdays. Raises `BadRequest` for none."""
    found = [
        visit
        for visit in course.visits
        if visit.status in OPEN_STATUSES and visit.start > now
        if course.protocol.visits[visit.kind].needs_driver
        if WEEKDAYS[visit.start.weekday()] in weekdays
    ]
    if not found:
        on = "" if text == "all" else f" on {', '.join(filter(None, weekdays))}"
        raise BadRequest("visit", f"no visit to come{on} needs a driver")
    return found


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


def _with_known_phone(course: Course, driver: Driver | None) -> Driver | None:
    """The driver; without a phone number, with the one that the course has for that name."""
    if driver is None or driver.phone:
        return driver
    request = course.request
    known = [visit.driver for visit in course.visits if visit.driver]
    known += [Driver(one.name, one.phone) for one in request.driver]
    known += [Driver(request.driver_name, request.driver_phone)]
    return next((one for one in known if one.name == driver.name and one.phone), driver)
