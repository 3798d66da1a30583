"""The verbs: what each change wants of a course's visits, before the rest is planned anew.

A verb answers with drafts: the visits with their new statuses, and for each whether it stays, may
move, or has to be on a day. Of several drafts the best one is taken. Raises `BadRequest` where a
verb makes no sense.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from ketasched.errors import BadRequest
from ketasched.model import (
    Change,
    Course,
    Driver,
    Review,
    Status,
    Verb,
    Visit,
)
from ketasched.model.gates import as_status, first_gate, is_open, let_through
from ketasched.model.wall_clock import day_text
from ketasched.revising.added_visits import booster, made_up
from ketasched.revising.intents import Draft, Wish, stay
from ketasched.revising.validation import (
    OVER,
    asked_day,
    is_over,
    refuse_before_today,
    refuse_future,
    refuse_off_grid,
    refuse_past,
    visit_of,
)


def drafts(course: Course, change: Change, now: datetime) -> list[Draft]:
    """What the change wants, in one way or several; `now` is local to the clinic.

    Raises `BadRequest`.
    """
    statuses = {visit.status for visit in course.visits}
    reviewed = change.verb == "review" and any(map(is_open, course.reviews))
    if "ceased" in statuses and statuses <= OVER and not reviewed:
        said = "the course has been ceased: nothing in it can change any more"
        raise BadRequest("course", said, next_step="ketasched plan, for a new course")
    return VERBS[change.verb](course, change, now)


def _complete(course: Course, change: Change, now: datetime) -> list[Draft]:
    visit = visit_of(course, change, "planned")
    refuse_future(visit, now)
    return [_with_status(course, visit, "completed")]


def _miss(course: Course, change: Change, now: datetime) -> list[Draft]:
    visit = visit_of(course, change, "planned", "tentative")
    refuse_future(visit, now)
    if change.make_up is None:
        raise BadRequest(
            "make_up",
            "whether a missed visit is made up for is the clinician's decision",
            next_step="--make-up or --no-make-up",
        )
    wishes = list(stay(course, now))
    at = visit.number - 1
    wishes[at] = Wish(replace(visit, status="missed"), pinned=True)
    if not change.make_up:
        return [Draft(tuple(wishes), course.reviews)]
    if any(one.status == "ceased" for one in course.visits):
        said = "the course has been ceased: nothing is added to it"
        raise BadRequest("make_up", said, next_step="--no-make-up")
    return made_up(course, visit, wishes, now)


def _defer(course: Course, change: Change, now: datetime) -> list[Draft]:
    visit = visit_of(course, change, "planned", "tentative")
    refuse_past(visit, now)
    if (change.on is None) == (change.days is None):
        raise BadRequest(
            "to", "expected one of --to and --by", next_step="--to DATE, or --by DAYS"
        )
    on = asked_day(course, change, now) or visit.start.date()
    refuse_before_today("to" if change.on else "by", on, now)
    refuse_off_grid(course, "to", on, change.time)
    time = change.time.time if change.time else visit.start.time()
    if (on, time) == (visit.start.date(), visit.start.time()):
        said = f"visit {visit.number} is on {day_text(on)} already"
        raise BadRequest("to", said, next_step="another day or time")
    wishes = [
        replace(wish, on=on, time=change.time, pinned=False)
        if wish.visit is visit
        else replace(wish, pinned=True)
        if wish.visit.number < visit.number or change.scope == "visit"
        else wish
        for wish in stay(course, now)
    ]
    return [Draft(tuple(wishes), course.reviews)]


def _omit(course: Course, change: Change, now: datetime) -> list[Draft]:
    visit = visit_of(course, change, "planned", "tentative", "held")
    if visit.status == "planned":
        refuse_past(visit, now)
    return [_with_status(course, visit, "omitted", now)]


def _hold(course: Course, change: Change, now: datetime) -> list[Draft]:
    if all(is_over(visit, now) or visit.status == "held" for visit in course.visits):
        raise BadRequest("verb", "there is no visit to hold")
    return [_for_all(course, now, "held", lambda visit: True)]


def _resume(course: Course, change: Change, now: datetime) -> list[Draft]:
    held = [visit for visit in course.visits if visit.status == "held"]
    if not held:
        raise BadRequest("verb", "no visit is held", next_step="defer N --to DATE moves one")
    if change.on is None:
        raise BadRequest("on", "expected the day of the next visit", next_step="--on DATE")
    refuse_before_today("on", change.on, now)
    refuse_off_grid(course, "on", change.on, change.time)
    wishes = []
    for wish in stay(course, now):
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
        visit_of(course, change)
    there = [one.number for one in course.visits if one.status == "completed"]
    if change.visit is not None and there and there[-1] > after:
        said = f"visit {there[-1]}, after it, has taken place"
        raise BadRequest("after", said, next_step=f"cease --after {there[-1]}")
    ahead = [one for one in course.visits if _is_ahead(one, now)]
    if not any(visit.number > after for visit in ahead):
        raise BadRequest("verb", "there is no visit left to cease")
    return [_for_all(course, now, "ceased", lambda visit: visit.number > after)]


def _confirm(course: Course, change: Change, now: datetime) -> list[Draft]:
    visit = visit_of(course, change, "tentative")
    gate = first_gate(course.reviews)
    if gate is not None and gate < visit.number:
        said = f"visit {visit.number} waits for the review after visit {gate}"
        raise BadRequest("visit", said, next_step=f"review {gate} --outcome go-on")
    return [_with_visit(course, visit, as_status(course, visit, "planned"))]


def _review(course: Course, change: Change, now: datetime) -> list[Draft]:
    there = [review for review in course.reviews if review.after == change.visit]
    waiting = [review for review in there if is_open(review)]
    if not waiting:
        gone = any(one.status == "ceased" for one in there)
        said = "has been cancelled" if gone else "has been recorded"
        said = said if there else "there is none after this visit"
        raise BadRequest("visit", f"review after visit {change.visit}: {said}")
    review = waiting[0]
    refuse_future(course.visits[review.after - 1], now)
    gate = first_gate(course.reviews)
    if review.gate and gate is not None and gate < review.after:
        said = f"the review after visit {gate} comes first"
        raise BadRequest("visit", said, next_step=f"review {gate} --outcome go-on")
    done = tuple(
        replace(one, status="completed") if one is review else one for one in course.reviews
    )
    if change.outcome == "stop":
        draft = _for_all(course, now, "ceased", lambda visit: visit.number > review.after)
        ended = {one.uid: one for one in draft.reviews}
        kept = (one if one.status == "completed" else ended[one.uid] for one in done)
        return [replace(draft, reviews=tuple(kept))]
    until = first_gate(done) or len(course.visits)
    later = {phase.name for phase in course.protocol.phases if phase.tentative}
    wishes = tuple(
        Wish(let_through(course, visit), pinned=True)
        if review.gate and visit.phase not in later and review.after < visit.number <= until
        else Wish(visit, pinned=True)
        for visit in course.visits
    )
    return [Draft(wishes, done)]


def _driver(course: Course, change: Change, now: datetime) -> list[Draft]:
    visit = visit_of(course, change, "planned", "tentative", "held")
    refuse_past(visit, now, step="")
    if not course.protocol.visits[visit.kind].needs_driver:
        raise BadRequest("visit", f"visit {visit.number} needs no driver")
    driver = _with_phone(course, change.driver)
    if driver == visit.driver:
        who = f"{driver.name} drives" if driver else "nobody drives"
        raise BadRequest("visit", f"{who} to visit {visit.number} already")
    return [_with_visit(course, visit, replace(visit, driver=driver))]


def _with_phone(course: Course, driver: Driver | None) -> Driver | None:
    """The driver, with the phone by which they are known in this course if none is given."""
    known = (one.driver for one in course.visits if one.driver and one.driver.phone)
    same = (one for one in known if driver and one.name == driver.name)
    return driver if driver is None or driver.phone else next(same, driver)


VERBS: Mapping[Verb, Callable[[Course, Change, datetime], list[Draft]]] = MappingProxyType(
    {
        "complete": _complete,
        "miss": _miss,
        "defer": _defer,
        "omit": _omit,
        "hold": _hold,
        "resume": _resume,
        "cease": _cease,
        "booster": booster,
        "confirm": _confirm,
        "review": _review,
        "driver": _driver,
    }
)
"""Each verb with what it wants."""


def _is_ahead(visit: Visit, now: datetime) -> bool:
    """Whether a visit can still be held or ended.

    For one that nobody has decided, or that is held, it is never too late: whatever the clock
    says, it has not taken place. So a review at a visit's check-in can end it.
    """
    return visit.status in ("held", "tentative") or not is_over(visit, now)


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
        Wish(replace(visit, status=status, held_from=None), pinned=True)
        if wish.visit is visit
        else replace(wish, pinned=wish.pinned or wish.visit.number < visit.number)
        for wish in stay(course, now)
    )
    return Draft(tuple(wishes), course.reviews)


def _for_all(
    course: Course, now: datetime, status: Status, which: Callable[[Visit], bool]
) -> Draft:
    """All visits ahead that are meant with another status, and the reviews after them.

    Whatever the clock says, a review has not been where its visit has not, or where it is held.
    """
    is_held = status == "held"
    numbers = {visit.number for visit in course.visits if which(visit) and _is_ahead(visit, now)}
    visits = (
        replace(visit, status=status, held_from=visit.status if is_held else None)
        if visit.number in numbers and visit.status != status
        else visit
        for visit in course.visits
    )

    def is_meant(review: Review) -> bool:
        if review.status == "held":
            return not is_held and which(course.visits[review.after - 1])
        return is_open(review) and review.after in numbers

    reviews = (
        replace(review, status=status, held_from=review.status if is_held else None)
        if is_meant(review)
        else review
        for review in course.reviews
    )
    return Draft(tuple(Wish(visit, pinned=True) for visit in visits), tuple(reviews))
