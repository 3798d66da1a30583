"""Joint rows: the rows of a clinic, planned jointly before the first of them is seated."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ketasched.batch.records import RowResult, Site
from ketasched.batch.shared_calendars import later_busy_times
from ketasched.batch.triage import Fresh
from ketasched.errors import BadRequest, NoPlan
from ketasched.files.roster import priority_of
from ketasched.model import Course
from ketasched.model.occupancy import Occupancy
from ketasched.model.wall_clock import day_text
from ketasched.together import Demand, JointPlan, Unscheduled, together

JointOutcome = Course | BadRequest | NoPlan
"""What became of a row that was planned jointly: its course, or why it has none."""


@dataclass(slots=True)
class JointRun:
    """The joint plan of the clinic of this name, and how many of its courses are carried out.

    `rows` are the numbers of the rows with a course in the plan. Such a row is not carried out
    if its folder cannot be written, say, or if the run stops before it.
    """

    name: str
    plan: JointPlan
    rows: frozenset[int]
    carried_out: int = 0


@dataclass(slots=True)
class JointPlanner:
    """Plans the rows of each clinic jointly.

    `limit` is in seconds for each clinic. `plans` are the plans that were made.
    """

    made_at: datetime
    limit: float
    plans: list[JointRun] = field(default_factory=list)
    _rows: dict[str, list[Fresh]] = field(default_factory=lambda: defaultdict(list))

    def add(self, fresh: Fresh) -> None:
        """Add a row to those of its clinic."""
        self._rows[fresh.site.clinic_digest].append(fresh)

    def plan(
        self, site: Site, occupancy: Callable[[Sequence[Fresh]], Occupancy]
    ) -> dict[int, JointOutcome]:
        """The outcomes of the clinic's rows, by row number; empty if they are planned already.

        `occupancy` returns the occupancy of the clinic beside which the rows are planned.
        """
        rows = self._rows.pop(site.clinic_digest, [])
        if not rows:
            return {}
        plan = together(
            [_demand(fresh) for fresh in rows],
            site.clinic,
            made_at=self.made_at,
            bookings=occupancy(rows),
            limit=self.limit,
        )
        outcomes = {
            fresh.row.number: _reason(outcome) if isinstance(outcome, Unscheduled) else outcome
            for fresh, outcome in zip(rows, plan.outcomes, strict=True)
        }
        seated = (number for number, one in outcomes.items() if isinstance(one, Course))
        self.plans.append(JointRun(site.clinic.name, plan, frozenset(seated)))
        return outcomes

    def settle(self, result: RowResult) -> None:
        """Note what became of a row in the end."""
        for one in self.plans:
            one.carried_out += result.status == "planned" and result.row in one.rows


def _demand(fresh: Fresh) -> Demand:
    request = fresh.context.request
    busy = later_busy_times(request, fresh.site)
    return Demand(fresh.site.protocol, request, priority_of(fresh.row), busy=busy)


def _reason(outcome: Unscheduled) -> BadRequest | NoPlan:
    """Why a row has to wait, with the first day that has room."""
    reason = outcome.reason
    if outcome.first is None or not isinstance(reason, NoPlan):
        return reason
    message = f"{reason.what}; there is room from {day_text(outcome.first)}"
    return NoPlan(message, findings=reason.findings, refusals=reason.refusals)


def joint_plan_in_words(run: JointRun) -> str:
    """A joint plan in words: who is seated, who waits, and how far the plan is from the bound."""
    plan, seated = run.plan, run.carried_out
    waits = [one for one in plan.outcomes if isinstance(one, Unscheduled)]
    waiting = sum(isinstance(one.reason, NoPlan) for one in waits)
    objective, bound = plan.objective, plan.bound
    said = f"{run.name or 'the clinic'}, planned as one: {seated:,} seated, {waiting:,} waiting"
    if failed := len(run.rows) - seated:
        said += f", {failed:,} rejected all the same or not begun"
    said += f"; {objective.delay:,} days of delay in all"
    if plan.is_best:
        return f"{said}; it is proven that no plan is better"
    if objective.seated < bound.seated:
        return f"{said}; at most {bound.seated - objective.seated:,} more could be (by priority)"
    if objective.delay == bound.delay:
        return f"{said}; only the spacing could be better"
    return f"{said}; no plan has fewer than {bound.delay:,}"
