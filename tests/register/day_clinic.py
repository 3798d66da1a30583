"""A clinic with staff, two protocols with companions, and what is edited in its file."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

CLINIC_TEXT = """
name = "Mill Lane"
phone = "+1 555 0142"
email = "desk@example.org"
timezone = "America/New_York"
chairs = {chairs}
slot_minutes = 30
id_salt = "one"
titles = "{titles}"
language = "{language}"
starts_per_slot = 1

[hours]
{hours}

[closures]
dates = {closed}
chairs = {{ {broken} }}

[[resources]]
name = "monitor"
count = 2
during = ["treatment", "observation"]
absences = {{ {away} }}

[[resources]]
name = "therapist"
during = ["treatment"]
hours = {{ mon = ["08:00-17:00"], tue = ["08:00-13:00"], thu = ["08:00-17:00"] }}
"""

PROTOCOL = """
format = 1
id = "{id}"
title = "Three infusions"
route = "intravenous infusion"
indication = "depression (off-label)"
sources = ["made up for tests"]
requires = ["rems-enrolment"]

[visits.infusion]
title = "Ketamine infusion"
minutes = {{ check_in = 15, treatment = 45, observation = 60 }}
needs = ["monitor"]
no_driving = {{ hours = 24, next_morning = "08:00" }}

[visits.booster]
like = "infusion"
title = "Ketamine booster"

[visits.tablet]
title = "Ketamine tablet at home"
place = "home"
minutes = {{ check_in = 0, treatment = 15, observation = 105 }}
attendant = true

[[phases]]
name = "induction"
visit = "infusion"
count = 3
per_week = {{ default = 2, choices = [2, 3] }}
gap_days = {{ min = 1, max = 5 }}
span_days = {{ max = 14 }}
reviews = [{{ after = 2, title = "How is it going?", gate = {gate} }}]

[[phases]]
name = "maintenance"
visit = "booster"
count = {{ default = 0, max = 2 }}
every_days = 7
gap_days = {{ min = 4, max = 14 }}
tentative = true

[[companions]]
name = "preparation"
title = "Preparation"
phase = "induction"
before = [1]
within_days = {{ min = 1, max = 6 }}
minutes = 60
place = "clinic"
needs = ["therapist"]

[[companions]]
name = "integration"
title = "Integration"
phase = "induction"
after = "each"
within_days = {{ min = 1, max = 3 }}
minutes = 30
{more}
"""

AT_HOME = """
[[phases]]
name = "tablets"
beside = "induction"
visit = "tablet"
count = 2
every_days = 2
gap_days = { min = 1, max = 9 }
"""

PROTOCOLS = {
    "gated.toml": PROTOCOL.format(id="gated", gate="true", more=""),
    "home.toml": PROTOCOL.format(id="home", gate="false", more=AT_HOME),
}
"""The protocols' files: one with a gate, one with days at home beside its infusions."""

LONG, SHORT = ("08:00-12:00", "13:00-17:00"), ("09:00-13:00",)


@dataclass(frozen=True)
class ClinicFile:
    """What a clerk may edit in the clinic's file; days are counted from today."""

    chairs: int = 2
    hours: tuple[str, ...] = LONG
    saturdays: bool = False
    closed: tuple[int, ...] = ()
    broken: tuple[int, ...] = ()
    away: tuple[int, ...] = ()
    titles: str = "discreet"
    language: str = "en"

    def text(self, today: date) -> str:
        """The file."""

        def dates(days: tuple[int, ...]) -> list[str]:
            return [f'"{today + timedelta(one)}"' for one in days]

        openings = ", ".join(f'"{one}"' for one in self.hours)
        names = ("mon", "tue", "wed", "thu", "fri", *(["sat"] if self.saturdays else []))
        return CLINIC_TEXT.format(
            chairs=self.chairs,
            titles=self.titles,
            language=self.language,
            hours="\n".join(f"{day} = [{openings}]" for day in names),
            closed=f"[{', '.join(dates(self.closed))}]",
            broken=", ".join(f"{day} = 1" for day in dates(self.broken)),
            away=", ".join(f"{day} = 1" for day in dates(self.away)),
        )


EDITS: tuple[dict[str, Any], ...] = (
    {"chairs": 1},
    {"chairs": 2},
    {"closed": (1,)},
    {"closed": (2, 3)},
    {"closed": ()},
    {"broken": (1, 2)},
    {"broken": ()},
    {"away": (1,)},
    {"away": (2, 5)},
    {"away": ()},
    {"hours": SHORT},
    {"hours": LONG, "saturdays": True},
    {"hours": LONG, "saturdays": False},
    {"titles": "clinical"},
    {"titles": "discreet"},
    {"language": "es"},
    {"language": "en"},
)


def edited(clinic: ClinicFile, edit: dict[str, Any]) -> ClinicFile:
    """The clinic's file after an edit."""
    return replace(clinic, **edit)
