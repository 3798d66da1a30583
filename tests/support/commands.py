"""Every command, with a call that works: no new one is forgotten."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import click

from ketasched.cli import main
from tests.conftest import ROOT
from tests.support.transcript import run

MADE = "--made-at 2026-11-23T10:00"
LATER = "--today 2026-12-08"

CALLS: Mapping[str, str] = {
    "plan": f"plan --patient Q --start 2026-12-07 {MADE} -o out --register",
    "show": "show courses/P",
    "suggest": f"suggest courses/P 3 {LATER}",
    "revise authorise": f"revise P authorise '4 from 2026-12-07 until 2026-12-31' {LATER}",
    "revise booster": f"revise P booster --on 2027-01-20 {LATER}",
    "revise cease": f"revise P cease --reason moved {LATER}",
    "revise clear": f"revise P clear --by Lee {LATER}",
    "revise complete": f"revise P complete 1 {LATER}",
    "revise confirm": f"revise P confirm 7 {LATER}",
    "revise defer": f"revise P defer 3 --by 3 --reason snow {LATER}",
    "revise driver": f"revise P driver 3 --name Kim {LATER}",
    "revise hold": f"revise P hold --reason flu {LATER}",
    "revise miss": f"revise P miss 1 --no-make-up --reason flu {LATER}",
    "revise omit": f"revise P omit 4 --reason flu {LATER}",
    "revise resume": f"revise H resume --on 2026-12-11 {LATER}",
    "revise review": "revise P review 3 --outcome go-on --today 2026-12-14",
    "revise switch": f"revise P switch --protocol iv-ptsd --on 2027-01-11 --by-whom Lee {LATER}",
    "revise wishes": f"revise P wishes --days mon,wed,fri {LATER}",
    "revise undo": f"revise H undo {LATER}",
    "batch": f"batch roster.csv --format ndjson --jobs 1 {MADE}",
    "day": f"day 2026-12-07 {LATER}",
    "reschedule": f"reschedule --clinic closed.toml --apply {LATER}",
    "drivers": f"drivers --next 30d {LATER}",
    "rides": f"rides --next 30d --driver all {LATER}",
    "reminders": f"reminders --format json {LATER}",
    "authorisations": f"authorisations --next 60d {LATER}",
    "backfill": f"backfill --on 2026-12-10 --time 9:00 --waiting roster.csv {LATER}",
    "publish": f"publish P --to feeds {LATER}",
    "invite": f"invite P -o outbox {LATER}",
    "register appointments": f"register appointments {LATER}",
    "register backup": "register backup safe-1.db",
    "register export": "register export",
    "register import": f"register import courses/R {LATER}",
    "register list": "register list",
    "register rename": f"register rename P P-9 {LATER} -o courses",
    "register restore": "register restore old.db --force",
    "register show": "register show P",
    "check": "check bad.json",
    "protocols list": "protocols list",
    "protocols show": "protocols show iv-depression",
    "clinic init": "clinic init new.toml",
    "clinic show": "clinic show",
    "schema": "schema course",
    "doctor": "doctor",
}
"""By the words of a command, a call in the folder of `prepare`."""


def prepare(keys: str = "") -> dict[str, str]:
    """Fill this folder with what the calls need, and return the environment for them.

    The clinic's file begins with these `keys` besides.
    """
    shutil.copytree(_prepared(keys), Path(), dirs_exist_ok=True)
    return {"KETASCHED_REGISTER": "book.db"}


@cache
def _prepared(keys: str) -> Path:
    folder = Path(tempfile.mkdtemp())
    with contextlib.chdir(folder):
        _fill(keys)
    return folder


def _fill(keys: str) -> None:
    example = (ROOT / "examples" / "clinic.toml").read_text(encoding="utf-8")
    email = 'email = "desk@example.org"\n'
    Path("clinic.toml").write_text(keys + email + example, encoding="utf-8")
    more = f"--boosters 1 --cleared-by Dr --cleared-on 2026-11-20 {MADE} -o courses"
    reached = "--patient-email p@example.org --reminders yes"
    run(f"plan --patient P --start 2026-12-07 {reached} {more} --register book.db")
    authorised = "--authorised '9 from 2026-12-07 until 2026-12-31'"
    run(f"plan --patient H --start 2026-12-07 {authorised} {more} --register book.db")
    run(f"plan --patient R --start 2027-02-01 {more}")
    run(f"revise H hold --reason flu {LATER} --register book.db")
    run("register backup old.db --register book.db")
    open_clinic = Path("clinic.toml").read_text(encoding="utf-8")
    closed = open_clinic.replace("dates = [", 'dates = ["2026-12-09", ')
    Path("closed.toml").write_text(closed, encoding="utf-8")
    text = Path("courses/P/course.json").read_text(encoding="utf-8")
    Path("bad.json").write_text(text.replace("T09:00:00", "T04:00:00"), encoding="utf-8")
    Path("roster.csv").write_text("patient,start\nR-1,2026-12-07\n", encoding="utf-8")


def commands(command: click.Command = main, words: tuple[str, ...] = ()) -> Iterator[str]:
    """The words of every command that can be called: "plan", "register list"."""
    if not isinstance(command, click.Group):
        yield " ".join(words)
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.resolve_command(context, [name])[1]
        assert found is not None
        yield from commands(found, (*words, name))
