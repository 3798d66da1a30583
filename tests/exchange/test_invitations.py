"""Invitations: what is sent now, so that attendees' calendars hold what the course has."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ketasched.events.own_uids import course_uids
from ketasched.exchange.invitation_mail import invitation_mail
from ketasched.exchange.invitation_record import (
    OutboxRecord,
    parse_record,
    record_bytes,
    with_files,
)
from ketasched.exchange.invitations import (
    Invitation,
    due_invitations,
    invitations,
    remembered,
    without_address,
)
from ketasched.files.load import load_protocol
from ketasched.model import Change, Course, Driver, Wishes
from ketasched.planning.planner import plan
from ketasched.revising.revise import revise
from tests.conftest import MADE_AT
from tests.support.attendee import Attendee, read_mail
from tests.support.nouns import clinic, request
from tests.support.random_life import MONITORED, InMemory, Life

CLINIC = clinic(name="Mill Lane", email="visits@mill.example")
PEOPLE = {
    "patient_email": "ana@example.org",
    "driver_name": "Sam",
    "driver_email": "sam@example.org",
}


def planned(name: str = "iv-depression", **more: Any) -> Course:
    asked = request(patient="P-014", **{**PEOPLE, **more})
    return plan(load_protocol(name), CLINIC, asked, made_at=MADE_AT)


class Outbox:
    """What has been sent, and what those who got it have in their calendars."""

    def __init__(self) -> None:
        self.sent: list[Invitation] = []
        self.written = 0
        self.attendees: dict[str, Attendee] = defaultdict(Attendee)

    def invite(
        self, *courses: Course, now: datetime | None = None, whole: bool = False
    ) -> list[Invitation]:
        """Send what is due, and return it."""
        now = now or max((one.history[-1].at for one in courses), default=MADE_AT)
        today = [
            one
            for course in courses
            for one in invitations(course, "visits@mill.example", "owner")
        ]
        due = due_invitations(self.sent, today, courses, now, "owner" if whole else "")
        self.written, due = with_files(self.written, due)
        for one in due:
            self.attendees[one.to.casefold()].receive(read_mail(invitation_mail(one, now)))
        known = {one.key: one for one in (*self.sent, *due)}
        done = [replace(one, pending=False) for one in known.values()]
        data = record_bytes(OutboxRecord(self.written, remembered(done, now)))
        record = parse_record(data, "the record")
        self.written, self.sent = record.written, [*record.invitations]
        return due


def said(due: Sequence[Invitation], to: str = "") -> list[tuple[str, str]]:
    """What is sent, by status and title."""
    return [(one.status, one.title) for one in due if to in ("", one.to)]


def change(course: Course, verb: Any, hours: int = 1, **more: Any) -> Course:
    at = course.history[-1].at + timedelta(hours=hours)
    return revise(course, Change(verb, **more), at=at, why="asked")


def test_a_patient_is_invited_to_each_visit_and_review_and_a_driver_once_to_each_ride():
    course = planned()
    due = Outbox().invite(course)
    titles = [title for _, title in said(due, "ana@example.org")]
    assert [title for title in titles if title.startswith("Appointment")] == [
        f"Appointment {number} of 6" for number in range(1, 7)
    ]
    assert len(titles) == 8  # and two reviews
    ride = next(one for one in due if one.to == "sam@example.org")
    assert (ride.title, ride.when) == ("Bring at 09:00; Collect from 10:55", "Mon 7 Dec 2026")
    assert (ride.event.start, ride.event.end) == (course.visits[0].start, course.visits[0].end)
    assert sum(one.to == "sam@example.org" for one in due) == 6


def test_who_has_no_address_is_not_invited():
    assert said(Outbox().invite(planned(patient_email="", driver_email=""))) == []
    assert {one.to for one in Outbox().invite(planned(patient_email=""))} == {"sam@example.org"}


def test_what_has_not_changed_is_not_sent_again():
    box, course = Outbox(), planned()
    assert box.invite(course)
    assert box.invite(course) == []
    agreed = change(course, "wishes", wishes=Wishes(reminders=True))
    assert box.invite(agreed) == []


def test_a_visit_that_moves_is_the_same_entry_with_a_higher_sequence():
    box, course = Outbox(), planned()
    first = {one.key: one for one in box.invite(course)}
    moved = change(course, "defer", visit=6, days=3)
    due = box.invite(moved)
    assert {one.to for one in due} == {"ana@example.org", "sam@example.org"}
    for one in due:
        assert one.sequence > first[one.key].sequence
        assert one.start != first[one.key].start
        assert one.what == "changed"
        assert one.was == first[one.key].moved_text
    assert [one.was for one in due] == [
        "Was: Fri 18 Dec 2026, 09:00",
        "Was: Bring at 09:00; Collect from 10:55, Fri 18 Dec 2026",
        "Was: Mon 21 Dec 2026, 09:00",  # the review
    ]


def test_what_changes_on_its_date_says_no_former_date_and_a_date_after_its_end_is_new():
    box, course = Outbox(), planned()
    assert {one.what for one in box.invite(course)} == {"invited"}
    driven = change(course, "driver", visit=2, driver=Driver("Kim", email="kim@example.org"))
    found = {one.to: (one.what, one.was) for one in box.invite(driven)}
    assert found == {
        "ana@example.org": ("changed", ""),
        "sam@example.org": ("called off", None),
        "kim@example.org": ("invited", None),
    }
    held = change(driven, "hold")
    assert {one.what for one in box.invite(held)} == {"called off"}
    due = box.invite(change(held, "resume", on=course.visits[0].start.date()))
    assert {one.what for one in due} == {"invited"}


def test_who_has_no_address_and_a_visit_to_come_is_known():
    course, now = planned(patient_email="", driver_email=""), MADE_AT
    assert {*without_address(course, now)} == {("patient", "P-014"), ("driver", "Sam")}
    assert not [*without_address(planned(), now)]
    assert not [*without_address(course, course.visits[-1].end + timedelta(99))]


@pytest.mark.parametrize(
    ("verb", "more"),
    [("omit", {"visit": 6}), ("hold", {}), ("cease", {"visit": 5})],
    ids=["omitted", "held", "ceased"],
)
def test_what_ends_is_called_off_for_both(verb, more):
    box, course = Outbox(), planned()
    box.invite(course)
    due = box.invite(change(course, verb, **more))
    last = course.visits[-1].start if verb == "omit" else max(one.start for one in due)
    ended = [one for one in due if one.status == "CANCELLED" and one.start == last]
    assert {one.to for one in ended} >= {"ana@example.org"}
    assert all(one.title.startswith("CANCELLED: ") for one in ended)
    assert box.invite(change(course, verb, **more)) == []


def test_a_missed_visit_is_called_off_for_the_patient_and_not_for_the_driver():
    box, course = Outbox(), planned()
    box.invite(course)
    at = course.visits[0].end + timedelta(hours=1)
    missed = revise(course, Change("miss", 1, make_up=False), at=at)
    assert [(one.to, one.status) for one in box.invite(missed)] == [
        ("ana@example.org", "CANCELLED")
    ]


def test_another_driver_is_invited_and_the_former_one_is_free():
    box, course = Outbox(), planned()
    box.invite(course)
    kim = Driver("Kim", email="kim@example.org")
    due = box.invite(change(course, "driver", visit=2, driver=kim))
    rides = [(one.to, one.status) for one in due if one.attendee == "driver"]
    assert rides == [("sam@example.org", "CANCELLED"), ("kim@example.org", "CONFIRMED")]
    assert len({one.uid for one in due if one.attendee == "driver"}) == 2


def test_another_address_is_invited_and_the_former_one_called_off_first():
    box, course = Outbox(), planned(driver_email="")
    box.invite(course)
    moved = change(course, "wishes", wishes=Wishes(patient_email="new@example.org"))
    due = box.invite(moved)
    half = len(due) // 2
    assert {(one.to, one.status) for one in due[:half]} == {("ana@example.org", "CANCELLED")}
    assert {one.to for one in due[half:]} == {"new@example.org"}
    sequences = {one.uid: one.sequence for one in due[:half]}
    assert all(one.sequence > sequences[one.uid] for one in due[half:])
    assert not box.attendees["ana@example.org"].entries


def test_the_same_address_in_other_letters_is_the_same_one():
    box, course = Outbox(), planned(driver_email="")
    box.invite(course)
    same = change(course, "wishes", wishes=Wishes(patient_email="Ana@Example.org"))
    assert box.invite(same) == []


def test_what_is_over_is_nobody_invited_to():
    course = planned()
    due = Outbox().invite(course, now=course.visits[2].start)
    assert min(one.start for one in due) > course.visits[2].start.astimezone(UTC)


def test_a_visit_that_took_place_sooner_leaves_no_entry_ahead():
    box, course = Outbox(), planned(driver_email="")
    box.invite(course)
    first, second = course.visits[0], course.visits[1]
    at = first.start + timedelta(days=1, hours=5)
    sooner = revise(course, Change("complete", 2, on=at.date()), at=at)
    (update,) = (one for one in box.invite(sooner, now=at) if one.uid == second.uid)
    assert update.start.date() == at.date()
    assert box.attendees["ana@example.org"].entries[second.uid].start < at


def test_only_what_was_in_a_whole_register_is_called_off_with_its_course():
    box, course = Outbox(), planned()
    other = replace(planned(patient_email="ben@example.org", driver_email=""), course_id="other")
    box.invite(course, replace(other, visits=(), companions=()))
    assert box.invite(other, now=MADE_AT) != []
    assert {one.status for one in box.invite(other, now=MADE_AT, whole=True)} == {"CANCELLED"}
    assert not box.attendees["sam@example.org"].entries


def test_a_mail_that_may_not_be_written_is_written_again_or_called_off():
    course = planned(driver_email="")
    today = [*invitations(course, "visits@mill.example", "owner")]
    written, due = with_files(0, due_invitations([], today, [course], MADE_AT))
    assert due_invitations(due, today, [course], MADE_AT) == due
    assert with_files(written, due) == (written, due)
    gone = change(course, "cease", visit=1)
    ends = due_invitations(due, [], [gone], MADE_AT)
    assert [one.status for one in ends] == ["CANCELLED"] * len(due)
    assert with_files(written, ends)[1][0].file > due[-1].file


def test_the_uids_are_a_courses_own_so_that_nobody_is_busy_by_them():
    course = planned("kap-six")
    found = {one.uid for one in invitations(course, "a@b")}
    assert found <= course_uids(course)


@pytest.mark.parametrize("seed", range(4))
def test_through_a_life_calendars_hold_what_the_course_has(seed):
    life, box, course = Life(f"invited {seed}", InMemory(), at=MONITORED), Outbox(), None
    for number in range(40):
        life.step()
        if life.course is course:
            continue
        course = life.course
        found = addressed(course, number)
        now = course.history[-1].at
        box.invite(found, now=now)
        expected: dict[str, Any] = defaultdict(dict)
        for one in invitations(found, "visits@mill.example", "owner"):
            if one.start > now:
                local = one.event.start, one.event.end, one.title, one.text
                expected[one.to.casefold()][one.uid] = local
        for to, attendee in box.attendees.items():
            ahead = {uid: one for uid, one in attendee.entries.items() if one.start > now}
            assert ahead == expected[to], (to, course.history[-1].what)
    assert sum(len(one.sequences) for one in box.attendees.values()) > 5


def addressed(course: Course, number: int) -> Course:
    """The course with addresses; that of the patient changes now and then, or is taken away."""
    to = ("ana@example.org", "ANA@example.org", "new@example.org", "")[number // 8 % 4]

    def with_address(item: Any) -> Any:
        name = item.driver and item.driver.name
        address = f"{name.split()[0].lower()}@example.org" if name else ""
        return replace(item, driver=Driver(name, email=address)) if name else item

    return replace(
        course,
        request=replace(course.request, patient_email=to),
        visits=tuple(map(with_address, course.visits)),
        companions=tuple(map(with_address, course.companions)),
    )


def test_what_is_over_for_sixty_days_is_forgotten():
    found = [*invitations(planned(), "a@b", "owner")]
    last = max(one.end for one in found)
    assert remembered(found, last + timedelta(60, -1))[0].end == last
    assert remembered(found, last + timedelta(60)) == []
