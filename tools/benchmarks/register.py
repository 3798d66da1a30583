"""How long it takes to book a course into a register that is full, beside an empty one.

The full one holds 100,000 visits of one clinic: at every hour at which visits are, three of four
chairs are taken. Run by `make bench`, on SQLite and on PostgreSQL; what counts is the ratio.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from tests.conftest import MADE_AT, ROOT
from tests.register.databases import Server

from ketasched.files.codec import json_line
from ketasched.files.load import load_clinic, load_protocol
from ketasched.model import Clinic, Clock, Course, Request
from ketasched.model.occupancy import Occupancy
from ketasched.planning.planner import plan
from ketasched.register.clinics import locked_clinic
from ketasched.register.database import writing
from ketasched.register.records import BookingRequest, LogEntry
from ketasched.register.register import Register
from ketasched.register.tables import BOOKINGS, COURSES

VISITS = 100_000
ROUNDS = 60
CHAIRS, TAKEN = 8, 6
TIMES = (Clock(480), Clock(615), Clock(810))
FIRST_MONDAY = date(1990, 1, 1)
MOST = 2.0
"""The ratio that is promised."""

PROTOCOL = load_protocol("iv-depression")


def clinic() -> Clinic:
    """A clinic with many chairs."""
    example = load_clinic(str(ROOT / "examples" / "clinic.toml"))
    return replace(example, chairs=CHAIRS, starts_per_slot=None, closures=type(example.closures)())


def fill(book: Register, place: Clinic) -> int:
    """Fill a register with visits, as they would be after years; how many."""
    with writing(book.engine) as connection:
        number = locked_clinic(connection, place)
        count = 0
        for some in _portions(_courses(place)):
            connection.execute(COURSES.insert(), [_course_row(one, number) for one, _ in some])
            seats = [row for one, chair in some for row in _seat_rows(one, chair, number)]
            connection.execute(BOOKINGS.insert(), seats)
            count += len(seats)
    return count


def _courses(place: Clinic) -> Iterator[tuple[Course, int]]:
    """Courses that fill a fortnight after the other, each with its chair."""
    made = {
        at: plan(PROTOCOL, place, Request(FIRST_MONDAY, time=at), made_at=MADE_AT) for at in TIMES
    }
    total = 0
    for fortnight in range(VISITS):
        for at, first in made.items():
            for chair in range(TAKEN):
                if total >= VISITS:
                    return
                name = f"{fortnight}-{at}-{chair}"
                visits = tuple(
                    replace(
                        visit,
                        uid=f"{name}-{visit.number}",
                        start=visit.start + timedelta(14 * fortnight),
                        end=visit.end + timedelta(14 * fortnight),
                    )
                    for visit in first.visits
                )
                total += len(visits)
                yield replace(first, course_id=name, patient=name, visits=visits), chair


def _portions(courses: Iterator[tuple[Course, int]]) -> Iterator[list[tuple[Course, int]]]:
    some: list[tuple[Course, int]] = []
    for one in courses:
        some.append(one)
        if len(some) == 500:
            yield some
            some = []
    yield some


@cache
def _document(at: Clock) -> str:
    """A course file of the usual size."""
    asked = Request(FIRST_MONDAY, time=at)
    return json_line(plan(PROTOCOL, clinic(), asked, made_at=MADE_AT))


def _course_row(course: Course, number: int) -> dict[str, object]:
    return {
        "course_id": course.course_id,
        "clinic": number,
        "patient": course.patient,
        "revision": 1,
        "first_day": course.visits[0].start.date().isoformat(),
        "last_day": course.visits[-1].start.date().isoformat(),
        "document": _document(course.request.time or TIMES[0]),
    }


def _seat_rows(course: Course, chair: int, number: int) -> Iterator[dict[str, object]]:
    for visit in course.visits:
        yield {
            "uid": visit.uid,
            "course_id": course.course_id,
            "clinic": number,
            "day": visit.start.date().isoformat(),
            "begins": int(visit.start.timestamp()),
            "ends": int(visit.end.timestamp()),
            "chair": chair,
            "place": None,
        }


def booked(book: Register, place: Clinic, number: int) -> float:
    """The seconds that it takes to book a course, which is withdrawn again."""
    start = FIRST_MONDAY + timedelta(14 * 200 + number)
    asked = Request(start, patient=f"P-{number}")

    def make(bookings: Occupancy) -> Course:
        return plan(PROTOCOL, place, asked, made_at=MADE_AT, bookings=bookings)

    begin = time.perf_counter()
    course = book.book(BookingRequest(place, make, LogEntry(MADE_AT, ""), asked))
    spent = time.perf_counter() - begin
    book.withdraw(course.course_id, LogEntry(MADE_AT, "withdrawn"))
    return spent


def compared(kind: str, empty: Register, full: Register) -> float:
    """How many times as long it takes with the full one, which is printed."""
    place = clinic()
    count = fill(full, place)
    into_empty: list[float] = []
    into_full: list[float] = []
    for number in range(ROUNDS + 1):
        one, other = booked(empty, place, number), booked(full, place, number)
        if number:  # the first one loads what all others have
            into_empty.append(one)
            into_full.append(other)
    slow, quick = statistics.median(into_full), statistics.median(into_empty)
    print(  # noqa: T201 - a report
        f"{kind}: a course into an empty register {quick * 1000:.1f} ms, into one that holds "
        f"{count:,} visits {slow * 1000:.1f} ms: {slow / quick:.2f} times as long"
    )
    return slow / quick


def main() -> None:
    """Compare on both databases."""
    with tempfile.TemporaryDirectory(prefix="ketasched-") as folder:
        place = Path(folder)
        place.chmod(0o755)  # the server is another user
        sqlite = [Register.open(str(place / name)) for name in ("empty.db", "full.db")]
        ratios = [compared("SQLite", *sqlite)]
        server = Server(place / "data")
        postgres = [Register.open(server.new()) for _ in range(2)]
        ratios.append(compared("PostgreSQL", *postgres))
        for book in (*sqlite, *postgres):
            book.close()
        server.server.cleanup()
    if max(ratios) > MOST:
        raise SystemExit(f"more than {MOST} times as long")


if __name__ == "__main__":
    main()
