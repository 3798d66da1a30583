"""The chair ledger: who has which chairs, asked by the pipeline for each row in its turn.

There are two: `memory_ledger` keeps the chairs in memory, `register_ledger` in a register.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

from ketasched.batch.joint_rows import JointOutcome, JointPlanner
from ketasched.batch.records import RowResult, Settings, Site
from ketasched.batch.rejections import Rejected
from ketasched.batch.routing import Routed
from ketasched.batch.triage import Fresh, Retained
from ketasched.model import Course
from ketasched.planning.planner import ChosenSlots


class ChairLedger(ABC):
    """Gives the rows of a run their chairs.

    With a `joint` planner the rows of a clinic are planned jointly. If the ledger `looks_ahead`,
    it observes all remaining rows before the first row at a clinic with limits is booked.
    """

    depends_on_order: ClassVar[bool]
    """Whether the times of a row depend on those of the rows before it, and on nothing else."""

    def __init__(self, settings: Settings, joint: JointPlanner | None) -> None:
        self.settings, self.joint = settings, joint
        self.looks_ahead = joint is not None
        self._outcomes: dict[int, JointOutcome] = {}
        """The outcomes of rows that were planned jointly and whose turn is to come."""

    @abstractmethod
    def concerns(self, routed: Routed) -> bool:
        """Whether a row takes chairs, or frees some; other rows are left to the workers."""

    def observe(self, triaged: Rejected | Retained | Fresh) -> None:
        """Look at a row before the first one is booked."""
        if self.joint is None or not isinstance(triaged, Fresh) or triaged.keeps_chairs:
            return
        if triaged.site.clinic.counts_visits and self._joins(triaged):
            self.joint.add(triaged)

    @abstractmethod
    def retain(self, retained: Retained) -> None:
        """Note that a row keeps its course. Raises `BadRequest` if it cannot be booked."""

    def book(self, fresh: Fresh) -> ChosenSlots | Course:
        """Choose the slots of a row, or plan its whole course, and take the chairs.

        Raises `BadRequest`, and `NoPlan` if there is no room for all visits.
        """
        if self.joint is not None:
            self._outcomes |= self._plan_jointly(self.joint, fresh.site)
        outcome = self._outcomes.pop(fresh.row.number, None)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome if outcome is not None else self._book_alone(fresh)

    def settle(self, result: RowResult) -> RowResult:
        """Note the result of a row that was booked, and return the result to report."""
        return result

    def close(self) -> None:
        """Forget the rows whose turn did not come, and give back what was booked for them."""
        self._outcomes.clear()

    @abstractmethod
    def _joins(self, fresh: Fresh) -> bool:
        """Whether the row may get a new course, and so takes part in the joint plan."""

    @abstractmethod
    def _book_alone(self, fresh: Fresh) -> ChosenSlots | Course:
        """As `book`, for a row that is not planned jointly."""

    @abstractmethod
    def _plan_jointly(self, joint: JointPlanner, site: Site) -> dict[int, JointOutcome]:
        """Plan the rows of a clinic and take their chairs. Returns no outcomes a second time."""
