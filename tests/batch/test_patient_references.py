"""Patient references of a roster: none is taken twice."""

import pytest

from ketasched.batch.routing import References
from ketasched.errors import BadRequest


def test_each_reference_is_of_the_row_that_had_it_first():
    references = References()
    for row in range(1, 3000):
        references.take(f"P-{row}", row)
    for row in range(1, 3000):
        assert references.has(f"p-{row}", row)
        assert not references.has(f"P-{row}", row + 1)
    assert not references.has("Q-1", 1)


@pytest.mark.parametrize(
    ("first", "second"),
    [("P-1", "p-1"), ("Zoë", "Zoe\u0308"), ("STRASSE", "straße"), ("\udc80", "\udc80")],
    ids=["capitals", "normal forms", "folded letters", "no text"],
)
def test_what_a_file_system_takes_for_the_same_is_refused(first, second):
    references = References()
    references.take(first, 7)
    references.take(first, 7)
    with pytest.raises(BadRequest, match="the same as in row 7"):
        references.take(second, 8)


def test_rows_without_a_reference_are_not_in_each_others_way():
    references = References()
    references.take("", 1)
    references.take("", 2)
    assert references.has("", 1)
