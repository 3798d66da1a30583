"""Jobs: what is sent to a worker, in a form that is quick to send.

A worker gets its rows in chunks, with the sites that these need.
"""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from ketasched.batch.records import Digests, PriorResult, Settings, Site
from ketasched.batch.routing import Routed
from ketasched.batch.triage import Fresh
from ketasched.files.roster import Row
from ketasched.model import Clinic, Course, Finding, Request, Slot
from ketasched.model.wall_clock import minute_of_day
from ketasched.planning.availability import availability_of
from ketasched.planning.planner import ChosenSlots
from ketasched.planning.spacing_cost import phase_plans_for
from ketasched.rules.base import PlanningContext


class PackedSlots(NamedTuple):
    """Slots that were chosen for a request: their dates (ordinals) and minutes, by phase."""

    request: Request
    starts: list[list[tuple[int, int]]]
    findings: tuple[Finding, ...]

    def __repr__(self) -> str:
        return object.__repr__(self)


class Job(NamedTuple):
    """A row for a worker; the site is given by its digest.

    The worker triages and plans the row, unless it is `decided`: the slots, or the whole course as
    `pack_course` returns it.
    """

    row: Row
    site: str
    prior: PriorResult | None
    digests: Digests = Digests()
    decided: PackedSlots | Course | None = None

    def __repr__(self) -> str:
        return object.__repr__(self)


@dataclass(frozen=True, slots=True, repr=False)
class Chunk:
    """Some jobs for one worker, with their sites by digest."""

    jobs: tuple[Job, ...]
    sites: Mapping[str, bytes]
    settings: Settings


def make_job(triaged: Routed | Fresh, decided: ChosenSlots | Course | None = None) -> Job:
    """The job for a row that the worker plans, or whose slots or course are decided."""
    # Only the file of rejects needs the cells as they were.
    row, site, prior = triaged.row._replace(raw_cells=()), triaged.site.digest, triaged.prior
    if isinstance(triaged, Routed) or decided is None:
        return Job(row, site, prior)
    packed = pack_course(decided) if isinstance(decided, Course) else pack_slots(decided, triaged)
    return Job(row, site, prior, triaged.digests, packed)


def pack_slots(slots: ChosenSlots, fresh: Fresh) -> PackedSlots:
    """The slots for another process."""
    starts = [
        [(slot.start.toordinal(), minute_of_day(slot.start)) for slot in phase]
        for phase in slots.slots
    ]
    return PackedSlots(fresh.context.request, starts, slots.findings)


def unpack_slots(packed: PackedSlots, context: PlanningContext) -> ChosenSlots:
    """The slots that were packed."""
    phase_plans = phase_plans_for(context.protocol, context.clinic, context.request)
    phases = []
    for phase_plan, starts in zip(phase_plans, packed.starts, strict=True):
        days = availability_of(context.clinic, phase_plan.kind)
        phases.append(tuple(_slot(days.on(day).slot(minutes)) for day, minutes in starts))
    return ChosenSlots(tuple(phases), packed.findings)


def _slot(slot: Slot | None) -> Slot:
    assert slot is not None  # noqa: S101 - it was chosen
    return slot


def pack_course(course: Course) -> Course:
    """The course for another process, without its protocol and its clinic."""
    return replace(course, protocol=None, clinic=None)  # type: ignore[arg-type]


def unpack_course(packed: Course, site: Site) -> Course:
    """The course that was packed."""
    return replace(packed, protocol=site.protocol, clinic=site.clinic)


@lru_cache(maxsize=64)
def unpack_site(data: bytes) -> Site:
    """The site that was sent: one object a process, because what follows from it is cached."""
    digest, clinic_digest, key, clinic, protocol, calendar = pickle.loads(data)  # noqa: S301
    return Site(digest, clinic_digest, key, data, _unpack_clinic(clinic), protocol, calendar)


@lru_cache(maxsize=64)
def _unpack_clinic(data: bytes) -> Clinic:
    clinic: Clinic = pickle.loads(data)  # noqa: S301 - from our own process
    return clinic
