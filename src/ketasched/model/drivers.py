"""Who drives to a visit: by the request, and by the visits that are still to come."""

from collections.abc import Iterable
from datetime import date, datetime

from ketasched.model.course import Course
from ketasched.model.request import Request
from ketasched.model.values import WEEKDAYS
from ketasched.model.visit import Companion, Driver, Visit


def driver_on(request: Request, day: date) -> Driver | None:
    """The driver whom the request names for this day's weekday, else for all other days."""
    weekday = WEEKDAYS[day.weekday()]
    named = [one for one in request.driver if weekday in one.days]
    others = [one for one in request.driver if not one.days]
    for one in (*named, *others):
        return Driver(one.name, one.phone, one.email)
    return named_driver(request) if request.driver_name else None


def named_driver(request: Request) -> Driver:
    """The driver that a request names without weekdays; the name may be empty."""
    return Driver(request.driver_name, request.driver_phone, request.driver_email)


def driver_of_moved(request: Request, visit: Visit | Companion, day: date) -> Driver | None:
    """The driver of a visit that moves to a day: whom the request names for its weekday, if any.

    A driver whom the request does not name for the old day goes with the visit.
    """
    usual = driver_on(request, visit.start.date())
    takes_turns = any(one.days for one in request.driver)
    is_usual = visit.driver is not None and usual is not None and visit.driver.name == usual.name
    return driver_on(request, day) if takes_turns and is_usual else visit.driver


def driver_of_added(course: Course, day: date, now: datetime) -> Driver | None:
    """The driver of a visit that is added on this day, taken from the visits to come.

    This is the driver of all visits to come on the same weekday; where there is no such visit, the
    driver of all visits to come, unless that driver has other weekdays by the request. Visits
    without a driver make no difference. None if the drivers differ.
    """
    ahead = _visits_with_driver(course, now)
    same = [visit for visit in ahead if visit.start.weekday() == day.weekday()]
    found = _common_driver(same or ahead)
    return None if found and not same and _has_other_days(course.request, found, day) else found


def driver_of_confirmed(course: Course, visit: Visit | Companion, now: datetime) -> Driver | None:
    """The driver of a visit that is confirmed: as of an added one, else whom the request names.

    The request is asked only if no visit to come has a driver, or if its drivers take turns by
    weekday and nobody drives to a visit to come on this weekday.
    """
    day, ahead = visit.start.date(), _visits_with_driver(course, now)
    takes_turns = any(one.days for one in course.request.driver)
    is_first = not any(one.start.weekday() == day.weekday() for one in ahead)
    if not ahead or (takes_turns and is_first):
        usual = driver_on(course.request, day)
        if usual and not _is_replaced(course, usual):
            return usual
    return driver_of_added(course, day, now)


def _visits_with_driver(course: Course, now: datetime) -> list[Visit]:
    statuses = ("planned", "tentative", "held")
    return [
        visit
        for visit in course.visits
        if visit.driver and visit.status in statuses and visit.start > now
    ]


def _common_driver(visits: Iterable[Visit]) -> Driver | None:
    """The driver of all these visits, as the last visit has them; None if the names differ."""
    drivers = [visit.driver for visit in visits if visit.driver]
    return drivers[-1] if len({driver.name for driver in drivers}) == 1 else None


def _has_other_days(request: Request, driver: Driver, day: date) -> bool:
    """Whether the request names the driver for some weekdays, and not for this day's."""
    days = {weekday for one in request.driver if one.name == driver.name for weekday in one.days}
    return bool(days) and WEEKDAYS[day.weekday()] not in days


def _is_replaced(course: Course, usual: Driver) -> bool:
    """Whether this driver of the request no longer drives.

    That is so if the last visit with a ride for which the request names the driver has another
    driver, or none.
    """
    rides = [
        visit.driver
        for visit in course.visits
        if visit.status in ("planned", "completed") and not visit.elsewhere
        if course.protocol.visits[visit.kind].needs_driver
        if driver_on(course.request, visit.start.date()) == usual
    ]
    return bool(rides) and (rides[-1] is None or rides[-1].name != usual.name)
