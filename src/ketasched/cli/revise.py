"""`ketasched revise`: change a course, and write it again where it lies."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, get_args

import click

from ketasched.cli import options
from ketasched.cli.change_command import (
    ChangeOn,
    ChangeOptions,
    change_options,
)
from ketasched.cli.output import local_date_order
from ketasched.cli.request_verbs import REQUEST_VERBS
from ketasched.cli.switch import switch_options
from ketasched.files.change_parsing import read_change
from ketasched.model import (
    Change,
    ReviewOutcome,
    Scope,
)
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
    path = path / "course.json" if path.is_dir() else path
    ctx.obj = path.resolve() if path.is_symlink() else path  # a link leads to the course itself


def _verb(
    *own_options: options.Decorator, shared: options.Decorator = change_options
) -> Callable[[Callable[..., Change | ChangeOn]], None]:
    """Add a verb to `revise`: a function from its own arguments and options to a change."""

    def add_verb(function: Callable[..., Change | ChangeOn]) -> None:
        @shared
        @click.pass_obj
        def apply(path: Path, /, given: ChangeOptions, **own: Any) -> None:
            given.apply(path, partial(function, **own))

        with_help = command.command(function.__name__, help=function.__doc__)
        with_help(options.several(*own_options)(apply))

    return add_verb


def _read(verb: str, visit: int | str | None = None, **given: object) -> Change:
    """The change that a verb asks for, with the options that are given."""
    return read_change(verb, visit, given, order=local_date_order())


when_option = partial(click.option, metavar="DATE[THH:MM]")
days_option = partial(click.option, type=click.IntRange(1, 366), metavar="DAYS")


@_verb(
    options.visit,
    when_option("--on", help="The day, and time, where it was another one."),
    click.option("--time", metavar="HH:MM", help="The check-in time, where it was another one."),
)
def complete(*, visit: int, on: str | None, time: str | None) -> Change:
    """Record that visit N took place, also where that was not the plan.

    \b
    ketasched revise courses/P-014/course.json complete 1
    ketasched revise courses/P-014/course.json complete 2 --on 2026-12-08 --time 14:00
    """
    return _read("complete", visit, on=on, time=time)


@_verb(
    options.visit,
    click.option(
        "--make-up/--no-make-up", help="Plan another visit that makes up for it, now or later."
    ),
)
def miss(*, visit: int, make_up: bool) -> Change:
    """Record that visit N did not take place; no other visit moves.

    \b
    ketasched revise courses/P-014/course.json miss 2
    ketasched revise courses/P-014/course.json miss 2 --make-up
    """
    return _read("miss", visit, make_up=make_up)


@_verb(
    options.visit,
    when_option("--to", help="The new day, and time."),
    days_option("--by", "days", help="So many days."),
    click.option(
        "--scope",
        type=click.Choice(get_args(Scope)),
        default="rest",
        help="Whether later visits may move, too (rest).",
    ),
)
def defer(*, visit: int, to: str | None, days: int | None, scope: Scope) -> Change:
    """Move visit N, and as few later visits as possible.

    \b
    ketasched revise courses/P-014/course.json defer 3 --to 2026-12-14 --reason "snow"
    """
    return _read("defer", visit, to=to, by=days, scope=scope)


@_verb(options.visit)
def omit(*, visit: int) -> Change:
    """Take visit N out of the course for good.

    \b
    ketasched revise courses/P-014/course.json omit 4 --reason "clinician"
    """
    return _read("omit", visit)


@_verb()
def hold() -> Change:
    """Hold all visits to come until `resume`.

    \b
    ketasched revise courses/P-014/course.json hold --reason "blood pressure"
    """
    return _read("hold")


@_verb(when_option("--on", required=True, help="The day of the next visit."))
def resume(*, on: str) -> Change:
    """Go on with the visits that are held.

    \b
    ketasched revise courses/P-014/course.json resume --on 2026-12-14
    """
    return _read("resume", on=on)


@_verb(click.option("--after", "visit", type=int, metavar="N", help="The last visit to keep."))
def cease(*, visit: int | None) -> Change:
    """End the course: no visit to come takes place.

    \b
    ketasched revise courses/P-014/course.json cease --after 4 --reason "clinician"
    """
    return _read("cease", after=visit)


@_verb(
    when_option("--on", help="The day of it."),
    days_option("--after", "days", help="Days after the last visit that is decided."),
)
def booster(*, on: str | None, days: int | None) -> Change:
    """Add a booster that the clinician has decided.

    \b
    ketasched revise courses/P-014/course.json booster --on 2027-01-20
    """
    return _read("booster", on=on, after=days)


@_verb(options.visit)
def confirm(*, visit: int) -> Change:
    """Confirm visit N, which was still to be decided.

    \b
    ketasched revise courses/P-014/course.json confirm 7
    """
    return _read("confirm", visit)


@_verb(
    options.visit,
    click.option("--outcome", type=click.Choice(get_args(ReviewOutcome)), required=True),
)
def review(*, visit: int, outcome: ReviewOutcome) -> Change:
    """Record the review after visit N; a gate opens, or the visits after it end.

    \b
    ketasched revise courses/P-014/course.json review 6 --outcome go-on
    """
    return _read("review", visit, outcome=outcome)


@_verb(
    click.argument("visits", metavar="N,…|all|DAYS"),
    options.text("--name", "NAME", "Who drives; none: nobody any more."),
    options.text("--phone", "PHONE", "Their phone."),
    options.text("--email", "EMAIL", "Their address, for `invite`."),
    options.flag("--clear", "Nobody drives any more."),
)
def driver(*, visits: str, name: str, phone: str, email: str, clear: bool) -> Change:
    """Say who drives to some visits.

    They are visits by number, all to come, or those to come on some weekdays.

    \b
    ketasched revise courses/P-014/course.json driver 2 --name "Sam Rivera"
    ketasched revise courses/P-014/course.json driver 3-5,7 --name "Sam Rivera"
    ketasched revise courses/P-014/course.json driver mon,fri --name "Ana Lima"
    ketasched revise courses/P-014/course.json driver all --clear
    """
    return _read("driver", visits, name=name, phone=phone, email=email, clear=clear)


for verb in REQUEST_VERBS:
    _verb(*verb.options)(verb.change)


@_verb(
    click.option(
        "--on", metavar="DATE", required=True, help="The day, which the clinician names."
    ),
    shared=switch_options,
)
def switch(*, on: str) -> Change:
    """Switch the patient to another protocol: a new course, and the end of this one.

    The new course has the patient's wishes and drivers. This one is kept beside it, as
    course-1.json in a folder; its visits to come end, also those before the day. No gap is
    checked between the two. It cannot be undone: see first what it would do, with --dry-run.

    \b
    ketasched revise courses/P-014 switch --protocol iv-ptsd --on 2026-12-14 --by-whom "Dr. Lee"
    """
    return _read("switch", on=on)


@_verb()
def undo() -> Change:
    """Take the last change back; repeated, the one before it, too.

    The visits, the reviews and the request are as they were before. The history keeps the change
    and the undo. An undo cannot be undone: make the change again.

    \b
    ketasched revise courses/P-014/course.json undo --reason "another patient"
    """
    return _read("undo")
