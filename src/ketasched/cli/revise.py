"""`ketasched revise`: change a course, and write it again where it lies."""

import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, get_args

import click

from ketasched.cli import options
from ketasched.cli.change_command import ChangeOptions, change_options, refuse_unsafe_text
from ketasched.errors import BadRequest
from ketasched.files.request_parsing import spelled_date
from ketasched.model import Change, Clock, Driver, ReviewOutcome, Scope, quote

DayAndTime = tuple[date | None, Clock | None]

SYNONYMS = {
    **dict.fromkeys(("move", "postpone", "reschedule", "change"), "defer"),
    **dict.fromkeys(("skip", "remove", "delete"), "omit"),
    **dict.fromkeys(("stop", "end", "abort"), "cease"),
    **dict.fromkeys(("pause", "suspend"), "hold"),
    **dict.fromkeys(("done", "attended"), "complete"),
    **dict.fromkeys(("no-show", "noshow", "missed"), "miss"),
    **dict.fromkeys(("add", "extra"), "booster"),
    "cancel": "omit (that visit) or cease (all that come)",
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


def _verb(*own_options: options.Decorator) -> Callable[[Callable[..., Change]], None]:
    """Add a verb to `revise`: a function from its own arguments and options to a change."""

    def add_verb(function: Callable[..., Change]) -> None:
        @change_options
        @click.pass_obj
        def apply(path: Path, /, given: ChangeOptions, **own: Any) -> None:
            given.apply(path, replace(function(**own), overrides=given.overrides))

        with_help = command.command(function.__name__, help=function.__doc__)
        with_help(options.several(*own_options)(apply))

    return add_verb


def _day_and_time(_ctx: click.Context, option: click.Parameter, text: str | None) -> DayAndTime:
    """The day and, if it is given, the time of "2026-12-14" or "2026-12-14T10:30"."""
    if text is None:
        return None, None
    day, _, time = text.partition("T") if text[:1].isdigit() else (text, "", "")
    with options.refuse_bad_value(option.opts[0].removeprefix("--")):
        return spelled_date(day, None), Clock.read(time) if "T" in text and day != text else None


when_option = partial(click.option, metavar="DATE[THH:MM]", callback=_day_and_time)
days_option = partial(click.option, type=click.IntRange(1, 366), metavar="DAYS")


@_verb(options.visit)
def complete(*, visit: int) -> Change:
    """Record that visit N took place.

    \b
    ketasched revise courses/P-014/course.json complete 1
    """
    return Change("complete", visit)


@_verb(
    options.visit,
    click.option(
        "--make-up/--no-make-up", default=None, help="Whether another visit makes up for it."
    ),
)
def miss(*, visit: int, make_up: bool | None) -> Change:
    """Record that visit N did not take place; it stays in the record.

    \b
    ketasched revise courses/P-014/course.json miss 2 --make-up --reason "flu"
    """
    return Change("miss", visit, make_up=make_up)


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
def defer(*, visit: int, to: DayAndTime, days: int | None, scope: Scope) -> Change:
    """Move visit N, and as few later visits as possible.

    \b
    ketasched revise courses/P-014/course.json defer 3 --to 2026-12-14 --reason "snow"
    """
    return Change("defer", visit, *to, days, scope)


@_verb(options.visit)
def omit(*, visit: int) -> Change:
    """Take visit N out of the course for good.

    \b
    ketasched revise courses/P-014/course.json omit 4 --reason "clinician"
    """
    return Change("omit", visit)


@_verb()
def hold() -> Change:
    """Hold all visits to come until `resume`.

    \b
    ketasched revise courses/P-014/course.json hold --reason "blood pressure"
    """
    return Change("hold")


@_verb(when_option("--on", required=True, help="The day of the next visit."))
def resume(*, on: DayAndTime) -> Change:
    """Go on with the visits that are held.

    \b
    ketasched revise courses/P-014/course.json resume --on 2026-12-14
    """
    return Change("resume", None, *on)


@_verb(click.option("--after", "visit", type=int, metavar="N", help="The last visit to keep."))
def cease(*, visit: int | None) -> Change:
    """End the course: no visit to come takes place.

    \b
    ketasched revise courses/P-014/course.json cease --after 4 --reason "clinician"
    """
    return Change("cease", visit)


@_verb(
    when_option("--on", help="The day of it."),
    days_option("--after", "days", help="Days after the last visit that is decided."),
)
def booster(*, on: DayAndTime, days: int | None) -> Change:
    """Add a booster that the clinician has decided.

    \b
    ketasched revise courses/P-014/course.json booster --on 2027-01-20
    """
    return Change("booster", None, *on, days)


@_verb(options.visit)
def confirm(*, visit: int) -> Change:
    """Confirm visit N, which was still to be decided.

    \b
    ketasched revise courses/P-014/course.json confirm 7
    """
    return Change("confirm", visit)


@_verb(
    options.visit,
    click.option("--outcome", type=click.Choice(get_args(ReviewOutcome)), required=True),
)
def review(*, visit: int, outcome: ReviewOutcome) -> Change:
    """Record the review after visit N; a gate opens, or the visits after it end.

    \b
    ketasched revise courses/P-014/course.json review 6 --outcome go-on
    """
    return Change("review", visit, outcome=outcome)


@_verb(
    options.visit,
    options.text("--name", "NAME", "Who drives."),
    options.text("--phone", "PHONE", "Their phone."),
    options.flag("--clear", "Nobody drives any more."),
)
def driver(*, visit: int, name: str, phone: str, clear: bool) -> Change:
    """Say who drives to visit N.

    \b
    ketasched revise courses/P-014/course.json driver 2 --name "Sam Rivera"
    """
    name = unicodedata.normalize("NFC", " ".join(name.split()))
    if clear == bool(name):
        step = '--name "Sam Rivera", or --clear for nobody'
        raise BadRequest("name", "expected --name or --clear", next_step=step)
    refuse_unsafe_text("name", name)
    refuse_unsafe_text("phone", phone)
    if name and not any(char.isalnum() for char in name):
        raise BadRequest("name", f"expected a name, not {quote(name)}")
    return Change("driver", visit, driver=Driver(name, phone) if name else None)
