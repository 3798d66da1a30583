"""`reminders`: each message once, discreet, in the reader's language, only to those who agreed."""

import json
import os
import shlex
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from ketasched.exchange.queues import reminders
from ketasched.files.load import load_protocol
from ketasched.model import Clock, Course, Reminder, Reminders
from ketasched.model.queues import PatientReminder
from ketasched.planning.planner import plan as plan_course
from tests.conftest import MADE_AT, ROOT
from tests.exchange.queue_commands import PHONE, REGISTER, SATURDAY, notes, plan, revise, rows, run
from tests.support.nouns import clinic, request
from tests.support.random_life import InMemory, Life, items

AGREED = ("--reminders", "yes")
LONG_AGO, FAR = datetime(2020, 1, 1, tzinfo=UTC), date(2040, 1, 1)
LIVES, CHANGES = (20, 60) if os.environ.get("HYPOTHESIS_PROFILE") == "explore" else (3, 25)


def due(*more: str, ahead: str = "7d", today: str = SATURDAY[1]) -> list[dict[str, Any]]:
    return rows("reminders", "--next", ahead, *more, today=today)


def all_reminders(course: Course) -> list[PatientReminder]:
    """The messages of a course as if the patient had agreed, whenever they are to be sent."""
    asked = replace(course.request, reminders=True, patient_phone=PHONE)
    return [*reminders(replace(course, request=asked), LONG_AGO, FAR)]


def test_only_who_agreed_gets_any():
    plan("P-1", *AGREED)
    plan("P-2", "--time", "13:00")
    plan("P-3", "--time", "15:00", "--reminders", "no")
    text = run("reminders", *SATURDAY, *REGISTER)
    assert "P-1" in text
    assert "P-2" not in text
    assert "P-3" not in text


def test_a_message_says_whose_it_is_when_to_send_it_and_what_to_arrange():
    plan("P-1", *AGREED, "--patient-email", "ana@example.org")
    first = due()[0]
    assert first["to"] == PHONE
    assert first["email"] == "ana@example.org"
    assert first["language"] == "en"
    assert first["about"] == "ride"
    assert "patient" not in first
    assert first["text"] == (
        "Riverbend Clinic: Arrange a ride, there and back: Wed 4 Nov, 09:00 – collect 11:10. "
        "Someone else has to drive you there and back. Please arrange a driver. "
        "Clinic's phone: +1 555 0142"
    )


def test_moments_keep_their_clock_time_when_the_clocks_change():
    plan("P-1", *AGREED)
    by_visit: dict[str, list[str]] = {}
    for one in due(ahead="3d", today="2026-10-29T20:00"):
        by_visit.setdefault(one["start"], []).append(one["send_at"])
    assert by_visit["2026-11-02T09:00:00-05:00"] == [
        "2026-10-30T10:00:00-04:00",
        "2026-11-01T18:00:00-05:00",
    ]


def test_two_clock_times_that_are_one_moment_when_the_clocks_change_are_one_message():
    moments = (Reminder(1, Clock(150)), Reminder(1, Clock(210)))  # 02:30 there is none, that night
    at = clinic(reminders=Reminders(moments), id_salt="s")
    asked = request(start=date(2027, 3, 15))
    found = all_reminders(plan_course(load_protocol("iv-depression"), at, asked, made_at=MADE_AT))
    assert len({one.key for one in found}) == len(found)
    first = [one for one in found if one.start.date() == date(2027, 3, 15)]
    assert [one.send_at.isoformat() for one in first] == ["2027-03-14T03:30:00-04:00"]
    later = [one for one in found if one.start.date() == date(2027, 3, 17)]
    assert [one.send_at.hour for one in later] == [2, 3]


def test_a_moment_that_has_passed_or_is_after_the_days_is_not_in_it():
    plan("P-1", *AGREED)
    at = "2026-11-01T18:00"
    assert [one["send_at"] for one in due(ahead="0d", today=at)] == ["2026-11-01T18:00:00-05:00"]
    assert due(ahead="0d", today="2026-11-01T18:01") == []
    assert due(ahead="0d", today="2026-10-31T08:00") == []


def test_a_visit_without_a_ride_is_told_once_and_a_review_at_check_in_not_at_all():
    plan("P-1", *AGREED)
    told = [one for one in due(ahead="14d") if one["about"] == "visit"]
    assert [one["start"][:10] for one in told] == ["2026-11-05", "2026-11-13"]
    assert told[0]["send_at"] == "2026-11-04T18:00:00-05:00"
    assert told[0]["text"].startswith("Riverbend Clinic: Phone appointment, Thu 5 Nov, 09:00. ")


def test_who_stays_with_the_patient_at_home_is_to_be_arranged():
    course = plan_course(
        load_protocol("home-sublingual-4"), clinic(id_salt="s"), request(), made_at=MADE_AT
    )
    assert {one.about for one in all_reminders(course)} >= {"attendant"}


def test_it_is_in_the_readers_language_on_one_line_without_odd_spaces():
    plan("P-1", *AGREED, "--language", "fr", "--driver-name", "Ana")
    text = due()[0]["text"]
    assert "Ana" in text
    assert "\n" not in text
    assert not {"\u00a0", "\u202f"} & set(text)
    assert due()[0]["language"] == "fr"
    assert "Arrange" not in text


def test_the_text_is_discreet_whatever_the_clinics_titles():
    at = clinic(name="Ketamine House", calendar_name="The House", titles="clinical", id_salt="s")
    asked = request(driver_name="Ketamine Cabs")
    course = plan_course(load_protocol("iv-depression"), at, asked, made_at=MADE_AT)
    texts = " ".join(one.text for one in all_reminders(course)).lower()
    assert "the house: " in texts
    assert "ketamine" not in texts
    assert "infusion" not in texts


def test_the_same_command_lists_the_same_keys_and_a_driver_changes_none():
    plan("P-1", *AGREED)
    keys = [one["key"] for one in due()]
    assert keys == [one["key"] for one in due()]
    assert len({*keys}) == len(keys)
    revise("P-1", "driver", "all", "--name", "Ana", "--today", "2026-10-31T07:59")
    assert [one["key"] for one in due()] == keys
    assert "Ana" in due()[0]["text"]


def test_a_visit_that_moves_has_new_keys_also_when_it_comes_back():
    plan("P-1", *AGREED)
    begin, seen = "2026-11-06T09:00:00-05:00", []
    seen.append({one["key"] for one in due() if one["start"] == begin})
    revise("P-1", "defer", "4", "--to", "2026-11-07T10:00", "--override", "open-hours")
    assert not [one for one in due() if one["start"] == begin]
    seen.append({one["key"] for one in due()})
    again = ("--to", "2026-11-06T09:00", "--override", "earlier")
    revise("P-1", "defer", "4", *again, "--today", "2026-10-31T08:00")
    back = {one["key"] for one in due() if one["start"] == begin}
    assert len(back) == 2
    assert not back & (seen[0] | seen[1])


@pytest.mark.parametrize("verb", ["hold", "cease"])
def test_what_is_held_or_has_ended_reminds_nobody(verb):
    plan("P-1", *AGREED)
    revise("P-1", verb, "--reason", "fever")
    assert [one for one in due(ahead="14d") if one["about"] == "ride"] == []


def test_who_takes_it_back_is_reminded_no_more():
    plan("P-1", *AGREED)
    assert due() != []
    revise("P-1", "wishes", "--reminders", "no")
    assert due() == []


def test_who_agreed_without_a_number_or_an_address_is_counted():
    Path("roster.csv").write_text("patient,start,reminders\nP-9,2026-10-30,yes\n")
    at = ("--made-at", "2026-10-19T10:00", "--jobs", "1")
    run("batch", "roster.csv", "-o", "out", *at, *REGISTER)
    assert due() == []
    said = notes("reminders", *SATURDAY, *REGISTER)
    who = "warning: 1 patient agreed to reminders, without a phone number or a mail address: P-9\n"
    assert said.startswith(who)
    step = said.removeprefix(f"{who}try: ketasched ").removesuffix("\n")
    run(*shlex.split(step.replace("PHONE", "555-0109")))
    assert {one["to"] for one in due()} == {"555-0109"}


def test_agreeing_without_a_number_or_an_address_is_said_at_once():
    said = notes("plan", "--start", "2026-10-30", "--reminders", "yes")
    assert "warning: --reminders: nobody can be reminded without a phone number" in said
    assert "try: --patient-phone PHONE\n" in said
    for more in (["--patient-email", "a@example.org"], ["--patient-phone", "555 0109"]):
        said = notes("plan", "--start", "2026-10-30", "--reminders", "yes", *more)
        assert "nobody can be reminded" not in said


def test_the_script_of_the_manual_sends_each_message_once_also_after_a_failure():
    text = (ROOT / "docs" / "queues.md").read_text(encoding="utf-8")
    script = text.partition("```python\n")[2].partition("```")[0]
    Path("send_due.py").write_text(script, encoding="utf-8")
    sender = Path("send-text")
    sender.write_text("#!/bin/sh\n[ -e up ] || exit 1\ncat >>taken\necho >>taken\n")
    sender.chmod(0o700)
    moments = {"due": "2026-11-01T18:00:00-05:00", "later": "2999-11-01T18:00:00-05:00"}
    each = ({"key": key, "send_at": moment} for key, moment in moments.items())
    queue = "".join(f"{json.dumps(row)}\n" for row in each)

    def send() -> int:
        return subprocess.run(
            [sys.executable, "send_due.py"], input=queue, text=True, check=False
        ).returncode

    assert send() != 0
    Path("up").touch()
    assert (send(), send()) == (0, 0)
    taken = Path("taken").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["key"] for line in taken] == ["due"]


@pytest.mark.parametrize("seed", range(LIVES))
def test_whatever_happens_to_a_course_each_key_is_of_one_message(seed):
    life = Life(f"reminders {seed}", InMemory())
    life.run(CHANGES)
    starts = [{uid: one.start for uid, one in items(seen).items()} for seen in life.revisions]
    sent: dict[str, tuple[PatientReminder, str, int]] = {}
    messages = 0
    for number, seen in enumerate(life.revisions):
        found = all_reminders(seen)
        assert len({one.key for one in found}) == len(found)
        messages += len(found)
        for one in found:
            (uid,) = {
                uid
                for uid, item in items(seen).items()
                if item.start == one.start
                if item.uid in starts[number] and (one.about == "visit" or not_review(item))
            }
            if one.key in sent:
                first, known, at = sent[one.key]
                assert (first.send_at, first.start, first.about) == (
                    *(one.send_at, one.start, one.about),
                )
                assert known == uid
                assert {days[uid] for days in starts[at : number + 1] if uid in days} == {
                    one.start
                }
            sent[one.key] = (one, uid, number)
    assert messages > len(sent) > 0


def not_review(item: object) -> bool:
    """Whether it is none of the reviews, which have no ride."""
    return not getattr(item, "is_review", False)
