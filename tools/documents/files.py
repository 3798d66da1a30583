"""`docs/files.md`: every key of every file."""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from ketasched.files.codec import Field, fields_of, plain
from ketasched.files.column_mapping import ColumnMapping
from ketasched.files.column_set import ColumnSet
from ketasched.files.request_parsing import REQUEST_FIELDS, ROSTER_FIELDS
from ketasched.files.roster.header import REQUIRED
from ketasched.model import Clinic, Course, Protocol, WrittenProposal
from ketasched.model.queues import NAMED_ONLY, QUEUE_ROWS
from ketasched.model.values import DATE_SCHEMA
from tools.documents.schemas import default_value
from tools.documents.tables import MADE, purpose, sentence, table
from tools.documents.typed_forms import typed_forms

HEAD = f"""# Files

{MADE}

What can stand in a protocol, a clinic, a course, a mapping, a column set, a proposal and a roster:
each key, its type, its unit, and what holds where it is left out. `ketasched check FILE` says
everything that is wrong with a file, each with its place. An unknown key is an error: a typing
slip must not drop a rule.

Protocols, clinics, mappings and column sets are TOML, or JSON with the same keys where the name
ends in `.json`. Courses and proposals are JSON. Dates are inclusive on both ends, times are the
clinic's. TOML's own dates and times need no quotes.

## Help from your editor

`ketasched schema clinic` prints a JSON Schema, from which editors complete keys, say what each
is for and underline slips; `protocol` and `course` are the others. Save it beside your file:

    ketasched schema clinic >clinic.schema.json

and make this the first line of `clinic.toml` (Even Better TOML, Taplo, Tombi):

    #:schema ./clinic.schema.json

In JSON it is `"$schema": "./clinic.schema.json"`, which we pass over. A schema knows what one
key may hold; names, zones, holidays and times that cross are for `ketasched check`.
"""

CHAPTERS: Mapping[str, tuple[type, str]] = {
    "Clinic": (
        Clinic,
        "`clinic.toml`: `ketasched clinic init` writes one to begin with. It is looked for at\n"
        "`--clinic`, then where `KETASCHED_CLINIC` says, then in the working directory.",
    ),
    "Protocol": (
        Protocol,
        "`ketasched protocols show iv-depression --format toml >mine.toml` is one to change;\n"
        "plan with `--protocol mine.toml`. [The shipped ones](protocols.md).\n\n"
        "What precedes or follows visits, such as talks with a therapist, is in\n"
        "`[[companions]]`. It is dated once the visits are, on the nearest day that is free, and\n"
        "moves with its visit; it never moves, delays or refuses one.\n\n"
        "Treatments at home between visits at the clinic are\n"
        'a phase with `beside`, whose kind of visit has `place = "home"`: each day at home is a\n'
        "treatment, after which nobody drives. `kap-six` and `iv-home-tablets` are examples.\n\n"
        "No command records that a companion or a day at home took place, or did not: `complete`\n"
        "and `miss` are about visits, `review` is about reviews.",
    ),
    "Course": (
        Course,
        "`course.json`: the plan of record, written by `plan`, `batch` and `revise`. It holds\n"
        "the whole protocol, clinic and request that it was planned from.",
    ),
    "Mapping": (
        ColumnMapping,
        "What the headings of a clinic's own export mean, for `ketasched batch` and `check` with\n"
        "`--columns export.toml`:\n\n"
        "    format = 1\n"
        '    ignore = ["Notes", "Last seen"]\n'
        '    date_order = "mdy"\n\n'
        "    [columns]\n"
        '    "Patient ID" = "patient"\n'
        '    "First infusion" = "start"\n\n'
        "Headings are compared regardless of case, spaces and hyphens. Each one that is mapped\n"
        "has to be in the roster: a column that an export renames is an error, never a\n"
        "constraint that is lost. `--column`, `--ignore-column` and `--date-order` add to the\n"
        "file, and take precedence over it.",
    ),
    "Column set": (
        ColumnSet,
        "Which columns a service of the clinic's own wants, for `ketasched rides`, `reminders`\n"
        "and `register appointments` with `--columns FILE` ([how](queues.md)):\n\n"
        "    format = 1\n"
        '    rows = "appointments"\n\n'
        "    [columns]\n"
        '    "Appt ID" = "key"\n'
        '    "Date" = { value = "start", as = "%m/%d/%Y" }\n'
        '    "Site" = { text = "Main" }\n\n'
        "A column is the name of a value, or a table. The values of each queue are listed after\n"
        "the keys.",
    ),
    "Proposal": (
        WrittenProposal,
        "What `ketasched reschedule --proposal monday.json` writes, and `--apply monday.json`\n"
        "does, if neither the clinic nor what is booked there has changed since.",
    ),
}


OTHER_KEYS = {str: "a protocol's id", date: "a date"}
"""What the keys of tables by other names are, by their type."""


def page() -> str:
    """The whole page."""
    parts, known = [HEAD], dict[type, str]()
    for title, (kind, about) in CHAPTERS.items():
        parts.append(f"## {title}\n\n{about}\n")
        known[kind] = title.lower()
        parts += sections(kind, "", known)
        parts += queue_values() if kind is ColumnSet else ()
    return "\n".join([*parts, roster()])


def queue_values() -> Iterator[str]:
    """The values that the rows of each queue have."""
    for queue, kind in QUEUE_ROWS.items():
        rows = [
            (f"`{name}`", named(one.kind, {}), one.key.unit, purpose(kind, name))
            for name, one in fields_of(kind).items()
        ]
        yield f"### The values of {queue}\n\n{sentence(kind.__doc__)}\n"
        if queue in NAMED_ONLY:
            yield f"`{NAMED_ONLY[queue]}` is written only if a column set names it.\n"
        yield table(("value", "type", "unit", "what it is"), rows)


def sections(kind: type, path: str, known: dict[type, str]) -> Iterator[str]:
    """The table of a noun, then those of the nouns in it that have none yet."""
    rows, inner = [], []
    for name, one in fields_of(kind).items():
        place = "NAME" if one.is_catch_all else name
        noun, below = noun_in(one.kind, place)
        where = ".".join(filter(None, (path, below)))
        if noun and noun not in known:
            known[noun] = anchor(where)
            inner.append((noun, where))
        shown = f"*{OTHER_KEYS[get_args(one.kind)[0]]}*" if one.is_catch_all else f"`{name}`"
        said = purpose(kind, one.name)
        rows.append((shown, type_of(one, known), one.key.unit, default_of(kind, name), said))
    yield table(("key", "type", "unit", "if left out", "what it is for"), rows)
    for noun, where in inner:
        yield f"### `{where}`\n\n{sentence(noun.__doc__)}\n"
        yield from sections(noun, where, known)


def noun_in(kind: Any, place: str) -> tuple[type | None, str]:
    """The noun that a field holds, if there is one, and how its tables are called."""
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return noun_in(args[0], place)
    if origin is tuple:
        return noun_in(args[0], f"{place}[]")
    if origin is Mapping:
        return noun_in(args[1], place if place == "NAME" else f"{place}.NAME")
    is_noun = dataclasses.is_dataclass(kind) and not hasattr(kind, "SCHEMA")
    return (kind if is_noun else None), place


def anchor(where: str) -> str:
    """The name by which a heading is linked to."""
    kept = (char for char in where.lower() if char.isalnum() or char in "-_")
    return "".join(kept)


def type_of(one: Field, known: Mapping[type, str]) -> str:
    """A type in words, with the limits."""
    kind = get_args(one.kind)[1] if one.is_catch_all else one.kind
    said, key = named(kind, known), one.key
    if key.least is not None and not key.form:
        said += f", {key.least} or more" if key.most is None else f", {key.least} to {key.most}"
    return (
        said
        + (f", at least {key.form}" if key.least and key.form else "")
        + (f": {key.form}" if key.pattern else "")
        + (", with line breaks" if key.lines else "")
    )


def named(kind: Any, known: Mapping[type, str]) -> str:
    """A type in words."""
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return named(args[0], known)
    if origin is Literal:
        return " or ".join(f"`{json.dumps(one)}`" for one in args)
    if origin is tuple:
        return f"list of {named(args[0], known)}"
    if origin is Mapping:
        names = {str: "names", date: "dates"}.get(args[0]) or named(args[0], known)
        return f"table: by {names}, {named(args[1], known)}"
    if hasattr(kind, "SCHEMA"):
        return str(kind.SCHEMA["description"])
    simple = {
        str: "text",
        int: "whole number",
        bool: "true or false",
        date: f"date, {DATE_SCHEMA['description']}",
        datetime: 'moment, "2026-12-07T09:00-05:00"',
    }
    return simple[kind] if kind in simple else f"[table](#{known[kind]})"


def default_of(kind: type, name: str) -> str:
    """What holds where a key is left out."""
    if fields_of(kind)[name].required:
        return "**required**"
    default = default_value(kind, name)
    return "" if default in (None, "", [], {}) else f"`{json.dumps(plain(default))}`"


def roster() -> str:
    """The columns of a roster."""
    rows = [
        (
            f"`{name}`",
            column.metavar,
            "**required**" if name in REQUIRED else "",
            "yes" if name in REQUEST_FIELDS else "",
            column.help + (" Several: with `;` between." if column.several else ""),
        )
        for name, column in ROSTER_FIELDS.items()
    ]
    head = """## Roster

A CSV file with a header, as spreadsheets save it, or NDJSON, one object a line. Columns have
these names, in any order; `--column start="Start date"` takes a heading of your own,
`--ignore-column` passes one over, and a [mapping](#mapping) keeps what an export needs. The same
are options of `ketasched plan`, where it says so (`latest_start` is `--latest-start`).

"""
    columns = table(("column", "form", "", "option", "what it is for"), rows)
    return f"{head}{columns}\n{typed_forms()}"
