"""`ketasched revise`: change a course, and write it again where it lies."""

import unicodedata
from datetime import date
from pathlib import Path

import click

from ketasched.cli.change_command import changing, refuse_odd_text
from ketasched.cli.options import a_file
from ketasched.errors import BadRequest
from ketasched.files.request_fields import spelled_date
from ketasched.model import Change, Clock, Driver, Outcome, Scope, shown

Overrides = tuple[str, ...]

NUMBER = click.argument("visit", metavar="N", type=int)


CALLED = {
    **dict.fromkeys(("move", "postpone", "reschedule", "change"), "defer"),
    **dict.fromkeys(("skip", "remove", "delete"), "omit"),
    **dict.fromkeys(("stop", "end", "abort"), "cease"),
    **dict.fromkeys(("pause", "suspend"), "hold"),
    **dict.fromkeys(("done", "attended"), "complete"),
    **dict.fromkeys(("no-show", "noshow", "missed"), "miss"),
    **dict.fromkeys(("add", "extra"), "booster"),
    "cancel": "omit (that visit) or cease (all that come)",
}
"""Other words for the verbs."""


class Verbs(click.Group):
    """The verbs; `revise defer --help` is understood without a course."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The course, then the verb and what is its own."""
        if args[:1] and args[0] in self.commands and {"-h", "--help"}.intersection(args):
            args = ["COURSE", *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb; other words for it are told what it is called here."""
        if ctx.resilient_parsing:  # for the Tab key
            return super().resolve_command(ctx, args)
        word, course = args[0], ctx.params.get("course")
        if word.lower() in CALLED:
            ctx.fail(f"No such verb '{word}': it is called {CALLED[word.lower()]} here.")
        if word not in self.commands and course in self.commands:
            ctx.fail(f"The course comes first: ketasched revise {word} {course} …")
        return super().resolve_command(ctx, args)


@click.group("revise", cls=Verbs, subcommand_metavar="VERB [ARGS]...")
@click.argument("course", metavar="COURSE", shell_complete=a_file)
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


@command.command("complete")
@NUMBER
@changing
def complete(*, visit: int, overrides: Overrides) -> Change:
    """Record that visit N took place.

    \b
    ketasched revise courses/P-014/course.json complete 1
    """
    return Change("complete", visit, overrides=overrides)


@command.command("miss")
@NUMBER
@click.option(
    "--make-up/--no-make-up", default=None, help="Whether another visit makes up for it."
)
@changing
def miss(*, visit: int, make_up: bool | None, overrides: Overrides) -> Change:
    """Record that visit N did not take place; it stays in the record.

    \b
    ketasched revise courses/P-014/course.json miss 2 --make-up --reason "flu"
    """
    return Change("miss", visit, make_up=make_up, overrides=overrides)


@command.command("defer")
@NUMBER
@click.option("--to", metavar="DATE[THH:MM]", help="The new day, and time.")
@click.option("--by", "days", type=click.IntRange(1, 366), metavar="DAYS", help="So many days.")
@click.option(
    "--scope",
    type=click.Choice(["visit", "rest"]),
    default="rest",
    help="Whether later visits may move, too (rest).",
)
@changing
def defer(
    *, visit: int, to: str | None, days: int | None, scope: Scope, overrides: Overrides
) -> Change:
    """Move visit N; of those after it as few as possible.

    \b
    ketasched revise courses/P-014/course.json defer 3 --to 2026-12-14 --reason "snow"
    """
    on, time = _day_and_time("to", to)
    return Change("defer", visit, on, time, days, scope, overrides=overrides)


@command.command("omit")
@NUMBER
@changing
def omit(*, visit: int, overrides: Overrides) -> Change:
    """Take visit N out of the course for good.

    \b
    ketasched revise courses/P-014/course.json omit 4 --reason "clinician"
    """
    return Change("omit", visit, overrides=overrides)


@command.command("hold")
@changing
def hold(*, overrides: Overrides) -> Change:
    """Hold all visits to come until `resume`.

    \b
    ketasched revise courses/P-014/course.json hold --reason "blood pressure"
    """
    return Change("hold", overrides=overrides)


@command.command("resume")
@click.option("--on", metavar="DATE[THH:MM]", required=True, help="The day of the next visit.")
@changing
def resume(*, on: str, overrides: Overrides) -> Change:
    """Go on with the visits that are held.

    \b
    ketasched revise courses/P-014/course.json resume --on 2026-12-14
    """
    day, time = _day_and_time("on", on)
    return Change("resume", on=day, time=time, overrides=overrides)


@command.command("cease")
@click.option("--after", "visit", type=int, metavar="N", help="The last visit to keep.")
@changing
def cease(*, visit: int | None, overrides: Overrides) -> Change:
    """End the course: no visit to come takes place.

    \b
    ketasched revise courses/P-014/course.json cease --after 4 --reason "clinician"
    """
    return Change("cease", visit, overrides=overrides)


@command.command("booster")
@click.option("--on", metavar="DATE[THH:MM]", help="The day of it.")
@click.option(
    "--after",
    "days",
    type=click.IntRange(1, 366),
    metavar="DAYS",
    help="Days after the last visit that is decided.",
)
@changing
def booster(*, on: str | None, days: int | None, overrides: Overrides) -> Change:
    """Add a booster that the clinician has decided.

    \b
    ketasched revise courses/P-014/course.json booster --on 2027-01-20
    """
    day, time = _day_and_time("on", on)
    return Change("booster", on=day, time=time, days=days, overrides=overrides)


@command.command("confirm")
@NUMBER
@changing
def confirm(*, visit: int, overrides: Overrides) -> Change:
    """Confirm visit N, which was still to be decided.

    \b
    ketasched revise courses/P-014/course.json confirm 7
    """
    return Change("confirm", visit, overrides=overrides)


@command.command("review")
@NUMBER
@click.option("--outcome", type=click.Choice(["go-on", "stop"]), required=True)
@changing
def review(*, visit: int, outcome: Outcome, overrides: Overrides) -> Change:
    """Record the review after visit N; a gate opens, or the visits after it end.

    \b
    ketasched revise courses/P-014/course.json review 6 --outcome go-on
    """
    return Change("review", visit, outcome=outcome, overrides=overrides)


@command.command("driver")
@NUMBER
@click.option("--name", metavar="NAME", help="Who drives.")
@click.option("--phone", default="", metavar="PHONE", help="Their phone.")
@click.option("--clear", is_flag=True, help="Nobody drives any more.")
@changing
def driver(
    *, visit: int, name: str | None, phone: str, clear: bool, overrides: Overrides
) -> Change:
    """Say who drives to visit N.

    \b
    ketasched revise courses/P-014/course.json driver 2 --name "Sam Rivera"
    """
    who = unicodedata.normalize("NFC", " ".join((name or "").split()))
    if clear == bool(who):
        step = '--name "Sam Rivera", or --clear for nobody'
        raise BadRequest("name", "expected --name or --clear", next_step=step)
    refuse_odd_text("name", who)
    refuse_odd_text("phone", phone)
    if who and not any(char.isalnum() for char in who):
        raise BadRequest("name", f"expected a name, not {shown(who)}")
    return Change("driver", visit, driver=Driver(who, phone) if who else None, overrides=overrides)


def _day_and_time(field: str, text: str | None) -> tuple[date | None, Clock | None]:
    """The date, and the time if there is one, of "2026-12-14" or "2026-12-14T10:30"."""
    if text is None:
        return None, None
    day, _, time = text.partition("T") if text[:1].isdigit() else (text, "", "")
    try:
        return spelled_date(day, None), Clock.read(time) if "T" in text and day != text else None
    except ValueError as error:
        said = str(error).replace(", or say --date-order", "")
        raise BadRequest(field, said) from None
