"""Rosters: every row is read unchanged or has a problem; no row is lost or mixed with another."""

import csv
import io
import json
import pickle
import re
import tracemalloc
from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ketasched.errors import BadFile, BadRequest
from ketasched.files.csv_cells import csv_line
from ketasched.files.request_parsing import ROSTER_FIELDS
from ketasched.files.roster import csv_records
from ketasched.files.roster.rows import Row, read_roster, request_of_row
from ketasched.model import Request

HEADER = "patient,start,driver_name\n"


def rows_of(text: str | bytes, **options) -> list[Row]:
    raw = text.encode() if isinstance(text, str) else text
    return list(read_roster(io.BytesIO(raw), **options).rows)


def said_of(row: Row) -> str:
    assert row.problem is not None
    return f"{row.problem.field} {row.problem.what}"


def good(rows: list[Row]) -> list[str]:
    """The patients of the rows without a problem."""
    return [row.texts["patient"] for row in rows if row.problem is None]


def refused(text: str | bytes, **options) -> str:
    """All lines of the error for a file that is no roster."""
    with pytest.raises(BadFile) as caught:
        rows_of(text, **options)
    assert caught.value.exit_code == 3
    said = "\n".join([caught.value.what, *caught.value.details, caught.value.next_step])
    assert said.replace("\n", "").isprintable()
    return said


class Dripping(io.RawIOBase):
    """A stream that returns its bytes in pieces of these sizes, repeated."""

    def __init__(self, raw: bytes, sizes: list[int]) -> None:
        self.raw = io.BytesIO(raw)
        self.sizes = sizes
        self.reads = 0

    def read(self, _size: int = -1) -> bytes:
        self.reads += 1
        return self.raw.read(self.sizes[self.reads % len(self.sizes)])


# --- cells as they stand -----------------------------------------------------------------------


def test_a_row_has_its_number_its_line_and_its_cells():
    (row,) = rows_of(HEADER + "p1, 2026-12-07 ,Ann\n")
    assert row == Row(
        number=1,
        line=2,
        texts={"patient": "p1", "start": "2026-12-07", "driver_name": "Ann"},
        raw_cells=("p1", " 2026-12-07 ", "Ann"),
    )


@pytest.mark.parametrize("text", ["NA", "null", "None", "007", "=1+1", "+1", "-1", "@x", "'x"])
def test_a_cell_that_looks_like_another_type_stays_text(text):
    (row,) = rows_of(HEADER + f"p1,2026-12-07,{text}\n")
    assert row.texts["driver_name"] == text


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["no mark", "byte-order mark"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
@pytest.mark.parametrize("last", [True, False], ids=["ended", "without a last end"])
def test_all_dialects_of_spreadsheets_are_read(end, mark, delimiter, last):
    lines = [("patient", "start", "days"), ("p1", "2026-12-07", "mon"), ("p2", "2026-12-08", "")]
    text = mark + end.join(map(delimiter.join, lines)) + end * last
    rows = rows_of(text)
    assert good(rows) == ["p1", "p2"]
    assert rows[0].texts["days"] == "mon"
    assert "days" not in rows[1].texts


def test_a_quoted_cell_may_have_delimiters_quotes_and_line_ends():
    text = (
        "patient;start;days;driver_name\r\n"
        'p1;2026-12-07;"mon;wed";"Ann ""A"" Lee,\r\nJr"\r\n'
        "p2;2026-12-07;;\r\n"
    )
    first, second = rows_of(text)
    assert first.texts["days"] == "mon;wed"
    assert first.raw_cells[3] == 'Ann "A" Lee,\r\nJr'
    assert (second.number, second.line) == (2, 4)


def test_blank_lines_are_no_rows():
    text = HEADER + "\n,,\np1,2026-12-07,\n  \n,,,,,\n" + '"","",""\np2,2026-12-07,\n\n'
    rows = rows_of(text)
    assert [(row.number, row.line, row.texts["patient"]) for row in rows] == [
        (1, 4, "p1"),
        (2, 8, "p2"),
    ]


def test_empty_cells_after_the_last_heading_are_ignored():
    assert good(rows_of("patient,start,,\np1,2026-12-07,,\np2,2026-12-07\n")) == ["p1", "p2"]


DIALECTS = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from(",;\t"),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
        "lineterminator": st.sampled_from(["\n", "\r\n"]),
    }
)
CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0")) | st.text(
    ",;\t\"'\r\n a=", max_size=8
)
TABLES = st.integers(2, 5).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=6)
)
HEADINGS = ("patient", "start", "driver_name", "days", "clinic")
SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=5)


@given(TABLES, DIALECTS, st.booleans(), SIZES)
def test_a_file_of_the_csv_module_is_read_back_in_any_pieces(table, dialect, mark, sizes):
    if dialect["lineterminator"] == "\n" and dialect["quoting"] == csv.QUOTE_MINIMAL:
        # Python before 3.13 leaves such a "\r" without quotes, where it ends a line.
        assume(not any("\r" in cell for cells in table for cell in cells))
    width = len(table[0]) if table else 2
    out = io.StringIO(newline="")
    csv.writer(out, **dialect).writerows([HEADINGS[:width], *table])
    raw = out.getvalue().encode("utf-8-sig" if mark else "utf-8")
    rows = list(read_roster(Dripping(raw, sizes)).rows)  # type: ignore[arg-type]
    said = [tuple(cells) for cells in table if any(cell.strip() for cell in cells)]
    assert [row.raw_cells for row in rows] == said
    assert [row.problem for row in rows] == [None] * len(rows)
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))


@given(st.binary() | st.text('",;\r\n\tpé', max_size=60).map(str.encode), SIZES)
def test_bytes_in_any_pieces_give_the_same_rows(raw, sizes):
    raw = HEADER.encode() + raw
    whole = [(row.number, row.line, row.raw_cells, said(row)) for row in rows_of(raw)]
    rows = read_roster(Dripping(raw, sizes)).rows  # type: ignore[arg-type]
    assert [(row.number, row.line, row.raw_cells, said(row)) for row in rows] == whole


def said(row: Row) -> str:
    return said_of(row) if row.problem else ""


@given(st.lists(st.sampled_from(['p,"x', 'p,"', '"', '""', '","', "p,2,c", '"p",2,"c"', "é,"])))
def test_every_line_is_in_a_row_whatever_the_quotes(lines):
    text = HEADER + "\n".join(lines)
    rows = rows_of(text)
    blank = {number for number, line in enumerate(lines, 2) if not line.strip('",')}
    begun = {row.line for row in rows}
    within = {
        row.line + more for row in rows for more in range("".join(row.raw_cells).count("\n") + 1)
    }
    assert begun | within | blank >= set(range(2, len(lines) + 2))


# --- what spreadsheets leave in cells and headings ---------------------------------------------

ODD_SPACES = "\u00a0\u1680\u2000\u2003\u2007\u2009\u202f\u205f\u3000"
AROUND = "\ufeff\u200b\u2060\u200e\u200f\u202a\u202c"


@pytest.mark.parametrize("space", ODD_SPACES, ids=ascii)
def test_an_odd_space_is_a_space_in_every_cell_and_heading(space):
    text = f"{space}Patient,Latest{space}Start,start,driver_name{space},clinic\n"
    text += (
        f"P{space}1,7{space}Dec{space}2026,{space}2026-12-07,Dr.{space}Lee,my{space}clinic.toml\n"
    )
    (row,) = rows_of(text)
    assert row.texts == {
        "patient": "P 1",
        "latest_start": "7 Dec 2026",
        "start": "2026-12-07",
        "driver_name": "Dr. Lee",
        "clinic": "my clinic.toml",
    }
    assert request_of_row(row).latest_start == date(2026, 12, 7)


@pytest.mark.parametrize("mark", AROUND, ids=ascii)
def test_an_invisible_mark_around_a_value_goes(mark):
    text = f"{mark}patient,{mark}start{mark}\n{mark}P-1,{mark}2026-12-07{mark}\n{mark},{mark}\n"
    (row,) = rows_of(text)
    assert row.texts == {"patient": "P-1", "start": "2026-12-07"}


@pytest.mark.parametrize("name", ["محمد\u200cرضا", "ක්\u200dරිස්", "Zo\u00eb O\u2019Neil"], ids=ascii)
def test_joiners_and_marks_inside_a_name_stay(name):
    (row,) = rows_of(HEADER + f"p1,2026-12-07,{name}\n")
    assert request_of_row(row).driver_name == name


@pytest.mark.parametrize("char", ["\u200b", "\ufeff", "\u202e", "\u2028", "\x1b"], ids=ascii)
def test_an_invisible_character_inside_a_name_is_refused(char):
    (row,) = rows_of(HEADER + f"p1,2026-12-07,An{char}n\n")
    with pytest.raises(BadRequest, match="on one line"):
        request_of_row(row)


def test_json_cells_are_cleaned_too():
    (row,) = rows_of('{"Patient\u00a0": "\ufeffP\u00a01", "start": "2026-12-07"}\n')
    assert row.texts == {"patient": "P 1", "start": "2026-12-07"}


def test_a_row_that_is_cleaned_stays_as_it_was_for_the_rejects():
    (row,) = rows_of(HEADER + "p1,2026-12-07,Dr.\u00a0Lee\n")
    assert row.raw_cells == ("p1", "2026-12-07", "Dr.\u00a0Lee")


def test_hostile_runs_of_spaces_take_no_long_time():
    cell = "\u00a0" * 60_000 + "x" + "\u00a0" * 5_000
    (row,) = rows_of(HEADER + f"p1,2026-12-07,{cell}\n")
    assert row.texts["driver_name"] == "x"


# --- dates that can be read both ways ----------------------------------------------------------


def unsettled_of(line: str) -> tuple[tuple[str, ...], str]:
    """The columns of a row that lack an order of day and month, and what else is wrong."""
    (row,) = rows_of("patient,start,born,days\n" + line)
    with pytest.raises(BadRequest) as caught:
        request_of_row(row)
    return caught.value.unsettled, caught.value.rest


@pytest.mark.parametrize(
    ("line", "columns", "rest"),
    [
        ("p,03/04/2027,,", ("start",), ""),
        ("p,03/04/2027,01/02/1980,", ("start", "born"), ""),
        ("p,13/04/2027,01/02/1980,", ("born",), ""),
        ("p,03/04/2027,13/02/1980,", ("start",), ""),
        ("p,03/04/2027,,T", ("start",), '"T": is "T" Tuesday or Thursday? Write tue or thu'),
        (",03/04/2027,,", ("start",), "is empty, and every row needs it"),
        ("p,03/04/27,,", (), "expected a date with all four digits of its year"),
    ],
)
def test_a_row_says_which_columns_lack_an_order_of_day_and_month(line, columns, rest):
    found, said = unsettled_of(line)
    assert found == columns
    assert said.startswith(rest)
    assert bool(said) == bool(rest)


# --- rows that cannot be read ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param(b"p2,2026-12-07", "row has 2 cells, and the header 3", id="too few"),
        pytest.param(b"p2,2026-12-07,A,B", "row has 4 cells, and the header 3", id="too many"),
        pytest.param(b"x," * 9999 + b"x", "row has 10,000 cells", id="ten thousand"),
        pytest.param(b"p2,2026-12-07,M\xfcller", "0xFC", id="not UTF-8"),
        pytest.param(b"p2,2026-12-07,\xed\xa0\x80", "0xED", id="a surrogate"),
        pytest.param(b"p2,2026-12-07,A\0nn", "driver_name has a NUL", id="NUL"),
        pytest.param(b'p2,2026-12-07,5" pipe', "in the wrong place", id="a quote inside"),
        pytest.param(b'p2,2026-12-07,"Ann"x', "in the wrong place", id="text after a quote"),
        pytest.param(b'p2,2026-12-07, "Ann"', "in the wrong place", id="a space and a quote"),
        pytest.param(b'p2,2026-12-07,="007"', "in the wrong place", id="a formula in quotes"),
        pytest.param(b'p2,2026-12-07,"Ann', "is not closed", id="a quote never closed"),
        pytest.param(b'"p2,2026-12-07,Ann', "is not closed", id="a quote closed by another"),
        pytest.param(
            b"p2,2026-12-07," + b"x" * 70_000, "longer than 65,536 characters", id="a large cell"
        ),
        pytest.param(
            b'p2,2026-12-07,"' + b"x" * 70_000 + b'"', "longer than 65,536", id="large in quotes"
        ),
        pytest.param(b"p2,2026-12-07," + b"x" * 2**20, "longer than 1,048,576", id="a long row"),
    ],
)
@pytest.mark.parametrize("sizes", [[2**18], [40_961]], ids=["whole", "in pieces"])
def test_a_malformed_row_has_a_problem_and_the_others_are_read(line, said, sizes):
    raw = HEADER.encode() + b'p1,2026-12-07,"Ann"\n' + line + b'\np3,2026-12-07,"Bob"\np4,2,\n'
    rows = list(read_roster(Dripping(raw, sizes)).rows)  # type: ignore[arg-type]
    assert good(rows) == ["p1", "p3", "p4"]
    assert [row.number for row in rows] == [1, 2, 3, 4]
    assert said in said_of(rows[1])
    assert len(said_of(rows[1])) < 200
    assert rows[1].problem is not None
    assert rows[1].problem.what.isprintable()


@pytest.mark.parametrize(
    "line",
    [b'p1,2026-12-07,"Ann', b"p1,2026-12-07", b"p1,2026-12-07,M\xfcl", b'p1,2026-12-07,A"n\0'],
    ids=["open quote", "too few", "not UTF-8", "NUL"],
)
def test_a_malformed_row_keeps_its_line(line):
    (row,) = rows_of(HEADER.encode() + line)
    assert ",".join(row.raw_cells).encode("utf-8", "surrogateescape") == line
    assert row.problem is not None


def test_an_unclosed_quote_loses_no_row_after_it():
    rows = rows_of(HEADER + 'p1,2026-12-07,"Ann\n' + "p2,2026-12-07,\n" * 50_000)
    assert [row.number for row in rows if row.problem] == [1]
    assert good(rows) == ["p2"] * 50_000
    assert rows[-1].line == 50_002


def test_an_unclosed_quote_loses_no_row_at_the_end_of_the_file():
    rows = rows_of(HEADER + 'p1,2026-12-07,"Ann\np2,2026-12-07,\np3,2026-12-07,')
    assert good(rows) == ["p2", "p3"]


def test_a_malformed_cell_over_several_lines_is_several_malformed_rows():
    rows = rows_of(HEADER + 'p1,2026-12-07,"Ann\nlives here\n"x\np2,2026-12-07,"Bob"\n')
    assert [(row.line, bool(row.problem)) for row in rows] == [
        (2, True),
        (3, True),
        (4, True),
        (5, False),
    ]


def test_a_closed_cell_that_is_too_large_is_one_malformed_row():
    rows = rows_of(HEADER + 'p1,2026-12-07,"Ann\n' + "x" * 70_000 + '"\np2,2026-12-08,\n')
    assert [row.line for row in rows] == [2, 4]
    assert said_of(rows[0]) == "driver_name is longer than 65,536 characters"
    assert good(rows) == ["p2"]


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param('"' + "x\n" * 40_000 + '"', id="many short lines"),
        pytest.param('"Ann\n' + "x" * 2**21 + '"', id="a line that is cut off"),
        pytest.param(",".join(['"x\n' + "x" * 60_000 + '"'] * 20), id="many cells"),
    ],
)
def test_a_cell_over_several_lines_has_a_largest_size(cells):
    rows = rows_of(HEADER + f"p1,2026-12-07,{cells}\np2,2026-12-08,\n")
    assert good(rows) == ["p2"]
    assert "is not closed as it should be, or not within" in said_of(rows[0])
    assert rows[-1].line == 3 + cells.count("\n")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_line_end_may_come_in_two_pieces(end, size):
    raw = end.join(["patient,start", "p1,2026-12-07", "", "p2,2026-12-07", ""]).encode()
    rows = list(read_roster(Dripping(raw, [size])).rows)  # type: ignore[arg-type]
    assert [(row.texts["patient"], row.line) for row in rows] == [("p1", 2), ("p2", 4)]


@pytest.mark.parametrize("between", [0, 1, 100], ids=["none", "one", "a hundred"])
def test_two_stray_quotes_do_not_join_rows(between):
    rows = rows_of(
        "patient,start,notes,driver_phone\n"
        'p1,2026-12-07,"he said,555 1\n'
        + "p2,12/18/2026,,555 2\n" * between
        + 'p3,12/19/2026,she said",555 3\np4,2026-12-10,"a note\nof two lines, or more",555 4\n',
        ignored=["notes"],
    )
    assert good(rows) == [*["p2"] * between, "p4"]
    assert "may be two rows in one" in said_of(rows[0])
    assert "in the wrong place" in said_of(rows[-2])


def test_no_line_is_scanned_more_than_three_times():
    looked = 0

    class Counting(csv_records.RecordScanner):
        def scan(self, raw: bytes, *, inside: bool = False) -> int:
            nonlocal looked
            looked += 1
            return super().scan(raw, inside=inside)

    lines = [b'p,"', b'p,""', b'","', b'p,"x'] * 2000
    found = list(
        csv_records.read_records(
            csv_records.LineReader(io.BytesIO(b"\n".join(lines))), Counting(",")
        )
    )
    assert len(found) > 1
    assert looked <= 3 * len(lines)


class Endless(io.RawIOBase):
    """A roster with a cell of this many bytes, which are made while they are read."""

    def __init__(self, size: int, piece: bytes) -> None:
        self.parts: Iterator[bytes] = iter(
            [
                HEADER.encode() + b"p1,2026-12-07,Ann\np2,2026-12-07,",
                *([piece] * (size // len(piece))),
                b"\np3,2026-12-07,Bob\n",
            ]
        )

    def read(self, _size: int = -1) -> bytes:
        return next(self.parts, b"")


@pytest.mark.parametrize("quote", [b"x", b'"'], ids=["plain", "of quotes"])
def test_a_cell_of_50_mb_is_one_malformed_row_in_little_memory(quote):
    stream = Endless(50_000_000, quote * 250_000)
    tracemalloc.start()
    rows = list(read_roster(stream).rows)  # type: ignore[arg-type]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert good(rows) == ["p1", "p3"]
    assert "passed over" in said_of(rows[1])
    assert len(rows[1].raw_cells[0]) < 1100
    assert peak < 12_000_000


def test_the_beginning_of_a_long_row_is_not_cut_inside_a_character():
    row, _ = rows_of(HEADER + "p" * 999 + "é" * 600_000 + "\np2,2026-12-07,\n")
    assert row.raw_cells == ("p" * 999 + "…",)


# --- the header --------------------------------------------------------------------------------


def test_a_header_without_rows_is_a_roster_without_rows():
    roster = read_roster(io.BytesIO(b"patient,start"))
    assert (roster.header, list(roster.rows)) == (("patient", "start"), [])


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        pytest.param(b"", "is empty", id="empty"),
        pytest.param(b"\xef\xbb\xbf\r\n \n", "is empty", id="blank"),
        pytest.param("patient,start\n".encode("utf-16"), "UTF-16", id="UTF-16"),
        pytest.param("patient,start\n".encode("utf-16-be"), "NUL bytes", id="UTF-16, no mark"),
        pytest.param(b"PK\x03\x04\x14\0", "is a workbook", id="a workbook"),
        pytest.param(b"\x1f\x8b\x08", "is compressed", id="compressed"),
        pytest.param(b"patient,start,M\xfcl\n", "not UTF-8", id="not UTF-8"),
        pytest.param(b'patient,start,"x\n', "is not closed", id="an open quote"),
        pytest.param(b"patient,start," + b"x" * 2**20, "is longer than", id="too long"),
        pytest.param(b"patient,start,,days\n", "column 3 has no name", id="no name"),
        pytest.param(b"patient,strat\n", 'column 2: "strat" is no column', id="unknown"),
        pytest.param(b"patient,start,\xe2\x80\x8b,days\n", "column 3 has no name", id="unseen"),
        pytest.param(b"patient,strat\n", "did you mean start?", id="a slip"),
        pytest.param(b"patient,strat\n", "there is no column start", id="required"),
        pytest.param(b"patient\n", "there is no column start", id="one heading"),
        pytest.param(b"patient,start,Start\n", "start is there 2 times", id="twice"),
        pytest.param(b"patient,x;start\n", "more than one separator", id="two separators"),
        pytest.param(b"sep=|\npatient|start\n", "separated by", id="another separator"),
        pytest.param(b"sep=;\n", "is empty", id="a separator alone"),
        pytest.param(b"p1,2026-12-07\n", "there is no column patient", id="no header"),
    ],
)
def test_a_file_that_is_no_roster_is_refused_as_a_whole(raw, said):
    assert said in refused(raw, path="roster.csv")


def test_all_problems_of_a_header_are_listed():
    text = refused("Patient Ref;begin;days;Days;Nots\n", names={"born": "Birth date"})
    assert '"Patient Ref"' in text
    assert '"begin"' in text
    assert "days is there 2 times" in text
    assert 'no column is headed "Birth date"' in text
    assert "--ignore-column" in text


def test_ten_thousand_headings_are_not_all_listed():
    text = refused("patient,start," + ",".join(f"note{n}" for n in range(10_000)))
    assert "10000 problems" in text
    assert text.count("\n") < 30


@pytest.mark.parametrize(
    "heading", ["latest_start", "Latest Start", " latest-start ", "LATEST  START"]
)
def test_case_spaces_and_hyphens_of_a_heading_do_not_matter(heading):
    (row,) = rows_of(f"patient,start,{heading}\np1,2026-12-07,2026-12-08\n")
    assert row.texts["latest_start"] == "2026-12-08"


def test_columns_can_be_named_and_ignored():
    text = "Start date,Ref,Notes,start\n2026-12-07,p1,whatever,\n"
    names = {"start": "Start date", "patient": "ref"}
    (row,) = rows_of(text, names=names, ignored=["notes", "start"])
    assert row.texts == {"start": "2026-12-07", "patient": "p1"}
    assert row.raw_cells == ("2026-12-07", "p1", "whatever", "")


def test_a_heading_can_be_named_for_another_column():
    (row,) = rows_of(
        "patient,start\n2026-12-07,p1\n", names={"patient": "start", "start": "patient"}
    )
    assert row.texts == {"start": "2026-12-07", "patient": "p1"}


@pytest.mark.parametrize(
    ("names", "said"),
    [
        pytest.param({"strat": "x"}, "did you mean start?", id="no such column"),
        pytest.param({"start": "A", "born": "a "}, "cannot be both", id="two of one"),
    ],
)
def test_impossible_names_are_refused_as_a_bad_request(names, said):
    with pytest.raises(BadRequest, match=re.escape(said)):
        rows_of(HEADER, names=names)


@pytest.mark.parametrize(
    ("header", "step"),
    [
        pytest.param(
            "Patient ID,First Appt,Notes",
            '--column patient="Patient ID" --column start=HEADING --ignore-column HEADING',
            id="one that is meant, one that nobody knows",
        ),
        pytest.param(
            "patient,start,Latest-start date",
            '--column latest_start="Latest-start date"',
            id="all that is unknown is meant",
        ),
        pytest.param("patient,$start", "--column start=HEADING", id="a shell would read more"),
        pytest.param("patient,start,x,START", "--ignore-column HEADING", id="one of two alike"),
    ],
)
def test_the_next_step_names_the_headings_that_are_there(header, step):
    assert refused(f"{header}\n").splitlines()[-1].endswith(f"what is what: {step}")


def test_a_title_above_the_header_is_to_be_deleted():
    assert refused("Infusions in March,,\npatient,start,days\n").endswith("above the header")


def test_a_renamed_column_is_not_read_from_its_own_heading():
    said = refused("patient,start,Begin\n", names={"start": "Begin"})
    assert '"start" is not read: that column is to be "Begin"' in said


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;", "sep=;;;"])
def test_the_first_line_of_excel_declares_the_delimiter(first):
    rows = rows_of(f"\ufeff{first}\r\npatient;start;a,b\r\np1;2026-12-07;\r\n", ignored=["a,b"])
    assert [(row.line, row.texts["patient"]) for row in rows] == [(3, "p1")]


def test_a_heading_over_two_lines_is_one_heading():
    (row,) = rows_of('patient,"latest\nstart",start\np1,2026-12-08,2026-12-07\n')
    assert row.texts["latest_start"] == "2026-12-08"
    assert row.line == 4 - 1


# --- NDJSON ------------------------------------------------------------------------------------


def test_a_line_of_json_is_a_row():
    data = {
        "patient": 17,
        "Latest Start": None,
        "start": " 2026-12-07 ",
        "days": ["mon", "wed"],
        "unavailable": "2026-12-24;2026-12-25",
        "driver_name": "",
    }
    roster = read_roster(io.BytesIO(b"\n" + json.dumps(data).encode() + b"\r\n"))
    (row,) = roster.rows
    assert (roster.header, row.number, row.line) == (("json",), 1, 2)
    assert row.raw_cells == (json.dumps(data),)
    assert row.texts == {
        "patient": "17",
        "start": "2026-12-07",
        "days": "mon;wed",
        "unavailable": "2026-12-24;2026-12-25",
    }


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param("[1]", "expected one object a line", id="a list"),
        pytest.param("null", "expected one object a line", id="null"),
        pytest.param('{"patient": "p2"', "is not valid JSON", id="cut off"),
        pytest.param("{'patient': 'p2'}", "is not valid JSON", id="single quotes"),
        pytest.param('{"patient": 007}', "is not valid JSON", id="leading zeros"),
        pytest.param('{"patient": "p2", "patient": "p3"}', "is there twice", id="a key twice"),
        pytest.param('{"Start": "1", "start": "2"}', "start is there twice", id="a column twice"),
        pytest.param('{"strat": "x"}', "did you mean start?", id="unknown"),
        pytest.param(
            '{"start": true}', "start expected text or a whole number, not true", id="yes"
        ),
        pytest.param('{"per_week": 2.5}', "per_week expected text or a whole", id="a half"),
        pytest.param('{"per_week": NaN}', "not NaN", id="no number"),
        pytest.param('{"start": {}}', "start expected text", id="an object"),
        pytest.param('{"start": ["x"]}', "start expected text", id="a list of one"),
        pytest.param('{"days": [["mon"]]}'.replace("[[", "[{}, ["), "days expected", id="lists"),
        pytest.param('{"days": [true]}', "days expected text", id="a list of yes"),
        pytest.param('{"start": "\\u0000"}', "start has a NUL", id="NUL"),
        pytest.param('{"start": "\\ud800"}', "start has half a character", id="half"),
        pytest.param('{"start": "x\0"}', "row has a NUL", id="a bare NUL"),
        pytest.param("[" * 100_000, "is nested too deeply", id="deep"),
        pytest.param('{"days":' * 50_000, "is nested too deeply", id="deep objects"),
        pytest.param(
            f'{{"patient": "p1", "start": "2026-12-07", "days": {"[" * 600}{"]" * 600}}}',
            "expected text or a whole number, not a list",
            id="lists in a cell of several values",
        ),
        pytest.param('{"start": "' + "x" * 70_000 + '"}', "start is longer than", id="large"),
        pytest.param('{"start": "' + "x" * 2**20 + '"}', "passed over", id="too large"),
    ],
)
def test_a_bad_line_of_json_says_why_and_the_others_come_all_the_same(line, said):
    rows = rows_of('{"patient":"p1"}\n' + line + '\n{"patient":"p3"}\n')
    assert good(rows) == ["p1", "p3"]
    assert said in said_of(rows[1])
    assert len(said_of(rows[1])) < 200
    assert rows[1].texts == {}
    if len(line) < 2**20:
        assert rows[1].raw_cells == (line,)


def test_bytes_that_are_not_utf_8_are_a_problem_of_the_json_row():
    _, row = rows_of(b'{"patient":"p1"}\n{"patient":"M\xfcl"}')
    assert said_of(row) == "row is not UTF-8 text (the byte 0xFC): save it as CSV UTF-8"


def test_a_number_of_any_length_is_text():
    (row,) = rows_of('{"patient": ' + "9" * 5000 + "}")
    assert row.texts["patient"] == "9" * 5000


def test_names_and_ignored_apply_to_keys_of_json():
    (row,) = rows_of('{"Ref": "p1", "x": [1.5]}', names={"patient": "Ref"}, ignored=["X"])
    assert row.texts == {"patient": "p1"}


@given(st.dictionaries(st.sampled_from(list(ROSTER_FIELDS)), CELLS), SIZES)
def test_any_text_survives_json(data, sizes):
    for ascii_only in (True, False):
        raw = json.dumps(data, ensure_ascii=ascii_only).encode()
        (row,) = read_roster(Dripping(raw, sizes)).rows  # type: ignore[arg-type]
        assert row.texts == {key: one.strip() for key, one in data.items() if one.strip()}


@given(st.binary() | st.text('{}[]",:ps0 \\u', max_size=30).map(str.encode))
def test_any_bytes_are_json_rows_or_have_problems(raw):
    for row in rows_of(b'{"patient":"p"}\n' + raw)[1:]:
        assert row.problem is None or row.problem.what.isprintable()


# --- requests ----------------------------------------------------------------------------------


def test_a_row_is_read_as_a_request():
    (row,) = rows_of(
        "patient,start,days,unavailable,per_week,clinic,protocol,priority\n"
        "p1,7/12/2026,mon; wed;,2026-12-24;2026-12-25,2,north.toml,iv-depression,3\n"
    )
    request = request_of_row(row, "dmy")
    assert (request.patient, request.start, request.per_week) == ("p1", date(2026, 12, 7), 2)
    assert request.days == ("mon", "wed")
    assert [one.first.day for one in request.unavailable] == [24, 25]
    assert (row.texts["clinic"], row.texts["priority"]) == ("north.toml", "3")


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        pytest.param(",2026-12-07,,", "patient", id="no patient"),
        pytest.param("p1,  ,,", "start", id="no start"),
        pytest.param("p1,03/04/2027,,", "start", id="an ambiguous date"),
        pytest.param("p1,2026-12-07,mon;someday,", "days", id="one of several"),
        pytest.param("p1,2026-12-07,,high", "priority", id="priority"),
        pytest.param("p1,2026-12-07,", "row", id="too few cells"),
    ],
)
def test_a_row_that_is_no_request_names_the_column(cells, field):
    (row,) = rows_of(f"patient,start,days,priority\n{cells}\n")
    with pytest.raises(BadRequest) as caught:
        request_of_row(row)
    assert caught.value.field == field


def test_a_cell_without_values_is_not_in_the_request():
    (row,) = rows_of("patient,start,days\np1,2026-12-07,;\n")
    assert request_of_row(row) == Request(start=date(2026, 12, 7), patient="p1")


def test_rows_can_be_pickled():
    rows = rows_of(HEADER + "p1,2026-12-07,\np2\n")
    first, second = pickle.loads(pickle.dumps(rows))  # noqa: S301 - our own bytes
    assert first == rows[0]
    assert said_of(second) == said_of(rows[1])
    assert vars(second.problem) == vars(rows[1].problem)


# --- rejects, read again -----------------------------------------------------------------------


def rejects_of(text: str | bytes) -> bytes:
    """The file of rejects of a roster if every row is rejected."""
    roster = read_roster(io.BytesIO(text.encode() if isinstance(text, str) else text))
    lines = [(*roster.header, "row", "rule", "reason")]
    for row in roster.rows:
        padding = [""] * (len(roster.header) - len(row.raw_cells))
        lines.append((*row.raw_cells, *padding, str(row.number), "start", "=why"))
    return b"".join(map(csv_line, lines))


def test_rejects_are_a_roster_with_the_same_rows():
    text = HEADER + "p1,2026-12-07,=Ann\n'p2, soon ,\"Bob,\n'+Co\"\n"
    rows = rows_of(rejects_of(text))
    assert [row.raw_cells for row in rows] == [row.raw_cells for row in rows_of(text)]
    assert rows[0].texts["driver_name"] == "=Ann"
    assert rejects_of(rejects_of(text)) == rejects_of(text)


def test_rejects_of_json_are_a_roster_again():
    text = '{"patient": "p1", "days": ["mon"]}\n{"patient": true}\n[\n'
    rows = rows_of(rejects_of(text))
    assert [row.raw_cells for row in rows] == [row.raw_cells for row in rows_of(text)]
    assert rows[0].texts == {"patient": "p1", "days": "mon"}
    assert [said(row) for row in rows] == [said(row) for row in rows_of(text)]


@pytest.mark.parametrize(
    "line",
    [b"p1,2026-12-07", b'p1,2026-12-07,"A', b"p1,2026-12-07,M\xfcl", b"p1,2026-12-07,A\0"],
    ids=["too few cells", "an open quote", "not UTF-8", "NUL"],
)
def test_a_reject_that_is_not_mended_is_rejected_again(line):
    (row,) = rows_of(rejects_of(HEADER.encode() + line + b"\n"))
    with pytest.raises(BadRequest):
        request_of_row(row)


def test_the_columns_of_rejects_are_unknown_in_any_other_roster():
    (row,) = rows_of("patient,start,reason\np1,2026-12-07,'=x\n", ignored=["reason"])
    assert row.raw_cells[2] == "'=x"
    assert '"reason" is no column' in refused("patient,start,reason\n")


# --- hints -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("Strat", "start"),
        ("Start date", "start"),
        ("Latest start day", "latest_start"),
        ("Patient ID", "patient"),
        ("Patient No", "patient"),
        ("Driver nmae", "driver_name"),
        ("Driver Phone Number", "driver_phone"),
        ("unavailble", "unavailable"),
        ("Booster", "boosters"),
        ("Day", "days"),
        ("Notes", ""),
        ("Note", ""),
        ("Date", ""),
        ("ID", ""),
        ("Name", ""),
        ("Patient name", ""),
        ("Phone", ""),
        ("State", ""),
        ("Status", ""),
        ("Timestamp", ""),
        ("Type", ""),
        ("Days off", ""),
        ("Sex", ""),
        ("Doctor", ""),
        ("Room", ""),
        ("Insurance", ""),
        ("x" * 5000, ""),
    ],
)
def test_a_hint_proposes_a_column_that_the_heading_is_about(heading, column):
    said = refused(f"patient,start,{heading}\n")
    assert (f"is no column of a roster; did you mean {column}?" in said) == bool(column)
    assert ("did you mean" in said) == bool(column)
