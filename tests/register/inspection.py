"""What the tables of a register say, asked by plain SQL: is it as it should be?"""

import json
from collections import defaultdict
from datetime import date, datetime

from ketasched.errors import NoPlan
from ketasched.files.load import parse_course
from ketasched.model.holds import holds_of
from ketasched.model.occupancy import Occupancy
from tests.register.clerks import SERVED, STARTS, Clerk, clinic_in_repair, staffed_clinic
from tests.register.databases import rows
from tests.support.brute_force import chairs_on

MOST_AT_ONCE = """
SELECT day, max(together) FROM (
  SELECT one.day AS day, count(*) AS together FROM bookings AS one JOIN bookings AS other
  ON other.clinic = one.clinic AND other.begins > one.begins - 86400
  AND other.begins <= one.begins AND other.ends > one.begins
  GROUP BY one.uid, one.day
) AS counted GROUP BY day
"""

TWO_ON_A_CHAIR = """
SELECT count(*) FROM bookings AS one JOIN bookings AS other
ON other.clinic = one.clinic AND other.chair = one.chair AND other.uid <> one.uid
AND other.begins > one.begins - 86400 AND other.begins < one.ends AND other.ends > one.begins
"""

BEGIN_TOGETHER = """
SELECT max(together) FROM (
  SELECT count(*) AS together FROM bookings GROUP BY clinic, begins
) AS counted
"""


def inspected(address: str) -> dict[str, int]:
    """See that no chair is taken twice and each course's visits have theirs; how many of each."""
    for day, most in rows(address, MOST_AT_ONCE):
        assert most <= chairs_in_order(day), day
    assert rows(address, TWO_ON_A_CHAIR) == [(0,)]
    assert (rows(address, BEGIN_TOGETHER)[0][0] or 0) <= STARTS
    held: dict[str, set[tuple[str, int, int]]] = defaultdict(set)
    for course_id, *seat, day, chair in rows(
        address, "SELECT course_id, uid, begins, ends, day, chair FROM bookings"
    ):
        held[course_id].add(tuple(seat))
        assert 0 <= chair < chairs_in_order(day)
    courses = rows(address, "SELECT course_id, document FROM courses")
    for course_id, document in courses:
        visits = json.loads(document)["visits"]
        assert held.pop(course_id) == {
            (one["uid"], _seconds(one["start"]), _seconds(one["end"])) for one in visits
        }
    assert not held
    logged = rows(address, "SELECT course_id, count(*) FROM log GROUP BY course_id")
    assert sorted(logged) == sorted((course_id, 1) for course_id, _ in courses)
    count = rows(address, "SELECT count(*) FROM bookings")[0][0]
    return {"courses": len(courses), "visits": count}


def chairs_in_order(day: str) -> int:
    """How many chairs the clinic has on a date (ISO)."""
    return chairs_on(clinic_in_repair(), date.fromisoformat(day)) or 0


MOST_SERVED = """
SELECT day, max(together) FROM (
  SELECT one.day AS day, count(*) AS together FROM bookings AS one JOIN bookings AS other
  ON other.clinic = one.clinic AND other.begins > one.begins - 86400
  AND other.treatment <= one.treatment AND other.{until} > one.treatment
  WHERE (one.needs IS NULL OR one.needs = '{name}')
  AND (other.needs IS NULL OR other.needs = '{name}')
  GROUP BY one.uid, one.day
) AS counted GROUP BY day
"""


def nobody_is_overbooked(address: str) -> dict[str, int]:
    """See that monitors and prescriber serve no more than they can; the most of each at once."""
    found: dict[str, int] = {}
    monitors, _ = staffed_clinic().resources
    for name, until in (("monitor", "ends"), ("prescriber", "observation")):
        for day, most in rows(address, MOST_SERVED.format(name=name, until=until)):
            away = sum(
                n for days, n in monitors.absences.items() if date.fromisoformat(day) in days
            )
            assert most <= (monitors.count - away if name == "monitor" else SERVED), day
            found[name] = max(found.get(name, 0), most)
    return found


def parts_are_as_in_the_courses(address: str) -> None:
    """See that the bookings say when the parts of each visit begin, as the courses do."""
    asked = "SELECT uid, treatment, observation, needs FROM bookings"
    booked = {uid: parts for uid, *parts in rows(address, asked)}
    for (document,) in rows(address, "SELECT document FROM courses"):
        course = json.loads(document)
        for visit in course["visits"]:
            kind = course["protocol"]["visits"][visit["kind"]]
            treatment = _seconds(visit["treatment_start"])
            needs = " ".join(kind["needs"]) if "needs" in kind else None
            observation = treatment + 60 * kind["minutes"]["treatment"]
            assert booked.pop(visit["uid"]) == [treatment, observation, needs]
    assert not booked


def none_is_lost(address: str, clerks: list[Clerk]) -> dict[str, int]:
    """Every course that a clerk booked is there, and no other; how often each outcome was."""
    outcomes: dict[str, int] = defaultdict(int)
    booked, broken = set(), list[str]()
    for clerk in clerks:
        for number, did in enumerate(clerk.did()):
            assert did["number"] == number
            outcomes[did["outcome"]] += 1
            if did["outcome"] == "broken":
                broken.append(did["why"])
            if did["outcome"] == "booked":
                booked.add(f"C{clerk.number}-{number}")
    there = [patient for (patient,) in rows(address, "SELECT patient FROM courses")]
    assert sorted(there) == sorted(booked)
    assert broken == []
    return dict(outcomes)


def refusals_are_right(address: str, clerks: list[Clerk], most: int | None = None) -> int:
    """Each refusal, made again with what was booked when it was made, is one; how many."""
    query = "SELECT number, document FROM log JOIN courses ON log.course_id = courses.course_id"
    held = [
        (number, hold)
        for number, document in sorted(rows(address, query))
        for hold in holds_of(parse_course(document, "a course of the register"))
    ]
    refused = [
        (clerk, did["seen"], request)
        for clerk in clerks
        for did, request in zip(clerk.did(), clerk.requests(), strict=False)
        if did["outcome"] in ("refused", "taken")
    ]
    for clerk, seen, request in refused[:most]:
        booked = Occupancy(hold for number, hold in held if number <= seen)
        try:
            clerk.planned(request, booked)
        except NoPlan:
            continue
        raise AssertionError(f"{request.patient} was refused, and there was room")
    return len(refused[:most])


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())
