"""Cells of our own CSV files: harmless in a spreadsheet, and back again exactly."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ketasched.files.csv_cells import PLAIN, RISKY, as_it_was, csv_line, harmless

TEXTS = st.text() | st.text("=+-@＝＋－＠'\t\r\n \",;a", max_size=6)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("=1+1", "'=1+1", id="equals"),
        pytest.param("+1 555 0100", "'+1 555 0100", id="plus"),
        pytest.param("-1", "'-1", id="minus"),
        pytest.param("@SUM(A1)", "'@SUM(A1)", id="at"),
        pytest.param("\t=1", "'\t=1", id="tab"),
        pytest.param("\r=1", "'\r=1", id="return"),
        pytest.param("\n=1", "'\n=1", id="new line"),
        pytest.param("＝1", "'＝1", id="full-width equals"),
        pytest.param("  =1", "'  =1", id="after spaces"),
        pytest.param("'Ann", "''Ann", id="a quote of its own"),
        pytest.param("'", "''", id="only a quote"),
        pytest.param("Ann = Bob", "Ann = Bob", id="inside"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_a_cell_that_a_spreadsheet_could_run_gets_a_quote_before_it(text, expected):
    assert harmless(text) == expected
    assert as_it_was(expected) == text


@pytest.mark.parametrize("text", ["'Ann", "Ann", "", "' Ann"])
def test_a_quote_that_is_not_ours_is_left_alone(text):
    assert as_it_was(text) == text


@given(TEXTS)
def test_every_text_becomes_harmless_and_comes_back(text):
    safe = harmless(text)
    assert as_it_was(safe) == text
    assert safe[:1] == "'" or safe.lstrip()[:1] not in RISKY


@given(st.lists(TEXTS, min_size=1))
@example([""])
@example([" Ann "])
def test_a_line_is_read_back_by_anyone(cells):
    line = csv_line(cells)
    text = line.decode("utf-8")
    (found,) = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert [as_it_was(cell) for cell in found] == cells
    assert line.endswith(b"\n")


def test_bytes_that_are_no_text_are_written_as_they_were():
    raw = b"M\xfcller"
    assert csv_line(["p1", raw.decode("utf-8", "surrogateescape")]) == b"p1," + raw + b"\n"


@given(TEXTS)
def test_what_is_plain_needs_nothing(text):
    if PLAIN.fullmatch(text):
        assert harmless(text) == text
        assert csv_line([text]) == f"{text}\n".encode("utf-8", "surrogateescape")
        assert next(csv.reader([text])) == [text]


@pytest.mark.parametrize("sign", sorted(RISKY))
def test_what_is_risky_is_not_plain(sign):
    assert not PLAIN.fullmatch(f"{sign}1")
