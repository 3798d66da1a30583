"""The content of a list of rides, the same for plain text and for HTML."""

from dataclasses import dataclass
from datetime import date, datetime

from ketasched.events.diff import former_dates
from ketasched.events.rides import count_skipped_reminders, have_several_drivers, items_with_ride
from ketasched.events.view import View, reader_locale
from ketasched.events.wording import Labels, labels_for
from ketasched.model import Companion, Course, Visit
from ketasched.model.privacy import redact
from ketasched.render.page import first_to_come


@dataclass(frozen=True, slots=True)
class RideList(Labels):
    """The rides to come: those of `only_driver`, or if that is "" all of them.

    The list is discreet and in the driver's language for every audience, but for `drivers`: the
    name and the phone of each driver who has one. With `have_several_drivers` the drivers differ;
    "no driver yet" counts as a driver. `skipped_reminders` counts the reminders before the time
    when their visit was given its date.
    """

    visits: list[Visit | Companion]
    only_driver: str
    former_dates: list[datetime]
    drivers: list[tuple[str, str]]
    have_several_drivers: bool
    skipped_reminders: int

    @property
    def have_days_with_several(self) -> bool:
        """Whether any day has more than one ride: then a ride is told by its times."""
        return len({visit.start.date() for visit in self.visits}) < len(self.visits)

    @property
    def next_visit(self) -> Visit | Companion | None:
        """The first ride that was not over when the course was last changed, or None."""
        return first_to_come(self.course, self.visits)


def make_ride_list(course: Course, view: View) -> RideList:
    """The rides to come, for a page for this audience."""
    for_driver = View("driver", rides_of=view.rides_of)
    labels = labels_for(course, view)
    rides = [
        visit
        for visit in items_with_ride(course)
        if _is_to_come(course, visit) and view.includes_ride(visit)
    ]
    with_phone = ((visit, visit.driver.phone) for visit in rides if visit.driver)
    return RideList(
        course,
        discreet=True,
        locale=reader_locale(course, for_driver),
        visits=rides,
        only_driver=redact(view.rides_of),
        former_dates=former_dates(course, for_driver),
        drivers=sorted(
            {
                (labels.driver_name(visit), redact(phone) if labels.discreet else phone)
                for visit, phone in with_phone
                if phone
            }
        ),
        have_several_drivers=have_several_drivers(rides),
        skipped_reminders=count_skipped_reminders(course, rides),
    )


def _is_to_come(course: Course, visit: Visit | Companion) -> bool:
    """Whether a ride is ahead.

    In a first revision every ride is ahead, because a course may be entered afterwards.
    """
    today = course.history[-1].at.date() if course.revision > 1 else date.min
    return visit.status != "completed" and visit.start.date() >= today
