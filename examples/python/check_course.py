"""Check the plan of record against the clinic's newer hours."""

from dataclasses import replace

import ketasched

clinic = ketasched.load_clinic("examples/clinic.toml")
protocol = ketasched.load_protocol("iv-depression")
request = ketasched.request(patient="P-014", start="2026-12-07", time="2pm")
course = ketasched.plan(protocol, clinic, request, made_at="2026-11-23T10:00")

mornings = replace(clinic.hours, wed=clinic.hours.wed[:1])
newer = replace(course, clinic=replace(clinic, hours=mornings))
for finding in ketasched.check(newer):
    print(f"{finding.level}: {finding.message} ({finding.rule})")
