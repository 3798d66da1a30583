"""The time until which a patient must not drive after a visit, and how it runs on.

Nobody is told a moment between two treatments, nor one before a night's sleep.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from ketasched.model import TAKES_PLACE, Clinic, Companion, NoDriving, Protocol, Visit, VisitKind
from ketasched.model.effective_kind import effective_kind
from ketasched.model.wall_clock import add_minutes


def no_driving_until(end: datetime, day: date, rule: NoDriving | None) -> datetime | None:
    """Until when the patient must not drive after a visit on `day` that ends at `end`, by itself.

    It is the later of `end` plus the rule's hours, and the rule's clock time on the next day. A
    skipped clock time is moved on by the clock change. None without a rule: the patient is told to
    ask the clinic.
    """
    if rule is None:
        return None
    moments = []
    if rule.hours is not None:
        moments.append(add_minutes(end, rule.hours * 60))
    if rule.next_morning is not None:
        morning = datetime.combine(day + timedelta(days=1), rule.next_morning.time, end.tzinfo)
        moments.append(morning.astimezone(UTC).astimezone(end.tzinfo))
    return max(moments, key=lambda moment: moment.astimezone(UTC))


Item = TypeVar("Item", Visit, Visit | Companion)


def run_on(visits: Sequence[Visit], kinds: Mapping[str, VisitKind]) -> tuple[Visit, ...]:
    """The visits, in order of time, each with the end of the whole run without driving.

    Where `no_driving_until` is after the start of the next treatment that takes place, the visit
    gets the moment of that treatment: None, if that has no rule. A visit by phone is no treatment.
    A moment on the day of the visit becomes None.
    """
    return _run_on(visits, lambda visit: kinds[visit.kind].place != "phone")


def _run_on(items: Sequence[Item], is_treatment: Callable[[Item], bool]) -> tuple[Item, ...]:
    """The items as `run_on` has visits; a run goes on at each that is a treatment."""
    found: list[Item] = []
    following: Item | None = None
    for visit in reversed(items):
        until = visit.no_driving_until
        if following and _lies_after(until, following.start):
            until = following.no_driving_until
        if until and until.date() <= visit.start.date():
            until = None
        if until is not visit.no_driving_until:
            visit = replace(visit, no_driving_until=until)
        if visit.status in TAKES_PLACE and is_treatment(visit):
            following = visit
        found.append(visit)
    return tuple(reversed(found))


def _lies_after(moment: datetime | None, start: datetime) -> bool:
    # By the dates first: most runs end days before the next visit.
    if moment is None or moment.date() < start.date():
        return False
    return moment.astimezone(UTC) > start.astimezone(UTC)


def is_without_driving(visit: Visit | Companion, moment: datetime) -> bool:
    """Whether the patient cannot drive to somewhere at a later moment because of this visit.

    The day on which a time without driving ends counts as a whole, because of the way there;
    without a rule, the day after the visit does.
    """
    until = visit.no_driving_until or visit.end + timedelta(days=1)
    return moment.date() <= until.date()


def with_home_days(
    visits: Sequence[Visit], companions: Sequence[Companion], protocol: Protocol, clinic: Clinic
) -> tuple[tuple[Visit, ...], tuple[Companion, ...]]:
    """The visits and the companions with `no_driving_until`, which runs on over home days, too.

    A home day is a treatment, whoever is there. Visits are as `with_no_driving` has them if there
    are no home days.
    """
    timed = with_no_driving(visits, protocol, clinic)
    home = {phase.name: phase.visit for phase in protocol.home_phases}
    if not any(one.name in home for one in companions):
        return timed, tuple(companions)
    by_themselves = _by_themselves(visits, protocol, clinic)
    items: list[Visit | Companion] = [*by_themselves]
    for one in companions:
        if one.name in home:
            rule = effective_kind(protocol, clinic, home[one.name]).no_driving
            until = no_driving_until(one.end, one.start.date(), rule)
            items.append(replace(one, no_driving_until=until))

    def is_treatment(item: Visit | Companion) -> bool:
        return isinstance(item, Companion) or protocol.visits[item.kind].place != "phone"

    ordered = sorted(items, key=lambda item: item.start.timestamp())
    found = {item.uid: item.no_driving_until for item in _run_on(ordered, is_treatment)}
    return (
        tuple(replace(one, no_driving_until=found[one.uid]) for one in timed),
        tuple(
            replace(one, no_driving_until=found[one.uid]) if one.uid in found else one
            for one in companions
        ),
    )


def with_no_driving(
    visits: Sequence[Visit], protocol: Protocol, clinic: Clinic
) -> tuple[Visit, ...]:
    """The visits, in order of time, with `no_driving_until` by the rules of their kinds.

    There is no rule of this clinic after a visit elsewhere.
    """
    return run_on(_by_themselves(visits, protocol, clinic), protocol.visits)


def _by_themselves(visits: Sequence[Visit], protocol: Protocol, clinic: Clinic) -> list[Visit]:
    found = []
    for visit in visits:
        rule = effective_kind(protocol, clinic, visit.kind).no_driving
        rule = None if visit.elsewhere else rule
        until = no_driving_until(visit.end, visit.start.date(), rule)
        found.append(replace(visit, no_driving_until=until))
    return found
