"""Patients of the register by their names as people type them."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketasched.model.identifiers import first_characters, folded_reference, search_key
from tests.register.terminal import TODAY, plan, run
from tests.support.batches import clinic_file

MARIA = "María Gómez"


@pytest.mark.parametrize(
    "typed",
    [
        "maria gomez",
        "MARIA GOMEZ",
        "María  Gómez",
        "  Maria   Gomez ",
        "Mari\u0301a go\u0301mez",
        "\u200b\u202aMaría\u00a0Gómez\u202c",
    ],
    ids=["plain", "capitals", "two spaces", "spaces around", "decomposed", "pasted"],
)
@pytest.mark.parametrize(
    "command",
    [
        ("register", "show", "{}", "--format", "json"),
        ("suggest", "{}", "3", *TODAY, "--format", "json"),
        ("revise", "{}", "driver", "3", "--name", "Ana", "--dry-run", *TODAY, "--format", "json"),
        ("register", "list", "{}", "--format", "json"),
    ],
    ids=["show", "suggest", "revise", "list"],
)
def test_a_patient_is_found_whatever_the_case_the_accents_and_the_spaces(book, command, typed):
    plan(MARIA)
    asked = [word.format(typed) for word in command]
    exact = [word.format(MARIA) for word in command]
    assert json.loads(run(*asked).stdout) == json.loads(run(*exact).stdout) != []


def test_a_reference_that_is_written_so_is_meant_whoever_else_is_called_alike(book):
    plan(MARIA)
    plan("Maria Gomez")
    for patient in (MARIA, "Maria Gomez"):
        found = json.loads(run("register", "show", patient, "--format", "json").stdout)
        assert found["patient"] == patient


def test_who_types_what_several_are_called_is_shown_them_to_choose_from(book):
    plan(MARIA)
    plan("Maria Gomez")
    for command in (("register", "show"), ("register", "list")):
        refused = run(*command, "MARIA GOMEZ", code=3)
        assert "2 patients in the register are called like this" in refused.stderr
        assert "\n  'Maria Gomez'\n  'María Gómez'\n" in refused.stderr
    assert "P-1" not in run("revise", "MARIA GOMEZ", "complete", "1", *TODAY, code=3).stdout


def test_a_patient_of_another_clinic_is_no_rival_where_the_clinics_file_is_given(book):
    for name, patient in (("one", MARIA), ("two", "Maria Gomez"), ("three", "P-1")):
        path = clinic_file(f"{name}.toml", f'name = "{name}"\nid_salt = "{name}"')
        plan(patient, "--clinic", path)
    for name, code in (("one", 0), ("two", 0), ("three", 3)):
        run("register", "show", "MARIA GOMEZ", "--clinic", f"{name}.toml", code=code)
    run("register", "show", "MARIA GOMEZ", code=3)


def test_a_name_that_begins_with_a_hyphen_is_written_after_two(book):
    plan("-x")
    refused = run("register", "show", "-x", code=2)
    assert "ketasched register show -- -NAME" in refused.stderr
    assert "-x" in run("register", "show", "--format", "json", "--", "-x").stdout
    run("revise", "--", "-x", "driver", "3", "--name", "Ana", *TODAY)


def test_letters_that_are_no_accented_ones_are_found_by_what_people_type():
    pairs = {"Søren": "soren", "Łukasz": "lukasz", "O’Brien": "o'brien", "Straße": "STRASSE"}
    assert {search_key(name) for name in pairs} == {search_key(typed) for typed in pairs.values()}


def test_vowels_of_other_scripts_are_no_accents():
    assert search_key("कि") != search_key("कु")
    assert search_key("ガ") != search_key("カ")


@given(st.text(st.characters(categories=("L", "N", "P")), min_size=1))
def test_a_key_is_its_own_key_in_every_case_and_unicode_form(text):
    key = search_key(text)
    assert search_key(key) == key
    for form in ("NFC", "NFD"):
        assert search_key(unicodedata.normalize(form, text)) == key


@given(st.text(st.characters(max_codepoint=0x24F, categories=("L", "N")), min_size=1))
def test_nobody_is_overlooked_by_the_first_character(text):
    assert folded_reference(text)[0] in first_characters(search_key(text))
