"""Other times for a visit, and the move to the first one that moves no other visit."""

import ketasched

clinic = ketasched.load_clinic("examples/clinic.toml")
protocol = ketasched.load_protocol("iv-depression")
request = ketasched.request(patient="P-014", start="2026-12-07")
course = ketasched.plan(protocol, clinic, request, made_at="2026-11-23T10:00")

suggestions = ketasched.suggest(course, 6, at="2026-12-04T09:00")
for one in suggestions:
    print(f"{one.start:%a %d %b %H:%M}", len(one.moves), "others move;", *one.gives_up)
other_days = [one for one in suggestions if one.start.date() != course.visits[5].start.date()]
moved = ketasched.revise(
    course, "defer", 6, to=other_days[0].start, reason="a holiday", at="2026-12-04T09:00"
)
print(moved.history[-1].what)
