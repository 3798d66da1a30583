"""`ketasched publish --to DIR`: feeds as files for a web server."""

import secrets
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path

import click

from ketasched.cli.output import SOME_FAILED, note_done, print_as, say
from ketasched.cli.publication import Publication, Publishing
from ketasched.errors import BadRequest
from ketasched.exchange.feeds import Feed, chains, clinic_feed, feeds_of, new_names
from ketasched.files.feed_names import Names, with_names
from ketasched.files.public_folder import public_folder, read_public, write_public
from ketasched.language.locale import INTERNATIONAL, Locale
from ketasched.model import Clinic
from ketasched.render.columns import aligned

RANDOM_BYTES = 24
"""How many random bytes a feed's name is made of."""


def publish_feeds(publishing: Publishing, names: Sequence[str], folder: Path) -> None:
    """Write the feeds of what is named into the folder, and print which is for whom.

    Raises `BadFile`, `BadRequest`, `Refused`.
    """
    base = publishing.base_url
    if base and not base.startswith(("https://", "http://")):
        said = f'expected where the folder is on the web, not "{base}"'
        raise BadRequest("base_url", said, next_step="--base-url https://cal.example.org/k")
    rows, done = list[dict[str, str]](), Counter[str]()
    with ExitStack() as stack:
        if not publishing.dry_run:
            stack.enter_context(public_folder(folder))
        # Read once the folder is locked: so nobody writes an older state over a newer one.
        publications = publishing.publications(names)
        for publication in publications:
            feeds = _feeds(publication)
            known = _named(publication, feeds, publishing)
            files = _files(publication, feeds, known, folder)
            done += _write(files, folder, dry_run=publishing.dry_run)
            is_over = publication.now.date()
            rows += [_row(one, known, base) for one in feeds if not one.is_over(is_over)]
    if not publishing.dry_run:
        note_done("the feeds are written")
    _print(rows, publishing.form)
    counts = ", ".join(f"{done[what]:,} {what}" for what in ("written", "removed", "unchanged"))
    where = "nothing was written (--dry-run)" if publishing.dry_run else str(folder)
    say("note", f"feeds: {counts}; {where}")
    if any(publication.damaged for publication in publications):
        raise click.exceptions.Exit(SOME_FAILED)


def _feeds(publication: Publication) -> list[Feed]:
    """The feeds of a publication, also those that are over."""
    today, found = publication.now.date(), chains(publication.courses)
    feeds = [feed for chain in found for feed in feeds_of(chain, today)]
    if publication.owner:
        return [*feeds, clinic_feed(found, today, publication.owner)]
    return [*feeds, *(clinic_feed([one], today) for one in found if publication.complete)]


def _named(publication: Publication, feeds: Sequence[Feed], publishing: Publishing) -> Names:
    """The names of all feeds where those of the publication are kept; new ones are stored.

    They are stored before any file is written: whoever is killed in between has not lost them.
    """
    today = publication.now.date()
    wanted = [feed.key for feed in feeds if not feed.is_over(today)]
    naming = partial(new_names, wanted=wanted, rotate=publishing.rotate)
    if publishing.dry_run:
        numbers = map("(new name {})".format, count(1))
        stored = publication.keep_names(lambda _: {})
        return with_names(stored, partial(naming, make_name=numbers.__next__))
    return publication.keep_names(partial(naming, make_name=_secret_name))


def _secret_name() -> str:
    return f"{secrets.token_urlsafe(RANDOM_BYTES)}.ics"


def _files(
    publication: Publication, feeds: Sequence[Feed], known: Names, folder: Path
) -> dict[str, str | None]:
    """What is to be in the files of the folder that are ours, by name; None for no file."""
    by_key, files = {feed.key: feed for feed in feeds}, dict[str, str | None]()
    for key, names in known.items():
        feed = by_key.get(key)
        if feed or publication.complete:
            found = (read_public(folder / name) for name in reversed(names))
            published = next(filter(None, found), "")
            files |= dict.fromkeys(names)
            files[names[-1]] = _text(publication, feed, published)
    return files


def _text(publication: Publication, feed: Feed | None, published: str) -> str | None:
    """The text of a feed; of None, whose course is not known any more, that of what remains."""
    if feed:
        return None if feed.is_over(publication.now.date()) else feed.text(published)
    if not published:
        return None
    # Imported here because it loads a library of calendars, and is seldom needed.
    from ketasched.exchange.ended_feed import ended_feed  # noqa: PLC0415

    return ended_feed(published, publication.now, _patients_locale(publication.clinic))


def _patients_locale(clinic: Clinic | None) -> Locale:
    """How the patients of a clinic read, unless they have asked for another language."""
    return Locale(clinic.clock, clinic.dates, clinic.language) if clinic else INTERNATIONAL


def _write(files: dict[str, str | None], folder: Path, *, dry_run: bool) -> Counter[str]:
    """Write the files that are not so yet, remove those that are to be none; how many of each."""
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


def _row(feed: Feed, known: Names, base_url: str) -> dict[str, str]:
    name = known[feed.key][-1]
    return {
        "patient": feed.patient,
        "audience": feed.view.audience,
        "driver": feed.view.rides_of,
        "file": name,
        "link": f"{base_url.rstrip('/')}/{name}" if base_url else "",
    }


def _print(rows: list[dict[str, str]], form: str | None) -> None:
    """Print which feed is for whom: its link, else its file."""
    cells = [
        (
            one["patient"] or "all patients",
            " ".join(filter(None, (one["audience"], one["driver"]))),
            one["link"] or one["file"],
        )
        for one in rows
    ]
    print_as(form, rows, aligned(cells))
