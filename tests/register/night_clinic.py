"""A clinic that is open at night, what is asked of it, and what is edited in its files."""

import json
from dataclasses import dataclass
from typing import Any

from ketasched.model import WEEKDAYS

PROTOCOL = """
format = 1
id = "nights"
title = "Two infusions"
route = "intravenous infusion"
indication = "depression (off-label)"
sources = ["made up for tests"]

[visits.infusion]
title = "Ketamine infusion"
place = "clinic"
minutes = { check_in = 10, treatment = 60, observation = 50 }
driver = true
no_driving = { hours = 24, next_morning = "08:00" }

[visits.booster]
like = "infusion"
title = "Ketamine booster"

[[phases]]
name = "induction"
visit = "infusion"
count = 2
every_days = 1
gap_days = { min = 1, max = 3 }
span_days = { max = 4 }
reviews = [{ after = 2, title = "How is it going?" }]

[[phases]]
name = "maintenance"
visit = "booster"
count = { default = 0, max = 3 }
every_days = 2
gap_days = { min = 1, max = 4 }
tentative = true
"""

NIGHTS = {
    "America/New_York": ("2027-03-13", "2027-11-06"),
    "Europe/London": ("2027-03-27", "2027-10-30"),
    "Australia/Lord_Howe": ("2027-04-03", "2027-10-02"),
    "Asia/Kolkata": ("2027-03-13", "2027-10-30"),
}
"""The evenings before the nights in which the clocks change, by zone; Kolkata's never do."""

HOURS = ("00:00-24:00", "20:00-24:00")
PATIENTS = (
    "P-1",
    "p-1",
    "Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}",
    "Zoe\N{COMBINING DIAERESIS}",
    "R",
    "S",
    "T",
)
TIMES = ("00:00", "00:30", "01:30", "02:30", "23:00", "23:30")
OVERRIDES = (
    (),
    ("open-hours", "gap", "span"),
    ("open-hours", "capacity", "gap", "span"),
    ("open-hours", "capacity", "gap", "span"),
)


CLINIC_EDITS: tuple[dict[str, Any] | None, ...] = (
    {"chairs": 1},
    {"chairs": 2},
    {"starts": 1},
    {"starts": None},
    {"out": 1},
    {"out": 0},
    {"zone": "Etc/UTC"},
    {"zone": "Europe/London"},
    {"name": "Old Mill"},
    {"salt": "two"},
    {"salt": ""},
    None,
    None,
    None,
)
"""What is changed in the clinic's file; None: it is put back as it was."""


DAYS_OUT = ("2027-03-14..2027-04-04", "2027-10-03..2027-11-07")
"""Days on which chairs may be out of order: from the nights on in which the clocks change."""

RECORDS = ("miss --make-up --override gap", "miss --no-make-up", "complete")
EDITS = ("salt", "name", "zone", "chairs", "patient")


@dataclass(frozen=True)
class ClinicFile:
    """What a clerk may edit in the clinic's file."""

    zone: str
    hours: str
    chairs: int
    name: str = "Mill Lane"
    salt: str = "one"
    starts: int | None = None
    out: int = 0

    def text(self) -> str:
        lines = [
            f'name = "{self.name}"',
            'phone = "+1 555 0142"',
            f'timezone = "{self.zone}"',
            f"chairs = {self.chairs}",
            "slot_minutes = 30",
            f'preferred_start = "{self.hours[:5]}"',
            *([f'id_salt = "{self.salt}"'] if self.salt else []),
            *([f"starts_per_slot = {self.starts}"] if self.starts else []),
            "[hours]",
            *(f'{day} = ["{self.hours}"]' for day in WEEKDAYS),
            *(["[closures.chairs]"] if self.out else []),
            *(f'"{days}" = {self.out}' for days in DAYS_OUT if self.out),
        ]
        return "\n".join(lines) + "\n"


def edited(text: str, edit: str, patient: str) -> str:
    """A course file as somebody leaves it who opened it with an editor."""
    document = json.loads(text)
    clinic = document["clinic"]
    if edit == "salt":
        clinic["id_salt"] = "two" if clinic.get("id_salt") == "one" else "one"
    elif edit == "name":
        clinic["name"] = "Old Mill" if clinic["name"] == "Mill Lane" else "Mill Lane"
    elif edit == "zone":
        clinic["timezone"] = document["timezone"] = "Etc/UTC"
    elif edit == "chairs":
        clinic["chairs"] += 1
    else:
        document["patient"] = document["request"]["patient"] = patient
    return json.dumps(document)
