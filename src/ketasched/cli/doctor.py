"""`ketasched doctor`: what this installation has and lacks, for whoever helps."""

import os
import platform
import re
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import click

from ketasched.cli import options
from ketasched.cli.hints import pasteable
from ketasched.cli.output import print_as
from ketasched.cli.register_option import existing_register
from ketasched.errors import BadFile, KetaschedError, command_line
from ketasched.files.clinic_warnings import clinic_warnings
from ketasched.files.load import load_clinic
from ketasched.files.zone_data import ANY_ZONE, packaged_release, zone_data

SAMPLE = "–é√日"
"""Characters that our pages have, or that names of patients and clinics may."""

OTHERS = stat.S_IRWXG | stat.S_IRWXO
"""The bits of a file's mode that are for others than its owner."""

NOT_FOR_USERS = ("dev", "fuzz", "mutants")
"""Extras for those who work on ketasched."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a check found; with a next step a warning, with an exit code (of an error) broken."""

    said: str
    next_step: str = ""
    details: tuple[str, ...] = ()
    exit_code: int = 0

    @property
    def level(self) -> str:
        """How bad it is: "fine", "warning" or "broken"."""
        return "broken" if self.exit_code else "warning" if self.next_step else "fine"

    def data(self, name: str) -> dict[str, object]:
        """The diagnosis of this name as plain data."""
        own = {"level": self.level, "said": self.said, "details": self.details}
        return {"name": name, **own, "try": pasteable(self.next_step)}


def _program(_clinic: str | None) -> Diagnosis:
    system = f"{platform.system()} {platform.machine()}"
    python = platform.python_version()
    return Diagnosis(f"ketasched {version('ketasched')}, Python {python}, {system}")


def _zone_data(clinic: str | None) -> Diagnosis:
    """The zone data in use, and whether newer data is at hand, or ought to be."""
    try:
        found = zone_data(load_clinic(clinic).timezone if clinic else ANY_ZONE)
    except BadFile:
        found = zone_data()  # the check of the clinic says what is wrong with its file
    packaged = packaged_release()
    update = "your system's updates" if found.folder else "pip install --upgrade tzdata"
    if not found.release:
        return Diagnosis(str(found), update)
    if found.folder and found.release < packaged:
        said = f"{found}; the package tzdata is newer, {packaged}, but comes second"
        return Diagnosis(said, f"{update}, or set PYTHONTZPATH to nothing")
    year = int(found.release[:4])
    age = options.moment_of(None, None).year - year
    said = f"{found}, of {'this year' if age <= 0 else year}"
    if age > 1:
        return Diagnosis(f"{said}: clocks may have changed since", update)
    return Diagnosis(said)


def _time_zone(clinic: str | None) -> Diagnosis:
    """This machine's zone; a clinic with a file of its own does not need it."""
    try:
        return Diagnosis(options.machine_zone())
    except BadFile:
        if clinic:
            return Diagnosis("not known here; the clinic's file says it")
        raise


def _clinic(clinic: str | None) -> Diagnosis:
    if clinic is None:
        said = "no file: a plain one is used, Mon–Fri 09:00–17:00"
        return Diagnosis(said, "ketasched clinic init")
    warnings = tuple(clinic_warnings(load_clinic(clinic), salt=options.new_salt()))
    step = f"mend it, then: {command_line('check', clinic)}" if warnings else ""
    return Diagnosis(clinic, step, warnings)


def _register(_clinic: str | None) -> Diagnosis:
    """The register that commands use, and whether others may read its file."""
    register = existing_register()
    if register is None:
        return Diagnosis("none: --register makes one")
    place, clinics = register.place, len(register.clinics())
    said = f"{place}: {_count(register.size(), 'course')} of {_count(clinics, 'clinic')}"
    is_private_file = sys.platform != "win32" and register.engine.dialect.name == "sqlite"
    if is_private_file and stat.S_IMODE(Path(place).stat().st_mode) & OTHERS:
        return Diagnosis(f"{said}; others may read its file", f"chmod 600 {place}")
    return Diagnosis(said)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _locale(_clinic: str | None) -> Diagnosis:
    """Whether the terminal takes all letters."""
    encoding = getattr(sys.stdout, "encoding", None) or "none"
    locales = filter(None, map(os.environ.get, ("LC_ALL", "LC_CTYPE", "LANG")))
    said = ", ".join((encoding, *list(locales)[:1]))
    try:
        SAMPLE.encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return Diagnosis(f"{said}: some letters cannot be printed", "set PYTHONUTF8=1")
    return Diagnosis(said)


def _extras(_clinic: str | None) -> Diagnosis:
    """The optional packages, and whether they are installed; nobody has to have them."""
    found: dict[str, list[str]] = {}
    for line in requires("ketasched") or ():
        named = re.fullmatch(r"([\w.-]+).*\bextra == ['\"]([\w-]+)['\"].*", line)
        if named and named[2] not in NOT_FOR_USERS:
            found.setdefault(named[2], []).append(named[1])
    said = (f"{name}: {_releases(packages)}" for name, packages in found.items())
    return Diagnosis("; ".join(said) or "none")


def _releases(packages: Iterable[str]) -> str:
    """The releases of all these packages; an extra that lacks one of them is of no use."""
    try:
        return ", ".join(f"{package} {version(package)}" for package in packages)
    except PackageNotFoundError:
        return "not installed"


CHECKS: Mapping[str, Callable[[str | None], Diagnosis]] = {
    "program": _program,
    "zone data": _zone_data,
    "time zone": _time_zone,
    "clinic": _clinic,
    "register": _register,
    "locale": _locale,
    "extras": _extras,
}
"""The checks in their order.

Each gets the path of the clinic's file, None if there is none. An error that a check raises is a
diagnosis, too.
"""


def _diagnose(check: Callable[[str | None], Diagnosis], clinic: str | None) -> Diagnosis:
    try:
        return check(clinic)
    except KetaschedError as error:
        return Diagnosis(error.what, error.next_step, error.details, error.exit_code)


@click.command("doctor")
@options.clinic()
@options.output_format()
def command(*, clinic_path: str | None, form: str | None) -> None:
    """Say what this installation has and lacks: for a call for help. It names no patient.

    \b
    ketasched doctor
    ketasched doctor --clinic examples/clinic.toml --format json
    """
    clinic = options.clinic_file(clinic_path)
    found = {name: _diagnose(check, clinic) for name, check in CHECKS.items()}
    print_as(form, [one.data(name) for name, one in found.items()], _lines(found))
    codes = (one.exit_code for one in found.values())
    raise click.exceptions.Exit(next(filter(None, codes), 0))


def _lines(found: Mapping[str, Diagnosis]) -> Iterator[str]:
    for name, one in found.items():
        yield f"{one.level:<8} {name:<10} {one.said}"
        steps = [f"try: {pasteable(one.next_step)}"] if one.next_step else []
        yield from (f"{'':<19} {line}" for line in (*one.details, *steps))
