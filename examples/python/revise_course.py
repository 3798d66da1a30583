"""Record a missed visit, plan one that makes up for it, and say who drives."""

import ketasched

clinic = ketasched.load_clinic("examples/clinic.toml")
protocol = ketasched.load_protocol("iv-depression")
request = ketasched.request(patient="P-014", start="2026-12-07")
course = ketasched.plan(protocol, clinic, request, made_at="2026-11-23T10:00")

course = ketasched.revise(course, "complete", 1, at="2026-12-07T12:00")
course = ketasched.revise(course, "miss", 2, make_up=True, at="2026-12-09T16:00")
course = ketasched.revise(course, "driver", "mon,fri", name="Ana Lima", at="2026-12-09T16:05")
for entry in course.history:
    print(f"{entry.at:%d %b %H:%M} {entry.what}")
for visit in course.visits:
    driver = visit.driver.name if visit.driver else "no driver"
    print(f"{visit.start:%a %d %b} {visit.status}, {driver}")
