"""The clinics of a register: which one a clinic's file means, and which the register refuses."""

from sqlalchemy import Connection, select

from ketasched.errors import BadRequest
from ketasched.model import Clinic, Course
from ketasched.model.identifiers import clinic_key, folded_reference, register_key
from ketasched.register.tables import CLINICS, COURSES


def clinic_id(connection: Connection, clinic: Clinic) -> int | None:
    """The number of a clinic; None if the register does not know the clinic."""
    asked = select(CLINICS.c.id).where(CLINICS.c.key == clinic_key(clinic))
    return connection.execute(asked).scalar_one_or_none()


def locked_clinic(connection: Connection, clinic: Clinic, before: Course | None = None) -> int:
    """The clinic's number, which is locked and, if necessary, created.

    The register takes over the clinic's name, unless the course has it from `before`: then it may
    be an old one. Other writers of the clinic wait until this transaction ends. Raises
    `BadRequest` if the clinic is not known, and must not be.
    """
    own = CLINICS.c.key == clinic_key(clinic)
    asked = select(CLINICS.c.id, CLINICS.c.name).where(own).with_for_update()
    found = connection.execute(asked).one_or_none()
    if found and clinic.name in ("", found.name, before and before.clinic.name):
        return int(found.id)
    if connection.dialect.name == "postgresql":
        # Of two who bring one clinic under two salts the second sees the first.
        connection.exec_driver_sql("LOCK TABLE clinics IN SHARE ROW EXCLUSIVE MODE")
    refuse_stranger(connection, clinic)
    if found:
        connection.execute(CLINICS.update().where(own).values(name=clinic.name))
        return int(found.id)
    values = {"key": clinic_key(clinic), "name": clinic.name, "timezone": clinic.timezone}
    new = CLINICS.insert().values(values).returning(CLINICS.c.id)
    return int(connection.execute(new).scalar_one())


def refuse_stranger(connection: Connection, clinic: Clinic) -> None:
    """Raise `BadRequest` if the register has this clinic under another `id_salt` or zone.

    Its chairs would count twice. A name that differs in case, spaces or Unicode form is the same.
    """
    key, name = clinic_key(clinic), _folded_name(clinic.name)
    asked = select(CLINICS.c.key, CLINICS.c.name, CLINICS.c.timezone)
    own = connection.execute(asked.where(CLINICS.c.key == key)).all()
    # A register of an earlier version may have two clinics of one name: both stay. To read all
    # clinics for each course would take longer the more clinics there are.
    is_named_so = any(_folded_name(one.name) == name for one in own)
    rest = [] if is_named_so else connection.execute(asked.where(CLINICS.c.key != key)).all()
    for one in [*own, *(one for one in rest if _folded_name(one.name) == name)]:
        is_same = one.key == key or (
            not clinic.id_salt and one.key == register_key("", one.name, one.timezone)
        )
        if is_same and one.timezone not in ("", clinic.timezone):
            raise _other_zone(clinic, one.timezone)
        if one.key != key and name:
            raise _other_salt(clinic)


def refuse_another_clinic(connection: Connection, clinic: Clinic, course_id: str) -> None:
    """Raise `BadRequest` if a stored course is of another clinic: its chairs would be lost."""
    asked = select(CLINICS.c.id, CLINICS.c.name).join(COURSES, COURSES.c.clinic == CLINICS.c.id)
    found = connection.execute(asked.where(COURSES.c.course_id == course_id)).one_or_none()
    if found and found.id != clinic_id(connection, clinic):
        refuse_stranger(connection, clinic)
        said = f"the register has this course at {found.name or 'another clinic'}"
        step = "leave --clinic out, or give the newer file of that clinic, with its id_salt"
        raise BadRequest("clinic", said, next_step=step)


def _folded_name(name: str) -> str:
    return folded_reference(" ".join(name.split()))


def _other_salt(clinic: Clinic) -> BadRequest:
    said = f"the register has {clinic.name} with another id_salt: its chairs would count twice"
    step = "put the id_salt back into the clinic's file, or give this clinic another name"
    return BadRequest("clinic", said, next_step=step)


def _other_zone(clinic: Clinic, known: str) -> BadRequest:
    named = clinic.name or "this clinic"
    said = f"the register has {named} in {known}, not in {clinic.timezone}"
    step = (
        f'timezone = "{known}" in the clinic\'s file; or, if {clinic.timezone} is right, plan its '
        "courses anew in a new register: --register NEW.db"
    )
    return BadRequest("clinic", f"{said}: its chairs would count twice", next_step=step)
