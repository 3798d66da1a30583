"""Unchanged rows: a row that is as it was keeps the course and the files of an earlier run."""

from contextlib import suppress

from ketasched.batch.fingerprints import sha_of_file
from ketasched.batch.folders import is_protected, is_revised
from ketasched.batch.manifest import summarise
from ketasched.batch.records import Digests, PriorResult, RowResult, Settings
from ketasched.batch.routing import Routed
from ketasched.errors import BadFile, BadRequest, Refused
from ketasched.files.atomic_write import wait_for_writers
from ketasched.files.load import load_course
from ketasched.files.roster import Row


def is_as_before(prior: PriorResult | None, digests: Digests) -> bool:
    """Whether a finished run has planned a course for a row of the same words."""
    return prior is not None and prior.finished and prior.digests.asked == digests.asked


def is_unchanged(routed: Routed, digests: Digests, settings: Settings) -> bool:
    """Whether a finished run has planned the same, or the course of the row was revised since."""
    prior = routed.prior
    if prior is None or not settings.resumes:
        return False
    if prior.finished and prior.digests.input == digests.input:
        return True
    folder = settings.folder(routed.row.texts["patient"])
    return prior.digests.asked == digests.asked and is_protected(folder)


def retained_result(
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
