"""The names of a course's feeds, in a file beside the course: its own format, with mode 0600."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ketasched.errors import BadFile
from ketasched.files.atomic_write import write_folder
from ketasched.files.disk import kind_at, read_bytes

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


def keep_feed_names_in(path: Path, naming: Naming) -> Names:
    """Write the names that `naming` adds to the file at `path`, and return all names in it.

    The folder is locked meanwhile, so that of two processes the second reads what the first has
    written. Raises `BadFile` for a file that is none of ours, `Refused` if it cannot be written.
    """
    known = _read(path)
    if not naming(known):
        return known
    files = {path.name: b""}

    def name_feeds() -> None:
        """Read again: the folder is locked by now."""
        nonlocal known
        known = with_names(_read(path), naming)
        content = {"format": FORMAT, "feeds": known}
        files[path.name] = f"{json.dumps(content, indent=1)}\n".encode()

    write_folder(path.parent, files, force=True, before_write=name_feeds)
    return known


def with_names(known: Names, naming: Naming) -> Names:
    """The names with those that are added."""
    added = naming(known)
    return dict(known) | {key: [*known.get(key, ()), name] for key, name in added.items()}


def refuse_foreign_names(names: Names, place: str) -> Names:
    """The same names. Raises `BadFile` if one is not of a feed: files are removed by these."""
    if all(known and all(map(FEED_NAME.fullmatch, known)) for known in names.values()):
        return names
    raise _not_ours(place)


def _read(path: Path) -> Names:
    if not kind_at(path):
        return {}
    try:
        found = json.loads(read_bytes(path))
        if found["format"] != FORMAT:
            raise _not_ours(str(path))
        names = {str(key): [str(one) for one in known] for key, known in found["feeds"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise _not_ours(str(path)) from None
    return refuse_foreign_names(names, str(path))


def _not_ours(place: str) -> BadFile:
    said = f"{place}: these are not the names of feeds that ketasched has made"
    step = "remove them: the next publish makes new names, and the old feeds stay where they are"
    return BadFile(said, next_step=step)
