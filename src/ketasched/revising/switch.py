"""switch: a course that follows another one, by another protocol, and the end of that one.

The day is the clinician's: no rule compares the visits of the two courses.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

from ketasched.errors import BadRequest
from ketasched.model import (
    BusyTime,
    Change,
    Clinic,
    Course,
    Entry,
    Former,
    Protocol,
    Request,
    Visit,
)
from ketasched.model.drivers import driver_of_confirmed
from ketasched.model.identifiers import event_uid, make_uid
from ketasched.model.occupancy import Occupancy
from ketasched.model.replay import items_of
from ketasched.planning.check import follow_findings
from ketasched.planning.planner import plan
from ketasched.revising.revise import revise
from ketasched.rules.base import NO_BOOKINGS, unlimited


def switch(
    course: Course,
    protocol: Protocol,
    on: date,
    *,
    at: datetime,
    why: str = "",
    by: str,
    clinic: Clinic | None = None,
    busy: tuple[BusyTime, ...] | None = None,
    bookings: Occupancy = NO_BOOKINGS,
    more_time: Callable[[], bool] = unlimited,
) -> Course:
    """The course that follows `course` from the day `on`; `ended_course` is what becomes of that.

    It is planned by `protocol` for the same patient with the same wishes and drivers. Pace,
    boosters, clearance, authorisations and visits elsewhere belong to the old protocol. The other
    parameters are those of `revise`. Raises `BadRequest` if the course was switched already, if
    nobody decided it (`by`), and for a day that is over; `NoPlan` and `OutOfTime` as `plan` does.
    """
    if not by.strip():
        said = "a switch needs the name of the clinician who names the day"
        raise BadRequest("by_whom", said, next_step="--by-whom NAME")
    change = Change("switch", on=on, protocol=protocol.id)
    ended = revise(course, change, at=at, why=why, by=by, clinic=clinic, busy=busy)
    request, entry = request_after_switch(ended.request, on), ended.history[-1]
    new = plan(
        protocol,
        ended.clinic,
        request,
        made_at=entry.at,
        # From the one before, not from the request: a switch back may be on the same day.
        course_id=make_uid(course.course_id, "course", ended.revision),
        bookings=bookings,
        more_time=more_time,
    )
    former = [_with_entries(ended, one) for one in entry.former]
    if course.follows:  # somebody may have the calendar of the course before it
        former += course.history[0].former
    first = Entry(entry.at, f"switched from {course.protocol.id}", why, by, former=tuple(former))
    new = replace(new, follows=course.course_id, history=(first,))
    return replace(
        new,
        visits=tuple(_with_driver(course, visit, entry.at) for visit in new.visits),
        findings=(*new.findings, *follow_findings(new)),
    )


def ended_course(course: Course, new: Course) -> Course:
    """The last revision of a course that `new` follows: no visit to come takes place."""
    entry = new.history[0]
    change = Change("switch", on=new.request.start, protocol=new.protocol.id)
    clinic, busy = new.clinic, new.request.busy
    return revise(
        course, change, at=entry.at, why=entry.why, by=entry.by, clinic=clinic, busy=busy
    )


def request_after_switch(request: Request, on: date) -> Request:
    """The request for the course that follows: the patient, their wishes and drivers."""
    return replace(
        request,
        start=on,
        latest_start=None,
        per_week=None,
        every_days=None,
        boosters=0,
        booster_every=None,
        cleared_by="",
        cleared_on=None,
        prior=(),
        authorised=(),
    )


def _with_entries(ended: Course, former: Former) -> Former:
    """The date with what is known of its cancelled entries in calendars."""
    driver = [former.driver] if former.driver else []
    rides = (event_uid(ended.uid_key, former.uid, end, *driver) for end in ("bring", "collect"))
    return replace(
        former,
        sequence=items_of(ended)[former.uid].sequence,
        rides=tuple(uid for uid in rides if uid in ended.history[-1].changed),
    )


def _with_driver(before: Course, visit: Visit, now: datetime) -> Visit:
    """The visit with the driver of those that the switch ended, if it is to have one."""
    if visit.driver is None:
        return visit
    return replace(visit, driver=driver_of_confirmed(before, visit, now))
