"""Constraints on moving a visit that the change does not name: `earlier` and `notice`."""

from datetime import datetime, timedelta

from ketasched.model import Clinic, Finding
from ketasched.rules.base import MoveRule


class Earlier(MoveRule):
    """A visit that a change does not name moves to no earlier day than it had.

    The patient and the driver have arranged for that day. `plan` and `check` do not ask this rule.
    """

    name = "earlier"

    def move(self, old: datetime, new: datetime, now: datetime, clinic: Clinic) -> Finding | None:
        """The finding against a day before the old one."""
        return self.finding("it would be earlier than it was") if new.date() < old.date() else None


class Notice(MoveRule):
    """A visit that a change does not name moves to no time within the clinic's `notice`.

    The notice is elapsed time from the change, in UTC: somebody has to be told, and has to drive.
    `plan` and `check` do not ask this rule.
    """

    name = "notice"

    def move(self, old: datetime, new: datetime, now: datetime, clinic: Clinic) -> Finding | None:
        """The finding against a start before `now` and the notice."""
        if new.timestamp() >= now.timestamp() + clinic.notice.minutes * 60:
            return None
        hours = timedelta(minutes=clinic.notice.minutes) / timedelta(hours=1)
        return self.finding(f"it would be within {hours:g} hours, and nobody has been told")
