"""A row that is planned again though it is as it was: its clinic's file, say, has changed."""

from collections.abc import Iterator
from datetime import date, datetime

from ketasched.batch.nouns import SEPARATOR, Known
from ketasched.planner import Decided, decide, decide_at
from ketasched.shapes import Given
from ketasched.times import minute_of


def is_as_before(known: Known | None, asked: str) -> bool:
    """Whether a finished run has planned a course for a row of these words (`asked_of`)."""
    return known is not None and known.finished and known.asked == asked


def decided_again(given: Given, known: Known | None, asked: str) -> Decided:
    """What is decided for a row: where it is as it was, its times, if these still keep every rule.

    So another hour or holiday of the clinic moves only those whom it concerns. Raises `NoPlan`.
    """
    if known and is_as_before(known, asked):
        same = decide_at(given, list(_starts(known)))
        if same is not None:
            return same
    return decide(given)


def _starts(known: Known) -> Iterator[tuple[date, int]]:
    """The visits of an earlier course: their local dates, and minutes after midnight."""
    for visit in known.made.visits.split(SEPARATOR) if known.made.visits else ():
        start = datetime.fromisoformat(visit.partition("/")[0])
        yield start.date(), minute_of(start)
