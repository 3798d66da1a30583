"""The constraints of a plan: one small class for each rule, and the table `RULES`.

Each rule has one of the seven shapes in `base`. It returns a finding, or None if the rule holds.
The finding's message is a clause without the date ("the clinic is closed (winter break)"); the
caller adds the date. The docstring of a rule's class is its entry in docs/rules.md.

Doors: base, overridden.
"""
# The rules are imported here so that other rooms import them from `ketasched.rules`.
# mypy: implicit-reexport
# ruff: noqa: F401

from collections.abc import Mapping
from types import MappingProxyType

from ketasched.rules.base import (
    CompanionRule,
    CourseRule,
    EndsRule,
    MoveRule,
    OverrideRule,
    PairRule,
    Precondition,
    Rule,
    VisitRule,
)
from ketasched.rules.course_rules import (
    Age,
    Authorised,
    Clearance,
    ExamplesReplaced,
    NoDrivingKept,
    ObservationKept,
    Past,
    Reference,
    Requirements,
    ResourcesKnown,
    eighteenth_birthday,
    missing_records,
)
from ketasched.rules.move_rules import Earlier, Notice
from ketasched.rules.occupancy_rules import Capacity, OccupancyRule, Staff, has_room
from ketasched.rules.spacing_rules import Gap, Span, Within
from ketasched.rules.visit_rules import Availability, Closure, OnTheClock, OpenHours, Start

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        rule.name: rule
        for rule in (
            Start(),
            Closure(),
            OpenHours(),
            Availability(),
            Capacity(),
            Staff(),
            OnTheClock(),
            Gap(),
            Span(),
            Within(),
            Earlier(),
            Notice(),
            Age(),
            Clearance(),
            Requirements(),
            Authorised(),
            Reference(),
            NoDrivingKept(),
            ObservationKept(),
            ExamplesReplaced(),
            ResourcesKnown(),
            Past(),
        )
    }
)
"""Every rule by its name. A new rule is a class, a row here and its cases in the tests.

The rules are asked in this order. If several refuse a date, users read the finding of the first;
if several refuse the slots of a date, the finding of the one that came last.
"""

VISIT_RULES = tuple(rule for rule in RULES.values() if isinstance(rule, VisitRule))
DAY_RULES = tuple(rule for rule in VISIT_RULES if type(rule).day is not VisitRule.day)
SLOT_RULES = tuple(rule for rule in VISIT_RULES if type(rule).slot is not VisitRule.slot)
OCCUPANCY_RULES = tuple(rule for rule in RULES.values() if isinstance(rule, OccupancyRule))
OCCUPANCY_NAMES = frozenset(rule.name for rule in OCCUPANCY_RULES)
PAIR_RULES = tuple(rule for rule in RULES.values() if isinstance(rule, PairRule))
ENDS_RULES = tuple(rule for rule in RULES.values() if isinstance(rule, EndsRule))
COMPANION_RULES = tuple(rule for rule in RULES.values() if isinstance(rule, CompanionRule))
MOVE_RULES = tuple(rule for rule in RULES.values() if isinstance(rule, MoveRule))
PRECONDITIONS = tuple(rule for rule in RULES.values() if isinstance(rule, Precondition))
COURSE_RULES = tuple(rule for rule in RULES.values() if isinstance(rule, CourseRule))
OVERRIDE_RULES = tuple(rule for rule in RULES.values() if isinstance(rule, OverrideRule))


def occupancy_rule(unit: str) -> OccupancyRule:
    """The rule that counts a unit."""
    return next(rule for rule in OCCUPANCY_RULES if rule.counts(unit))
