"""What standard error says of people: all at a terminal, nothing where a log may keep it.

Nightly jobs have their standard error kept and mailed. Unless it is a terminal, or `--verbose` is
given, each value that was typed and may tell of a person, and whoever is named in a course that
the command has read, is "…" there.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ketasched.model import Course, Request

HIDDEN = "…"

VALUE = re.compile(r'(?<!such as )(?<!expected )(?<! or )".*"|(?<=, not )[\[{].*')
"""A value as `model.quote` shows it, to the last quote of the line: it may have quotes of its own.

After "such as", "or" and "expected" stand words of ours.
"""

TYPED, PARSED, PEOPLE = "ketasched.typed", "ketasched.parsed", "ketasched.people"
"""The keys of the words of the command line, of the parameters that these are, and of the names to
hide, in the `meta` of a context.
"""

PUBLIC = frozenset(
    (
        *("start", "latest_start", "per_week", "every_days", "time", "between", "days"),
        *("boosters", "booster_every", "date_order", "made_at", "today", "date", "on", "to"),
        *("ahead", "limit", "shard", "cluster", "jobs", "protocol", "overrides", "kind", "scope"),
        *("roster", "output", "columns", "ignored", "register_address", "audience", "form"),
    )
)
"""The parameters whose values tell of nobody. Those of all others are hidden: a new one, too."""


def anonymous(text: str) -> str:
    """The text as standard error may have it."""
    if may_name_people():
        return text
    return _without(VALUE.sub(HIDDEN, text), _values_to_hide())


def anonymous_usage(error: click.UsageError) -> click.UsageError:
    """An error of how a command was typed, without the words that were typed."""
    if may_name_people():
        return error
    words = (word.partition("=")[2] if word[:1] == "-" else word for word in _typed_words())
    known = {name for name, value in _parameters() if name in PUBLIC for value in _texts(value)}
    said = _without(error.format_message(), [*_values_to_hide(), *(set(words) - known)])
    return click.UsageError(said, error.ctx)


def may_name_people() -> bool:
    """Whether somebody may read all: at a terminal, or because they asked for it."""
    terminal = sys.stderr is not None and sys.stderr.isatty()
    return terminal or any(name == "verbose" and value for name, value in _parameters())


def note_typed(ctx: click.Context, words: Sequence[str]) -> None:
    """Note the words of the command line."""
    ctx.meta[TYPED] = tuple(words)


def hide_people(*nouns: "Course | Request") -> None:
    """Hide from standard error whoever is named in these courses and requests."""
    hidden = click.get_current_context().meta.setdefault(PEOPLE, set())
    for noun in nouns:
        hidden.update(_people(noun))


def _people(noun: "Course | Request") -> Iterator[str]:
    # Imported here because `--help` is not to load the nouns.
    from ketasched.model import Course  # noqa: PLC0415
    from ketasched.model.wall_clock import day_text  # noqa: PLC0415

    request = noun.request if isinstance(noun, Course) else noun
    yield from (noun.patient, request.patient, request.driver_name, request.driver_phone)
    yield request.cleared_by or ""
    yield from (one.calendar for one in request.busy)
    if request.born:
        yield from (request.born.isoformat(), day_text(request.born))
    for visit in noun.visits if isinstance(noun, Course) else ():
        if visit.driver:
            yield from (visit.driver.name, visit.driver.phone)


def _without(text: str, values: Iterable[str]) -> str:
    # Imported here because `--help` is not to load the nouns.
    from ketasched.model import escape_unprintable, quote  # noqa: PLC0415

    found = {one for value in values for one in (value, quote(value), escape_unprintable(value))}
    longest_first = sorted(filter(str.strip, found), key=len, reverse=True)
    if not longest_first:
        return text
    either = "|".join(map(re.escape, longest_first))
    return re.sub(rf"(?<![\w-])(?:{either})(?![\w-])", HIDDEN, text)


def _values_to_hide() -> Iterator[str]:
    context = click.get_current_context(silent=True)
    yield from context.meta.get(PEOPLE, ()) if context else ()
    for name, value in _parameters():
        if name not in PUBLIC:
            for text in _texts(value):
                yield from (text, Path(text).name)
                if Path(text).name != "course.json":
                    yield Path(text).stem
                if Path(text).suffix == ".json":
                    yield str(Path(text).parent)


def _texts(value: object) -> Iterator[str]:
    """The texts of a parameter's value, which may have several."""
    if isinstance(value, str | Path):
        yield str(value)
    elif isinstance(value, tuple):
        for one in value:
            yield from _texts(one)


def _typed_words() -> tuple[str, ...]:
    context = click.get_current_context(silent=True)
    return context.meta.get(TYPED, ()) if context else ()


def _parameters() -> Sequence[tuple[str, object]]:
    """The parameters that were typed, with their values: also of a command that refuses them."""
    context = click.get_current_context(silent=True)
    if context is None or TYPED not in context.meta:
        return ()
    if PARSED not in context.meta:
        root = click.Context(context.find_root().command, resilient_parsing=True)
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
