"""The course that a command is for, from a file or the register, and what is newer for it."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ketasched.cli import options
from ketasched.cli.anonymity import hide_people
from ketasched.cli.register_option import open_register
from ketasched.errors import BadFile
from ketasched.files.load import load_clinic, load_course, with_clinic
from ketasched.model import BusyTime, Clinic, Course, Protocol, Request
from ketasched.model.busy_index import with_busy_times
from ketasched.planning.planner import planning_horizon
from ketasched.register.records import CourseEntry

if TYPE_CHECKING:
    from ketasched.register.register import Register


@dataclass(frozen=True)
class CourseSource:
    """The options that say where a course is found, and what is newer for it."""

    today: str | None
    calendars: tuple[str, ...]
    register_address: str | None
    clinic_path: str | None

    @cached_property
    def register(self) -> "Register | None":
        """The register that is given, opened; else None."""
        return open_register(self.register_address)

    def find(self, name: str) -> tuple[Course, CourseEntry | None]:
        """The course of a file or folder; else that of a patient in the register, with its entry.

        Raises `BadFile`.
        """
        if self.register is None or Path(name).exists() or name == "-":
            course = load_course(name)
            hide_people(course)
            return course, None
        today = options.moment_of(self.today, UTC, field="today").date()
        entry = find_entry(self.register, name, self.clinic_path, today)
        course = self.register.course(entry.course_id)
        hide_people(course)
        return course, entry

    def with_newer(self, course: Course) -> tuple[Course, datetime]:
        """The course with the clinic and the calendars that are given, and the moment of `today`.

        Raises `BadFile`, `BadRequest`.
        """
        if self.clinic_path:
            course = with_clinic(course, self.clinic_path)
        at = options.moment_of(self.today, course.visits[0].start.tzinfo, field="today")
        plan = course.protocol, course.clinic, course.request
        return replace(course, request=with_calendars(*plan, self.calendars, since=at)), at


def find_entry(
    register: "Register", name: str, clinic_path: str | None = None, today: date | None = None
) -> CourseEntry:
    """The last course of a patient; if nobody has that name, the course with this identifier.

    With `today` it is the one that is not over yet. Raises `BadFile`, also if there are several.
    """
    entries = register.entries(load_clinic(clinic_path) if clinic_path else None, name)
    if not entries:
        if named := register.entry(name):
            return named
        said = f"{name}: there is no such file, and no such patient in the register"
        step = "ketasched register list, or the path of a course.json"
        raise BadFile(said, next_step=step)
    clinics = sorted({entry.clinic for entry in entries})
    if len(clinics) > 1:
        said = f"{name}: is in the register for {len(clinics)} clinics: {', '.join(clinics)}"
        raise BadFile(said, next_step="--clinic FILE says which")
    current = [entry for entry in entries if today and entry.last_day >= today.isoformat()]
    if len(current) > 1:
        raise BadFile(
            f"{name}: has {len(current)} courses in the register that are not over",
            details=[f"{one.course_id}: {one.first_day} to {one.last_day}" for one in current],
            next_step=f"give the one that is meant, {current[0].course_id}, in place of the name",
        )
    return (current or entries)[-1]


def with_calendars(
    protocol: Protocol,
    clinic: Clinic,
    request: Request,
    paths: Collection[str],
    since: datetime | None = None,
) -> Request:
    """The request with the busy times of calendars, as far as its course can reach.

    With `since`, for a course that is under way, only those from that moment on. Raises `BadFile`.
    """
    if not paths:
        return request
    # Imported here because most courses are planned without a calendar.
    from ketasched.files.busy import read_calendar  # noqa: PLC0415

    zone = ZoneInfo(clinic.timezone)
    first, last = planning_horizon(protocol, clinic, request)
    if since:
        today = since.astimezone(zone).date()
        rest = replace(request, start=max(today, request.start), latest_start=None)
        _, last = max((first, last), planning_horizon(protocol, clinic, rest))
        first = today
    busy: dict[str, tuple[BusyTime, ...]] = {}
    for path in paths:
        calendar = read_calendar(path)
        busy[calendar.name] = busy.get(calendar.name, ()) + calendar.busy(zone, first, last)
    return with_busy_times(request, busy, since)
