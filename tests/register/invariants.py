"""What must hold of a register after each command, asked of its tables and its documents alone."""

import json
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import combinations
from typing import Any

from ketasched.files.load import parse_course
from tests.register.two_books import Booking, CourseRow, Tables

Visit = dict[str, Any]


def takes_place(visit: Visit) -> bool:
    """Whether a visit takes place here: what was elsewhere is only known."""
    is_known = visit["status"] in ("planned", "tentative", "completed")
    return is_known and not visit.get("elsewhere")


def visits_of(tables: Tables) -> Iterator[tuple[CourseRow, Visit]]:
    """The visits that take place, each with its course."""
    for course in tables.courses:
        yield from ((course, one) for one in course.document["visits"] if takes_place(one))


def each_visit_has_one_booking(tables: Tables) -> None:
    """The bookings are the visits that take place, neither more nor fewer nor at other times."""
    visits = Counter(
        (
            course.clinic,
            one["uid"],
            course.course_id,
            one["start"][:10],
            int(datetime.fromisoformat(one["start"]).timestamp()),
            int(datetime.fromisoformat(one["end"]).timestamp()),
        )
        for course, one in visits_of(tables)
    )
    assert Counter(tuple(one[:6]) for one in tables.bookings) == visits


def rows_say_what_documents_say(tables: Tables) -> None:
    """The columns of a course are right, and its document is a course file."""
    for course in tables.courses:
        document = course.document
        parse_course(json.dumps(document, ensure_ascii=False), course.course_id)
        days = [one["start"][:10] for one in document["visits"] if takes_place(one)]
        said = (document["course_id"], document["patient"], document["revision"])
        assert course[1:6] == (*said, min(days, default=""), max(days, default=""))


def no_chair_is_taken_twice(tables: Tables) -> None:
    """No two visits are on one chair at an instant, nor in one place among those that begin."""
    for one, other in combinations(tables.bookings, 2):
        if one.clinic == other.clinic and meet(one, other):
            assert one.chair is None or one.chair != other.chair, (one, other)
            same = one.place is not None and one.begins == other.begins
            assert not same or one.place != other.place, (one, other)


def meet(one: Booking, other: Booking) -> bool:
    """Whether two visits are at the clinic at one instant."""
    return one.begins < other.ends and other.begins < one.ends


def no_clinic_has_two_sets_of_chairs(tables: Tables) -> None:
    """No two clinics have one name, and the courses of one salt are of one clinic in one zone."""
    assert len(set(tables.clinics.values())) == len(tables.clinics), tables.clinics
    known: dict[str, tuple[str, str]] = {}
    for course in tables.courses:
        place = course.clinic, course.document["timezone"]
        salt = course.document["clinic"].get("id_salt") or course.document["clinic"]["name"]
        assert known.setdefault(salt, place) == place, (known[salt], place)


def nobody_sits_on_a_taken_chair(
    before: Tables, after: Tables, let_in: Collection[str] = ()
) -> None:
    """Whoever sits down has a chair, whatever else there is, unless it is `let_in` (uids).

    How many chairs and starts there are, the course of the visit says. Who sat there before stays.
    """
    settled = {one[:6] for one in before.bookings}
    new = [one for one in after.bookings if one[:6] not in settled]
    let_in = {one.uid for one in new if one.uid in let_in}
    course_of = {one.course_id: one.document for one in after.courses}
    for seat in new:
        if seat.uid in let_in:
            continue
        clinic = course_of[seat.course_id]["clinic"]
        others = [
            one
            for one in after.bookings
            if one.clinic == seat.clinic and one is not seat and one.uid not in let_in
        ]
        beside = [one for one in others if meet(one, seat)]
        # More visits are there at once only from where one of them begins.
        for instant in {seat.begins, *(one.begins for one in beside if one.begins > seat.begins)}:
            there = [one for one in beside if one.begins <= instant < one.ends]
            assert len(there) < chairs_in_order(clinic, seat.day, len(others) + 1), (seat, there)
        together = [one for one in beside if one.begins == seat.begins]
        assert len(together) < (clinic.get("starts_per_slot") or len(others) + 1), (seat, together)


def chairs_in_order(clinic: dict[str, Any], day: str, many: int) -> int:
    """How many chairs a clinic, as its document has it, has on a date (ISO); else `many`."""
    chairs: int | None = clinic.get("chairs")
    if chairs is None:
        return many
    for days, out in clinic["closures"].get("chairs", {}).items():
        ends = days.split("..")
        chairs -= out if ends[0] <= day <= ends[-1] else 0
    return chairs


def nobody_sits_there_by_another_clock(
    before: Tables, after: Tables, let_in: Collection[str] = ()
) -> None:
    """Whoever sits down has a chair also by the clocks on the wall of courses in another zone."""
    settled = {one[:6] for one in before.bookings}
    times = {
        visit["uid"]: (course, *(visit[end][:16] for end in ("start", "end")))
        for course, visit in visits_of(after)
    }
    for seat in after.bookings:
        if seat[:6] in settled or seat.uid in let_in:
            continue
        course, start, end = times[seat.uid]
        chairs = course.document["clinic"].get("chairs")
        there = [
            uid
            for uid, (other, begins, ends) in times.items()
            if other.clinic == course.clinic
            and other.document["timezone"] != course.document["timezone"]
            and begins < end
            and start < ends
        ]
        assert not chairs or len(there) < chairs, (seat, there)


def same_reference(patient: str) -> str:
    """What all references are the same in that a file system may take for the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", patient).casefold())


def no_patient_gets_a_second_course(before: Tables, after: Tables) -> None:
    """No two courses of a patient at a clinic are at one time, but for those that were so."""
    assert overlapping_courses(after) <= overlapping_courses(before)


def overlapping_courses(tables: Tables) -> set[frozenset[str]]:
    """The pairs of courses of one patient at one clinic that overlap."""
    of_patient: dict[tuple[str, str], list[CourseRow]] = defaultdict(list)
    for course in tables.courses:
        if course.first_day:
            of_patient[course.clinic, same_reference(course.patient)].append(course)
    return {
        frozenset((one.course_id, other.course_id))
        for courses in of_patient.values()
        for one, other in combinations(courses, 2)
        if one.first_day <= other.last_day and other.first_day <= one.last_day
    }


def nothing_goes_back(before: Tables, after: Tables) -> None:
    """The log only grows, with each change of a course; no revision and no SEQUENCE falls."""
    assert after.log[: len(before.log)] == before.log
    logged = {(line.course_id, line.revision) for line in after.log[len(before.log) :]}
    was = {course.course_id: course for course in before.courses}
    for course in after.courses:
        old = was.get(course.course_id)
        assert old == course or (course.course_id, course.revision) in logged
        assert old is None or course.revision >= old.revision
    sequences = {one["uid"]: one["sequence"] for _, one in all_items(before)}
    for course, item in all_items(after):
        assert item["sequence"] >= sequences.get(item["uid"], 0), (course.course_id, item["uid"])


def all_items(tables: Tables) -> Iterator[tuple[CourseRow, Visit]]:
    """All visits and reviews, whether they take place or not."""
    for course in tables.courses:
        for one in (*course.document["visits"], *course.document["reviews"]):
            yield course, one


def overridden(tables: Tables) -> set[str]:
    """The uids of the visits of which it is recorded that they have no chair."""
    return {
        course.document["visits"][one["visit"] - 1]["uid"]
        for course in tables.courses
        for one in course.document["findings"]
        if one["rule"] == "capacity" and one["level"] != "warning" and one.get("visit")
    }
