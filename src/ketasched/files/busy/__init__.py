"""Reads busy times from calendar files (iCalendar, RFC 5545).

Doors: none but this module.
"""

from ketasched.files.busy.calendar import Calendar, Reading, calendar_from, read_calendar

__all__ = ["Calendar", "Reading", "calendar_from", "read_calendar"]
