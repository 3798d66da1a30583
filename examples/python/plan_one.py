"""Plan one course, and keep it as a file that every command takes."""

from pathlib import Path

import ketasched

clinic = ketasched.load_clinic("examples/clinic.toml")
protocol = ketasched.load_protocol("iv-depression")
request = ketasched.request(
    patient="P-014", start="7 Dec 2026", unavailable="2026-12-10", between="8am-noon"
)
course = ketasched.plan(protocol, clinic, request, made_at="2026-11-23T10:00")
for visit in course.visits:
    print(f"{visit.of}: {visit.start:%a %d %b %H:%M}, ready at {visit.end:%H:%M}")
Path("course.json").write_text(ketasched.render(course, "json"), encoding="utf-8")
