"""`ketasched revise COURSE switch`: a course by another protocol, and the end of this one."""

from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import click

from ketasched.api.asked_changes import AskedChange
from ketasched.api.switches import switch_booking
from ketasched.cli import options
from ketasched.cli.change_command import OPTIONS, ChangeOptions
from ketasched.cli.hints import pasteable
from ketasched.cli.output import in_local_style, print_as, say, say_findings
from ketasched.files.disk import kind_at
from ketasched.files.load import load_protocol
from ketasched.model import Course, visits_text
from ketasched.model.wall_clock import day_text
from ketasched.register.records import BookingRequest
from ketasched.render import patient_folder
from ketasched.revising.change_report import change_data, change_lines, follow_ups
from ketasched.revising.switch import ended_course


@dataclass(frozen=True)
class SwitchOptions(ChangeOptions):
    """The options of `switch`; the course that comes of it is the one that follows."""

    protocol: str

    def _booking(self, asked: AskedChange) -> BookingRequest:
        protocol = load_protocol(self.protocol)
        return switch_booking(asked, protocol, self.clinic_path or "the course's clinic")

    def _course_files(
        self, folder: Path, name: str, before: Course, after: Course, *, with_pages: bool
    ) -> dict[str, bytes]:
        """The files of the new course, and the old one as course-1.json, or the next number."""
        names = (f"course-{number}.json" for number in count(1))
        kept = next(one for one in names if not kind_at(folder / one))
        old = patient_folder.render_course_file(ended_course(before, after))
        new = super()._course_files(folder, name, before, after, with_pages=with_pages)
        return {kept: old} | new

    def _last_and_following(self, before: Course, after: Course) -> tuple[Course, Course | None]:
        return ended_course(before, after), after

    def _print_report(self, before: Course, after: Course) -> None:
        ended, nothing = ended_course(before, after), replace(after, visits=(), companions=())
        lines = (*change_lines(before, ended), *change_lines(nothing, after))
        data: dict[str, Any] = change_data(before, ended)
        data["new"] = {"course_id": after.course_id, **change_data(nothing, after)}
        print_as(self.form, data, map(in_local_style, lines))
        for note in follow_ups(before, after, is_done=not self.dry_run):
            say("note", pasteable(note))
        was = {visit.uid: visit.status for visit in before.visits}
        early = [
            visit.number
            for visit in ended.visits
            if visit.status == "ceased" != was[visit.uid]
            and visit.start.date() < after.request.start
        ]
        if early:
            day = day_text(after.request.start)
            verb = "takes" if len(early) == 1 else "take"
            said = f"{visits_text(early)}, before {day}, {verb} place no more, either"
            say(
                "note",
                f"{said}; to keep them, switch once they are over" if self.dry_run else said,
            )
        say_findings(after.findings)


switch_options = options.group(
    SwitchOptions,
    "given",
    click.option(
        "--protocol",
        required=True,
        metavar="ID|FILE",
        shell_complete=options.complete_protocol,
        help="The protocol of the new course, or a file of your own.",
    ),
    *OPTIONS,
)
