"""The names of a course's feeds, in a file beside the course: its own format, with mode 0600."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ketasched.errors import BadFile
from ketasched.files.atomic_write import locked_folder, replace_file
from ketasched.files.disk import kind_at, read_bytes, refuse_all_but
from ketasched.model import Course

FEEDS_FILE = "feeds.json"

FEED_NAME = re.compile(r"[\w-]{22,64}\.ics", re.ASCII)
"""A feed's file name: at least 128 random bits. A name of another form is never a path."""

FORMAT = 1

Names = Mapping[str, Sequence[str]]
"""The file names that feeds have had, by the feed's key: the last one holds."""

Naming = Callable[[Names], Mapping[str, str]]
"""Returns the names to add, by the feed's key, to the names that feeds have had."""


def feeds_file_of(course_path: Path) -> Path:
    """Where the names are kept of a course's feeds: "feeds.json" beside "course.json"."""
    is_usual = course_path.name == "course.json"
    return course_path.with_name(FEEDS_FILE if is_usual else f"{course_path.stem}.{FEEDS_FILE}")


def keep_feed_names_in(path: Path, courses: Sequence[Course], naming: Naming) -> Names:
    """Write the names of these courses' feeds that `naming` adds, and return all in the file.

    The folder is locked meanwhile, so that of two processes the second reads what the first has
    written. Raises `BadFile` for a file that is none of ours, or that has the feeds of another
    patient's course, `Refused` if it cannot be written.
    """
    last = courses[-1]
    known = _read(path, last)
    if not naming(known):
        return known
    with locked_folder(path.parent):
        refuse_all_but("a file", path)
        known = with_names(_read(path, last), naming)
        owner = {"patient": last.patient, "courses": [one.course_id for one in courses]}
        content = {"format": FORMAT, **owner, "feeds": known}
        replace_file(path, f"{json.dumps(content, indent=1)}\n".encode())
    return known


def with_names(known: Names, naming: Naming) -> Names:
    """The names with those that are added."""
    added = naming(known)
    return dict(known) | {key: [*known.get(key, ()), name] for key, name in added.items()}


def refuse_foreign_names(names: Names, place: str) -> Names:
    """The same names. Raises `BadFile` if one is not of a feed: files are removed by these.

    The same if two feeds have one name, as each would be written over the other.
    """
    every = [name for known in names.values() for name in known]
    are_ours = all(names.values()) and all(map(FEED_NAME.fullmatch, every))
    if are_ours and len(set(every)) == len(every):
        return names
    raise _not_ours(place)


def _read(path: Path, course: Course) -> Names:
    """The names in the file of the course's folder; none if there is no file.

    What was published of another course there is ended. That must be one of the same patient: who
    copies a folder for the next patient, and replaces the course, has the first one's file in it.
    """
    if not kind_at(path):
        return {}
    try:
        found = json.loads(read_bytes(path))
        if found["format"] != FORMAT:
            raise _not_ours(str(path))
        is_ours = found["patient"] == course.patient
        is_ours |= not {course.course_id, course.follows}.isdisjoint(found["courses"])
        names = {str(key): [str(one) for one in known] for key, known in found["feeds"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _not_ours(str(path)) from None
    if not is_ours:
        said = f"{path}: these are the names of feeds of another patient's course"
        step = "remove this file, which was copied: the next publish makes names for this course"
        raise BadFile(said, next_step=step)
    return refuse_foreign_names(names, str(path))


def _not_ours(place: str) -> BadFile:
    said = f"{place}: these are not the names of feeds that ketasched has made"
    step = "remove them: the next publish makes new names, and the old feeds stay where they are"
    return BadFile(said, next_step=step)
