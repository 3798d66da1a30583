"""Every rule by itself: each case of `cases.CASES` asks one rule, and no other."""

from collections.abc import Iterable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketasched.model import GapDays, GapHours, NoDriving, Override, SpanDays
from ketasched.model.wall_clock import moment_at, slot_at
from ketasched.rules import (
    COMPANION_RULES,
    COURSE_RULES,
    DAY_RULES,
    ENDS_RULES,
    MOVE_RULES,
    PAIR_RULES,
    PRECONDITIONS,
    RULES,
    SLOT_RULES,
    VISIT_RULES,
    Gap,
    Span,
    eighteenth_birthday,
)
from tests.conftest import ROOT
from tests.rules.cases import CASES, first
from tests.rules.cases import given as known
from tests.support.nouns import INFUSION, MONDAY, clinic, phase

EACH = {f"{name}: {case.title}": (name, case) for name, cases in CASES.items() for case in cases}
FIRING = {title: (name, case) for title, (name, case) in EACH.items() if case.level}


def ids(titles: Iterable[str]) -> list[str]:
    """The titles in ASCII: other letters are escaped anew by each collection in one process."""
    return [title.encode("ascii", "replace").decode() for title in titles]


@pytest.mark.parametrize(("name", "case"), EACH.values(), ids=ids(EACH))
def test_a_rule_finds_what_it_has_to_and_nothing_else(name, case):
    finding = case.ask(RULES[name])
    assert (finding and finding.level) == case.level, finding
    if finding:
        assert finding.rule == name
        assert case.says in finding.message


@pytest.mark.parametrize(("name", "case"), FIRING.values(), ids=ids(FIRING))
def test_a_message_is_a_clause_for_others_to_put_into_a_sentence(name, case):
    finding = case.ask(RULES[name])
    assert finding.visit is None
    assert finding.message.isprintable()
    assert not finding.message.endswith((".", " "))
    assert not finding.message[0].isspace()


def test_what_the_rules_say_is_what_it_was(request):
    words = ""
    for title, (name, case) in FIRING.items():
        finding = case.ask(RULES[name])
        assert finding
        words += f"{title}\n  {finding.level}: {finding.message}\n"
    path = ROOT / "tests" / "rules" / "rules.txt"
    if request.config.getoption("--update-golden"):
        path.write_text(words, encoding="utf-8")
    assert words == path.read_text(encoding="utf-8")


def test_no_two_cases_of_a_rule_have_the_same_title():
    assert len(EACH) == sum(len(cases) for cases in CASES.values())


def test_every_rule_has_cases_and_every_case_a_rule():
    assert set(CASES) == set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_every_rule_has_a_case_that_fires_and_one_that_does_not(name):
    fired = {case.level is not None for case in CASES[name]}
    assert fired == {True, False}


def test_every_rule_is_of_one_shape_and_stands_under_its_own_name():
    shapes = [
        *VISIT_RULES,
        *PAIR_RULES,
        *ENDS_RULES,
        *COMPANION_RULES,
        *MOVE_RULES,
        *PRECONDITIONS,
        *COURSE_RULES,
    ]
    assert sorted(rule.name for rule in shapes) == sorted(RULES)
    assert {name: rule.name for name, rule in RULES.items()} == {name: name for name in RULES}


@pytest.mark.parametrize("name", RULES)
def test_every_rule_explains_itself_for_the_manual(name):
    said = type(RULES[name]).__doc__ or ""
    assert said.strip().endswith(".")


# --- what a rule tells the search about itself ---------------------------------------------------


def test_the_gap_rule_looks_at_the_clock_only_where_hours_are_counted():
    assert not Gap().by_clock(phase())
    assert Gap().by_clock(phase(gap_hours=GapHours(min=48)))


@pytest.mark.parametrize("days", [1, 2, 21])
def test_the_latest_end_of_a_span_is_the_last_that_keeps_it(days):
    span, spanned = Span(), phase(span_days=SpanDays(days))
    last = span.latest(MONDAY, spanned) or MONDAY
    for day, kept in ((last, True), (last + timedelta(days=1), False)):
        finding = span.ends(MONDAY, day, spanned, known())
        assert (finding is None) == kept
    assert span.concerns(spanned)


def test_where_there_is_no_span_the_rule_concerns_no_phase():
    assert not Span().concerns(phase())
    assert Span().latest(MONDAY, phase()) is None


def test_every_rule_about_one_visit_is_asked_about_days_or_times():
    asked = {rule.name for rule in (*DAY_RULES, *SLOT_RULES)}
    assert asked == {rule.name for rule in VISIT_RULES}


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


QUARTERS = st.integers(0, 95).map(lambda quarter: 15 * quarter)
HOURS = st.none() | st.builds(GapHours, st.integers(1, 60), st.integers(60, 120))
WEEKS = [date(2026, 10, 28), date(2027, 3, 10), MONDAY]
"""Those of both changes of the clocks among them."""


@given(st.sampled_from(WEEKS), st.integers(0, 8), QUARTERS, QUARTERS, HOURS)
def test_what_a_rule_leaves_within_two_moments_is_just_what_it_finds_fine(
    day, days, minutes, others, hours
):
    rules, asked = known(), phase(6, gap_days=GapDays(5, 1), gap_hours=hours)
    before, after = (
        slot_at(INFUSION, moment_at(on, clock, rules.zone))
        for on, clock in ((day, minutes), (day + timedelta(days), others))
    )
    for rule in PAIR_RULES:
        ends = rule.within(before, asked, rules)
        if ends is not None:
            is_within = ends[0] <= after.start.timestamp() <= ends[1]
            assert is_within == (rule.pair(before, after, asked, rules) is None)
