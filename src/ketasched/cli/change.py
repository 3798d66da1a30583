"""What the verbs of `revise` have in common: the change is made, said and written."""

import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Any, get_args

import click

from ketasched.cli.options import for_a_second, moment_of, today_option
from ketasched.cli.output import say
from ketasched.errors import BadRequest, NoPlan, Refused
from ketasched.explain import refusal_data
from ketasched.folder import write_folder
from ketasched.handout import EVENT_FILES, SPLIT, handout
from ketasched.load import load_course, with_clinic
from ketasched.model import TAKES_PLACE, Audience, Change, Course, Review, Visit
from ketasched.render import View, render, render_changes
from ketasched.render.rides import has_ride
from ketasched.revise import OVERRIDABLE, revise
from ketasched.sense import NEEDS_REASON
from ketasched.times import clock_text, day_text
from ketasched.ways import Attempts, with_other_ways

OPTIONS = (
    click.option("--reason", "why", default="", metavar="TEXT", help="Why; the history keeps it."),
    click.option("--by-whom", "by", default="", metavar="NAME", help="Who decided it."),
    click.option(
        "--override",
        "overrides",
        multiple=True,
        metavar="RULE",
        help=f"Do it although this rule speaks against it: {', '.join(OVERRIDABLE)}.",
    ),
    today_option,
    click.option("--dry-run", is_flag=True, help="Say what would change, and write nothing."),
    click.option(
        "--changes",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Write a calendar with only what changed.",
    ),
    click.option(
        "--for",
        "audience",
        type=click.Choice(get_args(Audience)),
        default="patient",
        help="Whom --changes is for (patient).",
    ),
    click.option("--driver-label", default="", metavar="NAME", help="As for plan."),
    click.option(
        "--expect-revision", type=int, metavar="N", help="Refuse unless the course is at this one."
    ),
    click.option(
        "-o",
        "--output",
        metavar="DIR",
        type=click.Path(path_type=Path, readable=False),
        help="Write all files into DIR/<patient>/ and leave the course as it is.",
    ),
    click.option("--force", is_flag=True, help="With -o or --changes: write over what exists."),
    click.option("--clinic", "clinic_path", metavar="FILE", help="The clinic's newer hours."),
    click.option(
        "--format", "form", type=click.Choice(["text", "json"]), help="What to print (text)."
    ),
)


@dataclass(frozen=True)
class Work:
    """The course that a change is for, and what is to come of it."""

    path: Path
    why: str
    by: str
    overrides: tuple[str, ...]
    today: str | None
    dry_run: bool
    changes: Path | None
    audience: Audience
    driver_label: str
    expect_revision: int | None
    output: Path | None
    force: bool
    clinic_path: str | None
    form: str | None

    def do(self, change: Change) -> None:
        """Make the change, print what it did, and write the files."""
        if not self.why.strip() and (change.verb in NEEDS_REASON or self.overrides):
            needs = "an override" if self.overrides else change.verb
            raise BadRequest("reason", f"{needs} needs a reason", next_step='--reason "flu"')
        for field, text in (("reason", self.why), ("by_whom", self.by)):
            refuse_odd_text(field, text)
        before = load_course(str(self.path))
        expected = self.expect_revision
        if expected is not None and before.revision != expected:
            raise _stale(self.path, before.revision, expected)
        course = with_clinic(before, self.clinic_path) if self.clinic_path else before
        at = moment_of(self.today, before.visits[0].start.tzinfo, field="today")
        try:
            after = revise(before, change, at=at, why=self.why, by=self.by, clinic=course.clinic)
        except NoPlan as error:
            attempts = Attempts(course, at, more_time=for_a_second())
            refusal = with_other_ways(error, change, attempts)
            if self.form == "json":
                click.echo(json.dumps(refusal_data(refusal), ensure_ascii=False, indent=2))
            raise refusal from None
        if not self.dry_run:
            self._write(before, after)
        self._print(before, after)

    def _print(self, before: Course, after: Course) -> None:
        rows = list(_rows(before, after))
        if self.form == "json":
            click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        else:
            click.echo(f"{after.patient}, revision {after.revision}: {after.history[-1].what}")
            for row in rows:
                click.echo(f"  visit {row['number']}, {row['of']}: {row['was']} -> {row['is']}")
        for note in _notes(before, after):
            say("note", note)
        known = {(finding.rule, finding.message) for finding in before.findings}
        for finding in after.findings:
            if finding.level == "broken" and (finding.rule, finding.message) not in known:
                say("overridden", f"{finding.message.rstrip('.')} ({finding.rule})")

    def _write(self, before: Course, after: Course) -> None:
        folder, name = self.path.parent, self.path.name
        if self.output:
            folder, name = self.output / after.patient, "course.json"
        files: dict[str, bytes] = {}
        if self.output or (folder / f"{after.patient}.ics").exists():
            split = any((folder / place).is_dir() for place in SPLIT)
            files = handout(after, driver_label=self.driver_label, split=split)
        files[name] = render(after, "json", View()).encode()
        self._look_at_changes(folder, files)
        written = write_folder(
            folder,
            files,
            replaced=EVENT_FILES,
            force=self.force or not self.output,
            still=None if self.output else lambda: _refuse_stale(self.path, before.revision),
        )
        if self.changes:
            text = render_changes(before, after, View(self.audience, self.driver_label)).encode()
            calendar = {self.changes.name: text}
            written += write_folder(self.changes.parent, calendar, force=self.force)
        for path in written:
            say("written", str(path))

    def _look_at_changes(self, folder: Path, files: Mapping[str, bytes]) -> None:
        """Refuse, before anything is written, a file for the changes that is there already."""
        if self.changes is None:
            return
        if self.changes.resolve() in {(folder / name).resolve() for name in files}:
            raise BadRequest("changes", f"{self.changes} is a file of the course itself")
        if self.changes.exists() and not self.force:
            step = "another name, or --force to write over it"
            raise Refused(f"there already: {self.changes}", next_step=step)


def refuse_odd_text(field: str, text: str) -> None:
    """Refuse a text that no file of ours could hold, or that breaks lines."""
    odd = next((char for char in text if unicodedata.category(char) in ("Cc", "Cs")), None)
    if odd is not None:
        raise BadRequest(field, f"has the character U+{ord(odd):04X}, which no text needs")


def _refuse_stale(path: Path, revision: int) -> None:
    found = load_course(str(path)).revision
    if found != revision:
        raise _stale(path, found, revision)


def _stale(path: Path, found: int, expected: int) -> Refused:
    return Refused(
        f"{path}: is at revision {found}, not {expected}: somebody else has changed it",
        next_step=f"ketasched show {path}, then try again",
    )


def _rows(before: Course, after: Course) -> list[dict[str, int | str]]:
    """What became of each visit and review that changed: its date, its status or its driver."""
    old = {visit.uid: visit for visit in before.visits}
    talks = {review.uid: review for review in before.reviews}
    reviews: list[dict[str, int | str]] = [
        {
            "number": review.after,
            "of": "the talk after it",
            "was": _when(talks[review.uid]),
            "is": _when(review),
        }
        for review in after.reviews
        if _when(talks[review.uid]) != _when(review)
    ]
    return reviews + [
        {
            "number": visit.number,
            "of": visit.of,
            "was": _when(old[visit.uid]) if visit.uid in old else "new",
            "is": _when(visit),
        }
        for visit in after.visits
        if visit.uid not in old or _when(old[visit.uid]) != _when(visit)
    ]


def _notes(before: Course, after: Course) -> Iterator[str]:
    """What somebody has to see to after this change."""
    old = {visit.uid: visit.start for visit in before.visits}
    today = after.history[-1].at.date()
    driven = [visit for visit in after.visits if visit.driver and visit.status == "planned"]
    moved = [one for one in driven if old.get(one.uid, one.start) != one.start]
    new = [one for one in driven if one.uid not in old]
    for said, visits in (
        ("ask the drivers again, at another time", moved),
        ("new, ask the driver", new),
    ):
        if visits:
            yield f"{said}: visit {', '.join(str(one.number) for one in visits)}"
    for visit in after.visits:
        if visit.status == "planned" and visit.start.date() < today:
            day = day_text(visit.start.date())
            yield f"visit {visit.number}, {day}, is not recorded: complete or miss"
    if after.history[-1].change and after.history[-1].change.verb == "driver":
        for visit in after.visits:
            if visit.start.date() == today and has_ride(after, visit) and not visit.driver:
                yield f"visit {visit.number} is today and has no driver: call the patient"


def _when(visit: Visit | Review) -> str:
    if visit.status not in TAKES_PLACE:
        return visit.status
    status = f" ({visit.status})" if visit.status != "planned" else ""
    driver = f", driver {visit.driver.name}" if isinstance(visit, Visit) and visit.driver else ""
    return f"{day_text(visit.start)}, {clock_text(visit.start)}{status}{driver}"


def changing(function: Callable[..., Change]) -> Callable[..., None]:
    """The options that all verbs have, and the course that the group was given."""

    @wraps(function)
    @click.pass_obj
    def with_work(path: Path, /, **options: Any) -> None:
        asked = {one.name: options.pop(one.name) for one in fields(Work) if one.name != "path"}
        asked["overrides"] = tuple(asked["overrides"])
        change = function(overrides=asked["overrides"], **options)
        Work(path=path, **asked).do(change)

    command: Callable[..., None] = with_work
    for option in reversed(OPTIONS):
        command = option(command)
    return command
