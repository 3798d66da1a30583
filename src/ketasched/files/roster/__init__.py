"""Rosters: many requests in one CSV or NDJSON file, read row by row.

Doors: none but this module.
"""

from ketasched.files.roster.ndjson import ROW
from ketasched.files.roster.rows import REJECT_COLUMNS, Roster, Row, read_roster, request_of_row

__all__ = ["REJECT_COLUMNS", "ROW", "Roster", "Row", "read_roster", "request_of_row"]
