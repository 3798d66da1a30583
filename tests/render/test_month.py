"""The months of a course, in a terminal and on a page."""

import re
from dataclasses import replace
from datetime import date

import pytest

from ketasched.events.view import View
from ketasched.model import CompanionKind, PhaseReview, VisitOrdinals, WithinDays
from ketasched.planning.planner import plan
from ketasched.render import render
from ketasched.render.month import month_grids
from tests.conftest import MADE_AT
from tests.support.nouns import clinic, phase, protocol, request

SIX = plan(
    protocol(
        phase(6, reviews=(PhaseReview(6, "How is it going?"),)), phase(1, name="m", tentative=True)
    ),
    clinic(),
    request(),
    made_at=MADE_AT,
)


def month(course=SIX, **view) -> str:
    return render(course, "month", View(**view))


def test_the_days_of_a_course_are_marked():
    assert (
        month()
        == """\
       December 2026
 Mo  Tu  We  Th  Fr  Sa  Su
      1   2   3   4   5   6
[ 7]  8 [ 9] 10 [11] 12  13
[14] 15 [16] 17 [18] 19  20
<21> 22  23  24  25  26  27
 28  29  30  31

[  ]  appointment
<  >  appointment, to be decided by your clinician

Revision 1, made Mon 23 Nov 2026, 10:00. It replaces any earlier one.
"""
    )


def test_a_driver_sees_only_the_rides():
    text = month(audience="driver")
    assert re.findall(r"[\[<(].\d[\]>)]", text) == ["[ 7]", "[ 9]", "[11]", "[14]", "[16]", "[18]"]
    assert "ride, there and back" in text


WITH_TALKS = plan(
    protocol(
        phase(2),
        companions=(CompanionKind("prep", "Talk", WithinDays(3), 60, before=VisitOrdinals((1,))),),
    ),
    clinic(),
    request(),
    made_at=MADE_AT,
)


def test_a_day_with_a_visit_and_a_session_says_that_there_is_more():
    course, (_, second) = WITH_TALKS, WITH_TALKS.visits
    session = replace(course.companions[0], start=second.start.replace(hour=15))
    text = month(replace(course, companions=(session,)))
    assert "[ 7]  8 [ 9+ 10" in text
    assert "   +  more than one on this day" in text
    page = render(replace(course, companions=(session,)), "html", View())
    assert '>09:00+</span><span class="unseen">appointment; more than one on this day<' in page
    assert "</b> more than one on this day</li>" in page
    assert "more than one" not in month()


def test_a_talk_at_the_check_in_of_a_visit_is_a_part_of_that():
    course = WITH_TALKS
    talk = replace(course.companions[0], name="", start=course.visits[1].start)
    assert "more than one" not in month(replace(course, companions=(talk,)))


def test_colours_change_no_text():
    coloured = month(colour=True)
    assert coloured.count("\x1b[1;32m") == 7  # six visits and the legend
    assert re.sub(r"\x1b\[[\d;]+m", "", coloured) == month()


@pytest.mark.parametrize(
    ("first", "row"),
    [
        ("mon", " Mo  Tu  We  Th  Fr  Sa  Su"),
        ("sun", " Su  Mo  Tu  We  Th  Fr  Sa"),
        ("sat", " Sa  Su  Mo  Tu  We  Th  Fr"),
    ],
)
def test_a_week_begins_on_the_clinics_first_day(first, row):
    course = replace(SIX, clinic=replace(SIX.clinic, week_begins=first))
    assert month(course).splitlines()[1] == row
    for one in month_grids(course, View()):
        for week in one.weeks:
            for name, day in zip(one.weekdays, week, strict=True):
                assert not day.number or f"{date(2026, 12, day.number):%a}" == name


def test_months_without_a_mark_are_left_out():
    course = plan(
        protocol(phase(2, gap_days=replace(phase().gap_days, max=100), every_days=90)),
        clinic(),
        request(),
        made_at=MADE_AT,
    )
    assert [one.title for one in month_grids(course, View())] == ["December 2026", "March 2027"]


def test_visits_that_do_not_take_place_are_not_marked():
    over = tuple(replace(visit, status="omitted") for visit in SIX.visits)
    course = replace(SIX, visits=over, companions=())
    assert month(course).startswith("There is nothing to come.\n")


def test_no_line_is_wider_than_a_terminal():
    course = plan(protocol(), clinic(), request(date(2027, 1, 25)), made_at=MADE_AT)
    assert max(map(len, month(course).splitlines())) <= 79
