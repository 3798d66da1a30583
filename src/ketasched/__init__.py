"""ketasched plans courses of ketamine treatment on real dates.

The core is `plan`, from a protocol, a clinic and a request to a course, and `check`, from a course
to findings; `load_protocol`, `load_clinic` and `load_course` read files; `ketasched.render.render`
writes a course as text, as a calendar or as JSON.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ketasched.errors import BadFile, BadRequest, KetaschedError, NoPlan, Refused
    from ketasched.files.load import load_clinic, load_course, load_protocol
    from ketasched.model import Clinic, Course, Finding, Protocol, Request
    from ketasched.planning.check import check
    from ketasched.planning.planner import plan

__all__ = [
    "BadFile",
    "BadRequest",
    "Clinic",
    "Course",
    "Finding",
    "KetaschedError",
    "NoPlan",
    "Protocol",
    "Refused",
    "Request",
    "check",
    "load_clinic",
    "load_course",
    "load_protocol",
    "plan",
]

_HOMES = {
    "errors": ("BadFile", "BadRequest", "KetaschedError", "NoPlan", "Refused"),
    "files.load": ("load_clinic", "load_course", "load_protocol"),
    "model": ("Clinic", "Course", "Finding", "Protocol", "Request"),
    "planning.planner": ("plan",),
    "planning.check": ("check",),
}


def __getattr__(name: str) -> object:
    """A public name, imported from its module on first use: `--help` needs none of them."""
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"ketasched.{module}"), name)
    raise AttributeError(f"module 'ketasched' has no attribute {name!r}")
