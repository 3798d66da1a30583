"""Migrations of a register's tables from each schema to the next one."""

import json
from collections.abc import Callable
from contextlib import suppress

from sqlalchemy import Connection, bindparam, select

from ketasched.errors import BadFile
from ketasched.model.identifiers import folded_reference
from ketasched.register.queries import read_document
from ketasched.register.records import Conflict
from ketasched.register.tables import (
    BOOKINGS,
    BOOKINGS_BY_CHAIR,
    CHAIR_TRIGGERS_SQLITE,
    CLINICS,
    COURSES,
    COURSES_BY_PATIENT,
    FEEDS,
    LOG,
    LOG_STAYS_WHOLE_POSTGRES,
    NO_LINE_TWICE_SQLITE,
)
from ketasched.register.writes import booked_visits


def _to_instants(connection: Connection) -> None:
    """Schema 2: chairs are compared at instants, clinics have a zone, references are folded.

    Visits that share a chair already, as those across midnight could, stay as they are.
    """
    run = connection.exec_driver_sql
    run("ALTER TABLE clinics ADD COLUMN timezone TEXT NOT NULL DEFAULT ''")
    run("ALTER TABLE courses ADD COLUMN folded_patient TEXT NOT NULL DEFAULT ''")
    run("DROP INDEX courses_by_patient")
    run("DROP INDEX bookings_by_day")
    if connection.dialect.name == "sqlite":
        _renew_chair_triggers(connection)
        run(NO_LINE_TWICE_SQLITE)
    else:
        run(LOG_STAYS_WHOLE_POSTGRES)
    _fill_folded_patients(connection)
    _fill_time_zones(connection)
    COURSES_BY_PATIENT.create(connection)
    BOOKINGS_BY_CHAIR.create(connection)


def _renew_chair_triggers(connection: Connection) -> None:
    for name, text in CHAIR_TRIGGERS_SQLITE.items():
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql(text)


def _fill_folded_patients(connection: Connection) -> None:
    found = connection.execute(select(COURSES.c.course_id, COURSES.c.patient)).all()
    same = COURSES.c.course_id == bindparam("own")
    change = COURSES.update().where(same).values(folded_patient=bindparam("folded"))
    for own, patient in found:
        connection.execute(change, {"own": own, "folded": folded_reference(str(patient))})


def _fill_time_zones(connection: Connection) -> None:
    """Store the zone of each clinic: that of the course that was entered last."""
    for clinic in connection.execute(select(CLINICS.c.id)).scalars().all():
        newest = (
            select(COURSES.c.document)
            .join(LOG, LOG.c.course_id == COURSES.c.course_id)
            .where(COURSES.c.clinic == clinic)
            .order_by(LOG.c.number.desc())
        )
        zones = map(_zone_of, connection.execute(newest).scalars())
        zone = next(filter(None, zones), "")
        connection.execute(CLINICS.update().where(CLINICS.c.id == clinic).values(timezone=zone))


def _zone_of(document: str) -> str:
    """The zone of a course file; "" if the file is damaged."""
    try:
        return str(json.loads(document)["timezone"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""


def _to_parts(connection: Connection) -> None:
    """Schema 3: of each visit, when its parts begin, and which resources it needs.

    A visit of a course that cannot be read, or booked any more, stays without. Visits that share a
    chair already are not looked at again: the trigger on changes asks only of other chairs and
    times.
    """
    if connection.dialect.name == "sqlite":
        _renew_chair_triggers(connection)
    for name, kind in (
        ("treatment", "BIGINT"),
        ("observation", "BIGINT"),
        ("takes_chair", "INTEGER NOT NULL DEFAULT 1"),
        ("needs", "TEXT"),
    ):
        connection.exec_driver_sql(f"ALTER TABLE bookings ADD COLUMN {name} {kind}")
    same = BOOKINGS.c.uid == bindparam("own"), BOOKINGS.c.course_id == bindparam("course")
    change = BOOKINGS.update().where(*same)
    columns = ("treatment", "observation", "takes_chair", "needs")
    change = change.values({name: bindparam(f"new_{name}") for name in columns})
    for course_id, document in connection.execute(select(COURSES.c.course_id, COURSES.c.document)):
        with suppress(BadFile, Conflict):
            course = read_document(course_id, document)
            rows = [
                {"own": one.uid, "course": course_id}
                | {f"new_{name}": getattr(one, name) for name in columns}
                for _, one in booked_visits(course)
            ]
            if rows:
                connection.execute(change, rows)


def _to_feeds(connection: Connection) -> None:
    """Schema 4: the names of feeds are kept."""
    FEEDS.create(connection)


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (_to_instants, _to_parts, _to_feeds)
"""The migrations from schema 1 to 2, from 2 to 3, and so on."""
