"""The nouns of the package, as frozen values, and what follows from them alone.

Nothing here reads a file, a clock or the environment. Date ranges include both ends; every
`datetime` is aware and in the clinic's zone.

Doors: authorised_visits, busy_index, companion_slots, did_you_mean, drivers, effective_kind,
email_address, field_types, holds, identifiers, memo, no_driving, occupancy, opening_hours,
privacy, queues, regular_driver, replay, review_gates, session_counts, unit_limits, values,
wall_clock.
"""
# The nouns are imported here so that other rooms import them from `ketasched.model`.
# mypy: implicit-reexport
# ruff: noqa: F401

from ketasched.model.authorisation import Authorisation
from ketasched.model.busy_time import BusyTime
from ketasched.model.clinic import (
    Clinic,
    ClockStyle,
    Closures,
    DateOrder,
    DateStyle,
    Instructions,
    OtherWording,
    Override,
    OwnMinutes,
    Prices,
    ProtocolWording,
    Reminders,
    Titles,
    Wording,
)
from ketasched.model.companion_kind import CompanionKind, VisitOrdinals, WithinDays
from ketasched.model.counts import Count, EveryDays, PerWeek
from ketasched.model.course import Audience, Course, Finding, Level, Remedy
from ketasched.model.history import (
    Change,
    CompanionChange,
    Entry,
    Former,
    NewStart,
    RequestChange,
    Result,
    ReviewOutcome,
    Scope,
    Verb,
    VisitChange,
    Wish,
    Wishes,
)
from ketasched.model.keys import Key, where_used
from ketasched.model.misfit import Misfit, Misfits, misfit_count
from ketasched.model.proposal import (
    WAIVABLE,
    DisruptionValue,
    ProposedCourse,
    UnplacedCourse,
    Waivable,
    WrittenProposal,
)
from ketasched.model.protocol import (
    GapDays,
    GapHours,
    Minutes,
    NoDriving,
    Phase,
    PhaseReview,
    Protocol,
    SpanDays,
    VisitKind,
    covers,
)
from ketasched.model.regular_driver import RegularDriver
from ketasched.model.request import UNNAMED, Request
from ketasched.model.resource import Resource, VisitPart
from ketasched.model.values import (
    WEEKDAYS,
    Amount,
    Clock,
    DateRange,
    LeadTime,
    Place,
    Plain,
    Problem,
    Record,
    Reminder,
    TimeRange,
    Weekday,
    escape_unprintable,
    quote,
    text_problem,
)
from ketasched.model.visit import (
    MAKE_UP_SUFFIX,
    REVIEW_MINUTES,
    TAKES_PLACE,
    TO_BE_DECIDED,
    Companion,
    Driver,
    Slot,
    Status,
    Visit,
    Window,
    visits_text,
)
from ketasched.model.week_hours import Hours, WeekHours
