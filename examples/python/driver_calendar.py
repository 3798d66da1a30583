"""The driver's calendar, as a calendar of the library icalendar, and as a file."""

from pathlib import Path

import ketasched

clinic = ketasched.load_clinic("examples/clinic.toml")
protocol = ketasched.load_protocol("iv-depression")
request = ketasched.request(patient="P-014", start="2026-12-07", driver_name="Sam Rivera")
course = ketasched.plan(protocol, clinic, request, made_at="2026-11-23T10:00")
calendar = ketasched.calendar(course, "driver")
for event in calendar.events[:4]:
    print(f"{event.start:%a %d %b %H:%M}", event["SUMMARY"])
Path("rides.ics").write_bytes(calendar.to_ical())
