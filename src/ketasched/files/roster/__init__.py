"""Rosters: many requests in one file, read row by row.

Doors: none but this module.
"""

from ketasched.files.roster.rows import REJECTS, Form, Roster, Row, read_roster, request_of_row

__all__ = [
    "REJECTS",
    "Form",
    "Roster",
    "Row",
    "read_roster",
    "request_of_row",
]
