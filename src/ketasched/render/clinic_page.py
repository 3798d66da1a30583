"""A clinic as rows of text: its zone, hours, closures, chairs and resources."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from ketasched.model import WEEKDAYS, Clinic, Resource
from ketasched.model.unit_limits import chairs_out_of_order_text, resources_away_text


def clinic_rows(clinic: Clinic) -> Iterator[tuple[str, str]]:
    """What a clinic is, as labels and texts."""
    yield from (("name", clinic.name), ("phone", clinic.phone), ("time zone", clinic.timezone))
    for since, week in clinic.hours.weeks.items():
        yield "from", str(since) if since > date.min else ""
        for number, name in enumerate(WEEKDAYS):
            yield name, ", ".join(map(str, week.on(number))) or "closed"
    yield from (("closed", dates.plain()) for dates in clinic.closures.dates)
    yield "holidays", clinic.closures.holidays
    for day, openings in sorted(clinic.closures.openings.items()):
        yield "also open", f"{day} {', '.join(map(str, openings))}"
    yield "chairs", "not counted" if clinic.chairs is None else str(clinic.chairs)
    for days in sorted(clinic.closures.chairs, key=lambda days: days.first):
        dates = replace(days, label="").plain()
        yield "", f"{dates}: {chairs_out_of_order_text(clinic, days.first)}"
    for resource in clinic.resources:
        yield resource.name, _resource_text(resource)
        for days in sorted(resource.absences, key=lambda days: days.first):
            dates = replace(days, label="").plain()
            yield "", f"{dates}: {resources_away_text(clinic, resource.name, days.first)}"
    yield "starts", f"every {clinic.slot_minutes} minutes from each opening"
    yield "clock", clinic.clock
    yield "dates", clinic.dates
    yield "language", clinic.language
    yield "titles", clinic.titles


def _resource_text(resource: Resource) -> str:
    """How many of a resource there are, for how many patients, when: "2, for 4 patients each"."""
    each = f", for {resource.serves} patients each" if resource.serves > 1 else ""
    parts = ", ".join(part.replace("_", "-") for part in resource.during)
    hours = [resource.hours.on(number) for number in range(7)] if resource.hours else []
    times = [
        f"{name} {' and '.join(map(str, day))}"
        for name, day in zip(WEEKDAYS, hours, strict=False)
        if day
    ]
    said = (f"{resource.count}{each}", parts, ", ".join(times))
    return "; ".join([*filter(None, said), "every visit, unless its kind says `needs`"])
