"""The worker: each row of a chunk becomes a course and its files, or a reason why not."""

from dataclasses import replace

from ketasched.batch.carry_over import carry_over
from ketasched.batch.fingerprints import VERSION, sha
from ketasched.batch.folders import COURSE, write_patient_folder
from ketasched.batch.jobs import Chunk, Job, unpack_site
from ketasched.batch.manifest import summarise
from ketasched.batch.records import Digests, PriorResult, RowResult, Settings, Site
from ketasched.batch.rejections import OUTPUT, Rejected, attempt
from ketasched.batch.routing import Routed
from ketasched.batch.triage import Retained, triage, withdrawn_without_plan
from ketasched.errors import BadRequest, Refused
from ketasched.files.codec import json_line, plain, read
from ketasched.files.disk import MOST_BYTES
from ketasched.files.load import reading_problem
from ketasched.model import Course, Request
from ketasched.planning.planner import course_of
from ketasched.render.patient_folder import render_files
from ketasched.rules.base import PlanningContext


def work(chunk: Chunk) -> list[RowResult]:
    """What became of each row of the chunk, in order. Raises `Refused` if nothing can be written.

    Runs in any process: everything that it needs is in the chunk.
    """
    if chunk.settings.version != VERSION:
        message = f"a worker has ketasched {VERSION}, not {chunk.settings.version}"
        raise Refused(message, next_step="the same version on every machine")
    return [_result(job, chunk) for job in chunk.jobs]


def _result(job: Job, chunk: Chunk) -> RowResult:
    site = unpack_site(chunk.sites[job.site])
    result = attempt(job.row, lambda: _do(job, site, chunk.settings))
    return result.result if isinstance(result, Rejected) else result


def _do(job: Job, site: Site, settings: Settings) -> RowResult:
    """Plan a row unless its course is decided, and write it. Raises `BadRequest`, `NoPlan`."""
    digests = job.digests
    if isinstance(job.decided, Course):
        # With the site's own objects, by whose identity much is cached.
        course = replace(job.decided, protocol=site.protocol, clinic=site.clinic)
        return _write(job, course, digests, settings)
    if job.decided is None:
        triaged = triage(Routed(job.row, site, job.prior), settings)
        if isinstance(triaged, Retained):
            return triaged.result
        with withdrawn_without_plan(triaged, settings):
            course = course_of(triaged.choose_slots(), triaged.context)
        digests = triaged.digests
    else:
        request, slots = job.decided
        context = PlanningContext(site.protocol, site.clinic, request, settings.made_at)
        course = course_of(slots, context)
    return _write(job, carry_over(course, job.prior, settings), digests, settings)


def _write(job: Job, course: Course, digests: Digests, settings: Settings) -> RowResult:
    """The result of a planned row, whose files are written if there is an output folder."""
    files = render_files(course, _formats(job.prior, settings))
    text = "" if settings.output else json_line(course)
    if data := files.get(COURSE, text.encode()):
        _refuse_unreadable(course, data)
    was_there = False
    if settings.output:
        folder = settings.folder(course.patient)
        was_there = write_patient_folder(folder, files, job.prior, settings)
    return RowResult(
        job.row.number,
        course.patient,
        "planned",
        summarise(course),
        tuple((name, sha(data)) for name, data in files.items()),
        digests,
        text=text,
        is_retained=was_there and settings.resumes and bool(job.prior and job.prior.files),
    )


def _refuse_unreadable(course: Course, data: bytes) -> None:
    """Raise `BadRequest` if the course, as it is to be written, could not be read again."""
    if course.revision > 1:
        problem = reading_problem(course, data.decode())
    elif len(data) > MOST_BYTES:
        problem = f"is larger than {MOST_BYTES // 1_000_000} MB"
    else:
        # To read it whole would take as long as to plan it. A clinic, a protocol and calendars
        # were read by the same codec, and visits are computed within its limits: what is left is
        # what the row itself says.
        _, problems = read(Request, plain(replace(course.request, busy=())))
        problem = ": ".join(problems[0]) if problems else ""
    if problem:
        raise BadRequest(OUTPUT, f"the course could not be read again: {problem}")


def _formats(prior: PriorResult | None, settings: Settings) -> tuple[str, ...]:
    """The formats to write: also that of a course file, if an earlier run wrote one."""
    has_course = prior and any(name == COURSE for name, _ in prior.files)
    is_needed = has_course and "json" not in settings.formats
    return (*settings.formats, "json") if is_needed else settings.formats
