"""Write the page to print, with the driver's sheet, and the text for an e-mail."""

from pathlib import Path

import ketasched

clinic = ketasched.load_clinic("examples/clinic.toml")
protocol = ketasched.load_protocol("esketamine-us-label")
request = ketasched.request(patient="P-014", start="2027-01-04", language="es")
course = ketasched.plan(protocol, clinic, request, made_at="2026-11-23T10:00")
Path("P-014.html").write_text(ketasched.render(course, "html"), encoding="utf-8")
print(ketasched.render(course, "text", "driver"), end="")
