"""A course for a record system: a FHIR R4 Bundle, with your own system of patients' numbers."""

import json
from pathlib import Path

import ketasched

clinic = ketasched.load_clinic("examples/clinic.toml")
protocol = ketasched.load_protocol("iv-alcohol-3")
request = ketasched.request(patient="P-014", start="2026-12-07")
course = ketasched.plan(protocol, clinic, request, made_at="2026-11-23T10:00")
bundle = json.loads(ketasched.render(course, "fhir"))
for resource in (entry["resource"] for entry in bundle["entry"]):
    if "subject" in resource:
        resource["subject"]["identifier"]["system"] = "https://riverbend.example/patients"
    for part in resource.get("participant", []):
        if "identifier" in part["actor"]:
            part["actor"]["identifier"]["system"] = "https://riverbend.example/patients"
    print(resource["resourceType"], resource["status"], resource.get("start", ""))
Path("bundle.json").write_text(json.dumps(bundle), encoding="utf-8")
