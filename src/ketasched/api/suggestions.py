"""Other times for a visit: what `ketasched suggest` lists."""

from collections.abc import Callable

from ketasched.api.busy_times import Busy, course_with_calendars
from ketasched.api.moments import Moment, moment_at_clinic
from ketasched.model import Course
from ketasched.model.field_types import refusing_wrong_nouns
from ketasched.model.occupancy import Occupancy
from ketasched.revising import suggest as suggestions
from ketasched.revising.suggest import Suggestion
from ketasched.rules.base import NO_BOOKINGS, unlimited


@refusing_wrong_nouns
def suggest(
    course: Course,
    visit: int,
    *,
    at: Moment,
    busy: Busy = (),
    bookings: Occupancy = NO_BOOKINGS,
    more_time: Callable[[], bool] = unlimited,
) -> list[Suggestion]:
    """Other times for a visit that is still to come, the one that disturbs least first.

    A suggestion has its `start`, the other visits that would move (`moves`), and the preferences
    that would not be met any more (`gives_up`). `busy` are calendars by path or text.
    Raises `BadRequest` if the visit cannot move.
    """
    moment = moment_at_clinic(at, course.clinic, "at")
    course, _ = course_with_calendars(course, busy, moment)
    return suggestions.suggest(course, visit, at=moment, bookings=bookings, more_time=more_time)
