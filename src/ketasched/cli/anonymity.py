"""What standard error says of people: all at a terminal, nothing where a log may keep it.

Nightly jobs have their standard error kept and mailed. Unless it is a terminal, or `--verbose` is
given, each value that was typed and may tell of a person, and whoever is named in a course that
the command has read, is "…" there.
"""

import re
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ketasched.model import Course, Request

HIDDEN, UNNAMED = "…", "patient"
"""What stands for a value, and the patient's reference where none is given: a word of ours."""

VALUE = re.compile(
    r'(?:such as|expected| or|(?:rows|place|email|timezone|date_order) =) "[^"]*"'
    r'|(".*"|(?<=, not )[\[{].*)'
)
"""A value as `model.quote` shows it, to the last quote of the line: it may have quotes of its own.

After "such as", "or", "expected" and some keys of files stand words of ours, which are no value.
"""

TYPED, PARSED, PEOPLE = "ketasched.typed", "ketasched.parsed", "ketasched.people"
"""The keys of the words of the command line, of the parameters that these are, and of the names to
hide, in the `meta` of a context.
"""

PUBLIC = frozenset(
    (
        *("start", "latest_start", "per_week", "every_days", "time", "between", "days"),
        *("language", "driver_language", "reminders"),
        *("boosters", "booster_every", "date_order", "made_at", "today", "date", "on", "to"),
        *("ahead", "limit", "shard", "cluster", "jobs", "protocol", "overrides", "kind", "scope"),
        *("roster", "output", "columns", "ignored", "mapping_path", "register_address"),
        *("column_set_path", "since", "until"),
        *("audience", "form", "visit", "what", "proposal_path", "applied", "outcome"),
    )
)
"""The parameters whose values tell of nobody. Those of all others are hidden: a new one, too."""

SENTENCES = {"reason": "--reason", "driver_label": "--driver-label"}
"""The parameters whose values are any words, and their options, after which alone they are hidden.

A message may have the same words of itself. Whom they name is hidden if the command knows them.
"""

NAMING = (
    *("patient", "patient_phone", "patient_email", "cleared_by"),
    *("driver_name", "driver_phone", "driver_email", "name", "phone", "email", "calendar"),
)
"""The fields of a course, a request, a driver and a busy time that name somebody."""

PUBLIC_NAMES = ("clinic.toml", "course.json")
"""The names of files that tell of nobody. The folder of such a file may."""


def anonymous(text: str) -> str:
    """The text as standard error may have it."""
    if may_name_people():
        return text
    # Names first: quoted for the shell, a name may have quotes within.
    shown = _without(_without_sentences(text), _values_to_hide())
    return VALUE.sub(lambda found: HIDDEN if found[1] else found[0], shown)


def anonymous_usage(error: click.UsageError) -> click.UsageError:
    """An error of how a command was typed, without the words that were typed."""
    if may_name_people() or isinstance(error, click.exceptions.NoArgsIsHelpError):
        return error
    words = (word.partition("=")[2] if word[:1] == "-" else word for word in typed_words())
    known = {
        name for name, value in typed_parameters() if name in PUBLIC for value in _texts(value)
    }
    said = _without(error.format_message(), [*_values_to_hide(), *(set(words) - known)])
    return click.UsageError(said, error.ctx)


def people_text(names: Iterable[str]) -> str:
    """The names after a colon, ": P-1, P-2"; empty where nobody may be named."""
    return f": {', '.join(names)}" if may_name_people() else ""


def may_name_people() -> bool:
    """Whether somebody may read all: at a terminal, or because they asked for it."""
    terminal = sys.stderr is not None and sys.stderr.isatty()
    return terminal or any(name == "verbose" and value for name, value in typed_parameters())


def note_typed(ctx: click.Context, words: Sequence[str]) -> None:
    """Note the words of the command line."""
    ctx.meta[TYPED] = tuple(words)


def hide_people(*nouns: "Course | Request | str") -> None:
    """Hide from standard error whoever is named in these courses and requests, or so."""
    for noun in nouns:
        hide_names(*([noun] if isinstance(noun, str) else _people(noun)))


def hide_names(*names: str) -> None:
    """Hide these names from standard error."""
    if context := click.get_current_context(silent=True):
        context.meta.setdefault(PEOPLE, set()).update({*names} - {UNNAMED})


def _people(noun: "Course | Request") -> Iterator[str]:
    # Imported here because `--help` is not to load the nouns.
    from ketasched.model import Course  # noqa: PLC0415
    from ketasched.model.replay import renames  # noqa: PLC0415
    from ketasched.model.wall_clock import day_text  # noqa: PLC0415

    request = noun.request if isinstance(noun, Course) else noun
    named: list[object] = [noun, request, *request.driver, *request.busy]
    if isinstance(noun, Course):
        named += {one.driver for one in noun.visits} | {one.driver for one in noun.companions}
        yield from (name for _, *both in renames(noun) for name in both)
    yield from (getattr(one, field, "") for one in named for field in NAMING)
    if request.born:
        yield from (request.born.isoformat(), day_text(request.born))


def _without(text: str, values: Iterable[str]) -> str:
    # Imported here because `--help` is not to load the nouns.
    from ketasched.model import escape_unprintable, quote  # noqa: PLC0415

    ways = (str, quote, escape_unprintable, shlex.quote)
    found = frozenset(way(value) for value in values for way in ways)
    return _any_of(found).sub(HIDDEN, text) if any(map(str.strip, found)) else text


@lru_cache(maxsize=8)
def _any_of(words: frozenset[str]) -> re.Pattern[str]:
    longest_first = sorted(filter(str.strip, words), key=len, reverse=True)
    either = "|".join(map(re.escape, longest_first))
    return re.compile(rf"(?<![\w-])(?:{either})(?![\w-])")


def _without_sentences(text: str) -> str:
    for name, value in typed_parameters():
        if name in SENTENCES:
            option = f"{SENTENCES[name]} "
            for one in _texts(value):
                text = text.replace(f"{option}{shlex.quote(one)}", f"{option}{HIDDEN}")
    return text


def _values_to_hide() -> Iterator[str]:
    context = click.get_current_context(silent=True)
    yield from context.meta.get(PEOPLE, ()) if context else ()
    for name, value in typed_parameters():
        if name not in PUBLIC and name not in SENTENCES:
            for text in _texts(value):
                yield from _parts_to_hide(text)


def _parts_to_hide(text: str) -> Iterator[str]:
    """A typed value, and what a message may have of it if it is a path.

    A person's name can be that of a file or folder, or a file's without the suffix: "jane.ics".
    """
    path = Path(text)
    suffix, folder = path.suffix.lower(), str(path.parent) if path.parent.name else ""
    if path.name not in PUBLIC_NAMES:
        yield from (text, path.name)
        yield from [path.stem] if suffix in (".json", ".ics") else ()
    yield from [folder] if suffix == ".json" or path.name in PUBLIC_NAMES else ()


def _texts(value: object) -> Iterator[str]:
    """The texts of a parameter's value, which may have several."""
    if isinstance(value, str | Path):
        yield str(value)
    elif isinstance(value, tuple):
        for one in value:
            yield from _texts(one)


def typed_words() -> tuple[str, ...]:
    """The words of the command line, from the name of the command on."""
    context = click.get_current_context(silent=True)
    return context.meta.get(TYPED, ()) if context else ()


def typed_parameters() -> Sequence[tuple[str, object]]:
    """The parameters that were typed, with their values: also of a command that refuses them."""
    context = click.get_current_context(silent=True)
    if context is None or TYPED not in context.meta:
        return ()
    if PARSED not in context.meta:
        program = context.find_root().command
        # With the program's own names of `--help`, which its commands keep for good.
        root = click.Context(program, resilient_parsing=True, **program.context_settings)
        try:
            found = list(_parse(root, list(context.meta[TYPED])))
        except Exception:  # noqa: BLE001 - a command that cannot be read: any word may tell
            found = [("", word) for word in context.meta[TYPED]]
        context.meta[PARSED] = found
    parsed: Sequence[tuple[str, object]] = context.meta[PARSED]
    return parsed


def _parse(ctx: click.Context, words: list[str]) -> Iterator[tuple[str, object]]:
    """The parameters in these words, which begin with the name of a command."""
    if isinstance(ctx.command, click.Group) and words:
        name, command, words = ctx.command.resolve_command(ctx, words)
        if command is not None:
            below = command.make_context(name, words, ctx, resilient_parsing=True)
            yield from below.params.items()
            yield from _parse(below, [*below._protected_args, *below.args])  # noqa: SLF001
