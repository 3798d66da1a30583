"""Rosters: many requests in one file, read row by row, and the CSV files that answer them."""

from ketasched.roster.cells import as_it_was, csv_line, harmless
from ketasched.roster.rows import REJECTS, Form, Roster, Row, read_roster, request_of_row

__all__ = [
    "REJECTS",
    "Form",
    "Roster",
    "Row",
    "as_it_was",
    "csv_line",
    "harmless",
    "read_roster",
    "request_of_row",
]
