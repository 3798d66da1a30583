"""The nouns of the package, as frozen values, and what follows from them alone.

Nothing here reads a file, a clock or the environment. Date ranges include both ends; every
`datetime` is aware and in the clinic's zone.

Doors: busy_index, effective_kind, identifiers, memo, no_driving, occupancy, opening_hours,
privacy, review_gates, values, wall_clock.
"""
# The nouns are imported here so that other rooms import them from `ketasched.model`.
# mypy: implicit-reexport
# ruff: noqa: F401

from ketasched.model.busy_time import BusyTime
from ketasched.model.clinic import (
    Clinic,
    Closures,
    Hours,
    Instructions,
    Override,
    OwnMinutes,
    Prices,
    ProtocolWording,
    Reminders,
    Titles,
    Wording,
)
from ketasched.model.counts import Count, EveryDays, PerWeek
from ketasched.model.course import (
    MAKE_UP_SUFFIX,
    TAKES_PLACE,
    TO_BE_DECIDED,
    Audience,
    Course,
    Finding,
    Level,
    Remedy,
    Request,
    Review,
    Slot,
    Status,
    Visit,
    Window,
)
from ketasched.model.history import Change, Driver, Entry, Former, ReviewOutcome, Scope, Verb
from ketasched.model.keys import Key
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
from ketasched.model.values import (
    WEEKDAYS,
    Amount,
    Clock,
    DateRange,
    LeadTime,
    Place,
    Plain,
    Problem,
    Reminder,
    TimeRange,
    Weekday,
    escape_unprintable,
    quote,
    text_problem,
)
