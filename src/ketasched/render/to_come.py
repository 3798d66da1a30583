"""What of a course is still to come when its pages are made."""

from collections.abc import Iterable

from ketasched.model import Companion, Course, Visit


def what_is_to_come(course: Course) -> list[Visit | Companion]:
    """The visits and companions that are planned, perhaps tentatively, and not over, by time.

    In a first revision nothing is over, because a course may be entered afterwards.
    """
    now = course.changed_at.timestamp()
    planned = (
        one
        for one in course.items
        if one.status in ("planned", "tentative")
        if course.revision == 1 or one.end.timestamp() > now
    )
    return sorted(planned, key=lambda one: one.start.timestamp())


def first_to_come(course: Course, visits: Iterable[Visit | Companion]) -> Visit | Companion | None:
    """The first of these that ends after the course was last changed; None if none does."""
    now = course.changed_at.timestamp()
    ahead = (visit for visit in visits if visit.end.timestamp() > now)
    return min(ahead, key=lambda visit: visit.start.timestamp(), default=None)
