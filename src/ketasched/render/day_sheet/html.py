"""The day sheet as a page to print: one file of HTML, without scripts or anything from outside."""

from collections.abc import Iterator, Sequence

from ketasched.language.locale import Locale
from ketasched.render.day_sheet.day_visit import (
    AUTHORISATION_MISSING,
    CLEARANCE_MISSING,
    DayVisit,
)
from ketasched.render.day_sheet.sheet import DayReview, DaySheet
from ketasched.render.html import render_template

NOON = 12


def render(sheet: DaySheet, locale: Locale) -> str:
    """The page."""
    morning = [visit for visit in sheet.visits if visit.start.hour < NOON]
    afternoon = [visit for visit in sheet.visits if visit.start.hour >= NOON]
    return render_template(
        "day.html",
        locale,
        sheet=sheet,
        halves=(("Morning", morning), ("Afternoon", afternoon)),
        concerns=list(_concerns(sheet)),
    )


def _concerns(sheet: DaySheet) -> Iterator[tuple[str, Sequence[DayVisit | DayReview]]]:
    """What has to be put right, and the visits and companions that it is about."""
    visits = sheet.visits
    found: dict[str, Sequence[DayVisit | DayReview]] = {
        "without a driver": [one for one in visits if one.needs_driver],
        "without clearance": [one for one in visits if CLEARANCE_MISSING in one.marks],
        "without an authorised session": [
            one for one in visits if AUTHORISATION_MISSING in one.marks
        ],
        "without a chair": [one for one in visits if one.without_chair],
        "no longer fit": [one for one in sheet.items if one.misfit],
    }
    yield from ((title, own) for title, own in found.items() if own)
