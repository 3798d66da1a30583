"""The folders of courses: prepared before a course is entered, and named after it."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from ketasched.errors import BadFile, BadRequest, Refused, command_line
from ketasched.files.atomic_write import prepared_folder
from ketasched.files.disk import kind_at, refuse_all_but
from ketasched.files.feed_names import FEEDS_FILE
from ketasched.files.load import load_course
from ketasched.model import Course
from ketasched.model.field_types import refusing_wrong_nouns
from ketasched.model.privacy import sensitive_term
from ketasched.render.patient_folder import (
    EVENT_FOLDERS,
    KEPT_COURSE,
    REPLACED_FILES,
    SUBFOLDER_FILES,
    own_files,
    render_changes_folder,
    render_course_file,
    render_folder,
    render_former_courses,
)

LONGEST_LABEL = 60


@contextmanager
def prepared_folder_of(
    course: Course,
    output: Path,
    *,
    driver_label: str,
    split: bool,
    large: bool,
    force: bool,
    over_same: bool,
    former: Sequence[Course],
    with_course_file: bool = True,
) -> Iterator[tuple[list[Path], bool]]:
    """Prepare the files of a course for the block, the course file last; yield their paths.

    They have their names after the block. With it comes whether they replace another course. With
    `over_same`, files of the same course are written over. `former` are the courses that it
    follows, the first one first, whose course files are written, too. Raises `BadRequest`,
    `Refused`.
    """
    refuse_telling_label(driver_label)
    files = render_folder(course, driver_label=driver_label, split=split, large=large)
    if with_course_file:
        files |= render_former_courses(former)
        files["course.json"] = render_course_file(course)
    folder = output / course.patient
    refuse_all_but("a folder", folder)
    is_taken = with_course_file and kind_at(folder / "course.json") == "a file"
    is_same = is_taken and holds_course(folder, course, refuse_later=over_same and not force)
    may_replace = force or (over_same and is_same)
    if is_taken and not may_replace:
        said = f"{folder}: there already, with a course"
        change = command_line("revise", str(folder), "--help")
        step = f"to change it: {change}\nto plan anew, its history lost: --force"
        raise Refused(said, next_step=step)
    with prepared_folder(folder, files, replaced=REPLACED_FILES, force=may_replace) as paths:
        yield paths, is_taken and not is_same


@refusing_wrong_nouns
def write_folder(
    course: Course,
    folder: str | Path,
    *,
    driver_label: str = "",
    split: bool = False,
    large: bool = False,
    force: bool = False,
    former: Sequence[Course] = (),
) -> list[Path]:
    """Write the pages, calendars and course file of a course into `folder`/<patient>/.

    They are those of `ketasched register show -o`. `driver_label` is what the driver's page calls
    the patient, `split` writes each event as a file of its own, too, `large` in large print;
    `former` are the courses that this one follows. An earlier revision of the course is written
    over, another course only by `force`. Returns the paths. Raises `BadRequest`, `Refused`.
    """
    with prepared_folder_of(
        course,
        Path(folder),
        driver_label=driver_label,
        split=split,
        large=large,
        force=force,
        over_same=True,
        former=former,
    ) as (paths, _):
        pass
    return paths


def refuse_telling_label(label: str) -> None:
    """Raise `BadRequest` for what a driver's page cannot call the patient."""
    if label and (not label.isprintable() or not label.strip() or len(label) > LONGEST_LABEL):
        said = f"expected up to {LONGEST_LABEL} printable characters"
        raise BadRequest("driver_label", said)
    if term := sensitive_term(label):
        said = f'says "{term}", and a driver is not told of the treatment'
        raise BadRequest("driver_label", said)


def holds_course(folder: Path, course: Course, *, refuse_later: bool) -> bool:
    """Whether a folder has this course, in whatever revision.

    With `refuse_later` a later revision raises `Refused`.
    """
    try:
        found = load_course(str(folder))
    except BadFile:
        return False
    is_same = found.course_id == course.course_id
    if is_same and refuse_later and found.revision > course.revision:
        said = f"{folder}: has revision {found.revision} of the course, not {course.revision}"
        later = command_line("register", "import", str(folder))
        step = f"to keep the later one: {later}\nto go back to the older one: --force"
        raise Refused(said, next_step=step)
    return is_same


@contextmanager
def prepared_folders(
    revisions: Sequence[tuple[Course, Course]], output: Path | None, *, force: bool
) -> Iterator[list[Path]]:
    """Prepare the folder of each course, given before and after, for the block; yield them.

    The files have their names after the block, which enters the courses. There are none without
    `output`. Without `force`, only files of the same course are written over. Raises `BadRequest`
    and `Refused`; if that is after the block, the error says that the courses are entered.
    """
    if output is None:
        yield []
        return
    _refuse_two_courses([after for _, after in revisions])
    with ExitStack() as stack:
        folders: dict[Path, ExitStack] = {}
        for before, after in revisions:
            folder = output / after.patient
            folders[folder] = stack.enter_context(ExitStack())
            files = _files(folder, before, after)
            is_same = holds_course(folder, after, refuse_later=not force)
            folders[folder].enter_context(
                prepared_folder(folder, files, replaced=REPLACED_FILES, force=force or is_same)
            )
        yield list(folders)
        _name_all(folders)


@contextmanager
def followed_folder(
    output: Path | None, patient: str, course: Course, former: Collection[str] = ()
) -> Iterator[None]:
    """Let the folder of a patient's former reference follow a renamed course after the block.

    The block writes the course into the folder of its reference now, and with it the courses
    `former` (identifiers). What we wrote into the old folder is removed then, the names of feeds
    are moved, and the folder is removed if it is empty. Where the file system takes both names for
    one, the folder gets the new name. A folder that has not this course stays as it is.
    """
    if output is None or patient == course.patient:
        yield
        return
    old, new = output / patient, output / course.patient
    if is_one_folder(old, new):
        yield
        with suppress(OSError):  # then it is called as before, and has the new files
            old.rename(new)
    elif holds_course(old, course, refuse_later=True):
        kept = [one.name for one in old.iterdir() if KEPT_COURSE.fullmatch(one.name)]
        names = [re.escape(one) for one in kept if _identifier(old / one) in former]
        ours = re.compile("|".join([own_files(patient).pattern, *names]))
        with prepared_folder(old, {}, replaced={**SUBFOLDER_FILES, ".": ours}, force=True):
            yield
        if not kind_at(new / FEEDS_FILE):
            with suppress(OSError):  # then the feeds get new names
                (old / FEEDS_FILE).rename(new / FEEDS_FILE)
        for name in (*SUBFOLDER_FILES, "."):
            with suppress(OSError):
                (old / name).rmdir()
    else:
        yield


def is_one_folder(folder: Path, other: Path) -> bool:
    """Whether both are one folder, as names are that differ in case, for some file systems."""
    return other.exists() and folder.exists() and folder.samefile(other)


def _identifier(path: Path) -> str:
    """The identifier of the course in a file, or ""."""
    with suppress(BadFile):
        return load_course(str(path)).course_id
    return ""


def _refuse_two_courses(courses: Sequence[Course]) -> None:
    """Raise `BadRequest` if two courses are of one patient: there is one folder for both."""
    counted = Counter(course.patient for course in courses)
    if several := [patient for patient, number in counted.items() if number > 1]:
        said = f"{several[0]} has {counted[several[0]]} courses that move, and one folder"
        step = "the same without -o, then for each course: ketasched register show ID -o DIR"
        raise BadRequest("output", said, next_step=step)


def _files(folder: Path, before: Course, after: Course) -> dict[str, bytes]:
    """The files of a course, by path below its folder; the course file comes last."""
    refuse_all_but("a folder", folder)
    split = any(kind_at(folder / place) for place in EVENT_FOLDERS)
    files = render_folder(after, split=split) | render_changes_folder(before, after)
    return files | {"course.json": render_course_file(after)}


def _name_all(folders: dict[Path, ExitStack]) -> None:
    """Give the files of each folder their names. Raises `Refused` once all others have theirs."""
    failed = {}
    for folder, prepared in folders.items():
        try:
            prepared.close()
        except Refused as error:
            failed[folder] = error.what
    if failed:
        several = len(failed) > 1
        said = f"the visits are moved, but {len(failed)} of {len(folders)} folders"
        step = command_line("register", "show", next(iter(failed)).name, "-o", "DIR", "--force")
        raise Refused(
            f"{said} {'are' if several else 'is'} not written",
            details=[*failed.values()],
            next_step=f"for each of them: {step}" if several else step,
        )
