"""What became of a course's events from one revision to the next."""

from datetime import UTC, datetime

from ketasched.events.events import NOT_ANY_MORE, Event, Stamps, events, in_time
from ketasched.events.view import View
from ketasched.events.wording import ENDED
from ketasched.model import TAKES_PLACE, Course, Visit


def changed_events(before: Course, course: Course, view: View) -> list[Event]:
    """What this audience has to change in a calendar: `course` is the revision after `before`.

    Events that are gone are there as cancelled, so that programs that know them take them out,
    unless they were over anyway.
    """
    uids, moment = course.history[-1].changed, course.history[-1].at.astimezone(UTC)
    old = {event.uid: event for event in events(before, view)}
    now = {event.uid: event for event in events(course, view)}
    gone = (
        event
        for uid, event in old.items()
        if uid not in now and _ends(event, before, course, moment)
    )
    # What has changed for somebody else only is the same for this audience.
    new = (event for event in now.values() if _said(old.get(event.uid)) != _said(event))
    stamped = Stamps(course)
    found = (*new, *(_cancelled(event, stamped) for event in gone))
    return sorted((event for event in found if event.uid in uids), key=in_time)


def differing(before: Course, after: Course, moment: datetime) -> set[str]:
    """The uids of the events that are not the same in both courses, for any audience.

    An event that is gone counts only if it was not over at this moment.
    """
    found: set[str] = set()
    for audience in ("patient", "driver", "clinic"):
        old, new = (
            {event.uid: event for event in events(course, View(audience))}
            for course in (before, after)
        )
        found |= {uid for uid, event in new.items() if _nameless(old.get(uid)) != _nameless(event)}
        found |= {
            uid
            for uid, event in old.items()
            if uid not in new and _ends(event, before, after, moment)
        }
    return found


def _ends(event: Event, before: Course, course: Course, moment: datetime) -> bool:
    """Whether an event that is not there any more is to be cancelled: if it is not over.

    A patient who has been brought has to be collected, whatever becomes of the visit: by the same
    driver, unless there is another one.
    """
    role, _, number = event.name.rpartition("-")
    if role in ("bring", "collect"):
        visit = before.visits[int(number) - 1]
        if is_collected_now(visit, course, moment):
            return False
    return event.end.astimezone(UTC) > moment.astimezone(UTC)


def is_collected_now(visit: Visit, course: Course, moment: datetime) -> bool:
    """Whether a visit had begun when it was ended, and its patient has to be collected."""
    ends = any(one.uid == visit.uid and one.status not in TAKES_PLACE for one in course.visits)
    return ends and visit.start <= moment  # it may take longer than planned


def _nameless(event: Event | None) -> Event | None:
    """The event without its name, which is only that of a file: it goes by the visit's number."""
    return event._replace(name="") if event else None


def _said(event: Event | None) -> Event | None:
    """The event without what tells its revision."""
    if event is None:
        return None
    text = event.text.rpartition("\n")[0]
    return event._replace(name="", text=text, sequence=0, changed=None)


def _cancelled(event: Event, stamps: Stamps) -> Event:
    """The event as one that does not take place, by the revision that ended it."""
    times, line, changed = stamps.of(event.uid)
    return event._replace(
        title=event.title if ENDED in event.title else f"{ENDED}{event.title}",
        text=f"{NOT_ANY_MORE}\n{line}",
        status="CANCELLED",
        busy=False,
        alarm=None,
        sequence=max(event.sequence, times),
        changed=changed,
    )
