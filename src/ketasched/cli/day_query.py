"""What `day` and `drivers` ask the register: some days of one clinic, from its own today on."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from ketasched.cli import options
from ketasched.cli.register_option import needed_register
from ketasched.errors import BadFile
from ketasched.files.load import load_clinic
from ketasched.register.records import BookedDays

which_clinic_option = options.clinic(
    "Which clinic, where the register has several; its newest hours."
)


class DayQuery:
    """The register, and the clinic whose days are asked for.

    `named` is the clinic of the given file; of several clinics, that of the file that is here or
    in the environment; None if the register has only one. `clinic` is `named`, else the newest
    hours of the only one; None if the register has no course. Raises `BadFile` if the register
    has several clinics and no file says which, `BadRequest` if it has the clinic in another zone.
    """

    def __init__(self, register_address: str | None, clinic_path: str | None) -> None:
        self.named = load_clinic(clinic_path) if clinic_path else None
        self.register = needed_register(register_address)
        if self.named:
            self.register.refuse_stranger(self.named)
        names = self.register.clinics()
        if len(names) > 1 and self.named is None:
            path = options.clinic_file(None)
            self.named = load_clinic(path) if path else None
            if not (self.named and self.register.entries(self.named)):
                known = ", ".join(name or "one without a name" for name in names)
                said = f"the register has {len(names)} clinics: {known}"
                raise BadFile(said, next_step="--clinic FILE says which")
        newest = None if self.named else self.register.newest()
        self.clinic = newest.clinic if newest else self.named

    @property
    def zone(self) -> str:
        """The clinic's time zone; that of this machine if there is no clinic."""
        return self.clinic.timezone if self.clinic else options.machine_zone()

    def now(self, today: str | None) -> datetime:
        """The moment that `--today` says, else now; local to the clinic."""
        zone = ZoneInfo(self.zone)
        return options.moment_of(today, zone, field="today").astimezone(zone)

    def days(self, first: date, last: date) -> BookedDays:
        """The clinic's days from `first` to `last`, both inclusive."""
        return self.register.days(first, last, self.named)
