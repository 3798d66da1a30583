"""Joint planning: the best plan for many patients on the few chairs of one clinic.

Column generation prices the chairs; an integer programme selects one course for each patient.

Doors: none but this module.
"""

from ketasched.together.plan import LATER, refuse_without_extra, together
from ketasched.together.records import Demand, JointPlan, ObjectiveValue, Unscheduled

__all__ = [
    "LATER",
    "Demand",
    "JointPlan",
    "ObjectiveValue",
    "Unscheduled",
    "refuse_without_extra",
    "together",
]
