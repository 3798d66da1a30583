"""What `day` and `drivers` have in common: the days of the register, and what day it is."""

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

import click

from ketasched.cli.options import machine_zone, moment_of
from ketasched.cli.registers import needed_book, register_option
from ketasched.columns import spelled_date
from ketasched.errors import BadFile, BadRequest
from ketasched.load import load_clinic
from ketasched.model import Clinic

if TYPE_CHECKING:
    from ketasched.register.nouns import Days

Function = TypeVar("Function", bound=Callable[..., object])

today_option = click.option(
    "--today", metavar="DATE[THH:MM]", help="What moment it is (now).", default=None
)
clinic_option = click.option(
    "--clinic",
    "clinic_path",
    metavar="FILE",
    help="Which clinic, where the register has several; its newest hours.",
)


def with_register(function: Function) -> Function:
    """The options of the register and of the clinic."""
    return register_option(clinic_option(function))


def day_of(text: str) -> date:
    """The date that is asked for. Raises `BadRequest`."""
    try:
        return spelled_date(text, None)
    except ValueError as error:
        said = str(error).replace(", or say --date-order", "")
        raise BadRequest("date", said) from None


class Asked:
    """The register that is asked for, and the clinic if one is named."""

    def __init__(self, register: str | None, clinic_path: str | None) -> None:
        self.clinic: Clinic | None = load_clinic(clinic_path) if clinic_path else None
        self.book = needed_book(register)

    def now(self, today: str | None) -> datetime:
        """The moment it is, local to the clinic, or to this machine where none is named."""
        zone = ZoneInfo(self.clinic.timezone if self.clinic else machine_zone())
        return moment_of(today, zone, field="today").astimezone(zone)

    def between(self, first: date, last: date) -> "Days":
        """These days of the clinic. Raises `BadFile` where the register has several."""
        found = self.book.between(first, last, self.clinic)
        names = {
            (one.clinic.id_salt, one.clinic.name, one.clinic.timezone): one.clinic.name
            for one in found.courses
        }
        if len(names) > 1 and self.clinic is None:
            said = f"the register has {len(names)} clinics: {', '.join(sorted(names.values()))}"
            raise BadFile(said, next_step="--clinic FILE says which")
        return found

    def place(self, found: "Days") -> Clinic | None:
        """The clinic of these days: the one that is named, or that of the newest course."""
        if self.clinic or not found.courses:
            return self.clinic
        newest = max(
            found.courses, key=lambda one: one.history[-1].at if one.history else one.made_at
        )
        return newest.clinic
