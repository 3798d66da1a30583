"""What is wrong with a calendar: what is passed over, with its lines, and what is refused."""

from collections import defaultdict
from enum import StrEnum


class Note(StrEnum):
    """What is said of a line; of several in the plural."""

    NO_START = "has no start and was passed over"
    JUNK = "is no line of a calendar and was passed over"
    NOT_UTF8 = "is not UTF-8 and was read as Latin-1"
    CUT_OFF = "calendar is cut off and may lack later events"
    BACKWARDS = "ends before it starts and is busy at both"
    NO_ZONE = "has an unknown time zone and is busy wherever that may be"
    NO_RULE = "has an unknown kind of recurrence and is busy every day"
    TOO_OFTEN = "repeats more often than can be looked at and is always busy"
    OWN_SERIES = "recurs within a series and is busy at all times of both"
    NO_EXCEPTION = "has an unknown kind of exception and is busy all the same"


PLURALS = {"has": "have", "was": "were", "is": "are", "ends": "end", "repeats": "repeat"}
PLURALS |= {"it": "they", "starts": "start", "recurs": "recur"}

MOST_LINES_SHOWN = 10
"""Of more lines, the first ones are shown."""

Notes = defaultdict[Note, set[int]]
"""What was passed over or taken for busy while a calendar was read: the lines of each kind."""


class BadLine(ValueError):
    """What is wrong with a calendar, and on which line."""

    def __init__(self, line: int, said: str) -> None:
        super().__init__(said)
        self.line = line


def sentence(notes: Notes, events: int) -> str:
    """All notes in one line, with the number of events."""
    parts = [f"read {events} event{'s' * (events != 1)}"]
    for kind, lines in notes.items():
        several = len(lines) > 1
        said = " ".join(PLURALS.get(word, word) if several else word for word in kind.split())
        shown = ", ".join(map(str, sorted(lines)[:MOST_LINES_SHOWN]))
        shown += ", …" * (len(lines) > MOST_LINES_SHOWN)
        parts.append(f"{len(lines)} {said}: line{'s' * several} {shown}")
    return "; ".join(parts)


def problems_of(notes: Notes) -> list[BadLine]:
    """Each of the notes as an error, without what would come of it."""
    found = ((kind.partition(" and ")[0], lines) for kind, lines in notes.items())
    return [BadLine(line, said) for said, lines in found for line in lines]
