"""What the program says to patients and drivers, for translators.

`python -m tools.catalogues` writes the messages that are in the code into every `.po` file: new
ones untranslated, and without those that are gone. For a language without a file it makes one:
`python -m tools.catalogues de`.
"""

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir

from ketasched.model.privacy import REDACTED
from tools.catalogue_files import DOMAIN, FOLDER, OurCatalog, compile_all, paths, po_bytes, read

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "ketasched"
KEYWORDS = {"text": None, "rich": None, "message": None, "count_text": (1, 2)}
ROOMS = ("events", "render")
"""The rooms that say something to patients and drivers."""

METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]


def template() -> Catalog:
    """All messages that there are, untranslated."""
    found = Catalog(domain=DOMAIN, project=DOMAIN, fuzzy=False)
    for message, place in messages():
        found.add(message, locations=[(place, 0)])
    return found


def messages() -> Iterator[tuple[str | tuple[str, ...], str]]:
    """Each message, or its forms for one and for many, and the file that it is in."""
    for room in ROOMS:
        for file, _, message, _, _ in extract_from_dir(SOURCE / room, METHODS, keywords=KEYWORDS):
            yield message, f"{room}/{file}"
    yield REDACTED, "model/privacy.py"
    for path in sorted((SOURCE / "protocols").glob("*.toml")):
        for title in titles(tomllib.loads(path.read_text(encoding="utf-8"))):
            yield title, f"protocols/{path.name}"


def titles(protocol: dict[str, Any]) -> Iterator[str]:
    """What patients may read of a protocol: its title, those of visits, reviews and companions."""
    yield protocol["title"]
    yield from (visit["title"] for visit in protocol["visits"].values() if "title" in visit)
    reviews = (review for phase in protocol["phases"] for review in phase.get("reviews", ()))
    yield from (review["title"] for review in reviews)
    yield from (companion["title"] for companion in protocol.get("companions", ()))


def updated(catalogue: OurCatalog) -> OurCatalog:
    """The catalogue with the messages that there are now."""
    catalogue.update(template(), no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    return catalogue


def main(languages: list[str]) -> None:
    """Bring all catalogues up to date, begin those of new languages, and compile them."""
    for language in languages:
        path = ROOT / FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"
        path.parent.mkdir(parents=True)
        path.write_bytes(po_bytes(OurCatalog(language)))
    for path in paths(ROOT):
        path.write_bytes(po_bytes(updated(read(path))))
    list(compile_all(ROOT))


if __name__ == "__main__":
    main(sys.argv[1:])
