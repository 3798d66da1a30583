"""Cells of CSV files: no spreadsheet runs an escaped cell, and unescaping restores the text."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ketasched.files.csv_cells import (
    PHONE,
    RISKY_STARTS,
    SAFE_CELL,
    csv_line,
    escape_cell,
    unescape_cell,
)

TEXTS = st.text() | st.text("=+-@＝＋－＠'\t\r\n \",;a", max_size=6)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("=1+1", "'=1+1", id="equals"),
        pytest.param("+1+1", "'+1+1", id="plus"),
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
def test_a_cell_that_a_spreadsheet_could_run_is_escaped(text, expected):
    assert escape_cell(text) == expected
    assert unescape_cell(expected) == text


@pytest.mark.parametrize("text", ["'Ann", "Ann", "", "' Ann"])
def test_a_quote_that_is_no_escape_stays(text):
    assert unescape_cell(text) == text


@given(TEXTS)
def test_every_text_becomes_harmless_and_comes_back(text):
    safe = escape_cell(text)
    assert unescape_cell(safe) == text
    assert safe[:1] == "'" or safe.lstrip()[:1] not in RISKY_STARTS or PHONE.fullmatch(safe)


@given(st.lists(TEXTS, min_size=1))
@example([""])
@example([" Ann "])
def test_the_csv_module_reads_a_line_back(cells):
    line = csv_line(cells)
    text = line.decode("utf-8")
    (found,) = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert [unescape_cell(cell) for cell in found] == cells
    assert line.endswith(b"\n")


@pytest.mark.parametrize("phone", ["+1 555 0134", "+49 (30) 1234-56", "+15550134"])
def test_a_phone_number_arrives_as_it_is(phone):
    assert csv_line([phone]) == f"{phone}\n".encode()
    assert unescape_cell(phone) == unescape_cell(f"'{phone}") == phone


@pytest.mark.parametrize("text", ["+1 cmd|'/c calc'!A1", "+SUM(1)", "+1=1", "=+1 555", "+1 555\n"])
def test_what_only_begins_like_a_phone_number_is_escaped_all_the_same(text):
    assert csv_line([text]).startswith((b"'", b"\"'"))


@given(st.lists(TEXTS, min_size=1), st.sampled_from(",;|\t"))
@example(["a|b"], "|")
def test_a_line_with_another_delimiter_is_read_back(cells, delimiter):
    text = csv_line(cells, delimiter=delimiter).decode("utf-8")
    (found,) = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    assert [unescape_cell(cell) for cell in found] == cells


def test_bytes_that_are_not_utf_8_are_written_unchanged():
    raw = b"M\xfcller"
    assert csv_line(["p1", raw.decode("utf-8", "surrogateescape")]) == b"p1," + raw + b"\n"


@given(TEXTS)
def test_a_safe_cell_needs_neither_escape_nor_quotes(text):
    if SAFE_CELL.fullmatch(text):
        assert escape_cell(text) == text
        assert csv_line([text]) == f"{text}\n".encode("utf-8", "surrogateescape")
        assert next(csv.reader([text])) == [text]


@pytest.mark.parametrize("sign", sorted(RISKY_STARTS))
def test_a_cell_with_a_risky_start_is_not_safe(sign):
    assert not SAFE_CELL.fullmatch(f"{sign}1")
