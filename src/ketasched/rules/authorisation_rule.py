"""The constraint of what an insurer authorised."""

from collections.abc import Sequence

from ketasched.model import Finding, Visit
from ketasched.model.authorised_visits import fit_text, visits_beyond
from ketasched.rules.base import CourseRule, PlanningContext


class Authorised(CourseRule):
    """Every visit here has a session of those that an insurer authorised, where any are.

    Each authorisation is so many sessions from one day until another, both included. As many
    visits as possible have a session, the earlier ones first; a completed visit has used its own,
    a visit elsewhere uses none. Visits beyond that are tentative until somebody confirms them, or
    until more is authorised; none moves. These are dates and counts: whether a visit is paid for
    is not for the program to say.
    """

    name = "authorisation"

    def course(self, visits: Sequence[Visit], context: PlanningContext) -> Finding | None:
        """A warning about the visits that have no session."""
        authorised = context.request.authorised
        if not visits_beyond(authorised, visits):
            return None
        return self.finding(fit_text(authorised, visits), "warning")
