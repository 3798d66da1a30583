"""Plan a waiting list as one, on the clinic's few chairs: who begins when, and who waits."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import ketasched
from ketasched.together import Demand, Unscheduled, together

clinic = ketasched.load_clinic("examples/practice.toml")
protocol = ketasched.load_protocol("iv-depression")
rows = list(csv.DictReader(Path("examples/waiting.csv").read_text("utf-8").splitlines()))
priorities = [int(row.pop("priority") or 1) for row in rows]
requests = [ketasched.request(**row) for row in rows]
demands = [Demand(protocol, *pair) for pair in zip(requests, priorities, strict=True)]
joint = together(demands, clinic, made_at=datetime(2026, 12, 28, 13, 0, tzinfo=UTC))
for request, one in zip(requests, joint.outcomes, strict=True):
    said = one.reason if isinstance(one, Unscheduled) else f"{one.visits[0].start:%a %d %b %H:%M}"
    print(request.patient, said)
