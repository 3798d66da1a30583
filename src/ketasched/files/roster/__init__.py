"""Rosters: many requests in one CSV or NDJSON file, read row by row.

Doors: none but this module.
"""
# What others need is imported here so that other rooms import them from `ketasched.files.roster`.
# mypy: implicit-reexport
# ruff: noqa: F401

from ketasched.files.roster.header import REJECT_COLUMNS
from ketasched.files.roster.rows import ROW, Roster, Row, priority_of, read_roster, request_of_row
