"""Invitations: what a patient and the drivers of a course are invited to, each by mail.

There is one `Invitation` for each visit or companion and attendee. `due_invitations` compares
those of today with those that were sent, so that only what is new, changed or ended is sent. They
are discreet whatever a clinic's titles: a mail is read by more people than a calendar is.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from ketasched.events.event import Event, EventStatus
from ketasched.events.events import EventBuilder, events
from ketasched.events.rides import items_with_ride
from ketasched.events.view import View, reader_locale
from ketasched.events.wording import CHANGED, WAS, lines_text
from ketasched.model import TAKES_PLACE, Course
from ketasched.model.identifiers import event_uid
from ketasched.render.ics import plain_events

Attendee = Literal["patient", "driver"]

REMEMBERED = timedelta(60)
"""For how long an invitation is remembered once its date is over."""


UNTOLD = ("to", "owner", "made", "sequence", "was", "file", "pending")
"""The fields of an invitation that tell the attendee nothing new."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation, or its end, for one attendee to one visit; all moments are in UTC.

    `owner` is the key of the clinic in whose register the course is, "" for one in files. `when`
    is its start in words. `changed_title` is what its mail is called if it was another one before.
    `ended_title` and `ended_text` are what is said once it ends, `moved_text` once it moves: the
    course may not be known any more, or as it was, by then. `was` is None for one that is new, the
    `moved_text` of the one before for one that moved, and else "". `file` is the name of its mail,
    "" if it has none; while it is `pending`, that mail may not have been written.
    """

    course_id: str
    owner: str
    attendee: Attendee
    uid: str
    to: str
    organizer: str
    sender: str
    zone: str
    start: datetime
    end: datetime
    when: str
    title: str
    text: str
    changed_title: str
    moved_text: str
    ended_title: str
    ended_text: str
    place: str
    status: EventStatus
    busy: bool
    alarm: int | None
    made: datetime
    sequence: int
    was: str | None = None
    file: str = ""
    pending: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """What two invitations to one entry of one attendee have in common."""
        return self.uid, self.to.casefold()

    @property
    def event(self) -> Event:
        """The entry in the attendee's calendar."""
        start, end = (at.astimezone(ZoneInfo(self.zone)) for at in (self.start, self.end))
        what = self.title, self.text, self.place, self.status, self.busy, self.alarm
        return Event("", self.uid, start, end, *what, self.sequence, self.made)

    @property
    def what(self) -> Literal["invited", "changed", "called off"]:
        """What its mail tells the attendee."""
        if self.status == "CANCELLED":
            return "called off"
        return "invited" if self.was is None else "changed"

    def says_the_same(self, other: "Invitation") -> bool:
        """Whether the attendee learns nothing new from the other one."""
        own = {name: getattr(self, name) for name in UNTOLD}
        return self == replace(other, **own)

    def ended(self, made: datetime) -> "Invitation":
        """The end of it."""
        return replace(
            self,
            title=self.ended_title,
            text=self.ended_text,
            status="CANCELLED",
            busy=False,
            alarm=None,
            made=made.astimezone(UTC),
            sequence=self.sequence + 1,
            was=None,
            file="",
            pending=False,
        )


def invitations(course: Course, organizer: str, owner: str = "") -> Iterator[Invitation]:
    """What the patient and the drivers who have an address are invited to, past and to come.

    `owner` is the key of the clinic in whose register the course is, "" for one in files.
    """
    course = replace(course, clinic=replace(course.clinic, titles="discreet"))
    if to := course.request.patient_email:
        view, items = View("patient"), {one.uid for one in course.items}
        found = [one for one in events(course, view) if one.uid in items]
        yield from _invitations(course, view, dict.fromkeys(found, to), organizer, owner)
    addresses = {one.uid: one.driver for one in items_with_ride(course) if one.driver}
    for name in dict.fromkeys(driver.name for driver in addresses.values()):
        view = View("driver", rides_of=name)
        rides = {one: addresses[one.ride_of].email for one in _rides(course, view)}
        yield from _invitations(course, view, rides, organizer, owner)


def without_address(course: Course, now: datetime) -> Iterator[tuple[Attendee, str]]:
    """Whoever has a visit to come and no address: the patient by reference, drivers by name.

    A driver comes once for each ride.
    """
    ahead = [one for one in course.items if one.start > now and one.status in TAKES_PLACE]
    if ahead and not course.request.patient_email:
        yield "patient", course.patient
    for one in items_with_ride(course):
        if one.driver and not one.driver.email and one.start > now:
            yield "driver", one.driver.name


def _rides(course: Course, view: View) -> Iterator[Event]:
    """The rides of the view's driver, each from bring to collect, as one event.

    The driver's calendar may have both ends as events of their own, so the UID is another one.
    """
    standing = [one for one in events(course, view) if one.status != "CANCELLED"]
    ends = {one.ride_of: one for one in standing if one.name.startswith("collect-")}
    for bring in standing:
        if bring.name.startswith("bring-"):
            collect = ends[bring.ride_of]
            yield collect._replace(
                uid=event_uid(course.uid_key, bring.ride_of, "ride", view.rides_of),
                start=bring.start,
                end=collect.start,
                title=f"{bring.title}; {collect.title}",
                alarm=bring.alarm,
                # Each of both only rises, so the sum rises with a change of either.
                sequence=bring.sequence + collect.sequence,
            )


def _invitations(
    course: Course, view: View, found: dict[Event, str], organizer: str, owner: str
) -> Iterator[Invitation]:
    """The invitations to these events, for whoever has an address there."""
    locale, builder = reader_locale(course, view), EventBuilder(course, view)
    is_ride = view.audience == "driver"
    when_text = locale.day_text if is_ride else locale.moment_text  # its title has the times
    for event, to in found.items():
        if event.status == "CANCELLED" or not to:
            continue
        ended = builder.cancelled(event)
        ended = ended._replace(text=lines_text(ended.text, builder.labels.call))
        event, ended = plain_events(course, view, [event, ended])
        when = locale.plain(when_text(event.start))
        moment = f"{event.title}, {when}" if is_ride else when
        yield Invitation(
            course.course_id,
            owner,
            "driver" if is_ride else "patient",
            event.uid,
            to,
            organizer,
            builder.labels.clinic_name,
            course.timezone,
            event.start.astimezone(UTC),
            event.end.astimezone(UTC),
            when,
            event.title,
            event.text,
            locale.plain(locale.text(CHANGED, title=event.title)),
            locale.plain(locale.text(WAS, moment=moment)),
            ended.title,
            ended.text,
            event.place,
            event.status,
            event.busy,
            event.alarm,
            course.history[-1].at.astimezone(UTC),
            event.sequence,
        )


def due_invitations(
    sent: Iterable[Invitation],
    today: Iterable[Invitation],
    courses: Sequence[Course],
    now: datetime,
    owner: str = "",
) -> list[Invitation]:
    """What is to be sent now, the ends first: what has changed between `sent` and `today`.

    A date that is over is nobody invited to; it ends only for a patient whose visit did not take
    place. Only invitations to the `courses` end; if these are all courses of the `owner`, the key
    of a clinic, also those to others of its own. What was sent and is pending is sent again as it
    was.
    """
    known, wanted = {one.key: one for one in sent}, {one.key: one for one in today}
    dates = {one.course_id: one.history[-1].at for one in courses}
    items = (one for course in courses for one in course.items)
    over = {one.uid for one in items if one.status not in TAKES_PLACE}
    ends, sequences = list[Invitation](), dict[str, int]()
    for key, one in known.items():
        is_ours = one.course_id in dates or (owner and one.owner == owner)
        is_due = key not in wanted and is_ours and (one.start > now or one.uid in over)
        if one.status == "CANCELLED":
            ends += [one] if one.pending and is_ours and key not in wanted else ()
        elif is_due:
            one = one.ended(dates.get(one.course_id, now))
            ends.append(one)
        sequences[one.uid] = max(one.sequence, sequences.get(one.uid, 0))
    new = list[Invitation]()
    for key, one in sorted(wanted.items(), key=lambda item: item[1].start):
        was = known.get(key)
        standing = was if was and was.status != "CANCELLED" else None
        if max(one.start, standing.start if standing else one.start) <= now:
            continue
        if was and was.says_the_same(one):
            new += [was] if was.pending else ()
        else:
            least = sequences[one.uid] + 1 if one.uid in sequences else 0
            new.append(replace(one, sequence=max(one.sequence, least), was=_was(standing, one)))
    return [*ends, *new]


def _was(before: Invitation | None, one: Invitation) -> str | None:
    if before is None:
        return None
    has_moved = (before.start, before.end) != (one.start, one.end)
    return before.moved_text if has_moved else ""


def remembered(sent: Iterable[Invitation], now: datetime) -> list[Invitation]:
    """The invitations whose date is to come, or over for `REMEMBERED` at most."""
    return [one for one in sent if one.end + REMEMBERED > now]
