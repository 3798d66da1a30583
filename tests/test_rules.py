"""Every rule by itself: each case of `cases.CASES` asks one rule, and no other."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketasched.model import NoDriving, Override
from ketasched.rules import (
    ENDS_RULES,
    PAIR_RULES,
    PRECONDITIONS,
    RULES,
    VISIT_RULES,
    eighteenth_birthday,
)

from .cases import CASES, first
from .nouns import clinic

EACH = {f"{name}: {case.title}": (name, case) for name, cases in CASES.items() for case in cases}
FIRING = {title: (name, case) for title, (name, case) in EACH.items() if case.level}


@pytest.mark.parametrize(("name", "case"), EACH.values(), ids=EACH)
def test_a_rule_finds_what_it_has_to_and_nothing_else(name, case):
    finding = case.ask(RULES[name])
    assert (finding and finding.level) == case.level, finding
    if finding:
        assert finding.rule == name
        assert case.says in finding.message


@pytest.mark.parametrize(("name", "case"), FIRING.values(), ids=FIRING)
def test_a_message_is_a_clause_for_others_to_put_into_a_sentence(name, case):
    finding = case.ask(RULES[name])
    assert finding.visit is None
    assert finding.message.isprintable()
    assert not finding.message.endswith((".", " "))
    assert not finding.message[0].isspace()


def test_no_two_cases_of_a_rule_have_the_same_title():
    assert len(EACH) == sum(len(cases) for cases in CASES.values())


def test_every_rule_has_cases_and_every_case_a_rule():
    assert set(CASES) == set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_every_rule_has_a_case_that_fires_and_one_that_does_not(name):
    fired = {case.level is not None for case in CASES[name]}
    assert fired == {True, False}


def test_every_rule_is_of_one_shape_and_stands_under_its_own_name():
    shapes = [*VISIT_RULES, *PAIR_RULES, *ENDS_RULES, *PRECONDITIONS]
    assert sorted(rule.name for rule in shapes) == sorted(RULES)
    assert {name: rule.name for name, rule in RULES.items()} == {name: name for name in RULES}


@pytest.mark.parametrize("name", RULES)
def test_every_rule_explains_itself_for_the_manual(name):
    said = type(RULES[name]).__doc__ or ""
    assert said.strip().endswith(".")


@pytest.mark.xfail(reason="KeyError", raises=KeyError)
def test_a_rule_for_a_kind_that_the_protocol_has_not_is_no_traceback():
    own = clinic(overrides={"test": {"infuson": Override(no_driving=NoDriving(1))}})
    assert first("2026-12-07 09:00", at=own)(RULES["no-driving"]) is None


@given(st.dates(date(1900, 1, 1), date(2150, 12, 31)))
def test_somebody_is_eighteen_as_soon_as_eighteen_years_are_full(born):
    birthday = eighteenth_birthday(born)
    day_before = birthday - timedelta(days=1)
    assert birthday.year == born.year + 18
    assert (birthday.month, birthday.day) >= (born.month, born.day)
    assert (day_before.year, day_before.month, day_before.day) < (
        born.year + 18,
        born.month,
        born.day,
    )
