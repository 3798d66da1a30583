"""Plan each row of a roster for itself, and say why a row has no plan."""

import csv
from pathlib import Path

import ketasched

clinic = ketasched.load_clinic("examples/clinic.toml")
protocol = ketasched.load_protocol("iv-depression")
with Path("examples/roster.csv").open(encoding="utf-8", newline="") as file:
    for row in csv.DictReader(file):
        try:
            request = ketasched.request(**row)
            course = ketasched.plan(protocol, clinic, request, made_at="2026-11-23T10:00")
            print(row["patient"], *(f"{visit.start:%d.%m.}" for visit in course.visits))
        except ketasched.KetaschedError as error:
            print(row["patient"], error)
