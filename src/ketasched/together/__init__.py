"""Many patients, few chairs, planned as one."""

from ketasched.together.joint import LATER, refuse_without_extra, together
from ketasched.together.nouns import Asked, Together, Waits, Worth

__all__ = ["LATER", "Asked", "Together", "Waits", "Worth", "refuse_without_extra", "together"]
