"""The same course two and three times a week: when it ends, on which days, what is given up."""

import ketasched

clinic = ketasched.load_clinic("examples/clinic.toml")
protocol = ketasched.load_protocol("iv-depression")
for pace in (2, 3):
    request = ketasched.request(
        patient="P-014", start="2026-12-09", per_week=pace, time="14:00", cleared_by="Dr. Lee"
    )
    course = ketasched.plan(protocol, clinic, request, made_at="2026-11-23T10:00")
    weekdays = {f"{visit.start:%a}": None for visit in course.visits}
    print(f"{pace} a week: until {course.visits[-1].start:%d %b}, on {', '.join(weekdays)}")
    for finding in course.findings:
        print(f"  {finding.message}")
