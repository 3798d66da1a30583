"""What a page says of a course, whatever its form: plain text or HTML."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from ketasched.events.rides import are_shared, has_ride, reminders, reminders_left_out
from ketasched.events.sequence import drives, former_dates
from ketasched.events.view import View
from ketasched.events.wording import (
    clinic_name,
    course_revision_text,
    driver_name,
    driver_text,
    is_discreet,
    kind_title,
    one_line,
    phone_of,
    place_of,
    place_text,
    review_title,
    visit_title,
    words_of,
)
from ketasched.model import TAKES_PLACE, Amount, Course, Entry, Review, Visit, VisitKind, Wording
from ketasched.model.privacy import neutral
from ketasched.model.wall_clock import clock_text, day_text, moment_text
from ketasched.render.bill import Bill, PriceLine, bill

STATUS_WORDS = {
    "missed": "did not take place",
    "omitted": "left out",
    "ceased": "does not take place",
    "held": "on hold",
}


@dataclass(frozen=True, slots=True)
class Page:
    """A course as a page says it; each name without an underscore is one in the templates, too.

    `span` is the first and the last visit that takes place. Of the visits, `sure` are those that
    are not tentative, `held_back` wait for a decision, `boosters` are of a tentative phase;
    `taking` take place, and of these the `unruled` have no rule when the patient may drive again.
    `former` are the dates that no longer hold. `driven`: somebody has to drive to one.
    """

    course: Course
    view: View
    discreet: bool
    title: str
    clinic_name: str
    place: str
    phone: str
    revision: str
    words: Wording
    bill: Bill | None
    currency: str
    span: tuple[datetime, datetime]
    sure: list[Visit]
    held_back: list[Visit]
    boosters: list[Visit]
    taking: list[Visit]
    unruled: list[Visit]
    former: list[datetime]
    driven: bool

    @property
    def on_hold(self) -> bool:
        """Whether there are visits that wait for new dates."""
        return any(visit.status == "held" for visit in self.course.visits)

    @property
    def no_more(self) -> bool:
        """Whether nothing is to come."""
        return not any(visit.status in ("planned", "tentative") for visit in self.course.visits)

    @property
    def all_unruled(self) -> bool:
        """Whether no visit has a rule when the patient may drive again."""
        return len(self.unruled) == len(self.taking)

    def collected(self, visit: Visit) -> str:
        """When a visit is over, or that there is nothing to be collected from."""
        place = self.course.protocol.visits[visit.kind].place
        return clock_text(visit.end) if place == "clinic" else place_text(place)

    def may_drive(self, visit: Visit) -> str:
        """Until when the patient must not drive; "" where nobody drives."""
        if visit.no_driving_until:
            return moment_text(visit.no_driving_until)
        return "ask your clinic" if visit in self.unruled else ""

    def may_move(self, visit: Visit) -> str:
        """Between which days a visit can be."""
        first, last = visit.window.earliest, visit.window.latest
        return f"may move, {day_text(first, year=False)} to {day_text(last, year=False)}"

    def status_text(self, item: Visit | Review) -> str:
        """What became of one that does not take place."""
        return STATUS_WORDS.get(item.status, item.status)

    def driver_name(self, visit: Visit) -> str:
        """Who drives, "" where that is not known."""
        return driver_name(visit.driver, discreet=self.discreet)

    def driver_of(self, visit: Visit) -> str:
        """Who drives, with the phone."""
        return driver_text(visit.driver, discreet=self.discreet)

    def reminders(self, visit: Visit) -> list[str]:
        """When the calendar reminds of the ride."""
        return [one.said for one in reminders(self.course, visit)]

    def kind_title(self, kind: VisitKind) -> str:
        """What visits of a kind are called."""
        return kind_title(kind, discreet=self.discreet)

    def visit_title(self, visit: Visit) -> str:
        """What a visit is called."""
        return visit_title(self.course, visit, discreet=self.discreet)

    def review_title(self, review: Review) -> str:
        """What a talk is called."""
        return review_title(self.course, review, discreet=self.discreet)

    def amount(self, amount: Amount) -> str:
        """An amount in the clinic's currency."""
        return amount.text(self.currency)

    def price_text(self, line: PriceLine) -> str:
        """What the visits of a line cost."""
        if line.each is None or line.amount is None:
            return "ask your clinic"
        each = f"{self.amount(line.each)} each, " if line.count > 1 else ""
        return each + self.amount(line.amount)

    def entry_text(self, entry: Entry, revision: int) -> str:
        """A line of the history: what was done, why and by whom. For the clinic only."""
        why = f", because of: {entry.why}" if entry.why else ""
        by = f" ({entry.by})" if entry.by else ""
        return one_line(f"revision {revision}, {moment_text(entry.at)}: {entry.what}{why}{by}")


@dataclass(frozen=True, slots=True)
class Rides:
    """What a page says of the rides that are to come; a driver's page of their own (`whose`).

    Its `former` dates, `place` and `phone` tell nothing of the treatment. `drivers` are those who
    can be called; `left_out` is how many reminders would have been before their visit was given
    its date.
    """

    visits: list[Visit]
    whose: str
    former: list[datetime]
    place: str
    phone: str
    drivers: list[str]
    left_out: int

    @property
    def are_shared(self) -> bool:
        """Whether not all of them have the same driver, or all none yet."""
        return are_shared(self.visits)

    def driver_name(self, visit: Visit) -> str:
        """Who drives, or that nobody does yet."""
        return driver_name(visit.driver, discreet=True) if visit.driver else "nobody yet"


def page_of(course: Course, view: View) -> Page:
    """The course as a page for this audience says it."""
    discreet, clinic = is_discreet(course, view), course.clinic
    tentative = [visit for visit in course.visits if visit.status == "tentative"]
    taking = [visit for visit in course.visits if visit.status in TAKES_PLACE]
    later = {phase.name for phase in course.protocol.phases if phase.tentative}
    currency = clinic.prices.currency
    return Page(
        course,
        view,
        discreet,
        title="Your appointments" if discreet else course.protocol.title,
        clinic_name=clinic_name(course, discreet=discreet),
        # A page for clinical titles has the whole address; the neutral place is for calendars.
        place=place_of(course, discreet=True) if discreet else one_line(clinic.address),
        phone=phone_of(course, discreet=discreet),
        revision=course_revision_text(course),
        words=words_of(course, discreet=discreet),
        bill=bill(course),
        currency=neutral(currency) if discreet else currency,
        span=_span(taking or course.visits),
        sure=[visit for visit in course.visits if visit.status != "tentative"],
        held_back=[visit for visit in tentative if visit.phase not in later],
        boosters=[visit for visit in tentative if visit.phase in later],
        taking=taking,
        unruled=[visit for visit in taking if _without_rule(course, visit)],
        former=former_dates(course, view),
        driven=any(course.protocol.visits[visit.kind].needs_driver for visit in taking),
    )


def rides_of(course: Course, view: View) -> Rides:
    """The rides that are to come, for a page for this audience."""
    discreet = is_discreet(course, view)
    rides = [one for one in course.visits if _is_to_come(course, one) and drives(view, one)]
    called = (visit.driver for visit in rides if visit.driver and visit.driver.phone)
    return Rides(
        rides,
        neutral(view.rides_of),
        former_dates(course, View("driver", rides_of=view.rides_of)),
        place=place_of(course, discreet=True),
        phone=phone_of(course, discreet=True),
        drivers=sorted({driver_text(driver, discreet=discreet) for driver in called}),
        left_out=reminders_left_out(course, rides),
    )


def _span(visits: Sequence[Visit]) -> tuple[datetime, datetime]:
    return visits[0].start, visits[-1].start


def _is_to_come(course: Course, visit: Visit) -> bool:
    """Whether a ride is still to be arranged; a first revision may be made afterwards."""
    today = course.history[-1].at.date() if course.revision > 1 else date.min
    is_ahead = visit.status != "completed" and visit.start.date() >= today
    return is_ahead and has_ride(course, visit)


def _without_rule(course: Course, visit: Visit) -> bool:
    kind = course.protocol.visits[visit.kind]
    return kind.needs_driver and visit.no_driving_until is None
