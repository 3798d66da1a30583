"""The time until which a patient must not drive after a visit."""

from datetime import UTC, date, datetime, timedelta

from ketasched.model import NoDriving
from ketasched.model.wall_clock import add_minutes


def no_driving_until(end: datetime, day: date, rule: NoDriving | None) -> datetime | None:
    """Until when the patient must not drive after a visit on `day` that ends at `end`.

    It is the later of `end` plus the rule's hours, and the rule's clock time on the next day. A
    skipped clock time is moved on by the clock change. None without a rule: the patient is told
    to ask the clinic.
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
