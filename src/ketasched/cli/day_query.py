"""What commands ask the register: some days of one clinic, from its own today on."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import click

from ketasched.api.clinic_book import ClinicBook, JointChange
from ketasched.cli import options
from ketasched.cli.current_clinic import current_clinic
from ketasched.cli.output import say, use_clock_of
from ketasched.cli.register_option import RegisterOptions, needed_register, register_option
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
    """The register, and the clinic whose days are asked for."""

    @property
    def zone(self) -> str:
        """The clinic's time zone; that of this machine if there is no clinic."""
        return self.clinic.timezone if self.clinic else options.machine_zone()


@dataclass(frozen=True)
class ClinicAsked(RegisterOptions):
    """The options that say which clinic is asked about, and at which moment."""

    @cached_property
    def query(self) -> DayQuery:
        """The register, opened, and the clinic.

        It is `named` by the given file; of several clinics, by the file that is here or in the
        environment; not at all if the register has only one. As it is now, `clinic` is as `named`,
        else as the file here has it, if that is of the same clinic, else as the register knows it.
        Raises `BadFile` if the register has several clinics and no file says which, `BadRequest`
        if it has the clinic in another zone.
        """
        named = self.named_clinic
        register = needed_register(self.register_address)
        if named:
            register.refuse_stranger(named)
        names = register.clinics()
        if len(names) > 1 and named is None:
            path = options.clinic_file(None)
            named = load_clinic(path) if path else None
            if not (named and register.entries(named)):
                raise several_clinics(names)
        if self.clinic_path and named and names and not register.entries(named):
            said = f"the register has no course of {named.name or 'this clinic'}"
            say("note", f"{said}; it has {', '.join(filter(None, names)) or 'another one'}")
        newest = None if named else register.newest()
        clinic = current_clinic(newest, register) if newest else named
        if clinic:
            use_clock_of(clinic)
        return DayQuery(register, named, clinic)

    @cached_property
    def now(self) -> datetime:
        """The moment that `--today` says, else now; local to the clinic."""
        zone = ZoneInfo(self.query.zone)
        return options.moment_of(self.today, zone, field="today").astimezone(zone)


@dataclass(frozen=True)
class JointOptions(ClinicAsked):
    """The options of a change of many courses: but for whom, why, and who decided it."""

    excepted: tuple[str, ...]
    reason: str
    by_whom: str

    @cached_property
    def asked(self) -> JointChange:
        """What is asked of the clinic's book. Raises `BadFile` for an unknown patient."""
        book = self.query
        patients = {book.patient(one) for one in self.excepted if book.clinic}
        return JointChange(book, self.now, patients, self.reason, self.by_whom)


@dataclass(frozen=True)
class ComingDays(ClinicAsked):
    """The options of a list of what is to come: also how far `ahead` it looks."""

    ahead: timedelta

    @property
    def last(self) -> date:
        """The last day of the list, inclusive."""
        return self.now.date() + self.ahead


CLINIC_OPTIONS = (register_option, which_clinic_option, options.today())
"""The options of `ClinicAsked`."""

clinic_asked = options.group(ClinicAsked, "asked", *CLINIC_OPTIONS)


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
    return options.group(ComingDays, "coming", ahead, *CLINIC_OPTIONS)
