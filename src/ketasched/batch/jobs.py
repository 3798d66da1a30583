"""Jobs: what is sent to a worker: its rows in chunks, with the sites that these need."""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from ketasched.batch.records import Digests, PriorResult, Settings, Site
from ketasched.batch.routing import Routed
from ketasched.batch.triage import Fresh
from ketasched.files.roster import Row
from ketasched.model import Course, Request
from ketasched.planning.planner import ChosenSlots


class Job(NamedTuple):
    """A row for a worker; the site is given by its digest.

    The worker triages and plans the row, unless it is `decided`: the request with its slots, or
    the whole course.
    """

    row: Row
    site: str
    prior: PriorResult | None
    digests: Digests = Digests()
    decided: tuple[Request, ChosenSlots] | Course | None = None

    def __repr__(self) -> str:
        return object.__repr__(self)


@dataclass(frozen=True, slots=True, repr=False)
class Chunk:
    """Some jobs for one worker, with their pickled sites by digest."""

    jobs: tuple[Job, ...]
    sites: Mapping[str, bytes]
    settings: Settings


def make_job(triaged: Routed | Fresh, decided: ChosenSlots | Course | None = None) -> Job:
    """The job for a row that the worker plans, or whose slots or course are decided."""
    # Only the file of rejects needs the cells as they were.
    row, site, prior = triaged.row._replace(raw_cells=()), triaged.site.digest, triaged.prior
    if isinstance(triaged, Routed) or decided is None:
        return Job(row, site, prior)
    if isinstance(decided, ChosenSlots):
        return Job(row, site, prior, triaged.digests, (triaged.context.request, decided))
    return Job(row, site, prior, triaged.digests, decided)


@lru_cache(maxsize=64)
def unpack_site(data: bytes) -> Site:
    """The site that was sent: one object a process, because what follows from it is cached."""
    site: Site = pickle.loads(data)  # noqa: S301 - from our own process
    return site
