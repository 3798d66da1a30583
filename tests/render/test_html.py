"""The HTML page: its content, and that no text of a clinic becomes markup."""

from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketasched.events.view import View
from ketasched.events.wording import one_line
from ketasched.files.load import load_protocol
from ketasched.model import (
    Amount,
    Audience,
    Clinic,
    Course,
    Driver,
    Instructions,
    Prices,
    Titles,
    Wording,
)
from ketasched.model.privacy import sensitive_term
from ketasched.planning.planner import plan
from ketasched.render import render
from tests.conftest import MADE_AT
from tests.render.test_ics import MIXED
from tests.support.hostile import HOSTILE, TEXTS, clinic_saying
from tests.support.nouns import INFUSION, clinic, phase, protocol, request

AUDIENCES = pytest.mark.parametrize("audience", ["patient", "driver", "clinic"])


class Read(HTMLParser):
    """The tags of a page with their attributes, and its text as it stands in each element."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.texts = [""]
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # A page is dense where its words are long: that is no attribute of theirs.
        plain = [(name, (value or "").removesuffix(" dense")) for name, value in attrs]
        self.tags.append((tag, [*plain]))
        self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        self.texts.append("")

    def handle_data(self, data: str) -> None:
        self.texts[-1] += data


def page(course: Course, audience: Audience = "patient", **more) -> str:
    return render(course, "html", View(audience, **more))


def course_saying(text: str, **more) -> Course:
    at = clinic(**(clinic_saying(text) | {"titles": "clinical"} | more))
    asked = request(patient=text, driver_name=text, driver_phone=text)
    return plan(MIXED, at, asked, made_at=MADE_AT)


def words(page: str) -> list[str]:
    """The text of the page, element by element, blanks as one."""
    return [" ".join(text.split()) for text in Read(page).texts if text.split()]


@AUDIENCES
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_text_adds_a_tag_or_an_attribute(text, audience):
    hostile = f"{text}<script>alert(1)</script><b onload='x'>\"><img src=//a.example>&lt;{text}"
    found = Read(page(course_saying(hostile), audience, driver_label="A<b>nna"))
    wanted = Read(page(course_saying("words"), audience, driver_label="Anna"))
    assert found.tags == wanted.tags


FIELDS = {
    "patient": ["patient", "name", "phone", "address", "before", "bring", "call", "driver"],
    "driver": ["phone", "address"],
    "clinic": ["patient", "driver"],
}
"""The fields whose text is on each audience's page."""


def course_with(text: str, titles: Titles) -> Course:
    """A course in which each text is the name of its field, followed by `text`."""
    said: Any = {name: f"{name}{text}" for name in ("before", "bring", "side_effects", "call")}
    own = clinic(
        name=f"name{text}",
        phone=f"phone{text}",
        address=f"address{text}",
        titles=titles,
        instructions=Instructions(**said, discreet=Wording(**said)),
    )
    asked = request(patient=f"patient{text}", driver_name=f"driver{text}")
    return plan(protocol(), own, asked, made_at=MADE_AT)


@settings(max_examples=80)
@given(
    text=TEXTS.filter(lambda text: not sensitive_term(text)),
    audience=st.sampled_from(["patient", "driver", "clinic"]),
    titles=st.sampled_from(["discreet", "clinical"]),
)
def test_any_text_of_any_field_is_on_the_page_whole(text, audience, titles):
    hostile = f"{text}<i>&amp;."
    found = Read(page(course_with(hostile, titles), audience))
    assert found.tags == Read(page(course_with(".", titles), audience)).tags
    for name in FIELDS[audience]:
        wanted = f"{name}{hostile}"
        # A name, a phone and an address stand on one line, whatever they are written on.
        lines = one_line(wanted), wanted.strip()
        assert [one for one in found.texts if one in lines], name


def test_nothing_in_the_page_is_from_outside_and_no_script_could_run():
    text = page(course_saying("words"))
    tags = {tag for tag, _ in Read(text).tags}
    assert tags.isdisjoint({"script", "link", "img", "iframe", "object", "form"})
    linked = [
        value or "" for _, pairs in Read(text).tags for name, value in pairs if name == "href"
    ]
    assert {one[:4] if one.startswith("tel:") else one[:1] for one in linked} <= {"tel:", "#"}
    (policy,) = (
        dict(attributes)["content"] or ""
        for tag, attributes in Read(text).tags
        if ("http-equiv", "Content-Security-Policy") in attributes
    )
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "url(" not in text
    assert "@import" not in text
    assert not any(name == "style" for _, pairs in Read(text).tags for name, _ in pairs)


def test_the_patients_page_has_dates_words_phone_and_address():
    own = clinic(
        "mon tue wed thu fri",
        name="Day clinic",
        phone="555 0100",
        address="12 Main Street\nRiverbend",
        instructions=clinic_saying("Eat nothing.")["instructions"],
    )
    said = " ".join(words(page(plan(protocol(), own, request(), made_at=MADE_AT))))
    for text in (
        "Day clinic",
        "Someone else has to drive you here and take you home again, every time.",
        "December 2026",
        "1 of 6 Mon 7 Dec Check-in 09:00 Treatment begins 09:15 Ready from 10:55 "
        "No driving before Tue 8 Dec, 10:55 and not before a full night's sleep "
        "Driver Name: not arranged yet",
        "Before you come",
        "Eat nothing.",
        "Phone: 555 0100",
        "12 Main Street, Riverbend",
        "delete the entries of the old one before you import a new one",
        "Rides, there and back",
        "Bring at",
    ):
        assert text in said


def test_the_drivers_page_is_only_the_drivers_sheet():
    course = plan(protocol(), clinic(phone="555 0100"), request(patient="P-014"), made_at=MADE_AT)
    said = " ".join(words(page(course, "driver")))
    assert "Rides, there and back" in said
    assert "P-014" not in said
    assert "appointment" not in said.lower()


def test_the_drivers_sheet_is_discreet_where_the_patients_is_not():
    own = clinic(titles="clinical", address="Ketamine House, 12 Main Street", calendar_place="")
    text = page(plan(protocol(), own, request(), made_at=MADE_AT))
    patients, drivers = text.split('<section class="sheet driver" lang="en">')
    assert "Ketamine House" in patients
    assert "12 Main Street" in drivers
    assert "Ketamine" not in drivers


def test_a_known_driver_is_named_with_each_visit_and_the_phone_once():
    asked = request(driver_name="Sam Rivera", driver_phone="555 0199")
    text = page(plan(protocol(), clinic(), asked, made_at=MADE_AT))
    assert text.count("Driver</span><bdi>Sam Rivera</bdi>") == 6
    assert text.count(">555 0199<") == text.count('href="tel:5550199"') == 1
    assert "not arranged yet" not in text


def test_a_missed_visit_is_in_the_list_but_not_in_the_month():
    course = plan(protocol(phase(2)), clinic(), request(), made_at=MADE_AT)
    missed = replace(course.visits[0], status="missed")
    text = page(replace(course, visits=(missed, course.visits[1])))
    assert "did not take place" in text
    assert text.count('<td class="m-visit">') == 1


# ---- Prices

PRICED = protocol(
    phase(6),
    phase(2, name="more", visit="booster", tentative=True),
    visits={"infusion": INFUSION, "booster": replace(INFUSION, title="Booster", like="infusion")},
)


def at_prices(**amounts: str) -> Clinic:
    prices = {kind: Amount.read(amount) for kind, amount in amounts.items()}
    return clinic(prices=Prices("USD", {"test": prices}))


def prices_of(asked, own) -> str:
    said = " ".join(words(page(plan(asked, own, request(), made_at=MADE_AT))))
    return said.partition("Prices ")[2].partition(" Calendar file")[0]


@pytest.mark.parametrize(
    ("asked", "amounts", "said"),
    [
        (
            protocol(),
            {"infusion": "450"},
            "6 × Appointment USD 450 each, USD 2,700 In all USD 2,700",
        ),
        (
            PRICED,
            {"infusion": "450", "booster": "99.50"},
            "6 × Appointment USD 450 each, USD 2,700 In all USD 2,700 "
            "2 × Appointment , to be decided by your clinician USD 99.50 each, USD 199 "
            "In all, if everything takes place USD 2,899",
        ),
        (
            PRICED,
            {"infusion": "450"},
            "6 × Appointment USD 450 each, USD 2,700 In all USD 2,700 "
            "2 × Appointment , to be decided by your clinician USD 450 each, USD 900 "
            "In all, if everything takes place USD 3,600",
        ),
        (
            PRICED,
            {"booster": "0"},
            "6 × Appointment ask your clinic In all ask your clinic "
            "2 × Appointment , to be decided by your clinician USD 0 each, USD 0",
        ),
        (protocol(), {}, ""),
    ],
    ids=["one kind", "two kinds", "like another kind", "not all priced", "no prices"],
)
def test_the_page_has_the_price_of_each_kind_and_the_total(asked, amounts, said):
    assert prices_of(asked, at_prices(**amounts)) == said


@pytest.mark.parametrize("form", ["text", "html"])
@pytest.mark.parametrize("status", ["held", "ceased"])
def test_nothing_costs_nothing_where_nothing_takes_place(status, form):
    course = plan(protocol(), at_prices(infusion="450"), request(), made_at=MADE_AT)
    assert "USD" in render(course, form, View())
    visits = tuple(replace(visit, status=status) for visit in course.visits)
    said = render(replace(course, visits=visits), form, View())
    assert "USD" not in said
    assert "prices</h2>" not in said.lower()
    assert "\nPRICES\n" not in said


def test_a_driver_is_not_told_the_price():
    course = plan(protocol(), at_prices(infusion="450"), request(), made_at=MADE_AT)
    assert "USD" not in page(course, "driver")


def test_several_drivers_are_listed():
    course = plan(protocol(phase(2)), clinic(), request(), made_at=MADE_AT)
    drivers = Driver("Sam", "555 1"), Driver("Alex; Jo", "555 2")
    both = zip(course.visits, drivers, strict=True)
    visits = tuple(replace(visit, driver=driver) for visit, driver in both)
    said = " ".join(words(page(replace(course, visits=visits))))
    assert "Driver: Alex; Jo 555 2 ; Sam 555 1 ." in said


# ---- The next visit, phones, dates


def revised(course: Course, days: int, **more: Any) -> Course:
    """The course as it is some days after its start, when something was noted."""
    at = course.visits[0].start + timedelta(days=days, hours=12)
    entry = replace(course.history[0], at=at, what="noted")
    return replace(course, revision=2, history=(*course.history, entry), **more)


def next_of(text: str) -> str:
    box = text.partition('<section class="next')[2].partition("</section>")[0]
    return " ".join(words(box.partition(">")[2]))


def test_the_next_visit_stands_on_top_with_the_day_as_of_which_that_is_so():
    course = plan(protocol(), clinic(), request(), made_at=MADE_AT)
    said = next_of(page(course))
    assert said.startswith("Your next appointment: 1 of 6 as of Mon 23 Nov Mon 7 Dec 09:00 check")
    done = replace(course.visits[0], status="completed")
    said = next_of(page(revised(course, 0, visits=(done, *course.visits[1:]))))
    assert said.startswith("Your next appointment: 2 of 6 as of Mon 7 Dec Wed 9 Dec 09:00 check")


@pytest.mark.parametrize("status", ["held", "ceased", "tentative"])
def test_nothing_is_next_that_is_not_planned(status):
    course = plan(protocol(), clinic(), request(), made_at=MADE_AT)
    visits = tuple(replace(visit, status=status) for visit in course.visits)
    assert next_of(page(replace(course, visits=visits))) == ""


def test_nothing_is_next_that_was_over_when_the_page_was_made():
    course = plan(protocol(phase(2)), clinic(), request(), made_at=MADE_AT)
    assert next_of(page(revised(course, 5))) == ""
    assert next_of(page(revised(course, 5), "driver")) == ""


def test_the_next_ride_stands_on_top_of_the_drivers_page():
    course = plan(protocol(), clinic(), request(), made_at=MADE_AT)
    said = next_of(page(course, "driver"))
    assert said == "Next ride as of Mon 23 Nov Mon 7 Dec Bring at 09:00 Collect from 10:55"


def test_the_next_ride_says_whose_it_is_where_several_drive():
    course = plan(protocol(phase(2)), clinic(), request(), made_at=MADE_AT)
    first, second = course.visits
    course = replace(course, visits=(replace(first, driver=Driver("Sam", "")), second))
    assert next_of(page(course, "driver")).endswith("Collect from 10:55 Driver Sam")
    assert next_of(page(course, "driver", rides_of="Sam")).endswith("Collect from 10:55")


@pytest.mark.parametrize(
    ("phone", "link"),
    [
        ("555 0100", "tel:5550100"),
        ("+1 (555) 010-0142", "tel:+15550100142"),
        ("+44 (0)20 7946 0000", "tel:+442079460000"),
        ("555 0100 ext. 12", ""),
        ("555 0100 or 555 0101", ""),
        ("555 0100/0101", ""),
        ("555 0100 555 0200", ""),
        ("0180 555 0100", "tel:01805550100"),
        ("+1 555 0100 +1 555 0200", ""),
        ("+15550100555020", "tel:+15550100555020"),
        ("555  0100", ""),
        ("555\t0100", ""),
        ("555\N{NO-BREAK SPACE}0100", "tel:5550100"),
        ("ask for Jo", ""),
        ('1"onclick=x', ""),
    ],
)
def test_a_phone_can_be_called_if_it_is_one_plain_number(phone, link):
    course = plan(protocol(), clinic(phone=phone), request(), made_at=MADE_AT)
    linked = [dict(pairs).get("href") for name, pairs in Read(page(course)).tags if name == "a"]
    assert set(linked) == ({link} if link else set())


def test_a_date_breaks_only_after_a_comma_and_only_on_a_page():
    course = plan(protocol(), clinic(clock="12h", dates="us"), request(), made_at=MADE_AT)
    text = page(course)
    assert "Tue, Dec\N{NO-BREAK SPACE}8, 10:55\N{NO-BREAK SPACE}AM" in text
    assert "10:55 AM" not in text
    for form in ("text", "month", "ics"):
        assert "\N{NO-BREAK SPACE}" not in render(course, form, View())


def test_one_visit_is_on_a_day_and_not_from_a_day_to_the_same_day():
    said = " ".join(words(page(plan(protocol(phase(1)), clinic(), request(), made_at=MADE_AT))))
    assert ": Mon 7 Dec 2026." in said
    assert "One ride: Mon 7 Dec 2026." in said
    assert "Mon 7 Dec 2026 to" not in said


def test_after_a_visit_its_driving_rule_still_stands():
    course = plan(protocol(phase(2)), clinic(), request(), made_at=MADE_AT)
    done = replace(course.visits[0], status="completed")
    said = " ".join(words(page(replace(course, visits=(done, course.visits[1])))))
    assert "1 of 2 Mon 7 Dec Check-in 09:00 done No driving before Tue 8 Dec, 10:55" in said


def test_the_clinics_page_has_both_halves_of_the_driving_rule():
    text = page(plan(protocol(), clinic(), request(), made_at=MADE_AT), "clinic")
    said = " ".join(words(text.partition("<thead")[2].partition("</thead")[0]))
    assert "No driving before and not before a full night's sleep" in said


def test_each_kind_of_date_is_told_apart_by_a_sign_and_a_class():
    days = clinic("mon tue wed thu fri sat sun")
    text = page(plan(MIXED, days, request(), made_at=MADE_AT))
    for kind, sign in {"visit": "pin", "call": "phone", "talk": "talk", "maybe": "maybe"}.items():
        row = text.partition(f'<tr class="{kind}" role="row">')[2].partition("</tr>")[0]
        assert f'href="#i-{sign}"' in row


def test_a_month_has_no_weeks_before_its_first_date_or_after_its_last():
    text = page(plan(protocol(), clinic(), request(), made_at=MADE_AT))
    month = text.partition('<table class="month">')[2].partition("</table>")[0]
    assert month.count("<tr>") == 1 + 2
    assert "<td>13</td>" in month
    assert "<td>1</td>" not in month


def test_a_visit_elsewhere_has_a_frame_and_a_sign_of_its_own_in_the_month():
    course = plan(protocol(phase(2)), clinic(), request(), made_at=MADE_AT)
    elsewhere = replace(course.visits[0], elsewhere=True, status="completed")
    text = page(replace(course, visits=(elsewhere, course.visits[1])))
    cell = text.partition('<td class="m-elsewhere">')[2].partition("</td>")[0]
    assert 'href="#i-away"' in cell
    assert "took place elsewhere" in cell


def test_the_clinic_is_not_told_to_ask_itself():
    course = plan(load_protocol("oral-clinic-6"), clinic(), request(), made_at=MADE_AT)
    assert "ask your clinic" in page(course)
    assert "ask your clinic" not in page(course, "clinic")
    assert "no rule on file" in page(course, "clinic")


def test_a_page_in_large_print_is_another_one():
    course = plan(protocol(), clinic(), request(), made_at=MADE_AT)
    assert '<body class="regular">' in page(course)
    assert '<body class="large">' in page(course, large=True)


def test_the_drivers_sheet_of_a_patients_page_is_in_the_drivers_language():
    course = plan(
        protocol(), clinic(), request(language="es", driver_language="fr"), made_at=MADE_AT
    )
    own, sheet = page(course).split('<section class="sheet driver" lang="fr">')
    assert '<html lang="es">' in own
    assert "Sus citas" in own
    assert "Merci d’attendre" in sheet
    assert "lun. 7 déc." in sheet.replace("\N{NO-BREAK SPACE}", " ")
    assert "lun, 7" not in sheet.replace("\N{NO-BREAK SPACE}", " ")
