"""Many patients, few chairs, planned as one."""

from ketasched.together.joint import together
from ketasched.together.nouns import Asked, Together, Waits, Worth

__all__ = ["Asked", "Together", "Waits", "Worth", "together"]
