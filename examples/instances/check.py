"""Check a solution of an instance, without ketasched: python check.py INSTANCE.json SOLUTION.json

Prints how many patients are seated, the days of delay, the cost of the spacing, and how far they
are from the bound; or what is wrong, and then the exit code is 1. The format: README.md.
"""

import json
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

DAY = 24 * 60


def problems(instance: dict[str, Any], courses: list[list[int] | None]) -> Iterator[str]:
    """What is wrong with the courses, a list of starts (minutes since day 0) or None for each."""
    if len(courses) != len(instance["patients"]):
        yield f"{len(courses)} courses for {len(instance['patients'])} patients"
        return
    taken: list[tuple[int, int]] = []
    for number, (patient, starts) in enumerate(zip(instance["patients"], courses, strict=True)):
        if starts is None:
            continue
        yield from (f"patient {number}: {said}" for said in course_problems(instance, starts))
        for start in starts:
            yield from (
                f"patient {number}: {said}" for said in visit_problems(instance, patient, start)
            )
            taken += [(start, 1), (start + instance["visit"], -1)]
        if not patient["start"] <= starts[0] // DAY <= patient["latest"]:
            yield f"patient {number}: begins on day {starts[0] // DAY}"
    chairs = 0
    for moment, change in sorted(taken):  # an end (-1) comes before a start at the same minute
        chairs += change
        if chairs > instance["chairs"]:
            yield f"day {moment // DAY}, minute {moment % DAY}: {chairs} chairs are taken"


def course_problems(instance: dict[str, Any], starts: list[int]) -> Iterator[str]:
    """What is wrong with a course, whoever has it: the number, the gaps and the span."""
    days = [start // DAY for start in starts]
    if len(days) != instance["visits"]:
        yield f"{len(days)} visits"
    least, most = instance["gap"]
    yield from (
        f"a gap of {later - day}"
        for day, later in pairwise(days)
        if not least <= later - day <= most
    )
    if days[-1] - days[0] + 1 > instance["span"]:
        yield f"a span of {days[-1] - days[0] + 1} days"


def visit_problems(instance: dict[str, Any], patient: dict[str, Any], start: int) -> Iterator[str]:
    """What is wrong with a visit: the clinic's hours and grid, and when the patient can come."""
    day, minute = divmod(start, DAY)
    hours = instance["open"][day] if 0 <= day < len(instance["open"]) else None
    end = minute + instance["visit"]
    if hours is None or minute < hours[0] or end > hours[1]:
        yield f"the clinic is closed on day {day} at minute {minute}"
    elif (minute - hours[0]) % instance["grid"]:
        yield f"minute {minute} of day {day} is not on the grid"
    if "weekdays" in patient and day % 7 not in patient["weekdays"]:
        yield f"cannot come on weekday {day % 7}"
    if (
        "between" in patient
        and not patient["between"][0] <= minute <= end <= patient["between"][1]
    ):
        yield f"cannot come at minute {minute}"
    if any(first <= day <= last for first, last in patient.get("away", ())):
        yield f"is away on day {day}"


def objective(instance: dict[str, Any], courses: list[list[int] | None]) -> list[int]:
    """Seated (the more, the better), then the days of delay and the cost of the spacing."""
    seated = delay = spacing = 0
    for patient, starts in zip(instance["patients"], courses, strict=True):
        if starts is not None:
            days = [start // DAY for start in starts]
            seated, delay = seated + 1, delay + days[0] - patient["start"]
            few, many = patient["ideal"]
            gaps = (later - day for day, later in pairwise(days))
            spacing += sum(max(few - gap, gap - many, 0) ** 2 for gap in gaps)
    return [seated, delay, spacing]


def main() -> None:
    """Check the two files that the command line names."""
    instance, solution = (json.loads(Path(name).read_text("utf-8")) for name in sys.argv[1:])
    if wrong := [*problems(instance, solution["courses"])]:
        sys.exit("\n".join(wrong))
    found, bound = objective(instance, solution["courses"]), solution["bound"]
    if found != solution["objective"]:
        sys.exit(f"worth {found}, not {solution['objective']}")
    proven = "optimal" if found == bound else f"no solution is better than {bound}"
    print(f"{instance['name']}: seated {found[0]}, delay {found[1]}, spacing {found[2]}; {proven}")


if __name__ == "__main__":
    main()
