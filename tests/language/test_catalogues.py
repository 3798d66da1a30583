"""The translations are those of what the program says now, whole and with the same fields."""

import re

import pytest
from babel import Locale as CldrLocale
from tools.catalogue_files import REVIEWER, mo_bytes, paths, po_bytes, read
from tools.catalogues import template, updated

from ketasched.errors import BadRequest
from ketasched.events.wording import WAIT_AND_DRIVE
from ketasched.files.request_parsing import read_request
from ketasched.language.catalogue import catalogue, reviewer
from ketasched.language.known import find_language, languages
from ketasched.language.locale import Locale
from ketasched.language.tables import read_table
from ketasched.model.privacy import sensitive_term
from tests.conftest import ROOT

PATHS = {path.parent.parent.name: path for path in paths(ROOT)}
FIELDS = re.compile(r"\{\w+\}")
NEGATIONS = {"es": r"\bno\b", "fr": r"\bne\b"}
"""What a prohibition has in each language."""


def forms(text) -> list[str]:
    """The forms of a message, or of its translation."""
    return [text] if isinstance(text, str) else list(text)


def test_each_language_but_english_has_a_catalogue_and_a_table():
    assert {"en", *PATHS} == set(languages())


@pytest.mark.parametrize("language", PATHS)
def test_a_catalogue_has_the_messages_that_there_are(language):
    path = PATHS[language]
    assert path.read_bytes() == po_bytes(updated(read(path))), "python -m tools.catalogues"


@pytest.mark.parametrize("language", PATHS)
def test_a_compiled_catalogue_is_that_of_its_source(language):
    path = PATHS[language]
    assert path.with_suffix(".mo").read_bytes() == mo_bytes(path), "make catalogues"


@pytest.mark.parametrize("language", PATHS)
def test_every_message_is_translated_in_each_form_that_the_language_has(language):
    own = read(PATHS[language])
    for one in own:
        expected = 1 if isinstance(one.id, str) else own.num_plurals
        said = [form for form in forms(one.string) if form]
        assert not one.id or len(said) == expected, one.id
        assert not one.fuzzy, one.id


@pytest.mark.parametrize("language", PATHS)
def test_a_translation_has_the_fields_of_its_message(language):
    for one in read(PATHS[language]):
        asked = {tuple(sorted(FIELDS.findall(form))) for form in forms(one.id)}
        for form in forms(one.string) if one.id else ():
            assert tuple(sorted(FIELDS.findall(form))) in asked, one.id


@pytest.mark.parametrize("language", PATHS)
def test_a_translation_tells_the_treatment_if_its_message_does(language):
    for one in read(PATHS[language]):
        tells = any(map(sensitive_term, forms(one.id)))
        assert any(map(sensitive_term, forms(one.string) if one.id else ())) == tells, one.id


@pytest.mark.parametrize("language", PATHS)
def test_what_forbids_driving_forbids_it_in_every_language(language):
    prohibitions = [
        one for one in read(PATHS[language]) if re.search(r"No driving|Do not drive", str(one.id))
    ]
    assert len(prohibitions) > 5
    for one in prohibitions:
        assert re.search(NEGATIONS[language], str(one.string).casefold()), one.id


@pytest.mark.parametrize("language", PATHS)
def test_no_sentence_ends_in_two_full_stops(language):
    if not any(half.endswith(".") for half in read_table(language).halves):
        return
    for one in read(PATHS[language]):
        for form in forms(one.string) if one.id else ():
            assert not re.search(r"\{(time|moment|begin|end|ride|dates)\}\.", form), form


def test_in_french_a_line_never_begins_with_a_punctuation_mark():
    for one in read(PATHS["fr"]):
        for form in forms(one.string) if one.id else ():
            assert not re.search(r" [:;?!»]|« ", form), "a no-break space belongs there"


def test_a_driver_takes_the_patient_home_and_a_date_is_not_read_as_until():
    spanish, french = Locale(language="es"), Locale(language="fr")
    assert "su casa" not in spanish.text(WAIT_AND_DRIVE)
    assert not spanish.text("as of {day}", day="7 dic").startswith("al ")
    assert not french.text("as of {day}", day="7 déc.").startswith("au ")


def test_no_break_spaces_are_plain_where_programs_cannot_show_them():
    french = Locale(language="fr")
    assert "\N{NO-BREAK SPACE}" in french.text("Calendar file:")
    assert french.plain(french.text("Calendar file:")) == "Fichier d’agenda :"
    written = "12\N{NO-BREAK SPACE}Main Street"
    assert Locale().plain(written) == written


def test_the_empty_text_is_not_the_header_of_a_catalogue():
    assert Locale(language="es").text("") == ""


@pytest.mark.parametrize("language", PATHS)
def test_a_catalogue_names_its_reviewer_or_nobody(language):
    assert REVIEWER.casefold() in catalogue(language).info()
    assert reviewer(language) == read(PATHS[language]).reviewer
    assert reviewer("en")


@pytest.mark.parametrize("count", [0, 1, 2, 5, 21])
@pytest.mark.parametrize("language", PATHS)
def test_a_number_has_the_form_that_cldr_has_for_it(language, count):
    rule = CldrLocale(language).plural_form
    names = sorted(rule.tags | {"other"}, key=("one", "many", "other").index)
    plural = catalogue(language).plural  # type: ignore[attr-defined]
    assert names[plural(count)] == rule(count)


def test_a_source_without_compiled_catalogues_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr("ketasched.language.catalogue.CATALOGUES", tmp_path)
    with pytest.raises(FileNotFoundError, match="make catalogues"):
        catalogue.__wrapped__("es")
    with pytest.raises(BadRequest, match="make catalogues"):
        read_request({"start": "2026-12-07", "language": "Spanish"})
    assert read_request({"start": "2026-12-07", "language": "en"}).language == "en"


def test_the_messages_are_found_in_code_templates_and_protocols():
    found = {one.id: [place for place, _ in one.locations] for one in template() if one.id}
    assert found["Your appointments"] == ["render/page.py"]
    assert "protocols/iv-ptsd.toml" in found["Ketamine infusion"]
    assert found["Please ask your clinic for this."] == ["model/privacy.py"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(("es", "es"), ("ES", "es"), (" Spanish ", "es"), ("Español", "es"), ("français", "fr")),
        *(
            ("Francais", "fr"),
            ("ESPANOL", "es"),
            ("es-MX", "es"),
            ("fr_CA", "fr"),
            ("xx-MX", ""),
            ("en-Spanish", ""),
        ),
        *(("English", "en"), ("e", ""), ("Klingon", ""), ("", "")),
    ],
)
def test_a_language_is_known_by_its_code_and_by_its_names(text, code):
    assert find_language(text) == code


def test_a_language_is_a_catalogue_a_table_and_words_that_tell_and_nothing_else():
    code = ROOT / "src" / "ketasched"
    named = re.compile(rf"""["'](?:{"|".join(PATHS)})["']|Spanish|French""")
    for path in (*code.rglob("*.py"), *code.rglob("*.html"), *code.rglob("*.css")):
        if path.name != "sensitive_terms.py":
            assert not named.search(path.read_text(encoding="utf-8")), path
