"""A renderer of one's own: a list in Markdown, as discreet as the patient's calendar."""

import ketasched
from ketasched.events.events import events
from ketasched.events.view import View


def markdown(course: ketasched.Course, view: View) -> str:
    """The calendar's events for an audience: their words tell no treatment."""
    lines = (f"- **{one.start:%a %d %b %H:%M}** {one.title}" for one in events(course, view))
    return "\n".join(lines)


clinic = ketasched.load_clinic("examples/clinic.toml")
protocol = ketasched.load_protocol("iv-alcohol-3")
request = ketasched.request(patient="P-014", start="2026-12-07")
course = ketasched.plan(protocol, clinic, request, made_at="2026-11-23T10:00")
print(markdown(course, View("patient")))
