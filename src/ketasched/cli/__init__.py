"""The command line: parse, call, print. The module of a command is loaded when it is called.

Doors: none but this module.
"""

from importlib import import_module
from typing import Any

import click

from ketasched.cli.anonymity import note_typed
from ketasched.cli.ending import exit_code_of_errors, stopped_once
from ketasched.cli.output import occupy_closed_streams

COMMANDS = {
    "plan": "Plan one course; print the itinerary, or write files.",
    "show": "Show a course file as a page, a calendar or JSON.",
    "suggest": "Say on which other days a visit could be.",
    "revise": "Move, miss, hold or end visits, add boosters, name drivers.",
    "batch": "Plan a whole roster into a folder of files.",
    "day": "The clinic's day: who comes, which chair, which driver.",
    "reschedule": "Move all visits that no longer fit the clinic, as one.",
    "drivers": "The coming visits that have no driver.",
    "rides": "The rides to come, for a ride service.",
    "reminders": "The messages to patients who agreed to them.",
    "authorisations": "Whose authorised sessions run out, in visits or days.",
    "backfill": "Who could take a free slot.",
    "publish": "Publish calendars: as feeds, or on a calendar server.",
    "invite": "Write invitations as mails, for your own mail program.",
    "register": "The clinic's book: list, show, export, import, back up.",
    "check": "Check course, clinic, protocol and roster files.",
    "protocols": "List the protocols, and what is in them.",
    "clinic": "Begin a clinic file, or show the one in use.",
    "schema": "Print what editors need to complete and check files.",
    "doctor": "Say what this installation has and lacks.",
}
"""The commands, in the order of `--help`; each is `command` in the module of its name."""

SHARED_MODULES = {
    **dict.fromkeys(("drivers", "authorisations"), "phone_lists"),
    **dict.fromkeys(("rides", "reminders"), "queues"),
}
"""The modules of commands that have none of their name, in which they are by their names."""


class Program(click.Group):
    """Loads a command when it is called, and turns an error into a message and an exit code.

    Help and completion ask only for the commands' names and short helps, so `commands` has no more
    than these.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands."""
        return list(COMMANDS)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command, from its module; an error for an unknown word names the nearest command."""
        word = args[0]
        if word in COMMANDS:
            module = import_module(f"ketasched.cli.{SHARED_MODULES.get(word, word)}")
            found = getattr(module, word if word in SHARED_MODULES else "command")
            return word, found, args[1:]
        if not ctx.resilient_parsing:  # not for the Tab key
            ctx.fail(f"No such command '{word}'{_what_is_meant(word.lower())}")
        return super().resolve_command(ctx, args)

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401 - as in click
    ) -> click.Context:
        """The context of the program; `--help` and `--version` print here."""
        with exit_code_of_errors():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        occupy_closed_streams()
        note_typed(ctx, [*ctx._protected_args, *ctx.args])  # noqa: SLF001
        with stopped_once(), exit_code_of_errors():
            return super().invoke(ctx)


def _what_is_meant(word: str) -> str:
    """The rest of the error about an unknown word: the command or verb that may be meant."""
    revise = import_module("ketasched.cli.revise")
    nearest = import_module("ketasched.model.did_you_mean").nearest
    verbs, synonyms = revise.command.commands, revise.SYNONYMS
    meant = nearest(word, [*COMMANDS, *verbs, *synonyms])
    if not meant:
        return "."
    if meant in COMMANDS:
        return f". Did you mean {meant}?"
    verb = synonyms.get(meant, meant)
    said = f"ketasched revise COURSE {verb} …" if verb in verbs else verb
    return f": it is called {said} here."


def _say_version(ctx: click.Context, _option: click.Parameter, asked: bool) -> None:  # noqa: FBT001
    if asked and not ctx.resilient_parsing:
        click.echo(import_module("ketasched.files.zone_data").version_text())
        ctx.exit()


@click.group(
    cls=Program,
    commands=[click.Command(name, short_help=text) for name, text in COMMANDS.items()],
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_say_version,
    help="Show the version, and that of the zone data, and exit.",
)
def main() -> None:
    """Plan courses of ketamine treatment on real dates, with calendar files for everyone.

    \b
    ketasched plan --start 2027-01-04
    """
