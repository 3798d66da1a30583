"""A disruption solved as one against `defer`, visit by visit, on generated clinics.

Run by `make bench`. For each closure and each seed it prints how many courses are kept, how many
days overridden rules are broken by, how many visits move and by how many days in sum, how far that
is from the proven bound, and the seconds of processor time.

`python -m tools.benchmarks.reschedule --seeds 3` measures more.
"""

import argparse
import time
from datetime import timedelta

from tools.benchmarks.disruptions import Closing, closing

from ketasched.errors import BadRequest, NoPlan
from ketasched.model import Change, Course
from ketasched.model.holds import holds_of
from ketasched.model.occupancy import Occupancy
from ketasched.planning.misfits import misfits, misfits_of_all
from ketasched.revising.revise import revise
from ketasched.together import Disruption, Proposal, reschedule

COURSES = 300
CLOSURES = {"a day": 1, "a week": 5}
"""How many days each closure has."""

OVERRIDES = ((), ("gap", "span"))
DAYS_TRIED = (*range(1, 15), *range(-1, -8, -1))
"""How many days after its own day a visit is deferred to, in the order in which they are tried."""


def deferred_one_by_one(closed: Closing, overrides: tuple[str, ...]) -> tuple[int, int, int]:
    """How many courses `defer` keeps, how many visits it moves, and by how many days in sum.

    Each displaced visit in its turn goes to the first day on which that is possible.
    """
    found = {course.course_id: course for course in closed.courses}
    taken = Occupancy(one for course in closed.courses for one in holds_of(course))
    displaced = misfits_of_all(closed.courses, closed.clinic)
    moments = [(one.start, course_id) for course_id, own in displaced.items() for one in own]
    lost: set[str] = set()
    for _, course_id in sorted(moments, key=lambda one: (one[0].timestamp(), one[1])):
        course = found[course_id]
        own = list(holds_of(course))
        taken.remove(own)
        after = _deferred(closed, course, taken, overrides)
        found[course_id] = after or course
        lost |= set() if after else {course_id}
        taken.add(holds_of(found[course_id]))
    pairs = [
        (old.start, new.start)
        for course in closed.courses
        if course.course_id not in lost
        for old, new in zip(course.visits, found[course.course_id].visits, strict=True)
        if old.start != new.start
    ]
    delay = sum(max((new.date() - old.date()).days, 0) for old, new in pairs)
    return len({course_id for _, course_id in moments} - lost), len(pairs), delay


def _deferred(
    closed: Closing, course: Course, taken: Occupancy, overrides: tuple[str, ...]
) -> Course | None:
    """The course without its first misfit; None if no day does."""
    first = next(misfits(course, closed.clinic, bookings=taken), None)
    if first is None:
        return course
    for rules in ((), overrides) if overrides else ((),):
        for days in DAYS_TRIED:
            on = first.start.date() + timedelta(days)
            change = Change("defer", first.visit, on=on, overrides=rules)
            try:
                return revise(course, change, at=closed.at, clinic=closed.clinic, bookings=taken)
            except (BadRequest, NoPlan):
                continue
    return None


def gap(found: Proposal) -> float:
    """How far the first objective that is not proven is from the bound, in percent."""
    both = zip(found.objective.order, found.bound.order, strict=True)
    return next((100 * abs((a - b) / a) for a, b in both if a != b), 0.0)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--courses", type=int, default=COURSES)
    asked = parser.parse_args()
    print("kept/moved/days of delay by defer, one by one;")  # noqa: T201
    print("kept/excess/moved/days of delay/spacing as one, and its bound")  # noqa: T201
    row = "{:<16} {:>6} {:>7} {:>12} {:>18} {:>18} {:>6} {:>6} {:>7} {:>7}"
    heads = ("", "visits", "courses", "one by one", "as one", "bound", "gap %", "proven")
    print(row.format(*heads, "CPU s", "before"))  # noqa: T201
    for name, days in CLOSURES.items():
        for seed in range(1, asked.seeds + 1):
            closed = closing(asked.courses, days=days, seed=seed)
            for overrides in OVERRIDES:
                said = f"{name}{', override' if overrides else ''}"
                print(row.format(said, *_cells(closed, overrides)), flush=True)  # noqa: T201


def _cells(closed: Closing, overrides: tuple[str, ...]) -> tuple[object, ...]:
    own = [one for one in misfits_of_all(closed.courses, closed.clinic).values() if one]
    begin = time.process_time()
    before = deferred_one_by_one(closed, overrides)
    middle = time.process_time()
    found = reschedule(Disruption(closed.courses, closed.clinic, closed.at, overrides=overrides))
    end = time.process_time()
    return (
        sum(map(len, own)),
        len(own),
        _joined(before),
        _joined((found.objective.kept, *found.objective.order[1:])),
        _joined((found.bound.kept, *found.bound.order[1:])),
        f"{gap(found):.2f}",
        "yes" if found.is_best else "no",
        f"{end - middle:.1f}",
        f"{middle - begin:.1f}",
    )


def _joined(numbers: tuple[int, ...]) -> str:
    return "/".join(map(str, numbers))


if __name__ == "__main__":
    main()
