"""Carry-over: what the new course of a row takes from the one that an earlier run planned.

A row that is as it was keeps its times where these still keep every rule; a course on the same
dates is the next revision of the earlier one; a course under way is not moved.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import get_args
from zoneinfo import ZoneInfo

from ketasched.batch.fingerprints import sha
from ketasched.batch.folders import COURSE
from ketasched.batch.manifest import summarise
from ketasched.batch.records import SEPARATOR, CourseSummary, PriorResult, Settings
from ketasched.errors import BadFile, BadRequest
from ketasched.events.diff import changed_uids
from ketasched.events.events import events
from ketasched.events.view import View
from ketasched.files.load import load_course
from ketasched.files.toml_json import read_text
from ketasched.model import TAKES_PLACE, Audience, Clinic, Course, Entry
from ketasched.model.identifiers import make_uid_key
from ketasched.model.replay import known_companions
from ketasched.model.wall_clock import minute_of_day
from ketasched.planning.assemble import companions_in_turn, with_identity
from ketasched.planning.planner import ChosenSlots, choose_slots, choose_slots_at
from ketasched.render.patient_folder import render_files
from ketasched.revising.history import add_entry, ended_dates
from ketasched.rules import Past
from ketasched.rules.base import PlanningContext

SEQUENCE = re.compile(r"^SEQUENCE:(\d{1,3})\r?$", re.MULTILINE)
DTSTAMP = re.compile(r"^DTSTAMP:(\d{8}T\d{6}Z)\r?$", re.MULTILINE)

UNDER_WAY = (
    "its course is under way, and would be at other times now: it stays as it is; "
    "change it with ketasched revise"
)


def is_under_way(prior: PriorResult | None, clinic: Clinic, settings: Settings) -> bool:
    """Whether the earlier course has begun: its first day is today or over, at the clinic.

    A course that was planned for days gone by is not under way: nobody came because of this plan,
    and its row can be mended.
    """
    if prior is None or settings.replaces or not prior.summary.first:
        return False
    if begins_in_the_past(prior.summary):
        return False
    today = settings.made_at.astimezone(ZoneInfo(clinic.timezone)).date()
    return date.fromisoformat(prior.summary.first) <= today


def begins_in_the_past(summary: CourseSummary) -> bool:
    """Whether a course was planned for days gone by."""
    return Past.name in summary.notes.split(SEPARATOR)


def would_move() -> BadRequest:
    """The error of a row whose course is under way and would be moved."""
    return BadRequest("patient", UNDER_WAY, public=UNDER_WAY)


def choose_slots_again(context: PlanningContext, prior: PriorResult | None) -> ChosenSlots:
    """The slots of the earlier course, if they keep every rule; else the best slots.

    So new hours or a closure of the clinic move only the patients whom they concern. Raises
    `NoPlan`.
    """
    same = choose_slots_at(context, list(_starts(prior))) if prior else None
    return choose_slots(context) if same is None else same


def _starts(prior: PriorResult) -> Iterator[tuple[date, int]]:
    """The visits of an earlier course: local dates, and minutes after midnight."""
    times = prior.summary.times
    for visit in times.split(SEPARATOR) if times else ():
        start = datetime.fromisoformat(visit.partition("/")[0])
        yield start.date(), minute_of_day(start)


def carry_over(
    course: Course, prior: PriorResult | None, settings: Settings, before: Course | None = None
) -> Course:
    """The course as the next revision of the earlier one, if that was on the same dates.

    Then calendars recognise its entries, and update them. On other dates it is another course with
    entries of its own. The earlier course is `before`, from a register, or that in the folder.
    Raises `BadRequest` if a course under way would be moved.
    """
    if prior is None or settings.output is None or settings.replaces:
        return course
    moves = prior.summary.times != summarise(course).times
    if is_under_way(prior, course.clinic, settings):
        if moves:
            raise would_move()
        # When the course was planned, its start was not in the past.
        findings = tuple(one for one in course.findings if one.rule != Past.name)
        course = replace(course, findings=findings)
    if moves:
        return course
    if before is None:
        try:
            before = load_course(str(settings.folder(course.patient)))
        except BadFile:
            is_damaged = any(name == COURSE for name, _ in prior.files)
            return course if is_damaged else _with_calendar_identity(course, prior, settings)
    is_begun = is_under_way(prior, course.clinic, settings)
    if is_begun and _ahead(before, settings.made_at) != _ahead(course, settings.made_at):
        raise would_move()
    return _next_revision(before, course, settings.made_at)


def _ahead(course: Course, now: datetime) -> dict[tuple[str, int, bool, int], datetime]:
    """When the companions to come that take place are, reviews aside."""
    own = (one for one in course.companions if not one.is_review and one.status in TAKES_PLACE)
    return {key: one.start for key, one in companions_in_turn(own) if one.start > now}


def _next_revision(before: Course, course: Course, now: datetime) -> Course:
    """The course with the identity and the history of the one `before`."""
    known = list(known_companions(before).values())
    course = with_identity(course, before.course_id, before.uid_key, before.made_at, known)
    sequences = {visit.uid: visit.sequence for visit in before.visits}
    sequences |= {review.uid: review.sequence for review in before.companions}
    visits = (replace(one, sequence=sequences.get(one.uid, 0)) for one in course.visits)
    reviews = (replace(one, sequence=sequences.get(one.uid, 0)) for one in course.companions)
    same = replace(
        course,
        revision=before.revision,
        history=before.history,
        visits=tuple(visits),
        companions=tuple(reviews),
    )
    if len(before.history) > 1 and before.history[-1].at == now:
        return same  # a stopped run has added the entry
    changed = changed_uids(before, same, now)
    if not changed:
        return same
    entry = Entry(
        now.astimezone(before.made_at.tzinfo),
        "planned again",
        changed=tuple(sorted(changed)),
        former=tuple(ended_dates(before, same)),
        former_clinic=None if same.clinic == before.clinic else before.clinic,
    )
    return add_entry(replace(same, revision=before.revision + 1), entry)


def _with_calendar_identity(course: Course, prior: PriorResult, settings: Settings) -> Course:
    """The course as the next revision of the one whose calendars are in the patient's folder.

    `batch --format ics` writes no course file. Its manifest has the course's identifier, and its
    calendars say how often their entries have changed, and when last. If the course's calendars
    are those that the earlier run wrote, it is the same revision.
    """
    if not prior.summary.course_id:
        return course
    text = "\n".join(_calendars(prior, settings, course.patient))
    now, zone = settings.made_at.astimezone(UTC), course.made_at.tzinfo
    stamps = list(_moments(DTSTAMP.findall(text)))
    first, last = min(stamps, default=now), max(stamps, default=now)
    course_id = prior.summary.course_id
    uid_key = make_uid_key(course.clinic, course_id)
    course = with_identity(course, course_id, uid_key, first.astimezone(zone))
    for _ in range(max(map(int, SEQUENCE.findall(text)), default=0)):
        course = _planned_again(course, last.astimezone(zone))
    # A run that was stopped, and is resumed, may have written some of the calendars.
    is_resumed = len(course.history) > 1 and last == now
    is_same = is_resumed or _has_same_calendars(course, prior, settings)
    return course if is_same else _planned_again(course, now.astimezone(zone))


def _planned_again(course: Course, at: datetime) -> Course:
    """The next revision of a course. Which of its entries differ is not known: all do."""
    views = map(View, get_args(Audience))
    uids = {event.uid for view in views for event in events(course, view)}
    entry = Entry(at, "planned again", changed=tuple(sorted(uids)))
    return add_entry(replace(course, revision=course.revision + 1), entry)


def _calendars(prior: PriorResult, settings: Settings, patient: str) -> Iterator[str]:
    """The texts of the calendars in a patient's folder."""
    for name, _ in prior.files:
        if name.endswith(".ics"):
            with suppress(BadFile):
                yield read_text(str(settings.folder(patient) / name))


def _has_same_calendars(course: Course, prior: PriorResult, settings: Settings) -> bool:
    """Whether the calendars of a course are those that the earlier run wrote, damaged or not."""
    files = render_files(course, settings.formats)
    written = [one for one in prior.files if one[0].endswith(".ics") and one[0] in files]
    return all(sha(files[name]) == digest for name, digest in written)


def _moments(texts: Iterable[str]) -> Iterator[datetime]:
    """The moments of stamps such as "20261123T150000Z"; a text that is none is left out."""
    for text in texts:
        with suppress(ValueError):
            yield datetime.strptime(text, "%Y%m%dT%H%M%S%z")
