"""The content of a page about a course, the same for plain text and for HTML."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ketasched.events.diff import former_dates
from ketasched.events.rides import must_not_drive, needs_ride, ride_reminders
from ketasched.events.view import View
from ketasched.events.wording import (
    BEGUN_LATER,
    KEPT_LONGER,
    STAYS_WITH,
    Labels,
    is_at_check_in,
    labels_for,
    one_line,
)
from ketasched.language.catalogue import message
from ketasched.language.restyle import restyle
from ketasched.model import REVIEW_MINUTES, TAKES_PLACE, Amount, Companion, Course, Entry, Visit
from ketasched.model.companion_slots import is_treatment, kind_of, place_of
from ketasched.model.effective_kind import unreplaced_examples
from ketasched.model.privacy import redact
from ketasched.render.bill import Bill, BillLine, make_bill

STATUS_TEXTS = {
    "missed": message("did not take place"),
    "omitted": message("left out"),
    "ceased": message("does not take place"),
    "held": message("on hold"),
}


@dataclass(frozen=True, slots=True)
class Page(Labels):
    """The content of a page. The templates use its public names without a prefix.

    `first_start` and `last_start` are of what takes place here, reviews aside. Tentative
    visits are either `boosters`, of a tentative phase, or `gated`, waiting for a review. Visits
    `without_driving_rule` are treatments after which no rule says when the patient may drive.
    `former_dates` no longer hold. `to_come` is what is planned, perhaps tentatively, and not over.
    `needs_driver` is whether any visit or companion does, `comes` whether any visit is at the
    clinic.
    """

    view: View
    title: str
    patient: str
    bill: Bill | None
    currency: str
    first_start: datetime
    last_start: datetime
    not_tentative: list[Visit]
    gated: list[Visit]
    boosters: list[Visit]
    without_driving_rule: list[Visit | Companion]
    has_driving_rules: bool
    former_dates: list[datetime]
    to_come: list[Visit | Companion]
    needs_driver: bool
    comes: bool

    @property
    def as_of(self) -> datetime:
        """When the course was last changed, which is as far as a page knows."""
        return self.course.changed_at

    @property
    def place(self) -> str:
        """The clinic's address: with clinical titles not the neutral one that is for calendars."""
        return self.clinic_place if self.discreet else one_line(self.course.clinic.address)

    @property
    def source_text(self) -> str:
        """Whose the times and the rules of the page are; examples are nobody's yet."""
        course, text = self.course, self.locale.text
        if unreplaced_examples(course.protocol, course.clinic):
            return text("Ask your clinic whether the times and rules on this page are theirs.")
        if self.discreet:
            return text("All times and rules on this page are your clinic's.")
        return text(
            "Your clinic uses the plan “{title}”. "
            "The minutes and the driving rule are your clinic's.",
            title=text(course.protocol.title),
        )

    @property
    def next_item(self) -> Visit | Companion | None:
        """The first planned visit or companion that was not over `as_of`, or None.

        A talk at the check-in of a visit is a part of that.
        """
        talks = (one for one in self.course.companions if not is_at_check_in(self.course, one))
        items: tuple[Visit | Companion, ...] = (*self.course.visits, *talks)
        return first_to_come(self.course, (one for one in items if one.status == "planned"))

    @property
    def is_on_hold(self) -> bool:
        """Whether there are visits that wait for new dates."""
        return any(visit.status == "held" for visit in self.course.visits)

    @property
    def notice(self) -> str:
        """What is said of a course on hold, or without a visit to come; else ""."""
        locale = self.locale
        planned = [one.start for one in self.to_come if one.status == "planned"]
        said = [locale.moment_text(start, year=False) for start in planned]
        dates = "; ".join(dict.fromkeys(said))
        if self.is_on_hold:
            held = locale.text("Your appointments are on hold. We will call you with new dates.")
            still = locale.text("Still planned: {dates}.", dates=dates)
            return f"{held} {still}" if dates else held
        if any(isinstance(one, Visit) for one in self.to_come):
            return ""
        if dates:
            return locale.text("No more appointments are planned, except: {dates}.", dates=dates)
        return locale.text("No more appointments are planned.")

    @property
    def rides_to_come(self) -> bool:
        """Whether somebody else has to drive the patient to anything that is to come."""
        return any(kind_of(self.course, one).needs_driver for one in self.to_come)

    @property
    def needs_attendant(self) -> bool:
        """Whether somebody has to stay with the patient at anything that is to come."""
        return any(kind_of(self.course, one).attendant for one in self.to_come)

    @property
    def when_later(self) -> str:
        """What to do if a visit takes longer, or a dose at home begins later, than planned."""
        places = {
            kind_of(self.course, one).place
            for one in self.course.items
            if one.no_driving_until and one.status in TAKES_PLACE
        }
        said = {"clinic": KEPT_LONGER, "home": BEGUN_LATER}
        return " ".join(self.locale.text(said[place]) for place in said if place in places)

    def attendant_text(self, item: Visit | Companion) -> str:
        """From when until when somebody has to stay with the patient; "" if nobody has to."""
        if not kind_of(self.course, item).attendant or item.status not in ("planned", "tentative"):
            return ""
        begin, end = map(self.locale.clock_text, (item.start, item.end))
        return self.locale.text(STAYS_WITH, begin=begin, end=end)

    def check_in_text(self, visit: Visit) -> str:
        """When the patient has to be at the clinic: "09:00"; "" for a visit elsewhere."""
        here = place_of(self.course, visit) == "clinic"
        return self.locale.clock_text(visit.start) if here else ""

    def collect_text(self, visit: Visit) -> str:
        """From when the patient can be collected: "10:55", or "by phone" for a visit by phone."""
        place = place_of(self.course, visit)
        return self.locale.clock_text(visit.end) if place == "clinic" else self.place_of(place)

    def no_driving_before(self, visit: Visit | Companion) -> str:
        """Until when the patient must not drive; "" after a call, which is no treatment."""
        if visit.no_driving_until:
            return self.locale.moment_text(visit.no_driving_until, year=False)
        return self.locale.text("ask your clinic") if visit in self.without_driving_rule else ""

    def window_text(self, visit: Visit) -> str:
        """The days between which a booster can be."""
        ends = visit.window.earliest, visit.window.latest
        first, last = (self.locale.day_text(day, year=False) for day in ends)
        return self.locale.text("may move, {first} to {last}", first=first, last=last)

    def status_text(self, item: Visit | Companion) -> str:
        """What is said of a visit or review instead of its times; "" if it takes place here."""
        if isinstance(item, Visit) and item.elsewhere:
            return self.locale.text("took place elsewhere")
        said = STATUS_TEXTS.get(item.status)
        return self.locale.text(said) if said else ""

    @property
    def reviews(self) -> list[Companion]:
        """The reviews of the course."""
        return [one for one in self.course.companions if one.is_review]

    @property
    def further(self) -> list[Companion]:
        """The other companions that the page lists, by time."""
        beside = (one for one in self.course.companions if not one.is_review)
        found = (one for one in beside if self.lists(one))
        return sorted(found, key=lambda one: one.start.timestamp())

    def lists(self, item: Visit | Companion) -> bool:
        """Whether the page has a line of an item.

        A patient's has none of a companion that was left out: beside the one that takes its place
        it would read as if that were left out.
        """
        if isinstance(item, Visit) or item.is_review or self.view.audience == "clinic":
            return True
        return item.status != "omitted"

    def day_cell(self, item: Visit | Companion) -> str:
        """The day of an item, as wide as the longest one and a gap."""
        day, width = (
            self.locale.day_text(item.start, year=False),
            self.locale.day_width(year=False),
        )
        return f"{day:<{width + 2}}"

    def length_text(self, companion: Companion) -> str:
        """How long a companion takes: "60 minutes"."""
        number = companion.minutes or REVIEW_MINUTES
        return self.locale.count_text("{count} minute", "{count} minutes", number)

    def must_not_drive(self, companion: Companion) -> bool:
        """Whether the patient must not drive to a companion."""
        return must_not_drive(self.course, companion)

    def is_waited_for(self, review: Companion) -> bool:
        """Whether later visits wait until this review is recorded."""
        waits = review.gate and review.status not in ("completed", "omitted")
        return waits and review.after < len(self.course.visits)

    @property
    def examples(self) -> list[str]:
        """The protocol's examples that the clinic has not replaced."""
        left = unreplaced_examples(self.course.protocol, self.course.clinic)
        examples = self.course.protocol.examples
        return [one for one in examples if one in left or not one.startswith("visits.")]

    def is_treatment(self, companion: Companion) -> bool:
        """Whether a companion is a home day, after which the patient must not drive."""
        return is_treatment(self.course, companion)

    def reminder_texts(self, visit: Visit | Companion) -> list[str]:
        """When the calendar still reminds of the ride: "Fri 4 Dec, 10:00"."""
        reminders = (one for one in ride_reminders(self.course, visit) if one.utc >= self.as_of)
        return [self.locale.moment_text(one.start, year=False) for one in reminders]

    def amount_text(self, amount: Amount) -> str:
        """An amount in the clinic's currency: "USD 2,700", "$449.50"."""
        between = " " if self.currency[-1:].isalpha() else ""
        return f"{self.currency}{between}{self.locale.number_text(amount.number())}"

    def price_text(self, line: BillLine) -> str:
        """The price of a line: "USD 450 each, USD 2,700"."""
        if line.unit_price is None or line.amount is None:
            return self.locale.text("ask your clinic")
        each, total = self.amount_text(line.unit_price), self.amount_text(line.amount)
        return (
            self.locale.text("{amount} each, {total}", amount=each, total=total)
            if line.count > 1
            else total
        )

    def entry_text(self, entry: Entry, revision: int) -> str:
        """A line of the history: what was done, why and by whom. Only for the clinic."""
        why = f", because of: {entry.why}" if entry.why else ""
        by = f" ({entry.by})" if entry.by else ""
        made = self.locale.moment_text(entry.at, year=False)
        what = restyle(entry.what, self.locale)
        return one_line(f"revision {revision}, {made}: {what}{why}{by}")


def make_page(course: Course, view: View) -> Page:
    """The content of a course's page for this audience."""
    labels = labels_for(course, view)
    discreet, locale = labels.discreet, labels.locale
    kinds, currency = course.protocol.visits, course.clinic.prices.currency
    tentative = [visit for visit in course.visits if visit.status == "tentative"]
    takes_place = [visit for visit in course.visits if visit.is_here]
    home_days = (one for one in course.companions if is_treatment(course, one))
    here: list[Visit | Companion] = [
        *takes_place,
        *(one for one in home_days if one.status in TAKES_PLACE),
    ]
    booster_phases = {phase.name for phase in course.protocol.phases if phase.tentative}
    listed = takes_place or [visit for visit in course.visits if not visit.elsewhere]
    beside = (one for one in course.companions if not one.is_review and one.status in TAKES_PLACE)
    starts = [one.start for one in listed] + [one.start for one in beside]
    starts.sort(key=lambda start: start.timestamp())
    return Page(
        course,
        discreet,
        locale,
        view,
        title=locale.text(message("Your appointments") if discreet else course.protocol.title),
        patient=(redact(course.patient) or locale.text("you")) if discreet else course.patient,
        bill=make_bill(course),
        currency=redact(currency) if discreet else currency,
        first_start=starts[0],
        last_start=starts[-1],
        not_tentative=[visit for visit in course.visits if visit.status != "tentative"],
        gated=[visit for visit in tentative if visit.phase not in booster_phases],
        boosters=[visit for visit in tentative if visit.phase in booster_phases],
        without_driving_rule=[
            one for one in here if one.no_driving_until is None and is_treatment(course, one)
        ],
        has_driving_rules=any(one.no_driving_until for one in here),
        former_dates=former_dates(course, view),
        to_come=what_is_to_come(course),
        needs_driver=any(kinds[visit.kind].needs_driver for visit in takes_place)
        or any(needs_ride(course, one) for one in course.companions),
        comes=any(kinds[visit.kind].place == "clinic" for visit in listed),
    )


def what_is_to_come(course: Course) -> list[Visit | Companion]:
    """The visits and companions that are planned, perhaps tentatively, and not over, by time.

    In a first revision nothing is over, because a course may be entered afterwards.
    """
    now = course.changed_at.timestamp()
    planned = (
        one
        for one in course.items
        if one.status in ("planned", "tentative")
        if course.revision == 1 or one.end.timestamp() > now
    )
    return sorted(planned, key=lambda one: one.start.timestamp())


def first_to_come(course: Course, visits: Iterable[Visit | Companion]) -> Visit | Companion | None:
    """The first of these that ends after the course was last changed; None if none does."""
    now = course.changed_at.timestamp()
    ahead = (visit for visit in visits if visit.end.timestamp() > now)
    return min(ahead, key=lambda visit: visit.start.timestamp(), default=None)
