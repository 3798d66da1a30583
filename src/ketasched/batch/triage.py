"""Triage: does a row keep the course of an earlier run, or is it planned anew?

A row that is as it was keeps the course and the files of an earlier run.

Each row is triaged once: by the pipeline if it concerns the chair ledger, else by the worker that
plans it.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import NamedTuple

from ketasched.batch.carry_over import choose_slots_again, is_under_way
from ketasched.batch.fingerprints import digests_of, sha_of_file
from ketasched.batch.folders import is_protected, is_revised, withdraw_course
from ketasched.batch.manifest import summarise
from ketasched.batch.records import Digests, PriorResult, RowResult, Settings, Site
from ketasched.batch.routing import Routed
from ketasched.batch.shared_calendars import busy_times
from ketasched.errors import BadFile, BadRequest, NoPlan, Refused
from ketasched.files.atomic_write import wait_for_writers
from ketasched.files.load import load_course
from ketasched.files.roster import Row, request_of_row
from ketasched.model.occupancy import Occupancy
from ketasched.planning.planner import ChosenSlots, requested_phases
from ketasched.render.patient_folder import refuse_sensitive_reference
from ketasched.rules.base import PlanningContext


class Retained(NamedTuple):
    """A row whose course of an earlier run stays as it is.

    `is_as_before` says that a finished run has planned the course for a row of the same words.
    """

    row: Row
    site: Site
    result: RowResult
    is_as_before: bool
    prior: PriorResult
    digests: Digests

    def in_its_turn(self, settings: Settings) -> "Retained":
        """The row with its result as the files are now: they may have been revised meanwhile."""
        result = _retained_result(self.row, self.prior, self.digests, settings)
        return self._replace(result=result or self.result)


class Fresh(NamedTuple):
    """A row that is to be planned.

    `is_unchanged` is set only if times depend on the order of the rows: the inputs are those
    of a finished run, or the course was revised since. `is_as_before` says that a finished run
    has planned a course for a row of the same words; `is_under_way` that the earlier course
    has begun.
    """

    row: Row
    site: Site
    context: PlanningContext
    digests: Digests
    prior: PriorResult | None
    is_unchanged: bool
    is_as_before: bool
    is_under_way: bool

    @property
    def keeps_chairs(self) -> bool:
        """Whether the row holds the chairs of its earlier course until its turn.

        A row that is as it was may keep its times, and a course under way has to.
        """
        return self.is_unchanged or self.is_as_before or self.is_under_way

    def beside(self, bookings: Occupancy) -> "Fresh":
        """The row, to be planned beside these bookings."""
        return self._replace(context=replace(self.context, bookings=bookings))

    def choose_slots(self) -> ChosenSlots:
        """The slots for the row. Raises `NoPlan`."""
        return choose_slots_again(self.context, self.prior if self.is_as_before else None)


def triage(
    routed: Routed, settings: Settings, *, depends_on_order: bool = False
) -> Retained | Fresh:
    """The row as retained or fresh. Raises `BadRequest` if it makes no sense.

    If its times depend on the rows before it (`depends_on_order`), a row that a stopped run has
    planned anew is fresh: it is planned again in its turn.
    """
    row, site, prior = routed
    request = request_of_row(row, settings.date_order or site.clinic.date_order)
    if site.calendar:
        request = replace(request, busy=busy_times(request, site))
    digests = digests_of(row, request, site, settings)
    unchanged = depends_on_order and _is_unchanged(routed, digests, settings)
    as_before = _is_as_before(prior, digests)
    if prior and settings.resumes and (unchanged or not depends_on_order):
        result = _retained_result(row, prior, digests, settings)
        if result:
            return Retained(row, site, result, as_before, prior, digests)
    refuse_sensitive_reference(site.clinic, request)
    context = PlanningContext(site.protocol, site.clinic, request, settings.made_at)
    requested_phases(context)
    under_way = is_under_way(prior, site.clinic, settings)
    return Fresh(row, site, context, digests, prior, unchanged, as_before, under_way)


@contextmanager
def withdrawn_without_plan(fresh: Fresh, settings: Settings) -> Iterator[None]:
    """Withdraw the earlier course of a row if the block finds no plan; not one under way."""
    try:
        yield
    except NoPlan:
        if not fresh.is_under_way:
            withdraw_course(fresh.row, fresh.prior, settings)
        raise


def _is_as_before(prior: PriorResult | None, digests: Digests) -> bool:
    """Whether a finished run has planned a course for a row of the same words."""
    return prior is not None and prior.finished and prior.digests.asked == digests.asked


def _is_unchanged(routed: Routed, digests: Digests, settings: Settings) -> bool:
    """Whether a finished run has planned the same, or the course of the row was revised since."""
    prior = routed.prior
    if prior is None or not settings.resumes:
        return False
    if prior.finished and prior.digests.input == digests.input:
        return True
    folder = settings.folder(routed.row.texts["patient"])
    return prior.digests.asked == digests.asked and is_protected(folder)


def _retained_result(
    row: Row, prior: PriorResult, digests: Digests, settings: Settings
) -> RowResult | None:
    """The result of a row that keeps its course; None if the row has to be planned.

    A row keeps its course if nothing that the files are made from has changed and all files are
    there, or if the course was revised since and the row's own words are the same. Raises
    `BadRequest` if another process is writing into the folder.
    """
    if not prior.files or prior.digests.asked != digests.asked:
        return None
    patient = row.texts["patient"]
    folder = settings.folder(patient)
    if settings.writes:
        try:
            wait_for_writers(folder)
        except Refused as error:
            raise BadRequest("output", error.what) from None
    files = tuple((name, sha_of_file(folder / name)) for name, _ in prior.files)
    summary, was_revised = prior.summary, False
    if files != prior.files or prior.digests.input != digests.input:
        was_revised = all(sha for _, sha in files) and is_revised(folder)
        if not was_revised:
            return None
        with suppress(BadFile):
            summary = summarise(load_course(str(folder)))
    return RowResult(
        row.number,
        patient,
        "planned",
        summary,
        files,
        prior.digests,
        is_retained=True,
        is_revised=was_revised,
    )
