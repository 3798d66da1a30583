"""The time until which a patient must not drive after a visit, and how it runs on.

Nobody is told a moment between two treatments, nor one before a night's sleep.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from ketasched.model import TAKES_PLACE, Clinic, NoDriving, Protocol, Visit, VisitKind
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


def run_on(visits: Sequence[Visit], kinds: Mapping[str, VisitKind]) -> tuple[Visit, ...]:
    """The visits, in order of time, each with the end of the whole run without driving.

    Where `no_driving_until` is after the start of the next treatment that takes place, the visit
    gets the moment of that treatment: None, if that has no rule. A visit by phone is no treatment.
    A moment on the day of the visit becomes None.
    """
    found: list[Visit] = []
    following: Visit | None = None
    for visit in reversed(visits):
        until = visit.no_driving_until
        if following and _lies_after(until, following.start):
            until = following.no_driving_until
        if until and until.date() <= visit.start.date():
            until = None
        if until is not visit.no_driving_until:
            visit = replace(visit, no_driving_until=until)
        if visit.status in TAKES_PLACE and kinds[visit.kind].place != "phone":
            following = visit
        found.append(visit)
    return tuple(reversed(found))


def _lies_after(moment: datetime | None, start: datetime) -> bool:
    # By the dates first: most runs end days before the next visit.
    if moment is None or moment.date() < start.date():
        return False
    return moment.astimezone(UTC) > start.astimezone(UTC)


def is_without_driving(visit: Visit, moment: datetime) -> bool:
    """Whether the patient cannot drive to somewhere at a later moment because of this visit.

    The day on which a time without driving ends counts as a whole, because of the way there;
    without a rule, the day after the visit does.
    """
    until = visit.no_driving_until or visit.end + timedelta(days=1)
    return moment.date() <= until.date()


def with_no_driving(
    visits: Sequence[Visit], protocol: Protocol, clinic: Clinic
) -> tuple[Visit, ...]:
    """The visits, in order of time, with `no_driving_until` by the rules of their kinds.

    There is no rule of this clinic after a visit elsewhere.
    """
    by_themselves = []
    for visit in visits:
        rule = effective_kind(protocol, clinic, visit.kind).no_driving
        rule = None if visit.elsewhere else rule
        until = no_driving_until(visit.end, visit.start.date(), rule)
        by_themselves.append(replace(visit, no_driving_until=until))
    return run_on(by_themselves, protocol.visits)
