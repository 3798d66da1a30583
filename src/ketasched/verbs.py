"""The verbs: what each change wants of a course's visits, before the rest is planned anew.

A verb answers with drafts: the visits with their new statuses, and for each whether it stays, may
move, or has to be on a day. Of several drafts the best one is taken. Raises `BadRequest` where a
verb makes no sense.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import MappingProxyType

from ketasched.errors import BadRequest
from ketasched.identity import uid
from ketasched.model import (
    TAKES_PLACE,
    TO_BE_DECIDED,
    Change,
    Clock,
    Course,
    Driver,
    Review,
    Status,
    Verb,
    Visit,
    Window,
)
from ketasched.openings import openings
from ketasched.times import day_text
from ketasched.wishes import Draft, Wish

OVER: frozenset[str] = frozenset({"completed", "missed", "omitted", "ceased"})
"""Statuses of visits that nothing changes any more."""


def drafts(course: Course, change: Change, now: datetime) -> list[Draft]:
    """What the change wants, in one way or several; `now` is local to the clinic."""
    statuses = {visit.status for visit in course.visits}
    if "ceased" in statuses and statuses <= OVER:
        raise BadRequest("course", "the course has been ceased: nothing in it can change any more")
    return VERBS[change.verb](course, change, now)


def is_over(visit: Visit, now: datetime) -> bool:
    """Whether a visit stays as it is: it is over by its status, or it has begun."""
    return visit.status in OVER or visit.start <= now


def _complete(course: Course, change: Change, now: datetime) -> list[Draft]:
    visit = _visit(course, change, "planned")
    _refuse_future(visit, now)
    return [_with_status(course, visit, "completed")]


def _miss(course: Course, change: Change, now: datetime) -> list[Draft]:
    visit = _visit(course, change, "planned")
    _refuse_future(visit, now)
    if change.make_up is None:
        raise BadRequest(
            "make_up",
            "whether a missed visit is made up for is the clinician's decision",
            next_step="--make-up or --no-make-up",
        )
    wishes = list(_stay(course, now))
    at = visit.number - 1
    wishes[at] = Wish(replace(visit, status="missed"), pinned=True)
    if not change.make_up:
        return [Draft(tuple(wishes), course.reviews)]
    again = replace(
        _new(course, visit.phase, visit.kind, now),
        of=f"{visit.of.removesuffix(', again')}, again",
        driver=visit.driver,
    )
    last = max(n for n, wish in enumerate(wishes) if wish.visit.phase == visit.phase)
    first = max(n for n, wish in enumerate(wishes) if wish.pinned) + 1
    if first > last + 1:
        said = f"nothing can be added to {visit.phase}: visits after it are over or held"
        raise BadRequest("make_up", said, next_step="--no-make-up, then booster")
    return [
        Draft(
            (*wishes[:place], Wish(again, free=True), *wishes[place:]), course.reviews, visit.end
        )
        for place in range(first, last + 2)
    ]


def _defer(course: Course, change: Change, now: datetime) -> list[Draft]:
    visit = _visit(course, change, "planned", "tentative")
    _refuse_past(visit, now)
    if (change.on is None) == (change.days is None):
        raise BadRequest("to", "expected --to or --by", next_step="--to 2027-01-11, or --by 2")
    on = change.on or visit.start.date() + timedelta(change.days or 0)
    _refuse_before_today("to" if change.on else "by", on, now)
    _refuse_off_grid(course, "to", on, change.time)
    if on == visit.start.date() and change.time in (None, Clock(_minutes(visit.start))):
        raise BadRequest("to", f"visit {visit.number} is on {day_text(on)} already")
    wishes = [
        replace(wish, on=on, time=change.time, pinned=False)
        if wish.visit is visit
        else replace(wish, pinned=True)
        if wish.visit.number < visit.number or change.scope == "visit"
        else wish
        for wish in _stay(course, now)
    ]
    return [Draft(tuple(wishes), course.reviews)]


def _omit(course: Course, change: Change, now: datetime) -> list[Draft]:
    visit = _visit(course, change, "planned", "tentative", "held")
    _refuse_past(visit, now)
    return [_with_status(course, visit, "omitted", now)]


def _hold(course: Course, change: Change, now: datetime) -> list[Draft]:
    if all(is_over(visit, now) or visit.status == "held" for visit in course.visits):
        raise BadRequest("verb", "there is no visit to hold")
    return [_for_all(course, now, "held", lambda visit: True)]


def _resume(course: Course, change: Change, now: datetime) -> list[Draft]:
    held = [visit for visit in course.visits if visit.status == "held"]
    if not held:
        raise BadRequest("verb", "no visit is held")
    if change.on is None:
        raise BadRequest("on", "expected the day of the next visit", next_step="--on 2027-01-11")
    _refuse_before_today("on", change.on, now)
    _refuse_off_grid(course, "on", change.on, change.time)
    wishes = []
    for wish in _stay(course, now):
        visit = wish.visit
        if visit.status != "held":
            wishes.append(wish)
            continue
        back = replace(visit, status=visit.held_from or "planned", held_from=None)
        is_first = visit is held[0]
        has_gone = visit.start.date() <= change.on
        wishes.append(
            Wish(
                back,
                free=is_first or has_gone,
                on=change.on if is_first else None,
                time=change.time if is_first else None,
                anchors=is_first,
            )
        )
    reviews = tuple(
        replace(review, status=review.held_from or "planned", held_from=None)
        if review.status == "held"
        else review
        for review in course.reviews
    )
    return [Draft(tuple(wishes), reviews)]


def _cease(course: Course, change: Change, now: datetime) -> list[Draft]:
    after = change.visit or 0
    if change.visit is not None:
        _visit(course, change, *(OVER | {"planned", "tentative", "held"}))
    ahead = [one for one in course.visits if one.status == "held" or not is_over(one, now)]
    if not any(visit.number > after for visit in ahead):
        raise BadRequest("verb", "there is no visit left to cease")
    return [_for_all(course, now, "ceased", lambda visit: visit.number > after)]


def _booster(course: Course, change: Change, now: datetime) -> list[Draft]:
    phase = course.protocol.booster_phase
    if phase is None:
        raise BadRequest("verb", f"{course.protocol.id} has no booster phase")
    if any(visit.status == "ceased" for visit in course.visits):
        raise BadRequest("course", "the course has been ceased: nothing is added to it")
    there = [visit for visit in course.visits if visit.phase == phase.name]
    if sum(visit.status in TAKES_PLACE | {"held"} for visit in there) >= phase.count.max:
        raise BadRequest("verb", f"{course.protocol.id} has at most {phase.count.max} boosters")
    if (change.on is None) == (change.days is None):
        raise BadRequest("on", "expected --on or --after", next_step="--on 2027-02-01")
    if any(visit.status == "held" for visit in course.visits):
        raise BadRequest("verb", "visits are held", next_step="resume --on DATE, then add it")
    before = [visit for visit in course.visits if visit.status in TAKES_PLACE]
    last = before[-1].start.date() if before else now.date()
    on = change.on or last + timedelta(change.days or 0)
    field = "on" if change.on else "after"
    _refuse_before_today(field, on, now)
    _refuse_off_grid(course, field, on, change.time)
    earlier = [visit for visit in before if visit.phase != phase.name]
    if earlier and on <= earlier[-1].start.date():
        said = f"{day_text(on)} is not after visit {earlier[-1].number}, the last before boosters"
        raise BadRequest(field, said)
    new = _new(course, phase.name, phase.visit, now)
    number = len(there) + 1
    new = _of_status(course, replace(new, of=f"{number} of {number}"), "planned")
    wishes = list(_stay(course, now))
    place = sum(wish.visit.start.date() <= on for wish in wishes)
    wish = Wish(new, free=True, on=on, time=change.time)
    pinned = [replace(one, pinned=True) for one in wishes[:place]]
    return [Draft((*pinned, wish, *wishes[place:]), course.reviews)]


def _confirm(course: Course, change: Change, now: datetime) -> list[Draft]:
    visit = _visit(course, change, "tentative")
    gates = [one.after for one in course.reviews if one.gate and _is_open(one)]
    before = [after for after in gates if after < visit.number]
    if before:
        said = f"visit {visit.number} waits for the review after visit {before[0]}"
        raise BadRequest("visit", said, next_step=f"review {before[0]} --outcome go-on")
    return [_with_visit(course, visit, _of_status(course, visit, "planned"))]


def _review(course: Course, change: Change, now: datetime) -> list[Draft]:
    there = [review for review in course.reviews if review.after == change.visit]
    waiting = [review for review in there if _is_open(review)]
    if not waiting:
        said = "has been recorded" if there else "there is none after this visit"
        raise BadRequest("visit", f"review after visit {change.visit}: {said}")
    review = waiting[0]
    _refuse_future(course.visits[review.after - 1], now)
    earlier = [one.after for one in course.reviews if one.gate and _is_open(one)]
    if review.gate and min(earlier) < review.after:
        said = f"the review after visit {min(earlier)} comes first"
        raise BadRequest("visit", said, next_step=f"review {min(earlier)} --outcome go-on")
    done = tuple(
        replace(one, status="completed") if one is review else one for one in course.reviews
    )
    if change.outcome == "stop":
        draft = _for_all(course, now, "ceased", lambda visit: visit.number > review.after)
        ended = {one.uid: one for one in draft.reviews}
        kept = (one if one.status == "completed" else ended[one.uid] for one in done)
        return [replace(draft, reviews=tuple(kept))]
    following = [one.after for one in done if one.gate and _is_open(one)]
    until = min(
        (after for after in following if after >= review.after), default=len(course.visits)
    )
    later = {phase.name for phase in course.protocol.phases if phase.tentative}
    wishes = tuple(
        Wish(_of_status(course, visit, "planned"), pinned=True)
        if review.gate
        and visit.status == "tentative"
        and visit.phase not in later
        and review.after < visit.number <= until
        else Wish(visit, pinned=True)
        for visit in course.visits
    )
    return [Draft(wishes, done)]


def _driver(course: Course, change: Change, now: datetime) -> list[Draft]:
    visit = _visit(course, change, "planned", "tentative", "held")
    if not course.protocol.visits[visit.kind].needs_driver:
        raise BadRequest("visit", f"visit {visit.number} needs no driver")
    return [_with_visit(course, visit, replace(visit, driver=change.driver))]


VERBS: Mapping[Verb, Callable[[Course, Change, datetime], list[Draft]]] = MappingProxyType(
    {
        "complete": _complete,
        "miss": _miss,
        "defer": _defer,
        "omit": _omit,
        "hold": _hold,
        "resume": _resume,
        "cease": _cease,
        "booster": _booster,
        "confirm": _confirm,
        "review": _review,
        "driver": _driver,
    }
)
"""Each verb with what it wants."""


def _visit(course: Course, change: Change, *statuses: str) -> Visit:
    """The visit of the change, which has to have one of these statuses."""
    number, most = change.visit, len(course.visits)
    if number is None or not 1 <= number <= most:
        raise BadRequest("visit", f"there is no visit {number}: the course has {most}")
    visit = course.visits[number - 1]
    if visit.status not in statuses:
        step = {"held": "resume --on DATE", "tentative": f"confirm {number}"}.get(visit.status, "")
        raise BadRequest("visit", f"visit {number} is {visit.status}", next_step=step)
    return visit


def _refuse_future(visit: Visit, now: datetime) -> None:
    if visit.start.date() > now.date():
        said = f"visit {visit.number} is on {day_text(visit.start.date())}, which is still to come"
        raise BadRequest("visit", said, next_step="defer or omit it")


def _refuse_past(visit: Visit, now: datetime) -> None:
    if visit.start.date() < now.date():
        said = f"visit {visit.number} was on {day_text(visit.start.date())}, which is over"
        raise BadRequest("visit", said, next_step="complete or miss it")


def _refuse_before_today(field: str, on: date, now: datetime) -> None:
    if on < now.date():
        said = f"{day_text(on)} is over (today is {day_text(now.date())})"
        raise BadRequest(field, said)


def _refuse_off_grid(course: Course, field: str, on: date, time: Clock | None) -> None:
    """Refuse a time at which no visit of this clinic begins, though it is open then."""
    step = course.clinic.slot_minutes
    for opening in openings(course.clinic, on) if time else ():
        past = (time.minutes - opening.start) % step if time else 0
        if time and opening.start <= time.minutes < opening.end and past:
            near = Clock(time.minutes - past), Clock(min(time.minutes - past + step, 1439))
            said = f"visits begin every {step} minutes from {opening.plain().split('-')[0]}"
            raise BadRequest(field, f"{said}, not at {time}", next_step=f"{near[0]} or {near[1]}")


def _minutes(moment: datetime) -> int:
    return moment.hour * 60 + moment.minute


def _is_open(review: Review) -> bool:
    return review.status in ("planned", "tentative", "held")


def _stay(course: Course, now: datetime) -> Iterator[Wish]:
    """Every visit as it is; those that are over, or held, are pinned."""
    for visit in course.visits:
        yield Wish(visit, pinned=is_over(visit, now) or visit.status == "held")


def _with_visit(course: Course, visit: Visit, changed: Visit) -> Draft:
    """One visit changed and none moved."""
    wishes = (changed if one is visit else one for one in course.visits)
    return Draft(tuple(Wish(one, pinned=True) for one in wishes), course.reviews)


def _with_status(
    course: Course, visit: Visit, status: Status, now: datetime | None = None
) -> Draft:
    """One visit with another status; those after it may move where `now` is given."""
    if now is None:
        return _with_visit(course, visit, replace(visit, status=status))
    wishes = (
        Wish(replace(visit, status=status), pinned=True)
        if wish.visit is visit
        else replace(wish, pinned=wish.pinned or wish.visit.number < visit.number)
        for wish in _stay(course, now)
    )
    return Draft(tuple(wishes), course.reviews)


def _for_all(
    course: Course, now: datetime, status: Status, which: Callable[[Visit], bool]
) -> Draft:
    """All visits ahead that are meant with another status, and the reviews after them."""
    ahead = [one for one in course.visits if one.status == "held" or not is_over(one, now)]
    numbers = {visit.number for visit in ahead if which(visit)}
    is_held = status == "held"
    visits = (
        replace(visit, status=status, held_from=visit.status if is_held else None)
        if visit.number in numbers and visit.status != status
        else visit
        for visit in course.visits
    )
    reviews = (
        replace(review, status=status, held_from=review.status if is_held else None)
        if review.status in ("planned", "tentative", "held")
        and review.status != status
        and review.after in numbers
        and review.start >= now
        else review
        for review in course.reviews
    )
    return Draft(tuple(Wish(visit, pinned=True) for visit in visits), tuple(reviews))


def _of_status(course: Course, visit: Visit, status: Status) -> Visit:
    """The visit as planned or tentative: with a driver to be found, or with the note of that."""
    if status == "tentative":
        return replace(visit, status=status, driver=None, note=TO_BE_DECIDED)
    driver, request = visit.driver, course.request
    if driver is None and request.driver_name and course.protocol.visits[visit.kind].needs_driver:
        driver = Driver(request.driver_name, request.driver_phone)
    return replace(visit, status=status, driver=driver, note="")


def _new(course: Course, phase: str, kind: str, now: datetime) -> Visit:
    """A visit that has no date yet; its identifier is of the next ordinal, none comes twice."""
    today = now.date()
    return Visit(
        number=len(course.visits) + 1,
        phase=phase,
        of="1 of 1",
        kind=kind,
        status="planned",
        start=now,
        treatment_start=now,
        end=now,
        no_driving_until=None,
        window=Window(today, today, today),
        uid=uid(course.course_id, "visit", len(course.visits) + 1),
    )
