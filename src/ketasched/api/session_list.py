"""Whose authorised sessions run out, in visits or in days."""

from datetime import date
from operator import attrgetter

from ketasched.model.session_counts import SessionCount, count_sessions
from ketasched.model.values import LAST_START
from ketasched.register.clinic_book import ClinicBook


def sessions_that_run_out(book: ClinicBook, today: date, last: date) -> list[SessionCount]:
    """The courses with visits to come whose sessions run out until the day `last`, first first.

    They run out with the last session, at a visit that has none, or on the last day.
    """
    counts = (count_sessions(one, today) for one in book.days(today, LAST_START).courses)
    found = [one for one in counts if one and one.runs_out <= last]
    return sorted(found, key=attrgetter("runs_out", "patient"))
