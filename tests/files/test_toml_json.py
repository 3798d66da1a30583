"""What a parser is given is bounded, and what is within the bounds is read as it stands."""

import json
import tomllib
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketasched.errors import BadFile
from ketasched.files import load, toml_json
from ketasched.files.toml_json import parse

A_MILLION = 1_000_000
TOO_MUCH: dict[str, tuple[str, str, str]] = {
    "a key of many parts": ("x.toml", "b = 1\n" + "a." * 20_000 + "a = 1", ":2: has more than 30"),
    "a table of many parts": ("x.toml", f"[{'a.' * 20_000}a]", ":1: has more than 30 dots"),
    "parts in quotes": ("x.toml", "\"a\" . 'a.b' . " * 20_000 + "a = 1", ":1: has more than 30"),
    "parts in a table on one line": ("x.toml", f"b = {{ {'a.' * 999}a = 1 }}", ":1: has more"),
    "parts after a text": (
        "x.toml",
        f'b = {{ c = """\n\n""", {"a." * 99}a = 1 }}',
        ":3: has more",
    ),
    "parts after a quote that is escaped": (
        "x.toml",
        'b = "\\\\\\""\n' + "a." * 99 + "a=1",
        ":2: ",
    ),
    "many digits": ("x.toml", "a = " + "9" * 9_000_000, ":1: has more than 100 digits"),
    "many digits with gaps": ("x.toml", "a = " + "9_" * 4_000_000 + "9", ":1: has more than 100"),
    "many digits of a fraction": ("x.toml", "a = 1." + "9" * 9_000_000, ":1: has more than 100"),
    "many tables": ("x.toml", "".join(f"[a{n}]\n" for n in range(600_000)), "outside of texts"),
    "many keys": ("x.toml", "".join(f"a{n}=1\n" for n in range(600_000)), "outside of texts"),
    "many keys in quotes": ("x.toml", '""=""\n' * 900_000, "outside of texts"),
    "many comments": ("x.toml", "#\n" * 4_000_000 + "a =", "outside of texts"),
    "a list of many numbers": ("x.toml", f"a = [{'1,' * A_MILLION}]", "outside of texts"),
    "JSON: many digits": ("x.json", '{"a": ' + "9" * 9_000_000 + "}", "more than 100 digits"),
    "JSON: many digits of a fraction": ("x.json", '{"chairs": 1.' + "9" * 9_000_000 + "}", ""),
    "JSON: many lists": ("x.json", f'{{"visits": [{"[]," * 3_000_000}[]]}}', "600,000 values"),
    "JSON: many objects": ("x.json", f'{{"visits": [{"{}," * 3_000_000}1]}}', "600,000 values"),
    "JSON: many numbers": ("x.json", f'{{"visits": [{"1," * 4_000_000}1]}}', "600,000 values"),
    "JSON: just not too many": ("x.json", f'{{"visits": [{"1," * 599_000}1]}}', "problems"),
    "JSON: deep": ("x.json", '{"a":' * A_MILLION, "values"),
    "JSON: deep lists": ("x.json", "[" * 500_000, "nested too deeply"),
}


@pytest.mark.parametrize(("name", "text", "said"), TOO_MUCH.values(), ids=TOO_MUCH)
def test_a_file_that_would_take_all_memory_is_one_error(name, text, said):
    Path(name).write_text(text, encoding="utf-8")
    del text
    tracemalloc.start()
    with pytest.raises(BadFile) as error:
        load.load_any(name)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert said in error.value.what
    assert len(str(error.value)) < 300
    assert peak < 100_000_000


@pytest.mark.parametrize(
    "text",
    ['timezone = 1\n"' + "k" * 900_000 + '" = 1', 'timezone = ["' + "é" * 450_000 + '"]'],
    ids=["a long key", "a long text"],
)
def test_what_is_long_takes_memory_in_proportion(text):
    """A tenth of the longest file takes a tenth of the memory: `tomllib` goes letter by letter."""
    Path("x.toml").write_text(text, encoding="utf-8")
    del text
    tracemalloc.start()
    with pytest.raises(BadFile, match="problem") as error:
        load.load_clinic("x.toml")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(str(error.value)) < 300
    assert peak < 10_000_000


def test_a_course_in_a_text_is_bounded_as_one_in_a_file_is():
    with pytest.raises(BadFile, match=r"the register's course 7: .* more than 600,000 values"):
        load.parse_course(f'{{"visits": [{"1," * A_MILLION}1]}}', "the register's course 7")


# --- what is within the bounds

WORDS = st.text(alphabet="ab.19_ \t\"'\\#[]{}=,-é\n", max_size=40)
BARE_KEYS = st.text(alphabet="ab19_-", min_size=1, max_size=4)


def basic(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def basic_over_lines(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"""', '""\\"')
    return f'"""\n{escaped[:-1]}\\""""' if escaped.endswith('"') else f'"""\n{escaped}"""'


def literal(text: str) -> str:
    return f"'{text}'" if not set("'\n") & set(text) else basic(text)


def literal_over_lines(text: str) -> str:
    return f"'''\n{text}'''" if "'''" not in text else basic(text)


NOTATIONS = st.sampled_from([basic, basic_over_lines, literal, literal_over_lines])
TEXTS = st.builds(lambda write, text: write(text), NOTATIONS, WORDS)
VALUES = TEXTS | st.builds(lambda texts: f"[ # a.b.c \"'\n{','.join(texts)}\n]", st.lists(TEXTS))


@st.composite
def toml(draw: st.DrawFn) -> tuple[str, int]:
    """A file of TOML, and the most dots on a line that are neither in a text nor in a comment."""
    lines, most = [], 0
    for number in range(draw(st.integers(1, 6))):
        parts = draw(st.lists(BARE_KEYS | WORDS.map(basic) | WORDS.map(literal), max_size=5))
        lines += [
            f"k{number}{''.join(f' . {part}' for part in parts)} = {draw(VALUES)} # it's 1.1"
        ]
        most = max(most, len(parts))
    return "\n".join(lines), most


@given(toml())
def test_texts_and_comments_are_as_they_are_and_only_the_dots_of_keys_count(file):
    text, dots = file
    data = tomllib.loads(text)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(toml_json, "MOST_DOTS", dots)
        assert parse(text, "x.toml") == data
        patched.setattr(toml_json, "MOST_DOTS", dots - 1)
        with pytest.raises(BadFile, match="dots on a line"):
            parse(text, "x.toml")


@given(st.text(alphabet="ab.1_ \t\"'\\#[]{}=,\r\n", max_size=60))
def test_whatever_is_toml_is_the_same_data(text):
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert parse(text, "x.toml") == data


def test_instructions_of_many_lines_with_dots_and_digits_are_read():
    rule = "." * 70 + "1" * 200 + ' "quoted" \\\\ it\'s # no comment\n'
    text = rule * 1_000
    toml_text = f'[a]\nb = """\n{text}"""  # {rule}c = {"[1.5, 2.5]"}\n'
    expected = tomllib.loads(toml_text)
    assert parse(toml_text, "x.toml") == expected
    assert len(expected["a"]["b"]) > 200_000


@pytest.mark.parametrize("name", ["friday", "friday.proposal", "x.toml", "x.json"])
def test_what_begins_as_json_is_json_whatever_its_file_is_called(name):
    assert parse('\n{"format": 1, "$schema": "s"}', name) == {"format": 1}
    with pytest.raises(BadFile, match=r"^\S+:2:14: is not valid JSON"):
        parse('\n{"format": 1,}', name)
