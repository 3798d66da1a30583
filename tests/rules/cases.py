"""What each rule has to find, and what it must not: at the limit, one step inside, one outside.

A case asks a rule's own method and no other rule. Days and times are local to New York unless a
zone is given; a visit lasts an hour unless said.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from ketasched.model import (
    Authorisation,
    BusyTime,
    Clinic,
    Clock,
    Closures,
    CompanionKind,
    DateRange,
    Finding,
    GapDays,
    GapHours,
    LeadTime,
    Level,
    Minutes,
    NoDriving,
    Override,
    OwnMinutes,
    Place,
    Protocol,
    Request,
    Resource,
    Slot,
    SpanDays,
    TimeRange,
    Visit,
    VisitKind,
    VisitOrdinals,
    WeekHours,
    Window,
    WithinDays,
)
from ketasched.model.holds import Hold
from ketasched.model.values import Record
from ketasched.model.wall_clock import slot_at
from ketasched.rules.base import PlanningContext
from tests.conftest import MADE_AT
from tests.support.nouns import INFUSION, MONDAY, clinic, occupied, phase, protocol, request

NEW_YORK, LORD_HOWE = "America/New_York", "Australia/Lord_Howe"

Ask = Callable[[Any], Finding | None]


class Case(NamedTuple):
    """A question to a rule; the level of the finding it must give, None where it holds."""

    title: str
    ask: Ask
    level: Level | None
    says: str = ""


def holds(title: str, ask: Ask) -> Case:
    """A case in which the rule has nothing to say."""
    return Case(title, ask, None)


def fires(title: str, ask: Ask, says: str = "") -> Case:
    """A case in which the rule is broken, in words that have `says` in them."""
    return Case(title, ask, "broken", says)


def warns(title: str, ask: Ask, says: str = "") -> Case:
    """A case in which the rule only warns."""
    return Case(title, ask, "warning", says)


# --- how a rule is asked -----------------------------------------------------------------------


def moment(text: str, zone: str = NEW_YORK) -> datetime:
    """A local time, "2026-12-07 09:00"; "2nd" behind it is the second of two."""
    local = datetime.fromisoformat(text.removesuffix(" 2nd")).replace(tzinfo=ZoneInfo(zone))
    return local.replace(fold=int(text.endswith(" 2nd")))


def given(
    at: Clinic | None = None,
    asked: Request | None = None,
    by: Protocol | None = None,
    made_at: datetime = MADE_AT,
    taken: tuple[tuple[datetime, datetime], ...] = (),
) -> PlanningContext:
    """What a rule may look at; what is not said is plain."""
    files = by or protocol(), at or clinic()
    return PlanningContext(*files, asked or request(), made_at, occupied(taken))


def visit(text: str, minutes: int = 60, *, place: Place = "clinic", zone: str = NEW_YORK) -> Slot:
    """A visit that checks in then and takes so long."""
    return slot_at(VisitKind("Visit", Minutes(0, minutes, 0), place), moment(text, zone))


def day(text: str, **known: Any) -> Ask:
    """Asks about a day."""
    return lambda rule: rule.day(date.fromisoformat(text), given(**known))


def slot(text: str, minutes: int = 60, place: Place = "clinic", **known: Any) -> Ask:
    """Asks about a visit at this time, in the clinic's zone."""
    about = given(**known)
    at = visit(text, minutes, place=place, zone=about.clinic.timezone)
    return lambda rule: rule.slot(at, about)


def served(
    text: str, resource: Resource | None, *times: str, place: Place = "clinic", **kind: Any
) -> Ask:
    """Asks about an infusion, on 7 December unless said, while others have the resource."""
    at = clinic(resources=(resource,) if resource else ())
    about = given(at)
    about.bookings.add(Hold("nurse", *(one.timestamp() for one in _ends(span))) for span in times)
    infusion = VisitKind("Infusion", Minutes(15, 40, 60), place, **kind)
    asked = slot_at(infusion, _on_the_day(text))
    return lambda rule: rule.slot(asked, about)


def _on_the_day(text: str) -> datetime:
    """A local time, on 7 December unless it has a date; 24:00 is the next midnight."""
    if text == "24:00":
        return moment("2026-12-08 00:00")
    return moment(text if len(text) > len("10:00") else f"2026-12-07 {text}")


def _ends(span: str) -> tuple[datetime, datetime]:
    """The ends of "10:00-12:00", or of two times with dates."""
    half = len(span) // 2 if len(span) == len("10:00-12:00") else len("2026-11-01 01:59")
    return _on_the_day(span[:half]), _on_the_day(span[half + 1 :])


def first(text: str, **known: Any) -> Ask:
    """Asks about a course that begins then."""
    return lambda rule: rule.ask(visit(text), given(**known))


def step(before: str, after: str, *, zone: str = NEW_YORK, **spacing: Any) -> Ask:
    """Asks about two neighbours in a phase with this spacing."""
    two = visit(before, zone=zone), visit(after, zone=zone)
    return lambda rule: rule.pair(*two, phase(**spacing), given(clinic(timezone=zone)))


def ends(before: str, after: str, span: SpanDays | None) -> Ask:
    """Asks about the first and the last visit of a phase with this span."""
    dates = [date.fromisoformat(text.split()[0]) for text in (before, after)]
    return lambda rule: rule.ends(*dates, phase(span_days=span), given())


def counted(*days: str, authorised: str = "", done: int = 0, elsewhere: int = 0) -> Ask:
    """Asks about visits on these days of December, the first of them `done`, or `elsewhere`."""
    allowed = tuple(Authorisation.read(text) for text in authorised.split("; ") if text)
    visits = [
        Visit(
            number=number,
            phase="induction",
            of=f"{number} of {len(days)}",
            kind="infusion",
            status="completed" if number <= done or number <= elsewhere else "tentative",
            start=moment(f"2026-12-{on} 09:00"),
            treatment_start=moment(f"2026-12-{on} 09:15"),
            end=moment(f"2026-12-{on} 10:55"),
            no_driving_until=None,
            window=Window(MONDAY, MONDAY, MONDAY),
            uid=f"visit-{number}",
            elsewhere=number <= elsewhere,
        )
        for number, on in enumerate(days, start=1)
    ]
    return lambda rule: rule.course(visits, given(asked=request(authorised=allowed)))


def beside(companion: str, visit_at: str, *, before: bool = False) -> Ask:
    """Asks about a companion, 2 to 4 days after its visit or before it."""
    side: dict[str, Any] = {"before" if before else "after": VisitOrdinals()}
    kind = CompanionKind("talk", "Talk", WithinDays(4, 2), 60, **side)
    slots = visit(companion), visit(visit_at)
    return lambda rule: rule.beside(kind, *slots)


def moved(old: str, new: str, now: str = "2026-12-01 12:00", notice: str = "24h") -> Ask:
    """Asks about a visit that another visit's change moves, at a clinic with this notice."""
    times, at = map(moment, (old, new, now)), clinic(notice=LeadTime.read(notice))
    asked = *times, at
    return lambda rule: rule.move(*asked)


def closed(*dates: str, **more: Any) -> Clinic:
    """A clinic, open on every day of the week, that is closed on these dates."""
    ranges = tuple(DateRange.read(text) for text in dates)
    every_day = "mon tue wed thu fri sat sun"
    return clinic(every_day, closures=Closures(dates=ranges, **more))


def one_off(day: str, times: str = "09:00-13:00") -> dict[date, tuple[TimeRange, ...]]:
    """An opening for once."""
    return {date.fromisoformat(day): (TimeRange.read(times),)}


def away(*dates: str) -> Request:
    """A patient who is away then."""
    return request(unavailable=tuple(DateRange.read(text) for text in dates))


def busy(*times: str, zone: str = NEW_YORK) -> Request:
    """A patient, or a clinician, who is busy then: "2026-12-07 10:00..2026-12-07 11:00"."""
    both = (text.split("..") for text in times)
    ends = ((moment(start, zone), moment(end, zone)) for start, end in both)
    return request(busy=tuple(BusyTime(*two, f"cal{n}") for n, two in enumerate(ends, start=1)))


def taken(*times: str, on: str = "2026-12-07") -> tuple[tuple[datetime, datetime], ...]:
    """Other patients' visits of one day: "09:00-10:00"."""
    both = (text.split("-") for text in times)
    return tuple((moment(f"{on} {start}"), moment(f"{on} {end}")) for start, end in both)


def out_of_order(chairs_out: dict[str, int], chairs: int = 3) -> Clinic:
    """A clinic in which so many chairs are out of order, by dates."""
    out = {DateRange.read(text): number for text, number in chairs_out.items()}
    return clinic(chairs=chairs, closures=Closures(chairs=out))


def from_the_9th(weekdays: str, times: str) -> Clinic:
    """A clinic, open from Monday to Friday, that has other hours from Wed 9 December 2026 on."""
    usual, newer = clinic(), clinic(weekdays, times).hours
    return replace(usual, hours=replace(usual.hours, changes={date(2026, 12, 9): newer}))


def own_rule(rule: NoDriving | None, protocol_id: str = "test", **more: Any) -> Clinic:
    """A clinic with a no-driving rule of its own."""
    return clinic(overrides={protocol_id: {"infusion": Override(no_driving=rule, **more)}})


def shorter(**more: Any) -> Clinic:
    """A clinic that observes half an hour shorter than the protocol."""
    return own_rule(None, minutes=OwnMinutes(observation=30), **more)


def after_rule(rule: NoDriving | None) -> Protocol:
    """A protocol whose infusions have this no-driving rule."""
    kind = VisitKind(INFUSION.title, INFUSION.minutes, no_driving=rule)
    return protocol(visits={"infusion": kind})


def needing(*names: str) -> Protocol:
    """A protocol whose infusions need these resources."""
    return protocol(visits={"infusion": replace(INFUSION, needs=names)})


def talking(*needs: str) -> Protocol:
    """A protocol with a talk after each infusion, which needs these resources."""
    talk = CompanionKind(
        "talk", "Talk", WithinDays(3), 30, after=VisitOrdinals(), place="clinic", needs=needs
    )
    return protocol(companions=(talk,))


ENROLLED = protocol(requires=("rems-enrolment",))
MINUTES, NO_DRIVING = "visits.infusion.minutes", "visits.infusion.no_driving"
OBSERVATION = f"{MINUTES}.observation"
SPLIT = clinic("mon", "08:00-12:00 13:00-17:00")
LATE = clinic("mon", "20:00-24:00")
NIGHT = clinic("sun", "00:00-02:00")
TWO_NURSES = Resource("nurse", count=2, during=("treatment", "observation"))
MONITORED = clinic(resources=(Resource("monitor"),))
AWAY = {DateRange.read("2026-12-07 course"): 1}
MORNINGS = WeekHours(mon=(TimeRange.read("10:20-12:00"),))
ALL_SUNDAY = WeekHours(sun=(TimeRange(0, 1440),))
BUSY_HOURS = ["10:00-12:00"] * 4
THREE_CHAIRS = clinic(chairs=3)
ONE_OF_THREE = out_of_order({"2026-12-08 pump repair": 1})
TWO_STARTS = clinic(starts_per_slot=2)
LORD_HOWE_CLINIC = clinic(timezone=LORD_HOWE)
EVENING = datetime(2026, 11, 24, 4, 59, tzinfo=UTC)  # a minute before midnight in New York
MIDNIGHT = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
TEN_TO_TWELVE = TimeRange.read("10:00-12:00")
SHORT = NoDriving(23, Clock(8 * 60))
EIGHT, LAST = Clock(8 * 60), Clock(24 * 60 - 1)
H48, H47 = GapHours(min=48), GapHours(min=47)


CASES: Mapping[str, tuple[Case, ...]] = {
    "open-hours": (
        holds("a day on which it opens", day("2026-12-07")),
        fires("a weekday on which it does not", day("2026-12-06"), "on this weekday"),
        holds("a closure speaks for itself", day("2026-12-07", at=closed("2026-12-07"))),
        holds(
            "a one-off opening on such a weekday",
            day("2026-12-06", at=clinic(closures=Closures(openings=one_off("2026-12-06")))),
        ),
        holds("from the first minute", slot("2026-12-07 09:00")),
        fires("a minute too early", slot("2026-12-07 08:59"), "08:59-09:59"),
        holds("to the last minute", slot("2026-12-07 16:00")),
        fires("a minute too late", slot("2026-12-07 16:01"), "16:01-17:01"),
        holds("all of an opening", slot("2026-12-07 09:00", 480)),
        fires("longer than the opening by a minute", slot("2026-12-07 09:00", 481), "481 min"),
        fires("as long as the opening, too late", slot("2026-12-07 09:01", 480), "09:01-17:01"),
        holds("up to lunch", slot("2026-12-07 11:00", at=SPLIT)),
        fires("a minute into lunch", slot("2026-12-07 11:01", at=SPLIT)),
        holds("from the end of lunch", slot("2026-12-07 13:00", at=SPLIT)),
        fires("a minute before lunch is over", slot("2026-12-07 12:59", at=SPLIT)),
        fires("across lunch", slot("2026-12-07 11:30", 120, at=SPLIT), "08:00-12:00 and 13:00"),
        fires("longer than both openings", slot("2026-12-07 08:00", 241, at=SPLIT), "241 min"),
        *(
            case(title, slot(f"{on} {at}", at=from_the_9th("wed sat", "12:00-20:00")))
            for case, title, on, at in (
                (holds, "the old hours, the day before newer ones", "2026-12-08", "09:00"),
                (fires, "the newer hours, a day too early", "2026-12-08", "19:00"),
                (fires, "the old hours, on the day of newer ones", "2026-12-09", "09:00"),
                (holds, "the newer hours, on their first day", "2026-12-09", "19:00"),
                (holds, "the newer hours, a week later", "2026-12-16", "19:00"),
            )
        ),
        fires(
            "a weekday that newer hours leave out",
            day("2026-12-10", at=from_the_9th("wed sat", "12:00-20:00")),
            "on this weekday",
        ),
        holds(
            "a weekday that newer hours have, and the old ones had not",
            day("2026-12-12", at=from_the_9th("wed sat", "12:00-20:00")),
        ),
        fires(
            "such a weekday before that", day("2026-12-05", at=from_the_9th("sat", "12:00-20:00"))
        ),
        holds("to midnight", slot("2026-12-07 23:00", at=LATE)),
        fires("a minute past midnight", slot("2026-12-07 23:01", at=LATE), "23:01-00:01"),
        holds(
            "in a one-off opening",
            slot("2026-12-07 06:00", at=closed(openings=one_off("2026-12-07", "06:00-07:00"))),
        ),
        fires(
            "in the usual hours, but not in the one-off opening",
            slot("2026-12-07 14:00", at=closed(openings=one_off("2026-12-07"))),
        ),
        holds("local time, as clocks go back", slot("2027-11-07 00:30", 150, at=NIGHT)),
        fires("a minute more, as clocks go back", slot("2027-11-07 00:30", 151, at=NIGHT)),
        fires(
            "local time, as clocks go forward",
            slot("2027-03-14 01:30", 31, at=clinic("sun", "00:00-03:00")),
        ),
        holds(
            "a minute less, as clocks go forward",
            slot("2027-03-14 01:30", 30, at=clinic("sun", "00:00-03:00")),
        ),
    ),
    "closure": (
        holds("the day before", day("2026-12-23", at=closed("2026-12-24"))),
        fires("the day", day("2026-12-24", at=closed("2026-12-24")), "the clinic is closed"),
        holds("the day after", day("2026-12-25", at=closed("2026-12-24"))),
        holds("the day before a range", day("2026-12-27", at=closed("2026-12-28..2027-01-01"))),
        fires("the first of a range", day("2026-12-28", at=closed("2026-12-28..2027-01-01"))),
        fires("inside a range", day("2026-12-31", at=closed("2026-12-28..2027-01-01"))),
        fires("the last of a range", day("2027-01-01", at=closed("2026-12-28..2027-01-01"))),
        holds("the day after a range", day("2027-01-02", at=closed("2026-12-28..2027-01-01"))),
        fires("by its label", day("2026-12-24", at=closed("2026-12-24 party")), "(party)"),
        fires(
            "the second of two closures",
            day("2026-12-29", at=closed("2026-12-24", "2026-12-29 stocktaking")),
            "(stocktaking)",
        ),
        fires("a holiday", day("2026-12-25", at=closed(holidays="US-NY")), "Christmas"),
        holds("the day before a holiday", day("2026-12-24", at=closed(holidays="US-NY"))),
        holds("the holiday of nobody", day("2026-12-25", at=closed())),
        fires(
            "a holiday of that part of the country only",
            day("2026-02-12", at=closed(holidays="US-NY")),
            "Lincoln",
        ),
        holds("not a holiday elsewhere", day("2026-02-12", at=closed(holidays="US-TX"))),
        holds(
            "a one-off opening in a closure",
            day("2026-12-29", at=closed("2026-12-28..2027-01-01", openings=one_off("2026-12-29"))),
        ),
        fires(
            "the day after a one-off opening",
            day("2026-12-30", at=closed("2026-12-28..2027-01-01", openings=one_off("2026-12-29"))),
        ),
        holds(
            "a one-off opening on a holiday",
            day("2026-12-25", at=closed(holidays="US-NY", openings=one_off("2026-12-25"))),
        ),
    ),
    "availability": (
        holds("any day, where none is named", day("2026-12-08")),
        holds("a weekday that suits", day("2026-12-07", asked=request(days=("mon", "thu")))),
        fires(
            "a weekday that does not",
            day("2026-12-08", asked=request(days=("mon", "thu"))),
            "mon, thu",
        ),
        holds("the day before an absence", day("2026-12-08", asked=away("2026-12-09"))),
        fires("the day of an absence", day("2026-12-09", asked=away("2026-12-09"))),
        holds("the day after an absence", day("2026-12-10", asked=away("2026-12-09"))),
        holds("before a range", day("2026-12-08", asked=away("2026-12-09..2026-12-11"))),
        fires("the first of a range", day("2026-12-09", asked=away("2026-12-09..2026-12-11"))),
        fires("the last of a range", day("2026-12-11", asked=away("2026-12-09..2026-12-11"))),
        holds("after a range", day("2026-12-12", asked=away("2026-12-09..2026-12-11"))),
        fires("by its label", day("2026-12-09", asked=away("2026-12-09 trip")), "(trip)"),
        holds("any time, where none is named", slot("2026-12-07 05:00")),
        *(
            case(title, slot(f"2026-12-07 {time}", minutes, asked=request(between=TEN_TO_TWELVE)))
            for case, title, time, minutes in (
                (holds, "from the first minute", "10:00", 60),
                (fires, "a minute too early", "09:59", 60),
                (holds, "to the last minute", "11:00", 60),
                (fires, "a minute too late", "11:01", 60),
                (holds, "all of it", "10:00", 120),
                (fires, "a minute longer than all of it", "10:00", 121),
            )
        ),
        holds(
            "to midnight",
            slot("2026-12-07 23:00", asked=request(between=TimeRange.read("22:00-24:00"))),
        ),
        fires(
            "past midnight",
            slot("2026-12-07 23:01", asked=request(between=TimeRange.read("22:00-24:00"))),
            "between 22:00 and 24:00",
        ),
        *(
            case(title, slot("2026-12-07 10:00", asked=busy(*times)), *says)
            for case, title, times, says in (
                (holds, "until it begins", ["2026-12-07 09:00..2026-12-07 10:00"], []),
                (
                    fires,
                    "a minute longer than until it begins",
                    ["2026-12-07 09:00..2026-12-07 10:01"],
                    ["busy (cal1)"],
                ),
                (holds, "from its end", ["2026-12-07 11:00..2026-12-07 12:00"], []),
                (fires, "from a minute before", ["2026-12-07 10:59..2026-12-07 12:00"], []),
                (fires, "within", ["2026-12-07 10:20..2026-12-07 10:30"], []),
                (fires, "all around", ["2026-12-01 00:00..2027-01-01 00:00"], []),
                (
                    fires,
                    "by a long one behind short ones",
                    [
                        "2026-12-07 09:30..2026-12-07 09:45",
                        "2026-12-07 08:00..2026-12-07 10:30",
                        "2026-12-07 09:00..2026-12-07 09:15",
                    ],
                    ["busy (cal2)"],
                ),
                (
                    holds,
                    "before and after",
                    [
                        "2026-12-07 12:00..2026-12-07 13:00",
                        "2026-12-07 07:00..2026-12-07 09:59",
                        "2026-12-08 10:00..2026-12-08 11:00",
                    ],
                    [],
                ),
            )
        ),
        fires(
            "in the second of two hours",
            slot("2027-11-07 00:45", 90, asked=busy("2027-11-07 01:00 2nd..2027-11-07 01:30 2nd")),
            "busy",
        ),
        holds(
            "not until the second of two hours",
            slot("2027-11-07 00:45", 75, asked=busy("2027-11-07 01:00 2nd..2027-11-07 01:30 2nd")),
        ),
    ),
    "start": (
        fires("the day before", day("2026-12-06"), "Mon 7 Dec 2026"),
        holds("the day", day("2026-12-07")),
        holds("the day after", day("2026-12-08")),
    ),
    "staff": (
        holds("a clinic that names no resource", served("10:00", None, "10:00-12:00")),
        holds("one of two nurses is free", served("10:00", TWO_NURSES, "10:00-12:00")),
        fires(
            "both nurses are with others",
            served("10:00", TWO_NURSES, "10:00-12:00", "09:00-10:30"),
            "no nurse is free before 10:30",
        ),
        holds(
            "a nurse who becomes free with the treatment",
            served("10:00", TWO_NURSES, "10:00-12:00", "09:00-10:15"),
        ),
        fires(
            "a nurse who becomes free a minute later",
            served("10:00", TWO_NURSES, "10:00-12:00", "09:00-10:16"),
            "no nurse is free before 10:16",
        ),
        holds(
            "a nurse who is needed after the observation",
            served("10:00", TWO_NURSES, "10:00-12:00", "11:55-12:30"),
        ),
        fires(
            "a nurse who is needed a minute sooner",
            served("10:00", TWO_NURSES, "10:00-12:00", "11:54-12:30"),
            "no nurse is free before 12:00",
        ),
        fires(
            "nobody is free any more that day",
            served("10:00", TWO_NURSES, *["10:00-24:00"] * 2),
            "no nurse is free at 10:15",
        ),
        holds(
            "each nurse serves two",
            served("10:00", replace(TWO_NURSES, serves=2), *BUSY_HOURS[:3]),
        ),
        fires(
            "each nurse serves two, and has them",
            served("10:00", replace(TWO_NURSES, serves=2), *BUSY_HOURS),
        ),
        fires(
            "one of the nurses is away",
            served("10:00", replace(TWO_NURSES, absences=AWAY), "10:00-12:00"),
            "1 of 2 nurses is away (course), and no nurse is free before 12:00",
        ),
        fires(
            "nobody is there",
            served("10:00", replace(TWO_NURSES, count=1, absences=AWAY)),
            "the nurse is away (course)",
        ),
        fires(
            "nobody is there, beyond the hours too",
            served("14:00", replace(TWO_NURSES, count=1, absences=AWAY, hours=MORNINGS)),
            "the nurse is away (course)",
        ),
        holds("the day after", served("2026-12-08 10:00", replace(TWO_NURSES, absences=AWAY))),
        holds("up to the end of the hours", served("10:05", replace(TWO_NURSES, hours=MORNINGS))),
        fires(
            "a minute beyond the hours",
            served("10:06", replace(TWO_NURSES, hours=MORNINGS)),
            "no nurse is there from 10:21 to 12:01 (10:20-12:00)",
        ),
        holds(
            "from the beginning of the hours", served("10:05", replace(TWO_NURSES, hours=MORNINGS))
        ),
        fires("a minute before the hours", served("10:04", replace(TWO_NURSES, hours=MORNINGS))),
        fires(
            "a weekday without hours",
            served("2026-12-08 10:05", replace(TWO_NURSES, hours=MORNINGS)),
            "no nurse is there on this weekday",
        ),
        holds(
            "only in the observation",
            served("10:00", replace(TWO_NURSES, during=("observation",)), *["10:00-10:55"] * 2),
        ),
        fires(
            "in the observation, too late",
            served("10:00", replace(TWO_NURSES, during=("observation",)), *["10:00-10:56"] * 2),
        ),
        holds(
            "free between check-in and observation",
            served(
                "10:00",
                replace(TWO_NURSES, during=("check_in", "observation")),
                *["10:15-10:55"] * 2,
            ),
        ),
        holds(
            "a kind that needs another", served("10:00", TWO_NURSES, *BUSY_HOURS, needs=("room",))
        ),
        fires(
            "a kind that needs a nurse", served("10:00", TWO_NURSES, *BUSY_HOURS, needs=("nurse",))
        ),
        holds("a kind that needs nothing", served("10:00", TWO_NURSES, *BUSY_HOURS, needs=())),
        holds("by phone", served("10:00", TWO_NURSES, *BUSY_HOURS, place="phone")),
        fires(
            "by phone with a nurse",
            served("10:00", TWO_NURSES, *BUSY_HOURS, place="phone", needs=("nurse",)),
        ),
        fires(
            "the hour that comes twice",
            served(
                "2026-11-01 01:30",
                replace(TWO_NURSES, hours=ALL_SUNDAY, count=1),
                "2026-11-01 01:59-2026-11-01 01:05 2nd",
            ),
            "no nurse is free before 01:05",
        ),
    ),
    "capacity": (
        holds("nobody else", slot("2026-12-07 09:00", at=clinic(chairs=1))),
        *(
            case(title, slot("2026-12-07 10:00", at=THREE_CHAIRS, taken=taken(*times)))
            for case, title, times in (
                (holds, "the last chair", ["10:00-11:00"] * 2),
                (fires, "no chair", ["10:00-11:00"] * 3),
                (holds, "a chair that becomes free", ["09:00-10:00"] * 3),
                (fires, "a chair that becomes free a minute later", ["09:00-10:01"] * 3),
                (holds, "a chair that is needed afterwards", ["11:00-12:00"] * 3),
                (fires, "a chair that is needed a minute sooner", ["10:59-12:00"] * 3),
                (fires, "no chair for a moment within", ["10:20-10:40"] * 3),
                (
                    holds,
                    "chairs taken in turn, never all at once",
                    ["09:30-10:30"] * 2 + ["10:30-11:30"] * 2,
                ),
                (
                    fires,
                    "chairs taken in turn, all at once for a minute",
                    ["09:30-10:31", "09:30-10:31", "10:30-11:30"],
                ),
            )
        ),
        holds(
            "any number, where chairs are not counted",
            slot("2026-12-07 10:00", taken=taken(*["10:00-11:00"] * 30)),
        ),
        holds(
            "by phone, which takes no chair",
            slot(
                "2026-12-07 10:00", 60, "phone", at=THREE_CHAIRS, taken=taken(*["10:00-11:00"] * 3)
            ),
        ),
        holds(
            "at home, however many begin together",
            slot("2026-12-07 10:00", 60, "home", at=TWO_STARTS, taken=taken(*["10:00-11:00"] * 2)),
        ),
        holds(
            "chairs taken on another day",
            slot("2026-12-08 10:00", at=THREE_CHAIRS, taken=taken(*["10:00-11:00"] * 3)),
        ),
        holds(
            "the last start", slot("2026-12-07 10:00", at=TWO_STARTS, taken=taken("10:00-11:00"))
        ),
        fires(
            "one start too many",
            slot("2026-12-07 10:00", at=TWO_STARTS, taken=taken("10:00-11:00", "10:00-10:15")),
            "2 visits begin at 10:00",
        ),
        fires(
            "the only start",
            slot("2026-12-07 10:00", at=clinic(starts_per_slot=1), taken=taken("10:00-11:00")),
            "a visit begins at 10:00 already",
        ),
        fires(
            "the only chair",
            slot("2026-12-07 10:00", at=clinic(chairs=1), taken=taken("10:00-11:00")),
            "the chair is taken at 10:00",
        ),
        *(
            case(title, slot(f"{on} 10:00", at=out, taken=taken(*["10:00-11:00"] * 2, on=on)))
            for case, title, on in (
                (holds, "the day before a chair is out of order", "2026-12-07"),
                (fires, "the first day of a chair out of order", "2026-12-08"),
                (fires, "the last day of a chair out of order", "2026-12-10"),
                (holds, "the day after a chair was out of order", "2026-12-11"),
            )
            for out in (out_of_order({"2026-12-08..2026-12-10": 1}),)
        ),
        holds(
            "the last of the chairs that are in order",
            slot("2026-12-08 10:00", at=ONE_OF_THREE, taken=taken("10:00-11:00", on="2026-12-08")),
        ),
        fires(
            "all chairs but the one out of order",
            slot(
                "2026-12-08 10:00",
                at=ONE_OF_THREE,
                taken=taken(*["10:00-11:00"] * 2, on="2026-12-08"),
            ),
            "1 of 3 chairs is out of order (pump repair), the others are taken at 10:00",
        ),
        fires(
            "the last chair, the others being out of order",
            slot(
                "2026-12-08 10:00",
                at=out_of_order({"2026-12-08": 2}),
                taken=taken("10:00-11:00", on="2026-12-08"),
            ),
            "2 of 3 chairs are out of order, the other is taken at 10:00",
        ),
        fires(
            "nobody else, but no chair in order",
            slot("2026-12-08 10:00", at=out_of_order({"2026-12-08": 3})),
            "all 3 chairs are out of order",
        ),
        fires(
            "nobody else, but the only chair is out of order",
            slot("2026-12-08 10:00", at=out_of_order({"2026-12-08": 1}, chairs=1)),
            "the chair is out of order",
        ),
        holds(
            "by phone, whatever is out of order",
            slot("2026-12-08 10:00", 60, "phone", at=out_of_order({"2026-12-08": 3})),
        ),
        holds(
            "the last minutes before a day without chairs, in local time",
            slot("2027-03-13 22:00", 120, at=out_of_order({"2027-03-14": 3})),
        ),
        fires(
            "from local midnight on, the night before the clocks go forward",
            slot("2027-03-14 00:00", 60, at=out_of_order({"2027-03-14": 3})),
        ),
        fires(
            "to local midnight, the day that the clocks go back",
            slot("2027-11-07 23:00", 60, at=out_of_order({"2027-11-07": 3})),
        ),
        holds(
            "from local midnight on, the day after the clocks go back",
            slot("2027-11-08 00:00", 60, at=out_of_order({"2027-11-07": 3})),
        ),
        holds(
            "starts a minute away",
            slot(
                "2026-12-07 10:00", at=TWO_STARTS, taken=taken(*["09:59-11:00", "10:01-11:00"] * 2)
            ),
        ),
        fires(
            "a chair held into the repeated hour",
            slot(
                "2027-11-07 01:30",
                45,
                at=clinic(chairs=1),
                taken=taken("00:30-01:15 2nd", on="2027-11-07"),
            ),
        ),
        holds(
            "the same clock time an hour later",
            slot(
                "2027-11-07 01:30 2nd",
                45,
                at=clinic(chairs=1, starts_per_slot=1),
                taken=taken("01:30-01:15 2nd", on="2027-11-07"),
            ),
        ),
    ),
    "clock": (
        holds("a minute before the skipped hour", slot("2027-03-14 01:59")),
        fires("the first skipped minute", slot("2027-03-14 02:00"), "does not exist"),
        fires("the last skipped minute", slot("2027-03-14 02:59"), "does not exist"),
        holds("the minute after", slot("2027-03-14 03:00")),
        holds("the same time a day later", slot("2027-03-15 02:30")),
        holds("a minute before the repeated hour", slot("2027-11-07 00:59")),
        warns("the first repeated minute", slot("2027-11-07 01:00"), "the first is meant"),
        warns("the last repeated minute", slot("2027-11-07 01:59"), "the first is meant"),
        warns("the second time round", slot("2027-11-07 01:30 2nd"), "the second is meant"),
        holds("the minute after the repeated hour", slot("2027-11-07 02:00")),
        warns(
            "a wanted time that is skipped",
            slot("2027-03-14 03:00", asked=request(time=Clock(150))),
            "02:30 does not exist",
        ),
        holds(
            "a wanted time that is there", slot("2027-03-14 03:00", asked=request(time=Clock(180)))
        ),
        holds(
            "a wanted time that is skipped on another day",
            slot("2027-03-15 03:00", asked=request(time=Clock(150))),
        ),
        warns(
            "a usual time that is skipped",
            slot("2027-03-14 09:00", at=clinic(preferred_start=Clock(120))),
            "02:00 does not exist",
        ),
        *(
            case(f"Lord Howe, {title}", slot(text, at=LORD_HOWE_CLINIC))
            for case, title, text in (
                (holds, "a minute before the skipped half-hour", "2027-10-03 01:59"),
                (fires, "the first skipped minute", "2027-10-03 02:00"),
                (fires, "the last skipped minute", "2027-10-03 02:29"),
                (holds, "the minute after", "2027-10-03 02:30"),
                (holds, "a minute before the repeated half-hour", "2027-04-04 01:29"),
                (warns, "the first repeated minute", "2027-04-04 01:30"),
                (warns, "the last repeated minute", "2027-04-04 01:59"),
                (holds, "the minute after the repeated half-hour", "2027-04-04 02:00"),
            )
        ),
    ),
    "gap": (
        *(
            case(title, step("2026-12-07 09:00", f"2026-12-{after}", gap_days=GapDays(5, 2)))
            for case, title, after in (
                (fires, "a day too few", "08 16:00"),
                (holds, "the fewest days", "09 09:00"),
                (holds, "a day more than the fewest", "10 09:00"),
                (holds, "a day less than the most", "11 09:00"),
                (holds, "the most days", "12 16:00"),
                (fires, "a day too many", "13 09:00"),
                (fires, "the same day", "07 16:00"),
            )
        ),
        fires(
            "in words",
            step("2026-12-07 09:00", "2026-12-13 09:00", gap_days=GapDays(5, 2)),
            "6 days after the visit before; 2 to 5",
        ),
        holds("Mon 15:00 to Wed 09:00, two days", step("2026-12-07 15:00", "2026-12-09 09:00")),
        fires(
            "Mon 15:00 to Wed 09:00, 42 hours of 43",
            step("2026-12-07 15:00", "2026-12-09 09:00", gap_hours=GapHours(min=43)),
            "42 hours",
        ),
        holds(
            "Mon 15:00 to Wed 09:00, 42 hours of 42",
            step("2026-12-07 15:00", "2026-12-09 09:00", gap_hours=GapHours(min=42)),
        ),
        fires(
            "a minute less than 42 hours",
            step("2026-12-07 15:01", "2026-12-09 09:00", gap_hours=GapHours(min=42)),
            "at least 42",
        ),
        holds(
            "the most hours",
            step("2026-12-07 09:00", "2026-12-10 09:00", gap_hours=GapHours(max=72)),
        ),
        fires(
            "a minute more than the most hours",
            step("2026-12-07 09:00", "2026-12-10 09:01", gap_hours=GapHours(max=72)),
            "at most 72",
        ),
        fires(
            "hours that are right, days that are not",
            step("2026-12-07 09:00", "2026-12-08 09:00", gap_hours=GapHours(min=24)),
            "1 day after",
        ),
        fires(
            "47 h as clocks go forward",
            step("2027-03-13 09:00", "2027-03-15 09:00", gap_hours=H48),
        ),
        holds(
            "48 h as clocks go forward",
            step("2027-03-13 09:00", "2027-03-15 10:00", gap_hours=H48),
        ),
        holds(
            "47 h are enough for 47", step("2027-03-13 09:00", "2027-03-15 09:00", gap_hours=H47)
        ),
        holds(
            "48 h as clocks go back", step("2027-11-06 09:00", "2027-11-08 08:00", gap_hours=H48)
        ),
        fires(
            "47 h as clocks go back", step("2027-11-06 09:00", "2027-11-08 07:00", gap_hours=H48)
        ),
        fires(
            "47.5 h as Lord Howe's clocks go forward",
            step("2027-10-02 09:00", "2027-10-04 09:00", zone=LORD_HOWE, gap_hours=H48),
            "47.5 hours",
        ),
        holds(
            "two days are two days, as clocks go forward",
            step("2027-03-13 16:00", "2027-03-15 09:00", gap_days=GapDays(2, 2)),
        ),
    ),
    "earlier": (
        fires("a day earlier", moved("2026-12-09 09:00", "2026-12-08 16:00")),
        holds("an earlier time of the same day", moved("2026-12-09 16:00", "2026-12-09 09:00")),
        holds("a day later", moved("2026-12-09 16:00", "2026-12-10 09:00")),
    ),
    "notice": (
        fires(
            "a minute too soon", moved("2026-12-02 09:00", "2026-12-02 11:59"), "within 24 hours"
        ),
        holds("after the notice to the minute", moved("2026-12-02 09:00", "2026-12-02 12:00")),
        holds("the clinic's own", moved("2026-12-02 09:00", "2026-12-01 14:00", notice="2h")),
        fires("a minute sooner", moved("2026-12-02 09:00", "2026-12-01 13:59", notice="2h")),
        # On 1 November the clocks go back: from noon to 11:00 are 24 hours.
        holds(
            "24 hours over the end of summer time",
            moved("2026-11-01 09:00", "2026-11-01 11:00", now="2026-10-31 12:00"),
        ),
        fires(
            "23 hours over its begin",
            moved("2027-03-14 09:00", "2027-03-14 12:59", now="2027-03-13 12:00"),
        ),
        holds(
            "24 hours over its begin",
            moved("2027-03-14 09:00", "2027-03-14 13:00", now="2027-03-13 12:00"),
        ),
    ),
    "span": (
        holds("a day less", ends("2026-12-07 09:00", "2026-12-26 16:00", SpanDays(21))),
        holds("the most days", ends("2026-12-07 16:00", "2026-12-27 09:00", SpanDays(21))),
        fires(
            "a day more",
            ends("2026-12-07 16:00", "2026-12-28 09:00", SpanDays(21)),
            "takes 22 days; 21",
        ),
        holds(
            "any number, where there is no span",
            ends("2026-12-07 09:00", "2027-12-07 09:00", None),
        ),
        holds("one visit in one day", ends("2026-12-07 09:00", "2026-12-07 09:00", SpanDays(1))),
    ),
    "companion": (
        fires("a day too near", beside("2026-12-08 09:00", "2026-12-07 09:00"), "1 day after"),
        holds("at the fewest days", beside("2026-12-09 09:00", "2026-12-07 16:00")),
        holds("at the most days", beside("2026-12-11 16:00", "2026-12-07 09:00")),
        fires("a day too far", beside("2026-12-12 09:00", "2026-12-07 09:00"), "5 days after"),
        holds(
            "days before its visit", beside("2026-12-05 09:00", "2026-12-07 09:00", before=True)
        ),
        fires(
            "after the visit that it has to precede",
            beside("2026-12-09 09:00", "2026-12-07 09:00", before=True),
            "not on a day before",
        ),
        holds("through a change of the clocks", beside("2027-03-15 09:00", "2027-03-13 09:00")),
    ),
    "age": (
        holds("no birth date", first("2026-12-07 09:00")),
        *(
            case(title, first(f"{on} 09:00", asked=request(born=date.fromisoformat(born))))
            for case, title, on, born in (
                (fires, "the day before the birthday", "2026-12-07", "2008-12-08"),
                (holds, "the birthday", "2026-12-07", "2008-12-07"),
                (holds, "the day after the birthday", "2026-12-07", "2008-12-06"),
                (holds, "long ago", "2026-12-07", "1931-05-01"),
                (fires, "born on 29 February, on 28 February", "2026-02-28", "2008-02-29"),
                (holds, "born on 29 February, on 1 March", "2026-03-01", "2008-02-29"),
                (fires, "born on 1 March, on 28 February", "2026-02-28", "2008-03-01"),
                (holds, "born on 28 February, on 28 February", "2026-02-28", "2008-02-28"),
            )
        ),
    ),
    "clearance": (
        *(
            case(
                title, first("2026-12-07 09:00", asked=request(cleared_by=by, cleared_on=on)), said
            )
            for case, title, by, on, said in (
                (warns, "none", "", None, "no clinician's clearance"),
                (warns, "nobody's", "", date(2026, 12, 1), "not by whom"),
                (warns, "undated", "Dr Lee", None, "not of which day"),
                (warns, "the day after the first visit", "Dr Lee", date(2026, 12, 8), "after the"),
            )
        ),
        *(
            holds(
                title, first("2026-12-07 09:00", asked=request(cleared_by="Dr Lee", cleared_on=on))
            )
            for title, on in (
                ("on the day of the first visit", date(2026, 12, 7)),
                ("the day before the first visit", date(2026, 12, 6)),
            )
        ),
    ),
    "observation": (
        holds("the protocol's own", first("2026-12-07 09:00")),
        *(
            case(title, first("2026-12-07 09:00", at=own_rule(None, minutes=own)))
            for case, title, own in (
                (holds, "the same", OwnMinutes(observation=60)),
                (holds, "a minute longer", OwnMinutes(observation=61)),
                (fires, "a minute shorter", OwnMinutes(observation=59)),
                (holds, "other minutes only", OwnMinutes(check_in=5)),
            )
        ),
        *(
            case(title, first("2026-12-07 09:00", at=shorter(**more), by=protocol(**marks)))
            for case, title, more, marks in (
                (warns, "shorter, with a reason", {"because": "we ask for an escort"}, {}),
                (warns, "shorter than an example", {}, {"examples": (OBSERVATION,)}),
                (warns, "shorter, of a table of examples", {}, {"examples": (MINUTES,)}),
                (fires, "shorter than a label's", {}, {"label_minimum": (OBSERVATION,)}),
                (fires, "shorter than a label's table", {}, {"label_minimum": (MINUTES,)}),
                (
                    fires,
                    "shorter than a label's, with a reason",
                    {"because": "we ask for an escort"},
                    {"label_minimum": (OBSERVATION,)},
                ),
            )
        ),
    ),
    "no-driving": (
        holds("no rule of the clinic's own", first("2026-12-07 09:00")),
        *(
            case(title, first("2026-12-07 09:00", at=own_rule(own), by=after_rule(asked)))
            for case, title, own, asked in (
                (holds, "the same", NoDriving(24, EIGHT), NoDriving(24, EIGHT)),
                (holds, "an hour longer", NoDriving(25, EIGHT), NoDriving(24, EIGHT)),
                (fires, "an hour shorter", NoDriving(23, EIGHT), NoDriving(24, EIGHT)),
                (holds, "a minute later", NoDriving(24, Clock(481)), NoDriving(24, EIGHT)),
                (fires, "a minute sooner", NoDriving(24, Clock(479)), NoDriving(24, EIGHT)),
                (fires, "without the morning", NoDriving(24), NoDriving(24, EIGHT)),
                (fires, "without the hours", NoDriving(None, EIGHT), NoDriving(24, EIGHT)),
                (holds, "hours that are always later", NoDriving(48), NoDriving(24, EIGHT)),
                (holds, "a morning that is always later", NoDriving(None, LAST), NoDriving(24)),
                (
                    fires,
                    "a morning that is once sooner",
                    NoDriving(None, Clock(1438)),
                    NoDriving(24),
                ),
                (holds, "with a morning more", NoDriving(24, EIGHT), NoDriving(24)),
                (holds, "where the protocol has no rule", NoDriving(1), None),
                (holds, "minutes only", None, NoDriving(24, EIGHT)),
            )
        ),
        *(
            case(
                title, first("2026-12-07 09:00", at=own_rule(NoDriving(23, EIGHT), **more), by=by)
            )
            for case, title, more, by in (
                (warns, "shorter, with a reason", {"because": "so says our doctor"}, protocol()),
                (warns, "shorter than an example", {}, protocol(examples=(NO_DRIVING,))),
                (
                    warns,
                    "sooner than a rule with an example",
                    {},
                    protocol(examples=(f"{NO_DRIVING}.next_morning",)),
                ),
                (fires, "shorter than a label's", {}, protocol(label_minimum=(NO_DRIVING,))),
            )
        ),
        holds(
            "other minutes",
            first("2026-12-07 09:00", at=own_rule(None, minutes=OwnMinutes(observation=5))),
        ),
        holds(
            "a shorter rule for another protocol",
            first("2026-12-07 09:00", at=own_rule(NoDriving(1), "other")),
        ),
    ),
    "examples": (
        holds("a protocol without any", first("2026-12-07 09:00")),
        *(
            case(title, first("2026-12-07 09:00", at=at, by=protocol(examples=examples)), *says)
            for case, title, examples, at, *says in (
                (warns, "one that stands as it is", (OBSERVATION,), clinic(), OBSERVATION),
                (warns, "a table of which one part is replaced", (MINUTES,), shorter(), MINUTES),
                (holds, "one that is replaced", (OBSERVATION,), shorter()),
                (holds, "a number that no clinic can replace", ("phases.x.gap_days",), clinic()),
                (warns, "a rule about driving", (f"{NO_DRIVING}.hours",), clinic()),
                (holds, "a replaced rule", (f"{NO_DRIVING}.hours",), own_rule(NoDriving(24))),
            )
        ),
    ),
    "resources": (
        *(
            case(title, first("2026-12-07 09:00", at=at, by=needing(*needs)), *says)
            for case, title, needs, at, *says in (
                (holds, "a clinic without any", ("monitor",), clinic()),
                (holds, "one that the clinic has", ("monitor",), MONITORED),
                (holds, "visits that need none", (), MONITORED),
                (warns, "one that is misspelt", ("monitr",), MONITORED, "monitor?"),
                (warns, "one of two", ("monitor", "room"), MONITORED, "room"),
                (warns, "two of two", ("nurse", "room"), MONITORED, "), no room ("),
            )
        ),
        holds("visits that say nothing", first("2026-12-07 09:00", at=MONITORED)),
        *(
            case(title, first("2026-12-07 09:00", at=MONITORED, by=talking(need)), *says)
            for case, title, need, *says in (
                (holds, "a companion's, which the clinic has", "monitor"),
                (warns, "a companion's that is misspelt", "monitr", "companions.talk.needs"),
            )
        ),
    ),
    "requirements": (
        holds("nothing is required", first("2026-12-07 09:00")),
        *(
            case(title, first("2026-12-07 09:00", by=ENROLLED, asked=request(recorded=recorded)))
            for case, title, recorded in (
                (warns, "nothing is recorded", ()),
                (warns, "something else is recorded", (Record("consent", MONDAY, "Dr. Lee"),)),
                (holds, "recorded on the day", (Record("rems-enrolment", MONDAY, "Dr. Lee"),)),
                (
                    warns,
                    "recorded the day after",
                    (Record("rems-enrolment", date(2026, 12, 8), "Dr. Lee"),),
                ),
            )
        ),
        holds(
            "a clearance has a rule of its own",
            first("2026-12-07 09:00", by=protocol(requires=("clearance",))),
        ),
    ),
    "authorisation": (
        holds("nothing is authorised", counted("07", "09")),
        *(
            case(title, counted("07", "09", "11", authorised=authorised), *says)
            for case, title, authorised, *says in (
                (holds, "as many as there are visits", "3 from 2026-12-07 until 2026-12-11"),
                (holds, "one more", "4 from 2026-12-07 until 2026-12-11"),
                (warns, "one less", "2 from 2026-12-07 until 2026-12-11", "visit 3 is tentative"),
                (
                    warns,
                    "a day too late",
                    "3 from 2026-12-08 until 2026-12-11",
                    "2 of 3 visits fit, visit 1 is",
                ),
                (
                    warns,
                    "ends a day too early",
                    "3 from 2026-12-07 until 2026-12-10",
                    "visit 3 is",
                ),
                (
                    warns,
                    "over before the first visit",
                    "9 from 2026-11-01 until 2026-12-06",
                    "0 of 3 visits fit, visits 1, 2 and 3 are",
                ),
                (
                    holds,
                    "two in turn",
                    "2 from 2026-12-07 until 2026-12-09; 1 from 2026-12-10 until 2026-12-11",
                ),
                (
                    warns,
                    "a day between two",
                    "9 from 2026-12-07 until 2026-12-08; 9 from 2026-12-10 until 2026-12-11",
                    "visit 2 is",
                ),
                (
                    holds,
                    "two at once, of which one ends first",
                    "2 from 2026-12-07 until 2026-12-31; 1 from 2026-12-07 until 2026-12-07",
                ),
            )
        ),
        warns(
            "a completed visit has used its session",
            counted("07", "09", authorised="1 from 2026-12-07 until 2026-12-31", done=1),
            "1 of 2 visits fits, visit 2 is tentative",
        ),
        warns(
            "a visit that took place all the same",
            counted("07", "09", authorised="1 from 2026-12-07 until 2026-12-31", done=2),
            "visit 2 is beyond that",
        ),
        holds(
            "a visit elsewhere uses none",
            counted("02", "07", authorised="1 from 2026-12-01 until 2026-12-31", elsewhere=1),
        ),
    ),
    "reference": (
        *(
            case(reference, first("2026-12-07 09:00", asked=request(patient=reference)))
            for case, reference in (
                (holds, "P-014"),
                (holds, "P 014"),
                (holds, "patient"),
                (holds, "R2103"),
                (holds, "room-blue"),
                (warns, "Maria Gomez"),
                (warns, "Gómez, María"),
                (warns, "seán o'neill"),
                (warns, "Jean-Luc de la Tour"),
            )
        ),
    ),
    "past": (
        *(
            case(title, first("2026-12-07 09:00", asked=request(date(2026, 11, on)), made_at=now))
            for case, title, on, now in (
                (holds, "tomorrow", 24, MADE_AT),
                (holds, "today", 23, MADE_AT),
                (warns, "yesterday", 22, MADE_AT),
                (holds, "today, a minute before the clinic's midnight", 23, EVENING),
                (warns, "yesterday, at the clinic's midnight", 23, MIDNIGHT),
            )
        ),
        *(
            case(title, first("2026-11-23 09:00", asked=request(date(2026, 11, 23)), made_at=now))
            for case, title, now in (
                (holds, "this minute", datetime(2026, 11, 23, 14, 0, tzinfo=UTC)),
                (warns, "a minute ago", datetime(2026, 11, 23, 14, 1, tzinfo=UTC)),
            )
        ),
    ),
}
"""The cases of each rule, by its name."""
