"""What changed between two revisions of a course: events to update, dates that no longer hold."""

from collections.abc import Callable
from datetime import UTC, datetime

from ketasched.events.event import Event, time_order
from ketasched.events.events import EventBuilder, events
from ketasched.events.rides import items_with_ride
from ketasched.events.view import View
from ketasched.model import TAKES_PLACE, Audience, Companion, Course, Visit
from ketasched.model.identifiers import make_uid
from ketasched.model.replay import items_of

MOST_COMPANIONS = range(1, 400)
"""The ordinals that a review or another companion of a course can have."""


def changed_events(before: Course, course: Course, view: View) -> list[Event]:
    """The events that this audience has to update after `course`, the revision after `before`.

    Events that no longer exist are included as cancelled, so that calendars remove them, unless
    they were over before the revision was made.
    """
    uids, moment = course.history[-1].changed, course.history[-1].at.astimezone(UTC)
    # An event that changed for another audience only is left out.
    updated, ended = _differences(before, course, view, moment, _without_revision)
    builder = EventBuilder(course, view)
    found = (*updated, *(builder.with_revision(builder.cancelled(event)) for event in ended))
    return sorted((event for event in found if event.uid in uids), key=time_order)


def changed_uids(before: Course, after: Course, moment: datetime) -> set[str]:
    """The UIDs of the events that differ between the courses, for any audience.

    An event that no longer exists counts only if it was not over at this moment.
    """
    audiences: tuple[Audience, ...] = ("patient", "driver", "clinic")
    return {
        event.uid
        for audience in audiences
        for found in _differences(before, after, View(audience), moment, _without_name)
        for event in found
    }


def _differences(
    before: Course,
    after: Course,
    view: View,
    moment: datetime,
    comparable: Callable[[Event], Event],
) -> tuple[list[Event], list[Event]]:
    """The events of `after` that are new or differ (by `comparable`), and the ended ones.

    Ended are the events of `before` that no longer exist and need cancelling at this moment.
    """
    old = {event.uid: event for event in events(before, view)}
    new = {event.uid: event for event in events(after, view)}
    updated = [
        event
        for uid, event in new.items()
        if uid not in old or comparable(old[uid]) != comparable(event)
    ]
    gone = (event for uid, event in old.items() if uid not in new)
    return updated, [event for event in gone if _needs_cancelling(event, before, after, moment)]


def _needs_cancelling(event: Event, before: Course, course: Course, moment: datetime) -> bool:
    """Whether an event that no longer exists has to be cancelled in calendars.

    It does not if it is over, nor if it is the ride of a visit or companion that has begun: a
    patient who has been brought has to be collected, whatever becomes of the visit, by the same
    driver unless another one is named.
    """
    item = items_of(before).get(event.ride_of)
    if item and is_collected_now(item, course, moment):
        return False
    return event.end.astimezone(UTC) > moment.astimezone(UTC)


def is_collected_now(item: Visit | Companion, course: Course, moment: datetime) -> bool:
    """Whether the patient has to be collected: an item was ended after it had begun."""
    now = items_of(course).get(item.uid)
    goes_on = now is not None and now.status in TAKES_PLACE
    return not goes_on and item.start <= moment  # without an end: it may take longer than planned


def _without_name(event: Event) -> Event:
    """The event without its name, which contains the visit's number and so may change."""
    return event._replace(name="")


def _without_revision(event: Event) -> Event:
    """The event without its name, its SEQUENCE, and the sentence on its revision."""
    text = event.text.rpartition("\n")[0]
    return event._replace(name="", text=text, sequence=0, changed=None)


def former_dates(course: Course, view: View) -> list[datetime]:
    """The dates (local) of earlier revisions that no longer hold and are not over, in order.

    For a driver they are those of rides, limited to the rides of the driver that the view names.
    """
    ended = [former for entry in course.history for former in entry.former]
    if not ended:
        return []
    is_driver, name = view.audience == "driver", view.rides_of
    companions = _companion_uids(course)
    coming = _starts_of_coming(course, view)
    companion_starts = {one.start for one in course.companions if one.status in TAKES_PLACE}
    today = course.history[-1].at.date()
    # Who comes at that time crosses nothing out; a call replaces only the date of a companion.
    return sorted(
        {
            former.start
            for former in ended
            if (former.ride or not is_driver)
            and name in ("", former.driver)
            and former.start.date() >= today
            and former.start not in coming
            and not (former.uid in companions and former.start in companion_starts)
        }
    )


def _companion_uids(course: Course) -> set[str]:
    """The UIDs of all companions that the course has or had, and those of the one it follows."""
    results = (entry.result for entry in course.history if entry.result)
    removed = (change.was for result in results for change in result.companions)
    found = {one.uid for one in (*course.companions, *removed) if one}
    if course.follows:
        roles = ("review", "companion")
        found |= {make_uid(course.follows, one, n) for one in roles for n in MOST_COMPANIONS}
    return found


def _starts_of_coming(course: Course, view: View) -> set[datetime]:
    """When the patient comes, to a visit or to a companion at the clinic, or is driven there."""
    visits = (one for one in course.visits if view.includes_ride(one))
    if view.audience == "driver":
        rides = {one.start for one in items_with_ride(course) if view.includes_ride(one)}
    else:
        rides = {
            one.start
            for one in course.companions
            if one.status in TAKES_PLACE and one.place == "clinic"
        }
    return rides | {one.start for one in visits if one.status in TAKES_PLACE}
