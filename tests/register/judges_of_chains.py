"""What must hold after each command of a chain: of what it said, of courses and bookings."""

import json
import re
import shlex
from collections import Counter
from contextlib import redirect_stdout
from datetime import datetime
from functools import lru_cache
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import click

from ketasched.cli import main
from ketasched.files.codec import json_line
from ketasched.files.load import parse_course
from ketasched.planning.check import check
from ketasched.planning.record import record_findings
from tests.register.invariants import takes_place
from tests.register.two_books import Answer, CourseRow, Tables
from tests.support.transcript import commands_to_paste, with_values

ZONE = ZoneInfo("America/New_York")

DOCUMENTED = range(7)
"""The exit codes of a command that ends by itself, 70 aside."""

UID, EVENT = re.compile(rb"^UID:([^\r\n]+)", re.MULTILINE), re.compile(rb"^BEGIN:VEVENT", re.M)


def the_answer_is_one_of_ours(answer: Answer) -> None:
    """A documented exit code, no traceback, and a next step after each refusal, which parses."""
    assert answer.code in DOCUMENTED, answer
    assert "Traceback" not in answer.errors
    assert "a bug of ketasched" not in answer.output + answer.errors
    if answer.code in (2, 3, 4, 6):
        assert "try" in answer.errors.lower(), answer
    for command in commands_to_paste(answer.errors):
        problem = usage_problem(with_values(command))
        assert not problem, (command, problem)


def usage_problem(command: str) -> str:
    """Why a command cannot be parsed as one of ours; "" if it can. Nothing is run."""
    words = shlex.split(command)
    try:
        with redirect_stdout(StringIO()):
            context = main.make_context("ketasched", words)
            while isinstance(context.command, click.Group):
                rest = [*context._protected_args, *context.args]
                name, found, rest = context.command.resolve_command(context, rest)
                assert found is not None
                context = found.make_context(name, rest, parent=context)
    except click.UsageError as error:
        return error.message
    except click.exceptions.Exit:  # --help
        return ""
    return ""


@lru_cache(maxsize=10_000)
def the_course_is_whole(text: str) -> None:
    """Its record explains it, its times are right, and written again it is the same."""
    course = parse_course(text, "a course")
    assert [*record_findings(course)] == []
    assert not [one for one in check(course) if one.rule == "times" and one.level == "broken"]
    assert json.loads(json_line(course)) == json.loads(text)


def each_uid_is_there_once(files: dict[str, bytes]) -> None:
    """In each calendar and mail among the files every event has a UID of its own."""
    for name, data in files.items():
        if name.endswith((".ics", ".eml")):
            plain = data.replace(b"\r\n ", b"")
            uids = UID.findall(plain)
            assert len(set(uids)) == len(uids) == len(EVENT.findall(plain)), name


def what_holds_something_has_one_booking(tables: Tables) -> None:
    """The bookings are the visits and preparations at the clinic that take place, at their times.

    At home and on the phone nothing is held.
    """
    wanted = Counter(
        (course.course_id, one["uid"], _seconds(one["start"]), _end(one))
        for course in tables.courses
        for one in items_of(course)
        if takes_place(one) and _unit(one)
    )
    assert Counter((one.course_id, one.uid, *one[4:6]) for one in tables.bookings) == wanted


def of_chairs(tables: Tables) -> Tables:
    """The tables with the bookings of visits alone: a preparation takes no chair."""
    visits = {one["uid"] for course in tables.courses for one in course.document["visits"]}
    return tables._replace(bookings=[one for one in tables.bookings if one.uid in visits])


def nobody_has_staff_that_is_taken(before: Tables, after: Tables, let_in: set[str]) -> None:
    """Whoever is new has a monitor, or a therapist, as the clinic of the course has them."""
    settled = {one[:6] for one in before.bookings}
    new = {one.uid for one in after.bookings if one[:6] not in settled} - let_in
    spans = [
        (one["uid"], _unit(one), *_served(one), course.document["clinic"])
        for course in after.courses
        for one in items_of(course)
        if takes_place(one) and _unit(one) and one["uid"] not in let_in
    ]
    for uid, unit, begin, end, clinic in spans:
        if uid not in new:
            continue
        beside = [one for one in spans if one[1] == unit and one[2] < end and begin < one[3]]
        for instant in {begin, *(one[2] for one in beside if one[2] > begin)}:
            there = [one[0] for one in beside if one[2] <= instant < one[3]]
            assert len(there) <= _staff(clinic, unit, begin), (uid, unit, there)


def _unit(item: dict[str, Any]) -> str:
    """The resource that an item needs, "" for none."""
    if "kind" in item:
        return "monitor" if item["kind"] in ("infusion", "booster") else ""
    return "therapist" if item.get("name") == "preparation" else ""


def _served(item: dict[str, Any]) -> tuple[int, int]:
    """From when to when an item needs its resource."""
    return _seconds(item.get("treatment_start", item["start"])), _end(item)


def _end(item: dict[str, Any]) -> int:
    """When a visit, or a companion of so many minutes, ends."""
    return (
        _seconds(item["end"]) if "end" in item else _seconds(item["start"]) + 60 * item["minutes"]
    )


def _staff(clinic: dict[str, Any], unit: str, moment: int) -> int:
    """How many of a resource there are on the day of a moment."""
    [found] = [one for one in clinic["resources"] if one["name"] == unit]
    day = datetime.fromtimestamp(moment, ZONE).date().isoformat()
    away = (n for days, n in found["absences"].items() if days[:10] <= day <= days[-10:])
    count: int = found["count"]
    missing: int = sum(away)
    return count - missing


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())


def items_of(course: CourseRow) -> list[dict[str, Any]]:
    """The visits and companions of a course."""
    return [*course.document["visits"], *course.document["reviews"]]
