"""Languages at the command line: of a clinic, of a patient and of a driver."""

import json
from pathlib import Path

import pytest

from tests.support.transcript import run

CLINIC = """
timezone = "America/New_York"
phone = "555 0142"
id_salt = "x"
{language}
[hours]
mon = ["09:00-17:00"]
wed = ["09:00-17:00"]
fri = ["09:00-17:00"]
{more}
"""
PLAN = "plan --start 2026-12-07 --patient P --made-at 2026-11-23T10:00 --driver-name Sam"
NOTE = "nobody who is qualified has reviewed this translation"


def write_clinic(language="", more=""):
    Path("clinic.toml").write_text(CLINIC.format(language=language, more=more), encoding="utf-8")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KETASCHED_CLINIC", raising=False)
    write_clinic()


@pytest.mark.parametrize("named", ["es", "Spanish", "ESPAÑOL"])
def test_a_patient_gets_a_page_in_the_language_of_the_option(named):
    assert "Sus citas: del lun, 7 dic 2026" in run(f"{PLAN} --language {named}")


@pytest.mark.parametrize("named", ["es-MX", "Spanish", "Espanol"])
def test_a_clinics_file_names_its_language_as_an_option_does(named):
    write_clinic(f'language = "{named}"')
    assert "Sus citas" in run(PLAN)


def test_an_unknown_language_is_refused_and_the_known_ones_are_named():
    said = run(f"{PLAN} --driver-language xx")
    assert "error: --driver-language: expected a language, one of en, es, fr" in said
    write_clinic('language = "xx"')
    assert "language: expected a language, one of en, es, fr" in run("check clinic.toml")


def test_an_unknown_language_in_a_course_file_is_refused():
    run(f"{PLAN} --language es -o courses")
    path = Path("courses/P/course.json")
    path.write_text(path.read_text(encoding="utf-8").replace('"es"', '"xx"'), encoding="utf-8")
    said = run(f"check {path}")
    assert "request.language: expected a language, one of en, es, fr" in said


def test_a_row_of_a_roster_has_the_languages_of_its_columns():
    rows = "patient,start,language,driver_language,driver_name\nA,2026-12-07,Spanish,fr,Sam\n"
    Path("roster.csv").write_text(rows + "B,2026-12-07,,,Sam\nC,2026-12-07,xx,,\n", "utf-8")
    said = run(
        "batch roster.csv -o out --format text --format rides --jobs 1 --made-at 2026-11-23T10:00"
    )
    assert "1 rejected" in said
    assert "one of en, es, fr" in Path("out/rejects.csv").read_text(encoding="utf-8")
    assert "Sus citas" in Path("out/A/A.txt").read_text(encoding="utf-8")
    assert "Trajets" in Path("out/A/rides.ics").read_text(encoding="utf-8")
    assert "Your appointments" in Path("out/B/B.txt").read_text(encoding="utf-8")
    assert not Path("out/C").exists()


def test_a_change_keeps_the_languages():
    run(f"{PLAN} --language es -o courses")
    run("revise courses/P defer 3 --by 3 --reason snow --today 2026-12-08")
    assert "Estas fechas ya no valen" in Path("courses/P/P.txt").read_text(encoding="utf-8")


def test_check_says_once_that_nobody_has_reviewed_a_translation():
    write_clinic('language = "es"')
    run(f"{PLAN} --driver-language fr -o courses")
    said = run("check clinic.toml courses/P")
    assert said.count(NOTE) == 2
    assert said.count(f"note: es: {NOTE}") == 1
    assert said.count(f"note: fr: {NOTE}") == 1
    for path in Path("courses").rglob("*"):
        assert path.is_dir() or NOTE.encode() not in path.read_bytes()


def test_check_says_so_of_the_languages_of_a_roster():
    Path("roster.csv").write_text("patient,start,language\nA,2026-12-07,es\n", "utf-8")
    assert f"note: es: {NOTE}" in run("check roster.csv")


def test_check_says_nothing_of_english_nor_of_a_translation_that_was_reviewed(monkeypatch):
    run(f"{PLAN} --language es -o courses")
    monkeypatch.setattr("ketasched.cli.check.reviewer", lambda _: "Dr. Ana Lima")
    assert NOTE not in run("check clinic.toml courses/P")
    monkeypatch.undo()
    run("plan --start 2026-12-07 --patient E --made-at 2026-11-23T10:00 -o courses")
    assert NOTE not in run("check courses/E")


WORDS = """
[instructions.discreet]
before = "Eat nothing."
bring = "A hat."

[instructions.iv-ptsd.discreet]
before = "Drink nothing."

[instructions.es.discreet]
before = "No coma nada."
"""


def test_check_names_the_words_that_are_not_in_a_language_yet():
    write_clinic(more=WORDS)
    said = run("check clinic.toml")
    shown = "unsaid; its readers are shown instructions"
    assert f"instructions.es.discreet.bring: {shown}.discreet.bring" in said
    assert f"instructions.es.iv-ptsd.discreet.before: {shown}.iv-ptsd.discreet.before" in said
    assert "instructions.es.discreet.before" not in said
    assert "no such protocol" not in said


def test_a_language_without_any_words_of_its_own_is_warned_of_where_it_is_read():
    own = '[instructions.discreet]\ncall = "Call 911."\n'
    write_clinic('language = "es"', f'{own}[instructions.iv-ptsd.discreet]\nbefore = "Rest."\n')
    unsaid = "instructions.{}.discreet.call: unsaid; its readers are shown instructions"
    assert unsaid.format("es") in run("check clinic.toml")
    assert "iv-ptsd" in run("check clinic.toml")
    said = run(f"{PLAN} --language fr --driver-language es -o courses")
    assert unsaid.format("fr") in said
    # A driver's list has none of these words; and another protocol's are not this patient's.
    assert "instructions.es" not in said
    assert "iv-ptsd" not in said
    assert f"clinic.{unsaid.format('fr')}" in run("check courses/P")
    assert "unsaid" not in run(f"{PLAN} --language en")


@pytest.mark.parametrize(
    ("table", "meant"), [("ES", "es"), ("es-MX", "es"), ("esp", "es"), ("iv-ptds", "iv-ptsd")]
)
def test_a_table_with_a_misspelt_name_is_named_once(table, meant):
    own = '[instructions.discreet]\ncall = "Call 911."\n[instructions.es.discreet]\ncall = "911"\n'
    write_clinic(more=f'{own}[instructions.{table}.discreet]\ncall = "911"\n')
    warnings = [line for line in run("check clinic.toml").splitlines() if "warning" in line]
    assert len(warnings) == 1
    assert f"instructions.{table}: there is no such protocol" in warnings[0]
    assert f"did you mean {meant}?" in warnings[0]


def test_words_of_a_language_are_within_its_own_table():
    write_clinic(more='[instructions.iv-ptsd.es]\nbefore = "No coma nada."\n')
    said = run("check clinic.toml")
    assert "instructions.iv-ptsd.es: unknown key; write [instructions.es.iv-ptsd]" in said
    write_clinic(more='[instructions.iv-ptsd.discret]\nbefore = "Eat nothing."\n')
    said = run("check clinic.toml")
    assert "instructions.iv-ptsd.discret: unknown key; did you mean discreet?" in said
    write_clinic(more='[instructions.es.iv-ptds]\nbefore = "No coma nada."\n')
    said = run("check clinic.toml")
    assert "instructions.es.iv-ptds: there is no such protocol, so this is not used" in said
    assert "did you mean iv-ptsd?" in said


def test_no_protocol_has_the_code_of_a_language_for_its_id():
    shown = run("protocols show iv-ptsd --format json")
    Path("mine.json").write_text(json.dumps({**json.loads(shown), "id": "es"}), encoding="utf-8")
    assert 'id: "es" is the code of a language' in run("check mine.json")
