"""How many authorised sessions of a course are used, booked and left, and until when.

These are dates and counts: whether a visit is paid for is not for the program to say.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ketasched.model import Authorisation, Course, Visit
from ketasched.model.authorisation import assign_sessions


def sessions_left(
    authorised: Sequence[Authorisation], visits: Sequence[Visit], day: date
) -> tuple[int, date] | None:
    """How many sessions are left after the visits up to `day`, and until when (inclusive).

    Authorisations that are over by then do not count. None if all are.
    """
    here = [visit for visit in visits if visit.is_here and visit.start.date() <= day]
    taken = Counter(assign_sessions(authorised, [visit.start.date() for visit in here]))
    left = [
        (one.sessions - taken[index], one.last)
        for index, one in enumerate(authorised)
        if day <= one.last
    ]
    if not left:
        return None
    lasting = [last for count, last in left if count] or [last for _, last in left]
    return sum(count for count, _ in left), max(lasting)


@dataclass(frozen=True, slots=True)
class SessionCount:
    """The authorised sessions of a course that goes on, as of a day. All dates are inclusive.

    `used` are the sessions of completed visits, `booked` those of visits to come; `left` are the
    others, of authorisations that are not over. `until` is the last day of any, `days_left` how
    many days later than the day asked for, negative if it is over. `beyond` are the numbers of
    the visits to come that have no session. It `runs_out` on the day of the last session, if none
    is left, of the first visit beyond, or on the last day of all, whichever is first.
    """

    patient: str
    patient_phone: str
    authorised: tuple[Authorisation, ...]
    used: int
    booked: int
    left: int
    until: date
    days_left: int
    beyond: tuple[int, ...]
    runs_out: date


def count_sessions(course: Course, today: date) -> SessionCount | None:
    """The sessions of a course, as of `today`; None if nothing is authorised or to come."""
    authorised, ahead = course.request.authorised, ("planned", "tentative", "held")
    to_come = [one for one in course.visits if one.status in ahead and one.start.date() >= today]
    if not authorised or not to_come:
        return None
    here = [visit for visit in course.visits if visit.is_here]
    days = [visit.start.date() for visit in here]
    taken = assign_sessions(authorised, days)
    with_session = [visit for visit, index in zip(here, taken, strict=True) if index is not None]
    beyond = [one for one in to_come if one in here and one not in with_session]
    spent = Counter(taken)
    left = sum(
        one.sessions - spent[index] for index, one in enumerate(authorised) if today <= one.last
    )
    until, used = max(one.last for one in authorised), _count_completed(with_session)
    ends = [until, *(one.start.date() for one in beyond[:1])]
    if not left and with_session:
        ends.append(with_session[-1].start.date())
    return SessionCount(
        course.patient,
        course.request.patient_phone,
        authorised,
        used=used,
        booked=len(with_session) - used,
        left=left,
        until=until,
        days_left=(until - today).days,
        beyond=tuple(visit.number for visit in beyond),
        runs_out=min(ends),
    )


def _count_completed(visits: Sequence[Visit]) -> int:
    return sum(visit.status == "completed" for visit in visits)
