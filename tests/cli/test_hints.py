"""Next steps as they can be pasted: quoted, with the course, the register and the clinic."""

import shlex

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from ketasched.cli import anonymity, main
from ketasched.cli.hints import pasteable, quoted, with_other_name
from ketasched.errors import command_line


def typed(words: str) -> click.Context:
    """The context of the program while the command of these words runs."""
    context = click.Context(main, info_name="ketasched")
    anonymity.note_typed(context, shlex.split(words))
    return context


def step(words: str, text: str) -> str:
    """The next step `text` of a command that was typed as `words`."""
    with typed(words):
        return pasteable(text)


SHOW = command_line("register", "show", "María Gómez", "-o", "DIR")


@pytest.mark.parametrize(
    ("words", "text", "expected"),
    [
        pytest.param(
            "plan --patient x --start 2027-01-04",
            SHOW,
            "ketasched register show 'María Gómez' -o DIR",
            id="a name is quoted",
        ),
        pytest.param(
            "plan --register 'my book.db' --clinic a.toml",
            f"files: {SHOW}",
            "files: ketasched register show 'María Gómez' -o DIR --clinic a.toml "
            "--register 'my book.db'",
            id="what was given is repeated",
        ),
        pytest.param(
            "suggest 'maria gomez' 3 --today 2027-01-04 --register",
            "ketasched suggest COURSE 3",
            "ketasched suggest 'maria gomez' 3 --today 2027-01-04 --register",
            id="the course as it was typed and --register without a value at the end",
        ),
        pytest.param(
            "revise --register book.db -- -x hold",
            "ketasched revise COURSE hold --reason WHY",
            "ketasched revise COURSE hold --reason WHY",
            id="a command that cannot be read gives nothing",
        ),
        pytest.param(
            "revise -- -x hold --register book.db",
            "ketasched revise COURSE resume --on DATE",
            "ketasched revise -- -x resume --on DATE --register book.db",
            id="a name with a hyphen before a verb",
        ),
        pytest.param(
            "suggest --register book.db -- -x 3",
            "ketasched suggest COURSE 3",
            "ketasched suggest --register book.db -- -x 3",
            id="a name with a hyphen and what else a command takes",
        ),
        pytest.param(
            "drivers --clinic a.toml",
            "ketasched revise P-1 driver 2 --name NAME",
            "ketasched revise P-1 driver 2 --name NAME --clinic a.toml --register",
            id="the usual register where a command uses it unasked",
        ),
        pytest.param(
            "drivers --register book.db",
            "ketasched revise P-1 driver 2 --name NAME",
            "ketasched revise P-1 driver 2 --name NAME --register book.db",
            id="the register that was given",
        ),
        pytest.param(
            "day",
            "ketasched drivers",
            "ketasched drivers",
            id="two commands that use the usual register",
        ),
        pytest.param(
            "suggest P-1 3 --register postgresql://anna:secret@host/clinic",
            "ketasched suggest COURSE 3",
            "ketasched suggest P-1 3 --register URL",
            id="no password",
        ),
        pytest.param(
            "suggest P-1 3 --register postgresql://host/clinic",
            "ketasched suggest COURSE 3",
            "ketasched suggest P-1 3 --register postgresql://host/clinic",
            id="an address without a password",
        ),
        pytest.param(
            "plan --register book.db --clinic a.toml",
            "ketasched protocols show iv-depression",
            "ketasched protocols show iv-depression",
            id="only what the command takes",
        ),
        pytest.param(
            "plan --register book.db",
            "mend it, then: ketasched check 'a b.toml'",
            "mend it, then: ketasched check 'a b.toml'",
            id="words before a command",
        ),
        pytest.param(
            "plan --register book.db", "upgrade ketasched", "upgrade ketasched", id="words"
        ),
        pytest.param("plan", "ketasched show 'open", "ketasched show 'open", id="an open quote"),
    ],
)
def test_a_next_step_can_be_pasted(words, text, expected):
    assert step(words, text) == expected


@pytest.mark.parametrize(
    ("words", "other", "expected"),
    [
        pytest.param(
            "publish courses/A --to feeds", "A", "ketasched publish A --to feeds", id="a name"
        ),
        pytest.param(
            "publish courses/A --to feeds",
            "-x",
            "ketasched publish --to feeds -- -x",
            id="a name with a hyphen",
        ),
        pytest.param(
            "publish --to feeds -- courses/A",
            "-x",
            "ketasched publish --to feeds -- -x",
            id="a name with a hyphen after two of them",
        ),
    ],
)
def test_the_same_command_with_another_name_can_be_pasted(words, other, expected):
    with typed(words):
        assert with_other_name("courses/A", other) == expected


def test_without_a_command_a_next_step_stays_as_it_is():
    assert pasteable("ketasched suggest COURSE 3") == "ketasched suggest COURSE 3"


def test_on_windows_words_are_in_double_quotes_which_its_shells_know():
    words = ["ketasched", "register", "show", "María Gómez", "-o", "C:\\my & yours"]
    expected = 'ketasched register show "María Gómez" -o "C:\\my & yours"'
    assert quoted(words, for_windows=True) == expected


@given(st.lists(st.text(st.characters(exclude_categories=["C"]), min_size=1), min_size=1))
def test_what_is_quoted_is_read_as_it_was(words):
    assert shlex.split(quoted(words, for_windows=False)) == words


def test_a_quoted_name_is_hidden_where_a_log_may_keep_it(monkeypatch):
    monkeypatch.setattr(anonymity, "may_name_people", lambda: False)
    with typed('suggest "Ana O\'Brien" 3'):
        shown = anonymity.anonymous(pasteable("ketasched suggest COURSE 3"))
    assert shown == "ketasched suggest … 3"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("plan P-103 --start 2026-12-07", "; a patient comes after --patient"),
        ("day Dec 9", ""),
        ("revise P-103 driver 3 --name Ben Okri", ""),
    ],
)
def test_a_word_too_many_may_be_a_patient_or_lack_quotes(words, expected):
    result = CliRunner().invoke(main, words.split(), prog_name="ketasched")
    *_, said, next_step = result.stderr.splitlines()
    assert said.startswith("Error: Got unexpected extra argument")
    assert next_step == f"try: put quotes around what has a blank in it{expected}"
