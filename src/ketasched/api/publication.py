"""What is published together: the courses of a clinic, of a patient, or of a folder."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from ketasched.api.clinic_book import ClinicBook
from ketasched.api.moments import Moment, local_moment
from ketasched.errors import BadFile
from ketasched.files.feed_names import Names, Naming, feeds_file_of, keep_feed_names_in
from ketasched.files.load import builtin_clinic, load_course, with_newer_clinic
from ketasched.model import Clinic, Course
from ketasched.model.identifiers import clinic_key
from ketasched.register.course_lookup import entries_of
from ketasched.render.patient_folder import KEPT_COURSE

if TYPE_CHECKING:
    from ketasched.register.register import Register

NameStore = Callable[[Naming], Names]
"""Keeps the names of feeds: adds the names that a naming gives, and returns all names."""

MomentAt = Callable[[Clinic], datetime]
"""The moment of publishing, local to the clinic."""

Paths = str | Path | Sequence[str | Path]
"""The files of courses, or the folders of patients."""

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class PublishedCourses:
    """Courses that are published together, and where the names of their feeds are kept.

    The `source` says which: all courses of a clinic in a register, those of one patient there, or
    those in the files of a folder. `owner` is the key of their clinic, "" if a register has never
    had any. `clinic` is the clinic as it is now, and `now` is local to it; `clinic_file` is where
    it was read, "" for the register's. `errors` are those of courses that could not be read.
    """

    source: Literal["register", "patient", "files"]
    courses: Sequence[Course]
    owner: str
    clinic: Clinic
    now: datetime
    keep_names: NameStore
    errors: Sequence[BadFile] = ()
    clinic_file: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether a course whose names are kept there, and that is not here, is withdrawn."""
        return self.source != "patient" and not self.errors

    @property
    def whole_register(self) -> str:
        """The `owner`, if these are all courses that the register has of it; else ""."""
        return self.owner if self.source == "register" and self.is_whole else ""


@dataclass(frozen=True, slots=True)
class Publication(Generic[Row]):
    """What was published: a row for each feed, entry or mail, and how many are "new", say.

    The courses that it is about are as they were `found`.
    """

    rows: Sequence[Row]
    counts: Mapping[str, int]
    found: Sequence[PublishedCourses]

    @property
    def errors(self) -> list[BadFile]:
        """The errors of the courses that could not be read."""
        return [error for one in self.found for error in one.errors]


Read = Callable[[], Sequence[PublishedCourses]]
"""Reads what is to be published: once the place to write to is locked, so that nobody writes an
older state over a newer one.
"""


def courses_of_register(book: ClinicBook, moment: MomentAt) -> PublishedCourses:
    """All courses of a clinic. Of a damaged one there is the error."""
    # Imported here because a register is an extra.
    from ketasched.register import feeds  # noqa: PLC0415

    engine = book.register.engine
    owner, zone = feeds.known_clinic(engine, book.named)
    # A register whose courses were all withdrawn still knows whose they were.
    clinic = book.clinic or builtin_clinic(zone or "UTC")
    found = feeds.courses_of(engine, book.named)
    return PublishedCourses(
        "register",
        [one for one in found if isinstance(one, Course)],
        owner,
        clinic,
        moment(clinic),
        partial(feeds.keep_feed_names, engine, book.named),
        [one for one in found if isinstance(one, BadFile)],
    )


def courses_of_patient(
    register: "Register", name: str, clinic: Clinic | None, moment: MomentAt
) -> PublishedCourses:
    """All courses of a patient, of this clinic if the register has several. Raises `BadFile`."""
    # Imported here because a register is an extra.
    from ketasched.register.feeds import keep_feed_names  # noqa: PLC0415

    courses = [register.course(one.course_id) for one in entries_of(register, name, clinic)]
    keep = partial(keep_feed_names, register.engine, courses[0].clinic)
    return _published("patient", courses, clinic, moment, keep)


def courses_in(path: Path, clinic: Clinic | None, moment: MomentAt) -> PublishedCourses:
    """The course in a file or a folder, after those that it follows; perhaps in a newer clinic.

    Raises `BadFile`.
    """
    if path.is_dir() or KEPT_COURSE.fullmatch(path.name):
        path = (path if path.is_dir() else path.parent) / "course.json"
    is_usual = path.name == "course.json" and path.parent.is_dir()
    beside = sorted(path.parent.iterdir()) if is_usual else []
    kept = [one for one in beside if KEPT_COURSE.fullmatch(one.name)]
    courses = [load_course(str(one)) for one in (*kept, path)]
    if clinic:
        courses = [with_newer_clinic(one, clinic, "the clinic") for one in courses]
    keep = partial(keep_feed_names_in, feeds_file_of(path), courses)
    return _published("files", courses, clinic, moment, keep)


def courses_in_all(courses: Paths, at: Moment, clinic: Clinic | None) -> Read:
    """Reads the courses in these files and folders, at this moment."""
    paths = [courses] if isinstance(courses, str | Path) else courses
    return lambda: [courses_in(Path(path), clinic, partial(local_moment, at)) for path in paths]


def _published(
    source: Literal["patient", "files"],
    courses: Sequence[Course],
    clinic: Clinic | None,
    moment: MomentAt,
    keep: NameStore,
) -> PublishedCourses:
    own = clinic or courses[-1].clinic
    return PublishedCourses(source, courses, clinic_key(own), own, moment(own), keep)
