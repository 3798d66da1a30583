"""What commands say of booked visits that do not fit the clinic any more, and what to do then."""

from ketasched.cli.hints import pasteable
from ketasched.cli.output import say
from ketasched.errors import command_line
from ketasched.model import DateRange


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
