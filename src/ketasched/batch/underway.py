"""A course that is under way: what is over has happened, so a roster moves none of its visits."""

from datetime import date
from zoneinfo import ZoneInfo

from ketasched.batch.nouns import SEPARATOR, Known, Made, Settings
from ketasched.errors import BadRequest
from ketasched.model import Clinic
from ketasched.rules import Past


def is_under_way(known: Known | None, clinic: Clinic, settings: Settings) -> bool:
    """Whether an earlier run planned a course that has begun: its first day is today, or over.

    Today is that of the clinic. A course that was for days gone by already when it was planned is
    none: nobody came by this plan, and its row is there to be mended.
    """
    if known is None or settings.replaces or not known.made.first:
        return False
    if begins_in_the_past(known.made):
        return False
    today = settings.made_at.astimezone(ZoneInfo(clinic.timezone)).date()
    return date.fromisoformat(known.made.first) <= today


def begins_in_the_past(made: Made) -> bool:
    """Whether a course was planned for days gone by."""
    return Past.name in made.notes.split(SEPARATOR)


def would_move() -> BadRequest:
    """What to say of a row whose course is under way, and would be on other dates."""
    said = "its course is under way, and would be at other times now"
    return BadRequest("patient", f"{said}: it stays as it is; change it with ketasched revise")
