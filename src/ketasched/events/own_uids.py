"""The UIDs of a course's own entries in calendars, from its identifiers alone.

A UID is made from a role and an ordinal, never from a date: so the entries of a course are known
before it is planned, and after it was moved.
"""

from collections.abc import Collection

from ketasched.events.rides import all_driver_names
from ketasched.model import Course
from ketasched.model.identifiers import event_uid, make_uid
from ketasched.model.replay import known_companions


def own_uids(
    course_id: str,
    uid_key: str,
    drivers: Collection[str],
    items: tuple[int, int, int],
    reminders: int,
) -> frozenset[str]:
    """The UIDs that entries of a course with these identifiers can have in any calendar of ours.

    `drivers` are the names of those who drive, or drove. `items` are how many visits, reviews and
    other companions there are at most, `reminders` how many of each ride.
    """
    visits, reviews, companions = (
        [make_uid(course_id, role, ordinal) for ordinal in range(1, count + 1)]
        for role, count in zip(("visit", "review", "companion"), items, strict=True)
    )
    rides = ("bring", "collect", "ride")
    roles: list[tuple[str, tuple[int | str, ...]]] = [
        ("no-driving", ()),
        *(("reminder", (ordinal,)) for ordinal in range(1, reminders + 1)),
        *((ride, driver) for ride in rides for driver in [(), *((name,) for name in drivers)]),
    ]
    driven = *visits, *companions
    uids = {event_uid(uid_key, item, role, *parts) for item in driven for role, parts in roles}
    days = (make_uid(item, "day") for item in (*driven, *reviews))
    return frozenset(uids.union(driven, reviews, days))


def course_uids(course: Course) -> frozenset[str]:
    """The UIDs that entries of the course have, or have had, in any calendar of ours."""
    changes, names = len(course.history), all_driver_names(course)
    reviews = sum(one.is_review for one in course.companions)
    companions = len(known_companions(course))
    items = len(course.visits) + changes, reviews + changes, companions
    reminders = len(course.clinic.reminders.driver)
    return own_uids(course.course_id, course.uid_key, names, items, reminders)
