"""Neither a lock screen nor a fridge nor a driver tells what the treatment is."""

from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any, get_args

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from ketasched.cli import main
from ketasched.errors import BadRequest
from ketasched.events.view import View
from ketasched.files.clinic_warnings import clinic_warnings
from ketasched.files.load import load_protocol, shipped_protocols
from ketasched.language.known import languages
from ketasched.model import (
    Amount,
    Audience,
    Authorisation,
    Entry,
    Finding,
    Instructions,
    OtherWording,
    PhaseReview,
    Prices,
    Wording,
)
from ketasched.model.privacy import REDACTED, redact, redact_instructions, sensitive_term
from ketasched.model.sensitive_terms import TERMS
from ketasched.planning.planner import plan
from ketasched.render import RENDERERS, render
from ketasched.render.day_sheet.forms import render_sheet
from ketasched.render.day_sheet.sheet import make_day_sheet
from ketasched.render.patient_folder import render_folder
from tests.conftest import MADE_AT
from tests.support.nouns import MONDAY, clinic, phase, protocol, request
from tests.support.readers import unfolded

FORMS = [form for form in RENDERERS if form != "json"]
"""A course as JSON is all of it, for the clinic."""
AUDIENCES: tuple[Audience, ...] = ("patient", "driver")
NAMES_THE_PATIENT = "fhir", "driver"
"""What is refused: a record system's resources all name the patient."""
OUTPUTS = [pair for pair in product(FORMS, AUDIENCES) if pair != NAMES_THE_PATIENT]
DRIVERS_FORMS = [form for form, audience in OUTPUTS if audience == "driver"]
TELLS = "Ketamine infusions for depression: Hudson Psychiatry (esketamine, Spravato)"
ALL_WEEK = "mon tue wed thu fri sat sun"


def telling_clinic(text=TELLS, **more):
    """A clinic that says this wherever a clinic can say something."""
    words = Wording(text, text, text, text)
    said = {
        "name": text,
        "address": text,
        "phone": text,
        "calendar_name": text,
        "calendar_place": text,
        "id_salt": "x",
        "instructions": Instructions(
            text,
            text,
            text,
            text,
            discreet=words,
            others={"iv-ptsd": OtherWording(text, text, text, text, discreet=words)},
        ),
    }
    prices = Prices("PTSD ", {name: {"infusion": Amount(45000)} for name in shipped_protocols()})
    return clinic(ALL_WEEK, "08:00-18:00", **(said | {"prices": prices} | more))


def course_of(asked, at):
    wish = request(
        patient="MRN-4711",
        boosters=2 if asked.booster_phase else 0,
        driver_name="Sam Rivers of Ketamine Rides",
        driver_phone="555 0199 (infusions)",
    )
    return plan(asked, at, wish, made_at=MADE_AT)


PLAIN_WORDS = (
    *("ketamin", "spravato", "ketalar", "infusi", "depress", "psych", "ptsd", "phq", "ketasched"),
    *("suicid", "trauma", "off-label", "off label", "c-ssrs", "anesth", "opioid", "gad-7"),
)
"""What a relative would understand; written down apart from the program's own list."""


def words_in(text):
    """The telling words in a file, as it stands and where its lines are unfolded."""
    whole = text + ("\n".join(unfolded(text)) if text.endswith("\r\n") else "")
    plain = next((word for word in PLAIN_WORDS if word in whole.lower()), "")
    return plain or sensitive_term(text) or sensitive_term(whole)


@pytest.mark.parametrize(("form", "audience"), OUTPUTS)
@pytest.mark.parametrize("name", shipped_protocols())
def test_no_protocol_and_no_clinic_makes_a_discreet_output_tell(name, form, audience):
    shown = render(course_of(load_protocol(name), telling_clinic()), form, View(audience))
    assert words_in(shown) == ""
    assert "appointment" in shown.lower() or audience == "driver"


@pytest.mark.parametrize("language", languages()[1:])
@pytest.mark.parametrize("name", shipped_protocols())
def test_no_discreet_output_tells_in_any_language(name, language):
    own = {"es": "Clínica del Dolor: infusión", "fr": "Centre antidouleur : perfusion"}
    course = course_of(load_protocol(name), telling_clinic(own[language], language=language))
    for form, audience in OUTPUTS:
        assert words_in(render(course, form, View(audience))) == ""


@pytest.mark.parametrize("form", DRIVERS_FORMS)
@pytest.mark.parametrize("titles", ["discreet", "clinical"])
@pytest.mark.parametrize("name", shipped_protocols())
def test_a_driver_learns_neither_who_is_treated_nor_for_what_whatever_the_titles(
    name, titles, form
):
    course = course_of(load_protocol(name), telling_clinic(titles=titles))
    shown = render(course, form, View("driver"))
    assert words_in(shown) == ""
    assert "4711" not in shown


@pytest.mark.parametrize("form", ["text", "html", "ics", "fhir"])
@pytest.mark.parametrize("name", shipped_protocols())
def test_a_clinic_that_wants_clinical_titles_has_them(name, form):
    course = course_of(load_protocol(name), telling_clinic(titles="clinical"))
    assert words_in(render(course, form, View("patient"))) != ""


def test_a_patients_calendar_does_not_name_them():
    shown = render(course_of(load_protocol("iv-ptsd"), telling_clinic()), "ics", View("patient"))
    assert "4711" not in shown


@pytest.mark.parametrize(
    ("option", "named"),
    [
        pytest.param("--driver-name", "Ketamine Rides", id="of all days"),
        pytest.param("--driver", "Ketamine Rides, mon", id="of a weekday, by name"),
        pytest.param("--driver", "Sam, 555 0199 (infusions), mon", id="of a weekday, by phone"),
    ],
)
def test_a_driver_who_tells_the_treatment_is_warned_of(option, named):
    asked = ["plan", "--start", "2026-12-07", option, named, "--made-at", "2026-11-23"]
    said = CliRunner().invoke(main, asked)
    assert said.exit_code == 0
    assert f"warning: {option}: says " in said.stderr
    assert "discreet pages and calendars leave it out" in said.stderr
    assert sensitive_term(said.stdout) == ""


PHONE = "+1-555-0177"
ADDRESSES: dict[str, Any] = {"patient_email": "ana@example.org", "driver_email": "sam@example.org"}


def on_one_line(text):
    """The text without spaces and line breaks: calendars are folded, pages are wrapped."""
    return "".join(text.split())


@pytest.mark.parametrize("titles", ["discreet", "clinical"])
@pytest.mark.parametrize("name", ["iv-depression", "esketamine-us-label"])
def test_no_file_for_the_patient_or_the_driver_has_a_phone_or_address(name, titles):
    asked = request(driver_name="Sam", patient_phone=PHONE, **ADDRESSES)
    course = plan(load_protocol(name), clinic(titles=titles), asked, made_at=MADE_AT)
    assert PHONE in render(course, "json", View("clinic"))
    for path, data in render_folder(course, driver_label="Anna", split=True).items():
        assert PHONE not in on_one_line(data.decode()), path
        assert "@example.org" not in on_one_line(data.decode()), path


@pytest.mark.parametrize("audience", get_args(Audience))
def test_no_calendar_has_the_patients_phone_or_an_address(audience):
    asked = request(driver_name="Sam", patient_phone=PHONE, **ADDRESSES)
    course = plan(load_protocol("iv-depression"), clinic(), asked, made_at=MADE_AT)
    sheet = make_day_sheet([course], {}, asked.start, "", course.timezone)
    for text in (render(course, "ics", View(audience)), render_sheet(sheet, "ics")):
        assert "BEGIN:VEVENT" in text
        assert PHONE not in on_one_line(text)
        assert "@example.org" not in on_one_line(text)


WORDS = st.sampled_from([term.strip("*") for term in TERMS])
DRESSED = st.builds(
    lambda word, dress: dress(word),
    WORDS,
    st.sampled_from(
        [
            str,
            str.upper,
            str.title,
            lambda word: word.replace("-", "\u2011").replace("a", "\u00e1"),
            lambda word: word.replace("-", " ").replace(" ", ""),
            lambda word: word[0] + "\u00ad" + word[1:],
            lambda word: word[0] + "\u200b" + word[1:] + "\u2060",
            lambda word: f"Happy{word.title()}House",
            lambda word: f"Happy{word.upper()}House",
            lambda word: "".join(char + "\u0301" for char in word),
            lambda word: "".join(chr(0x1D5BA + ord(c) - 97) if c.isalpha() else c for c in word),
            lambda word: "".join(chr(ord(c) + 0xFEE0) if c.isalpha() else c for c in word),
        ]
    ),
)
TEXTS = st.lists(
    st.one_of(DRESSED, st.sampled_from([", ", "\n", ". ", "; ", " ", "12 Main Street", "Eat."])),
    max_size=8,
).map("".join)


@given(text=TEXTS, output=st.sampled_from(OUTPUTS))
def test_whatever_the_texts_of_a_clinic_and_a_protocol_say_nothing_tells(text, output):
    form, audience = output
    asked = protocol(
        phase(2, name=text or "one", reviews=(PhaseReview(1, text),)),
        id="iv-ptsd",
        title=text,
        visits={"infusion": replace(protocol().visits["infusion"], title=text)},
    )
    wish = request(driver_name=text, driver_phone=text)
    course = plan(asked, telling_clinic(text), wish, made_at=MADE_AT)
    said = Entry(MADE_AT, text, text, text)
    finding = Finding("past", "warning", text, 1)
    visits = tuple(replace(visit, note=text) for visit in course.visits)
    patient = course.patient if form == "fhir" else text  # a reference that tells is refused
    course = replace(
        course, patient=patient, visits=visits, history=(said,), findings=(finding,), uid_key=text
    )
    assert words_in(render(course, form, View(audience, driver_label=text))) == ""


@pytest.mark.parametrize("name", shipped_protocols())
def test_no_name_of_a_file_tells(name):
    files = render_folder(course_of(load_protocol(name), telling_clinic()), split=True)
    assert [file for file in files if sensitive_term(file)] == []
    assert len(files) > 10


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Ketamine House", "ketamin"),
        ("ANTIDEPRESSANTS", "depress"),
        ("Kétamine", "ketamin"),
        ("off‑label", "off‐label"),
        ("off label", "off label"),
        ("PCL5", "pcl5"),
        ("Hudson IV Therapy", "iv therapy"),
        ("infused", "infus"),
        ("painful", "painful"),
        ("Painter Street", ""),
        ("de\u0301pression", "depress"),
        ("KETAM\u0130N", "ketamin"),
        ("anæsthesia", "anaesth"),
        ("Chronic\u200bPain", "pain"),
        ("pain_clinic", "pain"),
        ("keta-\nmine", "keta"),
        ("keta\ufe0fmine", "ketamin"),
        ("Pain clinic", "pain"),
        ("Hotel Spain", ""),
        ("environmental", ""),
        ("Suite IV, Moody Street", ""),
        ("the Phq-9 form", "phq"),
        ("keta\u00admine", "ketamin"),
        ("ｋｅｔａｍｉｎｅ", "ketamin"),
        ("Ketanest Intravenous Center", "ketanest"),
        ("KETARX", "ketarx"),
        ("Ketaject Ketalar ketafree", "ketaject"),
        ("KetaClinic", "ketaclinic"),
        ("HappyKetaHouse", "keta"),
        ("NewTRDHouse", "trd"),
        ("painclinic", "painclinic"),
        ("BestMentalHealth", "mental"),
        ("keta-mine", "keta"),
        ("es-ket-a-mine", "ketamin"),
        ("Infu\u2011sion Lounge", "infus"),
        ("K E T A M I N E", "ketamin"),
        ("k.e.t.a.m.i.n.e", "ketamin"),
        ("P.T.S.D. group", "ptsd"),
        ("i.v. therapy", "i.v. therapy"),
        ("IVTherapy", "ivtherapy"),
        ("ÆSTHETIC ANÆSTHETIST", "anaesth"),
        ("k\u20dde\u20ddt\u20dda\u20ddm\u20ddi\u20ddn\u20dde", "ketamin"),
        ("Clínica del Dolor", "clinica del dolor"),
        ("ANTIDEPRESIVO", "depresi"),
        ("Cetamina", "cetamina"),
        ("tomar acetaminofén", ""),
        ("Santé mentale", "sante mentale"),
        ("sans alcool", "alcool"),
        ("antidouleur", "douleur"),
        ("Quetamina", "quetamin"),
        ("esquetamina", "quetamin"),
        ("terapia psicodélica", "psico"),
        ("Clínica de dolores crónicos", "clinica de dolores"),
        ("Dolores de espalda", "dolores de espalda"),
        ("Clínica del Ánimo", "clinica del animo"),
        ("con gotero", "gotero"),
        ("le ponemos un suero", "suero"),
        ("Centro de Sueroterapia", "sueroterapia"),
        ("goutte-à-goutte", "goutte-a-goutte"),
        ("par voie veineuse", "voie veineuse"),
        ("Algología", "algolog"),
        ("consultation SDRC", "sdrc"),
        ("Unité d’antalgie", "antalg"),
        ("Centro de Jaquecas", "jaquecas"),
        ("Hudson Drip Bar", "drip bar"),
        ("Headache Center", "headache center"),
        ("", ""),
    ],
)
def test_words_are_found_whatever_their_case_and_letters(text, word):
    assert sensitive_term(text) == word


INNOCENT = [
    *("Kettering Health", "Ketterman Clinic", "Kettle Lane 4", "Ketchum, Idaho", "Skeptic Books"),
    *("Ketan Patel", "KETAN", "Ketaki Rao", "Ketanji Brown", "Ketapang", "Gina Infusino"),
    *("Spain", "Paine Street", "Painter Row", "Campaign House", "Monumental Care", "St. Remson"),
    *(
        "Tel Aviv Clinic",
        "Henry IV",
        "Building IV, Suite 3",
        "Ward IV",
        "Shiv Center",
        "Ivy Lounge",
    ),
    *("T. M. S. Iyer", "M. D. D. Smith", "Gad, 7 Main Street", "Corps Road", "In fusion we trust"),
    *("Moody Street 4", "Moodie Hall", "Alcott House", "Mangrove Lounge", "OCDEL Square"),
    *(
        "Dolores Ruiz",
        "Virgen de los Dolores 3",
        "Dolores de la Cruz",
        "Calle Veinte 3",
        "Ward IV Room 3",
        "IV Barton St",
        "Rue Veineau",
        "Ánimo, Ana",
    ),
    *(
        "Panicale Street",
        "Rue Sevran",
        "Migrant Health",
        "Toccata Hall",
        "Tocqueville House",
        "Mentalo Way",
    ),
    *("Stem Street", "Trdat Petrosyan", "Tim S. Brown", "12 Main Street, 2nd floor", "555 0199"),
]
"""Names of people and places that contain letters of a term, and tell nothing."""


@pytest.mark.parametrize(
    "word",
    [
        *("behavioral", "behavioural", "mood", "ocd", "migraine", "fibromyalgia", "alcohol"),
        *("hallucination", "sublingual", "troche", "lozenge", "intramuscular", "relapse"),
    ],
)
def test_words_of_other_uses_and_ways_tell_too(word):
    assert sensitive_term(f"Riverbend {word.title()} Center")
    assert sensitive_term(f"for your {word}, please")


@pytest.mark.parametrize("text", INNOCENT)
def test_a_name_that_tells_nothing_is_left_as_it_is(text):
    assert sensitive_term(text) == ""
    assert redact(text) == text


def test_of_an_address_the_lines_and_parts_that_do_not_tell_remain():
    assert redact("Hudson Psychiatry, 12 Main Street\nNew York, NY") == (
        "12 Main Street\nNew York, NY"
    )
    assert redact("12 Main Street,  2nd floor") == "12 Main Street,  2nd floor"
    assert redact("Ketamine House") == ""
    assert redact("Ketanest Center · 12 Main Street; Suite 3") == "12 Main Street, Suite 3"
    assert redact("KetaHealth - 12 Main Street") == "12 Main Street"
    assert redact("Off-\nlabel House") == ""


def test_instructions_are_said_whole_or_not_at_all():
    assert redact_instructions("Eat as usual. Eat nothing before an infusion!") == REDACTED
    assert redact_instructions("Call 911.\n Then us.") == "Call 911.\n Then us."


def test_a_clinic_is_told_which_of_its_texts_are_left_out():
    said = "\n".join(clinic_warnings(telling_clinic(), salt="y"))
    for place in (
        "calendar_name",
        "calendar_place",
        "phone",
        "instructions.discreet.before",
        "instructions.iv-ptsd.discreet.call",
    ):
        assert f'{place}: says "ketamin"' in said
    neutral_one = telling_clinic("Nothing; 911", name=TELLS, calendar_name="Day clinic")
    assert list(clinic_warnings(neutral_one, salt="y")) == []


def test_a_clinic_with_clinical_titles_is_told_what_a_driver_does_not_get():
    said = list(clinic_warnings(telling_clinic(f"{TELLS} 911", titles="clinical"), salt="y"))
    assert [line.partition(":")[0] for line in said] == ["calendar_place", "phone"]
    assert all("a driver's page and calendar" in line for line in said)


def test_a_patient_reference_that_tells_is_refused_where_titles_are_discreet():
    asked = ["plan", "--start", "2027-01-04", "--patient", "Ketamine Joe"]
    result = CliRunner().invoke(main, asked)
    assert result.exit_code == 2
    assert '--patient: says "ketamin"' in result.output


# ---- What a driver calls the patient


@pytest.mark.parametrize(
    ("form", "audience"),
    [pair for pair in product(RENDERERS, get_args(Audience)) if pair != NAMES_THE_PATIENT],
)
def test_a_format_says_the_name_or_the_command_refuses_it(form, audience):
    course = plan(protocol(), clinic(), request(), made_at=MADE_AT)
    says = "Anna" in render(course, form, View(audience, driver_label="Anna"))
    assert says == (audience in RENDERERS[form].labelled)
    asked = ["--format", form] + (["--for", audience] if form != "json" else [])
    start = ["plan", "--start", "2027-01-04", "--driver-label", "Anna"]
    result = CliRunner().invoke(main, start + asked)
    assert result.exit_code == (0 if says else 2)
    assert says or "--driver-label goes with" in result.output


def test_a_record_systems_resources_are_for_no_driver():
    course = plan(protocol(), clinic(), request(patient="P-014"), made_at=MADE_AT)
    with pytest.raises(BadRequest, match="no driver gets it"):
        render(course, "fhir", "driver")
    asked = ["plan", "--start", "2027-01-04", "--format", "fhir", "--for", "driver"]
    result = CliRunner().invoke(main, asked)
    assert result.exit_code == 2
    assert "--format fhir names the patient: it is for no driver." in result.output


@pytest.mark.parametrize("form", ["ics", "text", "html"])
def test_a_driver_reads_a_name_only_where_one_is_given(form):
    course = plan(protocol(), clinic(), request(patient="P-014"), made_at=MADE_AT)
    assert "Anna" in render(course, form, View("driver", driver_label="Anna"))
    for view in (View("driver"), View("driver", driver_label="Anna")):
        assert "P-014" not in render(course, form, view)


def test_the_names_stand_in_the_titles_of_rides():
    course = plan(protocol(phase(1)), clinic(), request(), made_at=MADE_AT)
    lines = unfolded(render(course, "ics", View("driver", driver_label="Anna")))
    titles = [line for line in lines if line.startswith("SUMMARY")]
    assert titles == ["SUMMARY:Bring Anna at 09:00", "SUMMARY:Collect Anna from 10:55"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--driver-label", "Anna"], "goes with --for driver"),
        (["--driver-label", "Anna", "--for", "clinic"], "goes with --for driver"),
        (["--driver-label", "the Ketamine one", "--for", "driver"], 'says "ketamin"'),
        (["--driver-label", "A\x1b[1m", "--for", "driver"], "printable"),
        (["--driver-label", "A" * 61, "--for", "driver"], "printable"),
    ],
    ids=["no driver's output", "for the clinic", "telling", "control characters", "too long"],
)
def test_a_label_that_would_do_nothing_or_tell_is_refused(arguments, said):
    result = CliRunner().invoke(main, ["plan", "--start", "2027-01-04", *arguments])
    assert result.exit_code == 2
    assert said in result.output


@pytest.mark.parametrize(("form", "audience"), OUTPUTS)
def test_nobody_but_the_clinic_reads_what_an_insurer_authorised(form, audience):
    allowed = (Authorisation(4, MONDAY, date(2026, 12, 31)),)
    asked = request(authorised=allowed, boosters=1)
    course = plan(load_protocol("iv-depression"), clinic(), asked, made_at=MADE_AT)
    assert "authoris" not in render(course, form, View(audience)).lower()
    assert "4 sessions from" in render(course, "text", View("clinic"))
