"""Pages to look at in a browser: of courses, of a full day, of many calls."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pypdf
from playwright.sync_api import Page, Request

from ketasched.events.view import View
from ketasched.files.load import load_clinic, load_protocol
from ketasched.language.locale import INTERNATIONAL, Locale
from ketasched.model import Audience, Change, Clinic, Course, NewStart, Titles
from ketasched.planning.planner import plan
from ketasched.render import render
from ketasched.render.call_list.calls import make_call_list
from ketasched.render.call_list.forms import render_calls
from ketasched.render.day_sheet.forms import render_sheet
from ketasched.render.day_sheet.sheet import make_day_sheet
from ketasched.revising.revise import revise
from tests.conftest import MADE_AT, ROOT
from tests.support.nouns import request

IN_ONE_MONTH, IN_TWO_MONTHS = date(2026, 12, 7), date(2027, 1, 25)
WITH_DRIVER: dict[str, Any] = {"driver_name": "Sam Rivera", "driver_phone": "+1 555 0199"}
TWICE_A_WEEK: dict[str, Any] = {"per_week": 2, **WITH_DRIVER}

CLEARED: dict[str, Any] = {"cleared_by": "Dr. Okafor", "cleared_on": MADE_AT.date()}

AMERICAN = Locale("12h", "us")
"""The clock and the dates that take the most room."""


def is_own(asked: Request) -> bool:
    """Whether a request is the page's own."""
    return asked.url.startswith("file:") and asked.url.endswith("/page.html")


def shown(tab: Page, text: str) -> Page:
    """The tab with a page in it."""
    path = Path("page.html").absolute()
    path.write_text(text, encoding="utf-8")
    tab.goto(path.as_uri())
    return tab


def printed(tab: Page, text: str, paper: str) -> list[str]:
    """The text of each sheet of paper that a page takes, on one line."""
    made = pypdf.PdfReader(io.BytesIO(shown(tab, text).pdf(format=paper)))
    return [" ".join(sheet.extract_text().split()) for sheet in made.pages]


def own_clinic(titles: Titles = "discreet", **more: Any) -> Clinic:
    """The clinic of the examples."""
    return replace(load_clinic(str(ROOT / "examples" / "clinic.toml")), titles=titles, **more)


def six_infusions(start: date, titles: Titles = "discreet", **more: Any) -> Course:
    """Six infusions at the clinic of the examples."""
    wish = request(start, **({"patient": "P-014"} | more))
    return plan(load_protocol("iv-depression"), own_clinic(titles), wish, made_at=MADE_AT)


def six_visits(start: date, titles: Titles = "discreet", **more: Any) -> str:
    """The patient's page of six infusions."""
    return render(six_infusions(start, titles, **more), "html", View())


def page_of(course: Course, audience: Audience = "patient", **more: Any) -> str:
    """A page with American dates, for somebody whom the driver knows as Anna."""
    clinic = replace(course.clinic, clock=AMERICAN.clock, dates=AMERICAN.dates)
    return render(replace(course, clinic=clinic), "html", View(audience, "Anna", **more))


def twelve_calls() -> str:
    """The call list of twelve courses with three visits each that move, with phones."""
    at, found = MADE_AT + timedelta(1), []
    for number in range(12):
        more = {"patient": f"P-{number:03}", "patient_phone": "+1 555 0134", **WITH_DRIVER}
        course = plan(
            load_protocol("iv-depression"),
            own_clinic(),
            request(IN_ONE_MONTH, **more),
            made_at=MADE_AT,
        )
        days = zip(course.visits[3:], (1, 1, 3), strict=True)
        starts = tuple(NewStart(one.number, one.start + timedelta(later)) for one, later in days)
        found.append((course, revise(course, Change("reschedule", starts=starts), at=at)))
    return render_calls(make_call_list("Riverbend Clinic", found, ()), "html")


def twenty_visits(locale: Locale = INTERNATIONAL) -> str:
    """The sheet of a day with twenty visits on four chairs, and much to know of them."""
    clinic = own_clinic(chairs=4)
    courses = list(_twenty_courses())
    chairs = {course.visits[0].uid: number % 4 for number, course in enumerate(courses)}
    sheet = make_day_sheet(courses, chairs, IN_ONE_MONTH, clinic.name, clinic.timezone, clinic)
    return render_sheet(sheet, "html", locale)


def _twenty_courses() -> Iterator[Course]:
    for number in range(20):
        course = six_infusions(
            IN_ONE_MONTH,
            patient="A. Oberhuber-Schwarz" if number % 4 == 0 else f"P-{number:03}",
            patient_phone="+1 555 0134",
            **(WITH_DRIVER if number % 5 else {}),
            **(CLEARED if number % 3 else {}),
        )
        first, *others = course.visits
        later = timedelta(minutes=130 * (number // 4))
        first = replace(
            first,
            start=first.start + later,
            treatment_start=first.treatment_start + later,
            end=first.end + later,
        )
        talk, *rest = course.companions
        at: datetime = first.start if number % 7 == 3 else talk.start
        reviews = (replace(talk, start=at), *rest)
        yield replace(course, visits=(first, *others), companions=reviews)
