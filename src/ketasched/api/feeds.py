"""Feeds as files for a web server: `ketasched publish --to DIR`, from Python, too."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Required, TypedDict, Unpack

from ketasched.api.moments import Moment
from ketasched.api.publication import Paths, Publication, PublishedCourses, Read, courses_in_all
from ketasched.errors import BadRequest
from ketasched.exchange.feeds import Feed, chains, clinic_feed, feeds_of, new_names
from ketasched.files.feed_names import FEED_NAME, Names, with_names
from ketasched.files.public_folder import public_folder, read_public, write_public
from ketasched.language.locale import Locale
from ketasched.model import Audience, Clinic


@dataclass(frozen=True, slots=True)
class PublishedFeed:
    """The file of a feed, and for whom it is: the clinic's feed of all has no `patient`.

    `link` is where it is on the web, "" if that is not known.
    """

    patient: str
    audience: Audience
    driver: str
    file: str
    link: str


class FeedOptions(TypedDict, total=False):
    """How feeds are published: with new names (`rotate`), where they are on the web.

    Only feeds for these `audiences` are published. Unless they are said it is all; of courses in
    files the clinic's only if it was published before.
    `make_secret` returns a new secret of at least 128 random bits, as `secrets.token_urlsafe`
    does. A `dry_run` writes nothing.
    """

    make_secret: Required[Callable[[], str]]
    base_url: str
    rotate: bool
    audiences: Sequence[Audience]
    dry_run: bool


def publish(
    courses: Paths,
    folder: str | Path,
    *,
    at: Moment,
    clinic: Clinic | None = None,
    **options: Unpack[FeedOptions],
) -> Publication[PublishedFeed]:
    """Write the feeds of courses into a folder for a web server, as the command `publish` does.

    `courses` are paths of course files or of patients' folders: the secret names of the feeds are
    kept beside them. The `options` are those of `FeedOptions`, of which `make_secret` is needed.
    Raises `BadFile`, `BadRequest`, `Refused`.
    """
    return publish_feeds(courses_in_all(courses, at, clinic), folder, **options)


def publish_feeds(
    read: Read,
    folder: str | Path,
    *,
    make_secret: Callable[[], str],
    base_url: str = "",
    rotate: bool = False,
    audiences: Sequence[Audience] = (),
    dry_run: bool = False,
) -> Publication[PublishedFeed]:
    """Write the feeds of what is read into the folder; the files that differ are `written`.

    Raises `BadFile`, `BadRequest`, `Refused`.
    """
    is_usable = base_url.startswith(("https://", "http://")) and not set("?#") & set(base_url)
    if base_url and not is_usable:
        said = f'expected where the folder is on the web, not "{base_url}"'
        raise BadRequest("base_url", said, next_step="--base-url https://cal.example.org/k")
    folder, rows = Path(folder), list[PublishedFeed]()
    done = Counter(written=0, removed=0, unchanged=0)
    with ExitStack() as stack:
        if not dry_run:
            stack.enter_context(public_folder(folder))
        found = read()
        for one in found:
            kept, today, feeds = one.keep_names(lambda _: {}), one.now.date(), _feeds(one)
            others = {feed.key for feed in feeds if not _is_asked_for(feed, audiences, one, kept)}
            wanted = [feed for feed in feeds if not (feed.key in others or feed.is_over(today))]
            naming = partial(new_names, wanted=[feed.key for feed in wanted], rotate=rotate)
            if dry_run:
                numbers = map("(new name {})".format, count(1))
                known = with_names(kept, partial(naming, make_name=numbers.__next__))
            else:
                # Before any file: who is killed in between has not lost the names.
                known = one.keep_names(partial(naming, make_name=partial(_name, make_secret)))
            known = {key: names for key, names in known.items() if key not in others}
            files = _files(one, feeds, known, folder, done)
            done.update(_write(files, folder, dry_run=dry_run))
            for feed in wanted:
                file, view = known[feed.key][-1], feed.view
                link = f"{base_url.rstrip('/')}/{file}" if base_url else ""
                rows.append(PublishedFeed(feed.patient, view.audience, view.rides_of, file, link))
    return Publication(rows, done, found)


def _is_asked_for(
    feed: Feed, audiences: Sequence[Audience], published: PublishedCourses, kept: Names
) -> bool:
    """Whether a feed is to be published; `kept` are the names of before."""
    audience = feed.view.audience
    if audiences:
        return audience in audiences
    return audience != "clinic" or published.source == "register" or feed.key in kept


def _name(make_secret: Callable[[], str]) -> str:
    name = f"{make_secret()}.ics"
    if not FEED_NAME.fullmatch(name):
        raise ValueError("make_secret: expected 22 to 64 characters A-Z, a-z, 0-9, - and _")
    return name


def _feeds(published: PublishedCourses) -> list[Feed]:
    """The feeds of these courses, also those that are over."""
    today, found = published.now.date(), chains(published.courses)
    feeds = [feed for chain in found for feed in feeds_of(chain, today)]
    if published.source == "register":
        return [*feeds, *([clinic_feed(found, today, published.owner)] if found else ())]
    return [*feeds, *(clinic_feed([one], today) for one in found if published.is_whole)]


def _files(
    published: PublishedCourses,
    feeds: Sequence[Feed],
    known: Names,
    folder: Path,
    done: Counter[str],
) -> dict[str, str | None]:
    """The wanted text of each of our files in the folder, by name; None for a file to remove.

    A damaged file of a course that is known no more is left out, and `done` counts it.
    """
    by_key, files = {feed.key: feed for feed in feeds}, dict[str, str | None]()
    for key, names in known.items():
        feed = by_key.get(key)
        if feed or published.is_whole:
            before = (read_public(folder / name) for name in reversed(names))
            files |= dict.fromkeys(names)
            try:
                files[names[-1]] = _text(published, feed, next(filter(None, before), ""))
            except ValueError:
                done["damaged"] += 1
    return files


def _text(published: PublishedCourses, feed: Feed | None, before: str) -> str | None:
    """The text of a feed; None if there is nothing left to tell.

    Without a `feed`, whose course is known no more, the text `before` is ended. Raises
    `ValueError` if that text cannot be read.
    """
    if feed:
        return None if feed.is_over(published.now.date()) else feed.text(before)
    if not before:
        return None
    # Imported here because it loads a library of calendars, and is seldom needed.
    from ketasched.exchange.ended_feed import ended_feed  # noqa: PLC0415

    there = published.clinic  # how its patients read, unless they have asked for another language
    return ended_feed(before, published.now, Locale(there.clock, there.dates, there.language))


def _write(files: dict[str, str | None], folder: Path, *, dry_run: bool) -> Counter[str]:
    """Write the files whose text has changed, remove those with None; count what was done."""
    done = Counter[str]()
    for name, text in files.items():
        before = read_public(folder / name)
        if before == text:
            done["unchanged"] += text is not None
            continue
        done["written" if text is not None else "removed"] += 1
        if not dry_run:
            write_public(folder / name, text)
    return done
