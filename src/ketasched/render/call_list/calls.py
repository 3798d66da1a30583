"""The call list as data: the visits and talks that move, and the courses that have no place.

A talk at check-in that moves with its visit is not listed: the call is about the visit.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from ketasched.events.rides import needs_ride
from ketasched.model import (
    TAKES_PLACE,
    Companion,
    Course,
    DisruptionValue,
    Driver,
    UnplacedCourse,
    Visit,
    where_used,
)
from ketasched.model.replay import items_of
from ketasched.render.day_sheet.day_visit import NO_DRIVER

NO_PHONE = "no phone on file"
"""What stands where the number of somebody who is to be called is not known."""


LEFT_OUT = "left out"
"""What stands where a booster would have a new day."""

IS_NEW = "new"
"""What stands where a session that is new would have its former day."""


@dataclass(frozen=True, slots=True)
class Call:
    """A visit or talk that moves; its times are local to the clinic.

    If a booster or session is left out, `now` is None; if a session is new, `was` is. A talk has
    no `number`; `of` says after which visit it is: "talk after 3". `driver` drives at the new
    time, `former_driver` did at the old one, None if that is the same. `needs_driver` is whether a
    driver for the new time is still to be found.
    """

    patient: str
    patient_phone: str
    course_id: str
    revision: int
    number: int | None
    of: str
    was: datetime | None
    now: datetime | None
    driver: Driver | None = None
    former_driver: Driver | None = None
    needs_driver: bool = False

    @property
    def drivers_text(self) -> str:
        """Which drivers to tell, with their phones; `NO_DRIVER` if one is still to be found."""
        new = NO_DRIVER if self.needs_driver else _driver_text(self.driver)
        former = _driver_text(self.former_driver)
        return "; ".join(filter(None, (new, former and f"no more: {former}")))


@dataclass(frozen=True, slots=True)
class CallList:
    """The visits and talks that move, course by course, and the courses that stay as they are.

    `objective` is what the proposal costs; no other one costs less than `bound`; it `is_best` if
    both are the same. The three are None if the proposal was made before. `applied_at` is None
    as long as nothing is changed.
    """

    clinic: str
    calls: tuple[Call, ...]
    not_placed: tuple[UnplacedCourse, ...]
    objective: DisruptionValue | None = None
    bound: DisruptionValue | None = None
    is_best: bool | None = None
    applied_at: datetime | None = where_used(default=None)

    @property
    def courses(self) -> list[list[Call]]:
        """The calls of each course."""
        found: dict[str, list[Call]] = {}
        for call in self.calls:
            found.setdefault(call.course_id, []).append(call)
        return list(found.values())

    @property
    def summary(self) -> str:
        """What is to do: "2 patients to call, 3 visits and 1 talk move; 1 course has no place"."""
        patients, left = len({call.patient for call in self.calls}), len(self.not_placed)
        moved = [call for call in self.calls if call.was and call.now]
        new = sum(call.was is None for call in self.calls)
        left_out = [one for one in self.calls if one.now is None and one.number is not None]
        talks, out = sum(one.number is None for one in moved), len(left_out)
        said = f"{_counted(patients, 'patient')} to call, {_counted(len(moved) - talks, 'visit')}"
        said += f" and {_counted(talks, 'talk')}" if talks else ""
        said += " moves" if len(moved) == 1 else " move"
        said += (
            f"; {_counted(out, 'booster')} {'is' if out == 1 else 'are'} left out" if out else ""
        )
        said += f"; {_counted(new, 'session')} {'is' if new == 1 else 'are'} new" if new else ""
        have = "has" if left == 1 else "have"
        return f"{said}; {_counted(left, 'course')} {have} no place" if left else said


def make_call_list(
    clinic: str,
    revisions: Iterable[tuple[Course, Course]],
    not_placed: Sequence[UnplacedCourse],
    objective: DisruptionValue | None = None,
    bound: DisruptionValue | None = None,
) -> CallList:
    """The call list of courses before and after, and of those without a place."""
    calls = (call for before, after in revisions for call in _calls(before, after))
    is_best = objective == bound if objective else None
    return CallList(clinic, tuple(calls), tuple(not_placed), objective, bound, is_best)


def person_text(name: str, phone: str) -> str:
    """Somebody who is to be called, and the number: "P-014, +1 555 0134"."""
    return f"{name}, {phone or NO_PHONE}"


def _calls(before: Course, after: Course) -> Iterator[Call]:
    """The calls of a course in the order of its visits, each talk after its visit."""
    old_items = items_of(before)
    items = sorted(
        items_of(after).values(),
        key=lambda one: one.number if isinstance(one, Visit) else one.after,
    )
    for new in items:
        old = old_items.get(new.uid)
        if isinstance(new, Visit) and isinstance(old, Visit):
            if new.start != old.start or _is_left_out(old, new):
                yield _visit_call(before, after, old, new)
        elif isinstance(new, Companion) and new.is_review and old and new.start != old.start:
            yield from _talk_calls(before, after, old, new)
        elif isinstance(new, Companion) and not new.is_review:
            yield from _companion_calls(before, after, old, new)


def _is_left_out(old: Visit, new: Visit) -> bool:
    return new.status == "omitted" != old.status


def _visit_call(before: Course, after: Course, old: Visit, new: Visit) -> Call:
    is_left_out = _is_left_out(old, new)
    former, driver = old.driver if needs_ride(before, old) else None, new.driver
    return Call(
        *_whose(after),
        new.number,
        new.of,
        old.start,
        None if is_left_out else new.start,
        None if is_left_out else driver,
        former if is_left_out or former != driver else None,
        new.status == "planned" and needs_ride(after, new) and driver is None,
    )


def _talk_calls(
    before: Course, after: Course, old: Visit | Companion, new: Companion
) -> Iterator[Call]:
    """The call about a talk; none if it moves with the visit at whose check-in it is."""
    now = _uid_at(after, new.start)
    if now is None or now != _uid_at(before, old.start):
        where = ", at check-in" if now else ""
        yield Call(*_whose(after), None, f"talk after {new.after}{where}", old.start, new.start)


def _companion_calls(
    before: Course, after: Course, old: Visit | Companion | None, new: Companion
) -> Iterator[Call]:
    """The call about a companion that moves, falls away or is new."""
    is_left_out = new.status not in TAKES_PLACE
    had = old is not None and old.status in TAKES_PLACE
    was, now = old.start if old and had else None, None if is_left_out else new.start
    if was == now:
        return
    former = old.driver if old and needs_ride(before, old) else None
    is_driven = needs_ride(after, new)
    yield Call(
        *_whose(after),
        None,
        f"{new.title} {new.side} {new.after}",
        was,
        now,
        new.driver if is_driven else None,
        former if former != new.driver or is_left_out else None,
        is_driven and new.driver is None,
    )


def _uid_at(course: Course, start: datetime) -> str | None:
    """The UID of the visit with this check-in; None if there is none."""
    return next((one.uid for one in course.visits if one.is_here and one.start == start), None)


def _whose(course: Course) -> tuple[str, str, str, int]:
    return course.patient, course.request.patient_phone, course.course_id, course.revision


def _driver_text(driver: Driver | None) -> str:
    return person_text(driver.name, driver.phone) if driver else ""


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
