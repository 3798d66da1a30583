"""A switch to another protocol, as the register books it: a new course, and the end of the old."""

from dataclasses import replace
from functools import partial

from ketasched.api.asked_changes import AskedChange
from ketasched.errors import NoPlan, NothingToDo
from ketasched.files.load import refuse_mismatch
from ketasched.model import Course, Protocol
from ketasched.model.occupancy import Occupancy
from ketasched.planning.explain import explain_refusal, refusal_lines, remedy_text
from ketasched.register.records import BookingRequest, LogEntry
from ketasched.revising.switch import ended_course, request_after_switch, switch
from ketasched.revising.verbs import refuse_overrides
from ketasched.rules.base import PlanningContext

LATER = "--latest-start"
"""How a remedy begins that is a later first visit; `switch` has --on for it."""


def switch_booking(
    asked: AskedChange, protocol: Protocol, clinic_name: str = "the course's clinic"
) -> BookingRequest:
    """How the course that follows is made, and entered with the end of the one before.

    Raises `BadFile` if the clinic, which an error calls `clinic_name`, and the protocol do not
    fit each other, and `BadRequest` for an override.
    """
    before, course, at = asked.before, asked.newer, asked.at
    on = asked.change.on or at.date()
    refuse_mismatch(course.clinic, protocol, clinic_name)
    refuse_overrides(asked.change)

    def make(bookings: Occupancy) -> Course:
        is_same = before.protocol == protocol and before.request.start == on
        if is_same and before.follows and any(one.is_here for one in before.visits):
            said = f"nothing to do: {before.patient} was switched like this already"
            raise NothingToDo(said)
        return switch(
            before,
            protocol,
            on,
            at=at,
            why=asked.reason,
            by=asked.by_whom,
            clinic=course.clinic,
            busy=course.request.busy,
            bookings=bookings,
        )

    def explain(error: NoPlan, bookings: Occupancy) -> NoPlan:
        request = request_after_switch(course.request, on)
        more_time = asked.budget()
        context = PlanningContext(protocol, course.clinic, request, at, bookings, more_time)
        found = explain_refusal(error, context)
        later = next((one for one in found.remedies if one.change.startswith(LATER)), None)
        step = "other wishes first: ketasched revise COURSE wishes --help"
        if later:
            step = remedy_text(replace(later, change=f"--on {later.dates[0]}"))
        details = [*refusal_lines(error.refusals)]
        return NoPlan(error.what, findings=error.findings, details=details, next_step=step)

    line = LogEntry(at, "", asked.by_whom)
    ended = partial(ended_course, before)
    return BookingRequest(course.clinic, make, line, before=before, explain=explain, ended=ended)
