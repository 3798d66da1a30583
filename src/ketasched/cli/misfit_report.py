"""What commands say of booked visits that do not fit the clinic any more, and what to do then."""

from collections.abc import Sequence

from ketasched.cli.hints import pasteable
from ketasched.cli.output import say
from ketasched.errors import command_line
from ketasched.model import DateRange, Misfit, Misfits, misfit_count
from ketasched.model.wall_clock import day_text

MOST_REASONS = 3
"""How many reasons are said of one course; the number of visits is always said."""


def misfits_text(misfits: Sequence[Misfit] | None) -> str:
    """The misfits of a course by their reasons; "" if there are none.

    "2 visits no longer fit: Mon 11 Jan 2027, Wed 13 Jan 2027, the clinic is closed (pump repair)".
    Where a companion is one of them, they are appointments.
    """
    if not misfits:
        return ""
    days: dict[str, list[str]] = {}
    for one in misfits:
        days.setdefault(one.message, []).append(day_text(one.start))
    reasons = [f"{', '.join(found)}, {message}" for message, found in days.items()]
    more = len(reasons) - MOST_REASONS
    shown = [*reasons[:MOST_REASONS], *([f"and {more} more"] if more > 0 else [])]
    noun = "appointment" if any(one.companion for one in misfits) else "visit"
    return f"{misfit_count(len(misfits), noun)}: {'; '.join(shown)}"


def visit_misfits(misfits: Misfits) -> Misfits:
    """The misfits that are visits, of the courses that have any: `reschedule` moves these."""
    found = {
        course_id: [one for one in own if not one.companion] for course_id, own in misfits.items()
    }
    return {course_id: own for course_id, own in found.items() if own}


def say_next_step(
    patient: str, number: int, courses: int = 1, days: DateRange | None = None
) -> None:
    """Print the command that finds other times for visits that do not fit any more.

    It is about visit `number` of the patient alone; or, if several `courses` are concerned, about
    all of them, on `days` if these are given.
    """
    words = ["suggest", patient, str(number)]
    if courses > 1:
        words = ["reschedule", *(("--on", days.plain()) if days else ())]
    say("try", pasteable(command_line(*words)))
