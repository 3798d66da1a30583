"""Random lives: whatever is changed and undone, results lead to the course, and back.

`HYPOTHESIS_PROFILE=explore` lives 500 lives of 200 changes.
"""

import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ketasched.files.load import load_course, load_protocol
from ketasched.model import Clinic, CompanionKind, Course, Protocol, VisitOrdinals, WithinDays
from ketasched.planning.record import record_findings
from ketasched.render.patient_folder import render_course_file
from tests.support import random_life
from tests.support.random_life import MONITORED, InMemory, Life, Make

EXPLORES = os.environ.get("HYPOTHESIS_PROFILE") == "explore"
EACH = VisitOrdinals()
LIVES, CHANGES = (500, 200) if EXPLORES else (4, 60)


class InFolder(InMemory):
    """The course is written to a file after each change, and read again."""

    def change(self, before: Course, make: Make, at: Clinic) -> Course:
        made = super().change(before, make, at)
        path = Path("course.json")
        path.write_bytes(render_course_file(made))
        found = load_course(str(path))
        assert found == made
        return found


@pytest.mark.parametrize("seed", range(LIVES))
def test_a_life_is_replayed_and_each_undo_restores_what_was_before(seed):
    life = Life(seed, InMemory())
    life.run(CHANGES if seed else 200)
    assert life.done["undo"]


@pytest.mark.parametrize("seed", range(LIVES))
def test_visits_elsewhere_stay_as_they_are_through_a_life(seed):
    prior = date(2026, 11, 18), date(2026, 11, 20)
    life = Life(f"transferred {seed}", InMemory(), prior)
    planned = life.course.visits[: len(prior)]
    life.run(CHANGES)
    assert life.course.visits[: len(prior)] == planned


@pytest.mark.parametrize("seed", range(LIVES))
def test_so_it_is_where_there_is_one_monitor(seed):
    life = Life(f"monitored {seed}", InMemory("monitor"), at=MONITORED)
    life.run(CHANGES)
    assert life.done["undo"]


@pytest.mark.parametrize("seed", range(LIVES // 4))
def test_so_it_is_in_a_folder(seed):
    Life(f"folder {seed}", InFolder()).run(CHANGES // 3)


@pytest.mark.parametrize("seed", range(LIVES))
def test_companions_are_replayed_and_restored_with_their_visits(seed, monkeypatch):
    kinds = (
        CompanionKind("prep", "Prep", WithinDays(7), 50, before=VisitOrdinals((1,))),
        CompanionKind("talk", "Talk", WithinDays(3), 50, after=EACH, place="clinic", driver=True),
        CompanionKind("walk", "Walk", WithinDays(3), 90, after=EACH, place="clinic"),
    )

    def with_companions(name: str) -> Protocol:
        return replace(load_protocol(name), companions=kinds)

    monkeypatch.setattr(random_life, "load_protocol", with_companions)
    life = Life(f"companions {seed}", InMemory())
    life.run(CHANGES)
    assert any(not one.is_review for one in life.course.companions)
    assert [*record_findings(life.course)] == []


@pytest.mark.parametrize("name", ["iv-home-tablets", "kap-six"])
@pytest.mark.parametrize("seed", range(LIVES // 2))
def test_home_days_and_sessions_are_replayed_and_restored(seed, name, monkeypatch):
    monkeypatch.setattr(random_life, "PROTOCOLS", {name: {"driver_name": "Sam"}})
    life = Life(f"{name} {seed}", InMemory())
    life.run(CHANGES)
    assert [*record_findings(life.course)] == []
