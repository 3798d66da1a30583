"""The tables of a register and their constraints.

The database itself, whatever program writes, refuses two visits on one chair at once, two visits
with the same place among those that begin together, and a changed or removed line of the log.
"""

import sqlite3

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    event,
)

SCHEMA = 4
"""The number of this schema. Each change of the tables raises it and adds a migration."""

LONGEST_VISIT = 24 * 60 * 60
"""The longest visit in seconds: who looks for what overlaps a time looks no farther back."""

MOST_CHAIRS = 1024
"""How many visits there can be at once at a clinic, those with an overridden chair included."""


class WholeNumber(TypeDecorator[int]):
    """A column of whole numbers, whatever somebody has written into it by hand.

    SQLite keeps a text there, too. Reading that raises `sqlite3.DatabaseError`, as damage does.
    """

    impl = Integer
    cache_ok = True

    def process_result_value(self, value: object, dialect: Dialect) -> int | None:
        """The number, as the database has it."""
        if value is None or isinstance(value, int):
            return value
        raise sqlite3.DatabaseError("a text stands where a number should")


class LongNumber(WholeNumber):
    """A column of whole numbers of 64 bits."""

    impl = BigInteger
    cache_ok = True


TABLES = MetaData()

VERSION = Table("ketasched", TABLES, Column("schema_number", Integer, nullable=False))

CLINICS = Table(
    "clinics",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("timezone", Text, nullable=False, server_default=""),
)
"""Clinics: `timezone` is that of their courses, "" where no course says it."""

COURSES = Table(
    "courses",
    TABLES,
    Column("course_id", Text, primary_key=True),
    Column("clinic", ForeignKey("clinics.id"), nullable=False),
    Column("patient", Text, nullable=False),
    Column("revision", WholeNumber, nullable=False),
    Column("first_day", String(10), nullable=False),
    Column("last_day", String(10), nullable=False),
    Column("document", Text, nullable=False),
    Column("folded_patient", Text, nullable=False, server_default=""),
)
"""Courses: `document` is the course file on one line of JSON.

`folded_patient` is the same for references that differ in case or in Unicode form only.

`first_day` and `last_day` are the local dates (ISO) of the visits that take place, or "".
"""

COURSES_BY_PATIENT = Index("courses_by_reference", COURSES.c.folded_patient, COURSES.c.clinic)

BOOKINGS = Table(
    "bookings",
    TABLES,
    Column("uid", Text, primary_key=True),
    Column("course_id", ForeignKey("courses.course_id"), nullable=False, index=True),
    Column("clinic", ForeignKey("clinics.id"), nullable=False),
    Column("day", String(10), nullable=False),
    Column("begins", LongNumber, nullable=False),
    Column("ends", LongNumber, nullable=False),
    Column("chair", WholeNumber),
    Column("place", WholeNumber),
    Column("treatment", LongNumber),
    Column("observation", LongNumber),
    Column("takes_chair", WholeNumber, nullable=False, server_default="1"),
    Column("needs", Text),
    UniqueConstraint("clinic", "begins", "place", name="one_in_a_place"),
)
"""Visits at the clinic: local date (ISO), start and end in POSIX seconds, chair from 0.

`place` counts from 0 among the visits that begin at the same instant. `chair` and `place` are NULL
if the clinic does not limit them. A visit that is over the limit has a number after the last one.

`treatment` and `observation` are when these parts begin; where only the whole visit is known they
are NULL, and all of it counts as treatment. `needs` names resources, with a space between; NULL
stands for all. What a visit holds of a resource follows from these and from the clinic's file, so
that a resource can be added at any time.
"""

BOOKINGS_BY_CHAIR = Index(
    "bookings_by_chair", BOOKINGS.c.clinic, BOOKINGS.c.chair, BOOKINGS.c.begins
)

LOG = Table(
    "log",
    TABLES,
    Column("number", Integer, primary_key=True),
    Column("at", String(40), nullable=False),
    Column("course_id", Text, nullable=False, index=True),
    Column("revision", WholeNumber, nullable=False),
    Column("what", Text, nullable=False),
    Column("by_whom", Text, nullable=False),
)

FEEDS = Table(
    "feeds",
    TABLES,
    Column("name", String(80), primary_key=True),
    Column("clinic", ForeignKey("clinics.id"), nullable=False),
    Column("feed", String(36), nullable=False),
    Column("number", WholeNumber, nullable=False),
    UniqueConstraint("clinic", "feed", "number", name="one_name_at_a_time"),
)
"""The file names of feeds, by the feed's key: of several, that with the highest `number` holds.

A row stays when the name has been replaced, or the course withdrawn: so the file is removed
wherever it is, and a course that is entered again has its feed under the same name.
"""

ONE_ON_A_CHAIR_SQLITE = """
CREATE TRIGGER one_on_a_chair_{name} BEFORE {when} ON bookings
WHEN NEW.chair IS NOT NULL AND (NEW.ends - NEW.begins > {longest} OR EXISTS (
  SELECT 1 FROM bookings WHERE clinic = NEW.clinic AND chair = NEW.chair AND uid <> NEW.uid
  AND begins > NEW.begins - {longest} AND begins < NEW.ends AND ends > NEW.begins
))
BEGIN SELECT RAISE(ABORT, 'one_on_a_chair'); END
"""

# All chairs of all clinics are mapped to disjoint ranges of integers, so that no extension is
# needed: 2^34 seconds (until 2514) for each chair, MOST_CHAIRS for each clinic.
ONE_ON_A_CHAIR_POSTGRES = """
ALTER TABLE bookings ADD CONSTRAINT one_on_a_chair EXCLUDE USING gist (int8range(
  (clinic::bigint * 1024 + chair) * 17179869184 + begins,
  (clinic::bigint * 1024 + chair) * 17179869184 + ends
) WITH &&) WHERE (chair IS NOT NULL)
"""

LOG_STAYS_SQLITE = """
CREATE TRIGGER log_stays_{when} BEFORE {when} ON log
BEGIN SELECT RAISE(ABORT, 'the log stays as it is'); END
"""

# INSERT OR REPLACE removes a line, and fires no trigger of DELETE.
NO_LINE_TWICE_SQLITE = """
CREATE TRIGGER log_stays_INSERT BEFORE INSERT ON log
WHEN EXISTS (SELECT 1 FROM log WHERE number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'the log stays as it is'); END
"""

LOG_STAYS_POSTGRES = """
CREATE FUNCTION log_stays() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the log stays as it is'; END $$;
CREATE TRIGGER log_stays BEFORE UPDATE OR DELETE ON log EXECUTE FUNCTION log_stays()
"""

LOG_STAYS_WHOLE_POSTGRES = """
CREATE TRIGGER log_stays_whole BEFORE TRUNCATE ON log EXECUTE FUNCTION log_stays()
"""

CHAIR_TRIGGERS_SQLITE = {
    f"one_on_a_chair_{name}": ONE_ON_A_CHAIR_SQLITE.format(
        name=name, when=when, longest=LONGEST_VISIT
    )
    for name, when in (("INSERT", "INSERT"), ("UPDATE", "UPDATE OF clinic, chair, begins, ends"))
}


def _after(table: Table, text: str, dialect: str) -> None:
    ddl = DDL(text)  # type: ignore[no-untyped-call]  # the library says no types here
    event.listen(table, "after_create", ddl.execute_if(dialect=dialect))


for _text in CHAIR_TRIGGERS_SQLITE.values():
    _after(BOOKINGS, _text, "sqlite")
for _when in ("UPDATE", "DELETE"):
    _after(LOG, LOG_STAYS_SQLITE.format(when=_when), "sqlite")
_after(LOG, NO_LINE_TWICE_SQLITE, "sqlite")
_after(BOOKINGS, ONE_ON_A_CHAIR_POSTGRES, "postgresql")
_after(LOG, LOG_STAYS_POSTGRES, "postgresql")
_after(LOG, LOG_STAYS_WHOLE_POSTGRES, "postgresql")
