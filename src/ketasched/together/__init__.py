"""Joint planning: many courses on the few chairs of one clinic, planned or rescheduled as one.

Column generation prices the chairs; an integer programme selects one course for each patient.

Doors: reschedule.
"""

# What others need is imported here so that other rooms import it from `ketasched.together`.
# mypy: implicit-reexport
# ruff: noqa: F401

from ketasched.model import DisruptionValue
from ketasched.together.disruption import (
    Disruption,
    NotPlaced,
    Proposal,
    Rescheduled,
    written_proposal,
)
from ketasched.together.plan import LATER, refuse_without_extra, together
from ketasched.together.records import Demand, JointPlan, ObjectiveValue, Unscheduled
from ketasched.together.reschedule import reschedule
