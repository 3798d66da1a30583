"""Tables in a terminal."""

import pytest

from ketasched.render.columns import aligned


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        pytest.param("Gomez", 5, id="letters"),
        pytest.param("Zoe\u0308", 3, id="a combining accent"),
        pytest.param("李小龙", 6, id="Chinese"),
        pytest.param("👩‍👩‍👧", 2, id="an emoji of several characters"),
        pytest.param("नमस्ते", 4, id="Devanagari"),
    ],
)
def test_the_next_column_begins_where_a_terminal_shows_that_it_does(name, columns):
    one, other = aligned([(name, "next"), ("a longer name", "next")])
    assert one == f"{name}{' ' * (len('a longer name') - columns)}  next"
    assert other == "a longer name  next"


def test_the_last_column_has_no_spaces_after_it():
    assert list(aligned([("a", "long one"), ("b", "c")])) == ["a  long one", "b  c"]


def test_a_table_without_rows_has_no_lines():
    assert list(aligned([])) == []
