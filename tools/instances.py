"""Write examples/instances: 30 waiting lists with our solutions and the proven bounds.

`python -m tools.instances 20-3-1` makes only the named ones anew; all of them take minutes.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from ketasched.model import WEEKDAYS, Clinic, Course, Request
from ketasched.model.opening_hours import openings
from ketasched.model.wall_clock import minute_of_day
from ketasched.planning.planner import latest_start
from ketasched.together import Demand, JointPlan, ObjectiveValue, together
from tools.benchmarks.clinics import FIRST_MONDAY, MADE_AT, WEEKS, Waiting, waiting_list

FOLDER = Path(__file__).parent.parent / "examples" / "instances"

SEEDS = {
    (20, 3): 6,
    (40, 4): 5,
    (60, 6): 5,
    (120, 8): 5,
    (250, 16): 4,
    (500, 30): 3,
    (1000, 60): 2,
}
"""How many instances there are of each size: patients and chairs."""

NAMES = tuple(
    f"{patients}-{chairs}-{seed}"
    for (patients, chairs), seeds in SEEDS.items()
    for seed in range(1, seeds + 1)
)

IDEAL = {2: (3, 4), 3: (2, 3)}
"""The gaps in days that cost nothing, by visits a week: the whole numbers beside 7 / per_week."""

SECONDS = 60
"""The effort for each instance, in seconds of a usual machine."""

DAY = 24 * 60


def waiting(name: str) -> Waiting:
    """The waiting list of an instance."""
    patients, chairs, seed = map(int, name.split("-"))
    return waiting_list(patients, chairs, seed=seed)


def instance_text(name: str) -> str:
    """The file of an instance, with a patient on each line."""
    listed = waiting(name)
    (phase, *_), clinic = listed.protocol.phases, listed.clinic
    assert phase.span_days is not None
    data = {
        "name": name,
        "open": [_hours(clinic, FIRST_MONDAY + timedelta(day)) for day in range(7 * WEEKS)],
        "chairs": clinic.chairs,
        "visit": listed.protocol.visits[phase.visit].minutes.total,
        "grid": clinic.slot_minutes,
        "visits": phase.count.default,
        "gap": [phase.gap_days.min, phase.gap_days.max],
        "span": phase.span_days.max,
    }
    return _text(data, "patients", map(_patient, listed.requests))


def solution_text(name: str) -> str:
    """The file of our solution: its objectives, the bound, and the starts of each patient."""
    listed = waiting(name)
    asked = [Demand(listed.protocol, request) for request in listed.requests]
    found: JointPlan = together(asked, listed.clinic, made_at=MADE_AT, limit=SECONDS)
    courses = (one if isinstance(one, Course) else None for one in found.outcomes)
    starts = (one and [_minutes(visit.start) for visit in one.visits] for one in courses)
    bound, objective = _numbers(found.bound), _numbers(found.objective)
    data = {"name": name, "objective": objective, "bound": bound}
    return _text(data, "courses", starts)


def _numbers(value: ObjectiveValue) -> list[int]:
    return [value.seated, value.delay, value.spacing]


def _hours(clinic: Clinic, day: date) -> list[int] | None:
    return next(([one.start, one.end] for one in openings(clinic, day)), None)


def _patient(request: Request) -> dict[str, object]:
    assert request.per_week is not None
    found: dict[str, object] = {
        "start": _number(request.start),
        "latest": _number(latest_start(request)),
        "ideal": IDEAL[request.per_week],
    }
    if request.days:
        found["weekdays"] = [WEEKDAYS.index(day) for day in request.days]
    if request.between:
        found["between"] = [request.between.start, request.between.end]
    if request.unavailable:
        found["away"] = [[_number(one.first), _number(one.last)] for one in request.unavailable]
    return found


def _number(day: date) -> int:
    return (day - FIRST_MONDAY).days


def _minutes(moment: datetime) -> int:
    return _number(moment.date()) * DAY + minute_of_day(moment)


def _text(data: Mapping[str, object], key: str, lines: Iterable[object]) -> str:
    """The data as JSON, with one of the `lines` on each line of the list `key`."""
    head = ",\n".join(f" {json.dumps(name)}: {json.dumps(value)}" for name, value in data.items())
    listed = ",\n".join(f"  {json.dumps(line, separators=(',', ':'))}" for line in lines)
    return f'{{\n{head},\n "{key}": [\n{listed}\n ]\n}}\n'


def table() -> str:
    """The table of README.md: what our solutions reach, and what no solution surpasses."""
    lines = [
        "| instance | seated | delay | spacing | bound |",
        "| --- | ---: | ---: | ---: | --- |",
    ]
    for name in NAMES:
        found = json.loads((FOLDER / f"{name}.solution.json").read_text("utf-8"))
        is_best = found["bound"] == found["objective"]
        bound = "reached: optimal" if is_best else " / ".join(map(str, found["bound"]))
        lines.append(f"| {name} | {' | '.join(map(str, found['objective']))} | {bound} |")
    return "\n".join(lines)


def main(names: Sequence[str]) -> None:
    """Write the instances, the solutions, and the table."""
    for name in names or NAMES:
        for suffix, text in (("", instance_text(name)), (".solution", solution_text(name))):
            (FOLDER / f"{name}{suffix}.json").write_text(text, encoding="utf-8")
        print(name, flush=True)  # noqa: T201
    page = FOLDER / "README.md"
    before, _, _ = page.read_text("utf-8").partition("| instance")
    page.write_text(f"{before}{table()}\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
