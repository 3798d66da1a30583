"""What commands ask the register: some days of one clinic, from its own today on."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import click

from ketasched.api.clinic_book import ClinicBook
from ketasched.cli import options
from ketasched.cli.current_clinic import current_clinic
from ketasched.cli.output import say, use_clock_of
from ketasched.cli.register_option import needed_register, register_option
from ketasched.errors import BadRequest
from ketasched.files.load import load_clinic
from ketasched.register.course_lookup import several_clinics

which_clinic_option = options.clinic(
    "Which clinic, where the register has several; its newest hours."
)


def days_ahead(text: str) -> timedelta:
    """How far ahead `--next` looks: "3d", "2w", "7". Raises `BadRequest`."""
    found = re.fullmatch(r"(\d{1,3}) ?(d|w|)(?:ays?|eeks?)?", text.strip(), re.ASCII)
    if found is None:
        raise BadRequest("next", f'expected days or weeks such as "3d" or "2w", not "{text}"')
    return timedelta(int(found[1]) * (7 if found[2] == "w" else 1))


class DayQuery(ClinicBook):
    """The register, and the clinic whose days are asked for.

    `named` is the clinic of the given file; of several clinics, that of the file that is here or
    in the environment; None if the register has only one. `clinic` is the clinic as it is now:
    `named`, else the only one by the file here, if it is of the same clinic, else as the register
    knows it; None if the register has no course. Raises `BadFile` if the register has several
    clinics and no file says which, `BadRequest` if it has the clinic in another zone.
    """

    def __init__(self, register_address: str | None, clinic_path: str | None) -> None:
        named = load_clinic(clinic_path) if clinic_path else None
        register = needed_register(register_address)
        if named:
            register.refuse_stranger(named)
        names = register.clinics()
        if len(names) > 1 and named is None:
            path = options.clinic_file(None)
            named = load_clinic(path) if path else None
            if not (named and register.entries(named)):
                raise several_clinics(names)
        if clinic_path and named and names and not register.entries(named):
            said = f"the register has no course of {named.name or 'this clinic'}"
            say("note", f"{said}; it has {', '.join(filter(None, names)) or 'another one'}")
        newest = None if named else register.newest()
        clinic = current_clinic(newest, register) if newest else named
        super().__init__(register, named, clinic)
        if clinic:
            use_clock_of(clinic)

    @property
    def zone(self) -> str:
        """The clinic's time zone; that of this machine if there is no clinic."""
        return self.clinic.timezone if self.clinic else options.machine_zone()

    def now(self, today: str | None) -> datetime:
        """The moment that `--today` says, else now; local to the clinic."""
        zone = ZoneInfo(self.zone)
        return options.moment_of(today, zone, field="today").astimezone(zone)


@dataclass(frozen=True)
class ClinicAsked:
    """The options that say which clinic is asked about, and at which moment."""

    register_address: str | None
    clinic_path: str | None
    today: str | None

    @cached_property
    def query(self) -> DayQuery:
        """The register, opened, and the clinic."""
        return DayQuery(self.register_address, self.clinic_path)

    @cached_property
    def now(self) -> datetime:
        """The moment that `--today` says, else now; local to the clinic."""
        return self.query.now(self.today)


@dataclass(frozen=True)
class ComingDays(ClinicAsked):
    """The options of a list of what is to come: also how far `ahead` it looks."""

    ahead: timedelta

    @property
    def last(self) -> date:
        """The last day of the list, inclusive."""
        return self.now.date() + self.ahead


_clinic_options = (register_option, which_clinic_option, options.today())

clinic_asked = options.group(ClinicAsked, "asked", *_clinic_options)


def coming_days(default: str, first: str = "today") -> options.Decorator:
    """The options of `ComingDays`, as `coming`; `first` is what the help calls the first day."""
    days = f"{default} is {first} and the {default[:-1]} days after it"
    ahead = click.option(
        "--next",
        "ahead",
        metavar="DAYS",
        default=default,
        show_default=True,
        callback=lambda _ctx, _param, text: days_ahead(text),
        help=f"How far ahead to look: {days}, 2w two weeks.",
    )
    return options.group(ComingDays, "coming", ahead, *_clinic_options)
