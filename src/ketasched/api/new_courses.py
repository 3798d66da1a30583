"""A new course: what `ketasched plan` plans, with a refusal that says what would fit."""

from collections.abc import Callable
from dataclasses import replace

from ketasched.api.busy_times import Busy, planned_uids, with_calendars
from ketasched.api.moments import Moment, moment_at_clinic
from ketasched.errors import BadRequest, NoPlan
from ketasched.events.own_uids import course_uids
from ketasched.files.load import load_protocol, refuse_mismatch, shipped_protocols
from ketasched.model import Clinic, Course, Protocol, Request
from ketasched.model.field_types import refusing_wrong_nouns
from ketasched.model.identifiers import make_course_id
from ketasched.model.occupancy import Occupancy
from ketasched.planning.planner import plan as best_course
from ketasched.register.records import BookingRequest, LogEntry
from ketasched.render.patient_folder import refuse_sensitive_reference
from ketasched.rules.base import NO_BOOKINGS, PlanningContext, unlimited

LONGEST_ID = 100

Budget = Callable[[], Callable[[], bool]]
"""Returns a function that says whether time is left, counted from then on."""


def plan(
    protocol: Protocol,
    clinic: Clinic,
    request: Request,
    *,
    made_at: Moment,
    course_id: str = "",
    busy: Busy = (),
    bookings: Occupancy = NO_BOOKINGS,
    more_time: Callable[[], bool] = unlimited,
) -> Course:
    """The best course for `request`, as `ketasched plan` prints it.

    The order of preference, phase by phase: the fewest days from the asked start, the best
    spacing, the fewest weekdays, the fewest minutes from the wanted time, the earlier starts.
    What the request does not get is a finding of the course.

    `made_at` is the moment of planning, `course_id` is made from the request if empty, `busy`
    are calendars by path or text, `bookings` the visits of other patients.
    Raises `BadRequest` for what the clinic or the protocol does not offer, `BadFile` if they do
    not fit each other, and `NoPlan` if nothing keeps every rule, with the reasons in `details`
    and changes that would help in `remedies`; they are looked for as long as there is
    `more_time`.
    """
    context, _ = usable_context(protocol, clinic, request, made_at, course_id, busy)
    context = replace(context, more_time=more_time)
    return new_course_booking(context, course_id, budget=lambda: more_time).planned(bookings)


@refusing_wrong_nouns
def usable_context(
    protocol: Protocol,
    clinic: Clinic,
    request: Request,
    made_at: Moment,
    course_id: str,
    busy: Busy,
    *,
    replaced: Course | None = None,
) -> tuple[PlanningContext, list[str]]:
    """What a course is planned from, and what is to be known of the reading of calendars.

    The events of a course that is `replaced` are not in the way. Raises what makes the course
    impossible whatever the dates are.
    """
    refuse_odd_identifier(course_id)
    refuse_mismatch(clinic, protocol, "the clinic")
    refuse_sensitive_reference(clinic, request)
    moment = moment_at_clinic(made_at, clinic, "made_at")
    course_id = course_id or make_course_id(clinic, request, moment)
    own = planned_uids(protocol, clinic, request, course_id)
    own |= course_uids(replaced) if replaced else frozenset()
    asked, notes = with_calendars(protocol, clinic, request, busy, own)
    return PlanningContext(protocol, clinic, asked, moment), notes


def refuse_odd_identifier(course_id: str) -> None:
    """Raise `BadRequest` for an identifier that is long, or has unprintable characters."""
    if course_id and not (course_id.isprintable() and len(course_id) <= LONGEST_ID):
        raise BadRequest("course_id", f"expected up to {LONGEST_ID} printable characters")


def new_course_booking(
    context: PlanningContext, course_id: str, *, budget: Budget
) -> BookingRequest:
    """How a course is planned, and how its refusal is explained, within a `budget` of time.

    The context has no bookings: the register adds them.
    """
    protocol, clinic, request = context.protocol, context.clinic, context.request

    def make(bookings: Occupancy) -> Course:
        try:
            return best_course(
                protocol,
                clinic,
                request,
                made_at=context.made_at,
                course_id=course_id,
                bookings=bookings,
                more_time=context.more_time,
            )
        except BadRequest as error:
            if protocol.booster_phase is None and error.field == "boosters":
                named = [name for name in shipped_protocols() if load_protocol(name).booster_phase]
                error.next_step = f"one of the protocols that have: {', '.join(named)}"
            raise

    def explain(error: NoPlan, bookings: Occupancy) -> NoPlan:
        # Imported here because most plans fit, and print the sooner for it.
        from ketasched.planning.explain import explain_refusal  # noqa: PLC0415

        beside = replace(context, bookings=bookings, more_time=budget())
        return explain_refusal(error, beside)

    return BookingRequest(clinic, make, LogEntry(context.made_at, ""), request, explain=explain)
