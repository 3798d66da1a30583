"""What `check` finds in the courses of a register that have changed since it was asked last."""

from collections.abc import Sequence
from itertools import takewhile

from ketasched import check
from ketasched.files.load import parse_course
from ketasched.model import TAKES_PLACE, Course, Finding, Visit
from ketasched.rules.overridden import is_overridden
from tools.simulation.stored_bookings import StoredBookings

CHANGED = "SELECT max(number), course_id FROM log WHERE number > ? GROUP BY course_id ORDER BY 1"
DOCUMENT = "SELECT document FROM courses WHERE course_id = ?"


class Inspection:
    """The inspection of a register."""

    def __init__(self, bookings: StoredBookings) -> None:
        self._bookings, self._seen = bookings, 0
        self.checked = 0
        """How many courses were checked, each as often as it changed on another day."""

    def broken_rules(self) -> list[str]:
        """What nobody overrode, of the courses that have changed since the last time."""
        problems = []
        for number, course_id in self._bookings.rows(CHANGED, self._seen):
            (document,) = self._bookings.rows(DOCUMENT, course_id)[0]
            course = parse_course(document, course_id)
            problems += [f"{course.patient}: {one.message}" for one in broken(course)]
            self._seen, self.checked = max(self._seen, number), self.checked + 1
        return problems


def broken(course: Course) -> list[Finding]:
    """The broken rules of a course that nobody overrode, and that no fact has broken.

    A fact is never refused: what a missed visit breaks is a finding with a next step, as long as
    one of the two visits around it is to come.
    """
    return [
        one
        for one in check(course)
        if one.level == "broken" and not is_overridden(course, one)
        if not (one.rule in OF_NEIGHBOURS and one.next_step and _follows_a_missed(course, one))
    ]


def _follows_a_missed(course: Course, finding: Finding) -> bool:
    """Whether a visit was missed since the one before it, or in its phase."""
    visit = next(one for one in course.visits if one.number == finding.visit)
    before = [one for one in course.visits if one.start < visit.start]
    own = [one for one in before if one.phase == visit.phase]
    since = OF_NEIGHBOURS[finding.rule](before, own)
    return any(one.status == "missed" for one in since)


def _since_the_neighbour(before: Sequence[Visit], own: Sequence[Visit]) -> Sequence[Visit]:
    return list(takewhile(lambda one: one.status not in TAKES_PLACE, reversed(before)))


def _in_the_phase(before: Sequence[Visit], own: Sequence[Visit]) -> Sequence[Visit]:
    return own


OF_NEIGHBOURS = {"gap": _since_the_neighbour, "span": _in_the_phase}
"""The rules that a missed visit can break, with the visits that can have been missed."""
