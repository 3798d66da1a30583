"""All that patients and drivers read comes from the catalogue of their language, and fits.

In the pseudo-language each word is in ⟦⟧ and 1.5 times as long. Outside of the marks there are
only names, numbers, the clinic's own words, and dates by the language's table.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from tools.catalogues import template

from ketasched.events.diff import changed_events
from ketasched.events.view import View
from ketasched.exchange.calendar_entries import published_entries
from ketasched.exchange.invitations import Invitation, invitations
from ketasched.files.load import load_protocol, shipped_protocols
from ketasched.language import locale
from ketasched.language.catalogue import catalogue
from ketasched.language.tables import read_table
from ketasched.model import (
    Amount,
    Change,
    Clinic,
    CompanionKind,
    Course,
    Driver,
    GapDays,
    Instructions,
    Minutes,
    NoDriving,
    PhaseReview,
    Prices,
    Reminder,
    Reminders,
    Titles,
    VisitKind,
    VisitOrdinals,
    WithinDays,
    Wording,
)
from ketasched.model.memo import clear_memos
from ketasched.planning.planner import plan
from ketasched.render import render
from ketasched.render.ics import render_changes
from ketasched.render.page import make_page
from ketasched.render.text import MAX_WIDTH
from ketasched.render.visit_table import make_visit_table
from ketasched.revising.revise import revise
from ketasched.revising.switch import switch
from tests.conftest import MADE_AT
from tests.support.nouns import INFUSION, clinic, phase, protocol, request
from tests.support.pseudo_language import PseudoCatalogue, unmarked
from tests.support.readers import unfolded

LANGUAGE = "es"
"""Whose table the pseudo-language has."""

WORD = re.compile(r"[^\W\d_]{2,}")
THEIRS = {
    *("Qclinic", "Qplace", "Qbefore", "Qbring", "Qeffects", "Qcall", "USD"),
    *("Qana", "Qsam", "Qzoe", "Qlast", "Qweekly"),
}
"""Words that are the clinic's or its protocol's, and names."""

EVERY_DAY = "mon tue wed thu fri sat sun"
EACH = VisitOrdinals()
WORDS = Wording("Qbefore 1.", "Qbring.", "Qeffects.", "Qcall 1.")
TELLS = Wording("Qbefore infusion.", "", "", "Qcall 1.")


def at(**more: Any) -> Clinic:
    """A clinic whose readers have the pseudo-language, with words of its own."""
    usual: dict[str, Any] = {
        "name": "Qclinic",
        "address": "1 Qplace",
        "phone": "555 0142",
        "language": LANGUAGE,
        "instructions": Instructions("Qbefore 1.", "Qbring.", "Qeffects.", "Qcall 1.", WORDS),
        "reminders": Reminders((Reminder.read("3d 10:00"), Reminder.read("1d 18:00"))),
    }
    return clinic(EVERY_DAY, "08:00-18:00", **(usual | more))


def course_of(name: str, place: Clinic | None = None, **wish: Any) -> Course:
    asked = load_protocol(name)
    usual: dict[str, Any] = {"patient": "P-014", "boosters": 1 if asked.booster_phase else 0}
    return plan(asked, place or at(), request(**(usual | wish)), made_at=MADE_AT)


def changed(course: Course, *changes: Change, on: str = "2026-12-08T12:00") -> Course:
    zone = course.made_at.tzinfo
    for change in changes:
        moment = datetime.fromisoformat(on).replace(tzinfo=zone)
        course = revise(course, change, at=moment, why="snow", by="Qzoe")
    return course


def of_a_call_and_home() -> Course:
    """Visits at home, by phone and at the clinic."""
    kinds = {
        "infusion": INFUSION,
        "home": VisitKind("At home", Minutes(0, 60, 0), place="home"),
        "call": VisitKind("Call", Minutes(0, 30, 0), place="phone"),
    }
    phases = [phase(2, visit=kind, name=kind) for kind in kinds]
    asked = protocol(*phases, visits={**kinds, "booster": INFUSION})
    asked = replace(asked, title="", visits={k: replace(v, title="") for k, v in kinds.items()})
    return plan(asked, at(), request(patient="P-014"), made_at=MADE_AT)


def of_calls() -> Course:
    """Visits by phone alone."""
    call = VisitKind("", Minutes(0, 30, 0), place="phone")
    asked = protocol(phase(2, visit="call"), visits={"call": call}, title="")
    return plan(asked, at(), request(patient="P-014"), made_at=MADE_AT)


def of_talks(titles: Titles) -> Course:
    """Talks at the clinic, one of them on the day of a visit."""
    talks = (PhaseReview(2, "How is it going?", place="clinic"), PhaseReview(6, "Qlast"))
    own = protocol(phase(reviews=talks), title="Qweekly")
    course = plan(own, at(titles=titles), request(patient="P-014"), made_at=MADE_AT)
    first, second = course.companions
    return replace(
        course,
        companions=(
            replace(first, start=course.visits[2].start),
            second,
            replace(second, place="clinic", uid="u"),
            replace(second, place="clinic", uid="v", start=second.start + timedelta(7)),
        ),
    )


def of_companions(titles: Titles) -> Course:
    """Companions by phone, at home and at the clinic, with a ride; visits are a week apart."""
    kinds = (
        CompanionKind("call", "Qlast", WithinDays(1), 30, after=EACH),
        CompanionKind("home", "Qlast", WithinDays(2, 2), 1, after=EACH, place="home"),
        CompanionKind(
            "here", "Qlast", WithinDays(3, 3), 60, after=EACH, place="clinic", driver=True
        ),
        CompanionKind("alone", "Qlast", WithinDays(4, 4), 60, after=EACH, place="clinic"),
    )
    own = protocol(phase(2, every_days=7, gap_days=GapDays(9)), companions=kinds, title="Qweekly")
    asked = request(patient="P-014", driver_name="Qsam")
    return plan(own, at(titles=titles), asked, made_at=MADE_AT)


def of_home_days(titles: Titles, rule: NoDriving | None) -> Course:
    """Infusions a week apart, with days at home between, to which somebody stays."""
    tablet = VisitKind("Qlast", Minutes(0, 60, 0), place="home", no_driving=rule, attendant=True)
    weekly = phase(2, every_days=7, gap_days=GapDays(9))
    home = replace(phase(2, every_days=2, gap_days=GapDays(7)), name="home", visit="tablet")
    own = protocol(
        weekly,
        replace(home, beside=weekly.name),
        visits={"infusion": INFUSION, "booster": INFUSION, "tablet": tablet},
        title="Qweekly",
    )
    return plan(own, at(titles=titles), request(patient="P-014"), made_at=MADE_AT)


def of_prices(titles: Titles, *, complete: bool, boosters: int = 2) -> Course:
    prices = {"infusion": Amount(45000)} if complete else {"booster": Amount(1)}
    priced = at(titles=titles, prices=Prices("USD", {"iv-depression": prices}))
    asked = request(patient="P-014", boosters=boosters)
    return plan(load_protocol("iv-depression"), priced, asked, made_at=MADE_AT)


def us(course: Course) -> Course:
    return replace(course, clinic=replace(course.clinic, clock="12h", dates="us"))


SAM: dict[str, Any] = {"driver_name": "Qsam", "driver_phone": "555 0199"}
NO_RULE = protocol(visits={"infusion": replace(INFUSION, title="", no_driving=None)}, title="")

COURSES = {
    **{name: course_of(name) for name in shipped_protocols()},
    **{
        f"{name}, clinical": course_of(name, at(titles="clinical")) for name in shipped_protocols()
    },
    "in US style": us(course_of("iv-depression", **SAM)),
    "with a driver": course_of("iv-ptsd", **SAM),
    "at short notice": course_of("iv-ptsd", **SAM, start=date(2026, 11, 24)),
    "after visits elsewhere": course_of(
        "iv-depression-gated", prior=(date(2026, 11, 18), date(2026, 11, 20))
    ),
    "held": changed(course_of("iv-depression", **SAM), Change("hold")),
    "moved": changed(course_of("iv-depression", **SAM), Change("defer", visit=3, days=3)),
    "two drivers": changed(
        course_of("iv-depression", **SAM), Change("driver", driver=Driver("Qzoe"), visits="3,4")
    ),
    "ended before it began": changed(course_of("iv-ptsd"), Change("cease"), on="2026-12-01T12:00"),
    "switched": switch(
        changed(course_of("iv-depression", **SAM), Change("complete", visit=1)),
        load_protocol("iv-ptsd"),
        date(2026, 12, 21),
        at=datetime(2026, 12, 10, 12, tzinfo=MADE_AT.tzinfo),
        by="Qzoe",
    ),
    "somebody else drives once": changed(
        course_of("iv-ptsd"), Change("driver", driver=Driver("Qzoe"), visits="3")
    ),
    "names that tell": course_of("iv-ptsd", patient="Ketamin", driver_name="Ketamine Qsam"),
    "by phone alone": of_calls(),
    "talks": of_talks("discreet"),
    "talks, clinical": of_talks("clinical"),
    "prices of all": of_prices("discreet", complete=True, boosters=0),
    "ended": changed(course_of("iv-depression", **SAM), Change("cease", visit=1)),
    "missed and made up for": changed(
        course_of("iv-depression"), Change("miss", visit=1, make_up=True)
    ),
    "left out": changed(course_of("iv-depression"), Change("omit", visit=3)),
    "reviewed": changed(
        course_of("iv-depression-gated", **SAM),
        Change("complete", visit=1),
        Change("complete", visit=2),
        Change("review", visit=2, outcome="go-on"),
        on="2026-12-10T12:00",
    ),
    "at home, by phone": of_a_call_and_home(),
    "without a driving rule": plan(NO_RULE, at(), request(patient="P-014"), made_at=MADE_AT),
    "companions": of_companions("discreet"),
    "companions, clinical": changed(of_companions("clinical"), Change("omit", visit=2)),
    "home days": of_home_days("discreet", NoDriving(24)),
    "home days without a rule": of_home_days("clinical", None),
    "prices": of_prices("discreet", complete=True),
    "prices, clinical": of_prices("clinical", complete=True),
    "prices to ask for": of_prices("discreet", complete=False),
    "telling instructions": course_of("iv-ptsd", at(instructions=Instructions(discreet=TELLS))),
    "a clinic without words": course_of(
        "iv-ptsd", clinic(EVERY_DAY, "08:00-18:00", language=LANGUAGE)
    ),
}
VIEWS = {
    "patient": View("patient", "Qana"),
    "driver": View("driver", "Qana"),
    "one driver": View("driver", "Qana", "Qsam"),
    "no label": View("driver"),
    "one driver, no label": View("driver", "", "Qsam"),
}


@pytest.fixture(autouse=True)
def pseudo_language(monkeypatch):
    def patched(language):
        return PseudoCatalogue() if language == LANGUAGE else catalogue(language)

    monkeypatch.setattr(locale, "catalogue", patched)
    clear_memos()  # of texts in the language itself
    yield
    clear_memos()


def left_over(text: str) -> set[str]:
    """The words that are neither from the catalogue, nor names, nor of a date."""
    table = read_table(LANGUAGE)
    names = [*table.weekdays, *table.months, *table.headings, *table.halves]
    names += [name[:2] for name in table.weekdays]
    dates = {word for name in (*names, "de") for word in WORD.findall(name)}
    return set(WORD.findall(unmarked(text))) - dates - THEIRS


@pytest.mark.parametrize("form", ["text", "month"])
@pytest.mark.parametrize("name", COURSES)
def test_no_word_of_a_page_in_plain_text_is_untranslated(name, form):
    for view in VIEWS.values():
        assert left_over(render(COURSES[name], form, view)) == set()


@pytest.mark.parametrize("name", COURSES)
def test_no_word_of_a_calendar_is_untranslated(name):
    for view in VIEWS.values():
        assert left_over("\n".join(texts_of(render(COURSES[name], "ics", view)))) == set()


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(
    "change",
    [Change("hold"), Change("defer", visit=3, days=3), Change("cease", visit=2)],
    ids=lambda change: change.verb,
)
def test_no_word_of_a_calendar_of_changes_is_untranslated(change, view):
    before = course_of("iv-depression", **SAM)
    after = changed(before, change)
    assert changed_events(before, after, VIEWS[view])
    assert left_over("\n".join(texts_of(render_changes(before, after, VIEWS[view])))) == set()


def test_no_word_of_a_page_in_html_is_untranslated():
    found = {name: left_over(html_texts(course)) for name, course in COURSES.items()}
    assert {name: words for name, words in found.items() if words} == {}


def html_texts(course: Course) -> str:
    """What the pages of a patient and of drivers show or read out."""
    reader = VisibleText()
    for view in VIEWS.values():
        reader.feed(render(course, "html", view))
    return " ".join(reader.texts)


@pytest.mark.parametrize("form", ["text", "month"])
@pytest.mark.parametrize("name", COURSES)
def test_no_line_is_too_long_at_one_and_a_half_times_the_length(name, form):
    for view in VIEWS.values():
        for line in render(COURSES[name], form, view).splitlines():
            assert len(line) <= MAX_WIDTH, line


@pytest.mark.parametrize("name", COURSES)
def test_no_column_of_the_visits_runs_into_the_next(name):
    course = COURSES[name]
    page = make_page(course, View("patient"))
    for uid, (line, *_) in make_visit_table(page).lines.items():
        (visit,) = (one for one in course.visits if one.uid == uid)
        day = page.locale.day_text(visit.start, year=False)
        cells = [page.ordinal(visit), day]
        if not page.status_text(visit):
            times = page.check_in_text(visit), page.locale.clock_text(visit.treatment_start)
            cells += [*filter(None, times), page.collect_text(visit)]
        assert re.match("  +(?:\\d{4}  +)?".join(map(re.escape, cells)) + "(  |$)", line), line


def test_every_message_is_on_one_of_these_pages(monkeypatch):
    shown = set[str | tuple[str, str]]()

    class Noting(PseudoCatalogue):
        def gettext(self, message: str) -> str:
            shown.add(message)
            return super().gettext(message)

        def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
            shown.add((msgid1, msgid2))
            return super().ngettext(msgid1, msgid2, n)

    monkeypatch.setattr(locale, "catalogue", lambda _: Noting())
    mails = list[Invitation]()
    for course in COURSES.values():
        for form in ("text", "month", "ics", "html"):
            for view in VIEWS.values():
                render(course, form, view)
        for entry in published_entries([course], "patient", date(2026, 12, 7)).values():
            assert entry.own_text
        asked = replace(course.request, patient_email="p@example.org")
        mails += [*invitations(replace(course, request=asked), "desk@example.org")]
    assert mails
    assert {one.id for one in template() if one.id} - shown == set()


def texts_of(calendar: str) -> Iterator[str]:
    """The values of a calendar that people read."""
    for line in unfolded(calendar):
        name, _, value = line.partition(":")
        if name in ("SUMMARY", "DESCRIPTION", "LOCATION", "NAME", "X-WR-CALNAME"):
            yield value.replace("\\n", "\n").replace("\\", "")


class VisibleText(HTMLParser):
    """The texts of a page that are shown or read out."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag, attrs):
        self._inside = tag
        self.texts += [value for name, value in attrs if name in ("aria-label", "title", "alt")]

    def handle_data(self, data):
        if self._inside != "style":
            self.texts.append(data)
