"""Which visits of a course have a session of what is authorised, and which are beyond it.

Every visit that takes place here is a session, a completed one, too; a visit elsewhere is none.
"""

from collections.abc import Sequence

from ketasched.model import Authorisation, Visit, visits_text
from ketasched.model.authorisation import assign_sessions
from ketasched.model.review_gates import make_tentative
from ketasched.model.wall_clock import day_text


def visits_beyond(
    authorised: Sequence[Authorisation], visits: Sequence[Visit]
) -> tuple[Visit, ...]:
    """The visits that take place here and have no session; none if nothing is authorised.

    `visits` are in order of time. As many as possible have a session, the earlier ones first.
    """
    if not authorised:
        return ()
    here = [visit for visit in visits if visit.is_here]
    sessions = assign_sessions(authorised, [visit.start.date() for visit in here])
    return tuple(one for one, index in zip(here, sessions, strict=True) if index is None)


def with_tentative_beyond(
    authorised: Sequence[Authorisation], visits: Sequence[Visit]
) -> tuple[Visit, ...]:
    """The visits of a new course, tentative where they have no session."""
    beyond = {visit.uid for visit in visits_beyond(authorised, visits)}
    return tuple(make_tentative(one) if one.uid in beyond else one for one in visits)


def fit_text(authorised: Sequence[Authorisation], visits: Sequence[Visit]) -> str:
    """How many visits have a session: "authorised: 8 sessions from … until …; all 6 visits fit".

    Empty if nothing is authorised, or no visit takes place here.
    """
    here = [visit for visit in visits if visit.is_here]
    if not authorised or not here:
        return ""
    beyond = visits_beyond(authorised, here)
    what = f"authorised: {' and '.join(map(authorisation_text, authorised))}"
    if not beyond:
        return f"{what}; {'the visit fits' if len(here) == 1 else f'all {len(here)} visits fit'}"
    count = len(here) - len(beyond)
    fit = f"{count} of {len(here)} visit{'s' * (len(here) > 1)} fit{'s' * (count == 1)}"
    waiting = [visit for visit in beyond if visit.status == "tentative"]
    others = [visit for visit in beyond if visit.status != "tentative"]
    both = (waiting, "tentative"), (others, "beyond that")
    return ", ".join([f"{what}; {fit}", *(_are_text(some, how) for some, how in both if some)])


def _are_text(visits: Sequence[Visit], how: str) -> str:
    """What visits are, one or more: "visits 5 and 6 are tentative"."""
    verb = "is" if len(visits) == 1 else "are"
    return f"{visits_text(visit.number for visit in visits)} {verb} {how}"


def all_fit_text(authorised: Sequence[Authorisation], visits: Sequence[Visit]) -> str:
    """The text of `fit_text` if every visit has a session; else the rule's finding has it."""
    return "" if visits_beyond(authorised, visits) else fit_text(authorised, visits)


def authorisation_text(one: Authorisation) -> str:
    """An authorisation in words: "8 sessions from Mon 4 Jan until Sun 28 Feb 2027"."""
    first = day_text(one.first, year=one.first.year != one.last.year)
    return f"{sessions_text(one.sessions)} from {first} until {day_text(one.last)}"


def sessions_text(count: int) -> str:
    """A number of sessions in words: "8 sessions", "1 session", "no sessions"."""
    return "1 session" if count == 1 else f"{count or 'no'} sessions"
