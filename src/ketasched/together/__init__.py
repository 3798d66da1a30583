"""Many patients, few chairs, planned as one.

Doors: none but this module.
"""

from ketasched.together.plan import LATER, refuse_without_extra, together
from ketasched.together.records import Asked, Together, Waits, Worth

__all__ = ["LATER", "Asked", "Together", "Waits", "Worth", "refuse_without_extra", "together"]
