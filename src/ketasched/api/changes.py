"""A course that is under way: what `ketasched revise` makes of it, and `suggest` lists."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Unpack

from ketasched.api.asked_changes import AskedChange, switch_booking
from ketasched.api.busy_times import Busy, course_with_calendars
from ketasched.api.moments import Moment, moment_at_clinic
from ketasched.errors import BadRequest, NothingToDo
from ketasched.files.change_parsing import read_change
from ketasched.files.load import load_protocol, with_newer_clinic
from ketasched.files.request_values import ChangeValues
from ketasched.files.typed_text import texts_of
from ketasched.model import Change, Clinic, Course, Protocol
from ketasched.model.field_types import refusing_wrong_nouns
from ketasched.model.occupancy import Occupancy
from ketasched.register.records import BookingRequest
from ketasched.revising import suggest as suggestions
from ketasched.revising.suggest import Suggestion
from ketasched.rules.base import NO_BOOKINGS, unlimited

Verb = str | Change
"""A verb of `ketasched revise`, or the whole change as a noun."""


@refusing_wrong_nouns
def revise(
    course: Course,
    verb: Verb,
    visit: int | str | None = None,
    *,
    at: Moment,
    reason: str = "",
    by_whom: str = "",
    override: str | Sequence[str] = (),
    clinic: Clinic | None = None,
    busy: Busy = (),
    bookings: Occupancy = NO_BOOKINGS,
    more_time: Callable[[], bool] = unlimited,
    **values: Unpack[ChangeValues],
) -> Course:
    """The course after a change, as `ketasched revise` makes it; itself if nothing changes.

    `verb` and `values` are the verb of the command and its options, as texts or as ready values:
    `revise(course, "defer", 3, to="2026-12-14", reason="snow", at="2026-12-08T10:00")`. After
    `switch` it is the course that follows. `at` is the moment of the change, `override` the rules
    that it may break, `clinic` has newer hours and words, `busy` are calendars by path or text,
    `bookings` the visits of others.
    Raises `BadRequest` if the change is impossible, and `NoPlan` if it would break a rule, with
    changes that would not in `remedies`; they are looked for as long as there is `more_time`.
    """
    newer = with_newer_clinic(course, clinic, "the clinic") if clinic else course
    moment = moment_at_clinic(at, newer.clinic, "at")
    newer, _ = course_with_calendars(newer, busy, moment)
    change = change_of(newer, verb, visit, values, moment, override)
    asked = AskedChange(course, newer, change, moment, reason, by_whom, lambda: more_time)
    try:
        return booking_of(asked, values).planned(bookings)
    except NothingToDo:
        return course


@refusing_wrong_nouns
def change_of(
    course: Course,
    verb: Verb,
    visit: int | str | None,
    values: Mapping[str, object],
    at: datetime,
    override: str | Sequence[str],
) -> Change:
    """The change that is asked for at the aware moment `at`. Raises `BadRequest`."""
    if isinstance(verb, Change):
        if values.keys() - {"protocol"} or visit is not None:
            raise BadRequest("verb", "a change that is ready takes no further values")
        return replace(verb, overrides=texts_of("override", override) or verb.overrides)
    zone, order = course.visits[0].start.tzinfo, course.clinic.date_order
    today = at.astimezone(zone).date()
    change = read_change(verb, visit, values, order=order, zone=zone, today=today)
    return replace(change, overrides=texts_of("override", override))


def booking_of(
    asked: AskedChange, values: Mapping[str, object], clinic_name: str = "the course's clinic"
) -> BookingRequest:
    """How the change is made and entered; `values` have the protocol of a switch.

    `clinic_name` is what an error calls the clinic. Raises `BadRequest`, also if the change needs
    a reason, and `BadFile`.
    """
    asked.refuse_missing_reason()
    if asked.change.verb != "switch":
        return asked.booking()
    protocol = values.get("protocol") or asked.change.protocol
    if not protocol:
        raise BadRequest("protocol", "expected the protocol of the course that follows")
    found = protocol if isinstance(protocol, Protocol) else load_protocol(str(protocol))
    return switch_booking(asked, found, clinic_name)


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
