"""Preconditions of a course: who, when, and by whose numbers; and what an insurer authorised."""

import re
from collections.abc import Sequence
from datetime import UTC, date
from operator import attrgetter

from ketasched.model import Clinic, Finding, Protocol, Request, Slot, Visit, covers
from ketasched.model.authorised_visits import fit_text, visits_beyond
from ketasched.model.did_you_mean import did_you_mean
from ketasched.model.effective_kind import is_shorter, unreplaced_examples
from ketasched.model.wall_clock import clock_text, day_text
from ketasched.rules.base import CourseRule, OverrideRule, PlanningContext, Precondition


class Age(Precondition):
    """The patient is 18 or older on the date of the first visit, where a birth date is given.

    Born on 29 February: 18 on 1 March. A younger patient is refused, not slid to a later date.
    """

    name = "age"

    def ask(self, first: Slot, context: PlanningContext) -> Finding | None:
        """The finding against a patient who is not 18 on the date of the first visit."""
        born = context.request.born
        if born is None or first.start.date() >= eighteenth_birthday(born):
            return None
        said = f"the patient is not 18 before {day_text(eighteenth_birthday(born))}"
        return self.finding(said)


class Clearance(Precondition):
    """A clinician's clearance is recorded. Unknown is a warning; nobody is declared eligible."""

    name = "clearance"

    def ask(self, first: Slot, context: PlanningContext) -> Finding | None:
        """A warning about a missing, incomplete or too late clearance."""
        by, on = context.request.cleared_by, context.request.cleared_on
        if not by and on is None:
            said = "no clinician's clearance is recorded"
        elif not by:
            said = "a clearance is recorded, but not by whom"
        elif on is None:
            said = f"a clearance by {by} is recorded, but not of which day"
        elif on > first.start.date():
            said = f"the recorded clearance, {day_text(on)}, is after the first visit"
        else:
            return None
        return self.finding(said, "warning")


class Reference(Precondition):
    """The patient reference does not look like a person's name: else a warning.

    It names files, and stands in calendars of the clinic and in its logs.
    """

    name = "reference"

    def ask(self, first: Slot, context: PlanningContext) -> Finding | None:
        """A warning about a reference of two or more words of letters."""
        if not PERSON.fullmatch(context.request.patient):
            return None
        said = "the patient reference looks like a person's name; take one such as P-014"
        return self.finding(said, "warning")


WORD = r"[^\W\d_]+(?:['’.-][^\W\d_]*)*"
PERSON = re.compile(rf"{WORD}(?:,? +{WORD})+")
"""Words of letters with spaces between: "Maria Gomez", "Gómez, María"; "P 014" is none."""


class Requirements(Precondition):
    """What the protocol requires before the first visit is recorded: else a warning.

    Whether that is enough is not for the program to say. `clearance` has a rule of its own.
    """

    name = "requirements"

    def ask(self, first: Slot, context: PlanningContext) -> Finding | None:
        """A warning about what is not recorded by the day of the first visit."""
        missing = missing_records(context.protocol, context.request, first.start.date())
        if not missing:
            return None
        known = {*context.protocol.requires, Clearance.name}
        other = [one.what for one in context.request.recorded if one.what not in known]
        instead = f" (recorded, and not required: {', '.join(other)})" if other else ""
        return self.finding(f"not recorded: {', '.join(missing)}{instead}", "warning")


def missing_records(protocol: Protocol, request: Request, day: date) -> list[str]:
    """What the protocol requires and is not recorded by `day`, apart from the clearance."""
    recorded = {one.what for one in request.recorded if one.on <= day}
    return [one for one in protocol.requires if one not in recorded and one != Clearance.name]


class NotShortened(OverrideRule):
    """What the clinic's file says instead of one of the protocol's numbers is not shorter."""

    number = ""
    noun = ""

    def of(self, protocol: Protocol, clinic: Clinic) -> Finding | None:
        """Against a shorter number: broken by a label or without a reason, else a warning."""
        value = attrgetter(self.number)
        for name, override in clinic.overrides.get(protocol.id, {}).items():
            own = value(override)
            if name not in protocol.visits or own is None:
                continue
            asked = value(protocol.visits[name])
            if is_shorter(own, asked):
                numbers = f" ({own}, not {asked})" if isinstance(own, int) else ""
                said = f"the clinic's {self.noun} after a visit ({name}){numbers} may end sooner"
                return self._finding_of(protocol, name, said, override.because)
        return None

    def _finding_of(self, protocol: Protocol, name: str, said: str, because: str) -> Finding:
        if protocol.is_label_minimum(name, self.number):
            return self.finding(f"{said} than the label's, which no clinic can shorten")
        place = f"visits.{name}.{self.number}"
        # A rule counts as an example if one of its parts is one: the other part may be longer.
        if covers(protocol.examples, place) or any(
            covers([place], one) for one in protocol.examples
        ):
            return self.finding(f"{said} than the protocol's example", "warning")
        if because:
            return self.finding(f"{said} than the protocol's, because: {because}", "warning")
        where = f"overrides.{protocol.id}.{name}"
        return self.finding(
            f"{said} than its source's; say why in the clinic's file, {where}.because"
        )


class NoDrivingKept(NotShortened):
    """A clinic's own no-driving rule ends no sooner than the protocol's.

    One that may end sooner than an approved label's (`label_minimum`) is refused. One that may end
    sooner than a source's needs a reason (`because`); with it, or instead of an example, it is a
    warning.
    """

    name = "no-driving"
    number = "no_driving"
    noun = "no-driving time"


class ObservationKept(NotShortened):
    """A clinic observes no shorter than the protocol says.

    What is shorter than a label's, a source's or an example's number is as for `no-driving`.
    """

    name = "observation"
    number = "minutes.observation"
    noun = "observation"


class ExamplesReplaced(OverrideRule):
    """The clinic's file has numbers of its own instead of the protocol's examples.

    Else one warning, for the clinic alone: the examples have no source.
    """

    name = "examples"

    def of(self, protocol: Protocol, clinic: Clinic) -> Finding | None:
        """A warning about examples that the clinic's file can replace, and does not."""
        places = unreplaced_examples(protocol, clinic)
        if not places:
            return None
        said = (
            "1 number is an example" if len(places) == 1 else f"{len(places)} numbers are examples"
        )
        where = f"the clinic's own go into [overrides.{protocol.id}] of its file"
        return self.finding(f"{said} ({', '.join(places)}): {where}", "warning")


class ResourcesKnown(OverrideRule):
    """The clinic's file has the resources that visits and companions need, if it has any.

    Else one warning: a resource that the file does not have, such as one that is spelt in another
    way, is not counted.
    """

    name = "resources"

    def of(self, protocol: Protocol, clinic: Clinic) -> Finding | None:
        """A warning about resources that are needed and that the clinic's file does not have."""
        known = [one.name for one in clinic.resources]
        needs = [(f"visits.{name}", kind.needs or ()) for name, kind in protocol.visits.items()]
        needs += [(f"companions.{kind.name}", kind.needs) for kind in protocol.companions]
        unknown = {
            f"{needed} ({place}.needs{did_you_mean(needed, known)})": None
            for place, own in needs
            for needed in own
            if needed not in known
        }
        if not known or not unknown:
            return None
        said = f"the clinic's file has no {', no '.join(unknown)}, so this is not counted"
        return self.finding(said, "warning")


class Past(Precondition):
    """The first visit is not before the moment at which it is planned: else a warning."""

    name = "past"

    def ask(self, first: Slot, context: PlanningContext) -> Finding | None:
        """A warning about a start that was over when the course was planned."""
        today = context.made_at.astimezone(context.zone).date()
        if context.request.start < today:
            return self.finding(
                f"the start is in the past (today is {day_text(today)})", "warning"
            )
        over = first.start.astimezone(UTC) < context.made_at
        said = f"the first visit, at {clock_text(first.start)} today, is over"
        return self.finding(said, "warning") if over else None


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


def eighteenth_birthday(born: date) -> date:
    """The first day on which somebody born on `born` is 18; 1 March for 29 February."""
    try:
        return born.replace(year=born.year + 18)
    except ValueError:
        return date(born.year + 18, 3, 1)
