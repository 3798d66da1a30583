"""Next steps: commands that can be pasted, with the course, register and clinic of this one.

A next step is plain words, or options to add ("--reason TEXT"), or a command; words may come
before options and commands, with a colon, and nothing comes after them. "in place of --by" says
which option these replace. Words in capitals (DATE, NAME) stand for values that somebody has to
think of.
"""

import os
import re
import shlex
from collections.abc import Collection, Sequence

import click

from ketasched.cli.anonymity import typed_parameters, typed_words
from ketasched.errors import PROGRAM, command_line

COMMAND = re.compile(rf"(?:^|(?<=: )){PROGRAM} .+")
"""The command of a next step, which ends with it."""

COURSE = "COURSE"
"""What stands for the course of this command in a next step."""

KNOWN = {COURSE: "course", "DIR": "output"}
"""The words of a next step for which this command has a value, and its parameters."""

REPEATED = {
    "mapping_path": "--columns",
    "column_set_path": "--columns",
    "columns": "--column",
    "ignored": "--ignore-column",
    "date_order": "--date-order",
    "today": "--today",
    "clinic_path": "--clinic",
    "register_address": "--register",
}
"""The parameters that a next step has as this command has them, and their options.

`--register` alone comes last, else it would take the word after it for its value.
"""

AT_HOME = frozenset(
    ("register", "day", "drivers", "rides", "reminders", "authorisations", "backfill")
)
"""The commands that use the usual register unasked; all others only with `--register`."""

SECRET = re.compile(r":[^/@]*@|password", re.IGNORECASE)
"""What the address of a register has only with a password in it."""

IS_WINDOWS = os.name == "nt"


def pasteable(step: str) -> str:
    """The next step with its command, if it has one, as this shell is to have it.

    The command gets the values of this one for the words of `KNOWN`, and the options of `REPEATED`
    as they were given, if it takes them. Where no command runs, the next step stays as it is.
    """
    found = COMMAND.search(step)
    context = click.get_current_context(silent=True)
    if found is None or context is None:
        return step
    try:
        words = shlex.split(found[0])[1:]
    except ValueError:
        return step
    if "--" in words:  # complete as it is
        return step
    return f"{step[: found.start()]}{quoted((PROGRAM, *_completed(context, words)))}"


def quoted(words: Collection[str], *, for_windows: bool = IS_WINDOWS) -> str:
    """The words as one line for a POSIX shell, or for those of Windows.

    No path and no reference has a double quote in it on Windows.
    """
    if not for_windows:
        return shlex.join(words)
    plain = re.compile(r"[\w@%+=:,./\\-]+", re.ASCII)
    return " ".join(word if plain.fullmatch(word) else f'"{word}"' for word in words)


def usage_step(error: click.UsageError) -> str:
    """The next step after a word too many, or an unknown option that may be a name; else ""."""
    if error.message.startswith("Got unexpected extra argument"):
        named = error.ctx and any(one.name == "patient" for one in error.ctx.command.params)
        patient = "; a patient comes after --patient" if named else ""
        return f"put quotes around what has a blank in it{patient}"
    return _hyphen_step(error)


def _hyphen_step(error: click.UsageError) -> str:
    context = error.ctx
    if not isinstance(error, click.NoSuchOption) or context is None:
        return ""
    own = [one.metavar or "" for one in context.command.params if isinstance(one, click.Argument)]
    is_short = not error.option_name.startswith("--")
    if not is_short or not own or own[0] not in ("COURSE", "PATIENT|ID", "[PATIENT]"):
        return ""
    more = ["VERB", "--help"] if isinstance(context.command, click.Group) else own[1:]
    words = [*context.command_path.split(), "--", "-NAME", *more]
    return f"if that begins a name: {quoted(words)}"


def show_course_step() -> str:
    """The next step that shows how the course of this command stands."""
    typed = dict(typed_parameters())
    is_file = os.path.exists(str(typed.get("course"))) or "register_address" not in typed  # noqa: PTH110
    show = "show" if is_file else "register show"
    return f"see how the course stands: {PROGRAM} {show} {COURSE} --for clinic"


def with_other_name(name: str, other: str) -> str:
    """The next step that is this command with another name in the place of this one.

    A name that begins with a hyphen comes last, after "--".
    """
    words = [other if one == name else one for one in typed_words()]
    if other.startswith("-") and "--" not in words:
        words = [*(one for one in words if one != other), "--", other]
    return command_line(*("URL" if "://" in one and SECRET.search(one) else one for one in words))


def help_step() -> str:
    """The next step that shows the options of this command: "ketasched revise defer --help"."""
    context, words = click.get_current_context(silent=True), typed_words()
    root = context.find_root() if context else None
    if root is None or not (words and isinstance(root.command, click.Group)):
        return f"{PROGRAM} --help"
    command = root.command.resolve_command(root, [words[0]])[1]
    verbs = command.commands if isinstance(command, click.Group) else ()
    verb = [one for one in words[1:3] if one in verbs]  # in `revise` the course comes first
    return " ".join((PROGRAM, words[0], *verb[:1], "--help"))


def _completed(context: click.Context, words: list[str]) -> list[str]:
    """The words of a command, the program's name aside, with what this command was given."""
    typed = dict(typed_parameters())
    words = [str(typed.get(KNOWN[one]) or one) if one in KNOWN else one for one in words]
    path, known = _command_of(context, words)
    is_usual = typed.get("register_address") is None and words[0] not in AT_HOME
    if is_usual and AT_HOME.intersection(typed_words()[:1]):
        typed["register_address"] = ""  # `--register` alone
    added: list[str] = []
    for name, option in REPEATED.items():
        value = typed.get(name)
        values = value if isinstance(value, tuple) else [value]
        is_open = option in known and not {option, *values, "--help"}.intersection(words)
        for one in values if is_open else ():
            if isinstance(one, str):
                added += [option, *filter(None, ["URL" if SECRET.search(one) else one])]
    name_and_more = words[path:]
    if not (name_and_more and name_and_more[0].startswith("-") and name_and_more[0] not in known):
        return [*words, *added]
    return [*words[:path], *_after_hyphens(name_and_more, added, is_group=words[0] == "revise")]


def _after_hyphens(words: Sequence[str], added: Sequence[str], *, is_group: bool) -> list[str]:
    """The words after a command, of which the first is a name that begins with a hyphen."""
    if is_group:  # what follows belongs to the verb
        return ["--", *words, *added]
    number = next((n for n, one in enumerate(words[1:], 1) if one.startswith("-")), len(words))
    return [*words[number:], *added, "--", *words[:number]]


def _command_of(context: click.Context, words: list[str]) -> tuple[int, set[str]]:
    """How many of the words name the command, and the options that it takes."""
    program = context.find_root().command
    if not isinstance(program, click.Group):
        return 0, set()
    root = click.Context(program, resilient_parsing=True, **program.context_settings)
    command, path = program.resolve_command(root, words)[1], 1
    if isinstance(command, click.Group):
        has_name = any(isinstance(one, click.Argument) for one in command.params)
        verb = words[path + has_name : path + has_name + 1]
        command = command.commands.get("".join(verb))
        path += not has_name
    options = command.params if command else ()
    return path, {"-h", "--help", *(name for one in options for name in one.opts)}
