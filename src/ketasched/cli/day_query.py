"""What `day` and `drivers` have in common: the days of the register, and what day it is."""

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from ketasched.cli.options import clinic_file, clinic_option, machine_zone, moment_of
from ketasched.cli.register_option import needed_book, register_option
from ketasched.errors import BadFile, BadRequest
from ketasched.files.load import load_clinic
from ketasched.files.request_fields import spelled_date
from ketasched.model import Clinic

if TYPE_CHECKING:
    from ketasched.register.records import Days

Function = TypeVar("Function", bound=Callable[..., object])

WHICH = "Which clinic, where the register has several; its newest hours."


def with_register(function: Function) -> Function:
    """The options of the register and of the clinic."""
    return register_option(clinic_option(WHICH)(function))


def day_of(text: str) -> date:
    """The date that is asked for. Raises `BadRequest`."""
    try:
        return spelled_date(text, None)
    except ValueError as error:
        said = str(error).replace(", or say --date-order", "")
        raise BadRequest("date", said, next_step="a date such as 2026-12-07") from None


class Asked:
    """The register that is asked for, and the clinic: the one that is named, or the only one.

    Of several it is the one whose file is here. Raises `BadFile` where none of them is.
    """

    def __init__(self, register: str | None, clinic_path: str | None) -> None:
        self.named: Clinic | None = load_clinic(clinic_path) if clinic_path else None
        self.book = needed_book(register)
        names = self.book.clinics()
        if len(names) > 1 and self.named is None:
            self.named = self._usual()
        if len(names) > 1 and self.named is None:
            known = ", ".join(name or "one without a name" for name in names)
            said = f"the register has {len(names)} clinics: {known}"
            raise BadFile(said, next_step="--clinic FILE says which")
        newest = None if self.named else self.book.newest()
        self.clinic = newest.clinic if newest else self.named

    def _usual(self) -> Clinic | None:
        """The clinic of this folder or of the environment, if it is one of the register's."""
        path = clinic_file(None)
        found = load_clinic(path) if path else None
        return found if found and self.book.entries(found) else None

    @property
    def zone(self) -> str:
        """The clinic's time zone, or that of this machine where nothing is known of it."""
        return self.clinic.timezone if self.clinic else machine_zone()

    def now(self, today: str | None) -> datetime:
        """The moment it is, local to the clinic."""
        zone = ZoneInfo(self.zone)
        return moment_of(today, zone, field="today").astimezone(zone)

    def between(self, first: date, last: date) -> "Days":
        """These days of the clinic."""
        return self.book.between(first, last, self.named)
