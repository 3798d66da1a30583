"""What of a course is still to come when its pages are made."""

from collections.abc import Iterable

from ketasched.model import Companion, Course, Visit, VisitKind
from ketasched.model.companion_slots import visit_kind_of


def kind_of(course: Course, item: Visit | Companion) -> VisitKind:
    """The kind of a visit, or that which a companion is for planning."""
    if isinstance(item, Visit):
        return course.protocol.visits[item.kind]
    return visit_kind_of(course, item)


def what_is_to_come(course: Course) -> list[Visit | Companion]:
    """The visits and companions that are planned, perhaps tentatively, and not over, by time.

    In a first revision nothing is over, because a course may be entered afterwards.
    """
    items: tuple[Visit | Companion, ...] = (*course.visits, *course.companions)
    now = course.changed_at.timestamp()
    planned = (
        one
        for one in items
        if one.status in ("planned", "tentative")
        if course.revision == 1 or one.end.timestamp() > now
    )
    return sorted(planned, key=lambda one: one.start.timestamp())


def first_to_come(course: Course, visits: Iterable[Visit | Companion]) -> Visit | Companion | None:
    """The first of these that ends after the course was last changed; None if none does."""
    now = course.changed_at.timestamp()
    ahead = (visit for visit in visits if visit.end.timestamp() > now)
    return min(ahead, key=lambda visit: visit.start.timestamp(), default=None)
