"""`ketasched revise`: change a course, and write it again where it lies."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, get_args

import click

from ketasched.cli import options
from ketasched.cli.change_command import ChangeOptions, change_options
from ketasched.cli.hints import quoted
from ketasched.errors import PROGRAM
from ketasched.files.change_parsing import WISHES
from ketasched.model import ReviewOutcome, Scope
from ketasched.model.did_you_mean import nearest

SYNONYMS = {
    **dict.fromkeys(("move", "postpone", "reschedule", "change"), "defer"),
    **dict.fromkeys(("skip", "remove", "delete"), "omit"),
    **dict.fromkeys(("stop", "end", "abort"), "cease"),
    **dict.fromkeys(("pause", "suspend"), "hold"),
    **dict.fromkeys(("done", "attended"), "complete"),
    **dict.fromkeys(("no-show", "noshow", "missed"), "miss"),
    **dict.fromkeys(("add", "extra"), "booster"),
    **dict.fromkeys(("availability", "unavailable", "absent", "days"), "wishes"),
    **dict.fromkeys(("clearance", "cleared", "record"), "clear"),
    **dict.fromkeys(("authorize", "authorised", "authorisation", "insurance"), "authorise"),
    **dict.fromkeys(("transfer", "convert", "protocol"), "switch"),
    **dict.fromkeys(("revert", "back", "take-back", "rollback"), "undo"),
    "rename": "ketasched register rename OLD NEW",
    "cancel": "omit (that visit), defer (another day), hold (all, for now) or cease (all to come)",
}
"""By another word for a verb, what the verb is called here."""


class VerbGroup(click.Group):
    """The verbs; `revise defer --help` is understood without a course."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the course, then the verb and its own arguments."""
        if args[:1] and args[0] in self.commands and {"-h", "--help"}.intersection(args):
            args = ["COURSE", *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command of a verb; an error for another word names the verb that is meant."""
        if ctx.resilient_parsing:  # for the Tab key
            return super().resolve_command(ctx, args)
        word, course = args[0], ctx.params.get("course")
        if word.lower() in SYNONYMS:
            ctx.fail(f"No such verb '{word}': it is called {SYNONYMS[word.lower()]} here.")
        if word not in self.commands and course in self.commands:
            ctx.fail(f"The course comes first: ketasched revise {word} {course} …")
        if word not in self.commands and (verb := "".join(args[1:2])) in self.commands:
            named = quoted((PROGRAM, "revise", f"{course} {word}", verb))
            ctx.fail(
                f"The verb comes first: ketasched revise {course} {verb} {word} …"
                if word.isdecimal()
                else f"A name with a blank in it needs quotes: {named} …"
            )
        known = [*self.commands, *SYNONYMS]
        if word not in self.commands and (meant := nearest(word.lower(), known)):
            ctx.fail(f"No such verb '{word}': did you mean {SYNONYMS.get(meant, meant)}?")
        return super().resolve_command(ctx, args)


@click.group("revise", cls=VerbGroup, subcommand_metavar="VERB [ARGS]...")
@options.course
@click.pass_context
def command(ctx: click.Context, /, *, course: str) -> None:
    """Change a course: move, miss, hold or end visits, add boosters, name drivers.

    The course is written again where it lies, with the pages and calendars beside it. With a
    register COURSE may also be a patient there.

    \b
    ketasched revise courses/P-014/course.json defer 3 --by 3 --reason "snow"
    ketasched revise P-014 defer 3 --by 3 --reason "snow" --register
    """
    path = Path(course)
    if course == "-":
        raise click.UsageError("a course from standard input cannot be written again: give a file")
    # Not by methods of `Path`, which raise where nobody may look: reading says what is wrong.
    path = path / "course.json" if os.path.isdir(course) else path  # noqa: PTH112
    # A link leads to the course itself.
    ctx.obj = path.resolve() if os.path.islink(path) else path  # noqa: PTH114


def _verb(*own: options.Decorator) -> Callable[[Callable[[], None]], None]:
    """Add a verb, called like the function, with its docstring as help and its `own` options.

    The arguments and options of a verb are called as `read_change` takes them.
    """

    def add_verb(verb: Callable[[], None]) -> None:
        @change_options
        @click.pass_obj
        def apply(path: Path, /, given: ChangeOptions, **typed: Any) -> None:
            given.apply(path, verb.__name__, typed)

        with_help = command.command(verb.__name__, help=verb.__doc__)
        with_help(options.several(*own)(apply))

    return add_verb


when_option = partial(click.option, metavar="DATE[THH:MM]")
days_option = partial(click.option, type=click.IntRange(1, 366), metavar="DAYS")


@_verb(
    options.visit,
    when_option("--on", help="The day, and time, where it was another one."),
    click.option("--time", metavar="HH:MM", help="The check-in time, where it was another one."),
)
def complete() -> None:
    """Record that visit N took place, also where that was not the plan.

    \b
    ketasched revise courses/P-014/course.json complete 1
    ketasched revise courses/P-014/course.json complete 2 --on 2026-12-08 --time 14:00
    """


@_verb(
    options.visit,
    click.option(
        "--make-up/--no-make-up", help="Plan another visit that makes up for it, now or later."
    ),
)
def miss() -> None:
    """Record that visit N did not take place; no other visit moves.

    \b
    ketasched revise courses/P-014/course.json miss 2
    ketasched revise courses/P-014/course.json miss 2 --make-up
    """


@_verb(
    options.visit,
    when_option("--to", help="The new day, and time."),
    days_option("--by", help="So many days."),
    click.option(
        "--scope",
        type=click.Choice(get_args(Scope)),
        default="rest",
        help="Whether later visits may move, too (rest).",
    ),
)
def defer() -> None:
    """Move visit N, and as few later visits as possible.

    \b
    ketasched revise courses/P-014/course.json defer 3 --to 2026-12-14 --reason "snow"
    """


@_verb(options.visit)
def omit() -> None:
    """Take visit N out of the course for good.

    \b
    ketasched revise courses/P-014/course.json omit 4 --reason "clinician"
    """


@_verb()
def hold() -> None:
    """Hold all visits to come until `resume`.

    \b
    ketasched revise courses/P-014/course.json hold --reason "blood pressure"
    """


@_verb(when_option("--on", required=True, help="The day of the next visit."))
def resume() -> None:
    """Go on with the visits that are held.

    \b
    ketasched revise courses/P-014/course.json resume --on 2026-12-14
    """


@_verb(click.option("--after", type=int, metavar="N", help="The last visit to keep."))
def cease() -> None:
    """End the course: no visit to come takes place.

    \b
    ketasched revise courses/P-014/course.json cease --after 4 --reason "clinician"
    """


@_verb(
    when_option("--on", help="The day of it."),
    days_option("--after", help="Days after the last visit that is decided."),
)
def booster() -> None:
    """Add a booster that the clinician has decided.

    \b
    ketasched revise courses/P-014/course.json booster --on 2027-01-20
    """


@_verb(options.visit)
def confirm() -> None:
    """Confirm visit N, which was still to be decided.

    \b
    ketasched revise courses/P-014/course.json confirm 7
    """


@_verb(
    options.visit,
    click.option("--outcome", type=click.Choice(get_args(ReviewOutcome)), required=True),
)
def review() -> None:
    """Record the review after visit N; a gate opens, or the visits after it end.

    \b
    ketasched revise courses/P-014/course.json review 6 --outcome go-on
    """


@_verb(
    click.argument("visit", metavar="N,…|all|DAYS"),
    options.text("--name", "NAME", "Who drives; none: nobody any more."),
    options.text("--phone", "PHONE", "Their phone."),
    options.text("--email", "EMAIL", "Their address, for `invite`."),
    options.flag("--clear", "Nobody drives any more."),
)
def driver() -> None:
    """Say who drives to some visits.

    They are visits by number, all to come, or those to come on some weekdays.

    \b
    ketasched revise courses/P-014/course.json driver 2 --name "Sam Rivera"
    ketasched revise courses/P-014/course.json driver 3-5,7 --name "Sam Rivera"
    ketasched revise courses/P-014/course.json driver mon,fri --name "Ana Lima"
    ketasched revise courses/P-014/course.json driver all --clear
    """


@_verb(*map(options.request_field, WISHES))
def wishes() -> None:
    """Change what the patient can, reads, or is reached at.

    Visits that do not fit any more move; no other does, unless there is no other way. With --time
    each visit to come gets the nearest start on its day. --unavailable adds to the days that are
    known, the others replace what was said before, and the word none takes that back. Another
    language, phone or address, or --reminders, moves nobody.

    \b
    ketasched revise courses/P-014/course.json wishes --days mon,wed,thu,fri
    ketasched revise courses/P-014/course.json wishes --unavailable 2026-12-24..2026-12-27
    ketasched revise courses/P-014/course.json wishes --days none --between 08:00-12:00
    ketasched revise courses/P-014/course.json wishes --patient-email ana@example.org
    """


@_verb(
    options.text("--by", "NAME", "The clinician, or who else recorded it."),
    click.option("--on", metavar="DATE", help="The day on which it was given (today)."),
    click.option(
        "--what",
        default="clearance",
        show_default=True,
        metavar="NAME",
        help="What is recorded: clearance, or rems-enrolment.",
    ),
)
def clear() -> None:
    """Record a clinician's clearance; no visit moves.

    --what records something else that the protocol requires, by its name there.

    \b
    ketasched revise courses/P-014/course.json clear --by "Dr. Lee" --on 2026-12-01
    """


@_verb(click.argument("sessions", metavar="SESSIONS|none…", nargs=-1, required=True))
def authorise() -> None:
    """Record what an insurer authorised; no visit moves.

    That is so many sessions from one day until another, both included. It adds to what is known;
    the word none takes that back. Visits that have a session now are planned; those without one
    are tentative, unless somebody confirmed them.

    \b
    ketasched revise courses/P-014 authorise "8 from 2027-01-04 until 2027-02-28"
    ketasched revise courses/P-014 authorise none "12 from 2027-01-04 until 2027-03-31"
    """


@_verb(
    click.option(
        "--on", metavar="DATE", required=True, help="The day, which the clinician names."
    ),
    click.option(
        "--protocol",
        required=True,
        metavar="ID|FILE",
        shell_complete=options.complete_protocol,
        help="The protocol of the new course, or a file of your own.",
    ),
)
def switch() -> None:
    """Switch the patient to another protocol: a new course, and the end of this one.

    The new course has the patient's wishes and drivers. This one is kept beside it, as
    course-1.json in a folder; its visits to come end, also those before the day. No gap is
    checked between the two. It cannot be undone: see first what it would do, with --dry-run.

    \b
    ketasched revise courses/P-014 switch --protocol iv-ptsd --on 2026-12-14 --by-whom "Dr. Lee"
    """


@_verb()
def undo() -> None:
    """Take the last change back; repeated, the one before it, too.

    The visits, the reviews and the request are as they were before. The history keeps the change
    and the undo. An undo cannot be undone: make the change again.

    \b
    ketasched revise courses/P-014/course.json undo --reason "another patient"
    """
