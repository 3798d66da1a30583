"""What a register has for feeds: all courses of a clinic, and the names of their feeds."""

from sqlalchemy import Connection, Engine, select

from ketasched.errors import BadFile
from ketasched.files.feed_names import Names, Naming, refuse_foreign_names
from ketasched.model import Clinic, Course
from ketasched.register.clinics import clinic_id
from ketasched.register.database import reading, writing
from ketasched.register.queries import read_document
from ketasched.register.tables import CLINICS, COURSES, FEEDS


def keep_feed_names(engine: Engine, clinic: Clinic | None, naming: Naming) -> Names:
    """All names of a clinic's feeds, or of the only clinic's (None), and those added to them now.

    Of two who add names at once the second sees what the first has added. Raises `BadFile`.
    """
    with reading(engine) as connection:
        known = _names(connection, clinic)
    if not naming(known):
        return known
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("LOCK TABLE feeds IN SHARE ROW EXCLUSIVE MODE")
        known, number = _names(connection, clinic), _number(connection, clinic)
        for feed, name in naming(known).items():
            place = {"clinic": number, "feed": feed, "number": len(known.get(feed, ()))}
            connection.execute(FEEDS.insert().values(name=name, **place))
        return _names(connection, clinic)


def courses_of(engine: Engine, clinic: Clinic | None) -> list[Course | BadFile]:
    """All courses of a clinic, or of the only one (None), at one moment.

    For a course that is damaged, the error that says so.
    """
    found: list[Course | BadFile] = []
    with reading(engine) as connection:
        own = COURSES.c.clinic == _number(connection, clinic)
        for row in connection.execute(select(COURSES.c.course_id, COURSES.c.document).where(own)):
            try:
                found.append(read_document(*row))
            except BadFile as error:
                found.append(error)
    return found


def known_clinic(engine: Engine, clinic: Clinic | None) -> tuple[str, str]:
    """The key and the zone of a clinic, or of the only one (None); "" if there is no such clinic.

    The register knows them also once all courses of the clinic were withdrawn.
    """
    with reading(engine) as connection:
        own = CLINICS.c.id == _number(connection, clinic)
        asked = select(CLINICS.c.key, CLINICS.c.timezone).where(own)
        found = connection.execute(asked).one_or_none()
    return (found.key, found.timezone) if found else ("", "")


def _names(connection: Connection, clinic: Clinic | None) -> Names:
    own = FEEDS.c.clinic == _number(connection, clinic)
    asked = select(FEEDS.c.feed, FEEDS.c.name).where(own).order_by(FEEDS.c.number)
    found: dict[str, list[str]] = {}
    for feed, name in connection.execute(asked):
        found.setdefault(feed, []).append(name)
    return refuse_foreign_names(found, "the register's table feeds")


def _number(connection: Connection, clinic: Clinic | None) -> int | None:
    if clinic is not None:
        return clinic_id(connection, clinic)
    return connection.execute(select(CLINICS.c.id).limit(1)).scalar_one_or_none()
