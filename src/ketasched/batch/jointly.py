"""The rows of a clinic planned as one, before the first of them is seated."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

from ketasched.batch.held import Taken
from ketasched.batch.nouns import Desk, Settings
from ketasched.batch.sorter import NotOurs, Sorter
from ketasched.errors import BadRequest, NoPlan
from ketasched.handout import refuse_telling
from ketasched.model import Course
from ketasched.roster import Row, request_of_row
from ketasched.times import day_text
from ketasched.together import Asked, Together, Waits, together


@dataclass(slots=True)
class Jointly:
    """Plans the rows of each clinic that has chairs as one, when the first of them is seated.

    `rows` gives them all, which `sorter`, another one than that of the run, looks through once;
    those of patients in `stay` are left out. `limit` is in seconds, for each clinic. `plans` are
    those that were made, each with its clinic's name.
    """

    settings: Settings
    rows: Callable[[], Iterable[Row]]
    sorter: Sorter
    limit: float
    stay: Collection[str] = ()
    plans: list[tuple[str, Together]] = field(default_factory=list)
    _asked: dict[str, dict[int, Asked]] | None = None
    _found: dict[str, dict[int, Course | Waits]] = field(default_factory=dict)

    def planned_now(self, desk: Desk, taken: Taken) -> Sequence[Course]:
        """The courses of all rows at a desk's clinic, beside what is taken; none the next time."""
        if desk.place in self._found:
            return ()
        if self._asked is None:
            self._asked = self._looked_through()
        asked = self._asked.get(desk.place, {})
        found = together(
            list(asked.values()),
            desk.clinic,
            made_at=self.settings.made_at,
            bookings=dict(taken),
            limit=self.limit,
        )
        if asked:
            self.plans.append((desk.clinic.name, found))
        self._found[desk.place] = dict(zip(asked, found.outcomes, strict=True))
        return found.courses

    def course(self, row: int, desk: Desk) -> Course | None:
        """The course of a row by number; None if it was not planned with the others.

        Raises `BadRequest`, and `NoPlan` if it has to wait.
        """
        found = self._found[desk.place].get(row)
        if isinstance(found, Waits):
            raise _waiting(found)
        return found

    def _looked_through(self) -> dict[str, dict[int, Asked]]:
        """Who asks, by place and the number of the row."""
        asked: dict[str, dict[int, Asked]] = defaultdict(dict)
        for row in self.rows():
            try:
                desk = self.sorter.desk_of(row)
                request = request_of_row(row, self.settings.date_order)
                refuse_telling(desk.clinic, request)
            except (BadRequest, NotOurs):
                continue  # what is wrong with it is said when its turn comes
            if self.sorter.seats_at(desk) and request.patient not in self.stay:
                priority = int(row.texts.get("priority") or 1)
                asked[desk.place][row.number] = Asked(desk.protocol, request, priority)
        return asked


def _waiting(waits: Waits) -> BadRequest | NoPlan:
    """The reason why somebody waits, with the first week that has room."""
    reason = waits.reason
    if waits.first is None or not isinstance(reason, NoPlan):
        return reason
    said = f"{reason.what}; there is room from {day_text(waits.first)}"
    return NoPlan(said, findings=reason.findings, refusals=reason.refusals)
