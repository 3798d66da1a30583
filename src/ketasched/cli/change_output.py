"""What a command prints of changed courses."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ketasched.cli.output import finding_text, in_local_style, print_as, say, say_findings
from ketasched.model import Course, Finding, visits_text
from ketasched.model.replay import uid_of
from ketasched.model.wall_clock import day_text
from ketasched.planning.check import check
from ketasched.revising.change_report import change_data, change_lines, follow_ups
from ketasched.revising.switch import ended_course
from ketasched.rules import Clearance, Requirements
from ketasched.rules.overridden import is_overridden


def print_revisions(form: str | None, revisions: Sequence[tuple[Course, Course]]) -> None:
    """Print each change of several courses; as text only the line that sums it up."""
    lines = (next(change_lines(*pair)) for pair in revisions)
    print_as(form, [change_data(*pair) for pair in revisions], map(in_local_style, lines))


def last_and_following(before: Course, after: Course) -> tuple[Course, Course | None]:
    """The last revision of the course before, and the course that follows it after a switch."""
    is_switch = after.course_id != before.course_id
    return (ended_course(before, after), after) if is_switch else (after, None)


def print_change(before: Course, after: Course, form: str | None, *, dry_run: bool) -> None:
    """Print what a change did, what is to be done now, and what is not as it ought to be."""
    last, following = last_and_following(before, after)
    data, lines = change_data(before, last), [*change_lines(before, last)]
    if following:
        nothing = replace(following, visits=(), companions=())
        new = {"course_id": following.course_id, **change_data(nothing, following)}
        data, lines = {**data, "new": new}, [*lines, *change_lines(nothing, following)]
    print_as(form, data, map(in_local_style, lines))
    for note in follow_ups(before, after, is_done=not dry_run):
        say("note", note)
    if following:
        _say_switch(before, last, following, dry_run=dry_run)
    else:
        _say_new_findings(before, after)


def _say_new_findings(before: Course, after: Course) -> None:
    known = {_subject(before, finding) for finding in before.findings}
    # What was decided about chairs stands on the course: only the register can check it.
    found = {_subject(after, finding): finding for finding in (*check(after), *after.findings)}
    new = [one for subject, one in found.items() if subject not in known]
    say_findings(one for one in new if one.level == "given-up")
    _say_broken(after, (one for one in new if one.level == "broken"))
    change = after.history[-1].change
    if change and change.record:  # what is still not as it ought to be
        names = (Clearance.name, Requirements.name)
        say_findings(one for one in after.findings if one.rule in names)


def _subject(course: Course, finding: Finding) -> tuple[str, str, str]:
    """The finding's rule, the uid of what it is about, and its message."""
    return finding.rule, uid_of(course, finding), finding.message


def _say_broken(course: Course, findings: Iterable[Finding]) -> None:
    """Say what is broken: what somebody decided, and what came so, with what to try."""
    steps: dict[str, None] = {}
    for finding in findings:
        decided = is_overridden(course, finding)
        say("overridden" if decided else "broken", finding_text(finding))
        if finding.next_step and not decided:
            steps[finding.next_step] = None
    for step in steps:
        say("try", step)


def _say_switch(before: Course, ended: Course, after: Course, *, dry_run: bool) -> None:
    """Say which visits end before the new course begins, and what its rules say."""
    was, begin = {visit.uid: visit.status for visit in before.visits}, after.request.start
    early = [
        visit.number
        for visit in ended.visits
        if visit.status == "ceased" != was[visit.uid] and visit.start.date() < begin
    ]
    if early:
        verb = "takes" if len(early) == 1 else "take"
        said = f"{visits_text(early)}, before {day_text(begin)}, {verb} place no more, either"
        say("note", f"{said}; to keep them, switch once they are over" if dry_run else said)
    say_findings(after.findings)
