"""The rows of a clinic planned as one, before the first of them is seated."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from ketasched.batch.manifest import DaysTaken
from ketasched.batch.records import Desk, Settings
from ketasched.batch.routing import NotOurs, Sorter
from ketasched.batch.shared_calendars import later_busy
from ketasched.batch.worker import given_to
from ketasched.errors import BadRequest, NoPlan
from ketasched.files.roster import Row
from ketasched.model import Course
from ketasched.model.wall_clock import day_text
from ketasched.together import Asked, Together, Waits, together

Found = Course | BadRequest | NoPlan
"""What became of a row that was planned as one with others: its course, or why it waits."""


@dataclass(slots=True)
class Jointly:
    """Plans the rows of each clinic that has chairs as one, when the first of them is seated.

    `rows` gives them all, which `sorter`, another one than that of the run, looks through once.
    `limit` is in seconds, for each clinic. `plans` are those that were made, each with its
    clinic's name.
    """

    settings: Settings
    rows: Callable[[], Iterable[Row]]
    sorter: Sorter
    limit: float
    plans: list[tuple[str, Together]] = field(default_factory=list)
    _asked: dict[str, dict[int, Asked]] | None = None
    _planned: set[str] = field(default_factory=set)

    def planned_now(
        self,
        desk: Desk,
        joins: Callable[[Row, Desk], bool],
        taken: Callable[[Mapping[int, Asked]], DaysTaken],
    ) -> dict[int, Found]:
        """What becomes of all rows at a desk's clinic, by number; nothing the next time.

        `joins` says whether a row is planned anew, and `taken` which chairs those who ask (by the
        number of their row) find taken.
        """
        if desk.clinic_digest in self._planned:
            return {}
        self._planned.add(desk.clinic_digest)
        if self._asked is None:
            self._asked = self._looked_through(joins)
        asked = self._asked.pop(desk.clinic_digest, {})
        if not asked:
            return {}
        found = together(
            list(asked.values()),
            desk.clinic,
            made_at=self.settings.made_at,
            bookings=dict(taken(asked)),
            limit=self.limit,
        )
        self.plans.append((desk.clinic.name, found))
        outcomes = zip(asked, found.outcomes, strict=True)
        return {row: _waiting(one) if isinstance(one, Waits) else one for row, one in outcomes}

    def _looked_through(self, joins: Callable[[Row, Desk], bool]) -> dict[str, dict[int, Asked]]:
        """Who asks, by the digest of their clinic and the number of the row."""
        asked: dict[str, dict[int, Asked]] = defaultdict(dict)
        for row in self.rows():
            try:
                desk = self.sorter.desk_of(row)
                request = given_to(row, desk, self.settings).request
            except (BadRequest, NotOurs):
                continue  # what is wrong with it is said when its turn comes
            if self.sorter.seats_at(desk) and joins(row, desk):
                priority = int(row.texts.get("priority") or 1)
                busy = later_busy(request, desk)
                asked[desk.clinic_digest][row.number] = Asked(
                    desk.protocol, request, priority, busy=busy
                )
        return asked


def _waiting(waits: Waits) -> BadRequest | NoPlan:
    """The reason why somebody waits, with the first week that has room."""
    reason = waits.reason
    if waits.first is None or not isinstance(reason, NoPlan):
        return reason
    said = f"{reason.what}; there is room from {day_text(waits.first)}"
    return NoPlan(said, findings=reason.findings, refusals=reason.refusals)
