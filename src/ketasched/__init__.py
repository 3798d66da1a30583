"""ketasched plans courses of ketamine treatment on real dates.

`request` reads what is asked for one patient, `plan` makes a course of it, `check` says what the
rules have to say of a course, `revise` changes it, `suggest` lists other times for a visit, and
`render`, `calendar` and `write_folder` write what is handed out. `load_protocol`, `load_clinic`
and `load_course` read files; `Register` is the clinic's register. They do what the commands of the
same names do, and raise the same errors: docs/python.md.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ketasched.api.calendars import calendar
    from ketasched.api.changes import revise, suggest
    from ketasched.api.feeds import publish
    from ketasched.api.free_slots import Waiting
    from ketasched.api.invitations import invite
    from ketasched.api.new_courses import plan
    from ketasched.api.registers import Register
    from ketasched.errors import BadFile, BadRequest, KetaschedError, NoPlan, Refused
    from ketasched.files.busy_calendars import BusyCalendars
    from ketasched.files.load import load_clinic, load_course, load_protocol
    from ketasched.files.request_parsing import request
    from ketasched.model import Clinic, Course, Finding, Protocol, Request
    from ketasched.planning.check import check
    from ketasched.render import render
    from ketasched.render.course_folders import write_folder

__all__ = [
    "BadFile",
    "BadRequest",
    "BusyCalendars",
    "Clinic",
    "Course",
    "Finding",
    "KetaschedError",
    "NoPlan",
    "Protocol",
    "Refused",
    "Register",
    "Request",
    "Waiting",
    "calendar",
    "check",
    "invite",
    "load_clinic",
    "load_course",
    "load_protocol",
    "plan",
    "publish",
    "render",
    "request",
    "revise",
    "suggest",
    "write_folder",
]

_HOMES = {
    "api.calendars": ("calendar",),
    "api.changes": ("revise", "suggest"),
    "api.feeds": ("publish",),
    "api.free_slots": ("Waiting",),
    "api.invitations": ("invite",),
    "api.new_courses": ("plan",),
    "api.registers": ("Register",),
    "errors": ("BadFile", "BadRequest", "KetaschedError", "NoPlan", "Refused"),
    "files.busy_calendars": ("BusyCalendars",),
    "files.load": ("load_clinic", "load_course", "load_protocol"),
    "files.request_parsing": ("request",),
    "model": ("Clinic", "Course", "Finding", "Protocol", "Request"),
    "planning.check": ("check",),
    "render": ("render",),
    "render.course_folders": ("write_folder",),
}


def __getattr__(name: str) -> object:
    """A public name, imported from its module on first use: `--help` needs none of them."""
    for module, names in _HOMES.items():
        if name in names:
            found = getattr(import_module(f"ketasched.{module}"), name)
            # The room `render` is an attribute from its import on, and is called as its function.
            return globals().get(name, found)
    raise AttributeError(f"module 'ketasched' has no attribute {name!r}")
