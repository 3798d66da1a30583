"""Each reader has a language: the patient, the driver, and the clinic, which reads English."""

import re
from dataclasses import replace

import pytest

from ketasched.events.view import View, reader_languages, reader_locale
from ketasched.files.codec import json_line
from ketasched.language.locale import Locale
from ketasched.model import Amount, Instructions, OtherWording, Prices, ProtocolWording, Wording
from ketasched.planning.planner import plan
from ketasched.render import RENDERERS, render
from ketasched.render.patient_folder import render_folder
from tests.conftest import MADE_AT
from tests.support.nouns import clinic, protocol, request


def course(at=None, **wish):
    return plan(protocol(), at or clinic(), request(driver_name="Sam", **wish), made_at=MADE_AT)


@pytest.mark.parametrize(
    ("own", "patient", "driver", "expected"),
    [
        ("en", "", "", ("en", "en")),
        ("es", "", "", ("es", "es")),
        ("en", "es", "", ("es", "es")),
        ("en", "", "fr", ("en", "fr")),
        ("es", "en", "fr", ("en", "fr")),
        ("es", "fr", "en", ("fr", "en")),
    ],
)
def test_a_driver_reads_their_own_language_else_the_patients_else_the_clinics(
    own, patient, driver, expected
):
    asked = course(clinic(language=own), language=patient, driver_language=driver)
    languages = [reader_locale(asked, View(one)).language for one in ("patient", "driver")]
    assert tuple(languages) == expected
    assert reader_languages(asked) == tuple(dict.fromkeys(expected))
    assert reader_locale(asked, View("clinic")) == Locale()


@pytest.mark.parametrize("form", RENDERERS)
def test_the_clinics_side_stays_in_english(form):
    spanish = course(clinic(language="es"), driver_language="fr")
    english = replace(
        spanish,
        clinic=replace(spanish.clinic, language="en"),
        request=replace(spanish.request, driver_language=""),
    )
    if form not in ("json", "fhir"):  # a patient reads their portal in their language
        assert render(spanish, form, View("clinic")) == render(english, form, View("clinic"))


def test_the_files_of_a_folder_are_in_the_languages_of_their_readers():
    files = render_folder(course(language="es", driver_language="fr"))
    assert b"Sus citas" in files["patient.txt"]
    assert b"X-WR-CALNAME:Citas" in files["patient.ics"]
    assert b"X-WR-CALNAME:Trajets" in files["rides.ics"]
    assert b'<html lang="es">' in files["patient.html"]


def test_a_calendar_in_french_has_plain_spaces():
    said = "".join(render(course(language="fr"), form, View()) for form in ("ics", "text"))
    assert " : " in said
    assert "\N{NO-BREAK SPACE}" not in said
    assert "\N{NARROW NO-BREAK SPACE}" not in said


def test_a_course_in_english_does_not_name_a_language():
    assert "language" not in json_line(course())
    assert '"language":"es","driver_language":"fr"' in json_line(
        course(language="es", driver_language="fr")
    )


WORDS = Instructions(
    before="B",
    bring="I",
    call="C",
    discreet=Wording(before="b"),
    others={
        "test": OtherWording(bring="I test", call="C test"),
        "es": OtherWording(
            before="B es",
            bring="I es",
            discreet=Wording(before="b es"),
            protocols={"test": ProtocolWording(call="C es test")},
        ),
    },
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("before", "B es", id="in the language"),
        pytest.param("bring", "I test", id="for the protocol before in the language"),
        pytest.param("call", "C es test", id="in the language and for the protocol"),
        pytest.param("side_effects", "", id="nowhere"),
    ],
)
def test_a_reader_gets_the_clinics_words_in_their_language(text, said):
    assert getattr(WORDS.wording("test", "es", discreet=False), text) == said


def test_where_a_language_has_no_words_the_clinics_own_are_shown():
    assert WORDS.wording("test", "fr", discreet=False) == Wording("B", "I test", "", "C test")
    assert WORDS.wording("other", "es", discreet=False) == Wording("B es", "I es", "", "C")
    assert WORDS.wording("other", "es", discreet=True) == Wording("b es")


def test_words_that_tell_are_replaced_in_the_readers_language():
    own = Instructions(discreet=Wording("Nada antes de la infusión."))
    said = render(course(clinic(instructions=own, language="es")), "text", View())
    assert "Por favor, pregunte por esto en su clínica." in said
    assert "infusión" not in said


@pytest.mark.parametrize(
    ("language", "price"), [("en", "USD 2,703.60"), ("es", "USD 2.703,60"), ("fr", "USD 2 703,60")]
)
def test_a_price_is_written_as_its_reader_reads_numbers(language, price):
    own = clinic(language=language, prices=Prices("USD", {"test": {"infusion": Amount(45060)}}))
    assert price in render(course(own), "text", View())


def test_the_head_of_the_table_has_no_empty_line():
    own = clinic(language="fr", clock="12h")
    text = render(course(own), "text", View())
    assert "No driving" not in text
    assert re.search(r"traitement  partir de\n1 sur 6 ", text)
