"""`ketasched doctor`: what this installation has and lacks, for whoever helps."""

import json
import os
import platform
import re
import stat
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import click

from ketasched.cli.options import (
    clinic_file,
    clinic_option,
    machine_zone,
    moment_of,
)
from ketasched.cli.register_option import book_to_look_at
from ketasched.cli.zonedata import ANY_ZONE, packaged_release, zone_data
from ketasched.errors import BadFile, KetaschedError
from ketasched.files.clinic_warnings import doubts
from ketasched.files.load import load_clinic

SAMPLE = "–é√日"
"""Characters that our pages have, or that names of patients and clinics may."""

OTHERS = stat.S_IRWXG | stat.S_IRWXO
"""What a file's mode lets others do than its owner."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is found: whether it is fine, in a sentence, with details, and what to try.

    `exit_code` is that of the error, 0 where there is none.
    """

    level: Literal["fine", "warning", "broken"]
    said: str
    details: tuple[str, ...] = ()
    next_step: str = ""
    exit_code: int = 0


def _program(_clinic: str | None) -> Answer:
    system = f"{platform.system()} {platform.machine()}"
    said = f"ketasched {version('ketasched')}, Python {platform.python_version()}, {system}"
    return Answer("fine", said)


def _zone_data(clinic: str | None) -> Answer:
    """The zone data at work, and whether newer data is at hand, or ought to be."""
    path = clinic_file(clinic)
    try:
        found = zone_data(load_clinic(path).timezone if path else ANY_ZONE)
    except BadFile:
        found = zone_data()  # what is wrong with the clinic is said of the clinic
    year, packaged = moment_of(None, None).year, packaged_release()
    update = "your system's updates" if found.folder else "pip install --upgrade tzdata"
    if not found.release:
        return Answer("warning", str(found), next_step=update)
    if found.folder and found.release < packaged:
        said = f"{found}; the package tzdata is newer, {packaged}, but comes second"
        return Answer("warning", said, next_step=f"{update}, or set PYTHONTZPATH to nothing")
    age = year - int(found.release[:4])
    said = f"{found}, {'of this year' if age <= 0 else f'of {found.release[:4]}'}"
    if age > 1:
        return Answer("warning", f"{said}: clocks may have changed since", next_step=update)
    return Answer("fine", said)


def _time_zone(clinic: str | None) -> Answer:
    """This machine's zone; a clinic with a file of its own does not need it."""
    try:
        return Answer("fine", machine_zone())
    except BadFile:
        if clinic_file(clinic):
            return Answer("fine", "not known here; the clinic's file says it")
        raise


def _clinic(clinic: str | None) -> Answer:
    path = clinic_file(clinic)
    if path is None:
        said = "no file: a plain one is used, Mon–Fri 09:00–17:00"
        return Answer("warning", said, next_step="ketasched clinic init")
    warnings = tuple(doubts(load_clinic(path)))
    if warnings:
        return Answer("warning", path, warnings, f"mend it, then: ketasched check {path}")
    return Answer("fine", path)


def _register(_clinic: str | None) -> Answer:
    """The register that commands use, and whether others may read its file."""
    book = book_to_look_at()
    if book is None:
        return Answer("fine", "none: --register makes one")
    names = book.clinics()
    said = f"{book.place}: {_count(book.size(), 'course')} of {_count(len(names), 'clinic')}"
    if sys.platform != "win32" and book.is_a_file:
        mode = stat.S_IMODE(Path(book.place).stat().st_mode)
        if mode & OTHERS:
            step = f"chmod 600 {book.place}"
            return Answer("warning", f"{said}; others may read its file", next_step=step)
    return Answer("fine", said)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _locale(_clinic: str | None) -> Answer:
    """Whether the terminal takes all letters."""
    encoding = getattr(sys.stdout, "encoding", None) or "none"
    asked = next(
        (os.environ[key] for key in ("LC_ALL", "LC_CTYPE", "LANG") if os.environ.get(key)), ""
    )
    said = f"{encoding}{f', {asked}' if asked else ''}"
    try:
        SAMPLE.encode(encoding)
    except (LookupError, UnicodeEncodeError):
        said = f"{said}: some letters cannot be printed"
        return Answer("warning", said, next_step="set PYTHONUTF8=1")
    return Answer("fine", said)


def _extras(_clinic: str | None) -> Answer:
    """What is optional, and whether it is there; nobody has to have it."""
    found: dict[str, list[str]] = {}
    for line in requires("ketasched") or ():
        named = re.fullmatch(r"([\w.-]+).*\bextra == ['\"]([\w-]+)['\"].*", line)
        if named and named[2] not in NOT_FOR_USERS:
            found.setdefault(named[2], []).append(named[1])
    said = (f"{name}: {_installed(packages)}" for name, packages in found.items())
    return Answer("fine", "; ".join(said) or "none")


def _installed(packages: Iterable[str]) -> str:
    """The releases of all these packages; an extra of which one is missing is of no use."""
    try:
        return ", ".join(f"{package} {version(package)}" for package in packages)
    except PackageNotFoundError:
        return "not installed"


NOT_FOR_USERS = ("dev", "fuzz", "mutants")
"""Extras for those who work on ketasched."""

LOOKS: Mapping[str, Callable[[str | None], Answer]] = MappingProxyType(
    {
        "program": _program,
        "zone data": _zone_data,
        "time zone": _time_zone,
        "clinic": _clinic,
        "register": _register,
        "locale": _locale,
        "extras": _extras,
    }
)
"""What is looked at, in this order: each gets what `--clinic` says, and answers. An error that it
raises is an answer, too.
"""


def _answered(look: Callable[[str | None], Answer], clinic: str | None) -> Answer:
    try:
        return look(clinic)
    except KetaschedError as error:
        return Answer("broken", error.what, error.details, error.next_step, error.exit_code)


@click.command("doctor")
@clinic_option()
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), help="What to print (text)."
)
@click.pass_context
def command(ctx: click.Context, /, *, clinic_path: str | None, form: str | None) -> None:
    """Say what this installation has and lacks: for a call for help. It names no patient.

    \b
    ketasched doctor
    ketasched doctor --clinic examples/clinic.toml --format json
    """
    answers = {name: _answered(look, clinic_path) for name, look in LOOKS.items()}
    if form == "json":
        rows = [_plain(name, answer) for name, answer in answers.items()]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for name, answer in answers.items():
            click.echo(f"{answer.level:<8} {name:<10} {answer.said}")
            for line in answer.details:
                click.echo(f"{'':<19} {line}")
            if answer.next_step:
                click.echo(f"{'':<19} try: {answer.next_step}")
    ctx.exit(next((one.exit_code for one in answers.values() if one.exit_code), 0))


def _plain(name: str, answer: Answer) -> dict[str, object]:
    found = asdict(answer)
    found["try"] = found.pop("next_step")
    del found["exit_code"]
    return {"name": name, **found}
