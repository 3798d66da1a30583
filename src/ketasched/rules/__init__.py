"""The hard rules: one small class each, of one of four shapes (`shapes`), and one table, `RULES`.

A rule answers with a finding, or None where it holds. The message is a clause without the date
("the clinic is closed (winter break)"); who shows it says which day it is about. A class's
docstring is its entry in the manual.

Doors: base.
"""

from collections.abc import Mapping
from types import MappingProxyType

from ketasched.rules.base import EndsRule, PairRule, Precondition, Rule, VisitRule
from ketasched.rules.course_rules import (
    Age,
    Clearance,
    NoDrivingKept,
    ObservationKept,
    Past,
    eighteenth_birthday,
)
from ketasched.rules.spacing_rules import Gap, Span
from ketasched.rules.visit_rules import (
    Availability,
    Capacity,
    Closure,
    OnTheClock,
    OpenHours,
    Start,
)

__all__ = [
    "DAY_RULES",
    "ENDS_RULES",
    "PAIR_RULES",
    "PRECONDITIONS",
    "RULES",
    "SLOT_RULES",
    "VISIT_RULES",
    "Age",
    "Capacity",
    "Clearance",
    "Gap",
    "Past",
    "Span",
    "Start",
    "eighteenth_birthday",
]

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        rule.name: rule
        for rule in (
            Start(),
            Closure(),
            OpenHours(),
            Availability(),
            Capacity(),
            OnTheClock(),
            Gap(),
            Span(),
            Age(),
            Clearance(),
            NoDrivingKept(),
            ObservationKept(),
            Past(),
        )
    }
)
"""Every rule by its name. Adding one is a class, a row here and its cases in the tests.

A visit is asked about in this order: of what refuses a day the first is told, and of what refuses
its times that which came last.
"""

VISIT_RULES = tuple(rule for rule in RULES.values() if isinstance(rule, VisitRule))
DAY_RULES = tuple(rule for rule in VISIT_RULES if type(rule).day is not VisitRule.day)
SLOT_RULES = tuple(rule for rule in VISIT_RULES if type(rule).slot is not VisitRule.slot)
PAIR_RULES = tuple(rule for rule in RULES.values() if isinstance(rule, PairRule))
ENDS_RULES = tuple(rule for rule in RULES.values() if isinstance(rule, EndsRule))
PRECONDITIONS = tuple(rule for rule in RULES.values() if isinstance(rule, Precondition))
